import numpy as np
import pytest

from qa_speech.audio.sounds import audible, other_sounds
from qa_speech.audio.track import Floats, Track, frame_levels
from qa_speech.timeline import Timeline
from tests.voices import FRAME_S, noise, voice

RATE = 8000
NOBODY = Timeline()


def placed(parts: list[tuple[float, Floats]], length_s: float = 30.0) -> Floats:
    sound = noise(length_s, -65)
    for start, part in parts:
        first = round(start * RATE)
        sound[first : first + len(part)] += part
    return sound


def sines(seconds: float, *hertz: float, level_db: float = -20.0) -> Floats:
    clock = np.arange(round(seconds * RATE)) / RATE
    return (sum(np.sin(2 * np.pi * f * clock) for f in hertz) * 10 ** (level_db / 20)).astype(np.float32)


def music(seconds: float, seed: int = 0) -> Floats:
    """Chords of decaying notes, like hold music."""
    random = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * RATE), np.float32)
    at = 0.0
    while at < seconds - 0.3:
        first = round(at * RATE)
        clock = np.arange(min(len(sound) - first, RATE)) / RATE
        root = 262 * 2 ** (int(random.integers(12)) / 12)
        for step in (0, 4, 7):
            for n in (1, 2, 3):
                sound[first : first + len(clock)] += np.sin(2 * np.pi * root * 2 ** (step / 12) * n * clock) * np.exp(
                    -3 * clock
                )
        at += float(random.choice([0.3, 0.5]))
    return (sound / np.std(sound) * 0.08).astype(np.float32)


def found(samples: Floats, speech: Timeline = NOBODY, sure: float = 0.95) -> list[tuple[str, float, float]]:
    track = Track(samples, RATE)
    chances = np.zeros(round(track.duration / FRAME_S) + 1, np.float32)
    for item in speech:
        chances[round(item.start / FRAME_S) : round(item.end / FRAME_S)] = sure
    return [
        (kind, round(start, 1), round(end, 1))
        for kind, start, end in other_sounds(track, frame_levels(track), speech, chances, FRAME_S)
    ]


def test_hold_music_is_one_stretch() -> None:
    ((kind, start, end),) = found(placed([(5.0, music(12.0))]))

    assert kind == "music"
    assert start == pytest.approx(5.0, abs=0.3)
    assert end == pytest.approx(17.0, abs=0.6)


def test_ring_back_is_told_from_other_tones() -> None:
    rings = [(float(at), sines(1.0, 450)) for at in (2, 7, 12)]

    assert found(placed([*rings, (20.0, sines(0.5, 1000))])) == [
        ("ring_back", 2.0, 3.0), ("ring_back", 7.0, 8.0), ("ring_back", 12.0, 13.0), ("tone", 20.0, 20.5),
    ]  # fmt: skip


@pytest.mark.parametrize("pair", [(697, 1209), (770, 1336), (941, 1477), (852, 1633)])
def test_keys_are_dtmf(pair: tuple[float, float]) -> None:
    assert found(placed([(3.0, sines(0.1, *pair)), (4.0, sines(0.1, *pair))])) == [
        ("dtmf", 3.0, 3.1),
        ("dtmf", 4.0, 4.1),
    ]


def test_speech_and_noise_are_no_other_sound() -> None:
    spans = [(2.0, 8.0), (12.0, 20.0)]
    speaking = placed([(0.0, voice(spans, 30.0))])

    assert found(speaking, Timeline(spans)) == []
    assert found(speaking) == []
    assert found(noise(20.0, -30)) == []


def test_mains_hum_is_no_music() -> None:
    clock = np.arange(30 * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * n * clock) for n in (5, 6, 7)) * 0.02

    assert found((hum + placed([(0.0, voice([(5, 9), (15, 22)], 30.0))])).astype(np.float32)) == []


def test_music_taken_for_doubtful_speech_is_taken_back_and_sure_speech_over_it_is_kept() -> None:
    song = placed([(5.0, music(12.0))])
    middle = Timeline([(9.0, 10.5)])

    assert found(song, middle, sure=0.6)[0][1:] == found(song)[0][1:]
    for sure in (0.75, 0.97):
        assert all(end <= 9.0 or start >= 10.5 for _, start, end in found(song, middle, sure=sure))


@pytest.mark.parametrize("loud_db", [-20.0, -52.0])
def test_the_softer_half_of_a_quiet_voice_is_heard_as_that_of_a_loud_one(loud_db: float) -> None:
    levels = np.repeat(np.array([loud_db - 40, loud_db, loud_db - 20], np.float32), [400, 100, 100])

    assert audible(levels, 0.01) == Timeline([(4, 6)])


def test_nothing_is_in_nothing() -> None:
    assert found(np.zeros(0, np.float32)) == []
    assert found(np.zeros(RATE, np.float32)) == []


@pytest.mark.parametrize("samples", [0, 1, 100, 1600])
def test_a_recording_too_short_for_a_spectrum_has_no_sounds(samples):
    track = Track(sines(1, 450)[:samples], RATE)

    assert list(other_sounds(track, frame_levels(track), NOBODY, np.zeros(3, np.float32), FRAME_S)) == []
