"""`qa-speech batch …`, `export` and `query`: many calls, resumable, and what was found in them."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qa_speech.cli.common import EXIT_SOME_FAILED, EXIT_UNUSABLE, EXIT_USAGE, Language, UiOption, friendly_errors, ui
from qa_speech.cli.progress import telling

if TYPE_CHECKING:
    from qa_speech.batch.engine import State
    from qa_speech.batch.rows import Row
    from qa_speech.settings import Settings

DEFAULT_SCORECARD = "telecom-hotline"

app = typer.Typer(help="批量质检 Many calls: resumable, one outcome per recording.", no_args_is_help=True)

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="目录、通配符、录音或清单 CSV/JSONL folders, globs, recordings, manifests; none = go on with the run.",
        show_default=False,
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="批次目录 folder of the run.")]
RunArgument = Annotated[Path, typer.Argument(help="批次目录 folder of the run.", show_default=False)]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", help="识别模型 a model folder or name; none = no words.", show_default=False),
]
ScorecardOption = Annotated[
    str | None,
    typer.Option(
        "--scorecard", "-s", help="评分表 for calls that no rule of the settings fits: a file, a name or none.",
        show_default=False,
    ),
]  # fmt: skip
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="运行设置 settings file, e.g. qa_speech.toml.", show_default=False)
]
WorkersOption = Annotated[
    str | None,
    typer.Option(
        "--workers", help="准备进程数 processes that prepare calls: a number, or auto = measured; 0 = this process."
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="到点不再接新的，如 07:30 take no further call after this time.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="每个事件一行 JSON one event per line on stdout.")]
PatternOption = Annotated[
    str | None,
    typer.Option(
        "--name-pattern",
        help="文件名里的信息 what names tell, e.g. {started_at}_{agent}_{queue}.wav",
        show_default=False,
    ),
]
TranscriptsOption = Annotated[
    Path | None, typer.Option("--transcripts", help="同名转写目录 transcripts with the same stem.", show_default=False)
]


@app.command("run")
def run(
    paths: PathsArgument = None,
    out: OutOption = Path("qa-run"),
    model: ModelOption = None,
    scorecard: ScorecardOption = None,
    config: ConfigOption = None,
    workers: WorkersOption = None,
    until: UntilOption = None,
    name_pattern: PatternOption = None,
    transcripts: TranscriptsOption = None,
    agent_channel: Annotated[
        int | None,
        typer.Option("--agent-channel", min=1, max=2, help="坐席所在声道 the agent's channel.", show_default=False),
    ] = None,
    window: Annotated[
        Literal["full", "tight"] | None,
        typer.Option(
            "--window",
            help="tight：窗不补到 30 秒，更快，先验证 do not fill windows up to 30 s: faster, verify it on your model.",
            show_default=False,
        ),
    ] = None,
    json_lines: JsonOption = False,
    ui_language: UiOption = None,
) -> None:
    """批量质检，可随时中断后继续 Inspect many recordings; run it again to go on where it was.

    Example: qa-speech batch run 录音目录 --out 批次 --model /models/large-v3-turbo --until 07:30
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.engine import read_state
        from qa_speech.batch.rows import find_rows
        from qa_speech.batch.store import read_manifest, require_run

        state = read_state(out)
        settings = _settings(config, state, model=model, workers=workers, agent_channel=agent_channel)
        if window is not None:
            recognition = settings.recognition.model_copy(update={"window": window})
            settings = settings.model_copy(update={"recognition": recognition})
        pattern = name_pattern if name_pattern is not None else settings.batch.name_pattern
        if paths:
            rows = find_rows(paths, name_pattern=pattern, transcripts=transcripts)
        else:
            rows = read_manifest(require_run(out))
        _work(out, rows, settings, state, scorecard, until=until, json_lines=json_lines, lang=ui(ui_language))


@app.command("plan")
def plan(
    paths: PathsArgument = None,
    out: OutOption = Path("qa-run"),
    config: ConfigOption = None,
    name_pattern: PatternOption = None,
    transcripts: TranscriptsOption = None,
    ui_language: UiOption = None,
) -> None:
    """登记而不处理 List the rows of work and what they will take, without doing any.

    Example: qa-speech batch plan 清单.csv --out 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.rows import find_rows
        from qa_speech.batch.run import locked
        from qa_speech.batch.run import plan as merge
        from qa_speech.batch.summary import foreseen
        from qa_speech.settings import load_settings

        pattern = name_pattern if name_pattern is not None else load_settings(config).batch.name_pattern
        rows = find_rows(paths or [], name_pattern=pattern, transcripts=transcripts) if paths else []
        out.mkdir(parents=True, exist_ok=True)
        with locked(out):
            rows = merge(out, rows)
        typer.echo(foreseen(out, rows, ui(ui_language)))


@app.command("status")
def status(run: RunArgument, json_lines: JsonOption = False, ui_language: UiOption = None) -> None:
    """批次进展与小结 What a run has come to so far.

    Example: qa-speech batch status 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.store import require_run
        from qa_speech.batch.summary import as_lines, summarise

        found = summarise(require_run(run))
        typer.echo(
            json.dumps(found, ensure_ascii=False, default=str) if json_lines else as_lines(found, run, ui(ui_language))
        )


@app.command("retry")
def retry(
    run: RunArgument,
    model: ModelOption = None,
    scorecard: ScorecardOption = None,
    config: ConfigOption = None,
    workers: WorkersOption = None,
    until: UntilOption = None,
    json_lines: JsonOption = False,
    ui_language: UiOption = None,
) -> None:
    """重做失败的 Do the failed rows of a run again, and those left undone.

    Example: qa-speech batch retry 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.engine import read_state
        from qa_speech.batch.store import read_manifest, require_run

        rows = read_manifest(require_run(run))
        state = read_state(run)
        settings = _settings(config, state, model=model, workers=workers, agent_channel=None)
        _work(
            run, rows, settings, state, scorecard, until=until, json_lines=json_lines, lang=ui(ui_language), again=True
        )


@app.command("compact")
def compact(run: RunArgument, ui_language: UiOption = None) -> None:
    """合并结果文件 Merge the parts of a run and drop what newer outcomes have replaced.

    Example: qa-speech batch compact 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.forget import compact as merge

        before, after = merge(run)
        zh = ui(ui_language) == "zh"
        typer.echo(f"{before} 个文件合并为 {after} 个" if zh else f"{before} parts became {after}")


@app.command("forget")
def forget(
    run: RunArgument,
    call: Annotated[
        list[str] | None, typer.Option("--call", help="通话编号，可多次 id of a call.", show_default=False)
    ] = None,
    before: Annotated[
        str | None,
        typer.Option("--before", help="删除此日期之前的 calls before this day, YYYY-MM-DD.", show_default=False),
    ] = None,
    keep_scores: Annotated[
        bool, typer.Option("--keep-scores", help="保留匿名分数 keep points and figures under a mark that is no name.")
    ] = False,
    ui_language: UiOption = None,
) -> None:
    """删除个人信息：文字、通话数据、录音路径 Remove text, calls and paths for good; recordings themselves are yours to delete.

    Example: qa-speech batch forget 批次 --before 2026-05-01 --keep-scores
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.forget import forget as remove

        if not call and not before:
            _usage(ui_language, "请给出 --call 或 --before", "give --call or --before")
        day = None
        if before:
            try:
                day = dt.date.fromisoformat(before)
            except ValueError:
                _usage(ui_language, f"--before {before}：应为 YYYY-MM-DD", f"--before {before}: expected YYYY-MM-DD")
        count = remove(run, ids=call or (), before=day, keep_scores=keep_scores)
        typer.echo(f"已删除 {count} 通" if ui(ui_language) == "zh" else f"{count} calls removed")


def export(
    run: RunArgument,
    to: Annotated[Path, typer.Option("--to", help="目标文件 file: .csv, .xlsx or .jsonl", dir_okay=False)] = Path(
        "results.xlsx"
    ),
    ui_language: UiOption = None,
) -> None:
    """导出批次结果表 Write the results of a run as CSV, xlsx or JSONL.

    Example: qa-speech export 批次 --to 结果.xlsx
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.export import export as write

        count = write(run, to)
        typer.echo(f"{to}：{count} 行" if ui(ui_language) == "zh" else f"{to}: {count} rows", err=True)


def query(
    run: RunArgument,
    sql: Annotated[str, typer.Argument(help="SQL，表 results、manifest、calls、history", show_default=False)],
    form: Annotated[
        Literal["table", "csv", "json"] | None,
        typer.Option("--format", help="table on a terminal, else csv.", show_default=False),
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """用 SQL 查询批次结果 Ask the results of a run in SQL.

    Example: qa-speech query 批次 "select agent, avg(total) from results group by agent"
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.export import as_text
        from qa_speech.batch.export import query as ask

        names, rows = ask(run, sql)
        for line in as_text(names, rows, form or ("table" if sys.stdout.isatty() else "csv")):
            typer.echo(line)


# -- what run and retry share -----------------------------------------------------------------------------------


def _settings(
    config: Path | None, state: State, *, model: str | None, workers: str | None, agent_channel: int | None
) -> Settings:
    """Option > file > what the run remembers > default."""
    from qa_speech.errors import ConfigError
    from qa_speech.settings import Settings, load_settings

    remembered = config is None and bool(state.settings)
    settings = Settings.model_validate(state.settings) if remembered else load_settings(config)
    update: dict[str, Any] = {}
    if model is not None:
        update["model"] = model
    if agent_channel is not None:
        update["agent_channel"] = agent_channel
    if workers is not None:
        if workers != "auto" and not workers.isdecimal():
            raise ConfigError("--workers", [f"{workers!r}; expected a number or auto"])
        update["batch"] = settings.batch.model_copy(update={"workers": workers if workers == "auto" else int(workers)})
    return settings.model_copy(update=update)


def _work(
    out: Path, rows: list[Row], settings: Settings, state: State, scorecard: str | None, *,
    until: str | None, json_lines: bool, lang: Language, again: bool = False,
) -> None:  # fmt: skip
    """Run, tell, choose the exit code."""
    from qa_speech.batch.cards import Book
    from qa_speech.batch.engine import State, model_hash, starter, write_state
    from qa_speech.batch.run import run_batch
    from qa_speech.errors import ModelError

    if settings.model is None and any(row.call_input.needs_recognizer for row in rows):
        raise ModelError(
            "--model", "no recogniser chosen; give a folder or name, or --model none for everything but words"
        )
    model = None if settings.model in (None, "none") else settings.model
    default = scorecard or state.scorecard or (str(settings.scorecard) if settings.scorecard else "")
    default = default or ("none" if settings.scorecards else DEFAULT_SCORECARD)
    book = Book(default=default, rules=settings.scorecards)
    digest, stamp = model_hash(model, settings, state) if model else ("", None)
    out.mkdir(parents=True, exist_ok=True)
    kept = State(settings.model_dump(mode="json"), default, stamp, digest, state.layout, state.layout_for)
    write_state(out, kept)
    try:
        with telling(json_lines, lang) as tell, _sigterm():
            session = run_batch(
                rows, out, doer=starter(out, settings, model, kept, rows, tell), settings=settings, book=book,
                recognizer=digest, retry=again, until=_until(until), tell=tell,
            )  # fmt: skip
    except OSError as exc:
        # e.g. a full disk; what was stored stays, and the same command goes on from there
        typer.echo(f"{'错误：无法写入结果' if lang == 'zh' else 'error: results cannot be stored'}: {exc}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from exc
    if not json_lines:
        typer.echo((out / "summary.txt").read_text(encoding="utf-8"), nl=False)
    if session.failed and not session.ok:
        raise typer.Exit(EXIT_UNUSABLE)
    if session.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


def _until(text: str | None) -> dt.datetime | None:
    """``07:30`` = the next time it is so; or a date and time."""
    from qa_speech.errors import ConfigError

    if text is None:
        return None
    now = dt.datetime.now()
    try:
        if len(text) > 8:
            return dt.datetime.fromisoformat(text)
        found = dt.datetime.combine(now.date(), dt.time.fromisoformat(text if text[1:2] != ":" else f"0{text}"))
    except ValueError as exc:
        raise ConfigError("--until", [f"{text!r}; expected e.g. 07:30 or 2026-11-24T07:30"]) from exc
    return found if found > now else found + dt.timedelta(days=1)


@contextmanager
def _sigterm() -> Iterator[None]:
    """SIGTERM and a lost terminal end a run as Ctrl-C does: what is finished is stored."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = {name: signal.signal(name, stop) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _usage(chosen: Language | None, zh: str, en: str) -> None:
    typer.echo(zh if ui(chosen) == "zh" else en, err=True)
    raise typer.Exit(EXIT_USAGE)
