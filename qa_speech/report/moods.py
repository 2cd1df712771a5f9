"""The customer's mood over the call as the page draws it: a step per turn, the higher the better, its turning points marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.metrics.resolution import POINTS, MoodOf, mood_turns, moods
from qa_speech.metrics.text import no_text
from qa_speech.wording import catalogue as words
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang

LOWEST = 14
"""Height in % of the step of the worst mood, so that it is seen."""


class MoodStep(NamedTuple):
    """One turn of the customer: its mood and what that is called, where it is, from when on (s, None without times), its height
    in %, and whether the mood turns with it."""

    mood: str
    name: str
    where: str
    at: float | None
    height: int
    turning: bool


def mood_course(call: Call, lang: Lang) -> tuple[MoodStep, ...]:
    """The steps of a call, in order; none where there are fewer than two turns, or no words of a customer.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer@0-2: 查一下快递", "agent@3-4: 您好", "customer@5-7: 你们什么态度")
    >>> [(step.name, step.where, step.turning) for step in mood_course(call, "zh")]
    [('平静', '00:00', False), ('生气', '00:05', True)]
    """
    if no_text(call, "mood") or Role.CUSTOMER not in call.roles:
        return ()
    every = moods(call)
    if len(every) < 2:
        return ()
    turning = [False, *[mood_turns(before, after) for before, after in pairwise(every)]]
    return tuple(_steps(call, every, turning, lang))


def _steps(call: Call, every: Sequence[MoodOf], turning: Sequence[bool], lang: Lang) -> list[MoodStep]:
    timed = call.times != "nominal"
    found: list[MoodStep] = []
    for one, turns in zip(every, turning, strict=True):
        first = one.utterances[0]
        start = call.utterances[first].start
        where = terms.clock(start) if timed else f"#{first + 1}"
        height = LOWEST + round((100 - LOWEST) * POINTS[one.mood] / 100)
        name = terms.term(words.MOODS, one.mood, lang)
        found.append(MoodStep(one.mood, name, where, start if timed else None, height, turns))
    return found
