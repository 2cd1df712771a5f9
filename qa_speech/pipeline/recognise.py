"""Prepared recordings → Calls with words, windows of several calls in one recogniser batch.

prepared   [ call 1: 3 windows ][ call 2: 1 ][ failure ][ call 3: 2 ]
windows      1  1  1  2  .  3  3  2'  →  recogniser  →  answers, in the order given; 2' = thin, asked again (`again`)
out        a call when its last window is answered and all before it are out; a failure in its place
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from qa_speech.call import Call
from qa_speech.engines.base import Recognizer, Window, WindowWords
from qa_speech.engines.guards import Guarded, guard
from qa_speech.errors import EngineError, QaSpeechError, problem
from qa_speech.pipeline.again import Heard, thin
from qa_speech.pipeline.finish import finish
from qa_speech.pipeline.prepare import Plan, Prepared, wants_simplified
from qa_speech.scores import CallFailure
from qa_speech.settings import Settings


def recognise(
    prepared: Iterable[Prepared | Call | CallFailure], recognizer: Recognizer | None, *, settings: Settings
) -> Iterator[Call | CallFailure]:
    """Prepared recordings → Calls with words, in order; finished calls and failures pass through in their place.

    Only as many calls are in flight as the recogniser reads ahead. When a batch fails, its calls are tried again one
    by one, so that only the call that cannot be recognised fails.

    Raises
    ------
    EngineError
        The recogniser fails before it was given anything.
    """
    if recognizer is None:
        for outcome in prepared:
            yield finish(outcome, Heard(), None, settings) if isinstance(outcome, Prepared) else outcome
        return
    source = iter(prepared)
    line = _Line(recognizer, settings)
    while True:
        try:
            for answer in recognizer.recognize(line.windows(source)):
                line.take(answer)
                yield from line.ready()
            yield from line.ready()
            if not line.asks_again:
                return
        except EngineError:
            if not line.waiting:
                raise
            yield from line.one_by_one()


def answered(recognizer: Recognizer, windows: Iterable[Window], *, simplify: bool) -> Iterator[Guarded]:
    """What a recogniser says to windows, in order and past the guards; held are only those that it has read ahead.

    Raises
    ------
    EngineError
        It fails, or leaves out a window.
    """
    sent: deque[Window] = deque()

    def asked() -> Iterator[Window]:
        for window in windows:
            sent.append(window)
            yield window

    for answer in recognizer.recognize(asked()):
        yield guard(sent.popleft(), answer, simplify=simplify)
    if sent:
        raise EngineError("recognizer", problem("left {count} windows without an answer", count=len(sent)))


def failure(call_id: str, path: str, exc: QaSpeechError) -> CallFailure:
    """An error of one recording as its outcome."""
    return CallFailure(call_id, path, type(exc).__name__, str(exc))


@dataclass(eq=False)
class _Waiting:
    """A prepared call with its answers so far, or an outcome that only waits for its place.

    `plans` are the windows that were asked again: None as long as the first have not all been answered.
    """

    outcome: Prepared | Call | CallFailure
    first: list[Guarded] = field(default_factory=list)
    plans: tuple[Plan, ...] | None = None
    again: list[Guarded] = field(default_factory=list)

    def take(self, answer: Guarded) -> None:
        """The answer to the next of its windows."""
        taken = self.first if self.plans is None else self.again
        taken.append(answer)

    def plans_again(self) -> tuple[Plan, ...]:
        """The windows to be asked again, when the last of the first has just been answered."""
        if not isinstance(self.outcome, Prepared) or self.plans is not None:
            return ()
        if len(self.first) < len(self.outcome.plans):
            return ()
        self.plans = thin(self.outcome, self.first)
        return self.plans

    @property
    def complete(self) -> bool:
        """Whether nothing more is to come for it."""
        if not isinstance(self.outcome, Prepared) or not self.outcome.plans:
            return True
        return self.plans is not None and len(self.again) == len(self.plans)

    @property
    def heard(self) -> Heard:
        """All that was answered."""
        return Heard(self.first, self.plans or (), self.again)


class _Sent(NamedTuple):
    """A window that the recogniser has, and whose it is."""

    entry: _Waiting
    window: Window


class _Line:
    """What is in flight: outcomes in the order given, and the windows that the recogniser has and has not answered."""

    def __init__(self, recognizer: Recognizer, settings: Settings) -> None:
        self.waiting: deque[_Waiting] = deque()
        self._sent: deque[_Sent] = deque()
        self._again: deque[_Sent] = deque()
        self._recognizer = recognizer
        self._settings = settings
        self._simplify = wants_simplified(settings)

    def windows(self, source: Iterator[Prepared | Call | CallFailure]) -> Iterator[Window]:
        """The windows of what comes, as the recogniser asks for them; those asked again before new ones."""
        for outcome in source:
            entry = _Waiting(outcome)
            self.waiting.append(entry)
            if isinstance(outcome, Prepared):
                for window in outcome.windows():
                    yield self._send(_Sent(entry, window))
            while self._again:
                yield self._send(self._again.popleft())
        while self._again:
            yield self._send(self._again.popleft())

    @property
    def asks_again(self) -> bool:
        """Whether windows came back thin after the recogniser had asked for the last."""
        return bool(self._again)

    def _send(self, sent: _Sent) -> Window:
        self._sent.append(sent)
        return sent.window

    def take(self, answer: WindowWords) -> None:
        """The answer to the first window that has none."""
        entry, window = self._sent.popleft()
        entry.take(guard(window, answer, simplify=self._simplify))
        plans = entry.plans_again()
        if plans and isinstance(entry.outcome, Prepared):
            self._again += [_Sent(entry, window) for window in entry.outcome.windows(plans)]

    def ready(self) -> Iterator[Call | CallFailure]:
        """What is complete, up to the first that is not."""
        while self.waiting and self.waiting[0].complete:
            entry = self.waiting.popleft()
            if isinstance(entry.outcome, Prepared):
                yield finish(entry.outcome, entry.heard, self._recognizer, self._settings)
            else:
                yield entry.outcome

    def one_by_one(self) -> Iterator[Call | CallFailure]:
        """All that waits, each call recognised again on its own."""
        self._sent.clear()
        self._again.clear()
        while self.waiting:
            outcome = self.waiting.popleft().outcome
            yield self._alone(outcome) if isinstance(outcome, Prepared) else outcome

    def _alone(self, prepared: Prepared) -> Call | CallFailure:
        try:
            first = self._answers(prepared.windows())
            plans = thin(prepared, first)
            heard = Heard(first, plans, self._answers(prepared.windows(plans)))
            return finish(prepared, heard, self._recognizer, self._settings)
        except EngineError as exc:
            return failure(prepared.call.recording.id, prepared.call.recording.path, exc)

    def _answers(self, windows: Iterable[Window]) -> list[Guarded]:
        return list(answered(self._recognizer, windows, simplify=self._simplify))
