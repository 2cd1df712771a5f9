"""How far machine and people, and people among themselves, agree: by criterion, with intervals, and whether it drifts.

machine against people    what the machine said beside each mark that counts
people against people     first and second stage of one criterion of one call, and calibration
against an expert         calibration marks of others beside those of an expert
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from qa_speech.marks.model import Mark
from qa_speech.marks.stages import latest, standing
from qa_speech.stats.agreement import Agreement, alpha_interval, cohen_kappa, crossed, icc21
from qa_speech.stats.intervals import Interval, wilson

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard

Kind: TypeAlias = Literal["machine", "people", "expert"]
Side: TypeAlias = Literal["at_least", "at_most"]
"""Which bound of a figure."""
OUTCOMES = ("fail", "partial", "pass", "not_applicable")
"""In their order, for weights: from worst to best; what does not apply stands apart at the end."""
RECENT = 25
"""Marks that are held against those before them."""
DRIFT_ALARM = 0.01
"""How often a steady judge is called drifting, per look (Fisher 1922, exact, one-sided)."""
FEW = 10
"""Pairs below which a criterion is not ranked."""


class Pair(NamedTuple):
    """Two outcomes of one criterion of one call; `second` is the one that counts more, by `person`, at `at`."""

    call: str
    criterion: str
    first: str
    second: str
    person: str
    at: str


class Alike(NamedTuple):
    """Share of pairs alike, 0–1, with its 95 % interval; `n` pairs of `calls`."""

    value: float
    low: float
    high: float
    n: int
    calls: int


class CriterionAgreement(NamedTuple):
    """Agreement over one criterion. `share` of pairs alike, with its interval; `confusion` counts (first, second).

    `n` pairs of `calls`: three judges of one call are three pairs.
    """

    criterion: str
    n: int
    calls: int
    share: Interval | None
    kappa: Agreement
    weighted: Agreement
    alpha: Agreement
    confusion: Mapping[tuple[str, str], int]


class Drift(NamedTuple):
    """Agreement of the last marks against that of those before. `p` one-sided: how often chance alone falls so far."""

    name: str
    recent: Interval
    before: Interval
    n_recent: int
    n_before: int
    p: float

    @property
    def alarm(self) -> bool:
        """Whether chance alone hardly explains it."""
        return self.p < DRIFT_ALARM


def machine_pairs(marks: Iterable[Mark]) -> list[Pair]:
    """What the machine said against what counts. Criteria that the machine did not judge give no pair."""
    found: list[Pair] = []
    for (call, criterion), mark in sorted(standing(marks).items()):
        if mark.machine_outcome in OUTCOMES:
            found.append(Pair(call, criterion, mark.machine_outcome, mark.outcome, mark.person, mark.at))
    return sorted(found, key=lambda pair: pair.at)


def people_pairs(marks: Iterable[Mark]) -> list[Pair]:
    """Two people on one criterion of one call: first stage against second, and calibration marks two by two."""
    found: list[Pair] = []
    for mine in _by_place(latest(marks)).values():
        first = [mark for mark in mine if mark.stage == "first"]
        second = [mark for mark in mine if mark.stage == "second"]
        for one in first:
            found += [_pair(one, other) for other in second if other.person != one.person]
        blind = [mark for mark in mine if mark.stage == "calibration"]
        for index, one in enumerate(blind):
            found += [_pair(one, other) for other in blind[index + 1 :]]
    return sorted(found, key=lambda pair: pair.at)


def expert_pairs(marks: Iterable[Mark]) -> list[Pair]:
    """Calibration: everybody against the expert."""
    found: list[Pair] = []
    for mine in _by_place(latest(marks)).values():
        blind = [mark for mark in mine if mark.stage == "calibration"]
        experts = [mark for mark in blind if mark.role == "expert"]
        for expert in experts:
            found += [_against(expert, other) for other in blind if other.role != "expert"]
    return sorted(found, key=lambda pair: pair.at)


def _by_place(marks: Iterable[Mark]) -> dict[tuple[str, str], list[Mark]]:
    found: dict[tuple[str, str], list[Mark]] = {}
    for mark in marks:
        found.setdefault((mark.call, mark.criterion), []).append(mark)
    return found


def _pair(one: Mark, other: Mark) -> Pair:
    return Pair(one.call, one.criterion, one.outcome, other.outcome, other.person, max(one.at, other.at))


def _against(expert: Mark, other: Mark) -> Pair:
    return Pair(expert.call, expert.criterion, expert.outcome, other.outcome, other.person, other.at)


def by_criterion(pairs: Iterable[Pair]) -> list[CriterionAgreement]:
    """Agreement over each criterion, the worst first; those with few pairs come last."""
    held: dict[str, list[Pair]] = {}
    for pair in pairs:
        held.setdefault(pair.criterion, []).append(pair)
    found = [agreement_of(criterion, mine) for criterion, mine in held.items()]
    return sorted(found, key=_worst_first)


def _worst_first(found: CriterionAgreement) -> tuple[bool, float, str]:
    share = found.share.value if found.share is not None else 1.0
    value = share if found.kappa.value is None else found.kappa.value
    return found.n < FEW, value, found.criterion


def agreement_of(criterion: str, pairs: Sequence[Pair]) -> CriterionAgreement:
    """Agreement over these pairs.

    >>> made = [Pair("a", "x", "pass", "pass", "甲", "1")] * 9 + [Pair("b", "x", "fail", "pass", "甲", "2")]
    >>> found = agreement_of("x", made)
    >>> found.n, found.share.value, found.confusion["fail", "pass"]
    (10, 0.9, 1)
    """
    first = [pair.first for pair in pairs]
    second = [pair.second for pair in pairs]
    found = share_alike(pairs)
    calls = 0 if found is None else found.calls
    # pairs of one call are not independent: errors as of so many calls
    table = crossed(first, second, OUTCOMES) * (calls / max(1, len(pairs)))
    codes = np.array([[OUTCOMES.index(one) for one in first], [OUTCOMES.index(one) for one in second]], float)
    return CriterionAgreement(
        criterion=criterion,
        n=len(pairs),
        calls=calls,
        share=None if found is None else Interval(found.value, found.low, found.high),
        kappa=cohen_kappa(table)._replace(n=len(pairs)),
        weighted=cohen_kappa(table[:3, :3], "quadratic")._replace(n=_with_order(pairs)),
        alpha=alpha_interval(codes, clusters=[pair.call for pair in pairs]),
        confusion=dict(sorted(Counter(zip(first, second, strict=True)).items())),
    )


def share_alike(pairs: Sequence[Pair]) -> Alike | None:
    """Share of pairs in which both say the same; None without a pair.

    Wilson 1927, over calls and not over pairs: pairs of one call are not independent of each other, and counting them as if
    they were would make the interval too narrow (Kish 1965, design effect; here the largest there can be).

    >>> made = [Pair(str(number), "x", "pass", "pass", "甲", "1") for number in range(10)]
    >>> found = share_alike([*made, *made])
    >>> found.n, found.calls, round(found.low, 3)
    (20, 10, 0.722)
    """
    if not pairs:
        return None
    share = sum(pair.first == pair.second for pair in pairs) / len(pairs)
    calls = len({pair.call for pair in pairs})
    found = wilson(share * calls, calls)
    assert found is not None
    return Alike(share, found.low, found.high, len(pairs), calls)


def drift(pairs: Iterable[Pair], *, by: Literal["criterion", "person"], recent: int = RECENT) -> list[Drift]:
    """The last `recent` pairs of each criterion or person against those before, the most suspect first."""
    from scipy.stats import hypergeom

    held: dict[str, list[Pair]] = {}
    for pair in pairs:
        name = pair.criterion if by == "criterion" else pair.person
        held.setdefault(name, []).append(pair)
    found: list[Drift] = []
    for name, mine in held.items():
        ordered = sorted(mine, key=lambda pair: pair.at)
        last, before = ordered[-recent:], ordered[:-recent]
        if len(last) < recent or len(before) < recent:
            continue
        good_last = sum(pair.first == pair.second for pair in last)
        good_before = sum(pair.first == pair.second for pair in before)
        chance = hypergeom.cdf(good_last, len(ordered), good_last + good_before, len(last))
        now, then = wilson(good_last, len(last)), wilson(good_before, len(before))
        assert now is not None
        assert then is not None
        found.append(Drift(name, now, then, len(last), len(before), float(chance)))
    return sorted(found, key=lambda one: one.p)


def trusted_criteria(marks: Iterable[Mark], card: Scorecard) -> frozenset[str]:
    """The criteria of a card that asks for trust on which machine and people agree often enough; empty where it does not ask.

    Only marks made under this card and version count: another check is another judge.
    """
    wanted = card.review.trust
    if wanted is None:
        return frozenset()
    own = [mark for mark in marks if (mark.scorecard, mark.scorecard_version) == (card.id, card.version)]
    found = by_criterion(machine_pairs(own))
    passed = [one for one in found if trusted(one, min_agreement=wanted.min_agreement, marks=wanted.marks)]
    return frozenset(one.criterion for one in passed)


def trusted(found: CriterionAgreement, *, min_agreement: float, marks: int) -> bool:
    """Whether the machine's outcomes of a criterion count without review: enough marks, and the lower bound of agreement passes."""
    return found.n >= marks and found.share is not None and found.share.low >= min_agreement


def totals_agreement(totals: Mapping[str, Mapping[str, float]]) -> Agreement:
    """ICC(2,1) of totals given by the same people to the same calls; `totals` by call, then person. Calls with gaps are left out.

    >>> round(totals_agreement({"a": {"甲": 60, "乙": 62}, "b": {"甲": 90, "乙": 88}, "c": {"甲": 75, "乙": 75}}).value, 2)
    0.99
    """
    people = sorted({person for mine in totals.values() for person in mine})
    whole = [[mine[person] for person in people] for mine in totals.values() if len(mine) == len(people)]
    if len(whole) < 2 or len(people) < 2:
        return Agreement(None, None, None, len(whole))
    return icc21(np.array(whole, float))


def _with_order(pairs: Iterable[Pair]) -> int:
    """Pairs in which both outcomes have their place between worst and best."""
    return sum("not_applicable" not in (pair.first, pair.second) for pair in pairs)


class Suggestion(NamedTuple):
    """A bound that would have agreed best with people: what agrees with it, and what agrees with the present one."""

    bound: float
    agree: Interval
    agree_now: Interval
    n: int


def suggested_bound(values: Sequence[float], passed: Sequence[bool], now: float, *, side: Side) -> Suggestion | None:
    """The bound of a figure at which machine and people would have agreed most often; a suggestion, never applied.

    Of bounds that agree alike the one nearest to the present one; None without values.

    >>> found = suggested_bound([1.0, 2.0, 4.0, 6.0], [True, True, True, False], 3.0, side="at_most")
    >>> found.bound, found.agree.value, found.agree_now.value
    (5.0, 1.0, 0.75)
    """
    if not values:
        return None
    ordered = sorted(set(values))
    middles = [(one + two) / 2 for one, two in pairwise(ordered)]
    candidates = [now, ordered[0] - 1, *middles, ordered[-1] + 1]
    n = len(values)
    best = max(candidates, key=lambda bound: (_agreeing(values, passed, bound, side), -abs(bound - now)))
    agree, present = wilson(_agreeing(values, passed, best, side), n), wilson(_agreeing(values, passed, now, side), n)
    assert agree is not None
    assert present is not None
    return Suggestion(best, agree, present, n)


def _agreeing(values: Sequence[float], passed: Sequence[bool], bound: float, side: str) -> int:
    count = 0
    for value, right in zip(values, passed, strict=True):
        met = value >= bound if side == "at_least" else value <= bound
        count += met == right
    return count
