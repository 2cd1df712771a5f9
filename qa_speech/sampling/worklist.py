"""Work lists of a draw: a workbook with a page per inspector for people, a CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.files import whole_file, write_bytes
from qa_speech.sampling.draw import Drawn
from qa_speech.store.export import cell, csv_cell

XLSX_NAME, CSV_NAME = "worklist.xlsx", "worklist.csv"
UNASSIGNED = "未分配"
LINK_TEXT = "听"
SHEET_NAME_CHARACTERS = 31
WIDTHS = {
    "质检员": 10,
    "编号": 34,
    "工号": 9,
    "组": 14,
    "层": 10,
    "抽中概率": 10,
    "风险": 26,
    "开始时间": 20,
    "时长（秒）": 11,
    "机器总分": 10,
    "听": 6,
}
"""The columns with their widths in characters."""
COLUMNS = tuple(WIDTHS)


class WorkRow(msgspec.Struct, frozen=True):
    """One line of a work list: a drawn call, what is known of it, and where its page is, relative to the list."""

    call: Drawn
    agent: str = ""
    started_at: str = ""
    duration_s: float | None = None
    total: float | None = None
    link: str = ""

    def cells(self) -> tuple[str | float | None, ...]:
        """In the order of `COLUMNS`, without the link."""
        one = self.call
        return (
            one.inspector,
            one.id,
            self.agent,
            one.group,
            one.stratum,
            round(one.chance, 4),
            "；".join(one.risks),
            self.started_at,
            None if self.duration_s is None else round(self.duration_s, 1),
            self.total,
        )


def write_csv(rows: Iterable[WorkRow], path: str | Path) -> None:
    """The work list as CSV: UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([csv_cell(value) for value in (*row.cells(), row.link)])
    write_bytes(Path(path), b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))


def write_xlsx(rows: Iterable[WorkRow], path: str | Path) -> None:
    """The work list as a workbook, one page per inspector, with links."""
    import xlsxwriter

    by_inspector: dict[str, list[WorkRow]] = {}
    for row in rows:
        by_inspector.setdefault(row.call.inspector or UNASSIGNED, []).append(row)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with whole_file(Path(path)) as temporary, xlsxwriter.Workbook(str(temporary), options) as book:
        linked = book.add_format({"font_color": "blue", "underline": 1})
        if not by_inspector:
            _begun(book, "1 空")
        for number, (name, mine) in enumerate(sorted(by_inspector.items()), start=1):
            sheet = _begun(book, sheet_name(name, number))
            sheet.autofilter(0, 0, len(mine), len(COLUMNS) - 1)
            for line, row in enumerate(mine, start=1):
                _write(sheet, line, row, linked)


def _begun(book: Any, name: str) -> Any:
    """A new page with its head."""
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True, "bottom": 1}))
    sheet.freeze_panes(1, 2)
    for column, width in enumerate(WIDTHS.values()):
        sheet.set_column(column, column, width)
    return sheet


def _write(sheet: Any, line: int, row: WorkRow, linked: Any) -> None:
    for column, value in enumerate(map(cell, row.cells())):
        if isinstance(value, str):
            sheet.write_string(line, column, value.encode("utf-8", "replace").decode())
        elif value is not None:
            sheet.write_number(line, column, value)
    if row.link:
        safe = row.link.replace('"', "%22")
        sheet.write_formula(line, len(COLUMNS) - 1, f'=HYPERLINK("{safe}","{LINK_TEXT}")', linked, LINK_TEXT)


def sheet_name(name: str, number: int) -> str:
    """A name that a workbook takes: 31 characters, none of ``[]:*?/\\``, never twice.

    >>> sheet_name("质检/一", 3)
    '3 质检_一'
    """
    plain = "".join(_of_a_name(char) for char in name)
    return f"{number} {plain}"[:SHEET_NAME_CHARACTERS].rstrip()


def _of_a_name(char: str) -> str:
    is_allowed = char.isprintable() and char not in "[]:*?/\\'"
    return char if is_allowed else "_"
