"""Writes docs/cli.md and docs/zh/cli.md from the commands themselves: `python docs/make_cli.py`.

A test holds the pages to the program.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from typer._click import Command

HEADS = {
    "en": """# Commands

Written by `python docs/make_cli.py` from the program's own help. Data goes to stdout, people read stderr.

Help and messages are in Chinese or English: `--ui zh|en` before or behind a command, else `QA_SPEECH_UI`, else `ui` of the
[settings file](settings.md), else the locale (`LC_ALL`, `LC_MESSAGES`, `LANG`), else Chinese.

Exit codes: 0 ok · 1 this recording or result cannot be used · 2 usage, settings, scorecard or model missing ·
3 finished with failures · 4 `--fail-under` · 130 interrupted.
""",
    "zh": """# 命令

由 `python docs/make_cli.py` 根据程序自己的帮助写成。数据写到标准输出，给人看的话写到标准错误。

帮助和提示是中文或英文：命令前后写 `--ui zh|en`；不写则看环境变量 `QA_SPEECH_UI`，再看[设置文件](settings.md)里的
`ui`，再看系统语言（`LC_ALL`、`LC_MESSAGES`、`LANG`），都没有则为中文。

退出码：0 正常 · 1 这个录音或结果不能用 · 2 用法、设置、评分表有误或缺少模型 ·
3 做完了但有失败的 · 4 低于 `--fail-under` · 130 被中断。
""",
}
FOLDER = Path(__file__).parent
FILES: dict[Literal["en", "zh"], Path] = {"en": FOLDER / "cli.md", "zh": FOLDER / "zh" / "cli.md"}


def _leaves(name: str, command: Command) -> Iterator[str]:
    """A command, or those inside it, by their whole names."""
    inside = getattr(command, "commands", None)
    if inside is None:
        yield name
        return
    for inner, leaf in inside.items():
        yield from _leaves(f"{name} {inner}", leaf)


def page(lang: Literal["en", "zh"]) -> str:
    """The text of a page."""
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    from typer.testing import CliRunner

    from qa_speech.cli import COMMANDS, app, loaded

    names = [""]
    for name in COMMANDS:
        command = loaded(name)
        names += list(_leaves(name, command))
    parts = [HEADS[lang]]
    for name in names:
        title = f"qa-speech {name}".strip()
        shown = CliRunner().invoke(app, ["--ui", lang, *name.split(), "--help"], prog_name="qa-speech").stdout
        text = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        parts.append(f"## {title}\n\n```\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    for lang, file in FILES.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(page(lang), encoding="utf-8")
