"""What commands share: the language of the interface, one-line errors with the right exit code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer

from qa_speech.errors import AudioError, EngineError, QaSpeechError

Language = Literal["zh", "en"]

EXIT_UNUSABLE = 1
EXIT_USAGE = 2
EXIT_SOME_FAILED = 3
EXIT_FAIL_UNDER = 4


def ui_from_locale() -> Language:
    """``en`` where the locale names a language other than Chinese; a locale without a language (C, POSIX) is Chinese.

    The order is that of gettext: LC_ALL, LC_MESSAGES, LANG.
    """
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith(("zh", "c", "posix")) else "en"
    return "zh"


UiOption = Annotated[
    Language | None,
    typer.Option(
        "--ui", help="界面语言 language of the output: zh or en; default from the locale.", show_default=False
    ),
]


def ui(chosen: Language | None) -> Language:
    """The language chosen, else that of the locale."""
    return chosen or ui_from_locale()


def exit_code(exc: QaSpeechError) -> int:
    """1 for a recording or result that cannot be used, 2 for settings, scorecards, models and plug-ins."""
    return EXIT_UNUSABLE if isinstance(exc, AudioError | EngineError) else EXIT_USAGE


@contextmanager
def friendly_errors(chosen: Language | None = None) -> Iterator[None]:
    """`QaSpeechError` → one message on stderr and its exit code; bugs keep their traceback."""
    try:
        yield
    except QaSpeechError as exc:
        typer.echo(f"{'错误' if ui(chosen) == 'zh' else 'error'}: {exc}", err=True)
        raise typer.Exit(exit_code(exc)) from exc
