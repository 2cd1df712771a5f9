"""The cells of every table of a report, as they are shown, from each of its three forms."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Rows = list[list[str]]
_FORMAT = re.compile(r"#,##0(?:\.(0+))?(?:\"(.*)\")?")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Rows] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.tables[-1][-1][-1] += data


def of_page(path: Path) -> list[Rows]:
    """Of the page."""
    parser = _Page()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser.tables


def of_word(path: Path) -> list[Rows]:
    """Of the Word document, but for the figures of its first page, which are no table of the page."""
    import docx

    return [[_word_row(row) for row in table._tbl.tr_lst] for table in docx.Document(str(path)).tables[1:]]


def _word_row(row: Any) -> list[str]:
    return ["".join(part.text or "" for part in cell.iter() if part.tag.endswith("}t")) for cell in row.tc_lst]


def of_workbook(path: Path) -> list[Rows]:
    """Of the workbook: numbers by the formats that show them."""
    from openpyxl import load_workbook

    book = load_workbook(path)
    found: list[Rows] = []
    for sheet in book.worksheets[1:]:
        if sheet.title.startswith("图 "):
            continue
        found.append(_sheet(sheet))
    return found


def _sheet(sheet: Any) -> Rows:
    """From the row of names to the first empty row."""
    rows: Rows = []
    width = next(place for place in range(1, 100) if sheet.cell(2, place).value is None) - 1
    for number in range(2, sheet.max_row + 1):
        cells = [sheet.cell(number, place) for place in range(1, width + 1)]
        if all(cell.value is None for cell in cells):
            break
        rows.append([_shown(cell) for cell in cells])
    return rows


def _shown(cell: Any) -> str:
    """A cell as a spreadsheet shows it."""
    if not isinstance(cell.value, int | float):
        return str(cell.value or "")
    parts = _FORMAT.fullmatch(cell.number_format)
    assert parts is not None, cell.number_format
    return f"{cell.value:,.{len(parts[1] or '')}f}{parts[2] or ''}"
