"""Read inspectors' labels from csv or xlsx: every bad row is named by file and row, and nothing is guessed.

Columns: ``text`` and ``label``; for depth ``question`` too. ``call`` and ``agent`` are optional: texts of one call, or of
one agent, never stand on both sides of a split. Other columns are left alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa_speech.conduct.passages import Passage
from qa_speech.errors import ConfigError, problem
from qa_speech.tables.reading import read_table

ALLOWED: Mapping[str, tuple[float, float]] = {"politeness": (1.0, 5.0), "depth": (0.0, 4.0)}
"""Lowest and highest label of each task; fractions are the mean of several inspectors."""

MINIMUM_PER_CLASS = 20
NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("文本", "内容"),
    "label": ("标注", "分数", "等级"),
    "question": ("问题", "提问"),
    "call": ("编号", "通话编号"),
    "agent": ("工号", "坐席"),
}
"""What a column may be called."""


@dataclass(frozen=True)
class Labelled:
    """One labelled text. `row` counts as a spreadsheet does: the head is row 1."""

    passage: Passage
    label: float
    group: str
    row: int


def read_labels(path: Path, task: str) -> list[Labelled]:
    """Read a table of labels: csv, tsv or xlsx.

    Raises
    ------
    ConfigError
        The file cannot be read, a column is missing, or rows are bad: all of them are listed, as ``file:row``.
    """
    low, high = ALLOWED[task]
    needed = ("text", "label", "question") if task == "depth" else ("text", "label")
    table = read_table(path, NAMES, needed=needed)
    found: list[Labelled] = []
    problems: list[str] = []
    for line in table.lines:
        row = {name: line.values.get(name, "") for name in NAMES}
        problem = _problem(row, low, high)
        if problem:
            problems.append(table.at(line, problem))
        else:
            passage = Passage(row["text"], row["question"])
            found.append(Labelled(passage, float(row["label"]), _group(row, line.number), line.number))
    problems += _contradictions(found, path)
    table.refuse(problems)
    return found


def _problem(row: Mapping[str, str], low: float, high: float) -> str:
    if not row["text"]:
        return problem("text is empty")
    try:
        label = float(row["label"])
    except ValueError:
        return problem("label is {label!r}, expected a number {low:g}…{high:g}", label=row["label"], low=low, high=high)
    if not low <= label <= high:  # also refuses nan
        return problem("label is {label:g}, expected {low:g}…{high:g}", label=label, low=low, high=high)
    return ""


def _group(row: Mapping[str, str], number: int) -> str:
    for name in ("agent", "call"):
        if row[name]:
            return f"{name}:{row[name]}"
    return f"row:{number}"


def _contradictions(found: Sequence[Labelled], path: Path) -> list[str]:
    """The same text with labels two levels apart or more cannot both be right."""
    first: dict[Passage, Labelled] = {}
    problems: list[str] = []
    for labelled in found:
        other = first.setdefault(labelled.passage, labelled)
        if abs(other.label - labelled.label) >= 2:
            label, its = f"{labelled.label:g}", f"{other.label:g}"
            problems.append(
                problem(
                    "{name}:{row}: label {label}, but the same text has {its} in row {other}",
                    name=path.name,
                    row=labelled.row,
                    label=label,
                    its=its,
                    other=other.row,
                )
            )
    return problems


def refuse_too_few(found: Sequence[Labelled], path: Path, task: str, minimum: int = MINIMUM_PER_CLASS) -> None:
    """Stop where a level that occurs has fewer than `minimum` labels, or only one level occurs.

    Raises
    ------
    ConfigError
        It names each level with its count.
    """
    counts = Counter(round(labelled.label) for labelled in found)
    enough = all(count >= minimum for count in counts.values())
    if enough and len(counts) > 1:
        return
    listed = ", ".join([f"{level}: {counts[level]}" for level in sorted(counts)]) or "none"
    raise ConfigError(
        str(path),
        [
            problem(
                "too few labels for {task}: each level needs at least {minimum}, and two levels must "
                "occur; found {listed}. Label more, or leave the rare level out",
                task=task,
                minimum=minimum,
                listed=listed,
            )
        ],
    )


def split(found: Sequence[Labelled], *, share: float = 0.2, seed: int = 0) -> tuple[list[Labelled], list[Labelled]]:
    """Train and test part; a whole agent (else call, else row) falls to one side, by a hash, so it stays there.

    >>> rows = [Labelled(Passage("x"), 1.0, f"agent:{i % 7}", i) for i in range(70)]
    >>> train, test = split(rows)
    >>> {labelled.group for labelled in train} & {labelled.group for labelled in test}
    set()
    """
    counts = Counter(labelled.group for labelled in found)
    chosen: set[str] = set()
    held = 0
    for name in sorted(counts, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest()):
        if held >= share * len(found):
            break
        if held + counts[name] <= 2 * share * len(found):
            chosen.add(name)
            held += counts[name]
    train = [labelled for labelled in found if labelled.group not in chosen]
    return train, [labelled for labelled in found if labelled.group in chosen]
