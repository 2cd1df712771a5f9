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

from qa_speech.batch.jobs import Job, Setup
from qa_speech.batch.process import Child, Flight, ending, free_memory_mb, memory_mb, spawn
from qa_speech.batch.worker import Remote, Task, prepare_main, recognise_main
from qa_speech.errors import EngineError
from qa_speech.store.records import Entry, failure

QUEUED_PER_WORKER = 2
"""One call is prepared while the next waits in the pipe."""
HELD_PER_WORKER = 16
TICK_S = 0.5
STRIKES = 3
"""A call that was in flight at this many deaths, though never the one worked on, is done alone as well."""
FAILED_STARTS = 3
DIED, TOO_LONG, TOO_BIG = "process_died", "time_limit", "memory_limit"


class Pool:
    """A `jobs.Doer` over processes of this machine; `start` first, `close` at the end.

    `note` is told in one line what went wrong with a process.
    """

    def __init__(self, setup: Setup, note: Callable[[str], None] = lambda line: None) -> None:
        self._setup = setup
        self._note = note
        self._task = Task(setup.settings, setup.cards)
        self._workers: list[Child] = []
        self._recognizers: list[Child] = []
        self._flights: dict[int, Flight] = {}
        self._suspects: deque[Flight] = deque()
        self._again: deque[Flight] = deque()
        self._waiting: deque[tuple[Flight, int]] = deque()
        self._finished: deque[tuple[Job, Entry]] = deque()
        self._batch_size = setup.layout.batch_size or 8
        self._failed_starts = 0
        self._looked = 0.0
        self.held_back = 0

    @property
    def remote(self) -> Remote | None:
        """What calls record of the recogniser; None = no words."""
        return self._task.remote

    def start(self) -> None:
        """Load the recogniser, then start the workers.

        Raises
        ------
        ModelError, EngineError
            The recogniser does not load: wrong for every call, so it is known before the first.
        """
        layout = self._setup.layout
        if self._setup.make is not None:
            self._recognizers = [self._recognizer(i) for i in range(max(1, layout.recognizers))]
            for child in self._recognizers:
                self._wait_until_ready(child)
        self._workers = [self._worker(i) for i in range(max(1, layout.workers))]

    def close(self) -> None:
        """End all processes at once; what is in flight is left undone."""
        for child in (*self._workers, *self._recognizers):
            child.process.kill()
        for child in (*self._workers, *self._recognizers):
            child.process.join()
            child.link.close()
        self._workers, self._recognizers = [], []
        self._flights.clear()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Entry]]:
        """One outcome per job, as they come; may be called again with more jobs."""
        source = iter(jobs)
        more = True
        while True:
            if more:
                more = self._dispatch(source)
            else:
                self._dispatch(iter(()))
            self._feed()
            while self._finished:
                yield self._finished.popleft()
            if not more and not self._flights and not self._suspects and not self._again:
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
            while more and self._has_room(worker) and not (self._suspects and index == 0):
                job = next(source, None)
                more = job is not None
                if job is not None:
                    self._give(worker, Flight(job, worker))
        return more

    def _next_for(self, worker: Child) -> Flight | None:
        """What has to be done again, alone or not."""
        if self._suspects and not worker.flights and not worker.retiring:
            return self._suspects.popleft()
        return self._again.popleft() if self._again and self._has_room(worker) else None

    def _has_room(self, worker: Child) -> bool:
        if worker.retiring or any(flight.alone for flight in worker.flights.values()):
            return False
        if worker.queued >= QUEUED_PER_WORKER or len(worker.flights) >= HELD_PER_WORKER:
            return False
        backlog = 2 * self._batch_size * max(1, len(self._recognizers))
        return len(self._waiting) < backlog and not (self.held_back and worker.flights)

    def _give(self, worker: Child, flight: Flight) -> None:
        job = flight.job
        fresh = Flight(job, worker, flight.alone, flight.strikes)
        self._flights[job.number] = worker.flights[job.number] = fresh
        worker.queued += 1
        if job.stored:
            self._send(worker, ("score", job.number, job.row, job.card, job.stored, dict(job.before)))
        else:
            self._send(worker, ("job", job.number, job.row, job.card))

    def _feed(self) -> None:
        """Give each idle recogniser a batch: the window that waited longest and those most like it in length."""
        for child in self._recognizers:
            if not child.ready or child.batch or not self._waiting:
                continue
            if len(self._waiting) < self._batch_size and any(worker.queued for worker in self._workers):
                continue  # more are on their way: a full batch costs hardly more than one window
            child.batch, child.busy_since = self._choose(), time.monotonic()
            self._send(child, ("batch", child.done, [flight.windows[k][1] for flight, k in child.batch]))

    def _choose(self) -> list[tuple[Flight, int]]:
        oldest = self._waiting[0][0]
        if oldest.alone:
            mine = [item for item in self._waiting if item[0] is oldest][: self._batch_size]
        else:
            first = oldest.windows[self._waiting[0][1]][0]
            others = [item for item in self._waiting if not item[0].alone]
            mine = others[:1] + sorted(others[1:], key=lambda item: abs(item[0].windows[item[1]][0] - first))
            mine = mine[: self._batch_size]
        taken = {(id(flight), k) for flight, k in mine}
        self._waiting = deque(item for item in self._waiting if (id(item[0]), item[1]) not in taken)
        return mine

    def _send(self, child: Child, message: tuple[Any, ...]) -> None:
        with suppress(OSError):  # it has died; its sentinel says so in a moment
            child.link.send(message)

    # -- taking in what is done

    def _listen(self) -> None:
        children = [*self._workers, *self._recognizers]
        by_handle: dict[Any, Child] = {child.link: child for child in children}
        by_handle |= {child.process.sentinel: child for child in children}
        ready = {id(child): child for child in (by_handle[item] for item in wait(list(by_handle), TICK_S))}
        for child in ready.values():
            try:
                while child.link.poll():
                    self._take(child, child.link.recv())
            except (EOFError, OSError):
                self._gone(child)

    def _take(self, child: Child, message: tuple[Any, ...]) -> None:
        kind, *rest = message
        if kind == "start":
            child.busy_with, child.busy_since = rest[0], time.monotonic()
        elif kind == "windows":
            self._windows(*rest)
        elif kind == "waits":
            child.queued, child.busy_with = child.queued - 1, None
        elif kind == "done":
            self._done(child, *rest)
        elif kind == "words":
            self._words(child, *rest)
        elif kind == "error":
            self._engine_error(child, *rest)
        elif kind == "ready":
            child.ready, self._failed_starts = True, 0
        elif kind == "refused":
            raise rest[0]

    def _windows(self, number: int, packed: list[tuple[float, bytes]], left: int) -> None:
        flight = self._flights.get(number)
        if flight is None:
            return
        flight.left = left
        for item in packed:
            k = len(flight.answers)
            flight.answers.append(None)
            flight.windows[k] = item
            self._waiting.append((flight, k))

    def _words(self, child: Child, _: int, answers: list[Any], seconds: float) -> None:
        batch, child.batch = child.batch, []
        child.done += 1
        for (flight, k), answer in zip(batch, answers, strict=True):
            if self._flights.get(flight.job.number) is not flight:
                continue  # its worker died meanwhile; it is on its way again
            flight.answers[k] = answer
            flight.windows.pop(k)
            flight.answered += 1
            flight.recognise_s += seconds / len(batch)
            if flight.answered == len(flight.answers):
                if flight.left:
                    self._send(flight.worker, ("more", flight.job.number))
                else:
                    flight.worker.queued += 1
                    self._send(flight.worker, ("words", flight.job.number, flight.answers))

    def _done(self, child: Child, number: int, entry: Entry) -> None:
        child.queued, child.busy_with, child.done = child.queued - 1, None, child.done + 1
        flight = self._flights.get(number)
        if flight is None or flight.worker is not child:
            return
        if flight.recognise_s:
            entry = Entry({**entry.row, "recognise_s": flight.recognise_s}, entry.call)
        self._finish(flight, entry)
        if child.done >= self._setup.limits.recycle_after > 0:
            child.retiring = True

    def _finish(self, flight: Flight, entry: Entry) -> None:
        self._forget(flight)
        self._finished.append((flight.job, entry))

    def _forget(self, flight: Flight) -> None:
        self._flights.pop(flight.job.number, None)
        flight.worker.flights.pop(flight.job.number, None)
        self._waiting = deque(item for item in self._waiting if item[0] is not flight)

    def _fail(self, flight: Flight, error: str, message: str) -> None:
        job = flight.job
        if flight.worker.flights.get(job.number) is flight and not flight.worker.killed_for:
            self._send(flight.worker, ("drop", job.number))
        self._finish(flight, failure(job.row.id, job.row.path, error, message))

    # -- when something goes wrong

    def _engine_error(self, child: Child, _: int, error: str, message: str) -> None:
        """A batch failed: its calls are tried again one by one, and one that was alone has failed."""
        batch, child.batch = child.batch, []
        child.done += 1
        self._isolate(batch, error, message, sure=True)

    def _isolate(self, batch: Sequence[tuple[Flight, int]], error: str, message: str, *, sure: bool) -> None:
        """Give up the call that was alone; have the others recognised alone. `sure`: one call in a batch is to blame."""
        flights = list({id(flight): flight for flight, _ in batch}.values())
        for flight in flights:
            if self._flights.get(flight.job.number) is not flight:
                continue
            if flight.alone or (sure and len(flights) == 1):
                self._fail(flight, error, message)
            else:
                flight.alone = True
                mine = [item for item in batch if item[0] is flight]
                mine += [item for item in self._waiting if item[0] is flight]
                self._waiting = deque([*mine, *(item for item in self._waiting if item[0] is not flight)])

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
        if worked_on and (flight.alone or why == TOO_LONG):
            self._fail(flight, why, how)
            return
        self._forget(flight)
        flight.strikes += 1
        flight.alone = flight.alone or worked_on or flight.strikes >= STRIKES
        (self._suspects if flight.alone else self._again).append(flight)

    def _watch(self) -> None:
        """Time and memory, once a second."""
        now = time.monotonic()
        if now - self._looked < 1:
            return
        self._looked = now
        limits = self._setup.limits
        for child in (*self._workers, *self._recognizers):
            allowed = limits.call_s if child.kind == "worker" else limits.window_s * len(child.batch)
            busy = child.busy_with is not None or child.batch
            if busy and 0 < allowed < now - child.busy_since:
                self._kill(child, TOO_LONG)
            elif limits.memory_mb and memory_mb(child.process.pid) > limits.memory_mb:
                self._kill(child, TOO_BIG)
        free = free_memory_mb()
        self.held_back = int(0 < free < limits.min_free_memory_mb)

    def _kill(self, child: Child, why: str) -> None:
        child.killed_for = why
        child.process.kill()

    def _replace(self, child: Child) -> None:
        if child.process.is_alive():
            child.process.kill()
        child.process.join()
        child.link.close()
        if child.kind == "worker":
            self._workers[child.index] = self._worker(child.index)
        elif self._failed_starts >= FAILED_STARTS:
            raise EngineError("recogniser", f"its process ended {FAILED_STARTS} times in a row while it was loading")
        else:
            self._recognizers[child.index] = self._recognizer(child.index)

    # -- starting processes

    def _worker(self, index: int) -> Child:
        return spawn("worker", index, prepare_main, self._task)

    def _recognizer(self, index: int) -> Child:
        assert self._setup.make is not None
        layout = self._setup.layout
        environment = {"OMP_NUM_THREADS": str(layout.threads)} if layout.threads else {}
        if layout.devices:
            environment["CUDA_VISIBLE_DEVICES"] = str(layout.devices[index])
        return spawn("recogniser", index, recognise_main, self._setup.make(index), self._batch_size, environment)

    def _wait_until_ready(self, child: Child) -> None:
        while not child.ready:
            try:
                message = child.link.recv()
            except (EOFError, OSError):
                child.process.join()
                how = ending(child.process.exitcode)
                raise EngineError("recogniser", f"its process ended {how} while it was loading") from None
            if message[0] == "ready":
                self._task = Task(self._setup.settings, self._setup.cards, message[1])
                if not self._setup.layout.batch_size:
                    self._batch_size = message[2]
            self._take(child, message)


ENDINGS = {TOO_LONG: "took longer than the time limit", TOO_BIG: "took more memory than the limit"}
