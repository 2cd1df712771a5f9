import numpy as np
import pytest

from qa_speech.audio.leak_level import Pair, Side, louder_db
from qa_speech.audio.track import Floats, Track, frame_levels
from tests.voices import noise, voice

LENGTH_S = 60.0
SOURCE = voice([(1, 9), (14, 22), (30, 41), (48, 56)], LENGTH_S, level_db=-20, seed=1) + noise(LENGTH_S, -75, seed=3)
OWN = voice([(10, 13), (23, 29), (42, 47)], LENGTH_S, level_db=-24, seed=2)
HISS = noise(LENGTH_S, -52, seed=4)


def same_power_other_wave(sound: Floats) -> Floats:
    """Each 20 ms with its spectrum, but other phases: what a codec makes of speech that it builds anew."""
    random = np.random.default_rng(7)
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    spectra = np.abs(np.fft.rfft(frames, axis=1)) * np.exp(1j * random.uniform(0, 2 * np.pi, (len(frames), 81)))
    return np.fft.irfft(spectra, 160, axis=1).reshape(-1).astype(np.float32)


def pair(leaked: Floats, lag_s: float = 0.0) -> Pair:
    moved = np.concatenate((np.zeros(round(lag_s * 8000), np.float32), leaked))[: len(OWN)]
    source, target = Track(SOURCE, 8000), Track(OWN + HISS + moved, 8000)
    return Pair(Side(source, frame_levels(source)), Side(target, frame_levels(target)), lag_s)


@pytest.mark.parametrize("lag_s", [0.0, 0.15])
def test_power_that_came_across_without_its_wave_is_added(lag_s: float) -> None:
    rebuilt = same_power_other_wave(SOURCE) * np.float32(10 ** (-34 / 20))

    assert louder_db(pair(rebuilt, lag_s), -40.0) == pytest.approx(6, abs=1.5)


def test_a_leak_that_kept_its_wave_is_as_loud_as_that() -> None:
    assert louder_db(pair(SOURCE * np.float32(10 ** (-34 / 20))), -34.0) < 1.0


def cut(one: Pair, seconds: float, times: int = 1) -> Pair:
    """The first seconds of a pair, several times over."""
    sides = []
    for side in (one.source, one.target):
        samples = np.tile(side.track.read(0, round(seconds * 8000)), times)
        track = Track(samples, 8000)
        sides.append(Side(track, frame_levels(track)))
    return Pair(sides[0], sides[1], one.lag_s)


def test_a_long_recording_is_judged_as_a_part_of_it_and_a_very_short_one_not_at_all() -> None:
    rebuilt = pair(same_power_other_wave(SOURCE) * np.float32(10 ** (-34 / 20)))

    once, often = louder_db(rebuilt, -40.0), louder_db(cut(rebuilt, LENGTH_S, times=4), -40.0)

    assert often == pytest.approx(once, abs=0.5)
    assert louder_db(cut(rebuilt, 1.5), -40.0) == 0


def test_nothing_is_added_where_nothing_leaked_or_nobody_spoke() -> None:
    still = Track(np.zeros(16_000, np.float32), 8000)

    assert louder_db(pair(np.zeros_like(SOURCE)), -45.0) == 0
    assert louder_db(Pair(Side(still, frame_levels(still)), Side(still, frame_levels(still)), 0.0), -30.0) == 0
