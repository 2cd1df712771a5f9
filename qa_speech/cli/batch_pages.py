"""`qa-speech batch pages` and `batch open`: pages of the calls of a run, and those that a run ends with."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.batch_options import PagesMaskOption, RunArgument
from qa_speech.cli.common import EXIT_SOME_FAILED, Language, UiOption, friendly_errors, in_words, ui

if TYPE_CHECKING:
    from qa_speech.report.run_pages import Written
    from qa_speech.report.wanted import Wanted

SHOWN_IDS = 20
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Environment variables that say that a page can be shown here."""

CallOption = Annotated[
    list[str] | None,
    typer.Option("--call", help="Id of a call, as people see it or as it is; may be given again.", show_default=False),
]
WorstOption = Annotated[
    int | None,
    typer.Option("--worst", min=1, help="The worst so many: alarms, then the lowest totals.", show_default=False),
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where", help="A condition in SQL over results, e.g. \"team = '3' AND total < 60\".", show_default=False
    ),
]


def pages(
    run: RunArgument,
    call: CallOption = None,
    worst: WorstOption = None,
    where: WhereOption = None,
    mask: PagesMaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """Write pages of calls of a run, and its index; without a choice those that `batch run` would write.

    Example: qa-speech batch pages 批次 --where "queue = '宽带' AND total < 60"
    """
    with friendly_errors(ui_language):
        written = _written(run, call, worst, where, mask=mask, lang=ui(ui_language))
        for path in _paths(written):
            typer.echo(str(path))
        _tell(written, ui(ui_language))
    if written.changed:
        _tell_changed(written, ui(ui_language))


def open_pages(
    run: RunArgument,
    call: CallOption = None,
    worst: WorstOption = None,
    where: WhereOption = None,
    mask: PagesMaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """Open the page of a call, or the index, in a browser; pages that are not there are written first.

    Example: qa-speech batch open 批次 --call 0117.wav
    """
    with friendly_errors(ui_language):
        written = _written(run, call, worst, where, mask=mask, lang=ui(ui_language))
        chosen = _paths(written)
        target = chosen[0] if len(chosen) == 1 else written.index
        typer.echo(str(target))
        if not _show(target):
            typer.echo(
                in_words(ui(ui_language), "此机没有浏览器可用，请自行打开", "no browser here; open it yourself"),
                err=True,
            )


def _show(target: Path) -> bool:
    """Show a page, where there is something to show it on."""
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in DISPLAYS):
        return False
    import webbrowser

    return webbrowser.open(target.resolve().as_uri())


def _written(
    run: Path, call: list[str] | None, worst: int | None, where: str | None, *, mask: bool, lang: Language
) -> Written:
    from qa_speech.cli.inspect import progress
    from qa_speech.report.run_pages import write_run_pages
    from qa_speech.store.parquet import open_run
    from qa_speech.store.summary import renew_summary

    store = open_run(run)
    wanted = _wanted(run, call, worst, where)
    with progress(None, lang, in_words(lang, "写网页", "writing pages")) as advance:
        written = write_run_pages(run, wanted, lang=lang, mask=mask, told=advance)
    if written.is_new:
        renew_summary(store, lang)
    return written


def _wanted(run: Path, call: list[str] | None, worst: int | None, where: str | None) -> Wanted:
    """The calls that are named, or those with which a run ends."""
    from qa_speech.batch.state import read_state
    from qa_speech.report.run_pages import calls_named, calls_where
    from qa_speech.report.wanted import Wanted, wanted_pages
    from qa_speech.settings import Settings

    if not call and worst is None and where is None:
        return wanted_pages(Settings.model_validate(read_state(run).settings).batch.pages)
    named = frozenset(calls_named(run, call)) if call else frozenset[str]()
    if where is not None:
        named |= calls_where(run, where)
    return Wanted(worst=worst or 0, calls=named)


def _paths(written: Written) -> list[Path]:
    """The pages that were asked for."""
    folder = written.index.parent / "pages"
    return [folder / page.file for page in written.pages.pages if page.id in written.wanted]


def _tell(written: Written, lang: Language) -> None:
    made, there = len(written.made), len(written.pages.pages)
    zh = f"新写 {made} 通的网页，共 {there} 通；目录：{written.index}"
    typer.echo(in_words(lang, zh, f"{made} pages written, {there} in all; index: {written.index}"), err=True)
    if written.differing:
        again = f"qa-speech batch run --out {written.index.parent.parent} --change"
        zh = f"{written.differing:,} 通的总分与批次里存的不同（程序变了），网页按现在的程序；让批次也一样：{again}"
        en = f"{written.differing:,} calls come to another total than stored (the program has changed): {again}"
        typer.echo(in_words(lang, zh, en), err=True)
    left = written.pages.left_out
    if left:
        more = f"qa-speech batch run --out {written.index.parent.parent} --pages pending"
        zh = f"另有 {left:,} 通待复核的没有网页；全部写出：{more}"
        typer.echo(
            in_words(lang, zh, f"{left:,} more wait for a person and have no page; all of them: {more}"), err=True
        )


def _tell_changed(written: Written, lang: Language) -> None:
    """Say which recordings are not played because they are no longer those that were inspected; the exit code says so too."""
    count = len(written.changed)
    zh = f"{count} 通的录音已不是当时质检的那一份，网页没有声音："
    typer.echo(
        in_words(lang, zh, f"{count} recordings are no longer those inspected; no sound on their pages:"), err=True
    )
    for name in written.changed[:SHOWN_IDS]:
        typer.echo(f"  {name}", err=True)
    raise typer.Exit(EXIT_SOME_FAILED)


def pages_after(run: Path, wanted: Wanted, until: dt.datetime | None, *, mask: bool, lang: Language) -> None:
    """The pages with which a run ends; its summary names them."""
    from qa_speech.cli.inspect import progress
    from qa_speech.report.run_pages import write_run_pages
    from qa_speech.store.parquet import open_run
    from qa_speech.store.summary import renew_summary

    with progress(None, lang, in_words(lang, "写网页", "writing pages")) as advance:
        written = write_run_pages(run, wanted, lang=lang, mask=mask, until=until, told=advance)
    if written.is_new:
        renew_summary(open_run(run), lang)
