"""Call + Scorecard → Score: outcomes, points, coverage, evidence. No audio, no models, no clock, no chance.

Order of scoring: base points → deductions (per hit or once, with a limit) → section bonus → section fatal (voids the
section and its bonus) → weighting with not-applicable renormalised → form bonus → form fatal (0) → cap; clipped to
0–100 after each step (a section to 0…its possible points).

A fail with a review reason is *pending*: `total` is made without it (neither its points nor its effect),
`total_if_confirmed` with it.

Reason codes of a judged criterion, and the keys of `detail` beside `operator`, `role`, the window (`window` =
``first_s``, ``last_s`` or ``between_s``; `window_s` or `window_from_s`, `window_to_s`; `first_turn`, `last_turn`) and,
where checks are combined, `combined` (``all``, ``any``), `parts`, `deciding`, `negated`:

=====================  =======  ==========================================================================
reason                 holds    detail
=====================  =======  ==========================================================================
phrase_found           yes      mode (any, all, some, none), phrases (up to six, joined by 、), phrase_count,
                                count, at_least, said (the words heard)
phrase_missing         no       the same, searched_from_s, searched_to_s; missing (mode all: which)
phrase_too_few         no       as phrase_missing, with what was said
phrase_said            no       count, said: unwanted words (taboo)
phrase_too_many        no       count, at_most, said
phrase_avoided         yes      phrases: none of the unwanted words was said
metric_met             yes      metric, component, value, unit, at_least, at_most
metric_above           no       the same: value > at_most; unsure (doubtful cases among them that do not count)
metric_below           no       the same: value < at_least
band                   --       a criterion with bands: metric, component, value, unit, points, band_below (edge of
                                the band it fell into), full_below / full_from (edges of the band with full points)
order_kept             yes      side (after, before, around), anchor (its words), places, within_s, within_turns,
                                inner (reason code of the inner check) and the inner check's keys
order_broken           no       the same, broken (how many places)
not_repeated           yes      of (own, other), count, at_most
repeated               no       the same; evidence: pairs of earlier and later words
repeat_found           yes      at_least: a repetition was wanted and there is one
repeat_missing         no       at_least, count
entity_found           yes      kind (phone, amount, date, id), count, at_least, said
entity_missing         no       the same
entity_too_many        no       at_most
entity_said            no       at_most 0, or negated: an entity that must not be given
entity_avoided         yes      negated, or no at_least: it was not given
similar_found          yes      to, similarity (limit), best, said
similar_missing        no       the same; best = nearest that was heard
similar_too_many       no       at_most
similar_said           no       at_most 0, or negated: a sentence of this kind must not be said
similar_avoided        yes      negated, or no at_least: it was not said
attribute_met          yes      attribute, value, wanted, unwanted or at_least / at_most
attribute_differs      no       the same
not_<reason>           --       the negation of a reason that has no name of its own
=====================  =======  ==========================================================================

Reasons without a judgement: not_measured: ``no_words``, ``no_recogniser``, ``mono``, ``no_role``, ``no_times``,
``no_attribute``, ``not_a_number``, and those of metrics (`call`; ``not_annotated``: no text model has read the call);
not_applicable: ``condition_false`` (detail: of the condition), ``no_anchor``, ``no_event`` (a figure of something that never
happened: no question was asked); manual: ``manual``. Where the applicability itself is not measured the criterion is not
measured: its reason is that of the condition.

Review reasons: ``unsure_words`` (words of the evidence below the limit), ``unsure_search`` (much of what was searched is
below it), ``words_missing`` (part of what was searched is not transcribed), ``low_reliability`` (of a metric; detail:
reliability_reason), ``near_threshold`` (of a bound, or of a band's edge where full marks begin or end),
``transcript_times``, ``mono``.

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
from typing import TYPE_CHECKING

from qa_speech.call import Call, CriterionScore, Measurement, Outcome, Role, Score
from qa_speech.scorecard.arithmetic import total_of
from qa_speech.scorecard.attributes import attribute_of
from qa_speech.scorecard.context import EVERYWHERE, Context, Limits, Result
from qa_speech.scorecard.operators import Evaluator, compiled, near, stretch, unique
from qa_speech.scorecard.phrase import Needs

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Criterion, Eligible, Scorecard, Section


class Judge:
    """One criterion, compiled."""

    def __init__(self, criterion: Criterion, section: Section, needs: Needs) -> None:
        self.criterion = criterion
        self.section = section.id
        self.check: Evaluator | None = compiled(criterion.check, needs) if criterion.check else None
        self.when: Evaluator | None = compiled(criterion.when, needs) if criterion.when else None
        self.fatal = "" if criterion.fatal is None else criterion.fatal.name
        self.full = criterion.full
        self.full_points = criterion.points or 0.0
        bands = criterion.bands or ()
        self.edges = [band.below for band in bands if band.below is not None]
        self.band_points = [band.points for band in bands]
        # only where full marks begin or end does a hair decide between right and wrong
        self.full_edges = [
            edge
            for edge, below, above in zip(self.edges, self.band_points, self.band_points[1:], strict=False)
            if (below == self.full_points) != (above == self.full_points)
        ]
        self.full_mark: dict[str, float | None] = {}
        if bands:
            best = self.band_points.index(max(self.band_points))
            self.full_mark["full_from"] = self.edges[best - 1] if best else None
            self.full_mark["full_below"] = self.edges[best] if best < len(self.edges) else None


class Plan:
    """A scorecard, compiled: closures for its checks, one set of phrases for its automaton."""

    def __init__(self, card: Scorecard) -> None:
        from qa_speech.scorecard.model import walk

        needs = Needs()
        self.card = card
        self.judges = tuple(Judge(criterion, section, needs) for section, criterion in walk(card.sections))
        self.book = needs.book()
        self.metrics = needs.metrics
        review = card.review
        self.limits = Limits(review.min_probability, review.unsure_share, review.near)


@lru_cache(maxsize=64)
def plan_of(card: Scorecard) -> Plan:
    """The compiled scorecard, made once per card."""
    return Plan(card)


def score(call: Call, scorecard: Scorecard, *, measurements: Mapping[str, Measurement] | None = None) -> Score:
    """Judge a call by a scorecard.

    Parameters
    ----------
    call : Call
        As engines made it; nothing else is read.
    scorecard : Scorecard
        From `load_scorecard`.
    measurements : mapping of str to Measurement, optional
        Figures already made of this call by this version of the code, under the keys of `measure_for`; what is
        missing is measured.

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
        return Score(
            call.id, scorecard.id, scorecard.version, scorecard.sha256, (), (), None, None, 0.0,
            scorable=False, reason=reason,
        )  # fmt: skip
    return judged(call, scorecard, measurements=measurements)


def judged(
    call: Call,
    scorecard: Scorecard,
    *,
    measurements: Mapping[str, Measurement] | None = None,
    given: Mapping[str, float] | None = None,
) -> Score:
    """Judge a call whether it is eligible or not; `given` are figures that stand in for measured ones (examples)."""
    plan = plan_of(scorecard)
    context = Context(call, book=plan.book, limits=plan.limits, known=measurements, given=given)
    return total_of(scorecard, call.id, tuple([judge(item, context) for item in plan.judges]))


def not_scorable(call: Call, eligible: Eligible) -> str:
    """Why a call is outside what the scorecard judges, or ""."""
    if eligible.min_duration_s is not None and call.duration < eligible.min_duration_s:
        return "too_short"
    if eligible.max_duration_s is not None and call.duration > eligible.max_duration_s:
        return "too_long"
    if eligible.both_spoke and call.recording.layout != "mono" and call.recording.layout != "fake_stereo":
        speaking = {item.role for item in call.utterances} | {role for role, line in call.speech.items() if line}
        if Role.UNKNOWN not in speaking and not {Role.AGENT, Role.CUSTOMER} <= speaking:
            return "one_sided"
    if eligible.recognised and not any(item.text for item in call.utterances):
        return "no_words"
    for name, wanted in eligible.attributes.items():
        if str(attribute_of(call, name)) not in wanted:
            return f"attribute:{name}"
    return ""


def judge(item: Judge, context: Context) -> CriterionScore:
    """The outcome of one criterion."""
    if item.when is not None:
        # of a condition only the answer counts: no quotes are looked up, nothing is reviewed
        context.gather = "none"
        condition = item.when(context, EVERYWHERE)
        context.gather = "few"
        if condition.holds is None and condition.applies:
            return _scored(item, "not_measured", None, condition)
        if not condition.holds:
            return _scored(item, "not_applicable", None, Result(False, "condition_false", condition.detail))
    if item.check is None:
        return _scored(item, "manual", None, Result(None, "manual"))
    found = item.check(context, EVERYWHERE)
    if not found.applies:
        return _scored(item, "not_applicable", None, found)
    if found.holds is None:
        return _scored(item, "not_measured", None, found)
    if item.criterion.bands is not None:
        return _banded(item, found, context)
    if found.holds:
        return _scored(item, "pass", item.criterion.points, found)
    return _scored(item, "fail", 0.0, found)


def _banded(item: Judge, found: Result, context: Context) -> CriterionScore:
    value, full = found.value or 0.0, item.full_points
    place = bisect_right(item.edges, value)
    points = item.band_points[place]
    review = (*found.review, "near_threshold") if near(value, item.full_edges, context.limits.near) else found.review
    below = item.edges[place] if place < len(item.edges) else None
    detail = {**found.detail, "points": points, "band_below": below, **item.full_mark}
    outcome: Outcome = "pass" if points == full else "partial" if points else "fail"
    evidence = found.evidence
    if outcome != "pass" and not evidence:
        role = Role(str(found.detail["role"])) if "role" in found.detail else None
        evidence = (stretch(context, EVERYWHERE, role, str(found.detail["metric"])),)
    changed = Result(False, "band", detail, evidence, unique(review), 1, value)
    return _scored(item, outcome, points, changed)


def _scored(item: Judge, outcome: Outcome, points: float | None, found: Result) -> CriterionScore:
    criterion = item.criterion
    judged = outcome in ("pass", "partial", "fail")
    deduction, detail = 0.0, found.detail
    if judged and criterion.deduct is not None:
        if outcome == "fail":
            times = found.hits if criterion.deduct.per == "hit" else 1
            limit = criterion.deduct.limit
            deduction = criterion.deduct.points * times
            deduction = deduction if limit is None else min(limit, deduction)
            detail = {**detail, "hits": times, "deduction": deduction}
        points = -deduction or 0.0
    elif judged and not criterion.scored:
        points = 0.0
    elif judged:
        points = points or 0.0
        if outcome != "pass" and item.full:
            detail = {**detail, "points_lost": item.full - points}
    return CriterionScore(
        id=criterion.id, title=criterion.title, section=item.section, outcome=outcome,
        points=points if judged else None, possible=item.full, review=found.review if judged else (),
        pending=outcome == "fail" and bool(found.review), fatal=item.fatal, severity=criterion.severity or "",
        tags=criterion.tags, evidence=found.evidence if judged else (), reason=found.reason, detail=detail,
        comment_required=criterion.comment_required, scored=criterion.scored,
    )  # fmt: skip


def measure_for(
    call: Call, scorecard: Scorecard, *, known: Mapping[str, Measurement] | None = None
) -> dict[str, Measurement]:
    """Every figure a scorecard asks of the whole call, under its key: keep them, and pass them to `score` next time.

    They hold for this call and this version of the code, whatever the scorecard: another card that asks for the same
    metric with the same parameters finds them too. Those in `known` are taken over.
    """
    wanted = plan_of(scorecard).metrics
    if known is None:
        return {key: function(call, **params) for key, (function, params) in wanted.items()}
    return {key: known[key] if key in known else function(call, **params) for key, (function, params) in wanted.items()}
