"""Speech of a call → recogniser windows, and words back to call time.

One role of one call per window, pieces in the order they were said, as few windows as the pieces allow:

    call       |--a--|   |-b-|            |------c------|
    windows    [ a b ]                    [ c ]             next piece would not fit
    words      window time → the piece that holds the word's midpoint → call time

A window costs the recogniser nearly the same however full it is, so the padding around speech gives way where that
saves one, and of all ways to cut a call into as few windows the one with the longest pauses at the cuts is taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from qa_speech.call import Word
from qa_speech.engines.base import LEAST_PAD_S, Piece
from qa_speech.timeline import Segment, Timeline

PAD_STEP_S = 0.05
GOOD_PAUSE_S = 0.6
"""A cut in a pause of this length costs nothing."""
_TOUCH_S = 1e-6


class _Unit(NamedTuple):
    """Speech that stays together, and how much may be taken along before and after it; all in seconds."""

    start: float
    end: float
    before: float
    after: float

    def padded(self, pad: float) -> tuple[float, float]:
        """Where it begins and ends with `pad` seconds on each side, as far as there is room."""
        return self.start - min(pad, self.before), self.end + min(pad, self.after)


def pack(
    segments: Iterable[Segment], *, window_s: float, speech: Timeline | None = None, least_pad_s: float = LEAST_PAD_S
) -> list[tuple[Piece, ...]]:
    """Fill windows of at most `window_s` seconds with `segments`, in order.

    Parameters
    ----------
    segments
        Speech with padding, sorted; pieces may touch. One longer than a window is cut at its end; the speech view keeps
        that from happening by cutting at quiet places first.
    window_s
        Longest window in seconds.
    speech
        The same speech without padding. With it, segments may be cut in their pauses, and padding shrinks, on all
        sides alike and to `least_pad_s` at least, if that takes fewer windows. No speech is ever left out.

    Examples
    --------
    >>> [len(window) for window in pack([Segment(0, 4), Segment(5, 9), Segment(20, 26)], window_s=10)]
    [2, 1]
    >>> padded, spoken = [Segment(0.7, 6.3), Segment(7.7, 13.3)], Timeline([(1, 6), (8, 13)])
    >>> len(pack(padded, window_s=11)), len(pack(padded, window_s=11, speech=spoken))
    (2, 1)
    """
    short: list[Segment] = []
    for segment in segments:
        short += _parts(segment, window_s)
    if speech is None:
        units = [_Unit(part.start, part.end, 0.0, 0.0) for part in short]
    else:
        units = _units(short, speech)
    if not units:
        return []
    pad = _padding(units, window_s, least_pad_s)
    return [_pieces(units[first:last], pad) for first, last in _cut(units, window_s, pad)]


def cut_at(segments: Iterable[Segment], moments: Sequence[float]) -> list[list[Segment]]:
    """Segments (seconds, in order) in groups that no moment lies in or between; one that holds a moment is cut there.

    >>> cut_at([Segment(0, 4), Segment(5, 9)], [4.5]), cut_at([Segment(0, 4)], [1.5])
    ([[Segment(start=0, end=4)], [Segment(start=5, end=9)]], [[Segment(start=0, end=1.5)], [Segment(start=1.5, end=4)]])
    """
    groups: list[list[Segment]] = [[]]
    waiting = deque(moments)
    for segment in segments:
        start = segment.start
        while waiting and waiting[0] < segment.end:
            moment = waiting.popleft()
            if moment > start:
                groups[-1].append(Segment(start, moment))
                start = moment
            groups.append([])
        groups[-1].append(Segment(start, segment.end))
    return [group for group in groups if group]


def _parts(segment: Segment, window_s: float) -> Iterable[Segment]:
    """The segment, cut where it is longer than a window of `window_s` seconds."""
    start = segment.start
    while segment.end - start > window_s + 1e-9:
        yield Segment(start, start + window_s)
        start += window_s
    yield Segment(start, segment.end)


def _units(segments: Sequence[Segment], speech: Timeline) -> list[_Unit]:
    """Speech inside padded segments; each unit may take along what the segment leaves, half of a pause at most."""
    units: list[_Unit] = []
    spoken = list(speech)
    at = 0
    for segment in segments:
        while at < len(spoken) and spoken[at].end <= segment.start:
            at += 1
        inside: list[Segment] = []
        for said in islice(spoken, at, None):
            shared = said & segment
            if shared is None:
                break
            inside.append(shared)
        units += _sharing(inside or [segment], segment)
    return units


def _sharing(inside: Sequence[Segment], segment: Segment) -> list[_Unit]:
    """The speech inside a padded segment; of the room between two stretches each may take half."""
    middles = [(one.end + two.start) / 2 for one, two in pairwise(inside)]
    earliest = [segment.start, *middles]
    latest = [*middles, segment.end]
    return [
        _Unit(said.start, said.end, said.start - begin, end - said.end)
        for said, begin, end in zip(inside, earliest, latest, strict=True)
    ]


def _length(units: Sequence[_Unit], pad: float) -> list[float]:
    """Seconds that each unit takes in a window."""
    return [unit.end - unit.start + min(pad, unit.before) + min(pad, unit.after) for unit in units]


def _padding(units: Sequence[_Unit], window_s: float, least: float) -> float:
    """The most padding, in seconds, with which the speech takes no more windows than with the least."""
    pad = max(max(unit.before, unit.after) for unit in units)
    wanted = _count(_length(units, min(pad, least)), window_s)
    while pad > least and _count(_length(units, pad), window_s) > wanted:
        pad = max(least, pad - PAD_STEP_S)
    return pad


def _count(lengths: Sequence[float], window_s: float) -> int:
    """Windows when each is filled as far as it goes: as few as there can be."""
    count, filled = 1, 0.0
    for length in lengths:
        if filled and filled + length > window_s + 1e-9:
            count, filled = count + 1, 0.0
        filled += length
    return count


def _cut(units: Sequence[_Unit], window_s: float, pad: float) -> list[tuple[int, int]]:
    """Ranges of units for windows of `window_s` seconds, as few as there can be; of those the ones with long pauses
    between them and even lengths."""
    lengths = _length(units, pad)
    costs: list[tuple[int, float]] = [(0, 0.0)]
    cuts = [0]
    for last in range(1, len(units) + 1):
        best, place = (len(units) + 1, 0.0), last - 1
        filled = 0.0
        for first in range(last - 1, -1, -1):
            filled += lengths[first]
            too_long = filled > window_s + 1e-9
            if too_long and first < last - 1:
                break
            windows, before = costs[first]
            cost = before + ((filled / window_s) ** 2 + _haste(units, first))
            if (windows + 1, cost) < best:
                best, place = (windows + 1, cost), first
        costs.append(best)
        cuts.append(place)
    ranges = []
    last = len(units)
    while last:
        ranges.append((cuts[last], last))
        last = cuts[last]
    return ranges[::-1]


def _haste(units: Sequence[_Unit], first: int) -> float:
    """What a cut before this unit costs: 0 in a long pause, 1 where there is none."""
    if not first:
        return 0.0
    pause = units[first].start - units[first - 1].end
    return max(0.0, 1 - pause / GOOD_PAUSE_S)


def _pieces(units: Sequence[_Unit], pad: float) -> tuple[Piece, ...]:
    """One window: units with their padding; where the padding of two meets they are one piece."""
    spans: list[list[float]] = []
    for unit in units:
        start, end = unit.padded(pad)
        if spans and start - spans[-1][1] < _TOUCH_S:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    pieces, filled = [], 0.0
    for start, end in spans:
        pieces.append(Piece(start, end, filled))
        filled += end - start
    return tuple(pieces)


def to_call_time(words: Iterable[Word], pieces: Sequence[Piece]) -> list[Word]:
    """Move words from window time to call time.

    A word belongs to the piece that holds its midpoint and is kept inside that piece, so it never stretches over the
    silence between two pieces. Words past the last piece belong to it.

    Examples
    --------
    >>> pieces = (Piece(10.0, 12.0, 0.0), Piece(20.0, 21.0, 2.0))
    >>> [(word.start, word.end) for word in to_call_time([Word("好", 1.8, 2.1), Word("的", 2.2, 2.5)], pieces)]
    [(11.8, 12.0), (20.2, 20.5)]
    """
    moved = []
    at = 0
    for word in words:
        middle = (word.start + word.end) / 2
        while at + 1 < len(pieces) and middle >= pieces[at + 1].window_start:
            at += 1
        while at > 0 and middle < pieces[at].window_start:
            at -= 1
        piece = pieces[at]
        shift = piece.call_start - piece.window_start
        start = min(max(word.start + shift, piece.call_start), piece.call_end)
        end = min(max(word.end + shift, start), piece.call_end)
        moved.append(Word(word.text, start, max(start, end), word.probability))
    return moved


def on_speech(words: Iterable[Word], speech: Timeline) -> list[Word]:
    """Words without the padding and the pauses that a recogniser counts to them, in call time.

    A word that reaches over a pause is said where most of it lies; one that touches no speech is left as it is.

    Parameters
    ----------
    words
        In order.
    speech
        When the voice speaks, without padding, in seconds of the call.

    Examples
    --------
    >>> spoken = Timeline([(1.0, 2.0), (3.0, 4.0)])
    >>> [(word.start, word.end) for word in on_speech([Word("您", 0.6, 1.2), Word("好", 1.9, 3.6), Word("喂", 5, 6)], spoken)]
    [(1.0, 1.2), (3.0, 3.6), (5, 6)]
    """
    stretches = list(speech)
    starts = [stretch.start for stretch in stretches]
    settled = []
    for word in words:
        first = max(0, bisect_right(starts, word.start) - 1)
        last = bisect_right(starts, word.end)
        best: Segment | None = None
        for stretch in stretches[first:last]:
            shared = stretch & Segment(word.start, word.end) if word.end > word.start else None
            if shared is not None and (best is None or shared.duration > best.duration):
                best = shared
        if best is None:
            settled.append(word)
        else:
            settled.append(Word(word.text, best.start, best.end, word.probability))
    return settled
