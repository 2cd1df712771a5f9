"""Fit the linear n-gram model with scikit-learn: the arrays need nothing but numpy afterwards.

    texts → n-grams × rarity ┐
            cues of answers  ┴→ ridge or logistic regression, out of fold → calibrated → int8

Calibration is learnt from scores on texts that the model had not seen (cross-validation by group: a call, an agent, a
sentence frame), then folded into the weights, so that serving knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.answer_cues import AnswerCues, known_cues
from qa_speech.conduct.heads import Floats, Head
from qa_speech.conduct.linear import FAR, LinearScorer
from qa_speech.conduct.ngrams import fold_text, ngram_buckets
from qa_speech.conduct.passages import Passage
from qa_speech.training.calibration import Array, activated, calibrate
from qa_speech.training.int8 import one_score, to_int8
from qa_speech.training.measure import pearson
from qa_speech.training.regression import (
    Rows,
    Solved,
    Task,
    binomials,
    each_against_first,
    folds_of,
    multinomial,
    ridge,
)

START_SHARES = (0.0, 0.3, 1.0)
"""How much of the model to begin from is kept: what unseen texts like best. 0 where its labels mean something else."""

LEAST_SPREAD = 0.05
"""Standard deviation that a cue is given at least."""
LEAST_SLOPE = 1e-3


@dataclass(frozen=True)
class Plan:
    """What to fit. `head` softmax: one of the labels; ordinal: ordered numeric labels, one score for all; cumulative: the same
    with weights of its own for each border between two levels; sigmoid: any of the labels.

    `ngrams` False leaves only the dense cues. `window` as in `ngrams.pieces`: fitted on the first piece of a text, but on
    all of it where levels are told apart border by border. `floor` and `marks` as in
    `LinearScorer`. `strength` is the C of logistic regression (all heads but ordinal), `share` what a dense cue of one standard
    deviation weighs beside n-grams. `apart` fits each label of a softmax against the first alone (Begg & Gray 1984), in a fifth of
    the time. `seed` only orders the folds.
    """

    labels: tuple[str, ...]
    head: Head
    longest: int = 5
    bits: int = 20
    dense: bool = False
    ngrams: bool = True
    window: int = 0
    floor: int = 0
    marks: bool = False
    strength: float = 10.0
    share: float = 1.0
    apart: bool = False
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model: `scorer` as it will be served (int8), `exact` with weights as trained, and its scores out of fold.

    `unseen` (texts, labels) are the calibrated probabilities of each training text by a model that had not seen its
    group; None where only one fold was possible.
    """

    plan: Plan
    scorer: LinearScorer
    exact: npt.NDArray[np.float32]
    unseen: Array


def fit_linear(
    passages: Sequence[Passage],
    target: npt.NDArray[np.floating[Any]],
    groups: Sequence[str],
    plan: Plan,
    *,
    weights: npt.NDArray[np.floating[Any]] | None = None,
    start: LinearScorer | None = None,
    clauses: LinearScorer | None = None,
    names: tuple[str, ...] | None = None,
) -> Fit:
    """Fit, calibrate and pack one classifier.

    Parameters
    ----------
    passages
        The texts, with the question where they are answers.
    target
        softmax: index of the label, (n,); ordinal: level counted from 0, fractions allowed, (n,); cumulative: level counted
        from 0, (n,); sigmoid: 0 or 1, (n, labels).
    groups
        What must not be on both sides of a split.
    weights
        How much each text counts, (n,).
    start
        A model of the same levels and n-grams to begin from: what it says, put to the scale of `target`, is what the
        weights correct. Of a cumulative model the score is the sum of its logits.
    clauses
        A model over `clauses.ROLES` for more dense cues; it stays with the fitted model.
    names
        Which cues; None = all there are.
    """
    before = None if start is None else one_score(start)
    cues = _chosen_cues(plan, names, clauses)
    goal = np.asarray(target, float)
    told = _told(np.asarray(target), plan)
    matrix, rarity = _ngrams(passages, plan)
    dense = _dense(passages, cues, before)
    kept = _met_twice(matrix, groups)
    task = Task(
        matrix=_joined(matrix[:, kept], dense.values * plan.share),
        counts=np.ones(len(passages)) if weights is None else np.asarray(weights, float),
        folds=folds_of(len(passages), groups, plan.seed),
    )
    slope = 0.0
    if plan.head != "ordinal":
        solved = _logistic(task, told, plan)
    elif before is None:
        solved = ridge(task, goal, np.zeros(len(passages)))
    else:
        solved, slope = _corrected(task, goal, before, passages)
    labels = len(plan.labels)
    factor, shift, cuts = calibrate(solved.unseen, told, task.counts, head=plan.head, labels=labels)
    weight = solved.weights * factor
    bias = solved.bias * factor + shift
    exact = np.zeros((1 << plan.bits, weight.shape[1]), np.float32)
    exact[kept] = weight[: len(kept)] * rarity[kept, None]
    beside = weight[len(kept) :] * plan.share
    if before is not None:
        exact += before.weights * (before.scales * slope * factor)
        if before.cues is not None:
            beside = beside + before.dense * slope * factor
    scorer = _packed(plan, cues, dense, exact=exact, beside=beside, bias=bias, cuts=cuts)
    unseen = activated(solved.unseen * factor + shift, cuts, plan.head)
    return Fit(plan, scorer, exact, unseen)


@dataclass(frozen=True)
class _Dense:
    """Cues of texts, (texts, cues), in standard deviations (`spread`) from the mean (`centre`)."""

    values: Array
    centre: Array
    spread: Array


def _chosen_cues(plan: Plan, names: tuple[str, ...] | None, clauses: LinearScorer | None) -> AnswerCues | None:
    chosen = known_cues(clauses) if names is None else names
    return AnswerCues(chosen, clauses) if plan.dense and chosen else None


def _dense(passages: Sequence[Passage], cues: AnswerCues | None, before: LinearScorer | None) -> _Dense:
    if cues is None:
        return _Dense(np.zeros((len(passages), 0)), np.zeros(0), np.ones(0))
    counted = np.asarray(cues.count(passages), float)
    if before is not None and before.cues is not None:
        centre = before.centre.astype(float)
        spread = before.spread.astype(float)
    else:
        centre = counted.mean(0)
        spread = np.maximum(counted.std(0), LEAST_SPREAD)
    deviations = (counted - centre) / spread
    return _Dense(np.clip(deviations, -FAR, FAR), centre, spread)


def _ngrams(passages: Sequence[Passage], plan: Plan) -> tuple[Any, Array]:
    """The n-grams of each text by bucket, weighed, and the rarity of each bucket.

    Rarity is 1 + the logarithm of the ratio of all texts to those that hold it (inverse document frequency).
    """
    from scipy.sparse import csr_array

    # fitted on the first piece, but on all of it where levels are told apart border by border
    cut = plan.window if plan.window and plan.head != "cumulative" else None
    texts = [fold_text(passage.text, marks=plan.marks)[:cut] for passage in passages]
    number = 1 << plan.bits
    buckets, starts = ngram_buckets(texts, longest=plan.longest, bits=plan.bits)
    counts = np.diff(starts)
    weights = 1 / np.sqrt(np.maximum(counts, plan.floor))
    weighed = np.repeat(weights, counts)
    if not plan.ngrams:
        weighed = weighed * 0
    holders = np.bincount(buckets, minlength=number)
    rarity = np.log((1 + len(texts)) / (1 + holders)) + 1
    values = weighed * rarity[buckets]
    return csr_array((values, buckets, starts), shape=(len(texts), number)), rarity


def _met_twice(matrix: Any, groups: Sequence[str]) -> Rows:
    """Buckets met in two groups or more: what is in one alone says nothing of others, and an empty bucket lets n-grams
    that nobody trained on pass in silence."""
    from scipy.sparse import csr_array

    numbers = {name: place for place, name in enumerate(dict.fromkeys(groups))}
    group_of = np.array([numbers[name] for name in groups])
    rows = np.repeat(group_of, np.diff(matrix.indptr))
    once = np.ones(len(rows), bool)
    buckets = matrix.shape[1]
    by_group = csr_array((once, (rows, matrix.indices)), shape=(len(numbers), buckets))
    met = np.bincount(by_group.indices, minlength=buckets)
    return np.flatnonzero(met >= min(2, len(numbers)))


def _joined(matrix: Any, dense: Array) -> Any:
    from scipy.sparse import csr_array, hstack

    if not dense.shape[1]:
        return matrix.tocsr()
    return hstack([matrix, csr_array(dense)], format="csr")


def _told(target: npt.NDArray[Any], plan: Plan) -> npt.NDArray[Any]:
    """The target as the head learns it: for cumulative whether a level lies above each border, else as it is.

    Levels are numbered from 0; borders lie halfway between two of them.
    """
    if plan.head != "cumulative":
        return target
    borders = np.arange(len(plan.labels) - 1) + 0.5
    return target[:, None] > borders


def _corrected(task: Task, goal: Array, before: LinearScorer, passages: Sequence[Passage]) -> tuple[Solved, float]:
    """The model to begin from, put to the scale of `goal` (units of the labels) and corrected; and the factor of its weights.

    How much of it is kept is tried out (`START_SHARES`).
    """
    folded = [fold_text(passage.text, marks=before.marks) for passage in passages]
    score = before.logits(folded, passages)[:, 0].astype(float)
    fitted_slope, shift = np.polyfit(score, goal, 1, w=np.sqrt(task.counts))
    slope = max(float(fitted_slope), LEAST_SLOPE)
    said = score * slope + shift
    beneath = float(shift) + slope * float(before.bias[0])
    best_fit, best_share = -np.inf, 0.0
    best: Solved | None = None
    for share in START_SHARES:
        solved = ridge(task, goal - share * said, share * said)
        fit = pearson(solved.unseen[:, 0], goal)
        if best is None or fit > best_fit:
            best_fit, best_share, best = fit, share, solved
    assert best is not None
    return best._replace(bias=best.bias + best_share * beneath), best_share * slope


def _logistic(task: Task, target: npt.NDArray[Any], plan: Plan) -> Solved:
    outputs = len(plan.labels) - (plan.head == "cumulative")
    fit = binomials
    if plan.head == "softmax":
        fit = each_against_first if plan.apart else multinomial
    unseen = np.zeros((task.matrix.shape[0], outputs))
    for train, test in task.folds:
        matrix, goal, counts = task.matrix[train], target[train], task.counts[train]
        weights, bias = fit(matrix, goal, counts, plan.strength, outputs)
        unseen[test] = task.matrix[test] @ weights + bias
    weights, bias = fit(task.matrix, target, task.counts, plan.strength, outputs)
    return Solved(unseen, weights, bias)


def _packed(
    plan: Plan, cues: AnswerCues | None, dense: _Dense, *, exact: Floats, beside: Array, bias: Array, cuts: Array
) -> LinearScorer:
    weights, scales = to_int8(exact)
    return LinearScorer(
        weights=weights,
        scales=np.asarray(scales, np.float32),
        bias=np.asarray(bias, np.float32),
        dense=np.asarray(beside, np.float32),
        centre=np.asarray(dense.centre, np.float32),
        spread=np.asarray(dense.spread, np.float32),
        cuts=np.asarray(cuts, np.float32),
        head=plan.head,
        longest=plan.longest,
        window=plan.window,
        floor=plan.floor,
        marks=plan.marks,
        cues=cues,
    )
