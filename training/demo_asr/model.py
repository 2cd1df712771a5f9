"""The network: a very small Whisper, with two extra heads that only training uses.

The encoder also learns to name the character of every 20 ms frame (from espeak-ng's own times) and to write the text
by CTC; some cross-attention heads of the decoder are guided to the frames of the character they write.  Without
these the decoder learns the sentences by heart and does not listen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import WhisperConfig, WhisperForConditionalGeneration
from windows import EOT, FIRST_TOKENS, NUM_CHARACTERS, NUM_TOKENS, SOT, Batch

__all__ = ["RESERVED", "DemoWhisper", "Guide", "Losses", "Shape", "compute_losses"]


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; the defaults are those of the shipped model (2.5 M parameters)."""

    width: int = 144
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 3

    def config(self, vocabulary: int, *, end: int, start: int) -> WhisperConfig:
        """The transformers configuration for a vocabulary of this size."""
        return WhisperConfig(
            vocab_size=vocabulary,
            num_mel_bins=80,
            d_model=self.width,
            encoder_layers=self.encoder_layers,
            decoder_layers=self.decoder_layers,
            encoder_attention_heads=self.heads,
            decoder_attention_heads=self.heads,
            encoder_ffn_dim=4 * self.width,
            decoder_ffn_dim=4 * self.width,
            max_source_positions=1500,
            max_target_positions=448,
            pad_token_id=end,
            bos_token_id=end,
            eos_token_id=end,
            decoder_start_token_id=start,
            dropout=0.0,
        )


RESERVED = -1
"""The last hidden dimension of the decoder's output carries nothing: export.py needs it to switch off unused tokens."""

GUIDED: dict[int, tuple[Literal["input", "output"], tuple[int, ...]]] = {
    0: ("input", (0,)),
    1: ("output", (0, 1)),
    2: ("output", (0, 1)),
}
"""Decoder layer → cross-attention heads guided to the character that goes in, or to the one that comes out."""

Guide = Literal["inside", "uniform"]
"""``inside``: the attention may peak anywhere in the character, and peaks early (about 70 ms); ``uniform``: it should
spread evenly over the character."""


class DemoWhisper(nn.Module):
    """The Whisper of transformers, computed by hand so that the attention can be guided, and the two extra heads."""

    def __init__(self, seed: int = 1, shape: Shape | None = None) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.shape = shape or Shape()
        config = self.shape.config(NUM_TOKENS, end=EOT, start=SOT)
        config._attn_implementation = "sdpa"
        self.whisper = WhisperForConditionalGeneration(config)
        width = self.shape.width
        self.heads = nn.ModuleDict(
            {"frame": nn.Linear(width, NUM_CHARACTERS + 1), "ctc": nn.Linear(width, NUM_CHARACTERS + 1)}
        )
        used = torch.ones(width)
        used[RESERVED] = 0
        self.register_buffer("used", used, persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        encoder, decoder = self.whisper.model.encoder, self.whisper.model.decoder
        for module in self.whisper.modules():
            if isinstance(module, nn.Linear) and module.weight.shape[0] != NUM_TOKENS:
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight)
                nn.init.zeros_(module.bias)
        with torch.no_grad():
            decoder.embed_tokens.weight.normal_(0, 0.08)
            decoder.embed_positions.weight.copy_(0.15 * encoder.embed_positions.weight[:448])
        encoder_offsets = ([-2, 2, -5, 5], [-4, 4, -10, 10], [-8, 8], [-5, 5])
        for layer, offsets in zip(encoder.layers, encoder_offsets, strict=False):
            look_at_offsets(layer.self_attn, dict(enumerate(offsets)), lowest=3, highest=45, gain=1.3)
        for layer in decoder.layers:
            look_at_offsets(layer.self_attn, {0: -1, 1: -2, 2: 0}, lowest=2, highest=40, gain=1.6)

    def encode(self, features: Tensor, offset: int) -> Tensor:
        """Features ``(windows, 80, frames)`` to hidden states at half the rate.

        Short windows may start at any position, so that all positions are trained.
        """
        encoder = self.whisper.model.encoder
        hidden = F.gelu(encoder.conv1(features))
        hidden = F.gelu(encoder.conv2(hidden)).transpose(1, 2)
        hidden = hidden + encoder.embed_positions.weight[offset : offset + hidden.shape[1]]
        for layer in encoder.layers:
            hidden = layer(hidden, None)
            hidden = hidden[0] if isinstance(hidden, tuple) else hidden
        return encoder.layer_norm(hidden)

    def decode(self, inputs: Tensor, encoded: Tensor, spans: Tensor, guide: Guide) -> tuple[Tensor, Tensor]:
        """Scores of the next token at every place, and how far the guided heads look beside their character."""
        decoder = self.whisper.model.decoder
        embedding = decoder.embed_tokens.weight * self.used
        hidden = F.embedding(inputs, embedding) + decoder.embed_positions.weight[: inputs.shape[1]]
        astray: list[Tensor] = []
        for number, layer in enumerate(decoder.layers):
            normed = layer.self_attn_layer_norm(hidden)
            hidden = hidden + self._attend(layer.self_attn, normed, normed, causal=True)
            normed = layer.encoder_attn_layer_norm(hidden)
            hidden = hidden + self._attend(layer.encoder_attn, normed, encoded)
            if number in GUIDED:
                kind, heads = GUIDED[number]
                wanted = spans if kind == "output" else _spans_of_inputs(spans)
                astray += [self._astray(layer.encoder_attn, normed, encoded, head, wanted, guide) for head in heads]
            hidden = hidden + layer.fc2(F.gelu(layer.fc1(layer.final_layer_norm(hidden))))
        return F.linear(decoder.layer_norm(hidden), embedding), torch.stack(astray).mean()

    def _split(self, tensor: Tensor) -> Tensor:
        return tensor.view(tensor.shape[0], -1, self.shape.heads, self.shape.width // self.shape.heads).transpose(1, 2)

    def _attend(self, attention: Any, query: Tensor, memory: Tensor, *, causal: bool = False) -> Tensor:
        mixed = F.scaled_dot_product_attention(
            self._split(attention.q_proj(query)),
            self._split(attention.k_proj(memory)),
            self._split(attention.v_proj(memory)),
            is_causal=causal,
        )
        return attention.out_proj(mixed.transpose(1, 2).reshape(query.shape))

    def _astray(self, attention: Any, query: Tensor, memory: Tensor, head: int, spans: Tensor, guide: Guide) -> Tensor:
        """Mean over tokens of -log of the attention of one head inside the token's frames."""
        queries = self._split(attention.q_proj(query))[:, head]
        keys = self._split(attention.k_proj(memory))[:, head]
        scores = (queries @ keys.transpose(1, 2)).float() * queries.shape[-1] ** -0.5
        frame = torch.arange(memory.shape[1], device=memory.device)
        inside = (frame >= spans[..., :1]) & (frame < spans[..., 1:])
        everywhere = torch.logsumexp(scores, -1)
        if guide == "inside":
            missed = everywhere - torch.logsumexp(scores.masked_fill(~inside, -1e4), -1)
        else:
            count = inside.sum(-1).clamp(min=1)
            missed = everywhere - (scores * inside).sum(-1) / count - count.log()
        return missed[spans[..., 0] >= 0].clamp(max=50).mean()


def _spans_of_inputs(spans: Tensor) -> Tensor:
    """The spans of the labels, moved to the place where each label is the input."""
    moved = torch.full_like(spans, -1)
    first = len(FIRST_TOKENS)
    moved[:, first:] = spans[:, first - 1 : -1]
    return moved


def look_at_offsets(attention: Any, offsets: dict[int, int], *, lowest: int, highest: int, gain: float) -> None:
    """Initialise some heads so that they look at a fixed distance in the sinusoidal positions."""
    width = attention.q_proj.weight.shape[0]
    size = width // attention.num_heads
    half, pairs = width // 2, size // 2
    step = math.log(10000) / (half - 1)
    with torch.no_grad():
        for head, offset in offsets.items():
            if head >= attention.num_heads:
                continue
            query, key = torch.zeros(size, width), torch.zeros(size, width)
            for row, index in enumerate(np.linspace(lowest, min(highest, half - 1), pairs).round().astype(int)):
                angle = math.exp(-step * index) * offset
                query[row, index], query[row, half + index] = math.cos(angle), math.sin(angle)
                query[pairs + row, half + index], query[pairs + row, index] = math.cos(angle), -math.sin(angle)
                key[row, index] = key[pairs + row, half + index] = 1
            rows = slice(head * size, (head + 1) * size)
            attention.q_proj.weight[rows] = attention.q_proj.weight[rows] * 0.3 + query * gain
            attention.k_proj.weight[rows] = attention.k_proj.weight[rows] * 0.3 + key * gain


# -- losses -----------------------------------------------------------------------------------------------------


@dataclass
class Losses:
    """The parts of the loss of one batch."""

    text: Tensor
    guided: Tensor
    frames: Tensor
    ctc: Tensor
    accuracy: float

    def total(self, *, with_ctc: bool) -> Tensor:
        """Their weighted sum; CTC joins when the frames have begun to make sense."""
        return self.text + 0.3 * self.guided + 0.7 * self.frames + (0.05 * self.ctc if with_ctc else 0.0)

    def values(self) -> list[float]:
        """Text, guided, frames, ctc, accuracy."""
        return [self.text.item(), self.guided.item(), self.frames.item(), self.ctc.item(), self.accuracy]


def compute_losses(model: DemoWhisper, batch: Batch, *, guide: Guide = "inside", half_precision: bool = True) -> Losses:
    """All losses of a batch; CTC and text are per character."""
    with torch.autocast(batch.features.device.type, torch.bfloat16, enabled=half_precision):
        encoded = model.encode(batch.features, batch.offset)
        frame_scores, ctc_scores = model.heads["frame"](encoded), model.heads["ctc"](encoded)
        scores, guided = model.decode(batch.inputs, encoded, batch.spans, guide)
    text = F.cross_entropy(scores.float().flatten(0, 1), batch.labels.flatten(), ignore_index=-100)
    frames = F.cross_entropy(frame_scores.float().flatten(0, 1), batch.frames.flatten())
    known = batch.labels >= 0
    accuracy = ((scores.argmax(-1) == batch.labels) & known).sum() / known.sum()
    return Losses(text, guided, frames, _ctc(ctc_scores, batch.spoken), accuracy.item())


def _ctc(scores: Tensor, spoken: Sequence[Sequence[int]]) -> Tensor:
    lengths = torch.tensor([len(characters) for characters in spoken])
    summed = F.ctc_loss(
        scores.float().log_softmax(-1).transpose(0, 1),
        torch.tensor([c for characters in spoken for c in characters], dtype=torch.long, device=scores.device),
        torch.full((len(spoken),), scores.shape[1]),
        lengths,
        blank=NUM_CHARACTERS,
        reduction="sum",
        zero_infinity=True,
    )
    return summed / max(1, int(lengths.sum()))
