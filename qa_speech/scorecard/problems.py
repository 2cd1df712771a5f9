"""From a tree to a `Scorecard`, or to the whole list of what is wrong with it, in plain words. Loads pydantic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, ValidationError

from qa_speech.scorecard.model import Scorecard
from qa_speech.scorecard.schema import Tree, Where

Problem: TypeAlias = tuple[int, str, str]

_PLAIN = {
    "missing": "required, but missing",
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "tuple_type": "expected a list",
    "model_type": "expected a mapping (key: value)",
    "model_attributes_type": "expected a mapping (key: value)",
    "mapping_type": "expected a mapping (key: value)",
    "finite_number": "expected a finite number",
    "date_type": "expected a date like 2026-01-31",
}
_ID_PATTERN = "expected an id of lower-case letters, digits, '-', '_' or '.', up to 64"


def validated(tree: Tree, lines: Mapping[Where, int]) -> tuple[Scorecard | None, list[Problem]]:
    """The scorecard, or None and every problem in the order of the file."""
    found: list[tuple[Where, str]] = []
    card = None
    try:
        card = Scorecard.model_validate(tree)
    except ValidationError as exc:
        found += [(_place(error, tree), _words(error)) for error in exc.errors(include_url=False) if _real(error)]
    except RecursionError:
        found.append(((), "nested too deeply"))
    found += _across(tree)
    problems = [(_line(where, lines), _named(where, tree), what) for where, what in found]
    return (None if problems else card), sorted(problems)


def _real(error: Any) -> bool:
    """A list whose items are wrong is not also too short, whatever is left of it after checking."""
    return bool(error["type"] != "too_short" or len(error["input"]) < error["ctx"]["min_length"])


def _place(error: Any, tree: Tree) -> Where:
    """Where the problem stands in the file; a short form that was spelt out for checking stands where it was written."""
    where: Where = tuple(error["loc"])
    held: Any = tree
    for depth, part in enumerate(where):
        if not isinstance(held, dict | tuple):
            return where[:depth]
        held = held[part] if _holds(held, part) else None  # type: ignore[index]
    return where


def _words(error: Any) -> str:
    where, kind, given = tuple(error["loc"]), error["type"], error.get("input")
    if kind == "extra_forbidden":
        return _unknown_key(tuple(item for item in where if isinstance(item, str)), str(where[-1]))
    if kind == "missing":
        return _PLAIN[kind]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        return f"{_ID_PATTERN}; got {_shown(given)}"
    if kind in _PLAIN:
        return f"{_PLAIN[kind]}, got {_shown(given)}"
    message = error["msg"].replace("Tuple", "the list").replace("Input", "it").replace("String", "the text")
    return f"{message[0].lower()}{message[1:]}; got {_shown(given)}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "…")
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=500)
def _unknown_key(path: tuple[str, ...], key: str) -> str:
    known = _keys(path[:-1])
    close = get_close_matches(key[:80], known, 1, 0.5)
    shown = key if len(key) <= 60 else key[:57] + "…"
    hint = f"; did you mean {close[0]!r}?" if close else f"; here may stand: {', '.join(known)}" if known else ""
    return f"unknown key {shown!r}{hint}"


def _keys(path: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that may stand in the mapping at `path`."""
    model: type[BaseModel] | None = Scorecard
    for part in path:
        if model is None:
            return ()
        field = next((item for name, item in model.model_fields.items() if part == (item.alias or name)), None)
        model = next(_models(field.annotation), None) if field is not None else None
    if model is None:
        return ()
    return tuple(item.alias or name for name, item in model.model_fields.items())


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for item in get_args(annotation):
        yield from _models(item)


def _across(tree: Tree) -> list[tuple[Where, str]]:
    """What two places far apart have to agree on: ids used once, tests that name what exists."""
    found: list[tuple[Where, str]] = []
    first: dict[str, Where] = {}
    criteria: set[str] = set()
    for where, kind, item in _ids(tree.get("sections"), ("sections",)):
        if item in first:
            found.append(((*where, "id"), f"id {item!r} is used twice; first at {_named(first[item], tree)}"))
        first.setdefault(item, where)
        if kind == "criteria":
            criteria.add(item)
    names: set[str] = set()
    for index, test in enumerate(_list(tree.get("tests"))):
        if not isinstance(test, dict):
            continue
        name = test.get("name")
        if isinstance(name, str) and name in names:
            found.append((("tests", index, "name"), f"two tests are called {name!r}"))
        names.add(name) if isinstance(name, str) else None
        wanted = test.get("expect")
        for key in wanted if isinstance(wanted, dict) else ():
            if key not in criteria:
                close = get_close_matches(key, sorted(criteria), 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                found.append((("tests", index, "expect", key), f"no criterion {key!r}{hint}"))
        bands = [item.get("name") for item in _list(tree.get("bands")) if isinstance(item, dict)]
        if isinstance(test.get("band"), str) and test["band"] not in bands:
            found.append((("tests", index, "band"), f"no band {test['band']!r}; there are: {bands}"))
    return found


def _ids(sections: Tree, where: Where) -> Iterator[tuple[Where, str, str]]:
    for index, section in enumerate(_list(sections)):
        if not isinstance(section, dict):
            continue
        place = (*where, index)
        if isinstance(section.get("id"), str):
            yield place, "sections", section["id"]
        for number, item in enumerate(_list(section.get("criteria"))):
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                yield (*place, "criteria", number), "criteria", item["id"]
        yield from _ids(section.get("sections"), (*place, "sections"))


def _list(value: Tree) -> tuple[Tree, ...]:
    return value if isinstance(value, tuple) else ()


def _line(where: Where, lines: Mapping[Where, int]) -> int:
    """The line of the nearest thing that stands in the file."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def _named(where: Where, tree: Tree) -> str:
    """A path a person finds: list places by their id or name, else by number."""
    text = ""
    for part in where:
        tree = tree[part] if _holds(tree, part) else None
        if isinstance(part, int):
            name = tree.get("id", tree.get("name")) if isinstance(tree, dict) else None
            text += f"[{name}]" if isinstance(name, str) and len(name) <= 64 else f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text or "file"


def _holds(tree: Tree, part: str | int) -> bool:
    return part in tree if isinstance(tree, dict) else isinstance(part, int) and part < len(_list(tree))
