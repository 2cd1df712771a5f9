"""FunASR JSON: ``text`` with ``timestamp`` ([[start, end], …] per spoken character, ms) and maybe ``sentence_info``.

The runtime server writes its time stamps as text. SenseVoice puts tags such as ``<|zh|>`` into the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import msgspec

from qa_speech.call import Word
from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    MalformedError,
    Name,
    converted,
    is_object_with,
    seconds,
    speaker,
)

Stamp = tuple[float, float]
_UNIT = re.compile(r"[A-Za-z0-9']+|[\u3400-\u9fff]")
_TAG = re.compile(r"<\|[^|<>]*\|>")
_MS = 1000.0


class _Sentence(msgspec.Struct):
    text: str
    start: float
    end: float
    timestamp: list[Stamp] | None = None
    spk: Name = None


class _Entry(msgspec.Struct):
    text: str
    timestamp: list[Stamp] | str | None = None
    sentence_info: list[_Sentence] | None = None


def _fits(document: Document) -> bool:
    entries = document.json if isinstance(document.json, list) else [document.json]
    return all(is_object_with(entry, "text") for entry in entries)


def _read(document: Document) -> Sequence[Line]:
    lines: list[Line] = []
    if isinstance(document.json, list):
        for number, entry in enumerate(converted(document.json, list[_Entry])):
            lines += _lines(entry, f"$[{number}]")
    else:
        lines += _lines(converted(document.json, _Entry), "$")
    return lines


def _lines(entry: _Entry, place: str) -> Iterator[Line]:
    if entry.sentence_info:
        for number, sentence in enumerate(entry.sentence_info):
            at = f"{place}.sentence_info[{number}]"
            span = (sentence.start, sentence.end)
            yield _line(speaker(sentence.spk), sentence.text, sentence.timestamp, span, at)
        return
    stamps = _stamps(entry.timestamp, place)
    if stamps:
        start, end = stamps[0][0], stamps[-1][1]
        yield _line("", entry.text, stamps, (start, end), place)
    else:
        yield Line("", _TAG.sub("", entry.text))


def _stamps(given: list[Stamp] | str | None, place: str) -> list[Stamp]:
    if not isinstance(given, str):
        return given or []
    try:
        stamps = json.loads(given)
    except (ValueError, RecursionError) as exc:
        raise MalformedError(f"{place}.timestamp: text that is no list of [start, end]") from exc
    return converted(stamps, list[Stamp], f"{place}.timestamp")


def _line(name: str, text: str, stamps: list[Stamp] | None, span: Stamp, place: str) -> Line:
    """A line; its words have the stamps (ms), one pair per spoken character, where their number agrees with the text."""
    text = _TAG.sub("", text)
    units = _UNIT.findall(text)
    start = seconds(span[0], f"{place}.start", per_second=_MS)
    end = seconds(span[1], f"{place}.end", per_second=_MS)
    if not stamps or len(stamps) != len(units):
        return Line(name, text, start, end)
    words = []
    for number, (unit, stamp) in enumerate(zip(units, stamps, strict=True)):
        words.append(_word(unit, stamp, f"{place}.timestamp[{number}]"))
    start = min(start, words[0].start)  # some versions give the start of the last word as that of the sentence
    end = max(end, words[-1].end)
    return Line(name, text, start, end, tuple(words))


def _word(unit: str, stamp: Stamp, place: str) -> Word:
    start = seconds(stamp[0], place, per_second=_MS)
    end = seconds(stamp[1], place, per_second=_MS)
    if end < start:
        raise MalformedError(f"{place}: ends before it starts")
    return Word(unit, start, end)


FORMAT = Format("funasr", frozenset((".json",)), _read, _fits)
