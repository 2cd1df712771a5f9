"""What pydantic finds wrong with a file that a person wrote, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from qa_speech.errors import Problem, problem, said_by, with_hint

LONGEST_SHOWN = 60
"""Characters of a value that are shown."""
MISSING = problem("required, but missing")
WANTED: Mapping[str, Problem] = {
    "string_type": problem("expected text"),
    "int_type": problem("expected a whole number"),
    "int_parsing": problem("expected a whole number"),
    "int_from_float": problem("expected a whole number"),
    "float_type": problem("expected a number"),
    "float_parsing": problem("expected a number"),
    "bool_type": problem("expected true or false"),
    "bool_parsing": problem("expected true or false"),
    "tuple_type": problem("expected a list"),
    "list_type": problem("expected a list"),
    "model_type": problem("expected a mapping (key: value)"),
    "model_attributes_type": problem("expected a mapping (key: value)"),
    "mapping_type": problem("expected a mapping (key: value)"),
    "dict_type": problem("expected a mapping (key: value)"),
    "finite_number": problem("expected a finite number"),
    "date_type": problem("expected a date like 2026-01-31"),
    "string_pattern_mismatch": problem("expected an id of lower-case letters, digits, '-', '_' or '.', up to 64"),
}
"""Kind of error → what was expected."""
BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("gt", "it should be greater than {bound}"),
    "greater_than_equal": ("ge", "it should be greater than or equal to {bound}"),
    "less_than": ("lt", "it should be less than {bound}"),
    "less_than_equal": ("le", "it should be less than or equal to {bound}"),
    "too_short": ("min_length", "it should have at least {bound} items"),
    "too_long": ("max_length", "it should have at most {bound} items"),
    "string_too_short": ("min_length", "the text should have at least {bound} characters"),
    "string_too_long": ("max_length", "the text should have at most {bound} characters"),
    "literal_error": ("expected", "it should be {bound}"),
}


def wrong(error: ErrorDetails) -> Problem:
    """What is wrong with a value, and the value; unknown keys are those of `unknown_key`.

    >>> wrong({"type": "int_type", "loc": ("a",), "msg": "", "input": "x"})
    "expected a whole number, got 'x'"
    """
    kind, given = error["type"], error["input"]
    if kind == "missing":
        return MISSING
    if kind == "value_error":
        return problem("{what}", what=said_by(error["ctx"]["error"]))
    if kind in WANTED:
        return problem("{what}, got {given}", what=WANTED[kind], given=shown(given))
    if kind in BOUNDS:
        name, template = BOUNDS[kind]
        bound = error["ctx"][name]
        if isinstance(bound, float):
            bound = f"{bound:g}"
        return problem("{what}; got {given}", what=problem(template, bound=bound), given=shown(given))
    message = error["msg"]
    return problem("{what}; got {given}", what=f"{message[0].lower()}{message[1:]}", given=shown(given))


def unknown_key(key: str, known: Collection[str]) -> Problem:
    """A key that may not stand there: the one that was meant, or those that may.

    >>> unknown_key("pads", ("pad_s", "title"))
    "unknown key 'pads'; did you mean 'pad_s'?"
    """
    what = problem("unknown key {key!r}", key=shortened(key))
    hinted = with_hint(what, key, known)
    if hinted is what and known:
        return problem("{what}; here may stand: {known}", what=what, known=", ".join(known))
    return hinted


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a model reads."""
    return tuple([field.alias or name for name, field in model.model_fields.items()])


def shown(value: Any) -> str | Problem:
    """A value of a file, short."""
    if value is None:
        return problem("nothing")
    if isinstance(value, str):
        return repr(shortened(value))
    if isinstance(value, Mapping):
        return problem("a mapping")
    if isinstance(value, tuple | list):
        return problem("a list of {count}", count=len(value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def shortened(text: str) -> str:
    """A text, its end cut where it is long."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "…"
