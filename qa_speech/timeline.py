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
from operator import attrgetter

import msgspec


class Segment(msgspec.Struct, frozen=True, order=True, array_like=True):
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
        if not 0 <= self.start < self.end < float("inf"):
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
        items = sorted(item if isinstance(item, Segment) else Segment(*item) for item in segments)
        merged: list[Segment] = []
        for item in items:
            if merged and item.start <= merged[-1].end:
                if item.end > merged[-1].end:
                    merged[-1] = Segment(merged[-1].start, item.end)
            else:
                merged.append(item)
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
        return f"Timeline([{', '.join(f'({item.start:g}, {item.end:g})' for item in self._segments)}])"

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
        return self & other.gaps(extent) if extent else self

    @property
    def duration(self) -> float:
        """Seconds covered."""
        return sum(item.duration for item in self._segments)

    @property
    def extent(self) -> Segment | None:
        """From the first start to the last end; None when empty."""
        return Segment(self._segments[0].start, self._segments[-1].end) if self._segments else None

    def gaps(self, within: Segment | None = None) -> Timeline:
        """What is not covered, inside the extent or inside `within`.

        >>> Timeline([(1, 2), (4, 5)]).gaps()
        Timeline([(2, 4)])
        >>> Timeline([(1, 2)]).gaps(Segment(0, 3))
        Timeline([(0, 1), (2, 3)])
        """
        if within is None:
            return Timeline((a.end, b.start) for a, b in pairwise(self._segments))
        inside = self.crop(within)
        edges = [within.start, *(edge for item in inside for edge in (item.start, item.end)), within.end]
        return Timeline((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)

    def crop(self, within: Segment) -> Timeline:
        """The part inside `within`; a search by bisection, so cropping to many places stays cheap."""
        first = bisect_right(self._segments, within.start, key=_END)
        last = bisect_left(self._segments, within.end, key=_START)
        return Timeline(shared for item in self._segments[first:last] if (shared := item & within))

    def bridged(self, longest_s: float) -> Timeline:
        """Close gaps shorter than `longest_s` seconds."""
        merged: list[tuple[float, float]] = []
        for item in self._segments:
            if merged and item.start - merged[-1][1] < longest_s:
                merged[-1] = (merged[-1][0], item.end)
            else:
                merged.append((item.start, item.end))
        return Timeline(merged)

    def without_short(self, shortest_s: float) -> Timeline:
        """Drop segments shorter than `shortest_s` seconds."""
        return Timeline(item for item in self._segments if item.duration >= shortest_s)

    def covers(self, instant: float) -> bool:
        """Whether `instant` lies inside a segment."""
        index = bisect_right(self._segments, instant, key=_START) - 1
        return index >= 0 and instant < self._segments[index].end
