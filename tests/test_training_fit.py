"""`train fit|evaluate|export` with the linear bases: learns what is there to learn, keeps its promises, refuses the rest."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.conduct.classifier import load_text_models
from qa_speech.conduct.linear import LinearScorer
from qa_speech.conduct.passages import Passage
from qa_speech.errors import ConfigError, ModelError
from qa_speech.training.fit import evaluate, export, fit, fitted
from qa_speech.training.linear_files import write_linear
from qa_speech.training.measure import estimate, pearson, ranks, spearman, threshold_for

RUDE = "滚|闭嘴|烦死了|你有病|爱办不办".split("|")
COLD = "没有|不行|自己看|办不了|等着".split("|")
WARM = "非常抱歉|感谢您的耐心|请您放心|麻烦您了|很高兴为您服务".split("|")
ABOUT = "套餐|宽带|账单|流量|发票|漫游|积分|副卡".split("|")


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(0)
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "agent"])
        for row in range(360):
            level, words = ((1, RUDE), (2, COLD), (5, WARM))[row % 3]
            text = "，".join((rng.choice(ABOUT), rng.choice(words), f"{rng.choice(ABOUT)}{row}"))
            writer.writerow([text, level, f"agent{row % 17}"])
    return path


@pytest.fixture(scope="module")
def trained(labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run"
    fit("politeness", labels, out, base="shipped")
    return out


@pytest.mark.parametrize("base", ["linear", "shipped"])
def test_a_fit_learns_what_the_labels_say_and_holds_out_whole_agents(labels: Path, tmp_path: Path, base: str) -> None:
    report = fit("politeness", labels, tmp_path / "run", base=base)
    assert report.pearson.value > 0.9
    assert report.pearson.low <= report.pearson.value <= report.pearson.high
    assert 20 <= report.pearson.n < 150
    assert report.trained_on + report.pearson.n == 360
    assert report.threshold.value is not None
    assert report.threshold.precision >= 0.9


def test_a_model_from_nothing_keeps_the_punctuation_it_was_trained_with(labels: Path, tmp_path: Path) -> None:
    fit("politeness", labels, tmp_path / "run", base="linear")
    scorer = load_text_models(tmp_path / "run").classifiers["politeness"].scorer
    assert isinstance(scorer, LinearScorer)
    assert scorer.marks


def test_a_trained_folder_is_served_in_the_place_of_the_shipped_model(trained: Path) -> None:
    models = load_text_models(trained).classifiers
    assert models["politeness"].path == trained
    assert models["depth"].path != trained
    stored = json.loads((trained / "report.json").read_text(encoding="utf-8"))
    assert stored["model_hash"] == models["politeness"].model_hash


def test_evaluate_repeats_on_a_file_and_knows_the_shipped_model(trained: Path, labels: Path) -> None:
    mine, shipped = evaluate(trained, labels, "politeness"), evaluate(None, labels, "politeness")
    assert mine["pearson"].n == 360
    assert mine["mean_absolute_error"].value < shipped["mean_absolute_error"].value


def test_export_copies_a_model_that_passed_and_refuses_one_that_was_changed(trained: Path, tmp_path: Path) -> None:
    export(trained, tmp_path / "out", force=True)
    assert load_text_models(tmp_path / "out").classifiers["politeness"].path == tmp_path / "out"
    with pytest.raises(ConfigError, match="not empty"):
        export(trained, tmp_path / "out", force=True)
    description = (tmp_path / "out" / "text.json").read_text(encoding="utf-8")
    (tmp_path / "out" / "text.json").write_text(description.replace("own labels", "other labels"), encoding="utf-8")
    with pytest.raises(ConfigError, match="changed since the fit"):
        export(tmp_path / "out", tmp_path / "again", force=True)


def test_the_gate_holds_back_a_model_that_forgot_service_calls(tmp_path: Path) -> None:
    rng = random.Random(1)
    with (tmp_path / "odd.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for row in range(240):
            # the wrong way round: what is warm is labelled rude
            level, words = ((5, RUDE), (1, WARM))[row % 2]
            writer.writerow([f"{rng.choice(words)}{rng.choice(ABOUT)}{rng.choice(ABOUT)}{row}", level])
    report = fit("politeness", tmp_path / "odd.csv", tmp_path / "run", base="linear")
    assert not report.passed
    with pytest.raises(ConfigError, match="--force"):
        export(tmp_path / "run", tmp_path / "out")


def test_too_few_labels_and_odd_wishes_are_refused(labels: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="too few labels"):
        fit("politeness", labels, tmp_path / "a", minimum=200)
    with pytest.raises(ConfigError, match="precision"):
        fit("politeness", labels, tmp_path / "b", precision=1.5)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x").touch()
    with pytest.raises(ConfigError, match="not empty"):
        fit("politeness", labels, tmp_path / "c")
    with pytest.raises(ModelError, match=r"model|installed"):
        fit("politeness", labels, tmp_path / "d", base=str(tmp_path))


def test_the_commands_print_the_card_and_name_bad_rows(labels: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    found = runner.invoke(
        app, ["train", "fit", "politeness", "--labels", str(labels), "--out", str(tmp_path / "run"), "--ui", "en"]
    )
    assert "Pearson" in found.stdout
    passed = "| gate | passed |" in found.stdout
    assert (found.exit_code, "ready to export" in found.stderr) == ((0, True) if passed else (1, False))
    found = runner.invoke(
        app, ["train", "evaluate", "politeness", "--labels", str(labels), "--model", str(tmp_path / "run")]
    )
    assert found.stdout.startswith("pearson\t")
    bad = tmp_path / "bad.csv"
    bad.write_text("text,label\n你好,six\n", encoding="utf-8")
    found = runner.invoke(
        app, ["train", "fit", "politeness", "--labels", str(bad), "--out", str(tmp_path / "no"), "--ui", "en"]
    )
    assert found.exit_code == 2
    assert "bad.csv:2" in found.stderr


def test_a_fit_gives_the_same_model_twice(labels: Path, trained: Path, tmp_path: Path) -> None:
    again = fit("politeness", labels, tmp_path / "again", base="shipped")
    assert again.model_hash == load_text_models(trained).classifiers["politeness"].model_hash


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80), st.floats(0.5, 0.99))
def test_a_threshold_keeps_the_precision_it_states(rows: list[tuple[float, bool]], precision: float) -> None:
    shares, right = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = threshold_for(shares, right, precision)
    if found.value is not None:
        flagged = shares >= found.value
        assert flagged.sum() == found.flagged >= 10
        assert right[flagged].mean() >= precision


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=40))
def test_correlations_lie_between_minus_one_and_one_and_a_list_agrees_with_itself(values: list[float]) -> None:
    array = np.array(values)
    other = array[::-1].copy()
    assert -1.0001 <= spearman(array, other) <= 1.0001
    assert -1.0001 <= pearson(array, other) <= 1.0001
    assert ranks(array).sum() == pytest.approx(len(values) * (len(values) - 1) / 2)


def test_an_interval_holds_its_value_and_the_same_seed_gives_the_same_one() -> None:
    values = np.arange(50.0)
    first = estimate(lambda a: float(a.mean()), values)
    assert first.low < first.value < first.high
    assert first == estimate(lambda a: float(a.mean()), values)


def test_a_depth_model_fitted_on_the_shipped_one_keeps_its_clauses_and_ranks(tmp_path: Path) -> None:
    rng = random.Random(1)
    parts = ("不归我管", "好的我知道了", "可以办", "因为超了三十块", "因为超了三十块，建议您换个套餐您看可以吗")
    passages, levels = [], []
    for row in range(200):
        passages.append(Passage(f"{parts[row % 5]}{rng.choice(ABOUT)}", f"{rng.choice(ABOUT)}怎么办"))
        levels.append(row % 5)
    made = fitted("depth", passages, np.array(levels, float), [str(row) for row in range(200)])
    assert made.scorer.cues is not None
    assert made.scorer.cues.clauses is not None
    write_linear({"depth": made}, tmp_path, trained_on="test")
    model = load_text_models(tmp_path).classifiers["depth"]
    assert model.files == ("depth.npz", "depth_clauses.npz")
    said = np.array(list(model.classify(passages)), float) @ np.arange(5)
    assert spearman(said, np.array(levels, float)) > 0.9
    np.testing.assert_allclose(said, made.scorer.probabilities(passages) @ np.arange(5), atol=1e-4)


def test_the_command_exports_a_folder_and_names_its_hash(trained: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", "export", str(trained), "--out", str(tmp_path / "out"), "--force"])

    served = load_text_models(tmp_path / "out").classifiers["politeness"]
    assert done.stdout == f"{tmp_path / 'out'}\t{served.model_hash}\n"
