"""Exchanges written whole, with their level: ``corpus/whole_*.tsv`` (label = level, group = domain, text = answer).

What `corpus.exchanges` puts together from phrases has clear borders; a person's answer has not. A model of 600 of these does better
on the other 600, by another hand, than one of 9,000 put together (README.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rows import files, read


@dataclass(frozen=True)
class Whole:
    """One exchange as written; `domain` is the group that a split must not divide, `hand` the file it stands in."""

    question: str
    answer: str
    domain: str
    level: int
    hand: str


@cache
def whole() -> tuple[Whole, ...]:
    """All of them, in the order of the files."""
    found = []
    for file in files("whole"):
        for row in read(file):
            found.append(Whole(row.question, row.text, row.group, int(row.label), file.stem))
    return tuple(found)


def civil() -> tuple[Whole, ...]:
    """Those in which the agent is sure to be civil: rude and evasive answers have level 0."""
    return tuple(item for item in whole() if item.level > 0)
