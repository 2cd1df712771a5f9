"""A piece of evidence in words: what it is, and where it is heard."""

from __future__ import annotations

from qa_speech.call import Call, Role
from qa_speech.scores import Evidence
from qa_speech.wording import catalogue as words
from qa_speech.wording.lang import Lang, labelled, pick
from qa_speech.wording.terms import bracket, clock, figure, of_role, quoted, role, span, term


def where(evidence: Evidence, lang: Lang, call: Call | None = None) -> str:
    """Where to listen: a time or a stretch of time; the line of the transcript when the call has no times.

    >>> where(Evidence("interval", 192.0, 199.2), "zh")
    '03:12–03:19'
    """
    if call is not None and call.times == "nominal":
        index = line_of(evidence, call)
        if index is None:
            return pick(lang, "全程", "whole call")
        return line(index, lang)
    if evidence.kind == "quote":
        return clock(evidence.start)
    return span(evidence.start, evidence.end)


def line(index: int, lang: Lang) -> str:
    """An utterance of a call without times, counted from 1.

    >>> line(2, "zh"), line(2, "en")
    ('第 3 句', 'line 3')
    """
    return pick(lang, f"第 {index + 1} 句", f"line {index + 1}")


def start(evidence: Evidence, lang: Lang, call: Call | None = None) -> str:
    """When it starts: a time, or the line of a call without times.

    >>> start(Evidence("interval", 192.0, 199.2), "zh")
    '03:12'
    """
    return where(evidence, lang, call).partition("–")[0]


def line_of(evidence: Evidence, call: Call) -> int | None:
    """Index, among the utterances, of the one that evidence speaks of, by its index or by time; None for a stretch of several."""
    if evidence.utterance is not None:
        return evidence.utterance
    if evidence.kind == "absence":
        return None
    nearest, most = None, 0.0
    for index, utterance in enumerate(call.utterances):
        if evidence.role not in (None, utterance.role):
            continue
        shared_s = min(utterance.end, evidence.end) - max(utterance.start, evidence.start)
        if shared_s >= 0 and (nearest is None or shared_s > most):
            nearest, most = index, shared_s
    return nearest


def note(evidence: Evidence, lang: Lang, call: Call | None = None) -> str:
    """What a piece of evidence is: its note by name, or the words that were said.

    >>> from qa_speech.call import Role
    >>> note(Evidence("interval", 1.0, 8.2, Role.AGENT, note="dead_air"), "zh")
    '坐席静音 7.2 秒'
    >>> note(Evidence("quote", 1.0, 2.0, Role.AGENT, "我也不清楚"), "zh")
    '坐席：“我也不清楚”'
    """
    who = role(evidence.role, lang) if evidence.role else ""
    if evidence.quote:
        said = quoted(evidence.quote, lang)
        return labelled(who, said, lang) if who else said
    name = term(words.NOTES, evidence.note.removeprefix("anchor:"), lang)
    if evidence.kind == "absence":
        return _missing(evidence, name, lang)
    told = _lasting(evidence, name, lang, call)
    if evidence.role is Role.UNKNOWN:
        return told
    return of_role(evidence.role, told, lang)


def _missing(evidence: Evidence, name: str, lang: Lang) -> str:
    """What was searched for in vain; that is good where it must not be said."""
    if evidence.note == "phrase_avoided":
        return pick(lang, "没有出现", "not said")
    return pick(lang, "未说到", "not said") + bracket(name, lang)


def _lasting(evidence: Evidence, name: str, lang: Lang, call: Call | None) -> str:
    """What took some time, with how long where the call has times."""
    if call is not None and call.times == "nominal":
        return name.replace(" {}", "")
    length = figure(evidence.end - evidence.start, "s", lang)
    if "{}" in name:
        return name.replace("{}", length)
    return f"{name} {length}"
