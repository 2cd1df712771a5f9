"""`entity`: something with a form is said: a telephone number, an amount, a date, an identity number.

Telephone and identity numbers are those that `privacy` finds in the whole call (and takes off pages), with fillers,
corrections and slips in them, also where one goes over several utterances; such a number counts once, where it begins.
Known to everybody and therefore not taken off pages, but telephone numbers all the same, are hotlines (10010, 400 …).
A part of a number said alone (尾号8000) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from qa_speech.language.phrases import fold
from qa_speech.privacy.identifiers import Found, identifiers_of
from qa_speech.privacy.numerals import is_hotline
from qa_speech.scorecard.checks.anyone import by_anyone
from qa_speech.scorecard.checks.base import Operator, Reason
from qa_speech.scorecard.checks.counted import counted, reasons, wanted_of
from qa_speech.scorecard.checks.window import Counted, windowed
from qa_speech.scorecard.context import Context, Hit
from qa_speech.scorecard.question import Detail, Evaluator, Needs, Question, Result

Kind: TypeAlias = Literal["phone", "amount", "date", "id"]

_DIGITS = "0123456789零〇一二三四五六七八九幺"
_AS_WRITTEN = str.maketrans(_DIGITS, "0123456789" + "00123456789" + "1")
_DIGIT_RUN = re.compile(f"[{_DIGITS}]+")
SHORTEST_HOTLINE = 5
"""Digits: three (110) are too often something else."""
SHORTEST = {"phone": 7, "id": 9}
"""Characters that a number has at least; a tail or a group that is read back has fewer."""

_NUMBER = "[0-9零〇一二三四五六七八九十百千万亿两半点]+"
_AMOUNT = f"{_NUMBER}(?:来|多)?(?:元|块|美元|毛钱|角钱|分钱)"
_HOUR = "[0-9零一二三四五六七八九十两]{1,3}"
_MONTH_AND_DAY = f"(?:{_NUMBER}年)?{_NUMBER}月(?:份|{_NUMBER}[日号])?"
_DAY = f"{_NUMBER}[日号](?!码|线|段|店)"
_NEAR_DAY = "[今明后昨前]天|[今明后]晚|大后天"
_WEEKDAY = "(?:星期|礼拜|周)[一二三四五六日天1-6]"
_MONTH = "(?:上|下|这|本)个?月|月[底初]"
# 一点 alone is "a little"
_TIME = f"(?!一点(?!钟|半|{_HOUR}分)){_HOUR}点(?:钟|半|{_HOUR}分?)?"
_PATTERNS = {
    "amount": re.compile(_AMOUNT),
    "date": re.compile("|".join((_MONTH_AND_DAY, _DAY, _NEAR_DAY, _WEEKDAY, _MONTH, _TIME))),
}


class Entity(Counted, Operator):
    """Something with a form: a number, an amount, a date. Default: at least once."""

    NAME: ClassVar[str] = "entity"
    REASONS: ClassVar[tuple[Reason, ...]] = reasons(
        "entity", "kind (phone, amount, date, id)", "an entity that must not be given", "it was not given"
    )

    kind: Kind = Field(description="phone 电话号码 / amount 金额 / date 日期时间 / id 证件号")

    def always(self) -> bool | None:
        """Only where every count holds."""
        return self.allows_anything()

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it; needs no phrases and no metrics."""
        return by_anyone(self, lambda one: windowed(one, _evaluator(one)), forbids=self.bounds(1, None).low == 0)


def _evaluator(model: Entity) -> Evaluator:
    role, kind = model.speaker, model.kind
    wanted = wanted_of("entity", role, model.bounds(1, None))
    base: Detail = {"operator": "entity", "kind": kind}
    if role is not None:
        base["role"] = str(role)

    def decide(question: Question) -> Result:
        reason = question.unmeasured(role)
        if reason:
            return Result(None, reason, base)
        context = question.context
        looked_at = context.within(role, question.reach)
        return counted(question, wanted, entities(context, kind, looked_at), base)

    return decide


def entities(context: Context, kind: Kind, among: Sequence[int] | None = None) -> list[tuple[Hit, ...]]:
    """Every entity of a kind in a call, in order, by its pieces: one, or several where it goes over utterances.

    `among`: rising indices of the utterances that are looked at, None = all; a number is where it begins.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 号码138嗯0013嗯8000", "agent: 您打10010，要三十九元")
    >>> [[len(entities(Context(call), kind)) for kind in ("phone", "id", "amount", "date")]]
    [[2, 0, 1, 0]]
    """
    looked_at = range(len(context.utterances)) if among is None else among
    if kind == "phone" or kind == "id":
        places = set(looked_at)
        return [pieces for pieces in _numbers(context, kind) if pieces[0].utterance in places]
    pattern = _PATTERNS[kind]
    found: list[tuple[Hit, ...]] = []
    for index in looked_at:
        for match in pattern.finditer(context.texts[index]):
            start, end = match.span()
            found.append((Hit(index, start, end, kind),))
    return found


def _numbers(context: Context, kind: Literal["phone", "id"]) -> list[tuple[Hit, ...]]:
    """The numbers of a call, those known to everybody among them: they can go over utterances, so all are read."""
    if kind == "id":
        return _identifiers(context, "id_card", SHORTEST["id"])
    numbers = _identifiers(context, "phone", SHORTEST["phone"])
    return sorted([*numbers, *_hotlines(context, numbers)])


def _identifiers(context: Context, kind: str, shortest: int) -> list[tuple[Hit, ...]]:
    """The numbers of a kind, of `shortest` characters or more, that identify somebody, each with all its pieces."""
    numbers: dict[int, list[Hit]] = {}
    for found in identifiers_of(context.call):
        if found.kind == kind:
            pieces = numbers.setdefault(found.identifier, [])
            pieces.append(_folded(context, found))
    return [tuple(pieces) for pieces in numbers.values() if _length(pieces) >= shortest]


def _length(pieces: Iterable[Hit]) -> int:
    """Characters of a number."""
    return sum([piece.end - piece.start for piece in pieces])


def _folded(context: Context, found: Found) -> Hit:
    """A place in the text of an utterance as a place in its folded text."""
    text = context.utterances[found.utterance].text or ""
    before = fold(text[: found.start])
    said = fold(text[found.start : found.end])
    start = len(before)
    name = "id" if found.kind == "id_card" else "phone"
    return Hit(found.utterance, start, start + len(said), name)


def _hotlines(context: Context, numbers: list[tuple[Hit, ...]]) -> Iterator[tuple[Hit, ...]]:
    """Numbers known to everybody, where they are no part of somebody's own."""
    taken = [piece for pieces in numbers for piece in pieces]
    for index, text in enumerate(context.texts):
        for run in _DIGIT_RUN.finditer(text):
            digits = run.group().translate(_AS_WRITTEN)
            if len(digits) < SHORTEST_HOTLINE or not is_hotline(digits):
                continue
            start, end = run.span()
            hit = Hit(index, start, end, "phone")
            if not any(_overlap(hit, piece) for piece in taken):
                yield (hit,)


def _overlap(one: Hit, other: Hit) -> bool:
    return one.utterance == other.utterance and one.start < other.end and other.start < one.end
