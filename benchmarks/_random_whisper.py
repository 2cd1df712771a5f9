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
from typing import Any, NamedTuple

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
WEIGHT_SCALE = np.float32(0.02)


class Array(NamedTuple):
    """One array of the model: which layer has it, under which name, its sizes."""

    owner: Any
    name: str
    sizes: tuple[int, ...]


def write(folder: Path, shape: Shape, *, quantization: str = "int8", seed: int = 1) -> Path:
    """Write a model folder that faster-whisper loads."""
    from ctranslate2.specs.whisper_spec import WhisperSpec

    bundled = find_model("demo").path
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "vocabulary.json"):
        shutil.copy(bundled / name, folder / name)
    vocabulary = json.loads((bundled / "vocabulary.json").read_text(encoding="utf-8"))
    given = json.loads((bundled / "config.json").read_text(encoding="utf-8"))
    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    _fill(spec, shape, len(vocabulary), np.random.default_rng(seed))
    last_layer = shape.decoder_layers - 1
    aligning = min(6, shape.heads)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = given.get("lang_ids", [])
    spec.config.alignment_heads = [[last_layer, head] for head in range(aligning)]
    spec.register_vocabulary(vocabulary)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))
    features = {
        "feature_size": shape.mels,
        "sampling_rate": 16000,
        "hop_length": 160,
        "chunk_length": 30,
        "n_fft": 400,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(features), encoding="utf-8")
    return folder


def _fill(spec: Any, shape: Shape, words: int, chance: np.random.Generator) -> None:
    """Random weights; vectors are 0, but for the scale of a norm, which is 1."""
    for array in _arrays(spec, shape, words):
        if len(array.sizes) > 1:
            value = WEIGHT_SCALE * chance.standard_normal(array.sizes, dtype=np.float32)
        else:
            value = np.zeros(array.sizes, dtype=np.float32)
        if array.name == "gamma":
            value += 1
        setattr(array.owner, array.name, value)


def _arrays(spec: Any, shape: Shape, words: int) -> Iterator[Array]:
    """Every array of the model."""
    wide = shape.width
    encoder, decoder = spec.encoder, spec.decoder
    yield Array(encoder.conv1, "weight", (wide, shape.mels, 3))
    yield Array(encoder.conv1, "bias", (wide,))
    yield Array(encoder.conv2, "weight", (wide, wide, 3))
    yield Array(encoder.conv2, "bias", (wide,))
    yield Array(encoder.position_encodings, "encodings", (1500, wide))
    yield Array(decoder.position_encodings, "encodings", (448, wide))
    yield Array(decoder.embeddings, "weight", (words, wide))
    yield Array(decoder.projection, "weight", (words, wide))
    yield from _norm(encoder.layer_norm, wide)
    yield from _norm(decoder.layer_norm, wide)
    for layer in (*encoder.layer, *decoder.layer):
        yield from _block(layer, wide)
    for layer in decoder.layer:
        yield from _cross_attention(layer.attention, wide)


def _block(layer: Any, wide: int) -> Iterator[Array]:
    """What a layer of the encoder and of the decoder has."""
    inner = 4 * wide
    yield from _norm(layer.self_attention.layer_norm, wide)
    yield from _linear(layer.self_attention.linear[0], 3 * wide, wide)
    yield from _linear(layer.self_attention.linear[1], wide, wide)
    yield from _norm(layer.ffn.layer_norm, wide)
    yield from _linear(layer.ffn.linear_0, inner, wide)
    yield from _linear(layer.ffn.linear_1, wide, inner)


def _cross_attention(attention: Any, wide: int) -> Iterator[Array]:
    """What only a layer of the decoder has."""
    yield from _norm(attention.layer_norm, wide)
    yield from _linear(attention.linear[0], wide, wide)
    yield from _linear(attention.linear[1], 2 * wide, wide)
    yield from _linear(attention.linear[2], wide, wide)


def _norm(owner: Any, size: int) -> Iterator[Array]:
    yield Array(owner, "gamma", (size,))
    yield Array(owner, "beta", (size,))


def _linear(owner: Any, rows: int, columns: int) -> Iterator[Array]:
    yield Array(owner, "weight", (rows, columns))
    yield Array(owner, "bias", (rows,))
