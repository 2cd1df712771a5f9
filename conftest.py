"""Examples in docstrings run in a folder of their own beside the samples and scorecards, so that they may write files."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent


@pytest.fixture(autouse=True)
def _folder_of_an_example(request: pytest.FixtureRequest) -> None:
    if not isinstance(request.node, pytest.DoctestItem):
        return
    folder: Path = request.getfixturevalue("tmp_path")
    for name in ("samples", "scorecards"):
        (folder / name).symlink_to(ROOT / name)
    request.getfixturevalue("monkeypatch").chdir(folder)
