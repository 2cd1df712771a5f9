"""Stretches of time: `Segment` and `Timeline`, in seconds, half-open.

Keep one timeline per role and intersect two to get overlap: a timeline is a set of instants, so a single one
that holds both speakers has already forgotten who overlapped whom.

    agent            |-----|     |-----|
    customer             |----|
    agent & customer     |-|
    agent | customer |--------|  |-----|
    (…).gaps()                |--|
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import inf
from operator import attrgetter

import msgspec


class Segment(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """A half-open stretch of time ``[start, end)`` in seconds.

    Raises
    ------
    ValueError
        Unless ``0 <= start < end < inf`` (NaN is refused too).

    Examples
    --------
    >>> Segment(0, 2) & Segment(1, 5)
    Segment(start=1, end=2)
    >>> Segment(0, 2) & Segment(2, 5) is None
    True
    """

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end < inf:
            raise ValueError(f"need 0 <= start < end, got start={self.start}, end={self.end}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    def __and__(self, other: Segment) -> Segment | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Segment(start, end) if start < end else None

    def __contains__(self, instant: float) -> bool:
        return self.start <= instant < self.end


_START = attrgetter("start")
_END = attrgetter("end")


class Timeline:
    """Sorted, disjoint segments; touching and overlapping ones are merged. Immutable.

        input      |---|   |-----|
                     |---|          |--|
        Timeline   |-----| |-----|  |--|
        gaps             |-|     |--|

    Examples
    --------
    >>> Timeline([(0, 2), (1, 3), (5, 6)])
    Timeline([(0, 3), (5, 6)])
    >>> Timeline([(0, 3)]) & Timeline([(2, 4)])
    Timeline([(2, 3)])
    """

    __slots__ = ("_segments",)

    def __init__(self, segments: Iterable[Segment | tuple[float, float]] = ()) -> None:
        given = sorted(span if isinstance(span, Segment) else Segment(*span) for span in segments)
        merged: list[Segment] = []
        for segment in given:
            if not merged or segment.start > merged[-1].end:
                merged.append(segment)
            elif segment.end > merged[-1].end:
                merged[-1] = Segment(merged[-1].start, segment.end)
        self._segments = tuple(merged)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._segments)

    def __len__(self) -> int:
        return len(self._segments)

    def __getitem__(self, index: int) -> Segment:
        return self._segments[index]

    def __eq__(self, other: object) -> bool:
        return self._segments == other._segments if isinstance(other, Timeline) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._segments)

    def __repr__(self) -> str:
        spans = [f"({segment.start:g}, {segment.end:g})" for segment in self._segments]
        return f"Timeline([{', '.join(spans)}])"

    def __or__(self, other: Timeline) -> Timeline:
        return Timeline((*self._segments, *other._segments))

    def __and__(self, other: Timeline) -> Timeline:
        """What both hold: a linear sweep over the two."""
        found, mine, theirs = [], 0, 0
        while mine < len(self._segments) and theirs < len(other._segments):
            one, two = self._segments[mine], other._segments[theirs]
            shared = one & two
            if shared is not None:
                found.append(shared)
            if one.end <= two.end:
                mine += 1
            else:
                theirs += 1
        return Timeline(found)

    def __sub__(self, other: Timeline) -> Timeline:
        """What this holds and `other` does not."""
        extent = self.extent
        if extent is None:
            return self
        return self & other.gaps(extent)

    @property
    def duration(self) -> float:
        """Seconds covered."""
        return sum(segment.duration for segment in self._segments)

    @property
    def extent(self) -> Segment | None:
        """From the first start to the last end; None when empty."""
        if not self._segments:
            return None
        return Segment(self._segments[0].start, self._segments[-1].end)

    def gaps(self, within: Segment | None = None) -> Timeline:
        """What is not covered, inside the extent or inside `within`.

        >>> Timeline([(1, 2), (4, 5)]).gaps()
        Timeline([(2, 4)])
        >>> Timeline([(1, 2)]).gaps(Segment(0, 3))
        Timeline([(0, 1), (2, 3)])
        """
        if within is None:
            return Timeline((a.end, b.start) for a, b in pairwise(self._segments))
        found: list[tuple[float, float]] = []
        free_from = within.start
        for segment in self.crop(within):
            if free_from < segment.start:
                found.append((free_from, segment.start))
            free_from = segment.end
        if free_from < within.end:
            found.append((free_from, within.end))
        return Timeline(found)

    def crop(self, within: Segment) -> Timeline:
        """The part inside `within`; a search by bisection, so cropping to many places stays cheap."""
        first = bisect_right(self._segments, within.start, key=_END)
        last = bisect_left(self._segments, within.end, key=_START)
        shared = [segment & within for segment in self._segments[first:last]]
        return Timeline(part for part in shared if part is not None)

    def bridged(self, longest_s: float) -> Timeline:
        """Close gaps shorter than `longest_s` seconds."""
        merged: list[tuple[float, float]] = []
        for segment in self._segments:
            if merged and segment.start - merged[-1][1] < longest_s:
                merged[-1] = (merged[-1][0], segment.end)
            else:
                merged.append((segment.start, segment.end))
        return Timeline(merged)

    def without_short(self, shortest_s: float) -> Timeline:
        """Drop segments shorter than `shortest_s` seconds."""
        return Timeline(segment for segment in self._segments if segment.duration >= shortest_s)

    def covers(self, instant: float) -> bool:
        """Whether `instant` (seconds) lies inside a segment."""
        index = bisect_right(self._segments, instant, key=_START) - 1
        return index >= 0 and instant < self._segments[index].end


NOWHERE = Timeline()
"""No stretch of time."""
