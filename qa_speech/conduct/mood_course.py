"""A customer's mood turn by turn: what a turn says by itself, the mood before it, and how the agent answered between.

    customer   航班是你们取消的啊          by itself: a statement
    agent      您是自愿改签的              level 1
    customer   短信让我改的！              after anger, and after no answer: angry still

A few words say little of a mood; people hear them in the course of the talk. The weights below were fitted on dialogues that
two people labelled (training/text/mood_course.py), and rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from qa_speech.conduct.outcomes import MOODS, Mood

ITSELF = 0.8
"""What the logarithm of a mood's probability by the turn's own words weighs."""
AFTER: dict[Mood, tuple[float, ...]] = {
    "calm": (0.5, -0.7, 0.0, 0.2),
    "anxious": (-0.5, 1.1, -0.7, 0.0),
    "angry": (-0.5, -0.2, 1.5, -0.8),
    "relieved": (0.0, -0.2, -0.4, 0.5),
}
"""Log-odds of each mood (order of `MOODS`) after a turn in that mood; nothing for the first turn."""
ANSWERED: tuple[tuple[float, ...], ...] = (
    (0.4, 0.0, 0.1, -0.6),
    (-0.2, 0.4, 0.1, -0.4),
    (0.0, -0.2, 0.4, -0.1),
    (-0.3, 0.3, 0.3, -0.3),
    (-0.1, -0.2, -0.3, 0.5),
)
"""Log-odds of each mood after `answer_kind`."""
LEAST = 0.002
"""Probability, 0–1, below which a mood is no less likely."""


def answer_kind(said: bool, level: float | None) -> int:
    """How the agent answered since the customer's last turn.

    0 nothing said yet; 1 said, but in no exchange (`level` None); 2 below level 1; 3 below level 2; 4 an answer.

    >>> answer_kind(False, None), answer_kind(True, 0.4), answer_kind(True, 3.0)
    (0, 2, 4)
    """
    if not said:
        return 0
    if level is None:
        return 1
    return 2 + min(2, int(level))


def mood_in_course(row: Sequence[float], before: Mood | None, answered: int) -> Mood:
    """The likeliest mood of a turn: `row` the probabilities (0–1) of `MOODS` by its words, `answered` by `answer_kind`.

    >>> mood_in_course((0.5, 0.1, 0.4, 0.0), "angry", 2), mood_in_course((0.5, 0.1, 0.4, 0.0), None, 0)
    ('angry', 'calm')
    """
    score = [ITSELF * log(max(LEAST, share)) for share in row]
    for weights in ((AFTER[before] if before else ()), ANSWERED[answered]):
        for number, weight in enumerate(weights):
            score[number] += weight
    return MOODS[max(range(len(MOODS)), key=score.__getitem__)]
