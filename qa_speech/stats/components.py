"""Where differences come from: how much of a figure's variance lies between teams, between agents, between hours, and in the rest.

Crossed random effects of unequal numbers by Henderson's method 1 (1953; Searle, Casella & McCulloch 1992, section 5.3): sums of
squares of every factor, and of the rest, are what they are expected to be. The interval of a share is a jackknife over agents
(Efron & Stein 1981), a group of them left out at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.stats.ratio import student

Array: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.intp]

REST = "rest"
GROUPS = 20
"""Groups of units that are left out one after the other."""


class Component(NamedTuple):
    """One source: its variance in squared units of the figure, its share of all, 0–1, with an interval, and its levels."""

    source: str
    variance: float
    share: float
    low: float
    high: float
    levels: int


def components(values: Array, factors: Mapping[str, Codes], units: Codes, level: float = 0.95) -> list[Component]:
    """The components of each factor in their order, then the rest.

    Parameters
    ----------
    values
        The figure, one a row.
    factors
        For each source the level that a row belongs to, 0, 1, 2 …
    units
        What is left out for the interval, 0, 1, 2 …; mostly the agents.

    Examples
    --------
    >>> chance = np.random.default_rng(1)
    >>> agent = np.repeat(np.arange(30), 40)
    >>> values = 80 + chance.normal(0, 3, 30)[agent] + chance.normal(0, 6, 1200)
    >>> found = components(values, {"agent": agent}, agent)
    >>> [(one.source, round(one.share, 1)) for one in found]
    [('agent', 0.2), ('rest', 0.8)]
    """
    whole = _variances(values, factors)
    shares = _shares(whole)
    without: list[Array] = []
    groups = min(GROUPS, int(units.max()) + 1)
    for group in range(groups):
        kept = units % groups != group
        without.append(_shares(_variances(values[kept], {name: codes[kept] for name, codes in factors.items()})))
    spread = np.asarray(without)
    errors = np.sqrt((groups - 1) / groups * ((spread - spread.mean(axis=0)) ** 2).sum(axis=0))
    wide = student(level, max(1, groups - 1))
    found: list[Component] = []
    for index, name in enumerate((*factors, REST)):
        share, half = float(shares[index]), wide * float(errors[index])
        levels = len(np.unique(factors[name])) if name in factors else len(values)
        variance = float(whole[index])
        found.append(Component(name, variance, share, max(0.0, share - half), min(1.0, share + half), levels))
    return found


def _shares(variances: Array) -> Array:
    whole = float(variances.sum())
    if whole <= 0:
        return np.zeros_like(variances)
    return np.asarray(variances / whole)


def _variances(values: Array, factors: Mapping[str, Codes]) -> Array:
    """Variance of each factor and of the rest, none below 0."""
    rows = len(values)
    centred = values - values.mean()
    held = [_dense(codes) for codes in factors.values()]
    squares: list[float] = []
    coefficients: list[list[float]] = []
    for codes in held:
        sizes = np.bincount(codes).astype(float)
        sums = np.bincount(codes, weights=centred)
        squares.append(float((sums**2 / sizes).sum()))
        coefficients.append(
            [*(_mixed(codes, sizes, other) - _mean_of(other, rows) for other in held), len(sizes) - 1.0]
        )
    squares.append(float((centred**2).sum()))
    coefficients.append([*(rows - _mean_of(other, rows) for other in held), rows - 1.0])
    found = np.linalg.lstsq(np.asarray(coefficients), np.asarray(squares), rcond=None)[0]
    return np.asarray(np.maximum(0.0, found), float)


def _dense(codes: Codes) -> Codes:
    return np.asarray(np.unique(codes, return_inverse=True)[1])


def _mixed(codes: Codes, sizes: Array, other: Codes) -> float:
    """Σ over the levels of one factor of the squared numbers of rows shared with another's levels, over its own number."""
    width = int(other.max()) + 1
    shared = np.bincount(codes * width + other, minlength=len(sizes) * width).reshape(len(sizes), width)
    return float(((shared.astype(float) ** 2).sum(axis=1) / sizes).sum())


def _mean_of(other: Codes, rows: int) -> float:
    return float((np.bincount(other).astype(float) ** 2).sum()) / rows


def standard_deviation(component: Component) -> float:
    """A component in the unit of the figure itself."""
    return sqrt(component.variance)


def by_source(found: Sequence[Component]) -> dict[str, Component]:
    """The components by the names of their sources."""
    return {one.source: one for one in found}
