"""Processes that prepare calls, processes that recognise their windows, and a driver that survives them all.

Whoever dies, hangs or eats the memory is replaced, and its calls are done again; the call that does it again when it
is alone in its process gets a failure row, and no other call suffers. A time limit names its call at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any

from qa_speech.batch.backlog import Backlog
from qa_speech.batch.child import ONE_THREAD
from qa_speech.batch.jobs import Done, Job, Setup, Task
from qa_speech.batch.messages import (
    Answers,
    BatchFailed,
    Drop,
    Finished,
    Heard,
    Message,
    Prepare,
    Ready,
    Recognise,
    Refused,
    ScoreAgain,
    SendMore,
    Started,
    Waits,
    Windows,
)
from qa_speech.batch.process import (
    Child,
    Flight,
    PendingWindow,
    ending,
    first_words,
    free_memory_mb,
    memory_mb,
    recogniser_environment,
    spawn,
)
from qa_speech.batch.remote import Remote
from qa_speech.errors import EngineError, problem
from qa_speech.store.records import Record, failure

QUEUED_PER_WORKER = 2
"""One call is prepared while the next waits in the pipe."""
HELD_PER_WORKER = 16
BATCH_SIZE = 8
"""Windows at once, where neither the layout nor the recogniser says."""
TICK_S = 0.5
WATCH_EVERY_S = 1.0
STRIKES = 3
"""A call that was in flight at this many deaths, though never the one worked on, is done alone as well."""
HOPELESS = 6
"""A call that was alone in its process is given up after so many deaths, though none of them has even begun with it."""
FAILED_STARTS = 3
DIED, TOO_LONG, TOO_BIG = "process_died", "time_limit", "memory_limit"
ENDINGS = {TOO_LONG: "took longer than the time limit", TOO_BIG: "took more memory than the limit"}


class Pool:
    """A `jobs.Doer` over processes of this machine; `start` first, `close` at the end.

    `note` is told in one line what went wrong with a process.
    """

    def __init__(self, setup: Setup, note: Callable[[str], None] = lambda line: None) -> None:
        self._setup = setup
        self._note = note
        self._task = Task(setup.settings, setup.run)
        self._workers: list[Child] = []
        self._recognizers: list[Child] = []
        self._flights: dict[int, Flight] = {}
        self._suspects: deque[Flight] = deque()
        self._again: deque[Flight] = deque()
        self._backlog = Backlog()
        self._finished: deque[Done] = deque()
        self._batch_size = setup.layout.batch_size or BATCH_SIZE
        self._failed_starts = 0
        self._watched = 0.0
        self._short_of_memory = False

    @property
    def remote(self) -> Remote | None:
        """What calls record of the recogniser; None = no words."""
        return self._task.remote

    @property
    def children(self) -> list[Child]:
        """All its processes: workers, then recognisers."""
        return [*self._workers, *self._recognizers]

    def start(self) -> None:
        """Load the recogniser, then start the workers.

        Raises
        ------
        ModelError, EngineError
            The recogniser does not load: wrong for every call, so it is known before the first.
        """
        layout = self._setup.layout
        if self._setup.make is not None:
            self._recognizers = [self._new_recognizer(index) for index in range(max(1, layout.recognizers))]
            for child in self._recognizers:
                self._wait_until_ready(child)
        self._workers = [self._new_worker(index) for index in range(max(1, layout.workers))]

    def close(self) -> None:
        """End all processes at once; what is in flight is left undone."""
        for child in self.children:
            child.process.kill()
        for child in self.children:
            child.process.join()
            child.link.close()
        self._workers, self._recognizers = [], []
        self._flights.clear()

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """One outcome per job, as they come; may be called again with more jobs."""
        source = iter(jobs)
        more = True
        while True:
            if more:
                more = self._dispatch(source)
            else:
                self._dispatch(iter(()))  # what has to be done again
            self._feed()
            while self._finished:
                yield self._finished.popleft()
            if not (more or self._flights or self._suspects or self._again):
                return
            self._listen()
            self._watch()

    # -- giving out work

    def _dispatch(self, source: Iterator[Job]) -> bool:
        """Fill the workers; False when there are no more jobs."""
        more = True
        for index in range(len(self._workers)):
            if self._workers[index].retiring and not self._workers[index].flights:
                self._replace(self._workers[index])
            worker = self._workers[index]
            while (flight := self._next_for(worker)) is not None:
                self._give(worker, flight)
            kept_free = bool(self._suspects) and index == 0
            while more and not kept_free and self._has_room(worker):
                job = next(source, None)
                if job is None:
                    more = False
                else:
                    self._give(worker, Flight(job, worker))
        return more

    def _next_for(self, worker: Child) -> Flight | None:
        """What has to be done again, alone or not."""
        if self._suspects and not worker.flights and not worker.retiring:
            return self._suspects.popleft()
        if self._again and self._has_room(worker):
            return self._again.popleft()
        return None

    def _has_room(self, worker: Child) -> bool:
        if worker.retiring or any(flight.alone for flight in worker.flights.values()):
            return False
        if worker.queued >= QUEUED_PER_WORKER or len(worker.flights) >= HELD_PER_WORKER:
            return False
        if self._short_of_memory and worker.flights:
            return False
        enough_windows = 2 * self._batch_size * max(1, len(self._recognizers))
        return len(self._backlog) < enough_windows

    def _give(self, worker: Child, flight: Flight) -> None:
        """A worker begins a job, from the start."""
        job = flight.job
        fresh = Flight(job, worker, flight.alone, flight.strikes)
        self._flights[job.number] = worker.flights[job.number] = fresh
        if job.stored:
            self._ask(worker, ScoreAgain(job.number, job.row, job.card, job.stored, job.kept))
        else:
            self._ask(worker, Prepare(job.number, job.row, job.card))

    def _feed(self) -> None:
        """Give each idle recogniser a batch."""
        for child in self._recognizers:
            if not child.ready or child.batch or not self._backlog:
                continue
            if len(self._backlog) < self._batch_size and any(worker.queued for worker in self._workers):
                continue  # more are on their way: a full batch costs hardly more than one window
            child.batch = self._backlog.take(self._batch_size)
            child.busy_since = time.monotonic()
            self._send(child, Recognise([pending.window.packed for pending in child.batch]))

    def _ask(self, worker: Child, message: Prepare | ScoreAgain | Answers) -> None:
        """Send what a worker answers by `Finished` or `Waits`."""
        worker.queued += 1
        self._send(worker, message)

    def _send(self, child: Child, message: Message) -> None:
        with suppress(OSError):  # it has died; its sentinel says so in a moment
            child.link.send(message)

    # -- taking in what is done

    def _listen(self) -> None:
        """Take what the children say, until there is something or a moment has passed."""
        by_handle: dict[Any, Child] = {}
        for child in self.children:
            by_handle[child.link] = child
            by_handle[child.process.sentinel] = child
        spoke = [by_handle[handle] for handle in wait(list(by_handle), TICK_S)]
        for child in dict.fromkeys(spoke):
            try:
                while child.link.poll():
                    self._take(child, child.link.recv())
            except (EOFError, OSError):
                self._gone(child)

    def _take(self, child: Child, message: Message) -> None:
        match message:
            case Started():
                child.busy_with, child.busy_since = message.number, time.monotonic()
            case Windows():
                self._windows(message)
            case Waits():
                child.idle_again()
            case Finished():
                self._done(child, message)
            case Heard():
                self._heard(child, message)
            case BatchFailed():
                # its calls are tried again one by one, and one that was alone has failed
                self._isolate(child.taken_back(), message.error, message.message, sure=True)
            case Ready():
                child.ready, self._failed_starts = True, 0
            case Refused():
                raise message.error

    def _windows(self, message: Windows) -> None:
        flight = self._flights.get(message.number)
        if flight is not None:
            flight.left = message.left
            self._backlog.add(flight, message.windows)

    def _heard(self, child: Child, message: Heard) -> None:
        batch = child.taken_back()
        for pending, words in zip(batch, message.words, strict=True):
            flight = pending.flight
            if not self._in_flight(flight):
                continue  # its worker died meanwhile; it is on its way again
            flight.answers[pending.index] = words
            flight.answered += 1
            flight.recognise_s += message.seconds / len(batch)
            if flight.answered == len(flight.answers):
                self._answered(flight)

    def _answered(self, flight: Flight) -> None:
        """All windows so far have their words."""
        if flight.left:
            self._send(flight.worker, SendMore(flight.job.number))
        else:
            self._ask(flight.worker, Answers(flight.job.number, flight.given()))

    def _done(self, child: Child, message: Finished) -> None:
        child.idle_again()
        child.done += 1
        flight = self._flights.get(message.number)
        if flight is None or flight.worker is not child:
            return
        record = message.record
        if flight.recognise_s:
            record = record.timed(recognise_s=flight.recognise_s)
        self._finish(flight, record)
        if child.done >= self._setup.limits.recycle_after > 0:
            child.retiring = True

    def _finish(self, flight: Flight, record: Record) -> None:
        self._forget(flight)
        self._finished.append(Done(flight.job, record))

    def _in_flight(self, flight: Flight) -> bool:
        return self._flights.get(flight.job.number) is flight

    def _forget(self, flight: Flight) -> None:
        self._flights.pop(flight.job.number, None)
        flight.worker.flights.pop(flight.job.number, None)
        self._backlog.drop(flight)

    def _fail(self, flight: Flight, error: str, message: str) -> None:
        job, worker = flight.job, flight.worker
        if worker.flights.get(job.number) is flight and not worker.killed_for:
            self._send(worker, Drop(job.number))
        self._finish(flight, failure(job.row.id, job.row.path, error, message))

    # -- when something goes wrong

    def _isolate(self, batch: Sequence[PendingWindow], error: str, message: str, *, sure: bool) -> None:
        """Give up the call that was alone; have the others recognised alone. `sure`: one call in a batch is to blame."""
        flights = list(dict.fromkeys(pending.flight for pending in batch))
        for flight in flights:
            if not self._in_flight(flight):
                continue
            if flight.alone or (sure and len(flights) == 1):
                self._fail(flight, error, message)
            else:
                flight.alone = True
                self._backlog.put_first(flight, batch)

    def _gone(self, child: Child) -> None:
        """A process has ended that should not have."""
        child.process.join()
        why = child.killed_for or DIED
        how = ENDINGS.get(why) or f"the process that worked on it ended {ending(child.process.exitcode)}"
        self._note(f"{child.kind} {child.index}: {how}")
        child.killed_for = why
        if child.kind == "recogniser":
            self._failed_starts += not child.ready
            self._isolate(child.batch, why, how, sure=why == TOO_LONG)
        else:
            for flight in list(child.flights.values()):
                self._survivor(flight, child, why, how)
        self._replace(child)

    def _survivor(self, flight: Flight, child: Child, why: str, how: str) -> None:
        """What becomes of a call whose worker has gone."""
        worked_on = flight.job.number == child.busy_with
        proven = worked_on or flight.strikes >= HOPELESS
        if (flight.alone and proven) or (worked_on and why == TOO_LONG):
            self._fail(flight, why, how)
            return
        self._forget(flight)
        flight.strikes += 1
        if flight.alone or worked_on or flight.strikes >= STRIKES:
            flight.alone = True
            self._suspects.append(flight)
        else:
            self._again.append(flight)

    def _watch(self) -> None:
        """Time and memory, once a second."""
        now = time.monotonic()
        if now - self._watched < WATCH_EVERY_S:
            return
        self._watched = now
        limits = self._setup.limits
        for child in self.children:
            if self._is_late(child, now):
                self._kill(child, TOO_LONG)
            elif limits.memory_mb and memory_mb(child.pid) > limits.memory_mb:
                self._kill(child, TOO_BIG)
        free_mb = free_memory_mb()
        self._short_of_memory = 0 < free_mb < limits.min_free_memory_mb

    def _is_late(self, child: Child, now: float) -> bool:
        limits = self._setup.limits
        allowed_s = limits.call_s if child.kind == "worker" else limits.window_s * len(child.batch)
        return child.busy and 0 < allowed_s < now - child.busy_since

    def _kill(self, child: Child, why: str) -> None:
        child.killed_for = why
        child.process.kill()

    # -- starting processes

    def _replace(self, child: Child) -> None:
        if child.process.is_alive():
            child.process.kill()
        child.process.join()
        child.link.close()
        if child.kind == "worker":
            self._workers[child.index] = self._new_worker(child.index)
        elif self._failed_starts >= FAILED_STARTS:
            what = problem("its process ended {count} times in a row while it was loading", count=FAILED_STARTS)
            raise EngineError("recogniser", what)
        else:
            self._recognizers[child.index] = self._new_recognizer(child.index)

    def _new_worker(self, index: int) -> Child:
        return spawn("worker", index, (self._task,), ONE_THREAD)

    def _new_recognizer(self, index: int) -> Child:
        assert self._setup.make is not None
        layout = self._setup.layout
        environment = recogniser_environment(layout.threads, layout.devices[index] if layout.devices else None)
        return spawn("recogniser", index, (self._setup.make(index), self._batch_size), environment)

    def _wait_until_ready(self, child: Child) -> None:
        while not child.ready:
            message = first_words(child)
            if isinstance(message, Ready):
                self._task = Task(self._setup.settings, self._setup.run, message.remote)
                if not self._setup.layout.batch_size:
                    self._batch_size = message.batch_size
            self._take(child, message)
