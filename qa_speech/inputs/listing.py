"""Files below a folder, one walk for all who list recordings; what is left out although it looks like one is said.

Left out are hidden files and folders, names that go on after their suffix (``x.wav `` with a blank), and folders that this
program has made: their sound is a copy of recordings that are listed already.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from typing import NamedTuple

from qa_speech.filenames import as_text, visible

MISSING = -1
"""Size of a file that is not there."""
SHOWN = 10
MADE = (
    ("results.csv", "index.html"),
    ("manifest.parquet",),
    ("masked.csv", "calls"),
    ("sample.json", "worklist.csv"),
    ("clips.csv", "index.html"),
)
"""What tells a folder of results, a run, redacted calls, a sample, clips: files that each of these has."""
_LOG = logging.getLogger("qa_speech")


class Listed(NamedTuple):
    """A file below a folder: size in bytes, time in ns; `MISSING` and 0 where it cannot be read."""

    path: str
    size: int
    mtime_ns: int


def listed(folder: str, suffixes: frozenset[str]) -> list[Listed]:
    """The files below a folder with one of these suffixes, sorted; what was left out is logged once.

    A folder inside it that cannot be read stands for itself, so that its row says so and the others are done.

    Raises
    ------
    OSError
        The folder itself cannot be read.
    """
    left_out: list[str] = []
    found = sorted(_walk(folder, suffixes, left_out))
    if left_out:
        more = f" … {len(left_out)}" if len(left_out) > SHOWN else ""
        told = "、".join(sorted(left_out)[:SHOWN])
        _LOG.warning("%s：跳过 left out: %s%s", visible(as_text(folder)), told, more)
    return found


def _walk(folder: str, suffixes: frozenset[str], left_out: list[str]) -> Iterator[Listed]:
    with os.scandir(folder) as entries:
        inside = list(entries)
    for entry in inside:
        why = _why_not(entry, suffixes)
        if why:
            left_out.append(f"{visible(as_text(entry.path))!r} ({why})")
        elif entry.name.startswith("."):
            continue
        elif entry.is_dir(follow_symlinks=False):
            try:
                yield from _walk(entry.path, suffixes, left_out)
            except OSError:
                yield Listed(entry.path, MISSING, 0)
        elif _suffix(entry.name) in suffixes:
            yield _looked_at(entry)


def _looked_at(entry: os.DirEntry[str]) -> Listed:
    try:
        found = entry.stat()
    except OSError:  # gone since the folder was read, or a dangling link: its row says so later
        return Listed(entry.path, MISSING, 0)
    return Listed(entry.path, found.st_size, found.st_mtime_ns)


def _why_not(entry: os.DirEntry[str], suffixes: frozenset[str]) -> str:
    """Why something that looks like recordings is left out; "" where it is not, or looks like none."""
    if entry.is_dir(follow_symlinks=False):
        if not entry.name.startswith(".") and _is_made(entry.path):
            return "结果目录 a folder of results"
        return ""
    if entry.name.startswith(".") and _suffix(entry.name) in suffixes:
        return "隐藏文件 hidden"
    bare = _suffix("".join(entry.name.split()).rstrip("."))
    if bare in suffixes and _suffix(entry.name) not in suffixes:
        return "名称末尾多了字符 more characters after its suffix"
    return ""


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _is_made(folder: str) -> bool:
    """Whether a folder holds what this program has written."""
    return any(_all_there(folder, names) for names in MADE)


def _all_there(folder: str, names: Collection[str]) -> bool:
    return all(os.path.exists(os.path.join(folder, name)) for name in names)
