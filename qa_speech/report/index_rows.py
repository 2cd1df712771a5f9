"""The rows of an index: one per input, plain data, text ready; made of a report, or of what a run has stored of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, cast
from urllib.parse import quote

from qa_speech.report.page import page_name
from qa_speech.scorecard.deductions import deductions, gravest_first, pending, points_lost
from qa_speech.scores import CallFailure, CallReport, CriterionScore, Outcome, Score
from qa_speech.store.base import Result
from qa_speech.store.records import CriterionRow, ResultRow
from qa_speech.tables.dates import known
from qa_speech.wording import messages, recordings, terms
from qa_speech.wording.lang import Lang
from qa_speech.wording.sentences import sentence
from qa_speech.wording.translate import retold


class Lost(NamedTuple):
    """A criterion that cost points: by its title, how many, and whether it waits for a person."""

    title: str
    points: float
    pending: bool


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One call that worked. `seconds` None without times, `total` 0–100 or None with the reason in `why`, `coverage` 0–1.

    `lost` is what cost points, gravest first, `sentence` speaks of the first of it; `started` is sorted as text; `link` is ""
    where there is no page.
    """

    id: str
    link: str
    agent: str
    team: str
    queue: str
    started: str
    hour: int | None
    seconds: float | None
    total: float | None
    confirmed: str
    coverage: float | None
    band: str
    passed: bool | None
    why: str
    pending: int
    lost: tuple[Lost, ...]
    sentence: str
    warnings: tuple[str, ...]
    alarms: tuple[str, ...]
    judged: str


@dataclass(frozen=True, slots=True)
class FailedRow:
    """One input that did not work."""

    id: str
    cause: str


Row: TypeAlias = IndexRow | FailedRow


class Start(NamedTuple):
    """When a call began: as it is shown (``2026-01-05 09:30``), and the hour of the day, None where only the day is told."""

    text: str
    hour: int | None


def start_of(text: str) -> Start:
    """When a call began, from its metadata; what cannot be read is shown as it is.

    >>> start_of("2026-01-05T09:30:12"), start_of("2026-01-05"), start_of("")
    (Start(text='2026-01-05 09:30', hour=9), Start(text='2026-01-05', hour=None), Start(text='', hour=None))
    """
    moment = known(text)
    if moment is None:
        return Start(text, None)
    if moment.clock is None:
        return Start(moment.day.isoformat(), None)
    return Start(f"{moment.day.isoformat()} {moment.clock:%H:%M}", moment.hour)


def worst_first(row: IndexRow) -> tuple[bool, bool, float]:
    """Sorts calls by how much they need somebody: alarms first, then the lowest total; those without one come last."""
    total = 0.0 if row.total is None else row.total
    return (not row.alarms, row.total is None, total)


def index_row(report: CallReport | CallFailure, lang: Lang, link: Callable[[str], str] | None = None) -> Row:
    """The row of one input, all that an index needs of it: a run of many calls keeps nothing else.

    `link` gives the address of a call's page from its id; default ``pages/<page_name(id)>``.
    """
    if isinstance(report, CallFailure):
        return FailedRow(report.id, retold(report.message, lang))
    call, score = report.call, report.score
    metadata = call.recording.metadata
    start = start_of(metadata.get("started_at", ""))
    wrong = deductions(score)
    return IndexRow(
        id=report.id,
        link=quote(_address(report.id, link)),
        agent=metadata.get("agent", ""),
        team=metadata.get("team", ""),
        queue=metadata.get("queue", ""),
        started=start.text,
        hour=start.hour,
        seconds=None if call.times == "nominal" else call.duration,
        total=score.total if score else None,
        confirmed=_confirmed(score),
        coverage=score.coverage if score else None,
        band=score.band if score else "",
        passed=score.passed if score else None,
        why=_why_no_total(score, lang),
        pending=pending(score),
        lost=tuple(Lost(one.title, points_lost(one), one.pending) for one in wrong),
        sentence=sentence(wrong[0], lang=lang, call=call) if wrong else "",
        warnings=tuple(_warnings(report, lang)),
        alarms=messages.alarms(score, lang),
        judged="" if score is None else messages.judged_so_far(score, lang),
    )


def _address(call_id: str, link: Callable[[str], str] | None) -> str:
    if link is None:
        return "pages/" + page_name(call_id)
    return link(call_id)


def _confirmed(score: Score | None) -> str:
    """The total once everything is confirmed, where it would differ."""
    if score is None or score.total_if_confirmed is None or score.total_if_confirmed == score.total:
        return ""
    return terms.number(score.total_if_confirmed)


def _why_no_total(score: Score | None, lang: Lang) -> str:
    if score is not None and score.total is not None:
        return ""
    return messages.total(score, lang)


def _warnings(report: CallReport, lang: Lang) -> list[str]:
    codes = [one.code for one in report.call.recording.findings]
    return [*messages.grave_warnings(report, lang), *_grave(codes, lang)]


def _grave(codes: Iterable[str], lang: Lang) -> list[str]:
    """The findings of the recording that a reader of a list must see, each once."""
    grave = dict.fromkeys(code for code in codes if code in recordings.GRAVE_FINDINGS)
    return [terms.term(recordings.FINDINGS, code, lang) for code in grave]


# ------------------------------------------------------------------------------------------ of what a run has stored


def stored_row(result: Result, lang: Lang) -> Row:
    """The row of a call that has no page, from what the run has stored of its outcome: which criteria cost points, but no
    sentence, for which its words would be needed.

    >>> stored_row(Result(ResultRow(id="a.wav", status="failed", message="no sound")), "en")
    FailedRow(id='a.wav', cause='no sound')
    """
    row, metadata = result.row, result.metadata
    if row.status == "failed":
        return FailedRow(row.id, retold(row.message or row.error or "", lang))
    start = start_of(metadata.get("started_at", ""))
    wrong = gravest_first(_judged(one) for one in row.criteria or ())
    confirmed = row.total_if_confirmed
    differs = confirmed is not None and confirmed != row.total
    return IndexRow(
        id=row.id,
        link="",
        agent=metadata.get("agent", ""),
        team=metadata.get("team", ""),
        queue=metadata.get("queue", ""),
        started=start.text,
        hour=start.hour,
        seconds=None if row.times == "nominal" else row.duration_s,
        total=row.total,
        confirmed=terms.optional(confirmed) if differs else "",
        coverage=row.coverage,
        band=row.band or "",
        passed=row.passed,
        why=_why_none_stored(row, lang),
        pending=row.to_review or 0,
        lost=tuple(Lost(one.title, points_lost(one), one.pending) for one in wrong),
        sentence="",
        warnings=tuple(_warnings_stored(row, lang)),
        alarms=tuple(_alarms_stored(row, lang)),
        judged=messages.points_so_far(row.total, row.judged_points, row.possible_points, lang),
    )


def _judged(row: CriterionRow) -> CriterionScore:
    """As much of a criterion's outcome as is stored."""
    return CriterionScore(
        id=row.id or "",
        title=row.title or row.id or "",
        section=row.section or "",
        outcome=cast("Outcome", row.outcome),
        points=row.points,
        possible=row.possible or 0.0,
        pending=bool(row.pending),
        fatal=row.fatal or "",
    )


def _why_none_stored(row: ResultRow, lang: Lang) -> str:
    if row.total is not None:
        return ""
    if not row.scorecard:
        return messages.total(None, lang)
    criteria = row.criteria or ()
    reasons = [one.reason or "" for one in criteria if one.outcome == "not_measured"]
    return messages.no_total(bool(row.scorable), row.reason or "", reasons, len(criteria), lang)


def _warnings_stored(row: ResultRow, lang: Lang) -> list[str]:
    codes = [one.code or "" for one in row.findings or ()]
    return [*messages.grave_texts(row.warnings or (), lang), *_grave(codes, lang)]


def _alarms_stored(row: ResultRow, lang: Lang) -> Iterator[str]:
    for one in row.alarms or ():
        if one.raised:
            yield messages.alarm(one.title or "", bool(one.review), lang)
