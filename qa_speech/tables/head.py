"""The head of a table: which row it is, and what its columns are, whatever they are called.

Names are compared without upper case, blanks, ``_``, ``*`` and remarks in brackets; the first spelling of a field that a
table has is the column of that field, every other column keeps its own name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from qa_speech.errors import problem
from qa_speech.tables.delimited import Problem, RawRow

Names: TypeAlias = Mapping[str, Sequence[str]]
"""Field → what its column may be called, the likeliest first; the field's own name counts always."""

_ROWS = 30
"""The head is one of the first so many rows that hold anything; above it may stand titles."""
_LEFT_OUT = re.compile(r"\(.*?\)|\[.*?\]|[\s_*\-:\u200b\ufeff]")


class Head(NamedTuple):
    """A row of names: `fields` by place up to the last that has a name, "" where a column has none."""

    number: int
    fields: tuple[str, ...]


def key_of(name: str) -> str:
    """What of a column's name is compared.

    >>> key_of(" Started_At (yyyy-mm-dd)"), key_of("*坐席　工号（必填）")
    ('startedat', '坐席工号')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _LEFT_OUT.sub("", plain) or plain.strip()


def known_fields(cells: Iterable[str], names: Names) -> dict[str, int]:
    """Field → the column in which it stands."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        places.setdefault(key_of(cell), place)
    found: dict[str, int] = {}
    for field, spellings in names.items():
        keys = [key_of(one) for one in (field, *spellings)]
        at = [places[key] for key in keys if key in places]
        if at:
            found[field] = at[0]
    return found


def likely_head(rows: Sequence[RawRow], names: Names) -> RawRow | None:
    """The row that names most of the fields, of several the first; None where there are no rows."""
    first = rows[:_ROWS]
    return max(first, key=lambda row: len(known_fields(row.cells, names)), default=None)


def fitness(rows: Sequence[RawRow], names: Names) -> tuple[int, int]:
    """How many fields the likeliest head names, and how many cells it has."""
    head = likely_head(rows, names)
    if head is None:
        return 0, 0
    return len(known_fields(head.cells, names)), len(head.cells)


def head_of(row: RawRow, names: Names, needed: Collection[str]) -> tuple[Head, list[Problem]]:
    """The head that a row is, and what is wrong with it."""
    places = known_fields(row.cells, names)
    fields = [" ".join(cell.split()) for cell in row.cells]
    for field, place in places.items():
        fields[place] = field
    while fields and not fields[-1]:
        fields.pop()
    problems = [Problem(row.number, what) for what in _wrong(row, places, names, needed)]
    return Head(row.number, tuple(fields)), problems


def _wrong(row: RawRow, places: Mapping[str, int], names: Names, needed: Collection[str]) -> Iterable[str]:
    named = [cell.strip() for cell in row.cells if cell.strip()]
    for field in needed:
        if field not in places:
            spellings = "、".join(dict.fromkeys((field, *names.get(field, ())[:4])))
            what = problem("no column {spellings}", spellings=spellings)
            if places:  # a row that is no head may hold anything
                what = problem("{what}; columns: {named}", what=what, named=", ".join(named))
            yield what
    for name, count in Counter(named).items():
        if count > 1:
            yield problem("two columns named {name!r}", name=name)
    by_key: dict[str, str] = {}
    for name in dict.fromkeys(named):
        other = by_key.setdefault(key_of(name), name)
        if other != name:
            yield problem(
                "columns {other!r} and {name!r} differ only in upper and lower case, blanks or remarks",
                other=other,
                name=name,
            )
