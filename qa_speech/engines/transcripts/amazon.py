"""Amazon: Transcribe (with speakers or channels), Transcribe Call Analytics and Contact Lens JSON.

Shapes as the developer guides of Amazon Transcribe ("Data input and output") and of Amazon Connect ("Example Contact Lens
output files") document them: ``results.items`` with times in seconds as text; ``Transcript`` with ``BeginOffsetMillis``.
"""

from __future__ import annotations

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
    lines_of,
    moment,
    probability,
    seconds,
    speaker,
)
from qa_speech.errors import problem

_MS = 1000.0

# ---------------------------------------------------------------------------------------------------------- transcribe


class _Alternative(msgspec.Struct):
    content: str
    confidence: Number | None = None


class _Item(msgspec.Struct):
    type: str
    alternatives: list[_Alternative]
    start_time: Number | None = None
    end_time: Number | None = None
    speaker_label: Name = None
    channel_label: Name = None


class _LabelledItem(msgspec.Struct):
    start_time: Number | None = None
    speaker_label: Name = None


class _LabelledSegment(msgspec.Struct):
    items: list[_LabelledItem] = []


class _Labels(msgspec.Struct):
    segments: list[_LabelledSegment] = []


class _Channel(msgspec.Struct):
    channel_label: str
    items: list[_Item]


class _Channels(msgspec.Struct):
    channels: list[_Channel]


class _Results(msgspec.Struct, frozen=True):
    items: list[_Item] = []
    speaker_labels: _Labels | None = None
    channel_labels: _Channels | None = None


class _Job(msgspec.Struct):
    results: _Results = _Results()


def _is_job(document: Document) -> bool:
    results = document.json.get("results") if isinstance(document.json, dict) else None
    is_answer = is_object_with(document.json, "jobName", "status")
    return is_answer or is_object_with(results, "items") or is_object_with(results, "channel_labels")


def _read_job(document: Document) -> Sequence[Line]:
    results = converted(document.json, _Job).results
    if not results.items and results.channel_labels is None:
        raise MalformedError(
            problem("$.results: an answer without a result (still running, failed, or nothing was said)")
        )
    if results.channel_labels is None:
        return lines_of(_words(results.items, None, _speakers(results)))
    lines: list[Line] = []
    for channel in results.channel_labels.channels:
        lines += lines_of(_words(channel.items, _number(channel.channel_label), {}))
    return lines


def _speakers(results: _Results) -> Mapping[str, str]:
    """Start of a word, as written → its speaker, where the words do not carry him themselves."""
    found: dict[str, str] = {}
    labels = results.speaker_labels
    for segment in labels.segments if labels else ():
        for item in segment.items:
            found[str(item.start_time)] = speaker(item.speaker_label)
    return found


def _words(items: Sequence[_Item], channel: int | None, speakers: Mapping[str, str]) -> Iterator[Spoken]:
    """Words with the punctuation that follows them."""
    pending: Spoken | None = None
    for item in items:
        if not item.alternatives:
            continue
        best = item.alternatives[0]
        if item.type == "punctuation" and pending is not None:
            pending = _with_sign(pending, best.content)
            continue
        if pending is not None:
            yield pending
        name = speaker(item.speaker_label) or speakers.get(str(item.start_time), "")
        number = channel
        if number is None and item.channel_label is not None:
            number = _number(speaker(item.channel_label))
        sure = probability(best.confidence)
        pending = Spoken(best.content, moment(item.start_time), moment(item.end_time), sure, name, number)
    if pending is not None:
        yield pending


def _with_sign(word: Spoken, sign: str) -> Spoken:
    """The word with a sign behind it."""
    return Spoken(word.text + sign, word.start, word.end, word.probability, word.speaker, word.channel)


def _number(label: str) -> int | None:
    """``ch_0`` is the first channel."""
    digits = label.rpartition("_")[2]
    return int(digits) + 1 if digits.isdecimal() and len(digits) < 3 else None


JOB = Format("amazon_transcribe", frozenset((".json",)), _read_job, _is_job)

# -------------------------------------------------------------------------------------------------------- contact lens


class _Said(msgspec.Struct, rename="pascal"):
    content: str
    begin_offset_millis: Number
    end_offset_millis: Number
    participant_role: Name = None
    participant_id: Name = None
    items: list[_SaidWord] = []


class _SaidWord(msgspec.Struct, rename="pascal"):
    content: str
    begin_offset_millis: Number | None = None
    end_offset_millis: Number | None = None
    confidence: Number | None = None


class _Participant(msgspec.Struct, rename="pascal"):
    participant_id: Name = None
    participant_role: Name = None


class _Contact(msgspec.Struct, rename="pascal"):
    transcript: list[_Said]
    participants: list[_Participant] = []


def _is_contact(document: Document) -> bool:
    if not isinstance(document.json, dict):
        return False
    said = document.json.get("Transcript")
    return isinstance(said, list) and all(is_object_with(line, "Content", "BeginOffsetMillis") for line in said)


def _read_contact(document: Document) -> Sequence[Line]:
    contact = converted(document.json, _Contact)
    roles = {speaker(one.participant_id): speaker(one.participant_role) for one in contact.participants}
    lines = []
    for number, said in enumerate(contact.transcript):
        place = f"$.Transcript[{number}]"
        start = seconds(said.begin_offset_millis, f"{place}.BeginOffsetMillis", per_second=_MS)
        end = seconds(said.end_offset_millis, f"{place}.EndOffsetMillis", per_second=_MS)
        known = speaker(said.participant_role) or roles.get(speaker(said.participant_id), "")
        name = known or speaker(said.participant_id)
        lines.append(Line(name, said.content.strip(), start, end, _items(said.items)))
    if not lines:
        raise MalformedError(problem("$.Transcript: empty"))
    return lines


def _items(items: Sequence[_SaidWord]) -> tuple[Spoken, ...]:
    words: list[Spoken] = []
    for item in items:
        if item.begin_offset_millis is None and words:
            words[-1] = _with_sign(words[-1], item.content)
            continue
        start = moment(item.begin_offset_millis, per_second=_MS)
        end = moment(item.end_offset_millis, per_second=_MS)
        words.append(Spoken(item.content, start, end, probability(item.confidence)))
    return tuple(words)


CONTACT = Format("amazon_contact_lens", frozenset((".json",)), _read_contact, _is_contact)
