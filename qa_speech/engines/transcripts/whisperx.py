"""WhisperX and faster-whisper JSON: ``{"segments": [{"text", "start", "end", "speaker", "words": […]}]}``, seconds."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from qa_speech.call import Word
from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    Name,
    Number,
    converted,
    probability,
    seconds,
    speaker,
)


class _Word(msgspec.Struct):
    """A word; WhisperX gives `score`, faster-whisper `probability`; one that could not be aligned has no times."""

    word: str | int | float
    start: Number | None = None
    end: Number | None = None
    score: float | None = None
    probability: float | None = None


class _Segment(msgspec.Struct):
    text: str
    start: Number
    end: Number
    speaker: Name = None
    words: list[_Word] | None = None


class _Document(msgspec.Struct):
    segments: list[_Segment]


def _fits(document: Document) -> bool:
    return isinstance(document.json, dict) and isinstance(document.json.get("segments"), list)


def _read(document: Document) -> Sequence[Line]:
    lines = []
    for number, segment in enumerate(converted(document.json, _Document).segments):
        lines.append(_line(segment, f"$.segments[{number}]"))
    return lines


def _line(segment: _Segment, place: str) -> Line:
    start = seconds(segment.start, f"{place}.start")
    end = seconds(segment.end, f"{place}.end")
    words = _words(segment, place)
    return Line(speaker(segment.speaker), segment.text.strip(), start, end, words)


def _words(segment: _Segment, place: str) -> tuple[Word, ...]:
    """The words of a segment if all of them have times, else none."""
    words = []
    for number, word in enumerate(segment.words or ()):
        if word.start is None or word.end is None:
            return ()
        at = f"{place}.words[{number}]"
        start = seconds(word.start, f"{at}.start")
        end = seconds(word.end, f"{at}.end")
        text = str(word.word).strip()
        words.append(Word(text, start, max(start, end), _sureness(word)))
    return tuple(words)


def _sureness(word: _Word) -> float:
    """How sure the recogniser is, 0–1; 1 where it does not say."""
    if word.score is not None:
        return probability(word.score)
    if word.probability is not None:
        return probability(word.probability)
    return 1.0


FORMAT = Format("whisperx", frozenset((".json",)), _read, _fits)
