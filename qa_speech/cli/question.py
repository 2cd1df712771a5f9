"""`qa-speech query`: what was found in many calls, asked in SQL."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from qa_speech.cli.batch_options import RunArgument
from qa_speech.cli.common import UiOption, friendly_errors, in_words, ui


def query(
    run: RunArgument,
    sql: Annotated[
        str,
        typer.Argument(
            help="One SELECT over results, manifest, history; calls holds the words, unmasked.",
            show_default=False,
        ),
    ],
    form: Annotated[
        Literal["table", "csv", "json"] | None,
        typer.Option("--format", help="Table on a terminal, else csv.", show_default=False),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="No more rows than this.")] = 100_000,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="No longer than this, in seconds.")] = 60.0,
    ui_language: UiOption = None,
) -> None:
    """Ask the results of a run in SQL: one SELECT, which reads the run and nothing else.

    Example: qa-speech query 批次 "select agent, avg(total) from results group by agent"
    """
    with friendly_errors(ui_language):
        from qa_speech.cli.limits import memory_limited
        from qa_speech.store.base import QueryLimits
        from qa_speech.store.export import as_text
        from qa_speech.store.parquet import open_run

        if form is None:
            form = "table" if sys.stdout.isatty() else "csv"
        limits = QueryLimits(rows, seconds)
        with memory_limited(2 * limits.memory_mb):
            answer = open_run(run).query(sql, limits)
            if answer.unmasked:
                told = "calls 是未遮蔽的原话，请勿外传"
                typer.echo(in_words(ui(ui_language), told, "calls holds what was said, unmasked"), err=True)
            for line in as_text(answer, form):
                typer.echo(line)
