"""Turns and dialogues by people who saw neither corpus nor models: ``corpus/turns_*.tsv``, and what was once the third blind set.

The third set was read once while it was blind (benchmarks/results/third.tsv); since then it is learnt from. ``kept/`` holds
a fifth of the turns of ``turns_a``, drawn by hash, that no linear model is fitted on, and ``turns_b``, a further hand that
neither the linear models nor the base has read: the second look is set by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rows import Row, files, read

HERE = Path(__file__).resolve().parent
THIRD = HERE.parents[1] / "benchmarks"


@dataclass(frozen=True)
class Turn:
    """A turn of an agent: kind ``none`` or of violation, politeness 1–5; `hand` names who wrote it."""

    text: str
    kind: str
    politeness: int
    hand: str


@cache
def turns() -> tuple[Turn, ...]:
    """All that may be learnt from, in the order of the files."""
    found: list[Turn] = []
    for file in files("turns"):
        found += [_turn(row, file.stem) for row in read(file)]
    for row in _lines("text_third_turns.jsonl"):
        kind = "none" if row["kind"] == "civil" else row["kind"]
        found.append(Turn(row["text"], kind, row["politeness"], "third"))
    return tuple(found)


def dialogues() -> list[dict[str, Any]]:
    """Dialogues with the labels of two people, in the form of benchmarks/blind.py."""
    return _lines("text_third_dialogues.jsonl")


def moods() -> list[tuple[str, str, str]]:
    """(text, mood, group) of customers' turns in the dialogues, once for each of the two people who labelled them."""
    found = []
    for row in dialogues():
        for labels in row["labels"]:
            for (_, text), mood in zip(row["turns"], labels["mood"], strict=True):
                if mood is not None:
                    found.append((text, mood, f"dialogue:{row['id']}"))
    return found


def kept() -> tuple[Turn, ...]:
    """Those of ``turns_a`` that are kept for measuring."""
    return tuple(_turn(row, "kept") for row in read(HERE / "kept" / "turns.tsv"))


def unread() -> tuple[Turn, ...]:
    """Those of ``turns_b``: read by no model."""
    return tuple(_turn(row, "turns_b") for row in read(HERE / "kept" / "turns_b.tsv"))


def _turn(row: Row, hand: str) -> Turn:
    return Turn(row.text, row.label, int(row.group), hand)


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (THIRD / name).read_text(encoding="utf-8").splitlines()]
