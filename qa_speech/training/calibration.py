"""Make the raw outputs of a fitted model say how often they are right: the factor, shift and borders with the least log loss.

They are found on texts that the model had not seen, and folded into its weights (`linear`) or its description (`encoder`).
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.heads import Head, ordinal, probabilities_of

Array: TypeAlias = npt.NDArray[np.float64]
NO_CUTS = np.zeros(0)
LEAST = 1e-6
"""Probability below which a mistake costs no more."""


class Calibration(NamedTuple):
    """``factor · raw + shift`` per output, and the borders (`cuts`) between the levels of an ordinal head."""

    factor: Array
    shift: Array
    cuts: Array


def calibrate(raw: Array, target: npt.NDArray[Any], counts: Array, *, head: Head, labels: int) -> Calibration:
    """Calibrate outputs out of fold.

    Parameters
    ----------
    raw
        Outputs, (n, outputs).
    target
        softmax: index of the label; ordinal: level from 0, fractions allowed; sigmoid, cumulative: 0 or 1, (n, outputs).
    counts
        How much each text counts, (n,).
    head, labels
        What the outputs become (`heads`), and how many labels there are.
    """
    if head == "softmax":
        return _one_factor(raw, target, counts)
    if head == "ordinal":
        return _borders(raw, target, counts, labels)
    return _each_output(raw, target, counts)


def activated(raw: Array, cuts: Array, head: Head) -> Array:
    """Probabilities, 0–1, as the served model computes them: in single precision."""
    outputs, borders = np.asarray(raw, np.float32), np.asarray(cuts, np.float32)
    return probabilities_of(head, outputs, borders).astype(float)


def _one_factor(raw: Array, target: npt.NDArray[Any], counts: Array) -> Calibration:
    from scipy.optimize import minimize

    texts = np.arange(len(raw))
    labels = target.astype(int)

    def loss(parameters: Array) -> float:
        factor = np.exp(parameters[0])
        shares = _apart(activated(raw * factor, NO_CUTS, "softmax"))
        return _mean_loss(np.log(shares[texts, labels]), counts)

    found = minimize(loss, [0.0])
    outputs = raw.shape[1]
    factor = np.exp(found.x[0])
    return Calibration(np.full(outputs, factor), np.zeros(outputs), NO_CUTS)


def _each_output(raw: Array, target: npt.NDArray[Any], counts: Array) -> Calibration:
    """Every output by itself, as one yes or no."""
    from scipy.optimize import minimize

    def loss(parameters: Array, outputs: Array, goal: Array) -> float:
        factor, shift = np.exp(parameters[0]), parameters[1]
        shares = _apart(activated(outputs * factor + shift, NO_CUTS, "sigmoid"))
        yes = goal * np.log(shares)
        no = (1 - goal) * np.log(1 - shares)
        return _mean_loss(yes + no, counts)

    factors: list[float] = []
    shifts: list[float] = []
    for outputs, goal in zip(raw.T, target.T, strict=True):
        found = minimize(loss, [0.0, 0.0], args=(outputs, goal))
        factors.append(np.exp(found.x[0]))
        shifts.append(found.x[1])
    return Calibration(np.array(factors), np.array(shifts), NO_CUTS)


def _borders(raw: Array, target: npt.NDArray[Any], counts: Array, labels: int) -> Calibration:
    from scipy.optimize import minimize

    texts = np.arange(len(raw))
    nearest = np.rint(target)
    levels = np.clip(nearest, 0, labels - 1).astype(int)

    def loss(parameters: Array) -> float:
        factor = np.exp(parameters[0])
        cuts = np.asarray(_rising(parameters[1:]), np.float32)
        # in single precision all through: that is how the levels are served
        shares = ordinal(np.asarray(raw * factor, np.float32), cuts)
        return _mean_loss(np.log(np.maximum(shares[texts, levels], LEAST)), counts)

    steps = np.full(labels - 2, 1.0)
    start = np.concatenate(([1.0, 1.5], steps))
    options = {"maxiter": 2000, "xatol": 1e-3, "fatol": 1e-6}
    found = minimize(loss, start, method="Nelder-Mead", options=options)
    factor = np.exp(found.x[:1])
    return Calibration(factor, np.zeros(1), _rising(found.x[1:]))


def _rising(parameters: Array) -> Array:
    """Borders from the first one and the logarithms of the steps between them; they cannot cross."""
    first, steps = parameters[0], np.exp(parameters[1:])
    beyond = np.concatenate(([0.0], np.cumsum(steps)))
    return np.asarray(first + beyond, float)


def _apart(shares: Array) -> Array:
    """Probabilities kept off 0 and 1."""
    return np.clip(shares, LEAST, 1 - LEAST)


def _mean_loss(logarithms: npt.NDArray[np.floating[Any]], counts: Array) -> float:
    return float(-np.average(logarithms, weights=counts))
