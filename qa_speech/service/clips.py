"""The clips of `qa-speech clips` as places to hear: from a call and a second to the clip that holds it."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from qa_speech.errors import ConfigError, problem
from qa_speech.privacy.redact import masked_id
from qa_speech.report.sheets import cell
from qa_speech.wording.masking import placeholders

OPTION, LIST = "--clips", "clips.csv"
NEEDED = ("call", "start_s", "end_s", "audio")
ROUNDED_S = 0.01
"""The list gives its times to a hundredth of a second."""


class Clip(NamedTuple):
    """A file with the sound of a call from one second to another."""

    start_s: float
    end_s: float
    path: Path


def clips_at(folder: Path) -> dict[str, list[Clip]]:
    """The clips of a folder that have sound, by call as their list names it.

    Raises
    ------
    ConfigError
        There is no list, or it is not that of `qa-speech clips`.
    """
    place = folder / LIST
    if not place.is_file():
        raise ConfigError(
            OPTION,
            [
                problem(
                    "{folder}: no {list} there; expected the folder that `qa-speech clips --out` wrote",
                    folder=folder,
                    list=LIST,
                )
            ],
        )
    found: dict[str, list[Clip]] = {}
    with place.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines)
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise ConfigError(
                OPTION, [problem("{place}: no column {missing}", place=place, missing=", ".join(missing))]
            )
        for row in rows:
            clip = _clip(row, folder, f"{place}:{rows.line_num}")
            if clip is not None:
                found.setdefault(row["call"], []).append(clip)
    return found


def _clip(row: Mapping[str, str | None], folder: Path, where: str) -> Clip | None:
    """A row with sound that lies in the folder."""
    audio = row["audio"]
    if not audio:
        return None
    path = folder / audio
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return None
    try:
        return Clip(float(row["start_s"] or ""), float(row["end_s"] or ""), path)
    except ValueError as exc:
        raise ConfigError(OPTION, [problem("{where}: start_s, end_s: expected seconds", where=where)]) from exc


def clip_addresses(folder: Path, out: Path, calls: Collection[str]) -> Callable[[str, float], str]:
    """From a call and a second to the address of its clip from the report, beginning there; "" where no clip holds it.

    Lists name calls without customers' numbers: a call is known by such a name only where it is the one of `calls` that has it.
    """
    clips = clips_at(folder)
    named = _named(clips, calls)

    def address(call: str, second: float) -> str:
        for clip in clips.get(named.get(call, ""), ()):
            if clip.start_s - ROUNDED_S <= second <= clip.end_s + ROUNDED_S:
                path = quote(Path(os.path.relpath(clip.path, out)).as_posix())
                return f"{path}#t={max(0.0, second - clip.start_s):.1f}"
        return ""

    return address


def _named(clips: Collection[str], calls: Collection[str]) -> dict[str, str]:
    """What the list calls each call that it holds."""
    found = {call: cell(call) for call in calls if cell(call) in clips}
    for lang in ("zh", "en"):
        words = placeholders(lang)
        if not any(word in name for name in clips for word in words.values()):
            continue
        holders: dict[str, list[str]] = {}
        for call in calls:
            holders.setdefault(cell(masked_id(call, words)), []).append(call)
        for name in clips:
            if len(holders.get(name, ())) == 1:
                found.setdefault(holders[name][0], name)
    return found
