"""The pool for one process: the same pipeline, here. For tests, for the actors of `ray`, and for `--workers 0`.

Errors of a call and bugs become rows as in `pool`; what kills or hangs a process kills or hangs this one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator

from qa_speech.batch.failures import failed
from qa_speech.batch.jobs import Done, Job, Setup
from qa_speech.batch.remote import Remote
from qa_speech.batch.worker import begin_row
from qa_speech.call import Call
from qa_speech.documents import decode
from qa_speech.engines.base import Recognizer
from qa_speech.pipeline import Prepared, recognise, report
from qa_speech.scores import CallFailure
from qa_speech.store.base import with_row
from qa_speech.store.cards import RunScorecards
from qa_speech.store.records import Record, again, record_of


class Inline:
    """A `jobs.Doer` in this process."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._recognizer: Recognizer | None = None
        self._cards = RunScorecards(setup.run)

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

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """One outcome per job, in order."""
        flow = _Flow(jobs)
        while True:
            try:
                yield from self._outcomes(flow)
            except Exception as exc:  # a bug in recognising: blame the call it was for, go on with the others
                if not flow.waiting:
                    raise
                yield flow.give_up(exc)
                continue
            return

    def _outcomes(self, flow: _Flow) -> Iterator[Done]:
        settings = self._setup.settings
        for outcome in recognise(self._prepared(flow), self._recognizer, settings=settings):
            job = flow.waiting[0]
            record = flow.broken.pop(job.number, None) or self._record(job, outcome)
            prepare_s = flow.prepare_s.pop(job.number, None)
            flow.waiting.popleft()
            yield Done(job, record.timed(prepare_s=prepare_s))

    def _prepared(self, flow: _Flow) -> Iterator[Prepared | Call | CallFailure]:
        while (job := flow.next()) is not None:
            flow.waiting.append(job)
            began = time.perf_counter()
            try:
                begun = self._begin(job)
            except Exception as exc:
                flow.broken[job.number] = failed(job.row.id, job.row.path, exc)
                begun = CallFailure(job.row.id, job.row.path, "", "")
            if not job.stored:
                flow.prepare_s[job.number] = time.perf_counter() - began
            yield begun

    def _begin(self, job: Job) -> Prepared | Call | CallFailure:
        if job.stored:
            return with_row(decode(job.stored, Call, job.row.id), job.row)
        return begin_row(job.row, self._setup.settings, self.remote)

    def _record(self, job: Job, outcome: Call | CallFailure) -> Record:
        if isinstance(outcome, CallFailure):
            return record_of(outcome)
        began = time.perf_counter()
        judged = report(outcome, self._cards.require(job.card), keep=not job.stored)
        record = again(judged, job.kept) if job.stored else record_of(judged)
        return record.timed(finish_s=time.perf_counter() - began)


class _Flow:
    """Jobs on their way through the pipeline: those it has taken (`waiting`, in order), and what is known of them."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._source = iter(jobs)
        self._again: deque[Job] = deque()
        self.waiting: deque[Job] = deque()
        self.broken: dict[int, Record] = {}
        self.prepare_s: dict[int, float] = {}

    def next(self) -> Job | None:
        """What to begin next: jobs that were interrupted first."""
        if self._again:
            return self._again.popleft()
        return next(self._source, None)

    def give_up(self, exc: Exception) -> Done:
        """The job that was being recognised has failed; those behind it begin again."""
        job = self.waiting.popleft()
        self._again.extend(self.waiting)
        self.waiting.clear()
        self.broken.clear()
        self.prepare_s.clear()
        return Done(job, failed(job.row.id, job.row.path, exc))
