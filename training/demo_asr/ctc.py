"""Train the small CTC recogniser `demo-ctc` on the same voices, starting from the encoder of the bundled Whisper.

    python ctc.py --init ../../models/demo-zh/model.bin --heads checkpoints/first/last.pt \\
        --data data/wide-201.npz data/wide-202.npz --out checkpoints/ctc

The encoder listens already; what changes is its ear (the filter bank that sherpa-onnx computes, in place of Whisper's), its
pace (40 ms a frame, half of it) and what it writes: characters by CTC, without punctuation. Windows are those of `windows.py`.
``--resume`` goes on with an interrupted run.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import speech
import synth
import torch
import torch.nn.functional as F
import windows
from ctc_model import (
    BINS,
    BLANK,
    FEATURES_PER_FRAME,
    FRAMES_PER_S,
    POSITIONS,
    DemoCtc,
    begin_with,
    filter_bank,
    frames_out,
    hear_as_whisper,
    read_ct2,
    take_heads,
)
from numpy.typing import NDArray
from torch import Tensor, nn
from train import read_checkpoint

LOG_EVERY, SAVE_EVERY = 25, 100

SHARES = {"A": 0.55, "B": 0.33, "C": 0.12}
COUNTS: dict[windows.Size, int] = {"A": 16, "B": 7, "C": 2}
LONGEST: dict[windows.Size, tuple[float, ...]] = {"A": (6.0,), "B": (7.0, 10.0, 14.0), "C": (20.0, 30.0)}


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
    parser.add_argument("--heads", type=Path, help="checkpoint of train.py whose heads it begins with")
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
    if options.heads:
        take_heads(model, read_checkpoint(options.heads)["heads"])
    hear_as_whisper(model, pool, windows.Mixing(options.quietest, options.coded), move=options.init is not None)
    count = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    print(f"{len(pool)} utterances, {count / 1e6:.2f} M parameters, {options.steps} steps", flush=True)
    found = train(model, pool, options)
    (options.out / "report.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


if __name__ == "__main__":
    main()
