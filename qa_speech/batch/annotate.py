"""Fresh text annotations for the calls of a run, from their stored words; figures and scores follow, without audio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from qa_speech.call import Call
from qa_speech.conduct.annotate import annotate_many
from qa_speech.conduct.classifier import TextModels
from qa_speech.pipeline import report
from qa_speech.store.base import Store, StoredCall
from qa_speech.store.cards import RunScorecards
from qa_speech.store.records import OK, Record, again

BLOCK = 256
"""Calls that are read, annotated and stored together."""


def annotate_run(store: Store, models: TextModels, *, force: bool = False) -> Iterator[tuple[str, bool]]:
    """Annotate every stored call of a run: ``(call id, whether anything changed)``.

    A call that changes is stored anew with its figures and, where it had a score, scored again by the same scorecard.

    Raises
    ------
    ConfigError
        Another process is working on the run.
    """
    with store.locked():
        cards = RunScorecards(store.place)
        ids = iter([known.id for known in store.known().values() if known.status == OK])
        position = 0
        while block := list(islice(ids, BLOCK)):
            stored = list(store.calls(block))
            records = []
            for one, fresh in zip(stored, _annotated(stored, models, force=force), strict=True):
                if fresh is not None:
                    records.append(_record(one, fresh, cards))
                yield one.id, fresh is not None
            if records:
                store.append(records, position=position)
            position += len(block)


def _annotated(stored: Sequence[StoredCall], models: TextModels, *, force: bool) -> Iterator[Call | None]:
    """Each stored call, annotated; None where nothing changes."""
    before = [one.decoded() for one in stored]
    bare = before
    if force:
        bare = [msgspec.structs.replace(call, annotations={}) for call in before]
    for old, new in zip(before, annotate_many(bare, models), strict=True):
        yield None if new == old else new


def _record(stored: StoredCall, call: Call, cards: RunScorecards) -> Record:
    """The call stored anew, as the outcome of the same work."""
    judged = report(call, cards.get(stored.scorecard_sha256), keep=True)
    kept = msgspec.structs.replace(stored.kept, call_sha256=None)
    return again(judged, kept).of(stored.source)
