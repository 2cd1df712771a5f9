"""Examples in docstrings run in a folder of their own beside the samples and scorecards, so that they may write files.

They are looked for in the package alone: programs of recipes and benchmarks are not imported to find any.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "qa_speech"


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
