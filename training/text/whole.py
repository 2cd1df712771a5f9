"""Exchanges written whole, with their level: ``corpus/whole_*.tsv`` (level, domain, question, answer).

What `corpus.exchanges` puts together from phrases has clear borders; a person's answer has not. A model of 600 of these does better
on the other 600, by another hand, than one of 9,000 put together (README.md).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "corpus"


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
    for file in sorted(FOLDER.glob("whole_*.tsv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                found.append(Whole(row["question"], row["answer"], row["domain"], int(row["level"]), file.stem))
    return tuple(found)


def civil() -> tuple[Whole, ...]:
    """Those in which the agent is sure to be civil: rude and evasive answers have level 0."""
    return tuple(item for item in whole() if item.level > 0)
