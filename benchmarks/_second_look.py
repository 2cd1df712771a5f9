"""What the second look brings: linear models alone and with the base behind them, on the same turns. Used by `base.py`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from _common import ROOT, Figure, Options, figure
from _text import SEED, frozen, items_of, levels, missing, of, probabilities, real_dialogues
from _text_blind import rows_of
from _text_speed import cpu_of
from blind import Dialogue, read

from qa_speech.call import Role
from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import (
    NONE,
    SECOND_LOOK,
    VIOLATIONS,
    TextClassifier,
    TextModels,
    load_text_models,
    why_alone,
)
from qa_speech.conduct.passages import Passage
from qa_speech.conduct.second_look import SecondLook
from qa_speech.metrics import measure
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, estimate, spearman

Pair = tuple[TextClassifier, TextClassifier]
RATES = (66.0, 20.0, 10.0, 2.0)
"""Alarms per 1,000 civil turns at which recall is compared; the first is what the linear model raised when the set was read."""


def unread() -> list[dict[str, str]]:
    """The turns of `training/text/kept/turns_b.tsv`, which neither model has read; the second look is set by them."""
    with (ROOT / "training" / "text" / "kept" / "turns_b.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def pair(name: str) -> Pair:
    """A classifier as shipped, and the linear one of it alone."""
    shipped = load_text_models().classifiers[name]
    return shipped, replace(shipped, again=None)


def second_look(options: Options) -> Iterator[Figure]:
    """Violations and politeness with and without."""
    if why := why_alone():
        yield from missing(["base_second_look"], why)
        return
    models = load_text_models().classifiers
    if models["violation"].again is not None:
        yield from _violations(pair("violation"), options)
    if models["politeness"].again is not None:
        yield from _politeness(pair("politeness"))


def _violations(both: Pair, options: Options) -> Iterator[Figure]:
    rows = unread()
    items = items_of([row["text"] for row in rows])
    kinds = np.array([row["label"] for row in rows])
    civil = (kinds == NONE).astype(float)
    alarms = [_alarm(model, items) for model in both]
    for rate in RATES:
        recalls = [_recall_at(score, civil, rate) for score in alarms]
        gain = estimate(
            lambda a, b, c, rate=rate: _recall_at(a, c, rate) - _recall_at(b, c, rate), *alarms, civil, seed=SEED
        )  # type: ignore[misc]
        told = f"recall {recalls[0]:.3f}, linear {recalls[1]:.3f}, models alone"
        yield of(f"base_unread_gain_at_{rate:g}_per_1000", gain, "", told)
    limit = both[0].threshold or 0.5
    for label, score in zip(("shipped", "linear"), alarms, strict=True):
        hit = (score >= limit).astype(float)
        mine = hit[civil == 0]
        by_kind = ", ".join(
            f"{kind} {hit[kinds == kind].mean():.2f}" for kind in VIOLATIONS if kind != NONE and kind in kinds
        )
        told = f"at {limit:g}, models alone; {by_kind}"
        yield of(f"base_unread_recall_{label}", estimate(_mean, mine, seed=SEED), "", told)
        rate_of = estimate(_mean, 1000 * hit[civil == 1], seed=SEED)
        yield of(f"base_unread_alarms_per_1000_{label}", rate_of, "per 1000", "civil turns, half of them hard cases")
    yield from _elsewhere(both, limit, options)


def _elsewhere(both: Pair, limit: float, options: Options) -> Iterator[Figure]:
    """At the shipped threshold: the frozen test, the closed half of the blind one, posts, real turns."""
    tests = {"frozen": frozen("violations.tsv"), "blind": rows_of("violations.tsv", open_half=False)}
    for name, rows in tests.items():
        yield from _difference(f"base_{name}_recall", both, items_of([row["text"] for row in rows]), limit, 1.0, "")
    civil = items_of([row["text"] for row in rows_of("normal.tsv", open_half=False)])
    yield from _difference("base_blind_alarms_per_1000", both, civil, limit, 1000.0, "per 1000")
    place = options.data / "cold_offensive_zh" / "dev.csv"
    if place.is_file():
        with place.open(encoding="utf-8-sig", newline="") as file:
            posts = list(csv.DictReader(file))[:: 4 if options.quick else 1]
        for label, name in (("1", "offensive"), ("0", "inoffensive")):
            items = items_of([row["TEXT"] for row in posts if row["label"] == label])
            yield from _difference(f"base_cold_flagged_{name}", both, items, limit, 1.0, "share")
    try:
        dialogues = real_dialogues(options.data)
    except FileNotFoundError as exc:
        yield from missing(["base_real_alarms_per_1000"], f"no data: {exc.filename}")
        return
    said = [item for one in dialogues for item in one.call.utterances]
    turns = items_of([item.text for item in said if item.role is Role.AGENT and item.text])
    yield from _difference("base_real_alarms_per_1000", both, turns, limit, 1000.0, "per 1000")
    yield from _read_again("violation", both, turns)
    yield from _read_again("politeness", pair("politeness"), turns)


def _read_again(name: str, both: Pair, items: Sequence[Passage]) -> Iterator[Figure]:
    larger = both[0].again
    if larger is not None:
        look = SecondLook.of(larger.entry[SECOND_LOOK])
        again = np.array([look.is_read_again(row) for row in both[1].classify(items)], float)
        yield of(f"base_{name}_read_again", estimate(_mean, again, seed=SEED), "share", "of the turns of real agents")


def _difference(
    name: str, both: Pair, items: Sequence[Passage], limit: float, times: float, unit: str
) -> Iterator[Figure]:
    hits = [times * (_alarm(model, items) >= limit) for model in both]
    for label, hit in zip(("shipped", "linear"), hits, strict=True):
        yield of(f"{name}_{label}", estimate(_mean, hit, seed=SEED), unit, f"flagged at {limit:g}, model alone")


def _politeness(both: Pair) -> Iterator[Figure]:
    rows = unread()
    tests = {"unread": ([row["text"] for row in rows], [float(row["group"]) for row in rows])}
    kept = frozen("politeness.tsv")
    tests["frozen"] = ([row["text"] for row in kept], [float(row["level"]) for row in kept])
    for name, (texts, given) in tests.items():
        said = [levels(model, items_of(texts)) for model in both]
        goal = np.array(given)
        for label, level in zip(("shipped", "linear"), said, strict=True):
            yield of(f"base_{name}_politeness_{label}", estimate(spearman, level, goal, seed=SEED), "", "Spearman")
        gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), *said, goal, seed=SEED)
        yield of(f"base_{name}_politeness_gain", gain, "", "shipped − linear")


def _alarm(model: TextClassifier, items: Sequence[Passage]) -> Array:
    return np.asarray(1 - probabilities(model, items)[:, 0], float)


def _recall_at(score: Array, civil: Array, rate: float) -> float:
    """Recall at the score that so many of the civil turns exceed."""
    quiet = np.sort(score[civil == 1])[::-1]
    limit = quiet[int(rate * len(quiet) / 1000)]
    return float((score[civil == 0] > limit).mean())


def _mean(values: Array) -> float:
    return float(values.mean())


def cost() -> Iterator[Figure]:
    """CPU of a text that the base reads, and of a call's text with and without it; one core."""
    if why := why_alone():
        yield from missing(["base_ms_per_text"], why)
        return
    shipped = load_text_models()
    looking = [model for model in shipped.classifiers.values() if model.again is not None]
    again = looking[0].again
    assert again is not None
    said = [row["text"] for row in unread()]
    for name, texts in (("", said[:200]), ("_of_64_tokens", ["，".join(said[:9])])):
        items = items_of(texts)
        spent = cpu_of(lambda items=items: again.scorer.rows(items), times=4)  # type: ignore[misc]
        told = f"CPU; {sum(map(len, texts)) / len(texts):.0f} characters each; target <= 15"
        yield figure(f"base_ms_per_text{name}", 1000 * spent / len(items), "ms", len(items), told)
    alone = TextModels({name: replace(model, again=None) for name, model in shipped.classifiers.items()})
    calls = _calls()
    for label, models in (("with", shipped), ("without", alone)):
        spent = cpu_of(lambda models=models: [_read(lines, models) for lines in calls], times=3)  # type: ignore[misc]
        told = f"annotate and three metrics, CPU; {sum(map(len, calls)) / len(calls):.0f} utterances each"
        yield figure(f"base_call_ms_{label}", 1000 * spent / len(calls), "ms", len(calls), told)
    size = sum((again.path / name).stat().st_size for name in again.files)
    yield figure("base_mb", size / 1e6, "MB", 1, "int8 network and tokenizer")


def _calls() -> list[list[str]]:
    """The dialogues of the third set as calls of about 60 utterances."""
    turns = [turn for row in read("text_third_dialogues.jsonl", Dialogue) for turn in row.turns]
    lines = [f"{role}: {text}" for role, text in turns]
    return [lines[at : at + 60] for at in range(0, 600, 60)]


def _read(lines: Sequence[str], models: TextModels) -> None:
    call = annotate(make_call(*lines), models)
    for name in ("politeness", "violations", "depth"):
        measure(call, name)
