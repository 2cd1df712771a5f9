"""How a database is reached: SQLite as a file, or PostgreSQL by URL; its schema, and the turns of its writers.

SQLite works in WAL mode with a generous time-out, so that several people write at once, each in turn (`_begin`); on a network
file system its locks do not hold, so it is refused there by name. A schema is made with a new database and upgraded on command
only (`upgrade_schema`); a database of a newer version is refused.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from qa_speech.errors import ConfigError, problem

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
REST_S, REST_EVERY_S = 0.005, 0.1
"""How long the writers of a process leave the lock of SQLite alone, and how often: whoever waits asks more often than that."""
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 716000
"""Number of the lock by which writers of a PostgreSQL database wait for each other."""
PATIENT = f"PRAGMA busy_timeout = {WAIT_S * 1000}"
BRIEF = f"PRAGMA busy_timeout = {ASK_MS}"


class Schema(NamedTuple):
    """Tables that have versions of their own: the table that holds the version, the folder of the migrations, the newest of
    them, and the command that upgrades an older one."""

    version_table: str
    versions: Path
    head: str
    command: str


def shown(place: str | Path) -> str:
    """The place as messages name it: without the password of a URL."""
    text = str(place)
    if "://" not in text:
        return text
    try:
        return make_url(text).render_as_string(hide_password=True)
    except ArgumentError:
        return text.partition("://")[0] + "://…"


def open_engine(place: str | Path, *, create: bool) -> Engine:
    """The engine for a path or URL; nothing is made or read yet.

    Raises
    ------
    ConfigError
        It cannot be opened: no such driver, not there, on a network file system.
    """
    text = str(place)
    if "://" not in text:
        text = f"sqlite:///{text}"
    try:
        url = make_url(text)
        engine = create_engine(url, pool_pre_ping=True)
    except (ArgumentError, SQLAlchemyError, ModuleNotFoundError) as exc:
        what = problem(
            "cannot be opened as a database: {kind}; expected a path, or a URL like postgresql+psycopg://user@host/name",
            kind=type(exc).__name__,
        )
        raise ConfigError(shown(place), [what]) from exc
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not create and not path.is_file():
            raise ConfigError(shown(place), [problem("no marks here yet")])
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
        what = problem(
            "lies on a network file system ({kind}), where SQLite loses marks; name a PostgreSQL "
            "database: --marks-db URL",
            kind=kind,
        )
        raise ConfigError(str(path), [what])


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


def require_schema(engine: Engine, place: str, schema: Schema, *, create: bool) -> None:
    """Make the schema where there is none and `create` says so.

    Raises
    ------
    ConfigError
        There is none, or it is an older or a newer one.
    """
    version = _version(engine, place, schema)
    _refuse_newer(version, place, schema)
    if version == schema.head:
        return
    if version is None and create:
        _make(engine, place, schema)
        return
    raise ConfigError(
        place,
        [
            problem(
                "is of schema {version}, this version wants {head}: {command} {place}",
                version=version or "none",
                head=schema.head,
                command=schema.command,
                place=place,
            )
        ],
    )


def upgrade_schema(place: str | Path, schema: Schema) -> str:
    """Bring a database to the schema of this version; returns the version it has then.

    Raises
    ------
    ConfigError
        It is of a newer version, or cannot be opened.
    """
    engine = open_engine(place, create=False)
    name = shown(place)
    try:
        _refuse_newer(_version(engine, name, schema), name, schema)
        with told(name), writing(engine) as connection:
            _migrate(connection, schema)
        return _version(engine, name, schema) or schema.head
    finally:
        engine.dispose()


def _refuse_newer(version: str | None, place: str, schema: Schema) -> None:
    if version is not None and version > schema.head:
        newer = problem(
            "schema {version} was written by a newer qa_speech; this one reads up to {head}",
            version=version,
            head=schema.head,
        )
        raise ConfigError(place, [newer])


def _version(engine: Engine, place: str, schema: Schema) -> str | None:
    """The schema version of a database; None where there is none yet."""
    with told(place), engine.connect() as connection:
        if not engine.dialect.has_table(connection, schema.version_table):
            return None
        found = connection.exec_driver_sql(f"SELECT version_num FROM {schema.version_table}").scalar()
        return None if found is None else str(found)


def _make(engine: Engine, place: str, schema: Schema) -> None:
    """The newest schema in an empty database, by the same migrations; two who begin at once make it once."""
    with told(place), writing(engine) as connection:
        if not engine.dialect.has_table(connection, schema.version_table):
            _migrate(connection, schema)


def _migrate(connection: Connection, schema: Schema) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(schema.versions))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = schema.version_table
    command.upgrade(config, "head")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer is in: what it reads is what is kept when it ends."""
    sqlite = engine.dialect.name == "sqlite"
    with _turn_of(engine):
        with engine.connect() as connection:
            if sqlite:
                _begin(connection)
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            yield connection
            connection.commit()
        if sqlite:
            _rest(engine)


_TURNS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_RESTED: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()


def _turn_of(engine: Engine) -> threading.Lock:
    """The lock by which the threads of this process take turns: one that waits for it holds no connection meanwhile."""
    return _TURNS.setdefault(engine, threading.Lock())


def _rest(engine: Engine) -> None:
    """Leave the lock to other processes for a moment, unless that was done just now; called by whoever has the turn."""
    if time.monotonic() - _RESTED.get(engine, 0.0) > REST_EVERY_S:
        time.sleep(REST_S)
        _RESTED[engine] = time.monotonic()


def _begin(connection: Connection) -> None:
    """Take the lock of SQLite's writers, within `WAIT_S`.

    Left alone, SQLite asks for it every tenth of a second only. Where another writer goes on without a pause and the disk is
    slow, the lock is free for a thousandth of that, and one who waits is told after all his time that the database is locked.
    So it is asked for often, and whoever goes on writing rests now and then (`REST_S`).
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
def told(place: str) -> Iterator[None]:
    """Errors of the database as ours, without the values of a statement."""
    try:
        yield
    except (SQLAlchemyError, TimeoutError) as exc:
        cause = getattr(exc, "orig", None) or exc
        raise ConfigError(
            place,
            [problem("the marks database does not answer: {kind}: {reason}", kind=type(cause).__name__, reason=cause)],
        ) from exc
