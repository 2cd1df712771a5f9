"""Who differs beyond chance: exact funnel limits, and how much more units differ than chance alone lets them.

binomial_limits, poisson_limits     between which a unit of this size lies, if it is like the others
dispersion                          how much more they differ, robustly: a few bad units do not hide themselves
share_above, mean_beyond            the chance of a unit so far out, given that units differ as much as these do

Spiegelhalter 2005, "Funnel plots for comparing institutional performance". Against a naive funnel, in which units that differ
a little, as people do, all stand outside once they are large enough, the dispersion goes into limits and chances.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

WINSOR = 0.1
"""Share of the units on either side whose distance is cut to that of the next one inside."""
WINSORED_VARIANCE = 0.6793
"""Variance of a standard normal distribution cut at its tenth and ninetieth percentile."""
EFFICIENCY = 0.7
"""What a unit counts for the dispersion after cutting, against one of which the whole distance is used."""
SURE = 0.95
"""How sure the upper bound of the dispersion is that chances are worked out with."""
FAR = 3.0
"""Standard errors from the middle beyond which a unit has no part in it."""


class Limits(NamedTuple):
    """Lower and upper limit for each unit."""

    low: Array
    high: Array


class Dispersion(NamedTuple):
    """`phi` = squared distances over what chance explains, 1 = chance alone; `tau2` = variance between units, in squared units
    of the figure, as estimated and as it may still be (`tau2_high`); `units` of them."""

    phi: float
    tau2: float
    tau2_high: float
    units: int


def binomial_limits(share: float, sizes: Array, level: float = 0.998) -> Limits:
    """Limits of a share, 0–1, for units of these sizes. Spiegelhalter 2005, appendix A.1.1: exact, interpolated between counts.

    >>> found = binomial_limits(0.1, np.array([10.0, 100.0]))
    >>> found.low.round(3).tolist(), found.high.round(3).tolist()
    ([0.0, 0.014], [0.443, 0.198])
    """
    size = np.asarray(sizes, float)

    def at_most(count: Array) -> Array:
        return _binomial_at_most(count, size, share)

    tail = (1 - level) / 2
    return Limits(_quantile(tail, at_most, size) / size, _quantile(1 - tail, at_most, size) / size)


def poisson_limits(rate: float, exposure: Array, level: float = 0.998) -> Limits:
    """Limits of events per unit of exposure. Spiegelhalter 2005, appendix A.2.1: exact, interpolated between counts.

    >>> found = poisson_limits(0.1, np.array([10.0, 100.0]))
    >>> found.low.round(3).tolist(), found.high.round(3).tolist()
    ([0.0, 0.012], [0.487, 0.207])
    """
    from scipy.special import gammaincc

    size = np.asarray(exposure, float)
    mean = rate * size

    def at_most(count: Array) -> Array:
        return np.asarray(np.where(count < 0, 0.0, gammaincc(np.maximum(count, 0) + 1, mean)))

    most = np.ceil(mean + 40 * np.sqrt(mean) + 40)
    tail = (1 - level) / 2
    return Limits(_quantile(tail, at_most, most) / size, _quantile(1 - tail, at_most, most) / size)


def _binomial_at_most(count: Array, size: Array, share: float | Array) -> Array:
    """Chance of at most `count` of `size`."""
    from scipy.special import betainc

    held = np.clip(count, 0, np.maximum(size - 1, 0))
    chance = betainc(np.maximum(size - held, 1e-300), held + 1, 1 - np.asarray(share))
    return np.asarray(np.where(count < 0, 0.0, np.where(count >= size, 1.0, chance)))


def _quantile(chance: float, at_most: Callable[[Array], Array], most: Array) -> Array:
    """The count, between whole ones, at which the distribution reaches `chance`: the least whole one that does, by halving,
    less the part of its own probability that is not needed."""
    low, high = np.full_like(most, -1.0), np.asarray(most, float)
    for _ in range(int(np.ceil(np.log2(float(most.max()) + 2)))):
        half = np.floor((low + high) / 2)
        reached = at_most(half) >= chance
        low, high = np.where(reached, low, half), np.where(reached, half, high)
    own = at_most(high) - at_most(high - 1)
    spare = (at_most(high) - chance) / np.maximum(own, 1e-300)
    return np.asarray(np.maximum(0.0, high - spare))


# -- more than chance


def middle(counts: Array, sizes: Array, variance: float | None = None) -> float:
    """The common value of units, those left out that lie far from it. Shares (`variance` None), or means of figures with this
    variance from row to row.

    >>> middle(np.array([10.0, 11.0, 9.0, 60.0]), np.array([100.0, 100.0, 100.0, 100.0]))
    0.1
    """
    kept = sizes > 0
    whole = float(counts[kept].sum() / sizes[kept].sum())
    value = float(np.median(counts[kept] / sizes[kept]))
    if variance is None and not 0 < value < 1:
        value = whole
    for _ in range(3):
        spread = value * (1 - value) if variance is None else variance
        if spread <= 0:
            break
        distance = np.abs(_over_size(counts, sizes) - value) * np.sqrt(sizes / spread)
        near = (sizes > 0) & (distance <= FAR)
        if 2 * near.sum() <= kept.sum():
            return whole
        value = float(counts[near].sum() / sizes[near].sum())
    return value


def _over_size(counts: Array, sizes: Array) -> Array:
    return np.asarray(counts / np.maximum(sizes, 1e-300))


def dispersion(values: Array, expected: Array, variances: Array) -> Dispersion:
    """How much more units differ from what is expected of them than chance explains.

    Spiegelhalter 2005, section 5: winsorised distances, additive random effects by moments (DerSimonian & Laird 1986). Unlike
    there, the loss by winsorising is made good (his equation 9), and an upper bound is given: the chance of a far unit depends
    on it, and fifty units tell it but roughly.

    Parameters
    ----------
    values, expected, variances
        Of each unit; variances by chance alone, above 0, in squared units of the figure.

    Examples
    --------
    >>> alike = dispersion(np.array([0.1, 0.12, 0.08, 0.11, 0.09]), np.full(5, 0.1), np.full(5, 0.0009))
    >>> apart = dispersion(np.array([0.1, 0.3, 0.0, 0.2, 0.02]), np.full(5, 0.1), np.full(5, 0.0009))
    >>> alike.tau2, round(apart.tau2, 3)
    (0.0, 0.018)
    """
    from scipy.special import chdtri

    count = len(values)
    if count < 3:
        return Dispersion(1.0, 0.0, 0.0, count)
    distance = (values - expected) / np.sqrt(variances)
    low, high = np.quantile(distance, [WINSOR, 1 - WINSOR])
    phi = float((np.clip(distance, low, high) ** 2).mean()) / WINSORED_VARIANCE
    free = EFFICIENCY * (count - 1)
    most = phi * free / float(chdtri(free, SURE))
    return Dispersion(phi, _between(phi, variances), _between(most, variances), count)


def _between(phi: float, variances: Array) -> float:
    weight = 1 / variances
    whole = float(weight.sum())
    count = len(variances)
    free = whole - float((weight**2).sum()) / whole
    return max(0.0, (count * phi - (count - 1)) / free)


def share_above(counts: Array, sizes: Array, expected: Array, tau2: float) -> Array:
    """Chance, 0–1, that a unit counts at least so many, if its own share varies around `expected` (0–1) with variance `tau2`.

    Binomial, or beta-binomial where units differ (Skellam 1948).

    >>> share_above(np.array([20.0]), np.array([100.0]), np.array([0.1]), 0.0).round(4).tolist()
    [0.002]
    >>> share_above(np.array([20.0]), np.array([100.0]), np.array([0.1]), 0.001).round(4).tolist()
    [0.0264]
    """
    share = np.clip(expected, 1e-9, 1 - 1e-9)
    if tau2 <= 0:
        return _binomial_at_most(sizes - counts, sizes, 1 - share)
    common = np.minimum(0.9, tau2 / (share * (1 - share)))
    total = 1 / common - 1
    found = [
        _beta_binomial_above(int(mine), int(size), float(mean * weight), float((1 - mean) * weight))
        for mine, size, mean, weight in zip(counts, sizes, share, total, strict=True)
    ]
    return np.asarray(found, float)


def _beta_binomial_above(count: int, size: int, alpha: float, beta: float) -> float:
    from scipy.special import betaln, gammaln

    if count <= 0:
        return 1.0
    held = np.arange(count, size + 1)
    ways = gammaln(size + 1) - gammaln(held + 1) - gammaln(size - held + 1)
    log = ways + betaln(held + alpha, size - held + beta) - betaln(alpha, beta)
    return float(min(1.0, np.exp(log).sum()))


def mean_beyond(distance: Array, variances: Array, tau2: float) -> Array:
    """Chance, 0–1, that a unit's mean lies at least `distance` out on that side, if units vary with variance `tau2` themselves.

    Student's t with one degree of freedom less than there are units.

    >>> mean_beyond(np.array([3.0, 0.0, -1.0]), np.array([1.0, 1.0, 1.0]), 0.0).round(3).tolist()
    [0.048, 0.5, 0.789]
    """
    from scipy.special import stdtr

    return np.asarray(stdtr(max(1, len(distance) - 1), -distance / np.sqrt(variances + tau2)))
