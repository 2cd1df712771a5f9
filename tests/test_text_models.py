"""The shipped text models: frozen test untouched, contract of the classifiers, files that do not fit are refused."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.conduct.answer_cues import NAMES, AnswerCues
from qa_speech.conduct.classifier import LABELS, TextModels, expected_level, likeliest_violation, load_text_models
from qa_speech.conduct.clauses import CLAUSES, ROLES, pieces_of, surest_roles
from qa_speech.conduct.heads import cumulative, ordinal
from qa_speech.conduct.linear import LinearScorer
from qa_speech.conduct.linear_files import load_linear
from qa_speech.conduct.ngrams import fold_text, ngram_buckets, pieces
from qa_speech.conduct.passages import Passage
from qa_speech.errors import ModelError
from qa_speech.resources import folder

SHIPPED = folder("models") / "text-zh"
FROZEN = {
    "exchanges.tsv": "3c6f1643e2628d7c8555a64759340213d44b27f9602eb0ae4416993c071f3cdd",
    "politeness.tsv": "dcd273e00b7870985718019d95976e1b85ef9ae5ec0f2a044965f37c0b429386",
    "violations.tsv": "3b065cce86fd081f4ffa187e9129a930d292520139a8224e1b7a87ba75766484",
}

BLIND = {
    "exchanges.tsv": "e858ed611f87ded35843bc9cb5cade4e87ba601505de5b64b8492d5a1456e4ee",
    "normal.tsv": "19d5e1255f64bcde35e75ac3ebfd4400d224c90fab1198da2961b09f30a36d29",
    "violations.tsv": "2cbc38383c2ad09d3588e0a2228d067f391c35e16abf33ead879d8cdba6947ed",
}
"""Of training/text/blind, written by the labelling guide alone."""


@pytest.fixture(scope="module")
def models() -> TextModels:
    return load_text_models()


def _with(kind: str, files: str) -> str:
    entry = f'{{"kind": "{kind}", "labels": [], "head": "ordinal", "files": {files}}}'
    return f'{{"format": 1, "classifiers": {{"depth": {entry}}}}}'


def said(*texts: str, context: str = "") -> list[Passage]:
    return [Passage(text, context) for text in texts]


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_the_frozen_test_is_the_one_written_before_any_model(name: str) -> None:
    assert hashlib.sha256((SHIPPED / "frozen" / name).read_bytes()).hexdigest() == FROZEN[name]


@pytest.mark.parametrize("name", sorted(BLIND))
def test_the_blind_test_is_as_it_was_written(name: str) -> None:
    file = Path(__file__).parents[1] / "training" / "text" / "blind" / name
    assert hashlib.sha256(file.read_bytes()).hexdigest() == BLIND[name]


def test_the_frozen_violations_hold_fifty_of_each_type() -> None:
    with (SHIPPED / "frozen" / "violations.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for kind in LABELS["violation"][1:]:
        assert len({row["text"] for row in rows if row["type"] == kind}) >= 50


def test_every_classifier_of_the_contract_is_shipped_with_its_labels(models: TextModels) -> None:
    assert {name: model.labels for name, model in models.classifiers.items()} == dict(LABELS)


def test_shipped_models_stay_below_fifteen_megabytes() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 15e6


@pytest.mark.parametrize("name", ["politeness", "violation", "depth"])
def test_rows_are_probabilities_that_sum_to_one(models: TextModels, name: str) -> None:
    rows = list(
        models.classifiers[name].classify(
            said("您好请稍等", "", "？！", "abc 123", "不归我们管" * 60, context="怎么退费")
        )
    )
    assert len(rows) == 5
    for row in rows:
        assert min(row) >= 0
        assert sum(row) == pytest.approx(1, abs=1e-4)


def test_strategies_are_each_between_zero_and_one(models: TextModels) -> None:
    rows = np.array(list(models.classifiers["strategy"].classify(said("非常抱歉，感谢您的等待", "嗯"))))
    assert rows.shape == (2, 7)
    assert rows.min() >= 0
    assert rows.max() <= 1


def test_answers_come_in_order_and_do_not_depend_on_company(models: TextModels) -> None:
    texts = said(*[f"您好，这是第{'好' * (index % 40)}句话{index}" for index in range(300)], "你是不是有病")
    model = models.classifiers["violation"]
    together = np.array(list(model.classify(texts)))
    alone = np.array([row for item in texts[::30] for row in model.classify([item])])
    np.testing.assert_allclose(together[::30], alone, atol=1e-5)


def test_a_text_without_words_gets_the_neutral_answer(models: TextModels) -> None:
    (row,) = models.classifiers["violation"].classify(said("……"))
    assert row[0] == 1
    (row,) = models.classifiers["depth"].classify(said("", context="怎么退"))
    assert expected_level(row, LABELS["depth"]) == 0


def test_a_rude_sentence_in_a_long_polite_turn_is_still_found(models: TextModels) -> None:
    model = models.classifiers["violation"]
    polite = "好的女士这边帮您查一下您的套餐是每个月五十九元包含二十个流量和两百分钟的通话时长"
    clean, dirty = model.classify(said(polite * 3, polite + "你脑子有病吧连账单都看不懂真是个白痴" + polite))
    assert dirty[0] < 0.5 < clean[0]
    assert likeliest_violation(dirty) == "insult"


def test_levels_rise_from_rude_to_warm_and_from_deflection_to_guidance(models: TextModels) -> None:
    rows = models.classifiers["politeness"].classify(
        said("你有病啊", "套餐一个月三十块", "非常抱歉让您久等了，感谢您的耐心等待")
    )
    rude, plain, warm = (expected_level(row, LABELS["politeness"]) for row in rows)
    assert rude < plain < warm
    answers = (
        "这个不归我们管，你找别人",
        "好的我知道了",
        "因为您上个月超出了两个G，一共多扣三十六块，建议您改成五十九的套餐，改好会发短信，您看可以吗",
    )
    none, heard, full = (
        expected_level(row, LABELS["depth"])
        for row in models.classifiers["depth"].classify(said(*answers, context="话费怎么多了"))
    )
    assert none < full
    assert heard < full - 1


def test_a_hash_changes_with_the_arrays(models: TextModels, tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "copy")
    same = load_text_models(tmp_path / "copy").classifiers["depth"]
    assert same.model_hash == models.classifiers["depth"].model_hash
    description = json.loads((tmp_path / "copy" / "text.json").read_text(encoding="utf-8"))
    description["classifiers"]["depth"]["trained_on"] = "elsewhere"
    (tmp_path / "copy" / "text.json").write_text(json.dumps(description), encoding="utf-8")
    assert load_text_models(tmp_path / "copy").classifiers["depth"].model_hash != same.model_hash


def test_a_folder_with_one_classifier_replaces_that_one_only(models: TextModels, tmp_path: Path) -> None:
    description = json.loads((SHIPPED / "text.json").read_text(encoding="utf-8"))
    description["classifiers"] = {"depth": description["classifiers"]["depth"]}
    (tmp_path / "text.json").write_text(json.dumps(description), encoding="utf-8")
    for file in models.classifiers["depth"].files:
        shutil.copyfile(SHIPPED / file, tmp_path / file)
    mixed = load_text_models(tmp_path).classifiers
    assert mixed["depth"].path == tmp_path
    assert mixed["politeness"] == models.classifiers["politeness"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "no text.json"),
        ("{", "cannot be read"),
        ('{"format": 9, "classifiers": {}}', "format 9"),
        (_with("linear", '["x.npz"]'), "x.npz"),
        (_with("magic", "[]"), "magic"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_model_is_refused_with_the_reason(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / "text.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=problem):
        load_text_models(tmp_path)


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    entry = {"labels": ["a", "b"], "head": "softmax", "longest": 2}
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    with pytest.raises(ModelError, match=r"bad\.npz"):
        load_linear(tmp_path / "bad.npz", entry)
    parts = {name: np.zeros(2, np.float32) for name in ("scales", "bias", "dense", "centre", "spread", "cuts")}
    np.savez(tmp_path / "shape.npz", weights=np.zeros((16, 3), np.int8), **parts)
    with pytest.raises(ModelError, match="expected int8 × 2"):
        load_linear(tmp_path / "shape.npz", entry)


def test_cues_that_nobody_counts_are_refused(tmp_path: Path) -> None:
    entry = json.loads((SHIPPED / "text.json").read_text(encoding="utf-8"))["classifiers"]["depth"]
    with pytest.raises(ModelError, match="moonshine"):
        load_linear(SHIPPED / "depth.npz", {**entry, "cues": [*entry["cues"][:-1], "moonshine"]})
    with pytest.raises(ModelError, match="are named"):
        load_linear(SHIPPED / "depth.npz", {**entry, "cues": entry["cues"][:-1]})
    without = {key: value for key, value in entry.items() if key != "clauses"}
    with pytest.raises(ModelError, match="guidance_most"):
        load_linear(SHIPPED / "depth.npz", without)


def _clauses(models: TextModels) -> LinearScorer:
    depth = models.classifiers["depth"].scorer
    assert isinstance(depth, LinearScorer)
    assert depth.cues is not None
    assert depth.cues.clauses is not None
    return depth.cues.clauses


def test_clauses_are_told_by_what_they_do_wherever_they_stand(models: TextModels) -> None:
    model = _clauses(models)
    plain = "因为您上个月超出了两个G一共多扣三十六块"
    found = surest_roles(model, [plain, plain + "建议您改成大一点的套餐以后就不会超了", "", "这个不归我们管你找别人去"])
    assert found.shape == (4, len(CLAUSES))
    assert np.isfinite(found).all()
    guidance, deflection = ROLES.index("guidance"), ROLES.index("deflection")
    assert found[1, guidance] > found[0, guidance] + 1
    assert found[3].argmax() == deflection


def test_the_clauses_of_an_answer_do_not_depend_on_company(models: TextModels) -> None:
    model, texts = _clauses(models), ["好的", "您到营业厅带上身份证就能办" * 4, "？", "建议您重启一下"]
    together = surest_roles(model, texts)
    alone = np.concatenate([surest_roles(model, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert surest_roles(model, []).shape == (0, len(CLAUSES))


@given(st.text(max_size=120), st.integers(2, 30))
def test_pieces_of_an_answer_are_short_and_folded(text: str, window: int) -> None:
    assert all(len(piece) <= window + 2 for piece in pieces_of(text, window))


@given(st.lists(st.floats(-20, 20), min_size=2, max_size=6))
def test_cumulative_keeps_the_mean_level_where_borders_cross(logits: list[float]) -> None:
    (shares,) = cumulative(np.float32([logits]))
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    above = 1 / (1 + np.exp(-np.array(logits)))
    assert shares @ np.arange(len(shares)) == pytest.approx(above.sum(), abs=1e-3)


def test_punctuation_is_read_only_where_a_model_asks_for_it() -> None:
    assert fold_text("您好，再见。") == fold_text("您好再见")
    assert fold_text("您好，再见。", marks=True) != fold_text("您好再见", marks=True)


@given(st.lists(st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=30), min_size=1, max_size=6))
def test_the_buckets_of_a_text_are_the_same_in_any_company(texts: list[str]) -> None:
    folded = [fold_text(text) for text in texts]
    buckets, starts = ngram_buckets(folded, longest=3, bits=12)
    assert starts[0] == 0
    assert starts[-1] == len(buckets)
    for index, text in enumerate(folded):
        alone, _ = ngram_buckets([text], longest=3, bits=12)
        assert buckets[starts[index] : starts[index + 1]].tolist() == alone.tolist()
        assert len(set(alone.tolist())) == len(alone)


@given(st.text(max_size=200), st.integers(2, 50))
def test_pieces_cover_the_whole_text(text: str, window: int) -> None:
    cut = pieces(text, window)
    assert all(len(piece) <= max(window, len(text) if len(text) <= window else window) for piece in cut)
    assert set("".join(cut)) == set(text)
    assert text.endswith(cut[-1])


@given(st.floats(-20, 20), st.lists(st.floats(0.01, 5), min_size=1, max_size=6))
def test_ordinal_probabilities_are_never_negative_and_rise_with_the_score(score: float, steps: list[float]) -> None:
    cuts = np.cumsum(np.float32(steps))
    low, high = ordinal(np.float32([[score], [score + 1]]), cuts)
    assert low.min() >= 0
    assert low.sum() == pytest.approx(1, abs=1e-5)
    levels = np.arange(len(low))
    assert high @ levels >= low @ levels - 1e-5


@given(st.text(max_size=60), st.text(max_size=30))
def test_cues_are_finite_for_any_text(text: str, question: str) -> None:
    found = AnswerCues().count([Passage(text, question)])
    assert found.shape == (1, len(NAMES))
    assert np.isfinite(found).all()


def test_an_answer_is_as_deep_as_its_deepest_stretch(models: TextModels) -> None:
    depth = models.classifiers["depth"]
    told = "因为超了套餐流量，超出的部分每兆两毛九，下个月一号清零"
    around = "好的好的我明白您的意思，您别着急我看一下啊，嗯稍等我这边在查"
    alone, within, vague = depth.classify(
        said(told, f"{around}，{told}，{around}", around * 2, context="怎么这个月多了二十块")
    )
    levels = [expected_level(row, depth.labels) for row in (alone, within, vague)]

    assert levels[1] > levels[0] - 0.5
    assert levels[1] > levels[2] + 1
