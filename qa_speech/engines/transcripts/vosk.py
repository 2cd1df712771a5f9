"""Vosk JSON: results with ``text`` and ``result``, its words with ``start``, ``end`` (s) and ``conf`` (0–1).

Shape as the documents of Vosk give it for ``SetWords(True)``; one result, a list of them, or (as its own transcriber writes
them) one behind the other. With alternatives, the first counts; ``partial`` results, which are
said again, do not. Without ``SetWords`` a result is its text, and is known by partial ones beside it. There are no speakers.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    Number,
    Spoken,
    converted,
    is_object_with,
    moment,
    probability,
)
from qa_speech.engines.transcripts.matching import without_gaps


class _Word(msgspec.Struct):
    word: str
    start: Number | None = None
    end: Number | None = None
    conf: Number | None = None


class _Result(msgspec.Struct):
    text: str = ""
    result: list[_Word] = []
    alternatives: list[_Result] = []


def _results(document: Document) -> list[object]:
    return document.json if isinstance(document.json, list) else [document.json]


def _is_result(result: object) -> bool:
    """A result with words, or with alternatives that have a text; partial ones have neither."""
    if is_object_with(result, "text", "result"):
        return True
    if not is_object_with(result, "alternatives"):
        return False
    inner = result["alternatives"]  # type: ignore[index]
    return isinstance(inner, list) and any(is_object_with(one, "text", "result") for one in inner)


def _fits(document: Document) -> bool:
    results = _results(document)
    whole = [result for result in results if not is_object_with(result, "partial")]
    known = all(is_object_with(result, "text") or is_object_with(result, "alternatives") for result in whole)
    is_partly_told = len(whole) < len(results)
    return known and bool(whole) and (is_partly_told or any(_is_result(result) for result in whole))


def _read(document: Document) -> Sequence[Line]:
    lines = []
    whole = [result for result in _results(document) if not is_object_with(result, "partial")]
    for result in converted(whole, list[_Result]):
        best = result.alternatives[0] if result.alternatives else result
        words = tuple(_word(word) for word in best.result)
        text = without_gaps(best.text)
        if words:
            lines.append(Line("", text, words[0].start, words[-1].end, words))
        elif text:
            lines.append(Line("", text))
    return lines


def _word(word: _Word) -> Spoken:
    return Spoken(word.word, moment(word.start), moment(word.end), probability(word.conf))


FORMAT = Format("vosk", frozenset((".json",)), _read, _fits)
