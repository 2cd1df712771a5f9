"""Files below a folder, one walk for all who list recordings; what is left out although it looks like one is said.

Left out are hidden files and folders, names that go on after their suffix (``x.wav `` with a blank), and folders that this
program has made: their sound is a copy of recordings that are listed already.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from qa_speech.errors import Problem, problem, together
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
    left_out: list[Problem] = []
    found = sorted(_walk(folder, suffixes, left_out))
    if left_out:
        _LOG.warning(_said(folder, left_out))
    return found


def _said(folder: str, left_out: Sequence[Problem]) -> Problem:
    """Which entries of a folder were left out, the first of them by name."""
    place, shown = visible(as_text(folder)), together(sorted(left_out)[:SHOWN])
    if len(left_out) <= SHOWN:
        return problem("{folder}: left out: {what}", folder=place, what=shown)
    return problem("{folder}: {count} left out, among them: {what}", folder=place, count=len(left_out), what=shown)


def _walk(folder: str, suffixes: frozenset[str], left_out: list[Problem]) -> Iterator[Listed]:
    with os.scandir(folder) as entries:
        inside = list(entries)
    for entry in inside:
        why = _why_not(entry, suffixes)
        if why is not None:
            left_out.append(problem("{path!r} ({why})", path=visible(as_text(entry.path)), why=why))
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


def _why_not(entry: os.DirEntry[str], suffixes: frozenset[str]) -> Problem | None:
    """Why something that looks like recordings is left out; None where it is not, or looks like none."""
    if entry.is_dir(follow_symlinks=False):
        if not entry.name.startswith(".") and _is_made(entry.path):
            return problem("a folder of results")
        return None
    if entry.name.startswith(".") and _suffix(entry.name) in suffixes:
        return problem("a hidden file")
    bare = _suffix("".join(entry.name.split()).rstrip("."))
    if bare in suffixes and _suffix(entry.name) not in suffixes:
        return problem("more characters after its suffix")
    return None


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _is_made(folder: str) -> bool:
    """Whether a folder holds what this program has written."""
    return any(_all_there(folder, names) for names in MADE)


def _all_there(folder: str, names: Collection[str]) -> bool:
    return all(os.path.exists(os.path.join(folder, name)) for name in names)
