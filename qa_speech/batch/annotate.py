"""Fresh text annotations for the calls of a run, from their stored words; figures and scores follow, without audio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from qa_speech.batch import work
from qa_speech.batch.cards import FOLDER
from qa_speech.batch.run import locked
from qa_speech.call import Call, decode
from qa_speech.conduct.annotate import annotate_many
from qa_speech.store import parquet as store
from qa_speech.store.records import OK, Entry, again

if TYPE_CHECKING:
    from qa_speech.conduct.classifier import TextModels
    from qa_speech.scorecard import Scorecard

KEPT = ("path", "bytes", "mtime_ns", "input_key", "score_key")
"""Columns that only the runner knows; they go over to the new row."""


def annotate_run(run: str | Path, models: TextModels, *, force: bool = False) -> Iterator[tuple[str, bool]]:
    """Annotate every stored call of a run: ``(call id, whether anything changed)``.

    A call that changes is stored anew with its figures and, where it had a score, scored again by the same scorecard.

    Raises
    ------
    ConfigError
        It is not a run, or another process is working on it.
    """
    place = store.require_run(run)
    with locked(place):
        with store.connect(place) as engine:
            columns = ", ".join(KEPT)
            rows = engine.execute(
                f"SELECT id, scorecard_sha256, {columns} FROM newest WHERE status = ?", [OK]
            ).fetchall()
        known = {row[0]: (row[1], dict(zip(KEPT, row[2:], strict=True))) for row in rows}
        cards: dict[str, Scorecard | None] = {"": None}
        ids = iter(list(known))
        position = 0
        while block := list(islice(ids, store.BATCH)):
            stored = list(work.stored_calls(place, block))
            entries = []
            for call_id, fresh, before in _changed(stored, models, force=force):
                if fresh is not None:
                    sha, columns_kept = known[call_id]
                    kept = {key: value for key, value in before.items() if key != "call_sha256"}
                    entries.append(_entry(fresh, _card(place, sha or "", cards), {**kept, **columns_kept}))
                yield call_id, fresh is not None
            if entries:
                store.write_part(place, entries, position=position)
            position += len(block)


def _changed(
    stored: Sequence[tuple[str, str, dict[str, Any]]], models: TextModels, *, force: bool
) -> Iterator[tuple[str, Call | None, dict[str, Any]]]:
    """Each stored call, annotated; None where nothing changes."""
    before = [decode(text, Call, call_id) for call_id, text, _ in stored]
    bare = [msgspec.structs.replace(call, annotations={}) for call in before] if force else before
    for (call_id, _, kept), old, new in zip(stored, before, annotate_many(bare, models), strict=True):
        yield call_id, None if new == old else new, kept


def _entry(call: Call, card: Scorecard | None, kept: dict[str, Any]) -> Entry:
    from qa_speech.pipeline import report

    return again(report(call, card), kept)


def _card(run: Path, sha: str, cards: dict[str, Scorecard | None]) -> Scorecard | None:
    if sha not in cards:
        from qa_speech.scorecard import load_scorecard

        file = run / FOLDER / f"{sha}.yaml"
        cards[sha] = load_scorecard(file) if file.is_file() else None
    return cards[sha]
