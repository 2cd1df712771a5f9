"""The runner: rows of work in, one stored outcome per row, whatever happens in between.

    rows → plan (manifest) → what is not done yet → pool → parts of the store → summary

Killed at any moment, it goes on where it was: only what was in flight or not yet flushed is done again.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.batch import work
from qa_speech.batch.cards import Book
from qa_speech.batch.jobs import Doer, Job
from qa_speech.batch.work import Need
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import MISSING, Row, stat_row
from qa_speech.settings import Batch, Settings
from qa_speech.store import parquet as store
from qa_speech.store.forget import forgotten, merge_parts
from qa_speech.store.records import OK, Entry
from qa_speech.store.summary import BYTES_PER_CALL, write_summary

TELL_S = 1.0
MANY_PARTS = 200
"""More parts than this are merged when a session has come to its end."""
LOG = "run.log"
Tell = Callable[[dict[str, Any]], None]


class Session(msgspec.Struct):
    """What one session of a run has done so far. `stopped`: why it ended before all was done, or ""."""

    rows: int = 0
    todo: int = 0
    scores: int = 0
    ok: int = 0
    failed: int = 0
    left: int = 0
    audio_s: float = 0.0
    elapsed_s: float = 0.0
    stopped: str = ""
    errors: dict[str, int] = {}


def run_batch(
    rows: Sequence[Row],
    out: str | Path,
    *,
    doer: Callable[[Path], Doer],
    settings: Settings | None = None,
    book: Book | None = None,
    recognizer: str = "",
    retry: bool = False,
    until: dt.datetime | None = None,
    tell: Tell = lambda event: None,
) -> Session:
    """Do every row that is not done yet; returns what was done.

    Parameters
    ----------
    rows
        From `find_rows`, or `store.read_manifest` to go on with a run.
    out
        Folder of the run; made if it is not there.
    doer
        Starts whatever does the work, given the folder of scorecards; not called when nothing is left to do.
    recognizer
        What tells the recogniser from others: the sha256 of its model; "" = words are not wanted.
    retry
        Do the failed rows again.
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
    settings, book, run = settings or Settings(), book or Book(), Path(out)
    run.mkdir(parents=True, exist_ok=True)
    with locked(run):
        store.tidy(run)
        merged = plan(run, rows)
        book.check(merged)
        driver = _Driver(run, merged, settings, book, recognizer, until, tell)
        return driver.go(doer, retry=retry)


def plan(run: Path, rows: Sequence[Row]) -> list[Row]:
    """Add rows to the manifest of a run: known ids are replaced in their place, new ones come after them."""
    old = store.read_manifest(run)
    gone = forgotten(run)
    fresh = {row.id: row for row in rows if not gone(row.id)}
    merged = [fresh.pop(row.id, row) for row in old] + list(fresh.values())
    if merged != old:
        store.write_manifest(run, merged)
    return merged


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """One process at a time works on a run.

    Raises
    ------
    ConfigError
        Another one does.
    """
    with (store.storable(run) / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise ConfigError(str(run), ["another process is working on this run"]) from exc
        yield


class _Driver:
    """One session: takes jobs out of the rows, takes outcomes in, stores them."""

    def __init__(
        self, run: Path, rows: Sequence[Row], settings: Settings, book: Book, recognizer: str,
        until: dt.datetime | None, tell: Tell,
    ) -> None:  # fmt: skip
        self.run, self.rows, self.settings, self.book = run, rows, settings, book
        self.options = work.options_key(settings, recognizer)
        self.until, self.tell = until, tell
        self.batch: Batch = settings.batch
        self.session = Session(rows=len(rows))
        self.began = self.told = self.flushed = time.monotonic()
        self.buffer: list[tuple[int, Entry]] = []
        self.open: dict[int, tuple[Need, str]] = {}
        self.leaders: dict[str, list[Need]] = {}
        self.copies: deque[Job] = deque()
        self.finished: dict[str, Entry | str] = {}
        self.later: list[tuple[Need, str, str]] = []
        self.postponed: list[Need] = []
        self.alike: tuple[str, int] = ("", 0)
        self.twins = work.Twins((), {}, self.options)

    def go(self, doer: Callable[[Path], Doer], *, retry: bool) -> Session:
        known = store.known(self.run)
        todo, scores = work.needs(self.rows, known, self.book, self.options, retry=retry)
        self.twins = work.Twins(todo, known, self.options)
        session = self.session
        session.todo, session.scores = len(todo), len(scores)
        self._say(
            "plan",
            rows=len(self.rows),
            todo=len(todo),
            scores=len(scores),
            done=len(self.rows) - len(todo) - len(scores),
        )
        if todo or scores:
            self._check_disk(len(todo))
            doing = doer(self.book.keep(self.run))
            try:
                self._work(doing, todo, scores)
            except KeyboardInterrupt:
                session.stopped = "interrupted"
                raise
            finally:
                doing.close()
                self._flush()
                self._end()
            if sum(1 for _ in (self.run / store.RESULTS).glob("*.parquet")) > MANY_PARTS:
                merge_parts(self.run)
        elif not (self.run / "summary.json").is_file():
            self._end()
        else:
            self._say("end", **msgspec.structs.asdict(session))
        return session

    def _work(self, doing: Doer, todo: list[Need], scores: list[Need]) -> None:
        self._take(doing.run(self._score_jobs(scores)))
        self._take(doing.run(self._jobs(todo)))
        waited = time.monotonic()
        while (self.copies or self.postponed) and not self._late():
            if not self.copies:
                if time.monotonic() - waited > self.batch.settle_limit_s:
                    break
                time.sleep(min(1.0, self.batch.settle_s))
            again, self.postponed = self.postponed, []
            self._take(doing.run(self._jobs(again)))

    # -- jobs

    def _score_jobs(self, needs: list[Need]) -> Iterator[Job]:
        by_id = {need.row.id: need for need in needs}
        for call_id, text, before in work.stored_calls(self.run, list(by_id)):
            if self._late():
                return
            need = by_id[call_id]
            self.open[need.number] = (need, before.get("share_key", ""))
            yield Job(need.number, need.row, need.card, text, before)

    def _jobs(self, needs: Iterable[Need]) -> Iterator[Job]:
        """What can be done now: growing files are put off, twins wait for the first of them."""
        for planned in needs:
            while self.copies:
                yield self.copies.popleft()
            if self._late():
                return
            need = msgspec.structs.replace(planned, row=stat_row(planned.row))
            if 0 <= time.time() - need.row.mtime_ns / 1e9 < self.batch.settle_s and need.row.bytes != MISSING:
                self.postponed.append(need)
                continue
            key = self.twins.key(need.row)
            if key and key in self.leaders:
                self.leaders[key].append(need)
                continue
            twin = self.finished.get(key) or self.twins.stored(key) if key else None
            if isinstance(twin, Entry):
                self._same_failure(need, key, twin)
            elif twin is not None:
                self.later.append((need, key, twin))
            else:
                self.open[need.number] = (need, key)
                if key:
                    self.leaders[key] = []
                yield Job(need.number, need.row, need.card)
        yield from self._of_stored_twins()
        while self.copies:
            yield self.copies.popleft()

    def _of_stored_twins(self) -> Iterator[Job]:
        """Rows whose recording is in the store under another id: one look for all of them."""
        if self._late() or not self.later:
            return
        self._flush()
        by_twin: dict[str, list[tuple[Need, str]]] = {}
        for need, key, twin in self.later:
            by_twin.setdefault(twin, []).append((need, key))
        self.later.clear()
        for twin, text, before in work.stored_calls(self.run, list(by_twin)):
            for need, key in by_twin[twin]:
                yield self._copy(need, key, text, twin, before)

    def _copy(self, need: Need, key: str, text: str, twin: str, before: dict[str, Any]) -> Job:
        self.open[need.number] = (need, key)
        kept: dict[str, Any] = {name: before[name] for name in ("prepare_s", "recognise_s") if name in before}
        return Job(need.number, need.row, need.card, text, {**kept, "copied_from": twin})

    def _late(self) -> bool:
        if self.session.stopped:
            return True
        if self.until is not None and dt.datetime.now(self.until.tzinfo) >= self.until:
            self.session.stopped = "until"
        return bool(self.session.stopped)

    # -- outcomes

    def _take(self, outcomes: Iterator[tuple[Job, Entry]]) -> None:
        for job, entry in outcomes:
            self._keep(job, entry)
            now = time.monotonic()
            if len(self.buffer) >= self.batch.flush_calls or now - self.flushed >= self.batch.flush_s:
                self._flush()
            if now - self.told >= TELL_S:
                self._progress()

    def _keep(self, job: Job, entry: Entry) -> None:
        """An outcome becomes final, unless its recording has changed meanwhile; its twins take it over."""
        need, key = self.open.pop(job.number)
        twins = self.leaders.pop(key, []) if key else []
        if not job.stored and stat_row(need.row) != need.row:
            self.postponed += [need, *twins]
            return
        entry = self._completed(need, key, entry)
        self._count(need, entry)
        self.buffer.append((need.number, entry))
        if key and not job.stored:
            self.finished[key] = entry.id if entry.row["status"] == OK else entry
        for twin in twins:
            if entry.row["status"] == OK:
                self.copies.append(self._copy(twin, key, entry.call, entry.id, entry.row))
            else:
                self._same_failure(twin, key, entry)

    def _same_failure(self, need: Need, key: str, first: Entry) -> None:
        """An equal recording has failed already, since this run was started."""
        row = {**first.row, "copied_from": first.id}
        same = self._completed(need, key, Entry(row))
        self._count(need, same, alike=False)
        self.buffer.append((need.number, same))

    def _completed(self, need: Need, key: str, entry: Entry) -> Entry:
        """The outcome with what only the runner knows."""
        row = need.row
        known = {
            "id": row.id, "path": row.path, "bytes": row.bytes, "mtime_ns": row.mtime_ns,
            "input_key": work.input_key(row, self.options), "score_key": need.score_key,
        }  # fmt: skip
        heard = entry.row.get("audio_sha256")
        if heard:
            key = key or work.share_key(row, heard, self.options)
        return Entry({**entry.row, **known, "share_key": key or None}, entry.call)

    def _count(self, need: Need, entry: Entry, *, alike: bool = True) -> None:
        session, row = self.session, entry.row
        if row["status"] == OK:
            session.ok += 1
            session.audio_s += row.get("duration_s") or 0.0
            self.alike = ("", 0)
            return
        session.failed += 1
        session.errors = {**session.errors, row["error"]: session.errors.get(row["error"], 0) + 1}
        self._log("failed", id=need.row.id, error=row["error"])
        cause = cause_of(row["error"], row["message"], need.row)
        count = self.alike[1] + 1 if self.alike[0] == cause else 1
        if alike:
            self.alike = (cause, count)
        if 0 < self.batch.stop_after <= self.alike[1] and not session.stopped:
            session.stopped = f"{count} failures in a row with one cause: {cause}"
            self._say("note", text=session.stopped)

    def _flush(self) -> None:
        """Store what is finished. Done twice it changes nothing."""
        self.flushed = time.monotonic()
        if not self.buffer:
            return
        store.write_part(self.run, [entry for _, entry in self.buffer], position=min(n for n, _ in self.buffer))
        self.buffer.clear()

    # -- telling

    def _check_disk(self, count: int) -> None:
        wanted = self.batch.min_free_disk_gb * 1e9 + count * BYTES_PER_CALL
        free = shutil.disk_usage(self.run).free
        if free < wanted:
            problem = (
                f"{free / 1e9:.1f} GB free, {wanted / 1e9:.1f} GB wanted for {count} calls (batch.min_free_disk_gb)"
            )
            raise ConfigError(str(self.run), [problem])

    def _progress(self) -> None:
        session = self.session
        self.told = time.monotonic()
        session.elapsed_s = elapsed = self.told - self.began
        done = session.ok + session.failed
        todo = session.todo + session.scores
        rate = done / elapsed if elapsed else 0.0
        self._say(
            "progress", done=done, todo=todo, ok=session.ok, failed=session.failed, elapsed_s=round(elapsed, 1),
            calls_per_h=round(rate * 3600, 1), x_realtime=round(session.audio_s / elapsed, 2) if elapsed else 0.0,
            eta_s=round((todo - done) / rate) if rate else None,
        )  # fmt: skip

    def _end(self) -> None:
        session = self.session
        session.left = session.todo + session.scores - session.ok - session.failed
        if session.todo or session.scores:
            self._progress()
        write_summary(self.run, session)
        self._say("end", **msgspec.structs.asdict(session))

    def _say(self, kind: str, **values: Any) -> None:
        event = {"event": kind, **values}
        if kind != "progress":
            self._log(kind, **values)
        self.tell(event)

    def _log(self, kind: str, **values: Any) -> None:
        """One JSON line; ids, classes and numbers, never what was said."""
        stamp = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        with (self.run / LOG).open("ab") as file:
            file.write(msgspec.json.encode({"time": stamp, "event": kind, **values}) + b"\n")


def cause_of(error: str, message: str, row: Row) -> str:
    """A failure without what is particular to its call, so that equal causes look alike.

    >>> cause_of("DecodeError", "/a/1.wav: holds 17 bytes", Row("1.wav", "/a/1.wav"))
    'DecodeError: …: holds # bytes'
    """
    for name in (row.path, row.id):
        message = message.replace(name, "…")
    return f"{error}: {re.sub(r'[0-9]+', '#', message)}"[:200]
