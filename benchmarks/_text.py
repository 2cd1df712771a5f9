"""What the text benchmarks share: frozen items, real dialogues as calls, figures with their intervals."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from _common import Figure, figure

from qa_speech.call import Call
from qa_speech.conduct.classifier import TextClassifier, expected_level
from qa_speech.conduct.passages import Passage
from qa_speech.resources import folder
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, Estimate

FROZEN = folder("models") / "text-zh" / "frozen"
SEED = 0


def items_of(texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[Passage]:
    """Texts as a classifier takes them."""
    pairs = zip(texts, contexts or [""] * len(texts), strict=True)
    return [Passage(text, context) for text, context in pairs]


def probabilities(model: TextClassifier, items: Sequence[Passage]) -> Array:
    """All rows of a classifier."""
    return np.array(list(model.classify(items)), float)


def levels(model: TextClassifier, items: Sequence[Passage]) -> Array:
    """Expected levels."""
    return np.array([expected_level(row, model.labels) for row in model.classify(items)])


def frozen(name: str) -> list[dict[str, str]]:
    """Rows of a frozen test file."""
    with (FROZEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a public set in CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def of(name: str, found: Estimate, unit: str, against: str) -> Figure:
    """A figure with its interval in words."""
    return figure(name, found.value, unit, found.n, f"{against}; 95 % [{found.low:.3f}, {found.high:.3f}]")


def missing(names: Sequence[str], why: str) -> Iterator[Figure]:
    """Figures without their data."""
    for name in names:
        yield figure(name, None, "", 0, why)


@dataclass(frozen=True)
class Dialogue:
    """A real dialogue as a call; `turns` names each utterance by set, dialogue and turn.

    Where given: mean `satisfaction` of its turns, that of the `last` three, and `overall` (0–2 each).
    """

    call: Call
    turns: tuple[str, ...]
    satisfaction: float | None = None
    last: float = 0.0
    overall: int = 0


def real_dialogues(data: Path) -> list[Dialogue]:
    """JDDC (chat of a shop, 330) and MobileCS (calls of a mobile operator, 10).

    Raises
    ------
    FileNotFoundError
        The sets are not there.
    """
    found = []
    for line in (data / "jddc_satisfaction" / "valid_dialogues.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        pairs = [(turn["user"], turn["agent"]) for turn in one["turns"]]
        given = [turn["sat"] for turn in one["turns"] if turn["sat"] is not None]
        made = _dialogue(f"jddc/{one['id']}", pairs, "user")
        mean, last = float(np.mean(given)), float(np.mean(given[-3:]))
        found.append(replace(made, satisfaction=mean, last=last, overall=int(one["overall"])))
    for number, one in enumerate(json.loads((data / "mobilecs_example" / "example.json").read_text(encoding="utf-8"))):
        turns = [(turn.get("[SPEAKER 2]") or "", turn.get("[SPEAKER 1]") or "") for turn in one["content"]]
        found.append(_dialogue(f"mobilecs/{number}", turns, "agent"))
    return found


def _dialogue(name: str, turns: Sequence[tuple[str, str]], first: str) -> Dialogue:
    said = []
    for number, (customer, agent) in enumerate(turns):
        pair = [("customer", customer), ("agent", agent)]
        for role, text in pair if first == "user" else pair[::-1]:
            if text.strip():
                said.append((f"{role}: {' '.join(text.split())}", f"{name}/{number}"))
    return Dialogue(make_call(*(line for line, _ in said), call_id=name), tuple(turn for _, turn in said))
