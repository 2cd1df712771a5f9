"""Sentences of the figures that speak of words: violations, politeness, answers. Used by `sentences`.

violations      坐席用语不当 2 处：命令“你先别说了”（00:11）、反问“你怎么还不明白”（00:46），标准 0 处
politeness      坐席用语礼貌程度 35.7 分，标准 ≥ 58 分；最低的一句：“不清楚。”（00:31）
depth           客户的 3 个问题没有得到答复（00:04、00:32、00:39），标准 0 个
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qa_speech.call import Evidence, Role
from qa_speech.wording.case import MOST_QUOTES, Case
from qa_speech.wording.catalogue import Words
from qa_speech.wording.terms import figure, quoted, term

VIOLATIONS: Words = {
    "violation_insult": ("辱骂", "insult"),
    "violation_taboo": ("忌语", "taboo phrase"),
    "violation_deflection": ("推诿", "deflection"),
    "violation_rhetorical": ("反问", "rhetorical question"),
    "violation_impatience": ("不耐烦", "impatience"),
    "violation_order": ("命令", "order"),
}

LONGEST_QUOTE = 24


def of_text(case: Case, limit: str) -> str:
    """The sentence of a figure about words; "" for other figures. `limit` is what was asked for, "" for nothing."""
    maker = _MAKERS.get((case.text("metric"), case.text("component") or "value"))
    return maker(case, limit) if maker and case.value("value") is not None else ""


def _violations(case: Case, limit: str) -> str:
    count = case.value("value") or 0
    heard = [one for one in case.criterion.evidence if one.note in VIOLATIONS]
    if not count:
        return case.pick("坐席没有这类不当用语", "the agent said nothing of the kind")
    shown = [f"{term(VIOLATIONS, one.note, case.lang)}{case.pick('', ' ')}{_words(case, one)}" for one in heard]
    listed = case.pick("、", ", ").join(shown[:MOST_QUOTES])
    more = case.pick(" 等", " …") if len(shown) > MOST_QUOTES else ""
    colon = case.pick("：", ": ") if listed else ""
    text = case.pick(
        f"坐席用语不当 {count:.0f} 处", f"the agent’s words were improper in {count:.0f} place{'s' * (count != 1)}"
    )
    unsure = case.value("unsure") or 0
    left = case.pick(f"；其中 {unsure:.0f} 处把握不大，没有计入", f"; {unsure:.0f} of them doubtful and not counted")
    return f"{text}{colon}{listed}{more}" + _asked(case, limit.replace("次", "处")) + (left if unsure else "")


def _politeness(case: Case, limit: str) -> str:
    value = figure(case.value("value"), "points", case.lang)
    text = case.pick(f"坐席用语礼貌程度 {value}", f"politeness of the agent’s words: {value}") + _asked(case, limit)
    worst = [one for one in case.criterion.evidence if one.note == "impolite"]
    if case.criterion.outcome == "pass" or not worst:
        return text
    shown = case.pick("、", ", ").join(_words(case, one) for one in worst[:MOST_QUOTES])
    return text + case.pick(f"；最不客气的：{shown}", f"; least polite: {shown}")


def _depth(case: Case, limit: str) -> str:
    value = figure(case.value("value"), "points", case.lang)
    text = case.pick(f"回答深度 {value}", f"answer depth: {value}") + _asked(case, limit)
    poor = [one for one in case.criterion.evidence if one.note in _POOR]
    if case.criterion.outcome == "pass" or not poor:
        return text
    return text + case.pick(
        f"；答得最差的地方：{_asked_or_said(case, poor)}", f"; worst at: {_asked_or_said(case, poor)}"
    )


_POOR = frozenset(("no_answer", "deflected", "acknowledged_only", "short_answer", "no_guidance"))


def _unanswered(case: Case, limit: str) -> str:
    count = case.value("value") or 0
    if not count:
        return case.pick("客户的问题都有答复", "every question of the customer was answered")
    poor = [one for one in case.criterion.evidence if one.note in _POOR]
    shown = _asked_or_said(case, poor)
    more = case.pick(" 等", " …") if len(poor) > MOST_QUOTES else ""
    text = case.pick(
        f"客户有 {count:.0f} 个问题没有得到答复",
        f"{count:.0f} question{'s' * (count != 1)} of the customer went without an answer",
    )
    colon = case.pick("：", ": ") if shown else ""
    return f"{text}{colon}{shown}{more}" + _asked(case, limit.replace("次", "个"))


def _informed(case: Case, limit: str) -> str:
    value = figure(case.value("value"), "%", case.lang)
    text = case.pick(
        f"登记、转办的事项中有 {value} 告诉了客户时限或下一步",
        f"{value} of the matters taken on came with a time limit or the next step",
    )
    left = [one for one in case.criterion.evidence if one.note == "not_informed"]
    if case.criterion.outcome == "pass" or not left:
        return text + _asked(case, limit)
    shown = case.pick("、", ", ").join(_words(case, one) for one in left[:MOST_QUOTES])
    return text + _asked(case, limit) + case.pick(f"；没有说的：{shown}", f"; without: {shown}")


def _asked_or_said(case: Case, poor: Sequence[Evidence]) -> str:
    """The customer's questions; where the agent pushed one away, what the agent said."""
    answered = case.pick("坐席答", "answered ")
    shown = [f"{answered if one.role is Role.AGENT else ''}{_words(case, one)}" for one in poor[:MOST_QUOTES]]
    return case.pick("、", ", ").join(shown)


def _words(case: Case, one: Evidence) -> str:
    text = one.quote if len(one.quote) <= LONGEST_QUOTE else f"{one.quote[:LONGEST_QUOTE]}…"
    return f"{quoted(text, case.lang)}{case.at(one)}"


def _asked(case: Case, limit: str) -> str:
    return case.pick(f"，标准 {limit}", f"; limit {limit}") if limit else ""


_MAKERS: Mapping[tuple[str, str], Callable[[Case, str], str]] = {
    ("violations", "value"): _violations, ("violations", "count"): _violations, ("politeness", "value"): _politeness,
    ("depth", "value"): _depth, ("depth", "low_count"): _unanswered, ("depth", "unanswered_count"): _unanswered,
    ("depth", "transparency_share"): _informed,
}  # fmt: skip
