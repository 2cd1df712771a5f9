"""What the version before stored is read and judged as it was then: runs, calls, cards."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from qa_speech.call import Call
from qa_speech.documents import encode
from qa_speech.metrics import measure_all
from qa_speech.scorecard import load_scorecard, score
from qa_speech.store.reports import read_calls

BEFORE = Path(__file__).parent / "before"

UNITS_SINCE = {("recording", "dropouts"): "count"}
"""Figures that had no unit then and have one now."""


REDEFINED = ("depth", "violations")
"""Metrics that were defined anew since: an exchange is the best of its turns, rules keep to their clauses."""


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress((BEFORE / name).read_bytes()).splitlines()]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    run = tmp_path_factory.mktemp("before") / "run"
    shutil.copytree(BEFORE / "run", run)
    return list(read_calls(run))


def test_every_call_of_the_run_is_read(calls: list[Call]) -> None:
    assert [call.id for call in calls] == [line["call"] for line in lines("measurements.jsonl.gz")]


def with_units(stored: dict[str, Any]) -> dict[str, Any]:
    """A score of before, its figures with the units that have been declared since."""
    for criterion in stored["criteria"]:
        detail = criterion.get("detail", {})
        unit = UNITS_SINCE.get((detail.get("metric"), detail.get("component")))
        if unit is not None:
            assert detail["unit"] == ""
            detail["unit"] = unit
    return stored


@pytest.mark.parametrize("path", sorted((BEFORE / "scorecards").glob("*.yaml")), ids=lambda path: path.stem)
def test_scores_are_those_of_before(path: Path, calls: list[Call]) -> None:
    card = load_scorecard(path)
    before = {line["call_id"]: line for line in lines("scores.jsonl.gz") if line["scorecard_id"] == card.id}

    for call in calls:
        now, then = json.loads(encode(score(call, card))), with_units(before[call.id])
        if now["criteria"] == then["criteria"]:
            assert now == then, call.id
        for one, was in zip(now["criteria"], then["criteria"], strict=True):
            metric = was.get("detail", {}).get("metric")
            assert one == was or metric in REDEFINED, (call.id, one["id"])


def test_measurements_are_those_of_before_and_components_are_only_added(calls: list[Call]) -> None:
    before = {line["call"]: line["measurements"] for line in lines("measurements.jsonl.gz")}

    for call in calls:
        now = measure_all(call)
        assert now.keys() >= before[call.id].keys()
        for key, was in before[call.id].items():
            found = now[key]
            if key in REDEFINED:
                assert (found.unit, found.reason) == (was["unit"], was.get("reason", "")), key
                assert found.components.keys() >= was.get("components", {}).keys()
                continue
            assert (found.value, found.unit, found.reason) == (was["value"], was["unit"], was.get("reason", "")), key
            assert {name: found.components[name] for name in was.get("components", {})} == was.get("components", {}), (
                key
            )
            assert len(found.evidence) == len(was.get("evidence", [])), key
