"""A sheet that is written row by row and kept by none: head, filter, formats, links. Text is text, never a formula.

Days, times of day and lengths are numbers of a spreadsheet with a format, so that it can sort and sum them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from qa_speech.cells import defused, width

ROWS_PER_SHEET = 1_000_000
"""Rows below the head; what is more goes on the next sheet of the same columns."""
LINKS_PER_SHEET = 60_000
"""A program refuses a sheet with more than 65 530."""
CELL_MAX = 32_000
"""Characters of a cell."""
DAY_S = 86_400
A4 = 9
"""Its number among the papers of a workbook."""
LINE_POINTS = 16.5
"""Height of a line."""
MOST_LINES = 6
INDENT = 3
"""Characters of a column that are margin."""
FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
PLAIN, WRAP, COUNT, POINTS, SHARE, LENGTH, MOMENT, DAY, LINK, BAD, HEAD, TITLE, SOFT = (
    "plain", "wrap", "count", "points", "share", "length", "moment", "day", "link", "bad", "head", "title", "soft",
)  # fmt: skip
FORMATS: dict[str, dict[str, Any]] = {
    PLAIN: {"align": "left", "indent": 1},
    WRAP: {"text_wrap": True, "align": "left", "indent": 1},
    COUNT: {"num_format": "#,##0"},
    POINTS: {"num_format": "0.0"},
    SHARE: {"num_format": "0.0%"},
    LENGTH: {"num_format": "[h]:mm:ss"},
    MOMENT: {"num_format": "yyyy-mm-dd hh:mm:ss"},
    DAY: {"num_format": "yyyy-mm-dd"},
    LINK: {"font_color": "#1F6FB2", "underline": 1, "align": "left", "indent": 1},
    BAD: {"font_color": "#B3261E", "bold": True, "align": "left", "indent": 1},
    HEAD: {"bold": True, "font_color": "#FFFFFF", "bg_color": "#2F5D8A", "text_wrap": True, "valign": "vcenter"},
    TITLE: {"bold": True, "font_size": 14},
    SOFT: {"font_color": "#5B6675"},
}


class Column(NamedTuple):
    """One column: its head, how many characters it is wide, and the form of its cells (a key of `FORMATS`)."""

    head: str
    width: int
    form: str = PLAIN


class Link(NamedTuple):
    """A text that opens a page: `address` is relative to the workbook; "" = nothing to open."""

    text: str
    address: str = ""


class Bad(NamedTuple):
    """A text that must not be overlooked."""

    text: str


class Length(NamedTuple):
    """Seconds, shown as h:mm:ss; the fraction is cut, so that the moment is not missed."""

    seconds: float


Cell: TypeAlias = str | float | dt.datetime | dt.date | Link | Bad | Length | None


class Book:
    """A workbook that is being written to a file; `finish` ends it."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter

        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
            "default_format_properties": FONT,
        }
        self.made: Any = xlsxwriter.Workbook(str(path), options)
        self._formats: dict[str, Any] = {}

    def form(self, name: str) -> Any:
        """The format of a name, made once; one that is no key of `FORMATS` is a format of numbers itself."""
        if name not in self._formats:
            self._formats[name] = self.made.add_format({**FONT, **FORMATS.get(name, {"num_format": name})})
        return self._formats[name]

    def sheet(self, name: str, widths: Sequence[int]) -> Any:
        """An empty sheet."""
        made = self.made.add_worksheet(name)
        made.set_landscape()
        made.set_paper(A4)
        for place, wide in enumerate(widths):
            made.set_column(place, place, wide)
        return made

    def finish(self) -> None:
        """Write what is left."""
        self.made.close()


class Table:
    """Rows of one kind on a sheet of their own, more of them on further ones; the first `frozen` columns stay in sight.

    Printed, the sheet is `wide` pages wide.
    """

    def __init__(self, book: Book, name: str, columns: Sequence[Column], *, frozen: int = 1, wide: int = 1) -> None:
        self.name = name
        self.columns = columns
        self._book = book
        self._frozen = frozen
        self._wide = wide
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        self._rows = 0
        self._links = 0
        name = self.name
        if self._sheets > 1:
            name = f"{name} {self._sheets}"
        self._sheet = self._book.sheet(name, [column.width for column in self.columns])
        self._sheet.set_default_row(LINE_POINTS)
        self._sheet.set_row(0, 2 * LINE_POINTS)
        for place, column in enumerate(self.columns):
            self._sheet.write_string(0, place, plain(column.head), self._book.form(HEAD))
        self._sheet.freeze_panes(1, self._frozen)
        self._sheet.repeat_rows(0)
        self._sheet.fit_to_pages(self._wide, 0)

    def add(self, cells: Sequence[Cell]) -> None:
        """One row more, a cell for each column."""
        if self._rows == ROWS_PER_SHEET:
            self.finish()
            self._begin()
        self._rows += 1
        lines = self._lines(cells)
        if lines > 1:  # a row with a height of its own is remembered to the end
            self._sheet.set_row(self._rows, LINE_POINTS * lines)
        for place, (cell, column) in enumerate(zip(cells, self.columns, strict=True)):
            if isinstance(cell, Link):
                self._links += bool(cell.address)
                if self._links > LINKS_PER_SHEET:
                    cell = Link(cell.text)
            write(self._book, self._sheet, self._rows, place, cell, column.form)

    def _lines(self, cells: Sequence[Cell]) -> int:
        """Lines that a row takes: what is long is seen whole, up to `MOST_LINES` of them."""
        lines = 1
        for cell, column in zip(cells, self.columns, strict=True):
            if column.form == WRAP and isinstance(cell, str):
                lines = max(lines, ceil(width(cell) / (column.width - INDENT)))
        return min(lines, MOST_LINES)

    def finish(self) -> None:
        """All rows are there: they can be filtered by any column."""
        self._sheet.autofilter(0, 0, max(1, self._rows), len(self.columns) - 1)


def write(book: Book, sheet: Any, row: int, column: int, cell: Cell, form: str = PLAIN) -> None:
    """One cell as what it is; rows and columns of a sheet begin at 0."""
    match cell:
        case None:
            return
        case Link(text, ""):
            sheet.write_string(row, column, plain(text), book.form(form))
        case Link(text, address):
            sheet.write_url(row, column, f"external:{address}", book.form(LINK), plain(text))
        case Bad(text):
            sheet.write_string(row, column, plain(text), book.form(BAD))
        case Length(seconds):
            sheet.write_number(row, column, int(seconds) / DAY_S, book.form(LENGTH))
        case dt.datetime():
            sheet.write_datetime(row, column, cell, book.form(MOMENT))
        case dt.date():
            sheet.write_datetime(row, column, cell, book.form(DAY))
        case str():
            sheet.write_string(row, column, plain(cell), book.form(form))
        case _:
            sheet.write_number(row, column, cell, book.form(form))


def plain(text: str) -> str:
    """A text that a spreadsheet takes as it is: no formula, not too long, all of it UTF-8.

    >>> plain("=1+1"), plain("张三")
    ("'=1+1", '张三')
    """
    return defused(text.encode("utf-8", "replace").decode()[:CELL_MAX])
