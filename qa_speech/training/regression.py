"""The regressions under the linear model: which texts are fitted on and which looked at, and what comes out of each kind.

Weights and bias of classifications are in logits (the logarithm of a ratio of chances); scikit-learn solves them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.training.calibration import Array
from qa_speech.training.measure import pearson

Rows: TypeAlias = npt.NDArray[np.intp]
FOLDS = 4
RIDGE_ALPHAS = (2.0, 8.0, 20.0, 40.0, 80.0)
NEVER = -20.0
"""Log-odds of what never occurred."""

TOLERANCE = 1e-4
"""Where a logistic regression stops. At 1e-3 it stopped early and anywhere: alarms on unread text then rose by half."""


class Fold(NamedTuple):
    """Rows to fit on, and rows to look at."""

    train: Rows
    test: Rows


@dataclass(frozen=True)
class Task:
    """What a regression is given: features, how much each text counts, and the folds."""

    matrix: Any
    counts: Array
    folds: Sequence[Fold]


class Solved(NamedTuple):
    """Outputs out of fold (`unseen`), and weights and bias of the model of all texts."""

    unseen: Array
    weights: Array
    bias: Array


def folds_of(count: int, groups: Sequence[str], seed: int) -> list[Fold]:
    """Folds of `count` texts, by group.

    Where there are too few groups: one fold that tests on what it was trained on.
    """

    def order(key: str) -> bytes:
        return hashlib.sha256(f"{seed}:{key}".encode()).digest()

    keys = sorted(set(groups), key=order)
    if len(keys) < 2:
        everything = np.arange(count)
        return [Fold(everything, everything)]
    number = min(FOLDS, len(keys))
    fold_of = {key: place % number for place, key in enumerate(keys)}
    folds = np.array([fold_of[key] for key in groups])
    found = []
    for fold in range(number):
        inside = folds == fold
        found.append(Fold(train=np.flatnonzero(~inside), test=np.flatnonzero(inside)))
    return found


def ridge(task: Task, target: Array, said: Array) -> Solved:
    """Ridge on what is left of the level (in units of the labels) after `said`; `said` is put back into the scores out of fold."""
    from sklearn.linear_model import Ridge

    best_fit, best_alpha = -np.inf, RIDGE_ALPHAS[0]
    best = np.zeros((len(target), 1))
    for alpha in RIDGE_ALPHAS:
        unseen = np.zeros((len(target), 1))
        for train, test in task.folds:
            model = Ridge(alpha=alpha, solver="sparse_cg", tol=1e-4)
            model.fit(task.matrix[train], target[train], task.counts[train])
            unseen[test, 0] = model.predict(task.matrix[test])
        unseen[:, 0] += said
        # by correlation and not by error: the scale is set afterwards, and error alone would ask for too little shrinkage
        fit = pearson(unseen[:, 0], target + said)
        if fit > best_fit:
            best_fit, best_alpha, best = fit, alpha, unseen
    model = Ridge(alpha=best_alpha, solver="sparse_cg", tol=1e-4).fit(task.matrix, target, task.counts)
    return Solved(best, model.coef_[:, None], np.array([model.intercept_]))


def multinomial(
    matrix: Any, target: npt.NDArray[Any], counts: Array, strength: float, outputs: int
) -> tuple[Array, Array]:
    """One of the labels, their number being `outputs`; weights and bias in logits (the logarithm of a ratio of chances).

    A label that does not occur is never said.
    """
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((matrix.shape[1], outputs))
    bias = np.full(outputs, NEVER)
    model = LogisticRegression(C=strength, max_iter=400, tol=TOLERANCE).fit(matrix, target, counts)
    seen = model.classes_.astype(int)
    if len(seen) == 2:
        low, high = seen
        weights[:, high] = model.coef_[0]
        bias[low], bias[high] = 0.0, model.intercept_[0]
    else:
        weights[:, seen], bias[seen] = model.coef_.T, model.intercept_
    return weights, bias


def each_against_first(
    matrix: Any, target: npt.NDArray[Any], counts: Array, strength: float, outputs: int
) -> tuple[Array, Array]:
    """One of the labels, their number being `outputs`, each told from the first alone; weights and bias in logits.

    A label that does not occur is never said.
    """
    weights = np.zeros((matrix.shape[1], outputs))
    bias = np.full(outputs, NEVER)
    bias[0] = 0.0
    for label in range(1, outputs):
        rows = np.flatnonzero((target == 0) | (target == label))
        told = (target[rows] == label)[:, None]
        found, base = binomials(matrix[rows], told, counts[rows], strength, 1)
        weights[:, label], bias[label] = found[:, 0], base[0]
    return weights, bias


def binomials(
    matrix: Any, target: npt.NDArray[Any], counts: Array, strength: float, outputs: int
) -> tuple[Array, Array]:
    """Each output by itself, yes or no: weights and bias in logits (the logarithm of a ratio of chances).

    What never occurs, or always, is never said; `outputs` is their number.
    """
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((matrix.shape[1], outputs))
    bias = np.full(outputs, NEVER)
    for column in range(outputs):
        if 0 < target[:, column].sum() < len(target):
            model = LogisticRegression(C=strength, max_iter=400, tol=TOLERANCE)
            model.fit(matrix, target[:, column], counts)
            weights[:, column] = model.coef_[0]
            bias[column] = model.intercept_[0]
    return weights, bias
