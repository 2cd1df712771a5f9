"""Train the shipped linear text models: corpus → fits → models/text-zh.

    python training/text/train.py [--out DIR] [--data DIR]        about eight minutes of one core

Nothing of the frozen test is looked at here; `benchmarks/text.py` measures on it.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[2] / "shared" / "data"
sys.path.insert(0, str(HERE))

import clauses  # noqa: E402
import corpus  # noqa: E402
import strangers  # noqa: E402
import whole  # noqa: E402

from qa_speech.conduct.classifier import LABELS, STRATEGIES, VIOLATIONS  # noqa: E402
from qa_speech.conduct.ngrams import pieces  # noqa: E402
from qa_speech.conduct.passages import Passage  # noqa: E402
from qa_speech.training.linear import Fit, Plan, fit_linear  # noqa: E402
from qa_speech.training.linear_files import write_linear  # noqa: E402

WINDOW = 40
TRAINED_ON = "training/text: own corpus; violation also the train part of COLD (Apache-2.0): offensive posts as insults"
FLOOR = 60
THRESHOLD = 0.5
"""Probability of a violation from which one is reported. Chosen on real agent turns of JDDC and MobileCS (measured, never
trained on); README.md says what was looked at on the way and how often."""

NEAR_POSTS = 3000
NEAR_POST, POST, OFFENSIVE_POST = 0.12, 0.03, 0.06
"""What a forum post of COLD (Apache-2.0) weighs beside an utterance of this corpus. What annotators found inoffensive is normal
speech, the first `NEAR_POSTS` of it the more so: what other people write about anything has to pass too, and this corpus knows
only how its authors write. What they found offensive is how other people insult."""

DEPTH = Plan(LABELS["depth"], "cumulative", dense=True, window=WINDOW, strength=0.3, share=0.15)
"""Window, regularisation and weight of a dense cue of the depth model: README.md says what they were chosen by."""

POLITENESS = Plan(LABELS["politeness"], "cumulative", strength=3.0)
"""Other people's turns: Spearman 0.69 with a weight for each border, 0.66 with one score for all."""

CUSTOMER = {
    "mood": Plan(LABELS["mood"], "softmax", longest=3, bits=16, floor=12, strength=4.0, marks=True, apart=True),
    "resolution": Plan(LABELS["resolution"], "softmax", longest=3, bits=16, floor=12, strength=4.0),
}
"""Few sentences teach these: short n-grams, and a short text counts as one. A mood shows in its punctuation too."""

OF_STRANGERS = 2
"""How often each label of a customer's turn in a stranger's dialogue counts."""

SURER = 1.0
"""Log-odds that an insult has to be surer by: posts of a forum insult in words that others use civilly (talk pages: 70 alarms
per 1,000 without, 17 with)."""

HEARD = 2
"""How often each exchange is heard, the first time as written."""

TOGETHER = 0.3
"""What an exchange put together from phrases weighs beside one written whole."""

WEIGHT = {"rhetorical": 3.5, "deflection": 6.0, "order": 2.5}
"""One threshold serves all types: the types that are harder to tell from normal speech count for more."""


def _passages(texts: list[str], questions: list[str] | None = None) -> list[Passage]:
    pairs = zip(texts, questions or [""] * len(texts), strict=True)
    return [Passage(text, question) for text, question in pairs]


@dataclass(frozen=True)
class Post:
    """A forum post of COLD: whether it is offensive, and what it weighs."""

    text: str
    offensive: bool
    weight: float


def posts(data: Path) -> list[Post]:
    """The train part of COLD, in the same order each time.

    Raises
    ------
    FileNotFoundError
        The set is not in `data`.
    """
    with (data / "cold_offensive_zh" / "train.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(0).shuffle(rows)
    fine = [Post(row["TEXT"], False, POST) for row in rows if row["label"] == "0"]
    near = [replace(post, weight=NEAR_POST) for post in fine[:NEAR_POSTS]]
    offensive = [Post(row["TEXT"], True, OFFENSIVE_POST) for row in rows if row["label"] == "1"]
    return [*near, *fine[NEAR_POSTS:], *offensive]


def utterance_models(
    data: Path = DATA, only: tuple[str, ...] = ("politeness", "violation", "strategy")
) -> dict[str, Fit]:
    """politeness, violation, strategy, or some of them; violation needs the public posts in `data`."""
    said = corpus.utterances()
    groups = [item.group for item in said]
    items = _passages([item.text for item in said])
    found = {}
    if "politeness" in only:
        levels = np.array([item.politeness - 1 for item in said])
        weights = np.array([item.weight for item in said])
        found["politeness"] = fit_linear(items, levels, groups, POLITENESS, weights=weights)
    if "violation" in only:
        found["violation"] = violation_model(said, posts(data))
    if "strategy" in only:
        marked = [item for item in said if item.strategies is not None]
        marks = np.array([[name in item.strategies for name in STRATEGIES] for item in marked], float)
        found["strategy"] = fit_linear(
            _passages([item.text for item in marked]),
            marks,
            [item.group for item in marked],
            Plan(STRATEGIES, "sigmoid", longest=3),
        )
    return found


def _read(item: corpus.Said) -> list[corpus.Said]:
    """What of an utterance is fitted on: of a civil turn written whole every window, of all others the first."""
    if item.weight == 1 or item.violation != "none":
        return [item]
    return [replace(item, text=text) for text in pieces(item.text, WINDOW)]


def violation_model(said: list[corpus.Said], read: list[Post]) -> Fit:
    """The types of violation, from utterances of the corpus and from posts."""
    sure = [piece for item in said if item.violation is not None for piece in _read(item)]
    kinds = [item.violation or "none" for item in sure]
    kinds += ["insult" if post.offensive else "none" for post in read]
    weights = [WEIGHT.get(item.violation or "", 1.0) * item.weight for item in sure]
    weights += [post.weight for post in read]
    fit = fit_linear(
        _passages([*[item.text for item in sure], *[post.text for post in read]]),
        np.array([VIOLATIONS.index(kind) for kind in kinds]),
        [*[item.group for item in sure], *[f"post:{number}" for number in range(len(read))]],
        Plan(VIOLATIONS, "softmax", window=WINDOW, floor=FLOOR),
        weights=np.array(weights),
    )
    bias = fit.scorer.bias.copy()
    bias[VIOLATIONS.index("insult")] -= SURER
    return replace(fit, scorer=replace(fit.scorer, bias=bias))


def exchange_passages() -> tuple[list[Passage], list[str], list[int], list[float]]:
    """Exchanges put together from phrases, then those written whole: items, groups, levels, and how much each counts."""
    together = [item for item in corpus.exchanges() if item.answer]
    rng = random.Random(3)
    written = [(item, turn) for item in whole.whole() for turn in range(HEARD)]
    heard = [
        [corpus.as_heard(text, rng) if turn else text for text in (item.answer, item.question)]
        for item, turn in written
    ]
    answers = [*[item.answer for item in together], *[answer for answer, _ in heard]]
    questions = [*[item.question for item in together], *[question for _, question in heard]]
    groups = [*[item.group for item in together], *[item.domain for item, _ in written]]
    levels = [*[item.level for item in together], *[item.level for item, _ in written]]
    return _passages(answers, questions), groups, levels, [TOGETHER] * len(together) + [1 / HEARD] * len(written)


def exchange_models() -> dict[str, Fit]:
    """depth, with its model of clauses."""
    items, groups, levels, weights = exchange_passages()
    clause_model = clauses.fit_clauses().scorer
    return {
        "depth": fit_linear(items, np.array(levels), groups, DEPTH, weights=np.array(weights), clauses=clause_model)
    }


def _mood_lines(left_out: Collection[str] = ()) -> list[tuple[str, str, str]]:
    """(text, mood, group): own sentences, one question of each topic, and what customers of strangers' dialogues say."""
    calm = [(part["Q"][0], "calm", f"topic:{name}") for name, part in corpus.topics().items()]
    theirs = [turn for turn in strangers.moods() if turn[0] not in left_out for _ in range(OF_STRANGERS)]
    return [*corpus.customers("moods"), *calm, *theirs]


def _customer_model(name: str, said: Sequence[tuple[str, str, str]]) -> Fit:
    texts, labels, groups = zip(*said, strict=True)
    goal = np.array([LABELS[name].index(label) for label in labels])
    return fit_linear(_passages(list(texts)), goal, list(groups), CUSTOMER[name])


def mood_model(left_out: Collection[str] = ()) -> Fit:
    """mood; of strangers' dialogues without the turns that are `left_out`."""
    return _customer_model("mood", _mood_lines(left_out))


def unseen_moods(fit: Fit, left_out: Collection[str] = ()) -> tuple[list[str], list[npt.NDArray[np.float64]]]:
    """The texts of `mood_model`, and what a model that had not seen their dialogue says of each."""
    return [text for text, _, _ in _mood_lines(left_out)], list(fit.unseen)


def customer_models(only: Sequence[str] = ("mood", "resolution")) -> dict[str, Fit]:
    """mood and resolution, from what customers say."""
    found = {}
    if "mood" in only:
        found["mood"] = mood_model()
    if "resolution" in only:
        found["resolution"] = _customer_model("resolution", corpus.customers("endings"))
    return found


def main() -> None:
    """Train all and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "models" / "text-zh")
    parser.add_argument("--only", nargs="*", default=list(LABELS), choices=list(LABELS))
    parser.add_argument("--data", type=Path, default=DATA, help="folder that holds cold_offensive_zh")
    options = parser.parse_args()
    fits = utterance_models(options.data, tuple(options.only))
    fits |= customer_models([name for name in CUSTOMER if name in options.only])
    write_linear(fits, options.out, thresholds={"violation": THRESHOLD}, trained_on=TRAINED_ON)
    if "depth" in options.only:
        write_linear(exchange_models(), options.out, trained_on=TRAINED_ON, reads="turn")


if __name__ == "__main__":
    main()
