"""Blind sets: agents' turns and dialogues by hands that had seen neither models nor rules, read once when they were done.

    python benchmarks/blind.py fourth       figures into results/fourth.tsv
    python benchmarks/blind.py              the third, by now a set to develop on; printed only

`text_NAME_turns.jsonl`: turns of agents, each with its kind (civil, or a violation), whether it is a hard case, politeness 1–5.
`text_NAME_dialogues.jsonl`: dialogues with the labels of two people who worked apart: depth 0–4 of each turn of the agent, how it
ended, whether it was asked again, the customer's mood turn by turn.

The third was read once while it was blind: `results/third.tsv` keeps those figures. Since then it is a development set, and
models learn from it: what is printed on it now says nothing of other people's words. Nothing may be developed on the fourth.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from _common import Figure, Options, figure, run
from _text import SEED, items_of, levels, of

from qa_speech.call import Call
from qa_speech.conduct.annotate import annotate_many
from qa_speech.conduct.classifier import VIOLATIONS, TextModels, load_text_models
from qa_speech.metrics.answer_depth import rated_exchanges
from qa_speech.metrics.found_violations import found_violations
from qa_speech.metrics.resolution import moods, resolution
from qa_speech.stats.agreement import cohen_kappa
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, estimate, ranks, spearman

PLACE = Path(__file__).parent
SETS = ("third", "fourth")
SET = next((word for word in sys.argv[1:] if word in SETS), "third")
"""Which set is read."""
MOODS = ("calm", "anxious", "angry", "relieved")
LEVELS = 5
UNKNOWN = 50.0
"""What `resolution` counts where it says nothing."""
SHORT = 12
"""Characters below which a turn is short: violations are shorter than what is civil, so recall is told by length too."""


class Turn(msgspec.Struct, frozen=True):
    """A turn of an agent."""

    id: str | int
    text: str
    kind: str
    hard: bool
    politeness: int


class Labels(msgspec.Struct, frozen=True):
    """What one person says of a dialogue; lists run parallel to its turns."""

    depth: list[int | None]
    resolution: str
    asked_again: bool
    mood: list[str | None]


class Dialogue(msgspec.Struct, frozen=True):
    """Turns as (role, text), labels of both people."""

    id: str | int
    turns: list[tuple[str, str]]
    labels: tuple[Labels, Labels]


def read(name: str, kind: Any) -> list[Any]:
    """The lines of a file."""
    decoder = msgspec.json.Decoder(kind)
    return [decoder.decode(line) for line in (PLACE / name).read_text(encoding="utf-8").splitlines()]


def turns_alone(models: TextModels) -> Iterator[Figure]:
    """Violations and politeness of single turns."""
    rows: list[Turn] = read(f"text_{SET}_turns.jsonl", Turn)
    calls = annotate_many([make_call(f"agent: {row.text}") for row in rows], models)
    flagged = np.array([bool(found_violations(call)) for call in calls])
    kinds = np.array([row.kind for row in rows])
    short = np.array([len(row.text) < SHORT for row in rows])
    for kind in [one for one in VIOLATIONS if one in kinds and one != "civil"]:
        mine = kinds == kind
        recall = estimate(share, flagged[mine].astype(float), seed=SEED)
        by_length = f"below {SHORT} characters {told(flagged[mine & short])}, above {told(flagged[mine & ~short])}"
        yield of(f"{SET}_recall_{kind}", recall, "", f"any violation found; {by_length}; target >= 0.85")
    civil = kinds == "civil"
    hard = civil & np.array([row.hard for row in rows])
    alarms = estimate(lambda hit: 1000 * share(hit), flagged[civil].astype(float), seed=SEED)
    yield of(f"{SET}_alarms_per_1000", alarms, "", f"civil turns; hard ones {told(flagged[hard])}; target <= 2")
    said = levels(models.classifiers["politeness"], items_of([row.text for row in rows]))
    given = [float(row.politeness) for row in rows]
    yield of(f"{SET}_politeness_spearman", estimate(spearman, said, given, seed=SEED), "", "one person's levels 1-5")


def share(hit: Array) -> float:
    """The share of ones."""
    return float(hit.mean())


def told(hit: Any) -> str:
    """Hits of all, in figures."""
    return f"{int(hit.sum())}/{len(hit)}"


def dialogues(models: TextModels) -> Iterator[Figure]:
    """Depth by turn, resolution and mood against the labels of two people."""
    rows: list[Dialogue] = read(f"text_{SET}_dialogues.jsonl", Dialogue)
    calls = list(annotate_many([make_call(*[f"{role}: {text}" for role, text in row.turns]) for row in rows], models))
    yield from agreement(rows)
    yield from depth(rows, calls)
    yield from solved(rows, calls)
    yield from mood(rows, calls)


def agreement(rows: Sequence[Dialogue]) -> Iterator[Figure]:
    """How far the two people agree."""
    pairs = [
        pair for row in rows for pair in zip(*[labels.depth for labels in row.labels], strict=True) if None not in pair
    ]
    first, second = (np.array(side, float) for side in zip(*pairs, strict=True))
    yield figure(f"{SET}_labellers_depth_spearman", spearman(first, second), "", len(pairs), "the two people")
    table = np.zeros((LEVELS, LEVELS))
    np.add.at(table, (first.astype(int), second.astype(int)), 1)
    yield figure(
        f"{SET}_labellers_depth_kappa", cohen_kappa(table, "quadratic").value, "", len(pairs), "quadratic weights"
    )
    ends = sum(row.labels[0].resolution == row.labels[1].resolution for row in rows)
    yield figure(f"{SET}_labellers_resolution_same", ends / len(rows), "share", len(rows), "the two people")
    moods_said = [
        pair for row in rows for pair in zip(*[one.mood for one in row.labels], strict=True) if None not in pair
    ]
    same = sum(one == other for one, other in moods_said)
    yield figure(f"{SET}_labellers_mood_same", same / len(moods_said), "share", len(moods_said), "the two people")


def depth(rows: Sequence[Dialogue], calls: Sequence[Call]) -> Iterator[Figure]:
    """Each turn of the agent: 0 where the program sees no answer in it."""
    score, level, size = [], [], []
    for row, call in zip(rows, calls, strict=True):
        rated: dict[int, float] = {}
        for one in rated_exchanges(call):
            for turn in one.turns:
                rated.update(dict.fromkeys(turn.utterances, turn.depth))
        for index, given in enumerate(zip(*[labels.depth for labels in row.labels], strict=True)):
            if None not in given:
                score.append(rated.get(index, 0.0))
                level.append(sum(given) / 2)
                size.append(float(len(row.turns[index][1])))
    mine, goal, lengths = np.array(score), np.array(level), np.array(size)
    yield of(f"{SET}_depth_turn_spearman", estimate(spearman, mine, goal, seed=SEED), "", "target >= 0.75")
    yield of(f"{SET}_length_spearman", estimate(spearman, lengths, goal, seed=SEED), "", "characters of the turn")
    gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), mine, lengths, goal, seed=SEED)
    yield of(f"{SET}_depth_gain_over_length", gain, "", "beyond the interval where it is above 0")


def solved(rows: Sequence[Dialogue], calls: Sequence[Call]) -> Iterator[Figure]:
    """Dialogues that both people call confirmed against those that neither does."""
    score, goal = [], []
    for row, call in zip(rows, calls, strict=True):
        confirmed = [labels.resolution == "confirmed" for labels in row.labels]
        if confirmed[0] is confirmed[1]:
            value = resolution(call).value
            score.append(UNKNOWN if value is None else value)
            goal.append(float(confirmed[0]))
    yield of(f"{SET}_resolution_auc", estimate(auc, np.array(score), np.array(goal), seed=SEED), "", "target >= 0.80")


def auc(score: Array, goal: Array) -> float:
    """The chance that one that is solved stands above one that is not; ties are half."""
    high = goal > 0.5
    above = ranks(score)[high].sum() - high.sum() * (high.sum() - 1) / 2
    return float(above / max(1, high.sum() * (~high).sum()))


def mood(rows: Sequence[Dialogue], calls: Sequence[Call]) -> Iterator[Figure]:
    """The customer's turns on which both people agree."""
    said, goal = [], []
    for row, call in zip(rows, calls, strict=True):
        found = {index: one.mood for one in moods(call) for index in one.utterances}
        for index, given in enumerate(zip(*[labels.mood for labels in row.labels], strict=True)):
            if given[0] is not None and given[0] == given[1]:
                said.append(MOODS.index(found.get(index, "calm")))
                goal.append(MOODS.index(given[0]))
    found_moods, given_moods = np.array(said), np.array(goal)
    yield of(f"{SET}_mood_macro_f1", estimate(macro_f1, found_moods, given_moods, seed=SEED), "", "four moods")
    for number, name in enumerate(MOODS):
        yield figure(
            f"{SET}_mood_f1_{name}", f1(found_moods, given_moods, number), "", int((given_moods == number).sum()), ""
        )


def f1(said: Array, goal: Array, one: int) -> float:
    """Harmonic mean of precision and recall of one mood; 0 where it is neither said nor meant."""
    right = float(((said == one) & (goal == one)).sum())
    all_of_it = float((said == one).sum() + (goal == one).sum())
    return 2 * right / all_of_it if all_of_it else 0.0


def macro_f1(said: Array, goal: Array) -> float:
    """The mean over the moods."""
    return float(np.mean([f1(said, goal, number) for number in range(len(MOODS))]))


def measure(options: Options) -> Iterator[Figure]:
    """All figures."""
    models = load_text_models()
    yield from turns_alone(models)
    yield from dialogues(models)


def main() -> None:
    """The set named on the command line. What the third prints is kept nowhere: its figures are those of its one blind reading."""
    options = [word for word in sys.argv[1:] if word not in SETS]
    if SET == "third":
        options.append("--quick")
    sys.argv = [f"{SET}.py", *options]
    run(measure)


if __name__ == "__main__":
    main()
