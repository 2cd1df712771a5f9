"""Fit the linear n-gram model with scikit-learn and write it as arrays that need nothing but numpy.

Calibration is learnt from scores on texts that the model had not seen (cross-validation by group: a call, an agent, a
sentence frame), then folded into the weights, so that serving knows nothing of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.call import write_bytes
from qa_speech.conduct.answer_cues import NAMES, cues
from qa_speech.conduct.classifier import DESCRIPTION, FORMAT
from qa_speech.conduct.clauses import CLAUSES, ROLES
from qa_speech.conduct.linear import LinearScorer, cumulative, fold_text, ngram_buckets, ordinal, sigmoid, softmax
from qa_speech.engines.base import TextItem
from qa_speech.training.measure import pearson

Head: TypeAlias = Literal["softmax", "ordinal", "cumulative", "sigmoid"]
Array: TypeAlias = npt.NDArray[np.float64]
FOLDS = 4
RIDGE_ALPHAS = (2.0, 8.0, 20.0, 40.0, 80.0)
START_SHARES = (0.0, 0.3, 1.0)
"""How much of the model to begin from is kept: what unseen texts like best. 0 where its labels mean something else."""

TOLERANCE = 1e-4
"""Where a logistic regression stops. At 1e-3 it stopped early and anywhere: alarms on unread text then rose by half."""


@dataclass(frozen=True)
class Plan:
    """What to fit. `head` softmax: one of the labels; ordinal: ordered numeric labels, one score for all; cumulative: the same
    with weights of its own for each border between two levels; sigmoid: any of the labels.

    `ngrams` False leaves only the dense cues. `window` as in `text_linear.pieces`: fitted on the first piece of a text, but on
    all of it where levels are told apart border by border. `floor` and `marks` as in
    `LinearScorer`. `strength` is the C of logistic regression (all heads but ordinal), `share` what a dense cue of one standard
    deviation weighs beside n-grams. `seed` only orders the folds.
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
    items: Sequence[TextItem],
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
    items
        The texts.
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
        A model over `text_clauses.ROLES` for more dense cues; it stays with the fitted model.
    names
        Which cues; None = all there are.
    """
    start = start if start is None else _one_score(start)
    matrix, idf = _matrix(items, plan)
    every = (*NAMES, *(CLAUSES if clauses else ()))
    names = () if not plan.dense else every if names is None else names
    dense, centre, spread = _dense(len(items), cues(items, names, clauses) if plan.dense else None, start)
    known = _kept(matrix, groups)
    joined = _joined(matrix[:, known], dense * plan.share)
    counts = np.ones(len(items)) if weights is None else np.asarray(weights, float)
    folds = _folds(len(items), groups, plan.seed)
    goal = np.asarray(target, float)
    slope, beneath = 0.0, 0.0
    if plan.head == "ordinal":
        said, slope, beneath = _said_before(start, items, goal, counts)
        shares = START_SHARES if start is not None else (0.0,)
        tried = [(share, *_ridge(joined, goal - share * said, counts, folds, share * said)) for share in shares]
        share, raw, coefficients, bias = max(tried, key=lambda one: pearson(one[1][:, 0], goal))
        slope, bias = share * slope, bias + share * beneath
    else:
        told = _told(np.asarray(target), plan)
        raw, coefficients, bias = _logistic(joined, told, counts, folds, plan)
    factor, shift, cuts = _calibrate(raw, _told(np.asarray(target), plan), counts, plan)
    coefficients, bias = coefficients * factor, bias * factor + shift
    exact = np.zeros((1 << plan.bits, coefficients.shape[1]), np.float32)
    exact[known] = coefficients[: len(known)] * idf[known, None]
    beside = coefficients[len(known) :] * plan.share
    if start is not None:
        exact += start.weights * (start.scales * slope * factor)
        beside = beside + start.dense * slope * factor if len(start.dense) else beside
    scorer = replace(_packed(exact, bias, beside, centre, spread, cuts, plan), cues=names, clauses=clauses)
    return Fit(plan, scorer, exact, _activated(raw * factor + shift, cuts, plan))


def _matrix(items: Sequence[TextItem], plan: Plan) -> tuple[Any, Array]:
    from scipy.sparse import csr_array

    cut = None if plan.head == "cumulative" else plan.window or None
    texts = [fold_text(item.text, marks=plan.marks)[:cut] for item in items]
    buckets, starts = ngram_buckets(texts, longest=plan.longest, bits=plan.bits)
    counts = np.diff(starts)
    values = np.repeat(1 / np.sqrt(np.maximum(counts, plan.floor)), counts)
    if not plan.ngrams:
        values = values * 0
    matrix = csr_array((values, buckets, starts), shape=(len(texts), 1 << plan.bits))
    holders = np.bincount(buckets, minlength=1 << plan.bits)
    idf = np.log((1 + len(texts)) / (1 + holders)) + 1
    matrix = csr_array((matrix.data * idf[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape)
    return matrix, idf


def _kept(matrix: Any, groups: Sequence[str]) -> npt.NDArray[np.intp]:
    """Buckets met in two groups or more: what is in one alone says nothing of others, and an empty bucket lets n-grams
    that nobody trained on pass in silence."""
    from scipy.sparse import csr_array

    numbers = {name: place for place, name in enumerate(dict.fromkeys(groups))}
    rows = np.repeat(np.array([numbers[name] for name in groups]), np.diff(matrix.indptr))
    seen = csr_array((np.ones(len(rows), bool), (rows, matrix.indices)), shape=(len(numbers), matrix.shape[1]))
    return np.flatnonzero(np.bincount(seen.indices, minlength=matrix.shape[1]) >= min(2, len(numbers)))


def _told(target: npt.NDArray[Any], plan: Plan) -> npt.NDArray[Any]:
    """The target as the head learns it: for cumulative whether a level lies above each border, else as it is."""
    return target[:, None] > np.arange(len(plan.labels) - 1) + 0.5 if plan.head == "cumulative" else target


def _one_score(model: LinearScorer) -> LinearScorer:
    """An ordinal model as it is; of a cumulative one the sum of its logits as one score."""
    if model.head == "ordinal":
        return model
    weigh = np.ones((model.weights.shape[1], 1))
    exact = np.asarray(model.weights @ (model.scales[:, None] * weigh), np.float32)
    scale = np.maximum(np.abs(exact).max(0), 1e-6) / 127
    return replace(
        model, weights=np.rint(exact / scale).astype(np.int8), scales=np.asarray(scale, np.float32),
        bias=np.asarray(model.bias @ weigh, np.float32), dense=np.asarray(model.dense @ weigh, np.float32), head="ordinal",
    )  # fmt: skip


def _said_before(
    start: LinearScorer | None, items: Sequence[TextItem], target: Array, counts: Array
) -> tuple[Array, float, float]:
    """What the model to begin from says of each text on the scale of `target`, and the slope and shift that took."""
    if start is None:
        return np.zeros(len(items)), 0.0, 0.0
    score = start.logits([fold_text(item.text, marks=start.marks) for item in items], items)[:, 0].astype(float)
    slope, shift = np.polyfit(score, target, 1, w=np.sqrt(counts))
    slope = max(float(slope), 1e-3)
    return score * slope + shift, slope, float(shift) + slope * float(start.bias[0])


def _dense(count: int, counted: Any, start: LinearScorer | None) -> tuple[Array, Array, Array]:
    if counted is None:
        return np.zeros((count, 0)), np.zeros(0), np.ones(0)
    counted = np.asarray(counted, float)
    centre, spread = counted.mean(0), np.maximum(counted.std(0), 0.05)
    if start is not None and len(start.dense):
        centre, spread = start.centre.astype(float), start.spread.astype(float)
    return np.clip((counted - centre) / spread, -4, 4), centre, spread


def _joined(matrix: Any, dense: Array) -> Any:
    from scipy.sparse import csr_array, hstack

    return hstack([matrix, csr_array(dense)], format="csr") if dense.shape[1] else matrix.tocsr()


def _folds(count: int, groups: Sequence[str], seed: int) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """By group; where there are too few groups, one fold that tests on what it was trained on."""
    keys = sorted(set(groups), key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    if len(keys) < 2:
        everything = np.arange(count)
        return [(everything, everything)]
    fold_of = {key: place % min(FOLDS, len(keys)) for place, key in enumerate(keys)}
    fold = np.array([fold_of[key] for key in groups])
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(min(FOLDS, len(keys)))]


def _ridge(matrix: Any, target: Array, counts: Array, folds: list[Any], said: Array) -> tuple[Array, Array, Array]:
    """Ridge on what is left of the level after `said`; scores out of fold with `said` put back, weights, intercept."""
    from sklearn.linear_model import Ridge

    best: tuple[float, float, Array] | None = None
    for alpha in RIDGE_ALPHAS:
        raw = np.zeros((len(target), 1))
        for train, test in folds:
            model = Ridge(alpha=alpha, solver="sparse_cg", tol=1e-4).fit(matrix[train], target[train], counts[train])
            raw[test, 0] = model.predict(matrix[test])
        raw[:, 0] += said
        # by correlation and not by error: the scale is set afterwards, and error alone would ask for too little shrinkage
        fits = pearson(raw[:, 0], target + said)
        if best is None or fits > best[0]:
            best = (fits, alpha, raw)
    assert best is not None
    model = Ridge(alpha=best[1], solver="sparse_cg", tol=1e-4).fit(matrix, target, counts)
    return best[2], model.coef_[:, None], np.array([model.intercept_])


def _outputs(plan: Plan) -> int:
    return len(plan.labels) - (plan.head == "cumulative")


def _logistic(matrix: Any, target: Array, counts: Array, folds: list[Any], plan: Plan) -> tuple[Array, Array, Array]:
    raw = np.zeros((matrix.shape[0], _outputs(plan)))
    for train, test in folds:
        weight, bias = _one_logistic(matrix[train], target[train], counts[train], plan)
        raw[test] = matrix[test] @ weight + bias
    weight, bias = _one_logistic(matrix, target, counts, plan)
    return raw, weight, bias


def _one_logistic(matrix: Any, target: Array, counts: Array, plan: Plan) -> tuple[Array, Array]:
    from sklearn.linear_model import LogisticRegression

    outputs = _outputs(plan)
    solver = LogisticRegression(C=plan.strength, max_iter=400, tol=TOLERANCE)
    if plan.head == "softmax":
        model = solver.fit(matrix, target, counts)
        weight, bias = np.zeros((matrix.shape[1], outputs)), np.full(outputs, -20.0)
        if len(model.classes_) == 2:
            low, high = model.classes_.astype(int)
            weight[:, high], bias[low], bias[high] = model.coef_[0], 0.0, model.intercept_[0]
        else:
            seen = model.classes_.astype(int)
            weight[:, seen], bias[seen] = model.coef_.T, model.intercept_
        return weight, bias
    weight, bias = np.zeros((matrix.shape[1], outputs)), np.full(outputs, -20.0)
    for column in range(outputs):
        if 0 < target[:, column].sum() < len(target):
            model = solver.fit(matrix, target[:, column], counts)
            weight[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return weight, bias


def _loss(shares: Array, target: Array, counts: Array, plan: Plan) -> float:
    shares = np.clip(shares, 1e-6, 1 - 1e-6)
    if plan.head == "softmax":
        return float(-np.average(np.log(shares[np.arange(len(shares)), target.astype(int)]), weights=counts))
    each = target * np.log(shares) + (1 - target) * np.log(1 - shares)
    return float(-np.average(each.mean(1), weights=counts))


def _calibrate(raw: Array, target: Array, counts: Array, plan: Plan) -> tuple[Array, Array, Array]:
    """Factor and shift per output, and the borders of an ordinal head: those with the least log loss out of fold."""
    from scipy.optimize import minimize

    outputs = raw.shape[1]
    none = np.zeros(0)
    if plan.head == "softmax":
        found = minimize(lambda t: _loss(_activated(raw * np.exp(t[0]), none, plan), target, counts, plan), [0.0])
        return np.full(outputs, np.exp(found.x[0])), np.zeros(outputs), none
    if plan.head in ("sigmoid", "cumulative"):
        factor, shift = np.ones(outputs), np.zeros(outputs)
        for k in range(outputs):
            one = Plan(("yes",), "sigmoid")
            mine, goal = raw[:, [k]], target[:, [k]]
            found = minimize(
                lambda p, mine=mine, goal=goal, one=one: _loss(
                    _activated(mine * np.exp(p[0]) + p[1], none, one), goal, counts, one
                ),
                [0.0, 0.0],
            )
            factor[k], shift[k] = np.exp(found.x[0]), found.x[1]
        return factor, shift, none
    levels = np.clip(np.rint(target), 0, len(plan.labels) - 1).astype(int)

    def loss(p: Array) -> float:
        cuts = p[1] + np.concatenate(([0.0], np.cumsum(np.exp(p[2:]))))
        shares = ordinal(np.asarray(raw * np.exp(p[0]), np.float32), np.asarray(cuts, np.float32))
        return float(-np.average(np.log(np.maximum(shares[np.arange(len(shares)), levels], 1e-6)), weights=counts))

    start = np.concatenate(([1.0, 1.5], np.full(len(plan.labels) - 2, 1.0)))
    found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-3, "fatol": 1e-6})
    cuts = found.x[1] + np.concatenate(([0.0], np.cumsum(np.exp(found.x[2:]))))
    return np.array([np.exp(found.x[0])]), np.zeros(1), cuts


def _activated(raw: Array, cuts: Array, plan: Plan) -> Array:
    if plan.head == "softmax":
        return softmax(np.asarray(raw, np.float32)).astype(float)
    if plan.head == "ordinal":
        return ordinal(np.asarray(raw, np.float32), np.asarray(cuts, np.float32)).astype(float)
    if plan.head == "cumulative":
        return cumulative(np.asarray(raw, np.float32)).astype(float)
    return sigmoid(np.asarray(raw, np.float32)).astype(float)


def _packed(
    exact: npt.NDArray[np.float32], bias: Array, dense: Array, centre: Array, spread: Array, cuts: Array, plan: Plan
) -> LinearScorer:
    """int8 weights with one scale per output; the few that would be cut off set the scale, so none is."""
    scales = np.maximum(np.abs(exact).max(0), 1e-6) / 127
    packed = np.rint(exact / scales).astype(np.int8)
    a, b, c, d, e, f = (np.asarray(part, np.float32) for part in (scales, bias, dense, centre, spread, cuts))
    return LinearScorer(packed, a, b, c, d, e, f, plan.head, plan.longest, plan.window, plan.floor, plan.marks)


def write_linear(
    fits: dict[str, Fit], folder: Path, *, thresholds: dict[str, float] | None = None, **about: str
) -> None:
    """Write classifiers as a folder for `load_text_models`; others already described there stay.

    `about` is kept beside each entry (where it was trained, on what).
    """
    folder.mkdir(parents=True, exist_ok=True)
    description = folder / DESCRIPTION
    entries = json.loads(description.read_text(encoding="utf-8"))["classifiers"] if description.is_file() else {}
    for name, fit in fits.items():
        write_bytes(folder / f"{name}.npz", _arrays(fit.scorer))
        entry = _described(fit.scorer, fit.plan.labels) | {"kind": "linear", "files": [f"{name}.npz"], **about}
        if fit.scorer.clauses is not None:
            write_bytes(folder / f"{name}_clauses.npz", _arrays(fit.scorer.clauses))
            entry["files"].append(f"{name}_clauses.npz")
            entry["clauses"] = _described(fit.scorer.clauses, ROLES)
        if thresholds and name in thresholds:
            entry["threshold"] = round(thresholds[name], 4)
        entries[name] = entry
    content = json.dumps({"format": FORMAT, "classifiers": entries}, ensure_ascii=False, indent=1, sort_keys=True)
    write_bytes(description, content.encode() + b"\n")


def _described(model: LinearScorer, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "labels": list(labels), "head": model.head, "longest": model.longest, "window": model.window,
        "floor": model.floor, "marks": model.marks, "cues": list(model.cues),
    }  # fmt: skip


def _arrays(model: LinearScorer) -> bytes:
    import io

    file = io.BytesIO()
    np.savez_compressed(
        file, weights=model.weights, scales=model.scales, bias=model.bias, dense=model.dense,
        centre=model.centre, spread=model.spread, cuts=model.cuts,
    )  # fmt: skip
    return file.getvalue()
