"""The sentence of a criterion, from its reason code and `detail` (both listed in `qa_speech.scorecard.score`).

    phrase_missing   坐席最后 30 秒没有说到“满意度”或“评价”（已查 00:48–01:18）
    phrase_said      坐席说了不允许的话：“我也不清楚”（01:12）
    metric_above     客户提问后坐席静音 7.2 秒（03:12–03:19），标准 ≤ 3 秒
    band             坐席语速 262 字/分，标准 ≥ 140 且 < 260 字/分
    order_broken     “请稍等”（00:23）之后 10 秒内：坐席没有说到“久等”

One small function per family of codes; whatever a code's detail lacks is left out of the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from msgspec.structs import replace as changed

from qa_speech.call import Call, CriterionScore, Evidence, Role
from qa_speech.language.dialogue import is_question
from qa_speech.metrics import Component
from qa_speech.wording import catalogue as words
from qa_speech.wording import terms
from qa_speech.wording.case import MOST_QUOTES, Case
from qa_speech.wording.terms import Lang, bracket, figure, quoted, term
from qa_speech.wording.text_sentences import of_text


def sentence(criterion: CriterionScore, *, lang: Lang, call: Call | None = None) -> str:
    """The outcome of a criterion in one plain sentence; an unknown reason code is said by its evidence, or as it is.

    `call`, where at hand, lets the sentence say after whose words a silence came, and lets calls without times name the
    line of the transcript instead of seconds.

    >>> heard = Evidence("quote", 72.0, 73.0, Role.AGENT, "我也不清楚")
    >>> sentence(CriterionScore("taboo", "忌语", "s", "fail", 0, 10, evidence=(heard,), reason="phrase_said"), lang="zh")
    '坐席说了不允许的话：“我也不清楚”（01:12）'
    """
    case = Case(criterion, lang, call)
    if criterion.outcome in ("not_applicable", "not_measured", "manual"):
        return _unjudged(case)
    return _said(case) + _others(case)


def _unjudged(case: Case) -> str:
    criterion, name = case.criterion, terms.outcome(case.criterion.outcome, case.lang)
    if not criterion.reason or criterion.reason == criterion.outcome:
        return name
    return f"{name}{case.pick('：', ': ')}{terms.reason(criterion.reason, case.lang)}"


def _said(case: Case) -> str:
    reason = case.criterion.reason
    maker = _MAKERS.get(reason) or _MAKERS.get(reason.removeprefix("not_"))
    said = maker(case) if maker else _evidence(case)
    if said:
        return said
    known = reason in words.REASONS
    outcome = terms.outcome(case.criterion.outcome, case.lang)
    return f"{outcome}{bracket(terms.reason(reason, case.lang), case.lang)}" if known or reason else outcome


def _others(case: Case) -> str:
    """What else a combined check came to; the sentence itself speaks of its first part."""
    parts, deciding = case.value("parts"), case.value("deciding")
    if parts is None or deciding is None or parts < 2 or case.criterion.outcome == "pass":
        return ""
    heard = sum(bool(one.quote) for one in case.criterion.evidence)
    if heard >= deciding and (case.criterion.reason.endswith("_said") or case.text("metric") == "violations"):
        # the words that must not be said are quoted already, whichever requirement found them
        return ""
    if case.text("combined") == "any":
        return case.pick(f"；{parts:.0f} 种做法都没有做到", f"; none of {parts:.0f} ways was taken")
    return case.pick(
        f"；{parts:.0f} 项要求中有 {deciding:.0f} 项未达到", f"; {deciding:.0f} of {parts:.0f} requirements not met"
    )


def _evidence(case: Case) -> str:
    shown = case.criterion.evidence[:2]
    text = case.pick("；", "; ").join(f"{terms.note(one, case.lang, case.call)}{case.at(one)}" for one in shown)
    more = len(case.criterion.evidence) - len(shown)
    return text + (case.pick(f"，另有 {more} 处", f", and {more} more") if more > 0 else "")


# ---------------------------------------------------------------------------------------------------------- words


def _found(case: Case) -> str:
    if not case.quotes:
        return case.pick(f"{case.who}{case.window}说到了要求的话", f"{case.who} said what is asked{case.window}")
    return case.pick(f"{case.who}{case.window}说到{case.quotes}", f"{case.who} said{case.window}: {case.quotes}")


def _missing(case: Case) -> str:
    each = case.text("mode") == "all"
    wanted = case.phrases(case.text("missing") or case.text("phrases"), each=each)
    wanted = wanted or case.pick("要求的话", "what is asked")
    if case.quotes and each:
        return case.pick(
            f"{case.who}{case.window}说到{case.quotes}，没有说到{wanted}",
            f"{case.who} said{case.window}: {case.quotes}, but not {wanted}",
        )
    if case.quotes:
        return _few(case)
    return case.pick(
        f"{case.who}{case.window}没有说到{wanted}{_searched(case)}",
        case.nobody("did not say", "said") + f" {wanted}{case.window}{_searched(case)}",
    )


def _few(case: Case) -> str:
    count, wanted = case.text("count"), case.text("at_least")
    return case.pick(
        f"{case.who}{case.window}只说到 {count} 处：{case.quotes}，要求至少 {wanted} 处",
        f"{case.who} said only {count}{case.window}: {case.quotes}; at least {wanted} wanted",
    )


def _searched(case: Case) -> str:
    """The seconds that were searched, where that is not the whole call."""
    gone = next((one for one in case.criterion.evidence if one.kind == "absence"), None)
    if (
        gone is None
        or not case.window
        or gone.end <= gone.start
        or (case.call is not None and case.call.times == "nominal")
    ):
        return ""
    span = terms.where(gone, case.lang, case.call)
    return bracket(case.pick(f"已查 {span}", f"searched {span}"), case.lang)


def _forbidden(case: Case) -> str:
    return case.pick(
        f"{case.who}{case.window}说了不允许的话：{case.quotes}",
        f"{case.who} said what must not be said{case.window}: {case.quotes}",
    )


def _too_many(case: Case) -> str:
    count, most = case.text("count"), case.text("at_most")
    return case.pick(
        f"{case.who}{case.window}说了 {count} 次：{case.quotes}，最多 {most} 次",
        f"{case.who} said it {count} times{case.window}: {case.quotes}; at most {most}",
    )


def _avoided(case: Case) -> str:
    return case.pick(
        f"{case.who}{case.window}没有说不允许的话",
        case.nobody("said nothing", "said anything") + f" that must not be said{case.window}",
    )


def _repeated(case: Case) -> str:
    own = case.text("of") != "other"
    quotes = f"{case.pick('：', ': ')}{case.quotes}" if case.quotes else ""
    count = case.text("count")
    times = "once" if count == "1" else f"{count} times"
    return case.pick(
        f"{case.who}把{'自己' if own else '对方'}说过的话又说了 {count} 次{quotes}",
        f"{case.who} repeated {'own' if own else 'the other’s'} words {times}{quotes}",
    )


def _not_repeated(case: Case) -> str:
    own = case.text("of") != "other"
    text = case.pick(
        f"{case.who}没有重复{'自己' if own else '对方'}说过的话",
        f"{case.who} did not repeat {'own' if own else 'the other’s'} words",
    )
    asked = case.criterion.reason == "repeat_missing"
    return text + (case.pick("，要求有重复", "; a repetition is wanted") if asked else "")


def _entity(case: Case) -> str:
    kind = term(words.ENTITIES, case.text("kind"), case.lang)
    a = "an" if kind[:1] in "aeiou" else "a"
    said = case.quotes
    if case.criterion.reason == "entity_said":
        return case.pick(
            f"{case.who}{case.window}说了不该说的{kind}：{said}",
            f"{case.who} gave {a} {kind}{case.window}, which must not be given: {said}",
        )
    if not said:
        return case.pick(
            f"{case.who}{case.window}没有说到{kind}{_searched(case)}",
            case.nobody(f"gave no {kind}", f"gave {a} {kind}") + f"{case.window}{_searched(case)}",
        )
    limit = case.text("at_most")
    tail = case.pick(f"，最多 {limit} 处", f"; at most {limit}") if limit and case.criterion.outcome != "pass" else ""
    return case.pick(
        f"{case.who}{case.window}说到{kind}：{said}{tail}", f"{case.who} gave {a} {kind}{case.window}: {said}{tail}"
    )


def _similar(case: Case) -> str:
    wanted = quoted(case.text("to"), case.lang)
    limit, best = case.value("similarity"), case.value("best")
    near = (
        case.pick(f"，最相近的只有 {100 * best:.0f}%", f"; the nearest was {100 * best:.0f}%")
        if best is not None
        else ""
    )
    ask = case.pick(f"，要求相似 ≥ {100 * limit:.0f}%", f", {100 * limit:.0f}% wanted") if limit is not None else ""
    return case.pick(
        f"{case.who}{case.window}没有说到与{wanted}相近的话{near}{ask}",
        case.nobody("said nothing", "said anything") + f" like {wanted}{case.window}{near}{ask}",
    )


# -------------------------------------------------------------------------------------------------------- figures


def _metric(case: Case) -> str:
    limit = _limits(case)
    said = of_text(case, limit)
    if said:
        return said
    value = figure(case.value("value"), case.text("unit"), case.lang, _declared(case))
    if _looks_like_the_bound(case):
        value = value.replace(
            terms.number(case.value("value") or 0, _declared(case).digits), f"{case.value('value'):.2f}", 1
        )
    text = _stretch(case) or case.pick(f"{_subject(case)} {value}", f"{_subject(case)}: {value}") + _places(case)
    if not limit:
        return text
    return f"{text}{case.pick('，标准 ', '; limit ')}{limit}"


def _declared(case: Case) -> Component:
    """The component that is judged, as its metric declares it."""
    return terms.declared(case.text("metric"), case.text("component"))


def _looks_like_the_bound(case: Case) -> bool:
    """Whether rounding would make the figure the same as a bound it lies beside: 8 秒，标准 < 8 秒."""
    value = case.value("value") or 0.0
    bounds = [case.value(key) for key in ("at_least", "at_most", "full_below", "full_from")]
    digits = _declared(case).digits
    shown = terms.number(value, digits)
    others = [bound for bound in bounds if bound is not None and bound != value]
    return any(terms.number(bound, digits) == shown for bound in others)


def _subject(case: Case) -> str:
    """What the figure is called: 坐席语速, 最长静音."""
    role = terms.role(case.text("role"), case.lang) if case.text("role") else ""
    space = case.pick("", " ") if role else ""
    plain = terms.figure_name(case.text("metric"), case.text("component") or "value", case.lang)
    return f"{role}{space}{plain}"


def _stretch(case: Case) -> str:
    """Where the figure is the length of one stretch: that stretch, after whose words, and when."""
    value = case.value("value")
    longest = max(case.criterion.evidence, key=lambda one: one.end - one.start, default=None)
    if longest is None or value is None or case.text("unit") != "s" or longest.kind != "interval":
        return ""
    if abs(longest.end - longest.start - value) > 0.06 or _looks_like_the_bound(case):
        return ""
    return f"{_after(case, longest)}{terms.note(longest, case.lang, case.call)}{case.at(longest)}"


def _places(case: Case) -> str:
    """When, for a count whose every case is in evidence: the first places, in brackets."""
    heard = [one for one in case.criterion.evidence if one.kind != "absence"]
    if heard and case.text("unit") == "s" and _looks_like_the_bound(case):
        return case.at(max(heard, key=lambda one: one.end - one.start))
    if not heard or case.text("unit") != "count" or case.value("value") != len(heard):
        return ""
    shown = list(dict.fromkeys(terms.start(one, case.lang, case.call) for one in heard))[:MOST_QUOTES]
    more = case.pick(" 等", " …") if len(heard) > len(shown) else ""
    return bracket(case.pick("、", ", ").join(shown) + more, case.lang)


def _after(case: Case, evidence: Evidence) -> str:
    """客户提问后 / 客户说完后 / 坐席说完后: who spoke last before a silence; "" where that is not known."""
    if case.call is None or evidence.note not in words.SILENT_NOTES:
        return ""
    before = [one for one in case.call.utterances if one.end <= evidence.start + 0.01]
    last = max(before, key=lambda one: one.end, default=None)
    if last is None or last.role in (Role.UNKNOWN, evidence.role):
        return ""
    who = terms.role(last.role, case.lang)
    if last.text and is_question(last.text):
        return case.pick(f"{who}提问后", f"after the {who}’s question: ")
    return case.pick(f"{who}说完后", f"after the {who} spoke: ")


def _limits(case: Case) -> str:
    low, high = case.value("at_least"), case.value("at_most")
    below, start = case.value("full_below"), case.value("full_from")
    pairs = (("≥", low), ("≤", high), ("≥", start), ("<", below))
    if case.negated:
        pairs = (("<", low), (">", high), ("", None), ("", None))
    unit = case.text("unit")
    given = [_countable(sign, bound, unit) for sign, bound in pairs if bound is not None]
    one = _declared(case)
    shown = [f"{sign} {terms.number(bound, one.digits)}".strip() for sign, bound in given]
    if not shown:
        return ""
    shown[-1] = f"{given[-1][0]} {figure(given[-1][1], unit, case.lang, one)}".strip()
    return (case.pick(" 或 ", " or ") if case.negated else case.pick(" 且 ", " and ")).join(shown)


def _countable(sign: str, bound: float, unit: str) -> tuple[str, float]:
    """Fewer than one is none, fewer than three is two at most: nobody counts halves."""
    if unit == "count" and sign == "<" and bound == int(bound):
        sign, bound = "≤", bound - 1
    return ("", bound) if unit == "count" and sign == "≤" and not bound else (sign, bound)


def _attribute(case: Case) -> str:
    name, value = term(words.METADATA, case.text("attribute"), case.lang), case.text("value")
    wanted, unwanted = case.text("wanted"), case.text("unwanted")
    if case.negated:
        wanted, unwanted = unwanted, wanted
    if case.value("value") is None:
        text = case.pick(f"{name}为“{value}”", f"{name} is {value}")
    else:
        text = case.pick(f"{name} {value}", f"{name} is {value}")
    if case.criterion.outcome == "pass":
        return text
    if unwanted:
        return text + case.pick(f"，要求不是 {unwanted}", f"; wanted: not {unwanted}")
    wanted = wanted or _limits(case)
    return text + case.pick(f"，要求 {wanted}", f"; wanted: {wanted}") if wanted else text


# ---------------------------------------------------------------------------------------------------------- order


def _order(case: Case) -> str:
    """Anchor first, then what was or was not found beside it, in the words of the inner check."""
    detail, evidence = case.criterion.detail, case.criterion.evidence
    anchor = evidence[0] if evidence else None
    rest = [one for one in evidence[1:] if not one.note.startswith("anchor")]
    inner = replace(
        case, criterion=changed(case.criterion, reason=case.text("inner"), evidence=tuple(rest), detail=dict(detail))
    )
    seconds, turns = case.text("within_s"), case.text("within_turns")
    side = term(words.SIDES, case.text("side"), case.lang)
    reach = case.pick(f" {seconds} 秒内", f" within {seconds} s") if seconds else ""
    reach += case.pick(f" {turns} 个话轮内", f" within {turns} turn{'s' * (turns != '1')}") if turns else ""
    name = (
        (quoted(anchor.quote, case.lang) if anchor.quote else terms.note(anchor, case.lang, case.call))
        if anchor
        else ""
    )
    place = f"{name}{case.at(anchor)}" if anchor else case.text("anchor")
    broken, places = case.value("broken") or 0, case.value("places") or 0
    text = case.pick(f"{place}{side}{reach}：{_said(inner)}", f"{side} {place}{reach}: {_said(inner)}")
    if case.negated and case.criterion.outcome == "fail":
        return text + case.pick("，不应如此", ", which must not be")
    if case.criterion.outcome == "pass" or places < 2:
        return text
    return text + case.pick(
        f"；{places:.0f} 处中有 {broken:.0f} 处不符合", f"; so in {broken:.0f} of {places:.0f} places"
    )


_MAKERS: Mapping[str, Callable[[Case], str]] = {
    "phrase_found": _found, "phrase_missing": _missing, "phrase_too_few": _missing, "phrase_said": _forbidden,
    "phrase_too_many": _too_many, "phrase_avoided": _avoided, "metric_met": _metric, "metric_above": _metric,
    "metric_below": _metric, "band": _metric, "order_kept": _order, "order_broken": _order, "repeated": _repeated,
    "repeat_found": _repeated, "repeat_missing": _not_repeated, "not_repeated": _not_repeated, "entity_found": _entity,
    "entity_missing": _entity, "entity_too_many": _entity, "entity_said": _entity, "entity_avoided": _entity,
    "similar_found": _found, "similar_missing": _similar, "similar_said": _forbidden, "similar_avoided": _avoided,
    "similar_too_many": _too_many, "attribute_met": _attribute, "attribute_differs": _attribute,
}  # fmt: skip
