"""A call without what identifies the customer: its text, its evidence, its details, its id.

    report                          13800138000 in text, words, quotes, details, metadata
    masked(report, placeholders)    [电话] everywhere; the same figures and scores

What counts as identifying is told by `identifiers_of`; the placeholders are those of whoever shows the call. What must not be
heard of its sound is told by `privacy.unheard`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from qa_speech.call import Call, StrayWord, Utterance, Word
from qa_speech.privacy.emails import emails
from qa_speech.privacy.identifiers import Found, find_in_text, identifiers_of, mask_text
from qa_speech.privacy.names import names
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.placeholders import Place, Placeholders, put_placeholders
from qa_speech.privacy.unheard import has_digit, has_word_times, letters
from qa_speech.scores import AlarmScore, CallReport, CriterionScore, Evidence, Measurement

SHORTEST_SHARED = 3
"""Characters of an identifier that are masked wherever else in a report they stand."""

_NUMBER_IN_ID = re.compile(r"(?<!\d)\d{11,19}[Xx]?(?![\dXx])|(?<!\d)1[3-9]\d[-_. ]\d{4}[-_. ]\d{4}(?!\d)")
_KEY = re.compile(r"(?!wxid_)[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_SIGNS_OF_NAMES = {ord(sign): "，" for sign in "_-./\\ +()[]【】（）"}


# ------------------------------------------------------------------------------------------------ text


def masked(report: CallReport, placeholders: Placeholders, also: Collection[Kind] = ()) -> CallReport:
    """A report in which every identifier is a typed placeholder: utterances, words, quotes, details, metadata.

    Kinds that are masked by option (`papers.OPTIONAL_KINDS`) only if they are in `also`. Figures, times and scores stay. The
    id and the path stay too: they are the keys of the result, not its words.

    >>> from qa_speech.testing import make_call
    >>> report = CallReport(make_call("customer: 电话13800138000谢谢"))
    >>> utterance = masked(report, {"phone": "[电话]"}).call.utterances[0]
    >>> utterance.text, [word.text for word in utterance.words]
    ('电话[电话]谢谢', ['电', '话', '[电话]', '谢', '谢'])
    """
    call = report.call
    found = identifiers_of(call, also)
    places: dict[int, list[Place]] = {}
    for one in found:
        places.setdefault(one.utterance, []).append(one.place)
    masking = _Masking(call.utterances, places, _secrets(call, found), placeholders, also)
    score = report.score
    if score is not None:
        criteria = tuple([masking.criterion(criterion) for criterion in score.criteria])
        score = msgspec.structs.replace(score, criteria=criteria)
        if isinstance(score.alarms, tuple):
            score = msgspec.structs.replace(score, alarms=tuple([masking.alarm(alarm) for alarm in score.alarms]))
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
    also: Collection[Kind]

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
        return mask_text(text, self.placeholders, self.also)

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

    def alarm(self, alarm: AlarmScore) -> AlarmScore:
        """Its evidence masked."""
        return msgspec.structs.replace(alarm, evidence=tuple([self.evidence(one) for one in alarm.evidence]))

    def _utterance(self, index: int) -> Utterance:
        utterance, places = self.utterances[index], self.places.get(index)
        if not places:
            return utterance
        text = put_placeholders(utterance.text or "", places, self.placeholders)
        words: tuple[Word, ...] = ()
        if has_word_times(utterance):
            words = self._words(utterance, places)
        return msgspec.structs.replace(utterance, text=text, words=words)

    def _words(self, utterance: Utterance, places: Sequence[Place]) -> tuple[Word, ...]:
        """One word in the place of those that hold an identifier, from the start of the first to the end of the last."""
        words = list(utterance.words)
        spelled = _spelled(utterance)
        for place in reversed(places):
            first, last = _words_in(spelled, place)
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
    if not has_digit(stray):
        return stray
    return msgspec.structs.replace(stray, word=msgspec.structs.replace(stray.word, text="*"))


class _Spelled(NamedTuple):
    """How many letters stand before each character of an utterance's text, and where each of its words ends among them."""

    before: Sequence[int]
    word_ends: Sequence[int]


def _spelled(utterance: Utterance) -> _Spelled:
    before = accumulate([len(letters(char)) for char in utterance.text or ""], initial=0)
    word_ends = accumulate([len(letters(word.text)) for word in utterance.words])
    return _Spelled(list(before), list(word_ends))


def _words_in(spelled: _Spelled, place: Place) -> tuple[int, int]:
    """Indices of the words that hold any character of the place; half-open, never empty."""
    start = spelled.before[place.start]
    end = max(start + 1, spelled.before[place.end])
    first = bisect_right(spelled.word_ends, start)
    last = bisect_left(spelled.word_ends, end) + 1
    words = len(spelled.word_ends)
    return (first, min(last, words)) if first < words else (0, words)


def masked_id(call_id: str, placeholders: Placeholders) -> str:
    """An id or a path for people who must not know the customer: file names often hold the caller's number or name.

    Whatever else it holds (a date, an agent's number) stays; a name counts where it stands alone between signs.

    >>> names = {"phone": "[电话]"}
    >>> masked_id("20260105_13800138000_1001.wav", names), masked_id("2026-01-05/0117.wav", names)
    ('20260105_[电话]_1001.wav', '2026-01-05/0117.wav')
    """
    taken = []
    for match in _NUMBER_IN_ID.finditer(call_id):
        found = find_in_text(match.group())
        if found:
            taken.append(Place(match.start(), match.end(), found[0].kind))
    words = call_id.translate(_SIGNS_OF_NAMES)
    spelled = [Place(start, end, "email") for start, end in emails(call_id)]
    spelled += [Place(start, end, "name") for start, end in names(words)]
    for one in spelled:
        if all(one.end <= place.start or place.end <= one.start for place in taken):
            taken.append(one)
    return put_placeholders(call_id, sorted(taken), placeholders)


def masked_message(message: str, placeholders: Placeholders) -> str:
    """What is told of an error, without what identifies the customer: it may hold a file name.

    A word with an underline is a key of ours there, no account.

    >>> masked_message("20260105_13800138000.wav: no such file", {"phone": "[电话]"})
    '20260105_[电话].wav: no such file'
    >>> masked_message("设置 min_duration_s 应为数字", {"wechat": "[账号]"})
    '设置 min_duration_s 应为数字'
    """
    text = masked_id(message, placeholders)
    places = [found.place for found in find_in_text(text) if not _KEY.fullmatch(text, found.start, found.end)]
    return put_placeholders(text, places, placeholders)
