"""How fast the text models are, whether int8 says what float says, and a candidate encoder against the linear models."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _common import ROOT, Figure, figure
from _text import SEED, frozen, items_of, missing, of

from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import TextModels
from qa_speech.conduct.linear import LinearScorer
from qa_speech.conduct.ngrams import fold_text, ngram_buckets, pieces
from qa_speech.conduct.passages import Passage
from qa_speech.metrics import measure
from qa_speech.testing import make_call
from qa_speech.training.measure import estimate

UTTERANCE = ("politeness", "violation", "strategy")


def speed(models: TextModels) -> Iterator[Figure]:
    """The three classifiers of utterances together; one call's text through models and metrics. CPU time."""
    texts = [row["text"] for row in frozen("violations.tsv")] + [row["answer"] for row in frozen("exchanges.tsv")]
    many = items_of([f"{text}{number % 97}" for number, text in enumerate(texts * 5)])
    spent = cpu_of(lambda: [list(models.classifiers[name].classify(many)) for name in UTTERANCE], times=3)
    against = f"politeness, violation and strategy, tokenising included; load {os.getloadavg()[0]:.0f}; target >= 800"
    yield figure("utterances_per_s_core", len(many) / spent, "1/s", len(many), against)
    asked = [row["question"] for row in frozen("exchanges.tsv")][:60]
    said = [row["answer"] or "好的" for row in frozen("exchanges.tsv")][:60]

    def one_call(number: int) -> None:
        lines = [f"{role}: {text}{number}" for q, a in zip(asked, said, strict=True) for role, text in
                 (("customer", q), ("agent", a))]  # fmt: skip
        call = annotate(make_call(*lines), models)
        for name in ("politeness", "violations", "depth"):
            measure(call, name)

    one_call(0)
    taken = sorted(cpu_of(lambda number=number: one_call(number)) for number in range(1, 6))  # type: ignore[misc]
    yield figure(
        "one_call_ms", 1000 * taken[2], "ms", 120, "120 utterances: annotate and the three metrics; target <= 100"
    )


def cpu_of(work: Callable[[], object], *, times: int = 1) -> float:
    """Least CPU seconds of so many runs."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def pipeline() -> Iterator[Figure]:
    """A transformers pipeline at its best batch size against our int8 export of the same random BERT, one thread each."""
    name = "transformers_pipeline_over_ours"
    try:
        import onnx  # noqa: F401
        import torch
        import transformers
    except ImportError as exc:
        yield from missing([name], f"{exc.name} is not installed (extra: train)")
        return
    from qa_speech.conduct.encoder import OnnxScorer
    from qa_speech.training.encoder import exported
    from qa_speech.training.upper import pooled_network

    texts = [row["text"] for row in frozen("violations.tsv")]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        network, tokenizer = _random_bert(torch, transformers, folder, texts)
        encoded = list(tokenizer.encode_batch(texts[:2]))
        exported(torch, pooled_network(torch, network.bert, {"logits": 1}), encoded, ["logits"], folder / "model.onnx")
        entry = {"files": ["model.onnx", "tokenizer.json"], "head": "sigmoid", "max_tokens": 160}
        ours = OnnxScorer.load(folder, entry)
        peer = _pipeline(transformers, network, folder)
        torch.set_num_threads(1)
        items = items_of(texts)
        spent: dict[str, list[float]] = {}
        for _ in range(3):
            spent.setdefault("ours", []).append(cpu_of(lambda: ours.rows(items)))
            for size in (1, 8, 32):
                spent.setdefault(f"{size}", []).append(
                    cpu_of(lambda size=size: peer(texts, batch_size=size))  # type: ignore[misc]
                )
    best, size = min((min(values), key) for key, values in spent.items() if key != "ours")
    against = f"CPU of the pipeline (float, best batch {size} of 1, 8, 32) over ours (int8); 4 layers × 312, random"
    yield figure(name, best / min(spent["ours"]), "", len(texts), against)


def _random_bert(torch: Any, transformers: Any, folder: Path, texts: Sequence[str]) -> tuple[Any, Any]:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted({item for text in texts for item in text})]
    tokenizer = Tokenizer(models.WordLevel({item: place for place, item in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    network = transformers.BertForSequenceClassification(
        transformers.BertConfig(
            vocab_size=len(known),
            hidden_size=312,
            num_hidden_layers=4,
            num_attention_heads=12,
            intermediate_size=1248,
            num_labels=1,
        )
    )
    return network.eval(), tokenizer


def _pipeline(transformers: Any, network: Any, folder: Path) -> Any:
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]",
    )  # fmt: skip
    return transformers.pipeline("text-classification", model=network, tokenizer=fast, device="cpu")


# ----------------------------------------------------------------------------------------------------------- int8


class _Exact:
    """A linear model with its weights as trained, in float, run as the int8 one is."""

    def __init__(self, weights: npt.NDArray[np.float32], packed: LinearScorer) -> None:
        self.weights, self.packed = weights, packed

    def probabilities(self, items: Sequence[Passage]) -> npt.NDArray[np.float32]:
        """As `LinearScorer.probabilities`."""
        packed, found = self.packed, []
        for item in items:
            texts = pieces(fold_text(item.text, marks=packed.marks), packed.window)
            buckets, starts = ngram_buckets(texts, longest=packed.longest, bits=packed.bits)
            counts = np.maximum(np.diff(starts), packed.floor)[:, None]
            added = np.add.reduceat(self.weights[buckets], starts[:-1], axis=0)
            rows = packed.activate(np.asarray(added / np.sqrt(counts) + packed.bias, np.float32))
            found.append(rows[int(np.argmin(rows[:, 0])) if packed.window else 0])
        return np.array(found)


def agreement(data: Path) -> Iterator[Figure]:
    """int8 weights against the float weights they were packed from: trains violation and politeness again."""
    sys.path.insert(0, str(ROOT / "training" / "text"))
    import train

    try:
        fits = train.utterance_models(data, only=("violation", "politeness"))
    except FileNotFoundError as exc:
        yield from missing(["int8_agreement"], f"no data: {exc.filename}")
        return
    texts = [row["text"] for name in ("violations", "politeness") for row in frozen(f"{name}.tsv")]
    items = items_of([*texts, *[row["answer"] for row in frozen("exchanges.tsv") if row["answer"]]])
    same = [
        fit.scorer.probabilities(items).argmax(1) == _Exact(fit.exact, fit.scorer).probabilities(items).argmax(1)
        for fit in fits.values()
    ]
    found = estimate(lambda a: float(a.mean()), np.concatenate(same).astype(float), seed=SEED)
    yield of("int8_agreement", found, "", "linear models: label of int8 and fp32; target >= 0.99")
