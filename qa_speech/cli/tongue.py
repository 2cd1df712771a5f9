"""Which language the user reads: `--ui`, else the environment's QA_SPEECH_UI, else the locale, else Chinese."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from typer._click.globals import get_current_context

from qa_speech.wording.lang import Lang

OPTION = "--ui"
MISSING = "-"
"""The value of an option that has none behind it."""
VARIABLE = "QA_SPEECH_UI"


def of_environment() -> Lang:
    """The language of QA_SPEECH_UI, else of the locale: ``en`` where it names a language other than Chinese; a locale without
    a language (C, POSIX) is Chinese.

    The order is that of gettext: LC_ALL, LC_MESSAGES, LANG.
    """
    named = [os.environ.get(name, "") for name in (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")]
    locale = next((value.lower() for value in named if value), "")
    language = re.split(r"[_.@]", locale)[0]
    if language in ("", "zh", "c", "posix"):
        return "zh"
    return "en"


def without_ui(arguments: Sequence[str]) -> tuple[list[str], str]:
    """The arguments without `--ui`, wherever it stands, and its value; "" where it is not there.

    >>> without_ui(["inspect", "--ui", "en", "a.wav"]), without_ui(["--ui=zh", "inspect"])
    ((['inspect', 'a.wav'], 'en'), (['inspect'], 'zh'))
    """
    kept: list[str] = []
    value = ""
    words = iter(arguments)
    for word in words:
        if word == "--":
            kept += [word, *words]
        elif word == OPTION:
            value = next(words, MISSING)
        elif word.startswith(f"{OPTION}="):
            value = word.removeprefix(f"{OPTION}=") or MISSING
        else:
            kept.append(word)
    return kept, value


def language(asked: str) -> Lang:
    """The language asked for, else that of the environment."""
    if asked == "zh":
        return "zh"
    if asked == "en":
        return "en"
    return of_environment()


def ui(chosen: Lang | None = None) -> Lang:
    """The language chosen, else that of the command line that is being run, else that of the environment."""
    context = get_current_context(silent=True)
    if chosen or context is None or not isinstance(context.obj, dict):
        return language(chosen or "")
    return language(context.obj.get("ui", ""))
