"""The page of a call as one HTML file: it renders what `view` says, and nothing of it is made here."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from qa_speech.files import write_bytes
from qa_speech.metrics.doubt import UNSURE
from qa_speech.report.charts import Levels, short
from qa_speech.report.html import render
from qa_speech.report.score_sheet import gathered
from qa_speech.report.transcript import Piece
from qa_speech.report.view import CallView, call_view
from qa_speech.scores import CallReport
from qa_speech.wording.lang import Lang

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST_NAME = 160
"""Bytes of an id that a name keeps: file systems take 255, and a file that is being written has more characters yet."""


def page_name(call_id: str) -> str:
    """A file name for the page of a call: safe on every system, different for different ids, also where a file system does
    not tell capitals from small letters.

    >>> page_name("2026-01-05_0117.wav")
    '2026-01-05_0117.wav.html'
    >>> page_name("a/b.wav").startswith("a_b.wav-"), page_name("a/b.wav") != page_name("a_b.wav")
    (True, True)
    """
    safe = re.sub(r"[^\w.-]+", "_", call_id).strip(".") or "call"
    folded = unicodedata.normalize("NFC", safe).lower()  # all that some file systems tell apart
    if folded != call_id or len(safe.encode()) > LONGEST_NAME:
        mark = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        safe = f"{_cut(safe)}-{mark}"
    return f"{safe}.html"


def _cut(name: str) -> str:
    """The beginning of a name, as many characters as `LONGEST_NAME` bytes hold."""
    return name.encode("utf-8", "replace")[:LONGEST_NAME].decode("utf-8", "ignore")


def write_page(
    report: CallReport,
    path: str | Path,
    *,
    audio: str | None,
    lang: Lang,
    embed_audio: bytes | None = None,
    index: str | None = None,
    low_probability: float = UNSURE,
    levels: Levels | None = None,
) -> None:
    """Write the page of one call, whole or not at all.

    Parameters
    ----------
    report : CallReport
        Any part may be missing: no score, no words, no times, no sound.
    path : where to write.
    audio : str or None
        Name of the sound file relative to the page; None = a page without sound, the lanes are drawn all the same.
    lang : ``zh`` or ``en``
        Language of the page; what was said stays as it was said.
    embed_audio : bytes or None
        An mp3 to carry inside the page instead of `audio`.
    index : str or None
        Link back to the index of the run.
    low_probability : float
        Words the recogniser gave a lower probability (0–1) are marked.
    levels : sequences of int, or None
        How loud the sound of the page is, by channel, as `loudness.levels_of` tells it.
    """
    page = render_page(report, audio, lang, embed_audio, index, low_probability, levels)
    write_bytes(Path(path), page.encode("utf-8", "replace"))


def render_page(
    report: CallReport,
    audio: str | None,
    lang: Lang,
    embed_audio: bytes | None = None,
    index: str | None = None,
    low_probability: float = UNSURE,
    levels: Levels | None = None,
) -> str:
    """The HTML that `write_page` writes; words below `low_probability` (0–1) are shown as unsure."""
    view = call_view(report, lang, low_probability=low_probability, levels=levels)
    return render_view(view, lang, audio=_source(audio, embed_audio), index=index)


def render_view(view: CallView, lang: Lang, *, audio: str, index: str | None) -> str:
    """The HTML of a view; `audio` is the address of the sound, "" for none."""
    sections, apart = gathered(view.sections)
    shown = replace(view, sections=sections)
    return render("call", lang, view=shown, apart=apart, audio=audio, index=index, text=marked_text)


def _source(audio: str | None, embed_audio: bytes | None) -> str:
    if embed_audio is not None:
        return "data:audio/mpeg;base64," + base64.b64encode(embed_audio).decode("ascii")
    return quote(audio or "")


def marked_text(pieces: Iterable[Piece]) -> Markup:
    """The words of a line as markup. Words that are marked alike stand in one element, which says where each begins: there
    are thirty thousand in a long call, and only those of the line that is heard have to be elements of their own."""
    from markupsafe import Markup, escape

    out: list[str] = []
    run: list[Piece] = []
    for piece in pieces:
        if piece.start is None and not run:
            out.append(str(escape(piece.text)))
            continue
        if run and piece.start is not None and (piece.low, piece.hit) != (run[0].low, run[0].hit):
            out.append(_run(run))
            run = []
        run.append(piece)
    if run:
        out.append(_run(run))
    return Markup("".join(out))


def _run(pieces: Sequence[Piece]) -> str:
    """Words that are marked alike, the first with its second: ``data-words`` holds where each begins, in hundredths after the
    first, and how many characters it has where that is not one; punctuation counts with the word before it."""
    from markupsafe import escape

    first = pieces[0]
    assert first.start is not None
    words: list[tuple[int, int]] = []
    for piece in pieces:
        if piece.start is not None:
            words.append((round(100 * (piece.start - first.start)), len(piece.text)))
        else:
            start, length = words[-1]
            words[-1] = (start, length + len(piece.text))
    names = [name for name, is_so in (("low", first.low), ("hit", first.hit)) if is_so]
    attributes = f' class="{" ".join(names)}"' if names else ""
    attributes += f' data-t="{short(first.start)}"'
    if len(words) > 1:
        attributes += f' data-words="{" ".join([_word(start, length) for start, length in words])}"'
    text = "".join([piece.text for piece in pieces])
    return f"<i{attributes}>{escape(text)}</i>"


def _word(start: int, length: int) -> str:
    if length == 1:
        return str(start)
    return f"{start}:{length}"
