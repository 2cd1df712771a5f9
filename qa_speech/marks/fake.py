"""Marks in memory, held to the same tests as the database: `qa_speech.testing.FakeMarks`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from qa_speech.marks.base import Check
from qa_speech.marks.model import DECIDED, Mark
from qa_speech.marks.rules import admitted


class FakeMarks:
    """A `base.MarkStore` that forgets everything at the end of the process."""

    def __init__(self) -> None:
        self._kept: list[Mark] = []

    def add(self, marks: Iterable[Mark], *, check: Check | None = None) -> int:
        """See `base.MarkStore.add`."""
        given = list(marks)
        if check is not None:
            check(self.marks(sorted({mark.call for mark in given})))
        new = admitted(given, self._kept)
        self._kept += new
        return len(new)

    def marks(self, calls: Sequence[str] | None = None) -> list[Mark]:
        """See `base.MarkStore.marks`."""
        if calls is None:
            return list(self._kept)
        wanted = set(calls)
        return [mark for mark in self._kept if mark.call in wanted]

    def inspected(self) -> frozenset[str]:
        """See `base.MarkStore.inspected`."""
        return frozenset(mark.call for mark in self._kept if mark.stage in DECIDED)

    def forget(self, calls: Mapping[str, str]) -> int:
        """See `base.MarkStore.forget`."""
        kept = []
        count = 0
        for mark in self._kept:
            if mark.call in calls:
                mark = msgspec.structs.replace(mark, call=calls[mark.call], reason="", evidence=())
                count += 1
            kept.append(mark)
        self._kept = kept
        return count

    def close(self) -> None:
        """See `base.MarkStore.close`."""
