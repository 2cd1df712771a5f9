"""Fine-tune a local BERT-family folder on labels and write it as int8 ONNX (extra `train`: torch, transformers, onnx).

The upper third of the layers and a score per text learn, by squared error; the layers below stay as they are and read each text
once (`upper`). A tenth of the labels, whole groups, is kept back to set the borders of the levels. Attention is run in float,
the products with weights in int8 (`quantise`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.classifier import DESCRIPTION, FORMAT, LABELS, with_hashes
from qa_speech.conduct.encoder import OnnxScorer
from qa_speech.conduct.heads import Head
from qa_speech.conduct.passages import Passage
from qa_speech.errors import ModelError, problem
from qa_speech.files import write_bytes
from qa_speech.training.calibration import calibrate
from qa_speech.training.quantise import quantise
from qa_speech.training.upper import learn, lower_outputs, padded, pooled_network

NETWORK = "model.onnx"
MAX_TOKENS = 160
LEARNING_RATE = 1e-4


class Served(NamedTuple):
    """One task of a network: what it is called, its labels, and texts that it had not seen, to calibrate it on.

    `target` are levels from 0, or indices of labels; one a text.
    """

    task: str
    labels: Sequence[str]
    head: Head
    max_tokens: int
    unread: Sequence[Passage]
    target: npt.NDArray[np.floating[Any]]


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
    torch = _torch()
    torch.manual_seed(seed)
    network = pooled_network(torch, loaded(base), {task: 1})
    tokens = encoded(base, passages, MAX_TOKENS)
    goal = torch.tensor(np.asarray(target), dtype=torch.float32)
    kept = np.array([_is_kept_back(name, seed) for name in groups])
    if kept.all() or not kept.any():
        kept = np.arange(len(passages)) % 10 == 0
    spread = max(float(goal.std()), 1e-3)
    wanted = (goal - goal.mean()) / spread

    def loss_of(found: Any, rows: Any) -> Any:
        return torch.nn.functional.mse_loss(found[task][:, 0], wanted[rows])

    seen = lower_outputs(torch, network, tokens)
    learn(torch, network, seen, loss_of, np.flatnonzero(~kept), seed=seed, epochs=epochs, rate=LEARNING_RATE)
    exported(torch, network, tokens[:2], [task], out / NETWORK)
    shutil.copyfile(base / "tokenizer.json", out / "tokenizer.json")
    unread = [passage for passage, held in zip(passages, kept, strict=True) if held]
    served = Served(task, LABELS[task], "ordinal", MAX_TOKENS, unread, np.asarray(target, float)[kept])
    write_served([served], out, trained_on="own labels")


def _is_kept_back(group: str, seed: int) -> bool:
    """A tenth (a share of 26 / 256) of the groups, the same ones for a seed."""
    return hashlib.sha256(f"{seed}:{group}".encode()).digest()[0] < 26


def _torch() -> Any:
    try:
        import onnx  # noqa: F401
        import torch
        import transformers  # noqa: F401
    except ImportError as exc:
        raise ModelError(
            "train",
            problem("{name} is not installed; install the extra: pip install 'qa-speech[train]'", name=exc.name),
        ) from exc
    return torch


def loaded(base: Path) -> Any:
    """The network of a folder without its last step: ``embeddings`` and ``encoder.layer``.

    Raises
    ------
    ModelError
        The folder is not one of a BERT-family model.
    """
    import transformers

    if not (base / "config.json").is_file() or not (base / "tokenizer.json").is_file():
        raise ModelError(
            str(base), problem("is not a model folder: no config.json or no tokenizer.json (a fast tokenizer) in it")
        )
    # it would print a bar and a report of the parts that are not used here
    messages: Any = transformers.logging
    messages.set_verbosity_error()
    messages.disable_progress_bar()
    try:
        body = transformers.AutoModel.from_pretrained(str(base), local_files_only=True, dtype="float32")
    except (OSError, ValueError, RuntimeError) as exc:
        raise ModelError(str(base), problem("cannot be loaded as a text model: {reason}", reason=exc)) from exc
    if not hasattr(body, "embeddings") or not hasattr(getattr(body, "encoder", None), "layer"):
        raise ModelError(
            str(base),
            problem("is a {model_type} model, expected one of the BERT family", model_type=body.config.model_type),
        )
    return body


def encoded(base: Path, passages: Sequence[Passage], longest: int) -> list[Any]:
    """Texts as tokens, a question before its answer; of longer ones `longest` tokens."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    texts = [(passage.context, passage.text) if passage.context else passage.text for passage in passages]
    return list(tokenizer.encode_batch(texts))


def exported(torch: Any, network: Any, tokens: Sequence[Any], outputs: Sequence[str], path: Path) -> None:
    """Trace some outputs of a `pooled_network` and write it in int8; `tokens` are two texts to trace it by."""

    class Bare(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> tuple[Any, ...]:
            seen = self.network.lower(input_ids, attention_mask, token_type_ids)
            found = self.network.upper(seen, attention_mask)
            return tuple([found[name] for name in outputs])

    made = padded(torch, tokens)
    names = list(made)
    axes = {name: {0: "batch", 1: "tokens"} for name in names} | {name: {0: "batch"} for name in outputs}
    network.eval()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # tracing warns of every shape it fixes, and the old exporter of its age; the new one needs onnxscript
        warnings.simplefilter("ignore")
        exact = Path(folder) / "exact.onnx"
        torch.onnx.export(
            Bare().eval(),
            tuple(made.values()),
            str(exact),
            input_names=names,
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        quantise(exact, path)


def write_served(tasks: Sequence[Served], out: Path, *, trained_on: str) -> None:
    """Calibrate each task on texts that were kept back, as served, and write the description."""
    entries: dict[str, Any] = {}
    for served in tasks:
        entry: dict[str, Any] = {
            "kind": "onnx", "labels": list(served.labels), "head": served.head, "files": [NETWORK, "tokenizer.json"],
            "output": served.task, "pair": served.task == "depth", "max_tokens": served.max_tokens,
            "trained_on": trained_on,
        }  # fmt: skip
        raw = OnnxScorer.load(out, entry).logits(served.unread).astype(float)
        counts = np.ones(len(served.unread))
        factor, shift, cuts = calibrate(raw, served.target, counts, head=served.head, labels=len(served.labels))
        # all factors of a softmax are one
        entry |= {"scale": float(factor[0]), "bias": shift.tolist(), "cuts": cuts.tolist()}
        entries[served.task] = with_hashes(entry, out)
    content = json.dumps({"format": FORMAT, "classifiers": entries}, ensure_ascii=False, indent=1, sort_keys=True)
    write_bytes(out / DESCRIPTION, content.encode() + b"\n")
