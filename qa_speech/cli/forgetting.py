"""What `batch forget` does beside the store: people's marks of the calls, and a word on what it does not reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import typer

from qa_speech.cli.common import Language, in_words
from qa_speech.cli.marking import opened


def marks_without(run: Path, marks_db: str | None) -> Callable[[Mapping[str, str]], None]:
    """What takes calls out of the marks of a run, given the mark that stands for each; nothing where there are no marks."""

    def remove(marks: Mapping[str, str]) -> None:
        from qa_speech.marks.database import marks_file
        from qa_speech.marks.desk_base import forget_on_desk

        if marks_db is None and not marks_file(run).exists():
            return
        store = opened(run, marks_db)
        try:
            forget_on_desk(store, marks)
            store.forget(marks)
        finally:
            store.close()

    return remove


def tell_made(run: Path, lang: Language) -> None:
    """Name what was made of the run and still lies somewhere."""
    from qa_speech.store.made import still_there

    made = still_there(run)
    if not made:
        return
    zh = "由此批次导出的文件仍在，其中可能有这些通话，请自行删除："
    typer.echo(
        in_words(lang, zh, "made of this run and still there; they may hold these calls, delete them:"), err=True
    )
    for path in made:
        typer.echo(f"  {path}", err=True)
