"""Answers about the call in hand, kept while it is in hand: several metrics ask who holds the floor, or what is silent.

Only the call asked about last is remembered, and by identity: calls never change, so an answer cannot become stale, and
nothing grows with the number of calls. Two calls that are alike are two calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from qa_speech.call import Call

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


class once(Generic[S, T]):
    """A property that is worked out when it is first asked for: `functools.cached_property` without its lock.

    In Python 3.11 the lock takes longer than most of what is worked out of a call. An object with such properties belongs to
    one thread.

    >>> class Words:
    ...     asked = 0
    ...     @once
    ...     def count(self):
    ...         self.asked += 1
    ...         return 3
    >>> words = Words()
    >>> words.count, words.count, words.asked
    (3, 3, 1)
    """

    def __init__(self, work_out: Callable[[S], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, held: None, kind: type[S]) -> Self: ...
    @overload
    def __get__(self, held: S, kind: type[S]) -> T: ...
    def __get__(self, held: S | None, kind: type[S]) -> Self | T:
        if held is None:
            return self
        found = self._work_out(held)
        held.__dict__[self._name] = found  # found there first from now on
        return found


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
