"""Stretches of recordings by themselves are those of the whole recording, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from qa_speech.audio.blocks import open_blocks, open_pair
from qa_speech.audio.decode import decode
from qa_speech.audio.pairs import decode_pair

RATE = 8000
FORMATS = (
    ("PCM_16", 2), ("PCM_24", 1), ("PCM_U8", 2), ("FLOAT", 2), ("ULAW", 1), ("ALAW", 2), ("IMA_ADPCM", 2), ("MS_ADPCM", 2),
    ("GSM610", 1),
)  # fmt: skip


def written(place: Path, subtype: str, channels: int, *, seconds: float = 20, seed: int = 1) -> Path:
    """Noise that grows and fades, so that a decoder's state matters."""
    chance = np.random.default_rng(seed)
    count = round(seconds * RATE)
    swell = 0.3 * np.abs(np.sin(np.arange(count) / 5000))[:, None]
    soundfile.write(
        place, swell * chance.standard_normal((count, channels)), RATE, format="WAV", subtype=subtype
    )  # fmt: skip
    return place


@pytest.mark.parametrize(("subtype", "channels"), FORMATS)
def test_any_stretch_is_what_the_whole_recording_has_there(subtype: str, channels: int, tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", subtype, channels)
    whole = decode(path).samples

    blocks = open_blocks(path)

    assert blocks is not None
    assert (blocks.rate, blocks.channels) == (RATE, channels)
    for first, last in ((0, 10), (7, 5000), (80_001, 96_384), (140_000, 150_001), (159_000, 160_000)):
        assert np.array_equal(blocks.read(first, last), whole[:, first:last])
    assert not blocks.read(10**6, 10**6 + 5).any()


@pytest.mark.parametrize(("subtype", "channels"), FORMATS)
def test_glimpses_tell_how_loud_it_is_there(subtype: str, channels: int, tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", subtype, channels)
    whole = decode(path).samples.astype(np.int32)
    blocks = open_blocks(path)
    assert blocks is not None
    places = [*range(RATE, 19 * RATE, RATE), 10**7]

    seen = np.abs(blocks.glimpses(places).astype(np.int32)).max(axis=2)

    for number, place in enumerate(places[:-1]):
        around = np.abs(whole[:, place : place + 640]).max(axis=1)
        assert np.all(np.abs(seen[:, number] - around) < 0.35 * around + 1500)
    assert not seen[:, -1].any()


@pytest.mark.parametrize("lag_s", [0.0, 1.5, -1.5])
def test_a_pair_is_read_as_it_is_decoded(lag_s: float, tmp_path: Path) -> None:
    one = written(tmp_path / "out.wav", "GSM610", 1, seconds=30)
    samples = decode(one).samples[0]
    moved = round(abs(lag_s) * RATE)
    other = samples[moved:] if lag_s > 0 else np.concatenate((np.zeros(moved, np.int16), samples))
    soundfile.write(tmp_path / "in.wav", other, RATE, subtype="GSM610")
    whole = decode_pair(one, tmp_path / "in.wav")
    warned = [float(code.partition(":")[2]) for code in whole.warnings if code.startswith("pair_lag:")]

    pair = open_pair(one, tmp_path / "in.wav", warned[0] if warned else 0.0)

    assert pair is not None
    assert (bool(warned), pair.channels) == (lag_s != 0, 2)
    for first, last in ((0, 100), (5, 20_000), (100_001, 130_000)):
        assert np.array_equal(pair.read(first, last), whole.samples[:, first:last])
    assert pair.glimpses([0, RATE, 8 * RATE]).shape[:2] == (2, 3)


@pytest.mark.parametrize("name", ["deflection.ogg", "no-such-recording.wav"])
def test_what_is_no_such_recording_is_not_read_so(name: str, tmp_path: Path) -> None:
    path = Path(__file__).parent.parent / "samples" / name
    if not path.exists():
        path = tmp_path / name
        for content in (
            b"",
            b"RIFF",
            b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00",
            b"RIFF\x00\x00\x00\x00WAVEdata\x04",
        ):
            path.write_bytes(content)
            assert open_blocks(path) is None
    assert open_blocks(path) is None
