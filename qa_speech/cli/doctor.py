"""`qa-speech doctor`: what works on this machine and what does not."""

from __future__ import annotations

import typer

from qa_speech.cli.common import EXIT_UNUSABLE, UiOption, ui


def doctor(ui_language: UiOption = None) -> None:
    """检查环境 Check this machine: versions, codecs, models, processor, disk. Loads nothing from the network.

    Example: qa-speech doctor
    """
    lang = ui(ui_language)
    from qa_speech.cli.checkup import checkup

    worst = 0
    marks = {"ok": "✓", "missing": "-", "broken": "✗"}
    for item in checkup():
        text = item.zh if lang == "zh" else item.en
        typer.echo(f"{marks[item.state]} {item.name:<22} {text}")
        worst |= item.state == "broken"
    if worst:
        raise typer.Exit(EXIT_UNUSABLE)
