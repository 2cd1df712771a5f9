"""`qa-speech agreement`: how far machine and people agree, and how many characters the recogniser gets wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import UiOption, friendly_errors, ui
from qa_speech.cli.estimate import RunArgument, named
from qa_speech.cli.marking import MarksDbOption
from qa_speech.errors import problem

if TYPE_CHECKING:
    from qa_speech.marks.agreement import CriterionAgreement, Kind
    from qa_speech.marks.recognition import RoleErrors
    from qa_speech.marks.study import Study

KINDS: tuple[Kind, ...] = ("machine", "people", "expert")


def agreement(
    run: RunArgument,
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            help="What is compared: machine (with people), people (with each other), expert (everybody with the "
            "expert).",
        ),
    ] = "machine",
    transcripts: Annotated[
        Path | None,
        typer.Option(
            "--transcripts",
            help="Folder of people's transcripts: characters misheard, by role.",
            show_default=False,
        ),
    ] = None,
    marks_db: MarksDbOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    ui_language: UiOption = None,
) -> None:
    """How far machine and people agree, by criterion, with intervals; drift; characters misheard.

    Example: qa-speech agreement 批次 --kind people
    """
    with friendly_errors(ui_language):
        import msgspec

        from qa_speech.marks.reading import has_marks, read_marks
        from qa_speech.marks.recognition import recognition_errors
        from qa_speech.marks.sentences import recognition_sentences, sentences
        from qa_speech.marks.study import study_of_run
        from qa_speech.store.reports import read_calls

        lang = ui(ui_language)
        wanted = next((known for known in KINDS if known == kind), None)
        if wanted is None:
            raise typer.BadParameter(
                problem("{kind!r}; expected one of: {kinds}", kind=kind, kinds=", ".join(KINDS)), param_hint="--kind"
            )
        errors = None if transcripts is None else recognition_errors(read_calls(run), transcripts)
        found = None
        if errors is None or has_marks(run, marks_db):
            found = study_of_run(run, read_marks(run, marks_db), wanted)
        if as_json:
            typer.echo(msgspec.json.encode(_document(found, errors)).decode())
            return
        for line in sentences(found, lang) if found is not None else ():
            typer.echo(line)
        for line in recognition_sentences(errors, lang) if errors is not None else ():
            typer.echo(line)


def _document(found: Study | None, errors: list[RoleErrors] | None) -> dict[str, object]:
    """The answer as JSON: named figures, whole."""
    document: dict[str, object] = {}
    if found is not None:
        document = found._asdict()
        document["criteria"] = [_criterion(one) for one in found.criteria]
        document["reword"] = [one.criterion for one in found.reword]
        document["drifting"] = [{**one._asdict(), "alarm": one.alarm} for one in found.drifting]
        document["drifting_people"] = [{**one._asdict(), "alarm": one.alarm} for one in found.drifting_people]
    if errors is not None:
        document["recognition"] = errors
    return {name: named(value) for name, value in document.items()}


def _criterion(one: CriterionAgreement) -> dict[str, object]:
    confusion = [{"first": first, "second": second, "n": n} for (first, second), n in one.confusion.items()]
    return {**one._asdict(), "confusion": confusion}
