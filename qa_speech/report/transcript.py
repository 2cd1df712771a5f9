"""The transcript of a call as its page shows it: lines cut at their words, silences between, what was found marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from qa_speech.call import Call, Role, Utterance, Word
from qa_speech.metrics.doubt import UNSURE
from qa_speech.report import charts
from qa_speech.report.score_sheet import LEAD_S, evidence_against
from qa_speech.scores import CallReport, Evidence
from qa_speech.wording import catalogue as words
from qa_speech.wording import exhibit, recordings, terms
from qa_speech.wording.lang import Lang

PRINTED_WHOLE = 60
"""Lines of a call that is printed whole."""
AROUND = 2
"""Lines printed before and after one in which something was found …"""
PRINTED_MOST = 200
"""… fewer, or none, where these would be more lines than so many."""
PUNCTUATION = "，。？！、；：,.?!;:…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text; `start` in seconds, None = not a word of its own (punctuation)."""

    text: str
    start: float | None = None
    low: bool = False
    hit: bool = False


class Flag(NamedTuple):
    """What was found in a line; no id where no criterion asked for it."""

    criterion_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance of the transcript, with the silence before it and what was found in it. Times in seconds.

    On paper a long call has what was found and its surroundings: the lines that are `printed`; `skipped` lines before this one
    are not.
    """

    index: int
    role: str
    who: str
    start: float
    where: str
    pieces: tuple[Piece, ...]
    state: str
    flags: tuple[Flag, ...]
    silence: str
    silence_at: float
    printed: bool = True
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Stray:
    """A word that belongs to no utterance; `at` in seconds, None when the call has no times."""

    at: float | None
    where: str
    text: str
    reason: str


Spans: TypeAlias = Sequence[tuple[float, float]]
"""Stretches from one second to another."""


def lines(report: CallReport, lang: Lang, *, low_probability: float = UNSURE) -> list[Line]:
    """The transcript in order, silences between, what was found marked; words below `low_probability` (0–1) as unsure."""
    call = report.call
    timed = call.times != "nominal"
    flags, hits, silences = _flags(report, lang), _hits(report), _silences_before(report)
    found = []
    for index, utterance in enumerate(call.utterances):
        where = terms.clock(utterance.start)
        if not timed:
            where = exhibit.line(index, lang)
        silence, silence_at = "", 0.0
        if index in silences:
            silence = exhibit.note(silences[index], lang, call)
            silence_at = max(0.0, silences[index].start - LEAD_S)
        found.append(
            Line(
                index=index,
                role=str(utterance.role),
                who=terms.role(utterance.role, lang),
                start=utterance.start,
                where=where,
                pieces=tuple(pieces(utterance, hits.get(index, ()), low_probability, timed=timed)),
                state=_state(utterance),
                flags=tuple(flags.get(index, ())),
                silence=silence,
                silence_at=silence_at,
            )
        )
    return _for_paper(found)


def _for_paper(found: Sequence[Line]) -> list[Line]:
    """Which lines are printed: all of a short call, else those with a flag and some around them."""
    if len(found) <= PRINTED_WHOLE:
        return list(found)
    flagged = [line.index for line in found if line.flags]
    near = set(flagged)
    for around in range(1, AROUND + 1):
        wider = {place for index in flagged for place in range(index - around, index + around + 1)}
        if len(wider) <= PRINTED_MOST:
            near = wider
    made = []
    skipped = 0
    for line in found:
        if line.index not in near:
            skipped += 1
            made.append(replace(line, printed=False))
            continue
        made.append(replace(line, skipped=skipped))
        skipped = 0
    return made


def _state(utterance: Utterance) -> str:
    """``unknown`` = nobody asked for its words, ``empty`` = none were heard, "" = it has words."""
    if utterance.text is None:
        return "unknown"
    if not utterance.text:
        return "empty"
    return ""


def _silences_before(report: CallReport) -> Mapping[int, Evidence]:
    """By index of utterances: the last silence that began before it and after the utterance before."""
    call = report.call
    if call.times == "nominal":
        return {}
    silences = sorted(charts.silences(call, report.measurements), key=lambda one: one.start)
    found: dict[int, Evidence] = {}
    used = 0
    for index, utterance in enumerate(call.utterances):
        while used < len(silences) and silences[used].start < utterance.start:
            found[index] = silences[used]
            used += 1
    return found


def stray_words(call: Call, lang: Lang) -> tuple[Stray, ...]:
    """The words that belong to no utterance, and why."""
    found = []
    for one in call.stray:
        reason = terms.term(recordings.STRAY, one.reason, lang)
        if call.times == "nominal":
            found.append(Stray(None, "", one.word.text, reason))
        else:
            found.append(Stray(one.word.start, terms.clock(one.word.start), one.word.text, reason))
    return tuple(found)


# ---------------------------------------------------------------------------------------------------- words


class _Place(NamedTuple):
    """Where in the text of its utterance a word stands."""

    start: int
    end: int
    word: Word


def pieces(
    utterance: Utterance, hits: Spans = (), low_probability: float = UNSURE, *, timed: bool = True
) -> list[Piece]:
    """The text cut at its words, so that each can be clicked; text whose words do not match it stays in one piece."""
    text = utterance.text or ""
    places = _places(utterance, text)
    if not places:
        return [Piece(text, utterance.start if timed else None)]
    found = []
    at = 0
    for start, end, word in places:
        if at < start:
            found.append(Piece(text[at:start]))
        middle = (word.start + word.end) / 2
        hit = any(first <= middle <= last for first, last in hits)
        found.append(Piece(text[start:end], word.start if timed else None, word.probability < low_probability, hit))
        at = end
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


def _places(utterance: Utterance, text: str) -> list[_Place]:
    """The words in the text, in order; none where the words do not spell it."""
    found = []
    at = 0
    for word in utterance.words:
        spoken = word.text.strip().strip(PUNCTUATION)
        if not spoken:
            continue
        start = text.find(spoken, at)
        if start < 0:
            return []
        at = start + len(spoken)
        found.append(_Place(start, at, word))
    return found


# ---------------------------------------------------------------------------------------- what was found in it


def _flags(report: CallReport, lang: Lang) -> Mapping[int, Sequence[Flag]]:
    """By index of utterances what was found in each: criteria not met, and interruptions that no criterion speaks of."""
    found: dict[int, list[Flag]] = {}
    judged = set()
    for criterion, evidence in evidence_against(report):
        judged.add((evidence.start, evidence.end))
        flag = Flag(criterion.id, criterion.title)
        index = exhibit.line_of(evidence, report.call)
        if index is not None and flag not in found.setdefault(index, []):
            found[index].append(flag)
    for evidence in _interruptions(report):
        index = exhibit.line_of(evidence, report.call)
        if index is not None and (evidence.start, evidence.end) not in judged:
            found.setdefault(index, []).append(Flag("", terms.term(words.FLAGS, evidence.note, lang)))
    return found


def _interruptions(report: CallReport) -> list[Evidence]:
    found: list[Evidence] = []
    for role in (Role.AGENT, Role.CUSTOMER):
        measured = report.measurements.get(f"interruption:{role}")
        if measured is not None:
            found += measured.evidence
    return found


def _hits(report: CallReport) -> Mapping[int, Spans]:
    """Per utterance: the spans, in seconds, of words quoted against a criterion."""
    found: dict[int, list[tuple[float, float]]] = {}
    for _, evidence in evidence_against(report):
        index = exhibit.line_of(evidence, report.call)
        if evidence.kind == "quote" and index is not None:
            found.setdefault(index, []).append((evidence.start, evidence.end))
    return found
