"""What is to be done for each row, held against what is stored: nothing, a score, or everything.

input key    size and time of the recording, agent's channel, transcript, options     the same = recognised already
share key    content of the recording instead of its name and time                    the same = take over its Call
score key    scorecard and metadata                                                   differs = score again
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from qa_speech.batch.cards import Book, score_key
from qa_speech.filenames import as_path
from qa_speech.inputs.rows import MISSING, Row
from qa_speech.store import parquet as store
from qa_speech.store.parquet import Known
from qa_speech.store.records import FAILED, OK

if TYPE_CHECKING:
    from qa_speech.settings import Settings


class Need(msgspec.Struct, frozen=True):
    """A row that is not done. `known`: its stored outcome, when that only lacks the right score."""

    number: int
    row: Row
    card: str
    score_key: str
    known: Known | None = None


def options_key(settings: Settings, recognizer: str) -> str:
    """What a Call depends on besides its recording: settings, and `recognizer` (the hash of the model)."""
    recognition = settings.recognition.model_dump(mode="json", exclude={"threads", "batch_size", "device"})
    options = [settings.speech.model_dump(mode="json"), recognition if recognizer else None, settings.agent_channel]
    if settings.diarize is not None:
        options.append(settings.diarize.model_dump(mode="json"))
    return _short([options, recognizer])


def input_key(row: Row, options: str) -> str:
    """Changes when the recording, what is known about it, or the options change."""
    return _short([row.bytes, row.mtime_ns, row.agent_channel, _stamp(row.transcript), options, *_raw(row)])


def share_key(row: Row, audio_sha256: str, options: str) -> str:
    """The same for rows that would give the same Call but for its name; "" for a row that brings its own words."""
    return "" if row.transcript else _short([audio_sha256, row.agent_channel, options, *_raw(row)])


def needs(
    rows: Iterable[Row], known: Mapping[str, Known], book: Book, options: str, *, retry: bool = False
) -> tuple[list[Need], list[Need]]:
    """(rows to do from the start, rows to score again); a failed row stays failed unless `retry`."""
    everything, scores = [], []
    for number, row in enumerate(rows):
        stored = known.get(row.id)
        if not row.path:  # forgotten: only its score is left
            continue
        card = book.choose(row)
        key = score_key(card, row)
        same = stored is not None and stored.input_key == input_key(row, options)
        if same and stored is not None and stored.status == FAILED and not retry:
            continue
        need = Need(number, row, card.sha256 if card else "", key, stored if same else None)
        if not same or stored is None or stored.status != OK:
            everything.append(msgspec.structs.replace(need, known=None))
        elif stored.score_key != key:
            scores.append(need)
    return everything, scores


class Twins:
    """Finds recordings that are equal byte for byte, reading only files whose size another has too."""

    def __init__(self, todo: Iterable[Need], known: Mapping[str, Known], options: str) -> None:
        self._options = options
        self._sizes = Counter(need.row.bytes for need in todo)
        self._stored: dict[str, str] = {}
        for item in known.values():
            if item.status == OK and item.share_key:
                self._stored[item.share_key] = item.id
                self._sizes[item.bytes or 0] += 1

    def key(self, row: Row) -> str:
        """The share key of a row; "" when nothing else has its size."""
        if row.bytes == MISSING or row.transcript or self._sizes[row.bytes] < 2:
            return ""
        try:
            return share_key(row, sha256(row.path), self._options)
        except OSError:
            return ""

    def stored(self, key: str) -> str | None:
        """The id of a stored call of this key."""
        return self._stored.get(key)


def stored_calls(run: Path, ids: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(id, JSON of the Call, columns to keep) of these ids, in the order they are stored."""
    columns = ("call_sha256", "prepare_s", "recognise_s", "copied_from", "share_key", "audio_sha256")
    if not ids:
        return
    with store.connect(run) as engine:
        found = engine.execute(
            f"SELECT c.id, c.call, {', '.join(f'r.{name}' for name in columns)} "
            "FROM calls c JOIN newest r ON r.id = c.id WHERE c.id IN (SELECT unnest(?))",
            [ids],
        )
        while chunk := found.fetchmany(store.BATCH):
            for call_id, text, *values in chunk:
                kept = dict(zip(columns, values, strict=True))
                yield call_id, text, {key: value for key, value in kept.items() if value is not None}


def sha256(path: str) -> str:
    """Of a file, in hex."""
    with as_path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _raw(row: Row) -> list[str]:
    return [row.raw] if row.raw else []


def _stamp(path: str) -> list[int] | None:
    if not path:
        return None
    try:
        found = os.stat(as_path(path))
    except OSError:
        return [MISSING]
    return [found.st_size, found.st_mtime_ns]


def _short(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:16]
