"""Figures of a trained model, each with its n and a bootstrap 95 % interval; the threshold for a stated precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

RESAMPLES = 1000
FEWEST_FLAGGED = 10


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval and the number of texts it rests on."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] (n={self.n})"


def pearson(a: Array, b: Array) -> float:
    """Pearson's correlation; 0 where one side is constant.

    >>> pearson(np.array([1.0, 2, 3]), np.array([2.0, 4, 6]))
    1.0
    """
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return round(float(a @ b) / size, 12) if size > 1e-12 else 0.0


def ranks(values: Array) -> Array:
    """Ranks from 0, ties share their mean.

    >>> ranks(np.array([3.0, 1, 3])).tolist()
    [1.5, 0.0, 1.5]
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    first = np.cumsum(count) - count
    return np.asarray((first + (count - 1) / 2)[place], float)


def spearman(a: Array, b: Array) -> float:
    """Spearman's rank correlation.

    >>> spearman(np.array([1.0, 2, 3]), np.array([1.0, 10, 11]))
    1.0
    """
    return pearson(ranks(a), ranks(b))


def estimate(measure: Callable[..., float], *columns: Sequence[float] | Array, seed: int = 0) -> Estimate:
    """`measure` of the columns, with the 2.5 and 97.5 % quantiles over resampled rows."""
    arrays = [np.asarray(column, float) for column in columns]
    count = len(arrays[0])
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, count, count) for _ in range(RESAMPLES)] if count else []
    again = [measure(*(array[rows] for array in arrays)) for rows in drawn]
    low, high = np.quantile(again, (0.025, 0.975)) if again else (0.0, 0.0)
    return Estimate(float(measure(*arrays)), float(low), float(high), count)


@dataclass(frozen=True)
class Threshold:
    """The lowest probability at which flagged texts are right often enough; `value` None where none is."""

    value: float | None
    precision: float
    recall: float
    flagged: int


def threshold_for(probability: Array, positive: npt.NDArray[np.bool_], precision: float) -> Threshold:
    """The lowest threshold with at least `precision` on texts the model had not seen, and ten of them flagged.

    Threshold, precision and recall are shares, 0–1; `flagged` is a count of texts.

    >>> found = threshold_for(np.linspace(0, 1, 100), np.arange(100) >= 50, 0.9)
    >>> found.flagged, round(found.recall, 2)
    (55, 1.0)
    """
    order = np.argsort(-probability, kind="stable")
    right = np.cumsum(positive[order])
    flagged = np.arange(1, len(order) + 1)
    last_of_tie = np.append(np.diff(probability[order]) != 0, True)
    good = np.flatnonzero((right / flagged >= precision) & (flagged >= FEWEST_FLAGGED) & last_of_tie)
    if not len(good):
        return Threshold(None, 0.0, 0.0, 0)
    at = int(good[-1])
    return Threshold(
        float(probability[order][at]),
        float(right[at] / flagged[at]),
        float(right[at] / max(1, int(positive.sum()))),
        at + 1,
    )
