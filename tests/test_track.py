import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.audio.track import ENGINE_RATE, Leak, Track, frame_levels, runs
from qa_speech.testing import tone
from tests.voices import noise


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050])
def test_a_piece_sounds_as_it_does_in_the_whole(rate: int) -> None:
    track = Track(tone(3.0, 440, -20, rate), rate)
    whole = track.cut(0.0, 3.0)

    piece = track.cut(1.2345, 2.1)

    first = round(1.2345 * ENGINE_RATE)
    assert len(piece) == round(2.1 * ENGINE_RATE) - first
    assert np.max(np.abs(piece - whole[first : first + len(piece)])) < 2e-3


def test_int16_and_float32_are_the_same_sound() -> None:
    sound = tone(1.0, 300, -20, 8000)
    stored = Track(np.rint(sound * 32768).astype(np.int16), 8000)

    assert np.max(np.abs(stored.read(0, 8000) - sound)) < 1e-4


def test_gain_is_applied_and_held_in_range() -> None:
    track = Track(tone(1.0, 300, -20, 16000), 16000)

    assert frame_levels(Track(track.cut(0, 1, gain_db=6), 16000)).mean() == pytest.approx(-14, abs=0.1)
    assert np.abs(track.cut(0, 1, gain_db=60)).max() == 1.0


def test_what_lies_outside_the_recording_is_silence() -> None:
    piece = Track(tone(1.0, 300, -20, 8000), 8000).cut(0.9, 1.4)

    assert len(piece) == 8000
    assert not piece[round(0.15 * ENGINE_RATE) :].any()


def test_reading_in_blocks_gives_the_whole_once() -> None:
    samples = noise(2.5, -20)
    track = Track(samples, 8000, offset=np.full(250, 0.125, np.float32))

    parts = list(track.blocks(block_s=0.7))

    assert np.array_equal(np.concatenate([part for _, part in parts]), samples - np.float32(0.125))
    assert [start % track.hop for start, _ in parts] == [0] * len(parts)


@settings(deadline=None, max_examples=40)
@given(lag=st.integers(-200, 3000), start=st.integers(0, 30_000), count=st.integers(1, 5000), seed=st.integers(0, 9))
def test_a_leak_is_taken_out_wherever_reading_begins(lag: int, start: int, count: int, seed: int) -> None:
    source = noise(4.0, -20, seed=seed)
    taps = np.array([0.2, -0.1, 0.05], np.float32)
    heard = np.zeros(len(source) + 6400, np.float32)
    heard[3200 + lag : 3200 + lag + len(source) + 2] += np.convolve(source, taps)
    own = noise(4.0, -40, seed=seed + 50)
    track = Track(own + heard[3200 : 3200 + len(own)], 8000, leak=Leak(Track(source, 8000), lag, taps))

    piece = track.read(start, start + count)

    assert np.allclose(piece, own[start : start + count], atol=1e-5)


def test_levels_of_an_odd_end_are_measured_over_what_there_is() -> None:
    assert frame_levels(Track(np.full(120, 0.1, np.float32), 8000)).tolist() == pytest.approx([-20, -20])
    assert frame_levels(Track(np.zeros(0, np.int16), 8000)).tolist() == []
    assert frame_levels(Track(np.zeros(80, np.int16), 8000)).tolist() == pytest.approx([-120])


@given(st.lists(st.booleans()))
def test_runs_rebuild_their_mask(mask: list[bool]) -> None:
    rebuilt = np.zeros(len(mask), bool)
    for first, last in runs(np.array(mask, bool)):
        assert not rebuilt[first:last].any()
        rebuilt[first:last] = True

    assert rebuilt.tolist() == mask


def test_each_frame_has_its_own_offset_wherever_reading_begins() -> None:
    offset = np.array([0.25, 0.0, -0.5], np.float32)
    track = Track(np.repeat(offset, 80)[:200], 8000, offset=offset)

    assert not track.read(0, 200).any()
    assert not track.read(77, 163).any()


def test_what_is_no_number_is_silence_and_what_is_beyond_full_scale_is_cut_off() -> None:
    samples = np.array([np.nan, np.inf, -np.inf, 1e30, 0.5], np.float32)

    assert Track(samples, 8000).read(0, 5).tolist() == [0, 1, -1, 1, 0.5]
