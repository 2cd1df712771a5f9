"""Places that were found, held against how many are wanted: the common end of `entity` and `similar`."""

from __future__ import annotations

from collections.abc import Sequence

from qa_speech.call import Role
from qa_speech.scorecard.checks.base import Reason
from qa_speech.scorecard.checks.window import Bounds
from qa_speech.scorecard.context import Hit
from qa_speech.scorecard.question import MAX_EVIDENCE, Detail, Question, Result, with_said


def reasons(name: str, keys: str, forbidden: str, avoided: str) -> tuple[Reason, ...]:
    """The reason codes of an operator whose result `counted` makes."""
    return (
        Reason(f"{name}_found", True, f"{keys}, count, at_least, said", f"{name}_said"),
        Reason(f"{name}_missing", False, f"{keys}, count, at_least", f"{name}_avoided"),
        Reason(f"{name}_too_many", False, "at_most"),
        Reason(f"{name}_said", False, f"at_most 0, or negated: {forbidden}"),
        Reason(f"{name}_avoided", True, f"negated, or no at_least: {avoided}"),
    )


def counted(
    question: Question, name: str, role: Role | None, found: Sequence[Sequence[Hit]], bounds: Bounds, base: Detail
) -> Result:
    """The result of what was found; each thing that counts is given by its places, more than one where it is in pieces."""
    low, high = bounds
    shown = found if question.gather == "all" else found[:MAX_EVIDENCE]
    quotes = [question.context.quoted(hit) for pieces in shown for hit in pieces]
    evidence = tuple([quote.evidence for quote in quotes])
    count = len(found)
    detail = with_said({**base, "count": count, **bounds.detail()}, evidence)
    review = []
    if any(quote.probability < question.context.limits.min_probability for quote in quotes):
        review.append("unsure_words")
    if high is not None and count > high:
        reason = f"{name}_too_many" if high else f"{name}_said"
        return Result(False, reason, detail, evidence, tuple(review), count - high)
    if count < low:
        review += question.search_doubts(role)
        missing = f"{name}_missing"
        shown_absent = (*evidence, question.absence(role, missing))
        return Result(False, missing, detail, shown_absent, tuple(review), low - count)
    return Result(True, f"{name}_found" if low else f"{name}_avoided", detail, evidence, tuple(review))
