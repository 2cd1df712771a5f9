from pathlib import Path

import pytest

from qa_speech.errors import ConfigError
from qa_speech.settings import Settings, load_settings


def test_no_file_means_defaults() -> None:
    assert load_settings(None) == Settings()


def test_a_file_sets_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "qa_speech.toml"
    path.write_text('model = "none"\nagent_channel = 2\n[speech]\nthreshold = 0.4\n', encoding="utf-8")

    settings = load_settings(path)

    assert (settings.model, settings.agent_channel, settings.speech.threshold) == ("none", 2, 0.4)
    assert settings.recognition == Settings().recognition


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "qa_speech.toml"
    path.write_text('modle = "x"\nagent_channel = 3\n[speech]\nthreshold = 2\n', encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_settings(path)

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "agent_channel", "speech.threshold", "modle",
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"model = ", b"\xff\xfe"])
def test_what_is_not_toml_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "qa_speech.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match="not TOML"):
        load_settings(path)
    with pytest.raises(ConfigError, match="cannot read"):
        load_settings(tmp_path / "missing.toml")
