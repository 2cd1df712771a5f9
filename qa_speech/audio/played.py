"""Whose the music is that both channels hold: where it is far louder than on the other, it is played there, and leaks.

channel 1   ♪♪♪♪♪♪♪♪♪♪     −20 dBFS: played here
channel 2   ♪♪ ♪♪♪ ♪♪♪     −48 dBFS: heard from there, and none of its own
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from qa_speech.audio.sounds import MIN_MUSIC_S, Sound
from qa_speech.audio.track import Floats
from qa_speech.timeline import Timeline

Sounds: TypeAlias = tuple[Sound, ...]

LEAKED_DB = 10.0
"""Music that is this much louder on the other channel is played there."""


def own_sounds(heard: Sequence[Sounds], levels: Sequence[Floats], frame_s: float) -> tuple[Sounds, ...]:
    """The sounds of each channel, of two without the music that the other plays.

    Parameters
    ----------
    heard
        What was found on each channel, in order.
    levels, frame_s
        Their frame levels in dBFS, and the seconds of a frame.

    Examples
    --------
    >>> loud, faint = np.full(500, -20, np.float32), np.full(500, -48, np.float32)
    >>> played, leaked = (Sound("music", 0.5, 4.5),), (Sound("music", 1.0, 4.0),)
    >>> own_sounds((played, leaked), (loud, faint), 0.01)
    ((Sound(kind='music', start=0.5, end=4.5),), ())
    """
    if len(heard) != 2:
        return tuple(heard)
    (one, two), (one_db, two_db) = heard, levels
    from_one = _louder(one, one_db, two_db, frame_s)
    from_two = _louder(two, two_db, one_db, frame_s)
    return _without(one, from_two), _without(two, from_one)


def _louder(played: Sounds, levels: Floats, other_levels: Floats, frame_s: float) -> Timeline:
    """The music of a channel that is far louder there than on the other."""
    found = []
    for sound in played:
        first, last = round(sound.start / frame_s), round(sound.end / frame_s)
        here, there = levels[first:last], other_levels[first:last]
        if sound.kind == "music" and len(here) and np.median(here) - np.median(there) >= LEAKED_DB:
            found.append((sound.start, sound.end))
    return Timeline(found)


def _without(heard: Sounds, leaked: Timeline) -> Sounds:
    own: list[Sound] = []
    for sound in heard:
        if sound.kind != "music":
            own.append(sound)
            continue
        left = (Timeline([(sound.start, sound.end)]) - leaked).without_short(MIN_MUSIC_S)
        own += [Sound("music", part.start, part.end) for part in left]
    return tuple(own)
