"""The tables of the review desk, in the same database as the marks: accounts, work, calibration rounds, notices, audit.

They have a version of their own: marks are read and written by all commands, these tables by the desk alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from qa_speech.marks.connection import MIGRATIONS, Schema, require_schema, shown, told, upgrade_schema, writing
from qa_speech.marks.database import DatabaseMarks, open_marks
from qa_speech.marks.database import upgrade as upgrade_marks

HEAD = "0001"
"""The newest migration this version knows."""
SCHEMA = Schema("desk_version", MIGRATIONS / "desk", HEAD, "qa-speech desk upgrade")

TABLES = MetaData()


def _table(name: str, *columns: Column[object]) -> Table:
    return Table(f"desk_{name}", TABLES, *columns)


def _texts(*names: str) -> list[Column[object]]:
    return [Column(name, String) for name in names]


def _number() -> Column[object]:
    return Column("number", Integer, primary_key=True)


ACCOUNTS = _table(
    "accounts", _number(), *_texts("name", "secret", "roles", "team", "agent", "lang", "made_at"),
    Column("unmasked", Boolean), Column("active", Boolean),
)  # fmt: skip
SESSIONS = _table("sessions", *_texts("token", "csrf", "made_at", "seen_at"), Column("account", Integer))
LINKS = _table("links", *_texts("token", "until"), Column("account", Integer))
ASSIGNMENTS = _table(
    "assignments", _number(), *_texts("call", "person", "stage", "due", "given_at", "given_by", "done_at"),
    Column("round", Integer),
)  # fmt: skip
DRAFTS = _table(
    "drafts",
    *_texts("call", "person", "stage", "criterion", "page", "at"),
    Column("body", Text),
    Column("version", Integer),
)
ROUNDS = _table(
    "rounds", _number(), *_texts("title", "expert", "made_by", "made_at", "ended_at"), Column("calls", Text),
    Column("people", Text),
)  # fmt: skip
FILTERS = _table("filters", _number(), *_texts("person", "name", "question"))
NOTICES = _table("notices", _number(), *_texts("person", "at", "kind", "call", "criterion", "other", "seen_at"))
AUDIT = _table("audit", _number(), *_texts("at", "person", "action", "call", "address"), Column("detail", Text))


class DeskBase:
    """The database of a desk: its marks by their own protocol, and connections for the tables beside them."""

    def __init__(self, engine: Engine, place: str, marks: DatabaseMarks) -> None:
        self._engine = engine
        self.place = place
        self.marks = marks

    @property
    def backend(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that changes nothing."""
        with told(self.place), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer is in."""
        with told(self.place), writing(self._engine) as connection:
            yield connection

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()


def open_desk_base(place: str | Path, *, create: bool = True) -> DeskBase:
    """The database at a path (SQLite) or URL (PostgreSQL); new tables are made, older ones are not touched.

    Raises
    ------
    ConfigError
        It cannot be opened, or is of another version (an older one: `upgrade`).

    Examples
    --------
    >>> base = open_desk_base("marks.sqlite")
    >>> base.backend, base.marks.marks()
    ('sqlite', [])
    >>> base.close()
    """
    marks = open_marks(place, create=create)
    name = shown(place)
    try:
        require_schema(marks.engine, name, SCHEMA, create=create)
    except BaseException:
        marks.close()
        raise
    return DeskBase(marks.engine, name, marks)


def upgrade(place: str | Path) -> str:
    """Bring marks and desk tables to the schema of this version; returns the version of the desk's.

    Raises
    ------
    ConfigError
        It is of a newer version, or cannot be opened.
    """
    upgrade_marks(place)
    return upgrade_schema(place, SCHEMA)


NAMING = (ASSIGNMENTS, NOTICES)
"""Tables whose rows stay when a call is forgotten, under the mark that stands for it."""


def forget_on_desk(marks: DatabaseMarks, calls: Mapping[str, str]) -> None:
    """Take calls out of the tables of a desk, given the mark that stands for each; drafts go.

    The audit stays as it is: who has seen or heard a call, and when, is kept after the call itself, and the database refuses
    to change it.
    """
    engine = marks.engine
    with told(str(engine.url.database)), engine.connect() as connection:
        if not engine.dialect.has_table(connection, DRAFTS.name):
            return
    with told(str(engine.url.database)), writing(engine) as connection:
        for call, mark in calls.items():
            connection.execute(delete(DRAFTS).where(DRAFTS.c.call == call))
            for table in NAMING:
                connection.execute(update(table).where(table.c.call == call).values(call=mark))
        for number, text in connection.execute(select(ROUNDS.c.number, ROUNDS.c.calls)).all():
            listed = msgspec.json.decode(text, type=list[str])
            left = [calls.get(call, call) for call in listed]
            if left != listed:
                values = {"calls": msgspec.json.encode(left).decode()}
                connection.execute(update(ROUNDS).where(ROUNDS.c.number == number).values(**values))
