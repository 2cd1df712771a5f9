"""Vosk JSON: results with ``text`` and ``result``, its words with ``start``, ``end`` (s) and ``conf`` (0–1); no speakers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from qa_speech.call import Word
from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    converted,
    is_object_with,
    probability,
    seconds,
)

_BETWEEN_CHARACTERS = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


class _Word(msgspec.Struct):
    word: str
    start: float
    end: float
    conf: float = 1.0


class _Result(msgspec.Struct):
    text: str = ""
    result: list[_Word] = []


def _results(document: Document) -> list[object]:
    return document.json if isinstance(document.json, list) else [document.json]


def _fits(document: Document) -> bool:
    results = _results(document)
    known = all(is_object_with(result, "text") for result in results)
    return known and any(is_object_with(result, "result") for result in results)


def _read(document: Document) -> Sequence[Line]:
    lines = []
    for number, result in enumerate(converted(_results(document), list[_Result])):
        words = [_word(word, f"result {number + 1}, word {at + 1}") for at, word in enumerate(result.result)]
        if words:
            text = _BETWEEN_CHARACTERS.sub("", result.text)
            lines.append(Line("", text, words[0].start, words[-1].end, tuple(words)))
    return lines


def _word(word: _Word, place: str) -> Word:
    start = seconds(word.start, f"{place}, start")
    end = seconds(word.end, f"{place}, end")
    return Word(word.word, start, max(start, end), probability(word.conf))


FORMAT = Format("vosk", frozenset((".json",)), _read, _fits)
