"""A call without what identifies the customer: its text, its evidence, its sound, and the list of what was masked and why.

    report            13800138000 in text, words, quotes, details, metadata
    masked(report)    [电话] everywhere; the same figures and scores
    hidden(call)      the stretches of sound to mask, on both channels

What counts as identifying is defined in `language.identifiers`. An utterance that holds an identifier but has no word
times is masked whole. A call without any recognised words cannot be searched: `hidden` says so by None, and whoever
plays its sound has to decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from qa_speech.call import Call, CallReport, CriterionScore, Evidence, Measurement, Role, StrayWord, Utterance, Word
from qa_speech.language.phrases import span_time
from qa_speech.privacy.identifiers import Found, find_identifiers, find_in_text, mask_text, put_placeholders
from qa_speech.privacy.numerals import Kind
from qa_speech.timeline import Segment, Timeline
from qa_speech.wording.lang import Lang

WHOLE_UTTERANCE = "whole_utterance"
"""Reason code beside that of the identifier: there were no word times, so all of the utterance is masked."""
SHORTEST_SHARED = 3
"""Characters of an identifier that are masked wherever else in a report they stand."""


class Masked(msgspec.Struct, frozen=True):
    """One line of the list of what was masked: never the value itself.

    `kind` is that of `language.identifiers`, or ``unrecognised``; `characters` counts what the placeholder stands for;
    `whole` = the utterance was masked whole.
    """

    call_id: str
    role: Role
    utterance: int
    start: float
    end: float
    kind: str
    reason: str
    characters: int
    whole: bool
    identifier: int


def find(call: Call) -> tuple[Masked, ...]:
    """What is masked in a call, with its time and the reason code, by start.

    An utterance nobody recognised in a call that was recognised otherwise may hold anything: it is masked whole.

    >>> from qa_speech.testing import make_call
    >>> [(item.kind, item.start, item.end) for item in find(make_call("customer@0-13: 电话13800138000"))]
    [('phone', 2.0, 13.0)]
    """
    found = [_line(call, item) for item in find_identifiers(call.utterances)]
    last = len({item.identifier for item in found})
    unknown = [index for index, item in enumerate(call.utterances) if item.text is None]
    if len(unknown) < len(call.utterances):
        found += [_unrecognised(call, index, last + number) for number, index in enumerate(unknown)]
    return tuple(sorted(found, key=lambda item: (item.start, item.utterance)))


def _unrecognised(call: Call, index: int, identifier: int) -> Masked:
    one = call.utterances[index]
    return Masked(call.id, one.role, index, one.start, one.end, "unrecognised", "not_recognised", 0, True, identifier)


def _line(call: Call, item: Found) -> Masked:
    utterance = call.utterances[item.utterance]
    whole = not _timed(utterance)
    start, end = (utterance.start, utterance.end) if whole else span_time(utterance, item.start, item.end)[:2]
    return Masked(
        call.id, utterance.role, item.utterance, start, max(end, start), item.kind, item.reason, item.end - item.start,
        whole, item.identifier,
    )  # fmt: skip


def _timed(utterance: Utterance) -> bool:
    """Whether words with times tell where in an utterance something was said."""
    spoken = re.sub(r"[\W_]+", "", utterance.text or "")
    worded = re.sub(r"[\W_]+", "", "".join(word.text for word in utterance.words))
    return bool(worded) and worded.lower() == spoken.lower() and any(word.end > word.start for word in utterance.words)


def hidden(call: Call) -> Timeline | None:
    """The stretches of sound that hold identifiers, without padding; None where the words or their times are unknown.

    >>> from qa_speech.testing import make_call
    >>> hidden(make_call("customer@0-13: 电话13800138000"))
    Timeline([(2, 13)])
    """
    if call.times == "nominal" or not any(item.text is not None for item in call.utterances):
        return None
    spans = [(item.start, item.end) for item in find(call) if item.end > item.start]
    spans += [
        (one.word.start, one.word.end) for one in call.stray if _digits(one.word.text) and one.word.end > one.word.start
    ]
    return Timeline(Segment(*span) for span in spans)


def _digits(text: str) -> bool:
    return re.search(r"[0-9０-９零〇一二三四五六七八九幺]", text) is not None


# ------------------------------------------------------------------------------------------------ text


def masked(report: CallReport, *, lang: Lang = "zh") -> CallReport:
    """A report in which every identifier is a typed placeholder: utterances, words, quotes, details, metadata.

    Figures, times and scores stay. The id and the path stay too: they are the keys of the result, not its words.

    >>> from qa_speech.testing import make_call
    >>> found = masked(CallReport(make_call("customer: 电话13800138000谢谢"))).call.utterances[0]
    >>> found.text, [word.text for word in found.words]
    ('电话[电话]谢谢', ['电', '话', '[电话]', '谢', '谢'])
    """
    call = report.call
    found = find_identifiers(call.utterances)
    places: dict[int, list[tuple[int, int, Kind]]] = {}
    for item in found:
        places.setdefault(item.utterance, []).append((item.start, item.end, item.kind))
    secrets = _secrets(call, found)
    hide = _Hide(call, places, secrets, lang)
    return msgspec.structs.replace(
        report,
        call=_masked_call(call, places, hide, lang),
        measurements={name: hide.measurement(item) for name, item in report.measurements.items()},
        score=None
        if report.score is None
        else msgspec.structs.replace(report.score, criteria=tuple(map(hide.criterion, report.score.criteria))),
    )


NOT_SEARCHED: Mapping[Lang, str] = {
    "zh": "没有转写，录音里的客户信息未遮蔽，请勿外放",
    "en": "not recognised: customers' data in the sound is not masked, do not play it to others",
}


def for_people(report: CallReport, *, lang: Lang = "zh") -> CallReport:
    """`masked`, with a warning on a call whose sound could not be searched.

    >>> from qa_speech.testing import make_call
    >>> for_people(CallReport(make_call(agent=[(0, 2)])), lang="en").call.warnings[0][:15]
    'not recognised:'
    """
    shown = masked(report, lang=lang)
    if report.call.recording.layout == "none" or hidden(report.call) is not None:
        return shown
    call = msgspec.structs.replace(shown.call, warnings=(*shown.call.warnings, NOT_SEARCHED[lang]))
    return msgspec.structs.replace(shown, call=call)


def _secrets(call: Call, found: Sequence[Found]) -> list[tuple[str, Kind]]:
    """What was found, longest first, to be hidden wherever else it stands."""
    texts = {((call.utterances[item.utterance].text or "")[item.start : item.end], item.kind) for item in found}
    return sorted((one for one in texts if len(one[0]) >= SHORTEST_SHARED), key=lambda one: (-len(one[0]), one))


class _Hide:
    """Masks the strings of a report that repeat words of the call."""

    def __init__(
        self,
        call: Call,
        places: Mapping[int, list[tuple[int, int, Kind]]],
        secrets: Sequence[tuple[str, Kind]],
        lang: Lang,
    ) -> None:
        self.call, self.places, self.secrets, self.lang = call, places, secrets, lang

    def text(self, text: str) -> str:
        """A string of unknown origin: whatever was found in the call, then whatever looks like an identifier."""
        for secret, kind in self.secrets:
            if secret in text:
                text = text.replace(secret, put_placeholders(secret, [(0, len(secret), kind)], self.lang))
        return mask_text(text, self.lang) if text else text

    def evidence(self, item: Evidence) -> Evidence:
        """A quote is cut out of the masked utterance where it stands in it; else it is masked as a string."""
        if not item.quote:
            return item
        quote = self._from_utterance(item) or self.text(item.quote)
        return msgspec.structs.replace(item, quote=quote, note=self.text(item.note))

    def _from_utterance(self, item: Evidence) -> str:
        if item.utterance is None or item.utterance >= len(self.call.utterances):
            return ""
        text = self.call.utterances[item.utterance].text or ""
        at = text.find(item.quote)
        if at < 0 or text.count(item.quote) > 1:
            return ""
        end = at + len(item.quote)
        inside = [
            (max(start, at) - at, min(stop, end) - at, kind)
            for start, stop, kind in self.places.get(item.utterance, ())
            if start < end and at < stop
        ]
        return put_placeholders(item.quote, inside, self.lang)

    def measurement(self, item: Measurement) -> Measurement:
        """Its evidence masked."""
        return (
            msgspec.structs.replace(item, evidence=tuple(map(self.evidence, item.evidence))) if item.evidence else item
        )

    def criterion(self, item: CriterionScore) -> CriterionScore:
        """Its evidence and details masked."""
        detail: dict[str, Any] = {
            key: self.text(one) if isinstance(one, str) else one for key, one in item.detail.items()
        }
        return msgspec.structs.replace(item, evidence=tuple(map(self.evidence, item.evidence)), detail=detail)


def _masked_call(call: Call, places: Mapping[int, list[tuple[int, int, Kind]]], hide: _Hide, lang: Lang) -> Call:
    recording = call.recording
    metadata = {key: hide.text(value) for key, value in recording.metadata.items()}
    return msgspec.structs.replace(
        call,
        recording=msgspec.structs.replace(recording, metadata=metadata),
        utterances=tuple(
            _masked_utterance(one, places.get(index, ()), lang) for index, one in enumerate(call.utterances)
        ),
        stray=tuple(_masked_stray(one) for one in call.stray),
        warnings=tuple(map(hide.text, call.warnings)),
    )


def _masked_stray(one: StrayWord) -> StrayWord:
    """A word outside all utterances may be a piece of a number."""
    return (
        msgspec.structs.replace(one, word=msgspec.structs.replace(one.word, text="*"))
        if _digits(one.word.text)
        else one
    )


def _masked_utterance(utterance: Utterance, places: Sequence[tuple[int, int, Kind]], lang: Lang) -> Utterance:
    if not places:
        return utterance
    text = utterance.text or ""
    masked_text = put_placeholders(text, places, lang)
    if not _timed(utterance):
        return msgspec.structs.replace(utterance, text=masked_text, words=())
    words = list(utterance.words)
    for start, end, kind in reversed(places):
        first, last = _words_in(utterance, start, end)
        placeholder = put_placeholders("-", [(0, 1, kind)], lang)
        words[first:last] = [Word(placeholder, words[first].start, max(word.end for word in words[first:last]))]
    return msgspec.structs.replace(utterance, text=masked_text, words=tuple(words))


def _words_in(utterance: Utterance, start: int, end: int) -> tuple[int, int]:
    """Indices of the words that hold any character of ``text[start:end]``; half-open, never empty."""
    text = utterance.text or ""
    before = len(re.sub(r"[\W_]+", "", text[:start]))
    inside = max(1, len(re.sub(r"[\W_]+", "", text[start:end])))
    at, first, last = 0, None, 0
    for index, word in enumerate(utterance.words):
        size = len(re.sub(r"[\W_]+", "", word.text))
        if size and at < before + inside and at + size > before:
            first = index if first is None else first
            last = index + 1
        at += size
    return (first, last) if first is not None else (0, len(utterance.words))


def masked_id(call_id: str, lang: Lang = "zh") -> str:
    """An id for people who must not know the customer: file names often hold the caller's number.

    >>> masked_id("20260105_13800138000_1001.wav"), masked_id("2026-01-05/0117.wav")
    ('20260105_[电话]_1001.wav', '2026-01-05/0117.wav')
    """
    places = [
        (match.start(), match.end(), found[0].kind)
        for match in re.finditer(r"(?<!\d)\d{11,19}[Xx]?(?![\dXx])", call_id)
        if (found := find_in_text(match.group()))
    ]
    return put_placeholders(call_id, places, lang)
