"""The parts of a run as files: sealed when they are written, tried before they are read, set aside when they are damaged.

A seal is the SHA-256 of a whole file in which the 64 places of the seal itself are zeros. It stands among the key-value
metadata of the footer, so a part and its seal come and go together and other tools read the part as any Parquet file.
Parts of earlier versions have none; of them only what the footer tells can be tried.
"""

from __future__ import annotations

import hashlib
import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.files import append_line
from qa_speech.store.folder import CALLS, DAMAGED, LOG, MANIFEST, RESULTS, stamp

KEY = "qa_speech.sha256"
BLANK = "0" * 64
MAGIC = b"PAR1"
LENGTH_BYTES = 4
"""The length of the footer stands before the last magic word, little-endian."""
LONGEST_FOOTER = 1 << 28
BLOCK = 1 << 20
COLUMNS_OF = {
    RESULTS: (("status", "score_key"), ()),
    CALLS: (("call_sha256", "call"), ("score_key",)),
    MANIFEST: (("position", "mtime_ns"), ("score_key",)),
}
"""Columns that tell the files of a run apart: those each has, and those it has not."""
_LOG = logging.getLogger("qa_speech")


class Damage(NamedTuple):
    """A file of a run that is not what was written: its path below the run, what is wrong with it, what comes of that."""

    file: str
    problem: str
    harm: str = ""

    def __str__(self) -> str:
        harm = f" ({self.harm})" if self.harm else ""
        return f"{self.file}: {self.problem}{harm}"


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


def problem_of(path: Path, kind: Path = MANIFEST, *, whole: bool = True) -> str:
    """What is wrong with a part, "" if nothing can be found.

    Parameters
    ----------
    kind
        What it has to be: `RESULTS`, `CALLS` or `MANIFEST`.
    whole
        Read all of it, if it has a seal; else only its footer.

    Examples
    --------
    >>> Path("a.parquet").write_bytes(b"PAR1 and no more")
    16
    >>> problem_of(Path("a.parquet"))
    'no Parquet file, or one that was cut off'
    """
    try:
        there = path.stat()
    except OSError as exc:
        return f"cannot be read: {exc.strerror or exc}"
    return _problem(path, kind, whole, there.st_size, there.st_mtime_ns, there.st_ino)


@lru_cache(maxsize=1 << 16)
def _problem(path: Path, kind: Path, whole: bool, size: int, mtime_ns: int, inode: int) -> str:
    """What is wrong with a file as it is now; a file that has not changed is not read again."""
    try:
        footer = _footer(path)
        if footer is None:
            return problem("no Parquet file, or one that was cut off")
        if not _has(footer, kind):
            return problem("no part of this run: other columns")
        if not whole:
            return ""
        place = _place_of_seal(path)
        if place is None:
            return ""
        with path.open("rb") as file:
            file.seek(place)
            told = file.read(len(BLANK))
        return "" if told.decode("latin-1") == _digest(path, place) else problem("changed since it was written")
    except OSError as exc:
        return problem("cannot be read: {reason}", reason=exc.strerror or exc)


def _has(footer: _Footer, kind: Path) -> bool:
    """Whether the footer names the columns of its kind, and none of another."""
    wanted, others = COLUMNS_OF[kind]
    there = [name.encode("ascii") in footer.content for name in wanted]
    wrong = [name.encode("ascii") in footer.content for name in others]
    return all(there) and not any(wrong)


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


def set_aside(run: Path, path: Path, what: str, harm: str) -> Damage:
    """Move a file that cannot be used to ``damaged/``, and say so in the log of the run and in that of the program.

    Raises
    ------
    ConfigError
        It cannot be moved.
    """
    damage = Damage(path.relative_to(run).as_posix(), what, harm)
    target = _free(run / DAMAGED / damage.file)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
        line = {"time": stamp(), "event": "damaged", "file": damage.file, "problem": str(what)}
        append_line(run / LOG, msgspec.json.encode(line))
    except OSError as exc:
        told = problem(
            "{what}; it cannot be moved to {damaged}/: {reason}", what=what, damaged=DAMAGED, reason=exc.strerror or exc
        )
        raise ConfigError(str(path), [told]) from exc
    told = problem(
        "{run}: damaged, moved to {damaged}/: {file}: {what}", run=run, damaged=DAMAGED, file=damage.file, what=what
    )
    if harm:
        told = problem("{what} ({harm})", what=told, harm=harm)
    _LOG.warning(told)
    return damage


def _free(path: Path) -> Path:
    """The path, or one beside it that nothing has yet."""
    found = path
    number = 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}~{number}{path.suffix}")
    return found
