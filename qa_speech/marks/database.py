"""Marks in a database: SQLite inside the run, or PostgreSQL by URL. The same tables, the same code.

SQLite works in WAL mode with a generous time-out, so that several people write at once, each in turn (`_begin`); on a network
file system its locks do not hold, so it is refused there by name. The schema is made with a new database and upgraded on
command only (`upgrade`); a database of a newer version is refused.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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
    create_engine,
    event,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from qa_speech.errors import ConfigError
from qa_speech.marks.model import DECIDED, Mark, Seconds
from qa_speech.marks.rules import admitted

FILE_NAME = "marks.sqlite"
NETWORK_FILE_SYSTEMS = frozenset(
    (
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "afs", "beegfs", "ceph", "davfs", "gfs2", "glusterfs", "gpfs",
        "lustre", "ocfs2", "vboxsf", "fuse.ceph", "fuse.cephfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
        "fuse.sshfs", "fuse.vmhgfs-fuse",
    )
)  # fmt: skip
"""Where locks do not hold between machines."""
WAIT_S = 30
"""How long a writer waits for the others."""
ASK_MS = 5
"""How long SQLite is left to wait by itself for the lock of the writers: within so little it asks every 2 ms."""
REST_S = 0.005
"""How long a writer of SQLite leaves the lock alone after his turn: whoever waits asks more often than that."""
LOCK = 716000
"""Number of the lock by which writers of a PostgreSQL database wait for each other."""
HEAD = "0001"
"""The newest migration this version knows."""
PATIENT = f"PRAGMA busy_timeout = {WAIT_S * 1000}"
BRIEF = f"PRAGMA busy_timeout = {ASK_MS}"

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
    engine = _engine(place, create)
    name = _shown(place)
    try:
        _require_schema(engine, name, create)
    except BaseException:
        engine.dispose()
        raise
    return DatabaseMarks(engine, name)


def marks_file(run: str | Path) -> Path:
    """Where the marks of a run are kept unless another place is named."""
    return Path(run) / FILE_NAME


def _shown(place: str | Path) -> str:
    """The place as messages name it: without the password of a URL."""
    text = str(place)
    if "://" not in text:
        return text
    try:
        return make_url(text).render_as_string(hide_password=True)
    except ArgumentError:
        return text.partition("://")[0] + "://…"


def _engine(place: str | Path, create: bool) -> Engine:
    text = str(place)
    if "://" not in text:
        text = f"sqlite:///{text}"
    try:
        url = make_url(text)
        engine = create_engine(url, pool_pre_ping=True)
    except (ArgumentError, SQLAlchemyError, ModuleNotFoundError) as exc:
        problem = f"cannot be opened as a database: {type(exc).__name__}; expected a path, or a URL like"
        raise ConfigError(_shown(place), [f"{problem} postgresql+psycopg://user@host/name"]) from exc
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not create and not path.is_file():
            raise ConfigError(_shown(place), ["no marks here yet"])
        _refuse_network(path)
        event.listen(engine, "connect", _as_wal)
    return engine


def _as_wal(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute(PATIENT)
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _refuse_network(path: Path) -> None:
    kind = file_system(path)
    if kind in NETWORK_FILE_SYSTEMS:
        problem = f"lies on a network file system ({kind}), where SQLite loses marks; name a PostgreSQL database: --marks-db URL"
        raise ConfigError(str(path), [problem])


MOUNT_ESCAPE = re.compile(r"\\([0-7]{3})")
"""A blank or backslash in a name of /proc/mounts."""


def file_system(path: Path, mounts: str = "/proc/mounts") -> str:
    """Kind of the file system that holds a path, e.g. ``ext4`` or ``nfs4``; "" where the system does not say."""
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    wanted = os.path.realpath(path)
    best, kind = -1, ""
    for line in lines:
        parts = line.split()
        if len(parts) < 3:
            continue
        mount = MOUNT_ESCAPE.sub(lambda found: chr(int(found[1], 8)), parts[1])
        inside = wanted == mount or wanted.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= best:
            best, kind = len(mount), parts[2]
    return kind


def upgrade(place: str | Path) -> str:
    """Bring a database to the schema of this version; returns the version it has then.

    Raises
    ------
    ConfigError
        It is of a newer version, or cannot be opened.
    """
    from alembic import command
    from alembic.config import Config

    engine = _engine(place, create=False)
    name = _shown(place)
    try:
        _refuse_newer(_version(engine, name), name)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with _told(name), _writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        return _version(engine, name) or HEAD
    finally:
        engine.dispose()


def _require_schema(engine: Engine, place: str, create: bool) -> None:
    version = _version(engine, place)
    _refuse_newer(version, place)
    if version == HEAD:
        return
    if version is None and create:
        _make(engine, place)
        return
    raise ConfigError(
        place, [f"marks of schema {version or 'none'}, this version wants {HEAD}: qa-speech review upgrade {place}"]
    )


def _refuse_newer(version: str | None, place: str) -> None:
    if version is not None and version > HEAD:
        raise ConfigError(
            place, [f"marks of schema {version} were written by a newer qa_speech; this one reads up to {HEAD}"]
        )


def _version(engine: Engine, place: str) -> str | None:
    """The schema version of a database; None where there is none yet."""
    with _told(place), engine.connect() as connection:
        if not engine.dialect.has_table(connection, "marks_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM marks_version").scalar()
        return None if found is None else str(found)


def _make(engine: Engine, place: str) -> None:
    """The newest schema in an empty database, by the same migrations; two who begin at once make it once."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with _told(place), _writing(engine) as connection:
        if not engine.dialect.has_table(connection, "marks_version"):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer is in: what it reads is what is kept when it ends."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            _begin(connection)
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        yield connection
        connection.commit()
    if sqlite:
        time.sleep(REST_S)


def _begin(connection: Connection) -> None:
    """Take the lock of SQLite's writers, within `WAIT_S`.

    Left alone, SQLite asks for it every tenth of a second only. Where another writer goes on without a pause and the disk is
    slow, the lock is free for a thousandth of that, and one who waits is told after all his time that the database is locked.
    So it is asked for often, and whoever has had it rests for a moment (`REST_S`).
    """
    until = time.monotonic() + WAIT_S
    connection.exec_driver_sql(BRIEF)
    try:
        while not _has_begun(connection):
            if time.monotonic() > until:
                raise TimeoutError(f"other writers have held it for {WAIT_S} s")
    finally:
        connection.exec_driver_sql(PATIENT)


def _has_begun(connection: Connection) -> bool:
    """Ask for the lock once; False where another writer has it."""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as exc:
        if getattr(exc.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            return False
        raise
    return True


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Errors of the database as ours, without the values of a statement."""
    try:
        yield
    except (SQLAlchemyError, TimeoutError) as exc:
        cause = getattr(exc, "orig", None) or exc
        raise ConfigError(place, [f"the marks database does not answer: {type(cause).__name__}: {cause}"]) from exc


class DatabaseMarks:
    """A `base.MarkStore` over SQLAlchemy."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place

    def add(self, marks: Iterable[Mark]) -> int:
        """See `base.MarkStore.add`; one transaction."""
        given = list(marks)
        with _told(self._place), _writing(self._engine) as connection:
            new = admitted(given, _read(connection, sorted({mark.call for mark in given})))
            if new:
                connection.execute(MARKS.insert(), [_row(mark) for mark in new])
        return len(new)

    def marks(self, calls: Sequence[str] | None = None) -> list[Mark]:
        """See `base.MarkStore.marks`."""
        with _told(self._place), self._engine.connect() as connection:
            return _read(connection, calls)

    def inspected(self) -> frozenset[str]:
        """See `base.MarkStore.inspected`."""
        wanted = select(MARKS.c.call).where(MARKS.c.stage.in_(DECIDED)).distinct()
        with _told(self._place), self._engine.connect() as connection:
            return frozenset(row[0] for row in connection.execute(wanted))

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()


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
