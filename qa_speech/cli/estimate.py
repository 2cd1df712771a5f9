"""`qa-speech estimate`: what the marks of a sample say of all calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Protocol, runtime_checkable

import typer

from qa_speech.cli.common import UiOption, friendly_errors, in_words, ui
from qa_speech.cli.marking import MarksDbOption
from qa_speech.errors import problem

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.", show_default=False)]


def estimate(
    run: RunArgument,
    sample: Annotated[
        Path | None,
        typer.Option("--sample", help="What `sample draw` wrote; needed but for --marks machine.", show_default=False),
    ] = None,
    by: Annotated[
        str,
        typer.Option("--by", help="Groups by metadata: agent, team, queue, site …", show_default=False),
    ] = "",
    figure: Annotated[
        str,
        typer.Option(
            "--figure", help="What is estimated: total, passed (pass rate), criterion:ID (rate of a violation)."
        ),
    ] = "total",
    marks: Annotated[
        str,
        typer.Option("--marks", help="Whose outcomes count: final (people's, else the machine's), human, machine."),
    ] = "final",
    width: Annotated[
        float, typer.Option("--width", min=1, max=100, help="Width of an interval wanted, in points.")
    ] = 30.0,
    until: Annotated[
        str | None,
        typer.Option("--until", help="Stop when the whole is known to ± points, e.g. ±2.", show_default=False),
    ] = None,
    marks_db: MarksDbOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", dir_okay=False, help="Write a table, .xlsx or .csv.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    ui_language: UiOption = None,
) -> None:
    """What the marks of a sample say of all calls: scores, pass rates, violations, with intervals.

    A group too small is given its team's interval, and it is said so; whom to hear next is named.

    Example: qa-speech estimate 批次 --sample 样本 --by agent --until ±2 --out 估计.xlsx
    """
    with friendly_errors(ui_language):
        import msgspec

        from qa_speech.marks.agreement import share_alike
        from qa_speech.marks.stages import MODES
        from qa_speech.sampling.estimation import figure_named
        from qa_speech.sampling.of_run import Question, answered
        from qa_speech.sampling.sentences import agreement_sentence, sentences
        from qa_speech.sampling.tables import write_estimates

        lang = ui(ui_language)
        wanted = figure_named(figure)
        if wanted is None:
            raise typer.BadParameter(
                problem("{figure!r}; expected total, passed or criterion:ID", figure=figure), param_hint="--figure"
            )
        mode = next((known for known in MODES if known == marks), None)
        if mode is None:
            raise typer.BadParameter(
                problem("{marks!r}; expected one of: {modes}", marks=marks, modes=", ".join(MODES)),
                param_hint="--marks",
            )
        within = None if until is None else _points(until)
        found = answered(run, sample, Question(wanted, mode, by, width, within, marks_db))
        alike = share_alike(found.pairs) if mode == "machine" else None
        if out is not None:
            write_estimates(found.estimates, out, lang)
            typer.echo(f"{in_words(lang, '已写入', 'written to')} {out}", err=True)
        if as_json:
            document = {**msgspec.to_builtins(found.estimates), "agreement": named(alike)}
            typer.echo(msgspec.json.encode(document).decode())
            return
        for line in sentences(found.estimates, lang):
            typer.echo(line)
        if mode == "machine":
            typer.echo(agreement_sentence(alike, lang))


def _points(text: str) -> float:
    """Points of ``±2``, ``+-2``, ``+/-2`` or ``2``."""
    plain = text.strip()
    for sign in ("±", "+-", "+/-"):
        plain = plain.removeprefix(sign)
    try:
        found = float(plain)
    except ValueError:
        found = 0.0
    if not 0 < found <= 50:
        raise typer.BadParameter(problem("{text!r}; expected points like ±2", text=text), param_hint="--until")
    return found


@runtime_checkable
class NamedFields(Protocol):
    """A tuple whose places have names."""

    def _asdict(self) -> dict[str, Any]: ...


def named(value: object) -> object:
    """Named tuples as objects, all the way down: JSON would make lists of them.

    >>> from qa_speech.stats.intervals import Interval
    >>> named([Interval(0.5, 0.0, 1.0)])
    [{'value': 0.5, 'low': 0.0, 'high': 1.0}]
    """
    if isinstance(value, dict):
        return {key: named(held) for key, held in value.items()}
    if isinstance(value, NamedFields):
        return named(value._asdict())
    if isinstance(value, list | tuple):
        return [named(held) for held in value]
    return value
