"""Violations as an inspector gets them: rules and model together, on single frozen utterances and in real dialogues."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _common import ROOT, Figure, Options, figure
from _text import SEED, Dialogue, frozen, items_of, missing, of, probabilities, real_dialogues, table

from qa_speech.call import Call, Role
from qa_speech.conduct.annotate import annotate_many
from qa_speech.conduct.classifier import VIOLATIONS, TextClassifier, TextModels
from qa_speech.conduct.violations import violations_in
from qa_speech.metrics.found_violations import FoundViolation, found_violations
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, estimate

VERDICTS = ROOT / "benchmarks" / "text_verdicts.tsv"
"""A reader's verdict on each alarm: turn, right or false, why. The sentences may not be kept here (research use)."""


POLITE = 2.0
"""Label (0–4) from which a sentence of politeness_zh_wiki counts as no violation."""


@dataclass(frozen=True)
class Alarm:
    """A turn of an agent in which something was found."""

    turn: str
    found: tuple[FoundViolation, ...]


def violations(models: TextModels, options: Options) -> Iterator[Figure]:
    """Recall of each type and false alarms at the same threshold; rules alone and model alone beside them."""
    rows = frozen("violations.tsv")
    kinds = np.array([row["type"] for row in rows])
    calls = annotate_many([make_call(f"agent: {row['text']}") for row in rows], models)
    found = [found_violations(call) for call in calls]
    limit = models.classifiers["violation"].threshold
    hit = np.array([bool(hits) for hits in found])
    typed = np.array([kind in {one.kind for one in hits} for kind, hits in zip(kinds, found, strict=True)])
    recalls = {}
    for kind in VIOLATIONS[1:]:
        mine = kinds == kind
        recalls[kind] = estimate(lambda a: float(a.mean()), hit[mine].astype(float), seed=SEED)
        yield of(f"violation_recall_{kind}", recalls[kind], "", f"flagged as any violation; model threshold {limit}")
        right = float(typed[mine].mean())
        yield figure(f"violation_type_right_{kind}", right, "", int(mine.sum()), "and of this type")
    yield of("violation_recall_min", min(recalls.values(), key=lambda item: item.value), "", "target >= 0.85")
    yield from _alone(models.classifiers["violation"], [row["text"] for row in rows], kinds)
    try:
        dialogues = real_dialogues(options.data)
    except FileNotFoundError as exc:
        yield from missing(["violation_false_alarms_per_1000"], f"no data: {exc.filename}")
        return
    yield from _false_alarms(models, dialogues, options)


def _alone(model: TextClassifier, texts: Sequence[str], kinds: Array) -> Iterator[Figure]:
    shares = 1 - probabilities(model, items_of(texts))[:, 0]
    hits = {
        "rules": np.array([bool(found) for found in violations_in(texts)]),
        "model": shares >= (model.threshold or 0.5),
    }
    for name, hit in hits.items():
        worst = min((float(hit[kinds == kind].mean()), kind) for kind in VIOLATIONS[1:])
        yield figure(f"violation_recall_min_{name}", worst[0], "", 54, f"{name} alone; lowest: {worst[1]}")


def alarms(dialogues: Sequence[Dialogue], models: TextModels | None) -> list[list[Alarm]]:
    """What is found in the agent's turns of each dialogue; without `models` by the rules."""
    calls = [dialogue.call for dialogue in dialogues]
    read = list(annotate_many(calls, models)) if models is not None else calls
    return [_alarms(call, dialogue.turns) for call, dialogue in zip(read, dialogues, strict=True)]


def _alarms(call: Call, turns: Sequence[str]) -> list[Alarm]:
    held: dict[int, list[FoundViolation]] = {}
    for one in found_violations(call):
        held.setdefault(one.utterance, []).append(one)
    return [Alarm(turns[index], tuple(found)) for index, found in held.items()]


def _false_alarms(models: TextModels, dialogues: Sequence[Dialogue], options: Options) -> Iterator[Figure]:
    turns = np.array(
        [sum(item.role is Role.AGENT and bool(item.text) for item in one.call.utterances) for one in dialogues]
    )
    found = alarms(dialogues, models)
    verdicts = read_verdicts()
    total = int(turns.sum())
    against = f"{total} agent turns of JDDC and MobileCS in {len(dialogues)} dialogues, resampled by dialogue"
    wrong: Callable[[Alarm], bool] = lambda alarm: verdicts.get(alarm.turn, ("unread", ""))[0] != "right"  # noqa: E731
    counts = np.array([len(held) for held in found])
    false = np.array([sum(map(wrong, held)) for held in found])
    rate: Callable[[Array, Array], float] = lambda a, b: 1000 * float(a.sum() / b.sum())  # noqa: E731
    yield of(
        "violation_alarms_per_1000", estimate(rate, counts, turns, seed=SEED), "per 1000", f"all alarms; {against}"
    )
    yield of(
        "violation_false_alarms_per_1000",
        estimate(rate, false, turns, seed=SEED),
        "per 1000",
        f"alarms without the verdict right; target <= 2; {against}",
    )
    by_rules = sum(len(held) for held in alarms(dialogues, None))
    yield figure("violation_alarms_per_1000_rules", 1000 * by_rules / total, "per 1000", total, "rules alone")
    yield from _unread(models, options)
    if not options.quick:
        _write([alarm for held in found for alarm in held], verdicts)


def _unread(models: TextModels, options: Options) -> Iterator[Figure]:
    """Sentences of Wikipedia talk pages that annotators found polite: other people, another domain, no frame written after them."""
    name, place = "violation_alarms_per_1000_unread", options.data / "politeness_zh_wiki" / "chinese_train.csv"
    if not place.is_file():
        yield from missing([name], f"no data: {place}")
        return
    polite = [row["Utterance"] for row in table(place) if float(row["labels"]) >= POLITE and row["Utterance"].strip()]
    calls = annotate_many([make_call(f"agent: {' '.join(text.split())}") for text in polite], models)
    hit = np.array([bool(found_violations(call)) for call in calls], float)
    against = f"politeness_zh_wiki train, label {POLITE:g} and above; without verdicts, some may be right"
    yield of(name, estimate(lambda a: 1000 * float(a.mean()), hit, seed=SEED), "per 1000", against)


def read_verdicts() -> dict[str, tuple[str, str]]:
    """Turn → verdict and why."""
    with VERDICTS.open(encoding="utf-8", newline="") as file:
        return {row["turn"]: (row["verdict"], row["why"]) for row in csv.DictReader(file, delimiter="\t")}


def _write(held: Sequence[Alarm], verdicts: dict[str, tuple[str, str]]) -> None:
    lines = [
        f"{alarm.turn}\t{'+'.join(sorted({one.kind for one in alarm.found}))}"
        f"\t{'model' if all(one.by_model for one in alarm.found) else 'rules'}"
        f"\t{verdicts.get(alarm.turn, ('unread', ''))[0]}\t{verdicts.get(alarm.turn, ('', ''))[1]}"
        for alarm in held
    ]
    results: Path = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    content = "\n".join(["turn\ttype\tfound_by\tverdict\twhy", *lines]) + "\n"
    (results / "text-alarms.tsv").write_text(content, encoding="utf-8")
