"""The parts of a run as files: sealed when they are written, tried before they are read, set aside when they are damaged.

A seal is the SHA-256 of a whole file in which the 64 places of the seal itself are zeros. It stands among the key-value
metadata of the footer, so a part and its seal come and go together and other tools read the part as any Parquet file.
Parts of earlier versions have none; of them only what the footer tells can be tried.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from qa_speech.errors import ConfigError
from qa_speech.files import append_line
from qa_speech.store.folder import DAMAGED, LOG, stamp

KEY = "qa_speech.sha256"
BLANK = "0" * 64
MAGIC = b"PAR1"
LENGTH_BYTES = 4
"""The length of the footer stands before the last magic word, little-endian."""
LONGEST_FOOTER = 1 << 28
BLOCK = 1 << 20
_LOG = logging.getLogger("qa_speech")


class Damage(NamedTuple):
    """A file of a run that is not what was written: its path below the run, and what is wrong with it."""

    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


class _Footer(NamedTuple):
    """Where the footer of a file begins, and its bytes."""

    start: int
    content: bytes


# -- seals ------------------------------------------------------------------------------------------------------


def seal(path: Path) -> None:
    """Put the hash of a file that was just written, with `BLANK` under `KEY`, into its place."""
    place = _place_of_seal(path)
    assert place is not None
    digest = _digest(path, place)
    with path.open("rb+") as file:
        file.seek(place)
        file.write(digest.encode("ascii"))


def problem_of(path: Path) -> str:
    """What is wrong with a part, "" if nothing can be found; the whole file is read where it has a seal.

    >>> Path("a.parquet").write_bytes(b"PAR1 and no more")
    16
    >>> problem_of(Path("a.parquet"))
    'no Parquet file, or one that was cut off'
    """
    try:
        footer = _footer(path)
        if footer is None:
            return "no Parquet file, or one that was cut off"
        place = _place_of_seal(path)
        if place is None:
            return ""
        with path.open("rb") as file:
            file.seek(place)
            told = file.read(len(BLANK))
        return "" if told.decode("latin-1") == _digest(path, place) else "changed since it was written"
    except OSError as exc:
        return f"cannot be read: {exc.strerror or exc}"


def is_sealed(path: Path) -> bool:
    """Whether a part tells its own hash."""
    return _place_of_seal(path) is not None


def _footer(path: Path) -> _Footer | None:
    """The footer of a Parquet file; None where it has none."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < 2 * len(MAGIC) + LENGTH_BYTES or file.read(len(MAGIC)) != MAGIC:
            return None
        file.seek(size - len(MAGIC) - LENGTH_BYTES)
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        start = size - len(MAGIC) - LENGTH_BYTES - length
        if file.read(len(MAGIC)) != MAGIC or start < len(MAGIC) or length > LONGEST_FOOTER:
            return None
        file.seek(start)
        return _Footer(start, file.read(length))


def _place_of_seal(path: Path) -> int | None:
    """Offset of the seal's characters; None without one. Before them stand the key, the type and the length of the value."""
    footer = _footer(path)
    if footer is None:
        return None
    mark = KEY.encode("ascii") + bytes((0x18, len(BLANK)))
    at = footer.content.rfind(mark)
    return None if at < 0 else footer.start + at + len(mark)


def _digest(path: Path, place: int) -> str:
    """The hash of a file whose seal counts as zeros."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        _take(file, place, digest)
        digest.update(BLANK.encode("ascii"))
        file.seek(len(BLANK), os.SEEK_CUR)
        _take(file, os.fstat(file.fileno()).st_size, digest)
    return digest.hexdigest()


def _take(file: IO[bytes], count: int, digest: hashlib._Hash) -> None:
    """Hash up to `count` bytes of a file."""
    while count > 0:
        block = file.read(min(BLOCK, count))
        if not block:
            return
        digest.update(block)
        count -= len(block)


# -- setting aside ----------------------------------------------------------------------------------------------


def parts_in(folder: Path) -> list[Path]:
    """The parts in a folder, in the order of their names."""
    return sorted(path for path in folder.glob("*.parquet") if path.is_file())


def set_aside(run: Path, path: Path, problem: str) -> Damage:
    """Move a file that cannot be used to ``damaged/``, and say so in the log of the run and in that of the program.

    Raises
    ------
    ConfigError
        It cannot be moved.
    """
    told = path.relative_to(run)
    target = run / DAMAGED / told
    number = 1
    while target.exists():
        number += 1
        target = run / DAMAGED / told.with_name(f"{told.stem}~{number}{told.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
        line = {"time": stamp(), "event": "damaged", "file": told.as_posix(), "problem": problem}
        append_line(run / LOG, msgspec.json.encode(line))
    except OSError as exc:
        raise ConfigError(str(path), [f"{problem}; it cannot be moved to {DAMAGED}/: {exc.strerror or exc}"]) from exc
    damage = Damage(told.as_posix(), problem)
    _LOG.warning("数据损坏，已移至 %s/ damaged, set aside: %s", run / DAMAGED, damage)
    return damage
