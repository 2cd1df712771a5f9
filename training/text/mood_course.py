"""Fit the weights of `qa_speech.conduct.mood_course` on the dialogues of the third set; prints them, and macro F1 in five folds.

python training/text/mood_course.py        half a minute; needs models/text-zh for depth
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import strangers  # noqa: E402
import train  # noqa: E402

from qa_speech.conduct.annotate import annotate_many  # noqa: E402
from qa_speech.conduct.classifier import load_text_models  # noqa: E402
from qa_speech.conduct.mood_course import LEAST, answer_kind  # noqa: E402
from qa_speech.conduct.outcomes import MOODS, mood_by_rules  # noqa: E402
from qa_speech.conduct.passages import Passage  # noqa: E402
from qa_speech.metrics.answer_depth import rated_exchanges  # noqa: E402
from qa_speech.testing import make_call  # noqa: E402

FOLDS, ROUNDS, KINDS, STIFFNESS = 5, 3000, 5, 0.005
Array = np.ndarray


@dataclass(frozen=True)
class Turn:
    """A customer's turn: words, kind of the answer before it, numbers of the moods that people gave it."""

    text: str
    answered: int
    moods: tuple[int, ...]


def dialogues() -> list[list[Turn]]:
    """The customers' turns of each dialogue."""
    rows = strangers.dialogues()
    models = load_text_models()
    calls = annotate_many([make_call(*[f"{role}: {text}" for role, text in row["turns"]]) for row in rows], models)
    return [_turns(row, call) for row, call in zip(rows, calls, strict=True)]


def _turns(row: dict, call) -> list[Turn]:
    level = {at: turn.depth / 25 for one in rated_exchanges(call) for turn in one.turns for at in turn.utterances}
    found, said, last = [], False, None
    for at, (role, text) in enumerate(row["turns"]):
        if role == "agent":
            said, last = True, level.get(at)
            continue
        given = [labels["mood"][at] for labels in row["labels"]]
        found.append(Turn(text, answer_kind(said, last), tuple(MOODS.index(one) for one in given if one)))
    return found


def weights(shares: Sequence[Array], turns: Sequence[Sequence[Turn]]) -> Array:
    """Rows: the weight of the words (first column), after each mood, after each kind of answer."""
    words, before, answered, goal = [], [], [], []
    for rows, talk in zip(shares, turns, strict=True):
        last = len(MOODS)
        for row, turn in zip(rows, talk, strict=True):
            for mood in turn.moods:
                words.append(np.log(np.maximum(row, LEAST)))
                before.append(last)
                answered.append(turn.answered)
                goal.append(mood)
            last = turn.moods[0] if turn.moods else last
    given, told = np.array(words), np.eye(len(MOODS))[goal]
    after, kinds = np.eye(len(MOODS) + 1)[before][:, :-1], np.eye(KINDS)[answered]
    scale, course, reply = 1.0, np.zeros((len(MOODS), len(MOODS))), np.zeros((KINDS, len(MOODS)))
    for _ in range(ROUNDS):
        score = scale * given + after @ course + kinds @ reply
        share = np.exp(score - score.max(1, keepdims=True))
        left = (told - share / share.sum(1, keepdims=True)) / len(goal)
        scale += float((left * given).sum())
        course += after.T @ left - STIFFNESS * course
        reply += kinds.T @ left - STIFFNESS * reply
    return np.vstack([np.full(len(MOODS), scale), course, reply])


def decide(table: Array, rows: Array, talk: Sequence[Turn]) -> list[int]:
    """The mood of each turn of a dialogue; where the rules know it, theirs."""
    found: list[int] = []
    for row, turn in zip(rows, talk, strict=True):
        score = table[0] * np.log(np.maximum(row, LEAST)) + table[1 + len(MOODS) + turn.answered]
        if found:
            score = score + table[1 + found[-1]]
        ruled = MOODS.index(mood_by_rules(turn.text)[0])
        found.append(ruled or int(score.argmax()))
    return found


def main() -> None:
    """Print figures out of fold, then the weights of all."""
    talks = dialogues()
    said, goal = [], []
    fold = np.random.default_rng(1).integers(0, FOLDS, len(talks))
    spoken = [turn.text for talk in talks for turn in talk]
    ends = np.cumsum([len(talk) for talk in talks])[:-1]
    for out in range(FOLDS):
        left_out = {turn.text for talk, number in zip(talks, fold, strict=True) if number == out for turn in talk}
        fit = train.mood_model(left_out)
        seen = dict(zip(*train.unseen_moods(fit, left_out), strict=True))
        rows = np.array([seen.get(text, np.full(len(MOODS), 0.25)) for text in spoken])
        parts = np.split(rows, ends)
        mine = [number for number in range(len(talks)) if fold[number] != out]
        table = weights([parts[number] for number in mine], [talks[number] for number in mine])
        for number in np.flatnonzero(fold == out):
            talk = talks[number]
            if talk:
                shares = fit.scorer.probabilities([Passage(turn.text) for turn in talk])
                pairs = zip(decide(table, shares, talk), talk, strict=True)
                agreed = [
                    (one, turn.moods[0]) for one, turn in pairs if len(turn.moods) == 2 and len(set(turn.moods)) == 1
                ]
                said += [one for one, _ in agreed]
                goal += [mood for _, mood in agreed]
    print(_f1(np.array(said), np.array(goal)), len(goal))
    fit = train.mood_model()
    seen = dict(zip(*train.unseen_moods(fit), strict=True))
    rows = np.array([seen[text] for text in spoken])
    print(np.round(weights(np.split(rows, ends), talks), 1).tolist())


def _f1(said: Array, goal: Array) -> list[float]:
    """Of each mood, then the mean."""
    each = [2 * ((said == n) & (goal == n)).sum() / ((said == n).sum() + (goal == n).sum()) for n in range(len(MOODS))]
    return [round(float(one), 3) for one in [*each, np.mean(each)]]


if __name__ == "__main__":
    main()
