"""Places that were found, held against how many are wanted: the common end of `entity` and `similar`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qa_speech.call import Role
from qa_speech.scorecard.checks.base import Reason
from qa_speech.scorecard.checks.window import Bounds
from qa_speech.scorecard.context import Hit, Quoted
from qa_speech.scorecard.question import MAX_EVIDENCE, Detail, Question, Result, with_said


def reasons(name: str, keys: str, forbidden: str, avoided: str) -> tuple[Reason, ...]:
    """The reason codes of an operator whose result `counted` makes."""
    said, was_avoided = f"{name}_said", f"{name}_avoided"
    return (
        Reason(f"{name}_found", True, f"{keys}, count, at_least, said", opposite=said),
        Reason(f"{name}_missing", False, f"{keys}, count, at_least", opposite=was_avoided),
        Reason(f"{name}_too_many", False, "at_most"),
        Reason(said, False, f"at_most 0, or negated: {forbidden}"),
        Reason(was_avoided, True, f"negated, or no at_least: {avoided}"),
    )


class Wanted(NamedTuple):
    """What is looked for: the operator, whose words, how often they have to be found, and that as a detail."""

    name: str
    role: Role | None
    low: int
    high: int | None
    said: Detail


def wanted_of(name: str, role: Role | None, bounds: Bounds) -> Wanted:
    """What an operator looks for, made once when it is compiled."""
    return Wanted(name, role, bounds.low, bounds.high, bounds.detail())


def counted(question: Question, wanted: Wanted, found: Sequence[Sequence[Hit]], base: Detail) -> Result:
    """The result of what was found; each thing that counts is given by its places, several where it is in pieces.

    Bounds and hits are counts of things found.
    """
    name, role, low, high, bounds = wanted
    count = len(found)
    quotes = _quotes(question, found)
    evidence = tuple([quote.evidence for quote in quotes])
    detail: Detail = {**base, "count": count, **bounds}
    detail = with_said(detail, evidence)
    review = []
    if not all(question.is_sure(quote) for quote in quotes):
        review.append("unsure_words")

    if high is not None and count > high:
        reason = f"{name}_too_many" if high else f"{name}_said"
        too_many = count - high
        return Result(False, reason, detail, evidence, tuple(review), hits=too_many)
    if count < low:
        reason = f"{name}_missing"
        review += question.search_doubts(role)
        searched = question.absence(role, reason)
        too_few = low - count
        return Result(False, reason, detail, (*evidence, searched), tuple(review), hits=too_few)
    reason = f"{name}_found" if low else f"{name}_avoided"
    return Result(True, reason, detail, evidence, tuple(review))


def _quotes(question: Question, found: Sequence[Sequence[Hit]]) -> list[Quoted]:
    """The words of all that is shown, with all its pieces."""
    shown = found
    if question.gather != "all":
        shown = found[:MAX_EVIDENCE]
    quoted = question.context.quoted
    quotes: list[Quoted] = []
    for pieces in shown:
        quotes += [quoted(hit) for hit in pieces]
    return quotes
