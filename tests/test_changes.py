"""Another voice on the same channel: seen by pitch, spectrum, level, or what comes between; one voice is left whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.audio.changes import voice_changes
from qa_speech.audio.track import Floats, Track
from qa_speech.engines.windows import cut_at
from qa_speech.timeline import Segment, Timeline

RATE = 8000
SPEECH = Timeline([(0.2, 1.2), (1.6, 2.6), (3.0, 4.0), (4.4, 5.4)])
CHANGE = 2.8
"""The middle of the pause in which the other voice takes over."""


def voice(hertz: float, dull: float, level_db: float, seconds: float = 6.0) -> Floats:
    """A buzz with the pitch of a voice; `dull`: how fast its harmonics fall."""
    clock = np.arange(round(seconds * RATE)) / RATE
    bent = hertz * clock + 0.3 * np.sin(2 * np.pi * 0.7 * clock)
    harmonics = range(1, int(3400 / hertz))
    buzz = sum(np.sin(2 * np.pi * number * bent) / number**dull for number in harmonics)
    noisy = buzz + np.random.default_rng(1).normal(0, 0.02, len(clock))
    return np.asarray(noisy / np.std(noisy) * 10 ** (level_db / 20), np.float32)


def joined(before: Floats, after: Floats) -> Track:
    cut = round(CHANGE * RATE)
    return Track(np.concatenate((before[:cut], after[cut:])), RATE)


@pytest.mark.parametrize(
    ("hertz", "dull", "level_db"),
    [(210, 1.0, -24), (165, 1.6, -24), (120, 1.0, -14)],
    ids=["pitch", "pitch and spectrum", "level"],
)
def test_another_voice_is_seen_in_the_pause_before_it(hertz: float, dull: float, level_db: float) -> None:
    track = joined(voice(120, 1.0, -24), voice(hertz, dull, level_db))

    assert voice_changes(track, SPEECH) == (pytest.approx(CHANGE),)


def test_one_voice_that_goes_up_a_little_stays_one() -> None:
    assert voice_changes(joined(voice(120, 1.0, -24), voice(135, 1.0, -23)), SPEECH) == ()


def test_within_a_breath_nobody_takes_over() -> None:
    spoken = Timeline([(0.2, 2.7), (2.9, 5.4)])

    assert voice_changes(joined(voice(120, 1.0, -24), voice(210, 1.0, -14)), spoken) == ()


def test_music_between_parts_even_voices_that_are_alike() -> None:
    track = Track(voice(120, 1.0, -24), RATE)

    assert voice_changes(track, SPEECH, [Segment(2.65, 2.95)]) == (pytest.approx(CHANGE),)


def test_a_syllable_does_not_tell_whose_it_is() -> None:
    spoken = Timeline([(0.2, 1.2), (1.6, 2.6), (3.0, 3.2)])

    assert voice_changes(joined(voice(120, 1.0, -24), voice(210, 1.0, -14)), spoken) == ()


def test_no_speech_no_changes() -> None:
    assert voice_changes(Track(np.zeros(RATE, np.float32), RATE), Timeline()) == ()


edges = st.lists(st.integers(0, 100), min_size=2, max_size=12, unique=True).map(sorted)


@given(edges, st.lists(st.integers(0, 100), max_size=6, unique=True).map(sorted))
def test_cutting_loses_nothing_and_no_group_reaches_over_a_moment(points: list[int], moments: list[int]) -> None:
    segments = [Segment(a, b) for a, b in zip(points[::2], points[1::2], strict=False)]

    groups = cut_at(segments, moments)

    assert Timeline(part for group in groups for part in group) == Timeline(segments)
    for group in groups:
        assert not any(group[0].start < moment < group[-1].end for moment in moments)
