"""The second test, written by the labelling guide alone (`training/text/blind`). Used by `text.py`.

Reported is the closed half, which nobody reads; the open half may be read to mend things, so its figures are said apart.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from _common import ROOT, Figure, figure
from _text import SEED, items_of, levels, of

from qa_speech.conduct.annotate import annotate_many
from qa_speech.conduct.classifier import VIOLATIONS, TextModels
from qa_speech.conduct.passages import Passage
from qa_speech.metrics.answer_depth import rated_exchanges
from qa_speech.metrics.found_violations import FoundViolation, found_violations
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, estimate, spearman

FOLDER = ROOT / "training" / "text" / "blind"
OPEN = frozenset(("rail", "food", "ride", "gym", "kindergarten", "pet"))
"""Domains whose rows may be read."""

Baseline = Callable[[Sequence[Passage]], Array]


def blind(
    models: TextModels, order: Callable[[Array, Array, Array], float], rivals: dict[str, Baseline]
) -> Iterator[Figure]:
    """All figures, closed half first; `order` is the share of pairs in the right order, `rivals` what depth is held against."""
    for half, name in ((False, "blind"), (True, "open")):
        yield from _violations(models, half, name)
        yield from _depth(models, half, name, order, rivals)


def rows_of(name: str, *, open_half: bool) -> list[dict[str, str]]:
    """The rows of one half of a file of the blind test."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if (row["domain"] in OPEN) == open_half]


def _found(models: TextModels, rows: Sequence[dict[str, str]]) -> list[tuple[FoundViolation, ...]]:
    return [
        found_violations(call) for call in annotate_many([make_call(f"agent: {row['text']}") for row in rows], models)
    ]


def _violations(models: TextModels, half: bool, name: str) -> Iterator[Figure]:
    rows = rows_of("violations.tsv", open_half=half)
    kinds, found = np.array([row["type"] for row in rows]), _found(models, rows)
    hit = np.array([bool(hits) for hits in found], float)
    typed = np.array([kind in {one.kind for one in hits} for kind, hits in zip(kinds, found, strict=True)], float)
    recalls = {}
    for kind in VIOLATIONS[1:]:
        mine = kinds == kind
        recalls[kind] = estimate(lambda a: float(a.mean()), hit[mine], seed=SEED)
        right = f"flagged as any violation; as this type {typed[mine].mean():.2f}"
        yield of(f"{name}_violation_recall_{kind}", recalls[kind], "", right)
    yield of(
        f"{name}_violation_recall_min", min(recalls.values(), key=lambda item: item.value), "", "the lowest of these"
    )
    civil = _found(models, rows_of("normal.tsv", open_half=half))
    against = "civil turns, half of them written to be mistaken"
    for label, alarms in (
        ("", [bool(hits) for hits in civil]),
        ("_rules", [any(not one.by_model for one in hits) for hits in civil]),
    ):
        rate = estimate(lambda a: 1000 * float(a.mean()), np.array(alarms, float), seed=SEED)
        yield of(
            f"{name}_violation_alarms_per_1000{label}", rate, "per 1000", f"{against}{'; by rules alone' * bool(label)}"
        )


def _depth(
    models: TextModels,
    half: bool,
    name: str,
    order: Callable[[Array, Array, Array], float],
    rivals: dict[str, Baseline],
) -> Iterator[Figure]:
    rows = rows_of("exchanges.tsv", open_half=half)
    level = np.array([float(row["level"]) for row in rows])
    items = items_of([row["answer"] for row in rows], [row["question"] for row in rows])
    score, size = levels(models.classifiers["depth"], items), np.array([float(len(item.text)) for item in items])
    yield of(
        f"{name}_depth_spearman", estimate(spearman, score, level, seed=SEED), "", "exchanges whose length says nothing"
    )
    called = _as_calls(models, rows)
    seen = ~np.isnan(called)
    value = estimate(spearman, called[seen], level[seen], seed=SEED)
    yield of(
        f"{name}_depth_spearman_as_calls", value, "", "of those that are seen as exchanges: the metric's own depth"
    )
    for rival, read in rivals.items():
        other = read(items)
        value = estimate(spearman, other, level, seed=SEED)
        gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), score, other, level, seed=SEED)
        yield of(f"{name}_depth_spearman_{rival}", value, "", "baseline, as on the frozen test")
        yield of(f"{name}_depth_gain_over_{rival}", gain, "", "beyond the interval where it is above 0")
    pairs = estimate(order, score, level, size, seed=SEED)
    yield of(
        f"{name}_depth_pairs_equal_length", pairs, "", "equal length (± 10 %), different level, in the right order"
    )
    means = ", ".join(f"{number}: {score[level == number].mean():.2f}" for number in range(5))
    yield figure(
        f"{name}_depth_mean_level_error", float(np.mean(score - level)), "", len(rows), f"mean by level {means}"
    )


def _as_calls(models: TextModels, rows: Sequence[dict[str, str]]) -> Array:
    """The metric's own depth of each exchange as a call of two turns, by model and rules; NaN where none is seen."""
    lines = [[f"customer: {row['question']}", *[f"agent: {row['answer']}"] * bool(row["answer"])] for row in rows]
    calls = annotate_many([make_call("agent: 您好", *said) for said in lines], models)
    found = [rated_exchanges(call) for call in calls]
    return np.array([one[-1].depth if one else np.nan for one in found])
