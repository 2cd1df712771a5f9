"""Public kit for tests: make calls by hand, fake engines and a fake store, check that a metric or engine keeps its promises.

Examples
--------
>>> call = make_call("agent@0-2: 您好，工号一零零一", "customer@2.5-4: 我想查话费", "agent: 好的")
>>> [(item.role.value, item.start, item.end) for item in call.utterances]
[('agent', 0.0, 2.0), ('customer', 2.5, 4.0), ('agent', 4.5, 5.0)]
"""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from qa_speech.batch.jobs import Done, Job
from qa_speech.call import Call, Recording, Role, Times, Utterance
from qa_speech.documents import decode, encode
from qa_speech.engines.base import ENGINE_RATE, Piece, Recognizer, Samples, Window, WindowWords
from qa_speech.language.script import CHARACTER_S, GAP_S, example_line, spread
from qa_speech.marks.fake import FakeMarks
from qa_speech.metrics import Metric
from qa_speech.pipeline import report
from qa_speech.scores import Measurement
from qa_speech.store.fake import FakeStore
from qa_speech.store.records import Record, record_of
from qa_speech.timeline import Segment, Timeline

_RATE = 8000
"""Hz, of a made call."""
_UNSPOKEN = re.compile(r"[\s，。？！、,.?!：；]")


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

    >>> call = make_call("agent@0-2: 您好", customer=[(3, 8)], duration=10)
    >>> [(said.role.value, said.end, said.text) for said in call.utterances]
    [('agent', 2.0, '您好'), ('customer', 8.0, None)]
    """
    utterances = _spoken(lines, probability)
    for role, spans in ((Role.AGENT, agent), (Role.CUSTOMER, customer)):
        utterances += [Utterance(role, float(start), float(end)) for start, end in spans]
    utterances.sort(key=lambda utterance: (utterance.start, utterance.end))
    if duration is None:
        last_end = max((utterance.end for utterance in utterances), default=0.0)
        duration = last_end + 1.0
    recording = Recording(
        id=call_id,
        sampling_rate=_RATE,
        num_samples=round(duration * _RATE),
        channels=(Role.AGENT, Role.CUSTOMER),
        layout="two_channel",
        metadata=metadata or {},
    )
    speech = _speech(utterances)
    return Call(recording, speech, tuple(utterances), times=times, language="zh", made_with={"recognizer": "by hand"})


def _spoken(lines: Iterable[str], probability: float) -> list[Utterance]:
    """The utterances of written lines; `probability` (0–1) is that of every word."""
    utterances = []
    clock_s = -GAP_S
    for line in lines:
        read = example_line(line)
        if read is None or read.text is None:
            raise ValueError(f"expected 'role: text' or 'role@start-end: text', got {line!r}")
        spoken = _UNSPOKEN.sub("", read.text)
        start = clock_s + GAP_S if read.start is None else read.start
        end = start + CHARACTER_S * max(1, len(spoken)) if read.end is None else read.end
        words = spread(spoken, start, end, probability)
        utterances.append(Utterance(Role(read.name), start, end, read.text, words))
        clock_s = end
    return utterances


def _speech(utterances: Sequence[Utterance]) -> dict[Role, Timeline]:
    """When each role speaks; both parties have a timeline, `unknown` only where it speaks."""
    speech: dict[Role, Timeline] = {}
    for role in Role:
        segments = [utterance.segment for utterance in utterances if utterance.role is role]
        if segments or role is not Role.UNKNOWN:
            speech[role] = Timeline(segments)
    return speech


class FakeRecognizer:
    """A recogniser that answers from a list, or with one 嗯 per window; it keeps the windows it was given.

    >>> import qa_speech
    >>> report = qa_speech.inspect_call("samples/gsm.wav", recognizer=FakeRecognizer(["您好"]))
    >>> report.call.utterances[0].text.startswith("您好")
    True
    """

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
            number = len(self.seen)
            text = self.answers[number] if number < len(self.answers) else "嗯"
            self.seen.append(window)
            yield WindowWords(spread(text, 0.0, window.duration, 0.9), avg_log_prob=-0.1, no_speech=0.01)


class FakeDoer:
    """A `batch.jobs.Doer` that opens no recording: every job gets the outcome of one made call, under its own id.

    >>> from qa_speech.batch.jobs import Job
    >>> from qa_speech.inputs.rows import Row
    >>> [(done.record.id, done.record.ok) for done in FakeDoer().run([Job(0, Row("a", "a.wav")), Job(1, Row("b", "b.wav"))])]
    [('a', True), ('b', True)]
    """

    def __init__(self) -> None:
        self._call = make_call("agent@0-2: 您好", "customer@3-5: 你好", call_id="made")
        self._row = record_of(report(self._call)).row

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """One outcome per job, in order."""
        for job in jobs:
            recording = msgspec.structs.replace(self._call.recording, id=job.row.id, path=job.row.path)
            text = encode(msgspec.structs.replace(self._call, recording=recording))
            digest = hashlib.sha256(text).hexdigest()
            row = msgspec.structs.replace(self._row, id=job.row.id, path=job.row.path, call_sha256=digest, figures={})
            yield Done(job, Record(row, text.decode()))

    def close(self) -> None:
        """Nothing was begun."""


def tone(duration_s: float, hz: float = 440.0, level_db: float = -20.0, rate: int = ENGINE_RATE) -> Samples:
    """A sine of `hz` Hz, float32, shape (n,), at `rate` Hz; `level_db` is its RMS in dBFS.

    >>> sound = tone(0.5, hz=1000, level_db=-20)
    >>> sound.shape, round(float(np.sqrt(np.mean(sound**2))), 3)
    ((8000,), 0.1)
    """
    clock = np.arange(round(duration_s * rate)) / rate
    wave = np.sin(2 * np.pi * hz * clock) * 10 ** (level_db / 20) * np.sqrt(2)
    samples: Samples = wave.astype(np.float32)
    return samples


def check_metric(metric: Metric, call: Call) -> None:
    """Raise AssertionError unless the metric keeps the promises of its line in the table.

    It has a title in Chinese and in English. The call is unchanged; the answer is the same twice, after pickling the
    function, and after a JSON round trip of the call; components are exactly those declared; evidence lies inside the
    call; None has a reason; an empty call is answered.

    >>> from qa_speech.metrics import metrics
    >>> check_metric(metrics()["silence"], make_call("agent@0-2: 您好", "customer@9-12: 你好"))
    """
    _check(bool(metric.zh and metric.en), f"{metric.name}: no title in Chinese and English (zh, en)")
    before = encode(call)
    empty = Call(Recording("empty"), {Role.AGENT: Timeline(), Role.CUSTOMER: Timeline()})
    choices: list[dict[str, Role]] = [{}]
    if metric.per_role:
        choices = [{"role": role} for role in Role]
    for params in choices:
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
        set(names) == set(metric.names),
        f"{metric.name}: components {names}, declared {metric.names}",
    )
    _check(found.value is not None or bool(found.reason), f"{metric.name}: None without a reason")
    last_word = max((utterance.end for utterance in call.utterances), default=0.0)
    latest = max(call.duration, last_word) + 1e-6
    for evidence in found.evidence:
        _check(evidence.end <= latest, f"{metric.name}: evidence outside the call: {evidence}")


def check_engine(recognizer: Recognizer) -> None:
    """Raise AssertionError unless the recogniser answers every window, in order, with words inside it.

    >>> check_engine(FakeRecognizer())
    """
    windows = []
    for number, length_s in enumerate((0.5, 2.0, 1.0)):
        pieces = (Piece(0.0, length_s, 0.0),)
        windows.append(Window(f"call-{number}", Role.AGENT, tone(length_s), pieces))
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


__all__ = ["FakeMarks", "FakeRecognizer", "FakeStore", "Segment", "check_engine", "check_metric", "make_call", "tone"]
