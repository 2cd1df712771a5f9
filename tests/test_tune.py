"""Which windows a recogniser needs is measured on calls of its user and kept beside the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.engines.base import Window, WindowWords
from qa_speech.engines.models import Model
from qa_speech.engines.tuned import TUNED, keep_tuned, tuned_options
from qa_speech.engines.whisper import options_for
from qa_speech.errors import AudioError, ModelError
from qa_speech.inputs import CallInput
from qa_speech.language.script import spread
from qa_speech.pipeline.tune import LIMITS_S, Windows, tune
from qa_speech.testing import FakeRecognizer

SAMPLE = Path("samples/gsm.wav").resolve()
TEXT = "".join(chr(0x4E00 + 97 * number) for number in range(400))


class NeedsTwelve(FakeRecognizer):
    """Hears every second of speech alike in windows filled up to 12 s and not longer than 20 s, else only every other."""

    def __init__(self, window_s: float = 16.0, least_window_s: float = 12.0) -> None:
        super().__init__()
        self.window_s = window_s
        self._works = least_window_s >= 12 and window_s <= 20

    def with_options(self, *, window: str, window_s: float, least_window_s: float) -> NeedsTwelve:
        assert window == "tight"
        return NeedsTwelve(window_s, least_window_s)

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        for window in windows:
            words = []
            for piece in window.pieces:
                at = int(piece.call_start * 4)
                text = "".join(TEXT[number % len(TEXT)] for number in range(at, int(piece.call_end * 4)))
                if not self._works:
                    text = text[::2]
                words += spread(text, piece.window_start, piece.window_end, 0.9)
            yield WindowWords(tuple(words))


def test_the_cheapest_windows_with_the_fewest_differences_are_found_without_transcripts() -> None:
    told: list[Any] = []

    found = tune(NeedsTwelve(), [CallInput(SAMPLE)], told=told.append)

    assert found.against == "agreement"
    assert found.windows.least_window_s == 12.0
    assert found.windows.window_s in LIMITS_S
    assert found.windows.window_s <= 20
    assert len(told) == len(found.tried) == 9
    worst = max(found.tried, key=lambda one: one.rate)
    assert worst.trial.windows.least_window_s < 12 or worst.trial.windows.window_s > 20
    assert found.calls == 1
    assert found.characters > 100


@pytest.mark.usefixtures("few_settings")
def test_transcripts_are_what_errors_are_counted_against(tmp_path: Path) -> None:
    transcript = tmp_path / "gsm.txt"
    transcript.write_text("坐席：您好，很高兴为您服务\n客户：我想查一下话费\n坐席：好的，请稍等\n", encoding="utf-8")

    found = tune(NeedsTwelve(), [CallInput(SAMPLE, transcript=transcript), CallInput(SAMPLE, "other")])

    assert found.against == "transcripts"
    assert found.calls == 1
    assert found.characters == 21
    assert all(one.rate > 1 for one in found.tried)


@pytest.fixture
def few_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_speech.pipeline.tune.FLOORS_S", (8.0, 12.0))
    monkeypatch.setattr("qa_speech.pipeline.tune.LIMITS_S", (16.0,))


@pytest.mark.usefixtures("few_settings")
def test_no_more_calls_are_taken_than_asked_for() -> None:
    found = tune(NeedsTwelve(), [CallInput(SAMPLE, str(number)) for number in range(5)], minutes=0.1)

    assert found.calls == 1


def test_calls_that_cannot_be_read_are_an_error_with_their_folder(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")

    with pytest.raises(AudioError, match="none of these recordings"):
        tune(NeedsTwelve(), [CallInput(broken)])


def test_what_was_measured_is_kept_beside_the_model_and_used(tmp_path: Path) -> None:
    keep_tuned(tmp_path, Windows(20.0, 16.0)._asdict(), {"against": "agreement", "calls": 3, "minutes": 2.5})

    assert tuned_options(tmp_path) == {"window_s": 20.0, "least_window_s": 16.0}
    options = options_for(Model("mine", tmp_path, decode={"window_s": 15, "beam_size": 3}))
    assert (options.window_s, options.least_window_s, options.beam_size) == (20.0, 16.0, 3)
    assert options_for(Model("mine", tmp_path), {"window_s": 24.0}).window_s == 24.0


@pytest.mark.parametrize("text", ["[decode]\nleast_window_s = 2.0\n", "[decode]\nwindow_s = 'long'\n", "nonsense"])
def test_a_measurement_that_cannot_be_used_names_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / TUNED).write_text(text, encoding="utf-8")

    with pytest.raises(ModelError, match=TUNED):
        tuned_options(tmp_path)


def test_a_model_that_knows_its_windows_is_not_tuned() -> None:
    ran = CliRunner().invoke(app, ["models", "tune", "demo", "--calls", str(SAMPLE.parent), "--ui", "en"])

    assert ran.exit_code == 2
    assert "only a Whisper model" in ran.stderr
