"""Rows of a long measurement, kept as they come, so that a run that was stopped goes on where it was.

The first line of the file is a hash of all that a row depends on: rows of another state are thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

RowT = TypeVar("RowT")
READ: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": lambda cell: cell == "True",
}


def kept_rows(
    path: Path, kind: Callable[..., RowT], seeds: Iterable[int], make: Callable[[int], RowT], sources: Iterable[Path]
) -> Iterator[RowT]:
    """One row a seed, read where it was made before and else made; `kind` is a dataclass whose first field is the seed."""
    state = f"# {_state(sources)}"
    known = _known(path, kind, state)
    if not known:
        names = "\t".join(field.name for field in fields(kind))  # type: ignore[arg-type]
        path.write_text(f"{state}\n{names}\n", encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        for seed in seeds:
            row = known.get(seed)
            if row is None:
                row = make(seed)
                cells = [str(value) for value in astuple(row)]  # type: ignore[call-overload]
                file.write("\t".join(cells) + "\n")
                file.flush()
            yield row


def _state(sources: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _known(path: Path, kind: Callable[..., RowT], state: str) -> dict[int, RowT]:
    """The rows of the same state that were made before; one that was cut short is none."""
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != state:
        return {}
    readers = [READ[str(field.type)] for field in fields(kind)]  # type: ignore[arg-type]
    known = {}
    for line in lines[2:]:
        cells = line.split("\t")
        if len(cells) == len(readers):
            values = [read(cell) for read, cell in zip(readers, cells, strict=True)]
            known[values[0]] = kind(*values)
    return known
