"""What commands share: the language of the interface, one-line errors with the right exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from qa_speech.cli.tongue import ui as ui
from qa_speech.errors import AudioError, ConfigError, EngineError, QaSpeechError, problem, said_by
from qa_speech.wording.lang import Lang, labelled, listed, pick

if TYPE_CHECKING:
    from qa_speech.audio.decode import RawFormat
    from qa_speech.scorecard import Scorecard
    from qa_speech.scorecard.choice import Shelf
    from qa_speech.settings import Settings

Language: TypeAlias = Lang

EXIT_UNUSABLE = 1
EXIT_USAGE = 2
EXIT_SOME_FAILED = 3
EXIT_FAIL_UNDER = 4

DEFAULT_SCORECARD = "telecom-hotline"
NO_SCORECARD = "none"


UiOption = Annotated[
    Language | None,
    typer.Option(
        "--ui",
        help="Language of the output: zh or en; default from the settings file or the locale.",
        show_default=False,
    ),
]


PairsOption = Annotated[
    str | None,
    typer.Option(
        "--pairs",
        help="Two files of one call: how the agent's and the customer's end, e.g. in,out, or auto.",
        show_default=False,
    ),
]
ChangedOption = Annotated[
    bool,
    typer.Option(
        "--changed-audio",
        help="Play recordings that are no longer those that were inspected; times may not hold.",
    ),
]
RawOption = Annotated[
    str | None,
    typer.Option("--raw", help="Headerless files: codec:rate:channels, e.g. alaw:8000:2.", show_default=False),
]


def raw_option(text: str) -> RawFormat:
    """What `--raw` says; anything else is a usage error."""
    from qa_speech.audio.decode import parse_raw

    try:
        return parse_raw(text)
    except ValueError as exc:
        raise typer.BadParameter(said_by(exc), param_hint="--raw") from exc


def in_words(lang: Language, zh: str, en: str) -> str:
    """What is said in both languages, in the one that is wanted."""
    return zh if lang == "zh" else en


def exit_code(exc: QaSpeechError) -> int:
    """1 for a recording or result that cannot be used, 2 for settings, scorecards, models and plug-ins."""
    if isinstance(exc, AudioError | EngineError):
        return EXIT_UNUSABLE
    return EXIT_USAGE


@contextmanager
def friendly_errors(chosen: Language | None = None) -> Iterator[None]:
    """`QaSpeechError` → one message on stderr and its exit code; bugs keep their traceback.

    A number or a name in a file's name is masked in it.
    """
    try:
        yield
    except QaSpeechError as exc:
        from qa_speech.cli.warnings import masking
        from qa_speech.wording.translate import error_text

        lang = ui(chosen)
        said = error_text(exc, lang, masking(lang))
        typer.echo(labelled(pick(lang, "错误", "error"), said, lang), err=True)
        raise typer.Exit(exit_code(exc)) from exc


MaskOption = Annotated[
    bool,
    typer.Option("--mask/--no-mask", help="Mask customers' data in ids and file names."),
]


def find_scorecard(name: str) -> Scorecard | None:
    """A file, the name of a shipped scorecard, or none."""
    from qa_speech.scorecard import choice, load_scorecard

    if name == NO_SCORECARD:
        return None
    return load_scorecard(choice.find_scorecard(name))


def shelf(names: Sequence[str], settings: Settings) -> Shelf:
    """Which scorecard judges which call: the rules of the settings, then `names` (a folder = all files in it).

    Without names the settings' own scorecard judges what no rule fits; without that either, the shipped hotline card where
    there are no rules, and none where there are.
    """
    from qa_speech.scorecard.choice import Shelf

    files = [name for given in names or [_own_scorecard(settings)] for name in _files(given)]
    found = [find_scorecard(name) for name in files]
    rules = [(rule.when, find_scorecard(rule.file)) for rule in settings.scorecards]
    return Shelf(rules=rules, others=[card for card in found if card is not None])


def _own_scorecard(settings: Settings) -> str:
    if settings.scorecard:
        return str(settings.scorecard)
    if settings.scorecards:
        return NO_SCORECARD
    return DEFAULT_SCORECARD


def _files(name: str) -> list[str]:
    if not Path(name).is_dir():
        return [name]
    files = sorted(map(str, Path(name).glob("*.yaml")))
    if not files:
        raise ConfigError(name, [problem("no scorecards in this folder; expected *.yaml files")])
    return files


def tell_overlooked(places: Sequence[str | Path], pairs: str, lang: Language) -> None:
    """Say which files of the folders are left out, and that some look like the two sides of one call."""
    from qa_speech.inputs.overlooked import overlooked

    found = overlooked(places)
    if found.suffixes:
        none = in_words(lang, "无后缀", "no suffix")
        told = listed([f"{suffix or none} {count}" for suffix, count in found.suffixes.items()], lang)
        count = sum(found.suffixes.values())
        zh = f"略过 {count} 个不是录音的文件：{told}"
        typer.echo(in_words(lang, zh, f"{count} other files left out: {told}"), err=True)
    if found.pairs and not pairs:
        count, (agent, customer) = len(found.pairs), found.pairs[0].ends
        zh = f"有 {count} 对文件像同一通电话的两侧，如名字以 {agent} 和 {customer} 结尾；加 --pairs auto 合成双声道"
        en = f"{count} pairs look like the two sides of one call ({agent}, {customer}); --pairs auto joins them"
        typer.echo(zh if lang == "zh" else en, err=True)
