"""`qa-speech report`: the service-quality report of a month."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qa_speech.cli.common import EXIT_SOME_FAILED, Language, UiOption, friendly_errors, in_words, ui
from qa_speech.cli.marking import MarksDbOption, MarksMode, MarksOption, marks_of, marks_there
from qa_speech.errors import problem
from qa_speech.wording.translate import translated

if TYPE_CHECKING:
    from qa_speech.marks.model import Mark
    from qa_speech.service.write import Form, Written

SHOWN_BAD = 5


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN…",
            help="Folders of runs or results, or hand-overs (.jsonl.gz) of the tier below; put together.",
            show_default=False,
        ),
    ],
    period: Annotated[str, typer.Option("--period", help="The month reported, e.g. 2026-11.", show_default=False)],
    cdr: Annotated[
        list[Path] | None,
        typer.Option("--cdr", help="Call records, CSV or xlsx; may be given again.", show_default=False),
    ] = None,
    survey: Annotated[
        list[Path] | None, typer.Option("--survey", help="Answers of the survey.", show_default=False)
    ] = None,
    tickets: Annotated[
        list[Path] | None, typer.Option("--tickets", help="Problems and complaints.", show_default=False)
    ] = None,
    org: Annotated[
        Path | None, typer.Option("--org", help="Who belongs where, from which day on.", show_default=False)
    ] = None,
    previous: Annotated[
        str,
        typer.Option(
            "--previous",
            help="What it is compared with: a month, or a run; default: the month before.",
            show_default=False,
        ),
    ] = "",
    marks: MarksOption = "machine",
    marks_db: MarksDbOption = None,
    sample: Annotated[
        Path | None,
        typer.Option(
            "--sample",
            file_okay=False,
            help="What `sample draw` wrote: people's marks speak for all calls by the chance of each.",
            show_default=False,
        ),
    ] = None,
    forms: Annotated[
        str, typer.Option("--format", help="Forms: html, docx, xlsx, separated by commas.")
    ] = "html,docx,xlsx",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", file_okay=False, help="Folder; default: report-PERIOD.", show_default=False),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            file_okay=False,
            help="Limits, cause lists, assessment, measures.",
            show_default=False,
        ),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            dir_okay=False,
            help="A .docx whose styles, header and footer are kept.",
            show_default=False,
        ),
    ] = None,
    pages: Annotated[
        Path | None,
        typer.Option("--pages", file_okay=False, help="Pages of calls, to link to.", show_default=False),
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(
            "--clips",
            file_okay=False,
            help="What `clips --out` wrote: calls to hear link to their clips.",
            show_default=False,
        ),
    ] = None,
    hand_over: Annotated[
        Path | None,
        typer.Option(
            "--hand-over",
            dir_okay=False,
            show_default=False,
            help="File for the tier above, .jsonl.gz: scores and numbers, no words, no sound, no customers.",
        ),
    ] = None,
    level: Annotated[
        Literal["city", "province", "national"] | None,
        typer.Option("--level", help="The tier that reports: city, province, national.", show_default=False),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings: names of columns, order of dates.", show_default=False),
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """The service-quality report of a month: findings beyond chance, measures that follow from them.

    Exits with 3 where rows of the lists could not be read: they are listed in the report and in bad-rows.csv.

    Example: qa-speech report 批次 --period 2026-11 --cdr 话单.csv --survey 满意度.xlsx --tickets 投诉.csv --org 组织.csv
    """
    with friendly_errors(ui_language):
        from qa_speech.service.gather import Inputs
        from qa_speech.service.rules import load_rules
        from qa_speech.service.write import write_report
        from qa_speech.settings import load_settings
        from qa_speech.store.made import remember_made

        wanted = _forms(forms)
        where = out or Path(f"report-{period}")
        written = write_report(
            Inputs(runs, period, previous, cdr or (), survey or (), tickets or (), org, marks, sample),
            where,
            rules=load_rules(rules),
            settings=load_settings(config).tables,
            forms=wanted,
            marks=_marks(runs, marks_db, marks),
            pages=pages,
            clips=clips,
            template=template,
            level=level or "",
            hand_over=hand_over,
        )
        for run in runs:
            remember_made(run, where)
            if hand_over is not None:
                remember_made(run, hand_over)
        _say(written, ui(ui_language))
    if written.month.bad_rows:
        raise typer.Exit(EXIT_SOME_FAILED)


def _marks(runs: list[Path], marks_db: str | None, mode: MarksMode) -> dict[str, list[Mark]]:
    """All marks of the runs by call; where the machine counts alone they tell how right it is, if there are any."""
    found: dict[str, list[Mark]] = {}
    for run in [run for run in runs if not run.is_file()]:
        found.update(marks_there(run, marks_db) if mode == "machine" else marks_of(run, marks_db, mode))
    return found


def _forms(text: str) -> list[Form]:
    from qa_speech.service.write import FORMS

    found: list[Form] = []
    for name in text.split(","):
        form = next((known for known in FORMS if known == name.strip().lower()), None)
        if form is None:
            raise typer.BadParameter(
                problem("{name!r}; expected of: {forms}", name=name.strip(), forms=", ".join(FORMS)),
                param_hint="--format",
            )
        found.append(form)
    return found


def _say(written: Written, lang: Language) -> None:
    """Where the report lies, on stdout; what was found, on stderr."""
    for path in written.files:
        typer.echo(str(path))
    found, measures = len(written.report.findings), len(written.report.measures)
    typer.echo(
        in_words(lang, f"{found} 项发现，{measures} 项改进措施", f"{found} findings, {measures} measures"), err=True
    )
    bad = written.month.bad_rows
    if not bad:
        return
    typer.echo(in_words(lang, f"不能读取 {len(bad):,} 行：", f"{len(bad):,} rows could not be read:"), err=True)
    for row in bad[:SHOWN_BAD]:
        typer.echo(f"  {row.file}:{row.row}: {translated(row.what, lang)}", err=True)
    if len(bad) > SHOWN_BAD:
        typer.echo(in_words(lang, "  …… 全部见 bad-rows.csv", "  … all of them in bad-rows.csv"), err=True)
