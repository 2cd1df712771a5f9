"""The manual: the same pages in both languages, links that lead somewhere, commands that the program knows."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from qa_speech.cli import COMMANDS, app, loaded
from qa_speech.cli.docs import show
from qa_speech.resources import FOLDERS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
ENGLISH = {page.stem: page for page in sorted(DOCS.glob("*.md"))}
CHINESE = {page.stem: page for page in sorted((DOCS / "zh").glob("*.md"))}
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
WRITTEN_BY_PROGRAM = {"cli", "settings"}
"""Pages made in both languages from the program itself, each held to it by a test of its own."""
PAIRS = [(ENGLISH[name], CHINESE[name]) for name in ENGLISH.keys() & CHINESE.keys() - WRITTEN_BY_PROGRAM]
PAIRS = [*sorted(PAIRS), READMES]
PAGES = [page for pair in PAIRS for page in pair]

UNNAMED = {"desk": "desk serve", "clips": "clips cut"}
"""What a group does where none of its commands is named: `desk RUN`, `clips RESULT`."""
FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"^(#+) (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HAN = re.compile(r"[一-鿿]")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", text_of(page))


def heads(page: Path) -> list[tuple[int, str]]:
    return [(len(signs), text) for signs, text in HEAD.findall(prose(page))]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


pages = pytest.mark.parametrize("page", PAGES, ids=named)
pairs = pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda page: named(page))


def test_every_page_is_there_in_both_languages() -> None:
    assert ENGLISH.keys() == CHINESE.keys()


@pairs
def test_both_languages_have_the_same_heads(english: Path, chinese: Path) -> None:
    assert [level for level, _ in heads(english)] == [level for level, _ in heads(chinese)]


@pytest.mark.parametrize("page", [*ENGLISH.values(), READMES[0]], ids=named)
def test_heads_of_an_english_page_are_english(page: Path) -> None:
    assert [text for _, text in heads(page) if HAN.search(text)] == []


def anchor(text: str) -> str:
    """The anchor that GitHub gives a head."""
    kept = re.sub(r"[^\w\- ]", "", text.lower().replace("`", ""))
    return kept.replace(" ", "-")


@pages
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(prose(page)) if not re.match(r"[a-z]+:", link)]

    assert [link for link in links if not leads_somewhere(link, page)] == []


def leads_somewhere(link: str, page: Path) -> bool:
    place, _, wanted = link.partition("#")
    target = page.parent / place if place else page
    if DOCS in page.parents and target.resolve().relative_to(ROOT).parts[0] not in FOLDERS:
        return False  # the manual ships in the wheel, where only these folders lie beside it
    if not wanted:
        return target.exists()
    return wanted in [anchor(text) for _, text in heads(target)]


def test_a_chinese_page_links_to_chinese_pages() -> None:
    links = [(name, link) for name, page in CHINESE.items() for link in LINK.findall(prose(page))]

    assert [(name, link) for name, link in links if re.match(r"\.\./[\w-]+\.md", link)] == []
    readme = LINK.findall(prose(READMES[1]))
    assert [link for link in readme if re.match(r"docs/[\w-]+\.md", link)] == []


class Line(NamedTuple):
    """A command line of a page: which command, and the options named."""

    command: str
    options: frozenset[str]


@cache
def tree() -> dict[str, frozenset[str]]:
    """Every command and the options it knows; a group goes by its name."""
    found: dict[str, frozenset[str]] = {"": options_of(_root()) | {"-h"}}
    waiting: list[tuple[str, Any]] = [(name, loaded(name)) for name in COMMANDS]
    while waiting:
        name, command = waiting.pop()
        found[name] = options_of(command)
        waiting += [(f"{name} {inner}", leaf) for inner, leaf in getattr(command, "commands", {}).items()]
    return found


def _root() -> Any:
    from typer.main import get_command

    return get_command(app)


def options_of(command: Any) -> frozenset[str]:
    return frozenset(name for option in command.params for name in [*option.opts, *option.secondary_opts])


def shell_lines(page: Path) -> Iterator[str]:
    """Lines of the blocks of code that call the program, each with those that it goes on in."""
    for block in FENCE.finditer(text_of(page)):
        if block["kind"] in ("", "bash", "sh"):
            text = block["text"].replace("\\\n", " ").replace(" && ", "\n")
            yield from [line for line in text.split("\n") if "qa-speech " in line]


def parsed(line: str) -> Line | None:
    """The call of the program in a line, if it begins with one."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    programs = [word for word in words if word == "qa-speech" or word.endswith("/qa-speech")]
    if not programs:
        return None
    rest = words[words.index(programs[0]) + 1 :]
    options = frozenset(word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word))
    path = ""
    for word in rest:
        if f"{path} {word}".strip() not in tree():
            break
        path = f"{path} {word}".strip()
    if rest[1:2] and path in UNNAMED:
        path = UNNAMED[path]
    return Line(path, options)


def calls(page: Path) -> list[Line]:
    found = [parsed(line) for line in shell_lines(page)]
    return [call for call in found if call is not None]


@pages
def test_commands_and_options_of_a_page_are_known(page: Path) -> None:
    assert [call for call in calls(page) if not is_known(call)] == []


def is_known(call: Line) -> bool:
    group, _, inner = call.command.partition(" ")
    if not group or (not inner and isinstance(loaded(group), TyperGroup)):
        return False
    return call.options <= tree()[call.command] | tree()[""]


@pairs
def test_both_languages_show_the_same_commands(english: Path, chinese: Path) -> None:
    assert calls(english) == calls(chinese)


@pairs
def test_both_languages_have_the_same_blocks_of_code(english: Path, chinese: Path) -> None:
    here, there = ([block["kind"] for block in FENCE.finditer(text_of(page))] for page in (english, chinese))

    assert here == there


@pytest.mark.parametrize(("lang", "found"), [("en", ENGLISH), ("zh", CHINESE)])
def test_the_command_lists_every_page_and_prints_one(lang: str, found: dict[str, Path]) -> None:
    listed = CliRunner().invoke(app, ["docs", "--ui", lang])
    printed = CliRunner().invoke(app, ["docs", "review", "--ui", lang])

    lines = [re.split(" {2,}", line) for line in listed.stdout.splitlines()]
    assert lines[: len(found)] == [[name, heads(page)[0][1]] for name, page in found.items()]
    assert printed.stdout == text_of(found["review"])


@pytest.mark.parametrize(("topic", "meant"), [("sampl", "sampling"), ("抽样", "sampling"), ("scorecard", "scorecards")])
def test_a_topic_that_there_is_none_of_is_told_which_may_be_meant(topic: str, meant: str) -> None:
    told = CliRunner().invoke(app, ["docs", topic, "--ui", "zh"])

    assert told.exit_code == 2
    assert meant in told.stderr
    assert "是不是想写" in told.stderr


def test_a_topic_like_none_is_told_where_all_are() -> None:
    told = CliRunner().invoke(app, ["docs", "zzzz", "--ui", "en"])

    assert told.exit_code == 2
    assert "qa-speech docs lists them" in told.stderr


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_page_is_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)

    show(
        "# 抽样\n\n| 项 | 意思 |\n|---|---|\n| `number` | 几通，见[计划](plan.md) |\n\n先放，\n再听。\n\n```\n甲\n乙\n```\n"
    )

    text = terminal.getvalue()
    assert "抽样" in text
    assert "|---|" not in text
    assert "plan.md" in text
    assert "先放，再听。" in text
    assert "甲乙" not in text
