"""Which stretches of a call's sound hold what identifies the customer, and how exactly that is known.

    words        电话 1 3 8 2 2 … 谢谢        every word has a time of its own: these words are hidden
    utterance    |-------------------|        no words with times, or times nobody can speak at: the whole utterance
    stretch      |- cue -----------|          words spread over a cue or a line: all of it, and the utterances it is in
    call         |-------------------- … -|   nothing is timed: the whole call

What is not surely timed is never guessed at: the widest stretch that is sure to hold it is hidden. Everything is hidden
on both channels.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from qa_speech.call import Call, Role, StrayWord, Utterance, Word
from qa_speech.language.phrases import span_time
from qa_speech.privacy.identifiers import Found, find_in_text, identifiers_of
from qa_speech.privacy.numerals import Kind
from qa_speech.timeline import Segment, Timeline

Extent: TypeAlias = Literal["words", "utterance", "stretch", "call"]
"""How much is hidden for one identifier: its own words, or the shortest stretch that surely holds them."""

FASTEST = 14.0
"""Characters per second; nobody reads a number out faster, so word times that say so are no times."""

_DIGIT = re.compile(r"[0-9０-９零〇一二三四五六七八九幺]")
_SIGNS = re.compile(r"[\W_]+")
_GIVEN = "transcript ("
"""How `made_with` names a recogniser that was none: the words were given."""


class MaskedPlace(msgspec.Struct, frozen=True):
    """One line of the list of what was masked: never the value itself. Times in seconds of the call.

    `kind` is that of an identifier, or ``unrecognised``; `characters` counts what the placeholder stands for;
    `start`, `end` and `extent` tell what is not heard.
    """

    call_id: str
    role: Role
    utterance: int
    start: float
    end: float
    kind: str
    reason: str
    characters: int
    extent: Extent
    identifier: int


def masked_places(call: Call, also: Collection[Kind] = ()) -> tuple[MaskedPlace, ...]:
    """What is masked in a call, with its time and the reason code, by start; kinds masked by option only if in `also`.

    An utterance nobody recognised in a call that was recognised otherwise may hold anything: it is masked whole.

    >>> from qa_speech.testing import make_call
    >>> [(place.kind, place.start, place.end) for place in masked_places(make_call("customer@0-13: 电话13800138000"))]
    [('phone', 2.0, 13.0)]
    """
    found = identifiers_of(call, also)
    places = [_masked_place(call, one) for one in found]
    next_identifier = len({one.identifier for one in found})
    if is_recognised(call):
        for index, utterance in enumerate(call.utterances):
            if utterance.text is None:
                places.append(_unrecognised(call, index, next_identifier))
                next_identifier += 1
    return tuple(sorted(places, key=lambda place: (place.start, place.utterance)))


def hidden(call: Call, also: Collection[Kind] = ()) -> Timeline | None:
    """The stretches of sound that hold identifiers, in seconds, without padding; None where they are unknown.

    They are unknown where nothing was recognised, or the call has no times at all.

    >>> from qa_speech.testing import make_call
    >>> hidden(make_call("customer@0-13: 电话13800138000"))
    Timeline([(2, 13)])
    """
    if call.times == "nominal" or not is_recognised(call):
        return None
    spans = [(place.start, place.end) for place in masked_places(call, also)]
    spans += [(stray.word.start, stray.word.end) for stray in call.stray if has_digit(stray)]
    spans += [(stretch.start, stretch.end) for stretch in _lost_in(call)]
    return Timeline(Segment(start, end) for start, end in spans if end > start)


def is_recognised(call: Call) -> bool:
    """Whether any utterance has words; without them nothing can be searched."""
    return any(utterance.text is not None for utterance in call.utterances)


def has_digit(stray: StrayWord) -> bool:
    """A word outside all utterances may be a piece of a number."""
    return _DIGIT.search(stray.word.text) is not None


def _unrecognised(call: Call, index: int, identifier: int) -> MaskedPlace:
    utterance = call.utterances[index]
    return MaskedPlace(
        call_id=call.id, role=utterance.role, utterance=index, start=utterance.start, end=utterance.end,
        kind="unrecognised", reason="not_recognised", characters=0, extent="utterance", identifier=identifier,
    )  # fmt: skip


def _masked_place(call: Call, found: Found) -> MaskedPlace:
    utterance = call.utterances[found.utterance]
    start, end, extent = _stretch_of(call, utterance, found)
    return MaskedPlace(
        call_id=call.id, role=utterance.role, utterance=found.utterance, start=start, end=max(end, start),
        kind=found.kind, reason=found.reason, characters=found.end - found.start, extent=extent,
        identifier=found.identifier,
    )  # fmt: skip


def _stretch_of(call: Call, utterance: Utterance, found: Found) -> tuple[float, float, Extent]:
    """From when to when, in seconds, an identifier is sure to be said, and what that is."""
    whole = utterance.segment
    said = whole
    is_timed = has_word_times(utterance)
    if is_timed:
        start, end, *_ = span_time(utterance, found.start, found.end)
        said = Segment(start, end) if end > start else whole
    estimated = _estimated(call)
    loose = [stretch for stretch in estimated if stretch & said is not None]
    if loose:
        start = min(whole.start, *[stretch.start for stretch in loose])
        end = max(whole.end, *[stretch.end for stretch in loose])
        is_all = start <= 0 and end >= call.duration
        return start, end, "call" if is_all else "stretch"
    fastest = said.duration * FASTEST < found.end - found.start
    if not is_timed or fastest:
        return whole.start, whole.end, "utterance"
    return said.start, said.end, "words"


def _estimated(call: Call) -> Sequence[Segment]:
    """The stretches in which words have no times of their own; all of a call whose words were given and nobody noted it."""
    if call.estimated is not None:
        return call.estimated
    if call.made_with.get("recognizer", "").startswith(_GIVEN) and call.duration > 0:
        return (Segment(0.0, call.duration),)
    return ()


def _lost_in(call: Call) -> Iterator[Segment]:
    """Stretches without word times of which some words lie outside all utterances, and that hold an identifier.

    The finder reads utterances; a number of which half the words fell beside them is found only where the words of the
    stretch are read together.
    """
    if not call.stray:
        return
    for stretch in _estimated(call):
        lost = [stray for stray in call.stray if _overlaps(stray.word, stretch)]
        if not lost:
            continue
        words = [stray.word for stray in lost]
        words += [word for said in call.utterances for word in said.words if _overlaps(word, stretch)]
        words.sort(key=lambda word: word.start)
        together = "".join([word.text for word in words])
        if any(has_digit(stray) for stray in lost) or find_in_text(together):
            yield stretch


def _overlaps(word: Word, stretch: Segment) -> bool:
    return word.start < stretch.end and stretch.start < word.end


def has_word_times(utterance: Utterance) -> bool:
    """Whether words with times, which say what the text says, tell where in an utterance something was said."""
    spoken = letters(utterance.text or "")
    worded = letters("".join([word.text for word in utterance.words]))
    if not worded or worded.lower() != spoken.lower():
        return False
    return any(word.end > word.start for word in utterance.words)


def letters(text: str) -> str:
    """A text without spaces and signs.

    >>> letters("电话：138-0013 8000。")
    '电话13800138000'
    """
    return _SIGNS.sub("", text)
