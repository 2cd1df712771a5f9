"""Removing what must not be kept, and putting many small parts together.

`forget` rewrites every part that holds the call, so text, Call and paths are really gone from the run; a mark that
is no name (a keyed hash) stays, so that the recording is not taken in again. `compact` merges parts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.call import write_bytes
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.store import parquet as store
from qa_speech.store.records import FORGOTTEN

STATE = Path("forgotten.json")
KEPT_METADATA = ("agent", "team", "queue", "started_at")
"""Metadata that stays with the score of a forgotten call when scores are kept."""
ROWS_PER_PART = 50_000


class Forgotten(msgspec.Struct):
    """The key of a run and the marks of the calls it has forgotten."""

    key: str
    marks: list[str] = []


def forgotten(run: Path) -> Callable[[str], bool]:
    """Whether a call of this id was forgotten."""
    path = run / STATE
    if not path.is_file():
        return lambda call_id: False
    state = msgspec.json.decode(path.read_bytes(), type=Forgotten)
    marks, key = frozenset(state.marks), bytes.fromhex(state.key)
    return lambda call_id: _mark(key, call_id) in marks


def _mark(key: bytes, call_id: str) -> str:
    return f"forgotten-{hmac.new(key, call_id.encode('utf-8', 'surrogatepass'), hashlib.sha256).hexdigest()[:24]}"


def forget(
    run: str | Path, *, ids: Iterable[str] = (), before: dt.date | None = None, keep_scores: bool = False
) -> int:
    """Remove calls from a run: text, Call, paths, hashes and log lines. Returns how many.

    Parameters
    ----------
    ids
        Ids as the run shows them.
    before
        Calls that started before this day (metadata ``started_at``, else the time of the recording's file).
    keep_scores
        Keep points and figures under a mark that is no name, with agent, team, queue and day for statistics.

    Raises
    ------
    ConfigError
        Not a run, in use, or an id is not in it: nothing is removed then.
    """
    from qa_speech.batch.run import LOG, locked
    from qa_speech.store.summary import write_summary

    run = store.require_run(run)
    with locked(run):
        rows = store.read_manifest(run)
        there = {row.id for row in rows} | store.known(run).keys()
        wanted = set(ids)
        unknown = sorted(wanted - there)
        if unknown:
            raise ConfigError(str(run), [f"no call of id {name!r}" for name in unknown[:20]])
        if before is not None:
            wanted |= {row.id for row in rows if _day(row.metadata.get("started_at", ""), row.mtime_ns) < before}
        wanted = {name for name in wanted if not name.startswith("forgotten-")}
        if not wanted:
            return 0
        store.tidy(run)  # what a killed process left half-written holds text too
        shutil.rmtree(run / store.SPILL, ignore_errors=True)
        marks = _remember(run, wanted)
        kept = _kept(run, marks) if keep_scores else []
        for folder in (store.CALLS, store.RESULTS):
            _without(run / folder, sorted(wanted), run)
        if kept:
            store.write_parquet(
                run / store.RESULTS / _name(kept), kept, store.columns_of(kept), per_group=store.ROWS_PER_GROUP
            )
        _forget_rows(run, rows, marks, keep=keep_scores)
        _forget_lines(run / LOG, wanted)
        write_summary(run)
    return len(wanted)


def compact(run: str | Path) -> tuple[int, int]:
    """Merge the parts of a run and drop outcomes that newer ones have replaced: (parts before, parts after).

    Raises
    ------
    ConfigError
        Not a run, or in use.
    """
    from qa_speech.batch.run import locked

    run = store.require_run(run)
    with locked(run):
        return merge_parts(run)


def merge_parts(run: Path) -> tuple[int, int]:
    """`compact` for whoever works on the run already."""
    old = [path for folder in (store.CALLS, store.RESULTS) for path in sorted((run / folder).glob("*.parquet"))]
    new: list[Path] = []
    with store.connect(run) as engine:
        ids = [item[0] for item in engine.execute("SELECT id FROM newest ORDER BY id").fetchall()]
        for start in range(0, len(ids), ROWS_PER_PART):
            chunk = ids[start : start + ROWS_PER_PART]
            between = f"id BETWEEN {_text(chunk[0])} AND {_text(chunk[-1])} ORDER BY id"
            name = f"compact-{len(chunk)}-{_digest([*chunk, *map(str, old)])}.parquet"
            stored = "SELECT c.id, c.call_sha256, n.written_at, c.call FROM calls c JOIN newest n USING (id)"
            calls = f"SELECT * FROM ({stored}) WHERE {between}"
            results = f"SELECT * EXCLUDE (file_name, file_row) FROM newest WHERE {between}"
            for folder, query, group in (
                (store.CALLS, calls, store.CALLS_PER_GROUP), (store.RESULTS, results, store.ROWS_PER_GROUP),
            ):  # fmt: skip
                store.copy_to(run / folder / name, query, per_group=group, connection=engine)
                new.append(run / folder / name)
    for path in set(old) - set(new):
        path.unlink()
    return len(old), len(new)


def _day(started_at: str, mtime_ns: int) -> dt.date:
    try:
        return dt.date.fromisoformat(started_at[:10])
    except ValueError:
        return dt.datetime.fromtimestamp(mtime_ns / 1e9).date()


def _remember(run: Path, wanted: Iterable[str]) -> dict[str, str]:
    """Add marks; returns id → mark."""
    path = run / STATE
    state = (
        msgspec.json.decode(path.read_bytes(), type=Forgotten) if path.is_file() else Forgotten(secrets.token_hex(32))
    )
    marks = {name: _mark(bytes.fromhex(state.key), name) for name in wanted}
    state.marks = sorted({*state.marks, *marks.values()})
    write_bytes(path, msgspec.json.encode(state) + b"\n")
    return marks


PERSONAL = (
    "path", "message", "bytes", "mtime_ns", "input_key", "share_key", "audio_sha256", "call_sha256", "copied_from",
)  # fmt: skip


def _kept(run: Path, marks: Mapping[str, str]) -> list[dict[str, Any]]:
    """The newest results of these calls without what leads back to them."""
    kept = []
    with store.connect(run) as engine:
        found = engine.execute(
            "SELECT * EXCLUDE (file_name, file_row) FROM newest WHERE status = 'ok' AND id IN (SELECT unnest(?))",
            [sorted(marks)],
        )
        names = [item[0] for item in found.description]
        for values in found.fetchall():
            row = {
                name: value
                for name, value in zip(names, values, strict=True)
                if value is not None and name not in PERSONAL
            }
            kept.append({**row, "id": marks[row["id"]], "status": FORGOTTEN})
    return kept


def _without(folder: Path, ids: list[str], run: Path) -> None:
    """Rewrite the parts of a folder that hold any of these ids, or say that another call was copied from one."""
    import duckdb

    for path in sorted(folder.glob("*.parquet")):
        source = f"read_parquet({_text(str(path))}, hive_partitioning=false)"
        with duckdb.connect() as engine:
            names = [item[0] for item in engine.execute(f"SELECT * FROM {source} LIMIT 0").description]
            engine.execute("CREATE TABLE gone AS SELECT unnest(?) AS id", [ids])
            copied = "copied_from" in names
            touched = "id IN (SELECT id FROM gone)" + (" OR copied_from IN (SELECT id FROM gone)" if copied else "")
            if not store.first(engine, f"SELECT count(*) FROM {source} WHERE {touched}"):
                continue
            replaced = (
                " REPLACE (CASE WHEN copied_from IN (SELECT id FROM gone) THEN NULL ELSE copied_from END AS copied_from)"
                if copied
                else ""
            )
            query = f"SELECT *{replaced} FROM {source} WHERE id NOT IN (SELECT id FROM gone)"
            if store.first(engine, f"SELECT count(*) FROM ({query})"):
                group = store.CALLS_PER_GROUP if folder == run / store.CALLS else store.ROWS_PER_GROUP
                store.copy_to(path, query, per_group=group, connection=engine)
            else:
                path.unlink()


def _forget_rows(run: Path, rows: list[Row], marks: Mapping[str, str], *, keep: bool) -> None:
    left = []
    for row in rows:
        if row.id not in marks:
            left.append(row)
        elif keep:
            metadata = {key: value for key, value in row.metadata.items() if key in KEPT_METADATA}
            if "started_at" in metadata:
                metadata["started_at"] = metadata["started_at"][:10]  # the second would lead back to the call
            left.append(Row(marks[row.id], "", metadata=metadata))
    store.write_manifest(run, left)


def _forget_lines(log: Path, ids: set[str]) -> None:
    """Drop the lines of these calls from the log."""
    if log.is_file():
        lines = log.read_bytes().splitlines(keepends=True)
        write_bytes(log, b"".join(line for line in lines if msgspec.json.decode(line).get("id") not in ids))


def _name(rows: list[dict[str, Any]]) -> str:
    return f"forgotten-{len(rows)}-{_digest([row['id'] for row in rows])}.parquet"


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
