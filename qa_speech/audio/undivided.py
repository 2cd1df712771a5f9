"""Stretches in which both channels carry one signal: the recorder divided the parties late, or lost them at a transfer.

    channel 1   AAAA CCC AA | AAAA      AA        one signal: alike in shape, near to each other in level, at one lag,
    channel 2   AAAA CCC AA |      CCCC    CC     whoever speaks

A leak is one signal too, but far fainter on the channel it leaks into, and the other way round for the other party.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.audio.activity import percentile
from qa_speech.audio.channels import Survey
from qa_speech.audio.track import Floats, runs
from qa_speech.timeline import NOWHERE, Segment, Timeline

Votes: TypeAlias = npt.NDArray[np.int64]

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
EDGE_S, EDGE_DB = 0.8, 4.0
"""Within so many seconds the border is put where the levels of the channels part by so many dB."""
END_S = 1.5
"""A stretch that begins or ends this near to an end of the recording reaches it."""
HUM_HZ = 250.0
"""What lies lower is not compared: the mains hum on both lines alike."""
USUAL_RATE = 8000
LOUD_PERCENT, ROUGHLY_MOST_DB = 90, 10.0
"""The loud frames of two windows that are further apart are not compared."""
NEAR_LAG = 2
"""Samples within which lags are the same when the usual one is looked for."""
TINY = 1e-9


class _Likeness(NamedTuple):
    """How alike two windows are (0–1), by how many samples the second is later, how much louder it is (dB)."""

    likeness: float
    lag: int
    louder_db: float


def undivided(one: Survey, two: Survey, masked: Timeline = NOWHERE) -> Timeline:
    """Where two channels carry one signal.

    Parameters
    ----------
    one, two
        The channels with their levels in dBFS; neither is dead.
    masked
        Stretches that tell nothing.

    Returns
    -------
    Timeline
        In seconds, each of 4 s or more; empty where the channels hold a party each throughout.

    Examples
    --------
    >>> from qa_speech.audio.channels import survey
    >>> from qa_speech.audio.track import Track
    >>> random = np.random.default_rng(1)
    >>> agent, customer = (random.normal(0, loud, 160_000).astype(np.int16) for loud in (3000, 900))
    >>> late = customer.copy()
    >>> late[:80_000] = agent[:80_000]
    >>> undivided(survey(Track(agent, 8000)), survey(Track(late, 8000)))
    Timeline([(0, 10)])
    >>> undivided(survey(Track(agent, 8000)), survey(Track(customer, 8000)))
    Timeline([])
    """
    heard = _heard_windows(one, two, masked)
    alike = _alike(one, two, heard[::2])
    if len(alike) < LEAST_WINDOWS // 2:
        return NOWHERE
    alike |= _alike(one, two, heard[1::2])
    if len(alike) < LEAST_WINDOWS:
        return NOWHERE

    usual = _usual_lag(list(alike.values()))
    most = max(1, round(SAME_LAG_S * one.track.rate))
    same = {start for start, lag in alike.items() if abs(lag - usual) <= most}
    rough = _stretches(heard, same)
    exact = [_with_edges(one, two, stretch) for stretch in rough]
    found = Timeline(_with_pauses(one, two, stretch, heard) for stretch in exact)
    lasting = found.bridged(STEP_S) - masked
    return lasting.without_short(MIN_S)


def _alike(one: Survey, two: Survey, starts: Sequence[float]) -> dict[float, int]:
    """Where the windows begin, of those that begin at `starts`, that are one signal, and at what lag."""
    found = {}
    for start in starts:
        if not _near_in_level(one, two, start):
            continue
        pair = _compared(one, two, start)
        if pair.likeness >= ALIKE and abs(pair.louder_db) <= MOST_DB:
            found[start] = pair.lag
    return found


def _heard_windows(one: Survey, two: Survey, masked: Timeline) -> list[float]:
    """Where the windows begin in which somebody is heard, seconds."""
    found: list[float] = []
    last = max(0.0, one.track.duration - WINDOW_S)
    steps = int(last / STEP_S + TINY) + 1
    for number in range(steps):
        start = number * STEP_S
        window = Segment(start, start + WINDOW_S)
        if masked.crop(window):
            continue
        if _is_heard(one, window) or _is_heard(two, window):
            found.append(start)
    return found


def _frames(survey: Survey, stretch: Segment) -> Floats:
    """Levels in a stretch, dBFS."""
    frame_s = survey.track.frame_s
    first = round(stretch.start / frame_s)
    last = round(stretch.end / frame_s)
    return survey.levels[first:last]


def _is_heard(survey: Survey, window: Segment) -> bool:
    """Whether enough of a window is about as loud as the voice of the channel."""
    limit = survey.level_db - HEARD_BELOW_DB
    loud = np.count_nonzero(_frames(survey, window) > limit)
    return bool(loud >= HEARD_FRAMES)


def _near_in_level(one: Survey, two: Survey, start: float) -> bool:
    """A quick look: what is far louder on one channel is not one signal."""
    window = Segment(start, start + WINDOW_S)
    first = percentile(_frames(one, window), LOUD_PERCENT)
    second = percentile(_frames(two, window), LOUD_PERCENT)
    return bool(abs(second - first) <= ROUGHLY_MOST_DB)


def _compared(one: Survey, two: Survey, start: float) -> _Likeness:
    """Two windows at the lag at which they are most alike."""
    rate = one.track.rate
    step = max(1, rate // USUAL_RATE)
    first = round(start * rate)
    last = round((start + WINDOW_S) * rate)
    earlier = one.track.read(first, last)[::step]
    later = two.track.read(first, last)[::step]
    count = min(len(earlier), len(later))
    earlier, later = earlier[:count], later[:count]
    size = 1 << (2 * count).bit_length()
    first_spectrum, second_spectrum = np.fft.rfft(earlier, size), np.fft.rfft(later, size)
    hum = round(HUM_HZ * size * step / rate)
    first_spectrum[:hum] = 0
    second_spectrum[:hum] = 0
    fit = np.fft.irfft(np.conj(first_spectrum) * second_spectrum, size)
    power, other = _power(first_spectrum, size), _power(second_spectrum, size)
    if power <= TINY or other <= TINY:
        return _Likeness(0.0, 0, 0.0)
    reach = round(LAG_S * rate / step)
    within = np.concatenate((fit[-reach:], fit[: reach + 1]))
    best = int(np.argmax(np.abs(within)))
    likeness = float(np.abs(within[best])) / float(np.sqrt(power * other))
    louder_db = 10 * np.log10(other / power)
    return _Likeness(likeness, (best - reach) * step, float(louder_db))


def _power(spectrum: npt.NDArray[np.complexfloating[Any, Any]], size: int) -> float:
    """Sum of the squares of the `size` samples whose spectrum this is."""
    return 2 * float(np.sum(spectrum.real**2 + spectrum.imag**2, dtype=np.float64)) / size


def _usual_lag(lags: Sequence[int]) -> int:
    """The lag near which most are."""
    every = np.array(sorted(lags))
    counts = [np.count_nonzero(np.abs(every - lag) <= NEAR_LAG) for lag in every]
    return int(every[int(np.argmax(counts))])


def _stretches(heard: Sequence[float], same: Collection[float]) -> list[Segment]:
    """Runs of windows that are one signal, from the first sample of the first to the last of the last."""
    is_same = np.array([start in same for start in heard])
    for first, last in runs(~is_same):
        is_between = first > 0 and last < len(is_same)
        if is_between and last - first <= LONE_WINDOWS:
            is_same[first:last] = True
    found: list[Segment] = []
    for first, last in runs(is_same):
        if last - first >= LEAST_WINDOWS:
            end = heard[last - 1] + WINDOW_S
            found.append(Segment(heard[first], end))
    return found


# -- borders ----------------------------------------------------------------------------------------------------------


def _with_edges(one: Survey, two: Survey, stretch: Segment) -> Segment:
    """The stretch with its ends where the channels begin and cease to be at one level."""
    frame_s = one.track.frame_s
    count = min(len(one.levels), len(two.levels))
    reach = round(EDGE_S / frame_s)
    votes = _votes(one, two, stretch)
    before = count - round(stretch.start / frame_s)
    start = count - _border(votes[::-1], before, reach)
    end = _border(votes, round(stretch.end / frame_s), reach)
    near_end = round(END_S / frame_s)
    if start < near_end:
        start = 0
    if count - end < near_end:
        end = count
    return Segment(start * frame_s, end * frame_s)


def _with_pauses(one: Survey, two: Survey, stretch: Segment, heard: Sequence[float]) -> Segment:
    """The stretch with the pauses before and after it in which the background is one signal too, or to the ends of the recording
    if nobody is heard between."""
    start, end = stretch.start, stretch.end
    last = max(one.track.duration, two.track.duration)
    if not any(begin + STEP_S < start for begin in heard):
        start = 0.0
    if not any(begin + WINDOW_S - STEP_S > end for begin in heard):
        end = last
    taken = set(heard)
    while start >= STEP_S and _is_one_pause(one, two, _before(start), taken):
        start = _before(start)
    while end + WINDOW_S <= last and _is_one_pause(one, two, _after(end), taken):
        end = _after(end) + WINDOW_S
    return Segment(start, end)


def _before(start: float) -> float:
    """Where the window begins that reaches up to `start` or beyond, and begins before it."""
    return (math.ceil(start / STEP_S - TINY) - 1) * STEP_S


def _after(end: float) -> float:
    """Where the last window begins that begins before `end`."""
    return math.floor(end / STEP_S + TINY) * STEP_S


def _is_one_pause(one: Survey, two: Survey, start: float, heard: Collection[float]) -> bool:
    """Whether nobody is heard in a window and its background is one signal."""
    if start in heard:
        return False
    pair = _compared(one, two, start)
    return pair.likeness >= ALIKE and abs(pair.louder_db) <= MOST_DB


def _votes(one: Survey, two: Survey, stretch: Segment) -> Votes:
    """For each frame −1 where the channels are as far apart in level as usual in the stretch, 1 where not, 0 in a pause."""
    usual_db = np.median(_frames(two, stretch) - _frames(one, stretch))
    count = min(len(one.levels), len(two.levels))
    first, second = one.levels[:count], two.levels[:count]
    apart = np.abs(second - first - usual_db) > EDGE_DB
    loud = first > one.level_db - HEARD_BELOW_DB
    loud |= second > two.level_db - HEARD_BELOW_DB
    votes = np.zeros(count, np.int64)
    votes[loud] = -1
    votes[loud & apart] = 1
    return votes


def _border(votes: Votes, near: int, reach: int) -> int:
    """The frame near `near` up to which the votes are for one signal and from which on against it."""
    first = max(0, near - reach)
    last = min(len(votes), near + reach)
    total = np.concatenate(([0], np.cumsum(votes[first:last])))
    least = np.flatnonzero(total == total.min())
    return first + int(least[-1])
