"""Where another voice begins on a channel: the agent after the announcement, the next agent after a transfer.

    speech     |==one==|  |=one=|     |==two==|  |=two=|
    pitch        4.6        4.7         5.4        5.5       log2 of Hz / 8
    changes                        ^

A cue for the recogniser, which follows one voice of a window and leaves out the others: cheap, and wrong now and then. It is
not a diarizer; nothing is attributed by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from qa_speech.audio.track import Floats, Track, power_spectra, stretches, to_db
from qa_speech.audio.voice import pitches
from qa_speech.timeline import Segment, Timeline

LEAST_PAUSE_S = 0.25
"""Nobody takes over within a shorter pause on the same channel."""
LEAST_SPEECH_S = 0.6
"""Shorter speech does not tell whose it is."""
LONG_PAUSE_S = 2.0
"""A pause of this length or more is the strongest cue that a pause alone can be."""
SEMITONES, SPECTRUM_DB, LEVEL_DB = 4.0, 8.0, 4.0
"""Differences of pitch, spectrum and level that count alike; one voice differs from itself by a third to a half of each."""
CHANGED = 1.8
"""Sum of squares of the differences from which on it is another voice; a long pause adds one."""
FEWEST_PITCHES = 8
HEARD_S = 60.0
"""So much of a stretch is heard at most."""
FRAME_S, STEP_S = 0.032, 0.016
BANDS_HZ = np.geomspace(200, 3400, 17)


class _Voice(NamedTuple):
    """How a stretch of speech sounds: median pitch in octaves (NaN where there is none), shape of its spectrum in dB by band
    around 0, its level in dBFS, how long it is in seconds."""

    octaves: float
    bands: Floats
    level_db: float
    seconds: float


def voice_changes(track: Track, speech: Timeline, between: Iterable[Segment] = ()) -> tuple[float, ...]:
    """Moments in seconds, each in a pause, after which another voice is likely to speak.

    Parameters
    ----------
    track
        The channel.
    speech
        When somebody speaks on it.
    between
        Sounds that come between two voices: music, ringing. Speech before and after one is not one voice's.

    Examples
    --------
    >>> clock = np.arange(4 * 8000) / 8000
    >>> hertz = np.where(clock < 2, 110, 210)
    >>> buzz = sum(np.sin(2 * np.pi * hertz * n * clock) for n in range(1, 6)).astype(np.float32) / 9
    >>> voice_changes(Track(buzz, 8000), Timeline([(0.2, 0.9), (1.2, 1.8), (2.2, 3.0), (3.3, 3.9)]))
    (2.0,)
    """
    sounds = Timeline(between)
    pitch = pitches(track, speech)
    changes = []
    known: _Voice | None = None
    last: Segment | None = None
    for said in speech:
        if said.duration < LEAST_SPEECH_S:
            continue
        octaves = np.log2(pitch.within(said))
        heard = _heard(track, said, octaves)
        if known is None or last is None:
            known, last = heard, said
            continue
        pause = said.start - last.end
        apart = bool(sounds & Timeline([(last.end, said.start)])) if pause > 0 else False
        if apart or (pause >= LEAST_PAUSE_S and _difference(known, heard) + min(1.0, pause / LONG_PAUSE_S) > CHANGED):
            changes.append((last.end + said.start) / 2)
            known = heard
        else:
            known = _together(known, heard)
        last = said
    return tuple(changes)


def _heard(track: Track, said: Segment, octaves: Floats) -> _Voice:
    """How one stretch of speech sounds: the louder half of its frames."""
    size, step = round(FRAME_S * track.rate), round(STEP_S * track.rate)
    end = min(said.end, said.start + HEARD_S)
    samples = track.read(round(said.start * track.rate), round(end * track.rate))
    power = power_spectra(stretches(samples, size, step))
    loudness = power.sum(axis=1)
    loud = power[loudness >= np.median(loudness)].mean(axis=0)
    hertz = np.fft.rfftfreq(size, 1 / track.rate)
    bands = [loud[(hertz >= low) & (hertz < high)].sum() for low, high in pairwise(BANDS_HZ)]
    shape = to_db(np.array(bands))
    pitch = float(np.median(octaves)) if len(octaves) >= FEWEST_PITCHES else float("nan")
    return _Voice(pitch, shape - shape.mean(), float(to_db(loud.sum())), said.duration)


def _difference(one: _Voice, two: _Voice) -> float:
    """How far two stretches are from being one voice's, in squares of the differences that count alike."""
    semitones = 12 * np.nan_to_num(one.octaves - two.octaves)
    spectrum_db = float(np.sqrt(np.mean((one.bands - two.bands) ** 2)))
    level_db = one.level_db - two.level_db
    return float((semitones / SEMITONES) ** 2 + (spectrum_db / SPECTRUM_DB) ** 2 + (level_db / LEVEL_DB) ** 2)


def _together(one: _Voice, two: _Voice) -> _Voice:
    """Two stretches of one voice, each by its length."""
    seconds = one.seconds + two.seconds
    share = two.seconds / seconds

    def mean(first: Sequence[float] | Floats | float, second: Sequence[float] | Floats | float) -> Floats:
        return np.asarray((1 - share) * np.asarray(first) + share * np.asarray(second), np.float32)

    octaves = one.octaves
    if np.isnan(octaves):
        octaves = two.octaves
    elif not np.isnan(two.octaves):
        octaves = float(mean(one.octaves, two.octaves))
    return _Voice(octaves, mean(one.bands, two.bands), float(mean(one.level_db, two.level_db)), seconds)
