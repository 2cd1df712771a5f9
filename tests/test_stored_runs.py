"""Stored calls are read alike from a file, a result folder, or the folder of a batch run."""

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from qa_speech.batch.annotate import annotate_run
from qa_speech.call import Call
from qa_speech.cli import app
from qa_speech.conduct.classifier import load_text_models
from qa_speech.documents import encode
from qa_speech.pipeline import report
from qa_speech.scorecard import load_scorecard
from qa_speech.scorecard.choice import find_scorecard
from qa_speech.store.base import Store, calls_of
from qa_speech.store.cards import card_file
from qa_speech.store.folder import is_run
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.records import Source, record_of
from qa_speech.store.reports import read_calls, read_reports
from qa_speech.testing import FakeStore, make_call
from tests.batch_kit import Fake, go, make_calls

runner = CliRunner()


def said(*args: object, code: int = 0) -> str:
    result = runner.invoke(app, list(map(str, args)))
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two short calls, scored by the card for quality alone."""
    place = tmp_path_factory.mktemp("runs")
    make_calls(place / "rec", 2)
    go(place / "rec", place / "run", fake=Fake(), card="quality-only")
    return place


def test_a_run_is_told_from_a_folder_of_calls(place: Path) -> None:
    assert (is_run(place / "run"), is_run(place / "rec"), is_run(place / "nowhere")) == (True, False, False)


@pytest.mark.parametrize(
    ("named", "card"),
    [
        pytest.param((), "quality-only", id="its own unless another is named"),
        pytest.param(("-s", "complaint"), "complaint", id="the one that is named"),
    ],
)
def test_a_run_is_scored_by_its_own_card_or_by_another(place: Path, named: tuple[str, ...], card: str) -> None:
    lines = [json.loads(line) for line in said("score", place / "run", "--json", *named).splitlines()]

    assert [item["score"]["scorecard_id"] for item in lines] == [card] * 2


def test_the_pages_of_a_run_are_built_again_from_it(place: Path, tmp_path: Path) -> None:
    said("score", place / "run", "--out", tmp_path / "again", "--ui", "zh")
    pages = sorted(path.name for path in (tmp_path / "again" / "pages").iterdir())

    assert len(pages) == 2
    assert (tmp_path / "again" / "index.html").is_file()
    # and the folder that was written is read in its turn
    assert [call.id for call in read_calls(tmp_path / "again")] == [call.id for call in read_calls(place / "run")]


def test_compare_reads_a_run(place: Path) -> None:
    found = json.loads(said("scorecard", "compare", "quality-only", "complaint", "--calls", place / "run", "--json"))

    assert len(found["calls"]) == 2


def test_reports_of_a_run_can_be_scored_by_a_given_card(place: Path) -> None:
    card = load_scorecard(find_scorecard("complaint"))

    assert [one.score.scorecard_id for one in read_reports(place / "run", scorecard=card) if one.score] == [
        "complaint"
    ] * 2


def bare_call(call_id: str) -> Call:
    return make_call(
        "agent: 您好，很高兴为您服务", "customer: 月租多少钱", "agent: 三十九元", call_id=call_id, duration=60
    )


@pytest.mark.parametrize("kind", [ParquetStore, FakeStore])
def test_calls_of_a_run_are_annotated_in_place_and_scored_again(kind: type[ParquetStore], tmp_path: Path) -> None:
    card = load_scorecard(find_scorecard("quality-only"))
    store: Store = kind(tmp_path)
    kept = card_file(tmp_path, card.sha256)
    kept.parent.mkdir()
    kept.write_bytes(find_scorecard("quality-only").read_bytes())
    source = Source("/p/a.wav", 7, 9, "input", "score")
    store.append([record_of(report(bare_call("a"), card)).of(source), record_of(report(bare_call("b")))])
    models = load_text_models()

    first = dict(annotate_run(store, models))
    again = dict(annotate_run(store, models))

    assert (first, again) == ({"a": True, "b": True}, {"a": False, "b": False})
    calls = {call.id: call for call in calls_of(store)}
    assert {"politeness", "depth"} <= calls["a"].annotations.keys()
    assert {"exchanges", "violations", "courtesies", "measurements"} == calls["a"].derived.keys()
    assert msgspec.structs.replace(calls["a"], annotations={}, made_with={}, derived={}) == msgspec.structs.replace(
        bare_call("a"), made_with={}
    )
    rows = {result.row.id: result.row for result in store.results()}
    assert (rows["a"].scorecard, rows["b"].scorecard) == ("quality-only", None)
    assert (rows["a"].path, rows["a"].bytes, rows["a"].input_key, rows["a"].score_key) == (
        "/p/a.wav",
        7,
        "input",
        "score",
    )


def test_reports_of_lines_of_calls_have_no_scores_unless_a_card_is_given(place: Path, tmp_path: Path) -> None:
    calls = list(read_calls(place / "run"))
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"".join(encode(call) + b"\n" for call in calls))

    assert [(report.call, report.score) for report in read_reports(path)] == [(call, None) for call in calls]
