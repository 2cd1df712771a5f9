"""Speech that was found in a recording, asked by time: how much of a stretch it fills, how far away it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf

from qa_speech.timeline import Segment, Timeline


class FoundSpeech:
    """The speech of one role; every question takes time logarithmic in its length.

    >>> speech = FoundSpeech(Timeline([(1, 2), (5, 6)]))
    >>> speech.shared_s(1.5, 5.5), speech.distance_s(3.0), speech.within(1.5, 5.5)
    (1.0, 1.0, [Segment(start=1.5, end=2), Segment(start=5, end=5.5)])
    """

    def __init__(self, timeline: Timeline) -> None:
        self._segments = list(timeline)
        self._starts = [segment.start for segment in self._segments]

    def within(self, start: float, end: float) -> list[Segment]:
        """The pieces of speech in a stretch of seconds."""
        found = []
        place = max(0, bisect_right(self._starts, start) - 1)
        while place < len(self._segments) and self._segments[place].start < end:
            first = max(start, self._segments[place].start)
            last = min(end, self._segments[place].end)
            if first < last:
                found.append(Segment(first, last))
            place += 1
        return found

    def shared_s(self, start: float, end: float) -> float:
        """Seconds of speech in a stretch."""
        return sum([piece.duration for piece in self.within(start, end)])

    def fit(self, start: float, end: float) -> float:
        """How well a stretch is one that was spoken, 0–1: the speech in it over all from where that begins to where it ends.

            speech    |--------------|        |--|
            stretch        |--|               |--|
            fit            0.2                 1

        >>> speech = FoundSpeech(Timeline([(0, 5), (7, 8)]))
        >>> speech.fit(2, 3), speech.fit(7, 8), speech.fit(5.5, 6)
        (0.2, 1.0, 0.0)
        """
        pieces = self.within(start, end)
        if not pieces:
            return 0.0
        first = bisect_right(self._starts, pieces[0].start) - 1
        last = first + len(pieces) - 1
        whole = max(end, self._segments[last].end) - min(start, self._segments[first].start)
        return sum([piece.duration for piece in pieces]) / whole

    def distance_s(self, moment: float) -> float:
        """Seconds from a moment to the nearest speech; 0 inside, infinite where there is none."""
        place = bisect_right(self._starts, moment)
        distance = inf
        if place:
            distance = max(0.0, moment - self._segments[place - 1].end)
        if place < len(self._segments):
            distance = min(distance, self._starts[place] - moment)
        return distance


def at_pace(speech: Sequence[Segment], parts: int) -> list[tuple[float, float]]:
    """Start and end (s) of so many equal parts of speech, each inside the speech at its start.

    >>> at_pace([Segment(0, 1), Segment(9, 10)], 4)
    [(0.0, 0.5), (0.5, 1.0), (9.0, 9.5), (9.5, 10.0)]
    """
    whole = sum([segment.duration for segment in speech])
    step = whole / max(1, parts)
    found = []
    place, before = 0, 0.0
    for number in range(parts):
        spoken = number * step
        while place + 1 < len(speech) and spoken >= before + speech[place].duration - 1e-9:
            before += speech[place].duration
            place += 1
        start = min(speech[place].start + max(0.0, spoken - before), speech[place].end)
        found.append((float(start), float(start + step)))
    return found
