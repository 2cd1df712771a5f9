"""`qa-speech batch …` and `export`: many calls, resumable, and what was found in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.batch_options import (
    AddressOption,
    AgentChannelOption,
    BucketOption,
    ChangeOption,
    ConfigOption,
    EngineOption,
    JsonOption,
    ModelOption,
    OutOption,
    PagesMaskOption,
    PagesOption,
    PathsArgument,
    PatternOption,
    RunArgument,
    ScorecardOption,
    TranscriptsOption,
    UntilOption,
    WindowOption,
    WorkersOption,
)
from qa_speech.cli.batch_pages import open_pages, pages
from qa_speech.cli.common import (
    EXIT_SOME_FAILED,
    EXIT_UNUSABLE,
    EXIT_USAGE,
    Language,
    PairsOption,
    RawOption,
    UiOption,
    friendly_errors,
    in_words,
    tell_overlooked,
    ui,
)
from qa_speech.cli.marking import MarksDbOption, MarksMode, MarksOption, marks_of
from qa_speech.cli.running import Cluster, Options, asked_of, linked, work

if TYPE_CHECKING:
    from qa_speech.marks.model import Mark
    from qa_speech.store.base import Figures, Store

app = typer.Typer(help="Many calls: resumable, one outcome per recording.", no_args_is_help=True)


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
    raw: RawOption = None,
    pairs: PairsOption = None,
    agent_channel: AgentChannelOption = None,
    window: WindowOption = None,
    change: ChangeOption = False,
    pages: PagesOption = None,
    mask: PagesMaskOption = True,
    engine: EngineOption = "local",
    address: AddressOption = "",
    bucket: BucketOption = None,
    json_lines: JsonOption = False,
    ui_language: UiOption = None,
) -> None:
    """Inspect many recordings; run it again to go on where it was.

    Example: qa-speech batch run 录音目录 --out 批次 --model /models/large-v3-turbo --until 07:30
    """
    with friendly_errors(ui_language):
        if bucket:
            linked(out, bucket, ui(ui_language))
        options = Options(
            out, config, model, scorecard, workers, name_pattern, transcripts, raw, pairs, agent_channel, window, change,
            pages,
        )  # fmt: skip
        asked = asked_of(options, paths)
        if paths:
            tell_overlooked(paths, asked.settings.pairs, ui(ui_language))
        where = Cluster(address) if engine == "ray" else None
        work(asked, where, until=until, json_lines=json_lines, lang=ui(ui_language), mask=mask)


@app.command("plan")
def plan(
    paths: PathsArgument = None,
    out: OutOption = Path("qa-run"),
    model: ModelOption = None,
    config: ConfigOption = None,
    workers: WorkersOption = None,
    name_pattern: PatternOption = None,
    transcripts: TranscriptsOption = None,
    raw: RawOption = None,
    pairs: PairsOption = None,
    ui_language: UiOption = None,
) -> None:
    """List the rows of work and what they will take, without doing any; with --model, how they will be done.

    Example: qa-speech batch plan 清单.csv --out 批次 --model /models/large-v3-turbo
    """
    with friendly_errors(ui_language):
        from qa_speech.batch.plan import foreseen
        from qa_speech.batch.plan import plan as merge
        from qa_speech.cli.running import foreseen_layout
        from qa_speech.store.parquet import store_at

        lang = ui(ui_language)
        asked = asked_of(Options(out, config, model, None, workers, name_pattern, transcripts, raw, pairs), paths)
        rows = asked.rows() if paths else []
        if paths:
            tell_overlooked(paths, asked.settings.pairs, lang)
        store = store_at(out)
        with store.locked():
            rows = merge(store, rows)
            typer.echo(foreseen(store, rows).in_words(lang))
            if asked.settings.model is not None:
                text = foreseen_layout(store, asked, rows, lang)
                if text:
                    typer.echo(text)


@app.command("status")
def status(
    run: RunArgument, json_lines: JsonOption = False, marks: MarksOption = "machine", marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:  # fmt: skip
    """What a run has come to so far.

    Example: qa-speech batch status 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.store.parquet import open_run
        from qa_speech.store.summary import as_json, as_lines
        from qa_speech.wording.catalogue import MARKS
        from qa_speech.wording.terms import term

        store = open_run(run)
        figures = store.figures()
        if marks != "machine":
            figures = _figures_under(store, figures, marks_of(run, marks_db, marks), marks)
        if json_lines:
            by_marks = {} if marks == "machine" else {"marks": marks}
            typer.echo(json.dumps(as_json(figures) | by_marks, ensure_ascii=False, default=str))
        else:
            if marks != "machine":
                typer.echo(term(MARKS, marks, ui(ui_language)))
            typer.echo(as_lines(figures, run, ui(ui_language)))


def _figures_under(store: Store, figures: Figures, marks: dict[str, list[Mark]], mode: MarksMode) -> Figures:
    """The figures of a run with its scores under marks."""
    import msgspec

    from qa_speech.marks.scores import cards_of, marked_results
    from qa_speech.store.counting import with_scores

    rows = []
    for result in marked_results(store.results(), cards_of(store.place), marks, mode):
        rows.append(msgspec.structs.replace(result.row, figures={}))
    return with_scores(figures, rows)


@app.command("retry")
def retry(
    run: RunArgument,
    model: ModelOption = None,
    scorecard: ScorecardOption = None,
    config: ConfigOption = None,
    workers: WorkersOption = None,
    until: UntilOption = None,
    change: ChangeOption = False,
    engine: EngineOption = "local",
    address: AddressOption = "",
    json_lines: JsonOption = False,
    ui_language: UiOption = None,
) -> None:
    """Do the failed rows of a run again, and those left undone.

    Example: qa-speech batch retry 批次
    """
    with friendly_errors(ui_language):
        asked = asked_of(Options(run, config, model, scorecard, workers, change=change), None)
        where = Cluster(address) if engine == "ray" else None
        work(asked, where, until=until, json_lines=json_lines, lang=ui(ui_language), again=True)


app.command("pages")(pages)
app.command("open")(open_pages)


@app.command("check")
def check(run: RunArgument, ui_language: UiOption = None) -> None:
    """Try every byte of a run: parts, Calls, list, scorecards, log. Nothing is changed.

    Example: qa-speech batch check 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.store.folder import require_run
        from qa_speech.store.sound import check_run
        from qa_speech.wording.lang import labelled
        from qa_speech.wording.terms import bracket
        from qa_speech.wording.translate import translated

        found = 0
        lang = ui(ui_language)
        for damage in check_run(require_run(run)):
            found += 1
            what = translated(damage.problem, lang) + bracket(translated(damage.harm, lang), lang)
            typer.echo(labelled(damage.file, what, lang))
    if found:
        typer.echo(in_words(ui(ui_language), f"{found} 处有损", f"{found} things are wrong"), err=True)
        raise typer.Exit(EXIT_UNUSABLE)
    typer.echo(in_words(ui(ui_language), "完好", "everything is what was written"), err=True)


@app.command("compact")
def compact(run: RunArgument, ui_language: UiOption = None) -> None:
    """Merge the parts of a run and drop what newer outcomes have replaced.

    Example: qa-speech batch compact 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.store.parquet import open_run

        store = open_run(run)
        with store.locked():
            parts = store.compact()
        if ui(ui_language) == "zh":
            typer.echo(f"{parts.before} 个文件合并为 {parts.after} 个")
        else:
            typer.echo(f"{parts.before} parts became {parts.after}")


@app.command("forget")
def forget(
    run: RunArgument,
    call: Annotated[list[str] | None, typer.Option("--call", help="Id of a call.", show_default=False)] = None,
    before: Annotated[
        str | None,
        typer.Option("--before", help="Calls before this day, YYYY-MM-DD.", show_default=False),
    ] = None,
    keep_scores: Annotated[
        bool, typer.Option("--keep-scores", help="Keep points and figures under a mark that is no name.")
    ] = False,
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Remove text, calls and paths for good; recordings themselves are yours to delete.

    The same recording under other ids goes too; of marks outcomes stay.

    Calls whose day is not known are not removed by --before: they are listed, exit code 3.

    Example: qa-speech batch forget 批次 --before 2026-05-01 --keep-scores
    """
    with friendly_errors(ui_language):
        from qa_speech.cli.forgetting import marks_without, tell_made
        from qa_speech.store.folder import require_run
        from qa_speech.store.forget import forget as remove
        from qa_speech.store.forget import undated, unfinished
        from qa_speech.store.parquet import open_run
        from qa_speech.tables import dates

        if not call and not before and unfinished(require_run(run)) is None:
            _usage(ui_language, "请给出 --call 或 --before", "give --call or --before")
        day = None
        if before:
            try:
                day = dates.parse(before).day
            except ValueError:
                _usage(ui_language, f"--before {before}：应为 YYYY-MM-DD", f"--before {before}: expected YYYY-MM-DD")
        store = open_run(run)
        marks = marks_without(run, marks_db)
        count = remove(store, ids=call or (), before=day, keep_scores=keep_scores, elsewhere=marks)
        typer.echo(f"已删除 {count} 通" if ui(ui_language) == "zh" else f"{count} calls removed")
        tell_made(run, ui(ui_language))
        left = undated(store) if day is not None else []
        if left:
            zh = f"{len(left)} 通没有能读懂的开始时间（started_at），不知道是否在此日期之前，没有删除："
            en = f"{len(left)} calls have no start (started_at) that can be read, and may be older; they were not removed:"
            typer.echo(zh if ui(ui_language) == "zh" else en, err=True)
            for name in left:
                typer.echo(name, err=True)
            raise typer.Exit(EXIT_SOME_FAILED)


def _usage(chosen: Language | None, zh: str, en: str) -> None:
    typer.echo(zh if ui(chosen) == "zh" else en, err=True)
    raise typer.Exit(EXIT_USAGE)
