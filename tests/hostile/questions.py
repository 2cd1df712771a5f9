"""Questions in SQL that want more than an answer: files, settings, words nobody asked for by name, time, memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.hostile.kit import Case, fine, refused, said

BEFORE = Path(__file__).parent.parent / "before" / "run"
CANARY = "canary-4471"
"""Stands in a file beside the run, which no question may show."""
GONE_FOR = ("cannot be asked", "expected one SELECT")

OUT_OF_THE_RUN: Mapping[str, str] = {
    "a text file": "SELECT * FROM read_text('{place}/secret.csv')",
    "a file by its name alone": "SELECT * FROM '{place}/secret.csv'",
    "a CSV": "SELECT * FROM read_csv('{place}/secret.csv')",
    "a CSV, guessed": "SELECT * FROM sniff_csv('{place}/secret.csv')",
    "a blob": "SELECT * FROM read_blob('/etc/passwd')",
    "JSON": "SELECT * FROM read_json('/etc/passwd')",
    "lines of JSON": "SELECT * FROM read_ndjson_objects('{place}/secret.csv')",
    "Parquet": "SELECT * FROM read_parquet('{run}/calls/schema=1/*.parquet')",
    "Parquet by its old name": "SELECT * FROM parquet_scan('{run}/calls/schema=1/*.parquet')",
    "Parquet by its path": "SELECT * FROM '{run}/calls/schema=1/*.parquet'",
    "the head of a Parquet file": "SELECT * FROM parquet_metadata('{run}/manifest.parquet')",
    "the key of the forgotten": "SELECT * FROM read_text('{run}/forgotten.json')",
    "settings of the run": "SELECT * FROM read_json('{run}/run.json')",
    "a way up": "SELECT * FROM read_text('{run}/../secret.csv')",
    "names of files": "SELECT * FROM glob('/etc/*')",
    "another database": "SELECT * FROM read_duckdb('{place}/other.db')",
    "a question in a question": "SELECT * FROM query('SELECT * FROM calls')",
    "a table by a name made up": "SELECT * FROM query_table('ca' || 'lls')",
    "a plan that was packed": "SELECT * FROM json_execute_serialized_sql('{{}}')",
    "the words by their inner name": "SELECT * FROM stored_calls",
    "the newest rows by their inner name": "SELECT * FROM newest",
    "tables of the engine": "SELECT * FROM duckdb_settings()",
    "secrets of the engine": "SELECT * FROM duckdb_secrets()",
    "the catalogue": "SELECT * FROM information_schema.tables",
    "another catalogue": "SELECT * FROM system.main.results",
    "a file in a subquery": "SELECT (SELECT count(*) FROM read_text('{place}/secret.csv'))",
    "a file in a CTE": "WITH x AS (SELECT * FROM read_text('{place}/secret.csv')) SELECT * FROM x",
    "a file behind a CTE of a view's name": "WITH results AS (FROM read_text('{place}/secret.csv')) FROM results",
    "a file in a join": "SELECT * FROM results JOIN read_csv('{place}/secret.csv') ON true",
    "a file in a set": "SELECT id FROM results UNION SELECT content FROM read_text('{place}/secret.csv')",
    "memory of the program": "SELECT * FROM arrow_scan(1, 2, 3)",
    "objects of the program": "SELECT * FROM python_map_function(1)",
    "variables of the program": "SELECT * FROM answer",
    "a log of the engine": "SELECT * FROM enable_logging(storage='file', storage_path='{place}/log')",
    "a profile of the engine": "SELECT * FROM enable_profiling(save_location='{place}/profile')",
    "a remote file": "SELECT * FROM 'https://127.0.0.1:9/x.parquet'",
    "a bucket": "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
}
NO_SELECT: Mapping[str, str] = {
    "copy to a file": "COPY (SELECT 1) TO '{place}/written.csv'",
    "copy inside the run": "COPY results TO '{run}/results/schema=1/new.parquet'",
    "copy over the store": "COPY (SELECT 1) TO '{run}/manifest.parquet'",
    "copy from a file": "COPY results FROM '{place}/secret.csv'",
    "attach": "ATTACH '{place}/written.db'",
    "attach inside the run": "ATTACH '{run}/written.db' AS x",
    "detach": "DETACH memory",
    "export": "EXPORT DATABASE '{place}/written'",
    "import": "IMPORT DATABASE '{place}/written'",
    "install": "INSTALL httpfs",
    "load": "LOAD '{place}/evil.duckdb_extension'",
    "a setting": "SET enable_external_access = true",
    "a setting by its other name": "PRAGMA enable_external_access = true",
    "a setting undone": "RESET lock_configuration",
    "a table": "CREATE TABLE x AS SELECT 1",
    "a macro": "CREATE MACRO f() AS TABLE SELECT * FROM read_text('/etc/passwd')",
    "a secret": "CREATE SECRET (TYPE s3, KEY_ID 'x', SECRET 'y')",
    "a view replaced": "CREATE OR REPLACE VIEW results AS SELECT 1",
    "insert": "INSERT INTO results SELECT * FROM results",
    "delete": "DELETE FROM results",
    "update": "UPDATE results SET total = 100",
    "drop": "DROP VIEW results",
    "call": "CALL enable_logging()",
    "prepare": "PREPARE q AS SELECT 1",
    "execute": "EXECUTE q",
    "explain": "EXPLAIN ANALYZE SELECT 1",
    "checkpoint": "FORCE CHECKPOINT",
    "vacuum": "VACUUM",
    "a transaction": "BEGIN",
    "two": "SELECT 1; COPY (SELECT 1) TO '{place}/written.csv'",
    "behind a comment": "SELECT 1 -- \n; DROP VIEW results",
    "behind a block": "/* SELECT */ COPY (SELECT 1) TO '{place}/written.csv'",
    "nothing": "",
    "blanks": " \n\t ",
    "a comment": "/* SELECT */",
    "a semicolon": ";",
    "NUL": "SELECT 1\0; COPY (SELECT 1) TO '{place}/written.csv'",
}
WRONG: Mapping[str, str] = {
    "no SQL": "CHOOSE * FROM results",
    "half of it": "SELECT * FROM",
    "no such column": "SELECT nothing FROM results",
    "no such function": "SELECT getenv('HOME')",
    "a half escape": "SELECT '\ud800'",
    "ten thousand brackets": "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
    "a deep sum": "SELECT " + "1+" * 20_000 + "1",
    "a wrong cast": "SELECT CAST(id AS INTEGER) FROM results",
    "a division of texts": "SELECT id / total FROM results",
}
TOO_MUCH: Mapping[str, tuple[str, str]] = {
    "a join without end": ("SELECT * FROM range(1000000000) a, range(1000000000) b", "stopped after"),
    "a count without end": (
        "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c",
        "stopped after",
    ),
    "a recursion without end": (
        "WITH RECURSIVE x AS (SELECT 1 n UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x",
        "stopped after",
    ),
    "more rows than may be": ("SELECT * FROM range(5000)", "more than 1000 rows"),
    "a text of 2 GB": ("SELECT length(repeat('x', 2000000000))", "m"),
    "a text of 500 MB": ("SELECT repeat('x', 500000000)", "m"),
    "a list of 300 million": ("SELECT list_aggregate(range(300000000), 'sum')", "m"),
    "all rows in one cell": ("SELECT string_agg(repeat('x', 1000), '') FROM range(1000000)", "m"),
}
RIGHT: Mapping[str, tuple[str, str]] = {
    "words by their name": ("SELECT count(*) FROM calls", "unmasked"),
    "words in a subquery": ("SELECT (SELECT count(*) FROM calls) n", "unmasked"),
    "words under a CTE": ("WITH x AS (SELECT * FROM memory.main.calls) SELECT count(*) FROM x", "unmasked"),
    "a view by its whole name": ("SELECT count(*) FROM memory.main.results", "14"),
    "rows of a list": ("SELECT count(*) FROM (SELECT unnest(criteria) FROM results)", "count"),
    "DESCRIBE": ("DESCRIBE results", "total"),
    "a trailing semicolon": ("SELECT 41 + 1;", "42"),
    "VALUES": ("VALUES (42)", "42"),
    "every kind of value": (
        "SELECT 'a'::BLOB b, MAP{1: 2} m, INTERVAL 3 DAYS i, 'inf'::DOUBLE f, 1::HUGEINT h, '101'::BIT t, [1, NULL] l, {'a': 1} s",
        "",
    ),
    "control characters": ("SELECT chr(27) || '[2J' || chr(155) || 'x' || chr(8238) AS x", "x"),
    "a formula": ("SELECT '=1+1' AS x", "'=1+1"),
}


def laid_out(place: Path) -> Path:
    """A run, with a file beside it that is none of its business."""
    run = place / "run"
    shutil.copytree(BEFORE, run)
    (run / "forgotten.json").write_text('{"key":"' + CANARY.encode().hex() + '","marks":[]}', encoding="utf-8")
    (place / "secret.csv").write_text(f"a,b\n{CANARY},1\n", encoding="utf-8")
    return run


def files_of(place: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def is_kept_in(sql: str, place: Path) -> None:
    """It is refused; nothing is shown, nothing is written."""
    run = laid_out(place)
    before = files_of(place)
    told = said("query", run, sql.format(place=place, run=run), "--ui", "en", codes=(2,))
    assert any(words in told.err for words in GONE_FOR), told.err
    assert CANARY not in told.out + told.err
    assert files_of(place) == before


def is_wrong(sql: str, place: Path) -> None:
    refused("query", laid_out(place), sql, says="query: ", codes=(2,))


def is_stopped(sql: str, says: str, place: Path) -> None:
    """What asks for memory may run out of time first."""
    refused("query", laid_out(place), sql, "--seconds", "0.3", "--rows", "1000", "--ui", "en", says=says, codes=(2,))


def is_right(sql: str, says: str, place: Path) -> None:
    run = laid_out(place)
    fine("query", run, sql, "--format", "json", "--ui", "en")
    fine("query", run, sql, "--format", "csv", "--ui", "en", says=says)


def escapes() -> dict[str, Callable[[Path], None]]:
    """Questions that must not get out, by name: `sql_escapes` counts those that do."""
    found: dict[str, Callable[[Path], None]] = {}
    for name, sql in {**OUT_OF_THE_RUN, **NO_SELECT}.items():
        found[name] = partial(is_kept_in, sql)
    return found


CASES = (
    *[Case("sql escapes", name, attack) for name, attack in escapes().items()],
    *[Case("sql wrong", name, partial(is_wrong, sql)) for name, sql in WRONG.items()],
    *[Case("sql limits", name, partial(is_stopped, sql, says)) for name, (sql, says) in TOO_MUCH.items()],
    *[Case("sql right", name, partial(is_right, sql, says)) for name, (sql, says) in RIGHT.items()],
)
