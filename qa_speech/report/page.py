"""HTML that a person opens: a page per call and the index of a run. One file each, nothing fetched from elsewhere.

The pages carry a content security policy: own style and script by their hashes, sound from beside the page or inside it,
nothing else. Everything that comes from a call is escaped by the template engine; the script reads it from attributes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from qa_speech import wording
from qa_speech.call import CallFailure, CallReport, write_bytes
from qa_speech.metrics.doubt import UNSURE
from qa_speech.report import charts, overview, view
from qa_speech.wording import Lang, labels
from qa_speech.wording import catalogue as words

if TYPE_CHECKING:
    from jinja2 import Environment

LONGEST_NAME = 80


def page_name(call_id: str) -> str:
    """A file name for the page of a call: safe on every system, different for different ids.

    >>> page_name("2026-01-05_0117.wav")
    '2026-01-05_0117.wav.html'
    >>> page_name("a/b.wav").startswith("a_b.wav-"), page_name("a/b.wav") != page_name("a_b.wav")
    (True, True)
    """
    safe = re.sub(r"[^\w.-]+", "_", call_id).strip(".") or "call"
    if safe != call_id or len(safe) > LONGEST_NAME:
        mark = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        safe = f"{safe[:LONGEST_NAME]}-{mark}"
    return f"{safe}.html"


def write_page(
    report: CallReport,
    path: str | Path,
    *,
    audio: str | None,
    lang: Lang,
    embed_audio: bytes | None = None,
    index: str | None = None,
    low_probability: float = UNSURE,
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
        Words the recogniser gave a lower probability are marked.
    """
    write_bytes(
        Path(path), render_page(report, audio, lang, embed_audio, index, low_probability).encode("utf-8", "replace")
    )


def render_page(
    report: CallReport,
    audio: str | None,
    lang: Lang,
    embed_audio: bytes | None = None,
    index: str | None = None,
    low_probability: float = UNSURE,
) -> str:
    """The HTML that `write_page` writes."""
    call, score = report.call, report.score
    bands = charts.bands(call, report.measurements)
    lines = view.lines(report, lang, low_probability=low_probability)
    return _render(
        "call.html",
        lang,
        report=report,
        call=call,
        score=score,
        audio=_source(audio, embed_audio),
        index=index,
        lanes=charts.lanes(call) if call.times != "nominal" else [],
        bands=bands,
        kinds={band.kind if band.kind in charts.NAMED else "other" for band in bands},
        ticks=charts.ticks(call.duration),
        sheets=view.sheets(report, lang),
        pins=view.pins(report, lang),
        deductions=[view.item(one, call, lang) for one in wording.deductions(score)] if score else [],
        lines=lines,
        low_words=any(piece.low for line in lines for piece in line.pieces),
        no_total=wording.total(score, lang) if score and score.total is None else "",
        role=lambda who: wording.role(who, lang),
        stray=lambda code: wording.term(words.STRAY, code, lang),
        kind=lambda code: wording.term(words.KINDS, code, lang),
        figures=view.figures(report, lang),
        facts=view.facts(report, lang),
        notices=view.notices(report, lang),
        findings=[wording.finding(one, lang) for one in call.recording.findings],
        timed=call.times != "nominal",
        pending=wording.pending(score) if score else 0,
    )


def _source(audio: str | None, embed_audio: bytes | None) -> str:
    if embed_audio is not None:
        return "data:audio/mpeg;base64," + base64.b64encode(embed_audio).decode("ascii")
    return quote(audio) if audio else ""


def write_index(
    reports: Sequence[CallReport | CallFailure],
    path: str | Path,
    *,
    lang: Lang,
    link: Callable[[str], str] | None = None,
) -> None:
    """Write the index of a run: every input once, in the order given, failures with their cause.

    `link` gives the address of a call's page from its id; default ``pages/<page_name(id)>``.
    """
    write_overview([index_row(report, lang, link) for report in reports], path, lang=lang)


def index_row(
    report: CallReport | CallFailure, lang: Lang, link: Callable[[str], str] | None = None
) -> overview.Entry | overview.Failed:
    """The row of one input, all that `write_overview` needs of it."""
    address = link or (lambda call_id: "pages/" + page_name(call_id))
    return overview.entry(report, lang, lambda one: quote(address(one)))


def write_overview(rows: Sequence[overview.Entry | overview.Failed], path: str | Path, *, lang: Lang) -> None:
    """Write the index from the rows of `index_row`, for runs that keep nothing else of their calls."""
    write_bytes(Path(path), _render("index.html", lang, run=overview.overview(rows)).encode("utf-8", "replace"))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("qa_speech.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=wording.clock, number=wording.number, text=_text)
    return environment


def _render(name: str, lang: Lang, **values: Any) -> str:
    environment = _environment()
    style, script = _asset("style.css"), _asset(name.replace(".html", ".js"))
    return environment.get_template(name).render(
        lang=lang,
        t=lambda key: wording.term(labels.UI, key, lang),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        **values,
    )


def _text(line: view.Line) -> Any:
    """The words of a line as markup: thirty thousand of them in a long call, so as few characters as will do."""
    from markupsafe import Markup, escape

    out = []
    for piece in line.pieces:
        if piece.start is None and not piece.low and not piece.hit:
            out.append(str(escape(piece.text)))
            continue
        at = "" if piece.start is None else f' data-t="{wording.short(piece.start)}"'
        marks = "".join(mark for mark, is_set in ((" low", piece.low), (" hit", piece.hit)) if is_set)
        name = f' class="{marks.strip()}"' if marks else ""
        out.append(f"<i{name}{at}>{escape(piece.text)}</i>")
    return Markup("".join(out))


@cache
def _asset(name: str) -> Any:
    """A style sheet or script of our own, marked as safe to put into a page as it is."""
    from markupsafe import Markup

    source, _, _ = _environment().loader.get_source(_environment(), name)  # type: ignore[union-attr]
    return Markup(source)


@cache
def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
