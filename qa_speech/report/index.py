"""The index of a run: one row per input, counts above, failures with their cause. Rows are plain data, text ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

from qa_speech.call import Call
from qa_speech.files import write_bytes
from qa_speech.report.html import render
from qa_speech.report.page import page_name
from qa_speech.scorecard.deductions import deductions, pending
from qa_speech.scores import CallFailure, CallReport, Score
from qa_speech.wording import catalogue as words
from qa_speech.wording import messages, terms
from qa_speech.wording.lang import Lang
from qa_speech.wording.sentences import sentence

MOST_REASONS = 3
UNKNOWN: float = -1
"""Sorts what is missing below zero."""


class MainReason(NamedTuple):
    """A criterion that cost points, and why; `pending` = it waits for a person."""

    title: str
    sentence: str
    pending: bool


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One call that worked. Numbers stand beside their text, for sorting: seconds, points, 0–1 of coverage."""

    id: str
    link: str
    duration: str
    seconds: float
    total: str
    points: float
    scored: bool
    confirmed: str
    coverage: str
    covered: float
    band: str
    passed: bool | None
    why: str
    pending: int
    reasons: tuple[MainReason, ...]
    warnings: tuple[str, ...]
    alarms: tuple[str, ...]
    judged: str


@dataclass(frozen=True, slots=True)
class FailedRow:
    """One input that did not work."""

    id: str
    cause: str


Row: TypeAlias = IndexRow | FailedRow


class BandCount(NamedTuple):
    """How many calls are in a band."""

    name: str
    calls: int


@dataclass(frozen=True, slots=True)
class RunView:
    """All of a run. `mean` speaks of the calls that have a total; `bands` counts them, the best first."""

    rows: tuple[IndexRow, ...]
    failures: tuple[FailedRow, ...]
    scored: int
    mean: str
    unscored: int
    pending: int
    bands: tuple[BandCount, ...]
    alarms: int


def write_index(
    reports: Sequence[CallReport | CallFailure],
    path: str | Path,
    *,
    lang: Lang,
    link: Callable[[str], str] | None = None,
) -> None:
    """Write the index of a run: every input once, in the order given, failures with their cause.

    `link` gives the address of a call's page from its id; default ``pages/<page_name(id)>``.
    """
    write_index_rows([index_row(report, lang, link) for report in reports], path, lang=lang)


def write_index_rows(rows: Sequence[Row], path: str | Path, *, lang: Lang) -> None:
    """Write the index from the rows of `index_row`, for runs that keep nothing else of their calls."""
    write_bytes(Path(path), render("index", lang, run=run_view(rows)).encode("utf-8", "replace"))


def index_row(report: CallReport | CallFailure, lang: Lang, link: Callable[[str], str] | None = None) -> Row:
    """The row of one input, all that `write_index_rows` needs of it: a run of many calls keeps nothing else."""
    if isinstance(report, CallFailure):
        return FailedRow(report.id, report.message)
    call, score = report.call, report.score
    duration, seconds = terms.NO_FIGURE, UNKNOWN
    if call.times != "nominal":
        duration, seconds = terms.clock(call.duration), call.duration
    return IndexRow(
        id=report.id,
        link=quote(_address(report.id, link)),
        duration=duration,
        seconds=seconds,
        total=_total(score),
        points=_points(score),
        scored=score is not None and score.total is not None,
        confirmed=_confirmed(score),
        coverage=_coverage(score),
        covered=score.coverage if score else UNKNOWN,
        band=score.band if score else "",
        passed=score.passed if score else None,
        why=_why_no_total(score, lang),
        pending=pending(score),
        reasons=tuple(_main_reasons(call, score, lang)),
        warnings=tuple(_warnings(report, lang)),
        alarms=messages.alarms(score, lang),
        judged="" if score is None else messages.judged_so_far(score, lang),
    )


def _address(call_id: str, link: Callable[[str], str] | None) -> str:
    if link is None:
        return "pages/" + page_name(call_id)
    return link(call_id)


def _total(score: Score | None) -> str:
    if score is None:
        return terms.NO_FIGURE
    return terms.optional(score.total)


def _points(score: Score | None) -> float:
    if score is None or score.total is None:
        return UNKNOWN
    return score.total


def _confirmed(score: Score | None) -> str:
    """The total once everything is confirmed, where it would differ."""
    if score is None or score.total_if_confirmed is None or score.total_if_confirmed == score.total:
        return ""
    return terms.number(score.total_if_confirmed)


def _coverage(score: Score | None) -> str:
    if score is None:
        return terms.NO_FIGURE
    return f"{100 * score.coverage:.0f}%"


def _why_no_total(score: Score | None, lang: Lang) -> str:
    if score is not None and score.total is not None:
        return ""
    return messages.total(score, lang)


def _main_reasons(call: Call, score: Score | None, lang: Lang) -> list[MainReason]:
    main = deductions(score)[:MOST_REASONS]
    return [MainReason(one.title, sentence(one, lang=lang, call=call), one.pending) for one in main]


def _warnings(report: CallReport, lang: Lang) -> list[str]:
    grave = [one.code for one in report.call.recording.findings if one.code in words.GRAVE_FINDINGS]
    findings = dict.fromkeys(terms.term(words.FINDINGS, code, lang) for code in grave)
    return [*messages.grave_warnings(report, lang), *findings]


def run_view(rows: Sequence[Row]) -> RunView:
    """What the index says of these inputs, in the order given."""
    calls = tuple(row for row in rows if isinstance(row, IndexRow))
    totals = [row.points for row in calls if row.scored]
    mean = None
    if totals:
        mean = sum(totals) / len(totals)
    return RunView(
        rows=calls,
        failures=tuple(row for row in rows if isinstance(row, FailedRow)),
        scored=len(totals),
        mean=terms.optional(mean),
        unscored=len(calls) - len(totals),
        pending=sum(row.pending > 0 for row in calls),
        bands=tuple(_bands(calls)),
        alarms=sum(bool(row.alarms) for row in calls),
    )


def _bands(calls: Sequence[IndexRow]) -> list[BandCount]:
    """How many calls are in each band, the band of the best call first."""
    counts = Counter(row.band for row in calls if row.band)
    best: dict[str, float] = {}
    for row in calls:
        best[row.band] = max(row.points, best.get(row.band, UNKNOWN))
    return [BandCount(name, counts[name]) for name in sorted(counts, key=lambda name: -best[name])]
