"""The one reader of lists: CSV with any sign, text of any office, xlsx → lines by field, and every problem of the file.

title rows above the head, empty columns and rows, names of columns in Chinese or English, ``="0012"``      are read
a quote that is not closed, cells beyond the head, NUL, huge cells, numbers that have lost their digits     are problems
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from qa_speech.errors import ConfigError, problem, said_by
from qa_speech.language.encodings import decoded
from qa_speech.tables.dates import Epoch
from qa_speech.tables.delimited import Problem, RawRow, rows_of
from qa_speech.tables.head import Head, Names, fitness, head_of, known_fields, likely_head
from qa_speech.tables.workbook import Sheet, sheets_of

SUFFIXES = frozenset((".csv", ".tsv", ".xlsx", ".xlsm", ".xls"))
"""Files that are tables by their names; what a file really is, its first bytes say."""
_LOG = logging.getLogger("qa_speech")
LARGEST_CELL = 32_767
"""Characters of a cell, as in a spreadsheet."""
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_PAGE = re.compile(rb"\s*<(?:!doctype|html|table|\?xml)", re.IGNORECASE)
_QUOTED = re.compile(r'="(.*)"', re.DOTALL)
"""How programs keep a spreadsheet from turning 0012 into 12."""
_TYPED = re.compile(r"'(\+?\d[\d.:/ -]*)")
"""A number with the sign before it that tells a spreadsheet to leave it alone."""
_LOSSY = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")


class Line(NamedTuple):
    """A row: `number` as a spreadsheet or an editor counts, and its cells by field; "" where a known field is empty."""

    number: int
    values: dict[str, str]


class Table(NamedTuple):
    """A list as it was read. `problems` are those of single rows, each ``file:row: what``: whoever has more to say of rows
    adds to them and refuses all at once (`refuse`)."""

    path: Path
    columns: tuple[str, ...]
    lines: list[Line]
    problems: list[str]
    epoch: Epoch = 1900

    def at(self, line: Line, what: str) -> str:
        """A problem of a row, with its place."""
        return _at(self.path, Problem(line.number, what))

    def refuse(self, problems: Sequence[str] = ()) -> None:
        """Raise `ConfigError` where there are problems, the table's own first."""
        found = [*self.problems, *problems]
        if found:
            raise ConfigError(str(self.path), found)


def read_table(
    path: str | Path, names: Names, *, needed: Collection[str] = (), more: Mapping[str, Sequence[str]] | None = None
) -> Table:
    """The table in a file.

    Parameters
    ----------
    names
        Field → what its column may be called, the likeliest first.
    needed
        Fields without which it is not the table that is wanted.
    more
        Further names, of the settings (`[tables.columns]`); they come first.

    Returns
    -------
    Table
        Its lines hold the fields of `names` that the table has, and under their own names all other columns.

    Raises
    ------
    ConfigError
        It cannot be read, no row of it is a head with the needed columns, or two of its sheets are.

    Examples
    --------
    >>> _ = Path("投诉.csv").write_bytes("十一月投诉,,\\n工号;录音;备注\\n0012;a.wav;\\n".encode("gb18030"))
    >>> table = read_table("投诉.csv", {"path": ("录音",), "agent": ("工号",)}, needed=("path",))
    >>> table.lines
    [Line(number=3, values={'agent': '0012', 'path': 'a.wav'})]
    """
    path = Path(path)
    names = with_more(names, more or {})
    sheet = _sheet(path, names, needed)
    row = likely_head(sheet.rows, names)
    if row is None:
        raise ConfigError(str(path), [*_told(path, sheet.problems), problem("an empty table")])
    head, wrong = head_of(row, names, needed)
    if wrong:
        raise ConfigError(str(path), _told(path, [*sheet.problems, *wrong]))
    if sheet.hidden:
        _LOG.warning(
            problem("{name}: {count} hidden rows (by a filter?) are read too", name=path.name, count=sheet.hidden)
        )
    below = [row for row in sheet.rows if row.number > head.number]
    problems = list(sheet.problems)
    known = frozenset(names)
    lines = []
    for row in below:
        found = list(_problems(row, head, known))
        problems += found
        if not found and any(row.cells):
            lines.append(Line(row.number, _values(row, head, known)))
    columns = tuple(field for field in head.fields if field)
    return Table(path, columns, lines, _told(path, sorted(problems)), sheet.epoch)


def with_more(names: Names, more: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The names with those of the settings before them."""
    return {field: (*more.get(field, ()), *spellings) for field, spellings in names.items()}


def _told(path: Path, problems: Sequence[Problem]) -> list[str]:
    return [_at(path, one) for one in problems]


def _at(path: Path, one: Problem) -> str:
    return problem("{name}:{number}: {what}", name=path.name, number=one.number, what=one.what)


# -- which kind of file, which sheet ----------------------------------------------------------------------------------


def _sheet(path: Path, names: Names, needed: Collection[str]) -> Sheet:
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
    if content.startswith(_ZIP):
        return _one_of(path, sheets_of(path), names, needed)
    if content.startswith(_OLD_OFFICE):
        raise ConfigError(str(path), [problem("an old .xls workbook; save it as .xlsx")])
    if _PAGE.match(content[:200]):
        raise ConfigError(str(path), [problem("a web page under this name; save it as .xlsx or .csv")])
    try:
        text = decoded(content)
    except UnicodeError as exc:
        raise ConfigError(str(path), [said_by(exc)]) from exc
    raw = rows_of(text, lambda rows: fitness(rows, names))
    return Sheet("", raw.rows, raw.problems, 1900)


def _one_of(path: Path, sheets: Sequence[Sheet], names: Names, needed: Collection[str]) -> Sheet:
    """The sheet that has the needed columns; the first where none has, so that what it lacks can be said."""
    fitting = [sheet for sheet in sheets if _has(sheet, names, needed)]
    if len(fitting) > 1:
        listed = "、".join(sheet.name for sheet in fitting)
        raise ConfigError(str(path), [problem("several sheets have these columns: {listed}; keep one", listed=listed)])
    if fitting:
        return fitting[0]
    if not sheets:
        raise ConfigError(str(path), [problem("no visible sheet")])
    return sheets[0]


def _has(sheet: Sheet, names: Names, needed: Collection[str]) -> bool:
    head = likely_head(sheet.rows, names)
    return head is not None and set(needed) <= known_fields(head.cells, names).keys()


# -- rows -------------------------------------------------------------------------------------------------------------


def _values(row: RawRow, head: Head, known: Collection[str]) -> dict[str, str]:
    """Cells by field; an empty one only where the field is known."""
    values: dict[str, str] = {}
    for field, cell in zip(head.fields, row.cells, strict=False):
        text = _plain(cell)
        if field and (text or field in known):
            values[field] = text
    return values


def _plain(cell: str) -> str:
    text = cell.strip()
    kept = _QUOTED.fullmatch(text) or _TYPED.fullmatch(text)
    return text if kept is None else kept[1].strip()


def _problems(row: RawRow, head: Head, known: Collection[str]) -> Iterator[Problem]:
    width = len(head.fields)
    if row.below and max(row.below) >= width:
        last = row.number + len(row.below)
        yield Problem(
            row.number,
            problem(
                "rows {number} to {last} were read as one: is a quote "
                "not closed? Where a cell really holds lines like rows, save the table as .xlsx",
                number=row.number,
                last=last,
            ),
        )
        return
    if len(row.cells) > width and any(cell.strip() for cell in row.cells[width:]):
        yield Problem(
            row.number, problem("{count} cells, the head names {width} columns", count=len(row.cells), width=width)
        )
    if any("\0" in cell for cell in row.cells):
        yield Problem(row.number, problem("holds a NUL character (is it UTF-16 without its mark?)"))
    for field, cell in zip(head.fields, row.cells, strict=False):
        if len(cell) > LARGEST_CELL:
            yield Problem(
                row.number,
                problem(
                    "{field}: {count} characters; at most {most}",
                    field=field or "-",
                    count=len(cell),
                    most=LARGEST_CELL,
                ),
            )
        elif field in known and _LOSSY.fullmatch(cell.strip()):
            yield Problem(
                row.number,
                problem(
                    "{field}: turned into a number that has lost its last digits",
                    field=field,
                ),
            )
