"""The command line: parse → one library call → print. Data goes to stdout, people read stderr.

Exit codes: 0 ok · 1 this recording or result could not be used · 2 usage, settings, scorecard or model missing ·
3 finished with failures · 4 `--fail-under` · 130 interrupted.

A command is loaded when it is asked for: what `--help` lists of each stands in `COMMANDS`, so that nobody waits for
thirty commands to be put together to read fifteen lines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from qa_speech import __version__
from qa_speech.cli.helping import Speaking, spoken
from qa_speech.cli.slips import told_in
from qa_speech.cli.terminal import plain_streams
from qa_speech.cli.tongue import OPTION, filed_in, language, ui, without_ui
from qa_speech.cli.warnings import told_warnings
from qa_speech.errors import problem
from qa_speech.wording.lang import Lang, pick

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter


class Place(NamedTuple):
    """Where a command is: a module of this package, and a function in it or its own Typer app (`app`).

    `sentence` is what the command says of itself first.
    """

    module: str
    name: str
    sentence: str


COMMANDS: Mapping[str, Place] = {
    "demo": Place("inspect", "demo", "Inspect the bundled sample calls with the bundled recogniser."),
    "inspect": Place("inspect", "inspect", "Inspect recordings: decode, transcribe, measure, score."),
    "transcribe": Place(
        "transcribe",
        "transcribe",
        "Words alone, as text, subtitles or JSON, by role; or where two recognisers differ.",
    ),
    "score": Place("inspect", "score", "Score stored calls again: no audio, no models."),
    "clips": Place(
        "clips", "app", "Cut the moments worth hearing, with customers' data masked; keep trainers' notes on them."
    ),
    "redact": Place(
        "clips",
        "redact",
        "Mask customers' data in whole calls: text, sound, JSON, and a list of what was masked and why.",
    ),
    "audio": Place(
        "audio",
        "audio",
        "Examine recordings: channels, leaks, noise, echo, drop-outs, other sounds. No recogniser needed.",
    ),
    "annotate": Place(
        "annotate",
        "annotate",
        "Read the words of stored calls with the text models: politeness, improper language, depth. No audio.",
    ),
    "estimate": Place(
        "estimate",
        "estimate",
        "What the marks of a sample say of all calls: scores, pass rates, violations, with intervals.",
    ),
    "agreement": Place(
        "agreement",
        "agreement",
        "How far machine and people agree, by criterion, with intervals; drift; characters misheard.",
    ),
    "review": Place(
        "review",
        "app",
        "People's marks: sheets out and in, appeals, second opinions.",
    ),
    "report": Place(
        "report",
        "report",
        "The service-quality report of a month: findings beyond chance, measures that follow from them.",
    ),
    "desk": Place(
        "desk",
        "app",
        "The review desk: hear, judge, appeal, calibrate in a browser; `desk RUN` serves it.",
    ),
    "export": Place(
        "export",
        "export",
        "Write the results of a run: a workbook for people, or CSV, JSONL or Parquet for programs.",
    ),
    "sample": Place("sample", "app", "Which calls to hear: by a plan, with known chances, the same list again."),
    "query": Place(
        "question",
        "query",
        "Ask the results of a run in SQL: one SELECT, which reads the run and nothing else.",
    ),
    "docs": Place("docs", "docs", "The manual: list its topics, or print one. It ships with the program."),
    "doctor": Place(
        "doctor",
        "doctor",
        "Check this machine: versions, codecs, models, processor, disk. Loads nothing from the network.",
    ),
    "scorecard": Place("scorecard", "app", "Scorecards: write, check, try, compare."),
    "metrics": Place("metrics", "app", "Metrics: names, units, parameters, definitions."),
    "models": Place("models", "app", "Recognition models: list, fetch, verify."),
    "train": Place(
        "train",
        "app",
        "Train politeness and depth on your own labels (extra: train).",
    ),
    "batch": Place("batch", "app", "Many calls: resumable, one outcome per recording."),
}


class Commands(TyperGroup):
    """The group of all commands: it knows them by their sentences, and loads each when it is asked for."""

    context_class = Speaking

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: _named(name, place.sentence) for name, place in COMMANDS.items()}

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        """Run a command; what it prints is text alone, in the language that `--ui` asks for anywhere in the line."""
        arguments, asked = without_ui(sys.argv[1:] if args is None else args)
        with plain_streams(), told_warnings():
            return super().main(arguments, *rest, obj={"ui": asked, "file": filed_in(arguments)}, **options)

    def make_context(self, *arguments: Any, **options: Any) -> Context:
        """Read the command line; a slip in it is told in the language of the user."""
        asked, filed = options["obj"]["ui"], options["obj"]["file"]
        with told_in(language(asked, filed)):
            if asked not in ("", "zh", "en"):
                raise typer.BadParameter(problem("expected zh or en"), param_hint=OPTION)
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Context) -> Any:
        """Run the command asked for; a slip behind its name is told in the language of the user."""
        with told_in(ui()):
            return super().invoke(ctx)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of this name as it is run, or None."""
        return loaded(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """List the commands; none of them is loaded."""
        TyperGroup(commands=dict(self.commands)).format_commands(ctx, formatter)


def _named(name: str, sentence: str) -> TyperCommand:
    """A command as it stands in the list."""
    return TyperCommand(name, help=sentence, short_help=sentence)


def loaded(name: str) -> Command:
    """One command or group of commands, as it is run."""
    place = COMMANDS[name]
    found: typer.Typer | Callable[..., Any] = vars(import_module(f"qa_speech.cli.{place.module}"))[place.name]
    shell = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    shell.callback()(_nothing)
    if isinstance(found, typer.Typer):
        shell.add_typer(found, name=name)
    else:
        shell.command(name)(found)
    return spoken(typer.main.get_group(shell).commands[name])


def _nothing() -> None:
    """A group of one command stays a group."""


app = typer.Typer(
    name="qa-speech",
    help="Offline call quality inspection: transcribe, measure, score, with evidence.",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qa-speech {__version__}")
        raise typer.Exit


OWNER_ALONE = "077"
"""Rights that new files do not give: to nobody but their owner."""


def _rights(context: typer.Context, text: str) -> str:
    """Files of this command, and of those it starts, get these rights."""
    try:
        wanted = int(text, 8)
    except ValueError:
        wanted = -1
    if not 0 <= wanted <= 0o777:
        raise typer.BadParameter(problem("{text!r}; expected e.g. 027", text=text))
    before = os.umask(wanted)
    context.call_on_close(lambda: os.umask(before))
    return text


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    umask: Annotated[
        str,
        typer.Option(
            callback=_rights,
            help="Rights that new files do not give: 077 = their owner alone, 027 = their group may read.",
        ),
    ] = OWNER_ALONE,
    ui_language: Annotated[
        Lang | None,
        typer.Option(
            "--ui",
            help="Language of help and messages, before or behind the command: zh or en; default from QA_SPEECH_UI, "
            "else `ui` of the settings file, else the locale.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Options of all commands."""


def main() -> None:
    """Entry point of `qa-speech`."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo(pick(ui(), "已中断", "interrupted"), err=True)
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output (head, less) has gone: nothing is wrong
        sys.stderr.close()
        sys.exit(0)
