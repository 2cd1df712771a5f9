"""The sheets that sum up: what came of all calls, of each agent's, and how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from qa_speech.report.workbook.calls import Layout
from qa_speech.report.workbook.sheet import (
    COUNT,
    HEAD,
    POINTS,
    SHARE,
    SOFT,
    TITLE,
    WRAP,
    Bad,
    Book,
    Cell,
    Column,
    Table,
    plain,
    write,
)
from qa_speech.report.workbook.tally import BIN, Group, Tally
from qa_speech.stats.intervals import wilson
from qa_speech.store.summary import error_name
from qa_speech.wording import terms
from qa_speech.wording import workbook_labels as labels
from qa_speech.wording.lang import Lang, clauses

WIDTHS = (34, 13, 13, 13, 13, 13, 13)
MOST_CRITERIA = 15
"""Criteria that the overview names; all of them stand in the sheet of deductions."""
MOST_LOST = 3
"""Criteria named of each agent."""
NOTES_WIDTH = 110
NO_INTERVAL: tuple[None, None, None] = (None, None, None)
"""Cells of an interval that is not known."""


class Row(NamedTuple):
    """A row of a small table: its cells, and the form of each after the first."""

    cells: Sequence[Cell]
    forms: Sequence[str]


def counted(name: Cell, count: int) -> Row:
    """A row that tells how many."""
    return Row([name, count], [COUNT])


class Overview:
    """Small tables one below the other on the first sheet."""

    def __init__(self, book: Book, layout: Layout) -> None:
        self._book = book
        self._lang: Lang = layout.lang
        self._layout = layout
        self._sheet = book.sheet(terms.term(labels.SHEETS, "overview", layout.lang), WIDTHS)
        self._sheet.fit_to_pages(1, 0)
        self._row = 0

    def fill(self, tally: Tally, title: str) -> None:
        """Everything, what is urgent first."""
        self._title(tally, title)
        self._alarms(tally)
        self._key(tally)
        self._histogram(tally)
        self._bands(tally)
        self._no_total(tally)
        self._errors(tally)
        self._criteria(tally)
        self._figures(tally)

    # -- how it is written --------------------------------------------------------------------------------------

    def _word(self, name: str) -> str:
        return terms.term(labels.WORDS, name, self._lang)

    def _table(self, name: str, heads: Sequence[str], rows: Sequence[Row]) -> int:
        """A small table below what is there, its first column named `name`; returns the row of its head."""
        self._row += 1
        texts = [self._word(name)]
        for head in heads:
            texts.append(self._layout.head(head))
        self._write(texts, [HEAD] * len(texts))
        head_row = self._row
        for row in rows:
            self._write(row.cells, ["", *row.forms])
        return head_row

    def _write(self, cells: Sequence[Cell], forms: Sequence[str]) -> None:
        """A row below what is there; each cell has a form, "" for a plain one."""
        self._row += 1
        for place, cell in enumerate(cells):
            form = forms[place] or SOFT
            write(self._book, self._sheet, self._row, place, cell, form)

    # -- what is told -------------------------------------------------------------------------------------------

    def _title(self, tally: Tally, title: str) -> None:
        told = []
        if tally.first_day:
            told.append(tally.first_day)
        if tally.last_day != tally.first_day:
            told[0] += f" {self._word('to')} {tally.last_day}"
        for name, version in sorted(tally.cards):
            told.append(f"{name} v{version}")
        below = clauses(told, self._lang)
        self._sheet.write_string(0, 0, plain(title), self._book.form(TITLE))
        self._sheet.write_string(1, 0, plain(below), self._book.form(SOFT))
        self._row = 1

    def _alarms(self, tally: Tally) -> None:
        rows = []
        for title, count in tally.alarms.most_common():
            rows.append(counted(Bad(title), count))
        if not rows:
            rows = [Row([self._word("none")], [])]
        self._table("alarms", ["calls"], rows)

    def _key(self, tally: Tally) -> None:
        found, head = tally.all, self._layout.head
        listed = found.calls + tally.failed
        rows = [
            counted(self._word("all"), listed),
            counted(self._word("done"), found.calls),
        ]
        if tally.failed:
            rows.append(counted(self._word("failed"), tally.failed))
        rows += [
            counted(head("scored"), len(found.totals)),
            counted(head("alarms"), found.alarms),
            counted(head("fatal"), found.fatal),
            counted(head("to_review"), found.to_review),
        ]
        mean, pass_rate = found.mean, found.pass_rate
        if mean is not None:
            rows.append(Row([head("mean"), *mean], [POINTS] * 3))
        if pass_rate is not None:
            rows.append(Row([head("pass_rate"), *pass_rate], [SHARE] * 3))
        self._table("key", ["figure", "low", "high"], rows)

    def _histogram(self, tally: Tally) -> None:
        scored = sum(tally.histogram)
        if not scored:
            return
        rows = []
        for place, count in enumerate(tally.histogram):
            low, high = place * BIN, (place + 1) * BIN
            share = count / scored
            rows.append(Row([f"{low}–{high}", count, share], [COUNT, SHARE]))
        head = self._table("histogram", ["calls", "share"], rows)
        self._chart(head, head + len(rows))

    def _chart(self, head: int, last: int) -> None:
        """Columns beside a table of a name and a count, from the row below its head to its last."""
        name = self._sheet.get_name()
        names, counts = [name, head + 1, 0, last, 0], [name, head + 1, 1, last, 1]
        lines = {"visible": True, "line": {"color": "#E1E5EB"}}
        chart = self._book.made.add_chart({"type": "column"})
        chart.add_series({"categories": names, "values": counts, "gap": 20})
        chart.set_title({"name": self._word("histogram"), "name_font": {"size": 11}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"num_format": "0", "major_gridlines": lines})
        chart.set_size({"width": 520, "height": 260})
        self._sheet.insert_chart(head, 4, chart)

    def _bands(self, tally: Tally) -> None:
        counts = {name: round(count) for name, (count, _) in tally.bands.items()}
        banded = sum(counts.values())
        rows = []
        for name in sorted(counts, key=lambda band: -tally.bands[band][1]):
            count = counts[name]
            rows.append(Row([name, count, count / banded], [COUNT, SHARE]))
        if rows:
            self._table("bands", ["calls", "share"], rows)

    def _no_total(self, tally: Tally) -> None:
        rows = []
        for code, count in tally.no_total.most_common():
            rows.append(counted(terms.reason(code, self._lang), count))
        if rows:
            self._table("no_total", ["calls"], rows)

    def _errors(self, tally: Tally) -> None:
        rows = []
        for code, count in tally.errors.most_common():
            rows.append(counted(error_name(code, self._lang), count))
        if rows:
            self._table("errors", ["calls"], rows)

    def _criteria(self, tally: Tally) -> None:
        heads = ["judged", "wrong", "wrong_share", "low", "high", "lost_total", "pending"]
        forms = [COUNT, COUNT, SHARE, SHARE, SHARE, POINTS, COUNT]
        rows = []
        for one in list(tally.worst_criteria())[:MOST_CRITERIA]:
            share = wilson(one.wrong, one.judged) or NO_INTERVAL
            cells = [one.title, one.judged, one.wrong, *share, one.lost, one.pending]
            rows.append(Row(cells, forms))
        if rows:
            self._table("criteria", heads, rows)

    def _figures(self, tally: Tally) -> None:
        rows = []
        for figure in tally.measured():
            cells: list[Cell] = [figure.head]
            for value in tally.percentiles(figure.column):
                cells.append(figure.cell(value))
            cells.append(len(tally.values[figure.column]))
            cells.append(tally.unmeasured[figure.column])
            rows.append(Row(cells, [figure.form, figure.form, figure.form, COUNT, COUNT]))
        if rows:
            self._table("figures", ["tenth", "middle", "ninth", "measured", "unmeasured"], rows)


AGENT_COLUMNS = (
    ("calls", 8, COUNT),
    ("scored", 8, COUNT),
    ("mean", 9, POINTS),
    ("mean_low", 12, POINTS),
    ("mean_high", 12, POINTS),
    ("pass_rate", 9, SHARE),
    ("pass_low", 12, SHARE),
    ("pass_high", 12, SHARE),
    ("alarms", 9, COUNT),
    ("fatal", 10, COUNT),
    ("to_review", 9, COUNT),
    ("most_lost", 50, WRAP),
)
"""What is told of each agent: its head, how wide it is, its form."""


def fill_agents(book: Book, layout: Layout, tally: Tally) -> None:
    """A row for each agent, those with the lowest mean first; agents without a total last."""
    columns = []
    for key in ("agent", "team"):
        name = terms.term(labels.METADATA, key, layout.lang)
        columns.append(Column(name, 12))
    for name, width, form in AGENT_COLUMNS:
        columns.append(Column(layout.head(name), width, form))
    table = Table(book, terms.term(labels.SHEETS, "agents", layout.lang), columns)
    found = sorted(tally.agents.items(), key=lambda one: (_rank(one[1]), one[0]))
    for (agent, team), group in found:
        cells = _of_group(group, layout.lang)
        table.add([agent, team or None, *cells])
    table.finish()


def _rank(group: Group) -> float:
    """The mean; of agents without a total what is above every one."""
    return inf if group.mean is None else group.mean.value


def _of_group(group: Group, lang: Lang) -> list[Cell]:
    lost = [f"{title} {count}" for title, count in group.lost.most_common(MOST_LOST)]
    cells: list[Cell] = [group.calls, len(group.totals)]
    cells += group.mean or NO_INTERVAL
    cells += group.pass_rate or NO_INTERVAL
    cells += [group.alarms, group.fatal, group.to_review]
    cells.append(clauses(lost, lang) or None)
    return cells


def fill_notes(book: Book, lang: Lang, lines: Sequence[str]) -> None:
    """How to read it, a line below the other."""
    sheet: Any = book.sheet(terms.term(labels.SHEETS, "notes", lang), (NOTES_WIDTH,))
    for row, text in enumerate(lines):
        write(book, sheet, row, 0, text, WRAP)
