"""The pages of `--help` in the language of the user: texts from the table of help, wrapped by how wide characters are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from typer._click.core import Command, Context
from typer._click.formatting import HelpFormatter

from qa_speech.cli.tongue import ui
from qa_speech.wording.lang import Lang, pick
from qa_speech.wording.translate import help_text

WIDTH = 100
"""Columns of a page at most."""
FIRST_COLUMN = 30
EXAMPLE = "Example:"
_WIDE = "\u2e80-\u9fff\uff00-\uffef“”‘’…—"
_PIECE = re.compile(
    rf"\s+|\[[^\[\]]{{1,40}}\]|[（《“‘]*[^\s{_WIDE}]+[，。；：、）》”’]*|[（《“‘]*[{_WIDE}][，。；：、）》”’]*"
)
"""What stays together on a line: a note in brackets, a word, or one Chinese character with its brackets and stops."""
_KIND = re.compile(r"<(?:list\[)?(str|int|float|dir|file|path)(?: range)?\]?>", re.IGNORECASE)
"""What the framework calls the kind of a value, behind the name of an option."""
_KINDS = {"str": "文字", "int": "整数", "float": "数", "dir": "目录", "file": "文件", "path": "路径"}
_ARGUMENT = re.compile(r"(?P<open>[\[{]?)(?P<name>[A-Za-z_]+)(?P<many>…?[\]}]?(?:\.\.\.)?)")
ARGUMENTS = {
    "paths": "路径", "path": "路径", "place": "路径", "files": "文件", "file": "文件", "run": "批次", "result": "结果目录",
    "name": "名称", "task": "任务", "sheet": "复核单", "action": "操作", "sql": "SQL", "topic": "主题", "old": "旧评分表",
    "new": "新评分表", "source": "来源", "sample": "样本",
}  # fmt: skip
"""What is worked on, by its name on the command line."""
_RANGES = (
    (re.compile(r"(\S+)<=x<=(\S+)"), r"\1–\2"),
    (re.compile(r"x>=(\S+)"), r"≥ \1"),
    (re.compile(r"x<=(\S+)"), r"≤ \1"),
)


class Page(HelpFormatter):
    """A page of help; what the framework says in English it says in the language of the user."""

    def __init__(self, lang: Lang, width: int | None) -> None:
        super().__init__(width=width, max_width=WIDTH)
        self.lang = lang

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line of usage."""
        told = " ".join([self._word(word) for word in args.split(" ")])
        super().write_usage(prog, told, pick(self.lang, "用法：", "Usage: "))

    def write_heading(self, heading: str) -> None:
        """The head of a list."""
        self.write(f"{'':>{self.current_indent}}{self._told(heading)}{pick(self.lang, '：', ':')}\n")

    def write_text(self, text: str) -> None:
        """What a command says of itself, a paragraph after the other; an example keeps its line."""
        indent = " " * self.current_indent
        paragraphs = [_lines(paragraph) for paragraph in text.split("\n\n")]
        shown = []
        for lines in paragraphs:
            rows: list[str] = []
            for line in lines:
                rows += self._rows(line)
            shown.append("\n".join([f"{indent}{row}" for row in rows]))
        self.write("\n\n".join(shown) + "\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = FIRST_COLUMN, col_spacing: int = 2) -> None:
        """A list in two columns: names, and what they mean."""
        table = [(self._named(name), self._meant(meaning)) for name, meaning in rows]
        widest = min(max([columns(name) for name, _ in table]), col_max)
        start = self.current_indent + widest + col_spacing
        for name, meaning in table:
            self.write(f"{'':>{self.current_indent}}{name}")
            if columns(name) > widest:
                self.write(f"\n{'':>{start}}")
            else:
                self.write(" " * (start - self.current_indent - columns(name)))
            lines = wrap(meaning, self.width - start) or [""]
            self.write(f"\n{'':>{start}}".join(lines) + "\n")

    def _word(self, word: str) -> str:
        """A word of the line of usage; what is worked on by what it is called."""
        found = _ARGUMENT.fullmatch(word)
        if found is None or found["name"].lower() not in ARGUMENTS:
            return self._told(word)
        many = "…" if "…" in found["many"] or "..." in found["many"] else ""
        told = argument(found["name"], self.lang) + many
        return f"[{told}]" if found["open"] == "[" else told

    def _told(self, text: str) -> str:
        return help_text(text, self.lang)

    def _rows(self, line: str) -> list[str]:
        """A line of a paragraph, wrapped; an example is copied from here, so it is not."""
        if line.startswith(EXAMPLE):
            return [pick(self.lang, "示例：", "Example: ") + line.removeprefix(EXAMPLE).lstrip()]
        return wrap(self._told(line), self.width - self.current_indent)

    def _named(self, name: str) -> str:
        """The name of an option, or of what is worked on, with the kind of its value."""
        if self.lang == "en":
            return name
        first, blank, kind = name.partition(" ")
        name = self._word(first) + blank + kind
        return _KIND.sub(lambda found: f"<{_KINDS[found[1].lower()]}>", name)

    def _meant(self, meaning: str) -> str:
        """What an option means, and behind it in brackets its default."""
        text, bracket, rest = meaning.rpartition("[")
        if not bracket or not rest.endswith("]"):
            return self._told(meaning)
        notes = [self._note(note) for note in rest.removesuffix("]").split("; ")]
        return f"{self._told(text.rstrip())} [{'; '.join(notes)}]".lstrip()

    def _note(self, note: str) -> str:
        for pattern, written in _RANGES:
            note = pattern.sub(written, note)
        name, colon, value = note.partition(": ")
        return self._told(f"{name}{colon}".rstrip()) + " " * bool(colon) + value


class Speaking(Context):
    """A command that is being run, whose pages are in the language of the user."""

    def make_formatter(self) -> Page:
        """The page its help is written on."""
        return Page(ui(), self.terminal_width)


def argument(name: str, lang: Lang) -> str:
    """What is worked on, as a line of usage and an error call it.

    >>> argument("files", "zh"), argument("RUN", "zh"), argument("files", "en")
    ('文件', '批次', 'files')
    """
    if lang == "en":
        return name
    return ARGUMENTS.get(name.lower(), name)


def spoken(command: Command) -> Command:
    """A command, and those inside it, whose pages are in the language of the user; lists of commands cut nothing off."""
    command.context_class = Speaking
    command.short_help = _lines((command.help or "").partition("\n\n")[0])[0]
    inside: dict[str, Any] = getattr(command, "commands", {})
    for inner in inside.values():
        spoken(inner)
    return command


def _lines(paragraph: str) -> list[str]:
    """A paragraph as one line; each of its examples as one of its own."""
    found: list[str] = []
    for line in paragraph.split("\n"):
        if found and not line.startswith(EXAMPLE):
            found[-1] += f" {line.strip()}"
        else:
            found.append(line.strip())
    return found


def columns(text: str) -> int:
    """Columns that a text takes on a terminal.

    >>> columns("结果 a")
    6
    """
    wide = [char for char in text if unicodedata.east_asian_width(char) in "WF"]
    return len(text) + len(wide)


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns; a Chinese line breaks between characters, never before a stop.

    >>> wrap("质检录音：解码、转写、测量、评分。", 16)
    ['质检录音：解码、', '转写、测量、评', '分。']
    """
    return list(_wrapped(text, width))


def _wrapped(text: str, width: int) -> Iterator[str]:
    line, used = "", 0
    for piece in _PIECE.findall(text):
        wide = columns(piece.rstrip())
        if line and used + wide > width:
            yield line.rstrip()
            line, used = "", 0
        if line or piece.strip():
            line += piece
            used += columns(piece)
    if line.strip():
        yield line.rstrip()
