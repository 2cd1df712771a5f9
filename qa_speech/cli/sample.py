"""`qa-speech sample …`: which calls a person hears, drawn with known chances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa_speech.cli.common import EXIT_SOME_FAILED, UiOption, friendly_errors, in_words, ui
from qa_speech.errors import problem

app = typer.Typer(help="Which calls to hear: by a plan, with known chances, the same list again.", no_args_is_help=True)

PlaceArgument = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="Folder of a batch run, or of inspect or score.", show_default=False),
]
SampleArgument = Annotated[
    Path,
    typer.Argument(metavar="SAMPLE", help="Folder that `sample draw` wrote.", show_default=False),
]


@app.command("draw")
def draw(
    run: PlaceArgument,
    plan: Annotated[
        Path, typer.Option("--plan", "-p", help="The plan, a TOML file.", dir_okay=False, show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the sample.")] = Path(
        "qa-sample"
    ),
    marks_db: Annotated[
        str | None,
        typer.Option(
            "--marks-db",
            help="Marks, path or URL: calls in it are not drawn again. Default: the run's own.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a sample drawn before.")] = False,
    pages: Annotated[
        bool,
        typer.Option("--pages/--no-pages", help="Write pages and sound of the drawn calls."),
    ] = True,
    mask: Annotated[
        bool,
        typer.Option("--mask/--no-mask", help="Mask customers' data in pages, sound and table."),
    ] = True,
    ui_language: UiOption = None,
) -> None:
    """Draw calls by a plan; write the record, work lists and pages.

    Example: qa-speech sample draw 批次 --plan plan.toml --out 样本
    """
    with friendly_errors(ui_language):
        from qa_speech.report.sample_folder import write_sample
        from qa_speech.sampling.summary import as_lines
        from qa_speech.store.made import remember_made

        lang = ui(ui_language)
        written = write_sample(run, plan, out, marks_db=marks_db, again=force, pages=pages, mask=mask, lang=lang)
        remember_made(run, out)
    typer.echo("\n".join(as_lines(written.record, written.plan, written.frame, lang)), err=True)
    if written.without_page:
        count = len(written.without_page)
        said = in_words(lang, f"{count} 通没有存档的通话，没有网页", f"{count} calls are not stored, and have no page")
        typer.echo(said, err=True)
    typer.echo(str(written.worklist))


@app.command("verify")
def verify(sample: SampleArgument, run: PlaceArgument, ui_language: UiOption = None) -> None:
    """Draw the same list again; exit code 3, and what differs, where it is another.

    Example: qa-speech sample verify 样本 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.report.sample_folder import verify_sample
        from qa_speech.sampling.summary import verdict_lines

        record, verdict = verify_sample(sample, run)
        typer.echo("\n".join(verdict_lines(record, verdict, ui(ui_language))))
    if not verdict.holds:
        raise typer.Exit(EXIT_SOME_FAILED)


@app.command("new")
def new(
    path: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False, show_default=False)] = Path(
        "plan.toml"
    ),
    ui_language: UiOption = None,
) -> None:
    """Write a commented plan to begin with.

    Example: qa-speech sample new plan.toml
    """
    import datetime as dt

    from qa_speech.errors import ConfigError
    from qa_speech.files import write_bytes
    from qa_speech.sampling.starter import new_plan

    with friendly_errors(ui_language):
        if path.exists():
            raise ConfigError(str(path), [problem("exists already; give another name, or move it away first")])
        write_bytes(path, new_plan(dt.date.today()).encode())
    typer.echo(str(path))
