"""Stretches in which both channels carry one signal: the recorder divided the parties late, or lost them at a transfer.

    channel 1   AAAA CCC AA | AAAA      AA        one signal: alike in shape, near to each other in level, at one lag,
    channel 2   AAAA CCC AA |      CCCC    CC     whoever speaks

A leak is one signal too, but far fainter on the channel it leaks into, and the other way round for the other party.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qa_speech.audio.activity import Mask
from qa_speech.audio.channels import Survey
from qa_speech.audio.track import Floats, runs
from qa_speech.timeline import NOWHERE, Segment, Timeline

WINDOW_S, STEP_S = 1.0, 0.5
"""Seconds that are compared at once, and from one to the next."""
LAG_S = 0.1
"""The one channel may be later than the other by this much."""
SAME_LAG_S = 0.002
MOST_DB = 8.0
"""One signal is at most this much louder on one channel: leaks are fainter."""
ALIKE = 0.55
"""Likeness (correlation at the best lag, 0–1) from which on two windows are one signal, noise and codec allowed for."""
HEARD_BELOW_DB, HEARD_FRAMES = 25.0, 20
"""A window tells something where so many frames are within so many dB of the level of a voice."""
MIN_S, LEAST_WINDOWS = 4.0, 4
"""Shorter stretches, or those in which too little is heard, are chance."""
LONE_WINDOWS = 2
"""So few windows in a row that differ, between such that are alike, are a passing noise."""
EDGE_S, EDGE_DB = 1.5, 4.0
"""Within so many seconds the border is put where the levels of the channels part by so many dB."""
USUAL_RATE = 8000


class _Likeness(NamedTuple):
    """How alike two windows are (0–1), by how many samples the second is later, how much louder it is (dB)."""

    likeness: float
    lag: int
    louder_db: float


def undivided(one: Survey, two: Survey, masked: Timeline = NOWHERE) -> Timeline:
    """Where two channels carry one signal; times in seconds. What is `masked` tells nothing."""
    track = one.track
    starts = np.arange(0.0, max(0.0, track.duration - WINDOW_S) + 1e-9, STEP_S)
    telling = [float(start) for start in starts if not masked.crop(Segment(start, start + WINDOW_S))]
    heard = [start for start in telling if _is_heard(one, start) or _is_heard(two, start)]
    compared = {start: _compared(one, two, start) for start in heard if _near_in_level(one, two, start)}
    alike = {
        start: pair for start, pair in compared.items() if pair.likeness >= ALIKE and abs(pair.louder_db) <= MOST_DB
    }
    if len(alike) < LEAST_WINDOWS:
        return Timeline()
    lag = _usual_lag([pair.lag for pair in alike.values()])
    most = max(1, round(SAME_LAG_S * track.rate))
    same = {start for start, pair in alike.items() if abs(pair.lag - lag) <= most}
    stretches = _stretches(heard, same)
    found = Timeline(_with_edges(one, two, stretch) for stretch in stretches)
    return (found.bridged(STEP_S) - masked).without_short(MIN_S)


def _frames(survey: Survey, start: float, end: float) -> Floats:
    frame_s = survey.track.frame_s
    return survey.levels[round(start / frame_s) : round(end / frame_s)]


def _is_heard(survey: Survey, start: float) -> bool:
    levels = _frames(survey, start, start + WINDOW_S)
    return bool(np.count_nonzero(levels > survey.level_db - HEARD_BELOW_DB) >= HEARD_FRAMES)


def _near_in_level(one: Survey, two: Survey, start: float) -> bool:
    """A quick look: what is far louder on one channel is not one signal."""
    first, second = (_frames(survey, start, start + WINDOW_S) for survey in (one, two))
    louder_db = np.percentile(second, 90) - np.percentile(first, 90)
    return bool(abs(louder_db) <= MOST_DB + 2)


def _compared(one: Survey, two: Survey, start: float) -> _Likeness:
    """Two windows at the lag at which they are most alike."""
    track = one.track
    step = max(1, track.rate // USUAL_RATE)
    first, last = round(start * track.rate), round((start + WINDOW_S) * track.rate)
    earlier = one.track.read(first, last)[::step]
    later = two.track.read(first, last)[::step]
    earlier, later = earlier[: len(later)], later[: len(earlier)]
    size = 1 << (2 * len(earlier)).bit_length()
    spectrum = np.conj(np.fft.rfft(earlier, size)) * np.fft.rfft(later, size)
    fit = np.fft.irfft(spectrum, size)
    reach = round(LAG_S * track.rate / step)
    within = np.concatenate((fit[: reach + 1], fit[-reach:]))
    best = int(np.argmax(np.abs(within)))
    lag = best if best <= reach else best - len(within)
    power = float(np.dot(earlier, earlier)), float(np.dot(later, later))
    scale = float(np.sqrt(power[0] * power[1]))
    if scale <= 0:
        return _Likeness(0.0, 0, 0.0)
    louder_db = 10 * np.log10(power[1] / power[0])
    return _Likeness(float(abs(within[best])) / scale, lag * step, float(louder_db))


def _usual_lag(lags: list[int]) -> int:
    """The lag near which most are."""
    ordered = np.sort(np.array(lags))
    counts = [int(np.count_nonzero(np.abs(ordered - lag) <= 2)) for lag in ordered]
    return int(ordered[int(np.argmax(counts))])


def _stretches(heard: list[float], same: set[float]) -> list[Segment]:
    """Runs of windows that are one signal, from the first sample of the first to the last of the last."""
    is_same = np.array([start in same for start in heard])
    for first, last in runs(~is_same):
        is_between = first > 0 and last < len(is_same)
        if is_between and last - first <= LONE_WINDOWS:
            is_same[first:last] = True
    found: list[Segment] = []
    for first, last in runs(is_same):
        if last - first >= LEAST_WINDOWS:
            found.append(Segment(heard[first], heard[last - 1] + WINDOW_S))
    return found


# -- borders ----------------------------------------------------------------------------------------------------------


def _with_edges(one: Survey, two: Survey, stretch: Segment) -> Segment:
    """The stretch with its ends where the channels begin and cease to be at one level."""
    usual_db = float(np.median(_frames(two, *_ends(stretch)) - _frames(one, *_ends(stretch))))
    frame_s = one.track.frame_s
    count = min(len(one.levels), len(two.levels))
    apart = np.abs(two.levels[:count] - one.levels[:count] - usual_db) > EDGE_DB
    loud = (one.levels[:count] > one.level_db - HEARD_BELOW_DB) | (two.levels[:count] > two.level_db - HEARD_BELOW_DB)
    votes = np.where(loud, np.where(apart, 1, -1), 0)
    reach = round(EDGE_S / frame_s)
    start = count - _border(votes[::-1], count - round(stretch.start / frame_s), reach)
    end = _border(votes, round(stretch.end / frame_s), reach)
    if start < reach:
        start = 0
    if count - end < reach:
        end = count
    return Segment(start * frame_s, end * frame_s)


def _ends(stretch: Segment) -> tuple[float, float]:
    return stretch.start, stretch.end


def _border(votes: Mask, near: int, reach: int) -> int:
    """The frame near `near` up to which the votes are for one signal (−1) and from which on against it (1)."""
    first, last = max(0, near - reach), min(len(votes), near + reach)
    total = np.concatenate(([0], np.cumsum(votes[first:last])))
    least = np.flatnonzero(total == total.min())
    return first + int(least[-1])
