"""Is a pretrained base worth its weight? A fine-tuned folder against the linear models, task by task, on the same items.

    BENCH_TUNED=DIR BENCH_BASE=DIR python benchmarks/base.py [quality] [cost] [fit]

`BENCH_TUNED` is a folder of training/text/tune.py, `BENCH_BASE` one of `qa-speech train base` (docs/training.md). Each difference
is tuned minus linear with its bootstrap 95 % interval over items, drawn in pairs: a task ships where it lies above 0 on the
closed half of the blind test, which nobody reads. *fused*: the mean of the two models' expected levels.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from _common import ROOT, Figure, Options, figure, run_parts
from _text import SEED, frozen, items_of, levels, missing, of, probabilities, real_dialogues, table
from _text_blind import rows_of
from _text_speed import cpu_of

from qa_speech.call import Call, Role
from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import TextClassifier, TextModels, load_text_models
from qa_speech.conduct.exchanges import exchanges
from qa_speech.conduct.passages import Passage
from qa_speech.metrics import measure
from qa_speech.resources import folder
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, estimate, pearson, spearman

Items: TypeAlias = Sequence[Passage]
Models: TypeAlias = Mapping[str, TextClassifier]
ALARMS_PER_1000 = 2.0


def linear() -> Models:
    """The linear models, whatever else ships beside them."""
    return load_text_models(folder("models") / "text-zh").classifiers


def tuned() -> Models:
    """The models of `BENCH_TUNED` itself; none where it names no folder."""
    named = os.environ.get("BENCH_TUNED")
    if not named:
        return {}
    found = load_text_models(Path(named)).classifiers
    return {name: model for name, model in found.items() if model.path == Path(named)}


def quality(options: Options) -> Iterator[Figure]:
    """Depth, politeness, violations: tuned, linear, and the difference."""
    mine, theirs = tuned(), linear()
    absent = [name for name in ("depth", "politeness", "violation") if name not in mine]
    yield from missing([f"base_{name}_minus_linear" for name in absent], "BENCH_TUNED names no folder that holds it")
    if "depth" in mine:
        yield from _depth(mine["depth"], theirs["depth"], options)
    if "politeness" in mine:
        rows = frozen("politeness.tsv")
        items = items_of([row["text"] for row in rows])
        goal = np.array([float(row["level"]) for row in rows])
        yield from _ranks("politeness", levels(mine["politeness"], items), levels(theirs["politeness"], items), goal)
    if "violation" in mine:
        yield from _violations(mine["violation"], theirs["violation"], options)


def _depth(mine: TextClassifier, theirs: TextClassifier, options: Options) -> Iterator[Figure]:
    sets = {"blind": rows_of("exchanges.tsv", open_half=False), "open": rows_of("exchanges.tsv", open_half=True)}
    for name, rows in (*sets.items(), ("frozen", frozen("exchanges.tsv"))):
        items = items_of([row["answer"] for row in rows], [row["question"] for row in rows])
        goal = np.array([float(row["level"]) for row in rows])
        yield from _ranks(f"depth_{name}", levels(mine, items), levels(theirs, items), goal)
    try:
        items, goal = _read_exchanges(options.data)
    except FileNotFoundError as exc:
        yield from missing(["base_depth_read"], f"no data: {exc.filename}")
        return
    yield from _ranks("depth_read", levels(mine, items), levels(theirs, items), goal)
    size = np.array([float(len(item.text)) for item in items])
    yield of("length_read", estimate(spearman, size, goal, seed=SEED), "", "characters of the answer")


def _read_exchanges(data: Path) -> tuple[list[Passage], Array]:
    """Exchanges of real dialogues that a reader gave a level (text_read.tsv)."""
    with (ROOT / "benchmarks" / "text_read.tsv").open(encoding="utf-8", newline="") as file:
        given = {(row["dialogue"], row["turn"]): float(row["level"]) for row in csv.DictReader(file, delimiter="\t")}
    named = {name for name, _ in given}
    items: list[Passage] = []
    goal: list[float] = []
    for one in real_dialogues(data):
        if one.call.recording.id not in named:
            continue
        for exchange in exchanges(one.call):
            name, _, turn = one.turns[exchange.question[0]].rpartition("/")
            level = given.get((name, turn))
            if level is not None and exchange.answer:
                items.append(Passage(_joined(one.call, exchange.answer), _joined(one.call, exchange.question)))
                goal.append(level)
    return items, np.array(goal)


def _joined(call: Call, utterances: Sequence[int]) -> str:
    return "，".join([call.utterances[index].text or "" for index in utterances])


def _ranks(name: str, mine: Array, theirs: Array, goal: Array) -> Iterator[Figure]:
    """Spearman of tuned, linear and fused, and what tuned and fused gain."""
    together = (mine + theirs) / 2
    for label, score in (("tuned", mine), ("linear", theirs), ("fused", together)):
        yield of(f"base_{name}_{label}", estimate(spearman, score, goal, seed=SEED), "", "Spearman")
    for label, score in (("tuned", mine), ("fused", together)):
        gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), score, theirs, goal, seed=SEED)
        yield of(f"base_{name}_{label}_minus_linear", gain, "", "ships where the interval lies above 0")


def _violations(mine: TextClassifier, theirs: TextClassifier, options: Options) -> Iterator[Figure]:
    """Each model alone, at the probability that gives so many alarms per thousand real turns of agents."""
    try:
        dialogues = real_dialogues(options.data)
    except FileNotFoundError as exc:
        yield from missing(["base_violation_recall"], f"no data: {exc.filename}")
        return
    said = [item for one in dialogues for item in one.call.utterances]
    turns = items_of([item.text for item in said if item.role is Role.AGENT and item.text])
    civil = items_of([row["text"] for row in rows_of("normal.tsv", open_half=False)])
    against = f"model alone at {ALARMS_PER_1000:g} alarms per 1000 of {len(turns)} real turns"
    tests = {"frozen": frozen("violations.tsv"), "blind": rows_of("violations.tsv", open_half=False)}
    limits = [_limit(model, turns) for model in (mine, theirs)]
    for name, rows in tests.items():
        items = items_of([row["text"] for row in rows])
        kinds = np.array([row["type"] for row in rows])
        hits = [_above(model, items, limit) for model, limit in zip((mine, theirs), limits, strict=True)]
        for label, hit in zip(("tuned", "linear"), hits, strict=True):
            worst = min((float(hit[kinds == kind].mean()), str(kind)) for kind in np.unique(kinds))
            told = f"recall; {against}; lowest: {worst[1]} {worst[0]:.2f}"
            yield of(f"base_violation_{name}_{label}", estimate(_mean, hit, seed=SEED), "", told)
        gain = estimate(lambda a, b: float(a.mean() - b.mean()), *hits, seed=SEED)
        yield of(f"base_violation_{name}_minus_linear", gain, "", "recall; ships where the interval lies above 0")
    alarms = [1000 * _above(model, civil, limit) for model, limit in zip((mine, theirs), limits, strict=True)]
    for label, alarm in zip(("tuned", "linear"), alarms, strict=True):
        told = "civil turns of the blind test, closed half, at the same limit"
        yield of(f"base_violation_alarms_per_1000_{label}", estimate(_mean, alarm, seed=SEED), "per 1000", told)


def _mean(values: Array) -> float:
    return float(values.mean())


def _limit(model: TextClassifier, turns: Items) -> float:
    alarm = 1 - probabilities(model, turns)[:, 0]
    return float(np.sort(alarm)[::-1][int(ALARMS_PER_1000 * len(turns) / 1000)])


def _above(model: TextClassifier, items: Items, limit: float) -> Array:
    return np.asarray(1 - probabilities(model, items)[:, 0] > limit, float)


def cost(options: Options) -> Iterator[Figure]:
    """CPU of an exchange and of a call, megabytes on disk."""
    mine = tuned()
    if "depth" not in mine:
        yield from missing(["base_ms_per_exchange_tuned"], "BENCH_TUNED names no folder with a model of depth")
        return
    rows = frozen("exchanges.tsv")
    items = items_of([row["answer"] for row in rows], [row["question"] for row in rows])
    for label, models in (("tuned", mine), ("linear", linear())):
        spent = cpu_of(lambda models=models: list(models["depth"].classify(items)), times=4)  # type: ignore[misc]
        told = "CPU, frozen exchanges; target <= 15" if label == "tuned" else "CPU, the same exchanges"
        yield figure(f"base_ms_per_exchange_{label}", 1000 * spent / len(items), "ms", len(items), told)
    lines: list[str] = []
    for row in rows[:20]:
        lines += [f"customer: {row['question']}", f"agent: {row['answer'] or '好的'}"]
    linear_models = TextModels(linear())
    with_base = TextModels({**linear(), "depth": mine["depth"]})
    for label, models in (("tuned", with_base), ("linear", linear_models)):
        spent = cpu_of(lambda models=models: _one_call(lines, models), times=4)  # type: ignore[misc]
        told = "annotate and three metrics, CPU; a call of 20 exchanges"
        yield figure(f"base_call_ms_{label}", 1000 * spent, "ms", 1, told)
    size = sum((mine["depth"].path / name).stat().st_size for name in mine["depth"].files)
    yield figure("base_mb", size / 1e6, "MB", 1, "int8 network and tokenizer")


def _one_call(lines: Sequence[str], models: TextModels) -> None:
    call = annotate(make_call(*lines), models)
    for name in ("politeness", "violations", "depth"):
        measure(call, name)


def fit(options: Options) -> Iterator[Figure]:
    """`train fit politeness --base` on politeness_zh_wiki. Nothing of it is kept: its licence is non-commercial."""
    place, base = options.data / "politeness_zh_wiki", os.environ.get("BENCH_BASE")
    name = "base_politeness_pearson_fitted"
    if not place.is_dir() or base is None:
        yield from missing([name], f"no data: {place}" if base else "BENCH_BASE names no folder")
        return
    from qa_speech.training.encoder import fine_tune

    train, test = table(place / "chinese_train.csv"), table(place / "chinese_val.csv")
    target = np.array([float(row["labels"]) for row in train])
    items = items_of([row["Utterance"] for row in train])
    with tempfile.TemporaryDirectory() as out:
        groups = [str(number) for number in range(len(train))]
        fine_tune("politeness", items, target, groups, Path(base), Path(out))
        model = load_text_models(Path(out)).classifiers["politeness"]
        said = levels(model, items_of([row["Utterance"] for row in test]))
    goal = np.array([float(row["labels"]) for row in test])
    told = "val after the fit on its train part; target >= 0.70; ridge .645, RoBERTa .725 published"
    yield of(name, estimate(pearson, said, goal, seed=SEED), "", told)


PARTS: Mapping[str, Callable[[Options], Iterable[Figure]]] = {"quality": quality, "cost": cost, "fit": fit}

if __name__ == "__main__":
    run_parts(PARTS)
