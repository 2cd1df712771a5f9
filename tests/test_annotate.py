"""Annotations: made once for the words as they are, kept while true, refreshed in files and runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from qa_speech.call import Call
from qa_speech.cli import app
from qa_speech.conduct.annotate import THRESHOLD, annotate, annotate_many, annotate_stored, text_models
from qa_speech.conduct.classifier import TextModels, load_text_models
from qa_speech.conduct.passages import exchange_passages, text_hash, utterance_passages
from qa_speech.documents import decode, encode, read_calls, write_call
from qa_speech.errors import ConfigError, ModelError
from qa_speech.metrics.politeness import politeness
from qa_speech.pipeline import report
from qa_speech.store.base import calls_of
from qa_speech.store.parquet import store_at
from qa_speech.store.records import record_of
from qa_speech.testing import make_call

MODELS = load_text_models()
CALL = make_call("agent: 您好", "customer: 月租多少钱", "agent: 三十九元", "customer: 好的", call_id="one")
OTHER = make_call("customer: 宽带坏了", "agent: 你急什么", call_id="two")


def test_an_annotation_has_one_row_of_probabilities_per_text() -> None:
    made = annotate(CALL, MODELS).annotations

    assert set(made) == set(MODELS.classifiers)
    assert made["politeness"].items == tuple(passage.utterances for passage in utterance_passages(CALL))
    assert made["depth"].items == tuple(passage.utterances for passage in exchange_passages(CALL)) == ((1, 2),)
    for name in ("politeness", "violation", "depth"):
        assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in made[name].values)
        assert made[name].text_hash == text_hash(CALL)
        assert made[name].model_hash == MODELS.classifiers[name].model_hash


def test_many_calls_at_once_are_each_call_alone() -> None:
    calls = [OTHER, CALL, make_call("customer: 您好"), make_call("agent: ")] * 20
    assert list(annotate_many(calls, MODELS)) == [annotate(call, MODELS) for call in calls]


def test_what_is_true_is_kept_and_what_is_not_is_made_again() -> None:
    made = annotate(CALL, MODELS)
    assert annotate(made, MODELS) is made

    edited = msgspec.structs.replace(made, utterances=OTHER.utterances)
    assert annotate(edited, MODELS).annotations == annotate(OTHER, MODELS).annotations

    other = msgspec.structs.replace(made.annotations["depth"], model_hash="another", values=((1.0, 0, 0, 0, 0),))
    replaced = msgspec.structs.replace(made, annotations={**made.annotations, "depth": other})
    assert annotate(replaced, MODELS) == made


def test_annotations_of_unknown_names_stay() -> None:
    mine = msgspec.structs.replace(annotate(CALL, MODELS).annotations["depth"], model="mine")
    call = msgspec.structs.replace(CALL, annotations={"mine": mine})
    assert annotate(call, MODELS).annotations["mine"] == mine


def test_the_threshold_of_the_model_is_kept_with_the_call() -> None:
    assert float(annotate(CALL, MODELS).made_with[THRESHOLD]) == MODELS.classifiers["violation"].threshold


@pytest.mark.parametrize(
    "call",
    [msgspec.structs.replace(CALL, language="en"), make_call("customer: 您好"), make_call(agent=[(0, 1)], customer=[])],
)
def test_a_call_with_nothing_to_read_comes_back_as_it_is(call: Call) -> None:
    assert annotate(call, MODELS) is call


def test_an_annotated_call_survives_json() -> None:
    made = annotate(CALL, MODELS)
    assert decode(encode(made), Call) == made
    assert politeness(decode(encode(made), Call)).value == politeness(made).value is not None


def test_a_folder_is_refreshed_once(tmp_path: Path) -> None:
    for call in (CALL, OTHER):
        write_call(call, tmp_path / "calls" / f"{call.id}.json")

    assert sorted(annotate_stored(tmp_path, MODELS)) == [("one", True), ("two", True)]
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.json")}
    assert sorted(annotate_stored(tmp_path, MODELS)) == [("one", False), ("two", False)]
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.json")} == before
    assert list(read_calls(tmp_path / "calls")) == [annotate(CALL, MODELS), annotate(OTHER, MODELS)]


def test_force_makes_all_anew(tmp_path: Path) -> None:
    made = annotate(CALL, MODELS)
    wrong = msgspec.structs.replace(made.annotations["depth"], values=((1.0, 0, 0, 0, 0),))
    write_call(msgspec.structs.replace(made, annotations={**made.annotations, "depth": wrong}), tmp_path / "one.json")

    assert list(annotate_stored(tmp_path / "one.json", MODELS)) == [("one", False)]
    assert list(annotate_stored(tmp_path / "one.json", MODELS, force=True)) == [("one", True)]
    assert next(iter(read_calls(tmp_path / "one.json"))) == made


def test_lines_of_calls_are_refreshed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(encode(CALL) + b"\n\n" + encode(OTHER) + b"\n")

    assert list(annotate_stored(path, MODELS)) == [("one", True), ("two", True)]
    assert list(read_calls(path)) == [annotate(CALL, MODELS), annotate(OTHER, MODELS)]


def test_what_is_no_call_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no stored calls here"):
        list(annotate_stored(tmp_path, MODELS))
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad\.json"):
        list(annotate_stored(tmp_path, MODELS))
    with pytest.raises(ConfigError, match="cannot read"):
        list(annotate_stored(tmp_path / "none.json", MODELS))


def test_models_of_a_setting(tmp_path: Path) -> None:
    assert text_models("none") is None
    assert text_models(None) is not None
    with pytest.raises(ModelError, match=r"no text\.json"):
        text_models(str(tmp_path))


def test_the_command_names_what_changed_and_says_how_many(tmp_path: Path) -> None:
    write_call(CALL, tmp_path / "one.json")
    runner = CliRunner()

    first = runner.invoke(app, ["annotate", str(tmp_path), "--ui", "en"])
    second = runner.invoke(app, ["annotate", str(tmp_path), "--ui", "en"])
    write_call(OTHER, tmp_path / "one.json")
    chinese = runner.invoke(app, ["annotate", str(tmp_path), "--ui", "zh"])
    empty = runner.invoke(app, ["annotate", str(tmp_path / "calls")])

    assert (first.exit_code, first.stdout) == (0, "one\n")
    assert "1 annotated, 0 up to date" in first.stderr
    assert (second.exit_code, second.stdout) == (0, "")
    assert "0 annotated, 1 up to date" in second.stderr
    assert chinese.stderr == "已评定 1 通，0 通无需更新；重新评分：qa-speech score …\n"
    assert empty.exit_code == 2


def test_the_command_annotates_a_run_which_is_scored_anew_by_itself(tmp_path: Path) -> None:
    store = store_at(tmp_path / "run")
    store.append([record_of(report(call, None)) for call in (CALL, OTHER)])
    runner = CliRunner()

    first = runner.invoke(app, ["annotate", str(tmp_path / "run"), "--ui", "zh"])
    second = runner.invoke(app, ["annotate", str(tmp_path / "run"), "--ui", "zh"])

    assert (first.exit_code, sorted(first.stdout.splitlines())) == (0, ["one", "two"])
    assert first.stderr == "已评定 2 通，0 通无需更新\n"
    assert second.stderr == "已评定 0 通，2 通无需更新\n"
    assert [call.annotations.keys() for call in calls_of(store)] == [MODELS.classifiers.keys()] * 2


def test_classifiers_that_are_not_there_leave_their_annotations_as_they_are() -> None:
    depth_alone = TextModels({"depth": MODELS.classifiers["depth"]})
    before = annotate(CALL, MODELS).annotations

    assert annotate(CALL, depth_alone).annotations.keys() == {"depth"}
    edited = msgspec.structs.replace(annotate(CALL, MODELS), utterances=OTHER.utterances)
    after = annotate(edited, depth_alone).annotations
    assert after["politeness"] == before["politeness"]
    assert after["depth"] != before["depth"]


def test_a_model_without_a_threshold_takes_the_old_one_away() -> None:
    shipped = MODELS.classifiers["violation"]
    bare = replace(shipped, entry={key: value for key, value in shipped.entry.items() if key != "threshold"})

    again = annotate(annotate(CALL, MODELS), TextModels({"violation": bare}))

    assert THRESHOLD not in again.made_with
