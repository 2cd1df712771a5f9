"""A batch run on a GPU against faster-whisper's batched pipeline on the same one, with a model of turbo's size.

    python benchmarks/gpu.py [--quick]

The weights are random, so nothing sensible is heard; both sides write at most as many tokens. Weights and five-minute calls of two
channels are made here: nothing has to be brought along but the package with its extra `cuda`. Without a CUDA device every figure
is n/a and says so.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import _random_whisper
from _common import Figure, Options, figure, run
from _duel import Duel, Loader

from qa_speech.batch.jobs import Layout
from qa_speech.batch.layout import free_gpu_memory
from qa_speech.engines.models import Model
from qa_speech.engines.whisper import DecodeOptions

BATCH, TOKENS, CALLS = 32, 80, 100
PEER_BATCHES = (8, 16, 32)
CALL_S = (285.0, 315.0)
BUDGET_S = 600.0
FIGURES = (("x_realtime", "× real time"), ("speedup_over_faster_whisper", "ratio"))


def measure(options: Options) -> Iterator[Figure]:
    """Both sides in turn, float16."""
    if not free_gpu_memory():
        for name, unit in FIGURES:
            yield figure(name, None, unit, 0, "no CUDA device on this machine; run it where there is one")
        return
    cores = os.cpu_count() or 2
    with tempfile.TemporaryDirectory() as name:
        folder = _random_whisper.write(Path(name) / "turbo", _random_whisper.TURBO, quantization="float16")
        chosen = DecodeOptions(batch_size=BATCH, temperatures=())
        loader = Loader(Model("turbo-random", folder), chosen, TOKENS, "cuda", "float16")
        layout = Layout(max(1, cores - 2), 1, 0, BATCH, devices=(0,))
        duel = Duel(Path(name), loader, 30.0 if options.quick else BUDGET_S, peer_batches=PEER_BATCHES, layout=layout)
        found = duel.fight(10 if options.quick else CALLS, CALL_S)
    ratio, ours, _ = found.figures(
        "speedup_over_faster_whisper", f"random weights of turbo's size, {TOKENS} tokens at most"
    )
    yield figure("x_realtime", ours.value, "× real time", found.calls, f"decode to score, {cores} cores; target >= 600")
    yield ratio


if __name__ == "__main__":
    run(measure)
