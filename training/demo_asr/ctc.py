"""Train the small CTC recogniser `demo-ctc` on the same voices, starting from the encoder of the bundled Whisper.

    python ctc.py --init ../../models/demo-zh/model.bin --data data/wide-201.npz data/wide-202.npz --out checkpoints/ctc

The encoder listens already; what changes is its ear (the filter bank that sherpa-onnx computes, in place of Whisper's), its
pace (40 ms a frame, half of it) and what it writes: characters by CTC, without punctuation. Windows are those of `windows.py`.

    filter bank    100 frames a second, 80 bins, natural logarithm, each bin moved to the mean and spread Whisper's has
    conv, conv, conv    100, 50, 25 frames a second
    4 layers       as in Whisper; the positions are every second one of its own
    heads          `ctc` writes; `frame` names the character of every frame and is used in training alone

``--resume`` goes on with an interrupted run.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import struct
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

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
LOG_EVERY, SAVE_EVERY = 25, 100
BLOCK = 4

SHARES = {"A": 0.55, "B": 0.33, "C": 0.12}
COUNTS: dict[windows.Size, int] = {"A": 16, "B": 7, "C": 2}
LONGEST: dict[windows.Size, tuple[float, ...]] = {"A": (6.0,), "B": (7.0, 10.0, 14.0), "C": (20.0, 30.0)}


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
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
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


# -- batches ------------------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """Windows, filled up to the longest with what sherpa-onnx fills up with."""

    features: Tensor
    """``(windows, frames, 80)``"""
    lengths: Tensor
    frames: Tensor
    """``(windows, frames / 4)``: the token of each output frame, `BLANK` between the characters"""
    spoken: list[list[int]]


def make_window(
    rng: random.Random, pool: Sequence[synth.Utterance], size: windows.Size, longest: float, mixing: windows.Mixing
) -> tuple[NDArray[np.float32], NDArray[np.int64], list[int]]:
    """Filter bank, the token of each output frame, and the tokens said."""
    layout = windows._place(rng, pool, longest, size, mixing)
    tokens, spans = windows._drop_cut(layout.tokens, layout.spans)
    end = layout.end if layout.end is not None else rng.uniform(0.3, longest)
    end = max(min(longest, end + rng.uniform(0, 0.3)), 0.5)
    features = filter_bank(windows.narrow_line(layout.pieces, int(end * speech.SAMPLING_RATE), rng, mixing))
    labels = np.full((len(features) + FEATURES_PER_FRAME - 1) // FEATURES_PER_FRAME, BLANK)
    spoken = []
    for token, span in zip(tokens, spans, strict=True):
        if span is None:
            continue
        first = int(span[0] * FRAMES_PER_S)
        labels[first : max(first + 1, math.ceil(span[1] * FRAMES_PER_S))] = token + 1
        spoken.append(token + 1)
    return features, labels, spoken


def make_batch(seed: int, pool: Sequence[synth.Utterance], mixing: windows.Mixing) -> Batch:
    """A batch of windows of one size, drawn from the seed."""
    rng = random.Random(seed)
    size: windows.Size = rng.choices(list(SHARES), list(SHARES.values()))[0]  # type: ignore[assignment]
    longest = rng.choice(LONGEST[size])
    count = max(2, int(COUNTS[size] * LONGEST[size][-1] / longest)) if size != "A" else COUNTS[size]
    made = [make_window(rng, pool, size, longest, mixing) for _ in range(count)]
    frames = max(len(features) for features, _, _ in made)
    frames += -frames % FEATURES_PER_FRAME
    features = torch.full((count, frames, BINS), math.log(1e-10))
    labels = torch.full((count, frames // FEATURES_PER_FRAME), BLANK)
    for row, (bank, known, _) in enumerate(made):
        features[row, : len(bank)] = torch.from_numpy(bank)
        labels[row, : len(known)] = torch.from_numpy(known)
    lengths = torch.tensor([len(bank) for bank, _, _ in made])
    return Batch(features, lengths, labels, [spoken for _, _, spoken in made])


def losses(model: DemoCtc, batch: Batch, offset: int, *, half_precision: bool = True) -> tuple[Tensor, list[float]]:
    """The weighted sum, and CTC per character, characters out of their place per frame, and frames' cross-entropy."""
    with torch.autocast("cpu", torch.bfloat16, enabled=half_precision):
        encoded = model.encode(batch.features, batch.lengths, offset)
        scores, named = model.ctc(encoded), model.frame(encoded)
    scores = scores.float().log_softmax(-1)
    counts = torch.tensor([len(spoken) for spoken in batch.spoken])
    written = F.ctc_loss(
        scores.transpose(0, 1),
        torch.tensor([token for spoken in batch.spoken for token in spoken], dtype=torch.long),
        frames_out(batch.lengths),
        counts,
        blank=BLANK,
        reduction="sum",
        zero_infinity=True,
    ) / max(1, int(counts.sum()))
    inside = torch.arange(scores.shape[1])[None, :] < frames_out(batch.lengths)[:, None]
    allowed = torch.stack([scores[..., BLANK], *_near(scores, batch.frames)])
    astray = -torch.logsumexp(allowed, 0).clamp(max=0)[inside].mean()
    frames = F.cross_entropy(named.float()[inside], batch.frames[inside])
    return written + 2.0 * astray + 0.5 * frames, [written.item(), astray.item(), frames.item()]


def _near(scores: Tensor, labels: Tensor) -> Iterator[Tensor]:
    """Log probability at each frame of the character that is said there; silence has none."""
    here = scores.gather(-1, labels[..., None])[..., 0]
    yield here.masked_fill(labels == BLANK, -30.0)


# -- the run ------------------------------------------------------------------------------------------------------


class Optimiser:
    """Muon for the matrices of the layers, AdamW for the rest."""

    def __init__(self, model: DemoCtc) -> None:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        matrices = [p for name, p in named if p.ndim == 2 and name.startswith("layers.")]
        others = [p for name, p in named if p.ndim != 2 or not name.startswith("layers.")]
        self.parameters = matrices + others
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=1e-3, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
        ]

    def step(self, rate: float) -> None:
        """Clip the gradients and take one step."""
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad(set_to_none=True)


def learning_rate(step: int, steps: int, rate: float) -> float:
    """Warm-up over 100 steps, then a linear decay."""
    return rate * min(1.0, (step + 1) / 100) * max(0.01, 1 - step / steps)


def train(model: DemoCtc, pool: Sequence[synth.Utterance], options: argparse.Namespace) -> dict[str, float]:
    """Train up to `--steps`; the smoothed losses at the end."""
    mixing = windows.Mixing(options.quietest, options.coded)
    optimiser = Optimiser(model)
    last = options.out / "last.pt"
    step, before = 0, 0.0
    if options.resume and last.exists():
        kept = torch.load(last, weights_only=True)
        model.load_state_dict(kept["model"])
        for part, state in zip(optimiser.parts, kept["optimiser"], strict=True):
            part.load_state_dict(state)
        step, before = kept["step"], kept["seconds"]
    started = time.process_time()
    smooth: NDArray[np.float64] | None = None
    stop = min(options.steps, step + options.at_most) if options.at_most else options.steps
    while step < stop:
        batch = make_batch(options.seed * 1_000_003 + step, pool, mixing)
        spare = POSITIONS - batch.frames.shape[1]
        offset = random.Random(step).randint(0, spare) if random.Random(-step).random() < 0.7 else 0
        loss, parts = losses(model, batch, offset, half_precision=not options.full_precision)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"step {step}: {parts}")
        loss.backward()
        optimiser.step(learning_rate(step, options.steps, options.rate))
        step += 1
        values = np.array(parts)
        smooth = values if smooth is None else 0.96 * smooth + 0.04 * values
        seconds = before + time.process_time() - started
        if step % LOG_EVERY == 0:
            print(
                f"{step} {seconds:.0f} s ctc {smooth[0]:.3f} astray {smooth[1]:.4f} frames {smooth[2]:.3f}", flush=True
            )
        if step % SAVE_EVERY == 0 or step == stop:
            kept = {"model": model.state_dict(), "optimiser": [part.state_dict() for part in optimiser.parts]}
            torch.save({**kept, "step": step, "seconds": seconds}, last.with_suffix(".new"))
            last.with_suffix(".new").replace(last)
    names = ("ctc", "astray", "frames")
    return {} if smooth is None else dict(zip(names, smooth.tolist(), strict=True))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="training sets of synth.py")
    parser.add_argument("--out", type=Path, required=True, help="folder for last.pt")
    parser.add_argument("--init", type=Path, help="model.bin of the Whisper whose encoder it begins with")
    parser.add_argument("--resume", action="store_true", help="go on with OUT/last.pt")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--at-most", type=int, default=0, help="steps of this launch; 0 = all")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="learning rate")
    parser.add_argument("--quietest", type=float, default=-1.7, help="lowest level, as a power of ten")
    parser.add_argument("--coded", type=float, default=0.3, help="share of windows sent through Opus or GSM")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--full-precision", action="store_true", help="no bfloat16")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None, model: DemoCtc | None = None) -> dict[str, float]:
    """Run the command; return the smoothed losses at the end."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    pool = windows.usable([utterance for path in options.data for utterance in synth.load(path)])
    model = model or DemoCtc()
    if options.init:
        begin_with(model, read_ct2(options.init))
    hear_as_whisper(model, pool, windows.Mixing(options.quietest, options.coded), move=options.init is not None)
    count = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    print(f"{len(pool)} utterances, {count / 1e6:.2f} M parameters, {options.steps} steps", flush=True)
    found = train(model, pool, options)
    (options.out / "report.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


if __name__ == "__main__":
    main()
