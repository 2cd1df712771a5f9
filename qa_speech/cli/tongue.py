"""Which language the user reads: `--ui`, else the environment's QA_SPEECH_UI, else `ui` of the settings file, else the locale,
else Chinese."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from typer._click.globals import get_current_context

from qa_speech.wording.lang import Lang

OPTION = "--ui"
MISSING = "-"
"""The value of an option that has none behind it."""
VARIABLE = "QA_SPEECH_UI"
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
CONFIG = "--config"


def of_environment(filed: str = "") -> Lang:
    """The language of QA_SPEECH_UI, else the one `filed` in settings, else of the locale: ``en`` where it names a language other
    than Chinese; a locale without a language (C, POSIX) is Chinese.

    The order of locales is that of gettext: LC_ALL, LC_MESSAGES, LANG.
    """
    locales = [os.environ.get(name, "") for name in LOCALE]
    named = [os.environ.get(VARIABLE, ""), filed, *locales]
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


def filed_in(arguments: Sequence[str]) -> str:
    """The language that the settings file of a command line asks for; "" where none is named or it cannot be read: the command
    that reads it says so.

    >>> _ = Path("qa_speech.toml").write_text("ui = 'en'")
    >>> filed_in(["inspect", "--config", "qa_speech.toml"]), filed_in(["inspect", "--config=gone.toml"])
    ('en', '')
    """
    for word, after in zip(arguments, [*arguments[1:], ""], strict=True):
        if word == CONFIG:
            return _filed(after)
        if word.startswith(f"{CONFIG}="):
            return _filed(word.removeprefix(f"{CONFIG}="))
    return ""


def _filed(name: str) -> str:
    import tomllib

    try:
        filed = tomllib.loads(Path(name).read_text(encoding="utf-8")).get("ui")
    except (OSError, ValueError):
        return ""
    return str(filed) if filed in ("zh", "en") else ""


def language(asked: str, filed: str = "") -> Lang:
    """The language asked for, else that of the environment or the one `filed` in settings."""
    if asked == "zh":
        return "zh"
    if asked == "en":
        return "en"
    return of_environment(filed)


def ui(chosen: Lang | None = None) -> Lang:
    """The language chosen, else that of the command line that is being run, else that of the environment."""
    asked = _asked()
    return language(chosen or asked.get("ui", ""), asked.get("file", ""))


def remembered(filed: str | None) -> None:
    """The settings that a run remembers ask for this language; a file named in the line comes first."""
    asked = _asked()
    if filed and not asked.get("file"):
        asked["file"] = filed


def _asked() -> dict[str, str]:
    """What the command line that is being run asks for: ``ui`` by `--ui`, ``file`` in its settings."""
    context = get_current_context(silent=True)
    if context is None or not isinstance(context.obj, dict):
        return {}
    return context.obj
