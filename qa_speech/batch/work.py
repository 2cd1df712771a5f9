"""What is to be done for each row, held against what is stored: nothing, a score, or everything.

input key    size and time of the recording, agent's channel, transcript, options     the same = recognised already
share key    content of the recording instead of its name and time                    the same = take over its Call
score key    scorecard and metadata                                                   differs = score again
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from qa_speech.batch.cards import Book, score_key
from qa_speech.filenames import as_path
from qa_speech.inputs.listing import MISSING
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings
from qa_speech.store.base import Known
from qa_speech.store.records import FAILED, OK, Source

HOW_FAST = {"threads", "batch_size", "device"}
"""Settings of recognition that change no word."""


class Need(msgspec.Struct, frozen=True):
    """A row that is not done. `card`: sha256 of its scorecard, or ""."""

    number: int
    row: Row
    card: str
    score_key: str

    def source(self, options: str) -> Source:
        """What only the runner knows of its outcome; `options` from `options_key`."""
        row = self.row
        return Source(row.path, row.bytes, row.mtime_ns, input_key(row, options), self.score_key)


class Needs(NamedTuple):
    """Rows to do from the start, and rows that only lack the right score."""

    everything: list[Need]
    scores: list[Need]


def options_key(settings: Settings, recognizer: str, again: str = "") -> str:
    """What a Call depends on besides its recording: settings, `recognizer` (the hash of the model), and `again`, the code
    for which everything of a run was asked to be done again ("" = never)."""
    recognition: dict[str, Any] | None
    recognition = settings.recognition.model_dump(mode="json", exclude=HOW_FAST)
    if not recognizer:
        recognition = None
    options: list[Any] = [settings.speech.model_dump(mode="json"), recognition, settings.agent_channel]
    if settings.diarize is not None:
        options.append(settings.diarize.model_dump(mode="json"))
    if again:
        options.append(again)
    return _short([options, recognizer])


def input_key(row: Row, options: str) -> str:
    """Changes when the recording, what is known about it, or the options change."""
    stamps = [_stamp(row.path_customer)] if row.path_customer else []
    return _short([row.bytes, row.mtime_ns, row.agent_channel, _stamp(row.transcript), options, *_raw(row), *stamps])


def share_key(row: Row, audio_sha256: str, options: str) -> str:
    """The same for rows that would give the same Call but for its name; "" for a row that brings its own words or is two files."""
    if row.transcript or row.path_customer:
        return ""
    return _short([audio_sha256, row.agent_channel, options, *_raw(row)])


def needs(rows: Iterable[Row], known: Mapping[str, Known], book: Book, options: str, *, retry: bool = False) -> Needs:
    """What is not done; a failed row stays failed unless `retry`."""
    found = Needs([], [])
    for number, row in enumerate(rows):
        if not row.path:  # forgotten: only its score is left
            continue
        card = book.choose(row)
        sha256 = card.sha256 if card else ""
        need = Need(number, row, sha256, score_key(card, row))
        stored = known.get(row.id)
        if stored is None or stored.input_key != input_key(row, options):
            found.everything.append(need)
        elif stored.status == FAILED:
            if retry:
                found.everything.append(need)
        elif stored.status != OK:
            found.everything.append(need)
        elif stored.score_key != need.score_key:
            found.scores.append(need)
    return found


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
