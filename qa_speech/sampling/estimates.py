"""What a sample of marks says of all calls: means, pass rates and rates of violations, by group, with honest intervals.

    no machine      weighted mean of the marks
    machine         the machine's mean of all calls, corrected by people's marks of a few
    many groups     corrections pooled over the groups, with a gate (`stats.groups`); below what the data carry, the whole's

Nothing is given without n and interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from qa_speech.stats.groups import GroupMean, Marked, group_means, more_marks
from qa_speech.stats.intervals import ENOUGH, Interval, bounded_mean, exact_share
from qa_speech.stats.survey import EQUAL, Estimate, corrected, whole_mean


class Figure(NamedTuple):
    """What is estimated: bounds of its values, the value that most calls have, and whether a call is worth 100 or 0 alone."""

    name: str
    low: float
    high: float
    usual: float
    is_share: bool = False


CORRECTED_FROM = 60
"""Marked calls from which the machine is put right by people rather than left out: a correction reaches from −100 to 100, twice
as far as a score, and in fewer calls an exact interval pays more for that than it gains. The number of calls alone decides, so
that nobody picks the nicer of two intervals."""

SCORE = Figure("total", 0.0, 100.0, 100.0)
PASS_RATE = Figure("passed", 0.0, 100.0, 100.0, is_share=True)
"""Per cent of calls that pass; a call is worth 100 or 0."""


def violation_rate(criterion: str) -> Figure:
    """Per cent of all calls in which a criterion failed; a call to which it does not apply has not failed it.

    >>> violation_rate("taboo").name
    'criterion:taboo'
    """
    return Figure(f"criterion:{criterion}", 0.0, 100.0, 0.0, is_share=True)


class Observed(NamedTuple):
    """One marked call: people's value, the machine's (None = the machine has none), its chance, in the order of the draw.

    `least`: the least chance of the calls that could have been drawn in its place; None = all had the same.
    """

    call: str
    group: str
    people: float
    machine: float | None
    chance: float
    least: float | None = None


class GroupFrame(NamedTuple):
    """What is known of all calls of a group: how many, and the machine's mean over them (None = the machine scored not all)."""

    calls: int
    machine_mean: float | None


class GroupEstimate(NamedTuple):
    """A group's estimate. `top_up`: further marks that bring its interval to the width asked for, 0 = it is narrow enough."""

    group: str
    estimate: Estimate
    top_up: int


def overall(
    figure: Figure, observed: Sequence[Observed], frame: Mapping[str, GroupFrame], *, level: float = 0.95
) -> Estimate | None:
    """The estimate over all groups together; None without a mark.

    Few calls stand on the marks alone (`CORRECTED_FROM`; shares: `stats.intervals.ENOUGH`).

    >>> frame = {"1001": GroupFrame(100, 90.0)}
    >>> seen = [Observed(str(number), "1001", 88.0, 89.0, 0.6) for number in range(60)]
    >>> found = overall(SCORE, seen, frame)
    >>> round(found.value, 1), found.method
    (89.0, 'machine, corrected (exact)')
    """
    if not observed:
        return None
    calls = sum(held.calls for held in frame.values())
    machine_mean = _machine_mean(frame)
    span = figure.high - figure.low
    too_few = len(observed) < (ENOUGH if figure.is_share else CORRECTED_FROM)
    if machine_mean is None or too_few or any(one.machine is None for one in observed):
        return _of_people(figure, observed, calls, level)
    residuals = [one.people - (one.machine or 0.0) for one in observed]
    chance, least = [one.chance for one in observed], _least(observed)
    found = whole_mean(residuals, chance, calls, low=-span, high=span, usual=0.0, least=least, level=level)
    assert found is not None
    return corrected(machine_mean, found, low=figure.low, high=figure.high)


def _of_people(figure: Figure, observed: Sequence[Observed], calls: int, level: float) -> Estimate:
    """From the marks alone: a share of few calls drawn with equal chances exactly (Clopper & Pearson 1934), else a mean."""
    people = [one.people for one in observed]
    n = len(people)
    if figure.is_share and n < min(ENOUGH, calls) and _equal(observed):
        share = exact_share(sum(value > 0 for value in people), n, level)
        assert share is not None
        return Estimate(100 * share.value, 100 * share.low, 100 * share.high, n, "exact")
    chance = [one.chance for one in observed]
    found = whole_mean(
        people,
        chance,
        calls,
        low=figure.low,
        high=figure.high,
        usual=figure.usual,
        least=_least(observed),
        level=level,
    )
    assert found is not None
    return found


def _least(observed: Sequence[Observed]) -> list[float]:
    return [one.chance if one.least is None else one.least for one in observed]


def _equal(observed: Sequence[Observed]) -> bool:
    """Whether these calls, and all that could have been drawn in their place, had the same chance."""
    return max(one.chance for one in observed) - min(_least(observed)) <= EQUAL


def _machine_mean(frame: Mapping[str, GroupFrame]) -> float | None:
    total = calls = 0.0
    for held in frame.values():
        if held.machine_mean is None:
            return None
        total += held.calls * held.machine_mean
        calls += held.calls
    return total / calls if calls else None


def gain(figure: Figure, observed: Sequence[Observed], frame: Mapping[str, GroupFrame]) -> float | None:
    """How much narrower the machine makes the interval, 0–1: 0.4 = 40 % narrower; below 0 = it does not help."""
    with_machine = overall(figure, observed, frame)
    bare = {name: GroupFrame(held.calls, None) for name, held in frame.items()}
    without = overall(figure, observed, bare)
    if with_machine is None or without is None or with_machine.method == without.method:
        return None
    width = without.high - without.low
    return 1 - (with_machine.high - with_machine.low) / width if width > 0 else None


def by_group(
    figure: Figure,
    observed: Iterable[Observed],
    frame: Mapping[str, GroupFrame],
    *,
    wanted_width: float = 30.0,
    level: float = 0.95,
) -> list[GroupEstimate]:
    """Every group's estimate, in the order of their names.

    Scores of a sample with equal chances within each group share what they have in common (`stats.groups.group_means`);
    where chances differ within a group (drawn by risk), or the machine did not score all its calls, a group stands alone,
    as it always does where a share is wanted.

    Parameters
    ----------
    wanted_width
        Width of an interval, in units of the figure, above which a group is named for further marks.
    """
    held: dict[str, list[Observed]] = {name: [] for name in frame}
    for one in observed:
        held.setdefault(one.group, []).append(one)
    poolable: list[Marked] = []
    alone: dict[str, list[Observed]] = {}
    for name, mine in held.items():
        marked = None if figure.is_share else _marked(name, mine, frame)
        if marked is None:
            alone[name] = mine
        else:
            poolable.append(marked)
    found = {
        one.name: _from_group(one, wanted_width)
        for one in group_means(poolable, low=figure.low, high=figure.high, level=level)
    }
    for name, mine in alone.items():
        found[name] = _alone(figure, name, mine, frame, wanted_width, level)
    return [found[name] for name in sorted(found)]


def _marked(name: str, mine: Sequence[Observed], frame: Mapping[str, GroupFrame]) -> Marked | None:
    """A group for the pool; None where its chances differ or the machine is missing."""
    known = frame.get(name)
    if known is None or known.machine_mean is None:
        return None
    if any(one.machine is None for one in mine):
        return None
    if mine and not _equal(mine):
        return None
    people = tuple(one.people for one in mine)
    machine = tuple(one.machine or 0.0 for one in mine)
    return Marked(name, known.machine_mean, known.calls, people, machine)


def _from_group(found: GroupMean, wanted_width: float) -> GroupEstimate:
    estimate = Estimate(found.value, found.low, found.high, found.n, found.method)
    return GroupEstimate(found.name, estimate, more_marks(found, wanted_width))


def _alone(
    figure: Figure,
    name: str,
    mine: Sequence[Observed],
    frame: Mapping[str, GroupFrame],
    wanted_width: float,
    level: float,
) -> GroupEstimate:
    known = frame.get(name, GroupFrame(len(mine), None))
    found = overall(figure, mine, {name: known}, level=level)
    if found is None:
        found = Estimate((figure.low + figure.high) / 2, figure.low, figure.high, 0, "no marks")
    group = GroupMean(name, found.value, found.low, found.high, found.n, found.method)
    return GroupEstimate(name, found, more_marks(group, wanted_width))


class Weights(NamedTuple):
    """What each call heard counts for, where chances of being drawn differ: calls drawn ÷ chance ÷ calls in all.

    `largest` over all calls drawn, heard or not.
    """

    heard: Sequence[float]
    largest: float


class Stop(NamedTuple):
    """Whether enough calls were heard: the interval so far, valid at any moment, and whether it is narrow enough."""

    estimate: Estimate
    enough: bool


def enough(
    figure: Figure,
    people: Sequence[float],
    machine: Sequence[float] | None,
    frame: GroupFrame,
    *,
    within: float,
    level: float = 0.95,
    weights: Weights | None = None,
) -> Stop | None:
    """Whether one may stop hearing calls: the mean is known to ± `within`, however often one has looked.

    Confidence sequence by betting, Waudby-Smith & Ramdas 2024, over calls in the order in which they were heard, which must be
    a random one.

    Parameters
    ----------
    weights
        Where chances of being drawn differ; None = equal ones.

    Examples
    --------
    >>> found = enough(SCORE, [90.0] * 400, None, GroupFrame(500, None), within=10)
    >>> found.enough, found.estimate.n
    (True, 400)
    """
    value: Sequence[float] = people
    span, base = figure.high - figure.low, 0.0
    low, high, usual = figure.low, figure.high, figure.usual
    if machine is not None and frame.machine_mean is not None and not figure.is_share:
        value = [mine - other for mine, other in zip(people, machine, strict=True)]
        low, high, usual, base = -span, span, 0.0, frame.machine_mean
    if weights is None:
        found = bounded_mean(value, low=low, high=high, population=frame.calls, level=level, anytime=True)
    else:
        found = _weighted_sequence(value, weights, low=low - usual, high=high - usual, usual=usual, level=level)
    if found is None:
        return None
    lower, upper = max(figure.low, base + found.low), min(figure.high, base + found.high)
    middle = min(upper, max(lower, base + found.value))
    return Stop(Estimate(middle, lower, upper, len(people), "anytime"), upper - lower <= 2 * within)


def _weighted_sequence(
    values: Sequence[float], weights: Weights, *, low: float, high: float, usual: float, level: float
) -> Interval | None:
    """Bets on weighted deviations from the usual value, as in `stats.survey.whole_mean`."""
    if not values:
        return None
    most = weights.largest
    moved = [(value - usual) * weight for value, weight in zip(values, weights.heard, strict=True)]
    found = bounded_mean(moved, low=low * most, high=high * most, level=level, anytime=True)
    assert found is not None
    return Interval(usual + found.value, usual + found.low, usual + found.high)
