"""Trainers' notes on clips: from the page by a file into the folder of the clips, where every page made later shows them.

    notes.csv   call, criterion, at_s (second of the evidence in the call), note: one line per clip that has one

The page gives such a file to download; the note column of clips.xlsx, filled in, is one too. A note belongs to what is heard,
not to a number on a page: clips that are cut again, longer or in another order, keep theirs.
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from qa_speech.cells import defused
from qa_speech.coaching.clips import Clip
from qa_speech.errors import ConfigError, Problem, problem
from qa_speech.files import write_bytes
from qa_speech.tables.reading import read_table
from qa_speech.wording.clip_labels import HEADS

FILE = "notes.csv"
"""The notes of a folder of clips."""
COLUMNS = ("call", "criterion", "at_s", "note")
NAMES: Mapping[str, tuple[str, ...]] = {name: HEADS[name] for name in COLUMNS}
"""What a column may be called: as in clips.csv, or as in clips.xlsx."""
LONGEST_NOTE = 5000
"""Characters."""
HUNDREDTHS = 100


class Heard(NamedTuple):
    """What a note is about: the call, the criterion, and when, in hundredths of a second."""

    call: str
    criterion: str
    at: int


def heard(clip: Clip) -> Heard:
    """What a note on a clip is about."""
    return Heard(clip.call_id, clip.criterion, round(clip.evidence_start * HUNDREDTHS))


def read_notes(path: str | Path, *, known: Collection[Heard] | None = None) -> dict[Heard, str]:
    """The notes of a file, csv or xlsx; rows without one are left out.

    Parameters
    ----------
    known
        What there are clips of; a note on anything else is an error. None = on anything.

    Raises
    ------
    ConfigError
        It cannot be read, lacks a column, or rows of it are wrong: all of them are listed, as ``file:row``, without a word of
        them.

    Examples
    --------
    >>> _ = Path("n.csv").write_text("call,criterion,at_s,note\\na.wav,taboo,12.5,先道歉\\n", encoding="utf-8")
    >>> read_notes("n.csv")
    {Heard(call='a.wav', criterion='taboo', at=1250): '先道歉'}
    """
    if not Path(path).is_file():
        raise ConfigError(str(path), [problem("no such file, or not a regular one")])
    table = read_table(path, NAMES, needed=COLUMNS)
    found: dict[Heard, str] = {}
    wrong = []
    for line in table.lines:
        note = _undefused(line.values.get("note", ""))
        if not note.strip():
            continue
        about = _about(line.values)
        what = _wrong(about, note, known, found)
        if what:
            wrong.append(problem("{place}: {what}", place=f"{table.path.name}:{line.number}", what=what))
        elif about is not None:
            found[about] = note
    table.refuse(wrong)
    return found


def _about(values: Mapping[str, str]) -> Heard | None:
    """What a row is about; None where its second is none."""
    try:
        at = float(values.get("at_s", ""))
    except ValueError:
        return None
    if not math.isfinite(at):
        return None
    call, criterion = _undefused(values.get("call", "")), _undefused(values.get("criterion", ""))
    return Heard(call, criterion, round(at * HUNDREDTHS))


def _wrong(
    about: Heard | None, note: str, known: Collection[Heard] | None, found: Mapping[Heard, str]
) -> Problem | None:
    """What is wrong with a row; None if nothing is."""
    if about is None:
        return problem("at_s is no second of a call; expected a number such as 12.5")
    if known is not None and about not in known:
        return problem("no clip here has this call, criterion and second; the file belongs to other clips")
    if len(note) > LONGEST_NOTE:
        return problem("the note has {count} characters; {most} are the most", count=len(note), most=LONGEST_NOTE)
    if any(unicodedata.category(char) == "Cc" and char not in "\n\r\t" for char in note):
        return problem("the note holds control characters; expected text")
    if found.get(about, note) != note:
        return problem("another note on the same clip stands above")
    return None


def _undefused(text: str) -> str:
    """A text without the apostrophe that a cell had been given before a sign that begins a formula.

    >>> _undefused("'=1"), _undefused("'tis")
    ('=1', "'tis")
    """
    rest = text[1:]
    return rest if text.startswith("'") and defused(rest) == text else text


def kept_notes(folder: str | Path) -> dict[Heard, str]:
    """The notes that lie in a folder of clips; none where there are none.

    Raises
    ------
    ConfigError
        Its notes.csv is not one.
    """
    path = Path(folder) / FILE
    return read_notes(path) if path.exists() else {}


def keep_notes(folder: str | Path, notes: Mapping[Heard, str]) -> None:
    """Write the notes of a folder of clips, whole or not at all."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for about, note in sorted(notes.items()):
        writer.writerow([defused(about.call), defused(about.criterion), f"{about.at / HUNDREDTHS:.2f}", defused(note)])
    write_bytes(Path(folder) / FILE, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))


def refuse_no_clips(folder: Path) -> ConfigError:
    """What is said of a folder that holds no clips."""
    return ConfigError(str(folder), [problem("no clips here; expected the folder that `qa-speech clips` has written")])
