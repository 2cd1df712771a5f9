"""Public kit for tests: make calls by hand, fake engines and a fake store, check that a metric or engine keeps its promises.

Examples
--------
>>> call = make_call("agent@0-2: 您好，工号一零零一", "customer@2.5-4: 我想查话费", "agent: 好的")
>>> [(item.role.value, item.start, item.end) for item in call.utterances]
[('agent', 0.0, 2.0), ('customer', 2.5, 4.0), ('agent', 4.5, 5.0)]
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from qa_speech.call import Call, Measurement, Recording, Role, Times, Utterance, Word, decode, encode
from qa_speech.engines.base import ENGINE_RATE, Recognizer, Samples, Window, WindowWords
from qa_speech.metrics import Metric
from qa_speech.store.fake import FakeStore
from qa_speech.timeline import Segment, Timeline

_LINE = re.compile(r"(agent|customer|unknown)(?:@([\d.]+)-([\d.]+))?\s*[:：]\s?(.*)", re.DOTALL)
NOMINAL_SYLLABLE_S = 0.25
NOMINAL_GAP_S = 0.5


def make_call(
    *lines: str,
    agent: Iterable[tuple[float, float]] = (),
    customer: Iterable[tuple[float, float]] = (),
    duration: float | None = None,
    times: Times = "audio",
    call_id: str = "made",
    metadata: Mapping[str, str] | None = None,
    probability: float = 0.95,
) -> Call:
    """Make a two-channel call from lines ``role@start-end: text`` and/or bare speech segments.

    A line without times follows the one before after 0.5 s and lasts 0.25 s per character. `agent` and `customer`
    add speech without text. Words are single characters spread evenly over their utterance.
    """
    utterances: list[Utterance] = []
    clock = 0.0
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"expected 'role: text' or 'role@start-end: text', got {line!r}")
        role, start, end, text = match.groups()
        spoken = re.sub(r"[\s，。？！、,.?!：；]", "", text)
        begin = float(start) if start else (clock + NOMINAL_GAP_S if utterances else 0.0)
        finish = float(end) if end else begin + NOMINAL_SYLLABLE_S * max(1, len(spoken))
        utterances.append(Utterance(Role(role), begin, finish, text, _spread(spoken, begin, finish, probability)))
        clock = finish
    for role, spans in ((Role.AGENT, agent), (Role.CUSTOMER, customer)):
        utterances += [Utterance(role, float(start), float(end)) for start, end in spans]
    utterances.sort(key=lambda item: (item.start, item.end))
    speech = {
        role: Timeline(item.segment for item in utterances if item.role == role)
        for role in Role
        if role is not Role.UNKNOWN or any(item.role is role for item in utterances)
    }
    length = duration if duration is not None else max((item.end for item in utterances), default=0.0) + 1.0
    recording = Recording(
        id=call_id, path="", sampling_rate=8000, num_samples=round(length * 8000),
        channels=(Role.AGENT, Role.CUSTOMER), layout="two_channel", metadata=metadata or {},
    )  # fmt: skip
    return Call(recording, speech, tuple(utterances), times=times, language="zh", made_with={"recognizer": "by hand"})


def _spread(text: str, start: float, end: float, probability: float) -> tuple[Word, ...]:
    step = (end - start) / max(1, len(text))
    return tuple(
        Word(char, start + i * step, min(end, start + (i + 1) * step), probability) for i, char in enumerate(text)
    )


class FakeRecognizer:
    """A recogniser that answers from a list, or with one 嗯 per window; it keeps the windows it was given."""

    window_s = 30.0

    def __init__(self, answers: Sequence[str] = ()) -> None:
        self.answers = tuple(answers)
        self.seen: list[Window] = []

    @property
    def made_with(self) -> Mapping[str, str]:
        """Says that it is a fake."""
        return {"recognizer": "fake"}

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """The next answer, spread evenly over the window."""
        for window in windows:
            text = self.answers[len(self.seen)] if len(self.seen) < len(self.answers) else "嗯"
            self.seen.append(window)
            yield WindowWords(_spread(text, 0.0, window.duration, 0.9), avg_log_prob=-0.1, no_speech=0.01)


def tone(duration_s: float, hz: float = 440.0, level_db: float = -20.0, rate: int = ENGINE_RATE) -> Samples:
    """A sine, float32, shape (n,); `level_db` is its RMS in dBFS."""
    clock = np.arange(round(duration_s * rate)) / rate
    samples: Samples = (np.sin(2 * np.pi * hz * clock) * 10 ** (level_db / 20) * np.sqrt(2)).astype(np.float32)
    return samples


def check_metric(metric: Metric, call: Call) -> None:
    """Raise AssertionError unless the metric keeps the promises of its line in the table.

    The call is unchanged; the answer is the same twice, after pickling the function, and after a JSON round trip of
    the call; components are exactly those declared; evidence lies inside the call; None has a reason; an empty
    call is answered.
    """
    before = encode(call)
    empty = Call(Recording("empty"), {Role.AGENT: Timeline(), Role.CUSTOMER: Timeline()})
    for params in [{"role": role} for role in Role] if metric.per_role else [{}]:
        found = metric.function(call, **params)
        _promise(metric, found, call)
        again = pickle.loads(pickle.dumps(metric.function))(decode(before, Call), **params)
        _check(found == again, f"{metric.name}: not the same answer twice")
        _promise(metric, metric.function(empty, **params), empty)
    _check(encode(call) == before, f"{metric.name}: changed the call")


def _promise(metric: Metric, found: Measurement, call: Call) -> None:
    _check(found.unit == metric.unit, f"{metric.name}: unit {found.unit!r}, declared {metric.unit!r}")
    names = tuple(found.components)
    _check(
        set(names) == set(metric.components),
        f"{metric.name}: components {names}, declared {metric.components}",
    )
    _check(found.value is not None or bool(found.reason), f"{metric.name}: None without a reason")
    latest = max(call.duration, max((item.end for item in call.utterances), default=0.0)) + 1e-6
    for item in found.evidence:
        _check(item.end <= latest, f"{metric.name}: evidence outside the call: {item}")


def check_engine(recognizer: Recognizer) -> None:
    """Raise AssertionError unless the recogniser answers every window, in order, with words inside it."""
    from qa_speech.engines.base import Piece

    lengths = (0.5, 2.0, 1.0)
    windows = [
        Window(f"call-{i}", Role.AGENT, tone(length), (Piece(0.0, length, 0.0),)) for i, length in enumerate(lengths)
    ]
    answers = list(recognizer.recognize(iter(windows)))
    _check(len(answers) == len(windows), f"{len(windows)} windows, {len(answers)} answers")
    for window, answer in zip(windows, answers, strict=True):
        for word in answer.words:
            _check(word.end <= window.duration + 1e-6, f"word outside its window: {word}")
    _check(list(recognizer.recognize(iter(()))) == [], "no windows must give no answers")
    _check(bool(recognizer.made_with), "made_with must say what made the words")


def _check(kept: bool, problem: str) -> None:
    if not kept:
        raise AssertionError(problem)


__all__ = ["FakeRecognizer", "FakeStore", "Segment", "check_engine", "check_metric", "make_call", "tone"]
