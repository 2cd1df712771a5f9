"""Which criteria of a card count without a person: asked of the marks of a run, once, and only if a card asks for trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa_speech.marks.agreement import trusted_criteria
from qa_speech.marks.model import Mark

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard


class TrustOfMarks:
    """A `scorecard.choice.Trusted` that reads the marks of a run, or those kept elsewhere, when the first card asks."""

    def __init__(self, run: str | Path, marks_db: str | None = None) -> None:
        self._run = run
        self._marks_db = marks_db
        self._marks: list[Mark] | None = None
        self._known: dict[str, frozenset[str]] = {}

    def __call__(self, card: Scorecard) -> frozenset[str]:
        """The trusted criteria of a card.

        Raises
        ------
        ConfigError
            The marks cannot be read.
        """
        if card.review.trust is None:
            return frozenset()
        if card.sha256 not in self._known:
            self._known[card.sha256] = trusted_criteria(self._read(), card)
        return self._known[card.sha256]

    def _read(self) -> list[Mark]:
        if self._marks is None:
            from qa_speech.marks.reading import has_marks, read_marks  # reads SQLAlchemy, which few cards need

            there = has_marks(self._run, self._marks_db)
            self._marks = read_marks(self._run, self._marks_db) if there else []
        return self._marks
