"""The sentence of a figure: of a criterion that asks `metric`, or that has bands.

    silence      客户提问后坐席静音 7.2 秒（03:12–03:19），标准 ≤ 3 秒
    speech_rate  坐席语速 262 字/分，标准 140–260 字/分
    violations   坐席用语不当 2 处：命令“你先别说了”（00:11）、反问“你怎么还不明白”（00:46），标准：不得出现
    politeness   坐席用语礼貌程度 35.7 分，标准 ≥ 58 分；最不客气的：“不清楚。”（00:31）
    depth        客户有 3 个问题没有得到答复：“多少钱”（00:04）、“能退吗”（00:32）、“几号”（00:39），标准：全部答复

Figures that speak of words have a sentence of their own, with the words; all others share one.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import NamedTuple

from qa_speech.call import Role
from qa_speech.language.asking import is_question
from qa_speech.metrics import Component
from qa_speech.scores import Evidence
from qa_speech.wording import catalogue as words
from qa_speech.wording import exhibit, terms
from qa_speech.wording.case import MOST_QUOTES, Case
from qa_speech.wording.lang import plural
from qa_speech.wording.terms import bracket, term

LONGEST_QUOTE = 24
"""Characters of each of several quotes in one sentence."""
SAME_LENGTH_S = 0.06
"""A stretch this near to the figure, in seconds, is what the figure measures."""
BARELY_S = 0.01
"""Words that end so much after a silence began, in seconds, came before it."""
IMPOLITE = frozenset(("impolite",))
NOT_INFORMED = frozenset(("not_informed",))
POOR_ANSWERS = frozenset(("no_answer", "deflected", "acknowledged_only", "short_answer", "no_guidance"))


def figure_sentence(case: Case) -> str:
    """The sentence of a figure and of what was asked of it."""
    figure_of = (case.text("metric"), case.text("component") or "value")
    maker = _OF_WORDS.get(figure_of)
    if maker is not None and case.value("value") is not None:
        return maker(case)
    said = _one_stretch(case)
    if not said:
        name, value = _subject(case), _value(case)
        said = case.pick(f"{name} {value}", f"{name}: {value}") + _places(case)
    return said + _standard(case)


def _standard(case: Case, *, counted_in: str = "次", none: str = "不得出现") -> str:
    """What was asked, at the end of the sentence; `counted_in` is the Chinese measure word of what is counted, `none` says that
    there must not be one."""
    if case.lang == "zh" and _must_be_none(case):
        return f"，标准：{none}"
    limit = limits(case).replace("次", counted_in)
    if not limit:
        return ""
    return case.pick(f"，标准 {limit}", f"; limit {limit}")


# ---------------------------------------------------------------------------------------------- the limit


class Bound(NamedTuple):
    """One side of what is asked of a figure; no sign = exactly that many."""

    sign: str
    value: float


def _must_be_none(case: Case) -> bool:
    """Whether the card wants none at all of what is counted."""
    if case.text("unit") != "count" or case.negated:
        return False
    bounds = [_countable(bound, "count") for bound in _bounds(case)]
    return [(bound.sign, bound.value) for bound in bounds] == [("", 0)]


ASKED = {"at_least": "≥", "at_most": "≤", "full_from": "≥", "full_below": "<"}
ASKED_BY_NOT = {"at_least": "<", "at_most": ">"}


def limits(case: Case) -> str:
    """What was asked of the figure, with its unit: 140–260 字/分, ≤ 3 秒; "" where nothing was."""
    unit, digits = case.text("unit"), _declared(case).digits
    bounds = [_countable(bound, unit) for bound in _bounds(case)]
    if not bounds:
        return ""
    if len(bounds) == 2 and not case.negated and bounds[0].sign == "≥":
        low, high = bounds
        return f"{terms.number(low.value, digits)}–{_figure(case, high.value)}"
    last = bounds.pop()
    texts = [f"{bound.sign} {terms.number(bound.value, digits)}".strip() for bound in bounds]
    texts.append(f"{last.sign} {_figure(case, last.value)}".strip())
    if case.negated:
        return case.pick(" 或 ", " or ").join(texts)
    return case.pick(" 且 ", " and ").join(texts)


def _bounds(case: Case) -> list[Bound]:
    signs = ASKED
    if case.negated:
        signs = ASKED_BY_NOT
    found = []
    for key, sign in signs.items():
        value = case.value(key)
        if value is not None:
            found.append(Bound(sign, value))
    return found


def _countable(bound: Bound, unit: str) -> Bound:
    """Fewer than one is none, fewer than three is two at most: nobody counts halves."""
    if unit != "count":
        return bound
    sign, value = bound
    if sign == "<" and value == int(value):
        sign, value = "≤", value - 1
    if sign == "≤" and value == 0:
        sign = ""
    return Bound(sign, value)


def _rounds_onto_a_bound(case: Case) -> bool:
    """Whether rounding would make the figure the same as a bound it lies beside: 8 秒，标准 < 8 秒."""
    value = case.value("value") or 0.0
    digits = _declared(case).digits
    shown = terms.number(value, digits)
    for key in ASKED:
        bound = case.value(key)
        if bound is not None and bound != value and terms.number(bound, digits) == shown:
            return True
    return False


# --------------------------------------------------------------------------------------------- any figure


def _value(case: Case) -> str:
    """The figure with its unit, with two decimals where one would hide on which side of a bound it lies."""
    value = case.value("value")
    text = _figure(case, value)
    if value is not None and _rounds_onto_a_bound(case):
        return text.replace(terms.number(value, _declared(case).digits), f"{value:.2f}", 1)
    return text


def _declared(case: Case) -> Component:
    """The component that is judged, as its metric declares it."""
    return terms.declared(case.text("metric"), case.text("component"))


def _figure(case: Case, value: float | None) -> str:
    """A value of it, with its unit."""
    return terms.figure(value, case.text("unit"), case.lang, _declared(case))


def _subject(case: Case) -> str:
    """What the figure is called: 坐席语速, 最长静音."""
    name = terms.figure_name(case.text("metric"), case.text("component") or "value", case.lang)
    return terms.of_role(case.text("role"), name, case.lang)


def _one_stretch(case: Case) -> str:
    """Where the figure is the length of one stretch: that stretch, after whose words, and when."""
    value = case.value("value")
    longest = max(case.evidence, key=_length_s, default=None)
    if longest is None or value is None or case.text("unit") != "s" or longest.kind != "interval":
        return ""
    if abs(_length_s(longest) - value) > SAME_LENGTH_S or _rounds_onto_a_bound(case):
        return ""
    return f"{_after_whom(case, longest)}{case.note(longest)}{case.at(longest)}"


def _length_s(evidence: Evidence) -> float:
    return evidence.end - evidence.start


def _after_whom(case: Case, evidence: Evidence) -> str:
    """客户提问后 / 客户说完后 / 坐席说完后: who spoke last before a silence; "" where that is not known."""
    if case.call is None or evidence.note not in words.SILENT_NOTES:
        return ""
    before = [one for one in case.call.utterances if one.end <= evidence.start + BARELY_S]
    last = max(before, key=lambda one: one.end, default=None)
    if last is None or last.role in (Role.UNKNOWN, evidence.role):
        return ""
    who = terms.role(last.role, case.lang)
    if last.text and is_question(last.text):
        return case.pick(f"{who}提问后", f"after the {who}’s question: ")
    return case.pick(f"{who}说完后", f"after the {who} spoke: ")


def _places(case: Case) -> str:
    """When, for a count whose every case is in evidence: the first places, in brackets."""
    heard = [one for one in case.evidence if one.kind != "absence"]
    if not heard:
        return ""
    if case.text("unit") == "s" and _rounds_onto_a_bound(case):
        return case.at(max(heard, key=_length_s))
    if case.text("unit") != "count" or case.value("value") != len(heard):
        return ""
    starts = dict.fromkeys(exhibit.start(one, case.lang, case.call) for one in heard)
    shown = list(starts)[:MOST_QUOTES]
    text = case.listed(shown)
    if len(heard) > len(shown):
        text += case.pick(" 等", " …")
    return bracket(text, case.lang)


# ------------------------------------------------------------------------------------------ figures of words


def _violations(case: Case) -> str:
    if not case.value("value"):
        return _no_violations(case)
    count = _count(case, "value")
    text = case.say(
        "{whose}用语不当 {count} 处",
        "{whose} words were improper in {count} place{s}",
        whose=_of_the_agent(case),
        count=count,
        s=plural(count),
    )
    heard = _noted(case, words.VIOLATIONS)
    if heard:
        text = case.labelled(text, case.listed(_violation(case, one) for one in heard[:MOST_QUOTES]))
    return text + case.and_so_on(heard) + _standard(case, counted_in="处") + _unsure(case)


def _no_violations(case: Case) -> str:
    if case.nobody_known:
        return case.pick("通话中没有这类不当用语", "nobody said anything of the kind")
    return case.pick("坐席没有这类不当用语", "the agent said nothing of the kind")


def _of_the_agent(case: Case) -> str:
    """Whose words a figure of the agent's words speaks of: anybody's where nothing tells who speaks."""
    if case.nobody_known:
        return case.pick("通话中", "somebody’s")
    return case.pick("坐席", "the agent’s")


def _violation(case: Case, evidence: Evidence) -> str:
    kind, said = term(words.VIOLATIONS, evidence.note, case.lang), _words(case, evidence)
    return case.pick(f"{kind}{said}", f"{kind} {said}")


def _unsure(case: Case) -> str:
    if not case.value("unsure"):
        return ""
    unsure = _count(case, "unsure")
    return case.pick(f"；其中 {unsure} 处把握不大，没有计入", f"; {unsure} of them doubtful and not counted")


def _politeness(case: Case) -> str:
    return case.say(
        "{whose}用语礼貌程度 {points}{standard}{worst}",
        "politeness of {whose} words: {points}{standard}{worst}",
        whose=_of_the_agent(case),
        points=case.figure(case.value("value"), "points"),
        standard=_standard(case),
        worst=_worst(case, "；最不客气的：", "; least polite: ", _quotes(case, IMPOLITE)),
    )


def _depth(case: Case) -> str:
    return case.say(
        "回答深度 {points}{standard}{worst}",
        "answer depth: {points}{standard}{worst}",
        points=case.figure(case.value("value"), "points"),
        standard=_standard(case),
        worst=_worst(case, "；答得最差的地方：", "; worst at: ", _asked_or_answered(case)),
    )


def _informed(case: Case) -> str:
    return case.say(
        "登记、转办的事项中有 {share} 告诉了客户时限或下一步{standard}{worst}",
        "{share} of the matters taken on came with a time limit or the next step{standard}{worst}",
        share=case.figure(case.value("value"), "%"),
        standard=_standard(case),
        worst=_worst(case, "；没有说的：", "; without: ", _quotes(case, NOT_INFORMED)),
    )


def _worst(case: Case, zh: str, en: str, quotes: str) -> str:
    """Where it was worst, after a word for it; nothing where all was well."""
    if case.passed or not quotes:
        return ""
    return case.pick(zh, en) + quotes


def _unanswered(case: Case) -> str:
    if not case.value("value"):
        return case.pick("客户的问题都有答复", "every question of the customer was answered")
    count = _count(case, "value")
    text = case.say(
        "客户有 {count} 个问题没有得到答复",
        "{count} question{s} of the customer went without an answer",
        count=count,
        s=plural(count),
    )
    quotes = _asked_or_answered(case)
    if quotes:
        text = case.labelled(text, quotes) + case.and_so_on(_noted(case, POOR_ANSWERS))
    return text + _standard(case, counted_in="个", none="全部答复")


def _count(case: Case, key: str) -> str:
    """A detail as a whole number; 0 when it is not there."""
    return f"{case.value(key) or 0:.0f}"


def _noted(case: Case, notes: Container[str]) -> list[Evidence]:
    return [one for one in case.evidence if one.note in notes]


def _quotes(case: Case, notes: Container[str]) -> str:
    """The first words with one of these notes."""
    return case.listed(_words(case, one) for one in _noted(case, notes)[:MOST_QUOTES])


def _asked_or_answered(case: Case) -> str:
    """The customer's questions; where the agent pushed one away, what the agent said."""
    shown = []
    for one in _noted(case, POOR_ANSWERS)[:MOST_QUOTES]:
        said = _words(case, one)
        if one.role is Role.AGENT:
            said = case.pick(f"坐席答{said}", f"answered {said}")
        shown.append(said)
    return case.listed(shown)


def _words(case: Case, evidence: Evidence) -> str:
    text = evidence.quote
    if len(text) > LONGEST_QUOTE:
        text = f"{text[:LONGEST_QUOTE]}…"
    return f"{case.quoted(text)}{case.at(evidence)}"


_OF_WORDS: Mapping[tuple[str, str], Callable[[Case], str]] = {
    ("violations", "value"): _violations,
    ("violations", "count"): _violations,
    ("politeness", "value"): _politeness,
    ("depth", "value"): _depth,
    ("depth", "low_count"): _unanswered,
    ("depth", "unanswered_count"): _unanswered,
    ("depth", "transparency_share"): _informed,
}
"""Metric and component → the function that says it."""
