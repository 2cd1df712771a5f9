"""Recognisers that are loaded once and shared: by threads, and by the tasks of a service.

tasks      t1  t2  t3  t4  t5 …        at most `calls` are inspected at a time, at most `waiting` more wait,
threads      [ 1 ][ 2 ]                whoever comes then is told so at once: `BusyError`
recognisers     [ r ]                  each hears a few windows of one call, then of the next
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from threading import BoundedSemaphore
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qa_speech.engines.base import Recognizer, Traits, Window, WindowWords, traits_of
from qa_speech.errors import BusyError, EngineError, problem
from qa_speech.pipeline.inspect import inspect_call
from qa_speech.scores import CallReport
from qa_speech.settings import Settings

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard

TURN = 8
"""Windows that a recogniser hears of one caller before it is another's turn, where it does not say how many it takes at once."""


class RecognizerPool:
    """A recogniser that many threads and tasks may use at once. It is a `Recognizer` itself: `inspect_call(path,
    recognizer=pool)` from any thread; `await pool.inspect(path)` from any task.

    Parameters
    ----------
    recognizers
        One, or several of one model: so many windows are heard at a time.
    calls
        How many recordings `inspect` works on at a time, each in a thread.
    waiting
        How many more may wait for their turn.

    Raises
    ------
    ValueError
        No recogniser, of different models, or no room for a call.

    Examples
    --------
    >>> import asyncio
    >>> from qa_speech.engines.registry import load_recognizer
    >>> async def two() -> list[str]:
    ...     with RecognizerPool([load_recognizer("demo")]) as pool:
    ...         reports = await asyncio.gather(pool.inspect("samples/gsm.wav"), pool.inspect("samples/slow-answer.ogg"))
    ...     return [report.id for report in reports]
    >>> asyncio.run(two())
    ['gsm.wav', 'slow-answer.ogg']
    """

    def __init__(self, recognizers: Sequence[Recognizer], *, calls: int = 2, waiting: int = 16) -> None:
        if not recognizers or calls < 1 or waiting < 0:
            raise ValueError(
                f"need a recogniser, calls >= 1 and waiting >= 0, got {len(recognizers)}, {calls}, {waiting}"
            )
        self._first = recognizers[0]
        if any(dict(one.made_with) != dict(self._first.made_with) for one in recognizers):
            raise ValueError("the recognisers of a pool have to be of one model with one set of options")
        self._free: SimpleQueue[Recognizer] = SimpleQueue()
        for one in recognizers:
            self._free.put(one)
        self._turn = traits_of(self._first).batch_size or TURN
        self._room = BoundedSemaphore(calls + waiting)
        self._most = calls + waiting
        self._threads = ThreadPoolExecutor(calls, thread_name_prefix="qa_speech")

    @property
    def made_with(self) -> Mapping[str, str]:
        """That of its recognisers."""
        return self._first.made_with

    @property
    def window_s(self) -> float:
        """Longest window it takes, in seconds."""
        return self._first.window_s

    @property
    def traits(self) -> Traits:
        """That of its recognisers."""
        return traits_of(self._first)

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """One answer per window, in the order given; other callers are heard in between."""
        source = iter(windows)
        while turn := list(islice(source, self._turn)):
            recognizer = self._free.get()
            try:
                answers = list(recognizer.recognize(turn))
            finally:
                self._free.put(recognizer)
            yield from answers

    async def inspect(
        self, path: str | Path, *, scorecard: Scorecard | None = None, settings: Settings | None = None
    ) -> CallReport:
        """`inspect_call` in a thread of the pool: the loop of the caller goes on meanwhile.

        Raises
        ------
        BusyError
            As many calls as may are inspected and waiting.
        QaSpeechError
            The recording cannot be used.
        EngineError
            The pool is closed.
        """
        if not self._room.acquire(blocking=False):
            what = problem("{most} calls are worked on or waiting, as many as may", most=self._most)
            raise BusyError("pool", what)
        work = partial(inspect_call, path, scorecard=scorecard, recognizer=self, settings=settings)
        try:
            future = self._threads.submit(work)
        except RuntimeError as exc:
            self._room.release()
            raise EngineError("pool", problem("it is closed")) from exc
        future.add_done_callback(self._left)
        return await asyncio.wrap_future(future)

    def _left(self, future: Future[CallReport]) -> None:
        """A call is done or given up: there is room for another."""
        self._room.release()

    def close(self) -> None:
        """Let what is being inspected end; what waits is given up."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
