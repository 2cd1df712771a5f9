"""Where marks are kept: a small protocol; `database` is the one behind it, `fake` has one in memory for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

from qa_speech.marks.model import Mark

Check: TypeAlias = Callable[[Sequence[Mark]], None]
"""Looks at all kept marks of the calls that are to be marked, and raises where they forbid it."""


class MarkStore(Protocol):
    """Marks, append-only: there is no way to change or remove one, but for forgetting the call it is about."""

    def add(self, marks: Iterable[Mark], *, check: Check | None = None) -> int:
        """Keep marks, all or none; those that a person has already made in the same words are not kept twice. How many are new.

        `check` sees what is kept of these calls while nobody else can write; what it raises is passed on, and none is kept.

        Raises
        ------
        ConfigError
            A mark may not be made (`model.checked`, `rules.admitted`); then none is kept.
        """

    def marks(self, calls: Sequence[str] | None = None) -> list[Mark]:
        """All marks, or those of some calls, in the order in which they were made."""

    def inspected(self) -> frozenset[str]:
        """Ids of calls that have a mark which counts (calibration does not, nor does an appeal alone)."""

    def forget(self, calls: Mapping[str, str]) -> int:
        """Of marks about these calls what may lead back to them goes, for good: the call becomes its mark in `calls`, reason
        and seconds are emptied. Stage, outcome, points and person stay, so that every count is what it was. How many marks.
        """

    def close(self) -> None:
        """Let the database go."""
