"""The report as one page that needs nothing beside it: tables, inline SVG, its own style; printed it is the PDF."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa_speech.files import write_bytes
from qa_speech.service import svg
from qa_speech.service.document import Chart, Document, Funnel, Table

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def write_html(document: Document, path: str | Path) -> None:
    """Write the page; it is there whole or not at all."""
    write_bytes(path, page(document).encode("utf-8", "replace"))


def page(document: Document) -> str:
    """The page as text."""
    environment = _environment()
    style = _asset("service.css")
    return environment.get_template("service.html").render(
        document=document,
        style=style,
        style_hash=_policy_hash(style),
        kind_of=lambda block: type(block).__name__.lower(),
        drawn=_drawn,
        heat=_heat,
        shades=svg.shades,
    )


def _drawn(block: Chart | Funnel) -> Markup:
    from markupsafe import Markup

    return Markup(svg.funnel(block) if isinstance(block, Funnel) else svg.chart(block))


def _heat(table: Table) -> Markup:
    from markupsafe import Markup

    return Markup(svg.heat(table))


@cache
def _asset(name: str) -> Markup:
    from markupsafe import Markup

    environment = _environment()
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, name)
    return Markup(source)


def _policy_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("qa_speech.service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
