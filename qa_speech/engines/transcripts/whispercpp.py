"""whisper.cpp JSON (``-oj``, ``-ojf``): ``transcription`` with ``offsets`` in ms, ``text``, ``tokens``, maybe ``speaker``.

Shape as ``examples/cli`` of whisper.cpp writes it. With ``-di`` on a two-channel recording `speaker` is the louder channel,
``0`` or ``1``, and ``?`` where neither is louder: so it is read as a channel, ``?`` as nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    Name,
    Number,
    Spoken,
    converted,
    is_object_with,
    moment,
    probability,
    seconds,
    speaker,
)
from qa_speech.engines.transcripts.matching import letters
from qa_speech.engines.transcripts.speakers import speaker_of

_MS = 1000.0
_CHANNELS = {"0": 1, "1": 2}


class _Offsets(msgspec.Struct, rename={"start": "from", "end": "to"}):
    start: Number
    end: Number


class _Token(msgspec.Struct):
    text: str
    offsets: _Offsets | None = None
    p: Number | None = None


class _Segment(msgspec.Struct):
    offsets: _Offsets
    text: str
    speaker: Name = None
    tokens: list[_Token] = []


class _Document(msgspec.Struct):
    transcription: list[_Segment]


def _fits(document: Document) -> bool:
    return is_object_with(document.json, "transcription") and isinstance(document.json["transcription"], list)


def _read(document: Document) -> Sequence[Line]:
    lines = []
    for number, segment in enumerate(converted(document.json, _Document).transcription):
        place = f"$.transcription[{number}].offsets"
        start = seconds(segment.offsets.start, f"{place}.from", per_second=_MS)
        end = seconds(segment.offsets.end, f"{place}.to", per_second=_MS)
        name, text = speaker_of(segment.text.strip())
        name = speaker(segment.speaker) or name
        name = "" if name == "?" else name
        channel = _CHANNELS.get(name)
        words = _words(segment.tokens, text)
        lines.append(Line("" if channel else name, text, start, end, words, channel))
    return lines


def _words(tokens: Sequence[_Token], text: str) -> tuple[Spoken, ...]:
    """The tokens that are text; none where they hold pieces of characters, which are no words."""
    words = []
    for token in tokens:
        if token.text.startswith("[_") or not token.text.strip():
            continue
        start, end = None, None
        if token.offsets is not None:
            start = moment(token.offsets.start, per_second=_MS)
            end = moment(token.offsets.end, per_second=_MS)
        words.append(Spoken(token.text, start, end, probability(token.p)))
    if letters("".join([word.text for word in words])) != letters(text):
        return ()
    return tuple(words)


FORMAT = Format("whisper_cpp", frozenset((".json",)), _read, _fits)
