from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qa_speech.call import Role
from qa_speech.engines.base import ENGINE_RATE, Window, WindowWords
from qa_speech.engines.registry import load_recognizer
from qa_speech.errors import AudioError, EngineError
from qa_speech.inputs import CallInput, find_inputs
from qa_speech.pipeline import inspect_call, inspect_many
from qa_speech.resources import folder
from qa_speech.scores import CallFailure, CallReport
from qa_speech.settings import Settings
from qa_speech.testing import FakeRecognizer

SAMPLES = folder("samples")
GOOD, TABOO, SLOW = SAMPLES / "good-service.ogg", SAMPLES / "taboo-interruption.wav", SAMPLES / "slow-answer.ogg"


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bad") / "坏.wav"
    path.write_bytes(b"not a recording" * 100)
    return path


def test_one_outcome_per_input_in_order(bad: Path) -> None:
    inputs = [CallInput(GOOD), CallInput(bad), CallInput(TABOO), CallInput(bad, "again")]

    outcomes = list(inspect_many(inputs, recognizer=FakeRecognizer()))

    assert [type(item) for item in outcomes] == [CallReport, CallFailure, CallReport, CallFailure]
    assert [item.id for item in outcomes] == ["good-service.ogg", "坏.wav", "taboo-interruption.wav", "again"]
    failure = outcomes[1]
    assert isinstance(failure, CallFailure)
    assert failure.error == "DecodeError"
    assert str(bad) in failure.message


def test_without_a_recogniser_everything_but_words_is_measured() -> None:
    report = inspect_call(GOOD)

    assert not report.call.recognised
    assert all(item.text is None for item in report.call.utterances)
    assert report.measurements["silence"].value is not None
    rate = report.measurements["speech_rate:agent"]
    assert (rate.components["syllables"], rate.reliability, rate.reliability_reason) == (None, "low", "no_recogniser")


def test_each_window_holds_one_role_of_one_call_within_the_limit() -> None:
    recognizer = FakeRecognizer()

    list(inspect_many([CallInput(GOOD), CallInput(SLOW)], recognizer=recognizer))

    assert {window.call_id for window in recognizer.seen} == {"good-service.ogg", "slow-answer.ogg"}
    assert {window.role for window in recognizer.seen} == {Role.AGENT, Role.CUSTOMER}
    assert all(window.duration <= recognizer.window_s + 1e-6 for window in recognizer.seen)
    for window in recognizer.seen:
        assert len(window.samples) / ENGINE_RATE == pytest.approx(window.pieces[-1].window_end, abs=1e-3)


def test_every_word_is_kept_in_the_speech_of_its_role() -> None:
    text = "".join(chr(0x4E00 + 97 * number) for number in range(165))  # what repeats is taken for a loop
    recognizer = FakeRecognizer([text] * 20)

    call = inspect_call(GOOD, recognizer=recognizer).call

    said = sum(len(item.words) for item in call.utterances) + len(call.stray)
    assert said == len(text) * len(recognizer.seen)
    for item in call.utterances:
        assert all(item.start - 0.5 <= word.start and word.end <= item.end + 0.5 for word in item.words)


class FailsOn(FakeRecognizer):
    """Fails on any batch with a window of one call."""

    def __init__(self, call_id: str) -> None:
        super().__init__()
        self.call_id = call_id

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        batch = list(windows)
        if any(window.call_id == self.call_id for window in batch):
            raise EngineError("fake", "poison")
        yield from super().recognize(batch)


def test_a_call_that_cannot_be_recognised_takes_no_other_with_it() -> None:
    inputs = [CallInput(GOOD), CallInput(TABOO), CallInput(SLOW)]

    outcomes = list(inspect_many(inputs, recognizer=FailsOn("taboo-interruption.wav")))

    assert [type(item) for item in outcomes] == [CallReport, CallFailure, CallReport]


class Bug(FakeRecognizer):
    @property
    def made_with(self) -> Mapping[str, str]:
        raise ZeroDivisionError

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        raise ZeroDivisionError
        yield


def test_a_bug_propagates() -> None:
    with pytest.raises(ZeroDivisionError):
        inspect_call(GOOD, recognizer=Bug())


def test_agent_channel_given_with_the_row_wins_over_settings() -> None:
    two = Settings(agent_channel=2)

    by_default, by_settings, by_row = (
        next(inspect_many([item], settings=settings)).call.recording
        for item, settings in (
            (CallInput(GOOD), Settings()), (CallInput(GOOD), two), (CallInput(GOOD, agent_channel=1), two),
        )
    )  # fmt: skip

    assert (by_default.channels, by_default.roles_from) == ((Role.AGENT, Role.CUSTOMER), "default")
    assert (by_settings.channels, by_settings.roles_from) == ((Role.CUSTOMER, Role.AGENT), "settings")
    assert (by_row.channels, by_row.roles_from) == ((Role.AGENT, Role.CUSTOMER), "given")


@pytest.fixture
def mono(tmp_path: Path) -> Path:
    samples, rate = soundfile.read(GOOD, dtype="float32")
    path = tmp_path / "mono.wav"
    soundfile.write(path, samples.mean(axis=1)[: 30 * rate], rate, subtype="ALAW")
    return path


def test_mono_speaks_as_unknown_and_per_role_figures_say_why(mono: Path) -> None:
    report = inspect_call(mono, recognizer=FakeRecognizer())

    assert report.call.recording.layout == "mono"
    assert set(report.call.speech) == {Role.UNKNOWN}
    assert report.measurements["talk:agent"].value is None
    assert report.measurements["talk:agent"].reason == "mono"
    assert report.measurements["silence"].value is not None
    assert report.measurements["silence"].reliability == "low"


def test_a_recording_without_speech_is_a_call_without_utterances(tmp_path: Path) -> None:
    path = tmp_path / "silent.wav"
    noise = np.random.default_rng(1).normal(0, 1e-3, (RATE_S * 5, 2)).astype(np.float32)
    soundfile.write(path, noise, RATE_S, subtype="PCM_16")

    report = inspect_call(path, recognizer=FakeRecognizer())

    assert report.call.utterances == ()
    assert report.measurements["silence"].reason == "no_speech"


RATE_S = 8000


def test_only_foreign_recordings_are_warned_of_with_the_demo_model(mono: Path) -> None:
    recognizer = load_recognizer("demo")

    ours, foreign = inspect_many([CallInput(TABOO), CallInput(mono)], recognizer=recognizer)

    assert "demo_model" not in ours.call.warnings
    assert "demo_model" in foreign.call.warnings


def test_find_inputs_searches_folders_and_makes_ids_unique(tmp_path: Path) -> None:
    for name in ("b/1.wav", "a/1.wav", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    assert [item.id for item in find_inputs([tmp_path])] == ["a/1.wav", "b/1.wav"]
    assert [item.id for item in find_inputs([tmp_path / "a/1.wav", tmp_path / "b/1.wav"])] == ["1.wav", "1.wav~2"]
    with pytest.raises(AudioError, match="no such file or folder"):
        find_inputs([tmp_path / "none"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(AudioError, match="no recordings in this folder"):
        find_inputs([tmp_path / "empty"])


def test_the_call_says_what_made_it() -> None:
    made_with = inspect_call(TABOO, recognizer=load_recognizer("demo")).call.made_with

    assert {"qa_speech", "detector_sha256", "recognizer", "model_sha256", "utterance_pause_s"} <= set(made_with)


def test_the_same_recording_gives_the_same_call_twice() -> None:
    recognizer = load_recognizer("demo")

    assert inspect_call(TABOO, recognizer=recognizer) == inspect_call(TABOO, recognizer=recognizer)
