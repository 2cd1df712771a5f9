"""A text encoder in ONNX: tokenised by `tokenizers`, run by onnxruntime, short texts with short ones.

A folder holds ``tokenizer.json`` and the network that its entry in ``text.json`` names; the network takes
``input_ids`` and ``attention_mask`` (and ``token_type_ids`` if it wants them) and gives ``logits``, or one output per
classifier under the classifier's name. What a text gets does not depend on its company: `training.quantise` sees to that in int8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from qa_speech.conduct.heads import Floats, probabilities_of
from qa_speech.conduct.passages import Passage
from qa_speech.engines.hashes import kept_sha256
from qa_speech.errors import ModelError, problem

BATCH_TOKENS = 4096
"""Tokens with padding that are run together."""


@dataclass(frozen=True, eq=False)
class OnnxScorer:
    """A loaded network. `scale` and `bias` calibrate its logits; `cuts` are the borders of an ordinal head."""

    session: Any
    tokenizer: Any
    output: str
    head: str
    pair: bool
    scale: float
    bias: Floats
    cuts: Floats

    @classmethod
    def load(cls, path: Path, entry: Mapping[str, Any]) -> OnnxScorer:
        """Load the network that an entry of ``text.json`` describes; one thread, so that processes can share a machine.

        Raises
        ------
        ModelError
            onnxruntime or tokenizers cannot read the files.
        """
        from tokenizers import Tokenizer

        network = path / next(name for name in entry["files"] if name.endswith(".onnx"))
        try:
            session = _session(network, kept_sha256(network), int(entry.get("threads", 1)))
            tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        except Exception as exc:
            raise ModelError(str(network), problem("cannot be loaded: {reason}", reason=exc)) from exc
        tokenizer.no_padding()
        tokenizer.enable_truncation(int(entry.get("max_tokens", 256)))
        outputs = [output.name for output in session.get_outputs()]
        return cls(
            session,
            tokenizer,
            str(entry.get("output", outputs[0])),
            str(entry["head"]),
            bool(entry.get("pair", False)),
            float(entry.get("scale", 1.0)),
            np.asarray(entry.get("bias", [0.0]), np.float32),
            np.asarray(entry.get("cuts", []), np.float32),
        )

    def rows(self, passages: Sequence[Passage]) -> list[Sequence[float]]:
        """One row of label probabilities, 0–1, per passage, in the order given."""
        logits = self.logits(passages) * self.scale + self.bias
        rows: list[Sequence[float]] = probabilities_of(self.head, logits, self.cuts).tolist()
        return rows

    def logits(self, passages: Sequence[Passage]) -> Floats:
        """Raw outputs, (passages, outputs): sorted by length, run in batches of like length, put back in order."""
        if self.pair:
            encoded = self.tokenizer.encode_batch([(passage.context, passage.text) for passage in passages])
        else:
            encoded = self.tokenizer.encode_batch([passage.text for passage in passages])
        made: list[Floats] = []
        order: list[int] = []
        for batch in batches([len(text.ids) for text in encoded]):
            made.append(self._run([encoded[place] for place in batch]))
            order += batch
        found = np.concatenate(made)
        back = np.empty_like(found)
        back[order] = found
        return back

    def _run(self, batch: Sequence[Any]) -> Floats:
        shape = len(batch), max(len(encoded.ids) for encoded in batch)
        feed = {name: np.zeros(shape, np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
        for row, encoded in enumerate(batch):
            count = len(encoded.ids)
            feed["input_ids"][row, :count] = encoded.ids
            feed["attention_mask"][row, :count] = 1
            feed["token_type_ids"][row, :count] = encoded.type_ids
        wanted = {taken.name for taken in self.session.get_inputs()}
        given = {name: array for name, array in feed.items() if name in wanted}
        (found,) = self.session.run([self.output], given)
        return np.asarray(found, np.float32)


@lru_cache(maxsize=2)
def _session(network: Path, digest: str, threads: int) -> Any:
    """A network, loaded once for all tasks that it has an output for; `digest` is that of its file now."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts, shortest first, in batches of at most `BATCH_TOKENS` tokens with padding; a longer text is alone.

    >>> list(batches([5000, 7, 3]))
    [[2, 1], [0]]
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        padded = (len(batch) + 1) * lengths[place]
        if batch and padded > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
