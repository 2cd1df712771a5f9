"""Writes docs/cli.md from the commands themselves: `python docs/make_cli.py`. A test holds the page to the program."""

from __future__ import annotations

import os
from pathlib import Path

HEAD = """# Commands

Written by `python docs/make_cli.py` from the program's own help. Data goes to stdout, people read stderr.

Exit codes: 0 ok · 1 this recording or result cannot be used · 2 usage, settings, scorecard or model missing ·
3 finished with failures · 4 `--fail-under` · 130 interrupted.
"""


def page() -> str:
    """The text of docs/cli.md."""
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    from typer.core import TyperGroup
    from typer.testing import CliRunner

    from qa_speech.cli import COMMANDS, app, loaded

    names = [""]
    for name in COMMANDS:
        command = loaded(name)
        names += [f"{name} {inner}" for inner in command.commands] if isinstance(command, TyperGroup) else [name]
    parts = [HEAD]
    for name in names:
        title = f"qa-speech {name}".strip()
        shown = CliRunner().invoke(app, [*name.split(), "--help"], prog_name="qa-speech").stdout
        text = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        parts.append(f"## {title}\n\n```\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("cli.md").write_text(page(), encoding="utf-8")
