"""Examples in docstrings run in a folder of their own beside the samples and scorecards, so that they may write files.

They are looked for in the package alone: programs of recipes and benchmarks are not imported to find any.

All tests run in one language, whatever that of the machine: a locale without a language, in which messages are Chinese.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qa_speech.cli.tongue import LOCALE, VARIABLE

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "qa_speech"

for name in (VARIABLE, *LOCALE):
    os.environ.pop(name, None)
os.environ["LANG"] = "C.UTF-8"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Whether a file holds neither tests nor examples; None leaves it to pytest."""
    is_program = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    if is_program and PACKAGE not in collection_path.parents:
        return True
    return None


@pytest.fixture(autouse=True)
def _folder_of_an_example(request: pytest.FixtureRequest) -> None:
    if not isinstance(request.node, pytest.DoctestItem):
        return
    folder: Path = request.getfixturevalue("tmp_path")
    for name in ("samples", "scorecards"):
        (folder / name).symlink_to(ROOT / name)
    request.getfixturevalue("monkeypatch").chdir(folder)
