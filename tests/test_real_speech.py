"""A recogniser of real speech, whole: words of the samples, nothing on sounds without speech, nobody lost, hand-marked words.

Run by ``.ci/run`` as its last step, with whisper-base: base is small, so the bounds are wide.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from qa_speech.audio.decode import decode
from qa_speech.call import Call, Role
from qa_speech.engines.base import ENGINE_RATE, Piece, Window
from qa_speech.engines.guards import guard
from qa_speech.engines.models import Model, find_model, verified
from qa_speech.engines.whisper import DecodeOptions, WhisperRecognizer
from qa_speech.inputs import CallInput
from qa_speech.language.phrases import fold
from qa_speech.pipeline import inspect_many
from qa_speech.pipeline.again import WORDLESS_S, within
from qa_speech.resources import folder
from qa_speech.scores import CallReport
from qa_speech.stats.edits import edit_distance

pytestmark = [pytest.mark.real, pytest.mark.slow]
BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
RATE = 8000


@pytest.fixture(scope="module")
def model() -> Model:
    return verified(find_model(os.environ["QA_SPEECH_REAL_MODEL"]))


@pytest.fixture(scope="module")
def recognizer(model: Model) -> WhisperRecognizer:
    return WhisperRecognizer(model, threads=2, compute_type="int8")


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmarks' modules by name: builders of calls and of sounds."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield import_module
    for name in ("_not_speech", "_real_calls", "_word_starts"):
        sys.modules.pop(name, None)


def turns_of(name: str, role: str) -> list[dict[str, Any]]:
    truth = json.loads((folder("samples") / f"{name}.truth.json").read_text(encoding="utf-8"))
    return [turn for turn in truth["turns"] if turn["role"] == role and turn["kind"] == "speech"]


def said(name: str, role: str, turn: dict[str, Any]) -> np.ndarray:
    """One turn of a sample at 8 kHz."""
    truth = json.loads((folder("samples") / f"{name}.truth.json").read_text(encoding="utf-8"))
    channel = next(int(number) for number, who in truth["channels"].items() if who == role) - 1
    audio = decode(folder("samples") / truth["file"])
    cut = audio.cut(channel, turn["start"], turn["end"])
    return np.asarray(soxr.resample(cut, audio.rate, RATE), np.float32)


def called(path: Path, recognizer: WhisperRecognizer) -> Call:
    report = next(inspect_many([CallInput(path)], recognizer=recognizer))
    assert isinstance(report, CallReport)
    return report.call


def test_a_synthetic_customer_is_understood_for_the_better_part(recognizer: WhisperRecognizer, tmp_path: Path) -> None:
    turns = turns_of("good-service", "customer")
    pause = np.zeros(RATE, np.float32)
    sounds = [part for turn in turns for part in (pause, said("good-service", "customer", turn))]
    path = tmp_path / "customer.wav"
    mono = np.concatenate([*sounds, pause])
    soundfile.write(path, np.stack([mono, np.zeros_like(mono)], axis=1), RATE, subtype="ALAW", format="WAV")

    call = called(path, recognizer)

    reference = fold("".join(turn["text"] for turn in turns))
    heard = fold("".join(one.text or "" for one in call.utterances))
    assert edit_distance(reference, heard) / len(reference) < 0.75
    for one in call.utterances:
        assert fold(one.text or "") == fold("".join(word.text for word in one.words))
        assert all(one.start - 0.5 <= word.start <= word.end <= one.end + 0.5 for word in one.words)
        assert not set(",?!;") & set(one.text or "")


def test_no_words_where_nobody_speaks(recognizer: WhisperRecognizer) -> None:
    clock = np.arange(6 * ENGINE_RATE) / ENGINE_RATE
    chance = np.random.default_rng(3)
    sounds = {
        "digital silence": np.zeros(len(clock)),
        "line noise": chance.normal(0, 10 ** (-50 / 20), len(clock)),
        "ringing": 0.1 * np.sin(2 * np.pi * 450 * clock) * (clock % 5 < 1),
    }
    windows = [
        Window(name, Role.AGENT, samples.astype(np.float32), (Piece(0.0, 6.0, 0.0),))
        for name, samples in sounds.items()
    ]

    written = {}
    for window, answer in zip(windows, recognizer.recognize(windows), strict=True):
        kept = guard(window, answer, simplify=True).answer
        written[window.call_id] = "".join(word.text for word in kept.words)

    assert written == dict.fromkeys(sounds, "")


def test_on_a_channel_with_two_voices_no_speech_is_silently_wordless(
    recognizer: WhisperRecognizer, tmp_path: Path
) -> None:
    """Synthetic voices are hard for it: what it does not understand is told."""
    agent = said("good-service", "agent", turns_of("good-service", "agent")[0])
    customer = said("good-service", "customer", turns_of("good-service", "customer")[0])
    pause = np.zeros(RATE // 2, np.float32)
    channel = np.concatenate([pause, agent, pause, customer, pause])
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack([channel, np.zeros_like(channel)], axis=1), RATE, subtype="ALAW", format="WAV")

    call = called(path, recognizer)

    words = [word for one in call.utterances for word in one.words]
    stretches = [stretch for line in call.speech.values() for stretch in line if stretch.duration >= WORDLESS_S]
    assert len(stretches) >= 2
    wordless = [stretch for stretch in stretches if not within(words, stretch)]
    told = [warning for warning in call.warnings if warning.startswith("words_missing")]
    assert bool(wordless) == bool(told)


@pytest.mark.data
def test_every_turn_of_real_voices_has_words(
    recognizer: WhisperRecognizer, benchmarks: Any, data_dir: Path, tmp_path: Path
) -> None:
    made = benchmarks("_real_calls")
    clips = made.Clips(data_dir / "mandarin_asr_mini")
    call = made.many_voices(clips, made.TUNING, 0)
    path = tmp_path / "many.wav"
    path.write_bytes(call.wav)

    found = called(path, recognizer)

    words = {role: [word for one in found.utterances_of(role) for word in one.words] for role in Role}
    for turn in call.turns:
        role = (Role.AGENT, Role.CUSTOMER)[turn.channel]
        assert any(turn.start - 0.3 < word.start < turn.end + 0.3 for word in words[role])
    reference = fold("".join(turn.text for turn in call.turns))
    texts = [fold("".join(word.text for word in words[role])) for role in (Role.AGENT, Role.CUSTOMER)]
    errors = sum(edit_distance(fold(call.texts(channel)), texts[channel]) for channel in (0, 1))
    assert errors / len(reference) < 0.35


@pytest.mark.data
def test_english_words_begin_where_a_person_marked_them(model: Model, benchmarks: Any, data_dir: Path) -> None:
    english = WhisperRecognizer(model, threads=2, compute_type="int8", options=DecodeOptions(language="en"))

    off, marked = benchmarks("_word_starts").start_errors(data_dir, english)

    assert len(off) >= 0.8 * marked
    assert np.median(off) <= 0.1


DRAWN = """
import sys
import numpy as np
from qa_speech.engines.models import find_model
from qa_speech.engines.whisper import WhisperRecognizer
recognizer = WhisperRecognizer(find_model(sys.argv[1]), threads=2, compute_type="int8")
noise = np.random.default_rng(0).normal(0, 0.05, 8 * 16000).astype(np.float32)
features = recognizer._model.feature_extractor(noise)[None, :, :800]
encoded = recognizer._encode(features)
print([recognizer._generate(encoded, 1, 30, temperature=0.8)[0].text for _ in range(3)])
"""


def test_what_is_drawn_at_a_raised_temperature_is_the_same_in_another_process(model: Model) -> None:
    told = [
        subprocess.run([sys.executable, "-c", DRAWN, model.name], capture_output=True, check=True).stdout
        for _ in range(2)
    ]

    assert told[0] == told[1]
    assert len(told[0]) > 40
