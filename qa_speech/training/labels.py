"""Read inspectors' labels from csv or xlsx: every bad row is named by file and row, and nothing is guessed.

Columns: ``text`` and ``label``; for depth ``question`` too. ``call`` and ``agent`` are optional: texts of one call, or of
one agent, never stand on both sides of a split. Other columns are left alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from qa_speech.conduct.passages import Passage
from qa_speech.errors import ConfigError

ALLOWED: Mapping[str, tuple[float, float]] = {"politeness": (1.0, 5.0), "depth": (0.0, 4.0)}
"""Lowest and highest label of each task; fractions are the mean of several inspectors."""

MINIMUM_PER_CLASS = 20
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class Labelled:
    """One labelled text. `row` counts as a spreadsheet does: the head is row 1."""

    passage: Passage
    label: float
    group: str
    row: int


def read_labels(path: Path, task: str) -> list[Labelled]:
    """Read a csv (UTF-8, with or without BOM) or an xlsx (first sheet).

    Raises
    ------
    ConfigError
        The file cannot be read, a column is missing, or rows are bad: all of them are listed, as ``file:row``.
    """
    low, high = ALLOWED[task]
    rows = _rows(path)
    if not rows:
        raise ConfigError(str(path), ["is empty; expected a head row with the columns text and label"])
    head = [name.strip().lower() for name in rows[0]]
    wanted = ("text", "label", "question") if task == "depth" else ("text", "label")
    missing = [name for name in wanted if name not in head]
    if missing:
        raise ConfigError(str(path), [f"{path.name}:1: no column {', '.join(missing)}; found: {', '.join(head)}"])
    found: list[Labelled] = []
    problems: list[str] = []
    for number, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(head, cells)
        problem = _problem(row, low, high)
        if problem:
            problems.append(f"{path.name}:{number}: {problem}")
        else:
            passage = Passage(row["text"].strip(), row.get("question", "").strip())
            found.append(Labelled(passage, float(row["label"]), _group(row, number), number))
    problems += _contradictions(found, path)
    if problems:
        raise ConfigError(str(path), problems)
    return found


def _row(head: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Cells by column; what a short row leaves out is empty."""
    missing = [""] * (len(head) - len(cells))
    return dict(zip(head, [*cells, *missing], strict=False))


def _problem(row: Mapping[str, str], low: float, high: float) -> str:
    if not row["text"].strip():
        return "text is empty"
    try:
        label = float(row["label"])
    except ValueError:
        return f"label is {row['label']!r}, expected a number {low:g}…{high:g}"
    if not low <= label <= high:  # also refuses nan
        return f"label is {label:g}, expected {low:g}…{high:g}"
    return ""


def _group(row: Mapping[str, str], number: int) -> str:
    for name in ("agent", "call"):
        if row.get(name, "").strip():
            return f"{name}:{row[name].strip()}"
    return f"row:{number}"


def _contradictions(found: Sequence[Labelled], path: Path) -> list[str]:
    """The same text with labels two levels apart or more cannot both be right."""
    first: dict[Passage, Labelled] = {}
    problems = []
    for labelled in found:
        other = first.setdefault(labelled.passage, labelled)
        if abs(other.label - labelled.label) >= 2:
            label, its = f"{labelled.label:g}", f"{other.label:g}"
            problems.append(
                f"{path.name}:{labelled.row}: label {label}, but the same text has {its} in row {other.row}"
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
            f"too few labels for {task}: each level needs at least {minimum}, and two levels must occur; "
            f"found {listed}. Label more, or leave the rare level out"
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


# ------------------------------------------------------------------------------------------------------------ files


def _rows(path: Path) -> list[list[str]]:
    suffix = path.suffix.lower()
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot be read: {exc.strerror}"]) from exc
    if suffix == ".xlsx":
        return _sheet(path, data)
    if suffix not in (".csv", ".tsv"):
        raise ConfigError(str(path), [f"is a {path.suffix or 'file without suffix'}; expected .csv, .tsv or .xlsx"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise ConfigError(str(path), [f"{path.name}:{line}: not UTF-8; save it as 'CSV UTF-8' or as xlsx"]) from exc
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if suffix == ".tsv" else ","))


def _sheet(path: Path, data: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = book.namelist()
            shared: list[str] = []
            if "xl/sharedStrings.xml" in names:
                shared = [_text(entry) for entry in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
            first = min([name for name in names if name.startswith("xl/worksheets/sheet")])
            return _sheet_rows(ElementTree.fromstring(book.read(first)), shared)
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError, IndexError) as exc:
        raise ConfigError(str(path), [f"cannot be read as xlsx: {exc}"]) from exc


def _text(element: ElementTree.Element) -> str:
    return "".join([part.text or "" for part in element.iter(f"{_MAIN}t")])


def _sheet_rows(sheet: ElementTree.Element, shared: Sequence[str]) -> list[list[str]]:
    """The rows of a sheet; those it leaves out are empty, so that a row's place is its number."""
    found: list[list[str]] = []
    for row in sheet.iter(f"{_MAIN}row"):
        number = int(row.get("r", len(found) + 1))
        while len(found) + 1 < number:
            found.append([])
        cells: dict[int, str] = {}
        for place, cell in enumerate(row.iter(f"{_MAIN}c")):
            cells[_column(cell.get("r", ""), place)] = _value(cell, shared)
        width = max(cells, default=-1) + 1
        found.append([cells.get(column, "") for column in range(width)])
    return found


def _value(cell: ElementTree.Element, shared: Sequence[str]) -> str:
    value = cell.find(f"{_MAIN}v")
    kind = cell.get("t")
    if kind == "inlineStr":
        return _text(cell)
    if value is None:
        return ""
    return shared[int(value.text or 0)] if kind == "s" else value.text or ""


def _column(reference: str, place: int) -> int:
    """The number of a column from 0: of A7 it is 0, of AB7 27; `place` where the cell does not say."""
    letters = "".join(filter(str.isalpha, reference)).upper()
    if not letters:
        return place
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
