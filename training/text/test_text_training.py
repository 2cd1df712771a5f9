"""The recipe: the corpus stays away from the frozen test; an encoder folder can be fine-tuned and is served as int8."""

from __future__ import annotations

import csv
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
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


def test_a_label_told_from_the_first_alone_is_found() -> None:
    from qa_speech.conduct.passages import Passage
    from qa_speech.training.linear import Plan, fit_linear

    texts = [f"{word}{end}" for word in ("查话费", "滚出去", "快点说") for end in ("啊", "吧", "了", "呢", "哦", "呀")]
    goal = np.repeat([0, 1, 2], 6)
    plan = Plan(("fine", "rude", "order", "never"), "softmax", longest=2, bits=12, apart=True)
    shares = fit_linear([Passage(text) for text in texts], goal, texts, plan).scorer.probabilities(
        [Passage("滚出去"), Passage("快点说")]
    )
    assert shares.argmax(1).tolist() == [1, 2]
    assert shares[:, 3].max() < 0.01


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
    assert model.entry["kind"] == "linear"
    assert model.again is not None
    assert model.again.entry["kind"] == "onnx"
    assert report.model_hash == model.model_hash
    texts = ["感谢", "滚", "非常感谢您的耐心等待", "", "闭嘴" * 40]
    rows = list(model.classify([Passage(text) for text in texts]))
    alone = [row for text in texts for row in model.classify([Passage(text)])]
    for together, single in zip(rows, alone, strict=True):
        assert sum(together) == pytest.approx(1, abs=1e-4)
        assert together == pytest.approx(single, abs=1e-5)


def _small_weights() -> Any:
    """Weights as `read_weights` gives them, of a random network that knows single characters."""
    from qa_speech.training.base import LAYER_NAMES, Weights

    rng = np.random.default_rng(0)
    width, inner, positions = 32, 64, 80
    pieces = (
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        *sorted(set("可以办的因为超了三十块建议您换个套餐不归我管好知道流量怎么宽带")),
    )
    tensors = {"emb.word": rng.normal(size=(len(pieces), width)).astype(np.float32)}
    sizes = {"emb.pos": positions * width, "emb.type": 2 * width, "emb.ln.w": width, "emb.ln.b": width}
    shapes = {"fi": (inner, width), "fo": (width, inner), "aln": (width,), "oln": (width,)}
    for layer in range(3):
        for short in LAYER_NAMES:
            shape = shapes.get(short, (width, width))
            sizes |= {f"l{layer}.{short}.w": int(np.prod(shape)), f"l{layer}.{short}.b": shape[0]}
    for name, size in sizes.items():
        centre = 1.0 if name.endswith("ln.w") else 0.0
        tensors[name] = rng.normal(centre, 0.2, size).astype(np.float32)
    scores = np.linspace(-1, -9, len(pieces)).astype(np.float32)
    return Weights(width, 3, 2, inner, positions, 2, 1e-12, pieces, scores, (0, 1, 2, 3), tensors)


def test_a_base_taken_out_is_fitted_to_depth_and_only_its_upper_layers_learn(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from qa_speech.conduct.classifier import load_text_models
    from qa_speech.conduct.passages import Passage
    from qa_speech.training.base import write_base
    from qa_speech.training.fit import fit

    base = tmp_path / "base"
    write_base(_small_weights(), base, 3)
    body = transformers.AutoModel.from_pretrained(base, add_pooling_layer=False)
    word = torch.tensor(_small_weights().tensors["emb.word"])
    assert torch.equal(body.embeddings.word_embeddings.weight, word)
    parts = ("不归我管", "好的我知道了", "可以办", "因为超了三十块", "因为超了三十块，建议您换个套餐")
    rng = random.Random(0)
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "text", "label"])
        for row in range(400):
            writer.writerow(
                [f"{rng.choice(('流量', '宽带'))}怎么办", f"{parts[row % 5]}{rng.choice('您的了')}", row % 5]
            )

    report = fit("depth", tmp_path / "labels.csv", tmp_path / "run", base=str(base), epochs=20)

    assert report.spearman.value > 0.6  # of 80 held out; 0 is chance
    model = load_text_models(tmp_path / "run").classifiers["depth"]
    deep, shallow = model.classify([Passage(parts[4], "流量怎么办"), Passage(parts[0], "流量怎么办")])
    assert np.dot(deep, range(5)) > np.dot(shallow, range(5)) + 2


def test_lower_layers_stay_and_upper_ones_learn() -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from types import SimpleNamespace

    from qa_speech.training.upper import learn, lower_outputs, padded, pooled_network

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32
    )
    network = pooled_network(torch, transformers.BertModel(config, add_pooling_layer=False), {"a": 1, "b": 2})
    texts = [SimpleNamespace(ids=[row % 20] * (row % 5 + 1), type_ids=[0] * (row % 5 + 1)) for row in range(60)]
    seen = lower_outputs(torch, network, texts)
    whole = network(**padded(torch, texts[:7]))
    in_two = network.upper(torch.stack([seen[0].float()]), torch.ones(1, 1, dtype=torch.long))
    assert in_two["a"][0, 0].item() == pytest.approx(whole[0][0, 0].item(), abs=2e-3)
    before = {name: held.clone() for name, held in network.body.state_dict().items()}

    def loss_of(found: Any, rows: Any) -> Any:
        return (found["a"][:, 0] - 1).pow(2).mean() + found["b"].pow(2).mean()

    told: list[float] = []
    learn(
        torch, network, seen, loss_of, np.arange(60), seed=0, epochs=5, rate=1e-3,
        after=lambda number, loss: told.append(loss),
    )  # fmt: skip

    assert told[-1] < told[0] / 2
    moved = {name for name, held in network.body.state_dict().items() if not torch.equal(held, before[name])}
    assert moved
    assert all(name.startswith("encoder.layer.2.") for name in moved)


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from types import SimpleNamespace

    from qa_speech.training.upper import learn, lower_outputs, pooled_network

    config = transformers.BertConfig(
        vocab_size=20, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32
    )
    texts = [SimpleNamespace(ids=[row % 20] * (row % 5 + 1), type_ids=[0] * (row % 5 + 1)) for row in range(60)]

    def passes(epochs: int) -> tuple[list[int], Any]:
        torch.manual_seed(0)
        network = pooled_network(torch, transformers.BertModel(config, add_pooling_layer=False), {"a": 1})
        told: list[int] = []
        learn(
            torch, network, lower_outputs(torch, network, texts),
            lambda found, rows: (found["a"][:, 0] - 1).pow(2).mean(), np.arange(60), seed=0, epochs=epochs, rate=1e-3,
            after=lambda number, loss: told.append(number), keep=tmp_path / "learnt.pt",
        )  # fmt: skip
        return told, network.heads["a"].bias.item()

    assert passes(2)[0] == [1, 2]
    third, after_three = passes(3)
    assert third == [3]
    assert passes(3) == ([], after_three)


def test_a_pruned_base_says_the_same_of_texts_whose_pieces_it_keeps(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer

    from qa_speech.training.base import write_base

    prune = _import("prune")
    write_base(_small_weights(), tmp_path / "base", 3)
    tokenizer = Tokenizer.from_file(str(tmp_path / "base" / "tokenizer.json"))
    told = json.loads((tmp_path / "base" / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = [(piece, score) for piece, score in told["model"]["vocab"]]
    assert prune.kept(tokenizer, vocabulary, ["可以办"]) == list(range(len(vocabulary)))

    stay = [number for number, (piece, _) in enumerate(vocabulary) if piece != "宽"]
    prune.write(tmp_path / "base", tmp_path / "small", stay)

    both = [Tokenizer.from_file(str(tmp_path / name / "tokenizer.json")) for name in ("base", "small")]
    assert [one.encode("可以办").tokens for one in both] == [both[0].encode("可以办").tokens] * 2
    assert both[1].encode("宽").ids[2] == told["model"]["unk_id"]
    words = [
        transformers.AutoModel.from_pretrained(tmp_path / name).embeddings.word_embeddings.weight
        for name in ("base", "small")
    ]
    ids = [one.encode("可以办").ids for one in both]
    assert words[0][ids[0]].equal(words[1][ids[1]])
    for name in ("prune", "tune", "train", "strangers", "corpus", "whole"):
        sys.modules.pop(name, None)


def test_the_limit_of_a_second_look_lets_so_many_civil_turns_be_flagged() -> None:
    pytest.importorskip("torch")
    second = _import("second_look")
    from qa_speech.conduct.passages import Passage
    from qa_speech.conduct.second_look import SecondLook

    rng = np.random.default_rng(0)
    shares = rng.uniform(0.1, 0.9, 1000)
    rows = np.stack((shares, 1 - shares), 1)

    class Same:
        def rows(self, passages: Any) -> Any:
            return rows

    look = second.with_limit(
        SecondLook(0.0, 0.5, (0.0,)), [Passage("")] * 1000, np.ones(1000, bool), rows.tolist(), Same()
    )

    flagged = np.array(look.read_again([Passage("")] * 1000, rows.tolist(), Same()))[:, 0] < 0.5
    assert flagged.sum() == pytest.approx(second.ALARMS_PER_1000, abs=1)
    for name in ("second_look", "tune", "train", "strangers", "corpus", "whole"):
        sys.modules.pop(name, None)


def test_lessons_of_a_base_hold_every_level_and_the_right_answer_costs_least(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    tune = _import("tune")

    made = tune.lessons(tmp_path, ["depth"])

    level = made.of("depth")
    assert set(level) == {0, 1, 2, 3, 4}
    kept = [tune.is_kept_back(group) for group in made.groups]
    assert 0.05 < np.mean(kept) < 0.2
    rows = np.arange(50)
    losses = tune.Losses(made, {"depth": 1})
    right = torch.tensor(level[rows, None], dtype=torch.float32) - 2
    assert float(losses({"depth": right}, rows)) == pytest.approx(0)
    assert float(losses({"depth": -right}, rows)) > 1
    with pytest.raises(FileNotFoundError):
        tune.lessons(tmp_path, ["violation"])
    for name in ("tune", "train", "strangers", "corpus", "whole"):
        sys.modules.pop(name, None)


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
