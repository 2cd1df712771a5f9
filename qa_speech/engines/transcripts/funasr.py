"""FunASR JSON: ``text`` with ``timestamp`` ([[start, end], …] per spoken character, ms) and maybe sentences.

Shapes as the documents of FunASR give them: the list that ``AutoModel`` returns (``sentence_info`` with ``spk``; a sentence
of voice segments has ``sentence`` for ``text``), and the messages of the runtime server (protocol of its websocket:
``timestamp`` is text, sentences are ``stamp_sents`` with ``text_seg``, ``punc``, ``ts_list``). SenseVoice puts tags such as
``<|zh|>`` before each sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

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
    is_object_with,
    moment,
    seconds,
    speaker,
)
from qa_speech.engines.transcripts.matching import units, without_gaps
from qa_speech.errors import problem

Stamp = tuple[Number, Number]
_TAGS = re.compile(r"(?:\s*<\|[^|<>]*\|>)+")
_MS = 1000.0
_FINAL, _PARTIAL = "offline", "online"
"""How the modes of the runtime server's messages end: what is heard at first is said again when a sentence is over."""
_MARKS = ("timestamp", "timestamps", "sentence_info", "stamp_sents", "key", "wav_name")
"""Keys that no other format has beside ``text``."""


class _Sentence(msgspec.Struct):
    start: Number
    end: Number
    text: str = ""
    sentence: str = ""
    text_seg: str = ""
    punc: str = ""
    timestamp: list[Stamp] | None = None
    ts_list: list[Stamp] | None = None
    spk: Name = None

    @property
    def said(self) -> str:
        """Its text, by whichever name, with its punctuation."""
        if self.text_seg:
            return without_gaps(self.text_seg) + self.punc
        return self.text or self.sentence


class _Entry(msgspec.Struct):
    text: str
    key: Name = None
    wav_name: Name = None
    mode: str = ""
    timestamp: list[Stamp] | str | None = None
    sentence_info: list[_Sentence] | None = None
    stamp_sents: list[_Sentence] | str | None = None
    spk: Name = None


def _fits(document: Document) -> bool:
    entries = document.json if isinstance(document.json, list) else [document.json]
    known = all(is_object_with(entry, "text") for entry in entries)
    return known and any(_is_marked(entry) for entry in entries)


def _is_marked(entry: Mapping[str, object]) -> bool:
    """Whether an object has a key of FunASR; a ``timestamp`` that is one number is that of some list of turns."""
    marks = entry.keys() & set(_MARKS)
    return bool(marks) and not (marks == {"timestamp"} and isinstance(entry["timestamp"], (int, float)))


def _read(document: Document) -> Sequence[Line]:
    if not isinstance(document.json, list):
        return list(_lines(converted(document.json, _Entry), "$"))
    entries = converted(document.json, list[_Entry])
    recordings = {entry.key or entry.wav_name for entry in entries}
    if len(recordings) > 1:
        raise MalformedError(
            problem(
                "$: results of {count} recordings (by key or wav_name); expected one recording a file",
                count=len(recordings),
            )
        )
    has_final = any(entry.mode.endswith(_FINAL) for entry in entries)
    lines: list[Line] = []
    for number, entry in enumerate(entries):
        if has_final and entry.mode.endswith(_PARTIAL):
            continue
        lines += _lines(entry, f"$[{number}]")
    return lines


def _lines(entry: _Entry, place: str) -> Iterator[Line]:
    if entry.sentence_info:
        yield from _sentences(entry.sentence_info, f"{place}.sentence_info")
    elif entry.stamp_sents and not isinstance(entry.stamp_sents, str):
        yield from _sentences(entry.stamp_sents, f"{place}.stamp_sents")
    else:
        stamps = _stamps(entry.timestamp, place)
        if stamps:
            span = (stamps[0][0], stamps[-1][1])
            yield _line(speaker(entry.spk), entry.text, stamps, span, place)
        else:
            yield from _untimed(entry)


def _sentences(sentences: Sequence[_Sentence], place: str) -> Iterator[Line]:
    for number, sentence in enumerate(sentences):
        stamps = sentence.ts_list or sentence.timestamp
        span = (sentence.start, sentence.end)
        yield _line(speaker(sentence.spk), sentence.said, stamps, span, f"{place}[{number}]")


def _untimed(entry: _Entry) -> Iterator[Line]:
    """Text alone; where SenseVoice begins a sentence, a line begins."""
    for text in _TAGS.split(entry.text):
        if text.strip():
            yield Line(speaker(entry.spk), text.strip())


def _stamps(given: list[Stamp] | str | None, place: str) -> list[Stamp]:
    if not isinstance(given, str):
        return given or []
    if not given.strip():
        return []
    try:
        stamps = json.loads(given)
    except (ValueError, RecursionError) as exc:
        raise MalformedError(problem("{place}.timestamp: text that is no list of [start, end]", place=place)) from exc
    return converted(stamps, list[Stamp], f"{place}.timestamp")


def _line(name: str, text: str, stamps: list[Stamp] | None, span: Stamp, place: str) -> Line:
    """A line; its words have the stamps (ms), one pair per spoken character, where their number agrees with the text.

    Where it does not, the line has words without times: that is mended, and said.
    """
    text = _TAGS.sub("", text).strip()
    said = units(text)
    start = seconds(span[0], f"{place}.start", per_second=_MS)
    end = seconds(span[1], f"{place}.end", per_second=_MS)
    words: list[Spoken] = []
    if stamps and len(stamps) == len(said):
        for unit, (first, last) in zip(said, stamps, strict=True):
            words.append(Spoken(unit, moment(first, per_second=_MS), moment(last, per_second=_MS)))
    elif stamps:
        words = [Spoken(unit) for unit in said]
    return Line(name, text, start, end, tuple(words))


FORMAT = Format("funasr", frozenset((".json",)), _read, _fits)
