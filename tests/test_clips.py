"""Sound for the browser: the right length, rate and bit rate, and what went in comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from qa_speech.audio.mp3 import BLOCK_S, write_mp3
from qa_speech.errors import AudioError
from qa_speech.testing import tone


@pytest.mark.parametrize(("rate", "expected"), [(8000, 8000), (16000, 16000), (44100, 16000), (6000, 8000)])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_keeps_length_and_channels_at_32_kbit(tmp_path: Path, rate: int, expected: int, channels: int) -> None:
    seconds = 2.5 * BLOCK_S
    samples = np.stack([tone(seconds, 300.0 * (i + 1), rate=rate) for i in range(channels)])

    write_mp3(samples, rate, tmp_path / "call.mp3")

    info = soundfile.info(tmp_path / "call.mp3")
    assert (info.samplerate, info.channels) == (expected, channels)
    assert info.duration == pytest.approx(seconds, abs=0.2)
    assert (tmp_path / "call.mp3").stat().st_size * 8 / seconds / 1000 == pytest.approx(32, rel=0.05)


def test_the_two_parties_stay_on_their_own_channels(tmp_path: Path) -> None:
    samples = np.stack([tone(2.0, 300.0, rate=8000), np.zeros(16000, np.float32)])

    write_mp3(samples, 8000, tmp_path / "call.mp3")

    heard, _ = soundfile.read(tmp_path / "call.mp3", dtype="float32")
    level = np.sqrt(np.mean(heard[4000:12000] ** 2, axis=0))
    assert 20 * np.log10(level[0]) == pytest.approx(-20, abs=1)
    assert level[1] < level[0] / 100


def test_too_loud_is_clipped_not_wrapped(tmp_path: Path) -> None:
    write_mp3(3 * tone(2.0, 300.0, level_db=-6.0, rate=8000), 8000, tmp_path / "call.mp3")

    heard, _ = soundfile.read(tmp_path / "call.mp3", dtype="float32")
    assert np.sqrt(np.mean(heard**2)) > 0.7


@pytest.mark.parametrize("shape", [(3, 100), (2, 0), (0,)])
def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(AudioError, match=r"cannot write mp3 from shape"):
        write_mp3(np.zeros(shape, np.float32), 8000, tmp_path / "call.mp3")

    assert list(tmp_path.iterdir()) == []


def test_int16_sounds_like_the_same_in_float(tmp_path: Path) -> None:
    sound = tone(2.0, 300.0, rate=8000)
    write_mp3(sound, 8000, tmp_path / "float.mp3")
    write_mp3((sound * 32768).astype(np.int16), 8000, tmp_path / "int.mp3")

    one, two = (soundfile.read(tmp_path / name, dtype="float32")[0] for name in ("float.mp3", "int.mp3"))
    assert np.abs(one - two).max() < 0.01
