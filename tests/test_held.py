"""Sound that holds its pitch: a horn that the detector takes for a vowel, a note that may have been sung."""

import numpy as np
import pytest

from qa_speech.audio.held import held
from qa_speech.audio.movement import shapes
from qa_speech.audio.track import Floats, Track
from qa_speech.timeline import Segment, Timeline
from tests.test_hearing import LENGTH_S, agent, analysed, codes, deaf
from tests.voices import by_level, noise, voice

SPOKEN = [(2.0, 6.0), (12.0, 16.0), (30.0, 36.0)]
BLOWN = [(7.0, 9.5), (18.0, 21.0)]


def harmonics(hertz: Floats) -> Floats:
    """Five overtones of a pitch that is given sample by sample."""
    phase = 2 * np.pi * np.cumsum(hertz) / 8000
    return np.sum([np.sin(number * phase) / number for number in range(1, 6)], axis=0).astype(np.float32) * 0.1


def clock(length_s: float = LENGTH_S) -> Floats:
    return np.arange(round(length_s * 8000)) / 8000


def during(spans: list[tuple[float, float]]) -> Floats:
    seconds = clock()
    return np.sum([(seconds >= start) & (seconds < end) for start, end in spans], axis=0)


def horn() -> Floats:
    """Blown for half a second out of every eight tenths."""
    return harmonics(np.full(round(LENGTH_S * 8000), 330.0)) * during(BLOWN) * (clock() % 0.8 < 0.5)


@pytest.mark.parametrize("line_db", [-90, -50])
def test_a_horn_between_words_is_no_speech_though_the_detector_is_sure_of_it(line_db: float) -> None:
    customer = voice(SPOKEN, LENGTH_S, seed=2) + horn() + noise(LENGTH_S, line_db)

    found = analysed(agent(), customer).speech[1]

    short_blasts_s = 0.35
    assert (found & Timeline(BLOWN)).duration < short_blasts_s
    assert (found & Timeline(SPOKEN)).duration > 13.5


def test_only_what_stays_on_one_pitch_for_longer_than_a_spoken_yes_is_held() -> None:
    heard = np.ones(300, bool)
    steady, short, gliding = (np.full(24_000, 330.0) for _ in range(3))
    gliding += 60 * clock(3.0)
    pieces = harmonics(short) * (clock(3.0) % 0.6 < 0.3)

    assert held(shapes(Track(harmonics(steady), 8000), heard), heard, 0.01)[:290].all()
    assert not held(shapes(Track(harmonics(gliding), 8000), heard), heard, 0.01).any()
    assert not held(shapes(Track(voice([(0, 3)], 3.0), 8000), heard), heard, 0.01).any()
    assert not held(shapes(Track(pieces + noise(3.0, -30), 8000), heard), heard, 0.01).any()


@pytest.mark.parametrize("rate", [1000, 8000, 44_100])
def test_any_length_and_rate_gives_one_value_a_frame(rate: int) -> None:
    for count in (0, 1, rate // 20, rate // 2):
        track = Track(np.zeros(count, np.float32), rate)
        heard = np.ones(-(-count // track.hop), bool)
        assert len(held(shapes(track, heard), heard, track.frame_s)) == len(heard)


@pytest.mark.parametrize("vibrato", [0.0, 0.02])
def test_notes_that_a_voice_may_have_sung_are_music_and_said_to_be_doubtful(vibrato: float) -> None:
    seconds = clock()
    pitch = 220 * (1 + vibrato * np.sin(2 * np.pi * 5.5 * seconds))
    notes = harmonics(pitch) * during([(5.0, 12.0), (20.0, 26.0)]) + noise(LENGTH_S, -75)

    found = analysed(agent(), notes, detect=deaf)

    assert codes(found, 2)["sung_sound"] == pytest.approx(13, abs=0.5)
    assert not found.speech[1]


def test_beeps_and_chords_are_no_song() -> None:
    beeps = 0.1 * np.sin(2 * np.pi * 1000 * clock()) * during([(5.0, 12.0)])
    chord = sum(harmonics(np.full(len(clock()), hertz)) for hertz in (220.0, 277.2, 329.6))
    chord = chord * during([(20.0, 30.0)]) + noise(LENGTH_S, -75)

    found = analysed(agent(), (beeps + chord).astype(np.float32), detect=by_level)

    assert "sung_sound" not in codes(found, 2)
    assert found.speech[1].crop(Segment(5.2, 11.8)).duration < 0.2
