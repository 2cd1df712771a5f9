"""A store in memory: what the real one has to answer, in plain Python. Part of the kit for tests, `qa_speech.testing`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.inputs.rows import Row
from qa_speech.store.base import (
    QUERY_LIMITS,
    Answer,
    Compacted,
    ErrorCount,
    Figures,
    Known,
    QueryLimits,
    Result,
    StoredCall,
    part_name,
    rows_without,
)
from qa_speech.store.counting import with_scores
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.records import FAILED, FORGOTTEN, OK, Kept, Record, ResultRow, Source, nameless

S_PER_H = 3600


class FakeStore:
    """A `base.Store` in memory.

    `parts` are the rows of its parts by name, as they were appended. Its log and summary still need a folder, `place`.

    >>> from pathlib import Path
    >>> from qa_speech.pipeline import report
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.testing import make_call
    >>> store = FakeStore(Path("run"))
    >>> part = store.append([record_of(report(make_call(agent=[(0, 2), (9, 12)], call_id="a")))])
    >>> [(result.row.id, result.row.figures["silence_longest_s"]) for result in store.results()]
    [('a', 7.0)]
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._rows: list[Row] = []
        self._lock = Lock()
        self._sequence = 0
        self.parts: dict[str, list[ResultRow]] = {}
        self._texts: dict[tuple[str, str | None], str] = {}

    @property
    def place(self) -> Path:
        """Folder of the run."""
        return self._place

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time works on it."""
        if not self._lock.acquire(blocking=False):
            raise ConfigError(str(self._place), [problem("another process is working on this run")])
        try:
            yield
        finally:
            self._lock.release()

    def tidy(self) -> None:
        """Nothing is ever half-written here."""

    def append(self, records: Sequence[Record], *, position: int = 0, now: dt.datetime | None = None) -> str:
        """Keep outcomes as one part; the same work done twice is one part. `position`: that of the first among the rows of work."""
        written_at = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
        name = part_name(records, position)
        self._sequence += 1
        columns = {"written_at": written_at, "sequence": self._sequence}
        self.parts[name] = [msgspec.structs.replace(record.row, **columns) for record in records]
        self._texts |= {(record.id, record.row.call_sha256): record.call for record in records if record.call}
        return name

    def rows(self) -> list[Row]:
        """The rows of work, in order."""
        return list(self._rows)

    def keep_rows(self, rows: Sequence[Row]) -> None:
        """Keep the rows of work."""
        self._rows = list(rows)

    def sync(self) -> None:
        """Nothing: all of it is here."""

    def next_sequence(self) -> int:
        """The sequence that the next part will have."""
        return self._sequence + 1

    def known(self) -> dict[str, Known]:
        """Every id's newest outcome, as much as the runner needs."""
        known = {}
        for row in self._newest():
            columns = msgspec.structs.asdict(row)
            known[row.id] = Known(*(columns[name] for name in Known.__struct_fields__))
        return known

    def results(self) -> Iterator[Result]:
        """Every id's newest outcome whole, in the order of the rows of work."""
        positions = {row.id: position for position, row in enumerate(self._rows)}
        for row in self._newest():
            position = positions.get(row.id)
            metadata = {} if position is None else self._rows[position].metadata
            yield Result(row, position, metadata)

    def calls(self, ids: Collection[str] | None = None) -> Iterator[StoredCall]:
        """The stored calls in the order of the rows of work."""
        for row in self._newest():
            text = self._texts.get((row.id, row.call_sha256))
            if text is not None and (ids is None or row.id in ids):
                source = msgspec.convert(row, Source, from_attributes=True)
                kept = msgspec.convert(row, Kept, from_attributes=True)
                yield StoredCall(row.id, text, row.scorecard_sha256, source, kept)

    def figures(self) -> Figures:
        """What is stored, counted one by one."""
        rows = self._newest()
        statuses = Counter(row.status for row in rows)
        copies = [row.copied_from for row in rows if row.copied_from is not None]
        seconds = 0.0
        ids = {row.id for row in self._rows}
        for row in rows:
            seconds += row.duration_s or 0.0
            ids.add(row.id)
        counted = Figures(
            stored=len(rows),
            ok=statuses[OK],
            failed=statuses[FAILED],
            forgotten=statuses[FORGOTTEN],
            audio_h=seconds / S_PER_H,
            scored=0,
            mean_total=None,
            min_total=None,
            passed=0,
            judged=0,
            to_review=0,
            copies=len(copies),
            rows=len(ids),
            bands={},
            no_total={},
            errors=_errors(rows),
            criteria=[],
        )
        return with_scores(counted, rows)

    def query(self, sql: str, limits: QueryLimits = QUERY_LIMITS) -> Answer:
        """Answered by a Parquet store with the same outcomes: a question in SQL needs tables."""
        with TemporaryDirectory() as name:
            tables = ParquetStore(Path(name))
            tables.keep_rows(self._rows)
            for position, row in enumerate(self._history()):
                record = Record(row, self._texts.get((row.id, row.call_sha256), ""))
                tables.append([record], position=position, now=row.written_at)
            answer = tables.query(sql, limits)
            return Answer(answer.names, iter(list(answer.rows)), answer.unmasked)

    def forget(self, marks: Mapping[str, str], *, keep_scores: bool = False) -> None:
        """Remove every trace of these ids; with `keep_scores` points and figures stay under their marks."""
        kept = []
        for row in self._newest():
            if row.id in marks and row.status == OK:
                kept.append(nameless(row, marks))
        parts = {name: _without(rows, marks) for name, rows in self.parts.items()}
        self.parts = {name: rows for name, rows in parts.items() if rows}
        if keep_scores and kept:
            self.parts["forgotten"] = kept
        self._texts = {key: text for key, text in self._texts.items() if key[0] not in marks}
        self._rows = rows_without(self._rows, marks, keep_scores=keep_scores)

    def compact(self, *, above: int = 0) -> Compacted:
        """Keep the newest outcomes alone, as one part, if the count of parts is more than `above`."""
        before = len(self.parts)
        if before > above:
            newest = self._newest()
            wanted = {(row.id, row.call_sha256) for row in newest}
            self._texts = {key: text for key, text in self._texts.items() if key in wanted}
            self.parts = {"compact": newest} if newest else {}
        return Compacted(before, len(self.parts))

    def _history(self) -> list[ResultRow]:
        return [row for rows in self.parts.values() for row in rows]

    def _newest(self) -> list[ResultRow]:
        """One outcome of each id, in the order of the rows of work."""
        newest = {row.id: row for row in sorted(self._history(), key=_written)}
        order = [row.id for row in self._rows if row.id in newest]
        others = sorted(newest.keys() - set(order))
        return [newest[call_id] for call_id in (*order, *others)]


def _without(rows: Sequence[ResultRow], gone: Collection[str]) -> list[ResultRow]:
    """The rows of calls that stay; none says any more that it was copied from a call that is gone."""
    left = []
    for row in rows:
        if row.copied_from in gone:
            row = msgspec.structs.replace(row, copied_from=None)
        if row.id not in gone:
            left.append(row)
    return left


def _written(row: ResultRow) -> tuple[int, dt.datetime]:
    """What orders the outcomes of one id."""
    return row.sequence or 0, row.written_at or dt.datetime.min


def _errors(rows: Sequence[ResultRow]) -> list[ErrorCount]:
    by_error: dict[str, list[ResultRow]] = {}
    for row in rows:
        if row.status == FAILED:
            by_error.setdefault(row.error or "", []).append(row)
    found = []
    for error, failures in by_error.items():
        example = min(failures, key=lambda row: row.id)
        found.append(ErrorCount(error, len(failures), example.id, example.message or ""))
    return sorted(found, key=lambda one: (-one.count, one.error))
