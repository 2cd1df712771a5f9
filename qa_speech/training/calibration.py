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
    shares = probabilities_of(head, np.asarray(raw, np.float32), np.asarray(cuts, np.float32))
    return shares.astype(float)


def _one_factor(raw: Array, target: npt.NDArray[Any], counts: Array) -> Calibration:
    from scipy.optimize import minimize

    right = np.arange(len(raw)), target.astype(int)

    def loss(factor_log: Array) -> float:
        shares = activated(raw * np.exp(factor_log[0]), NO_CUTS, "softmax")
        return float(-np.average(np.log(_apart(shares)[right]), weights=counts))

    found = minimize(loss, [0.0])
    outputs = raw.shape[1]
    return Calibration(np.full(outputs, np.exp(found.x[0])), np.zeros(outputs), NO_CUTS)


def _each_output(raw: Array, target: npt.NDArray[Any], counts: Array) -> Calibration:
    """Every output by itself, as one yes or no."""
    from scipy.optimize import minimize

    def loss(line: Array, column: int) -> float:
        mine = raw[:, [column]] * np.exp(line[0]) + line[1]
        shares = _apart(activated(mine, NO_CUTS, "sigmoid"))
        goal = target[:, [column]]
        each = goal * np.log(shares) + (1 - goal) * np.log(1 - shares)
        return float(-np.average(each.mean(1), weights=counts))

    outputs = raw.shape[1]
    factor, shift = np.ones(outputs), np.zeros(outputs)
    for column in range(outputs):
        found = minimize(loss, [0.0, 0.0], args=(column,))
        factor[column], shift[column] = np.exp(found.x[0]), found.x[1]
    return Calibration(factor, shift, NO_CUTS)


def _borders(raw: Array, target: npt.NDArray[Any], counts: Array, labels: int) -> Calibration:
    from scipy.optimize import minimize

    right = np.arange(len(raw)), np.clip(np.rint(target), 0, labels - 1).astype(int)

    def loss(parameters: Array) -> float:
        scores = np.asarray(raw * np.exp(parameters[0]), np.float32)
        shares = ordinal(scores, np.asarray(_rising(parameters), np.float32))
        return float(-np.average(np.log(np.maximum(shares[right], LEAST)), weights=counts))

    start = np.concatenate(([1.0, 1.5], np.full(labels - 2, 1.0)))
    found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-3, "fatol": 1e-6})
    return Calibration(np.array([np.exp(found.x[0])]), np.zeros(1), _rising(found.x))


def _rising(parameters: Array) -> Array:
    """Borders from the first one and the logarithms of the steps between them; they cannot cross."""
    steps = np.exp(parameters[2:])
    return np.asarray(parameters[1] + np.concatenate(([0.0], np.cumsum(steps))), float)


def _apart(shares: Array) -> Array:
    """Probabilities kept off 0 and 1."""
    return np.clip(shares, LEAST, 1 - LEAST)
