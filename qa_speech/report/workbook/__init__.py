"""The workbook of a run for people: what came of it, every call, every deduction with its second, agents, figures.

    概览 overview    alarms, totals, bands, what costs most points, figures
    通话 calls       a row each, alarms first, then the worst
    扣分明细         a row for each alarm, deduction and item to review, in the same order, with the sentence and the second
    坐席 agents      number of calls, mean and pass rate with what they may be by chance
    指标 figures     the figures of each call
    说明 notes       how to read it, what is left out

Calls wait in a temporary file until all columns are known, so memory holds a few numbers of each, however many there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from qa_speech.files import whole_file
from qa_speech.privacy.placeholders import Placeholders
from qa_speech.privacy.redact import masked
from qa_speech.report.workbook.calls import (
    Layout,
    PageOf,
    call_cells,
    call_columns,
    figure_cells,
    figure_columns,
    told_of,
    wrong_columns,
    wrong_rows,
)
from qa_speech.report.workbook.figures import figures
from qa_speech.report.workbook.overview import Overview, fill_agents, fill_notes
from qa_speech.report.workbook.sheet import Book, Table
from qa_speech.report.workbook.tally import Tally, is_fatal, rang, wrong_of
from qa_speech.scores import CallReport
from qa_speech.store.base import Result, in_order
from qa_speech.store.masking import masked_results
from qa_speech.store.records import ResultRow
from qa_speech.store.spool import Spool, spooled
from qa_speech.wording import terms
from qa_speech.wording import workbook_labels as labels
from qa_speech.wording.lang import Lang, pick
from qa_speech.wording.masking import placeholders

SENTENCES = 2000
"""Of so many calls, the worst, the workbook quotes what was said: each of them is judged once more from its stored Call."""

CALLS_WIDE = 2
"""Pages that the sheets with many columns take beside each other when they are printed."""

ReportsOf = Callable[[Collection[str]], Iterable[CallReport]]
"""Ids → the reports of these calls with the scores that the results have."""


class _Call(NamedTuple):
    """Where a call stands among the others, where it waits, and what it is kept under; `wrong`: it has something to tell."""

    rank: tuple[bool, bool, bool, float]
    number: int
    place: int
    id: str
    wrong: bool


def write_workbook(
    results: Iterable[Result],
    path: str | Path,
    *,
    reports: ReportsOf,
    title: str,
    lang: Lang = "zh",
    mask: bool = True,
    page_of: Callable[[str], Path | None] = lambda call_id: None,
    sentences: int | None = SENTENCES,
) -> int:
    """Write the workbook, whole or not at all; returns the number of calls.

    Parameters
    ----------
    results
        `Store.results()`, or those under people's marks.
    reports
        Gives the reports of some of these calls, e.g. ``partial(reports_of, store)``; those it does not give have no sentences.
    title
        What stands above the overview, e.g. the name of the run.
    mask
        Customers' data are masked in what was said, in ids, paths and metadata.
    page_of
        The page of a call, by its id; None where it has none.
    sentences
        How many calls, of the worst, are quoted; None = all.

    Examples
    --------
    >>> from functools import partial
    >>> from qa_speech.pipeline import report
    >>> from qa_speech.scorecard import load_scorecard
    >>> from qa_speech.store.parquet import store_at
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.store.reports import reports_of
    >>> from qa_speech.testing import make_call
    >>> card = load_scorecard("scorecards/telecom-hotline.yaml")
    >>> store = store_at("run")
    >>> part = store.append([record_of(report(make_call("agent: 喂", "customer: 我要投诉", duration=60), card))])
    >>> write_workbook(store.results(), "结果.xlsx", reports=partial(reports_of, store), title="十一月")
    1
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = figures(lang)
    words = placeholders(lang) if mask else None
    tally = Tally(shown)
    calls: list[_Call] = []
    with spooled(Result, beside=path) as kept, spooled(dict[str, str], beside=path) as told:
        for number, result in enumerate(results):
            slim = _shown(result, words, shown)
            tally.add(slim)
            wrong = bool(rang(slim.row) or wrong_of(slim.row))
            calls.append(_Call(_rank(slim.row), number, kept.add(slim), result.row.id, wrong))
        calls.sort()
        wrong_ids = [call.id for call in calls if call.wrong]
        sentences_of = _told(reports(wrong_ids[:sentences]), told, words, lang) if wrong_ids else {}
        notes = _notes(lang, mask, len(sentences_of), len(wrong_ids) - len(sentences_of))
        criteria = {name: one.title for name, one in tally.criteria.items()}
        layout = Layout(lang, in_order(tally.metadata), criteria, tally.measured())
        page = _addresses(page_of, path)
        with whole_file(path) as temporary:
            book = Book(temporary)
            Overview(book, layout).fill(tally, title)
            _fill(book, layout, tally, _Waiting(calls, kept, told, sentences_of, page))
            fill_notes(book, lang, notes)
            book.finish()
    return len(calls)


def _shown(result: Result, words: Placeholders | None, shown: Collection[str]) -> Result:
    """What the workbook needs of a result, as people see it."""
    wanted = {name: value for name, value in result.row.figures.items() if name in shown}
    slim = replace(result, row=replace(result.row, figures=wanted))
    if words is None:
        return slim
    (found,) = masked_results([slim], words)
    return found


def _rank(row: ResultRow) -> tuple[bool, bool, bool, float]:
    """Alarms first, then what is fatal, then the lowest totals; calls without one last."""
    return not rang(row), not is_fatal(row), row.total is None, row.total or 0.0


def _told(
    reports: Iterable[CallReport], told: Spool[dict[str, str]], words: Placeholders | None, lang: Lang
) -> dict[str, int]:
    """Where the sentences of each call wait, by its id."""
    places = {}
    for report in reports:
        bare = replace(report, measurements={})
        if words is not None:
            bare = masked(bare, words)
        places[report.id] = told.add(told_of(bare, lang))
    return places


@dataclass(frozen=True)
class _Waiting:
    """The calls in their order, and what waits for them in files."""

    calls: list[_Call]
    kept: Spool[Result]
    told: Spool[dict[str, str]]
    places: Mapping[str, int]
    page: PageOf

    def __iter__(self) -> Iterator[tuple[Result, dict[str, str], str]]:
        """Each call with its sentences and its page."""
        for call in self.calls:
            said: dict[str, str] = {}
            if call.id in self.places:
                said = self.told.at(self.places[call.id])
            yield self.kept.at(call.place), said, self.page(call.id)


def _fill(book: Book, layout: Layout, tally: Tally, waiting: _Waiting) -> None:
    """The sheets between the overview and the notes."""
    name = {key: terms.term(labels.SHEETS, key, layout.lang) for key in labels.SHEETS}
    calls = Table(book, name["calls"], call_columns(layout), frozen=2, wide=CALLS_WIDE)
    wrong = Table(book, name["deductions"], wrong_columns(layout), frozen=2)
    fill_agents(book, layout, tally)
    measured = Table(book, name["figures"], figure_columns(layout), wide=CALLS_WIDE)
    for result, said, page in waiting:
        calls.add(call_cells(result, layout, page))
        for row in wrong_rows(result, layout, page, said):
            wrong.add(row)
        if result.row.figures:
            measured.add(figure_cells(result, layout, page))
    for table in (calls, wrong, measured):
        table.finish()


def _addresses(page_of: Callable[[str], Path | None], workbook: Path) -> PageOf:
    """Pages as a workbook addresses them: by their way from the folder it lies in."""

    def address(call_id: str) -> str:
        page = page_of(call_id)
        if page is None:
            return ""
        return Path(os.path.relpath(page, workbook.absolute().parent)).as_posix()

    return address


def _notes(lang: Lang, mask: bool, told: int, left: int) -> list[str]:
    """How to read it, whether it is masked, and what is left out."""
    lines = [pick(lang, *note) for note in labels.NOTES]
    quoted = labels.TOLD if left else labels.TOLD_ALL
    lines.append(pick(lang, *quoted).format(told=told, left=left))
    lines.append(pick(lang, *(labels.MASKED if mask else labels.UNMASKED)))
    lines.append(pick(lang, *labels.FOR_PROGRAMS))
    return lines
