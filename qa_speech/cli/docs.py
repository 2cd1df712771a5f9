"""`qa-speech docs [TOPIC]`: the manual that ships with the program, in the language of the interface."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, TextIO

import typer

from qa_speech import resources
from qa_speech.cli.common import Language, UiOption, in_words, ui
from qa_speech.errors import Problem, problem

WIDTH = 100
"""The longest line of a page on a terminal, in columns."""
_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_WIDE = "\u2018-\u201f\u3000-\u9fff\uff00-\uffef"
_BETWEEN = re.compile(rf"(?<=[{_WIDE}])\n(?=[{_WIDE}])")


def docs(
    topic: Annotated[str, typer.Argument(help="Topic, e.g. review; none lists them.", show_default=False)] = "",
    ui_language: UiOption = None,
) -> None:
    """The manual: list its topics, or print one. It ships with the program.

    On a terminal a page is laid out; into a file or a pipe it goes as it is, in Markdown.

    Example: qa-speech docs review --ui en
    """
    lang = ui(ui_language)
    found = pages(lang)
    name = topic.removesuffix(".md")
    if not name:
        typer.echo(contents(found, lang))
    elif name in found:
        show(found[name].read_text(encoding="utf-8"))
    else:
        raise typer.BadParameter(unknown(topic, found), param_hint="topic")


def pages(lang: Language) -> Mapping[str, Path]:
    """The pages of a language by topic: the English ones in `docs`, the Chinese ones in `docs/zh`."""
    folder = resources.folder("docs")
    if lang == "zh":
        folder = folder / "zh"
    return {page.stem: page for page in sorted(folder.glob("*.md"))}


def title(page: Path) -> str:
    """What a page says it is about: its first head."""
    with page.open(encoding="utf-8") as lines:
        return next(line for line in lines if line.startswith("# ")).removeprefix("# ").strip()


def contents(found: Mapping[str, Path], lang: Language) -> str:
    """All topics, one a line."""
    width = max(map(len, found))
    lines = [f"{name:<{width}}  {title(page)}" for name, page in found.items()]
    last = in_words(lang, "读一页：qa-speech docs 主题", "Read one: qa-speech docs TOPIC")
    return "\n".join([*lines, "", last])


def unknown(topic: str, found: Mapping[str, Path]) -> Problem:
    """What is said of a topic that there is none of, with the topics that may have been meant."""
    meant = [name for name, page in found.items() if topic in title(page)]
    meant += get_close_matches(topic, found, 3)
    if meant:
        close = ", ".join(dict.fromkeys(meant))
        return problem("there is no topic {name}; did you mean {close}?", name=topic, close=close)
    return problem("there is no topic {name}; qa-speech docs lists them", name=topic)


def show(text: str) -> None:
    """Print a page: laid out on a terminal, else as it is."""
    if not sys.stdout.isatty():
        typer.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    terminal: TextIO = getattr(sys.stdout, "raw", sys.stdout)  # a page is our own text: its signs may lay it out
    console = Console(file=terminal)
    console.print(Markdown(joined(text), hyperlinks=False), width=min(console.width, WIDTH))


def joined(text: str) -> str:
    """A page whose lines go on where Chinese does, without the blank that an end of line would leave; code stays as it is.

    >>> joined("点一下就从那里播放，\\n静音提前一秒。\\nRows of work")
    '点一下就从那里播放，静音提前一秒。\\nRows of work'
    """
    parts = _FENCED.split(text)
    parts[::2] = [_BETWEEN.sub("", part) for part in parts[::2]]
    return "".join(parts)
