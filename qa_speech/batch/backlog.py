"""The windows that wait for a recogniser, of all calls in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from qa_speech.batch.messages import PackedWindow
from qa_speech.batch.process import Flight, PendingWindow


class Backlog:
    """In the order they came, but for those of suspect calls, which go first and by themselves."""

    def __init__(self) -> None:
        self._waiting: deque[PendingWindow] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, flight: Flight, windows: Iterable[PackedWindow]) -> None:
        """The next windows of a call."""
        for window in windows:
            self._waiting.append(PendingWindow(flight, len(flight.answers), window))
            flight.answers.append(None)

    def drop(self, flight: Flight) -> None:
        """Nobody waits for the words of this call any more."""
        self._waiting = deque(pending for pending in self._waiting if pending.flight is not flight)

    def put_first(self, flight: Flight, given_back: Sequence[PendingWindow]) -> None:
        """The windows of a call before all others: those of a batch that failed, then those that have waited."""
        mine = []
        for pending in (*given_back, *self._waiting):
            if pending.flight is flight:
                mine.append(pending)
        self.drop(flight)
        self._waiting.extendleft(reversed(mine))

    def take(self, size: int) -> list[PendingWindow]:
        """A batch: the window that has waited longest and those most like it in length, of calls that are not suspect;
        or windows of one suspect call."""
        oldest = self._waiting[0]
        if oldest.flight.alone:
            batch = [pending for pending in self._waiting if pending.flight is oldest.flight][:size]
        else:
            batch = self._most_like(oldest)[:size]
        taken = set(batch)
        self._waiting = deque(pending for pending in self._waiting if pending not in taken)
        return batch

    def _most_like(self, oldest: PendingWindow) -> list[PendingWindow]:
        wanted_s = oldest.window.duration_s

        def difference_s(pending: PendingWindow) -> float:
            return abs(pending.window.duration_s - wanted_s)

        others = []
        for pending in self._waiting:
            if pending is not oldest and not pending.flight.alone:
                others.append(pending)
        others.sort(key=difference_s)
        return [oldest, *others]
