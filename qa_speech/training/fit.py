"""Fit politeness or depth on inspectors' labels, see how good it is on calls it never saw, export it.

A run folder holds the model (``text.json`` and its files), ``report.json`` (every figure below) and ``card.md``. It
is served as it is: give the folder in the settings, or a copy of it made by `export`.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from qa_speech.conduct.classifier import (
    DESCRIPTION,
    LABELS,
    SECOND_LOOK,
    SHIPPED,
    TextClassifier,
    expected_level,
    load_text_models,
)
from qa_speech.conduct.linear import LinearScorer
from qa_speech.conduct.passages import Passage
from qa_speech.errors import ConfigError, ModelError, problem
from qa_speech.files import write_bytes
from qa_speech.resources import folder
from qa_speech.training.encoder import fine_tune
from qa_speech.training.labels import ALLOWED, MINIMUM_PER_CLASS, Labelled, read_labels, refuse_too_few, split
from qa_speech.training.linear import Fit, Plan, fit_linear
from qa_speech.training.linear_files import write_linear
from qa_speech.training.measure import Estimate, Threshold, estimate, pearson, spearman, threshold_for

Task: TypeAlias = Literal["politeness", "depth"]
LOW: dict[str, float] = {"politeness": 2.0, "depth": 1.0}
"""The highest level that counts as low: what a person would be shown."""

CLEARLY = 0.01
"""By how much Pearson's correlation on unseen groups a model from nothing has to be ahead of the corrected shipped one."""
GATE_DROP = 0.10
"""How far below the shipped model a trained one may rank the frozen test set before it is not exported unasked."""


EVERY_TEXT = {"doubt": 0.0, "share": 0.5}
"""How a base that was fine-tuned on one's own labels reads beside the linear model."""


class Report(msgspec.Struct, frozen=True):
    """What came out of a fit, as stored in ``report.json``.

    `held_out` are correlations with labels of calls and agents that were not trained on; `frozen` and `frozen_shipped` are
    Spearman's correlation on the shipped frozen test set, of this model and of the shipped one.
    """

    task: str
    base: str
    labels: str
    labels_sha256: str
    model_hash: str
    trained_on: int
    pearson: Estimate
    spearman: Estimate
    error: Estimate
    threshold: Threshold
    precision_wanted: float
    frozen: Estimate
    frozen_shipped: Estimate

    @property
    def passed(self) -> bool:
        """Whether it may be exported: not clearly worse on the frozen set than the shipped model."""
        return self.frozen.value >= self.frozen_shipped.value - GATE_DROP


def fit(
    task: Task,
    labels: Path,
    out: Path,
    *,
    base: str = "shipped",
    precision: float = 0.9,
    minimum: int = MINIMUM_PER_CLASS,
    seed: int = 0,
    epochs: int = 3,
) -> Report:
    """Train on four fifths of the labels, measure on the rest, write a run folder.

    Parameters
    ----------
    task
        ``politeness`` (label 1…5 of an agent's utterance) or ``depth`` (label 0…4 of an exchange).
    labels
        csv or xlsx; see `labels.read_labels`.
    out
        The run folder; must be new or empty.
    base
        ``linear``: from nothing; ``shipped``: correct the shipped linear model (see `fitted`); a folder: that, and beside it
        the BERT-family model in the folder, fine-tuned (needs torch and transformers); both opinions are pooled.
    precision
        The share of texts flagged as low (politeness ≤ 2, depth ≤ 1) that shall be right.
    minimum
        Fewest labels per level.
    seed
        Orders the split and the training.
    epochs
        Passes over the labels when a folder is fine-tuned.

    Raises
    ------
    ConfigError
        Bad rows, too few labels, or `out` is in use.
    ModelError
        `base` cannot be used.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError(str(out), [problem("is not empty; give a new folder")])
    if not 0.5 <= precision < 1:
        raise ConfigError(
            "precision", [problem("is {precision:g}, expected 0.5 or more and below 1", precision=precision)]
        )
    found = read_labels(labels, task)
    refuse_too_few(found, labels, task, minimum)
    train, test = split(found, seed=seed)
    if len(test) < minimum:
        raise ConfigError(
            str(labels),
            [
                problem(
                    "only {count} rows can be held out without splitting a call or an agent; label more of them",
                    count=len(test),
                )
            ],
        )
    out.mkdir(parents=True, exist_ok=True)
    passages = [labelled.passage for labelled in train]
    target = np.array([labelled.label for labelled in train]) - ALLOWED[task][0]
    groups = [labelled.group for labelled in train]
    write_trained(task, passages, target, groups, out, base=base, seed=seed, epochs=epochs)
    classifier = _own(out, task)
    report = _report(task, classifier, train, test, labels, base, precision)
    write_bytes(out / "report.json", msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    write_bytes(out / "card.md", card(report).encode())
    return report


def write_trained(
    task: str,
    passages: Sequence[Passage],
    target: npt.NDArray[np.floating[Any]],
    groups: Sequence[str],
    out: Path,
    *,
    base: str,
    seed: int = 0,
    epochs: int = 3,
) -> None:
    """Train on texts and their levels counted from 0, and write the model to the folder `out`.

    With the folder of a base there are two: the linear model, and the base, fine-tuned, which reads every text again.
    """
    if base in ("linear", "shipped"):
        made = fitted(task, passages, target, groups, base=base, seed=seed)
        write_linear({task: made}, out, trained_on="own labels", base=base)
        return
    fine_tune(task, passages, target, groups, Path(base), out, seed=seed, epochs=epochs)
    larger = load_text_models(out).classifiers[task].entry
    made = fitted(task, passages, target, groups, base="shipped", seed=seed)
    write_linear({task: made}, out, trained_on="own labels", base="folder", again={**larger, SECOND_LOOK: EVERY_TEXT})


def fitted(
    task: str,
    passages: Sequence[Passage],
    target: npt.NDArray[np.floating[Any]],
    groups: Sequence[str],
    *,
    base: str = "shipped",
    seed: int = 0,
) -> Fit:
    """The linear model of `fit` for texts and their levels counted from 0.

    ``shipped`` is the shipped model corrected, or one from nothing where that ranks unseen groups of these texts clearly
    better: labels of another kind of text owe nothing to service calls.

    Raises
    ------
    ModelError
        The shipped model is no linear one.
    """
    if base == "linear":
        return fit_linear(passages, target, groups, plan_for(task, None, seed=seed))
    start = load_text_models().classifiers[task].scorer
    if not isinstance(start, LinearScorer):
        raise ModelError(
            "shipped", problem("the shipped model of {task} is not linear; use linear or a folder", task=task)
        )
    clauses = None if start.cues is None else start.cues.clauses
    anew = fit_linear(passages, target, groups, plan_for(task, None, seed=seed), clauses=clauses)
    plan = plan_for(task, start, seed=seed)
    corrected = fit_linear(passages, target, groups, plan, start=start, clauses=clauses)
    numbers, goal = np.arange(len(LABELS[task]), dtype=float), np.asarray(target, float)
    ahead = pearson(anew.unseen @ numbers, goal) - pearson(corrected.unseen @ numbers, goal)
    return anew if ahead > CLEARLY else corrected


def plan_for(task: str, start: LinearScorer | None, *, seed: int = 0) -> Plan:
    """What is fitted for a task: with the n-grams of the model to begin from, where there is one.

    >>> plan_for("politeness", None).marks
    True
    """
    if start is None:
        return Plan(LABELS[task], "ordinal", 3, 22, dense=task == "depth", marks=True, seed=seed)
    dense = start.cues is not None
    return Plan(LABELS[task], "ordinal", start.longest, start.bits, dense=dense, marks=start.marks, seed=seed)


def _own(path: Path, task: str) -> TextClassifier:
    found = load_text_models(path).classifiers[task]
    if found.path != path:
        raise ModelError(str(path), problem("holds no model of {task}", task=task))
    return found


def levels(classifier: TextClassifier, passages: Sequence[Passage]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The expected level of each text, in units of the labels."""
    return np.array([expected_level(row, classifier.labels) for row in classifier.classify(passages)], float)


def _report(
    task: Task,
    classifier: TextClassifier,
    train: Sequence[Labelled],
    test: Sequence[Labelled],
    labels: Path,
    base: str,
    precision: float,
) -> Report:
    rows = np.array(list(classifier.classify([labelled.passage for labelled in test])), float)
    goal = np.array([labelled.label for labelled in test])
    numbers = np.array([float(label) for label in classifier.labels])
    said = rows @ numbers
    low = rows[:, numbers <= LOW[task]].sum(1)
    frozen_passages, frozen_goal = frozen_set(task)
    return Report(
        task,
        base,
        labels.name,
        hashlib.sha256(labels.read_bytes()).hexdigest(),
        classifier.model_hash,
        len(train),
        estimate(pearson, said, goal),
        estimate(spearman, said, goal),
        estimate(lambda a, b: float(np.abs(a - b).mean()), said, goal),
        threshold_for(low, goal <= LOW[task] + 0.5, precision),
        precision,
        estimate(spearman, levels(classifier, frozen_passages), frozen_goal),
        estimate(spearman, levels(load_text_models().classifiers[task], frozen_passages), frozen_goal),
    )


def frozen_set(task: str) -> tuple[list[Passage], list[float]]:
    """The shipped frozen test of a task: texts and levels, in units of the labels."""
    name = {"politeness": "politeness.tsv", "depth": "exchanges.tsv"}[task]
    with (folder("models") / SHIPPED / "frozen" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    passages = [Passage(row.get("text") or row.get("answer") or "", row.get("question", "")) for row in rows]
    return passages, [float(row["level"]) for row in rows]


def evaluate(model: Path | None, labels: Path, task: Task) -> dict[str, Estimate]:
    """Pearson, Spearman and mean absolute error of a model (None = shipped) on a label file it was not trained on.

    Raises
    ------
    ConfigError
        Bad rows.
    ModelError
        The folder holds no model of this task.
    """
    classifier = load_text_models().classifiers[task] if model is None else _own(model, task)
    found = read_labels(labels, task)
    if len(found) < 2:
        raise ConfigError(str(labels), [problem("{count} labels; expected at least 2", count=len(found))])
    said = levels(classifier, [labelled.passage for labelled in found])
    goal = [labelled.label for labelled in found]
    return {
        "pearson": estimate(pearson, said, goal),
        "spearman": estimate(spearman, said, goal),
        "mean_absolute_error": estimate(lambda a, b: float(np.abs(a - b).mean()), said, goal),
    }


def export(run: Path, out: Path, *, force: bool = False) -> Report:
    """Copy the model of a run to a folder of its own, if the gate let it through or `force`.

    Raises
    ------
    ConfigError
        `run` is no run folder, `out` is in use, or the gate holds it back.
    """
    try:
        report = msgspec.json.decode((run / "report.json").read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as exc:
        raise ConfigError(
            str(run), [problem("is not a folder made by `qa-speech train fit`: {reason}", reason=exc)]
        ) from exc
    if out.exists() and any(out.iterdir()):
        raise ConfigError(str(out), [problem("is not empty; give a new folder")])
    if not report.passed and not force:
        raise ConfigError(
            str(run),
            [
                problem(
                    "ranks the frozen test set at {own:.3f}, the shipped model at {shipped:.3f}: it may have "
                    "forgotten what service calls are. --force exports it anyway",
                    own=report.frozen.value,
                    shipped=report.frozen_shipped.value,
                )
            ],
        )
    classifier = _own(run, report.task)
    if classifier.model_hash != report.model_hash:
        raise ConfigError(
            str(run), [problem("its files were changed since the fit: the figures of report.json do not hold")]
        )
    out.mkdir(parents=True, exist_ok=True)
    files = [DESCRIPTION, "report.json", "card.md", *classifier.files]
    if classifier.again is not None:
        files += classifier.again.files
    for name in files:
        shutil.copyfile(run / name, out / name)
    return report


def card(report: Report) -> str:
    """The model card of a run, in Markdown."""
    found = report.threshold
    flagged = (
        f"{found.value:.3f}: precision {found.precision:.2f}, recall {found.recall:.2f}, {found.flagged} flagged"
        if found.value is not None
        else f"none reaches a precision of {report.precision_wanted:g} with ten flagged"
    )
    return (
        f"# {report.task}, trained on {report.labels}\n\n"
        f"Base: {report.base}. Trained on {report.trained_on} labels, measured on {report.pearson.n} of other agents or calls.\n"
        f"Model hash: `{report.model_hash}`; labels sha256: `{report.labels_sha256}`.\n\n"
        "| figure | value, bootstrap 95 % interval |\n|---|---|\n"
        f"| Pearson | {report.pearson} |\n| Spearman | {report.spearman} |\n| mean absolute error | {report.error} |\n"
        f"| threshold for low levels | {flagged} |\n"
        f"| frozen test, Spearman | {report.frozen} |\n| frozen test, shipped model | {report.frozen_shipped} |\n"
        f"| gate | {'passed' if report.passed else 'held back'} |\n\n"
        "The interval takes rows as independent; rows of one agent are not, so it is a little too narrow.\n"
    )
