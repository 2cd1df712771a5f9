"""What a score lost points for, gravest first: read from a stored `Score`, for pages, lines of text and clips."""

from __future__ import annotations

from collections.abc import Iterable

from qa_speech.scores import CriterionScore, Score


def points_lost(criterion: CriterionScore) -> float:
    """Points a criterion did not get.

    >>> points_lost(CriterionScore("pace", "语速", "s", "partial", 6, 10))
    4
    """
    if criterion.points is None:
        return 0.0
    return criterion.possible - criterion.points


def is_deduction(criterion: CriterionScore) -> bool:
    """Whether something went wrong that costs, or would cost once confirmed; a bonus not earned does not.

    >>> is_deduction(CriterionScore("pace", "语速", "s", "fail", 0, 10))
    True
    >>> is_deduction(CriterionScore("praise", "客户表扬", "s", "fail", 0, 0))
    False
    """
    if criterion.outcome not in ("fail", "partial"):
        return False
    return bool(points_lost(criterion) or criterion.fatal)


def deductions(score: Score | None) -> list[CriterionScore]:
    """What cost points, gravest first: fatal ones, then by points; what still waits for a person after the rest.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> card = qa_speech.load_scorecard("scorecards/telecom-hotline.yaml")
    >>> result = qa_speech.score(make_call("agent: 喂，说吧", "customer: 我想查话费", duration=60), card)
    >>> [(criterion.title, points_lost(criterion)) for criterion in deductions(result)][:2]
    [('解答有内容、有指引', 10.0), ('15 秒内问候', 5.0)]
    """
    if score is None:
        return []
    return gravest_first(score.criteria)


def gravest_first(criteria: Iterable[CriterionScore]) -> list[CriterionScore]:
    """Of these criteria what cost points, as `deductions` sorts it."""
    wrong = [criterion for criterion in criteria if is_deduction(criterion)]
    return sorted(wrong, key=lambda one: (not one.fatal, one.pending, -points_lost(one)))


def pending(score: Score | None) -> int:
    """How many deductions wait for a person."""
    return sum(criterion.pending for criterion in deductions(score))
