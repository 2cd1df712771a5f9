"""One criterion, compiled once and judged call by call: outcome, points, why, and whether a person looks at it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from qa_speech.call import Role
from qa_speech.scorecard.question import Evaluator, Needs, Question, Result, near, unique
from qa_speech.scores import CriterionScore, Outcome

if TYPE_CHECKING:
    from qa_speech.scorecard.checks.table import Check
    from qa_speech.scorecard.model import Criterion, Section


class Judge:
    """One criterion, compiled: its checks, and plain copies of what stands in every score of it."""

    def __init__(self, criterion: Criterion, section: Section, needs: Needs, *, trusted: bool) -> None:
        self.criterion = criterion
        self.trusted = trusted
        self.id = criterion.id
        self.title = criterion.title
        self.section = section.id
        self.severity = criterion.severity or ""
        self.tags = criterion.tags
        self.comment_required = criterion.comment_required
        self.scored = criterion.scored
        self.deduct = criterion.deduct
        self.check = _compiled(criterion.check, needs)
        self.when = _compiled(criterion.when, needs)
        self.otherwise = criterion.otherwise
        self.fatal = "" if criterion.fatal is None else criterion.fatal.name
        self.full = criterion.full
        self.full_points = criterion.points or 0.0
        self.bands = None if criterion.bands is None else Bands(criterion)
        # what takes no points away can wait for nothing
        self.waits = not trusted and criterion.scored and criterion.bonus is None


def _compiled(check: Check | None, needs: Needs) -> Evaluator | None:
    return None if check is None else check.operator.compiled(needs)


class Bands:
    """The bands of a criterion: edges between them, and the points of each."""

    def __init__(self, criterion: Criterion) -> None:
        bands = criterion.bands or ()
        full = criterion.points or 0.0
        self.edges = [band.below for band in bands if band.below is not None]
        self.points = [band.points for band in bands]
        # only where full marks begin or end does a hair decide between right and wrong
        self.full_edges: list[float] = []
        for edge, (below, above) in zip(self.edges, pairwise(self.points), strict=True):
            if (below == full) != (above == full):
                self.full_edges.append(edge)
        best = self.points.index(max(self.points))
        self.full_mark = {
            "full_from": self.edges[best - 1] if best else None,
            "full_below": self._end(best),
        }

    def _end(self, place: int) -> float | None:
        """Where a band ends; None for the last."""
        return self.edges[place] if place < len(self.edges) else None

    def points_of(self, value: float) -> tuple[float, float | None]:
        """What a value earns, and where its band ends."""
        place = bisect_right(self.edges, value)
        return self.points[place], self._end(place)


def judge(one: Judge, question: Question) -> CriterionScore:
    """The outcome of one criterion."""
    if one.when is not None:
        # of a condition only the answer counts: no quotes are looked up, nothing is reviewed
        condition = one.when(question.gathering("none"))
        if condition.holds is None and condition.applies:
            return _unjudged(one, "not_measured", condition)
        if not condition.holds:
            detail = condition.detail
            if one.otherwise:
                detail = {**detail, "otherwise": one.otherwise}
            return _unjudged(one, "not_applicable", Result(False, "condition_false", detail))
    if one.check is None:
        return _unjudged(one, "manual", Result(None, "manual"))
    found = one.check(question)
    if not found.applies:
        return _unjudged(one, "not_applicable", found)
    if found.holds is None:
        return _unjudged(one, "not_measured", found)
    if one.bands is not None:
        return _banded(one, one.bands, found, question)
    if found.holds:
        return _judged(one, "pass", one.full_points, found)
    return _judged(one, "fail", 0.0, found)


def _banded(one: Judge, bands: Bands, found: Result, question: Question) -> CriterionScore:
    """The outcome of a criterion with bands, by the value of its metric."""
    value = found.value or 0.0
    points, below = bands.points_of(value)
    outcome: Outcome = "fail"
    if points == one.full_points:
        outcome = "pass"
    elif points:
        outcome = "partial"
    review = found.review
    if near(value, bands.full_edges, question.context.limits.near):
        review = unique((*review, "near_threshold"))
    evidence = found.evidence
    if outcome != "pass" and not evidence:
        role = Role(str(found.detail["role"])) if "role" in found.detail else None
        evidence = (question.stretch(role, str(found.detail["metric"])),)
    detail = {**found.detail, "points": points, "band_below": below, **bands.full_mark}
    return _judged(one, outcome, points, Result(False, "band", detail, evidence, review, 1, value))


def _unjudged(one: Judge, outcome: Outcome, found: Result) -> CriterionScore:
    """A criterion without points: not applicable, not measured, or for a person."""
    return _scored(one, outcome, None, found, found.detail)


def _judged(one: Judge, outcome: Outcome, points: float, found: Result) -> CriterionScore:
    """A criterion with its points, or with what it takes off."""
    deduct, detail = one.deduct, found.detail
    if deduct is not None:
        points = 0.0
        if outcome == "fail":
            hits = found.hits if deduct.per == "hit" else 1
            deduction = deduct.points * hits
            if deduct.limit is not None:
                deduction = min(deduct.limit, deduction)
            detail = {**detail, "hits": hits, "deduction": deduction}
            points = -deduction
    elif not one.scored:
        points = 0.0
    elif outcome != "pass" and one.full:
        detail = {**detail, "points_lost": one.full - points}
    return _scored(one, outcome, points, found, detail)


def _scored(
    one: Judge, outcome: Outcome, points: float | None, found: Result, detail: Mapping[str, str | float | None]
) -> CriterionScore:
    is_judged = points is not None
    review = found.review if is_judged else ()
    waits = one.waits and outcome in ("fail", "partial")
    if waits:
        review = (*review, "untrusted")
    return CriterionScore(
        id=one.id,
        title=one.title,
        section=one.section,
        outcome=outcome,
        points=points,
        possible=one.full,
        review=review,
        pending=waits or (outcome == "fail" and bool(review)),
        fatal=one.fatal,
        severity=one.severity,
        tags=one.tags,
        evidence=found.evidence if is_judged else (),
        reason=found.reason,
        detail=detail,
        comment_required=one.comment_required,
        scored=one.scored,
    )
