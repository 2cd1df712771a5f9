"""`qa-speech doctor`: what works on this machine and what does not."""

from __future__ import annotations

import typer

from qa_speech.cli.common import EXIT_UNUSABLE, UiOption, ui

WIDTH = 22
"""Columns for what was looked at."""


def doctor(ui_language: UiOption = None) -> None:
    """Check this machine: versions, codecs, models, processor, disk. Loads nothing from the network.

    Example: qa-speech doctor
    """
    lang = ui(ui_language)
    from qa_speech.cli.checkup import called, checkup
    from qa_speech.cli.helping import columns

    broken = False
    marks = {"ok": "✓", "missing": "-", "broken": "✗"}
    for check in checkup():
        text = check.zh if lang == "zh" else check.en
        name = called(check.name, lang)
        typer.echo(f"{marks[check.state]} {name}{' ' * (WIDTH - columns(name))} {text}")
        broken |= check.state == "broken"
    if broken:
        raise typer.Exit(EXIT_UNUSABLE)
