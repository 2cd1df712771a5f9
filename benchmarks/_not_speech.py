"""Eleven sounds of a telephone line in which nobody speaks, as windows of a recogniser and as calls.

made      digital silence, noise of the line (faint, loud), hum of the mains, ringing tone, busy tone, keys, crackle
real      two windows of hold music, one of noise (`music_noise_speech`)
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from qa_speech.call import Call, Role
from qa_speech.engines.base import ENGINE_RATE, Piece, Recognizer, Window
from qa_speech.engines.guards import HALLUCINATION, REPETITION, guard
from qa_speech.engines.silero import SileroDetector
from qa_speech.inputs import CallInput
from qa_speech.pipeline import inspect_many
from qa_speech.scores import CallReport
from qa_speech.settings import Settings

Sound = npt.NDArray[np.float32]
RATE = 8000
LENGTH_S = 10.0
LOWEST_HZ, HIGHEST_HZ = 100, 3400
MUSIC_S = (2.0, 12.0)
NOISE_S = 38.0
KEYS_HZ = ((697, 1209), (770, 1336), (852, 1477), (941, 1336), (697, 1477), (770, 1209))
TAKEN = (HALLUCINATION, REPETITION)


class NotSpeech(NamedTuple):
    """A sound at 16 kHz, mono, −1…1, and what it is."""

    name: str
    samples: Sound


def sounds(data: Path) -> list[NotSpeech]:
    """The eleven sounds, ten seconds each."""
    return [*_made(), *_recorded(data / "music_noise_speech" / "ina" / "musanmix.mp3")]


def _made() -> Iterator[NotSpeech]:
    chance = np.random.default_rng(7)
    count = int(LENGTH_S * ENGINE_RATE)
    clock = np.arange(count) / ENGINE_RATE
    white = chance.normal(0, 1, count)
    yield NotSpeech("digital silence", np.zeros(count, np.float32))
    yield NotSpeech("noise of the line, faint", _at(white, -65))
    yield NotSpeech("noise of the line, loud", _at(_pink(white), -40))
    yield NotSpeech("hum of the mains", _at(sum(np.sin(2 * np.pi * 50 * n * clock) / n for n in (1, 2, 3, 5)), -35))
    tone = np.sin(2 * np.pi * 450 * clock)
    yield NotSpeech("ringing tone", _at(tone * (clock % 5 < 1), -22))
    yield NotSpeech("busy tone", _at(tone * (clock % 0.7 < 0.35), -22))
    yield NotSpeech("keys", _at(_keys(clock), -22))
    crackle = np.where(chance.random(count) < 4 / ENGINE_RATE, chance.normal(0, 30, count), 0) + white / 30
    yield NotSpeech("crackle", _at(crackle, -40))


def _keys(clock: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One key after the other, a fifth of a second each, every second."""
    pressed = np.zeros(len(clock))
    for number in range(int(LENGTH_S)):
        low, high = KEYS_HZ[number % len(KEYS_HZ)]
        during = (clock >= number) & (clock < number + 0.2)
        pressed += during * (np.sin(2 * np.pi * low * clock) + np.sin(2 * np.pi * high * clock))
    return pressed


def _pink(white: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Noise with as much power in every octave."""
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    return np.fft.irfft(spectrum, len(white))


def _at(samples: npt.NDArray[np.float64], level_db: float) -> Sound:
    """The samples at a level in dBFS RMS, as the telephone passes them (`LOWEST_HZ` to `HIGHEST_HZ`)."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / ENGINE_RATE)
    spectrum[(hertz < LOWEST_HZ) | (hertz > HIGHEST_HZ)] = 0
    narrow = np.fft.irfft(spectrum, len(samples))
    power = np.sqrt(np.mean(narrow**2))
    return np.asarray(narrow / power * 10 ** (level_db / 20), np.float32)


def _recorded(path: Path) -> Iterator[NotSpeech]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    for name, start in (("music", MUSIC_S[0]), ("music", MUSIC_S[1]), ("noise", NOISE_S)):
        cut = mono[int(start * rate) : int((start + LENGTH_S) * rate)]
        yield NotSpeech(f"{name} from {start:g} s", _at(soxr.resample(cut, rate, ENGINE_RATE), -25))


def heard_alone(found: list[NotSpeech], recognizer: Recognizer) -> list[str]:
    """What the recogniser writes for each of them past the guards, when it is given as speech."""
    windows = [Window(one.name, Role.AGENT, one.samples, (Piece(0.0, LENGTH_S, 0.0),)) for one in found]
    answers = zip(windows, recognizer.recognize(windows), strict=True)
    texts = []
    for window, answer in answers:
        kept = guard(window, answer, simplify=True).answer
        texts.append("".join(word.text for word in kept.words))
    return texts


def heard_in_calls(found: list[NotSpeech], recognizer: Recognizer, folder: Path) -> list[str]:
    """What the whole pipeline writes for each of them, alone on one channel of a call."""
    rows = []
    for number, one in enumerate(found):
        path = folder / f"nobody-{number}.wav"
        path.write_bytes(_call(one.samples))
        rows.append(CallInput(path))
    settings = Settings.model_validate({"speech": {"pitch": False}})
    reports = inspect_many(rows, recognizer=recognizer, detector=SileroDetector(), settings=settings)
    return [_text(report.call) if isinstance(report, CallReport) else report.message for report in reports]


def _text(call: Call) -> str:
    """All that counts as said in a call."""
    stray = [one.word.text for one in call.stray if one.reason not in TAKEN]
    return "".join([*(said.text or "" for said in call.utterances), *stray])


def _call(samples: Sound) -> bytes:
    """A sound on the first channel of an A-law file, faint noise on the other."""
    low = soxr.resample(samples, ENGINE_RATE, RATE)
    faint = np.random.default_rng(8).normal(0, 10 ** (-65 / 20), len(low)).astype(np.float32)
    file = io.BytesIO()
    soundfile.write(file, np.stack([low, faint], axis=1), RATE, subtype="ALAW", format="WAV")
    return file.getvalue()
