"""The model of clauses: what a line of the corpus does in an answer, read from pieces of it.

A line has its role from the place where it stands: substance and guidance of a topic, acknowledgements, deflections …
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

import corpus
import numpy as np
import rows

from qa_speech.conduct.clauses import ROLES, pieces_of
from qa_speech.conduct.passages import Passage
from qa_speech.training.linear import Fit, Plan, fit_linear

WINDOW, FLOOR, STRENGTH = 24, 30, 3.0
HEARD = 3
"""How often each line is heard, the first time as written."""

ROLE_OF = {
    "S": "answer", "short": "answer", "B": "substance", "G": "guidance", "guide": "guidance", "ack": "acknowledgement",
    "askback": "asking", "deflect": "deflection", "deflection": "deflection", "open": "courtesy", "close": "courtesy",
}  # fmt: skip
"""Where a line stands → its role; other violations are rudeness."""


def lines(parts: Iterable[int]) -> list[tuple[str, str]]:
    """Every line of these parts of the corpus (`corpus.share`) with its role."""
    found = []
    for number in parts:
        one = corpus.share(number)
        found += [(text, "plain") for text in corpus.dealt(rows.texts("normal"), number)]
        places = [(kind, texts) for topic in one.topics.values() for kind, texts in topic.items() if kind != "Q"]
        for place, texts in [*places, *one.stock.items(), *one.rude.items()]:
            found += [(text, ROLE_OF.get(place, "rudeness")) for text in texts]
    return found


def fit_clauses(seed: int = 1) -> Fit:
    """The model of all lines. Rare roles count for more, pieces of a long line for less."""
    rng = random.Random(seed)
    texts, roles, groups, weights = [], [], [], []
    for number, (line, role) in enumerate(lines(range(corpus.PARTS))):
        for turn in range(HEARD):
            said = corpus.filled(line, rng)
            cut = pieces_of(corpus.as_heard(said, rng) if turn else said, WINDOW)
            texts += cut
            roles += [ROLES.index(role)] * len(cut)
            groups += [f"line:{number}"] * len(cut)
            weights += [len(cut) ** -0.5] * len(cut)
    counts = Counter(roles)
    rare = np.array([(len(roles) / len(ROLES) / counts[role]) ** 0.5 for role in roles])
    plan = Plan(ROLES, "softmax", longest=4, window=WINDOW, floor=FLOOR, strength=STRENGTH)
    passages = [Passage(text) for text in texts]
    return fit_linear(passages, np.array(roles), groups, plan, weights=np.array(weights) * rare)
