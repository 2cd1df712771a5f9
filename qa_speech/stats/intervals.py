"""Intervals that hold at the sample sizes of this trade: proportions, and means of bounded figures.

wilson          share of passed calls, large samples or small
exact_share     the same, never below its level
bounded_mean    mean of scores in 0–1, exact at any n, drawn with or without replacement, with or without weights
skewed_mean     mean of many scores, corrected for skewness
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log, sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

GRID = 1000
"""Means that `bounded_mean` tries; the interval is widened to the next one outside."""
LARGEST_BET = 0.9
"""Share of the capital that is staked at most: a single zero among ones must not end the game."""
ENOUGH = 100
"""Sample size from which a normal approximation is believed …"""
ENOUGH_RARE = 12
"""… where so many values lie far from the others: below, the rare ones are as good as unseen. Values that lie much farther
than the other far ones count for more, and make their number smaller (Kish 1965, section 8.2: effective number)."""
FAR = 2.0
"""Standard deviations from the median that are far."""


class Interval(NamedTuple):
    """An interval; `value` is the point it belongs to."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low


def wilson(successes: float, n: int, level: float = 0.95) -> Interval | None:
    """Score interval of a share. Wilson 1927. None without a case.

    >>> found = wilson(9, 10)
    >>> round(found.low, 3), round(found.high, 3)
    (0.596, 0.982)
    """
    if n == 0:
        return None
    z = normal_quantile(level)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def marks_needed(share: float, level: float = 0.95) -> int:
    """The least number of cases, all of them alike, whose lower bound by `wilson` reaches a share below 1. Wilson 1927.

    >>> marks_needed(0.8), round(wilson(16, 16).low, 3)
    (16, 0.806)
    """
    z = normal_quantile(level)
    return max(1, ceil(z * z * share / (1 - share)))


def normal_quantile(level: float) -> float:
    """Standard deviations on either side that hold `level` of a normal distribution.

    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def exact_share(successes: int, n: int, level: float = 0.95) -> Interval | None:
    """Exact interval of a share, never covering less than `level`. Clopper & Pearson 1934.

    >>> found = exact_share(0, 4)
    >>> found.low, round(found.high, 3)
    (0.0, 0.602)
    """
    if n == 0:
        return None
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Interval(successes / n, low, high)


def share_at_most(successes: int, n: int, level: float = 0.9) -> float:
    """The share that is not exceeded with `level`, one-sided. Clopper & Pearson 1934.

    >>> round(share_at_most(0, 4, 0.9), 3)
    0.438
    """
    if successes >= n:
        return 1.0
    from scipy.special import betaincinv

    return float(betaincinv(successes + 1, n - successes, level))


def bounded_mean(
    values: Sequence[float] | Array,
    *,
    low: float = 0.0,
    high: float = 1.0,
    population: int | None = None,
    level: float = 0.95,
    anytime: bool = False,
) -> Interval | None:
    """Mean of figures between `low` and `high`: an interval that holds at any sample size, whatever their distribution.

    Somebody who bets against a wrong mean gets rich; a mean against which nobody has made ``2 / (1 - level)`` from 1 stays
    in. Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting", sections 4 and 5 (without
    replacement), hedged, with predictable plug-in bets.

    Parameters
    ----------
    values
        In the order in which they were drawn.
    population
        How many there are in all, where they were drawn without replacement; None = with replacement or very many.
    anytime
        The sample size was not fixed beforehand: whoever looks after each draw, and stops when he likes, is still right with
        `level`. Wider.

    Returns
    -------
    Interval or None
        In the units of the figures; None without a value.

    Examples
    --------
    >>> found = bounded_mean([92, 95, 88, 97], high=100, population=200)
    >>> round(found.low), round(found.high)
    (35, 100)
    """
    drawn = (np.asarray(values, float) - low) / (high - low)
    if len(drawn) == 0:
        return None
    mean = float(drawn.mean())
    if population is not None and len(drawn) >= population:
        return Interval(*(low + (high - low) * mean,) * 3)
    grid = np.linspace(0.0, 1.0, GRID + 1)
    bets = _open_ended_bets(drawn, level) if anytime else _bets(drawn, level)
    kept = grid[_capital(drawn, grid, population, bets) < 2 / (1 - level)]
    step = 1 / GRID
    lower = max(0.0, min(kept.min(initial=mean), mean) - step)
    upper = min(1.0, max(kept.max(initial=mean), mean) + step)
    lower, upper = _possible(drawn, population, lower, upper)
    scale = high - low
    return Interval(low + scale * mean, float(low + scale * lower), float(low + scale * upper))


def _possible(drawn: Array, population: int | None, lower: float, upper: float) -> tuple[float, float]:
    """What the rest of the population can still make of the mean: not less than all zeros, not more than all ones."""
    if population is None:
        return lower, upper
    seen, left = float(drawn.sum()), population - len(drawn)
    return max(lower, seen / population), min(upper, (seen + left) / population)


def _capital(drawn: Array, grid: Array, population: int | None, bets: Array) -> Array:
    """The larger fortune of two who bet that the mean is higher, or lower, than each of `grid`."""
    n = len(drawn)
    up = np.zeros_like(grid)
    down = np.zeros_like(grid)
    seen = 0.0
    impossible = np.zeros(len(grid), bool)
    for index in range(n):
        expected = grid
        if population is not None:
            expected = (population * grid - seen) / (population - index)
            impossible |= (expected < -1e-12) | (expected > 1 + 1e-12)
            expected = np.clip(expected, 0.0, 1.0)
        gain = drawn[index] - expected
        stake_up = np.minimum(bets[index], LARGEST_BET / np.maximum(expected, 1e-9))
        stake_down = np.minimum(bets[index], LARGEST_BET / np.maximum(1 - expected, 1e-9))
        up += np.log1p(stake_up * gain)
        down += np.log1p(-stake_down * gain)
        seen += drawn[index]
    fortune = np.maximum(np.exp(np.minimum(up, 700.0)), np.exp(np.minimum(down, 700.0)))
    fortune[impossible] = np.inf
    return fortune


def _bets(drawn: Array, level: float) -> Array:
    """How much is staked before each draw, from what was seen before it; the number of draws is known."""
    return np.asarray(np.sqrt(2 * log(2 / (1 - level)) / (len(drawn) * _variances_before(drawn))))


def _open_ended_bets(drawn: Array, level: float) -> Array:
    """The same where nobody knows how many draws there will be."""
    draws = np.arange(1, len(drawn) + 1)
    scale = draws * np.log(draws + 1)
    return np.asarray(np.sqrt(2 * log(2 / (1 - level)) / (scale * _variances_before(drawn))))


def _variances_before(drawn: Array) -> Array:
    """Variance of what was seen before each draw; 1/4, the largest there can be, counts as one value seen."""
    draws = np.arange(1, len(drawn) + 1)
    means = (0.5 + np.cumsum(drawn)) / (draws + 1)
    squares = np.cumsum((drawn - means) ** 2)
    before = np.concatenate([[0.0], squares[:-1]])
    return np.asarray((0.25 + before) / draws)


def skewed_mean(
    values: Sequence[float] | Array, *, population: int | None = None, level: float = 0.95
) -> Interval | None:
    """Mean of many figures with a normal interval corrected for skewness; None below two values.

    Hall 1992, "On the removal of skewness by transformation"; finite populations by the usual factor (Cochran 1977, ch. 2).

    >>> found = skewed_mean([0.0] * 20 + [1.0] * 380)
    >>> round(found.low, 3), round(found.high, 3)
    (0.924, 0.969)
    """
    drawn = np.asarray(values, float)
    n = len(drawn)
    if n < 2:
        return None
    from scipy.special import stdtrit

    mean = float(drawn.mean())
    spread = float(drawn.std(ddof=1))
    if spread == 0:
        return Interval(mean, mean, mean)
    left = 1.0 if population is None else max(0.0, 1 - n / population)
    error = spread * sqrt(left / n)
    skewness = float(((drawn - mean) ** 3).mean()) / float(drawn.std()) ** 3
    quantile = float(stdtrit(n - 1, (1 + level) / 2))
    low = mean - error * _untransformed(quantile, skewness, n)
    high = mean - error * _untransformed(-quantile, skewness, n)
    return Interval(mean, low, high)


def _untransformed(quantile: float, skewness: float, n: int) -> float:
    """The studentised mean at which Hall's cubic transformation reaches a quantile."""
    root = sqrt(n)
    slope = skewness / 3
    if abs(slope) < 1e-9:
        return quantile
    inner = 1 + 3 * (slope / root) * (quantile - skewness / (6 * root))
    return float((np.cbrt(inner) - 1) * root / slope)


def mean_interval(
    values: Sequence[float] | Array,
    *,
    low: float = 0.0,
    high: float = 1.0,
    population: int | None = None,
    level: float = 0.95,
) -> Interval | None:
    """Mean of bounded figures: exact where the sample is small or its faults are rare, else corrected for skewness.

    >>> mean_interval([1.0] * 4).high
    1.0
    """
    drawn = np.asarray(values, float)
    if believes_normal(drawn):
        found = skewed_mean(drawn, population=population, level=level)
        assert found is not None
        return Interval(found.value, max(low, found.low), min(high, found.high))
    return bounded_mean(drawn, low=low, high=high, population=population, level=level)


def believes_normal(drawn: Array) -> bool:
    """Whether a normal approximation may be used: a large sample that has seen its rare values."""
    spread = float(drawn.std())
    if len(drawn) < ENOUGH or spread == 0:
        return False
    distance = np.abs(drawn - np.median(drawn))
    weight = distance[distance > FAR * spread] ** 2
    if len(weight) == 0:
        return False
    effective = float(weight.sum()) ** 2 / float((weight**2).sum())
    return effective >= ENOUGH_RARE
