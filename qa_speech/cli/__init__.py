"""The command line: parse → one library call → print. Data goes to stdout, people read stderr.

Exit codes: 0 ok · 1 this recording or result could not be used · 2 usage, settings, scorecard or model missing ·
3 finished with failures · 4 `--fail-under` · 130 interrupted.

A command is loaded when it is asked for: what `--help` lists of each stands in `COMMANDS`, so that nobody waits for
thirty commands to be put together to read fifteen lines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from qa_speech import __version__
from qa_speech.cli.terminal import plain_streams

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
    "demo": Place("inspect", "demo", "用自带样例演示 Inspect the bundled sample calls with the bundled recogniser."),
    "inspect": Place("inspect", "inspect", "质检录音 Inspect recordings: decode, transcribe, measure, score."),
    "transcribe": Place(
        "transcribe",
        "transcribe",
        "只转写 Words alone, as text, subtitles or JSON, by role; or where two recognisers differ.",
    ),
    "score": Place("inspect", "score", "重新评分 Score stored calls again: no audio, no models."),
    "clips": Place("clips", "clips", "剪辅导片段 Cut the moments worth hearing, with customers' data masked."),
    "redact": Place(
        "clips",
        "redact",
        "遮蔽整通录音 Mask customers' data in whole calls: text, sound, JSON, and a list of what was masked and why.",
    ),
    "audio": Place(
        "audio",
        "audio",
        "检查录音 Examine recordings: channels, leaks, noise, echo, drop-outs, other sounds. No recogniser needed.",
    ),
    "annotate": Place(
        "annotate",
        "annotate",
        "更新文本评定 Read the words of stored calls with the text models: politeness, violations, depth. No audio.",
    ),
    "estimate": Place(
        "estimate",
        "estimate",
        "抽样推断 What the marks of a sample say of all calls: scores, pass rates, violations, with intervals.",
    ),
    "agreement": Place(
        "agreement",
        "agreement",
        "一致性 How far machine and people agree, by criterion, with intervals; drift; characters misheard.",
    ),
    "review": Place(
        "review",
        "app",
        "人工复核：复核单、申诉、复核、终审。 People's marks: sheets out and in, appeals, second opinions.",
    ),
    "report": Place(
        "report",
        "report",
        "服务质量分析报告 The service-quality report of a month: findings beyond chance, measures that follow from them.",
    ),
    "desk": Place(
        "desk",
        "app",
        "质检工作台 The review desk: hear, judge, appeal, calibrate in a browser; `desk RUN` serves it.",
    ),
    "export": Place("batch", "export", "导出批次结果表 Write the results of a run as CSV, xlsx or JSONL."),
    "sample": Place("sample", "app", "抽样 Which calls to hear: by a plan, with known chances, the same list again."),
    "query": Place(
        "question",
        "query",
        "用 SQL 查询批次结果 Ask the results of a run in SQL: one SELECT, which reads the run and nothing else.",
    ),
    "doctor": Place(
        "doctor",
        "doctor",
        "检查环境 Check this machine: versions, codecs, models, processor, disk. Loads nothing from the network.",
    ),
    "scorecard": Place("scorecard", "app", "评分表：新建、校验、试跑、比较。 Scorecards: write, check, try, compare."),
    "metrics": Place(
        "metrics", "app", "指标：名称、单位、参数、定义。 Metrics: names, units, parameters, definitions."
    ),
    "models": Place("models", "app", "识别模型：列出、获取、校验。 Recognition models: list, fetch, verify."),
    "train": Place(
        "train",
        "app",
        "用自己的质检标注训练礼貌与回答深度模型。 Train politeness and depth on your own labels (extra: train).",
    ),
    "batch": Place("batch", "app", "批量质检 Many calls: resumable, one outcome per recording."),
}


class Commands(TyperGroup):
    """The group of all commands: it knows them by their sentences, and loads each when it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=place.sentence) for name, place in COMMANDS.items()}

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run a command; what it prints is text alone."""
        with plain_streams():
            return super().main(*arguments, **options)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of this name as it is run, or None."""
        return loaded(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """List the commands; none of them is loaded."""
        TyperGroup(commands=dict(self.commands)).format_commands(ctx, formatter)


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
    return typer.main.get_group(shell).commands[name]


def _nothing() -> None:
    """A group of one command stays a group."""


app = typer.Typer(
    name="qa-speech",
    help="离线通话质检：转写、测量、评分，每一处扣分都有录音为证。\n\n"
    "Offline call quality inspection: transcribe, measure, score, with evidence.",
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
        raise typer.BadParameter(f"{text!r}; expected e.g. 027")
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
            help="新建文件不给谁的权限 rights that new files do not give: 077 = their owner alone, 027 = their group may read.",
        ),
    ] = OWNER_ALONE,
) -> None:
    """Options of all commands."""


def main() -> None:
    """Entry point of `qa-speech`."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("已中断 interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output (head, less) has gone: nothing is wrong
        sys.stderr.close()
        sys.exit(0)
