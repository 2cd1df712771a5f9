"""The marks of a run in one go: from the database inside it, or from another place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.model import Mark


def read_marks(run: str | Path, place: str | None = None, calls: Sequence[str] | None = None) -> list[Mark]:
    """All marks of a run, or those of some calls, in the order in which they were made.

    Parameters
    ----------
    place
        Path or URL of the database; None = the one inside the run.

    Raises
    ------
    ConfigError
        There is none, or it cannot be read.
    """
    store = open_marks(place or marks_file(run), create=False)
    try:
        return store.marks(calls)
    finally:
        store.close()


def has_marks(run: str | Path, place: str | None = None) -> bool:
    """Whether there is a database to read: one that was named, or one inside the run."""
    return place is not None or marks_file(run).is_file()
