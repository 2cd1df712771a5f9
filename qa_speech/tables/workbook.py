"""xlsx workbooks: opened for reading, and their sheets as rows of text.

Dates become ISO 8601 (a day alone where the cell shows no time), whole numbers lose their .0, cells merged downwards stand in
every row. An error of the spreadsheet and a formula whose result was never stored are problems: they look like empty cells.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from qa_speech.errors import ConfigError, problem
from qa_speech.tables.dates import Epoch
from qa_speech.tables.delimited import Problem, RawRow

LARGEST_UNPACKED = 500_000_000
"""Bytes of a workbook's parts together; a small file can hold enormous ones."""
_EXACT = 10**15
"""Numbers from here on have lost digits in a spreadsheet."""
_MERGED = re.compile(rb'<mergeCell [^>]*ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_HIDDEN = re.compile(rb'<row [^>]*hidden="(?:1|true)"')
_WITHOUT_RESULT = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)><f(?:/>| [^>]*/>|[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>'
)


class Sheet(NamedTuple):
    """A visible sheet: its rows that hold anything, its problems, the day its numbers count from, how many rows are hidden."""

    name: str
    rows: list[RawRow]
    problems: list[Problem]
    epoch: Epoch
    hidden: int = 0


def open_workbook(path: Path, *, formulas: bool = False) -> Any:
    """A workbook of openpyxl, read-only, to be closed; with `formulas` as they were typed, else with what they came to.

    Raises
    ------
    ConfigError
        It cannot be read, is none, or is larger than any list.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _refuse_enormous(path)
        return load_workbook(path, read_only=True, data_only=not formulas)
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError, TypeError) as exc:
        raise ConfigError(str(path), [problem("not an xlsx workbook")]) from exc


def _refuse_enormous(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(part.file_size for part in packed.infolist())
    if unpacked > LARGEST_UNPACKED:
        raise ConfigError(
            str(path),
            [
                problem(
                    "{unpacked:,} bytes unpacked; a list has at most {largest_unpacked:,}",
                    unpacked=unpacked,
                    largest_unpacked=LARGEST_UNPACKED,
                )
            ],
        )


def sheets_of(path: Path) -> list[Sheet]:
    """The visible sheets of a workbook.

    Raises
    ------
    ConfigError
        It cannot be read or is none.
    """
    book = open_workbook(path)
    epoch: Epoch = 1904 if book.epoch.year == 1904 else 1900
    try:
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return [_sheet(path, sheet, epoch) for sheet in shown]
    except (KeyError, ValueError, SyntaxError, TypeError, zipfile.BadZipFile) as exc:
        raise ConfigError(str(path), [problem("a damaged xlsx workbook")]) from exc
    finally:
        book.close()


def _sheet(path: Path, sheet: Any, epoch: Epoch) -> Sheet:
    sheet.reset_dimensions()  # what a sheet says of its own size is often wrong
    rows: list[RawRow] = []
    problems: list[Problem] = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        texts = [cell_text(cell.value, cell.number_format) for cell in cells]
        problems += [Problem(number, what) for what in _errors(cells)]
        if any(texts):
            rows.append(RawRow(number, texts))
    raw = _xml(path, sheet)
    _fill_merged(rows, raw)
    problems += _never_computed(raw)
    hidden = len(_HIDDEN.findall(raw))
    return Sheet(sheet.title, rows, sorted(problems), epoch, hidden)


def cell_text(value: Any, number_format: str | None = None) -> str:
    """A cell as text.

    >>> cell_text(123.0), cell_text(dt.datetime(2026, 1, 5), "yyyy/m/d"), cell_text(dt.datetime(2026, 1, 5), "m/d h:mm")
    ('123', '2026-01-05', '2026-01-05T00:00:00')
    >>> cell_text(46027.3958333333), cell_text(" 宽带\u3000"), cell_text(None), cell_text(True)
    ('46027.3958333333', '宽带', '', 'TRUE')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.15g}"
    if isinstance(value, dt.datetime):
        return _moment_text(value, number_format)
    return str(value).strip()


def _moment_text(value: dt.datetime, number_format: str | None) -> str:
    shows_time = "h" in (number_format or "").lower()
    if shows_time or value.time() != dt.time():
        return (value + dt.timedelta(milliseconds=500)).replace(microsecond=0).isoformat()
    return value.date().isoformat()


def _errors(cells: Any) -> Iterator[str]:
    for cell in cells:
        if cell.value is not None and cell.data_type == "e":
            yield problem("cell {coordinate} holds an error of the spreadsheet", coordinate=cell.coordinate)


# -- what the reader of cells does not tell ---------------------------------------------------------------------------


def _xml(path: Path, sheet: Any) -> bytes:
    with zipfile.ZipFile(path) as packed:
        return packed.read(sheet._worksheet_path)


def _fill_merged(rows: list[RawRow], raw: bytes) -> None:
    """Give every row of cells merged downwards what stands in the first."""
    by_number = {row.number: row for row in rows}
    for left, top, right, bottom in _MERGED.findall(raw):
        first = by_number.get(int(top))
        column = _column(left)
        if left != right or top == bottom or first is None or column >= len(first.cells):
            continue
        for number in range(int(top) + 1, int(bottom) + 1):
            row = by_number.get(number)
            if row is not None:
                row.cells.extend([""] * (column + 1 - len(row.cells)))
                row.cells[column] = first.cells[column]


def _column(letters: bytes) -> int:
    """A is 0, AB is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _never_computed(raw: bytes) -> Iterator[Problem]:
    """Formulas without a result: written by a program, never computed by a spreadsheet."""
    for letters, number, attributes in _WITHOUT_RESULT.findall(raw):
        if b't="str"' not in attributes:  # the result is a text, here an empty one
            cell = letters.decode() + number.decode()
            what = problem("cell {cell}: a formula without its result; open and save the workbook", cell=cell)
            yield Problem(int(number), what)
