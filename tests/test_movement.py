import numpy as np
import pytest

from qa_speech.audio.activity import Mask
from qa_speech.audio.movement import PART_STEPS, STEP_S, movement, shapes, standing_still
from qa_speech.audio.track import Floats, Track
from tests.voices import noise, voice

UNKNOWN = np.zeros(0, np.float32)


def moves(sound: Floats, rate: int = 8000) -> Floats:
    track = Track(sound, rate)
    return moved(track, np.ones(-(-len(sound) // track.hop), bool))


def moved(track: Track, heard: Mask) -> Floats:
    return movement(shapes(track, heard), heard, track.frame_s)


def horn(length_s: float) -> Floats:
    clock = np.arange(round(length_s * 8000)) / 8000
    blown = np.sum([np.sin(2 * np.pi * 300 * n * clock) / n for n in range(1, 6)], axis=0)
    return (0.1 * blown).astype(np.float32)


def test_a_voice_moves_and_noise_and_a_horn_stand_still_whatever_their_loudness_does() -> None:
    swelling = np.abs(np.sin(np.arange(80_000) / 2000)).astype(np.float32) + np.float32(0.1)

    assert np.median(moves(voice([(0, 10)], 10))) > 2.5
    assert np.median(moves(noise(10, -20))) < 1.6
    assert np.median(moves(noise(10, -20) * swelling)) < 1.8
    assert np.median(moves(horn(10))) < 0.5


def test_only_sounding_frames_count() -> None:
    clock = np.arange(80_000) / 8000
    heard = (np.arange(1000) % 100) < 50
    bursts = np.where(clock % 1 < 0.5, horn(10), noise(10, -60)).astype(np.float32)

    found = moved(Track(bursts, 8000), heard)

    assert not found[~heard].any()
    assert np.median(found[heard]) < np.median(moves(bursts)[heard]) / 2


@pytest.mark.parametrize("rate", [1, 100, 500, 8000, 44_100])
def test_any_length_and_rate_gives_one_value_a_frame(rate: int) -> None:
    for count in (0, 1, rate // 20, rate // 2, 2 * rate):
        sound = np.zeros(count, np.float32)
        found = moves(sound, rate)
        assert len(found) == -(-count // Track(sound, rate).hop)
        assert np.isfinite(found).all()


def test_parts_meet_without_a_seam() -> None:
    length_s = PART_STEPS * STEP_S + 3
    sound = voice([(0, length_s)], length_s)
    later = round(62.24 * 8000)  # whole steps, and whole level frames

    whole, end = moves(sound), moves(sound[later:])

    assert whole[-400:] == pytest.approx(end[-400:], abs=0.01)


def test_the_whole_of_a_horn_stands_still_and_nothing_of_the_voice_before_it() -> None:
    sound = np.concatenate((voice([(0, 3)], 3), horn(2)))
    heard = np.ones(500, bool)

    still = standing_still(moved(Track(sound, 8000), heard), heard, 0.01, beside=UNKNOWN)

    assert still[310:].mean() > 0.9
    assert still[50:280].mean() < 0.1


@pytest.mark.parametrize(("spoken_db", "stands"), [(4.5, 1.0), (2.5, 0.0)])
def test_a_noise_that_a_codec_makes_move_stands_still_beside_speech_that_it_makes_move_more(
    spoken_db: float, stands: float
) -> None:
    heard = np.ones(300, bool)
    noise_db = np.full(300, 1.8, np.float32)
    known, too_little = (np.full(frames, spoken_db, np.float32) for frames in (200, 20))

    assert standing_still(noise_db, heard, 0.01, beside=known).mean() == stands
    assert not standing_still(noise_db, heard, 0.01, beside=too_little).any()
