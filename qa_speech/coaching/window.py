"""The stretch of a call that a clip plays, and what is said in it.

call      ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
evidence                |-----|
window          |-----------------------|      context before and after, no word cut in two
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from qa_speech.call import Call, Role, Utterance
from qa_speech.scores import Evidence
from qa_speech.timeline import Segment, Timeline

TRIM_S = 2.5
"""So much context is given up to begin or end where nobody speaks."""
SHORTEST_S = 0.05
_HAIR_S = 1e-6


class ClipLine(msgspec.Struct, frozen=True):
    """What one party says inside a clip; `at` seconds from the start of the clip, `hit` = the evidence lies in it."""

    role: Role
    at: float
    text: str
    hit: bool


class _Busy(NamedTuple):
    """Stretches that an edge must not lie in, and how far it may be moved to lie in none, in seconds."""

    spans: Timeline
    within_s: float


def window(call: Call, evidence: Evidence, *, before_s: float, after_s: float, longest_s: float) -> Segment:
    """The stretch to play: the evidence and its context, cut where nobody is in the middle of a word.

    The edges move inward, toward the evidence: to where nobody speaks, if that is at most 2.5 s away; else to the first
    instant that lies in no word of either party; else in no word of the party the evidence speaks of. The window is
    inside the call and never wider than evidence and context.

    Parameters
    ----------
    before_s, after_s : float, seconds
        Context before and after the evidence.
    longest_s : float, seconds
        No window is longer.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@0-4: 我也不清楚你问他", duration=6)
    >>> window(call, Evidence("quote", 0.5, 2.5), before_s=0.2, after_s=0.6, longest_s=60)
    Segment(start=0.5, end=3.0)
    """
    first = max(0.0, evidence.start - before_s)
    last = min(call.duration, evidence.end + after_s, first + longest_s)
    last = max(last, first + SHORTEST_S)
    near = [utterance for utterance in call.utterances if utterance.end > first and utterance.start < last]
    own = [utterance for utterance in near if evidence.role in (None, utterance.role)]
    busy = (
        _Busy(_shrunk([(utterance.start, utterance.end) for utterance in near]), TRIM_S),
        _Busy(_shrunk(_words(near)), longest_s),
        _Busy(_shrunk(_words(own)), longest_s),
    )
    start = _moved(first, min(evidence.start, last), busy)
    end = _moved(last, min(evidence.end, last), busy)
    if start >= end:
        return Segment(first, last)
    return Segment(start, end)


def _words(utterances: Sequence[Utterance]) -> list[tuple[float, float]]:
    return [(word.start, word.end) for utterance in utterances for word in utterance.words]


def _shrunk(spans: Sequence[tuple[float, float]]) -> Timeline:
    """Spans (seconds) without a hair at both ends, so that an edge may lie where one ends and the next begins."""
    return Timeline((start + _HAIR_S, end - _HAIR_S) for start, end in spans if end - start > 4 * _HAIR_S)


def _moved(edge: float, inner: float, busy: Sequence[_Busy]) -> float:
    """The edge (seconds) moved toward `inner` out of the first kind of stretches that it can be moved out of."""
    for spans, within_s in busy:
        free = _nearest_free(spans, edge, inner, within_s)
        if free is not None:
            return free
    return edge


def _nearest_free(spans: Timeline, edge: float, inner: float, within_s: float) -> float | None:
    """The instant (seconds) nearest to `edge`, toward `inner`, at most `within_s` away, that lies inside none of the spans."""
    low, high = sorted((edge, inner))
    instants = [edge]
    for span in spans:
        instants += [round(span.start - _HAIR_S, 6), round(span.end + _HAIR_S, 6)]
    free = [
        instant
        for instant in instants
        if low <= instant <= high and abs(instant - edge) <= within_s and not spans.covers(instant)
    ]
    return min(free, key=lambda instant: abs(instant - edge), default=None)


def lines(call: Call, held: Segment, evidence: Evidence) -> tuple[ClipLine, ...]:
    """What is said inside the window, cut at words where their times are known."""
    found = []
    for utterance in call.utterances:
        if utterance.end <= held.start or utterance.start >= held.end:
            continue
        text = _heard(utterance, held)
        if text:
            at = max(0.0, utterance.start - held.start)
            found.append(ClipLine(utterance.role, at, text, _is_hit(utterance, evidence)))
    return tuple(found)


def _is_hit(utterance: Utterance, evidence: Evidence) -> bool:
    """Whether the evidence lies in what was said."""
    if evidence.kind == "absence" or evidence.role not in (None, utterance.role):
        return False
    return utterance.start < evidence.end and evidence.start < utterance.end


def _heard(utterance: Utterance, held: Segment) -> str:
    """The text of the words whose middle is inside the window, with the punctuation after them."""
    text = utterance.text or ""
    if not text:
        return ""
    if not utterance.words:
        is_inside = held.start <= utterance.start and utterance.end <= held.end
        return text if is_inside else "…"
    heard = []
    at = 0
    for word in utterance.words:
        spoken = word.text.strip()
        start = text.find(spoken, at)
        if not spoken or start < 0:
            continue
        at = _with_signs(text, start + len(spoken))
        middle = (word.start + word.end) / 2
        if held.start <= middle < held.end:
            heard.append(text[start:at])
    return "".join(heard).strip()


def _with_signs(text: str, end: int) -> int:
    """Where the punctuation after a word ends, in characters; a placeholder (``[电话]``) is a word of its own."""
    while end < len(text) and not text[end].isalnum() and text[end] != "[":
        end += 1
    return end
