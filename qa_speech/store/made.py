"""Files that were made of a run: tables, pages, clips. They hold what the run held, and `forget` does not reach them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from qa_speech.filenames import as_path, as_text
from qa_speech.files import append_line
from qa_speech.store.folder import MADE, is_run, stamp


class Made(msgspec.Struct, frozen=True):
    """One export or folder: when it was made and where it lies."""

    time: str
    path: str


def remember_made(run: str | Path, path: str | Path) -> None:
    """Keep in a run that something was made of it; nothing where `run` is none, or cannot be written.

    >>> remember_made("samples", "x.csv")
    """
    if is_run(run):
        line = msgspec.json.encode(Made(stamp(), as_text(os.path.abspath(path))))
        with suppress(OSError):
            append_line(Path(run) / MADE, line)


def still_there(run: Path) -> list[str]:
    """What was made of a run and still exists, each once, in the order of the paths."""
    file = run / MADE
    if not file.is_file():
        return []
    found = set()
    for line in file.read_bytes().splitlines():
        with suppress(msgspec.DecodeError, UnicodeDecodeError, ValueError):
            made = msgspec.json.decode(line, type=Made)
            if as_path(made.path).exists():
                found.add(made.path)
    return sorted(found)
