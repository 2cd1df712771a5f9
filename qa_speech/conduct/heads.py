"""From the raw outputs of a model to probabilities of its labels.

softmax     one of the labels
sigmoid     any of the labels
ordinal     ordered levels, from one score
cumulative  ordered levels, from one logit per border between two of them
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Head: TypeAlias = Literal["softmax", "sigmoid", "ordinal", "cumulative"]


def probabilities_of(head: str, logits: Floats, cuts: Floats) -> Floats:
    """Probabilities of the labels, 0–1, from raw outputs (texts, outputs); `cuts` are the borders of an ordinal head.

    >>> probabilities_of("sigmoid", np.float32([[0.0, 9.0]]), np.float32([])).astype(float).round(2).tolist()
    [[0.5, 1.0]]
    """
    if head == "softmax":
        return softmax(logits)
    if head == "ordinal":
        return ordinal(logits, cuts)
    if head == "cumulative":
        return cumulative(logits)
    return sigmoid(logits)


def softmax(logits: Floats) -> Floats:
    """Rows that sum to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def sigmoid(logits: Floats) -> Floats:
    """Each number squeezed into 0…1."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), np.float32)


def ordinal(score: Floats, cuts: Floats) -> Floats:
    """Probabilities of ordered levels from one score: ``P(level > k) = sigmoid(score - cuts[k])``, `cuts` rising.

    >>> ordinal(np.float32([[0.0]]), np.float32([-2.0, 2.0])).astype(float).round(2).tolist()
    [[0.12, 0.76, 0.12]]
    """
    return _between(sigmoid(np.asarray(score - cuts[None, :], np.float32)))


def cumulative(logits: Floats) -> Floats:
    """Probabilities of ordered levels from one logit per border, each with weights of its own: ``P(level > k)``.

    Borders that were told apart may cross; put in falling order they do not, and the mean level stays what it was.

    >>> cumulative(np.float32([[2.0, 0.0, 0.5]])).astype(float).round(2).tolist()
    [[0.12, 0.26, 0.12, 0.5]]
    """
    return _between(np.asarray(-np.sort(-sigmoid(logits), axis=1), np.float32))


def _between(above: Floats) -> Floats:
    """Probability of each level from the probabilities of lying above each border, which fall."""
    most = np.ones((len(above), 1), np.float32)
    edges: Floats = np.concatenate((most, above, 0 * most), axis=1)
    return np.asarray(np.maximum(0, edges[:, :-1] - edges[:, 1:]), np.float32)
