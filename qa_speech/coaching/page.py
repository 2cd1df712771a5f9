"""What a trainer opens: index.html with a player, the words, the reason and a field for notes; clips.csv and clips.xlsx.

clips.json holds the same for programs, so that notes which come later are shown without cutting anything again.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from qa_speech.coaching.clips import Clip
from qa_speech.coaching.notes import Heard, heard, keep_notes, kept_notes, read_notes, refuse_no_clips
from qa_speech.files import write_bytes
from qa_speech.report.sheets import cell
from qa_speech.wording import terms
from qa_speech.wording.clip_labels import HEADS, LABELS, PROBLEMS
from qa_speech.wording.lang import Lang

if TYPE_CHECKING:
    from jinja2 import Environment
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

HEAD = (
    "number", "side", "criterion", "title", "outcome", "points", "possible", "call", "agent", "total", "start_s", "end_s",
    "at_s", "sentence", "transcript", "audio", "problem", "masked", "wide", "note",
)  # fmt: skip
"""Columns of the lists: stable names that do not depend on the language."""
WIDTHS = {"sentence": 40, "transcript": 60, "note": 40, "title": 18, "call": 22}
USUAL_WIDTH = 11
"""Characters that a column of the sheet is wide."""


def label(key: str, lang: Lang) -> str:
    """A word of the page.

    >>> label("note", "zh")
    '讲评备注'
    """
    return terms.term(LABELS, key, lang)


def problem(code: str, lang: Lang) -> str:
    """Why a clip has no sound, in one sentence; empty where it has.

    >>> problem("audio_missing", "en")
    'the recording was not found; text only'
    """
    return terms.term(PROBLEMS, code, lang) if code else ""


class Listed(msgspec.Struct, frozen=True):
    """What the lists of a folder show."""

    clips: tuple[Clip, ...]
    lang: Lang
    masked: bool


DATA = "clips.json"


def write_lists(clips: Sequence[Clip], out: str | Path, *, lang: Lang, masked: bool) -> Path:
    """Write index.html, clips.csv, clips.xlsx and clips.json into the folder of the clips; returns the page. Notes that lie in
    the folder are shown.

    Raises
    ------
    ConfigError
        Its notes.csv is not one.
    """
    out = Path(out)
    notes = kept_notes(out)
    rows = [_row(clip, lang, notes.get(heard(clip), "")) for clip in clips]
    _write_csv(rows, out / "clips.csv")
    _write_xlsx(rows, out / "clips.xlsx", lang)
    write_bytes(out / DATA, msgspec.json.encode(Listed(tuple(clips), lang, masked)) + b"\n")
    page = out / "index.html"
    write_bytes(page, render_page(clips, lang=lang, masked=masked, notes=notes).encode("utf-8", "replace"))
    return page


def import_notes(path: str | Path, folder: str | Path) -> int:
    """Keep the notes of a file beside the clips they are about, and write the lists again with them; returns how many there
    were. A note takes the place of an earlier one on the same clip; nothing is taken from a file in which anything is wrong.

    Raises
    ------
    ConfigError
        The folder holds no clips, or the file is wrong: every row of it, as ``file:row``.
    """
    folder = Path(folder)
    listed = _listed(folder)
    notes = read_notes(path, known={heard(clip) for clip in listed.clips})
    keep_notes(folder, kept_notes(folder) | notes)
    write_lists(listed.clips, folder, lang=listed.lang, masked=listed.masked)
    return len(notes)


def _listed(folder: Path) -> Listed:
    try:
        return msgspec.json.decode((folder / DATA).read_bytes(), type=Listed)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise refuse_no_clips(folder) from exc


def _row(clip: Clip, lang: Lang, note: str) -> dict[str, object]:
    said = " ".join(f"{terms.role(line.role, lang)}：{line.text}" for line in clip.lines)
    return {
        "number": clip.number, "side": clip.side, "criterion": clip.criterion, "title": clip.title,
        "outcome": terms.outcome(clip.outcome, lang), "points": clip.points, "possible": clip.possible,
        "call": clip.call_id, "agent": clip.agent, "total": clip.total, "start_s": round(clip.start, 2),
        "end_s": round(clip.end, 2), "at_s": round(clip.evidence_start, 2), "sentence": clip.sentence,
        "transcript": said, "audio": clip.audio,
        "problem": problem(clip.problem, lang), "masked": clip.masked, "wide": int(clip.wide), "note": note,
    }  # fmt: skip


def _write_csv(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for row in rows:
        writer.writerow([cell(row[name]) for name in HEAD])
    write_bytes(path, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))


def _write_xlsx(rows: Sequence[Mapping[str, object]], path: Path, lang: Lang) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("clips")
        bold = book.add_format({"bold": True})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for place, name in enumerate(HEAD):
            sheet.write_string(0, place, terms.term(HEADS, name, lang), bold)
            sheet.set_column(place, place, WIDTHS.get(name, USUAL_WIDTH), wrap)
        for number, row in enumerate(rows, start=1):
            shown = {**row, "side": label(str(row["side"]), lang)}
            for place, name in enumerate(HEAD):
                _write_cell(sheet, number, place, shown[name], wrap, is_file=name == "audio")
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(HEAD) - 1)
    write_bytes(path, buffer.getvalue())


def _write_cell(sheet: Worksheet, row: int, column: int, value: object, style: Format, *, is_file: bool) -> None:
    """A number as a number, a file as a link to it, all else as text; rows and columns of a sheet begin at 0."""
    if isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    elif is_file and value:
        sheet.write_url(row, column, f"external:{value}", string=str(value))
    elif value is not None:
        sheet.write_string(row, column, str(value), style)


def render_page(clips: Sequence[Clip], *, lang: Lang, masked: bool, notes: Mapping[Heard, str] | None = None) -> str:
    """The HTML of the playlist: one file that fetches nothing but the clips beside it. `notes`: those that are kept."""
    kept = notes or {}
    style, script = _asset("clips.css"), _asset("clips.js")
    titles = dict.fromkeys([(clip.criterion, clip.title) for clip in clips])
    return (
        _environment()
        .get_template("clips.html")
        .render(
            lang=lang,
            t=lambda key: label(key, lang),
            clips=clips,
            titles=titles,
            sides=sorted({clip.side for clip in clips}, reverse=True),
            masked=masked,
            silent=sum(not clip.audio for clip in clips),
            first_silent=next((clip.number for clip in clips if not clip.audio), 0),
            note=lambda clip: kept.get(heard(clip), ""),
            problem=lambda code: problem(code, lang),
            role=lambda who: terms.role(who, lang),
            points=_points,
            outcome=lambda code: terms.outcome(code, lang),
            address=quote,
            key=_page_key(clips),
            style=style,
            script=script,
            style_hash=_source_hash(style),
            script_hash=_source_hash(script),
        )
    )


def _points(clip: Clip) -> str:
    got = "–" if clip.points is None else terms.number(clip.points)
    return f"{got} / {terms.number(clip.possible)}"


def _page_key(clips: Sequence[Clip]) -> str:
    """Notes are kept in the browser by what the page shows, so two pages never share them."""
    shown = "\n".join([f"{clip.call_id} {clip.criterion} {clip.start}" for clip in clips])
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("qa_speech.coaching"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(clock=terms.clock, number=terms.number)
    return environment


@cache
def _asset(name: str) -> Any:
    """A file of the templates as it is, for inlining."""
    from markupsafe import Markup

    return Markup((files(__package__) / "templates" / name).read_text(encoding="utf-8"))


def _source_hash(text: str) -> str:
    """What the page's content security policy knows an inlined style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
