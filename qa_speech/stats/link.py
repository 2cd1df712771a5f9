"""How two figures go together."""

from __future__ import annotations

from math import atanh, sqrt, tanh
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.stats.intervals import Interval, normal_quantile

Array: TypeAlias = npt.NDArray[np.float64]

LEAST = 4
"""Pairs that a coefficient needs."""


def correlation(one: Array, other: Array, level: float = 0.95) -> Interval | None:
    """Pearson's coefficient, −1…1, with its interval. Fisher 1921. None for fewer than four pairs or a figure that never varies.

    >>> found = correlation(np.arange(20.0), np.arange(20.0) % 7)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (0.24, -0.23, 0.61)
    """
    count = len(one)
    if count < LEAST or one.std() == 0 or other.std() == 0:
        return None
    value = float(np.corrcoef(one, other)[0, 1])
    middle = atanh(max(-1 + 1e-12, min(1 - 1e-12, value)))
    half = normal_quantile(level) / sqrt(count - 3)
    return Interval(value, tanh(middle - half), tanh(middle + half))
