"""Many questions asked at once: how many of the answers that look sure are chance.

q_values      p-values of a whole family → the least false discovery rate at which each would be called a finding
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]


def q_values(p: Sequence[float] | Array, weights: Sequence[float] | Array | None = None) -> Array:
    """False discovery rates. Benjamini & Hochberg 1995; with weights Genovese, Roeder & Wasserman 2006.

    Parameters
    ----------
    p
        p-values of all questions that were asked, 0–1, those without a striking answer too.
    weights
        How much each question matters, above 0, fixed before any answer was seen; only their ratios count. None = all alike.

    Returns
    -------
    Array
        One q a question, 0–1, in the same order: whoever calls all with q ≤ 0.05 findings expects at most 5 % chance among them.

    Examples
    --------
    >>> q_values([0.001, 0.04, 0.03, 0.9]).round(3).tolist()
    [0.004, 0.053, 0.053, 0.9]
    >>> q_values([0.02, 0.9, 0.9, 0.9], weights=[3, 1, 1, 1]).round(3).tolist()
    [0.04, 1.0, 1.0, 1.0]
    """
    given: Array = np.asarray(p, float)
    if len(given) == 0:
        return given
    if weights is not None:
        weight = np.asarray(weights, float)
        given = given * weight.mean() / weight
    order = np.argsort(given, kind="stable")
    rank = np.arange(1, len(given) + 1)
    stepped = given[order] * len(given) / rank
    least = np.minimum.accumulate(stepped[::-1])[::-1]
    found = np.empty_like(given)
    found[order] = np.minimum(1.0, least)
    return found
