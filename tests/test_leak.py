import numpy as np
import pytest

from qa_speech.audio.leak import Crosstalk, between, crosstalk
from qa_speech.audio.leak_level import Side
from qa_speech.audio.track import Track, frame_levels
from tests.voices import noise, voice

LENGTH_S = 40.0
SOURCE = voice([(1, 6), (12, 17), (24, 31)], LENGTH_S, level_db=-20, seed=1) + noise(LENGTH_S, -70, seed=3)
OTHER = voice([(7, 11), (15, 22), (32, 38)], LENGTH_S, level_db=-26, seed=2) + noise(LENGTH_S, -66, seed=4)


def leaking(level_db: float, lag_s: float) -> np.ndarray:
    delayed = np.concatenate((np.zeros(round(lag_s * 8000), np.float32), SOURCE))[: len(SOURCE)]
    return OTHER + delayed * np.float32(10 ** (level_db / 20))


def found_in(target: np.ndarray) -> Crosstalk | None:
    one, two = Track(SOURCE, 8000), Track(target, 8000)
    return crosstalk(Side(one, frame_levels(one)), Side(two, frame_levels(two)))


@pytest.mark.parametrize(("level_db", "lag_s"), [(-10, 0.0), (-20, 0.12), (-30, 0.3), (-38, 0.03)])
def test_level_and_lag_of_a_leak(level_db: float, lag_s: float) -> None:
    found = found_in(leaking(level_db, lag_s))

    assert found is not None
    assert found.level_db == pytest.approx(level_db, abs=2)
    assert found.lag_ms == pytest.approx(lag_s * 1000, abs=1)


def test_a_leak_far_below_the_noise_is_found() -> None:
    hiss = noise(LENGTH_S, -38, seed=9)
    found = found_in(leaking(-42, 0.2) + hiss)  # the leak lies at −62 dBFS, 24 dB below the noise

    assert found is not None
    assert found.level_db == pytest.approx(-42, abs=2.5)
    assert found.lag_ms == pytest.approx(200, abs=1)
    assert found_in(OTHER + hiss) is None


def test_a_leak_is_not_seen_again_from_behind() -> None:
    one, two = Track(SOURCE, 8000), Track(leaking(-12, 0.012), 8000)
    sides = [Side(track, frame_levels(track)) for track in (one, two)]

    assert [(target, round(found.lag_ms)) for target, found in between(*sides)] == [(1, 12)]
    assert [(target, round(found.lag_ms)) for target, found in between(*sides[::-1])] == [(0, 12)]


def test_two_people_who_do_not_hear_each_other_have_none() -> None:
    assert found_in(OTHER) is None


def test_a_chance_likeness_of_the_little_that_two_masked_channels_hold_is_no_leak() -> None:
    """Both are digital silence but for two seconds, in which the one seems to follow the other."""
    own, other = np.zeros(320_000, np.float32), np.zeros(320_000, np.float32)
    own[8000:24_000] = voice([(0, 2)], 2.0, seed=1)
    other[8000:24_000] = 0.2 * np.roll(own[8000:24_000], 80) + noise(2.0, -50)
    sides = [Side(track, frame_levels(track)) for track in (Track(own, 8000), Track(other, 8000))]

    assert not between(*sides)


def test_a_silent_source_leaks_nothing() -> None:
    track = Track(np.zeros(80_000, np.int16), 8000)
    silent = Side(track, frame_levels(track))

    assert crosstalk(silent, silent) is None
    assert crosstalk(Side(Track(SOURCE[:100], 8000), np.zeros(2, np.float32)), silent) is None


def test_what_leaked_is_taken_out_and_the_rest_stays() -> None:
    found = found_in(leaking(-15, 0.1))
    assert found is not None
    cleaned = Track(leaking(-15, 0.1), 8000, leak=found.leak).read(0, len(OTHER))
    alone, spoken = slice(2 * 8000, 5 * 8000), slice(8 * 8000, 11 * 8000)

    assert np.std(cleaned[alone]) < 0.12 * np.std(leaking(-15, 0.1)[alone])
    assert np.corrcoef(cleaned[spoken], OTHER[spoken])[0, 1] > 0.999


def test_frames_that_only_the_leak_fills_are_known() -> None:
    target = leaking(-15, 0.1)
    found = found_in(target)
    assert found is not None
    cleaned = frame_levels(Track(target, 8000, leak=found.leak))

    explained = found.explained(cleaned)

    assert explained[200:550].mean() > 0.9
    assert explained[3300:3700].mean() < 0.1
