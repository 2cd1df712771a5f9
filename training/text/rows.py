"""The one reader of the corpus: files of tab-separated rows (label, group, question, text), corpus/README.md."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"


@dataclass(frozen=True)
class Row:
    """One line of a corpus file; README.md of the folder says what `label` and `group` are in each."""

    label: str
    group: str
    question: str
    text: str


@cache
def rows(name: str) -> tuple[Row, ...]:
    """The rows of ``name.tsv`` and all ``name_*.tsv``, in order."""
    found: list[Row] = []
    for file in files(name):
        found += read(file)
    return tuple(found)


def files(name: str) -> list[Path]:
    """``name.tsv``, where there is one, and all ``name_*.tsv``."""
    first = CORPUS / f"{name}.tsv"
    return [*[first][: first.exists()], *sorted(CORPUS.glob(f"{name}_*.tsv"))]


def read(file: Path) -> list[Row]:
    """The rows of one file: tab-separated, a header, no quoting."""
    with file.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Row(line["label"], line["group"], line["question"], line["text"]) for line in table]


@cache
def texts(name: str) -> tuple[str, ...]:
    """The texts alone."""
    return tuple(row.text for row in rows(name))


@cache
def labelled(name: str) -> dict[str, list[str]]:
    """Texts by label, labels in the order of their first row."""
    found: dict[str, list[str]] = {}
    for row in rows(name):
        found.setdefault(row.label, []).append(row.text)
    return found
