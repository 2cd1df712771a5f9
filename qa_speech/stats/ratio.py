"""Ratios of sums over rows that come in clusters: a team's mean score over its agents' calls, a share answered over days.

Calls of one agent resemble each other. An interval that takes them for independent is too narrow, so the clusters are what
is counted: each one's sums, and how far they lie from the common ratio (Cochran 1977, sections 6.3 and 9A.2; Student's t with
one degree of freedom less than there are clusters). A few clusters that happen to agree prove nothing: the variance is never
taken to be less than that of independent rows.

ratio         Σ numerators / Σ denominators with its interval
difference    of two such ratios, over the same clusters, others, or some of each
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.stats.intervals import Interval

Array: TypeAlias = npt.NDArray[np.float64]


class Clustered(NamedTuple):
    """Sums of one group by cluster, arrays of the same length; a cluster without rows has zeros. `of_rows`: the variance of the
    ratio, in its squared unit, if rows were independent."""

    numerators: Array
    denominators: Array
    of_rows: float = 0.0

    @property
    def value(self) -> float | None:
        """The ratio of all rows together, in the unit of the numerator; None where the denominator is 0."""
        whole = float(self.denominators.sum())
        return float(self.numerators.sum()) / whole if whole > 0 else None

    @property
    def clusters(self) -> int:
        """How many clusters have rows."""
        return int((self.denominators > 0).sum())

    def influence(self) -> Array:
        """What each cluster pulls the ratio by; the squares of these sum to its variance, but for n / (n − 1)."""
        whole = float(self.denominators.sum())
        middle = self.value
        assert middle is not None
        return np.asarray((self.numerators - middle * self.denominators) / whole)


class Difference(NamedTuple):
    """A difference with its interval, and the one-sided chances of one so large upwards and downwards if there were none."""

    value: float
    low: float
    high: float
    above: float
    below: float


def ratio(sums: Clustered, level: float = 0.95) -> Interval | None:
    """The ratio with its interval, in the unit of the numerator; None with fewer than two clusters.

    >>> found = ratio(Clustered(np.array([80.0, 90.0, 85.0, 95.0]), np.ones(4)))
    >>> round(found.value, 1), round(found.low, 1), round(found.high, 1)
    (87.5, 77.2, 97.8)
    """
    middle = sums.value
    count = sums.clusters
    if middle is None or count < 2:
        return None
    variance = float((sums.influence() ** 2).sum()) * count / (count - 1)
    error = sqrt(max(variance, sums.of_rows))
    half = student(level, count - 1) * error
    return Interval(middle, middle - half, middle + half)


def difference(one: Clustered, other: Clustered, level: float = 0.95) -> Difference | None:
    """`one` less `other`; None where either has fewer than two clusters.

    Both hold the same clusters in the same order: one that has rows in both, an agent in two months, is compared with
    itself. Degrees of freedom after Welch 1947.

    >>> before = Clustered(np.array([80.0, 90.0, 85.0, 95.0]), np.ones(4))
    >>> after = Clustered(np.array([77.0, 88.0, 81.0, 92.0]), np.ones(4))
    >>> found = difference(after, before)
    >>> round(found.value, 1), round(found.high, 1), found.below < 0.01
    (-3.0, -1.7, True)
    """
    if one.value is None or other.value is None or min(one.clusters, other.clusters) < 2:
        return None
    mine, theirs = _corrected(one), _corrected(other)
    variance = max(float(((mine - theirs) ** 2).sum()), one.of_rows + other.of_rows)
    gap = one.value - other.value
    if variance == 0:
        even = 1.0 if gap == 0 else 0.0
        return Difference(gap, gap, gap, even if gap <= 0 else 0.0, even if gap >= 0 else 0.0)
    free = _degrees(mine, theirs, one.clusters, other.clusters)
    error = sqrt(variance)
    half = student(level, free) * error
    above = upper_tail(gap / error, free)
    return Difference(gap, gap - half, gap + half, above, 1 - above)


def _corrected(sums: Clustered) -> Array:
    count = sums.clusters
    return np.asarray(sums.influence() * sqrt(count / (count - 1)))


def _degrees(mine: Array, theirs: Array, count: int, others: int) -> float:
    """Those of two independent samples; of the same clusters on both sides, one less than they are."""
    shared = int(((mine != 0) & (theirs != 0)).sum())
    if 2 * shared >= min(count, others):
        return max(1, shared - 1)
    first, second = float((mine**2).sum()), float((theirs**2).sum())
    return (first + second) ** 2 / (first**2 / (count - 1) + second**2 / (others - 1))


def student(level: float, free: float) -> float:
    """Standard errors on either side that hold `level` of Student's distribution with `free` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(free, (1 + level) / 2))


def upper_tail(t: float, free: float) -> float:
    """The chance, 0–1, of a t at least so large."""
    from scipy.special import stdtr

    return float(stdtr(free, -t))
