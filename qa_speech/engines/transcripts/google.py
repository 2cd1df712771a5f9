"""Google Cloud Speech-to-Text, v1 and v2: ``results`` with ``alternatives``, times as ``"1.300s"``.

Shape as the references of both versions document ``SpeechRecognitionResult`` (``channelTag`` counts from 1; ``startTime``,
``speakerTag`` in v1, ``startOffset``, ``speakerLabel`` in v2), alone, in ``response`` of a finished operation, or by
file in the answer to a batch; keys in ``camelCase`` or ``snake_case``. With v1 and
speakers the last result repeats all words, with their speakers: then it alone counts.
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
    inside,
    is_object_with,
    lines_of,
    moment,
    probability,
    speaker,
)
from qa_speech.errors import problem


class _Word(msgspec.Struct, rename="camel"):
    word: str
    start_time: Number | None = None
    end_time: Number | None = None
    start_offset: Number | None = None
    end_offset: Number | None = None
    confidence: Number | None = None
    speaker_tag: Name = None
    speaker_label: Name = None


class _Alternative(msgspec.Struct):
    transcript: str = ""
    confidence: Number | None = None
    words: list[_Word] = []


class _Result(msgspec.Struct, rename="camel"):
    alternatives: list[_Alternative] = []
    channel_tag: int | None = None


_BESIDE = frozenset(("totalBilledTime", "totalBilledDuration", "requestId", "speechAdaptationInfo", "metadata"))
"""What an answer has beside its results."""


def _results_of(document: Document) -> object:
    found = inside(document.json, "response")
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, dict):
        return results
    files = list(results.values())  # v2 answers a batch with an object: file → what was recognised in it
    if len(files) != 1:
        return None
    inner = inside(files[0], "inlineResult", "inline_result", "transcript")
    return inner.get("results") if isinstance(inner, dict) else None


def _camel(document: object) -> object:
    """JSON whose keys are ``startTime``; Google's own client for Python writes ``start_time``."""
    if isinstance(document, list):
        return [_camel(value) for value in document]
    if not isinstance(document, dict):
        return document
    found = {}
    for name, value in document.items():
        first, *others = name.split("_")
        found[first + "".join(part.capitalize() for part in others)] = _camel(value)
    return found


def _fits(document: Document) -> bool:
    results = _results_of(document)
    if not isinstance(results, list):
        return False
    if not results:
        return bool(document.json.keys() & _BESIDE)
    known = all(isinstance(result, dict) for result in results)
    of_google = any(is_object_with(result, "alternatives") for result in results)
    return known and of_google


def _read(document: Document) -> Sequence[Line]:
    given = converted(_camel(_results_of(document)), list[_Result], "$.results")
    results = [result for result in given if result.alternatives]
    if not results:
        raise MalformedError(problem("$.results: an answer without a result (nothing was said)"))
    tagged = [result for result in results if _has_speakers(result)]
    if tagged and all(result.channel_tag is None for result in results):
        results = tagged[-1:] if _repeats(tagged[-1], results) else results
    several = len({result.channel_tag for result in results}) > 1
    lines: list[Line] = []
    for result in results:
        channel = result.channel_tag if several else None
        lines += _lines(result.alternatives[0], channel)
    return lines


def _has_speakers(result: _Result) -> bool:
    return any(_name(word) for word in result.alternatives[0].words)


def _repeats(last: _Result, results: Sequence[_Result]) -> bool:
    """Whether the last result holds all the words of those before it again: it alone names speakers and begins with the first."""
    others = [result for result in results if result is not last]
    if any(_has_speakers(result) for result in others):
        return False
    before = [_word(word, 1.0, None).start or 0.0 for result in others for word in result.alternatives[0].words]
    again = [_word(word, 1.0, None).start or 0.0 for word in last.alternatives[0].words]
    return not before or min(again) <= min(before)


def _lines(best: _Alternative, channel: int | None) -> list[Line]:
    sure = probability(best.confidence or None)  # 0 = not said
    words = [_word(word, sure, channel) for word in best.words]
    if not words:
        return [Line("", best.transcript.strip(), channel=channel, probability=sure)]
    if any(word.speaker for word in words):
        return lines_of(words)
    return [Line("", best.transcript.strip(), words[0].start, words[-1].end, tuple(words), channel, sure)]


def _name(word: _Word) -> str:
    tag = speaker(word.speaker_label) or speaker(word.speaker_tag)
    return "" if tag == "0" else tag


def _word(word: _Word, sure: float, channel: int | None) -> Spoken:
    first = word.start_time if word.start_offset is None else word.start_offset
    last = word.end_time if word.end_offset is None else word.end_offset
    given = probability(word.confidence) if word.confidence else sure
    return Spoken(word.word, _time(first, 0.0), _time(last, None), given, _name(word), channel)


def _time(value: Number | None, missing: float | None) -> float | None:
    """``"1.300s"`` in seconds; a time of 0 is left out of the file."""
    if value is None:
        return missing
    return moment(value.removesuffix("s") if isinstance(value, str) else value)


FORMAT = Format("google", frozenset((".json",)), _read, _fits)
