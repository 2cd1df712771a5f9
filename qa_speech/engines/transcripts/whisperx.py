"""WhisperX and faster-whisper JSON: ``{"segments": [{"text", "start", "end", "speaker", "words": […]}]}``, seconds."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from qa_speech.call import Word
from qa_speech.engines.transcripts.base import Document, Format, Line, converted, probability, seconds


class _Word(msgspec.Struct):
    """A word; WhisperX gives `score`, faster-whisper `probability`; one that could not be aligned has no times."""

    word: str | int | float
    start: float | str | None = None
    end: float | str | None = None
    score: float | None = None
    probability: float | None = None


class _Segment(msgspec.Struct):
    text: str
    start: float | str
    end: float | str
    speaker: str | int | None = ""
    words: list[_Word] | None = None


class _Document(msgspec.Struct):
    segments: list[_Segment]


def _fits(document: Document) -> bool:
    return isinstance(document.json, dict) and isinstance(document.json.get("segments"), list)


def _read(document: Document) -> Sequence[Line]:
    segments = converted(document.json, _Document).segments
    return [_line(segment, f"$.segments[{number}]") for number, segment in enumerate(segments)]


def _line(segment: _Segment, place: str) -> Line:
    start = seconds(segment.start, f"{place}.start")
    end = seconds(segment.end, f"{place}.end")
    speaker = "" if segment.speaker is None else str(segment.speaker)
    return Line(speaker, segment.text.strip(), start, end, _words(segment, place))


def _words(segment: _Segment, place: str) -> tuple[Word, ...]:
    """The words of a segment if all of them have times, else none."""
    words = []
    for number, word in enumerate(segment.words or ()):
        if word.start is None or word.end is None:
            return ()
        start = seconds(word.start, f"{place}.words[{number}].start")
        end = max(start, seconds(word.end, f"{place}.words[{number}].end"))
        words.append(Word(str(word.word).strip(), start, end, _sureness(word)))
    return tuple(words)


def _sureness(word: _Word) -> float:
    if word.score is not None:
        return probability(word.score)
    return 1.0 if word.probability is None else probability(word.probability)


FORMAT = Format("whisperx", frozenset((".json",)), _read, _fits)
