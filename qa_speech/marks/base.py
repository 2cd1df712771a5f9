"""Where marks are kept: a small protocol; `database` is the one behind it, `testing` has one in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from qa_speech.marks.model import Mark


class MarkStore(Protocol):
    """Marks, append-only."""

    def add(self, marks: Iterable[Mark]) -> int:
        """Keep marks, all or none; those that a person has already made in the same words are not kept twice. How many are new.

        Raises
        ------
        ConfigError
            A mark may not be made (`model.checked`).
        """

    def marks(self, calls: Sequence[str] | None = None) -> list[Mark]:
        """All marks, or those of some calls, in the order in which they were made."""

    def inspected(self) -> frozenset[str]:
        """Ids of calls that have a mark which counts (calibration does not)."""

    def close(self) -> None:
        """Let the database go."""
