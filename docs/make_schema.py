"""Writes the JSON Schemas of calls, scores and hand-overs, and docs/schema.md, from the types: `python docs/make_schema.py`.

docs/zh/schema.md is the same in the words of docs/schema.zh.toml. A test holds the files to the types.
"""

from __future__ import annotations

import inspect
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from qa_speech.call import SCHEMA_VERSION, Call
from qa_speech.scores import Score
from qa_speech.service.model import Line
from qa_speech.timeline import Timeline

TITLES = {
    "call": "A call as qa_speech stores it",
    "score": "A score as qa_speech stores it",
    "service": "A line of a hand-over",
}
HEAD = f"""# Stored calls and scores

Written by `python docs/make_schema.py` from the types of `qa_speech.call` and `qa_speech.scores`.
The same as JSON Schema (2020-12): [call.schema.json](call.schema.json), [score.schema.json](score.schema.json).

`qa-speech inspect` writes one file per call into `calls/` and one per score into `scores/`, UTF-8, one JSON object
each. `read_calls(path)` reads them back: a file, a `.jsonl` with one call per line, or a folder.

* **Version.** `schema_version` is {SCHEMA_VERSION}. Within a version fields are only added; a reader ignores those it does not know
  and refuses a newer version. A field that is left out has its default.
* **Times** are seconds from the first sample, half-open `[start, end)`. Other units are in the name (`_ms`, `_hz`, `_db`).
  With `"times": "nominal"` the call came from a transcript without times: they keep the order and mean nothing else.
* **Missing** is `null`, never 0 or NaN, and a `reason` code stands beside it. NaN and infinity are refused.
* **Roles** are `agent`, `customer` and `unknown`. `speech` holds one list of `[start, end]` per role: sorted, disjoint.
* **Evidence** points at what a person can check: words that were said, a stretch of time, or the span searched in vain.
* **Codes** (`reason`, `note`, `review`, findings) are stable names; `qa_speech.wording` turns them into sentences. The
  codes of figures are listed in [metrics.md](metrics.md), those of criteria in the module `qa_speech.scorecard.score` and, operator
  by operator with the keys of `detail`, in the files of `qa_speech.scorecard.checks` (`REASONS`).
* **Derived** values are no facts: what the rules say of the call and its figures, kept so that it is judged again faster. Each
  has the hash of all that it was made from as its `key`; a reader that finds another one works it out anew. They may quote
  what was said, and may be left out.
* `sha256` of the recording and `made_with` (engines, versions, settings) say what a call was made from and how.
"""


def _hook(kind: type) -> dict[str, Any]:
    if kind is Timeline:
        span = {"type": "array", "prefixItems": [{"type": "number", "minimum": 0}] * 2, "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": span}
    raise NotImplementedError(kind)


def _clean(node: Any) -> Any:
    """Docstrings without their indentation and without their examples, which are of Python and not of JSON."""
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    cleaned = {}
    for key, item in node.items():
        cleaned[key] = _described(item) if key == "description" else _clean(item)
    return cleaned


def _described(docstring: str) -> str:
    text = inspect.cleandoc(docstring)
    for end in ("\n\nRaises\n", "\n\n>>> "):
        text, _, _ = text.partition(end)
    return text


def schema(kind: type, title: str) -> dict[str, Any]:
    """The JSON Schema of a stored type."""
    made = msgspec.json.schema(kind, schema_hook=_hook)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return {**head, **_clean(made)}


class Words(NamedTuple):
    """What a page says around the types, in its language."""

    head: str
    types: Mapping[str, str]
    columns: str
    required: str
    left_out: str
    one_of: str
    either: str
    list_of: str
    map_to: str
    text: str
    number: str
    integer: str
    boolean: str


def _english() -> Words:
    described = {name: node.get("description", "") for name, node in _types().items()}
    return Words(
        HEAD, described, "| field | type | default |", "required", "left out", "One of {}.", " or ", "list of {}",
        "map to {}", "text", "number", "integer", "boolean",
    )  # fmt: skip


def _chinese() -> Words:
    told = tomllib.loads(Path(__file__).with_name("schema.zh.toml").read_text(encoding="utf-8"))
    described = {name: text.strip() for name, text in told["types"].items()}
    return Words(
        told["head"].strip().replace("{version}", str(SCHEMA_VERSION)) + "\n", described, "| 字段 | 类型 | 默认值 |",
        "必有", "可以没有", "取其一：{}。", " 或 ", "{}的列表", "名字到{}的对应", "文字", "数", "整数", "真假",
    )  # fmt: skip


def _types() -> dict[str, Any]:
    known: dict[str, Any] = {}
    for kind in (Call, Score):
        known |= schema(kind, "")["$defs"]
    return known


def _name(node: dict[str, Any], words: Words) -> str:
    """A type in words: text, number or null, list of Word."""
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in node:
        return " · ".join(f"`{item}`" for item in node["enum"])
    if "anyOf" in node:
        return words.either.join([_name(item, words) for item in node["anyOf"]])
    kind = node.get("type", "any")
    if kind == "array":
        if "prefixItems" in node:
            return "[" + ", ".join([_name(item, words) for item in node["prefixItems"]]) + "]"
        return words.list_of.format(_name(node.get("items") or {}, words))
    if kind == "object" and "additionalProperties" in node:
        return words.map_to.format(_name(node["additionalProperties"], words))
    plain = {"string": words.text, "number": words.number, "integer": words.integer, "boolean": words.boolean}
    return plain.get(kind, str(kind))


def page(words: Words) -> str:
    """The text of docs/schema.md, or of docs/zh/schema.md."""
    parts = [words.head]
    for name, node in _types().items():
        parts.append(f"## {name}\n\n{words.types[name]}\n")
        if "properties" not in node:
            parts.append(words.one_of.format(_name(node, words)) + "\n")
            continue
        required = node.get("required", ())
        rows = [words.columns, "|---|---|---|"]
        for field, item in node["properties"].items():
            default = words.left_out
            if field in required:
                default = words.required
            elif "default" in item:
                default = f"`{json.dumps(item['default'], ensure_ascii=False)}`"
            rows.append(f"| `{field}` | {_name(item, words)} | {default} |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def files() -> dict[str, str]:
    """Every file this program writes, by name."""
    made = {
        f"{name}.schema.json": json.dumps(schema(kind, TITLES[name]), ensure_ascii=False, indent=1) + "\n"
        for name, kind in (("call", Call), ("score", Score))
    }
    line = schema(Line, TITLES["service"])
    made["service.schema.json"] = json.dumps(line, ensure_ascii=False, indent=1) + "\n"
    return {**made, "schema.md": page(_english()), "zh/schema.md": page(_chinese())}


if __name__ == "__main__":
    for name, text in files().items():
        (Path(__file__).parent / name).write_text(text, encoding="utf-8")
