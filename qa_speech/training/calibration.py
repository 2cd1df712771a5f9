"""Make the raw outputs of a fitted model say how often they are right: the factor, shift and borders with the least log loss.

They are found on texts that the model had not seen, and folded into its weights (`linear`) or its description (`encoder`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.heads import Head, ordinal, probabilities_of

Array: TypeAlias = npt.NDArray[np.float64]
Targets: TypeAlias = npt.NDArray[Any]
NO_CUTS = np.zeros(0)
LEAST = 1e-6
"""Probability below which a mistake costs no more."""
FIRST_GUESS = (1.0, 1.5)
"""The logarithm of the factor and the first border of an ordinal head that the search begins from."""


class Calibration(NamedTuple):
    """``factor · raw + shift`` per output, and the borders (`cuts`) between the levels of an ordinal head."""

    factor: Array
    shift: Array
    cuts: Array


def calibrate(raw: Array, target: Targets, counts: Array, *, head: Head, labels: int) -> Calibration:
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


def _one_factor(raw: Array, target: Targets, counts: Array) -> Calibration:
    """One factor (a ratio) for all outputs of a softmax."""
    from scipy.optimize import minimize

    labels = target.astype(int)

    def loss(parameters: Array) -> float:
        factor = np.exp(parameters[0])
        shares = _apart(activated(raw * factor, NO_CUTS, "softmax"))
        return _mean_loss(_of_labels(shares, labels), counts)

    found = minimize(loss, [0.0])
    factor = np.exp(found.x[0])
    outputs = raw.shape[1]
    return Calibration(np.full(outputs, factor), np.zeros(outputs), NO_CUTS)


def _each_output(raw: Array, target: Targets, counts: Array) -> Calibration:
    """A factor and a shift (in units of the raw output) for every output by itself, as one yes or no."""
    from scipy.optimize import minimize

    factors: list[float] = []
    shifts: list[float] = []
    for outputs, goal in zip(raw.T, target.T, strict=True):
        loss = _yes_or_no(outputs, goal, counts)
        found = minimize(loss, [0.0, 0.0])
        logarithm, shift = found.x
        factors.append(np.exp(logarithm))
        shifts.append(shift)
    return Calibration(np.array(factors), np.array(shifts), NO_CUTS)


def _yes_or_no(outputs: Array, goal: Array, counts: Array) -> Callable[[Array], float]:
    """The log loss (nats, of its probability) of one output under the logarithm of its factor and its shift."""

    def loss(parameters: Array) -> float:
        logarithm, shift = parameters
        moved = outputs * np.exp(logarithm) + shift
        shares = _apart(activated(moved, NO_CUTS, "sigmoid"))
        yes = goal * np.log(shares)
        no = (1 - goal) * np.log(1 - shares)
        return _mean_loss(yes + no, counts)

    return loss


def _borders(raw: Array, target: Targets, counts: Array, labels: int) -> Calibration:
    """A factor, and the borders between a number of levels (`labels`)."""
    from scipy.optimize import minimize

    nearest = np.rint(target)
    levels = np.clip(nearest, 0, labels - 1).astype(int)

    def loss(parameters: Array) -> float:
        factor = np.exp(parameters[0])
        cuts = _rising(parameters[1:])
        # in single precision all through: that is how the levels are served
        outputs = np.asarray(raw * factor, np.float32)
        shares = ordinal(outputs, np.asarray(cuts, np.float32))
        return _mean_loss(_of_labels(np.maximum(shares, LEAST), levels), counts)

    steps = np.full(labels - 2, 1.0)
    start = np.concatenate((FIRST_GUESS, steps))
    options = {"maxiter": 2000, "xatol": 1e-3, "fatol": 1e-6}
    found = minimize(loss, start, method="Nelder-Mead", options=options)
    factor = np.exp(found.x[:1])
    cuts = _rising(found.x[1:])
    return Calibration(factor, np.zeros(1), cuts)


def _rising(parameters: Array) -> Array:
    """Borders (in units of the raw output) from the first one and the logarithms of the steps between: they cannot cross."""
    first, logarithms = parameters[0], parameters[1:]
    steps = np.exp(logarithms)
    beyond = np.concatenate(([0.0], np.cumsum(steps)))
    return np.asarray(first + beyond, float)


def _apart(shares: Array) -> Array:
    """Probabilities, 0–1, kept off 0 and 1."""
    return np.clip(shares, LEAST, 1 - LEAST)


def _of_labels(shares: npt.NDArray[np.floating[Any]], labels: npt.NDArray[np.int_]) -> npt.NDArray[np.floating[Any]]:
    """The logarithm of the probability (0–1) that each text gives its own label."""
    texts = np.arange(len(labels))
    own: npt.NDArray[np.floating[Any]] = np.log(shares[texts, labels])
    return own


def _mean_loss(logarithms: npt.NDArray[np.floating[Any]], counts: Array) -> float:
    """The log loss (nats): the mean, each text as much as it counts, of logarithms of a probability."""
    mean = np.average(logarithms, weights=counts)
    return float(-mean)
