"""JSON of the Whisper family: ``{"segments": [{"text", "start", "end", "speaker", "words": […]}]}``, seconds.

Shapes as WhisperX (``score`` and ``speaker`` of each word; one that could not be aligned has no times), faster-whisper and
openai-whisper (``probability``, ``avg_logprob``, ``no_speech_prob``) and the speech-to-text reference of OpenAI
(``verbose_json``: words stand beside the segments; ``diarized_json``: ``speaker``) document and write them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from math import exp

import msgspec

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    Name,
    Number,
    Spoken,
    attributed,
    converted,
    is_object_with,
    lines_of,
    moment,
    probability,
    seconds,
    speaker,
)
from qa_speech.engines.transcripts.matching import cut_like, without_gaps


class _Word(msgspec.Struct):
    word: str | int | float | None = None
    text: str | None = None
    start: Number | None = None
    end: Number | None = None
    score: Number | None = None
    probability: Number | None = None
    confidence: Number | None = None
    speaker: Name = None


class _Segment(msgspec.Struct):
    text: str
    start: Number
    end: Number
    speaker: Name = None
    words: list[_Word] | None = None
    avg_logprob: float | None = None
    no_speech_prob: float | None = None


class _Document(msgspec.Struct):
    segments: list[_Segment]
    words: list[_Word] | None = None


class _TextAlone(msgspec.Struct):
    text: str
    words: list[_Word] | None = None


_BESIDE_TEXT = frozenset(("text", "task", "language", "duration", "usage", "logprobs", "words"))
"""What the answer of OpenAI without segments has beside its text."""


def _fits(document: Document) -> bool:
    if not isinstance(document.json, dict):
        return False
    if "segments" in document.json:
        segments = document.json["segments"]
        if not isinstance(segments, list):
            return False
        return not segments or any(is_object_with(one, "text") for one in segments)
    return "text" in document.json and document.json.keys() <= _BESIDE_TEXT


def _read(document: Document) -> Sequence[Line]:
    if "segments" not in document.json:
        whole = converted(document.json, _TextAlone)
        if whole.words:
            return _without_segments(whole.text, whole.words)
        return [Line("", without_gaps(whole.text))]
    found = converted(document.json, _Document)
    lines = [_line(segment, f"$.segments[{number}]") for number, segment in enumerate(found.segments)]
    if found.words and not any(line.words for line in lines):
        lines = _shared_out(found.words, lines)
    divided: list[Line] = []
    for line in lines:
        divided += _by_speaker(line)
    return divided


def _without_segments(text: str, given: Sequence[_Word]) -> list[Line]:
    """Words that no segment holds, as lines with the punctuation of the whole text."""
    lines = lines_of([_word(word, 1.0) for word in given])
    texts = cut_like(text, [line.text for line in lines])
    said = []
    for line, own in zip(lines, texts, strict=True):
        said.append(replace(line, text=own.strip()))
    return said


def _line(segment: _Segment, place: str) -> Line:
    start = seconds(segment.start, f"{place}.start")
    end = seconds(segment.end, f"{place}.end")
    sure = _overall(segment.avg_logprob)
    words = tuple(_word(word, sure) for word in segment.words or ())
    no_speech = None if segment.no_speech_prob is None else probability(segment.no_speech_prob)
    return Line(speaker(segment.speaker), segment.text.strip(), start, end, words, None, sure, no_speech)


def _overall(log_probability: float | None) -> float:
    """Probability (0–1) of a word by the mean of the logarithms over its segment."""
    if log_probability is None:
        return 1.0
    return probability(exp(min(0.0, log_probability)))


def _word(word: _Word, sure: float) -> Spoken:
    text = word.text if word.word is None else str(word.word)
    figures = (word.score, word.probability, word.confidence)
    given = next((figure for figure in figures if figure is not None), sure)
    return Spoken(text or "", moment(word.start), moment(word.end), probability(given), speaker(word.speaker))


def _shared_out(words: Iterable[_Word], lines: Sequence[Line]) -> list[Line]:
    """Lines with the words that stand beside them in the file, each given to the line in which it begins."""
    starts = [line.start or 0.0 for line in lines]
    held: list[list[Spoken]] = [[] for _ in lines]
    place = 0
    for given in words:
        word = _word(given, 1.0)
        if word.start is not None:
            place = max(0, bisect_right(starts, word.start + 1e-6) - 1)
        if lines:
            held[place].append(word)
    return [_with_words(line, found) for line, found in zip(lines, held, strict=True)]


def _with_words(line: Line, words: Sequence[Spoken]) -> Line:
    sure = line.probability
    worded = [replace(word, probability=sure) for word in words]
    return replace(line, words=tuple(worded))


def _by_speaker(line: Line) -> list[Line]:
    """A segment divided where its words have another speaker; one whose words have none has that of the segment."""
    words = attributed(line.words)
    names = {word.speaker for word in words if word.speaker}
    if not names:
        return [line]
    if len(names) == 1:
        return [replace(line, speaker=words[0].speaker, words=tuple(words))]
    runs = [tuple(run) for _, run in groupby(words, key=lambda word: word.speaker)]
    texts = cut_like(line.text, ["".join(word.text for word in run) for run in runs])
    return [_part(run, text, line) for run, text in zip(runs, texts, strict=True)]


def _part(words: tuple[Spoken, ...], text: str, line: Line) -> Line:
    """What one speaker says of a segment; its times are those of its words."""
    starts = [word.start for word in words if word.start is not None]
    ends = [word.end for word in words if word.end is not None]
    start, end = (min(starts), max(ends)) if starts and ends else (None, None)
    return replace(line, speaker=words[0].speaker, text=text.strip(), start=start, end=end, words=words)


FORMAT = Format("whisperx", frozenset((".json",)), _read, _fits)
