"""Is a pretrained base worth its weight? The second look as shipped, a candidate for depth, and `train fit --base`.

    [BENCH_TUNED=DIR] [BENCH_BASE=DIR] python benchmarks/base.py [second_look] [cost] [depth] [fit]

*second_look*, *cost*: the linear models with the base behind them as they ship, and alone. *depth*: `BENCH_TUNED`, a folder of
``training/text/tune.py --only depth``, against the linear model; *fused*: the mean of both expected levels. *fit*: `BENCH_BASE`, a
folder of `qa-speech train base`, on politeness_zh_wiki. Differences have bootstrap 95 % intervals over items, drawn in pairs: a
task ships where it lies above 0.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from _common import ROOT, Figure, Options, run_parts
from _second_look import cost, second_look
from _text import SEED, frozen, items_of, levels, missing, of, real_dialogues, table
from _text_blind import rows_of

from qa_speech.call import Call
from qa_speech.conduct.classifier import TextClassifier, load_text_models
from qa_speech.conduct.exchanges import exchanges
from qa_speech.conduct.passages import Passage
from qa_speech.resources import folder
from qa_speech.training.measure import Array, estimate, pearson, spearman

Items: TypeAlias = Sequence[Passage]
Models: TypeAlias = Mapping[str, TextClassifier]


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


def depth(options: Options) -> Iterator[Figure]:
    """Depth by a tuned folder, by the linear model, by both, and the differences."""
    mine, theirs = tuned(), linear()
    if "depth" in mine:
        yield from _depth(mine["depth"], theirs["depth"], options)
    else:
        yield from missing(["base_depth_minus_linear"], "BENCH_TUNED names no folder that holds depth")


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


def fit(options: Options) -> Iterator[Figure]:
    """`train fit politeness --base` on politeness_zh_wiki. Nothing of it is kept: its licence is non-commercial."""
    place, base = options.data / "politeness_zh_wiki", os.environ.get("BENCH_BASE")
    name = "base_politeness_pearson_fitted"
    if not place.is_dir() or base is None:
        yield from missing([name], f"no data: {place}" if base else "BENCH_BASE names no folder")
        return
    from qa_speech.training.fit import write_trained

    train, test = table(place / "chinese_train.csv"), table(place / "chinese_val.csv")
    target = np.array([float(row["labels"]) for row in train])
    items = items_of([row["Utterance"] for row in train])
    with tempfile.TemporaryDirectory() as out:
        groups = [str(number) for number in range(len(train))]
        write_trained("politeness", items, target - target.min(), groups, Path(out), base=base)
        model = load_text_models(Path(out)).classifiers["politeness"]
        said = levels(model, items_of([row["Utterance"] for row in test]))
    goal = np.array([float(row["labels"]) for row in test])
    told = "val after the fit on its train part; target >= 0.70; ridge .645, RoBERTa .725 published"
    yield of(name, estimate(pearson, said, goal, seed=SEED), "", told)


PARTS: Mapping[str, Callable[[Options], Iterable[Figure]]] = {
    "second_look": second_look, "cost": lambda options: cost(), "depth": depth, "fit": fit,
}  # fmt: skip

if __name__ == "__main__":
    run_parts(PARTS)
