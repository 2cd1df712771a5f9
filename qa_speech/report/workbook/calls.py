"""The sheets with a row per call, or per deduction of a call: their columns, and the cells of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from qa_speech.report.workbook.figures import Figure
from qa_speech.report.workbook.sheet import COUNT, POINTS, SHARE, WRAP, Bad, Cell, Column, Length, Link
from qa_speech.report.workbook.tally import criterion_of, rang, wrong_of
from qa_speech.scorecard.deductions import points_lost
from qa_speech.scores import AlarmScore, CallReport
from qa_speech.store.base import KEPT_METADATA as FIRST
from qa_speech.store.base import Result
from qa_speech.store.records import FAILED, AlarmRow, CriterionRow, PlaceRow, ResultRow
from qa_speech.store.summary import error_name
from qa_speech.tables.dates import known
from qa_speech.wording import exhibit, messages, terms
from qa_speech.wording import workbook_labels as labels
from qa_speech.wording.lang import Lang, clauses, listed
from qa_speech.wording.sentences import sentence

PageOf: TypeAlias = Callable[[str], str]
"""The id of a call → the address of its page, relative to the workbook; "" where it has none."""
Told: TypeAlias = Mapping[str, str]
"""Id of a criterion, or of an alarm after ``alarm:`` → the sentence that says what was found."""
MAIN = 3
"""Deductions that are named in the row of a call."""


class Layout(NamedTuple):
    """What the columns of all these sheets depend on; `criteria`: id → title."""

    lang: Lang
    metadata: Sequence[str]
    criteria: Mapping[str, str]
    figures: Sequence[Figure]

    def head(self, name: str) -> str:
        """A head by its name."""
        return terms.term(labels.HEADS, name, self.lang)


def told_of(report: CallReport, lang: Lang) -> dict[str, str]:
    """What a report's deductions and alarms say in words, with their seconds."""
    if report.score is None:
        return {}
    found = {one.id: sentence(one, lang=lang, call=report.call) for one in report.score.criteria}
    for alarm in report.score.raised:
        found[f"alarm:{alarm.id}"] = _alarm_sentence(alarm, report, lang)
    return found


def _alarm_sentence(alarm: AlarmScore, report: CallReport, lang: Lang) -> str:
    shown = []
    for one in alarm.evidence:
        place = exhibit.where(one, lang, report.call)
        shown.append(exhibit.note(one, lang, report.call) + terms.bracket(place, lang))
    return clauses(shown, lang)


# -- one row per call ---------------------------------------------------------------------------------------------


def call_columns(layout: Layout) -> list[Column]:
    """The columns of the sheet of calls."""
    head = layout.head
    return [
        Column(head("alarm"), 14), Column(head("id"), 28), *_metadata_columns(layout, layout.metadata),
        Column(head("length"), 10), Column(head("total"), 8, POINTS), Column(head("if_confirmed"), 10, POINTS),
        Column(head("band"), 9), Column(head("passed"), 7), Column(head("coverage"), 9, SHARE),
        Column(head("to_review"), 9, COUNT), Column(head("main"), 40, WRAP), Column(head("status"), 8),
        Column(head("why"), 26, WRAP), Column(head("card"), 20), Column(head("warnings"), 26, WRAP),
        Column(head("path"), 34), *[Column(title, 12) for title in layout.criteria.values()],
    ]  # fmt: skip


def _metadata_columns(layout: Layout, keys: Sequence[str]) -> list[Column]:
    return [Column(terms.term(labels.METADATA, key, layout.lang), 20 if key == "started_at" else 11) for key in keys]


def call_cells(result: Result, layout: Layout, page: str) -> list[Cell]:
    """The row of a call."""
    row, lang = result.row, layout.lang
    alarms = listed([_alarm_title(alarm, lang) for alarm in rang(row)], lang)
    failed = row.status == FAILED
    outcomes = {one.id: one for one in row.criteria or ()}
    card = ""
    if row.scorecard is not None:
        card = f"{row.scorecard} v{row.scorecard_version}"
    return [
        Bad(alarms) if alarms else None, Link(row.id, page), *_metadata_cells(result, layout.metadata),
        None if row.duration_s is None else Length(row.duration_s), row.total, row.total_if_confirmed, row.band or None,
        _yes_no(row.passed, lang), row.coverage, row.to_review, _main(row, lang) or None, _done(row.status, lang),
        _why(row, lang) or None, card or None, _warnings(row, lang) or None, row.path,
        *[None if failed else _outcome(outcomes.get(name), lang) for name in layout.criteria],
    ]  # fmt: skip


def _metadata_cells(result: Result, keys: Sequence[str]) -> list[Cell]:
    return [_metadatum(key, result.metadata.get(key)) for key in keys]


def _metadatum(key: str, value: str | None) -> Cell:
    if value is None or key != "started_at":
        return value
    return moment(value)


def moment(text: str) -> Cell:
    """A date as a date, with the time of day that was written; what is none stays as it is.

    >>> moment("2026-01-05T09:30:00+08:00"), moment("2026-01-05"), moment("昨天")
    (datetime.datetime(2026, 1, 5, 9, 30), datetime.date(2026, 1, 5), '昨天')
    """
    found = known(text)
    if found is None:
        return text
    if found.clock is None:
        return found.day
    return dt.datetime.combine(found.day, found.clock).replace(tzinfo=None)


def _alarm_title(alarm: AlarmRow, lang: Lang) -> str:
    unsure = terms.term(labels.WORDS, "unsure", lang) * bool(alarm.review)
    return f"{alarm.title}{unsure}"


def _yes_no(value: bool | None, lang: Lang) -> Cell:
    if value is None:
        return None
    if value:
        return terms.term(labels.WORDS, "yes", lang)
    return Bad(terms.term(labels.WORDS, "no", lang))


def _done(status: str | None, lang: Lang) -> Cell:
    if status == FAILED:
        return Bad(terms.term(labels.WORDS, "failed", lang))
    return terms.term(labels.WORDS, "done", lang)


def _main(row: ResultRow, lang: Lang) -> str:
    """The gravest deductions by their titles, with the points they cost."""
    named = []
    for one in wrong_of(row)[:MAIN]:
        kind = _kind(one)
        what = f"−{terms.number(points_lost(criterion_of(one)))}"
        if kind != "lost":
            what = terms.term(labels.KINDS, kind, lang)
        named.append(f"{one.title} {what}")
    return clauses(named, lang)


def _why(row: ResultRow, lang: Lang) -> str:
    if row.status == FAILED:
        return f"{error_name(row.error or '', lang)}{terms.bracket(row.message or '', lang)}"
    if row.total is None and row.reason:
        return terms.reason(row.reason, lang)
    return ""


def _warnings(row: ResultRow, lang: Lang) -> str:
    return clauses([terms.warning(text, lang) for text in row.warnings or ()], lang)


def _outcome(one: CriterionRow | None, lang: Lang) -> Cell:
    if one is None or one.outcome is None:
        return None
    name = terms.outcome(one.outcome, lang)
    if one.pending:
        return name + terms.bracket(terms.term(labels.KINDS, "pending", lang), lang)
    return Bad(name) if one.outcome == "fail" else name


# -- one row per deduction ----------------------------------------------------------------------------------------


def wrong_columns(layout: Layout) -> list[Column]:
    """The columns of the sheet of deductions."""
    head = layout.head
    keys = [key for key in FIRST if key in layout.metadata]
    return [
        Column(head("kind"), 10), Column(head("id"), 28), *_metadata_columns(layout, keys),
        Column(head("criterion"), 24, WRAP), Column(head("outcome"), 22), Column(head("lost"), 8, POINTS),
        Column(head("possible"), 8, POINTS), Column(head("at"), 10), Column(head("sentence"), 80, WRAP),
    ]  # fmt: skip


def wrong_rows(result: Result, layout: Layout, page: str, told: Told) -> list[list[Cell]]:
    """The rows of what rang and what went wrong in a call, gravest first."""
    row, lang = result.row, layout.lang
    keys = [key for key in FIRST if key in layout.metadata]
    what = [Link(row.id, page), *_metadata_cells(result, keys)]
    found: list[list[Cell]] = []
    for alarm in rang(row):
        at = _at(alarm.places, row, page)
        kind = Bad(terms.term(labels.KINDS, "alarm", lang))
        found.append([kind, *what, _alarm_title(alarm, lang), None, None, None, at, told.get(f"alarm:{alarm.id}")])
    for one in wrong_of(row):
        kind_name = _kind(one)
        kind_text = terms.term(labels.KINDS, kind_name, lang)
        judged = criterion_of(one)
        found.append([
            Bad(kind_text) if kind_name == "fatal" else kind_text, *what, one.title, _how(one, lang),
            points_lost(judged) or None, one.possible or None, _at(one.places, row, page), told.get(one.id or ""),
        ])  # fmt: skip
    return found


def _how(one: CriterionRow, lang: Lang) -> str:
    """Its outcome, with the effect of a fatal one."""
    return terms.outcome(one.outcome or "", lang) + terms.bracket(terms.fatal(one.fatal or "", lang), lang)


def _kind(one: CriterionRow) -> str:
    if one.pending:
        return "pending"
    return "fatal" if one.fatal else "lost"


def _at(places: Sequence[PlaceRow] | None, row: ResultRow, page: str) -> Cell:
    """The second at which it is heard; a click opens the page there. None where the call has no times, or nothing to hear."""
    if row.times == "nominal":
        return None
    starts = [place.start_s for place in places or () if place.kind != "absence" and place.start_s is not None]
    starts = starts or [place.start_s for place in places or () if place.start_s is not None]
    if not starts:
        return None
    first = min(starts)
    if page:
        return Link(terms.clock(first), f"{page}#t={first:.1f}")
    return Length(first)


# -- the figures --------------------------------------------------------------------------------------------------


def figure_columns(layout: Layout) -> list[Column]:
    """The columns of the sheet of figures."""
    keys = [key for key in FIRST if key in layout.metadata]
    figures = [Column(figure.head, 11, figure.form) for figure in layout.figures]
    low = Column(layout.head("doubtful"), 34, WRAP)
    return [Column(layout.head("id"), 28), *_metadata_columns(layout, keys), *figures, low]


def figure_cells(result: Result, layout: Layout, page: str) -> list[Cell]:
    """The figures of a call; an empty cell was not measured."""
    keys = [key for key in FIRST if key in layout.metadata]
    values = [figure.cell(result.row.figures.get(figure.column)) for figure in layout.figures]
    return [Link(result.row.id, page), *_metadata_cells(result, keys), *values, _low(result.row, layout.lang) or None]


def _low(row: ResultRow, lang: Lang) -> str:
    """Which figures are of low reliability, and why."""
    keys = row.low_reliability or ()
    return messages.low_reliability(dict(zip(keys, row.low_reasons or [""] * len(keys), strict=True)), lang)
