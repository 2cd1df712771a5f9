"""People's marks as commands take them: where they are kept, and how they go into scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qa_speech.errors import problem

if TYPE_CHECKING:
    from qa_speech.marks.database import DatabaseMarks
    from qa_speech.marks.model import Mark
    from qa_speech.marks.tickets import Known

MarksDbOption = Annotated[
    str | None,
    typer.Option(
        "--marks-db",
        help="Where marks are kept: a file, or postgresql+psycopg://user@host/name; default: marks.sqlite in the run.",
        show_default=False,
    ),
]
MarksMode = Literal["machine", "human", "final"]
MarksOption = Annotated[
    MarksMode,
    typer.Option(
        "--marks",
        help="Whose outcomes count: machine, human (people's alone), final (people's, else the machine's).",
    ),
]


def opened(run: Path, marks_db: str | None, *, create: bool = False) -> DatabaseMarks:
    """The marks of a run, or those kept where `--marks-db` says."""
    from qa_speech.errors import ConfigError
    from qa_speech.marks.database import marks_file, open_marks

    if marks_db is not None:
        return open_marks(marks_db, create=create)
    if not run.is_dir():
        raise ConfigError(str(run), [problem("no folder that could hold marks; name the place: --marks-db PATH")])
    return open_marks(marks_file(run), create=create)


def all_marks(run: Path, marks_db: str | None) -> list[Mark]:
    """All marks of a run, in the order in which they were made; an error where there is no database yet."""
    store = opened(run, marks_db)
    try:
        return store.marks()
    finally:
        store.close()


def marks_there(run: Path, marks_db: str | None) -> dict[str, list[Mark]]:
    """All marks by call; none where nobody has marked anything yet, and then no database is made."""
    from qa_speech.marks.database import marks_file

    if marks_db is None and not marks_file(run).exists():
        return {}
    return _read(opened(run, marks_db, create=marks_db is not None))


def _read(store: DatabaseMarks) -> dict[str, list[Mark]]:
    from qa_speech.marks.scores import by_call

    try:
        return by_call(store)
    finally:
        store.close()


def marks_of(run: Path, marks_db: str | None, mode: MarksMode) -> dict[str, list[Mark]]:
    """All marks by call; none are read for mode machine."""
    if mode == "machine":
        return {}
    return _read(opened(run, marks_db))


def calls_at(run: Path) -> list[Known]:
    """The calls of a run or result folder, without what was said."""
    from qa_speech.marks.tickets import Known
    from qa_speech.store.folder import is_run
    from qa_speech.store.parquet import open_run
    from qa_speech.store.reports import read_calls

    if is_run(run):
        return [Known(row.id, row.path, row.metadata) for row in open_run(run).rows()]
    return [Known(call.id, call.recording.path, call.recording.metadata) for call in read_calls(run)]
