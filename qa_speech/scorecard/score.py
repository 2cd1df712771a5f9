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
below it), ``words_missing`` (part of what was searched is not transcribed), ``undivided`` and ``masked`` (in part of it both
channels carry one signal, or nothing is left to hear), ``low_reliability`` (of a metric; detail: reliability_reason),
``near_threshold`` (of a bound, or of a band's edge where full marks begin or end), ``transcript_times``, ``mono``;
``untrusted`` (the card asks for `trust`, and the machine has not yet agreed with people often enough on this criterion; a
partial mark waits then too).

Every criterion's detail also has, where it applies: `points_lost`, `deduction`, `hits`; `combined`; `negated`. Evidence of an
order begins with the anchor, whose note is "anchor" (`anchor:` and its own note, where it is no quote). A figure without a
place of its own (a mean, a share) shows the stretch it was taken over, with the name of the metric as note. A bonus that was
not earned is a fail without points to lose: no fault.

Reasons of a Score without total: ``too_short:LIMIT``, ``too_long:LIMIT`` (the key of the card and what it asks for, e.g.
``min_duration_s=20``), ``one_sided``, ``no_words``, ``attribute:NAME`` (not scorable); ``low_coverage``, ``nothing_applies``,
``nothing_judged``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from qa_speech.call import Call, Role
from qa_speech.language.dialogue import turns
from qa_speech.metrics.kept import kept_measurements, with_measurements
from qa_speech.scorecard.alarms import Watch, watched
from qa_speech.scorecard.arithmetic import total_of
from qa_speech.scorecard.attributes import attribute_of
from qa_speech.scorecard.context import Context, Limits
from qa_speech.scorecard.criterion import Judge, judge
from qa_speech.scorecard.question import Needs, Question
from qa_speech.scores import CriterionScore, Measurement, Score

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Eligible, Scorecard


_OWN = "qa_speech."
"""How the modules of metrics begin whose code is hashed."""


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
        self.alarms = tuple([Watch(alarm, needs) for alarm in card.alarms])
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
        return _unscorable(call, plan_of(scorecard, trusted), reason)
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
    criteria = tuple([judge(one, question) for one in plan.judges])
    return total_of(scorecard, call.id, criteria, watched(plan.alarms, question))


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
        return _unscorable(call, plan, reason)
    criteria: list[CriterionScore] = []
    for one in plan.judges:
        found = made.get(one)
        if found is None:
            found = made[one] = judge(one, question)
        criteria.append(found)
    return total_of(card, call.id, tuple(criteria), watched(plan.alarms, question))


def _unscorable(call: Call, plan: Plan, reason: str) -> Score:
    """The score of a call that a scorecard does not judge; its alarms ring all the same."""
    card = plan.card
    question = Question(Context(call, book=plan.book, limits=plan.limits, known=kept_measurements(call)))
    return Score(
        call.id,
        card.id,
        card.version,
        card.sha256,
        (),
        (),
        None,
        None,
        0.0,
        scorable=False,
        reason=reason,
        alarms=watched(plan.alarms, question),
    )


def not_scorable(call: Call, eligible: Eligible) -> str:
    """Why a call is outside what the scorecard judges, or ""."""
    limit = _limit_missed(call, eligible)
    if limit:
        return limit
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


def _limit_missed(call: Call, eligible: Eligible) -> str:
    """The limit of length that a call does not keep, as ``too_short:min_duration_s=20``; "" where it keeps all."""
    if call.times == "nominal":
        if eligible.min_turns is not None and len(turns(call)) < eligible.min_turns:
            return f"too_short:min_turns={eligible.min_turns}"
    elif eligible.min_duration_s is not None and call.duration < eligible.min_duration_s:
        return f"too_short:min_duration_s={eligible.min_duration_s:g}"
    elif eligible.max_duration_s is not None and call.duration > eligible.max_duration_s:
        return f"too_long:max_duration_s={eligible.max_duration_s:g}"
    return ""


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
