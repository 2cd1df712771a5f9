"""Conditions of a plan in the terms of the results: ``duration_s >= 30``, ``queue in 宽带, 资费``, ``criterion.taboo = fail``.

A name is a column of the results (`total`, `silence_longest_s`, `band` …), a piece of metadata (`agent`, `queue` …),
``criterion.ID`` (its outcome), or ``hour``, ``day``, ``weekday`` … of the beginning: `frame` says which there are. A value
that is missing fulfils no condition but ``is missing``. Dates are compared as text: ``day <= 2026-11-30`` takes the whole
of that day, ``started_at <= 2026-11-30`` none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isnan
from typing import NamedTuple, TypeAlias

from qa_speech.errors import ConfigError, problem

Value: TypeAlias = str | float | None
Values: TypeAlias = Mapping[str, Value]

_SHAPE = re.compile(
    r"\s*(?P<name>[\w.:-]+)\s*(?P<operator><=|>=|!=|=|<|>|\bnot in\b|\bin\b|\bis missing\b)\s*(?P<value>.*?)\s*"
)


class Condition(NamedTuple):
    """One condition as written, taken apart; `wanted` holds the values of a list."""

    text: str
    name: str
    operator: str
    wanted: tuple[str, ...]

    def holds(self, values: Values) -> bool:
        """Whether a call fulfils it.

        >>> condition("duration_s >= 30").holds({"duration_s": 31.5})
        True
        """
        value = values.get(self.name)
        if self.operator == "is missing":
            return value is None or value == ""
        if value is None:
            return False
        if self.operator in ("in", "="):
            return any(_same(value, wanted) for wanted in self.wanted)
        if self.operator in ("not in", "!="):
            return not any(_same(value, wanted) for wanted in self.wanted)
        return _compared(value, self.operator, self.wanted[0])


def _same(value: str | float, wanted: str) -> bool:
    if isinstance(value, str):
        return value == wanted
    number = _number(wanted)
    return number is not None and float(value) == number


def _number(text: str) -> float | None:
    """A text as a number; None where it is none, ``nan`` included: it is neither above nor below anything."""
    try:
        number = float(text)
    except ValueError:
        return None
    if isnan(number):
        return None
    return number


def _compared(value: str | float, operator: str, wanted: str) -> bool:
    """Numbers as numbers, anything else (dates in ISO form) as text."""
    bound = _number(wanted)
    number = _number(value) if isinstance(value, str) else float(value)
    if bound is not None and number is not None:
        return _ordered(number > bound, number == bound, operator)
    return _ordered(str(value) > wanted, str(value) == wanted, operator)


def _ordered(above: bool, same: bool, operator: str) -> bool:
    if operator == "<=":
        return not above
    if operator == ">=":
        return above or same
    if operator == "<":
        return not above and not same
    return above


def condition(text: str) -> Condition:
    """Take one condition apart.

    Raises
    ------
    ConfigError
        It is none; the message says what one looks like.

    Examples
    --------
    >>> condition("queue in 宽带, 资费").wanted
    ('宽带', '资费')
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        what = problem(
            "{text!r} is no condition; expected NAME, one of = != < <= > >= in, not in, is missing, and a value",
            text=text,
        )
        raise ConfigError("plan", [what])
    operator, rest = match["operator"], match["value"]
    if operator == "is missing":
        if rest:
            raise ConfigError("plan", [problem("{text!r}: nothing may follow `is missing`", text=text)])
        return Condition(text, match["name"], operator, ())
    wanted: tuple[str, ...] = (rest,)
    if operator in ("in", "not in"):
        wanted = tuple(part.strip() for part in rest.split(","))
    if not all(wanted):
        raise ConfigError(
            "plan", [problem("{text!r}: a value is missing after {operator}", text=text, operator=operator)]
        )
    if operator in ("<", "<=", ">", ">=") and len(wanted) > 1:
        raise ConfigError("plan", [problem("{text!r}: {operator} takes one value", text=text, operator=operator)])
    return Condition(text, match["name"], operator, wanted)


def all_hold(conditions: Iterable[Condition], values: Values) -> bool:
    """Whether a call fulfils every condition."""
    return all(one.holds(values) for one in conditions)
