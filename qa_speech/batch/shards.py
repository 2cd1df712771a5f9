"""The rows of a run in shards: what one machine of a cluster is given at once.

Recordings that may be equal lie in one shard, so that whoever does it finds the equal ones without asking the others: those
of one size; where these are more than a shard takes, those that are alike in the middle too; then those of one content.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from qa_speech.batch.cards import Book
from qa_speech.batch.inline import Inline
from qa_speech.batch.jobs import Layout, Setup
from qa_speech.batch.journal import Journal
from qa_speech.batch.plan import plan
from qa_speech.batch.run import MANY_PARTS, Runner, check_disk
from qa_speech.batch.sharing import Sharing
from qa_speech.batch.work import Need, needs, options_key
from qa_speech.errors import ModelError, problem
from qa_speech.filenames import as_path
from qa_speech.files import sha256
from qa_speech.inputs.listing import MISSING
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings
from qa_speech.store.base import Known, Store
from qa_speech.store.folder import SUMMARY_JSON
from qa_speech.store.parquet import store_at
from qa_speech.store.records import OK
from qa_speech.store.summary import Session, write_summary

LEAST = 16
"""Rows a shard has at least, unless the run has fewer."""
SHARDS_PER_SHARE = 8
"""Shards that each actor gets in a short run, so that all of them end at about the same time."""
PROBE_BYTES = 4096
"""What is read of a recording to tell it from others of its size."""
MOST_EQUALS = 4096
"""Stored calls of the sizes of a shard that it is told of; of more than these an equal one may be recognised again."""
SAMPLE = 100
"""Rows that the layout of a machine is measured with, at most."""


class Shard(msgspec.Struct, frozen=True):
    """Rows to do, and the stored calls whose recordings may be equal to theirs."""

    number: int
    needs: list[Need]
    equals: list[Known] = []


@dataclass(frozen=True)
class Order:
    """What a cluster is to do; it pickles. `rows` lists the rows of work, in a process of its own; `scorecard` is for calls
    that no rule of the settings fits; `recognizer` tells the recogniser from others, "" = words are not wanted; `again`: the
    code for which everything is done again."""

    out: Path
    rows: Callable[[], Sequence[Row]]
    settings: Settings
    scorecard: str = "none"
    recognizer: str = ""
    retry: bool = False
    again: str = ""

    @property
    def options(self) -> str:
        """What a Call depends on besides its recording."""
        return options_key(self.settings, self.recognizer, self.again)


class LaidOut(msgspec.Struct, frozen=True):
    """How many rows there are, how many are in the shards, how many were scored again from their stored Calls; the sequence
    that the parts written from now on follow; rows to measure a layout with."""

    rows: int
    todo: int
    scored: Session
    sequence: int
    sample: list[Row]


def lay_out(order: Order, file: Path, shares: int) -> LaidOut:
    """Take in the rows, score stored Calls again where only that is wanted, and write the shards of all the others, one a line.

    Whatever this needs of memory goes with the process that calls it. `shares` is how many actors there will be.

    Raises
    ------
    ConfigError
        A scorecard is missing or wrong, marks of the run cannot be read, or the disk is too full to begin.
    ModelError
        Words are wanted, and no recogniser was chosen.
    """
    settings = order.settings
    store, book = store_at(order.out), Book(default=order.scorecard, rules=settings.scorecards)
    rows = list(order.rows())
    if not order.recognizer:
        require_recognizer(settings, rows)
    store.sync()
    store.tidy()
    merged = plan(store, rows)
    book.check(merged)
    known = store.known()
    found = needs(merged, known, book, order.options, retry=order.retry)
    todo = found.everything
    check_disk(store.place, settings.batch, len(todo))
    book.keep(store.place)
    scored = _scored(store, found.scores, order)
    store.sync()
    wanted = -(-len(todo) // (SHARDS_PER_SHARE * max(1, shares)))
    size = min(settings.batch.flush_calls, max(LEAST, wanted))
    with file.open("wb") as lines:
        for shard in shards_of(todo, known, size):
            lines.write(msgspec.json.encode(shard) + b"\n")
    sample = [need.row for need in todo[:: max(1, len(todo) // SAMPLE)][:SAMPLE]]
    return LaidOut(len(merged), len(todo), scored, store.next_sequence(), sample)


def require_recognizer(settings: Settings, rows: Iterable[Row]) -> None:
    """Nothing: a recogniser was chosen, or refused, or no row needs one.

    Raises
    ------
    ModelError
        Words are wanted, and no recogniser was chosen.
    """
    if settings.model is None and any(row.call_input.needs_recognizer for row in rows):
        what = problem("no recogniser chosen; give a folder or name, or --model none for everything but words")
        raise ModelError("--model", what)


def put_together(out: Path, session: Session) -> None:
    """Merge the parts of a run and write its summary. Whatever this needs of memory goes with the process that calls it."""
    store = store_at(out)
    store.sync()
    if session.todo or session.scores or not (store.place / SUMMARY_JSON).is_file():
        store.compact(above=MANY_PARTS)
        write_summary(store, session)


def _scored(store: Store, scores: list[Need], order: Order) -> Session:
    """Stored Calls scored again, here: that takes a millisecond each."""
    session = Session(scores=len(scores))
    if scores:
        sharing = Sharing((), {}, order.options)
        journal = Journal(store.place, session, lambda event: None)
        runner = Runner(store, session, sharing, order.options, order.settings.batch, None, journal)
        runner.rescore(Inline(Setup(order.settings, store.place, Layout(workers=0))), scores)
    return session


# -- cutting ----------------------------------------------------------------------------------------------------


def shards_of(todo: Sequence[Need], known: Mapping[str, Known], size: int) -> Iterator[Shard]:
    """Shards of `size` rows or somewhat more, in the order of the rows; recordings that may be equal are not parted."""
    sizes = {need.row.bytes for need in todo}
    stored: dict[int, list[Known]] = {}
    for one in known.values():
        if one.status == OK and one.share_key and one.bytes in sizes:
            stored.setdefault(one.bytes, []).append(one)
    number = 0
    shard: list[Need] = []
    for group in together(todo, size):
        shard += group
        if len(shard) >= size:
            yield Shard(number, shard, _equals(shard, stored))
            number += 1
            shard = []
    if shard:
        yield Shard(number, shard, _equals(shard, stored))


def _equals(shard: Sequence[Need], stored: Mapping[int, list[Known]]) -> list[Known]:
    equals = []
    for size in sorted({need.row.bytes for need in shard}):
        equals += stored.get(size, [])
    return equals[:MOST_EQUALS]


def together(todo: Iterable[Need], size: int) -> Iterator[list[Need]]:
    """Rows in groups that may hold equal recordings, in the order of their first rows."""
    for group in _grouped(todo, _size_of):
        if len(group) <= size:
            yield group
            continue
        for alike in _grouped(group, _middle_of):
            if len(alike) <= size:
                yield alike
            else:
                yield from _grouped(alike, _content_of)


def _grouped(todo: Iterable[Need], key: Callable[[Need], object]) -> list[list[Need]]:
    """Rows with one key together; one whose key is None is alone."""
    groups: dict[object, list[Need]] = {}
    for need in todo:
        found = key(need)
        groups.setdefault(("alone", need.number) if found is None else found, []).append(need)
    return list(groups.values())


def _size_of(need: Need) -> int | None:
    row = need.row
    if row.bytes == MISSING or row.transcript or row.path_customer:
        return None
    return row.bytes


def _middle_of(need: Need) -> bytes | None:
    try:
        with open(as_path(need.row.path), "rb") as file:
            file.seek(need.row.bytes // 2, os.SEEK_SET)
            return file.read(PROBE_BYTES)
    except OSError:
        return None


def _content_of(need: Need) -> str | None:
    try:
        return sha256(as_path(need.row.path))
    except OSError:
        return None
