"""Marks in a database: SQLite inside the run, or PostgreSQL by URL. The same tables, the same code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    select,
    update,
)

from qa_speech.marks.base import Check
from qa_speech.marks.connection import (
    MIGRATIONS,
    Schema,
    open_engine,
    require_schema,
    shown,
    told,
    upgrade_schema,
    writing,
)
from qa_speech.marks.model import DECIDED, Mark, Seconds
from qa_speech.marks.rules import admitted

FILE_NAME = "marks.sqlite"
HEAD = "0001"
"""The newest migration this version knows."""
SCHEMA = Schema("marks_version", MIGRATIONS / "versions", HEAD, "qa-speech review upgrade")

TABLES = MetaData()
MARKS = Table(
    "marks", TABLES,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("call", String(1000), nullable=False, index=True),
    Column("criterion", String(200), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("points", Float),
    Column("reason", Text, nullable=False, default=""),
    Column("evidence", Text, nullable=False, default="[]"),
    Column("person", String(200), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("at", String(32), nullable=False),
    Column("scorecard", String(200), nullable=False, default=""),
    Column("scorecard_version", Integer, nullable=False, default=0),
    Column("machine_outcome", String(20), nullable=False, default=""),
    Column("machine_points", Float),
    Column("blind", Boolean, nullable=False, default=False),
)  # fmt: skip


def open_marks(place: str | Path, *, create: bool = True) -> DatabaseMarks:
    """The marks kept at a path (SQLite) or URL (``postgresql+psycopg://user@host/name``).

    Raises
    ------
    ConfigError
        It cannot be opened: not there, on a network file system, of a newer version, or of an older one (then: `upgrade`).
    """
    engine = open_engine(place, create=create)
    name = shown(place)
    try:
        require_schema(engine, name, SCHEMA, create=create)
    except BaseException:
        engine.dispose()
        raise
    return DatabaseMarks(engine, name)


def marks_file(run: str | Path) -> Path:
    """Where the marks of a run are kept unless another place is named."""
    return Path(run) / FILE_NAME


def upgrade(place: str | Path) -> str:
    """Bring a database to the schema of this version; returns the version it has then.

    Raises
    ------
    ConfigError
        It is of a newer version, or cannot be opened.
    """
    return upgrade_schema(place, SCHEMA)


class DatabaseMarks:
    """A `base.MarkStore` over SQLAlchemy."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self._place = place

    def add(self, marks: Iterable[Mark], *, check: Check | None = None) -> int:
        """See `base.MarkStore.add`; one transaction."""
        given = list(marks)
        with told(self._place), writing(self.engine) as connection:
            known = _read(connection, sorted({mark.call for mark in given}))
            if check is not None:
                check(known)
            new = admitted(given, known)
            if new:
                connection.execute(MARKS.insert(), [_row(mark) for mark in new])
        return len(new)

    def marks(self, calls: Sequence[str] | None = None) -> list[Mark]:
        """See `base.MarkStore.marks`."""
        with told(self._place), self.engine.connect() as connection:
            return _read(connection, calls)

    def inspected(self) -> frozenset[str]:
        """See `base.MarkStore.inspected`."""
        wanted = select(MARKS.c.call).where(MARKS.c.stage.in_(DECIDED)).distinct()
        with told(self._place), self.engine.connect() as connection:
            return frozenset(row[0] for row in connection.execute(wanted))

    def forget(self, calls: Mapping[str, str]) -> int:
        """See `base.MarkStore.forget`; the file is written anew, so that no freed page keeps what was said."""
        count = 0
        sqlite = self.engine.dialect.name == "sqlite"
        with told(self._place), writing(self.engine) as connection:
            for call, mark in sorted(calls.items()):
                emptied = {"call": mark, "reason": "", "evidence": "[]"}
                count += connection.execute(update(MARKS).where(MARKS.c.call == call).values(**emptied)).rowcount
        with told(self._place), self.engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.exec_driver_sql("VACUUM")
            if sqlite:
                alone.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def close(self) -> None:
        """Let the connections go."""
        self.engine.dispose()


CALLS_AT_ONCE = 500


def _read(connection: Connection, calls: Sequence[str] | None) -> list[Mark]:
    if calls is None:
        return [_mark(row) for row in connection.execute(select(MARKS).order_by(MARKS.c.number)).mappings()]
    found: list[Any] = []
    for start in range(0, len(calls), CALLS_AT_ONCE):
        part = calls[start : start + CALLS_AT_ONCE]
        found += connection.execute(select(MARKS).where(MARKS.c.call.in_(part))).mappings()
    return [_mark(row) for row in sorted(found, key=lambda row: row["number"])]


def _row(mark: Mark) -> dict[str, Any]:
    row = msgspec.structs.asdict(mark)
    row["evidence"] = msgspec.json.encode(mark.evidence).decode()
    return row


def _mark(row: Any) -> Mark:
    values = {key: value for key, value in row.items() if key != "number"}
    values["evidence"] = msgspec.json.decode(row["evidence"], type=tuple[Seconds, ...])
    return Mark(**values)
