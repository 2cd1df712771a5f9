"""Read a scorecard: YAML → `Scorecard`, strict, with every problem at once as ``file:line: where: what``.

The file is a stranger's until proven otherwise. It is read as a stream of events, and anchors, aliases, tags,
duplicate keys, non-text keys, more than one document, nesting over 20 and more than 50,000 values are refused
before anything is built. Plain scalars are typed as in YAML 1.2, so `no` is a word, `12:30` is text and `010` is ten.
Nothing in a scorecard is ever executed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from qa_speech.errors import ConfigError

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
MAX_VALUES = 50_000

Tree: TypeAlias = Any
"""dict, tuple, str, int, float, bool or None, as YAML gives them."""
Where: TypeAlias = tuple[str | int, ...]

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_BASED = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def load_scorecard(source: str | Path) -> Scorecard:
    """Read and check a scorecard.

    Parameters
    ----------
    source : str or Path
        A file, or the YAML text itself (a str with a line break).

    Returns
    -------
    Scorecard
        Frozen, with `sha256` of its bytes.

    Raises
    ------
    ConfigError
        The file cannot be read or is wrong; `problems` lists everything found as ``file:line: where: what``.

    Examples
    --------
    >>> card = load_scorecard('''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
    ... ''')
    >>> card.id, [item.id for item in card.criteria]
    ('tiny', ['greeting'])
    """
    from qa_speech.scorecard.problems import validated

    name, data = _read(source)
    tree, lines, found = _compose(data)
    if found:
        raise ConfigError(name, [f"{name}:{line}: {where}: {what}" for line, where, what in sorted(found)])
    card, problems = validated(tree, lines)
    if card is None:
        raise ConfigError(name, [f"{name}:{line}: {where}: {what}" for line, where, what in problems])
    card.__dict__["sha256"] = hashlib.sha256(data).hexdigest()
    return card


def json_schema() -> str:
    """The JSON Schema of a scorecard, for editors that complete and check YAML as it is typed.

    `scorecards/scorecard.schema.json` holds it; a scorecard names it in its first line:
    ``# yaml-language-server: $schema=scorecard.schema.json``. It knows the keys and types; `load_scorecard` checks more.
    """
    import json

    from qa_speech.scorecard.model import Scorecard

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scorecard.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _read(source: str | Path) -> tuple[str, bytes]:
    if isinstance(source, str) and "\n" in source:
        name, data = "<text>", source.encode("utf-8", "surrogatepass")
    else:
        path = Path(source)
        name = str(path)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as exc:
            raise ConfigError(name, [f"cannot be read: {exc.strerror or exc}"]) from exc
        except ValueError as exc:
            raise ConfigError(repr(name), [f"not a file name: {exc}"]) from exc
    if len(data) > MAX_BYTES:
        raise ConfigError(name, [f"{name}:1: file: larger than {MAX_BYTES:,} bytes; a scorecard never is"])
    return name, data


class _Builder:
    """Folds parser events into a tree, and notes the line of every key and value."""

    def __init__(self) -> None:
        self.lines: dict[Where, int] = {}
        self.found: list[tuple[int, str, str]] = []
        self.values = 0
        self.documents = 0

    def problem(self, event: Any, where: Where, what: str) -> None:
        self.found.append((event.start_mark.line + 1, dotted(where), what))

    def node(self, events: Iterator[Any], event: Any, where: Where) -> Tree:
        import yaml

        self.values += 1
        if self.values > MAX_VALUES:
            raise _TooMuch(event, f"more than {MAX_VALUES:,} values; a scorecard never has")
        if len(where) > MAX_DEPTH:
            raise _TooMuch(event, f"nested deeper than {MAX_DEPTH} levels")
        self.lines.setdefault(where, event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent):
            self.problem(event, where, f"alias *{event.anchor} is not allowed; write the value out")
            return None
        if event.anchor is not None:
            self.problem(event, where, f"anchor &{event.anchor} is not allowed")
        if event.tag is not None and event.tag != "!":
            self.problem(event, where, f"tag {event.tag} is not allowed")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, where)
        return self.mapping(events, where)

    def sequence(self, events: Iterator[Any], where: Where) -> tuple[Tree, ...]:
        import yaml

        items: list[Tree] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(events, event, (*where, len(items))))
        return tuple(items)

    def mapping(self, events: Iterator[Any], where: Where) -> dict[str, Tree]:
        import yaml

        items: dict[str, Tree] = {}
        first: dict[str, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
                key = event.value
            else:
                self.problem(event, where, "a key must be plain text")
                self.node(events, event, (*where, "?"))
                key = "?"
            line = event.start_mark.line + 1
            value = self.node(events, next(events), (*where, key))
            if key in first:
                self.problem(event, (*where, key), f"key {key!r} is given twice; first on line {first[key]}")
            else:
                first[key] = self.lines[(*where, key)] = line
                items[key] = value
        return items


class _TooMuch(Exception):
    """Stops the reading: what follows could be endless."""

    def __init__(self, event: Any, what: str) -> None:
        super().__init__(what)
        self.line = event.start_mark.line + 1
        self.what = what


def _compose(data: bytes) -> tuple[Tree, dict[Where, int], list[tuple[int, str, str]]]:
    import yaml

    builder = _Builder()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        return None, {}, [(line, "file", f"not UTF-8 (byte 0x{data[exc.start]:02x}); save the file as UTF-8")]
    tree: Tree = None
    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                builder.documents += 1
                if builder.documents > 1:
                    raise _TooMuch(event, "more than one document; a file holds one scorecard")
                tree = builder.node(events, next(events), ())
    except _TooMuch as exc:
        builder.found.append((exc.line, "file", exc.what))
    except yaml.YAMLError as exc:
        builder.found.append(_syntax(exc))
    if not builder.found and not isinstance(tree, dict):
        builder.found.append((1, "file", "expected a mapping that begins with id: and version:"))
    return tree, builder.lines, builder.found


def _syntax(exc: Exception) -> tuple[int, str, str]:
    mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
    what = getattr(exc, "problem", None) or getattr(exc, "reason", None) or str(exc)
    return (mark.line + 1 if mark is not None else 1), "file", f"not YAML: {what}"


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
        return float(text.replace(".inf", "inf").replace(".nan", "nan").replace(".Inf", "inf").replace(".NaN", "nan"))
    return text


def dotted(where: Where) -> str:
    """``("sections", 0, "title")`` as ``sections[1].title``; list places count from 1."""
    text = ""
    for part in where:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"
