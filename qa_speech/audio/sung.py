"""Music or tone that a voice may have made: hummed, or sung without words. What has one pitch at a time is not told from it.

hold music    several pitches at once, and beats          no
a beep        one pitch, one peak                         no
a sung note   one pitch in the range of a voice, and overtones      may be: it is said
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from qa_speech.audio.sounds import FRAME_S, STEP_S, Sound
from qa_speech.audio.track import Track, power_spectra, stretches
from qa_speech.audio.voice import PITCH_HOP_S, pitches
from qa_speech.timeline import Segment, Timeline

KINDS = ("music", "tone")
LOOKED_AT_S = 10.0
"""Of each sound only so much is looked at."""
ONE_PITCH_SHARE = 0.9
"""Share of its time in which a sung note has one pitch; of music seldom more than six tenths has."""
OVERTONE_DB = -30.0
"""A voice has an overtone that is no softer than this against its strongest part."""
BESIDE = 3
"""Bins around the strongest that belong to it."""


def sung(track: Track, others: Iterable[Sound]) -> Timeline:
    """Those of the other sounds of a channel that a voice may have sung.

    Examples
    --------
    >>> clock = np.arange(16_000) / 8000
    >>> note = sum(np.sin(2 * np.pi * 220 * number * clock) / number for number in (1, 2, 3, 4))
    >>> sung(Track((0.1 * note).astype(np.float32), 8000), [Sound("music", 0.0, 2.0)])
    Timeline([(0, 2)])
    >>> sung(Track(np.sin(2 * np.pi * 1000 * clock).astype(np.float32), 8000), [Sound("tone", 0.0, 2.0)])
    Timeline([])
    """
    found = []
    for sound in others:
        heard = Segment(sound.start, min(sound.end, sound.start + LOOKED_AT_S))
        if sound.kind in KINDS and _has_one_pitch(track, heard) and _has_overtones(track, heard):
            found.append(Segment(sound.start, sound.end))
    return Timeline(found)


def _has_one_pitch(track: Track, stretch: Segment) -> bool:
    """Whether nearly all of a stretch has a pitch, and one at a time."""
    pitched_s = PITCH_HOP_S * len(pitches(track, Timeline([stretch])).times)
    return pitched_s >= ONE_PITCH_SHARE * stretch.duration


def _has_overtones(track: Track, stretch: Segment) -> bool:
    """Whether beside its strongest frequency a stretch has another that is nearly as strong."""
    size, step = round(FRAME_S * track.rate), round(STEP_S * track.rate)
    samples = track.read(round(stretch.start * track.rate), round(stretch.end * track.rate))
    if len(samples) < size:
        return False
    power = power_spectra(stretches(samples, size, step)).mean(axis=0)
    strongest = int(np.argmax(power))
    rest = np.delete(power, slice(max(0, strongest - BESIDE), strongest + BESIDE + 1))
    return bool(rest.size and rest.max() > power[strongest] * 10 ** (OVERTONE_DB / 10))
