"""A batch run on a GPU against faster-whisper's batched pipeline and transformers' on the same one, with a model of turbo's size.

    python benchmarks/gpu.py [--quick]

The weights are random, so nothing sensible is heard; both sides write at most as many tokens. Weights and five-minute calls of two
channels are made here: nothing has to be brought along but the package with its extra `cuda`. Without a CUDA device every figure
is n/a and says so.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import _random_whisper
import _transformers
import numpy as np
from _common import Figure, Options, figure, run
from _duel import Duel, Found, Loader, windows_of
from ctranslate2 import Device

from qa_speech.audio.decode import decode
from qa_speech.batch.jobs import Layout
from qa_speech.batch.layout import free_gpu_memory
from qa_speech.engines.models import Model
from qa_speech.engines.whisper import DecodeOptions, WhisperRecognizer

BATCH, TOKENS, CALLS = 32, 80, 100
PEER_BATCHES = (8, 16, 32)
CALL_S = (285.0, 315.0)
BUDGET_S = 600.0
FEW, ROUNDS, POSITIONS = 10, 10, 1500
"""Calls of the second rival, batches that the encoder is timed on, positions of its output in 30 s."""
FIGURES = (
    ("x_realtime", "× real time"),
    ("speedup_over_faster_whisper", "ratio"),
    ("speedup_over_transformers", "ratio"),
    ("encoder_share", "share"),
)


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
        made = sorted((Path(name) / "rec").iterdir())[: 2 if options.quick else FEW]
        yield from beside_transformers(made, found)
        yield from encoder_alone(loader(), made, found)
    ratio, ours, _ = found.figures(
        "speedup_over_faster_whisper", f"random weights of turbo's size, {TOKENS} tokens at most"
    )
    yield figure("x_realtime", ours.value, "× real time", found.calls, f"decode to score, {cores} cores; target >= 600")
    yield ratio


def beside_transformers(paths: Sequence[Path], found: Found) -> Iterator[Figure]:
    """Our speed over that of transformers' pipeline with random weights of the same shape, on some of the calls."""
    name = "speedup_over_transformers"
    try:
        pipeline = _transformers.loaded(_random_whisper.TURBO, "cuda", batch=BATCH, tokens=TOKENS)
    except ImportError as exc:
        yield figure(name, None, "ratio", 0, f"not installed: {exc.name}")
        return
    _transformers.seconds(pipeline, paths[:1])
    spent_s = _transformers.seconds(pipeline, paths)
    theirs = sum(decode(path).duration for path in paths) / spent_s
    beside = f"float16, windows of 30 s, batch {BATCH}; {theirs:.0f} × real time"
    yield figure(name, found.audio_s / found.ours_s / theirs, "ratio", len(paths), beside)


def encoder_alone(recognizer: WhisperRecognizer, paths: Sequence[Path], found: Found) -> Iterator[Figure]:
    """What share of our time the encoder would need by itself for the same windows, and how fast it computes."""
    shape = _random_whisper.TURBO
    features = np.zeros((BATCH, shape.mels, 2 * POSITIONS), np.float32)
    np.asarray(recognizer._encode(features).to_device(Device.cpu))
    began = time.perf_counter()
    for _ in range(ROUNDS):
        np.asarray(recognizer._encode(features).to_device(Device.cpu))
    window_s = (time.perf_counter() - began) / (ROUNDS * BATCH)
    windows_each = sum(windows_of(path).packed for path in paths) / len(paths)
    share = windows_each * found.calls * window_s / found.ours_s
    speed = operations(shape) / window_s / 1e12
    yield figure("encoder_share", share, "share", found.calls, f"of our time; {speed:.0f} TFLOP/s in the encoder alone")


def operations(shape: _random_whisper.Shape) -> float:
    """Multiplications and additions of the encoder for 30 s: 12 d² weights a layer, and attention of all to all."""
    weights = 12 * shape.width**2
    products = 2 * POSITIONS * shape.width
    return 2.0 * POSITIONS * shape.encoder_layers * (weights + products)


if __name__ == "__main__":
    run(measure)
