"""A second look: only doubtful texts are read again, both opinions are pooled, and without a larger model the small one says so."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.cli.checkup import checkup
from qa_speech.conduct import classifier
from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import AGAIN, SECOND_LOOK, TextModels, load_text_models, why_alone
from qa_speech.conduct.passages import Passage
from qa_speech.conduct.second_look import SecondLook
from qa_speech.errors import ModelError
from qa_speech.resources import folder
from qa_speech.testing import make_call

SURE, DOUBTFUL = (0.97, 0.03), (0.6, 0.4)


class Larger:
    """Says the same of every text, and remembers which it was asked for."""

    def __init__(self, row: Sequence[float] = (0.1, 0.9)) -> None:
        self.row = row
        self.asked: list[str] = []

    def rows(self, passages: Sequence[Passage]) -> list[Sequence[float]]:
        self.asked += [passage.text for passage in passages]
        return [self.row] * len(passages)


def test_what_the_small_model_is_sure_of_is_not_read_again() -> None:
    larger = Larger()
    rows = SecondLook(0.1, 0.5, (0.0,)).read_again([Passage("您好"), Passage("你急什么")], [SURE, DOUBTFUL], larger)

    assert larger.asked == ["你急什么"]
    assert rows[0] == SURE
    assert rows[1][1] > 0.5


def test_without_doubt_the_larger_model_is_not_asked_at_all() -> None:
    larger = Larger()

    assert SecondLook(0.5, 0.5, (0.0,)).read_again([Passage("您好")], [SURE], larger) == [SURE]
    assert larger.asked == []


rows_of_three = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda row: sum(row) > 0.1)


@given(rows_of_three, rows_of_three, st.floats(0, 1))
def test_pooled_rows_sum_to_one_and_lie_between_what_both_say_of_any_two_labels(
    one: list[float], other: list[float], share: float
) -> None:
    first, second = (np.float32([row]) / np.float32(sum(row)) for row in (one, other))
    (pooled,) = SecondLook(0.0, share, (0.0,)).pooled(first, second)

    assert pooled.sum() == pytest.approx(1, abs=1e-5)
    odds = [np.log(np.maximum(row[0], 1e-6) / np.maximum(row[1], 1e-6)) for row in (first[0], second[0], pooled)]
    if min(first.min(), second.min()) > 1e-4:
        assert min(odds[:2]) - 0.01 <= odds[2] <= max(odds[:2]) + 0.01


def test_where_a_label_is_plain_a_sure_finding_is_looked_at_twice_too() -> None:
    larger = Larger((0.9, 0.1))
    look = SecondLook(0.1, 0.5, plain=0)

    (row,) = look.read_again([Passage("滚动")], [(0.02, 0.98)], larger)

    assert larger.asked == ["滚动"]
    assert row[1] < 0.8


def test_a_bias_moves_one_label() -> None:
    first = second = np.float32([[0.5, 0.5]])
    (moved,) = SecondLook(0.0, 0.5, (-1.0, 0.0)).pooled(first, second)

    assert moved[0] == pytest.approx(1 / (1 + np.e), abs=1e-5)


def test_a_description_without_a_bias_moves_nothing() -> None:
    assert SecondLook.of({"doubt": 0.2, "share": 0.4}) == SecondLook(0.2, 0.4, (0.0,), None)


@pytest.fixture
def models_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models with the linear ones alone."""
    shutil.copytree(folder("models") / "text-zh", tmp_path / "text-zh")
    monkeypatch.setattr(classifier, "folder", lambda name: tmp_path)
    return tmp_path


def test_without_weights_the_linear_models_read_alone_and_say_so(models_alone: Path) -> None:
    models = load_text_models()
    call = annotate(make_call("agent: 跟你说了多少遍了"), models)

    assert models.second_look == f"none: the folder models/{AGAIN} is not here"
    assert call.made_with["text_second_look"] == models.second_look
    assert call.annotations["violation"].values
    told = {check.name: check for check in checkup()}["text models"]
    assert told.state == "missing"
    assert f"没有 models/{AGAIN} 这个目录" in told.zh


def test_without_onnxruntime_the_linear_models_read_alone_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "find_spec", lambda name: None)

    assert why_alone() == "onnxruntime is not installed here"
    assert load_text_models().second_look == "none: onnxruntime is not installed here"


def test_the_larger_model_is_part_of_the_hash_and_of_the_answer() -> None:
    alone = replace(load_text_models().classifiers["violation"], again=None)
    entry = {**alone.entry, SECOND_LOOK: {"doubt": 0.0, "share": 1.0}}
    larger = replace(load_text_models().classifiers["violation"], again=None, entry=entry)
    larger.__dict__["scorer"] = Larger((0, 0, 0, 0, 0, 0, 1))
    both = replace(alone, again=larger)

    assert both.model_hash != alone.model_hash
    (row,) = both.classify([Passage("您好")])
    assert row[6] == pytest.approx(1, abs=1e-4)
    assert TextModels({"violation": both}).second_look == "violation"


BASE = folder("models") / AGAIN


def test_the_shipped_base_stays_below_thirty_megabytes_and_keeps_its_licence() -> None:
    assert sum(path.stat().st_size for path in BASE.rglob("*") if path.is_file()) < 30e6
    assert "Microsoft Corporation" in (BASE / "LICENSE").read_text(encoding="utf-8")


def test_the_shipped_base_finds_what_the_linear_model_is_in_doubt_about_and_clears_what_is_civil() -> None:
    model = load_text_models().classifiers["violation"]
    assert load_text_models().second_look == "politeness violation"
    rude = "像您这种文化程度的，跟您解释也解释不明白"
    texts = [Passage(rude), Passage("我帮您去问一下，最快今天下午给您回复"), Passage(rude + "，" + "您好" * 60)]
    together = list(model.classify(texts))
    alone = [next(model.classify([text])) for text in texts]

    for one, other in zip(together, alone, strict=True):
        assert sum(one) == pytest.approx(1, abs=1e-4)
        assert one == pytest.approx(other, abs=1e-4)
    assert 1 - together[0][0] >= model.threshold
    assert 1 - together[1][0] < model.threshold


def test_a_base_that_is_not_the_one_that_was_recorded_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder("models") / "text-zh", tmp_path / "text-zh")
    (tmp_path / AGAIN).mkdir()
    for file in BASE.iterdir():
        (tmp_path / AGAIN / file.name).write_bytes(b"" if file.suffix == ".onnx" else file.read_bytes())
    monkeypatch.setattr(classifier, "folder", lambda name: tmp_path)

    with pytest.raises(ModelError, match=r"model\.onnx is not the file that was recorded"):
        load_text_models()
