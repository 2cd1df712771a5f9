"""Tencent Cloud 录音文件识别: ``ResultDetail`` (ms; words count from the start of their sentence), or ``Result`` alone.

Shape as cloud.tencent.com documents DescribeTaskStatus. Of two channels `SpeakerId` is the channel, of one a voice: it is
taken for a voice, whose role its words tell. The message of a
callback has ``resultDetail`` as text. ``Result`` writes ``[0:1.000,0:4.300,0]  您好``, one sentence a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import msgspec

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    MalformedError,
    Name,
    Number,
    Spoken,
    converted,
    inside,
    is_object_with,
    moment,
    seconds,
    speaker,
)
from qa_speech.errors import problem

_MS = 1000.0
_CLOCK = r"(\d{1,4}):(\d{1,5}(?:\.\d{1,6})?)"
_ROW = re.compile(rf"\[{_CLOCK},{_CLOCK}(?:,(\w{{1,8}}))?\]\s*+(.*)")


class _Word(msgspec.Struct, rename="pascal"):
    word: str
    offset_start_ms: Number | None = None
    offset_end_ms: Number | None = None


class _Sentence(msgspec.Struct, rename="pascal"):
    start_ms: Number
    end_ms: Number
    final_sentence: str | None = None
    words: list[_Word] | None = None
    speaker_id: Name = None


class _Data(msgspec.Struct, rename="pascal"):
    result_detail: list[_Sentence] | None = None
    result: str | None = None


def _data(document: Document) -> object:
    """What the answer is about; it lies in ``Response`` and ``Data``, or not."""
    if is_object_with(document.json, "resultDetail"):
        return {"ResultDetail": _unpacked(document.json["resultDetail"]), "Result": document.json.get("text")}
    return inside(document.json, "Response", "Data")


def _unpacked(value: object) -> object:
    """JSON that the message of a callback writes as text; None where there is none."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _fits(document: Document) -> bool:
    data = _data(document)
    if is_object_with(data, "ResultDetail"):
        return True
    result = data.get("Result") if isinstance(data, dict) else None
    return isinstance(result, str) and not result.lstrip().startswith("{")


def _read(document: Document) -> Sequence[Line]:
    data = converted(_data(document), _Data, "$.Data")
    if not data.result_detail:
        if not (data.result or "").strip():
            raise MalformedError(
                problem("$.Data: an answer without a result (still running, failed, or nothing was said)")
            )
        return _rows(data.result or "")
    lines = []
    for number, sentence in enumerate(data.result_detail):
        place = f"$.Data.ResultDetail[{number}]"
        start = seconds(sentence.start_ms, f"{place}.StartMs", per_second=_MS)
        end = seconds(sentence.end_ms, f"{place}.EndMs", per_second=_MS)
        words = tuple(_word(word, start) for word in sentence.words or ())
        text = sentence.final_sentence or "".join(word.text for word in words)
        lines.append(Line(speaker(sentence.speaker_id), text.strip(), start, end, words))
    return lines


def _word(word: _Word, start: float) -> Spoken:
    first = moment(word.offset_start_ms, per_second=_MS, after=start)
    last = moment(word.offset_end_ms, per_second=_MS, after=start)
    return Spoken(word.word, first, last)


def _rows(text: str) -> list[Line]:
    lines = []
    for number, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        match = _ROW.fullmatch(row.strip())
        if match is None:
            raise MalformedError(
                problem(
                    "$.Data.Result, line {number}: expected [minute:second,minute:second,speaker] text", number=number
                )
            )
        start = seconds(int(match[1]) * 60 + float(match[2]), f"$.Data.Result, line {number}")
        end = seconds(int(match[3]) * 60 + float(match[4]), f"$.Data.Result, line {number}")
        lines.append(Line(match[5] or "", match[6].strip(), start, end))
    return lines


FORMAT = Format("tencent", frozenset((".json",)), _read, _fits)
