"""Call + Scorecard → Score: outcomes, points, coverage, evidence. No audio, no models, no clock, no chance.

Order of scoring: base points → deductions (per hit or once, with a limit) → section bonus → section fatal (voids the
section and its bonus) → weighting with not-applicable renormalised → form bonus → form fatal (0) → cap; clipped to
0–100 after each step (a section to 0…its possible points).

A fail with a review reason is *pending*: `total` is made without it (neither its points nor its effect),
`total_if_confirmed` with it.

Each criterion says why: a reason code, and a detail. The reasons of each operator, with the keys of the detail that come
with them, are those of its class in `checks` (all together: ``checks.table.REASONS``); a criterion with bands has
``band``: metric, component, value, unit, points, band_below (edge of the band it fell into), full_below / full_from (edges
of the band with full points). The negation of a reason that has no name of its own is ``not_`` and the reason. Keys of every
detail: `operator`, `role`, the window (`window` = ``first_s``, ``last_s`` or ``between_s``; `window_s` or `window_from_s`,
`window_to_s`; `first_turn`, `last_turn`) and, where checks are combined, `combined` (``all``, ``any``), `parts`,
`deciding`, `negated`.

Reasons without a judgement: not_measured: ``no_words``, ``no_recogniser``, ``mono``, ``no_role``, ``no_times``,
``no_attribute``, ``not_a_number``, and those of metrics (`call`; ``not_annotated``: no text model has read the call);
not_applicable: ``condition_false`` (detail: of the condition), ``no_anchor``, ``no_event`` (a figure of something that never
happened: no question was asked); manual: ``manual``. Where the applicability itself is not measured the criterion is not
measured: its reason is that of the condition.

Review reasons: ``unsure_words`` (words of the evidence below the limit), ``unsure_search`` (much of what was searched is
below it), ``words_missing`` (part of what was searched is not transcribed), ``low_reliability`` (of a metric; detail:
reliability_reason), ``near_threshold`` (of a bound, or of a band's edge where full marks begin or end),
``transcript_times``, ``mono``; ``untrusted`` (the card asks for `trust`, and the machine has not yet agreed with people
often enough on this criterion; a partial mark waits then too).

Every criterion's detail also has, where it applies: `points_lost`, `deduction`, `hits`; `combined`; `negated`. Evidence of an
order begins with the anchor, whose note is "anchor" (`anchor:` and its own note, where it is no quote). A figure without a
place of its own (a mean, a share) shows the stretch it was taken over, with the name of the metric as note. A bonus that was
not earned is a fail without points to lose: no fault.

Reasons of a Score without total: ``too_short``, ``too_long``, ``one_sided``, ``no_words``, ``attribute:NAME`` (not
scorable); ``low_coverage``, ``nothing_applies``, ``nothing_judged``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from qa_speech.call import Call, CriterionScore, Measurement, Outcome, Role, Score
from qa_speech.metrics.kept import kept_measurements, with_measurements
from qa_speech.scorecard.arithmetic import total_of
from qa_speech.scorecard.attributes import attribute_of
from qa_speech.scorecard.context import Context, Limits
from qa_speech.scorecard.question import Evaluator, Needs, Question, Result, near, unique

if TYPE_CHECKING:
    from qa_speech.scorecard.checks.table import Check
    from qa_speech.scorecard.model import Criterion, Eligible, Scorecard, Section


_OWN = "qa_speech."
"""How the modules of metrics begin whose code is hashed."""


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


class Plan:
    """A scorecard, compiled: closures for its checks, one set of phrases for its automaton.

    `trusted` = the criteria whose deductions count without a person, where the card asks for trust. `beside` is the plan of
    another card that is judged at the same time: what is the same criterion in the same section has the same judge, and the
    phrases are those of both.
    """

    def __init__(self, card: Scorecard, trusted: frozenset[str], beside: Plan | None = None) -> None:
        needs = Needs() if beside is None else beside.needs
        known = {} if beside is None else {(one.section, one.id): one for one in beside.judges}
        self.card = card
        judges: list[Judge] = []
        for section, criterion in card.placed:
            is_trusted = card.review.trust is None or criterion.id in trusted
            shared = known.get((section.id, criterion.id))
            if shared is None or shared.criterion != criterion or shared.trusted != is_trusted:
                shared = Judge(criterion, section, needs, trusted=is_trusted)
            judges.append(shared)
        self.judges: tuple[Judge, ...] = tuple(judges)
        self.needs: Needs = needs
        self.book = needs.book()
        self.metrics = needs.metrics
        review = card.review
        self.limits = Limits(review.min_probability, review.unsure_share, review.near)


NOBODY: frozenset[str] = frozenset()
"""No criterion is trusted."""


@lru_cache(maxsize=64)
def plan_of(card: Scorecard, trusted: frozenset[str]) -> Plan:
    """The compiled scorecard, made once per card and what is trusted of it."""
    return Plan(card, trusted)


def score(
    call: Call,
    scorecard: Scorecard,
    *,
    measurements: Mapping[str, Measurement] | None = None,
    trusted: frozenset[str] = NOBODY,
) -> Score:
    """Judge a call by a scorecard.

    Parameters
    ----------
    call : Call
        As engines made it; nothing else is read.
    scorecard : Scorecard
        From `load_scorecard`.
    measurements : mapping of str to Measurement, optional
        Figures already made of this call by this version of the code, under the keys of `measure_for`; what is
        missing is measured. None = those that are kept with the call and true.
    trusted : frozenset of str
        Criteria on which machine and people are known to agree (`marks.agreement.trusted_criteria`). Read only where the
        card asks for `trust`; what is not in it then waits for a person.

    Returns
    -------
    Score
        The same bytes for the same call, card and version. Percentages and totals in 0–100, rounded to 0.01.

    Examples
    --------
    >>> from qa_speech.scorecard import load_scorecard
    >>> from qa_speech.testing import make_call
    >>> card = load_scorecard('''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent, first_s: 15}}}
    ... ''')
    >>> found = score(make_call("agent: 您好，请讲", "customer: 我想查话费"), card)
    >>> found.total, found.criteria[0].outcome, found.criteria[0].evidence[0].quote
    (100.0, 'pass', '您好')
    """
    reason = not_scorable(call, scorecard.eligible)
    if reason:
        return _unscorable(call, scorecard, reason)
    return judged(call, scorecard, measurements=measurements, trusted=trusted)


def judged(
    call: Call,
    scorecard: Scorecard,
    *,
    measurements: Mapping[str, Measurement] | None = None,
    given: Mapping[str, float] | None = None,
    trusted: frozenset[str] = NOBODY,
) -> Score:
    """Judge a call whether it is eligible or not; `given` are figures that stand in for measured ones (examples)."""
    plan = plan_of(scorecard, trusted)
    if measurements is None:
        measurements = kept_measurements(call)
    question = Question(Context(call, book=plan.book, limits=plan.limits, known=measurements, given=given))
    return total_of(scorecard, call.id, tuple([judge(one, question) for one in plan.judges]))


class Pair:
    """Two scorecards that judge the same calls together: one search serves both, and what both ask is judged once.

    Where they trust the machine differently (`review`) only the measurements are shared.
    """

    def __init__(self, old: Scorecard, new: Scorecard) -> None:
        self._old = Plan(old, NOBODY)
        self._new = Plan(new, NOBODY, beside=self._old)
        self._is_shared = self._old.limits == self._new.limits

    def scores(self, call: Call) -> tuple[Score, Score]:
        """The scores of a call by both cards: those that `score` gives."""
        first = self._question(call, self._old, kept_measurements(call))
        made: dict[Judge, CriterionScore] = {}
        one = _scored_by(self._old, first, made)
        if self._is_shared:
            return one, _scored_by(self._new, first, made)
        second = self._question(call, self._new, first.context.measured_whole)
        return one, _scored_by(self._new, second, {})

    def _question(self, call: Call, plan: Plan, known: Mapping[str, Measurement]) -> Question:
        # the phrases of the new card's plan are those of both
        return Question(Context(call, book=self._new.book, limits=plan.limits, known=known))


def _scored_by(plan: Plan, question: Question, made: dict[Judge, CriterionScore]) -> Score:
    """The score by a card; what its judges have said already is in `made`, and what they say is added."""
    card, call = plan.card, question.context.call
    reason = not_scorable(call, card.eligible)
    if reason:
        return _unscorable(call, card, reason)
    criteria: list[CriterionScore] = []
    for one in plan.judges:
        found = made.get(one)
        if found is None:
            found = made[one] = judge(one, question)
        criteria.append(found)
    return total_of(card, call.id, tuple(criteria))


def _unscorable(call: Call, scorecard: Scorecard, reason: str) -> Score:
    """The score of a call that a scorecard does not judge."""
    return Score(
        call.id,
        scorecard.id,
        scorecard.version,
        scorecard.sha256,
        (),
        (),
        None,
        None,
        0.0,
        scorable=False,
        reason=reason,
    )


def not_scorable(call: Call, eligible: Eligible) -> str:
    """Why a call is outside what the scorecard judges, or ""."""
    if eligible.min_duration_s is not None and call.duration < eligible.min_duration_s:
        return "too_short"
    if eligible.max_duration_s is not None and call.duration > eligible.max_duration_s:
        return "too_long"
    if eligible.both_spoke and call.recording.layout not in ("mono", "fake_stereo"):
        speaking = {utterance.role for utterance in call.utterances}
        speaking.update([role for role, line in call.speech.items() if line])
        if Role.UNKNOWN not in speaking and not {Role.AGENT, Role.CUSTOMER} <= speaking:
            return "one_sided"
    if eligible.recognised and not any(utterance.text for utterance in call.utterances):
        return "no_words"
    for name, wanted in eligible.attributes.items():
        if str(attribute_of(call, name)) not in wanted:
            return f"attribute:{name}"
    return ""


def judge(one: Judge, question: Question) -> CriterionScore:
    """The outcome of one criterion."""
    if one.when is not None:
        # of a condition only the answer counts: no quotes are looked up, nothing is reviewed
        condition = one.when(question.gathering("none"))
        if condition.holds is None and condition.applies:
            return _unjudged(one, "not_measured", condition)
        if not condition.holds:
            return _unjudged(one, "not_applicable", Result(False, "condition_false", condition.detail))
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


def measure_for(
    call: Call, scorecard: Scorecard, *, known: Mapping[str, Measurement] | None = None
) -> dict[str, Measurement]:
    """Every figure a scorecard asks of the whole call, under its key: keep them, and pass them to `score` next time.

    They hold for this call and this version of the code, whatever the scorecard: another card that asks for the same
    metric with the same parameters finds them too. Those in `known` are taken over; None = those that are kept with the
    call and true.
    """
    if known is None:
        known = kept_measurements(call)
    measured: dict[str, Measurement] = {}
    for key, wanted in plan_of(scorecard, NOBODY).metrics.items():
        if key in known:
            measured[key] = known[key]
        else:
            measured[key] = wanted.function(call, **wanted.params)
    return measured


def with_measured(call: Call, scorecard: Scorecard) -> Call:
    """The call with every figure that a scorecard asks of it, kept for the next time it is judged.

    Figures of metrics that other packages publish are not kept.

    >>> from qa_speech.scorecard import load_scorecard
    >>> from qa_speech.testing import make_call
    >>> card = load_scorecard('''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... sections:
    ...   - id: handling
    ...     title: 处理
    ...     criteria:
    ...       - {id: silence, title: 无声, points: 10, check: {metric: silence.longest_s, at_most: 5}}
    ... ''')
    >>> call = with_measured(make_call("agent@0-2: 您好", "customer@9-12: 喂"), card)
    >>> kept_measurements(call)["silence"].components["longest_s"]
    7.0
    """
    wanted = plan_of(scorecard, NOBODY).metrics
    own = [key for key, measure in wanted.items() if measure.function.__module__.startswith(_OWN)]
    known = kept_measurements(call)
    if known.keys() >= set(own):
        return call
    measured = measure_for(call, scorecard, known=known)
    return with_measurements(call, {key: measured[key] for key in own})
