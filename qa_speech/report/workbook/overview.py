"""The sheets that sum up: what came of all calls, of each agent's, and how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qa_speech.report.workbook.calls import Layout
from qa_speech.report.workbook.sheet import (
    COUNT,
    HEAD,
    POINTS,
    SHARE,
    SOFT,
    TITLE,
    Bad,
    Book,
    Cell,
    Column,
    Table,
    plain,
    write,
)
from qa_speech.report.workbook.tally import BIN, Group, Tally
from qa_speech.stats.intervals import Interval, wilson
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
        self._sheet.write_string(0, 0, plain(title), self._book.form(TITLE))
        self._row = 1
        period = tally.first_day
        if tally.last_day != tally.first_day:
            period += f" {self._word('to')} {tally.last_day}"
        cards = clauses([f"{name} v{version}" for name, version in sorted(tally.cards)], self._lang)
        self._sheet.write_string(1, 0, plain(clauses(filter(None, (period, cards)), self._lang)), self._book.form(SOFT))
        self._alarms(tally)
        self._key(tally)
        self._histogram(tally)
        self._bands(tally)
        self._counts("no_total", [(terms.reason(code, self._lang), n) for code, n in tally.no_total.most_common()])
        self._counts("errors", [(error_name(code, self._lang), n) for code, n in tally.errors.most_common()])
        self._criteria(tally)
        self._figures(tally)

    def _word(self, name: str) -> str:
        return terms.term(labels.WORDS, name, self._lang)

    def _table(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], forms: Sequence[str]) -> int:
        """A small table below what is there, its first column named `name`; returns the row of its head."""
        self._row += 2
        head = self._row
        for place, text in enumerate((self._word(name), *[self._layout.head(one) for one in heads])):
            write(self._book, self._sheet, head, place, text, HEAD)
        for row in rows:
            self._row += 1
            for place, (cell, form) in enumerate(zip(row, ("", *forms), strict=False)):
                write(self._book, self._sheet, self._row, place, cell, form or SOFT)
        return head

    def _alarms(self, tally: Tally) -> None:
        rows: list[list[Cell]] = [[Bad(title), count] for title, count in tally.alarms.most_common()]
        self._table("alarms", ["calls"], rows or [[self._word("none")]], [COUNT])

    def _key(self, tally: Tally) -> None:
        found = tally.all
        listed = found.calls + tally.failed
        rows: list[list[Cell]] = [[self._word("all"), listed], [self._word("done"), found.calls]]
        if tally.failed:
            rows.append([self._word("failed"), tally.failed])
        rows.append([self._layout.head("scored"), len(found.totals)])
        rows.append([self._layout.head("alarms"), found.alarms])
        rows.append([self._layout.head("fatal"), found.fatal])
        rows.append([self._layout.head("to_review"), found.to_review])
        self._table("key", ["figure", "low", "high"], rows, [COUNT])
        for name, interval, form in (("mean", found.mean, POINTS), ("pass_rate", found.pass_rate, SHARE)):
            if interval is not None:
                self._row += 1
                write(self._book, self._sheet, self._row, 0, self._layout.head(name), SOFT)
                for place, value in enumerate(interval, start=1):
                    write(self._book, self._sheet, self._row, place, value, form)

    def _histogram(self, tally: Tally) -> None:
        scored = sum(tally.histogram)
        if not scored:
            return
        rows: list[list[Cell]] = []
        for place, count in enumerate(tally.histogram):
            rows.append([f"{place * BIN}–{(place + 1) * BIN}", count, count / scored])
        head = self._table("histogram", ["calls", "share"], rows, [COUNT, SHARE])
        chart = self._book.made.add_chart({"type": "column"})
        last = head + len(rows)
        name = self._sheet.get_name()
        chart.add_series(
            {"categories": [name, head + 1, 0, last, 0], "values": [name, head + 1, 1, last, 1], "gap": 20}
        )
        chart.set_title({"name": self._word("histogram"), "name_font": {"size": 11}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#E1E5EB"}}})
        chart.set_size({"width": 520, "height": 260})
        self._sheet.insert_chart(head, 4, chart)

    def _bands(self, tally: Tally) -> None:
        if not tally.bands:
            return
        by_points = sorted(tally.bands.items(), key=lambda item: -item[1][1])
        banded = sum(count for count, _ in tally.bands.values())
        rows: list[list[Cell]] = [[name, count, count / banded] for name, (count, _) in by_points]
        self._table("bands", ["calls", "share"], rows, [COUNT, SHARE])

    def _counts(self, name: str, counts: Sequence[tuple[str, int]]) -> None:
        if counts:
            self._table(name, ["calls"], counts, [COUNT])

    def _criteria(self, tally: Tally) -> None:
        rows: list[list[Cell]] = []
        for one in list(tally.worst_criteria())[:MOST_CRITERIA]:
            share = wilson(one.wrong, one.judged)
            rows.append([one.title, one.judged, one.wrong, *(share or (None, None, None)), one.lost, one.pending])
        heads = ["judged", "wrong", "wrong_share", "low", "high", "lost_total", "pending"]
        if rows:
            self._table("criteria", heads, rows, [COUNT, COUNT, SHARE, SHARE, SHARE, POINTS, COUNT])

    def _figures(self, tally: Tally) -> None:
        rows: list[list[Cell]] = []
        for figure in tally.measured():
            found = [figure.cell(value) for value in tally.percentiles(figure.column)]
            measured, not_measured = len(tally.values[figure.column]), tally.unmeasured[figure.column]
            rows.append([figure.head, *found, measured, not_measured])
        if not rows:
            return
        heads = ["tenth", "middle", "ninth", "measured", "unmeasured"]
        self._table("figures", heads, [], [])
        for row, figure in zip(rows, tally.measured(), strict=True):
            self._row += 1
            forms = ("", figure.form, figure.form, figure.form, COUNT, COUNT)
            for place, (cell, form) in enumerate(zip(row, forms, strict=True)):
                write(self._book, self._sheet, self._row, place, cell, form or SOFT)


def fill_agents(book: Book, layout: Layout, tally: Tally) -> None:
    """A row for each agent, those with the lowest mean first; agents without a total last."""
    head = layout.head
    columns = [
        Column(terms.term(labels.METADATA, "agent", layout.lang), 12),
        Column(terms.term(labels.METADATA, "team", layout.lang), 12),
        Column(head("calls"), 8, COUNT), Column(head("scored"), 8, COUNT), Column(head("mean"), 9, POINTS),
        Column(head("mean_low"), 12, POINTS), Column(head("mean_high"), 12, POINTS), Column(head("pass_rate"), 9, SHARE),
        Column(head("pass_low"), 12, SHARE), Column(head("pass_high"), 12, SHARE), Column(head("alarms"), 9, COUNT),
        Column(head("fatal"), 10, COUNT), Column(head("to_review"), 9, COUNT), Column(head("most_lost"), 50, "wrap"),
    ]  # fmt: skip
    table = Table(book, terms.term(labels.SHEETS, "agents", layout.lang), columns)
    found = [(agent, group, group.mean) for agent, group in tally.agents.items()]
    found.sort(key=lambda one: (one[2] is None, one[2].value if one[2] else 0.0, one[0]))
    for (agent, team), group, mean in found:
        table.add([agent, team or None, *_of_group(group, mean, layout.lang)])
    table.finish()


def _of_group(group: Group, mean: Interval | None, lang: Lang) -> list[Cell]:
    lost = [f"{title} {count}" for title, count in group.lost.most_common(MOST_LOST)]
    return [
        group.calls, len(group.totals), *(mean or (None,) * 3), *(group.pass_rate or (None,) * 3),
        group.alarms, group.fatal, group.to_review, clauses(lost, lang) or None,
    ]  # fmt: skip


def fill_notes(book: Book, lang: Lang, lines: Sequence[str]) -> None:
    """How to read it, a line below the other."""
    sheet: Any = book.sheet(terms.term(labels.SHEETS, "notes", lang), (NOTES_WIDTH,))
    for row, text in enumerate(lines):
        write(book, sheet, row, 0, text, "wrap")
