"""What runs in a worker's process: it prepares calls, hands out their windows, finishes them when their words come."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection

from qa_speech.batch.failures import failed
from qa_speech.batch.inbox import inbox_of
from qa_speech.batch.jobs import Task
from qa_speech.batch.messages import (
    Answers,
    Drop,
    Finished,
    PackedWindow,
    Prepare,
    ScoreAgain,
    SendMore,
    Started,
    ToWorker,
    Waits,
    Windows,
)
from qa_speech.batch.remote import Remote
from qa_speech.call import Call
from qa_speech.documents import decode
from qa_speech.engines.base import Window, WindowWords
from qa_speech.engines.guards import guard
from qa_speech.engines.silero import SileroDetector
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import Heard, Plan, Prepared, begin, finish, report, thin, wants_simplified
from qa_speech.settings import Settings
from qa_speech.store.base import with_row
from qa_speech.store.cards import RunScorecards
from qa_speech.store.records import Record, again, record_of

WINDOWS_AT_ONCE = 32
"""A call sends at most this many windows before it is asked for more: two hours of speech are 900 MB of windows."""


@dataclass(eq=False)
class OpenCall:
    """A call that waits for its words; so many windows were `sent`, `prepare_s` seconds were spent on it.

    `plans` are the windows that were asked again, after the first: None until the first are answered. No window is held: for its
    answer it is cut out of the recording once more.
    """

    row: Row
    card: str
    prepared: Prepared
    windows: Iterator[Window]
    prepare_s: float
    sent: int = 0
    plans: tuple[Plan, ...] | None = None


def main(link: Connection, task: Task) -> None:
    """Answer the driver's messages. Runs until it is ended."""
    inbox = inbox_of(link)
    worker = Worker(link, task)
    while True:
        worker.take(inbox.get())


class Worker:
    """The calls of one process that are not finished yet."""

    def __init__(self, link: Connection, task: Task) -> None:
        self._link = link
        self._task = task
        self._cards = RunScorecards(task.run)
        self._open: dict[int, OpenCall] = {}

    def take(self, message: ToWorker) -> None:
        """Do what the driver asks for, and tell it."""
        number = message.number
        if isinstance(message, Drop):
            self._open.pop(number, None)
        elif isinstance(message, SendMore):
            self._send_windows(number, self._open[number])
        else:
            self._link.send(Started(number))
            record = self._guarded(message)
            if record is None:
                self._link.send(Waits(number))
            else:
                self._open.pop(number, None)
                self._link.send(Finished(number, record))

    def _guarded(self, message: Prepare | ScoreAgain | Answers) -> Record | None:
        """The outcome of a call; None while words are still to come. Whatever goes wrong is an outcome."""
        row = self._open[message.number].row if isinstance(message, Answers) else message.row
        try:
            if isinstance(message, Prepare):
                return self._prepare(message)
            if isinstance(message, ScoreAgain):
                return self._score_again(message)
            return self._answered(message.number, message.words)
        except Exception as exc:
            return failed(row.id, row.path, exc)

    def _prepare(self, message: Prepare) -> Record | None:
        began = time.perf_counter()
        begun = begin_row(message.row, self._task.settings, self._task.remote)
        prepare_s = time.perf_counter() - began
        if isinstance(begun, Call):
            return self._scored(begun, message.card, time.perf_counter()).timed(prepare_s=prepare_s)
        opened = OpenCall(message.row, message.card, begun, begun.windows(), prepare_s)
        if not begun.plans:
            return self._finish(opened, Heard())
        self._open[message.number] = opened
        self._send_windows(message.number, opened)
        return None

    def _score_again(self, message: ScoreAgain) -> Record:
        call = with_row(decode(message.stored, Call, message.row.id), message.row)
        return again(report(call, self._cards.require(message.card)), message.kept)

    def _answered(self, number: int, words: list[WindowWords]) -> Record | None:
        """All windows so far have their words: those that came back thin are asked again, once."""
        opened = self._open[number]
        prepared = opened.prepared
        simplify = wants_simplified(self._task.settings)
        windows = prepared.windows((*prepared.plans, *(opened.plans or ())))
        heard = [guard(window, answer, simplify=simplify) for window, answer in zip(windows, words, strict=True)]
        count = len(prepared.plans)
        first, later = heard[:count], heard[count:]
        if opened.plans is None:
            opened.plans = thin(prepared, first)
            opened.windows = prepared.windows(opened.plans)
            if opened.plans:
                self._send_windows(number, opened)
                return None
        return self._finish(opened, Heard(first, opened.plans, later))

    def _finish(self, opened: OpenCall, heard: Heard) -> Record:
        """Words into the call, figures, score: what the store keeps."""
        began = time.perf_counter()
        call = finish(opened.prepared, heard, self._task.remote, self._task.settings)
        return self._scored(call, opened.card, began).timed(prepare_s=opened.prepare_s)

    def _scored(self, call: Call, card: str, began: float) -> Record:
        record = record_of(report(call, self._cards.require(card), keep=True))
        return record.timed(finish_s=time.perf_counter() - began)

    def _send_windows(self, number: int, opened: OpenCall) -> None:
        """The next windows, packed once here so that the driver only passes them on."""
        packed = []
        for window in islice(opened.windows, WINDOWS_AT_ONCE):
            opened.sent += 1
            packed.append(PackedWindow(window.duration, pickle.dumps(window, protocol=5)))
        left = len(opened.prepared.plans) + len(opened.plans or ()) - opened.sent
        self._link.send(Windows(number, packed, left))


def begin_row(row: Row, settings: Settings, recognizer: Remote | None) -> Prepared | Call:
    """A row up to the point where words are needed."""
    detector = SileroDetector()
    if recognizer is None:
        return begin(row.call_input, detector=detector, settings=settings, window_s=None)
    return begin(
        row.call_input,
        detector=detector,
        settings=settings,
        window_s=recognizer.window_s,
        least_pad_s=recognizer.traits.least_pad_s,
    )
