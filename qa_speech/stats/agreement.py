"""How far several judges agree, beyond what chance would give: percent, kappa, alpha, intraclass correlation.

judge 1   pass pass fail –           two judges     Cohen's kappa, plain or weighted
judge 2   pass fail fail fail        several, gaps  Krippendorff's alpha
judge 3   –    pass fail fail        numbers        ICC(2,1)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from math import sqrt
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.stats.intervals import wilson

Array: TypeAlias = npt.NDArray[np.float64]
Weights: TypeAlias = Literal["none", "linear", "quadratic"]
Scale: TypeAlias = Literal["nominal", "ordinal", "interval"]

NORMAL_95 = 1.959963984540054
"""Quantile of the standard normal distribution for a two-sided 95 % interval."""


class Agreement(NamedTuple):
    """A coefficient with its 95 % interval and the number of things judged; all None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None
    n: int


UNDEFINED = Agreement(None, None, None, 0)


def crossed(one: Sequence[Hashable], two: Sequence[Hashable], categories: Sequence[Hashable]) -> Array:
    """How often judge one said the row's category where judge two said the column's; shape (categories, categories).

    >>> crossed(["pass", "fail"], ["pass", "pass"], ["pass", "fail"]).tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    place = {category: index for index, category in enumerate(categories)}
    table = np.zeros((len(categories), len(categories)))
    for first, second in zip(one, two, strict=True):
        table[place[first], place[second]] += 1
    return table


def cohen_kappa(table: Array, weights: Weights = "none") -> Agreement:
    """Cohen's kappa of two judges, with the large-sample interval.

    Cohen 1960 and 1968; standard error after Fleiss, Cohen & Everitt 1969, eq. 10–14.

    Parameters
    ----------
    table : array, shape (categories, categories)
        From `crossed`; categories in their order where `weights` is ``linear`` or ``quadratic``.

    Returns
    -------
    Agreement
        −1…1. Undefined where both judges only ever use one category: there is nothing to agree on beyond chance. Without
        an interval where one of them does.

    Examples
    --------
    >>> found = cohen_kappa(np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]]))
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4), found.n
    (0.4842, 0.2137, 0.7547, 19)
    """
    n = float(table.sum())
    if n == 0:
        return UNDEFINED
    shares = np.asarray(table, float) / n
    credit = _credit(len(shares), weights)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed = float((credit * shares).sum())
    expected = float((credit * np.outer(rows, columns)).sum())
    if 1 - expected < 1e-12:
        return Agreement(None, None, None, int(n))
    kappa = (observed - expected) / (1 - expected)
    of_row, of_column = credit @ columns, rows @ credit
    margins = of_row[:, None] + of_column[None, :]
    spread = float((shares * (credit - margins * (1 - kappa)) ** 2).sum())
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    if variance < 1e-12:
        return _without_spread(kappa, expected, int(n))
    return _around(kappa, sqrt(variance), int(n))


def _without_spread(value: float, expected: float, n: int) -> Agreement:
    """A coefficient whose sample shows no spread: no interval, unless all were alike.

    Then as much disagreement is allowed for as Wilson 1927 leaves possible, chance agreement as it was seen: that a handful
    of cases were alike does not prove that all are.
    """
    if value < 1 - 1e-9:
        return Agreement(value, None, None, n)
    alike = wilson(n, n)
    assert alike is not None
    return Agreement(value, max(-1.0, 1 - (1 - alike.low) / (1 - expected)), 1.0, n)


def _credit(size: int, weights: Weights) -> Array:
    """Credit for a pair of categories, 1 for the same one."""
    if weights == "none":
        return np.eye(size)
    steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(1, size - 1)
    return 1 - steps if weights == "linear" else 1 - steps**2


def _around(value: float, error: float, n: int) -> Agreement:
    low = max(-1.0, value - NORMAL_95 * error)
    high = min(1.0, value + NORMAL_95 * error)
    return Agreement(value, low, high, n)


def fleiss_kappa(counts: Array) -> float | None:
    """Kappa of a fixed number of judges per thing; `counts` of shape (things, categories). Fleiss 1971.

    >>> round(fleiss_kappa(np.array([[3, 0], [0, 3], [2, 1]])), 3)
    0.55
    """
    each = counts.sum(axis=1)
    if len(each) == 0 or not (each == each[0]).all() or each[0] < 2:
        return None
    judges = each[0]
    shares = counts.sum(axis=0) / counts.sum()
    expected = float((shares**2).sum())
    same = (counts * (counts - 1)).sum(axis=1) / (judges * (judges - 1))
    if 1 - expected < 1e-12:
        return None
    return float((same.mean() - expected) / (1 - expected))


def krippendorff_alpha(ratings: Array, scale: Scale = "nominal") -> float | None:
    """Krippendorff's alpha of any number of judges with gaps. Krippendorff 2011, "Computing Krippendorff's alpha-reliability".

    Parameters
    ----------
    ratings : array, shape (judges, things)
        Numbers (for nominal and ordinal scales: codes in order); NaN = not judged.

    Returns
    -------
    float or None
        1 = perfect, 0 = chance; None where nothing was judged twice or only one value was ever given.

    Examples
    --------
    >>> said = np.array([[1, 2, 3, np.nan], [1, 2, 3, 3], [1, 3, 3, 3]])
    >>> round(krippendorff_alpha(said), 3)
    0.722
    """
    values = np.unique(ratings[~np.isnan(ratings)])
    if len(values) < 2:
        return None
    counts = np.stack([(ratings == value).sum(axis=0) for value in values], axis=1).astype(float)
    judged = counts.sum(axis=1)
    counts = counts[judged >= 2]
    if len(counts) == 0:
        return None
    pairs_left = counts.sum(axis=1, keepdims=True) - 1
    coincidences = counts.T @ (counts / pairs_left) - np.diag((counts / pairs_left).sum(axis=0))
    totals = coincidences.sum(axis=1)
    n = totals.sum()
    distance = _distance(values, totals, scale)
    expected = float((np.outer(totals, totals) * distance).sum()) / (n - 1)
    if expected <= 0:
        return None
    return float(1 - (coincidences * distance).sum() / expected)


def _distance(values: Array, totals: Array, scale: Scale) -> Array:
    """Squared distance of each pair of values."""
    if scale == "nominal":
        return 1 - np.eye(len(values))
    if scale == "interval":
        return np.asarray(np.subtract.outer(values, values) ** 2)
    reached = np.cumsum(totals)
    middle = reached - totals / 2  # the place of a value among all that were given
    return np.asarray(np.subtract.outer(middle, middle) ** 2)


def alpha_interval(
    ratings: Array,
    scale: Scale = "nominal",
    *,
    clusters: Sequence[Hashable] | None = None,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Agreement:
    """Alpha with a bootstrap interval: things are drawn again with replacement. Efron & Tibshirani 1993, ch. 13 (percentile).

    Parameters
    ----------
    clusters
        Of each thing the cluster it belongs to, e.g. its call; whole clusters are drawn then (Field & Welsh 2007). None =
        each thing is drawn for itself.

    Examples
    --------
    >>> said = np.array([[0, 0, 1, 1, 0, 1, 0, 1], [0, 0, 1, 1, 0, 1, 1, 1]], float)
    >>> found = alpha_interval(said)
    >>> round(found.value, 2), round(found.low, 2), found.high, found.n
    (0.76, 0.18, 1.0, 8)
    """
    value = krippendorff_alpha(ratings, scale)
    judged_twice = int(((~np.isnan(ratings)).sum(axis=0) >= 2).sum())
    if value is None:
        return Agreement(None, None, None, judged_twice)
    members = _members(range(ratings.shape[1]) if clusters is None else clusters)

    def of(chosen: npt.NDArray[np.intp]) -> float | None:
        things = np.concatenate([members[index] for index in chosen])
        return krippendorff_alpha(ratings[:, things], scale)

    low, high = bootstrap(of, len(members), draws, seed, level)
    if low == high:
        shares = _shares(ratings)
        return _without_spread(value, float((shares**2).sum()), len(members))._replace(n=judged_twice)
    return Agreement(value, low, high, judged_twice)


def _shares(ratings: Array) -> Array:
    """How often each value was given, as shares."""
    _, counts = np.unique(ratings[~np.isnan(ratings)], return_counts=True)
    return np.asarray(counts / counts.sum(), float)


def _members(clusters: Sequence[Hashable]) -> list[npt.NDArray[np.intp]]:
    """The places of the things of each cluster, clusters in the order in which they are met."""
    places: dict[Hashable, list[int]] = {}
    for place, cluster in enumerate(clusters):
        places.setdefault(cluster, []).append(place)
    return [np.array(mine, np.intp) for mine in places.values()]


def bootstrap(
    figure: Callable[[npt.NDArray[np.intp]], float | None],
    n: int,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float | None, float | None]:
    """Percentile interval of a figure of `n` things, each draw with replacement; draws without a value are left out.

    Efron & Tibshirani 1993, ch. 13.

    >>> values = np.array([1.0, 2.0, 3.0, 4.0])
    >>> bootstrap(lambda chosen: float(values[chosen].mean()), 4)
    (1.5, 3.5)
    """
    draw = np.random.default_rng(seed)
    found: list[float] = []
    for _ in range(draws):
        value = figure(draw.integers(0, n, n))
        if value is not None:
            found.append(value)
    if not found:
        return None, None
    tail = (1 - level) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return float(low), float(high)


def icc21(scores: Array) -> Agreement:
    """ICC(2,1): absolute agreement of single judges drawn at random.

    Shrout & Fleiss 1979; interval after McGraw & Wong 1996.

    Parameters
    ----------
    scores : array, shape (things, judges)
        No gaps.

    Examples
    --------
    >>> shrout_fleiss = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> found = icc21(shrout_fleiss)
    >>> round(found.value, 2), round(found.low, 3), round(found.high, 3)
    (0.29, 0.019, 0.761)
    """
    from scipy.stats import f

    things, judges = scores.shape
    if things < 2 or judges < 2:
        return Agreement(None, None, None, things)
    grand = scores.mean()
    between = judges * float(((scores.mean(axis=1) - grand) ** 2).sum()) / (things - 1)
    of_judges = things * float(((scores.mean(axis=0) - grand) ** 2).sum()) / (judges - 1)
    all_squares = float(((scores - grand) ** 2).sum())
    degrees = (things - 1) * (judges - 1)
    error = (all_squares - between * (things - 1) - of_judges * (judges - 1)) / degrees
    whole = between + (judges - 1) * error + judges * (of_judges - error) / things
    if whole <= 1e-12:
        return Agreement(None, None, None, things)
    value = (between - error) / whole
    if error <= 1e-12:
        return Agreement(value, value, value, things) if of_judges <= 1e-12 else Agreement(value, None, None, things)
    slope = judges * value / (things * (1 - value))
    rest = 1 + judges * value * (things - 1) / (things * (1 - value))
    freedom = (slope * of_judges + rest * error) ** 2
    freedom /= (slope * of_judges) ** 2 / (judges - 1) + (rest * error) ** 2 / degrees
    upper, lower = f.ppf(0.975, things - 1, freedom), f.ppf(0.975, freedom, things - 1)
    beside = judges * of_judges + (judges * things - judges - things) * error
    low = things * (between - upper * error) / (upper * beside + things * between)
    high = things * (lower * between - error) / (beside + things * lower * between)
    return Agreement(value, float(low), float(high), things)
