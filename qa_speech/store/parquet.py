"""The result store of a run: append-only Parquet parts, written and read with DuckDB; any Parquet tool reads them.

    RUN/results/schema=1/PART.parquet    one flat row per outcome
    RUN/calls/schema=1/PART.parquet      the Calls as JSON, written before their results
    RUN/manifest.parquet                 rows of work with their metadata, joined on reading

The name of a part follows from the rows in it, and a part is there whole or not at all (temporary file, fsync,
rename), so work done twice is stored once. Of several outcomes of one id the newest wins. Several processes may write.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.call import Call, decode
from qa_speech.errors import ConfigError
from qa_speech.filenames import readable
from qa_speech.inputs.rows import Row
from qa_speech.store.records import FIXED, Entry

SCHEMA = 1
RESULTS, CALLS = Path("results") / f"schema={SCHEMA}", Path("calls") / f"schema={SCHEMA}"
MANIFEST = Path("manifest.parquet")
SPILL = Path(".tmp")
"""Where DuckDB puts what does not fit into memory; it removes it itself unless it is killed."""
CALL_COLUMNS = {"id": "VARCHAR", "call_sha256": "VARCHAR", "written_at": "TIMESTAMP", "call": "VARCHAR"}
ROW_COLUMNS = {
    "position": "BIGINT", "id": "VARCHAR", "path": "VARCHAR", "bytes": "BIGINT", "mtime_ns": "BIGINT",
    "agent_channel": "INTEGER", "transcript": "VARCHAR", "scorecard": "VARCHAR", "raw": "VARCHAR",
}  # fmt: skip
META = "metadata."
"""Prefix of the metadata columns of the manifest file."""
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "1GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
BATCH = 256
CALLS_PER_GROUP, ROWS_PER_GROUP = 2048, 20_480


class Known(msgspec.Struct, frozen=True, array_like=True):
    """What the runner needs to know of a stored outcome."""

    id: str
    status: str
    error: str | None
    bytes: int | None
    input_key: str | None
    share_key: str | None
    score_key: str | None
    audio_sha256: str | None
    call_sha256: str | None


def is_run(path: str | Path) -> bool:
    """Whether a folder is the run of `qa-speech batch run`."""
    return any((Path(path) / name).exists() for name in ("run.json", MANIFEST, "results"))


def storable(run: Path) -> Path:
    """The folder of a run, if Parquet files can be written there.

    Raises
    ------
    ConfigError
        Its name holds bytes that are not UTF-8, which the engine cannot open.
    """
    if readable(os.path.abspath(run)) != os.path.abspath(run):
        raise ConfigError(str(run), ["the folder of a batch run needs a name in UTF-8; choose another with --out"])
    return run


def require_run(path: str | Path) -> Path:
    """The path, if it is a run this version can read.

    Raises
    ------
    ConfigError
        It is none, or was written by a newer version.
    """
    run = storable(Path(path))
    if not is_run(run):
        raise ConfigError(
            str(run), ["not the folder of a batch run; expected one made by: qa-speech batch run … --out"]
        )
    for name in sorted(item.name for item in (run / "results").glob("schema=*")):
        if name.removeprefix("schema=").isdigit() and int(name.removeprefix("schema=")) > SCHEMA:
            raise ConfigError(str(run), [f"{name} was written by a newer qa_speech; this one reads up to {SCHEMA}"])
    return run


# -- writing ----------------------------------------------------------------------------------------------------


def write_part(run: Path, entries: Sequence[Entry], *, position: int = 0, now: dt.datetime | None = None) -> str:
    """Store outcomes as one part: first the calls, then the results that make them count. Returns its name.

    Raises
    ------
    OSError
        The disk is full or cannot be written; nothing of the part is there then.
    """
    stamp = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None).isoformat(timespec="microseconds")
    name = part_name(entries, position)
    calls = [
        {"id": item.id, "call_sha256": item.row["call_sha256"], "written_at": stamp, "call": item.call}
        for item in entries
        if item.call
    ]
    rows = [{**item.row, "written_at": stamp} for item in entries]
    if calls:
        write_parquet(run / CALLS / name, calls, CALL_COLUMNS, per_group=CALLS_PER_GROUP)
    write_parquet(run / RESULTS / name, rows, columns_of(rows), per_group=ROWS_PER_GROUP)
    return name


def part_name(entries: Sequence[Entry], position: int) -> str:
    """The same for the same rows and options, whenever and wherever they are done."""
    keys = ("id", "input_key", "score_key")
    text = "\n".join(sorted("\t".join(str(item.row.get(key, "")) for key in keys) for item in entries))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{position:08d}-{len(entries)}-{digest}.parquet"


def columns_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The fixed columns and one DOUBLE for each further key."""
    columns = dict(FIXED)
    for row in rows:
        for key in row:
            columns.setdefault(key, "DOUBLE")
    return columns


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, per_group: int) -> None:
    """Rows as one Parquet file, whole or not at all. They pass through a JSON file beside it, which DuckDB reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder(enc_hook=_plain)
    handle, lines = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".jsonl")
    try:
        longest = 1
        with os.fdopen(handle, "wb") as file:
            for row in rows:
                line = encoder.encode(row)
                longest = max(longest, len(line))
                file.write(line + b"\n")
        spec = ", ".join(f"{_quoted(name, chr(39))}: '{kind}'" for name, kind in columns.items())
        source = (
            f"read_json({_quoted(lines, chr(39))}, format='newline_delimited', columns={{{spec}}}, "
            f"maximum_object_size={max(1 << 20, 2 * longest)})"
        )
        copy_to(path, f"SELECT * FROM {source}", per_group=per_group)
    finally:
        Path(lines).unlink(missing_ok=True)


def copy_to(path: Path, query: str, *, per_group: int, connection: Any = None) -> None:
    """The answer of a query as one Parquet file, whole or not at all.

    Raises
    ------
    OSError
        It cannot be written, e.g. for want of space.
    """
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        with _engine(connection) as engine:
            engine.execute(
                f"COPY ({query}) TO {_quoted(str(temporary), chr(39))} "
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {per_group})"
            )
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except duckdb.IOException as exc:
        raise OSError(f"{path}: {exc}") from exc
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def _engine(connection: Any = None) -> Iterator[Any]:
    import duckdb

    if connection is not None:
        yield connection
        return
    with duckdb.connect(config=CONFIG | {"threads": 1}) as engine:
        yield engine


def _plain(item: Any) -> Any:
    if hasattr(item, "item"):  # a number of numpy
        return item.item()
    raise NotImplementedError(f"cannot store {type(item).__name__}")


def _quoted(text: str, mark: str = '"') -> str:
    return mark + text.replace(mark, mark * 2) + mark


def tidy(run: Path) -> None:
    """Remove what a killed process left half-written. Only for whoever works on the run alone."""
    for folder in (run / RESULTS, run / CALLS, run):
        for path in folder.glob(".*.parquet.*"):
            path.unlink(missing_ok=True)


# -- the manifest -----------------------------------------------------------------------------------------------


def write_manifest(run: Path, rows: Sequence[Row]) -> None:
    """Store the rows of work, in order, whole or not at all."""
    keys = sorted({key for row in rows for key in row.metadata})
    columns = ROW_COLUMNS | {f"{META}{key}": "VARCHAR" for key in keys}
    records = []
    for position, row in enumerate(rows):
        record = {"position": position, **msgspec.structs.asdict(row)}
        record.update({f"{META}{key}": value for key, value in record.pop("metadata").items()})
        records.append(record)
    write_parquet(run / MANIFEST, records, columns, per_group=ROWS_PER_GROUP)


def read_manifest(run: Path) -> list[Row]:
    """The rows of work, in order; none before the first plan."""
    if not (run / MANIFEST).is_file():
        return []
    with _engine() as engine:
        found = engine.execute(f"SELECT * FROM read_parquet({_quoted(str(run / MANIFEST), chr(39))}) ORDER BY position")
        names = [item[0] for item in found.description]
        metadata = [(i, name.removeprefix(META)) for i, name in enumerate(names) if name.startswith(META)]
        at = {name: names.index(name) for name in ROW_COLUMNS if name in names}
        raw = at.get("raw")  # a run of an earlier version has no such column
        return [
            Row(
                values[at["id"]], values[at["path"]], values[at["bytes"]], values[at["mtime_ns"]],
                values[at["agent_channel"]], values[at["transcript"]] or "", values[at["scorecard"]] or "",
                {key: values[i] for i, key in metadata if values[i] is not None},
                (values[raw] or "") if raw is not None else "",
            )
            for values in found.fetchall()
        ]  # fmt: skip


# -- reading ----------------------------------------------------------------------------------------------------


def connect(run: Path) -> Any:
    """A DuckDB connection with the views of a run: `results` (newest per id, with metadata), `calls`, `manifest`, `history`.

    Metadata columns carry the names they have in the manifest; one that would hide a column of a result is called
    ``meta_NAME``.
    """
    import duckdb

    engine = duckdb.connect(config=CONFIG)
    with suppress(duckdb.Error):
        engine.execute("SET parquet_metadata_cache = true")  # the same hundreds of parts are asked again and again
        engine.execute(f"SET temp_directory = {_quoted(str(run / SPILL), chr(39))}")
    engine.execute(f"CREATE VIEW history AS {_source(run / RESULTS, FIXED)}")
    engine.execute(f"CREATE VIEW stored_calls AS {_source(run / CALLS, CALL_COLUMNS)}")
    _manifest_view(engine, run)
    once = first(engine, "SELECT count(*) = count(DISTINCT id) FROM history")
    engine.execute(f"CREATE VIEW newest AS {'SELECT * FROM history' if once else NEWEST}")
    taken = {item[0].lower() for item in engine.execute("SELECT * FROM newest LIMIT 0").description}
    shown = []
    for item in engine.execute("SELECT * FROM manifest LIMIT 0").description:
        if item[0].startswith(META):
            key = item[0].removeprefix(META)
            shown.append(f"m.{_quoted(item[0])} AS {_quoted(f'meta_{key}' if key.lower() in taken else key)}")
    extra = "".join(f", {item}" for item in shown)
    joined = "FROM newest r LEFT JOIN manifest m ON m.id = r.id"
    engine.execute(f"CREATE VIEW results AS SELECT r.* EXCLUDE (file_name, file_row), m.position{extra} {joined}")
    engine.execute(f"CREATE VIEW calls AS {ONE_CALL_EACH}")
    return engine


def first(engine: Any, question: str) -> Any:
    """The one value that answers a question."""
    return engine.execute(question).fetchone()[0]


NEWEST = """
    SELECT h.* FROM history h SEMI JOIN (
        SELECT id, max(written_at) AS written_at FROM history GROUP BY id
    ) n ON h.id = n.id AND h.written_at = n.written_at
    QUALIFY row_number() OVER (PARTITION BY h.id ORDER BY h.call_sha256) = 1"""
ONE_CALL_EACH = """
    SELECT c.id, c.call_sha256, c.call FROM stored_calls c JOIN (
        SELECT s.id, max((s.file_name, s.file_row)) AS place FROM stored_calls s
        JOIN newest r ON r.id = s.id AND r.call_sha256 = s.call_sha256 GROUP BY s.id
    ) p ON c.id = p.id AND c.file_name = p.place[1] AND c.file_row = p.place[2]"""


def _source(folder: Path, columns: Mapping[str, str]) -> str:
    """The parts in a folder as a query; an empty table of the right columns where there is none."""
    if not any(folder.glob("*.parquet")):
        empty = ", ".join(f"NULL::{kind} AS {_quoted(name)}" for name, kind in columns.items())
        return f"SELECT {empty}, NULL::VARCHAR AS file_name, NULL::BIGINT AS file_row LIMIT 0"
    pattern = _quoted(str(folder / "*.parquet"), chr(39))
    return (
        "SELECT * EXCLUDE (filename, file_row_number), filename AS file_name, file_row_number AS file_row "
        f"FROM read_parquet({pattern}, union_by_name=true, hive_partitioning=false, filename=true, file_row_number=true)"
    )


def _manifest_view(engine: Any, run: Path) -> None:
    if (run / MANIFEST).is_file():
        engine.execute(f"CREATE VIEW manifest AS SELECT * FROM read_parquet({_quoted(str(run / MANIFEST), chr(39))})")
    else:
        empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in ROW_COLUMNS.items())
        engine.execute(f"CREATE VIEW manifest AS SELECT {empty} LIMIT 0")


def known(run: Path) -> dict[str, Known]:
    """The newest stored outcome of every id, as much as the runner needs. Reads these columns alone: every part has them."""
    if not any((run / RESULTS).glob("*.parquet")):
        return {}
    names = ", ".join(Known.__struct_fields__)
    parts = _quoted(str(run / RESULTS / "*.parquet"), chr(39))
    with _engine() as engine:
        found = engine.execute(
            f"SELECT {names} FROM read_parquet({parts}, hive_partitioning=false) "
            "ORDER BY written_at, call_sha256 DESC NULLS FIRST"
        )
        return {values[0]: Known(*values) for values in found.fetchall()}  # of one id the last stays


def read_calls(run: str | Path) -> Iterator[Call]:
    """The calls of a run in the order of its rows, with the metadata of the manifest: the iterator of `call.read_calls`.

    Raises
    ------
    ConfigError
        It is not a run.
    """
    yield from read_calls_of(require_run(run))


def read_calls_of(run: Path) -> Iterator[Call]:
    """The same for a folder that is known to be a run."""
    rows = {row.id: row for row in read_manifest(run)}
    with connect(run) as engine:
        found = engine.execute(
            "SELECT c.id, c.call FROM calls c LEFT JOIN manifest m ON m.id = c.id ORDER BY m.position, c.id"
        )
        while chunk := found.fetchmany(BATCH):
            for call_id, text in chunk:
                yield with_row(decode(text, Call, f"{run}: {call_id}"), rows.get(call_id))


def with_row(call: Call, row: Row | None) -> Call:
    """The call with what the manifest says about it now."""
    if row is None:
        return call
    recording = msgspec.structs.replace(call.recording, id=row.id, path=row.path, metadata=dict(row.metadata))
    return msgspec.structs.replace(call, recording=recording)
