"""Templates, styles and scripts of the pages: one file each, nothing fetched from elsewhere.

The pages carry a content security policy: own style and script by their hashes, sound from beside the page or inside it,
nothing else. Everything that comes from a call is escaped by the template engine; the script reads it from attributes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from qa_speech.report.labels import UI
from qa_speech.wording.lang import Lang
from qa_speech.wording.terms import term

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(name: str, lang: Lang, **values: Any) -> str:
    """The page that the template `name`.html makes of `values`, with the style of the reports, its own style and script."""
    style, script = asset("style.css") + asset(f"{name}.css"), asset(f"{name}.js")
    return fill(
        name,
        lang=lang,
        t=lambda key: term(UI, key, lang),
        style=style,
        script=script,
        style_hash=policy_hash(style),
        script_hash=policy_hash(script),
        **values,
    )


def fill(name: str, **values: Any) -> str:
    """The template `name`.html with `values` in it and nothing else."""
    return environment().get_template(f"{name}.html").render(**values)


@cache
def asset(name: str) -> Markup:
    """A style sheet or script of our own, marked as safe to put into a page as it is."""
    from markupsafe import Markup

    templates = environment()
    assert templates.loader is not None
    source, _, _ = templates.loader.get_source(templates, name)
    return Markup(source)


def as_data(found: object) -> Markup:
    """Plain data as JSON for a ``<script type="application/json">``: nothing in it ends the element or begins another.

    >>> print(as_data(["</script>", "a & b"]))
    ["\\u003c/script\\u003e","a \\u0026 b"]
    """
    from markupsafe import Markup

    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


@cache
def policy_hash(text: str) -> str:
    """How a content security policy names a style or script that stands in the page.

    >>> policy_hash("")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


@cache
def environment(*packages: str) -> Environment:
    """The templates of the reports; those of other packages, which may build on them, stand before them."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (*packages, "qa_speech.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
