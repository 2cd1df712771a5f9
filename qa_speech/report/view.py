"""A call as its page shows it: plain data, text ready, nothing escaped, no markup.

    call_view(report, "zh")   CallView: result, lanes, score sheet, transcript, figures, facts

`page` renders it into a file, a review desk may send it as JSON: both show the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from qa_speech.call import Call
from qa_speech.metrics.doubt import UNSURE
from qa_speech.report import charts, sums
from qa_speech.report.charts import Levels
from qa_speech.report.figure_table import FigureTable, figure_table
from qa_speech.report.labels import UI
from qa_speech.report.moods import MoodStep, mood_course
from qa_speech.report.recording_check import Check, check_of
from qa_speech.report.score_sheet import (
    AlarmView,
    CriterionView,
    Pin,
    SectionView,
    alarm_views,
    deduction_views,
    pins,
    section_views,
)
from qa_speech.report.transcript import Line, Stray, lines, stray_words
from qa_speech.scorecard.deductions import pending
from qa_speech.scores import CallReport, Score
from qa_speech.wording import catalogue as words
from qa_speech.wording import messages, recordings, terms
from qa_speech.wording.lang import Lang

IN_THE_HEAD = ("started_at", "agent", "agent_id", "queue")
"""Metadata shown beside the name of the call."""


class Fact(NamedTuple):
    """Something known of a call."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Result:
    """What the scorecard came to. `covered` 0–1; `confirmed` is "" where it would not differ; `no_total` says why there is none;
    `judged` of how many points a total speaks that is not final."""

    total: str
    passed: bool | None
    band: str
    confirmed: str
    coverage: str
    covered: float
    pending: int
    no_total: str
    judged: str


@dataclass(frozen=True, slots=True)
class LaneView:
    """The speech of one role: its name and the data of an SVG path; `loudness` that of another, "" where nobody heard."""

    role: str
    name: str
    path: str
    loudness: str = ""


@dataclass(frozen=True, slots=True)
class BandView:
    """A stretch across the lanes: `pattern` is how it is filled, `x` and `width` are in % of the call."""

    pattern: str
    x: float
    width: float
    title: str


class TickView(NamedTuple):
    """A mark of the time axis, `x` in % of the call."""

    label: str
    x: float


class LegendEntry(NamedTuple):
    """A pattern of the bands and what it stands for."""

    pattern: str
    label: str


@dataclass(frozen=True, slots=True)
class CallView:
    """Everything the page of a call shows. Without times (`timed` False) there are no lanes."""

    id: str
    timed: bool
    duration_s: float
    duration: str
    head: tuple[str, ...]
    result: Result | None
    alarms: tuple[AlarmView, ...]
    notices: tuple[str, ...]
    lanes: tuple[LaneView, ...]
    bands: tuple[BandView, ...]
    legend: tuple[LegendEntry, ...]
    ticks: tuple[TickView, ...]
    pins: tuple[Pin, ...]
    deductions: tuple[CriterionView, ...]
    sections: tuple[SectionView, ...]
    lines: tuple[Line, ...]
    low_words: bool
    stray: tuple[Stray, ...]
    figures: FigureTable
    facts: tuple[Fact, ...]
    findings: Check | None
    technical: tuple[Fact, ...]
    schema_version: int
    sums: tuple[str, ...] = ()
    mood: tuple[MoodStep, ...] = ()


def call_view(
    report: CallReport, lang: Lang, *, low_probability: float = UNSURE, levels: Levels | None = None
) -> CallView:
    """A call as its page shows it; any part of the report may be missing.

    `low_probability` (0–1): words the recogniser gave a lower probability are marked. `levels`: how loud the sound of the page
    is, by channel.

    >>> from qa_speech.testing import make_call
    >>> view = call_view(CallReport(make_call("agent@0-2: 您好", duration=62)), "zh")
    >>> view.duration, view.lines[0].who, view.result
    ('01:02', '坐席', None)
    """
    call = report.call
    timed = call.times != "nominal"
    bands = charts.bands(call, report.measurements)
    said = lines(report, lang, low_probability=low_probability)
    return CallView(
        id=call.id,
        timed=timed,
        duration_s=call.duration,
        duration=terms.clock(call.duration),
        head=tuple(call.recording.metadata[key] for key in IN_THE_HEAD if key in call.recording.metadata),
        result=_result(report.score, lang),
        alarms=alarm_views(report, lang),
        notices=tuple(notices(report, lang)),
        lanes=_lanes(call, levels, lang),
        bands=tuple(_band(band, lang) for band in bands),
        legend=_legend(bands, lang),
        ticks=tuple(TickView(terms.clock(tick.seconds), tick.x) for tick in charts.ticks(call.duration)),
        pins=tuple(pins(report, lang)),
        deductions=deduction_views(report, lang),
        sections=tuple(section_views(report, lang)),
        lines=tuple(said),
        low_words=_any_low(said),
        stray=stray_words(call, lang),
        figures=figure_table(report, lang),
        facts=tuple(facts(report, lang)),
        findings=check_of(call.recording, lang) if call.recording.findings else None,
        technical=tuple(_technical(call)),
        schema_version=call.schema_version,
        sums=sums.lines(report.score, lang),
        mood=mood_course(call, lang),
    )


def _result(score: Score | None, lang: Lang) -> Result | None:
    if score is None:
        return None
    confirmed, no_total = "", ""
    if score.total_if_confirmed is not None and score.total_if_confirmed != score.total:
        confirmed = terms.number(score.total_if_confirmed)
    if score.total is None:
        no_total = messages.total(score, lang)
    return Result(
        total=terms.optional(score.total),
        passed=score.passed,
        band=score.band,
        confirmed=confirmed,
        coverage=f"{100 * score.coverage:.0f}%",
        covered=score.coverage,
        pending=pending(score),
        no_total=no_total,
        judged=messages.judged_so_far(score, lang),
    )


# ---------------------------------------------------------------------------------------------------- lanes


def _lanes(call: Call, levels: Levels | None, lang: Lang) -> tuple[LaneView, ...]:
    if call.times == "nominal":
        return ()
    found = []
    for lane in charts.lanes(call):
        loudness = charts.loudness(call, lane.role, levels)
        found.append(LaneView(lane.role.value, terms.role(lane.role, lang), lane.path, loudness))
    return tuple(found)


def _pattern(band: charts.Band) -> str:
    if band.kind in charts.NAMED:
        return band.kind
    return "other"


def _band(band: charts.Band, lang: Lang) -> BandView:
    kind = terms.term(words.KINDS, band.kind, lang)
    title = f"{kind} {terms.clock(band.start)}–{terms.clock(band.end)}"
    return BandView(_pattern(band), band.x, band.width, title)


def _legend(bands: Iterable[charts.Band], lang: Lang) -> tuple[LegendEntry, ...]:
    drawn = {_pattern(band) for band in bands}
    shown = [pattern for pattern in (*charts.NAMED, "other") if pattern in drawn]
    return tuple(LegendEntry(pattern, terms.term(UI, f"legend_{pattern}", lang)) for pattern in shown)


def _any_low(said: Iterable[Line]) -> bool:
    for line in said:
        for piece in line.pieces:
            if piece.low:
                return True
    return False


# ---------------------------------------------------------------------------------------------------- facts


def notices(report: CallReport, lang: Lang) -> list[str]:
    """What a reader must know before believing the page: warnings, then grave findings of the channel doctor."""
    call = report.call
    found = [terms.warning(text, lang) for text in call.warnings]
    found += [terms.finding(one, lang) for one in call.recording.findings if one.code in recordings.GRAVE_FINDINGS]
    return list(dict.fromkeys(found))


def facts(report: CallReport, lang: Lang) -> list[Fact]:
    """What is known of the call: its recording, its times, its scorecard, then its metadata."""
    call, recording = report.call, report.call.recording
    found: list[Fact] = []

    def add(key: str, value: str) -> None:
        found.append(Fact(terms.term(UI, key, lang), value))

    add("file", recording.path or recording.id)
    if recording.num_samples:
        add("duration", terms.clock(recording.duration))
        add("sampling", f"{recording.sampling_rate} Hz")
    add("layout", terms.layout(recording, lang))
    if recording.channels and recording.layout == "two_channel":
        add("roles_from", terms.term(recordings.ROLES_FROM, recording.roles_from, lang))
    add("times", terms.term(words.TIMES, call.times, lang))
    if call.language:
        add("language", terms.term(words.LANGUAGES, call.language, lang))
    if report.score is not None:
        add("scorecard", _scorecard(report.score, lang))
    for key, value in recording.metadata.items():
        found.append(Fact(terms.term(words.METADATA, key, lang), value))
    return found


def _scorecard(score: Score, lang: Lang) -> str:
    version = terms.term(UI, "version", lang)
    text = f"{score.scorecard_id} · {version} {score.scorecard_version}"
    return text + terms.bracket(messages.marks(score, lang), lang)


def _technical(call: Call) -> list[Fact]:
    found = []
    if call.recording.sha256:
        found.append(Fact("sha256", call.recording.sha256))
    found += [Fact(name, value) for name, value in call.made_with.items()]
    return found
