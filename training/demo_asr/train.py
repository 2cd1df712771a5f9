"""Train the demo recogniser, from nothing or from a checkpoint.

From nothing (about 55 minutes on two CPU cores)::

    python train.py --data data/base-1.npz data/base-2.npz --out checkpoints/first

From a checkpoint, on wider ranges of pitch, speed and level (see README.md)::

    python train.py --init checkpoints/first/last.pt --data data/wide-*.npz --out checkpoints/wide \\
        --steps 0 0 3000 --quietest -1.7 --coded 0.3 --guide uniform

``--resume`` goes on with an interrupted run.  Two cycles: first A then B windows with AdamW and a cosine; then a
mixture of all sizes, more of the full ones near the end, with Muon for the layers' matrices and a linear decay.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import corpus
import numpy as np
import synth
import torch
from model import DemoWhisper, Shape, compute_losses
from torch import nn
from torch.utils.data import DataLoader, Dataset
from windows import Batch, Mixing, Size, make_batches, usable

__all__ = ["Schedule", "main", "read_checkpoint"]

BLOCK = 4
"""Steps whose batches are drawn together; all of one size."""

LOG_EVERY, SAVE_EVERY = 48, 300


@dataclass(frozen=True)
class Schedule:
    """Which window size and which learning rate at which step."""

    first_a: int = 1800
    first_b: int = 600
    mixture: int = 3150
    rate: float = 2e-3
    mixture_rate: float = 1.5e-3
    seed: int = 1

    @property
    def first(self) -> int:
        """Steps of the first cycle."""
        return self.first_a + self.first_b

    @property
    def total(self) -> int:
        """All steps."""
        return self.first + self.mixture

    def size(self, step: int) -> Size:
        """The window size, the same within a block."""
        step -= step % BLOCK
        if step < self.first:
            return "A" if step < self.first_a else "B"
        late = step - self.first > 0.8 * self.mixture
        draw = random.Random(step // BLOCK * 7 + self.seed).random()
        if draw < (0.65 if late else 0.32):
            return "C"
        return "B" if draw < (0.85 if late else 0.66) else "A"

    def learning_rate(self, step: int) -> float:
        """Warm-up and cosine, then warm-up and linear decay."""
        if step < self.first:
            cosine = 0.5 * (1 + math.cos(math.pi * step / (1.54 * self.first)))
            return self.rate * min(1.0, (step + 1) / 200) * (0.03 + 0.97 * cosine)
        mixed = step - self.first
        return self.mixture_rate * min(1.0, (mixed + 20) / 120) * max(0.01, 1 - mixed / self.mixture)


class Blocks(Dataset[list[Batch]]):
    """The batches of block after block, each drawn from the seed and its number."""

    def __init__(
        self, pool: Sequence[synth.Utterance], schedule: Schedule, windows: dict[Size, int], mixing: Mixing
    ) -> None:
        self._pool, self._schedule, self._windows, self._mixing = pool, schedule, windows, mixing

    def __len__(self) -> int:
        return math.ceil(self._schedule.total / BLOCK)

    def __getitem__(self, index: int) -> list[Batch]:
        size = self._schedule.size(index * BLOCK)
        seed = self._schedule.seed * 1_000_003 + index
        return make_batches(seed, size, BLOCK, self._windows[size], self._pool, self._mixing)

    def batches(self, step: int, workers: int) -> Iterator[Batch]:
        """Every batch from `step` on."""
        blocks = range(step // BLOCK, len(self))
        loader = DataLoader(self, batch_size=None, sampler=blocks, num_workers=workers, worker_init_fn=_one_thread)
        skip = step % BLOCK
        for block in loader:
            yield from block[skip:]
            skip = 0


def _one_thread(_: int) -> None:
    torch.set_num_threads(1)


class Optimiser:
    """AdamW for everything; from `use_muon` on, Muon for the matrices of the layers and AdamW for the rest."""

    def __init__(self, model: DemoWhisper) -> None:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        self._layers = [p for name, p in named if p.ndim == 2 and ".layers." in name]
        ids = {id(p) for p in self._layers}
        self._others = [p for _, p in named if p.ndim > 1 and id(p) not in ids]
        self._vectors = [p for _, p in named if p.ndim <= 1]
        self._adam = self._make_adam(self._layers + self._others)
        self._muon: torch.optim.Optimizer | None = None

    def _make_adam(self, matrices: list[nn.Parameter]) -> torch.optim.Optimizer:
        groups = [{"params": matrices, "weight_decay": 0.02}, {"params": self._vectors, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), fused=True)

    def use_muon(self) -> None:
        """Move the layers' matrices to Muon; AdamW keeps its state for the rest."""
        if self._muon is not None:
            return
        adam = self._make_adam(self._others)
        for group in adam.param_groups:
            for parameter in group["params"]:
                if parameter in self._adam.state:
                    adam.state[parameter] = self._adam.state[parameter]
        self._adam = adam
        self._muon = torch.optim.Muon(
            self._layers, lr=1e-3, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )

    def _all(self) -> list[torch.optim.Optimizer]:
        return [self._adam] + ([self._muon] if self._muon else [])

    def step(self, rate: float) -> None:
        """Clip the gradients and take one step."""
        nn.utils.clip_grad_norm_(self._layers + self._others + self._vectors, 1.0)
        for optimiser in self._all():
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, Any]]:
        """For a checkpoint."""
        return [optimiser.state_dict() for optimiser in self._all()]

    def load(self, states: list[dict[str, Any]]) -> None:
        """From a checkpoint."""
        if len(states) > 1:
            self.use_muon()
        for optimiser, state in zip(self._all(), states, strict=True):
            optimiser.load_state_dict(state)


# -- checkpoints ------------------------------------------------------------------------------------------------


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint: ``whisper``, ``heads``, ``shape``, ``characters``, ``optimiser``, ``step``, ``seconds``.

    The checkpoint of the first training names them m, h, chars; only its weights are read.
    """
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if "m" in content:
        content = {"whisper": content["m"], "heads": content["h"], "characters": content["chars"]}
    if list(content["characters"]) != list(corpus.CHARACTERS):
        raise ValueError(f"{path}: trained with other characters than those of characters.txt")
    content["shape"] = Shape(**content.get("shape", {}))
    return content


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint in one move, so that an interruption leaves the old one."""
    new = path.with_suffix(".new")
    torch.save(content, new)
    os.replace(new, path)


# -- the run ----------------------------------------------------------------------------------------------------


def train(
    model: DemoWhisper, blocks: Blocks, schedule: Schedule, folder: Path, options: argparse.Namespace
) -> dict[str, float]:
    """Train up to the schedule's end; return the smoothed losses."""
    optimiser = Optimiser(model)
    last = folder / "last.pt"
    step, before = 0, 0.0
    if options.resume and last.exists():
        checkpoint = read_checkpoint(last)
        model.whisper.load_state_dict(checkpoint["whisper"])
        model.heads.load_state_dict(checkpoint["heads"])
        optimiser.load(checkpoint["optimiser"])
        step, before = checkpoint["step"], checkpoint["seconds"]
    started = time.monotonic()
    smooth: np.ndarray | None = None
    names = ("text", "guided", "frames", "ctc", "accuracy")
    for batch in blocks.batches(step, options.workers):
        if step >= schedule.total:
            break
        if step >= schedule.first:
            optimiser.use_muon()
        if options.device != "cpu":
            batch = batch.to(options.device)
        losses = compute_losses(model, batch, guide=options.guide, half_precision=not options.full_precision)
        losses.total(with_ctc=step > 200 or options.init is not None).backward()
        optimiser.step(schedule.learning_rate(step))
        step += 1
        values = np.array(losses.values())
        if not np.isfinite(values).all():
            raise FloatingPointError(f"step {step}: {dict(zip(names, values.tolist(), strict=True))}")
        smooth = values if smooth is None else 0.95 * smooth + 0.05 * values
        seconds = before + time.monotonic() - started
        if step % LOG_EVERY == 0:
            parts = " ".join(f"{name} {value:.3f}" for name, value in zip(names, smooth, strict=True))
            print(f"{step} {schedule.size(step - 1)} {seconds:.0f} s {parts}", flush=True)
        if step % SAVE_EVERY == 0 or step == schedule.total:
            content = {
                "whisper": model.whisper.state_dict(),
                "heads": model.heads.state_dict(),
                "shape": asdict(model.shape),
                "characters": list(corpus.CHARACTERS),
                "optimiser": optimiser.state(),
                "step": step,
                "seconds": seconds,
            }
            save_checkpoint(last, content)
    return {} if smooth is None else dict(zip(names, smooth.tolist(), strict=True))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="training sets of synth.py")
    parser.add_argument("--out", type=Path, required=True, help="folder for last.pt and report.json")
    parser.add_argument("--init", type=Path, help="start from the weights of this checkpoint")
    parser.add_argument("--resume", action="store_true", help="go on with OUT/last.pt")
    parser.add_argument("--steps", type=int, nargs=3, default=[1800, 600, 3150], metavar=("A", "B", "MIXTURE"))
    parser.add_argument("--windows", type=int, nargs=3, default=[16, 6, 3], metavar=("A", "B", "C"), help="per batch")
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate of the first cycle")
    parser.add_argument("--mixture-rate", type=float, default=1.5e-3, help="learning rate of the mixture")
    parser.add_argument("--quietest", type=float, default=-1.1, help="lowest level, as a power of ten")
    parser.add_argument("--coded", type=float, default=0.0, help="share of windows sent through Opus or GSM")
    parser.add_argument("--guide", choices=["inside", "uniform"], default="inside", help="of the attention")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0, help="processes that make windows; 0 = this one")
    parser.add_argument("--full-precision", action="store_true", help="no bfloat16")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None, shape: Shape | None = None) -> dict[str, float]:
    """Run the command; return the smoothed losses at the end."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    pool = usable([utterance for path in options.data for utterance in synth.load(path)])
    first_a, first_b, mixture = options.steps
    schedule = Schedule(first_a, first_b, mixture, options.rate, options.mixture_rate, options.seed)
    model = DemoWhisper(options.seed, shape)
    if options.init:
        checkpoint = read_checkpoint(options.init)
        model.whisper.load_state_dict(checkpoint["whisper"])
        model.heads.load_state_dict(checkpoint["heads"])
    model.to(options.device)
    count = sum(parameter.numel() for parameter in model.whisper.parameters())
    print(f"{len(pool)} utterances, {count / 1e6:.2f} M parameters, {schedule.total} steps", flush=True)
    windows: dict[Size, int] = dict(zip(("A", "B", "C"), options.windows, strict=True))
    blocks = Blocks(pool, schedule, windows, Mixing(options.quietest, options.coded))
    started = time.monotonic()
    losses = train(model, blocks, schedule, options.out, options)
    report = {"minutes": round((time.monotonic() - started) / 60, 1), "steps": options.steps, **losses}
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return losses


if __name__ == "__main__":
    main()
