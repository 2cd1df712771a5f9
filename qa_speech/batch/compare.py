"""Two scorecards over many stored calls, in several processes: each reads and judges a block of calls and sums it up."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from qa_speech.documents import Unread
from qa_speech.errors import QaSpeechError, problem
from qa_speech.scorecard.compare import Block, Comparison, compare, compared, comparison
from qa_speech.scorecard.score import Pair
from qa_speech.store.reports import unread_calls

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard

FEW = 512
"""Calls that one process has compared before another would have begun."""
BLOCK = 64
"""Calls that a process is given at a time."""
AHEAD = 2
"""Blocks for each process that are under way at a time: more would only fill the memory."""


def compare_stored(old: Scorecard, new: Scorecard, path: str | Path, *, workers: int | None = None) -> Comparison:
    """`qa_speech.scorecard.compare.compare` over the calls stored at `path`: the same result, sooner where there are many.

    Parameters
    ----------
    path : result folder, folder of a batch run, ``.json`` or ``.jsonl`` of calls
    workers : int, optional
        Processes, from 1 on; None = one for each core. Up to 512 calls are compared in this process alone.

    Raises
    ------
    ConfigError
        Nothing stored there, or a file in it is not a call.
    QaSpeechError
        A process was ended from outside.

    Examples
    --------
    >>> import qa_speech
    >>> card = qa_speech.load_scorecard("scorecards/quality-only.yaml")
    >>> qa_speech.write_call(qa_speech.inspect_call("samples/slow-answer.ogg").call, "stored.json")
    >>> compare_stored(card, card, "stored.json").calls[0].new_total
    71.0
    """
    workers = workers or len(os.sched_getaffinity(0))
    unread = unread_calls(path)
    first = list(islice(unread, FEW + 1))
    every = chain(first, unread)
    if workers == 1 or len(first) <= FEW:
        return compare(old, new, (read() for read in every))
    return comparison(old, new, _blocks(old, new, every, workers))


def _blocks(old: Scorecard, new: Scorecard, every: Iterator[Unread], workers: int) -> Iterator[Block]:
    """The calls under both cards, block by block, in their order."""
    # an interruption is this process's to answer: the others end with it
    pool = ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    running: deque[Future[Block]] = deque()
    try:
        while block := list(islice(every, BLOCK)):
            running.append(pool.submit(_judged, old, new, block))
            if len(running) >= AHEAD * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    except BrokenProcessPool as exc:
        raise QaSpeechError(problem("a process that compared calls was ended from outside; try fewer workers")) from exc
    finally:
        pool.shutdown(cancel_futures=True)


def _judged(old: Scorecard, new: Scorecard, block: Sequence[Unread]) -> Block:
    return compared(_pair(old, new), (read() for read in block))


@lru_cache(maxsize=1)
def _pair(old: Scorecard, new: Scorecard) -> Pair:
    """Both cards, compiled once in each process."""
    return Pair(old, new)
