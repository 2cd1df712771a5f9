"""`qa-speech inspect`, `demo` and `score`: recordings or stored calls in, one line per call and a folder out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import (
    EXIT_FAIL_UNDER,
    EXIT_SOME_FAILED,
    EXIT_UNUSABLE,
    Language,
    RawOption,
    UiOption,
    friendly_errors,
    raw_option,
    shelf,
    ui,
)

if TYPE_CHECKING:
    from qa_speech.call import CallFailure, CallReport
    from qa_speech.settings import Settings

DEFAULT_OUT = Path("qa-report")

ScorecardOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scorecard",
        "-s",
        help="评分表 a scorecard file, the name of a shipped one, a folder, or none; of several the one in force on the day "
        "of the call. Default: telecom-hotline.",
        show_default=False,
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="运行设置 settings file, e.g. qa_speech.toml; its scorecard rules come before --scorecard.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", file_okay=False, help="结果目录 folder for pages, table and calls.")
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="每通电话一行 JSON，不写目录 one JSON report per line on stdout, no folder."),
]
FailUnderOption = Annotated[
    float | None,
    typer.Option("--fail-under", min=0, max=100, help="低于此分退出码为 4 exit with 4 when a call scores less."),
]
EmbedOption = Annotated[
    bool, typer.Option("--embed-audio", help="录音嵌入网页 put the audio into the pages themselves.")
]

MaskOption = Annotated[
    bool,
    typer.Option(
        "--mask/--no-mask",
        help="网页和表格里遮蔽客户信息 mask customers' data in pages, sound and table (not in calls/).",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Mount the commands of this file."""
    app.command("demo")(demo)
    app.command("inspect")(inspect)
    app.command("score")(score)


def demo(
    out: OutOption = Path("demo-report"),
    scorecard: ScorecardOption = None,
    embed_audio: EmbedOption = False,
    ui_language: UiOption = None,
) -> None:
    """用自带样例演示 Inspect the bundled sample calls with the bundled recogniser.

    The same as: qa-speech inspect SAMPLES --model demo

    Example: qa-speech demo
    """
    from qa_speech.resources import folder

    with friendly_errors(ui_language):
        samples = folder("samples")
    inspect(
        [samples], scorecard=scorecard, out=out, json_lines=False, model="demo", agent_channel=None, language=None,
        config=None, transcripts=None, raw=None, fail_under=None, embed_audio=embed_audio, mask=True,
        ui_language=ui_language,
    )  # fmt: skip


def inspect(
    paths: Annotated[
        list[Path], typer.Argument(help="录音文件或目录 recordings, or folders of them.", show_default=False)
    ],
    scorecard: ScorecardOption = None,
    out: OutOption = DEFAULT_OUT,
    json_lines: JsonOption = False,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="识别模型 a model folder or name; demo = the bundled one; none = no words."),
    ] = None,
    agent_channel: Annotated[
        int | None,
        typer.Option("--agent-channel", min=1, max=2, help="坐席所在声道 the agent's channel; 1 unless given."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="录音语言 language spoken, e.g. zh.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    transcripts: Annotated[
        Path | None,
        typer.Option(
            "--transcripts", help="同名转写目录 folder of transcripts with the same stem.", show_default=False
        ),
    ] = None,
    raw: RawOption = None,
    fail_under: FailUnderOption = None,
    embed_audio: EmbedOption = False,
    mask: MaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """质检录音 Inspect recordings: decode, transcribe, measure, score.

    Example: qa-speech inspect 录音目录 --model /models/large-v3-turbo --out 结果
    """
    with friendly_errors(ui_language):
        from qa_speech.engines.registry import load_recognizer
        from qa_speech.errors import ModelError
        from qa_speech.inputs import find_inputs, with_raw, with_transcripts
        from qa_speech.pipeline import inspect_many

        settings = _settings(config, model, agent_channel, language)
        inputs = find_inputs(paths)
        if transcripts is not None:
            inputs = with_transcripts(inputs, transcripts)
        if raw is not None:
            inputs = with_raw(inputs, raw_option(raw))
        needed = any(item.needs_recognizer for item in inputs)
        if settings.model is None and needed and transcripts is None:
            raise ModelError(
                "--model",
                "no recogniser chosen; give a folder or name, or\n"
                "  --model none   measures everything but words\n"
                "  --model demo   knows only the bundled samples",
            )
        cards = shelf(scorecard or (), settings)
        wanted = settings.model if needed and settings.model != "none" else None
        recognizer = load_recognizer(wanted, settings) if wanted else None
        outcomes = inspect_many(inputs, scorecard=cards, recognizer=recognizer, settings=settings)
        _finish(
            outcomes, total=len(inputs), out=None if json_lines else out, embed_audio=embed_audio,
            fail_under=fail_under, mask=mask, lang=ui(ui_language),
        )  # fmt: skip


def score(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="通话 JSON、.jsonl、结果目录或批次目录 stored calls, result folders or batch runs.", show_default=False
        ),
    ],
    scorecard: Annotated[
        list[str] | None,
        typer.Option(
            "--scorecard",
            "-s",
            help="评分表 as for inspect. Default: for a batch run the scorecards it used, else telecom-hotline.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", file_okay=False, help="结果目录 write pages and table there.", show_default=False),
    ] = None,
    json_lines: JsonOption = False,
    config: ConfigOption = None,
    fail_under: FailUnderOption = None,
    mask: MaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """重新评分 Score stored calls again: no audio, no models.

    Example: qa-speech score qa-report --scorecard scorecards/telecom-hotline.yaml
    """
    with friendly_errors(ui_language):
        from qa_speech.settings import load_settings
        from qa_speech.store.folder import is_run
        from qa_speech.store.reports import read_reports

        settings = load_settings(config)
        cards = shelf(scorecard or (), settings)
        chosen = bool(scorecard or settings.scorecard or settings.scorecards)
        outcomes = (
            report
            for path in paths
            for report in read_reports(path, scorecard=None if is_run(path) and not chosen else cards)
        )
        _finish(
            outcomes, total=None, out=None if json_lines else out, json_lines=json_lines, embed_audio=False,
            fail_under=fail_under, mask=mask, lang=ui(ui_language),
        )  # fmt: skip


def _settings(config: Path | None, model: str | None, agent_channel: int | None, language: str | None) -> Settings:
    """Option > file > default."""
    from qa_speech.settings import load_settings

    settings = load_settings(config)
    update: dict[str, object] = {}
    if model is not None:
        update["model"] = model
    if agent_channel is not None:
        update["agent_channel"] = agent_channel
    if language is not None:
        update["recognition"] = settings.recognition.model_copy(update={"language": language})
    return settings.model_copy(update=update)


def _finish(
    outcomes: Iterable[CallReport | CallFailure], *, total: int | None, out: Path | None, embed_audio: bool,
    fail_under: float | None, mask: bool, lang: Language, json_lines: bool | None = None,
) -> None:  # fmt: skip
    """Print each outcome as it comes, write the folder, choose the exit code."""
    from qa_speech.call import CallFailure, encode
    from qa_speech.privacy.redact import for_people
    from qa_speech.report.folder import ReportFolder

    as_json = out is None if json_lines is None else json_lines
    folder = ReportFolder(out, lang=lang, embed_audio=embed_audio, mask=mask) if out is not None else None
    done = failed = under = 0
    with _progress(total, lang) as advance:
        for outcome in outcomes:
            done += 1
            advance(outcome.id)
            shown = folder.add(outcome) if folder is not None else outcome
            if mask and folder is None and not as_json and not isinstance(outcome, CallFailure):
                shown = for_people(outcome, lang=lang)
            if isinstance(outcome, CallFailure):
                failed += 1
            elif outcome.score is not None and outcome.score.total is not None:
                under += fail_under is not None and outcome.score.total < fail_under
            sys.stdout.write(encode(outcome).decode() if as_json else _line(shown, lang))
            sys.stdout.write("\n")
            sys.stdout.flush()
    if folder is not None:
        index = folder.finish()
        typer.echo(f"{'结果已写入' if lang == 'zh' else 'written to'} {index}", err=True)
    if failed:
        raise typer.Exit(EXIT_SOME_FAILED if failed < done else EXIT_UNUSABLE)
    if under:
        raise typer.Exit(EXIT_FAIL_UNDER)


def _line(outcome: CallReport | CallFailure, lang: Language) -> str:
    """One line per input: score and main reasons, or why there is no result."""
    from qa_speech.call import CallFailure
    from qa_speech.wording import summary_line

    if isinstance(outcome, CallFailure):
        return f"{outcome.id}  {'失败：' if lang == 'zh' else 'failed: '}{outcome.message}"
    return summary_line(outcome, lang)


@contextmanager
def _progress(total: int | None, lang: Language) -> Iterator[Callable[[str], None]]:
    """A bar on stderr where a person watches; nothing otherwise. Yields the function that names the call just done."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("质检中" if lang == "zh" else "inspecting", total=total)
        yield lambda name: bar.update(task, advance=1, description=name[-40:])
