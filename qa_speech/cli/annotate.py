"""`qa-speech annotate`: fresh text annotations for stored calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa_speech.cli.common import Language, UiOption, friendly_errors, ui


def annotate(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Stored calls, result folders or batch runs.",
            show_default=False,
        ),
    ],
    text_model: Annotated[
        Path | None,
        typer.Option(
            "--text-model",
            exists=True,
            file_okay=False,
            help="Folder of `train export`; without it the shipped models.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make all annotations anew.")] = False,
    ui_language: UiOption = None,
) -> None:
    """Read the words of stored calls with the text models: politeness, improper language, depth. No audio.

    Example: qa-speech annotate qa-report
    """
    lang = ui(ui_language)
    with friendly_errors(ui_language):
        from qa_speech.conduct.annotate import annotate_stored
        from qa_speech.conduct.classifier import load_text_models
        from qa_speech.store.folder import is_run

        models = load_text_models(text_model)
        changed = same = 0
        runs = False
        for path in paths:
            if is_run(path):
                from qa_speech.batch.annotate import annotate_run
                from qa_speech.store.parquet import open_run

                runs, outcomes = True, annotate_run(open_run(path), models, force=force)
            else:
                outcomes = annotate_stored(path, models, force=force)
            for call_id, fresh in outcomes:
                if fresh:
                    changed += 1
                    typer.echo(call_id)
                else:
                    same += 1
        to_score_again = bool(changed) and not runs
        typer.echo(_said(changed, same, to_score_again, lang), err=True)


def _said(changed: int, same: int, to_score_again: bool, lang: Language) -> str:
    if lang == "zh":
        said = f"已评定 {changed} 通，{same} 通无需更新"
        return f"{said}；重新评分：qa-speech score …" if to_score_again else said
    said = f"{changed} annotated, {same} up to date"
    return f"{said}; to score again: qa-speech score …" if to_score_again else said
