"""Fine-tune a local BERT-family folder on labels and write it as int8 ONNX (extra `train`: torch, transformers, onnx).

One score per text, learnt by squared error; a tenth of the labels, whole groups, is kept back to set the borders of the
levels. Attention is run in float, the products with weights in int8 (`quantise`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.classifier import DESCRIPTION, FORMAT, LABELS, with_hashes
from qa_speech.conduct.encoder import OnnxScorer
from qa_speech.conduct.passages import Passage
from qa_speech.errors import ModelError
from qa_speech.files import write_bytes
from qa_speech.training.calibration import calibrate
from qa_speech.training.quantise import quantise

NETWORK = "model.onnx"
MAX_TOKENS = 160
BATCH = 16
LEARNING_RATE = 3e-5


def fine_tune(
    task: str,
    passages: Sequence[Passage],
    target: npt.NDArray[np.floating[Any]],
    groups: Sequence[str],
    base: Path,
    out: Path,
    *,
    seed: int = 0,
    epochs: int = 3,
) -> None:
    """Train on `target` (levels from 0) and write ``model.onnx``, ``tokenizer.json`` and ``text.json`` to `out`.

    `epochs` is how many times the texts are gone through.

    Raises
    ------
    ModelError
        torch, transformers or onnx are not installed, or `base` is not a model folder they can read.
    """
    torch, transformers = _libraries()
    if not (base / "config.json").is_file() or not (base / "tokenizer.json").is_file():
        raise ModelError(
            str(base), "is not a model folder: no config.json or no tokenizer.json (a fast tokenizer) in it"
        )
    torch.manual_seed(seed)
    try:
        network = transformers.AutoModelForSequenceClassification.from_pretrained(
            str(base), num_labels=1, problem_type="regression", local_files_only=True, ignore_mismatched_sizes=True
        )
    except (OSError, ValueError, RuntimeError) as exc:
        raise ModelError(str(base), f"cannot be loaded as a text model: {exc}") from exc
    tokens = _encoded(base, passages, pair=task == "depth")
    goal = torch.tensor(np.asarray(target), dtype=torch.float32)
    kept = np.array([_is_kept_back(name, seed) for name in groups])
    if kept.all() or not kept.any():
        kept = np.arange(len(passages)) % 10 == 0
    centre = float(goal.mean())
    spread = max(float(goal.std()), 1e-3)
    rows = np.flatnonzero(~kept)
    _learn(torch, network, tokens, (goal - centre) / spread, rows, seed=seed, epochs=epochs)
    shutil.copyfile(base / "tokenizer.json", out / "tokenizer.json")
    _export(torch, network, tokens, out / NETWORK)
    _describe(task, passages, np.asarray(target, float), kept, out)


def _is_kept_back(group: str, seed: int) -> bool:
    """A tenth (a share of 26 / 256) of the groups, the same ones for a seed."""
    return hashlib.sha256(f"{seed}:{group}".encode()).digest()[0] < 26


def _libraries() -> tuple[Any, Any]:
    try:
        import onnx  # noqa: F401
        import torch
        import transformers
    except ImportError as exc:
        raise ModelError(
            "train", f"{exc.name} is not installed; install the extra: pip install 'qa-speech[train]'"
        ) from exc
    return torch, transformers


def _encoded(base: Path, passages: Sequence[Passage], *, pair: bool) -> list[Any]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    if pair:
        return list(tokenizer.encode_batch([(passage.context, passage.text) for passage in passages]))
    return list(tokenizer.encode_batch([passage.text for passage in passages]))


def _batch(torch: Any, tokens: Sequence[Any]) -> dict[str, Any]:
    shape = len(tokens), max(len(encoded.ids) for encoded in tokens)
    names = ("input_ids", "attention_mask", "token_type_ids")
    made = {name: torch.zeros(shape, dtype=torch.long) for name in names}
    for row, encoded in enumerate(tokens):
        count = len(encoded.ids)
        made["input_ids"][row, :count] = torch.tensor(encoded.ids)
        made["attention_mask"][row, :count] = 1
        made["token_type_ids"][row, :count] = torch.tensor(encoded.type_ids)
    return made


def _learn(
    torch: Any, network: Any, tokens: Sequence[Any], goal: Any, rows: npt.NDArray[np.intp], *, seed: int, epochs: int
) -> None:
    rng = np.random.default_rng(seed)
    steps = max(1, epochs * (len(rows) // BATCH))
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.01)

    def rate(step: int) -> float:
        """The share (0–1) of the full learning rate: rises over the first tenth of the steps, then falls to nothing."""
        rising = (step + 1) / (0.1 * steps + 1)
        falling = max(0.0, 1 - step / steps)
        return min(rising, falling)

    slope = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    network.train()
    for _ in range(epochs):
        order = rng.permutation(rows)
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            found = network(**_batch(torch, [tokens[i] for i in chosen])).logits[:, 0]
            loss = torch.nn.functional.mse_loss(found, goal[chosen])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            slope.step()
    network.eval()


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _export(torch: Any, network: Any, tokens: Sequence[Any], path: Path) -> None:
    """Trace, then int8."""

    class Bare(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            return self.network(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).logits

    made = _batch(torch, list(tokens[:2]))
    names = list(made)
    with _scratch() as folder, warnings.catch_warnings():
        # tracing warns of every shape it fixes, and the old exporter of its age; the new one needs onnxscript
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Bare().eval(),
            tuple(made.values()),
            str(folder / "exact.onnx"),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
        quantise(folder / "exact.onnx", path)


def _describe(
    task: str, passages: Sequence[Passage], target: npt.NDArray[np.float64], kept: npt.NDArray[np.bool_], out: Path
) -> None:
    """Set the borders of the levels on what was kept back, as served, and write the description."""
    entry: dict[str, Any] = {
        "kind": "onnx", "labels": list(LABELS[task]), "head": "ordinal", "files": [NETWORK, "tokenizer.json"],
        "pair": task == "depth", "max_tokens": MAX_TOKENS, "trained_on": "own labels",
    }  # fmt: skip
    unread = [passage for passage, held in zip(passages, kept, strict=True) if held]
    raw = OnnxScorer.load(out, entry).logits(unread).astype(float)
    counts = np.ones(len(unread))
    factor, shift, cuts = calibrate(raw, target[kept], counts, head="ordinal", labels=len(LABELS[task]))
    entry |= {"scale": float(factor[0]), "bias": [float(shift[0])], "cuts": [float(cut) for cut in cuts]}
    described = with_hashes(entry, out)
    content = json.dumps(
        {"format": FORMAT, "classifiers": {task: described}}, ensure_ascii=False, indent=1, sort_keys=True
    )
    write_bytes(out / DESCRIPTION, content.encode() + b"\n")
