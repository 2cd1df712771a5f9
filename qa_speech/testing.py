"""Public kit for tests: make calls by hand, fake engines, check that a metric or engine keeps its promises.

Examples
--------
>>> call = make_call("agent@0-2: 您好，工号一零零一", "customer@2.5-4: 我想查话费", "agent: 好的")
>>> [(item.role.value, item.start, item.end) for item in call.utterances]
[('agent', 0.0, 2.0), ('customer', 2.5, 4.0), ('agent', 4.5, 5.0)]
"""

from __future__ import annotations

import datetime as dt
import pickle
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import msgspec
import numpy as np

from qa_speech.call import Call, Measurement, Recording, Role, Times, Utterance, Word, decode, encode
from qa_speech.engines.base import ENGINE_RATE, Recognizer, Samples, Window, WindowWords
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.metrics import Metric
from qa_speech.store.base import (
    SHOWN_CRITERIA,
    Answer,
    Compacted,
    CriterionCount,
    ErrorCount,
    Figures,
    Known,
    Result,
    StoredCall,
    part_name,
    rows_without,
)
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.records import FAILED, FORGOTTEN, OK, Kept, Record, ResultRow, Source, nameless
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


class FakeStore:
    """A `qa_speech.store.base.Store` in memory: what the real one has to answer, in plain Python.

    `parts` are the rows of its parts by name, as they were appended. Its log and summary still need a folder, `place`.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._rows: list[Row] = []
        self._lock = Lock()
        self.parts: dict[str, list[ResultRow]] = {}
        self._texts: dict[tuple[str, str | None], str] = {}

    @property
    def place(self) -> Path:
        """Folder of the run."""
        return self._place

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time works on it."""
        if not self._lock.acquire(blocking=False):
            raise ConfigError(str(self._place), ["another process is working on this run"])
        try:
            yield
        finally:
            self._lock.release()

    def tidy(self) -> None:
        """Nothing is ever half-written here."""

    def append(self, records: Sequence[Record], *, position: int = 0, now: dt.datetime | None = None) -> str:
        """Keep outcomes as one part; the same work done twice is one part."""
        written_at = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
        name = part_name(records, position)
        self.parts[name] = [msgspec.structs.replace(record.row, written_at=written_at) for record in records]
        self._texts |= {(record.id, record.row.call_sha256): record.call for record in records if record.call}
        return name

    def rows(self) -> list[Row]:
        """The rows of work, in order."""
        return list(self._rows)

    def keep_rows(self, rows: Sequence[Row]) -> None:
        """Keep the rows of work."""
        self._rows = list(rows)

    def known(self) -> dict[str, Known]:
        """Every id's newest outcome, as much as the runner needs."""
        known = {}
        for row in self._newest():
            columns = msgspec.structs.asdict(row)
            known[row.id] = Known(*(columns[name] for name in Known.__struct_fields__))
        return known

    def results(self) -> Iterator[Result]:
        """Every id's newest outcome whole, in the order of the rows of work."""
        positions = {row.id: position for position, row in enumerate(self._rows)}
        for row in self._newest():
            position = positions.get(row.id)
            metadata = {} if position is None else self._rows[position].metadata
            yield Result(row, position, metadata)

    def calls(self, ids: Collection[str] | None = None) -> Iterator[StoredCall]:
        """The stored calls in the order of the rows of work."""
        for row in self._newest():
            text = self._texts.get((row.id, row.call_sha256))
            if text is not None and (ids is None or row.id in ids):
                source = msgspec.convert(row, Source, from_attributes=True)
                kept = msgspec.convert(row, Kept, from_attributes=True)
                yield StoredCall(row.id, text, row.scorecard_sha256, source, kept)

    def figures(self) -> Figures:
        """What is stored, counted one by one."""
        rows = self._newest()
        totals = [row.total for row in rows if row.total is not None]
        judged = [row.passed for row in rows if row.passed is not None]
        statuses = Counter(row.status for row in rows)
        reasons = Counter(row.reason for row in rows if row.total is None and row.reason)
        return Figures(
            stored=len(rows),
            ok=statuses[OK],
            failed=statuses[FAILED],
            forgotten=statuses[FORGOTTEN],
            audio_h=sum(row.duration_s or 0.0 for row in rows) / 3600,
            scored=len(totals),
            mean_total=sum(totals) / len(totals) if totals else None,
            min_total=min(totals, default=None),
            passed=sum(judged),
            judged=len(judged),
            to_review=sum(row.to_review or 0 for row in rows),
            copies=sum(row.copied_from is not None for row in rows),
            rows=len({row.id for row in self._rows} | {row.id for row in rows}),
            bands=_bands(rows),
            no_total=dict(reasons.most_common()),
            errors=_errors(rows),
            criteria=_criteria(rows),
        )

    def query(self, sql: str) -> Answer:
        """Answered by a Parquet store with the same outcomes: a question in SQL needs tables."""
        with TemporaryDirectory() as name:
            tables = ParquetStore(Path(name))
            tables.keep_rows(self._rows)
            for position, row in enumerate(self._history()):
                record = Record(row, self._texts.get((row.id, row.call_sha256), ""))
                tables.append([record], position=position, now=row.written_at)
            answer = tables.query(sql)
            return Answer(answer.names, iter(list(answer.rows)))

    def forget(self, marks: Mapping[str, str], *, keep_scores: bool = False) -> None:
        """Remove every trace of these ids; with `keep_scores` points and figures stay under their marks."""
        kept = [nameless(row, marks) for row in self._newest() if row.id in marks and row.status == OK]
        for name, rows in list(self.parts.items()):
            self.parts[name] = [_not_copied(row, marks) for row in rows if row.id not in marks]
            if not self.parts[name]:
                del self.parts[name]
        if keep_scores and kept:
            self.parts["forgotten"] = kept
        self._texts = {key: text for key, text in self._texts.items() if key[0] not in marks}
        self._rows = rows_without(self._rows, marks, keep_scores=keep_scores)

    def compact(self, *, above: int = 0) -> Compacted:
        """Keep the newest outcomes alone, as one part, if there are more than `above`."""
        before = len(self.parts)
        if before > above:
            newest = self._newest()
            wanted = {(row.id, row.call_sha256) for row in newest}
            self._texts = {key: text for key, text in self._texts.items() if key in wanted}
            self.parts = {"compact": newest} if newest else {}
        return Compacted(before, len(self.parts))

    def _history(self) -> list[ResultRow]:
        return [row for rows in self.parts.values() for row in rows]

    def _newest(self) -> list[ResultRow]:
        """One outcome of each id, in the order of the rows of work."""
        newest = {row.id: row for row in sorted(self._history(), key=_written_at)}
        order = [row.id for row in self._rows if row.id in newest]
        others = sorted(newest.keys() - set(order))
        return [newest[call_id] for call_id in (*order, *others)]


def _not_copied(row: ResultRow, gone: Collection[str]) -> ResultRow:
    """An outcome that does not say that it was copied from a call that is gone."""
    return msgspec.structs.replace(row, copied_from=None) if row.copied_from in gone else row


def _written_at(row: ResultRow) -> dt.datetime:
    return row.written_at or dt.datetime.min


def _bands(rows: Sequence[ResultRow]) -> dict[str, int]:
    """How many calls are in each band, the best band first."""
    best: dict[str, float] = {}
    for row in rows:
        if row.band:
            best[row.band] = max(best.get(row.band, 0.0), row.total or 0.0)
    counts = Counter(row.band for row in rows)
    return {band: counts[band] for band in sorted(best, key=lambda band: -best[band])}


def _errors(rows: Sequence[ResultRow]) -> list[ErrorCount]:
    by_error: dict[str, list[ResultRow]] = {}
    for row in rows:
        if row.status == FAILED:
            by_error.setdefault(row.error or "", []).append(row)
    found = []
    for error, failures in by_error.items():
        example = min(failures, key=lambda row: row.id)
        found.append(ErrorCount(error, len(failures), example.id, example.message or ""))
    return sorted(found, key=lambda one: (-one.count, one.error))


def _criteria(rows: Sequence[ResultRow]) -> list[CriterionCount]:
    titles: dict[str, str] = {}
    failed: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for row in rows:
        for criterion in row.criteria or ():
            name = criterion.id or ""
            titles[name] = criterion.title or ""
            failed[name] += criterion.outcome == "fail"
            judged[name] += criterion.outcome in ("pass", "partial", "fail")
    found = [CriterionCount(titles[name], failed[name], judged[name]) for name in titles if failed[name]]
    found.sort(key=lambda one: (-one.failed, one.criterion))
    return found[:SHOWN_CRITERIA]


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
