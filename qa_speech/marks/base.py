"""Where marks are kept: a small protocol; `database` is the one behind it, `fake` has one in memory for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from qa_speech.marks.model import Mark


class MarkStore(Protocol):
    """Marks, append-only: there is no way to change or remove one."""

    def add(self, marks: Iterable[Mark]) -> int:
        """Keep marks, all or none; those that a person has already made in the same words are not kept twice. How many are new.

        Raises
        ------
        ConfigError
            A mark may not be made (`model.checked`, `rules.admitted`); then none is kept.
        """

    def marks(self, calls: Sequence[str] | None = None) -> list[Mark]:
        """All marks, or those of some calls, in the order in which they were made."""

    def inspected(self) -> frozenset[str]:
        """Ids of calls that have a mark which counts (calibration does not, nor does an appeal alone)."""

    def close(self) -> None:
        """Let the database go."""
