"""The page of a call in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from qa_speech.report.page import render_page
from qa_speech.report.people import for_people, with_masked_id
from qa_speech.scores import CallReport
from qa_speech.wording.lang import Lang

HEIGHT = 760
"""Pixels."""


@dataclass(frozen=True)
class Shown:
    """A page that a notebook displays where it is the value of a cell: in a frame of its own, so that neither the styles nor
    the scripts of page and notebook meet. `html` is the page itself, `height` in pixels."""

    html: str
    height: int = HEIGHT

    def _repr_html_(self) -> str:
        """What IPython asks for."""
        page = escape(self.html, quote=True)
        style = f"width:100%;height:{self.height}px;border:0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'


def show(report: CallReport, *, lang: Lang = "zh", mask: bool = True, height: int = HEIGHT) -> Shown:
    """The page of a call, for a notebook: score sheet, lanes, transcript, figures; without its sound.

    Parameters
    ----------
    mask
        Customers' data are placeholders, as on every page for people.
    height
        Of the frame, in pixels.

    Examples
    --------
    >>> import qa_speech
    >>> page = show(qa_speech.inspect_call("samples/slow-answer.ogg"))
    >>> page._repr_html_()[:32], "<!doctype html>" in page.html
    ('<iframe sandbox="allow-scripts" ', True)
    """
    shown = with_masked_id(for_people(report, lang=lang), lang=lang) if mask else report
    return Shown(render_page(shown, None, lang), height)
