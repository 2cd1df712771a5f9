"""The sheets with a row per call, or per deduction of a call: their columns, and the cells of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from qa_speech.report.workbook.figures import Figure
from qa_speech.report.workbook.sheet import COUNT, PLAIN, POINTS, SHARE, WRAP, Bad, Cell, Column, Length, Link
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
from qa_speech.wording.translate import retold

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
        what = exhibit.note(one, lang, report.call)
        place = exhibit.where(one, lang, report.call)
        shown.append(what + terms.bracket(place, lang))
    return clauses(shown, lang)


class Shown(NamedTuple):
    """A call, and how it is shown; `page` is the address of its page."""

    result: Result
    layout: Layout
    page: str

    @property
    def row(self) -> ResultRow:
        """Its stored row."""
        return self.result.row

    @property
    def lang(self) -> Lang:
        """The language of the workbook."""
        return self.layout.lang


class Field(NamedTuple):
    """A column by the name of its head, how wide it is, its form, and the cell of a call in it."""

    head: str
    width: int
    form: str
    cell: Callable[[Shown], Cell]


# -- one row per call ---------------------------------------------------------------------------------------------


def call_columns(layout: Layout) -> list[Column]:
    """The columns of the sheet of calls."""
    columns = _columns(layout, FIRST_FIELDS)
    columns += _metadata_columns(layout, layout.metadata)
    columns += _columns(layout, CALL_FIELDS)
    for title in layout.criteria.values():
        columns.append(Column(title, 12))
    return columns


def _columns(layout: Layout, fields: Sequence[Field]) -> list[Column]:
    return [Column(layout.head(field.head), field.width, field.form) for field in fields]


def _metadata_columns(layout: Layout, keys: Sequence[str]) -> list[Column]:
    columns = []
    for key in keys:
        width = 20 if key == "started_at" else 11
        columns.append(Column(terms.term(labels.METADATA, key, layout.lang), width))
    return columns


def call_cells(result: Result, layout: Layout, page: str) -> list[Cell]:
    """The row of a call."""
    shown = Shown(result, layout, page)
    cells = [field.cell(shown) for field in FIRST_FIELDS]
    cells += _metadata_cells(result, layout.metadata)
    cells += [field.cell(shown) for field in CALL_FIELDS]
    cells += _outcomes(result.row, layout)
    return cells


def _metadata_cells(result: Result, keys: Sequence[str]) -> list[Cell]:
    metadata = result.metadata
    return [_metadatum(key, metadata.get(key)) for key in keys]


def _outcomes(row: ResultRow, layout: Layout) -> list[Cell]:
    """How each criterion came out; nothing of a call that failed."""
    if row.status == FAILED:
        return [None] * len(layout.criteria)
    by_name = {one.id: one for one in row.criteria or ()}
    return [_outcome(by_name.get(name), layout.lang) for name in layout.criteria]


def _alarms(shown: Shown) -> Cell:
    titles = [_alarm_title(alarm, shown.lang) for alarm in rang(shown.row)]
    if not titles:
        return None
    return Bad(listed(titles, shown.lang))


def _link(shown: Shown) -> Cell:
    return Link(shown.row.id, shown.page)


def _length(shown: Shown) -> Cell:
    seconds = shown.row.duration_s
    return None if seconds is None else Length(seconds)


def _card(shown: Shown) -> Cell:
    row = shown.row
    if row.scorecard is None:
        return None
    return f"{row.scorecard} v{row.scorecard_version}"


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


def _passed(shown: Shown) -> Cell:
    passed = shown.row.passed
    if passed is None:
        return None
    if passed:
        return terms.term(labels.WORDS, "yes", shown.lang)
    return Bad(terms.term(labels.WORDS, "no", shown.lang))


def _done(shown: Shown) -> Cell:
    if shown.row.status == FAILED:
        return Bad(terms.term(labels.WORDS, "failed", shown.lang))
    return terms.term(labels.WORDS, "done", shown.lang)


def _main(shown: Shown) -> Cell:
    """The gravest deductions by their titles, with the points they cost."""
    named = []
    for one in wrong_of(shown.row)[:MAIN]:
        kind = _kind(one)
        what = terms.term(labels.KINDS, kind, shown.lang)
        if kind == "lost":
            points = points_lost(criterion_of(one))
            what = f"−{terms.number(points)}"
        named.append(f"{one.title} {what}")
    return clauses(named, shown.lang) or None


def _why(shown: Shown) -> Cell:
    row = shown.row
    if row.status == FAILED:
        name = error_name(row.error or "", shown.lang)
        message = retold(row.message or "", shown.lang)
        return name + terms.bracket(message, shown.lang)
    if row.total is None and row.reason:
        return terms.reason(row.reason, shown.lang)
    return None


def _warnings(shown: Shown) -> Cell:
    told = [terms.warning(text, shown.lang) for text in shown.row.warnings or ()]
    return clauses(told, shown.lang) or None


FIRST_FIELDS = (
    Field("alarm", 14, PLAIN, _alarms),
    Field("id", 28, PLAIN, _link),
)
CALL_FIELDS = (
    Field("length", 10, PLAIN, _length),
    Field("total", 8, POINTS, lambda shown: shown.row.total),
    Field("if_confirmed", 10, POINTS, lambda shown: shown.row.total_if_confirmed),
    Field("band", 9, PLAIN, lambda shown: shown.row.band or None),
    Field("passed", 7, PLAIN, _passed),
    Field("coverage", 9, SHARE, lambda shown: shown.row.coverage),
    Field("to_review", 9, COUNT, lambda shown: shown.row.to_review),
    Field("main", 40, WRAP, _main),
    Field("status", 8, PLAIN, _done),
    Field("why", 26, WRAP, _why),
    Field("card", 20, PLAIN, _card),
    Field("warnings", 26, WRAP, _warnings),
    Field("path", 34, PLAIN, lambda shown: shown.row.path),
)
"""What is told of a call, before and behind its metadata."""


def _outcome(one: CriterionRow | None, lang: Lang) -> Cell:
    if one is None or one.outcome is None:
        return None
    name = terms.outcome(one.outcome, lang)
    if one.pending:
        waits = terms.term(labels.KINDS, "pending", lang)
        return name + terms.bracket(waits, lang)
    if one.outcome == "fail":
        return Bad(name)
    return name


# -- one row per deduction ----------------------------------------------------------------------------------------


WRONG_FIRST = (
    ("kind", 10, PLAIN),
    ("id", 28, PLAIN),
)
WRONG_FIELDS = (
    ("criterion", 24, WRAP),
    ("outcome", 22, PLAIN),
    ("lost", 8, POINTS),
    ("possible", 8, POINTS),
    ("at", 10, PLAIN),
    ("sentence", 80, WRAP),
)
"""What is told of a deduction, before and behind the metadata of its call: head, width, form."""


def wrong_columns(layout: Layout) -> list[Column]:
    """The columns of the sheet of deductions."""
    columns = [Column(layout.head(name), width, form) for name, width, form in WRONG_FIRST]
    columns += _metadata_columns(layout, _first_keys(layout))
    columns += [Column(layout.head(name), width, form) for name, width, form in WRONG_FIELDS]
    return columns


def _first_keys(layout: Layout) -> list[str]:
    """The metadata shown beside whatever is told of a call."""
    return [key for key in FIRST if key in layout.metadata]


def wrong_rows(result: Result, layout: Layout, page: str, told: Told) -> list[list[Cell]]:
    """The rows of what rang and what went wrong in a call, gravest first."""
    shown = Shown(result, layout, page)
    whose = [_link(shown), *_metadata_cells(result, _first_keys(layout))]
    rows = []
    for alarm in rang(result.row):
        kind, *rest = _of_alarm(alarm, shown)
        rows.append([kind, *whose, *rest, told.get(f"alarm:{alarm.id}")])
    for one in wrong_of(result.row):
        kind, *rest = _of_criterion(one, shown)
        rows.append([kind, *whose, *rest, told.get(one.id or "")])
    return rows


def _of_alarm(alarm: AlarmRow, shown: Shown) -> list[Cell]:
    """Its kind, its title, no points, and the second at which it is heard."""
    kind = terms.term(labels.KINDS, "alarm", shown.lang)
    title = _alarm_title(alarm, shown.lang)
    return [Bad(kind), title, None, None, None, _at(alarm.places, shown)]


def _of_criterion(one: CriterionRow, shown: Shown) -> list[Cell]:
    """Its kind, its title, how it came out, points lost and possible, and the second at which it is heard."""
    kind: Cell = terms.term(labels.KINDS, _kind(one), shown.lang)
    if _kind(one) == "fatal":
        kind = Bad(str(kind))
    lost = points_lost(criterion_of(one)) or None
    at = _at(one.places, shown)
    return [kind, one.title, _how(one, shown.lang), lost, one.possible or None, at]


def _how(one: CriterionRow, lang: Lang) -> str:
    """Its outcome, with the effect of a fatal one."""
    effect = terms.fatal(one.fatal or "", lang)
    return terms.outcome(one.outcome or "", lang) + terms.bracket(effect, lang)


def _kind(one: CriterionRow) -> str:
    if one.pending:
        return "pending"
    return "fatal" if one.fatal else "lost"


def _at(places: Sequence[PlaceRow] | None, shown: Shown) -> Cell:
    """The second at which it is heard; a click opens the page there. None where the call has no times, or nothing to hear."""
    if shown.row.times == "nominal":
        return None
    known = [place for place in places or () if place.start_s is not None]
    heard = [place for place in known if place.kind != "absence"] or known
    if not heard:
        return None
    first = min([place.start_s or 0.0 for place in heard])
    if shown.page:
        return Link(terms.clock(first), f"{shown.page}#t={first:.1f}")
    return Length(first)


# -- the figures --------------------------------------------------------------------------------------------------


def figure_columns(layout: Layout) -> list[Column]:
    """The columns of the sheet of figures."""
    columns = [Column(layout.head("id"), 28)]
    columns += _metadata_columns(layout, _first_keys(layout))
    columns += [Column(figure.head, 11, figure.form) for figure in layout.figures]
    columns.append(Column(layout.head("doubtful"), 34, WRAP))
    return columns


def figure_cells(result: Result, layout: Layout, page: str) -> list[Cell]:
    """The figures of a call; an empty cell was not measured."""
    shown, values = Shown(result, layout, page), result.row.figures
    cells = [_link(shown), *_metadata_cells(result, _first_keys(layout))]
    for figure in layout.figures:
        cells.append(figure.cell(values.get(figure.column)))
    cells.append(_doubtful(shown))
    return cells


def _doubtful(shown: Shown) -> Cell:
    """Which figures are of low reliability, and why."""
    keys = shown.row.low_reliability or ()
    reasons = shown.row.low_reasons or [""] * len(keys)
    by_metric = dict(zip(keys, reasons, strict=True))
    return messages.low_reliability(by_metric, shown.lang) or None
