"""Aliyun: 录音文件识别 (``Sentences``), DashScope Paraformer (``transcripts``) and 通义听悟 (``Paragraphs``), all in ms.

Shapes as help.aliyun.com documents them: answer of GetTaskResult of 智能语音交互, result file of the Paraformer and Fun-ASR
models of 百炼, 语音转写 of 听悟. Channels count from 0; a channel is told where there is more than one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

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
    lines_of,
    moment,
    seconds,
    speaker,
)
from qa_speech.errors import problem

_MS = 1000.0


def _several(channels: Sequence[int | None]) -> bool:
    return len(set(channels)) > 1


def _channel(number: int | None, several: bool) -> int | None:
    return None if number is None or not several else number + 1


# -------------------------------------------------------------------------------------------------------- 录音文件识别


class _Sentence(msgspec.Struct, rename="pascal"):
    text: str
    begin_time: Number
    end_time: Number
    channel_id: int | None = None
    speaker_id: Name = None


class _Word(msgspec.Struct, rename="pascal"):
    word: str
    begin_time: Number | None = None
    end_time: Number | None = None
    channel_id: int | None = None


class _Result(msgspec.Struct, rename="pascal"):
    sentences: list[_Sentence]
    words: list[_Word] = []


def _result_of(document: Document) -> object:
    if not isinstance(document.json, dict):
        return None
    result = document.json.get("Result", document.json)
    if isinstance(result, str) and result.lstrip().startswith("{"):
        return _decoded(result)
    return result


def _decoded(text: str) -> object:
    """JSON that stands as text in JSON; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_filetrans(document: Document) -> bool:
    return is_object_with(_result_of(document), "Sentences") or is_object_with(document.json, "StatusText")


def _read_filetrans(document: Document) -> Sequence[Line]:
    if not is_object_with(_result_of(document), "Sentences"):
        raise MalformedError(
            problem("$.StatusText: an answer without a result (still running, failed, or nothing was said)")
        )
    result = converted(_result_of(document), _Result, "$.Result")
    several = _several([sentence.channel_id for sentence in result.sentences])
    words = {channel: iter(given) for channel, given in _by_channel(result.words).items()}
    lines = []
    ahead: dict[int | None, _Word | None] = {}
    for number, sentence in enumerate(result.sentences):
        place = f"$.Result.Sentences[{number}]"
        start = seconds(sentence.begin_time, f"{place}.BeginTime", per_second=_MS)
        end = seconds(sentence.end_time, f"{place}.EndTime", per_second=_MS)
        own = _until(end, sentence.channel_id, words, ahead)
        channel = _channel(sentence.channel_id, several)
        lines.append(Line(speaker(sentence.speaker_id), sentence.text.strip(), start, end, tuple(own), channel))
    return lines


def _by_channel(words: Sequence[_Word]) -> dict[int | None, list[_Word]]:
    found: dict[int | None, list[_Word]] = {}
    for word in words:
        found.setdefault(word.channel_id, []).append(word)
    return found


def _until(
    end_s: float, channel: int | None, words: dict[int | None, Iterator[_Word]], ahead: dict[int | None, _Word | None]
) -> list[Spoken]:
    """The next words of a channel that begin before a moment (s)."""
    source = words.get(channel)
    own: list[Spoken] = []
    if source is None:
        return own
    word = ahead.pop(channel, None) or next(source, None)
    while word is not None:
        start = moment(word.begin_time, per_second=_MS)
        if start is not None and start >= end_s:
            ahead[channel] = word
            break
        own.append(Spoken(word.word, start, moment(word.end_time, per_second=_MS)))
        word = next(source, None)
    return own


FILETRANS = Format("aliyun", frozenset((".json",)), _read_filetrans, _is_filetrans)

# ----------------------------------------------------------------------------------------------------------- Paraformer


class _ParaformerWord(msgspec.Struct):
    text: str
    begin_time: Number | None = None
    end_time: Number | None = None
    punctuation: str | None = None


class _ParaformerSentence(msgspec.Struct):
    text: str
    begin_time: Number
    end_time: Number
    speaker_id: Name = None
    words: list[_ParaformerWord] = []


class _Transcript(msgspec.Struct):
    sentences: list[_ParaformerSentence]
    channel_id: int | None = None


class _Paraformer(msgspec.Struct):
    transcripts: list[_Transcript]


def _is_paraformer(document: Document) -> bool:
    given = document.json.get("transcripts") if isinstance(document.json, dict) else None
    return isinstance(given, list) and bool(given) and all(is_object_with(one, "sentences") for one in given)


def _read_paraformer(document: Document) -> Sequence[Line]:
    transcripts = converted(document.json, _Paraformer).transcripts
    several = _several([one.channel_id for one in transcripts])
    lines = []
    for at, transcript in enumerate(transcripts):
        channel = _channel(transcript.channel_id, several)
        for number, sentence in enumerate(transcript.sentences):
            lines.append(_paraformer_line(sentence, channel, f"$.transcripts[{at}].sentences[{number}]"))
    return lines


def _paraformer_line(sentence: _ParaformerSentence, channel: int | None, place: str) -> Line:
    start = seconds(sentence.begin_time, f"{place}.begin_time", per_second=_MS)
    end = seconds(sentence.end_time, f"{place}.end_time", per_second=_MS)
    words = []
    for word in sentence.words:
        first, last = moment(word.begin_time, per_second=_MS), moment(word.end_time, per_second=_MS)
        words.append(Spoken(word.text + (word.punctuation or ""), first, last))
    return Line(speaker(sentence.speaker_id), sentence.text.strip(), start, end, tuple(words), channel)


PARAFORMER = Format("aliyun_paraformer", frozenset((".json",)), _read_paraformer, _is_paraformer)

# -------------------------------------------------------------------------------------------------------------- 听悟


class _TingwuWord(msgspec.Struct, rename="pascal"):
    text: str
    start: Number | None = None
    end: Number | None = None


class _Paragraph(msgspec.Struct, rename="pascal"):
    words: list[_TingwuWord]
    speaker_id: Name = None


class _Tingwu(msgspec.Struct, rename="pascal"):
    paragraphs: list[_Paragraph]


def _transcription_of(document: Document) -> object:
    if not isinstance(document.json, dict):
        return None
    return document.json.get("Transcription", document.json)


def _is_tingwu(document: Document) -> bool:
    return is_object_with(_transcription_of(document), "Paragraphs")


def _read_tingwu(document: Document) -> Sequence[Line]:
    paragraphs = converted(_transcription_of(document), _Tingwu, "$.Transcription").paragraphs
    words = []
    for paragraph in paragraphs:
        for word in paragraph.words:
            start, end = moment(word.start, per_second=_MS), moment(word.end, per_second=_MS)
            words.append(Spoken(word.text, start, end, speaker=speaker(paragraph.speaker_id)))
    if not words:
        raise MalformedError(problem("$.Transcription.Paragraphs: no words"))
    return lines_of(words)


TINGWU = Format("aliyun_tingwu", frozenset((".json",)), _read_tingwu, _is_tingwu)
