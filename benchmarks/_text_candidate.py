"""A candidate (folder of training/text/encoder.py) against the shipped linear models, on the same items.

Each difference is candidate minus shipped with its bootstrap interval over items: the candidate ships only where the
interval lies above 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _common import Figure, Options, figure
from _text import SEED, frozen, items_of, levels, missing, of, probabilities, real_dialogues
from _text_speed import UTTERANCE, cpu_of

from qa_speech.call import Role
from qa_speech.conduct.classifier import TextClassifier, TextModels, load_text_models
from qa_speech.conduct.encoder import OnnxScorer
from qa_speech.training.measure import Array, estimate, spearman

ALARMS_PER_1000 = 2.0


def candidate(folder: Path, shipped: TextModels, options: Options) -> Iterator[Figure]:
    """Violations at equal alarms, depth, politeness, int8, speed."""
    models = load_text_models(folder)
    mine, theirs = models.classifiers, shipped.classifiers
    yield from _violations(mine["violation"], theirs["violation"], options)
    rows = frozen("exchanges.tsv")
    items = items_of([row["answer"] for row in rows], [row["question"] for row in rows])
    yield from _ranking("depth", mine["depth"], theirs["depth"], items, [float(row["level"]) for row in rows])
    rows = frozen("politeness.tsv")
    items = items_of([row["text"] for row in rows])
    yield from _ranking(
        "politeness", mine["politeness"], theirs["politeness"], items, [float(row["level"]) for row in rows]
    )
    yield from _int8(folder, mine["violation"])
    items = items_of([row["text"] for row in frozen("violations.tsv")] * 5)
    spent = cpu_of(lambda: [list(mine[name].classify(items)) for name in UTTERANCE], times=3)
    yield figure("candidate_utterances_per_s_core", len(items) / spent, "1/s", len(items), "three heads, one run each")
    size = sum(file.stat().st_size for file in folder.iterdir() if file.name in ("model.onnx", "tokenizer.json"))
    yield figure("candidate_mb", size / 1e6, "MB", 1, "int8 network and tokenizer")


def _ranking(
    name: str, mine: TextClassifier, theirs: TextClassifier, items: list[object], level: list[float]
) -> Iterator[Figure]:
    a, b, goal = levels(mine, items), levels(theirs, items), np.array(level)  # type: ignore[arg-type]
    yield of(f"candidate_{name}_spearman", estimate(spearman, a, goal, seed=SEED), "", "frozen test")
    gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), a, b, goal, seed=SEED)
    yield of(f"candidate_{name}_minus_shipped", gain, "", "Spearman; ships above 0 beyond the interval")


def _violations(mine: TextClassifier, theirs: TextClassifier, options: Options) -> Iterator[Figure]:
    """Recall of each model alone at the threshold that gives two alarms per thousand real turns."""
    try:
        dialogues = real_dialogues(options.data)
    except FileNotFoundError as exc:
        yield from missing(
            ["candidate_violation_recall", "candidate_violation_minus_shipped"], f"no data: {exc.filename}"
        )
        return
    turns = items_of(
        [item.text or "" for one in dialogues for item in one.call.utterances if item.role is Role.AGENT and item.text]
    )
    rows = frozen("violations.tsv")
    items = items_of([row["text"] for row in rows])
    a, b = (_hits(model, turns, items) for model in (mine, theirs))
    kinds = np.array([row["type"] for row in rows])
    low = min((float(a[kinds == kind].mean()), str(kind)) for kind in np.unique(kinds))
    against = f"model alone at {ALARMS_PER_1000:g} alarms per 1000 of {len(turns)} real turns"
    yield of("candidate_violation_recall", estimate(lambda x: float(x.mean()), a, seed=SEED), "", against)
    yield figure("candidate_violation_recall_min", low[0], "", 54, f"{low[1]}; {against}")
    gain = estimate(lambda x, y: float(x.mean() - y.mean()), a, b, seed=SEED)
    yield of("candidate_violation_minus_shipped", gain, "", f"recall; {against}")


def _hits(model: TextClassifier, turns: list[object], items: list[object]) -> Array:
    alarm = 1 - probabilities(model, turns)[:, 0]  # type: ignore[arg-type]
    limit = np.sort(alarm)[::-1][int(ALARMS_PER_1000 * len(turns) / 1000)]
    return np.asarray(1 - probabilities(model, items)[:, 0] > limit, float)  # type: ignore[arg-type]


def _int8(folder: Path, model: TextClassifier) -> Iterator[Figure]:
    if not (folder / "exact.onnx").is_file():
        yield from missing(["candidate_int8_agreement"], "no exact.onnx in the folder")
        return
    items = items_of(
        [row["text"] for row in frozen("violations.tsv")] + [row["text"] for row in frozen("politeness.tsv")]
    )
    exact = OnnxScorer.load(folder, {**model.entry, "files": ["exact.onnx", "tokenizer.json"]})
    same = np.array(exact.rows(items)).argmax(1) == probabilities(model, items).argmax(1)
    yield of(
        "candidate_int8_agreement", estimate(lambda a: float(a.mean()), same.astype(float), seed=SEED), "",
        "label of the violation head, int8 and fp32",
    )  # fmt: skip
