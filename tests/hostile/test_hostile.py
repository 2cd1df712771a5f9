"""Every hostile input comes to one clear error or to the right result."""

from pathlib import Path

import pytest

from tests.hostile.kit import Case, no_hanging
from tests.hostile.table import CASES


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_it_is_held(case: Case, tmp_path: Path) -> None:
    with no_hanging():
        case.attack(tmp_path)


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.id for case in CASES]

    assert len(names) == len(set(names))
