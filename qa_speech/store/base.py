"""The seam of the store: what a run's outcomes are kept in, and what comes back.

Whoever runs, sums up, exports, forgets or reads a run knows `Store` alone. `parquet.ParquetStore` is the real one,
`qa_speech.testing.FakeStore` keeps everything in memory and is held to the same tests.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from qa_speech.call import Call
from qa_speech.documents import Unread, decode
from qa_speech.inputs.rows import Row
from qa_speech.store.records import Kept, Record, ResultRow, Source
from qa_speech.tables.dates import day_of

SHOWN_CRITERIA = 5
"""Criteria that `Figures` names: those that failed most often."""
KEPT_METADATA = ("agent", "team", "queue", "started_at")
"""Metadata that stays with the score of a forgotten call when scores are kept."""


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


class StoredCall(msgspec.Struct, frozen=True):
    """A Call as it is stored (`text`, JSON), and what its newest row says about it."""

    id: str
    text: str
    scorecard_sha256: str | None
    source: Source
    kept: Kept

    def decoded(self, row: Row | None = None) -> Call:
        """The Call, with what the row of work says about it now.

        Raises
        ------
        ConfigError
            What is stored is not a Call.
        """
        return with_row(decode(self.text, Call, self.id), row)


class Result(msgspec.Struct, frozen=True):
    """The newest outcome of one id, with its place among the rows of work (None = not among them) and its metadata of today."""

    row: ResultRow
    position: int | None = None
    metadata: Mapping[str, str] = {}


class ErrorCount(msgspec.Struct, frozen=True):
    """How often a class of failure occurred; an example and its message."""

    error: str
    count: int
    example: str
    message: str


class CriterionCount(msgspec.Struct, frozen=True):
    """How often a criterion failed, of how often it was judged."""

    criterion: str
    failed: int
    judged: int


class Figures(msgspec.Struct, frozen=True):
    """What is stored, in numbers. Totals are means over calls that have one; `audio_h` in hours; `judged` calls were passed
    or not; `copies` took over the Call of an equal recording; `rows` of work, done or not. Bands come best first, reasons
    of a missing total, errors and criteria most frequent first. `alarms`: in how many calls each rang, by its title."""

    stored: int
    ok: int
    failed: int
    forgotten: int
    audio_h: float
    scored: int
    mean_total: float | None
    min_total: float | None
    passed: int
    judged: int
    to_review: int
    copies: int
    rows: int
    bands: Mapping[str, int]
    no_total: Mapping[str, int]
    errors: Sequence[ErrorCount]
    criteria: Sequence[CriterionCount]
    alarms: Mapping[str, int] = {}

    @property
    def pass_rate(self) -> float | None:
        """0–1, of the calls that were judged passed or not."""
        return self.passed / self.judged if self.judged else None

    @property
    def left(self) -> int:
        """Rows of work without an outcome."""
        return self.rows - self.stored


class QueryLimits(msgspec.Struct, frozen=True):
    """What the answer to a question may take: `rows`, `seconds`, and `memory_mb` of the engine that looks for it."""

    rows: int = 100_000
    seconds: float = 60.0
    memory_mb: int = 300


QUERY_LIMITS = QueryLimits()


class Answer(msgspec.Struct, frozen=True):
    """The answer to a question in SQL; `unmasked`: it was asked of Calls, which hold every word as it was said."""

    names: Sequence[str]
    rows: Iterator[tuple[Any, ...]]
    unmasked: bool = False


class Compacted(msgspec.Struct, frozen=True):
    """How many parts there were, and are."""

    before: int
    after: int


class Store(Protocol):
    """The outcomes of one run. Of several outcomes of one id the newest counts."""

    @property
    def place(self) -> Path:
        """Folder of the run, where its log, summary and scorecards lie."""

    def locked(self) -> AbstractContextManager[None]:
        """One process at a time works on a run.

        Raises
        ------
        ConfigError
            Another one does.
        """

    def sync(self) -> None:
        """What other machines have stored is here, and what was stored here is there; nothing where all of it lies here.

        Raises
        ------
        OSError
            The place where it lies does not answer.
        """

    def tidy(self) -> None:
        """Remove what a killed process left half-written. Only for whoever works on the run alone."""

    def append(self, records: Sequence[Record], *, position: int = 0, now: dt.datetime | None = None) -> str:
        """Keep outcomes as one part: all of them or none. Returns its name, the same for the same work done twice.

        `position` is the place of the first one among the rows of work.

        Raises
        ------
        OSError
            They cannot be kept, e.g. for want of space.
        """

    def next_sequence(self) -> int:
        """The sequence that the next part will have: one more than the highest there is."""

    def known(self) -> dict[str, Known]:
        """Every id's newest outcome, as much as the runner needs."""

    def results(self) -> Iterator[Result]:
        """Every id's newest outcome whole, in the order of the rows of work."""

    def calls(self, ids: Collection[str] | None = None) -> Iterator[StoredCall]:
        """The stored calls in the order of the rows of work; with `ids` only these, in any order."""

    def rows(self) -> list[Row]:
        """The rows of work, in order; none before the first plan."""

    def keep_rows(self, rows: Sequence[Row]) -> None:
        """Keep the rows of work, whole or not at all."""

    def figures(self) -> Figures:
        """What is stored now, in numbers."""

    def query(self, sql: str, limits: QueryLimits = QUERY_LIMITS) -> Answer:
        """One SELECT over the views `results`, `manifest`, `calls` and `history`.

        Raises
        ------
        ConfigError
            It is something else, cannot be answered, or takes more than it may: also while its rows are taken.
        """

    def forget(self, marks: Mapping[str, str], *, keep_scores: bool = False) -> None:
        """Remove every trace of these ids; with `keep_scores` points and figures stay under their marks."""

    def compact(self, *, above: int = 0) -> Compacted:
        """Drop what newer outcomes have replaced and put the parts together, if their count is more than `above`."""


def with_row(call: Call, row: Row | None) -> Call:
    """The call with what its row of work says about it now."""
    if row is None:
        return call
    recording = msgspec.structs.replace(call.recording, id=row.id, path=row.path, metadata=dict(row.metadata))
    return msgspec.structs.replace(call, recording=recording)


def calls_of(store: Store) -> Iterator[Call]:
    """The calls of a run in the order of its rows, with their metadata of today: the iterator of `documents.read_calls`.

    >>> from pathlib import Path
    >>> from qa_speech.pipeline import report
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.testing import FakeStore, make_call
    >>> store = FakeStore(Path("run"))
    >>> part = store.append([record_of(report(make_call("agent: 您好", call_id="a")))])
    >>> [(call.id, call.utterances[0].text) for call in calls_of(store)]
    [('a', '您好')]
    """
    for read in unread_calls_of(store):
        yield read()


def unread_calls_of(store: Store) -> Iterator[Unread]:
    """What `calls_of` reads, not yet read."""
    rows = {row.id: row for row in store.rows()}
    for stored in store.calls():
        yield partial(stored.decoded, rows.get(stored.id))


def in_order(metadata: Collection[str]) -> list[str]:
    """The keys of metadata, those that people look for first.

    >>> in_order({"z", "queue", "agent"})
    ['agent', 'queue', 'z']
    """
    first = [key for key in KEPT_METADATA if key in metadata]
    return first + sorted(set(metadata) - set(first))


# -- what every store does alike --------------------------------------------------------------------------------


def part_name(records: Sequence[Record], position: int) -> str:
    """The same for the same rows and options, whenever and wherever they are done."""
    keys = sorted("\t".join((record.id, record.row.input_key or "", record.row.score_key or "")) for record in records)
    return f"{position:08d}-{len(records)}-{digest_of(keys)}.parquet"


def rows_without(rows: Iterable[Row], marks: Mapping[str, str], *, keep_scores: bool) -> list[Row]:
    """The rows of work without those that are marked; with `keep_scores` a nameless row stays for each."""
    left = []
    for row in rows:
        if row.id not in marks:
            left.append(row)
        elif keep_scores:
            metadata = {key: value for key, value in row.metadata.items() if key in KEPT_METADATA}
            if "started_at" in metadata:
                metadata["started_at"] = day_of(metadata["started_at"])  # the second would lead back to the call
            left.append(Row(marks[row.id], "", metadata=metadata))
    return left


def digest_of(texts: Iterable[str]) -> str:
    """A short hash of texts, for names of parts."""
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
