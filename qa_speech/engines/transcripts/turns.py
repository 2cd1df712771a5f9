"""A list of turns, ``[{"speaker": "agent", "start": 1, "end": 4.3, "text": …}, …]``, seconds; `role` for `speaker` too."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from qa_speech.engines.transcripts.base import Document, Format, Line, converted, is_object_with, seconds


class _Turn(msgspec.Struct):
    text: str
    start: float | str
    end: float | str
    speaker: str | int | None = None
    role: str | int | None = None


def _fits(document: Document) -> bool:
    if not isinstance(document.json, list) or not document.json:
        return False
    return all(is_object_with(turn, "text", "start", "end") for turn in document.json)


def _read(document: Document) -> Sequence[Line]:
    turns = converted(document.json, list[_Turn])
    return [_line(turn, f"$[{number}]") for number, turn in enumerate(turns)]


def _line(turn: _Turn, place: str) -> Line:
    start = seconds(turn.start, f"{place}.start")
    end = seconds(turn.end, f"{place}.end")
    speaker = turn.role if turn.speaker is None else turn.speaker
    return Line("" if speaker is None else str(speaker), turn.text.strip(), start, end)


FORMAT = Format("turns", frozenset((".json",)), _read, _fits)
