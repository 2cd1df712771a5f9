"""Azure Speech: results of batch transcription (``recognizedPhrases``) and of fast transcription (``phrases``).

Shapes as Microsoft documents them ("Get batch transcription results", "Use the fast transcription API"): times in ticks of
100 ns, or as ISO 8601 durations, or in milliseconds; channels count from 0.
"""

from __future__ import annotations

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
    moment,
    probability,
    seconds,
    speaker,
)
from qa_speech.engines.transcripts.clocks import iso_seconds
from qa_speech.errors import problem

_TICKS = 10_000_000.0
_MS = 1000.0


class _Timed(msgspec.Struct, rename="camel"):
    """What has an offset and a duration, in whichever unit."""

    offset_in_ticks: Number | None = None
    duration_in_ticks: Number | None = None
    offset_milliseconds: Number | None = None
    duration_milliseconds: Number | None = None
    offset: str | None = None
    duration: str | None = None


class _Word(_Timed, rename="camel"):
    word: str = ""
    text: str = ""
    display_text: str = ""
    confidence: Number | None = None


class _Best(msgspec.Struct, rename="camel"):
    display: str = ""
    lexical: str = ""
    confidence: Number | None = None
    words: list[_Word] = []
    display_words: list[_Word] = []


class _Phrase(_Timed, rename="camel"):
    text: str = ""
    channel: int | None = None
    speaker: Name = None
    n_best: list[_Best] = []
    words: list[_Word] = []
    confidence: Number | None = None
    recognition_status: str = "Success"


class _Batch(msgspec.Struct, rename="camel"):
    recognized_phrases: list[_Phrase]


class _Fast(msgspec.Struct):
    phrases: list[_Phrase]


def _fits(document: Document) -> bool:
    if not isinstance(document.json, dict):
        return False
    phrases = document.json.get("recognizedPhrases")
    if phrases is None and "combinedPhrases" in document.json:
        phrases = document.json.get("phrases")
    return isinstance(phrases, list)


def _read(document: Document) -> Sequence[Line]:
    if "recognizedPhrases" in document.json:
        key, phrases = "recognizedPhrases", converted(document.json, _Batch).recognized_phrases
    else:
        key, phrases = "phrases", converted(document.json, _Fast).phrases
    several = len({phrase.channel for phrase in phrases}) > 1
    lines = []
    for number, phrase in enumerate(phrases):
        if phrase.recognition_status == "Success":
            lines.append(_line(phrase, f"$.{key}[{number}]", several))
    return lines


def _line(phrase: _Phrase, place: str, several: bool) -> Line:
    best = phrase.n_best[0] if phrase.n_best else _Best(phrase.text, confidence=phrase.confidence, words=phrase.words)
    sure = probability(best.confidence)
    start, end = _span(phrase, place)
    words = tuple(_word(word, sure) for word in best.display_words or best.words)
    text = best.display or best.lexical
    channel = phrase.channel + 1 if several and phrase.channel is not None else None
    return Line(speaker(phrase.speaker), text.strip(), start, end, words, channel, sure)


def _span(timed: _Timed, place: str) -> tuple[float, float]:
    start = _start(timed)
    length = _length(timed)
    if start is None or length is None:
        raise MalformedError(problem("{place}: no offset and duration that are times", place=place))
    return seconds(start, f"{place}, offset"), seconds(start + length, f"{place}, offset and duration")


def _start(timed: _Timed) -> float | None:
    if timed.offset_in_ticks is not None:
        return moment(timed.offset_in_ticks, per_second=_TICKS)
    if timed.offset_milliseconds is not None:
        return moment(timed.offset_milliseconds, per_second=_MS)
    return iso_seconds(timed.offset)


def _length(timed: _Timed) -> float | None:
    if timed.duration_in_ticks is not None:
        return moment(timed.duration_in_ticks, per_second=_TICKS)
    if timed.duration_milliseconds is not None:
        return moment(timed.duration_milliseconds, per_second=_MS)
    return iso_seconds(timed.duration)


def _word(word: _Word, sure: float) -> Spoken:
    start, length = _start(word), _length(word)
    end = None if start is None or length is None else start + length
    given = sure if word.confidence is None else probability(word.confidence)
    return Spoken(word.word or word.text or word.display_text, start, end, given)


FORMAT = Format("azure", frozenset((".json",)), _read, _fits)
