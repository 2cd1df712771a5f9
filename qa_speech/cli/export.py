"""`qa-speech export`: the results of a run as a workbook for people, or as a table for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.batch_options import RunArgument
from qa_speech.cli.common import MaskOption, UiOption, friendly_errors, in_words, ui
from qa_speech.cli.marking import MarksDbOption, MarksMode, MarksOption, marks_of
from qa_speech.errors import problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from qa_speech.marks.model import Mark
    from qa_speech.report.workbook import ReportsOf
    from qa_speech.scorecard import Scorecard
    from qa_speech.scores import CallReport
    from qa_speech.store.base import Store

ALL = "all"


def export(
    run: RunArgument,
    to: Annotated[
        Path,
        typer.Option("--to", help="File: .xlsx for people; .csv, .jsonl or .parquet for programs.", dir_okay=False),
    ] = Path("results.xlsx"),
    sentences: Annotated[
        str,
        typer.Option(
            "--sentences",
            help="Calls that the workbook quotes, the worst first: a number, or all.",
        ),
    ] = "2000",
    marks: MarksOption = "machine",
    marks_db: MarksDbOption = None,
    mask: MaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """Write the results of a run: a workbook for people, or CSV, JSONL or Parquet for programs.

    Example: qa-speech export 批次 --to 结果.xlsx
    """
    with friendly_errors(ui_language):
        from qa_speech.errors import ConfigError
        from qa_speech.marks.scores import cards_of, marked_results
        from qa_speech.report.workbook import write_workbook
        from qa_speech.store.export import FORMATS
        from qa_speech.store.export import export as write
        from qa_speech.store.made import remember_made
        from qa_speech.store.masking import masked_results
        from qa_speech.store.parquet import open_run
        from qa_speech.wording.masking import placeholders

        lang = ui(ui_language)
        quoted = _quoted(sentences)
        store = open_run(run)
        by_call = marks_of(run, marks_db, marks)
        results = marked_results(store.results(), cards_of(run), by_call, marks)
        if to.suffix.lower() == ".xlsx":
            title = in_words(lang, f"质检结果 {run.resolve().name}", f"Results of {run.resolve().name}")
            count = write_workbook(
                results, to, reports=_reports(store, by_call, marks, marks_db), title=title, lang=lang, mask=mask,
                page_of=_pages_of(run, mask=mask).get, sentences=quoted,
            )  # fmt: skip
        else:
            if mask:
                results = masked_results(results, placeholders(lang))
            if to.suffix.lower().removeprefix(".") not in FORMATS:
                known = ", ".join(["xlsx", *FORMATS])
                raise ConfigError(
                    str(to), [problem("suffix {suffix!r}; expected one of: {formats}", suffix=to.suffix, formats=known)]
                )
            count = write(results, to)
        remember_made(run, to)
        typer.echo(in_words(lang, f"{to}：{count} 通", f"{to}: {count} calls"), err=True)


def _quoted(sentences: str) -> int | None:
    """How many calls are quoted; None = all."""
    from qa_speech.errors import ConfigError

    if sentences == ALL:
        return None
    if not sentences.isdecimal():
        raise ConfigError(
            "--sentences", [problem("{sentences!r}; expected a number or {all}", sentences=sentences, all=ALL)]
        )
    return int(sentences)


def _reports(store: Store, by_call: Mapping[str, list[Mark]], mode: MarksMode, marks_db: str | None) -> ReportsOf:
    """The reports of some calls of a run, with the scores that its results have."""
    from qa_speech.marks.scores import cards_of, marked_reports
    from qa_speech.marks.trust import TrustOfMarks
    from qa_speech.store.reports import reports_of

    cards = cards_of(store.place)

    def card_of(report: CallReport) -> Scorecard | None:
        return None if report.score is None else cards(report.score.scorecard_sha256)

    def reports(ids: Collection[str]) -> Iterable[CallReport]:
        found = reports_of(store, ids, trusted=TrustOfMarks(store.place, marks_db))
        return marked_reports(found, card_of, by_call, mode)

    return reports


def _pages_of(run: Path, *, mask: bool) -> Mapping[str, Path]:
    """The pages that were made of calls of a run, by their ids; masked ones for a masked workbook."""
    from qa_speech.store.page_list import page_folder, read_pages

    place = page_folder(run, mask=mask)
    found = {page.id: place / "pages" / page.file for page in read_pages(place).pages}
    return {call_id: page for call_id, page in found.items() if page.is_file()}
