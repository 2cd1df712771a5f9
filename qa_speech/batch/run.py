"""The runner: rows of work in, one stored outcome per row, whatever happens in between.

    rows → plan (manifest) → what is not done yet → pool → parts of the store → summary

Killed at any moment, it goes on where it was: only what was in flight or not yet flushed is done again.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from qa_speech.batch.cards import Book
from qa_speech.batch.failures import cause_of
from qa_speech.batch.jobs import Doer, Done, Job, StartDoer
from qa_speech.batch.journal import Journal, Tell
from qa_speech.batch.plan import BYTES_PER_CALL, GB, plan
from qa_speech.batch.sharing import Sharing, Taken
from qa_speech.batch.work import Need, Needs, needs, options_key, share_key
from qa_speech.errors import ConfigError, problem
from qa_speech.inputs.listing import MISSING
from qa_speech.inputs.rows import Row, stat_row
from qa_speech.settings import Batch, Settings
from qa_speech.store.base import Store
from qa_speech.store.folder import SUMMARY_JSON
from qa_speech.store.parquet import store_at
from qa_speech.store.records import Kept, Record
from qa_speech.store.summary import Session, write_summary

MANY_PARTS = 200
"""More parts than this are merged when a session has come to its end."""
LOOK_AGAIN_S = 1.0
"""How long to wait, at most, before growing recordings are looked at again."""


def run_batch(
    rows: Sequence[Row],
    out: Store | str | Path,
    *,
    doer: StartDoer,
    settings: Settings | None = None,
    book: Book | None = None,
    recognizer: str = "",
    retry: bool = False,
    again: str = "",
    until: dt.datetime | None = None,
    tell: Tell = lambda event: None,
) -> Session:
    """Do every row that is not done yet; returns what was done.

    Parameters
    ----------
    rows
        From `find_rows`, or `Store.rows` to go on with a run.
    out
        Folder of the run, made if it is not there; or its store.
    doer
        Starts whatever does the work, given the folder of the run; not called when nothing is left to do.
    recognizer
        What tells the recogniser from others: the sha256 of its model; "" = words are not wanted.
    retry
        Do the failed rows again.
    again
        The code for which every row of the run was asked to be done again; "" = never.
    until
        Take no further call after this time; the rest is for the next run.
    tell
        Called with events: ``plan``, ``progress``, ``note``, ``end``.

    Raises
    ------
    ConfigError
        The run is in use, the disk is too full to begin, or a scorecard is wrong.
    ModelError, EngineError
        The recogniser does not load, or cannot be kept running.
    OSError
        Results cannot be stored; what was stored stays valid.
    """
    settings, book, store = settings or Settings(), book or Book(), store_at(out)
    with store.locked():
        store.tidy()
        merged = plan(store, rows)
        book.check(merged)
        options = options_key(settings, recognizer, again)
        known = store.known()
        found = needs(merged, known, book, options, retry=retry)
        sharing = Sharing(found.everything, known, options)
        session = Session(rows=len(merged), todo=len(found.everything), scores=len(found.scores))
        journal = Journal(store.place, session, tell)
        runner = Runner(store, session, sharing, options, settings.batch, until, journal)
        runner.go(found, book, doer)
    return session


class Runner:
    """One session, or one shard of it: takes jobs out of the rows, takes outcomes in, stores them."""

    def __init__(
        self,
        store: Store,
        session: Session,
        sharing: Sharing,
        options: str,
        batch: Batch,
        until: dt.datetime | None,
        journal: Journal,
    ) -> None:
        self.store, self.session, self.sharing, self.options = store, session, sharing, options
        self.batch, self.until = batch, until
        self.journal = journal
        self.streak = _Streak()
        self.flushed = time.monotonic()
        self.buffer: list[Record] = []
        self.first_buffered: int | None = None
        self.taken: dict[int, Taken] = {}
        self.copies: deque[Job] = deque()
        self.later: dict[str, list[Taken]] = {}
        self.postponed: list[Need] = []

    def go(self, found: Needs, book: Book, start: StartDoer) -> None:
        session = self.session
        done = session.rows - session.todo - session.scores
        self.journal.say("plan", rows=session.rows, todo=session.todo, scores=session.scores, done=done)
        if found.everything or found.scores:
            check_disk(self.store.place, self.batch, session.todo)
            book.keep(self.store.place)
            doing = start(self.store.place)
            try:
                self._work(doing, found)
            except KeyboardInterrupt:
                session.stopped = "interrupted"
                raise
            finally:
                doing.close()
                self._flush()
                self._end()
            self.store.compact(above=MANY_PARTS)
        elif not (self.store.place / SUMMARY_JSON).is_file():
            self._end()
        else:
            self.journal.end()

    def rescore(self, doing: Doer, scores: list[Need]) -> None:
        """Score stored calls again and store what comes of it."""
        self._take(doing.run(self._score_jobs(scores)))
        self._flush()

    def shard(self, doing: Doer, todo: Sequence[Need]) -> None:
        """Do some rows and store them; `postponed` are those that may still be growing."""
        self._take(doing.run(self._jobs(todo)))
        while self.copies and not self._late():
            self._take(doing.run(self._jobs(())))
        self._flush()

    def _work(self, doing: Doer, found: Needs) -> None:
        self._take(doing.run(self._score_jobs(found.scores)))
        self._take(doing.run(self._jobs(found.everything)))
        waited_from = time.monotonic()
        while (self.copies or self.postponed) and not self._late():
            if not self.copies:
                if time.monotonic() - waited_from > self.batch.settle_limit_s:
                    break
                time.sleep(min(LOOK_AGAIN_S, self.batch.settle_s))
            again, self.postponed = self.postponed, []
            self._take(doing.run(self._jobs(again)))

    # -- jobs

    def _score_jobs(self, scores: list[Need]) -> Iterator[Job]:
        """Stored calls that need another score."""
        if not scores:
            return
        by_id = {need.row.id: need for need in scores}
        for stored in self.store.calls(list(by_id)):
            if self._late():
                return
            need = by_id[stored.id]
            self.taken[need.number] = Taken(need, stored.kept.share_key or "")
            yield Job(need.number, need.row, need.card, stored.text, stored.kept)

    def _jobs(self, planned: Iterable[Need]) -> Iterator[Job]:
        """What can be done now: growing files are put off, equal recordings wait for the first of them."""
        for one in planned:
            yield from self._take_copies()
            if self._late():
                return
            need = msgspec.structs.replace(one, row=stat_row(one.row))
            if self._may_be_growing(need.row):
                self.postponed.append(need)
            else:
                yield from self._job(Taken(need, self.sharing.key(need.row)))
        yield from self._of_stored_equals()
        yield from self._take_copies()

    def _job(self, taken: Taken) -> Iterator[Job]:
        """A row to do from the start, unless an equal recording spares the work."""
        need, key = taken
        if key and self.sharing.waits(need, key):
            return
        failed = self.sharing.failed(key)
        stored = self.sharing.stored(key)
        if failed is not None:
            self._same_failure(taken, failed)
        elif stored:
            self.later.setdefault(stored, []).append(taken)
        else:
            self.taken[need.number] = taken
            self.sharing.begin(key)
            yield Job(need.number, need.row, need.card)

    def _may_be_growing(self, row: Row) -> bool:
        age_s = time.time() - row.mtime_ns / 1e9
        return row.bytes != MISSING and 0 <= age_s < self.batch.settle_s

    def _take_copies(self) -> Iterator[Job]:
        while self.copies:
            yield self.copies.popleft()

    def _of_stored_equals(self) -> Iterator[Job]:
        """Rows whose recording is in the store under another id: one look for all of them."""
        if self._late() or not self.later:
            return
        self._flush()
        by_id, self.later = self.later, {}
        for stored in self.store.calls(list(by_id)):
            for taken in by_id[stored.id]:
                yield self._copy(taken, stored.text, stored.id, stored.kept)

    def _copy(self, taken: Taken, call: str, equal_id: str, kept: Kept) -> Job:
        """The Call of an equal recording taken over."""
        need = taken.need
        self.taken[need.number] = taken
        own = Kept(copied_from=equal_id, prepare_s=kept.prepare_s, recognise_s=kept.recognise_s)
        return Job(need.number, need.row, need.card, call, own)

    def _late(self) -> bool:
        """Whether no further call is taken."""
        session, until = self.session, self.until
        if not session.stopped and until is not None and dt.datetime.now(until.tzinfo) >= until:
            session.stopped = "until"
        return bool(session.stopped)

    # -- outcomes

    def _take(self, outcomes: Iterator[Done]) -> None:
        for job, record in outcomes:
            self._keep(job, record)
            waited_s = time.monotonic() - self.flushed
            if len(self.buffer) >= self.batch.flush_calls or waited_s >= self.batch.flush_s:
                self._flush()
            self.journal.progress_now_and_then()

    def _keep(self, job: Job, record: Record) -> None:
        """An outcome becomes final, unless its recording has changed meanwhile; equal recordings take it over."""
        taken = self.taken.pop(job.number)
        need, key = taken
        equals = self.sharing.end(key)
        if not job.stored and stat_row(need.row) != need.row:
            self.postponed += [need, *equals]
            return
        final = self._completed(taken, record)
        self._count(need, final)
        self._buffer(need, final)
        if not job.stored:
            self.sharing.done(key, final)
        for equal in equals:
            if final.ok:
                row = final.row
                kept = Kept(prepare_s=row.prepare_s, recognise_s=row.recognise_s)
                self.copies.append(self._copy(Taken(equal, key), final.call, final.id, kept))
            else:
                self._same_failure(Taken(equal, key), final)

    def _same_failure(self, taken: Taken, first: Record) -> None:
        """An equal recording has failed already since the run was started."""
        copied = Record(msgspec.structs.replace(first.row, copied_from=first.id))
        final = self._completed(taken, copied)
        self._count(taken.need, final, in_streak=False)
        self._buffer(taken.need, final)

    def _completed(self, taken: Taken, record: Record) -> Record:
        """The outcome with what only the runner knows."""
        need, key = taken
        heard = record.row.audio_sha256
        if not key and heard:
            key = share_key(need.row, heard, self.options)
        row = msgspec.structs.replace(record.row, id=need.row.id, share_key=key or None)
        return Record(row, record.call).of(need.source(self.options))

    def _count(self, need: Need, record: Record, *, in_streak: bool = True) -> None:
        session = self.session
        if record.ok:
            session.ok += 1
            session.audio_s += record.row.duration_s or 0.0
            self.streak.end()
            return
        error = record.row.error or ""
        session.failed += 1
        session.errors = {**session.errors, error: session.errors.get(error, 0) + 1}
        self.journal.log("failed", id=need.row.id, error=error)
        cause = cause_of(error, record.row.message or "", need.row)
        if in_streak:
            self.streak.add(cause)
        if 0 < self.batch.stop_after <= self.streak.count and not session.stopped:
            session.stopped = f"{self.streak.count} failures in a row with one cause: {cause}"
            self.journal.say("note", text=session.stopped)

    def _buffer(self, need: Need, record: Record) -> None:
        self.buffer.append(record)
        if self.first_buffered is None or need.number < self.first_buffered:
            self.first_buffered = need.number

    def _flush(self) -> None:
        """Store what is finished. Done twice it changes nothing."""
        self.flushed = time.monotonic()
        if self.buffer:
            self.store.append(self.buffer, position=self.first_buffered or 0)
            self.buffer.clear()
            self.first_buffered = None

    def _end(self) -> None:
        session = self.session
        planned = session.todo + session.scores
        session.left = planned - session.done
        if planned:
            self.journal.progress()
        write_summary(self.store, session)
        self.journal.end()


def check_disk(place: Path, batch: Batch, calls: int) -> None:
    """Nothing: there is room for so many calls.

    Raises
    ------
    ConfigError
        There is not.
    """
    wanted_gb = batch.min_free_disk_gb + calls * BYTES_PER_CALL / GB
    free_gb = shutil.disk_usage(place).free / GB
    if free_gb < wanted_gb:
        what = problem(
            "{free_gb:.1f} GB free, {wanted_gb:.1f} GB wanted for {calls} calls (batch.min_free_disk_gb)",
            free_gb=free_gb,
            wanted_gb=wanted_gb,
            calls=calls,
        )
        raise ConfigError(str(place), [what])


class _Streak:
    """Failures in a row that look alike."""

    def __init__(self) -> None:
        self.cause = ""
        self.count = 0

    def add(self, cause: str) -> None:
        """One more failure."""
        self.count = self.count + 1 if cause == self.cause else 1
        self.cause = cause

    def end(self) -> None:
        """A call has worked."""
        self.cause, self.count = "", 0
