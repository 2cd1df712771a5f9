"""The recipe: the corpus stays away from the frozen test; an encoder folder can be fine-tuned and is served as int8."""

from __future__ import annotations

import csv
import json
import random
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def _import(name: str):
    """This folder's module, whatever another recipe of the same name has left in sys.modules."""
    sys.modules.pop(name, None)
    sys.path.insert(0, str(HERE))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(HERE))


def test_no_training_item_is_near_a_frozen_one() -> None:
    _import("corpus")
    separation = _import("separation")
    assert separation.too_near(separation.test_texts(), separation.training_texts()) == []
    sys.modules.pop("corpus", None)


def test_the_corpus_is_the_same_twice_and_large_enough() -> None:
    corpus = _import("corpus")
    first = corpus.utterances()
    assert first == corpus.utterances()
    assert len({item.text for item in first}) > 5000
    kinds = [item.violation for item in first]
    assert all(
        kinds.count(kind) >= 500 for kind in ("insult", "order", "rhetorical", "deflection", "impatience", "taboo")
    )
    assert {item.level for item in corpus.exchanges()} == {0, 1, 2, 3, 4}
    sys.modules.pop("corpus", None)


def test_every_topic_and_phrase_belongs_to_one_part_and_has_its_role() -> None:
    corpus, clauses = _import("corpus"), _import("clauses")
    shares = [corpus.share(number) for number in range(corpus.PARTS)]
    topics = [name for one in shares for name in one.topics]
    assert sorted(topics) == sorted(corpus.topics())
    stock = sorted(text for one in shares for texts in one.stock.values() for text in texts)
    assert stock == sorted(text for texts in corpus.labelled("answers").values() for text in texts)
    assert {item.group for item in corpus.exchanges(each=1)} == {f"part:{number}" for number in range(corpus.PARTS)}
    assert {role for _, role in clauses.lines([0])} == set(clauses.ROLES)
    assert not {text for text, _ in clauses.lines([0])} & {text for text, _ in clauses.lines([1])} - set(
        corpus.labelled("answers")["short"]
    ) - {line for part in corpus.topics().values() for line in part["S"]}
    sys.modules.pop("clauses", None)
    sys.modules.pop("corpus", None)


def test_a_bert_folder_is_fine_tuned_exported_and_served(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    from qa_speech.conduct.classifier import load_text_models
    from qa_speech.conduct.passages import Passage
    from qa_speech.training.fit import fit

    warm, rude = "非常感谢您的耐心等待请放心", "滚开闭嘴烦死了你有病吧蠢"
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(set(warm + rude + "套餐宽带"))]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    base = tmp_path / "base"
    config = transformers.BertConfig(
        vocab_size=len(known), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    torch.manual_seed(0)
    transformers.BertForSequenceClassification(config).save_pretrained(base)
    tokenizer.save(str(base / "tokenizer.json"))
    rng = random.Random(0)
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for row in range(300):
            words, level = ((warm, 5), (rude, 1))[row % 2]
            writer.writerow(["".join(rng.choices(words, k=6)) + rng.choice(("套餐", "宽带")) + "好" * (row % 3), level])
    report = fit("politeness", tmp_path / "labels.csv", tmp_path / "run", base=str(base), epochs=2)
    model = load_text_models(tmp_path / "run").classifiers["politeness"]
    assert (
        json.loads((tmp_path / "run" / "text.json").read_text(encoding="utf-8"))["classifiers"]["politeness"]["kind"]
        == "onnx"
    )
    assert report.model_hash == model.model_hash
    texts = ["感谢", "滚", "非常感谢您的耐心等待", "", "闭嘴" * 40]
    rows = list(model.classify([Passage(text) for text in texts]))
    alone = [row for text in texts for row in model.classify([Passage(text)])]
    for together, single in zip(rows, alone, strict=True):
        assert sum(together) == pytest.approx(1, abs=1e-4)
        assert together == pytest.approx(single, abs=1e-5)


def test_whole_exchanges_have_every_level_and_their_length_says_nothing_of_it() -> None:
    whole = _import("whole")
    items = whole.whole()
    assert len(items) > 2000
    assert {item.level for item in items} == {0, 1, 2, 3, 4}
    assert all(item.question and item.domain for item in items)
    from scipy.stats import spearmanr

    assert abs(spearmanr([len(item.answer) for item in items], [item.level for item in items])[0]) < 0.15
    assert {item.level for item in whole.civil()} == {1, 2, 3, 4}
    sys.modules.pop("whole", None)
