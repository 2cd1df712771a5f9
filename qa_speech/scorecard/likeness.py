"""Operators by likeness and by form: repeat, entity, similar. No model: pairs of characters, and patterns.

Likeness is the cosine of the sets of neighbouring characters (or sounds) of two texts, 0–1. It finds the same
sentence said again or with small changes; it does not understand. A sentence with the same meaning in other words is
beyond it: give more examples of it, or judge by hand.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from math import sqrt
from typing import TYPE_CHECKING

from qa_speech.call import Evidence, Role
from qa_speech.language.dialogue import is_question
from qa_speech.language.phrases import fold
from qa_speech.scorecard.context import Context, Hit, Reach, Result
from qa_speech.scorecard.phrase import unmeasured
from qa_speech.scorecard.sounds import sounds

if TYPE_CHECKING:
    from qa_speech.scorecard.conditions import Counted, Entity, Repeat, Similar

Detail = dict[str, str | float | None]
_CLAUSE = re.compile(r"[，。！？；、,.!?;\s]+")
_MAX_EVIDENCE = 10


@lru_cache(maxsize=16384)
def pairs(text: str) -> frozenset[str]:
    """Neighbouring characters of a text; a single character stands for itself.

    >>> sorted(pairs("查话费"))
    ['查话', '话费']
    """
    return frozenset(map(str.__add__, text, text[1:])) or frozenset(text)


def likeness(one: frozenset[str], two: frozenset[str]) -> float:
    """Cosine of two sets, 0–1.

    >>> round(likeness(pairs("我想查话费"), pairs("我要查话费")), 2)
    0.5
    """
    return len(one & two) / sqrt(len(one) * len(two)) if one and two else 0.0


def _role(name: str | None) -> Role | None:
    return None if name is None else Role(name)


def _bounds(model: Counted, low: int, high: int | None) -> tuple[int, int | None]:
    """The range that holds: as given, else the default of the operator."""
    if model.at_least is None and model.at_most is None:
        return low, high
    return model.at_least or 0, model.at_most


def _range(low: int, high: int | None) -> Detail:
    found: Detail = {"at_least": low} if low else {}
    return found if high is None else {**found, "at_most": high}


def repeat(model: Repeat) -> Callable[[Context, Reach], Result]:
    """Compile `repeat`: the role says something again that it (or the other party) said shortly before."""
    role = Role(model.role or "agent")
    low, high = _bounds(model, 0, 0)
    base: Detail = {"operator": "repeat", "of": model.of, "role": str(role)}
    base |= {"questions": "yes"} if model.questions else {}

    def decide(context: Context, reach: Reach) -> Result:
        reason = unmeasured(context, role)
        if reason:
            return Result(None, reason, base)
        found = list(_repeats(model, context, role, reach))
        shown = found if context.gather == "all" else found[: _MAX_EVIDENCE // 2]
        evidence = tuple(_whole(context, index, "repeat") for pair in shown for index in pair)
        detail: Detail = {**base, "count": len(found), **_range(low, high)}
        review = ("unsure_words",) if any(_shaky(context, index) for pair in found for index in pair) else ()
        if high is not None and len(found) > high:
            return Result(False, "repeated", detail, evidence, review, len(found) - high)
        if len(found) < low:
            return Result(False, "repeat_missing", detail, (_absent(context, role, reach, "repeat_missing"),))
        return Result(True, "repeat_found" if low else "not_repeated", detail, evidence, review)

    return decide


def _repeats(model: Repeat, context: Context, role: Role, reach: Reach) -> Iterator[tuple[int, int]]:
    """Pairs of an earlier utterance and one that says it again; each utterance repeats at most one, the nearest."""
    source = role if model.of == "own" else role.other
    said = [
        (index, pairs(text), item.role)
        for index, (text, item) in enumerate(zip(context.texts, context.utterances, strict=True))
        if len(text) >= model.min_chars and item.role in (role, source)
    ]
    wanted = set(context.within(role, reach))
    limit, recent = model.similarity**2, deque[tuple[int, frozenset[str]]](maxlen=model.within)
    for index, mine, speaker in said:
        if speaker is role and index in wanted and (not model.questions or _asks(context, index)):
            for earlier, theirs in reversed(recent):
                small, large = len(mine), len(theirs)
                if small > large:
                    small, large = large, small
                # the smaller set over the larger bounds the likeness: many pairs are told apart by length alone
                if small >= limit * large and len(mine & theirs) ** 2 >= limit * small * large:
                    yield earlier, index
                    break
        if speaker is source:
            recent.append((index, mine))


def _asks(context: Context, index: int) -> bool:
    return is_question(context.utterances[index].text or "")


def _whole(context: Context, index: int, note: str) -> Evidence:
    item = context.utterances[index]
    return Evidence("quote", item.start, item.end, item.role, item.text or "", note, index)


def _absent(context: Context, role: Role | None, reach: Reach, note: str) -> Evidence:
    start, end = context.span(reach)
    return Evidence("absence", start, end, role, note=note)


def _shaky(context: Context, index: int) -> bool:
    """Whether more words of an utterance than allowed are below the limit of confidence."""
    words, limits = context.utterances[index].words, context.limits
    return sum([word.probability < limits.min_probability for word in words]) > limits.unsure_share * len(words)


# -------------------------------------------------------------------------------------------------------- entities

_DIGIT = "[0-9零〇一二三四五六七八九幺]"
_NUMBER = "[0-9零〇一二三四五六七八九十百千万亿两半点]+"
_HOUR = "[0-9零一二三四五六七八九十两]{1,3}"
_ENTITIES = {
    "phone": (
        f"(?<!{_DIGIT})(?:[1一幺][3-9三四五六七八九]{_DIGIT}{{9}}|[0零〇]{_DIGIT}{{9,11}}"
        f"|[48四八][0零〇]{{2}}{_DIGIT}{{7}}|[19一幺九][0-9零〇一二三四五六七八九幺]{{4}})(?!{_DIGIT})"
    ),
    "amount": f"{_NUMBER}(?:来|多)?(?:元|块|美元|毛钱|角钱|分钱)",
    "date": (
        f"(?:{_NUMBER}年)?{_NUMBER}月(?:份|{_NUMBER}[日号])?|{_NUMBER}[日号](?!码|线|段|店)|[今明后昨前]天|[今明后]晚|大后天"
        f"|(?:星期|礼拜|周)[一二三四五六日天1-6]|(?:上|下|这|本)个?月|月[底初]"
        # 一点 alone is "a little"
        f"|(?!一点(?!钟|半|{_HOUR}分)){_HOUR}点(?:钟|半|{_HOUR}分?)?"
    ),
    "id": f"(?<!{_DIGIT})(?:{_DIGIT}{{17}}(?:{_DIGIT}|x)|{_DIGIT}{{15}})(?!{_DIGIT})",
}


@cache
def _entity_pattern(kind: str) -> re.Pattern[str]:
    return re.compile(_ENTITIES[kind])


def entities(text: str, kind: str) -> list[tuple[int, int]]:
    """Spans of one kind of entity in folded text, written in digits or in characters.

    >>> [fold("一共三十九元，十月三号之前交")[a:b] for kind in ("amount", "date") for a, b in
    ...  entities(fold("一共三十九元，十月三号之前交"), kind)]
    ['三十九元', '十月三号']
    """
    return [match.span() for match in _entity_pattern(kind).finditer(text)]


def entity(model: Entity) -> Callable[[Context, Reach], Result]:
    """Compile `entity`: a phone number, an amount, a date, an id is said."""
    role = _role(model.role)
    base: Detail = {"operator": "entity", "kind": model.kind}
    base |= {"role": str(role)} if role else {}
    low, high = _bounds(model, 1, None)

    def decide(context: Context, reach: Reach) -> Result:
        reason = unmeasured(context, role)
        if reason:
            return Result(None, reason, base)
        found = [
            Hit(index, start, end, model.kind)
            for index in context.within(role, reach)
            for start, end in entities(context.texts[index], model.kind)
        ]
        return _counted(context, reach, role, found, base, low, high, "entity")

    return decide


# --------------------------------------------------------------------------------------------------------- similar


def similar(model: Similar) -> Callable[[Context, Reach], Result]:
    """Compile `similar`: an utterance, or a clause or two of it, is like one of the sentences."""
    role = _role(model.role)
    change = sounds if model.by == "pinyin" else str
    targets = [pairs(change(fold(item))) for item in model.to]
    base: Detail = {"operator": "similar", "to": model.to[0], "similarity": model.similarity}
    base |= {"role": str(role)} if role else {}
    low, high = _bounds(model, 1, None)

    def decide(context: Context, reach: Reach) -> Result:
        reason = unmeasured(context, role)
        if reason:
            return Result(None, reason, base)
        best, found = 0.0, []
        for index in context.within(role, reach):
            text = context.utterances[index].text
            for start, end in _stretches(text) if text else ():
                mine = pairs(change(context.texts[index][start:end]))
                near = max([likeness(mine, target) for target in targets])
                best = max(best, near)
                if near >= model.similarity:
                    found.append(Hit(index, start, end, "similar"))
                    break
        detail: Detail = {**base, "best": round(best, 4)}
        return _counted(context, reach, role, found, detail, low, high, "similar")

    return decide


@lru_cache(maxsize=8192)
def _stretches(text: str) -> tuple[tuple[int, int], ...]:
    """Spans in folded text: single clauses, two neighbours, and the whole."""
    edges = [0]
    for clause in _CLAUSE.split(text):
        length = len(fold(clause))
        if length:
            edges.append(edges[-1] + length)
    singles = [(edges[i], edges[i + 1]) for i in range(len(edges) - 1)]
    doubles = [(edges[i], edges[i + 2]) for i in range(len(edges) - 2)]
    whole = [(0, edges[-1])] if edges[-1] else []
    return tuple(dict.fromkeys([*singles, *doubles, *whole]))


def _counted(
    context: Context,
    reach: Reach,
    role: Role | None,
    found: list[Hit],
    base: Detail,
    low: int,
    high: int | None,
    name: str,
) -> Result:
    quotes = [context.timed(hit) for hit in (found if context.gather == "all" else found[:_MAX_EVIDENCE])]
    evidence = tuple(quote for quote, _ in quotes)
    detail: Detail = {**base, "count": len(found), **_range(low, high)}
    if evidence:
        detail["said"] = "、".join(dict.fromkeys(quote.quote for quote in evidence))
    review = ["unsure_words"] if any(sure < context.limits.min_probability for _, sure in quotes) else []
    if high is not None and len(found) > high:
        reason = f"{name}_too_many" if high else f"{name}_said"
        return Result(False, reason, detail, evidence, tuple(review), len(found) - high)
    if len(found) < low:
        unsure, blank = context.unsure(role, reach)
        review += ["unsure_search"] * unsure + ["words_missing"] * blank
        absent = _absent(context, role, reach, f"{name}_missing")
        return Result(False, f"{name}_missing", detail, (*evidence, absent), tuple(review), low - len(found))
    return Result(True, f"{name}_found" if low else f"{name}_avoided", detail, evidence, tuple(review))
