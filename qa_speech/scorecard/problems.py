"""From a tree to a `Scorecard`, or to the whole list of what is wrong with it, in plain words. Loads pydantic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from qa_speech.errors import problem, with_hint
from qa_speech.scorecard.model import Scorecard
from qa_speech.scorecard.tree import Problem, Tree, Where
from qa_speech.validation import keys_of, unknown_key, wrong


class _Found(NamedTuple):
    """A problem by its place in the tree."""

    where: Where
    what: str


def validated(tree: Tree, lines: Mapping[Where, int], *, sha256: str) -> tuple[Scorecard | None, list[Problem]]:
    """The scorecard of a tree, with the hash of its file; or None and every problem in the order of the file.

    `lines` holds the number of the line, from 1, of each place.
    """
    found: list[_Found] = []
    card = None
    try:
        card = Scorecard.model_validate(tree, context={"sha256": sha256})
    except ValidationError as exc:
        for error in exc.errors(include_url=False):
            if _is_real(error):
                found.append(_Found(_place(error, tree), _words(error)))
    except RecursionError:
        found.append(_Found((), problem("nested too deeply")))
    found += _across(tree)
    if not found:
        return card, []
    problems = [Problem(_line(where, lines), _named(where, tree), what) for where, what in found]
    return None, sorted(problems)


def _is_real(error: ErrorDetails) -> bool:
    """A list whose items are wrong is not also too short, whatever is left of it after checking."""
    if error["type"] != "too_short":
        return True
    return bool(len(error["input"]) < error["ctx"]["min_length"])


def _place(error: ErrorDetails, tree: Tree) -> Where:
    """Where the problem stands in the file; a short form that was spelt out for checking stands where it was written."""
    where: Where = tuple(error["loc"])
    held: Any = tree
    for depth, part in enumerate(where):
        if not isinstance(held, dict | tuple):
            return where[:depth]
        held = _held(held, part)
    return where


def _words(error: ErrorDetails) -> str:
    """What is wrong, in plain words."""
    if error["type"] == "extra_forbidden":
        keys = [part for part in error["loc"] if isinstance(part, str)]
        return _unknown_key(tuple(keys), str(error["loc"][-1]))
    return wrong(error)


@lru_cache(maxsize=500)
def _unknown_key(path: tuple[str, ...], key: str) -> str:
    return unknown_key(key, _keys(path[:-1]))


def _keys(path: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that may stand in the mapping at `path`."""
    model: type[BaseModel] = Scorecard
    for part in path:
        below = _model_under(model, part)
        if below is None:
            return ()
        model = below
    return keys_of(model)


def _model_under(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The model of what stands under a key."""
    for name, field in model.model_fields.items():
        if key == (field.alias or name):
            return next(_models(field.annotation), None)
    return None


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _across(tree: Tree) -> list[_Found]:
    """What two places far apart have to agree on: ids used once, tests that name what exists."""
    found: list[_Found] = []
    first: dict[str, Where] = {}
    criteria: set[str] = set()
    for identified in _ids(tree.get("sections"), ("sections",)):
        name = identified.id
        if name in first:
            what = problem("id {name!r} is used twice; first at {named}", name=name, named=_named(first[name], tree))
            found.append(_Found((*identified.where, "id"), what))
        first.setdefault(name, identified.where)
        if identified.is_criterion:
            criteria.add(name)
    alarms: set[str] = set()
    for index, alarm in _mappings(tree.get("alarms")).items():
        rings = alarm.get("id")
        if isinstance(rings, str):
            if rings in alarms:
                found.append(_Found(("alarms", index, "id"), problem("two alarms have the id {rings!r}", rings=rings)))
            alarms.add(rings)
    return found + _across_tests(tree, sorted(criteria), sorted(alarms))


def _across_tests(tree: Tree, criteria: list[str], alarms: list[str]) -> list[_Found]:
    """Names of tests, and the criteria, alarms and bands that tests speak of."""
    found: list[_Found] = []
    bands = [band.get("name") for band in _mappings(tree.get("bands")).values()]
    names: set[str] = set()
    for index, test in _mappings(tree.get("tests")).items():
        where: Where = ("tests", index)
        name = test.get("name")
        if isinstance(name, str):
            if name in names:
                found.append(_Found((*where, "name"), problem("two tests are called {name!r}", name=name)))
            names.add(name)
        wanted = test.get("expect")
        if isinstance(wanted, dict):
            for key in wanted:
                if key not in criteria:
                    found.append(
                        _Found(
                            (*where, "expect", key), with_hint(problem("no criterion {key!r}", key=key), key, criteria)
                        )
                    )
        for number, name in enumerate(_list(test.get("alarms"))):
            if isinstance(name, str) and name not in alarms:
                found.append(
                    _Found((*where, "alarms", number), with_hint(problem("no alarm {name!r}", name=name), name, alarms))
                )
        band = test.get("band")
        if isinstance(band, str) and band not in bands:
            found.append(
                _Found((*where, "band"), problem("no band {band!r}; there are: {bands}", band=band, bands=bands))
            )
    return found


class _Identified(NamedTuple):
    """A section or criterion of the tree."""

    where: Where
    id: str
    is_criterion: bool


def _ids(sections: Tree, where: Where) -> Iterator[_Identified]:
    for index, section in _mappings(sections).items():
        place = (*where, index)
        name = section.get("id")
        if isinstance(name, str):
            yield _Identified(place, name, False)
        for number, criterion in _mappings(section.get("criteria")).items():
            name = criterion.get("id")
            if isinstance(name, str):
                yield _Identified((*place, "criteria", number), name, True)
        yield from _ids(section.get("sections"), (*place, "sections"))


def _mappings(value: Tree) -> dict[int, dict[str, Tree]]:
    """The mappings in a list, by their index; what else stands in it is complained about elsewhere."""
    return {index: held for index, held in enumerate(_list(value)) if isinstance(held, dict)}


def _list(value: Tree) -> tuple[Tree, ...]:
    return value if isinstance(value, tuple) else ()


def _line(where: Where, lines: Mapping[Where, int]) -> int:
    """The number of the line, from 1, of the nearest thing that stands in the file."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def _named(where: Where, tree: Tree) -> str:
    """A path a person finds: list places by their id or name, else by number."""
    text = ""
    held = tree
    for part in where:
        held = _held(held, part)
        if isinstance(part, int):
            name = _name_of(held)
            text += f"[{part + 1 if name is None else name}]"
        elif text:
            text += f".{part}"
        else:
            text = part
    return text or "file"


def _name_of(held: Tree) -> str | None:
    """The id or name of a mapping, where it has one that can be shown."""
    if not isinstance(held, dict):
        return None
    name = held.get("id", held.get("name"))
    return name if isinstance(name, str) and len(name) <= 64 else None


def _held(tree: Tree, part: str | int) -> Tree:
    """What stands under a key or at a place of a list; None for nothing."""
    if isinstance(tree, dict):
        return tree.get(part)
    if isinstance(part, int) and part < len(_list(tree)):
        return tree[part]
    return None
