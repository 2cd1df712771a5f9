from pathlib import Path

import pytest

from qa_speech import resources
from qa_speech.errors import QaSpeechError


@pytest.mark.parametrize("name", resources.FOLDERS)
def test_shipped_folders_are_found(name: str) -> None:
    assert any(resources.folder(name).iterdir())


def test_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="there are: models, scorecards, samples, docs"):
        resources.folder("secrets")


def test_a_wheel_without_its_folders_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "files", lambda _: tmp_path / "site" / "qa_speech")

    with pytest.raises(QaSpeechError, match="'samples' is missing; looked in"):
        resources.folder("samples")
