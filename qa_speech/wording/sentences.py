"""The sentence of a criterion, from its reason code and `detail` (both listed in `qa_speech.scorecard.score`).

    phrase_missing   坐席最后 30 秒没有说到“满意度”或“评价”（已查 00:48–01:18）
    phrase_said      坐席说了不该说的话：“我也不清楚”（01:12）
    metric_above     客户提问后坐席静音 7.2 秒（03:12–03:19），标准 ≤ 3 秒
    band             坐席语速 262 字/分，标准 140–260 字/分
    order_broken     “请稍等”（00:23）之后 10 秒内：坐席没有说到“久等”

One small function per family of codes, named in the table `MAKERS` at the end: an operator adds its function and its
lines there. Whatever a code's detail lacks is left out of the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from msgspec.structs import replace as changed

from qa_speech.call import Call
from qa_speech.scores import CriterionScore
from qa_speech.wording import catalogue as words
from qa_speech.wording import exhibit, terms
from qa_speech.wording.case import Case
from qa_speech.wording.figure_sentences import figure_sentence, limits
from qa_speech.wording.lang import Lang, plural
from qa_speech.wording.mark_sentence import marked
from qa_speech.wording.terms import bracket

Maker: TypeAlias = Callable[[Case], str]

UNJUDGED = ("not_applicable", "not_measured", "manual")
MOST_EVIDENCE = 2
"""Pieces of evidence named where a code has no sentence of its own."""


def sentence(criterion: CriterionScore, *, lang: Lang, call: Call | None = None) -> str:
    """The outcome of a criterion in one plain sentence; an unknown reason code is said by its evidence, or as it is.

    `call`, where at hand, lets the sentence say after whose words a silence came, and lets calls without times name the
    line of the transcript instead of seconds.

    >>> from qa_speech.call import Role
    >>> from qa_speech.scores import Evidence
    >>> heard = Evidence("quote", 72.0, 73.0, Role.AGENT, "我也不清楚")
    >>> sentence(CriterionScore("taboo", "忌语", "s", "fail", 0, 10, evidence=(heard,), reason="phrase_said"), lang="zh")
    '坐席说了不该说的话：“我也不清楚”（01:12）'
    """
    case = Case(criterion, lang, call)
    if case.reason == "marked":
        return marked(case)
    if criterion.outcome in UNJUDGED:
        return _unjudged(case)
    return _judged(case) + _other_parts(case)


def _unjudged(case: Case) -> str:
    name = terms.outcome(case.criterion.outcome, case.lang)
    why = _why_unjudged(case)
    return case.labelled(name, why) if why else name


def why_unjudged(criterion: CriterionScore, lang: Lang, call: Call | None = None) -> str:
    """Why a criterion was not judged, "" where its outcome says all.

    >>> detail = {"otherwise": "客户未要求办理"}
    >>> left = CriterionScore("id", "核实身份", "s", "not_applicable", None, 5, reason="condition_false", detail=detail)
    >>> why_unjudged(left, "zh")
    '客户未要求办理'
    """
    return _why_unjudged(Case(criterion, lang, call))


def _why_unjudged(case: Case) -> str:
    criterion = case.criterion
    if not criterion.reason or criterion.reason == criterion.outcome:
        return ""
    if criterion.reason == "condition_false":
        return _condition(case)
    return terms.reason(criterion.reason, case.lang)


def _condition(case: Case) -> str:
    """What would have made it apply: as the card says it, else in the words of the condition itself."""
    stated = case.text("otherwise")
    if stated:
        return stated
    if case.text("operator") == "phrase" and case.text("mode") == "any" and not case.negated:
        return _missing(case)
    if case.text("operator") == "metric" and case.value("value") is not None:
        name = terms.figure_name(case.text("metric"), case.text("component"), case.lang)
        value = terms.component_figure(case.text("metric"), case.text("component"), case.value("value"), case.lang)
        return f"{name} {value}"
    return terms.reason("condition_false", case.lang)


def _judged(case: Case) -> str:
    maker = _maker(case.reason)
    said = maker(case)
    if said:
        return said
    outcome = terms.outcome(case.criterion.outcome, case.lang)
    return outcome + bracket(terms.reason(case.reason, case.lang), case.lang)


def _maker(reason: str) -> Maker:
    found = MAKERS.get(reason) or MAKERS.get(reason.removeprefix("not_"))
    return found or _evidence


def _evidence(case: Case) -> str:
    evidence = case.evidence
    shown = evidence[:MOST_EVIDENCE]
    text = case.clauses(f"{case.note(one)}{case.at(one)}" for one in shown)
    more = len(evidence) - len(shown)
    if more > 0:
        text += case.pick(f"，另有 {more} 处", f", and {more} more")
    return text


def _other_parts(case: Case) -> str:
    """What else a combined check came to; the sentence itself speaks of its first part."""
    parts, deciding = case.value("parts"), case.value("deciding")
    if parts is None or deciding is None or parts < 2 or case.passed:
        return ""
    quotes = sum(bool(one.quote) for one in case.evidence)
    of_unwanted_words = case.reason.endswith("_said") or case.text("metric") == "violations"
    if of_unwanted_words and quotes >= deciding:
        # the words that must not be said are quoted already, whichever requirement found them
        return ""
    if case.text("combined") == "any":
        return case.say("；{parts} 种做法都没有做到", "; none of {parts} ways was taken")
    return case.say("；{parts} 项要求中有 {deciding} 项未达到", "; {deciding} of {parts} requirements not met")


# ---------------------------------------------------------------------------------------------------- words


def _found(case: Case) -> str:
    if not case.quotes:
        return case.say("{who}{window}说到了要求的话", "{who} said what is asked{window}")
    return case.say("{who}{window}说到{quotes}", "{who} said{window}: {quotes}")


def _missing(case: Case) -> str:
    each = case.text("mode") == "all"
    wanted = case.phrases(case.text("missing") or case.text("phrases"), each=each)
    wanted = wanted or case.pick("要求的话", "what is asked")
    if not case.quotes:
        return case.say(
            "{who}{window}没有说到{wanted}{searched}",
            "{did_not_say} {wanted}{window}{searched}",
            did_not_say=case.nobody("did not say", "said"),
            wanted=wanted,
            searched=_searched(case),
        )
    if each:
        return case.say(
            "{who}{window}说到{quotes}，没有说到{wanted}",
            "{who} said{window}: {quotes}, but not {wanted}",
            wanted=wanted,
        )
    return case.say(
        "{who}{window}只说到 {count} 处：{quotes}，要求至少 {at_least} 处",
        "{who} said only {count}{window}: {quotes}; at least {at_least} wanted",
    )


def _searched(case: Case) -> str:
    """The seconds that were searched, where that is not the whole call."""
    absent = next((one for one in case.evidence if one.kind == "absence"), None)
    if absent is None or absent.end <= absent.start or not case.window:
        return ""
    if not case.timed:
        return ""
    span = exhibit.where(absent, case.lang, case.call)
    return bracket(case.pick(f"已查 {span}", f"searched {span}"), case.lang)


def _forbidden(case: Case) -> str:
    return case.say("{who}{window}说了不该说的话：{quotes}", "{who} said what must not be said{window}: {quotes}")


def _too_many(case: Case) -> str:
    return case.say(
        "{who}{window}说了 {count} 次：{quotes}，最多 {at_most} 次",
        "{who} said it {count} times{window}: {quotes}; at most {at_most}",
    )


def _avoided(case: Case) -> str:
    return case.say(
        "{who}{window}没有说不该说的话",
        "{said_nothing} that must not be said{window}",
        said_nothing=case.nobody("said nothing", "said anything"),
    )


def _repeated(case: Case) -> str:
    times = case.text("count") + " times"
    if times == "1 times":
        times = "once"
    text = case.say(
        "{who}把{whose}说过的话又说了 {count} 次",
        "{who} repeated {whose} words {times}",
        whose=_whose(case),
        times=times,
    )
    if not case.quotes:
        return text
    return case.labelled(text, case.quotes)


def _not_repeated(case: Case) -> str:
    text = case.say("{who}没有重复{whose}说过的话", "{who} did not repeat {whose} words", whose=_whose(case))
    if case.reason == "repeat_missing":
        text += case.pick("，要求有重复", "; a repetition is wanted")
    return text


def _whose(case: Case) -> str:
    if case.text("of") == "other":
        return case.pick("对方", "the other’s")
    return case.pick("自己", "own")


# ------------------------------------------------------------------------------------- entities, likenesses


def _entity_given(case: Case) -> str:
    """The particular was given, or none was where one was wanted."""
    if not case.quotes:
        return _entity_not_given(case)
    text = case.say(
        "{who}{window}说到{kind}：{quotes}",
        "{who} gave {a_kind}{window}: {quotes}",
        kind=_kind(case),
        a_kind=_a_kind(case),
    )
    if case.text("at_most") and not case.passed:
        text += case.say("，最多 {at_most} 处", "; at most {at_most}")
    return text


def _entity_not_given(case: Case) -> str:
    return case.say(
        "{who}{window}没有说到{kind}{searched}",
        "{gave_none}{window}{searched}",
        gave_none=case.nobody(f"gave no {_kind(case)}", f"gave {_a_kind(case)}"),
        kind=_kind(case),
        searched=_searched(case),
    )


def _entity_forbidden(case: Case) -> str:
    return case.say(
        "{who}{window}说了不该说的{kind}：{quotes}",
        "{who} gave {a_kind}{window}, which must not be given: {quotes}",
        kind=_kind(case),
        a_kind=_a_kind(case),
    )


def _kind(case: Case) -> str:
    return case.name(words.ENTITIES, "kind")


def _a_kind(case: Case) -> str:
    """English: a date, an amount."""
    kind = _kind(case)
    if kind[:1] in "aeiou":
        return f"an {kind}"
    return f"a {kind}"


def _similar_missing(case: Case) -> str:
    text = case.say(
        "{who}{window}没有说到与{wanted}相近的话",
        "{said_nothing} like {wanted}{window}",
        said_nothing=case.nobody("said nothing", "said anything"),
        wanted=case.quoted(case.text("to")),
    )
    nearest, limit = case.value("best"), case.value("similarity")
    if nearest is not None:
        text += case.say("，最相近的只有 {best}", "; the nearest was {best}", best=f"{nearest:.0%}")
    if limit is not None:
        text += case.say("，要求相似 ≥ {limit}", ", {limit} wanted", limit=f"{limit:.0%}")
    return text


# ----------------------------------------------------------------------------------------------- attributes


def _attribute(case: Case) -> str:
    name = case.name(words.METADATA, "attribute")
    if case.value("value") is None:
        text = case.say("{name}为“{value}”", "{name} is {value}", name=name)
    else:
        text = case.say("{name} {value}", "{name} is {value}", name=name)
    if case.passed:
        return text
    wanted, unwanted = case.text("wanted"), case.text("unwanted")
    if case.negated:
        wanted, unwanted = unwanted, wanted
    if unwanted:
        return text + case.pick(f"，要求不是 {unwanted}", f"; wanted: not {unwanted}")
    wanted = wanted or limits(case)
    if wanted:
        text += case.pick(f"，要求 {wanted}", f"; wanted: {wanted}")
    return text


# ---------------------------------------------------------------------------------------------------- order


def _order(case: Case) -> str:
    """Anchor first, then what was or was not found beside it, in the words of the inner check."""
    text = case.say(
        "{place}{side}{reach}：{inner}",
        "{side} {place}{reach}: {inner}",
        place=_anchor(case),
        side=case.name(words.SIDES, "side"),
        reach=_reach(case),
        inner=_inner(case),
    )
    if case.negated and case.criterion.outcome == "fail":
        return text + case.pick("，不应如此", ", which must not be")
    places, broken = case.value("places") or 0, case.value("broken") or 0
    if places >= 2 and not case.passed:
        text += case.say(
            "；{places} 处中有 {broken} 处不符合", "; so in {broken} of {places} places", broken=f"{broken:.0f}"
        )
    return text


def _anchor(case: Case) -> str:
    """What the order begins with, and where; its words on the card where nothing is in evidence."""
    if not case.evidence:
        return case.text("anchor")
    anchor = case.evidence[0]
    name = case.note(anchor)
    if anchor.quote:
        name = case.quoted(anchor.quote)
    return f"{name}{case.at(anchor)}"


def _reach(case: Case) -> str:
    """How far from the anchor was looked."""
    reach = ""
    if case.text("within_s"):
        reach += case.say(" {within_s} 秒内", " within {within_s} s")
    turns = case.text("within_turns")
    if turns:
        reach += case.say(" {within_turns} 个轮次内", " within {within_turns} turn{s}", s=plural(turns))
    return reach


def _inner(case: Case) -> str:
    """What the inner check came to, by its own reason and the evidence that is no anchor."""
    reason = case.text("inner")
    rest = tuple(one for one in case.evidence[1:] if not one.note.startswith("anchor"))
    inner = replace(case, criterion=changed(case.criterion, reason=reason, evidence=rest))
    if _maker(reason) is _order:
        # an order inside an order: `detail` holds the keys of the outer one, so only its evidence can speak
        return _evidence(inner) or terms.outcome(case.criterion.outcome, case.lang)
    return _judged(inner)


MAKERS: Mapping[str, Maker] = {
    "phrase_found": _found,
    "phrase_missing": _missing,
    "phrase_too_few": _missing,
    "phrase_said": _forbidden,
    "phrase_too_many": _too_many,
    "phrase_avoided": _avoided,
    "metric_met": figure_sentence,
    "metric_above": figure_sentence,
    "metric_below": figure_sentence,
    "band": figure_sentence,
    "order_kept": _order,
    "order_broken": _order,
    "repeated": _repeated,
    "repeat_found": _repeated,
    "repeat_missing": _not_repeated,
    "not_repeated": _not_repeated,
    "entity_found": _entity_given,
    "entity_missing": _entity_given,
    "entity_too_many": _entity_given,
    "entity_said": _entity_forbidden,
    "entity_avoided": _entity_given,
    "similar_found": _found,
    "similar_missing": _similar_missing,
    "similar_said": _forbidden,
    "similar_avoided": _avoided,
    "similar_too_many": _too_many,
    "attribute_met": _attribute,
    "attribute_differs": _attribute,
}
"""Reason code → the function that says it. The table of operators, here as in `qa_speech.scorecard.score`."""
