"""The pool for one process: the same pipeline, here. For tests, for the actors of `ray`, and for `--workers 0`.

Errors of a call and bugs become rows as in `pool`; what kills or hangs a process kills or hangs this one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from qa_speech.batch.jobs import Job, Setup
from qa_speech.batch.worker import Remote, begun, failed, scorecard_of
from qa_speech.store.records import Entry, again, entry

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard


class Inline:
    """A `jobs.Doer` in this process."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._recognizer: Any = None
        self._cards: dict[str, Scorecard | None] = {"": None}

    def start(self) -> None:
        """Load the recogniser.

        Raises
        ------
        ModelError
            It does not load.
        """
        if self._setup.make is not None:
            self._recognizer = self._setup.make(0)()

    @property
    def remote(self) -> Remote | None:
        """What calls record of the recogniser; None = no words."""
        return None if self._recognizer is None else Remote.of(self._recognizer)

    def close(self) -> None:
        """Let the recogniser go."""
        self._recognizer = None

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Entry]]:
        """One outcome per job, in order."""
        waiting: deque[Job] = deque()
        source = iter(jobs)
        retry: deque[Job] = deque()
        while True:
            try:
                yield from self._flow(source, retry, waiting)
            except Exception as exc:  # a bug in recognising: blame the call it was for, go on with the others
                if not waiting:
                    raise
                job = waiting.popleft()
                yield job, failed(job.row.id, job.row.path, exc)
                retry.extend(waiting)
                waiting.clear()
                continue
            return

    def _flow(self, source: Iterator[Job], retry: deque[Job], waiting: deque[Job]) -> Iterator[tuple[Job, Entry]]:
        from qa_speech.call import CallFailure
        from qa_speech.pipeline import recognise, report

        broken: dict[int, Entry] = {}
        spent: dict[int, float] = {}

        def prepared() -> Iterator[Any]:
            while (job := retry.popleft() if retry else next(source, None)) is not None:
                waiting.append(job)
                began = time.perf_counter()
                try:
                    item = self._prepared(job)
                except Exception as exc:
                    broken[job.number] = failed(job.row.id, job.row.path, exc)
                    item = CallFailure(job.row.id, job.row.path, "", "")
                if not job.stored:
                    spent[job.number] = time.perf_counter() - began
                yield item

        for outcome in recognise(prepared(), self._recognizer, settings=self._setup.settings):
            job = waiting[0]
            if job.number in broken:
                found = broken.pop(job.number)
            elif isinstance(outcome, CallFailure):
                found = entry(outcome)
            else:
                began = time.perf_counter()
                finished = report(outcome, scorecard_of(job.card, self._cards, self._setup.cards))
                found = again(finished, job.before) if job.stored else entry(finished)
                found.row["finish_s"] = time.perf_counter() - began
            if job.number in spent:
                found.row["prepare_s"] = spent.pop(job.number)
            waiting.popleft()
            yield job, found

    def _prepared(self, job: Job) -> Any:
        from qa_speech.call import Call, decode
        from qa_speech.store.parquet import with_row

        if job.stored:
            return with_row(decode(job.stored, Call, job.row.id), job.row)
        return begun(job.row, self._setup.settings, self.remote)
