"""The candidate: one small character transformer for all tasks, from scratch, int8 ONNX, against the linear models.

    python training/text/encoder.py --out DIR [--epochs 3]       about ten minutes on two cores; needs torch and onnx

Written to DIR in the layout of `load_text_models`, so that the same benchmark code measures both. It ships only where it beats the
linear model beyond the interval; training/text/README.md says how that went.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402

from qa_speech.conduct.classifier import FORMAT, LABELS, STRATEGIES, VIOLATIONS  # noqa: E402
from qa_speech.conduct.encoder import OnnxScorer  # noqa: E402
from qa_speech.conduct.passages import Passage  # noqa: E402
from qa_speech.training.calibration import calibrate  # noqa: E402

WIDTH, LAYERS, HEADS, LONGEST = 96, 2, 4, 80
OUTPUTS = {"politeness": 1, "violation": 7, "strategy": 7, "depth": 1}
HEAD = {"politeness": "ordinal", "violation": "softmax", "strategy": "sigmoid", "depth": "ordinal"}
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
BATCH = 64


class Layer(nn.Module):
    """Attention and feed-forward, norm first; written out so that a trace keeps batch and length free."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.project, self.back = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.drop = nn.Dropout(0.2)

    def forward(self, seen: Any, hidden: Any) -> Any:
        """`hidden` is -1e4 at padding, (batch, 1, 1, length)."""
        query, key, value = (
            part.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)
            for part in self.project(self.before(seen)).chunk(3, -1)
        )
        weight = (query @ key.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5 + hidden).softmax(-1)
        seen = seen + self.drop(self.back((weight @ value).transpose(1, 2).flatten(2)))
        return seen + self.drop(self.narrow(nn.functional.gelu(self.wide(self.between(seen)))))


class Encoder(nn.Module):
    """Characters → mean over positions → one linear head per task."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.character = nn.Embedding(characters, WIDTH, padding_idx=0)
        self.place = nn.Embedding(LONGEST, WIDTH)
        self.side = nn.Embedding(2, WIDTH)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.norm = nn.LayerNorm(WIDTH)
        self.heads = nn.ModuleDict({name: nn.Linear(2 * WIDTH, count) for name, count in OUTPUTS.items()})

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> tuple[Any, ...]:
        """Logits of each task."""
        place = torch.arange(input_ids.shape[1], device=input_ids.device)
        seen = self.character(input_ids) + self.place(place)[None] + self.side(token_type_ids)
        mask = attention_mask[:, :, None].to(seen.dtype)
        hidden = (1 - mask).transpose(1, 2)[:, None] * -1e4
        for layer in self.layers:
            seen = layer(seen, hidden)
        seen = self.norm(seen)
        mean = (seen * mask).sum(1) / mask.sum(1)
        most = (seen - (1 - mask) * 1e4).amax(1)
        both = torch.cat((mean, most), 1)
        return tuple(self.heads[name](both) for name in OUTPUTS)


def tokenizer_of(texts: list[str]) -> Any:
    """A character tokenizer over the corpus."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    counts = Counter(character for text in texts for character in text.lower())
    known = [*SPECIAL, *sorted(item for item, count in counts.items() if count >= 2 and item.strip())]
    made = Tokenizer(models.WordLevel({item: place for place, item in enumerate(known)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"[^\w?]|_"), "")]
    )
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", pair="[CLS] $A [SEP] $B:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.enable_truncation(LONGEST)
    return made


def examples() -> tuple[list[tuple[str, str]], dict[str, np.ndarray[Any, Any]], list[str]]:
    """Texts (context, text), targets with nan where a task does not apply, groups."""
    said, talked = corpus.utterances(), [item for item in corpus.exchanges() if item.answer]
    texts = [("", item.text) for item in said] + [(item.question, item.answer) for item in talked]
    count, first = len(texts), len(said)
    target = {name: np.full((count, size) if name == "strategy" else count, np.nan) for name, size in OUTPUTS.items()}
    for row, item in enumerate(said):
        target["politeness"][row] = item.politeness - 1
        target["strategy"][row] = [name in item.strategies for name in STRATEGIES]
        if item.violation is not None:
            target["violation"][row] = VIOLATIONS.index(item.violation)
    target["depth"][first:] = [item.level for item in talked]
    return texts, target, [item.group for item in said] + [item.group for item in talked]


def batch_of(encoded: list[Any]) -> tuple[Any, Any, Any]:
    """Padded tensors."""
    width = max(len(item.ids) for item in encoded)
    made = torch.zeros((3, len(encoded), width), dtype=torch.long)
    for row, item in enumerate(encoded):
        count = len(item.ids)
        made[0, row, :count] = torch.tensor(item.ids)
        made[1, row, :count] = 1
        made[2, row, :count] = torch.tensor(item.type_ids)
    return made[0], made[1], made[2]


def loss_of(found: tuple[Any, ...], target: dict[str, Any]) -> Any:
    """Sum over the tasks that apply."""
    total = torch.zeros(())
    for logits, name in zip(found, OUTPUTS, strict=True):
        goal = target[name]
        there = ~torch.isnan(goal if goal.ndim == 1 else goal[:, 0])
        if there.any():
            mine, goal = logits[there], goal[there]
            if HEAD[name] == "softmax":
                total = total + nn.functional.cross_entropy(mine, goal.long(), label_smoothing=0.02)
            elif HEAD[name] == "sigmoid":
                total = total + nn.functional.binary_cross_entropy_with_logits(mine, goal)
            else:
                total = total + nn.functional.mse_loss(mine[:, 0], goal)
    return total


def train(
    network: Encoder, encoded: list[Any], target: dict[str, Any], rows: np.ndarray[Any, Any], epochs: int
) -> None:
    """AdamW with a linear decay; batches of like length."""
    rng = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1.5e-3, weight_decay=0.05)
    steps = epochs * (len(rows) // BATCH + 1)
    slope = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 200, max(0.0, 1 - step / steps)))
    for epoch in range(epochs):
        start, total = time.time(), 0.0
        order = sorted(rows, key=lambda row: len(encoded[row].ids) + rng.uniform(0, 6))
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        network.train()
        for number in rng.permutation(len(batches)):
            chosen = batches[number]
            ids, mask, side = batch_of([encoded[row] for row in chosen])
            # a character in twenty is hidden, so that no single one decides
            ids = torch.where((torch.rand(ids.shape) < 0.05) & (ids > 3), torch.ones_like(ids), ids)
            loss = loss_of(network(ids, mask, side), {name: values[chosen] for name, values in target.items()})
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            slope.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}: loss {total / len(batches):.3f}, {time.time() - start:.0f} s", flush=True)
    network.eval()


def export(network: Encoder, encoded: list[Any], out: Path) -> None:
    """exact.onnx and model.onnx (int8)."""
    from qa_speech.training.quantise import quantise

    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "tokens"} for name in names} | {name: {0: "batch"} for name in OUTPUTS}
    torch.onnx.export(
        network, batch_of(encoded[:2]), str(out / "exact.onnx"), input_names=names, output_names=list(OUTPUTS),
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    quantise(out / "exact.onnx", out / "model.onnx")


def describe(texts: list[tuple[str, str]], target: dict[str, Any], kept: np.ndarray[Any, Any], out: Path) -> None:
    """Calibrate each head on frames kept back, as served in int8."""
    entries: dict[str, Any] = {}
    for name in OUTPUTS:
        goal = np.asarray(target[name], float)
        rows = [row for row in np.flatnonzero(kept) if not np.isnan(goal[row]).any()]
        entry: dict[str, Any] = {
            "kind": "onnx", "labels": list(LABELS[name]), "head": HEAD[name], "files": ["model.onnx", "tokenizer.json"],
            "output": name, "pair": name == "depth", "max_tokens": LONGEST,
        }  # fmt: skip
        passages = [Passage(texts[row][1], texts[row][0]) for row in rows]
        raw = OnnxScorer.load(out, entry).logits(passages).astype(float)
        counts = np.ones(len(rows))
        factor, shift, cuts = calibrate(raw, goal[rows], counts, head=HEAD[name], labels=len(LABELS[name]))
        entries[name] = entry | {
            "scale": float(factor.mean()), "bias": shift.tolist(), "cuts": cuts.tolist(), "threshold": 0.5,
        }  # fmt: skip
    (out / "text.json").write_text(
        json.dumps({"format": FORMAT, "classifiers": entries}, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def main() -> None:
    """Train, export, describe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    texts, target, groups = examples()
    tokenizer = tokenizer_of([part for pair in texts for part in pair])
    tokenizer.save(str(options.out / "tokenizer.json"))
    encoded = [tokenizer.encode(*pair) if pair[0] else tokenizer.encode(pair[1]) for pair in texts]
    names = sorted(set(groups))
    held = set(np.random.default_rng(1).choice(names, len(names) // 10, replace=False).tolist())
    kept = np.array([name in held for name in groups])
    network = Encoder(tokenizer.get_vocab_size())
    print(sum(item.numel() for item in network.parameters()), "parameters,", len(texts), "texts")
    tensors = {name: torch.tensor(values, dtype=torch.float32) for name, values in target.items()}
    train(network, encoded, tensors, np.flatnonzero(~kept), options.epochs)
    export(network, encoded, options.out)
    describe(texts, target, kept, options.out)


if __name__ == "__main__":
    main()
