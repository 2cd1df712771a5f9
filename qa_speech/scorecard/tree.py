"""The text of a scorecard as a tree, strict: what YAML can do and a scorecard must not is refused before it is built.

The file is a stranger's until proven otherwise. It is read as a stream of events, and anchors, aliases, tags,
duplicate keys, non-text keys, more than one document, nesting over 20 and more than 50,000 values are refused.
Plain scalars are typed as in YAML 1.2, so `no` is a word, `12:30` is text and `010` is ten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from qa_speech.errors import problem

MAX_DEPTH = 20
MAX_VALUES = 200_000

Tree: TypeAlias = Any
"""dict, tuple, str, int, float, bool or None, as YAML gives them."""
Where: TypeAlias = tuple[str | int, ...]

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_BASED = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?")
_DOT_OF_A_WORD = re.compile(r"\.(?=[a-zA-Z])")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class Problem(NamedTuple):
    """Something wrong with a file: in which line, where in the tree, and what."""

    line: int
    where: str
    what: str


class Composed(NamedTuple):
    """A tree, the line of each of its keys and values, and what was wrong with the text."""

    tree: Tree
    lines: Mapping[Where, int]
    problems: list[Problem]


class _Builder:
    """Folds parser events into a tree, and notes the line of every key and value."""

    def __init__(self) -> None:
        self.lines: dict[Where, int] = {}
        self.found: list[Problem] = []
        self.values = 0
        self.documents = 0

    def problem(self, event: Any, where: Where, what: str) -> None:
        self.found.append(Problem(_line(event), dotted(where), what))

    def node(self, events: Iterator[Any], event: Any, where: Where) -> Tree:
        import yaml

        self.values += 1
        if self.values > MAX_VALUES:
            raise _TooMuch(
                event, problem("more than {most:,} values; a scorecard never has that many", most=MAX_VALUES)
            )
        if len(where) > MAX_DEPTH:
            raise _TooMuch(event, problem("nested deeper than {most} levels", most=MAX_DEPTH))
        self.lines.setdefault(where, _line(event))
        if isinstance(event, yaml.AliasEvent):
            self.problem(event, where, problem("alias *{name} is not allowed; write the value out", name=event.anchor))
            return None
        if event.anchor is not None:
            self.problem(event, where, problem("anchor &{name} is not allowed", name=event.anchor))
        if event.tag is not None and event.tag != "!":
            self.problem(event, where, problem("tag {name} is not allowed", name=event.tag))
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, where)
        return self.mapping(events, where)

    def sequence(self, events: Iterator[Any], where: Where) -> tuple[Tree, ...]:
        import yaml

        values: list[Tree] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self.node(events, event, (*where, len(values))))
        return tuple(values)

    def mapping(self, events: Iterator[Any], where: Where) -> dict[str, Tree]:
        import yaml

        values: dict[str, Tree] = {}
        first: dict[str, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
                key = event.value
            else:
                self.problem(event, where, problem("a key must be plain text"))
                self.node(events, event, (*where, "?"))
                key = "?"
            line = _line(event)
            value = self.node(events, next(events), (*where, key))
            if key in first:
                self.problem(
                    event,
                    (*where, key),
                    problem("key {key!r} is given twice; first on line {line}", key=key, line=first[key]),
                )
            else:
                first[key] = self.lines[(*where, key)] = line
                values[key] = value
        return values


class _TooMuch(Exception):
    """Stops the reading: what follows could be endless."""

    def __init__(self, event: Any, what: str) -> None:
        super().__init__(what)
        self.line = _line(event)
        self.what = what


def _line(event: Any) -> int:
    """The number of the line that an event begins on, from 1."""
    return int(event.start_mark.line) + 1


def composed(data: bytes) -> Composed:
    r"""The tree of a file, or what is wrong with its text.

    >>> composed(b"id: tiny\nversion: 010").tree
    {'id': 'tiny', 'version': 10}
    """
    import yaml

    builder = _Builder()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        what = problem("not UTF-8 (byte 0x{data:02x}); save the file as UTF-8", data=data[exc.start])
        return Composed(None, {}, [Problem(line, "file", what)])
    tree: Tree = None
    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                builder.documents += 1
                if builder.documents > 1:
                    raise _TooMuch(event, problem("more than one document; a file holds one scorecard"))
                tree = builder.node(events, next(events), ())
    except _TooMuch as exc:
        builder.found.append(Problem(exc.line, "file", exc.what))
    except yaml.YAMLError as exc:
        builder.found.append(_syntax(exc))
    if not builder.found and not isinstance(tree, dict):
        builder.found.append(Problem(1, "file", problem("expected a mapping that begins with id: and version:")))
    return Composed(tree, builder.lines, builder.found)


def _syntax(exc: Exception) -> Problem:
    """What the parser says, and where: marked errors know the place, errors of single characters do not."""
    import yaml

    if isinstance(exc, yaml.reader.ReaderError):
        return Problem(1, "file", problem("not YAML: {reason}", reason=exc.reason))
    if not isinstance(exc, yaml.MarkedYAMLError):
        return Problem(1, "file", problem("not YAML: {reason}", reason=exc))
    mark = exc.problem_mark or exc.context_mark
    return Problem(
        mark.line + 1 if mark is not None else 1, "file", problem("not YAML: {reason}", reason=exc.problem or exc)
    )


def _scalar(text: str) -> Tree:
    """A plain scalar, typed by the core schema of YAML 1.2; what is no number of sane length stays text."""
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text) or _SPECIAL.fullmatch(text):
        # float() knows inf and nan in any case, but not with a dot before them
        return float(_DOT_OF_A_WORD.sub("", text))
    return text


def dotted(where: Where) -> str:
    """A place in the tree as people write it; list places count from 1.

    >>> dotted(("sections", 0, "title"))
    'sections[1].title'
    """
    text = ""
    for part in where:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        elif text:
            text += f".{part}"
        else:
            text = part
    return text or "file"
