"""DuckDB over Parquet: files written whole or not at all, and the views of a run. duckdb is imported where it is used."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.files import whole_file
from qa_speech.store.base import SHOWN_CRITERIA
from qa_speech.store.folder import CALLS, MANIFEST, RESULTS
from qa_speech.store.parts import BLANK, KEY, parts_in, seal
from qa_speech.store.records import ResultRow

SPILL = Path(".tmp")
"""Where DuckDB puts what does not fit into memory; it removes it itself unless it is killed."""
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "1GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
ROWS_AT_ONCE = 256
META = "metadata."
"""Prefix of the metadata columns of the manifest file."""
LEAST_OBJECT_BYTES = 1 << 20

LATEST = "(coalesce(sequence, 0), written_at)"
"""The place of an outcome among those of its id; parts of earlier versions have no sequence."""
NEWEST = f"""
    SELECT h.*
    FROM history h
    SEMI JOIN (
        SELECT id, max({LATEST}) AS latest FROM history GROUP BY id
    ) n ON h.id = n.id AND coalesce(h.sequence, 0) = n.latest[1] AND h.written_at = n.latest[2]
    QUALIFY row_number() OVER (PARTITION BY h.id ORDER BY h.call_sha256) = 1"""
ONE_CALL_EACH = """
    SELECT c.id, c.call_sha256, c.call
    FROM stored_calls c
    JOIN (
        SELECT s.id, max((s.file_name, s.file_row)) AS place
        FROM stored_calls s
        JOIN newest r ON r.id = s.id AND r.call_sha256 = s.call_sha256
        GROUP BY s.id
    ) p ON c.id = p.id AND c.file_name = p.place[1] AND c.file_row = p.place[2]"""
PARTS = """
    SELECT * EXCLUDE (filename, file_row_number), filename AS file_name, file_row_number AS file_row
    FROM read_parquet(
        [{files}], union_by_name=true, hive_partitioning=false, filename=true, file_row_number=true
    )"""

BRIEF = """
    SELECT
        id, status, duration_s, total, passed, to_review, copied_from, band, reason, error, message,
        list_transform(criteria, lambda c: {
            'id': c.id, 'title': c.title, 'outcome': c.outcome,
            'costs': coalesce(c.fatal, '') <> '' OR coalesce(c.possible, 0) > coalesce(c.points, 0)
        }) AS criteria,
        list_transform(alarms, lambda c: {'title': c.title, 'raised': c.raised}) AS alarms
    FROM newest"""
COUNTS = """
    SELECT
        count(*) AS stored,
        count(*) FILTER (status = 'ok') AS ok,
        count(*) FILTER (status = 'failed') AS failed,
        count(*) FILTER (status = 'forgotten') AS forgotten,
        coalesce(sum(duration_s), 0) / 3600 AS audio_h,
        count(total) AS scored,
        avg(total) AS mean_total,
        min(total) AS min_total,
        count(*) FILTER (passed) AS passed,
        count(passed) AS judged,
        coalesce(sum(to_review), 0) AS to_review,
        count(copied_from) AS copies,
        (SELECT count(*) FROM (SELECT id FROM manifest UNION SELECT id FROM brief)) AS rows
    FROM brief"""
BANDS = """
    SELECT band, count(*)
    FROM brief WHERE band <> ''
    GROUP BY band ORDER BY max(total) DESC"""
NO_TOTAL = """
    SELECT reason, count(*)
    FROM brief WHERE total IS NULL AND reason <> ''
    GROUP BY reason ORDER BY count(*) DESC"""
ALARMS = """
    SELECT a.title, count(*)
    FROM (SELECT unnest(alarms) AS a FROM brief)
    WHERE a.raised
    GROUP BY a.title ORDER BY count(*) DESC, a.title"""
ERRORS = """
    SELECT error, count(*), min(id), arg_min(message, id)
    FROM brief WHERE status = 'failed'
    GROUP BY error ORDER BY count(*) DESC, error"""
CRITERIA = f"""
    SELECT
        any_value(c.title),
        count(*) FILTER (c.outcome = 'fail' AND c.costs) AS failed,
        count(*) FILTER (c.outcome IN ('pass', 'partial', 'fail'))
    FROM (SELECT unnest(criteria) AS c FROM brief)
    GROUP BY c.id
    HAVING failed > 0
    ORDER BY failed DESC, 1
    LIMIT {SHOWN_CRITERIA}"""
COMPACT_CALLS = """
    SELECT * FROM (
        SELECT c.id, c.call_sha256, n.written_at, c.call FROM calls c JOIN newest n USING (id)
    ) WHERE {between} ORDER BY id"""
COMPACT_RESULTS = "SELECT * EXCLUDE (file_name, file_row) FROM newest WHERE {between} ORDER BY id"


# -- columns ----------------------------------------------------------------------------------------------------


def sql_columns(kind: type[msgspec.Struct]) -> dict[str, str]:
    """The fields of a struct with their SQL types; mappings are no columns.

    >>> from qa_speech.store.records import SectionRow
    >>> sql_columns(SectionRow)
    {'id': 'VARCHAR', 'points': 'DOUBLE', 'possible': 'DOUBLE', 'total': 'DOUBLE'}
    """
    described = msgspec.inspect.type_info(kind)
    assert isinstance(described, msgspec.inspect.StructType)
    columns = {}
    for field in described.fields:
        sql = _sql_type(field.type)
        if sql:
            columns[field.name] = sql
    return columns


_PLAIN: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.StrType: "VARCHAR",
    msgspec.inspect.IntType: "INTEGER",
    msgspec.inspect.FloatType: "DOUBLE",
    msgspec.inspect.BoolType: "BOOLEAN",
    msgspec.inspect.DateTimeType: "TIMESTAMP",
    msgspec.inspect.DictType: "",
}


def _sql_type(kind: msgspec.inspect.Type) -> str:
    if isinstance(kind, msgspec.inspect.Metadata):
        return str((kind.extra or {})["sql"])
    if isinstance(kind, msgspec.inspect.UnionType):
        (held,) = [one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType)]
        return _sql_type(held)
    if isinstance(kind, msgspec.inspect.VarTupleType):
        return f"{_sql_type(kind.item_type)}[]"
    if isinstance(kind, msgspec.inspect.StructType):
        inner = [f"{name} {sql}" for name, sql in sql_columns(kind.cls).items()]
        return f"STRUCT({', '.join(inner)})"
    return _PLAIN[type(kind)]


RESULT_COLUMNS = sql_columns(ResultRow)
LATER = ("sequence", "alarms", "judged_points", "possible_points", "low_reasons")
"""Columns that parts of earlier versions do not have."""
"""Columns every part of the results has; all others are DOUBLE, one per metric and component."""
CALL_COLUMNS = {"id": "VARCHAR", "call_sha256": "VARCHAR", "written_at": "TIMESTAMP", "call": "VARCHAR"}
MANIFEST_COLUMNS = {
    "position": "BIGINT",
    "id": "VARCHAR",
    "path": "VARCHAR",
    "bytes": "BIGINT",
    "mtime_ns": "BIGINT",
    "agent_channel": "INTEGER",
    "transcript": "VARCHAR",
    "scorecard": "VARCHAR",
    "raw": "VARCHAR",
    "path_customer": "VARCHAR",
}
"""Columns of the manifest file; metadata come after them."""


# -- texts ------------------------------------------------------------------------------------------------------


def name_of(text: str) -> str:
    """A name as SQL writes it.

    >>> name_of('a"b')
    '"a""b"'
    """
    return '"' + text.replace('"', '""') + '"'


def text_of(text: str | Path) -> str:
    """A text as SQL writes it.

    >>> text_of("it's")
    "'it''s'"
    """
    return "'" + str(text).replace("'", "''") + "'"


# -- writing ----------------------------------------------------------------------------------------------------


def write_parquet(path: Path, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], *, per_group: int) -> int:
    """Rows as one Parquet file, whole or not at all; returns how many. They pass through a JSON file beside it, which DuckDB
    reads.

    Raises
    ------
    OSError
        It cannot be written, e.g. for want of space.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder(enc_hook=_plain)
    handle, lines = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".jsonl")
    try:
        longest = 1
        count = 0
        with os.fdopen(handle, "wb") as file:
            for row in rows:
                line = encoder.encode(row)
                longest = max(longest, len(line))
                count += 1
                file.write(line + b"\n")
        copy_to(path, _lines_query(lines, columns, longest), per_group=per_group)
    finally:
        Path(lines).unlink(missing_ok=True)
    return count


def _lines_query(lines: str, columns: Mapping[str, str], longest: int) -> str:
    spec = ", ".join(f"{text_of(name)}: '{kind}'" for name, kind in columns.items())
    return f"""
        SELECT * FROM read_json(
            {text_of(lines)}, format='newline_delimited', columns={{{spec}}},
            maximum_object_size={max(LEAST_OBJECT_BYTES, 2 * longest)}
        )"""


def copy_to(path: Path, query: str, *, per_group: int, connection: Any = None) -> None:
    """The answer of a query as one Parquet file, `per_group` rows in a row group, whole or not at all.

    Raises
    ------
    OSError
        It cannot be written, e.g. for want of space.
    """
    import duckdb

    try:
        with whole_file(path, durable=True) as temporary, engine(connection) as used:
            used.execute(f"""
                COPY ({query}) TO {text_of(temporary)}
                (
                    FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {per_group}, USE_TMP_FILE false,
                    KV_METADATA {{{text_of(KEY)}: {text_of(BLANK)}}}
                )""")
            seal(temporary)
    except duckdb.IOException as exc:
        raise OSError(f"{path}: {exc}") from exc


def rewrite_without(path: Path, ids: list[str], *, per_group: int) -> None:
    """Rewrite a part if it holds any of these ids, or says that another call was copied from one.

    `per_group` is the number of rows in a row group.
    """
    gone = "(SELECT id FROM gone)"
    source = f"read_parquet({text_of(path)}, hive_partitioning=false)"
    with engine() as opened:
        opened.execute("CREATE TABLE gone AS SELECT unnest(?) AS id", [ids])
        touched, replaced = f"id IN {gone}", ""
        if "copied_from" in names_of(opened, source):
            touched += f" OR copied_from IN {gone}"
            replaced = f"REPLACE (CASE WHEN copied_from IN {gone} THEN NULL ELSE copied_from END AS copied_from)"
        if not first(opened, f"SELECT count(*) FROM {source} WHERE {touched}"):
            return
        left = f"SELECT * {replaced} FROM {source} WHERE id NOT IN {gone}"
        if first(opened, f"SELECT count(*) FROM ({left})"):
            copy_to(path, left, per_group=per_group, connection=opened)
        else:
            path.unlink()


def _plain(value: Any) -> Any:
    import numpy as np

    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"cannot store {type(value).__name__}")


# -- reading ----------------------------------------------------------------------------------------------------


@contextmanager
def engine(connection: Any = None) -> Iterator[Any]:
    """A connection of one thread without views, or the one given, which is left open."""
    import duckdb

    if connection is not None:
        yield connection
        return
    with duckdb.connect(config=CONFIG | {"threads": 1}) as opened:
        yield opened


def connect(run: Path, *, words: bool = True) -> Any:
    """A DuckDB connection with the views of a run: `results` (newest per id, with metadata), `calls`, `manifest`, `history`.

    Metadata columns carry the names they have in the manifest; one that would hide a column of a result is called
    ``meta_NAME``. Without `words` there is no view of Calls, and no file of theirs is opened.
    """
    import duckdb

    opened = duckdb.connect(config=CONFIG)
    with suppress(duckdb.Error):
        opened.execute("SET enable_progress_bar = false")  # it would be drawn among the rows
        opened.execute("SET parquet_metadata_cache = true")  # the same hundreds of parts are asked again and again
        opened.execute(f"SET temp_directory = {text_of(run / SPILL)}")
    try:
        _make_views(opened, run, words=words)
    except BaseException:
        opened.close()
        raise
    return opened


def _make_views(opened: Any, run: Path, *, words: bool) -> None:
    opened.execute(f"CREATE VIEW stored_results AS {_parts(run / RESULTS, RESULT_COLUMNS)}")
    held = names_of(opened, "stored_results")
    later = "".join(f", NULL::{RESULT_COLUMNS[name]} AS {name}" for name in LATER if name not in held)
    opened.execute(f"CREATE VIEW history AS SELECT *{later} FROM stored_results")
    opened.execute(f"CREATE VIEW manifest AS {_manifest(run)}")
    each_once = first(opened, "SELECT count(*) = count(DISTINCT id) FROM history")
    opened.execute(f"CREATE VIEW newest AS {'SELECT * FROM history' if each_once else NEWEST}")
    opened.execute(f"CREATE VIEW results AS {_results(opened)}")
    if words:
        opened.execute(f"CREATE VIEW stored_calls AS {_parts(run / CALLS, CALL_COLUMNS)}")
        opened.execute(f"CREATE VIEW calls AS {ONE_CALL_EACH}")


def rows_of(found: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of an answer, some at a time."""
    while chunk := found.fetchmany(ROWS_AT_ONCE):
        yield from chunk


def first(connection: Any, question: str) -> Any:
    """The one value that answers a question."""
    return connection.execute(question).fetchone()[0]


def names_of(connection: Any, view: str) -> list[str]:
    """The columns of a view, in order."""
    return [column[0] for column in connection.execute(f"SELECT * FROM {view} LIMIT 0").description]


def shown_name(key: str, taken: set[str]) -> str:
    """The name a metadata column is shown under beside columns of these names, in lower case.

    >>> shown_name("agent", {"status"}), shown_name("Status", {"status"})
    ('agent', 'meta_Status')
    """
    return f"meta_{key}" if key.lower() in taken else key


def _results(connection: Any) -> str:
    """The newest outcomes with their position and metadata."""
    taken = {name.lower() for name in names_of(connection, "newest")}
    shown = ["r.* EXCLUDE (file_name, file_row)", "m.position"]
    for name in names_of(connection, "manifest"):
        if name.startswith(META):
            key = name.removeprefix(META)
            shown.append(f"m.{name_of(name)} AS {name_of(shown_name(key, taken))}")
    return f"SELECT {', '.join(shown)} FROM newest r LEFT JOIN manifest m ON m.id = r.id"


def _parts(folder: Path, columns: Mapping[str, str]) -> str:
    """The parts in a folder as a query; an empty table of the right columns where there is none."""
    files = parts_in(folder)
    if files:
        return PARTS.format(files=", ".join(map(text_of, files)))
    return _empty({**columns, "file_name": "VARCHAR", "file_row": "BIGINT"})


def _manifest(run: Path) -> str:
    if (run / MANIFEST).is_file():
        return f"SELECT * FROM read_parquet({text_of(run / MANIFEST)})"
    return _empty(MANIFEST_COLUMNS)


def _empty(columns: Mapping[str, str]) -> str:
    nothing = ", ".join(f"NULL::{kind} AS {name_of(name)}" for name, kind in columns.items())
    return f"SELECT {nothing} LIMIT 0"
