"""Text with a sign between the cells → rows, each with the number of the line on which it begins.

The sign is looked for: comma, semicolon, tab or ``|``. A quote that is not closed swallows the lines after it: a row that
takes several lines keeps how many cells each of them would have had, so that rows can be counted against lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from qa_speech.errors import problem

SIGNS = (",", ";", "\t", "|")
_FIRST_LINES = 60
"""So many lines are looked at to find the sign."""
_MOST_PROBLEMS = 50
"""Rows with a wrong quote after which the rest is not tried."""
_SIGN_LINE = re.compile(r"\"?sep=(.)\"?[\r\n]*", re.IGNORECASE)
"""How a spreadsheet is told the sign, in a line before the head."""


class RawRow(NamedTuple):
    """Cells of a row as they were written; `number` as a spreadsheet or an editor counts (the first is 1).

    `below`: of a row that takes several lines, how many cells each line after the first would have had.
    """

    number: int
    cells: list[str]
    below: tuple[int, ...] = ()


class Problem(NamedTuple):
    """What is wrong with a row."""

    number: int
    what: str


class RawTable(NamedTuple):
    """All rows that hold anything, in order, and what could not be read."""

    rows: list[RawRow]
    problems: list[Problem]


Fitness: TypeAlias = Callable[[Sequence[RawRow]], tuple[int, ...]]
"""How well rows look like the table that is wanted; the more, the better."""


def rows_of(text: str, fitness: Fitness) -> RawTable:
    r"""The rows of a text, divided by the sign with which they fit best.

    >>> rows_of("a;b\n1;2,5\n", lambda rows: (len(rows[0].cells),)).rows[1]
    RawRow(number=2, cells=['1', '2,5'], below=())
    """
    lines = list(io.StringIO(text, newline=""))
    said = _SIGN_LINE.fullmatch(lines[0]) if lines else None
    if said is not None:
        return _read(lines, said[1], start=1)
    first = lines[:_FIRST_LINES]
    found = [fitness(_read(first, sign).rows) for sign in SIGNS]
    return _read(lines, SIGNS[found.index(max(found))])


def _read(lines: Sequence[str], sign: str, start: int = 0) -> RawTable:
    table = RawTable([], [])
    while start < len(lines):
        taken = 0
        reader = csv.reader(islice(lines, start, None), delimiter=sign, strict=True)
        try:
            for cells in reader:
                first, last = start + taken, start + reader.line_num
                taken = reader.line_num
                if any(cells):
                    below = tuple(line.count(sign) + 1 for line in lines[first + 1 : last])
                    table.rows.append(RawRow(first + 1, cells, below))
            break
        except csv.Error as exc:  # go on behind the line on which the row began
            start += taken + 1
            table.problems.append(Problem(start, _told(exc)))
            if len(table.problems) >= _MOST_PROBLEMS:
                table.problems.append(Problem(start + 1, problem("the rows from here on were not read")))
                break
    return table


def _told(exc: csv.Error) -> str:
    """What is wrong with the quotes of a row; no cell is quoted."""
    text = str(exc)
    if "field limit" in text:
        return problem(
            "a cell is longer than {most} characters; is a quote not closed?",
            most=csv.field_size_limit(),
        )
    if "unexpected end" in text:
        return problem('a quote (") is not closed, and takes all lines after it')
    return problem('a quote (") in the middle of a cell; a quote that is meant is written twice')
