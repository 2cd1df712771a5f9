"""Text encoders in ONNX: what a text gets does not depend on its company, and files that cannot be read are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.conduct.encoder import BATCH_TOKENS, OnnxScorer, batches
from qa_speech.conduct.passages import Passage
from qa_speech.engines.silero import ASSET
from qa_speech.errors import ModelError


class Tokenizer:
    """One token a character; of a pair the second part has type 1."""

    def encode_batch(self, texts: Sequence[Any]) -> list[SimpleNamespace]:
        return [self.encoded(text) for text in texts]

    @staticmethod
    def encoded(text: Any) -> SimpleNamespace:
        first, second = ("", text) if isinstance(text, str) else text
        types = [0] * len(first) + [1] * len(second)
        return SimpleNamespace(ids=[ord(char) for char in first + second], type_ids=types)


class Session:
    """Sums what it is shown, by type: what it gives would change with padding that it can see."""

    def __init__(self, *inputs: str) -> None:
        self.inputs = inputs
        self.sizes: list[tuple[int, int]] = []

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name) for name in self.inputs]

    def run(self, names: Sequence[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        assert names == ["logits"]
        assert set(feed) == set(self.inputs)
        ids, mask = feed["input_ids"], feed["attention_mask"]
        types = feed.get("token_type_ids", np.zeros_like(ids))
        self.sizes.append(ids.shape)
        return [np.stack([(ids * mask * (types == 0)).sum(1), (ids * mask * (types == 1)).sum(1)], axis=1) / 1e6]


def scorer(session: Session, *, pair: bool = False, head: str = "sigmoid") -> OnnxScorer:
    empty = np.zeros(0, np.float32)
    return OnnxScorer(session, Tokenizer(), "logits", head, pair, 1.0, np.float32([0.0]), empty)


texts = st.text("您好请讲", min_size=1, max_size=30)
passages = st.lists(st.builds(Passage, texts, st.text("问", max_size=3)), min_size=1, max_size=12)


@given(passages)
def test_a_passage_gets_what_it_gets_alone_whatever_stands_beside_it(said: list[Passage]) -> None:
    together = scorer(Session("input_ids", "attention_mask")).rows(said)
    alone = [scorer(Session("input_ids", "attention_mask")).rows([passage])[0] for passage in said]

    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_a_pair_model_reads_question_and_answer_apart() -> None:
    session = Session("input_ids", "attention_mask", "token_type_ids")

    (logits,) = scorer(session, pair=True).logits([Passage("答", "问")])

    np.testing.assert_allclose(logits, [ord("问") / 1e6, ord("答") / 1e6], rtol=1e-6)


def test_short_texts_are_run_with_short_ones() -> None:
    session = Session("input_ids", "attention_mask")
    long, short = Passage("长" * (BATCH_TOKENS - 10)), Passage("短")

    scorer(session).logits([short, long, short])

    assert session.sizes == [(2, 1), (1, BATCH_TOKENS - 10)]


@given(st.lists(st.integers(1, 2 * BATCH_TOKENS), max_size=40))
def test_every_text_is_in_one_batch_and_only_a_single_one_is_larger_than_allowed(lengths: list[int]) -> None:
    found = list(batches(lengths))

    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    assert all(
        len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= BATCH_TOKENS for batch in found
    )


def test_calibration_moves_the_probabilities() -> None:
    plain = scorer(Session("input_ids", "attention_mask"))
    moved = OnnxScorer(
        plain.session, plain.tokenizer, "logits", "sigmoid", False, 2.0, np.float32([1.0, -1.0]), plain.cuts
    )

    (before,), (after,) = plain.rows([Passage("好")]), moved.rows([Passage("好")])

    assert after[0] > before[0]
    assert after[1] < before[1]


ENTRY = {"files": ["model.onnx", "tokenizer.json"], "head": "softmax", "max_tokens": 8}


def test_files_that_are_no_network_are_named(tmp_path: Path) -> None:
    for name in ENTRY["files"]:
        (tmp_path / name).write_bytes(b"nothing")

    with pytest.raises(ModelError, match=r"model\.onnx.*cannot be loaded"):
        OnnxScorer.load(tmp_path, ENTRY)


def test_a_network_and_a_tokenizer_of_a_folder_are_loaded(tmp_path: Path) -> None:
    vocabulary = {"[UNK]": 0, "您": 1, "好": 2}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": model}), encoding="utf-8")
    network = files("faster_whisper") / ASSET
    (tmp_path / "model.onnx").write_bytes(network.read_bytes())

    loaded = OnnxScorer.load(tmp_path, ENTRY | {"bias": [0.5], "cuts": [1.0, 2.0], "scale": 3})

    assert loaded.output == loaded.session.get_outputs()[0].name
    assert (loaded.scale, loaded.bias.tolist(), loaded.cuts.tolist(), loaded.pair) == (3.0, [0.5], [1.0, 2.0], False)
    assert loaded.tokenizer.truncation["max_length"] == 8
