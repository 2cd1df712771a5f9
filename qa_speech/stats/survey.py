"""From a sample with known chances to the whole: draws, means, and what a machine that scored all of it adds.

chances       size of risk → each thing's chance to be drawn, none of them 0
drawn         a systematic draw with these chances
whole_mean    values of the drawn things and their chances → the mean of the whole
corrected     the machine's mean of the whole, put right by people's marks of a few
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.stats.intervals import Interval, believes_normal, bounded_mean, mean_interval, skewed_mean

Array: TypeAlias = npt.NDArray[np.float64]

EQUAL = 1e-9
"""Chances nearer than this are the same."""


class Estimate(NamedTuple):
    """A mean of the whole with its interval, `n` values it stands on, and the method in a word."""

    value: float
    low: float
    high: float
    n: int
    method: str


def chances(sizes: Sequence[float] | Array, count: int, *, floor: float = 0.0) -> Array:
    """Each thing's chance to be among `count` drawn, proportional to its size; the largest are certain.

    Hansen & Hurwitz 1943; Särndal, Swensson & Wretman 1992, section 3.6.2 (sizes too large are taken with certainty).

    Parameters
    ----------
    sizes
        Not negative.
    floor
        Least size, as a share of the mean size, 0–1: nothing must be out of reach.

    Examples
    --------
    >>> chances([1, 1, 2], 2).round(2).tolist()
    [0.5, 0.5, 1.0]
    """
    size: Array = np.maximum(np.asarray(sizes, float), 0.0)
    if len(size) == 0:
        return size
    mean = float(size.mean())
    size = np.maximum(size, floor * mean) if mean > 0 else np.ones_like(size)
    found = np.zeros_like(size)
    certain = np.zeros(len(size), bool)
    for _ in range(len(size)):
        left = min(count, len(size)) - int(certain.sum())
        rest = float(size[~certain].sum())
        if left <= 0 or rest <= 0:
            break
        found = np.where(certain, 1.0, left * size / rest)
        above = (found >= 1) & ~certain
        if not above.any():
            break
        certain |= above
        found = np.where(certain, 1.0, found)
    return np.asarray(np.minimum(found, 1.0))


def drawn(chance: Sequence[float] | Array, start: float, order: Sequence[int] | None = None) -> list[int]:
    """Which things a systematic draw takes: every one step along their chances laid end to end. Madow 1949.

    Parameters
    ----------
    start
        Random start in 0–1.
    order
        How they are laid out; a draw is spread evenly over it.

    Examples
    --------
    >>> drawn([0.5, 0.5, 0.5, 0.5], 0.2)
    [0, 2]
    """
    chosen: list[int] = []
    reached = 0.0
    wanted = start
    for index in range(len(chance)) if order is None else order:
        reached += float(chance[index])
        if reached > wanted + EQUAL:
            chosen.append(index)
            wanted += 1
    return chosen


def whole_mean(
    values: Sequence[float] | Array,
    chance: Sequence[float] | Array,
    population: int,
    *,
    low: float,
    high: float,
    usual: float,
    least: Sequence[float] | Array | None = None,
    level: float = 0.95,
) -> Estimate | None:
    """Mean of a whole from values of a sample with known chances, in the order in which they were drawn.

    Equal chances: the mean, finite population. Unequal ones: Hájek 1971 for the point; the interval bets on the weighted
    deviations from `usual`, which are bounded whatever the weights (Horvitz & Thompson 1952; Waudby-Smith & Ramdas 2024;
    weights after Shekhar, Xu, Lipton, Liang & Ramdas 2023), or, in large samples, on Hájek's linearised values.

    Parameters
    ----------
    low, high
        Bounds of a value, e.g. 0 and 100.
    usual
        The value that most things have: 100 where most calls are faultless, 0 for corrections.
    least
        For each value, the least chance of anything that could have been drawn in its place: a sample of risky things alone has
        equal chances and is no equal sample. None = the chances of the values themselves.

    Examples
    --------
    >>> found = whole_mean([100, 60], [0.5, 1.0], 3, low=0, high=100, usual=100)
    >>> round(found.value, 1), found.n
    (86.7, 2)
    """
    value = np.asarray(values, float)
    if len(value) == 0:
        return None
    weight = 1 / np.asarray(chance, float)
    heaviest = float(weight.max() if least is None else (1 / np.asarray(least, float)).max())
    if heaviest - float(weight.min()) < EQUAL * heaviest:
        found = mean_interval(value, low=low, high=high, population=population, level=level)
        assert found is not None
        method = "normal" if believes_normal(value) else "exact"
        return Estimate(*found, len(value), method)
    point = float((weight * value).sum() / weight.sum())
    share = weight * len(value) / population
    linear = point + (value - point) * weight / weight.mean()
    if believes_normal(linear):
        near = skewed_mean(linear, population=population, level=level)
        assert near is not None
        return Estimate(point, max(low, near.low), min(high, near.high), len(value), "normal, weighted")
    most = heaviest * len(value) / population
    moved = bounded_mean((value - usual) * share, low=(low - usual) * most, high=(high - usual) * most, level=level)
    assert moved is not None
    lower = min(point, max(low, usual + moved.low))
    upper = max(point, min(high, usual + moved.high))
    return Estimate(point, lower, upper, len(value), "exact, weighted")


def corrected(machine_mean: float, residuals: Estimate, *, low: float, high: float) -> Estimate:
    """The machine's mean of the whole plus the mean of people's corrections. Särndal, Swensson & Wretman 1992, ch. 6 (difference).

    >>> corrected(90.0, Estimate(-3.0, -6.0, 0.0, 40, "exact"), low=0, high=100)[:3]
    (87.0, 84.0, 90.0)
    """
    value = min(high, max(low, machine_mean + residuals.value))
    lower = max(low, machine_mean + residuals.low)
    upper = min(high, machine_mean + residuals.high)
    return Estimate(value, lower, upper, residuals.n, f"machine, corrected ({residuals.method})")


def interval_of(found: Estimate) -> Interval:
    """Its interval alone."""
    return Interval(found.value, found.low, found.high)
