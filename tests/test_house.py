"""The plan of the house: no import circle of any kind, and own modules at the top of a file.

Counted are all imports, those inside functions and those for types alone included. import-linter (`make lint`) watches who
may import whom; this watches what it does not look at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "qa_speech"
LIGHT = {
    "abc", "bisect", "collections", "contextlib", "csv", "dataclasses", "datetime", "enum", "functools", "hashlib",
    "importlib", "io", "itertools", "json", "locale", "math", "msgspec", "operator", "os", "pathlib", "re", "shutil",
    "string", "sys", "tempfile", "time", "typing", "unicodedata", "__future__",
}  # fmt: skip
"""Modules that cost next to nothing: a file that imports these alone is imported at the top."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the package with its file."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(node: ast.AST) -> Iterator[str]:
    """Modules that an import statement names; submodules by their own name."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if whole in modules() else node.module


@cache
def arrows() -> dict[str, frozenset[str]]:
    """Own modules that each module imports, anywhere in it."""
    found = {}
    for name, path in modules().items():
        every = (one for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for one in imported(node))
        found[name] = frozenset(one for one in every if one in modules() and one != name)
    return found


def circles(graph: dict[str, frozenset[str]]) -> list[list[str]]:
    """Ways that lead back to where they began, one for each module on such a way."""
    found = []
    for start in graph:
        seen: dict[str, str] = {}
        waiting = [(start, target) for target in graph[start]]
        while waiting:
            before, here = waiting.pop()
            if here in seen:
                continue
            seen[here] = before
            waiting += [(here, target) for target in graph.get(here, ())]
        if start in seen:
            way = [start]
            while len(way) < 2 or way[-1] != start:
                way.append(seen[way[-1]])
            found.append(way[::-1])
    return found


def test_no_module_imports_itself_by_detours() -> None:
    assert circles(arrows()) == []


def test_a_circle_would_be_found() -> None:
    graph = {"a": frozenset(("b",)), "b": frozenset(("c",)), "c": frozenset(("a",)), "d": frozenset(("a",))}

    assert [way[0] for way in circles(graph)] == ["a", "b", "c"]
    assert circles(graph)[0] == ["a", "b", "c", "a"]


@cache
def heavy(name: str) -> bool:
    """Whether importing a module loads more than the light ones, itself or through what it imports at its top."""
    tree = ast.parse(modules()[name].read_text(encoding="utf-8"))
    for node in _at_the_top(tree):
        for one in imported(node):
            if one in modules():
                if one != name and heavy(one):
                    return True
            elif one.partition(".")[0] not in LIGHT:
                return True
    return False


def _at_the_top(tree: ast.Module) -> Iterator[ast.AST]:
    """Import statements that run when the module is imported."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom))


FREE = ("qa_speech.cli", "qa_speech.testing")
"""Rooms that import inside functions as they like: the command line for its start, the kit of tests."""


@pytest.mark.parametrize("name", sorted(modules()))
def test_light_modules_of_our_own_are_imported_at_the_top(name: str) -> None:
    if name == PACKAGE or name.startswith(FREE):
        return
    tree = ast.parse(modules()[name].read_text(encoding="utf-8"))
    inside = []
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                inside += [one for one in imported(node) if one in modules() and not heavy(one)]

    assert inside == [], "imported inside a function although nothing heavy hides behind them"
