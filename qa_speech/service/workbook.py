"""The report as a workbook: a sheet of sentences, one for every table, numbers as numbers; charts beside their tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qa_speech.files import whole_file
from qa_speech.service.document import (
    Bullets,
    Cards,
    Cell,
    Chart,
    Document,
    Funnel,
    Paragraph,
    Table,
)
from qa_speech.service.svg import shades

LONGEST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
WIDEST = 60
TEXT_SHEET = "正文"
CHART_SIZE = {"width": 720, "height": 340}


def write_workbook(document: Document, path: str | Path) -> None:
    """Write the workbook; it is there whole or not at all. Text is written as text: nothing is run as a formula."""
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": False,
    }
    with whole_file(Path(path)) as temporary:
        book = xlsxwriter.Workbook(str(temporary), options)
        try:
            _fill(book, document)
        finally:
            book.close()


def _fill(book: Any, document: Document) -> None:
    formats = _Formats(book)
    _sentences(book, formats, document)
    taken = {TEXT_SHEET}
    for table in document.tables():
        _table(book.add_worksheet(sheet_name(table.title, taken)), formats, table)
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Chart):
                _chart(
                    book,
                    book.add_worksheet(sheet_name(f"图 {block.title}", taken)),
                    formats,
                    block,
                )
            elif isinstance(block, Funnel):
                _funnel(
                    book,
                    book.add_worksheet(sheet_name(f"图 {block.title}", taken)),
                    formats,
                    block,
                )


def sheet_name(title: str, taken: set[str]) -> str:
    """A name that a sheet may bear and none bears yet; `taken` grows.

    >>> taken = set()
    >>> sheet_name("满意度（按班组）/A", taken), sheet_name("满意度（按班组）/A", taken)
    ('满意度（按班组） A', '满意度（按班组） A 2')
    """
    plain = _FORBIDDEN.sub(" ", title)[:LONGEST_NAME]
    name, number = plain, 2
    while name in taken:
        end = f" {number}"
        name = plain[: LONGEST_NAME - len(end)] + end
        number += 1
    taken.add(name)
    return name


class _Formats:
    """Formats of the book, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[Any, ...], Any] = {}

    def of(self, **properties: Any) -> Any:
        """The format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "top", **properties})
        return self._made[key]

    def of_cell(self, cell: Cell, colour: str = "") -> Any:
        """The format that shows a number as it is shown elsewhere."""
        properties: dict[str, Any] = {}
        if cell.number is not None:
            decimals = "." + "0" * cell.digits if cell.digits else ""
            unit = cell.unit.replace('"', "")
            shown = f'"{unit}"' if unit else ""
            properties["num_format"] = f"#,##0{decimals}{shown}"
        elif len(cell.text) > WIDEST:
            properties["text_wrap"] = True
        if cell.tone == "bad":
            properties["font_color"] = "#B3261E"
        if colour:
            properties["bg_color"] = colour
        return self.of(**properties)


def _sentences(book: Any, formats: _Formats, document: Document) -> None:
    sheet = book.add_worksheet(TEXT_SHEET)
    sheet.set_column(0, 0, 110)
    sheet.write_string(
        0,
        0,
        f"{document.title} {document.subtitle}",
        formats.of(bold=True, font_size=16),
    )
    row = 1
    wrapped, heading = (
        formats.of(text_wrap=True),
        formats.of(bold=True, font_size=13),
    )
    for section in document.sections:
        row += 1
        sheet.write_string(row, 0, section.title, heading)
        row += 1
        for block in section.blocks:
            for line in _lines(block):
                sheet.write_string(row, 0, line, wrapped)
                row += 1


def _lines(block: object) -> list[str]:
    if isinstance(block, Paragraph):
        return [block.text]
    if isinstance(block, Bullets):
        return [f"· {item}" for item in block.items]
    if isinstance(block, Cards):
        return [f"{card.title}  {card.cell.text}  {card.note}" for card in block.cards]
    if isinstance(block, Table):
        return [f"（表：{block.title}）"]
    return []


def _table(sheet: Any, formats: _Formats, table: Table) -> None:
    bold = formats.of(bold=True)
    sheet.write_string(0, 0, table.title, formats.of(bold=True, font_size=13))
    for place, column in enumerate(table.columns):
        sheet.write_string(1, place, column.title, formats.of(bold=True, bg_color="#EEF2F5"))
        sheet.set_column(place, place, _width(table, place))
    sheet.freeze_panes(2, 1)
    colours = shades(table) if table.shaded else []
    for number, row in enumerate(table.rows):
        for place, cell in enumerate(row):
            colour = colours[number][place] if colours else ""
            _cell(sheet, 2 + number, place, cell, formats.of_cell(cell, colour))
    if table.note:
        sheet.write_string(3 + len(table.rows), 0, table.note, bold)


def _cell(sheet: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    if cell.number is not None:
        sheet.write_number(row, column, cell.number, style)
    else:
        sheet.write_string(row, column, cell.text, style)


def _width(table: Table, place: int) -> float:
    texts = [
        table.columns[place].title,
        *(row[place].text for row in table.rows[:200]),
    ]
    widest = max(sum(2 if ord(char) > 0x2E7F else 1 for char in text) for text in texts)
    return min(WIDEST, widest + 2)


def _chart(book: Any, sheet: Any, formats: _Formats, chart: Chart) -> None:
    """The data of a chart, and a native chart of them."""
    sheet.write_string(0, 0, chart.title, formats.of(bold=True, font_size=13))
    sheet.set_column(0, 0, 28)
    kind = {"bars": "bar", "lines": "line", "histogram": "column"}[chart.kind]
    drawn = book.add_chart({"type": kind})
    name, last = sheet.get_name(), 1 + len(chart.labels)
    for place, series in enumerate(chart.series, start=1):
        sheet.write_string(1, place, series.name, formats.of(bold=True))
        drawn.add_series(
            {
                "name": [name, 1, place],
                "categories": [name, 2, 0, last, 0],
                "values": [name, 2, place, last, place],
                "gap": 60,
            }
        )
    for row, label in enumerate(chart.labels, start=2):
        sheet.write_string(row, 0, label)
        for place, series in enumerate(chart.series, start=1):
            value = series.values[row - 2]
            if value is not None:
                sheet.write_number(row, place, value, formats.of(num_format="#,##0.0"))
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}})
    if chart.kind == "bars":
        drawn.set_y_axis({"reverse": True})
    if len(chart.series) == 1:
        drawn.set_legend({"none": True})
    drawn.set_size(CHART_SIZE)
    sheet.insert_chart(1, len(chart.series) + 2, drawn)


FUNNEL_LINES = ("下限", "上限", "下限（含差别）", "上限（含差别）")
"""Exact limits of a funnel, then those that allow for the differences there always are."""
FUNNEL_AT = 4
"""Column where the sizes of a funnel's lines stand; the lines follow."""


def _funnel(book: Any, sheet: Any, formats: _Formats, funnel: Funnel) -> None:
    """A funnel: its points, its lines beside them, and the chart of both."""
    sheet.write_string(0, 0, funnel.title, formats.of(bold=True, font_size=13))
    heads = ("坐席", funnel.size_title, funnel.unit, "", "通数", *FUNNEL_LINES)
    for place, head in enumerate(heads):
        sheet.write_string(1, place, head, formats.of(bold=True))
    for row, point in enumerate(funnel.points, start=2):
        sheet.write_string(row, 0, point.name)
        sheet.write_number(row, 1, point.size)
        sheet.write_number(row, 2, point.value)
    lines = (funnel.sizes, funnel.low, funnel.high, funnel.wide_low, funnel.wide_high)
    for place, values in enumerate(lines, start=FUNNEL_AT):
        for row, value in enumerate(values, start=2):
            sheet.write_number(row, place, value)
    sheet.insert_chart(1, FUNNEL_AT + len(lines) + 1, _drawn_funnel(book, sheet.get_name(), funnel))


def _drawn_funnel(book: Any, name: str, funnel: Funnel) -> Any:
    """The chart over the cells of a funnel's sheet of this name."""
    last = 1 + len(funnel.points)
    end = 1 + len(funnel.sizes)
    drawn = book.add_chart({"type": "scatter", "subtype": "straight"})
    drawn.add_series(
        {
            "name": "坐席",
            "categories": [name, 2, 1, last, 1],
            "values": [name, 2, 2, last, 2],
            "line": {"none": True},
            "marker": {"type": "circle", "size": 6},
        }
    )
    dashes = ("solid", "solid", "dash", "dash")
    for place, (title, dash) in enumerate(zip(FUNNEL_LINES, dashes, strict=True), start=FUNNEL_AT + 1):
        drawn.add_series(
            {
                "name": title,
                "categories": [name, 2, FUNNEL_AT, end, FUNNEL_AT],
                "values": [name, 2, place, end, place],
                "line": {"color": "#6B7785", "dash_type": dash},
                "marker": {"type": "none"},
            }
        )
    drawn.set_title({"name": funnel.title, "name_font": {"size": 12}})
    drawn.set_size(CHART_SIZE)
    return drawn
