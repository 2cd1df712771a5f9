"""A list of turns, ``[{"speaker": "agent", "start": 1, "end": 4.3, "text": …}, …]``, seconds; `role` for `speaker` too."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    Name,
    Number,
    converted,
    is_object_with,
    seconds,
    speaker,
)


class _Turn(msgspec.Struct):
    text: str
    start: Number
    end: Number
    speaker: Name = None
    role: Name = None


def _fits(document: Document) -> bool:
    if not isinstance(document.json, list) or not document.json:
        return False
    return all(is_object_with(turn, "text", "start", "end") for turn in document.json)


def _read(document: Document) -> Sequence[Line]:
    lines = []
    for number, turn in enumerate(converted(document.json, list[_Turn])):
        lines.append(_line(turn, f"$[{number}]"))
    return lines


def _line(turn: _Turn, place: str) -> Line:
    start = seconds(turn.start, f"{place}.start")
    end = seconds(turn.end, f"{place}.end")
    name = turn.role if turn.speaker is None else turn.speaker
    return Line(speaker(name), turn.text.strip(), start, end)


FORMAT = Format("turns", frozenset((".json",)), _read, _fits)
