import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.audio.track import Floats, Track, frame_levels
from qa_speech.audio.voice import acoustics, nuclei, pitches
from qa_speech.call import Acoustics
from qa_speech.timeline import Segment, Timeline
from tests.voices import noise

RATE = 8000


def buzz(seconds: float, hertz: Floats | float, level_db: float = -20.0) -> Floats:
    """Harmonics 3 to 12 of a fundamental that is itself missing, as on a telephone."""
    phase = np.cumsum(np.broadcast_to(np.asarray(hertz, float), (round(seconds * RATE),))) / RATE
    sound = sum(np.cos(2 * np.pi * n * phase) for n in range(3, 13) if n * np.max(hertz) < 3400)
    return (sound / np.std(sound) * 10 ** (level_db / 20)).astype(np.float32)


def measured(samples: Floats, *spans: tuple[float, float], pitch: bool = True) -> tuple[Acoustics, ...]:
    track = Track(samples, RATE)
    segments = [Segment(*span) for span in spans]
    return acoustics(track, frame_levels(track), Timeline(segments), segments, pitch=pitch)


@pytest.mark.parametrize("hertz", [85.0, 120.0, 200.0, 310.0, 400.0])
def test_pitch_of_a_voice_without_its_fundamental(hertz: float) -> None:
    (found,) = measured(buzz(2.0, hertz) + noise(2.0, -45), (0.0, 2.0))

    assert found.f0_hz == pytest.approx(hertz, rel=0.01)
    assert found.f0_range_st == pytest.approx(0, abs=0.3)


def test_range_of_a_gliding_voice_in_semitones() -> None:
    glide = 150 * 2 ** np.linspace(0, 1, 4 * RATE)

    (found,) = measured(buzz(4.0, glide), (0.0, 4.0))

    assert found.f0_range_st == pytest.approx(12 * 0.8, abs=0.7)
    assert found.f0_hz == pytest.approx(150 * 2**0.5, rel=0.04)


def test_hiss_has_no_pitch_and_pitch_may_be_left_out() -> None:
    assert measured(noise(2.0, -20), (0.0, 2.0))[0].f0_hz is None
    assert measured(buzz(2.0, 200.0), (0.0, 2.0), pitch=False)[0].f0_hz is None


def test_each_utterance_has_its_own_figures() -> None:
    sound = noise(6.0, -60)
    sound[RATE : 2 * RATE] += buzz(1.0, 120.0, -30)
    sound[3 * RATE : 5 * RATE] += buzz(2.0, 200.0, -15)

    low, high = measured(sound, (1.0, 2.0), (3.0, 5.0))

    assert (low.level_db, high.level_db) == (pytest.approx(-30, abs=0.2), pytest.approx(-15, abs=0.2))
    assert (low.f0_hz, high.f0_hz) == (pytest.approx(120, rel=0.01), pytest.approx(200, rel=0.01))
    assert (low.snr_db, high.snr_db) == (pytest.approx(30, abs=0.5), pytest.approx(45, abs=0.5))


def test_an_utterance_without_speech_has_no_figures() -> None:
    track = Track(noise(4.0, -30), RATE)

    found = acoustics(track, frame_levels(track), Timeline([(0, 1)]), [Segment(2.0, 3.0)])

    assert found == (Acoustics(),)


def test_a_recording_that_is_all_speech_has_no_background() -> None:
    assert measured(buzz(2.0, 200.0), (0.0, 2.0))[0].snr_db is None


@given(st.integers(1, 12), st.floats(3.0, 6.0))
def test_each_swell_is_a_nucleus(count: int, per_second: float) -> None:
    clock = np.arange(round(count / per_second * 100)) / 100
    levels = (-30 + 10 * np.sin(np.pi * per_second * clock) ** 2 * 2 - 10).astype(np.float32)

    assert nuclei(levels) == count


def test_nothing_has_no_nuclei_and_no_pitch() -> None:
    assert nuclei(np.zeros(0, np.float32)) == 0
    times, hertz = pitches(Track(np.zeros(RATE, np.int16), RATE), Timeline([(0, 1)]))
    assert (len(times), len(hertz)) == (0, 0)
