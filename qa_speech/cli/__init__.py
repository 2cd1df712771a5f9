"""The command line: parse → one library call → print. Data goes to stdout, people read stderr.

Exit codes: 0 ok · 1 this recording or result could not be used · 2 usage, settings, scorecard or model missing ·
3 finished with failures · 4 `--fail-under` · 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from qa_speech import __version__
from qa_speech.cli import annotate, audio, batch, clips, doctor, inspect, metrics, models, scorecard, train

app = typer.Typer(
    name="qa-speech",
    help="离线通话质检：转写、测量、评分，每一处扣分都有录音为证。\n\n"
    "Offline call quality inspection: transcribe, measure, score, with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qa-speech {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of all commands."""


inspect.add_to(app)
clips.add_to(app)
app.add_typer(scorecard.app, name="scorecard")
app.add_typer(metrics.app, name="metrics")
app.add_typer(models.app, name="models")
app.add_typer(train.app, name="train")
app.add_typer(batch.app, name="batch")
app.command("audio")(audio.audio)
app.command("annotate")(annotate.annotate)
app.command("export")(batch.export)
app.command("query")(batch.query)
app.command("doctor")(doctor.doctor)


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
