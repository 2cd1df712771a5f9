"""The result store of a run: append-only Parquet parts, written and read with DuckDB; any Parquet tool reads them.

The name of a part follows from the rows in it, and a part is there whole or not at all (temporary file, fsync,
rename), so work done twice is stored once. Of several outcomes of one id the newest wins. Several processes may write.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.inputs.rows import Row
from qa_speech.store.base import (
    QUERY_LIMITS,
    Answer,
    Compacted,
    CriterionCount,
    ErrorCount,
    Figures,
    Known,
    QueryLimits,
    Result,
    Store,
    StoredCall,
    digest_of,
    part_name,
    rows_without,
)
from qa_speech.store.bucket import Mirror, mirror_elsewhere, mirror_of
from qa_speech.store.columns import call_columns, manifest_columns, result_columns, row_reader, work_row
from qa_speech.store.folder import (
    CALLS,
    DAMAGED,
    FORGETTING,
    MANIFEST,
    RESULTS,
    locked,
    require_run,
    require_schema,
    storable,
)
from qa_speech.store.parts import parts_in
from qa_speech.store.question import ask
from qa_speech.store.records import OK, Kept, Record, ResultRow, Source, nameless
from qa_speech.store.sound import require_sound, unreadable
from qa_speech.store.sql import (
    ALARMS,
    BANDS,
    BRIEF,
    CALL_COLUMNS,
    COMPACT_CALLS,
    COMPACT_RESULTS,
    COUNTS,
    CRITERIA,
    ERRORS,
    MANIFEST_COLUMNS,
    META,
    NO_TOTAL,
    RESULT_COLUMNS,
    SPILL,
    connect,
    copy_to,
    engine,
    first,
    name_of,
    names_of,
    rewrite_without,
    rows_of,
    text_of,
    write_parquet,
)

CALLS_PER_GROUP, RESULTS_PER_GROUP = 2048, 20_480
"""Rows of a row group: what a reader takes in at once."""
ROWS_PER_PART = 50_000
"""Rows of a part that was put together."""


def open_run(path: str | Path) -> ParquetStore:
    """The store of a run that is there.

    Raises
    ------
    ConfigError
        It is no run, or was written by a newer version.

    Examples
    --------
    >>> from qa_speech import QaSpeechError
    >>> try:
    ...     store = open_run("samples")
    ... except QaSpeechError as error:
    ...     print(error)
    samples: not the folder of a batch run; expected one made by: qa-speech batch run … --out
    """
    run = require_run(path)
    if (run / FORGETTING).exists():
        told = problem(
            "{run}: calls were being removed when it broke off; go on: qa-speech batch forget {run}", run=run
        )
        logging.getLogger("qa_speech").warning(told)
    return ParquetStore(run, mirror=mirror_of(run))


def store_at(out: Store | str | Path) -> Store:
    """A store, or that of the run in this folder, which is made if it is not there.

    >>> from qa_speech.pipeline import report
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.testing import make_call
    >>> store = store_at("run")
    >>> part = store.append([record_of(report(make_call(agent=[(0, 2), (9, 12)], call_id="a")))])
    >>> list(store.query("SELECT id, silence_longest_s FROM results").rows)
    [('a', 7.0)]
    """
    if not isinstance(out, str | Path):
        return out
    place = storable(Path(out))
    place.mkdir(parents=True, exist_ok=True)
    require_schema(place)
    return ParquetStore(place, mirror=mirror_of(place))


def node_store(run: Path, url: str, sequence: int) -> ParquetStore:
    """The store of a run as one of several machines sees it that write at once, each id by one of them; its parts follow
    `sequence`, which is not looked up. With the `url` of a bucket nothing else is shared.

    Raises
    ------
    ConfigError
        The folder of the run is not there, and there is no bucket.
    OSError
        The bucket does not answer.
    """
    if url:
        mirror = mirror_elsewhere(url)
        return ParquetStore(mirror.place, sequence - 1, mirror)
    if not (run / MANIFEST).is_file():
        what = problem(
            "{nodename} does not see this folder; the run needs one that all machines share, or --bucket",
            nodename=os.uname().nodename,
        )
        raise ConfigError(str(run), [what])
    return ParquetStore(run, sequence - 1)


class ParquetStore:
    """A `base.Store` in the folder of a run, which may be the mirror of a bucket."""

    def __init__(self, place: Path, sequence: int | None = None, mirror: Mirror | None = None) -> None:
        self._place = place
        self._mirror = mirror
        self._sequence = sequence  # that of the last part written since the run was opened

    @property
    def place(self) -> Path:
        """Folder of the run."""
        return self._place

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time works on a run.

        Raises
        ------
        ConfigError
            Another one does.
        """
        with locked(self._place):
            self.sync()
            self._sequence = None  # others may have written since
            try:
                yield
            finally:
                self.sync()

    def tidy(self) -> None:
        """Remove what a killed process left half-written. Only for whoever works on the run alone."""
        for folder in (self._place / RESULTS, self._place / CALLS, self._place):
            for path in folder.glob(".*.parquet.*"):
                path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Folder and bucket agree; nothing where the parts lie in the folder alone.

        Raises
        ------
        OSError
            The bucket does not answer.
        """
        if self._mirror is not None:
            self._mirror.sync()

    # -- outcomes

    def append(self, records: Sequence[Record], *, position: int = 0, now: dt.datetime | None = None) -> str:
        """Store outcomes as one part: first the calls, then the results that make them count. Returns its name.

        Raises
        ------
        OSError
            The disk is full or cannot be written; no result of the part is there then.
        """
        stamp = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
        name = part_name(records, position)
        calls = [call_columns(record, stamp) for record in records if record.call]
        self._sequence = sequence = self.next_sequence()
        rows = [msgspec.structs.replace(record.row, written_at=stamp, sequence=sequence) for record in records]
        if calls:
            write_parquet(self._place / CALLS / name, calls, CALL_COLUMNS, per_group=CALLS_PER_GROUP)
        self._write_results(name, rows)
        if self._mirror is not None:
            self._mirror.put_part(name)
        return name

    def next_sequence(self) -> int:
        """The sequence that the next part will have: one more than the highest there is."""
        if self._sequence is None:
            with self._views() as opened:
                self._sequence = first(opened, "SELECT coalesce(max(sequence), 0) FROM history")
        return self._sequence + 1

    def known(self) -> dict[str, Known]:
        """Every id's newest outcome, as much as the runner needs; not those that worked but have no Call (any more)."""
        wanted = ", ".join(f"n.{name}" for name in Known.__struct_fields__)
        with self._views(words=True, whole=False) as opened:
            found = opened.execute(f"""
                SELECT {wanted}
                FROM newest n
                LEFT JOIN (SELECT DISTINCT id, call_sha256 FROM stored_calls) c USING (id, call_sha256)
                WHERE n.status <> '{OK}' OR c.id IS NOT NULL""")
            return {values[0]: Known(*values) for values in found.fetchall()}

    def results(self) -> Iterator[Result]:
        """Every id's newest outcome whole, in the order of the rows of work."""
        metadata = {row.id: row.metadata for row in self.rows()}
        with self._views() as opened:
            names = names_of(opened, "results")
            names = names[: names.index("position") + 1]  # metadata come from the manifest under their own names
            wanted = ", ".join(name_of(name) for name in names)
            read = row_reader(names[:-1])
            for values in rows_of(opened.execute(f"SELECT {wanted} FROM results ORDER BY position, id")):
                row = read(values)
                yield Result(row, values[-1], metadata.get(row.id, {}))

    def calls(self, ids: Collection[str] | None = None) -> Iterator[StoredCall]:
        """The stored calls in the order of the rows of work; with `ids` only these, in the order they are stored."""
        if self._mirror is not None:
            self._mirror.fetch_parts()
        source = ", ".join(f"r.{name}" for name in Source.__struct_fields__)
        kept = ", ".join(f"r.{name}" for name in Kept.__struct_fields__)
        wanted = f"SELECT c.id, c.call, r.scorecard_sha256, {source}, {kept} FROM calls c JOIN newest r ON r.id = c.id"
        with self._views(words=True) as opened:
            if ids is None:
                in_order = "LEFT JOIN manifest m ON m.id = c.id ORDER BY m.position, c.id"
                found = opened.execute(f"{wanted} {in_order}")
            else:
                found = opened.execute(f"{wanted} WHERE c.id IN (SELECT unnest(?))", [list(ids)])
            cut = 3 + len(Source.__struct_fields__)
            for values in rows_of(found):
                call_id, text, scorecard_sha256 = values[:3]
                yield StoredCall(call_id, text, scorecard_sha256, Source(*values[3:cut]), Kept(*values[cut:]))

    def query(self, sql: str, limits: QueryLimits = QUERY_LIMITS) -> Answer:
        """One SELECT over the views `results`, `manifest`, `calls` and `history`, by an engine that reaches nothing else.

        Raises
        ------
        ConfigError
            It is something else, cannot be answered, or takes more than it may: also while its rows are taken.
        """
        require_sound(self._place, words=True)
        return ask(self._place, sql, limits)

    # -- the rows of work

    def keep_rows(self, rows: Sequence[Row]) -> None:
        """Store the rows of work, in order, whole or not at all."""
        keys = sorted({key for row in rows for key in row.metadata})
        columns = MANIFEST_COLUMNS | {f"{META}{key}": "VARCHAR" for key in keys}
        records = [manifest_columns(position, row) for position, row in enumerate(rows)]
        write_parquet(self._place / MANIFEST, records, columns, per_group=RESULTS_PER_GROUP)

    def rows(self) -> list[Row]:
        """The rows of work, in order; none before the first plan."""
        path = self._place / MANIFEST
        require_sound(self._place, words=False)
        if not path.is_file():
            return []
        with engine() as opened:
            found = opened.execute(f"SELECT * FROM read_parquet({text_of(path)}) ORDER BY position")
            names = [column[0] for column in found.description]
            return [work_row(dict(zip(names, values, strict=True))) for values in found.fetchall()]

    # -- figures

    def figures(self) -> Figures:
        """What is stored now, in numbers."""
        with self._views() as opened:
            opened.execute(f"CREATE TEMP TABLE brief AS {BRIEF}")
            counts = opened.execute(COUNTS)
            names = [column[0] for column in counts.description]
            plain = dict(zip(names, counts.fetchone(), strict=True))
            return Figures(
                **plain,
                bands=dict(opened.execute(BANDS).fetchall()),
                no_total=dict(opened.execute(NO_TOTAL).fetchall()),
                errors=[ErrorCount(*values) for values in opened.execute(ERRORS).fetchall()],
                criteria=[CriterionCount(*values) for values in opened.execute(CRITERIA).fetchall()],
                alarms=dict(opened.execute(ALARMS).fetchall()),
            )

    # -- parts

    def compact(self, *, above: int = 0) -> Compacted:
        """Merge the parts and drop outcomes that newer ones have replaced, if the count of parts of results is above `above`."""
        require_sound(self._place, words=True)
        old = [*self._parts(CALLS), *self._parts(RESULTS)]
        if len(self._parts(RESULTS)) <= above:
            return Compacted(len(old), len(old))
        new: list[Path] = []
        with self._views(words=True) as opened:
            ids = [values[0] for values in opened.execute("SELECT id FROM newest ORDER BY id").fetchall()]
            for start in range(0, len(ids), ROWS_PER_PART):
                chunk = ids[start : start + ROWS_PER_PART]
                name = f"compact-{len(chunk)}-{digest_of([*chunk, *map(str, old)])}.parquet"
                between = f"id BETWEEN {text_of(chunk[0])} AND {text_of(chunk[-1])}"
                calls, results = COMPACT_CALLS.format(between=between), COMPACT_RESULTS.format(between=between)
                copy_to(self._place / CALLS / name, calls, per_group=CALLS_PER_GROUP, connection=opened)
                copy_to(self._place / RESULTS / name, results, per_group=RESULTS_PER_GROUP, connection=opened)
                new += [self._place / CALLS / name, self._place / RESULTS / name]
        for path in set(old) - set(new):
            path.unlink()
        return Compacted(len(old), len(new))

    def forget(self, marks: Mapping[str, str], *, keep_scores: bool = False) -> None:
        """Rewrite every part that holds one of these ids; with `keep_scores` points and figures stay under their marks."""
        self.tidy()  # what a killed process left half-written holds text too
        for name in (SPILL, DAMAGED):  # what was set aside cannot be searched
            shutil.rmtree(self._place / name, ignore_errors=True)
        kept = self._nameless(marks) if keep_scores else []
        if kept:
            self._write_results(f"forgotten-{len(kept)}-{digest_of(row.id for row in kept)}.parquet", kept)
        for path in self._parts(CALLS):
            rewrite_without(path, sorted(marks), per_group=CALLS_PER_GROUP)
        for path in self._parts(RESULTS):
            rewrite_without(path, sorted(marks), per_group=RESULTS_PER_GROUP)
        self.keep_rows(rows_without(self.rows(), marks, keep_scores=keep_scores))

    def _parts(self, folder: Path) -> list[Path]:
        return parts_in(self._place / folder)

    @contextmanager
    def _views(self, *, words: bool = False, whole: bool = True) -> Iterator[Any]:
        """The views of the run, without what is damaged; with `words` its Calls too, of these with `whole` every byte tried.

        Raises
        ------
        ConfigError
            It cannot be read.
        """
        import duckdb

        require_sound(self._place, words=words, whole=whole)
        try:
            with connect(self._place, words=words) as opened:
                yield opened
        except duckdb.Error as exc:
            raise unreadable(self._place, exc) from exc

    def _write_results(self, name: str, rows: Sequence[ResultRow]) -> None:
        columns = [result_columns(row) for row in rows]
        kinds = dict(RESULT_COLUMNS)
        for row in rows:
            for figure in row.figures:
                kinds.setdefault(figure, "DOUBLE")
        write_parquet(self._place / RESULTS / name, columns, kinds, per_group=RESULTS_PER_GROUP)

    def _nameless(self, marks: Mapping[str, str]) -> list[ResultRow]:
        """The newest results of these calls without what leads back to them."""
        with self._views() as opened:
            names = names_of(opened, "newest")[:-2]  # without file_name and file_row
            wanted = ", ".join(name_of(name) for name in names)
            found = opened.execute(
                f"SELECT {wanted} FROM newest WHERE status = ? AND id IN (SELECT unnest(?))", [OK, sorted(marks)]
            )
            read = row_reader(names)
            return [nameless(read(values), marks) for values in found.fetchall()]
