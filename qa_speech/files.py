"""Files as wholes: what identifies one, writing it whole or not at all, where a result folder keeps what.

A result folder (`qa-speech inspect`, `score`, `redact`) keeps each call in ``calls/NAME.json`` and its score in
``scores/NAME.json``: `ResultFolder` is the one place that says so.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from qa_speech.errors import problem


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex; the file is never held in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def regular_bytes(path: Path, *, most: int | None = None) -> bytes:
    """What a file holds, if it is one: a pipe or a device would be waited for without end.

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        It is no regular file, or holds more than `most` bytes.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(problem("not a regular file"))
        if most is not None and status.st_size > most:
            raise ValueError(
                problem(
                    "{size_mb:.1f} MB; {most_mb:g} MB is the most", size_mb=status.st_size / 1e6, most_mb=most / 1e6
                )
            )
        return file.read()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@cache
def code_sha256(*rooms: str) -> str:
    """Hash of this package's code and word lists, once per process: tells two builds of one version apart.

    `rooms`: of these rooms and single modules alone, by their names (``conduct``, ``call``).
    """
    return tree_sha256(Path(__file__).resolve().parent, *rooms)


def tree_sha256(package: Path, *rooms: str) -> str:
    """`code_sha256` of a package that lies somewhere else."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix not in (".py", ".txt") or "_bundled" in path.parts:
            continue
        within = path.relative_to(package)
        if rooms and within.parts[0].removesuffix(".py") not in rooms:
            continue
        digest.update(within.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def whole_file(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place at the end, or leaves nothing behind when that fails.

    `durable`: it is on the disk before it takes its place, so that a power cut cannot leave it empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class ResultFolder(NamedTuple):
    """Where a result folder keeps its calls and scores.

    >>> ResultFolder(Path("qa-report")).score_file("7").as_posix()
    'qa-report/scores/7.json'
    """

    path: Path

    def call_file(self, name: str) -> Path:
        """The file of a call; `name` is that of its page, without suffix."""
        return self.path / "calls" / f"{name}.json"

    def score_file(self, name: str) -> Path:
        """The file of its score."""
        return self.path / "scores" / f"{name}.json"

    def call_files(self) -> list[Path]:
        """All calls in the order of their names; a folder without ``calls/`` is one of calls itself."""
        inner = self.path / "calls"
        place = inner if inner.is_dir() else self.path
        return sorted(place.rglob("*.json"))


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with whole_file(Path(path)) as temporary:
        temporary.write_bytes(data)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file; one that a killed process left half-written is ended first. A link is not followed.

    >>> append_line(Path("lines.txt"), b"a")
    >>> append_line(Path("lines.txt"), b"b")
    >>> Path("lines.txt").read_text().splitlines()
    ['a', 'b']
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    with open(handle, "rb+", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line + b"\n")
