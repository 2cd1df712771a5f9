"""Which pages of calls a run holds, in a folder beside its parts: `report/`, or `report-unmasked/` where nothing is masked.

report/index.html  report/pages/NAME.html  report/audio/NAME.mp3      for people
report.json                                                           which pages there are, by the ids of the run

They hold what was said: who forgets a call removes both folders, and they are made again with `qa-speech batch pages`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from qa_speech.files import write_bytes

MASKED, UNMASKED = "report", "report-unmasked"
"""Folders of a run for pages."""
INDEX = "index.html"

Why: TypeAlias = Literal["alarm", "worst", "pending", "asked"]
"""Why a call has a page: an alarm rang, it is among the worst, something waits for a person, somebody asked for it."""


class Paged(msgspec.Struct, frozen=True):
    """A call with a page: its id as people see it, the file in ``pages/``, and what the page was made from (`key`)."""

    id: str
    shown: str
    file: str
    key: str
    why: Why
    total: float | None = None


class PageList(msgspec.Struct, frozen=True):
    """The pages of a run, the worst call first. `left_out` calls were wanted and have none yet; `key` says of which
    outcomes the index speaks and what was asked for, "" = it was broken off."""

    pages: tuple[Paged, ...] = ()
    left_out: int = 0
    key: str = ""


def page_folder(run: Path, *, mask: bool) -> Path:
    """The folder for pages of a run."""
    return run / (MASKED if mask else UNMASKED)


def read_pages(folder: Path) -> PageList:
    """The pages of a folder; none where there are none, or where the list cannot be read: then all are made again."""
    try:
        return msgspec.json.decode(_list_of(folder).read_bytes(), type=PageList)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return PageList()


def _list_of(folder: Path) -> Path:
    """The list lies beside the folder, which may be handed on: the ids in it are not masked."""
    return folder.with_suffix(".json")


def keep_pages(folder: Path, pages: PageList) -> None:
    """Keep the list of pages, whole or not at all."""
    write_bytes(_list_of(folder), msgspec.json.encode(pages) + b"\n")


def remove_pages(run: Path) -> None:
    """Remove all pages of a run.

    Raises
    ------
    OSError
        Some could not be removed.
    """
    for name in (MASKED, UNMASKED):
        _list_of(run / name).unlink(missing_ok=True)
        if (run / name).exists():
            shutil.rmtree(run / name)
