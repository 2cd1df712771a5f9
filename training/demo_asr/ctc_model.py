"""The network of `demo-ctc`, the features it hears, and the weights it begins with: the encoder of the bundled Whisper.

filter bank    100 frames a second, 80 bins up to 3.6 kHz, natural logarithm, as sherpa-onnx computes it of 8 kHz audio
conv, conv, conv    100, 50, 25 frames a second
4 layers       as in Whisper; the positions are every second one of its own
heads          `ctc` writes; `frame` names the character of every frame and is used in training alone
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import corpus
import kaldi_native_fbank
import numpy as np
import speech
import synth
import torch
import torch.nn.functional as F
import windows
from numpy.typing import NDArray
from torch import Tensor, nn

BINS = 80
LOWEST_HZ, HIGHEST_HZ = 20, 3600
FRAMES_PER_S = 25
"""Frames of the network's output a second."""
FEATURES_PER_FRAME = 4
POSITIONS = 750
BLANK = 0
"""The first token of the vocabulary; character n is token n + 1."""
NUM_TOKENS = len(corpus.CHARACTERS) + 1


def filter_bank(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features that sherpa-onnx computes of 8 kHz audio in -1…1; shape (frames, 80), 100 frames a second."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = speech.SAMPLING_RATE
    options.frame_opts.dither = 0.0
    options.frame_opts.snip_edges = False
    options.mel_opts.num_bins = BINS
    options.mel_opts.low_freq = LOWEST_HZ
    options.mel_opts.high_freq = HIGHEST_HZ - speech.SAMPLING_RATE / 2
    online = kaldi_native_fbank.OnlineFbank(options)
    online.accept_waveform(speech.SAMPLING_RATE, np.ascontiguousarray(audio, dtype=np.float32))
    online.input_finished()
    frames = [online.get_frame(index) for index in range(online.num_frames_ready)]
    return np.stack(frames) if frames else np.zeros((0, BINS), np.float32)


# -- network ----------------------------------------------------------------------------------------------------


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention_in, self.attention_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed_in, self.feed_out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """`hidden` is (windows, frames, width); `mask` (windows, 1, 1, frames) is added to the scores."""
        batch, frames, width = hidden.shape
        mixed = self.attention_in(self.attention_norm(hidden))
        mixed = mixed.reshape(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(2, 3) * (width // self.heads) ** -0.5 + mask
        found = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, frames, width)
        hidden = hidden + self.attention_out(found)
        return hidden + self.feed_out(F.gelu(self.feed_in(self.feed_norm(hidden))))


class DemoCtc(nn.Module):
    """Filter bank → log probabilities of the tokens, 25 a second."""

    def __init__(self, width: int = 144, heads: int = 4, layers: int = 4) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(BINS))
        self.register_buffer("scale", torch.ones(BINS))
        self.conv1 = nn.Conv1d(BINS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.zeros(POSITIONS, width), requires_grad=False)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.frame = nn.Linear(width, NUM_TOKENS)
        self.ctc = nn.Linear(width, NUM_TOKENS)

    def encode(self, features: Tensor, lengths: Tensor, offset: int = 0) -> Tensor:
        """`features` is (windows, frames, 80), `lengths` (windows,) how many frames count; (windows, frames / 4, width)."""
        hidden = ((features - self.mean) * self.scale).transpose(1, 2)
        hidden = F.gelu(self.conv1(hidden))
        hidden = F.gelu(self.conv2(hidden))
        hidden = self.conv3(hidden).transpose(1, 2)
        frames = hidden.shape[1]
        hidden = hidden + self.positions[offset : offset + frames]
        place = torch.arange(frames, device=features.device)
        outside = place[None, :] >= frames_out(lengths)[:, None]
        mask = outside.to(hidden.dtype)[:, None, None, :] * -1e4
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return self.norm(hidden)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Log probabilities (windows, frames, tokens) and how many of the frames count."""
        return self.ctc(self.encode(features, lengths)).log_softmax(-1), frames_out(lengths)


def frames_out(lengths: Tensor) -> Tensor:
    """Frames of the output for so many of the filter bank."""
    return (lengths + FEATURES_PER_FRAME - 1) // FEATURES_PER_FRAME


# -- the weights to begin with ------------------------------------------------------------------------------------


def read_ct2(path: Path) -> dict[str, NDArray[np.float32]]:
    """The variables of a CTranslate2 `model.bin` (int8 or float32), as float32."""
    data = path.read_bytes()
    at = 0

    def take(layout: str) -> Any:
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values[0]

    def text() -> str:
        nonlocal at
        length = take("H")
        at += length
        return data[at - length : at - 1].decode()

    take("I"), text(), take("I")
    raw: dict[str, NDArray[Any]] = {}
    types = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    for _ in range(take("I")):
        name = text()
        shape = [take("I") for _ in range(take("B"))]
        kind, size = types.get(take("B"), np.uint8), take("I")
        raw[name] = np.frombuffer(data, kind, size // np.dtype(kind).itemsize, at).reshape(shape)
        at += size
    weights = {}
    for name, value in raw.items():
        weights[name] = value.astype(np.float32)
        scale = raw.get(f"{name}_scale")
        if scale is not None:
            weights[name] /= scale.reshape(-1, *[1] * (value.ndim - 1))
    return weights


def begin_with(model: DemoCtc, weights: dict[str, NDArray[np.float32]]) -> None:
    """Take over the encoder of a Whisper of the same width; the third convolution begins as a mean of neighbours."""

    def put(target: Tensor, name: str) -> None:
        target.copy_(torch.from_numpy(weights[f"encoder/{name}"]).reshape(target.shape))

    with torch.no_grad():
        for number in (1, 2):
            conv = getattr(model, f"conv{number}")
            put(conv.weight, f"conv{number}/weight")
            put(conv.bias, f"conv{number}/bias")
        model.conv3.weight.zero_()
        model.conv3.bias.zero_()
        for tap, share in enumerate((0.25, 0.5, 0.25)):
            model.conv3.weight[:, :, tap].fill_diagonal_(share)
        model.positions.copy_(torch.from_numpy(weights["encoder/position_encodings/encodings"][::2][:POSITIONS]))
        put(model.norm.weight, "layer_norm/gamma")
        put(model.norm.bias, "layer_norm/beta")
        for number, layer in enumerate(model.layers):
            place = f"layer_{number}"
            put(layer.attention_norm.weight, f"{place}/self_attention/layer_norm/gamma")
            put(layer.attention_norm.bias, f"{place}/self_attention/layer_norm/beta")
            put(layer.attention_in.weight, f"{place}/self_attention/linear_0/weight")
            put(layer.attention_in.bias, f"{place}/self_attention/linear_0/bias")
            put(layer.attention_out.weight, f"{place}/self_attention/linear_1/weight")
            put(layer.attention_out.bias, f"{place}/self_attention/linear_1/bias")
            put(layer.feed_norm.weight, f"{place}/ffn/layer_norm/gamma")
            put(layer.feed_norm.bias, f"{place}/ffn/layer_norm/beta")
            put(layer.feed_in.weight, f"{place}/ffn/linear_0/weight")
            put(layer.feed_in.bias, f"{place}/ffn/linear_0/bias")
            put(layer.feed_out.weight, f"{place}/ffn/linear_1/weight")
            put(layer.feed_out.bias, f"{place}/ffn/linear_1/bias")


def take_heads(model: DemoCtc, heads: dict[str, Tensor]) -> None:
    """Take over the heads `frame` and `ctc` of a checkpoint of ``train.py``, whose last token is the blank."""
    with torch.no_grad():
        for name in ("frame", "ctc"):
            for part in ("weight", "bias"):
                getattr(getattr(model, name), part).copy_(heads[f"{name}.{part}"].roll(1, 0))


def hear_as_whisper(
    model: DemoCtc, pool: Sequence[synth.Utterance], mixing: windows.Mixing, *, move: bool, count: int = 120
) -> None:
    """Set `mean` and `scale` so that every bin has the mean and spread of Whisper's features at its frequency.

    `move`: the first convolution, which was taken over from Whisper, is moved to the frequencies of our bins too; what it
    heard above 3.6 kHz, where a telephone has nothing, becomes part of its bias.
    """
    rng = random.Random(11)
    ours, theirs = [], []
    for _ in range(count):
        pieces = windows._place(rng, pool, 6.0, "A", mixing).pieces
        seed = rng.getrandbits(31)
        length = 6 * speech.SAMPLING_RATE
        ours.append(filter_bank(windows.narrow_line(pieces, length, random.Random(seed), mixing)))
        theirs.append(windows.log_mel(windows.line(pieces, length, random.Random(seed), mixing)).numpy().T)
    own, whisper = np.concatenate(ours), np.concatenate(theirs)
    places = np.interp(_our_hz(), _whisper_hz(), np.arange(BINS))
    mean, spread = (np.interp(places, np.arange(BINS), found) for found in (whisper.mean(0), whisper.std(0)))
    scale = spread / np.maximum(own.std(0), 0.1)
    model.scale.copy_(torch.from_numpy(scale))
    model.mean.copy_(torch.from_numpy(own.mean(0) - mean / scale))
    if not move:
        return
    shares = np.zeros((BINS, BINS), np.float32)
    for bin_, hertz in enumerate(_whisper_hz()):
        if hertz <= HIGHEST_HZ:
            place = np.interp(hertz, _our_hz(), np.arange(BINS))
            low = min(int(place), BINS - 2)
            shares[bin_, low], shares[bin_, low + 1] = 1 - (place - low), place - low
    above = np.where(_whisper_hz() > HIGHEST_HZ, whisper.mean(0), 0.0).astype(np.float32)
    with torch.no_grad():
        weight = model.conv1.weight.clone()
        model.conv1.bias += torch.einsum("obt,b->o", weight, torch.from_numpy(above))
        model.conv1.weight.copy_(torch.einsum("obt,bn->ont", weight, torch.from_numpy(shares)))


def _our_hz() -> NDArray[np.float64]:
    """Middle of each bin: even on Kaldi's mel scale."""
    low, high = (1127 * math.log1p(hertz / 700) for hertz in (LOWEST_HZ, HIGHEST_HZ))
    mel = np.linspace(low, high, BINS + 2)[1:-1]
    return 700 * np.expm1(mel / 1127)


def _whisper_hz() -> NDArray[np.float64]:
    """Middle of each bin of Whisper's features: where its filter is highest."""
    return windows._EXTRACTOR.mel_filters.argmax(1) * 40.0
