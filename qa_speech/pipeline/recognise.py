"""Prepared recordings → Calls with words, windows of several calls in one recogniser batch.

prepared   [ call 1: 3 windows ][ call 2: 1 ][ failure ][ call 3: 2 ]
windows      1  1  1  2  .  3  3  →  recogniser  →  answers, in the order given
out        a call when its last window is answered and all before it are out; a failure in its place
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from qa_speech.call import Call
from qa_speech.engines.base import Recognizer, Window, WindowWords
from qa_speech.engines.guards import Guarded, guard
from qa_speech.errors import EngineError, QaSpeechError
from qa_speech.pipeline.finish import finish
from qa_speech.pipeline.prepare import Prepared, wants_simplified
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
            yield finish(outcome, [], None, settings) if isinstance(outcome, Prepared) else outcome
        return
    source = iter(prepared)
    line = _Line(recognizer, settings)
    while True:
        try:
            for answer in recognizer.recognize(line.windows(source)):
                line.take(answer)
                yield from line.ready()
            yield from line.ready()
            return
        except EngineError:
            if not line.waiting:
                raise
            yield from line.one_by_one()


def failure(call_id: str, path: str, exc: QaSpeechError) -> CallFailure:
    """An error of one recording as its outcome."""
    return CallFailure(call_id, path, type(exc).__name__, str(exc))


@dataclass(eq=False)
class _Waiting:
    """A prepared call with its answers so far, or an outcome that only waits for its place."""

    outcome: Prepared | Call | CallFailure
    answers: list[Guarded] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing more is to come for it."""
        return not isinstance(self.outcome, Prepared) or len(self.answers) == len(self.outcome.plans)


class _Line:
    """What is in flight: outcomes in the order given, and the windows that the recogniser has and has not answered."""

    def __init__(self, recognizer: Recognizer, settings: Settings) -> None:
        self.waiting: deque[_Waiting] = deque()
        self._sent: deque[Window] = deque()
        self._recognizer = recognizer
        self._settings = settings
        self._simplify = wants_simplified(settings)

    def windows(self, source: Iterator[Prepared | Call | CallFailure]) -> Iterator[Window]:
        """The windows of what comes, as the recogniser asks for them."""
        for outcome in source:
            self.waiting.append(_Waiting(outcome))
            if isinstance(outcome, Prepared):
                for window in outcome.windows():
                    self._sent.append(window)
                    yield window

    def take(self, answer: WindowWords) -> None:
        """The answer to the first window that has none."""
        guarded = guard(self._sent.popleft(), answer, simplify=self._simplify)
        first_open = next(entry for entry in self.waiting if not entry.complete)
        first_open.answers.append(guarded)

    def ready(self) -> Iterator[Call | CallFailure]:
        """What is complete, up to the first that is not."""
        while self.waiting and self.waiting[0].complete:
            entry = self.waiting.popleft()
            if isinstance(entry.outcome, Prepared):
                yield finish(entry.outcome, entry.answers, self._recognizer, self._settings)
            else:
                yield entry.outcome

    def one_by_one(self) -> Iterator[Call | CallFailure]:
        """All that waits, each call recognised again on its own."""
        self._sent.clear()
        while self.waiting:
            outcome = self.waiting.popleft().outcome
            yield self._alone(outcome) if isinstance(outcome, Prepared) else outcome

    def _alone(self, prepared: Prepared) -> Call | CallFailure:
        try:
            windows = list(prepared.windows())
            answers = zip(windows, self._recognizer.recognize(windows), strict=True)
            guarded = [guard(window, answer, simplify=self._simplify) for window, answer in answers]
            return finish(prepared, guarded, self._recognizer, self._settings)
        except EngineError as exc:
            return failure(prepared.call.recording.id, prepared.call.recording.path, exc)
