"""Every analysis works on 0 … n samples, whatever they hold."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.audio.analysis import analyse
from qa_speech.audio.decode import decode
from qa_speech.audio.voice import acoustics
from qa_speech.engines.silero import SileroDetector
from qa_speech.errors import ChannelError, DecodeError
from qa_speech.pipeline import inspect_call
from tests.voices import FRAME_S, by_level

DETECTOR = SileroDetector()


def noise(channels: int, count: int, rate: int) -> np.ndarray:
    """Hiss that sets in after a third, a soft copy of it a moment later on the second channel."""
    random = np.random.default_rng(count)
    sound = random.normal(0, 0.1, (channels, count))
    sound[:, : count // 3] *= 0.02
    sound[1:2] = 0.1 * np.roll(sound[:1], rate // 400) + random.normal(0, 1e-4, count)
    return sound


def click(channels: int, count: int, rate: int) -> np.ndarray:
    sound = np.zeros((channels, count))
    sound[:, count // 2 : count // 2 + 1] = 1
    return sound


def holed(value: float):
    def make(channels: int, count: int, rate: int) -> np.ndarray:
        sound = noise(channels, count, rate)
        sound[:, ::7] = value
        return sound

    return make


KINDS = {
    "zeros": lambda channels, count, rate: np.zeros((channels, count)),
    "constant": lambda channels, count, rate: np.full((channels, count), 0.3),
    "click": click,
    "noise": noise,
    "tone": lambda channels, count, rate: np.tile(0.3 * np.sin(np.arange(count) * 2800 / rate), (channels, 1)),
    "beyond full scale": lambda channels, count, rate: 1e6 * noise(channels, count, rate),
    "not a number": holed(np.nan),
    "infinite": holed(-np.inf),
}


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    seconds=st.one_of(st.floats(0, 0.7), st.floats(0, 2)),
    channels=st.integers(1, 8),
    rate=st.sampled_from((1000, 4000, 8000, 11_025, 16_000, 44_100, 48_000, 192_000)),
    whole=st.booleans(),
)
def test_a_recording_of_any_length_is_analysed(
    kind: str, seconds: float, channels: int, rate: int, whole: bool
) -> None:
    samples = KINDS[kind](channels, round(seconds * rate), rate).astype(np.float32)
    samples[2:] = 0
    if whole:
        samples = np.rint(np.clip(np.nan_to_num(samples), -1, 1) * 32767).astype(np.int16)

    found = analyse(samples, rate, by_level, FRAME_S)

    for number, (track, levels, speech) in enumerate(zip(found.tracks, found.levels, found.speech, strict=True)):
        assert np.isfinite(levels).all()
        assert len(acoustics(track, levels, speech, list(speech))) == len(speech)
        assert np.isfinite(found.cut(number, 0.0, seconds + 0.1)).all()


@pytest.mark.parametrize("length", [1, 79, 80, 81, 800, 1600, 2400, 2560, 4000, 4800])
def test_a_short_file_of_two_channels_is_inspected(length: int, tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, noise(2, length, 8000).T, 8000, subtype="PCM_16")

    report = inspect_call(path)

    assert report.call.recording.num_samples == length


@pytest.mark.data
def test_odd_files_of_other_projects_are_analysed_or_refused(data_dir: Path) -> None:
    paths = sorted((data_dir / "audio_torture").rglob("*.wav"))
    refused = []
    for path in paths:
        try:
            audio = decode(path)
            analyse(audio.samples, audio.rate, DETECTOR.probabilities, DETECTOR.frame_s, source=str(path))
        except (DecodeError, ChannelError) as error:
            refused.append((path.name, str(error)))

    assert len(paths) == 49
    assert len(refused) < 20
    assert all(name in problem for name, problem in refused)
