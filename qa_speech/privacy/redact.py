"""A call without what identifies the customer: its text, its evidence, its sound, and the list of what was masked and why.

    report                          13800138000 in text, words, quotes, details, metadata
    masked(report, placeholders)    [电话] everywhere; the same figures and scores
    masked_places(call)             what was masked, where and why
    hidden(call)                    the stretches of sound to mask, on both channels

What counts as identifying is told by `identifiers_of`; the placeholders are those of whoever shows the call. An utterance
that holds an identifier but has no word times is masked whole. A call without any recognised words cannot be searched:
`hidden` says so by None, and whoever plays its sound has to decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from qa_speech.call import Call, Role, StrayWord, Utterance, Word
from qa_speech.language.phrases import span_time
from qa_speech.privacy.identifiers import Found, find_in_text, identifiers_of, mask_text
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.placeholders import Place, Placeholders, put_placeholders
from qa_speech.scores import CallReport, CriterionScore, Evidence, Measurement
from qa_speech.timeline import Segment, Timeline

SHORTEST_SHARED = 3
"""Characters of an identifier that are masked wherever else in a report they stand."""

_DIGIT = re.compile(r"[0-9０-９零〇一二三四五六七八九幺]")
_SIGNS = re.compile(r"[\W_]+")
_NUMBER_IN_ID = re.compile(r"(?<!\d)\d{11,19}[Xx]?(?![\dXx])")


class MaskedPlace(msgspec.Struct, frozen=True):
    """One line of the list of what was masked: never the value itself. Times in seconds of the call.

    `kind` is that of an identifier, or ``unrecognised``; `characters` counts what the placeholder stands for;
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


def masked_places(call: Call) -> tuple[MaskedPlace, ...]:
    """What is masked in a call, with its time and the reason code, by start.

    An utterance nobody recognised in a call that was recognised otherwise may hold anything: it is masked whole.

    >>> from qa_speech.testing import make_call
    >>> [(place.kind, place.start, place.end) for place in masked_places(make_call("customer@0-13: 电话13800138000"))]
    [('phone', 2.0, 13.0)]
    """
    found = identifiers_of(call)
    places = [_masked_place(call, one) for one in found]
    next_identifier = len({one.identifier for one in found})
    if _is_recognised(call):
        for index, utterance in enumerate(call.utterances):
            if utterance.text is None:
                places.append(_unrecognised(call, index, next_identifier))
                next_identifier += 1
    return tuple(sorted(places, key=lambda place: (place.start, place.utterance)))


def _is_recognised(call: Call) -> bool:
    """Whether any utterance has words; without them nothing can be searched."""
    return any(utterance.text is not None for utterance in call.utterances)


def _unrecognised(call: Call, index: int, identifier: int) -> MaskedPlace:
    utterance = call.utterances[index]
    return MaskedPlace(
        call_id=call.id, role=utterance.role, utterance=index, start=utterance.start, end=utterance.end,
        kind="unrecognised", reason="not_recognised", characters=0, whole=True, identifier=identifier,
    )  # fmt: skip


def _masked_place(call: Call, found: Found) -> MaskedPlace:
    utterance = call.utterances[found.utterance]
    whole = not _is_timed(utterance)
    start, end = utterance.start, utterance.end
    if not whole:
        start, end, *_ = span_time(utterance, found.start, found.end)
    return MaskedPlace(
        call_id=call.id, role=utterance.role, utterance=found.utterance, start=start, end=max(end, start),
        kind=found.kind, reason=found.reason, characters=found.end - found.start, whole=whole,
        identifier=found.identifier,
    )  # fmt: skip


def _is_timed(utterance: Utterance) -> bool:
    """Whether words with times tell where in an utterance something was said."""
    spoken = _letters(utterance.text or "")
    worded = _letters("".join([word.text for word in utterance.words]))
    if not worded or worded.lower() != spoken.lower():
        return False
    return any(word.end > word.start for word in utterance.words)


def _letters(text: str) -> str:
    """A text without spaces and signs."""
    return _SIGNS.sub("", text)


def hidden(call: Call) -> Timeline | None:
    """The stretches of sound that hold identifiers, in seconds, without padding; None where they are unknown.

    They are unknown where nothing was recognised, or the words have no times.

    >>> from qa_speech.testing import make_call
    >>> hidden(make_call("customer@0-13: 电话13800138000"))
    Timeline([(2, 13)])
    """
    if call.times == "nominal" or not _is_recognised(call):
        return None
    spans = [(place.start, place.end) for place in masked_places(call)]
    spans += [(stray.word.start, stray.word.end) for stray in call.stray if _has_digit(stray)]
    return Timeline(Segment(start, end) for start, end in spans if end > start)


def _has_digit(stray: StrayWord) -> bool:
    """A word outside all utterances may be a piece of a number."""
    return _DIGIT.search(stray.word.text) is not None


# ------------------------------------------------------------------------------------------------ text


def masked(report: CallReport, placeholders: Placeholders) -> CallReport:
    """A report in which every identifier is a typed placeholder: utterances, words, quotes, details, metadata.

    Figures, times and scores stay. The id and the path stay too: they are the keys of the result, not its words.

    >>> from qa_speech.testing import make_call
    >>> report = CallReport(make_call("customer: 电话13800138000谢谢"))
    >>> utterance = masked(report, {"phone": "[电话]"}).call.utterances[0]
    >>> utterance.text, [word.text for word in utterance.words]
    ('电话[电话]谢谢', ['电', '话', '[电话]', '谢', '谢'])
    """
    call = report.call
    found = identifiers_of(call)
    places: dict[int, list[Place]] = {}
    for one in found:
        places.setdefault(one.utterance, []).append(one.place)
    masking = _Masking(call.utterances, places, _secrets(call, found), placeholders)
    score = report.score
    if score is not None:
        criteria = tuple([masking.criterion(criterion) for criterion in score.criteria])
        score = msgspec.structs.replace(score, criteria=criteria)
    return msgspec.structs.replace(
        report,
        call=masking.call(call),
        measurements={name: masking.measurement(measurement) for name, measurement in report.measurements.items()},
        score=score,
    )


class _Secret(NamedTuple):
    """An identifier as it was said, to be hidden wherever else it stands."""

    text: str
    kind: Kind


def _secrets(call: Call, found: Sequence[Found]) -> list[_Secret]:
    """What was found, longest first."""
    secrets = set()
    for one in found:
        said = (call.utterances[one.utterance].text or "")[one.start : one.end]
        if len(said) >= SHORTEST_SHARED:
            secrets.add(_Secret(said, one.kind))
    return sorted(secrets, key=lambda secret: (-len(secret.text), secret))


class _Masking(NamedTuple):
    """Masks the words of a call, and the strings of its report that repeat them."""

    utterances: Sequence[Utterance]
    places: Mapping[int, Sequence[Place]]
    secrets: Sequence[_Secret]
    placeholders: Placeholders

    def call(self, call: Call) -> Call:
        """Its utterances, stray words, metadata and warnings masked; what was worked out of them is left out."""
        metadata = {key: self.text(value) for key, value in call.recording.metadata.items()}
        return msgspec.structs.replace(
            call,
            recording=msgspec.structs.replace(call.recording, metadata=metadata),
            utterances=tuple([self._utterance(index) for index in range(len(call.utterances))]),
            stray=tuple([_masked_stray(stray) for stray in call.stray]),
            warnings=tuple([self.text(warning) for warning in call.warnings]),
            derived={},  # it quotes the words as they were
        )

    def text(self, text: str) -> str:
        """A string of unknown origin: whatever was found in the call, then whatever looks like an identifier."""
        for secret in self.secrets:
            text = text.replace(secret.text, self.placeholders[secret.kind])
        return mask_text(text, self.placeholders)

    def evidence(self, evidence: Evidence) -> Evidence:
        """A quote is cut out of the masked utterance where it stands in it; else it is masked as a string."""
        if not evidence.quote:
            return evidence
        quote = self._from_utterance(evidence) or self.text(evidence.quote)
        return msgspec.structs.replace(evidence, quote=quote, note=self.text(evidence.note))

    def measurement(self, measurement: Measurement) -> Measurement:
        """Its evidence masked."""
        if not measurement.evidence:
            return measurement
        evidence = tuple([self.evidence(one) for one in measurement.evidence])
        return msgspec.structs.replace(measurement, evidence=evidence)

    def criterion(self, criterion: CriterionScore) -> CriterionScore:
        """Its evidence and details masked."""
        detail = dict(criterion.detail)
        for key, value in detail.items():
            if isinstance(value, str):
                detail[key] = self.text(value)
        evidence = tuple([self.evidence(one) for one in criterion.evidence])
        return msgspec.structs.replace(criterion, evidence=evidence, detail=detail)

    def _utterance(self, index: int) -> Utterance:
        utterance, places = self.utterances[index], self.places.get(index)
        if not places:
            return utterance
        text = put_placeholders(utterance.text or "", places, self.placeholders)
        words: tuple[Word, ...] = ()
        if _is_timed(utterance):
            words = self._words(utterance, places)
        return msgspec.structs.replace(utterance, text=text, words=words)

    def _words(self, utterance: Utterance, places: Sequence[Place]) -> tuple[Word, ...]:
        """One word in the place of those that hold an identifier, from the start of the first to the end of the last."""
        words = list(utterance.words)
        for place in reversed(places):
            first, last = _words_in(utterance, place)
            end = max(word.end for word in words[first:last])
            words[first:last] = [Word(self.placeholders[place.kind], words[first].start, end)]
        return tuple(words)

    def _from_utterance(self, evidence: Evidence) -> str:
        """The quote with the placeholders of its utterance; empty where it does not stand there just once."""
        if evidence.utterance is None or evidence.utterance >= len(self.utterances):
            return ""
        quote, text = evidence.quote, self.utterances[evidence.utterance].text or ""
        if text.count(quote) != 1:
            return ""
        at = text.index(quote)
        end = at + len(quote)
        inside = []
        for place in self.places.get(evidence.utterance, ()):
            if place.start < end and at < place.end:
                inside.append(Place(max(place.start, at) - at, min(place.end, end) - at, place.kind))
        return put_placeholders(quote, inside, self.placeholders)


def _masked_stray(stray: StrayWord) -> StrayWord:
    if not _has_digit(stray):
        return stray
    return msgspec.structs.replace(stray, word=msgspec.structs.replace(stray.word, text="*"))


def _words_in(utterance: Utterance, place: Place) -> tuple[int, int]:
    """Indices of the words that hold any character of the place; half-open, never empty."""
    text = utterance.text or ""
    start = len(_letters(text[: place.start]))
    end = start + max(1, len(_letters(text[place.start : place.end])))
    inside = []
    at = 0
    for index, word in enumerate(utterance.words):
        size = len(_letters(word.text))
        if size and at < end and at + size > start:
            inside.append(index)
        at += size
    return (inside[0], inside[-1] + 1) if inside else (0, len(utterance.words))


def masked_id(call_id: str, placeholders: Placeholders) -> str:
    """An id for people who must not know the customer: file names often hold the caller's number.

    >>> names = {"phone": "[电话]"}
    >>> masked_id("20260105_13800138000_1001.wav", names), masked_id("2026-01-05/0117.wav", names)
    ('20260105_[电话]_1001.wav', '2026-01-05/0117.wav')
    """
    places = []
    for match in _NUMBER_IN_ID.finditer(call_id):
        found = find_in_text(match.group())
        if found:
            places.append(Place(match.start(), match.end(), found[0].kind))
    return put_placeholders(call_id, places, placeholders)
