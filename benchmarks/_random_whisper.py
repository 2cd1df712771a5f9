"""A Whisper of any size with random weights, in CTranslate2 form, without torch: for speed only.

It has the vocabulary of the bundled model, so the last projection is cheaper than that of the real one; encoder and decoder
have the real shapes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa_speech.engines.models import find_model


@dataclass(frozen=True)
class Shape:
    """Layers, width and heads of encoder and decoder."""

    encoder_layers: int
    decoder_layers: int
    width: int
    heads: int
    mels: int = 80


SMALL = Shape(12, 12, 768, 12)
TURBO = Shape(32, 4, 1280, 20, 128)


def write(folder: Path, shape: Shape, *, quantization: str = "int8", seed: int = 1) -> Path:
    """Write a model folder that faster-whisper loads."""
    from ctranslate2.specs.whisper_spec import WhisperSpec

    bundled = find_model("demo").path
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "vocabulary.json"):
        shutil.copy(bundled / name, folder / name)
    vocabulary = json.loads((bundled / "vocabulary.json").read_text(encoding="utf-8"))
    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    chance = np.random.default_rng(seed)
    for owner, name, sizes in _weights(spec, shape, len(vocabulary)):
        scale = 0.02 if len(sizes) > 1 else 0.0
        value = chance.standard_normal(sizes, dtype=np.float32) * np.float32(scale)
        setattr(owner, name, value + np.float32(name == "gamma"))
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    given = json.loads((bundled / "config.json").read_text(encoding="utf-8"))
    spec.config.lang_ids = given.get("lang_ids", [])
    spec.config.alignment_heads = [[shape.decoder_layers - 1, head] for head in range(min(6, shape.heads))]
    spec.register_vocabulary(vocabulary)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))
    features = {"feature_size": shape.mels, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(features), encoding="utf-8")
    return folder


def _weights(spec: Any, shape: Shape, words: int) -> Iterator[tuple[Any, str, tuple[int, ...]]]:
    """Every array of the model: who owns it, its name, its size."""
    wide, inner = shape.width, 4 * shape.width
    encoder, decoder = spec.encoder, spec.decoder
    for layer, inputs in ((encoder.conv1, shape.mels), (encoder.conv2, wide)):
        yield layer, "weight", (wide, inputs, 3)
        yield layer, "bias", (wide,)
    yield encoder.position_encodings, "encodings", (1500, wide)
    yield decoder.position_encodings, "encodings", (448, wide)
    yield decoder.embeddings, "weight", (words, wide)
    yield decoder.projection, "weight", (words, wide)
    for norm in (encoder.layer_norm, decoder.layer_norm):
        yield from _norm(norm, wide)
    for layer in (*encoder.layer, *decoder.layer):
        yield from _norm(layer.self_attention.layer_norm, wide)
        yield from _linear(layer.self_attention.linear[0], 3 * wide, wide)
        yield from _linear(layer.self_attention.linear[1], wide, wide)
        yield from _norm(layer.ffn.layer_norm, wide)
        yield from _linear(layer.ffn.linear_0, inner, wide)
        yield from _linear(layer.ffn.linear_1, wide, inner)
    for layer in decoder.layer:
        yield from _norm(layer.attention.layer_norm, wide)
        yield from _linear(layer.attention.linear[0], wide, wide)
        yield from _linear(layer.attention.linear[1], 2 * wide, wide)
        yield from _linear(layer.attention.linear[2], wide, wide)


def _norm(spec: Any, size: int) -> Iterator[tuple[Any, str, tuple[int, ...]]]:
    yield spec, "gamma", (size,)
    yield spec, "beta", (size,)


def _linear(spec: Any, rows: int, columns: int) -> Iterator[tuple[Any, str, tuple[int, ...]]]:
    yield spec, "weight", (rows, columns)
    yield spec, "bias", (rows,)
