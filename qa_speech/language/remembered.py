"""Answers about the call in hand, kept while it is in hand: several metrics ask who holds the floor, or what is silent.

Only the call asked about last is remembered, and by identity: calls never change, so an answer cannot become stale, and
nothing grows with the number of calls. Two calls that are alike are two calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from qa_speech.call import Call

P = ParamSpec("P")
T = TypeVar("T")


def per_call(function: Callable[Concatenate[Call, P], T]) -> Callable[Concatenate[Call, P], T]:
    """A function of a call that is worked out once for the call in hand and each set of (hashable) options.

    What it returns must not be changed by those who get it.

    >>> from qa_speech.testing import make_call
    >>> asked = []
    >>> count = per_call(lambda call, *, of=1: asked.append(of) or len(call.utterances))
    >>> one, two = make_call("agent: 您好"), make_call("agent: 您好", "customer: 喂")
    >>> [count(one), count(one), count(one, of=2), count(two), count(one)], asked
    ([1, 1, 1, 2, 1], [1, 2, 1, 1])
    """
    held: tuple[Call | None, dict[object, T]] = None, {}

    @wraps(function)
    def ask(call: Call, /, *args: P.args, **kwargs: P.kwargs) -> T:
        nonlocal held
        known, answers = held
        if known is not call:
            answers = {}
            held = call, answers
        key = (args, tuple(kwargs.items())) if args or kwargs else None
        if key not in answers:
            answers[key] = function(call, *args, **kwargs)
        return answers[key]

    return ask
