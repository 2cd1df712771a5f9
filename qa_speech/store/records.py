"""What the store keeps of one outcome: a flat row for tables, and the Call as JSON apart from it.

A row holds no word that was said: quotes stay in the Call. Figures are named as scorecards name them, with ``_`` for ``.``
and ``:``; `silence`, `silence_longest_s`, `response_agent`, `response_agent_median_s`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Annotated, TypeAlias

import msgspec

from qa_speech.documents import encode
from qa_speech.files import code_sha256
from qa_speech.scores import (
    AlarmScore,
    CallFailure,
    CallReport,
    CriterionScore,
    Evidence,
    Measurement,
    Score,
    SectionScore,
)

OK, FAILED, FORGOTTEN = "ok", "failed", "forgotten"

Long: TypeAlias = Annotated[int, msgspec.Meta(extra={"sql": "BIGINT"})]
"""A whole number that may need 64 bits."""


class FindingRow(msgspec.Struct, frozen=True):
    """What the channel doctor found: `value` in `unit`, e.g. dB."""

    code: str | None = None
    channel: int | None = None
    value: float | None = None
    unit: str | None = None


class PlaceRow(msgspec.Struct, frozen=True):
    """Where the evidence of a criterion is, in seconds from the start of the call; what was said there is in the Call."""

    kind: str | None = None
    role: str | None = None
    start_s: float | None = None
    end_s: float | None = None


class CriterionRow(msgspec.Struct, frozen=True):
    """How one criterion came out."""

    id: str | None = None
    title: str | None = None
    section: str | None = None
    outcome: str | None = None
    points: float | None = None
    possible: float | None = None
    pending: bool | None = None
    fatal: str | None = None
    severity: str | None = None
    reason: str | None = None
    review: tuple[str, ...] | None = None
    places: tuple[PlaceRow, ...] | None = None


class AlarmRow(msgspec.Struct, frozen=True):
    """An alarm that rang, or (`raised` empty) could not be looked for, see `reason`."""

    id: str | None = None
    title: str | None = None
    severity: str | None = None
    raised: bool | None = None
    reason: str | None = None
    review: tuple[str, ...] | None = None
    places: tuple[PlaceRow, ...] | None = None


class SectionRow(msgspec.Struct, frozen=True):
    """The points of one section."""

    id: str | None = None
    points: float | None = None
    possible: float | None = None
    total: float | None = None


class UnmeasuredRow(msgspec.Struct, frozen=True):
    """A figure that could not be given, and why."""

    metric: str | None = None
    reason: str | None = None


class ResultRow(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome as it is stored. The fields are the columns that every part has, in this order; `figures` are the
    others, one DOUBLE per metric and component.

    `duration_s`, `prepare_s`, `recognise_s`, `finish_s` in seconds, `bytes` and `mtime_ns` (nanoseconds) of the recording's
    file, `coverage` 0–1, totals and points as in the scorecard. `low_reasons` says why each of `low_reliability` is low, in
    the same order; parts of earlier versions do not. `sequence` counts the parts of a run as they were written:
    of several outcomes of one id the one with the highest wins, whatever the clock said.
    """

    id: str
    written_at: dt.datetime | None = None
    status: str | None = None
    error: str | None = None
    message: str | None = None
    path: str | None = None
    bytes: Long | None = None
    mtime_ns: Long | None = None
    input_key: str | None = None
    share_key: str | None = None
    score_key: str | None = None
    audio_sha256: str | None = None
    call_sha256: str | None = None
    copied_from: str | None = None
    duration_s: float | None = None
    layout: str | None = None
    times: str | None = None
    language: str | None = None
    utterances: int | None = None
    words: int | None = None
    warnings: tuple[str, ...] | None = None
    findings: tuple[FindingRow, ...] | None = None
    scorecard: str | None = None
    scorecard_version: int | None = None
    scorecard_sha256: str | None = None
    total: float | None = None
    total_if_confirmed: float | None = None
    coverage: float | None = None
    band: str | None = None
    passed: bool | None = None
    scorable: bool | None = None
    reason: str | None = None
    to_review: int | None = None
    criteria: tuple[CriterionRow, ...] | None = None
    sections: tuple[SectionRow, ...] | None = None
    unmeasured: tuple[UnmeasuredRow, ...] | None = None
    low_reliability: tuple[str, ...] | None = None
    recognizer: str | None = None
    model: str | None = None
    model_sha256: str | None = None
    detector_sha256: str | None = None
    code_version: str | None = None
    code_sha256: str | None = None
    prepare_s: float | None = None
    recognise_s: float | None = None
    finish_s: float | None = None
    sequence: Long | None = None
    alarms: tuple[AlarmRow, ...] | None = None
    judged_points: float | None = None
    possible_points: float | None = None
    low_reasons: tuple[str, ...] | None = None
    figures: Mapping[str, float | None] = {}


COLUMNS = tuple(name for name in ResultRow.__struct_fields__ if name != "figures")
"""Names of the columns that every part has."""
PERSONAL = (
    "path",
    "message",
    "bytes",
    "mtime_ns",
    "input_key",
    "share_key",
    "audio_sha256",
    "call_sha256",
    "copied_from",
)
"""Columns that lead back to a call; they go when its scores are kept."""


class Source(msgspec.Struct, frozen=True):
    """What only the runner knows of an outcome: the recording's file as it was, and what the outcome depends on."""

    path: str | None = None
    bytes: int | None = None
    mtime_ns: int | None = None
    input_key: str | None = None
    score_key: str | None = None


class Kept(msgspec.Struct, frozen=True):
    """What a new row takes over when a stored Call is scored again: how the Call came about (times in seconds)."""

    call_sha256: str | None = None
    audio_sha256: str | None = None
    share_key: str | None = None
    copied_from: str | None = None
    prepare_s: float | None = None
    recognise_s: float | None = None


NOTHING_KEPT = Kept()


class Record(msgspec.Struct, frozen=True):
    """One outcome on its way into the store: the row, and the JSON of its Call ("" = none, or stored already)."""

    row: ResultRow
    call: str = ""

    @property
    def id(self) -> str:
        """The id of its row."""
        return self.row.id

    @property
    def ok(self) -> bool:
        """Whether it worked."""
        return self.row.status == OK

    def of(self, source: Source) -> Record:
        """The same, with what only the runner knows."""
        return self._with(msgspec.structs.asdict(source))

    def timed(
        self, *, prepare_s: float | None = None, recognise_s: float | None = None, finish_s: float | None = None
    ) -> Record:
        """The same, with the seconds it took; what is not given stays."""
        spent = {"prepare_s": prepare_s, "recognise_s": recognise_s, "finish_s": finish_s}
        return self._with({name: value for name, value in spent.items() if value is not None})

    def _with(self, columns: Mapping[str, object]) -> Record:
        return Record(msgspec.structs.replace(self.row, **columns), self.call)


def record_of(found: CallReport | CallFailure) -> Record:
    """An outcome as it is stored, without what only the runner knows.

    >>> import qa_speech
    >>> record = record_of(qa_speech.inspect_call("samples/slow-answer.ogg"))
    >>> record.row.status, record.row.figures["silence"], round(record.row.duration_s)
    ('ok', 5, 80)
    """
    if isinstance(found, CallFailure):
        return failure(found.id, found.path, found.error, found.message)
    call = encode(found.call)
    row = _row(found, hashlib.sha256(call).hexdigest())
    return Record(row, call.decode())


def failure(call_id: str, path: str, error: str, message: str) -> Record:
    """A row that did not work: class and cause."""
    return Record(ResultRow(id=call_id, path=path, status=FAILED, error=error, message=message))


def again(report: CallReport, kept: Kept) -> Record:
    """The outcome of scoring a stored Call.

    With the Call's own hash in `kept` the Call is not stored a second time; without it, it is another row's copy.
    """
    fresh = record_of(report)
    taken_over = {name: value for name, value in msgspec.structs.asdict(kept).items() if value is not None}
    row = msgspec.structs.replace(fresh.row, **taken_over)
    return Record(row, "" if kept.call_sha256 else fresh.call)


def nameless(row: ResultRow, marks: Mapping[str, str]) -> ResultRow:
    """A result under its mark, without what leads back to the call; figures that it does not have are left out."""
    figures = {name: value for name, value in row.figures.items() if value is not None}
    bare = msgspec.structs.replace(row, **dict.fromkeys(PERSONAL), figures=figures)
    return msgspec.structs.replace(bare, id=marks[row.id], status=FORGOTTEN)


def _row(report: CallReport, call_sha256: str) -> ResultRow:
    """The one place where a row is made of a report."""
    call, recording, made_with = report.call, report.call.recording, report.call.made_with
    measured = report.measurements
    low = {key: one.reliability_reason for key, one in measured.items() if one.reliability == "low"}
    row = ResultRow(
        id=call.id,
        status=OK,
        path=recording.path,
        audio_sha256=recording.sha256,
        call_sha256=call_sha256,
        duration_s=None if call.times == "nominal" else call.duration,
        layout=recording.layout,
        times=call.times,
        language=call.language,
        utterances=len(call.utterances),
        words=sum(len(utterance.words) for utterance in call.utterances),
        warnings=call.warnings,
        findings=tuple(FindingRow(one.code, one.channel, one.value, one.unit) for one in recording.findings),
        unmeasured=tuple(UnmeasuredRow(key, one.reason) for key, one in measured.items() if one.value is None),
        low_reliability=tuple(low),
        low_reasons=tuple(low.values()),
        recognizer=made_with.get("recognizer"),
        model=made_with.get("model"),
        model_sha256=made_with.get("model_sha256"),
        detector_sha256=made_with.get("detector_sha256"),
        code_version=made_with.get("qa_speech"),
        code_sha256=code_sha256(),
        figures=_figures(measured),
    )
    return row if report.score is None else with_score(row, report.score)


def with_score(row: ResultRow, score: Score) -> ResultRow:
    """The row with the columns that tell a score."""
    return msgspec.structs.replace(
        row,
        scorecard=score.scorecard_id,
        scorecard_version=score.scorecard_version,
        scorecard_sha256=score.scorecard_sha256,
        total=score.total,
        total_if_confirmed=score.total_if_confirmed,
        coverage=score.coverage,
        band=score.band,
        passed=score.passed,
        scorable=score.scorable,
        reason=score.reason,
        to_review=sum(criterion.pending for criterion in score.criteria),
        criteria=tuple(_criterion(criterion) for criterion in score.criteria),
        sections=tuple(_section(section) for section in score.sections),
        alarms=_alarms(score),
        judged_points=_given(score.judged_points),
        possible_points=_given(score.possible_points),
    )


def _given(points: float | msgspec.UnsetType) -> float | None:
    return points if isinstance(points, float) else None


def _criterion(criterion: CriterionScore) -> CriterionRow:
    return CriterionRow(
        id=criterion.id,
        title=criterion.title,
        section=criterion.section,
        outcome=criterion.outcome,
        points=criterion.points,
        possible=criterion.possible,
        pending=criterion.pending,
        fatal=criterion.fatal,
        severity=criterion.severity,
        reason=criterion.reason,
        review=criterion.review,
        places=_places(criterion.evidence),
    )


def _alarms(score: Score) -> tuple[AlarmRow, ...] | None:
    if isinstance(score.alarms, msgspec.UnsetType):
        return None
    return tuple(_alarm(alarm) for alarm in score.alarms)


def _alarm(alarm: AlarmScore) -> AlarmRow:
    places = _places(alarm.evidence)
    return AlarmRow(alarm.id, alarm.title, alarm.severity, alarm.raised, alarm.reason, alarm.review, places)


def _places(evidence: tuple[Evidence, ...]) -> tuple[PlaceRow, ...]:
    return tuple(PlaceRow(one.kind, one.role, one.start, one.end) for one in evidence)


def _section(section: SectionScore) -> SectionRow:
    return SectionRow(section.id, section.points, section.possible, section.total)


def _figures(measurements: Mapping[str, Measurement]) -> dict[str, float | None]:
    figures: dict[str, float | None] = {}
    for key, measured in measurements.items():
        name = column(key)
        figures[name] = measured.value
        for part, value in measured.components.items():
            figures[f"{name}_{part}"] = value
    return figures


def column(metric: str) -> str:
    """The column of a metric: ``talk:agent`` → ``talk_agent``; never one of the fixed ones.

    >>> column("talk:agent"), column("words")
    ('talk_agent', 'words_')
    """
    name = metric.replace(":", "_").replace(".", "_").replace("-", "_").lower()
    return f"{name}_" if name in COLUMNS else name
