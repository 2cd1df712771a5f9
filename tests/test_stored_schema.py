"""The published JSON Schema is that of the types, and what the library writes is valid under it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from qa_speech.call import Acoustics, Annotation, Call, Finding, OtherSound, Role, StrayWord, Word
from qa_speech.documents import encode
from qa_speech.scores import CriterionScore, Evidence, Score, SectionScore
from qa_speech.testing import make_call

DOCS = Path(__file__).parent.parent / "docs"


def maker() -> Any:
    spec = importlib.util.spec_from_file_location("make_schema", DOCS / "make_schema.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["call.schema.json", "score.schema.json", "service.schema.json", "schema.md", "zh/schema.md"]
)
def test_the_published_files_are_those_of_the_types(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == maker().files()[name], "run: python docs/make_schema.py"


def problems(value: Any, node: dict[str, Any], root: dict[str, Any], where: str = "") -> list[str]:
    """What is wrong with a value under the part of JSON Schema that the published files use."""
    if "$ref" in node:
        return problems(value, root["$defs"][node["$ref"].rpartition("/")[2]], root, where)
    if "anyOf" in node:
        tried = [problems(value, one, root, where) for one in node["anyOf"]]
        return [] if [] in tried else tried[0]
    if "enum" in node:
        return [] if value in node["enum"] else [f"{where}: {value!r} not in {node['enum']}"]
    kinds = {
        "string": str,
        "number": (int, float),
        "integer": int,
        "boolean": bool,
        "null": type(None),
        "array": list,
        "object": dict,
    }
    if "type" in node and not isinstance(value, kinds[node["type"]]):
        return [f"{where}: {value!r} is not {node['type']}"]
    found: list[str] = []
    if isinstance(value, list):
        parts = node.get("prefixItems") or [node.get("items") or {}] * len(value)
        found += [f"{where}: too long"] if len(value) > node.get("maxItems", len(value)) else []
        found += [
            one
            for i, (item, part) in enumerate(zip(value, parts, strict=False))
            for one in problems(item, part, root, f"{where}[{i}]")
        ]
    if isinstance(value, dict):
        known, more = node.get("properties", {}), node.get("additionalProperties")
        found += [f"{where}: no {name}" for name in node.get("required", ()) if name not in value]
        found += [f"{where}: {name} is not in the schema" for name in value if name not in known and not more]
        found += [
            one
            for name, item in value.items()
            for one in problems(item, known.get(name) or more or {}, root, f"{where}.{name}")
        ]
    return found


def full_call() -> Call:
    call = make_call("agent@0-2: 您好", "customer@3-6: 话费", agent=[(8, 9)], metadata={"queue": "话费"})
    recording = msgspec.structs.replace(
        call.recording, findings=(Finding("crosstalk", 2, -30.0, "dB"), Finding("mono"))
    )
    return msgspec.structs.replace(
        call,
        recording=recording,
        sounds=(OtherSound("music", Role.AGENT, 7.0, 7.5),),
        stray=(StrayWord(Role.AGENT, Word("嗯", 9.5, 9.6), "no_utterance"),),
        acoustics=(Acoustics(-20.0, 180.0, 4.0, 6, 25.0), Acoustics(), Acoustics()),
        annotations={"politeness": Annotation("m", "h", "t", ("a", "b"), ((0,), (1,)), ((0.1, 0.9), (0.5, 0.5)))},
        warnings=("demo_model",),
    )


def full_score() -> Score:
    evidence = (Evidence("quote", 0.0, 1.0, Role.AGENT, "您好", "x", 0), Evidence("absence", 0.0, 2.0))
    criterion = CriterionScore(
        "a", "A", "s", "fail", 0.0, 5.0, ("mono",), True, "form", "major", ("t",), evidence, "r", {"k": None, "n": 1.5}
    )
    section = SectionScore("s", "S", 1.0, 0.0, 5.0, None)
    return Score("c", "card", 1, "", (criterion,), (section,), None, 1.0, 0.5, tags={"t": None})


@pytest.mark.parametrize(("name", "item"), [("call", full_call()), ("score", full_score())])
def test_what_is_written_is_valid(name: str, item: Call | Score) -> None:
    root = json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))

    assert problems(json.loads(encode(item)), root, root) == []


def test_the_schema_refuses_what_the_library_refuses() -> None:
    root = json.loads((DOCS / "call.schema.json").read_text(encoding="utf-8"))
    broken = json.loads(encode(full_call()))
    broken["recording"]["layout"] = "three_channel"
    broken["utterances"][0]["start"] = "now"
    del broken["recording"]["id"]

    assert len(problems(broken, root, root)) == 3
