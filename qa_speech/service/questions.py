"""Every figure against its peers and against the period before: one family of questions, one false discovery rate.

agents, hours     against what is expected of them, given that agents and hours differ as much as they do (`stats.funnel`);
                  an agent's expectation is that of the hours he worked, an hour's that of the agents who worked in it
teams, cities     against all others, their agents being what is drawn
the whole         against the period before, every agent (for lines, day) with himself where he is in both

What is asked is fixed beforehand: all of it goes into the family, the quiet answers too. Half of what may be wrong is set aside for
the total score and for changes of the whole, a few questions that matter most; the other half for the many of single criteria.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from qa_speech.service.columns import (
    AGENT,
    BEFORE,
    HOUR,
    NOW,
    UNKNOWN,
    Array,
    Codes,
    Flags,
)
from qa_speech.service.document import SMALL_CELL
from qa_speech.service.figures import Figure, Value, change, value_of
from qa_speech.stats.discoveries import q_values
from qa_speech.stats.funnel import (
    Dispersion,
    dispersion,
    mean_beyond,
    middle,
    share_above,
)

FALSE_SHARE = 0.05
"""Of what is called a finding, at most this share is expected to be chance."""
LEAST_FIGURES = 5
"""Shares from which it is told by how much units usually differ."""
LEAST_UNITS = 5
"""Peers that a unit needs to be compared with."""
SCORE = "score"
WHOLE = "whole"
"""The level of all rows together, against the period before."""


class Answer(NamedTuple):
    """One question and its answer: a unit of a level on a figure.

    `expected` what its peers, or the period before, would have; `worse` how much worse it is, in units of the figure, with an
    interval; `p` the chance of that, `q` the false discovery rate in the whole family; `n` rows.
    """

    level: str
    unit: str
    figure: Figure
    value: Value
    expected: float
    worse: float
    low: float
    high: float
    p: float
    q: float = 1.0

    @property
    def found(self) -> bool:
        """Whether it is beyond chance."""
        return self.q <= FALSE_SHARE and self.worse > 0

    @property
    def weight(self) -> float:
        """Size and certainty in one: the lower end of the effect, as a share of the figure's span, times the rows it touches."""
        return max(0.0, self.low) / self.figure.span * self.value.n


class Asked(NamedTuple):
    """What is asked of a figure: at which levels, and whether against the period before."""

    figure: Figure
    levels: tuple[str, ...]
    against_before: bool = True


def answered(questions: Sequence[Asked]) -> list[Answer]:
    """All answers of a month with their q-values, in the order of the questions."""
    usual = usual_spread(questions)
    found: list[Answer] = []
    for one in questions:
        for level in one.levels:
            found += list(_at(one.figure, level, usual.get(level, 0.0)))
        if one.against_before:
            found += list(_against_before(one.figure))
    q = q_values([answer.p for answer in found], _weights(found))
    return [answer._replace(q=float(rate)) for answer, rate in zip(found, q, strict=True)]


def _weights(answers: Sequence[Answer]) -> Array:
    """What each question matters: those of the first kind together as much as all others together."""
    first = np.array(
        [one.figure.id == SCORE or one.level == WHOLE for one in answers],
        bool,
    )
    some, others = int(first.sum()), int((~first).sum())
    if not some or not others:
        return np.ones(len(answers))
    return np.where(first, others / some, 1.0)


BESIDE = {AGENT: HOUR, HOUR: AGENT}
"""For units of a level, the level whose differences are allowed for."""


def _at(figure: Figure, level: str, usual: float) -> Iterator[Answer]:
    if level in BESIDE:
        yield from _against_peers(figure, level, usual)
    else:
        yield from _against_others(figure, level)


def usual_spread(questions: Sequence[Asked]) -> dict[str, float]:
    """By how much units of a level usually differ, over all shares asked: the median of their variances on the logit scale.

    One share tells the variance between units but roughly, and now and then far too small; twenty together do not.
    """
    found: dict[str, float] = {}
    for level in BESIDE:
        held: list[float] = []
        for one in questions:
            if level in one.levels and one.figure.share:
                these = peers(one.figure, level)
                if these is not None:
                    held.append(spread_of(one.figure, these).tau2 / _slope(these) ** 2)
        if len(held) >= LEAST_FIGURES:
            found[level] = float(np.median(held))
    return found


def _slope(found: Peers) -> float:
    """How much a share moves with its logit, at the middle of the units."""
    middle_share = float(np.median(found.expected))
    return middle_share * (1 - middle_share)


# -- agents and hours


class Peers(NamedTuple):
    """Units of a level in numbers, those with too few rows left out: sums, what is expected of each, its variance by chance."""

    names: tuple[str, ...]
    numerators: Array
    denominators: Array
    rows: Array
    expected: Array
    variances: Array


def peers(figure: Figure, level: str, least: int = SMALL_CELL) -> Peers | None:
    """The units of a level, agents or hours, as they are compared; None where there are too few or nothing varies.

    Parameters
    ----------
    least
        Rows that a unit needs.
    """
    names = figure.names(level)
    held = figure.used(NOW) & (names.codes != UNKNOWN)
    if not held.any():
        return None
    codes, width = names.codes[held], len(names.names)
    numerator, denominator = figure.numerator[held], figure.denominator[held]
    rows = np.bincount(codes, minlength=width).astype(float)
    sums, sizes = (
        _summed(codes, numerator, width),
        _summed(codes, denominator, width),
    )
    usual = _usual(figure, sums, sizes, numerator, denominator)
    moved = _beside(figure, held, BESIDE[level], usual)
    allowed = _summed(codes, moved * denominator, width)
    kept = rows >= least
    if kept.sum() < LEAST_UNITS:
        return None
    expected = np.full(width, usual)
    expected[kept] += allowed[kept] / sizes[kept]
    if figure.share:
        expected = np.clip(expected, 0.0, 1.0)
        spread = expected * (1 - expected)
        variances = spread[kept] / sizes[kept]
    else:
        own = sums / np.maximum(sizes, 1e-300)
        pulls = numerator - own[codes] * denominator
        spare = max(1, len(pulls) - int((rows > 0).sum()))
        variances = float((pulls**2).sum()) / spare * rows[kept] / sizes[kept] ** 2
    if not (variances > 0).all():
        return None
    chosen = tuple(name for name, keep in zip(names.names, kept, strict=True) if keep)
    return Peers(chosen, sums[kept], sizes[kept], rows[kept], expected[kept], variances)


def _summed(codes: Codes, values: Array, width: int) -> Array:
    return np.bincount(codes, weights=values, minlength=width).astype(float)


def _usual(
    figure: Figure,
    sums: Array,
    sizes: Array,
    numerator: Array,
    denominator: Array,
) -> float:
    """The common value of the units, far ones left out."""
    if figure.share:
        return middle(sums, sizes)
    overall = float(numerator.sum() / denominator.sum())
    variance = float(((numerator - overall * denominator) ** 2).sum() / denominator.sum())
    return middle(sums, sizes, variance)


def _beside(figure: Figure, held: Flags, level: str, usual: float) -> Array:
    """For each row, by how much the unit of another level that it belongs to lies off the usual."""
    names = figure.names(level)
    codes = names.codes[held]
    width = len(names.names) + 1
    codes = np.where(codes == UNKNOWN, width - 1, codes)
    sums = _summed(codes, figure.numerator[held], width)
    sizes = _summed(codes, figure.denominator[held], width)
    off = np.zeros(width)
    known = sizes > 0
    off[known] = sums[known] / sizes[known] - usual
    off[-1] = 0.0
    return np.asarray(off[codes] - _weighted(off[codes], figure.denominator[held]))


def _weighted(values: Array, weights: Array) -> float:
    return float((values * weights).sum() / weights.sum())


def spread_of(figure: Figure, found: Peers) -> Dispersion:
    """How much more the units differ than chance explains: in squared units of the share, or of the logit of a mean."""
    values = found.numerators / found.denominators
    if figure.share:
        return dispersion(values, found.expected, found.variances)
    return dispersion(
        _logit(figure, values),
        _logit(figure, found.expected),
        _logit_variances(figure, found),
    )


def chances_of(figure: Figure, found: Peers, tau2: float) -> Array:
    """Each unit's chance to be so far on the bad side, if units vary with variance `tau2` themselves."""
    if figure.share:
        counts, sizes = (
            np.round(found.numerators),
            np.round(found.denominators),
        )
        if figure.bad > 0:
            return share_above(counts, sizes, found.expected, tau2)
        return share_above(sizes - counts, sizes, 1 - found.expected, tau2)
    values = _logit(figure, found.numerators / found.denominators)
    gap = figure.bad * (values - _logit(figure, found.expected))
    return mean_beyond(gap, _logit_variances(figure, found), tau2)


LEAST_PART = 0.005
"""Part of a figure's span below which its logit is not told apart."""


def _logit(figure: Figure, values: Array) -> Array:
    """A mean as the logit of its part of the span: agents differ alike there, whether the mean is near an end or not."""
    part = np.clip(values * figure.scale / figure.span, LEAST_PART, 1 - LEAST_PART)
    return np.asarray(np.log(part / (1 - part)))


def _logit_variances(figure: Figure, found: Peers) -> Array:
    part = np.clip(
        found.expected * figure.scale / figure.span,
        LEAST_PART,
        1 - LEAST_PART,
    )
    slope = figure.scale / figure.span / (part * (1 - part))
    return np.asarray(found.variances * slope**2)


def _against_peers(figure: Figure, level: str, usual: float) -> Iterator[Answer]:
    found = peers(figure, level)
    if found is None:
        return
    tau2 = spread_of(figure, found).tau2_high
    if figure.share:
        tau2 = max(tau2, usual * _slope(found) ** 2)
    chances = chances_of(figure, found, tau2)
    values = found.numerators / found.denominators
    errors = np.sqrt(found.variances)
    for index, name in enumerate(found.names):
        worse = figure.bad * (values[index] - found.expected[index]) * figure.scale
        half = 1.96 * float(errors[index]) * figure.scale
        value = figure.scale * float(values[index])
        held = Value(value, value - half, value + half, int(found.rows[index]))
        expected = figure.scale * float(found.expected[index])
        yield Answer(
            level,
            name,
            figure,
            held,
            expected,
            worse,
            worse - half,
            worse + half,
            float(chances[index]),
        )


# -- teams, cities, the period before


def _against_others(figure: Figure, level: str) -> Iterator[Answer]:
    names = figure.names(level)
    used = figure.used(NOW)
    for index, name in enumerate(names.names):
        mine = used & (names.codes == index)
        others = used & (names.codes != index) & (names.codes != UNKNOWN)
        if mine.sum() < SMALL_CELL or others.sum() < SMALL_CELL:
            continue
        yield from _compared(figure, level, name, mine, others)


def _against_before(figure: Figure) -> Iterator[Answer]:
    yield from _compared(figure, WHOLE, WHOLE, figure.used(NOW), figure.used(BEFORE))


def _compared(figure: Figure, level: str, unit: str, mine: Flags, others: Flags) -> Iterator[Answer]:
    found = change(figure, mine, others)
    if found is None:
        return
    other = value_of(figure, others)
    assert other.value is not None
    ends = sorted((figure.bad * found.low, figure.bad * found.high))
    chance = found.above if figure.bad > 0 else found.below
    yield Answer(
        level,
        unit,
        figure,
        value_of(figure, mine),
        other.value,
        figure.bad * found.value,
        ends[0],
        ends[1],
        chance,
    )


def better(answers: Iterable[Answer]) -> list[Answer]:
    """Answers in which the whole is better than the period before, for sure by its own interval."""
    return [one for one in answers if one.level == WHOLE and one.high < 0]
