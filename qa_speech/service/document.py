"""A report as data: sections of sentences, tables of typed cells, charts as numbers. Three writers render it, none computes.

Every number is a `Cell`: what is shown (`text`) and the number behind it, rounded to what is shown, so that page, Word and
workbook cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

Tone: TypeAlias = Literal["", "bad", "good", "muted"]
NONE = "—"
"""Shown where there is no figure."""
SMALL_CELL = 4
"""Fewer rows than this are not shown one by one: they would tell of single people."""


class Cell(msgspec.Struct, frozen=True):
    """What stands in a cell; `number` rounded to `digits` and shown with `unit`, or None for text. `link` leads to a page."""

    text: str
    number: float | None = None
    digits: int = 0
    unit: str = ""
    tone: Tone = ""
    link: str = ""


class Column(msgspec.Struct, frozen=True):
    """A column of a table; numbers stand to the right."""

    title: str
    numeric: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table; `shaded` = cells are coloured by their numbers (a heat strip)."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    shaded: bool = False
    folded: bool = False


class Series(msgspec.Struct, frozen=True):
    """A line, or the heights of bars; None = no value."""

    name: str
    values: tuple[float | None, ...]


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    """Bars, lines or a histogram: one value of each series for each of `labels`, in `unit`."""

    id: str
    title: str
    kind: Literal["bars", "lines", "histogram"]
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    digits: int = 1


class Point(msgspec.Struct, frozen=True):
    """A unit of a funnel: its size and its value; `outside` = beyond chance."""

    name: str
    size: float
    value: float
    outside: bool = False


class Funnel(msgspec.Struct, frozen=True, tag="funnel"):
    """A funnel plot: units by size, the middle, exact limits by size, and those widened by how much units differ anyway."""

    id: str
    title: str
    points: tuple[Point, ...]
    centre: float
    sizes: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    wide_low: tuple[float, ...]
    wide_high: tuple[float, ...]
    unit: str = "%"
    size_title: str = "通数"


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """Sentences; `lead` is set apart."""

    text: str
    lead: bool = False


class Bullets(msgspec.Struct, frozen=True, tag="bullets"):
    """A list of sentences."""

    items: tuple[str, ...]


class Card(msgspec.Struct, frozen=True):
    """A figure of the first page: its name, what it is, and under it n and interval."""

    title: str
    cell: Cell
    note: str


class Cards(msgspec.Struct, frozen=True, tag="cards"):
    """The figures of the first page."""

    cards: tuple[Card, ...]


Block: TypeAlias = Paragraph | Bullets | Table | Chart | Funnel | Cards


class Section(msgspec.Struct, frozen=True):
    """A section with its heading."""

    id: str
    title: str
    blocks: tuple[Block, ...]


class Document(msgspec.Struct, frozen=True):
    """The report."""

    title: str
    subtitle: str
    period: str
    sections: tuple[Section, ...]

    def tables(self) -> list[Table]:
        """Every table, in order."""
        return [block for section in self.sections for block in section.blocks if isinstance(block, Table)]


def text(value: str, *, tone: Tone = "", link: str = "") -> Cell:
    """A cell of text.

    >>> text("A组").text
    'A组'
    """
    return Cell(value, tone=tone, link=link)


def number(value: float | None, unit: str = "", digits: int = 1, *, tone: Tone = "") -> Cell:
    """A cell with a number, or the dash where there is none.

    >>> number(1234.56, " 秒").text, number(None).text
    ('1,234.6 秒', '—')
    """
    if value is None or value != value:
        return Cell(NONE, tone="muted")
    rounded = round(value, digits) + 0.0
    return Cell(f"{rounded:,.{digits}f}{unit}", rounded, digits, unit, tone)


def count(value: float) -> Cell:
    """A cell with a whole number.

    >>> count(5000).text
    '5,000'
    """
    return number(float(value), "", 0)


def columns(*titles: str) -> tuple[Column, ...]:
    """Columns from their titles; those that begin with ``#`` hold numbers.

    >>> [column.numeric for column in columns("班组", "#n")]
    [False, True]
    """
    return tuple(Column(title.removeprefix("#"), title.startswith("#")) for title in titles)


def table(
    id: str,
    title: str,
    heads: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    note: str = "",
    folded: bool = False,
) -> Table:
    """A table from its rows."""
    return Table(id, title, tuple(heads), tuple(tuple(row) for row in rows), note, False, folded)
