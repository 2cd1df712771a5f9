"""How many processes do what, found by measuring on this machine with this model and these calls, and explained.

On a GPU: one recogniser per device, and as many workers as there are cores. On a CPU the recogniser and the workers
share the cores, so what counts is the cost of a window in the cheapest of (processes × threads, batch size), and that
calls are prepared no slower than they are recognised.
"""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

from qa_speech.batch.jobs import Factory, Layout
from qa_speech.batch.setup import factories
from qa_speech.errors import QaSpeechError
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings

T = TypeVar("T")
WORTH_MEASURING = 100
"""Fewer calls than this are done before a measurement has paid for itself."""
FEW = (f"rule of thumb for fewer than {WORTH_MEASURING} calls", f"不足 {WORTH_MEASURING} 通，按经验值")
NOTHING = ("nothing to measure with: the calls tried hold no speech", "试跑的几通没有语音，按经验值")
TRIAL_CALLS, TRIAL_WINDOWS = 6, 16
BATCHES = (1, 2, 4, 8, 16)
TRIAL_LIMIT_S = 60.0
"""For all batch sizes of one layout together."""
CLEARLY = 0.97
"""A layout with more processes has to be faster than a simpler one by this factor."""
GPU_BATCHES = ((40_000, 64), (20_000, 32), (10_000, 16), (5_000, 8), (0, 4))
"""(MB of free GPU memory at least, windows per batch)"""
ROOMY_MB = 6_000
"""Below this much free GPU memory weights are int8 instead of float16."""


@dataclass(frozen=True)
class Trial:
    """One layout tried: seconds per window with all its recognisers at work."""

    recognizers: int
    threads: int
    batch_size: int
    window_s: float

    def __str__(self) -> str:
        return f"{self.recognizers}×{self.threads} threads, batch {self.batch_size}: {self.window_s:.3f} s/window"

    def zh(self) -> str:
        """The same in Chinese."""
        return f"{self.recognizers}×{self.threads} 线程、每批 {self.batch_size} 窗：每窗 {self.window_s:.3f} 秒"


def choose(
    settings: Settings, model: str | None, todo: Sequence[Row], tell: Callable[[], None] = lambda: None
) -> Layout:
    """The layout for these rows: what the settings say, a measurement (`tell` is called before it), or a rule of thumb."""
    cores = len(os.sched_getaffinity(0))
    wanted = settings.batch.workers
    fixed = wanted if wanted != "auto" else None
    if model is None:
        workers = cores if fixed is None else fixed
        why, why_zh = ("one worker per core", "每核一个") if fixed is None else ("as set", "按设置")
        return Layout(workers, 0, why=f"no recogniser: {why}", why_zh=f"不识别文字，{why_zh}")
    devices = free_gpu_memory() if settings.recognition.device in ("auto", "cuda") else []
    if devices:
        return _on_gpus(devices, cores, fixed, settings)
    if fixed is not None or len(todo) < WORTH_MEASURING:
        recognizers = max(1, settings.batch.recognizers)
        threads = settings.recognition.threads or max(1, cores // recognizers)
        workers = max(1, cores // 2) if fixed is None else fixed
        why, why_zh = ("as set", "按设置") if fixed is not None else FEW
        return Layout(workers, recognizers, threads, why=why, why_zh=why_zh)
    tell()
    return measured(lambda layout: _factory(settings, model, layout), settings, todo, cores)


def measured(make: Callable[[Layout], Factory], settings: Settings, todo: Sequence[Row], cores: int) -> Layout:
    """Try layouts on windows of some of the calls; the cheapest wins, a simpler one when it is about as cheap."""
    step = max(1, len(todo) // TRIAL_CALLS)
    sample = list(todo[::step])[:TRIAL_CALLS]
    windows, call_s, per_call = _in_processes(1, _prepare_trial, sample, settings, make(Layout()))[0]
    if not windows:
        return Layout(max(1, cores // 2), 1, cores, why=NOTHING[0], why_zh=NOTHING[1])
    trials: list[Trial] = []
    for recognizers in [n for n in range(1, cores + 1) if cores % n == 0 and n <= 4]:
        threads = cores // recognizers
        recognizer = make(Layout(threads=threads, batch_size=max(BATCHES)))
        tried = _in_processes(recognizers, _recognise_trial, windows, recognizer)
        for size in sorted(set.intersection(*map(set, tried))):
            trials.append(Trial(recognizers, threads, size, max(found[size] for found in tried) / recognizers))
    best = cheapest(trials)
    workers = min(cores, max(1, math.ceil(call_s / max(1e-6, per_call * best.window_s))))
    others = sorted((item for item in trials if item is not best), key=lambda item: item.window_s)[:3]
    why = (
        f"measured on {len(sample)} calls: preparing a call takes {call_s:.2f} s of one core, it has "
        f"{per_call:.1f} windows; {best} is the cheapest of {len(trials)} ({'; '.join(map(str, others))}); "
        f"{workers} workers prepare no slower than that"
    )
    why_zh = (
        f"试跑 {len(sample)} 通：准备一通占一个核 {call_s:.2f} 秒，平均 {per_call:.1f} 窗；{best.zh()}，是 {len(trials)} 种中"
        f"最省的（其次 {'；'.join(item.zh() for item in others)}）；{workers} 个准备进程足以跟上"
    )
    wall_s = call_s / cores + per_call * best.window_s  # both use the same cores
    return Layout(
        workers, best.recognizers, best.threads, best.batch_size, why=why, why_zh=why_zh, measured=True, call_s=wall_s
    )


def _factory(settings: Settings, model: str, layout: Layout) -> Factory:
    make = factories(settings, model, layout)
    assert make is not None
    return make(0)


def cheapest(trials: Sequence[Trial]) -> Trial:
    """The fastest trial; fewer processes and smaller batches (less memory) win unless they are clearly slower.

    >>> cheapest([Trial(1, 2, 4, 1.00), Trial(1, 2, 8, 0.99), Trial(2, 1, 4, 0.90)]).recognizers
    2
    >>> cheapest([Trial(1, 2, 4, 1.00), Trial(1, 2, 8, 0.99)]).batch_size
    4
    """
    fastest = min(item.window_s for item in trials)
    good = [item for item in trials if item.window_s * CLEARLY <= fastest]
    return min(good, key=lambda item: (item.recognizers, item.batch_size))


def _on_gpus(devices: list[int], cores: int, fixed: int | None, settings: Settings) -> Layout:
    recognizers = min(settings.batch.recognizers or len(devices), len(devices))
    free = min(devices[:recognizers])
    size = next(size for least, size in GPU_BATCHES if free >= least)
    kind = "" if free >= ROOMY_MB or not free else "int8_float16"
    why = f"{recognizers} GPU(s) with {free} MB free: batch {size}; one worker per core keeps them fed"
    why_zh = f"{recognizers} 块显卡，空闲显存 {free} MB，每批 {size} 窗；每核一个准备进程供料"
    workers = cores if fixed is None else fixed
    return Layout(workers, recognizers, 0, size, tuple(range(recognizers)), kind, why, why_zh)


def free_gpu_memory() -> list[int]:
    """MB free on each CUDA device that CTranslate2 can use; empty without one."""
    from qa_speech.engines.whisper import cuda_devices

    count = cuda_devices()
    if not count:
        return []
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        query = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
        found = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout.split()
        return [int(line) for line in found[:count]]
    return [0] * count


# -- trials, each in processes of their own, so that nothing they load stays ------------------------------------


def _in_processes(count: int, function: Callable[..., T], *arguments: object) -> list[T]:
    """The same function in `count` fresh processes at once; the list of their answers."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        return [item.result() for item in [pool.submit(function, *arguments) for _ in range(count)]]


def _prepare_trial(rows: Sequence[Row], settings: Settings, make: Factory) -> tuple[list[bytes], float, float]:
    """(windows, seconds per call, windows per call); recordings that do not work are left out."""
    from qa_speech.batch.worker import Remote, begun
    from qa_speech.pipeline import Prepared

    recognizer = Remote.of(make())
    windows: list[bytes] = []
    spent, calls, planned = 0.0, 0, 0
    for row in rows:
        began = time.perf_counter()
        with suppress(QaSpeechError):
            item = begun(row, settings, recognizer)
            if isinstance(item, Prepared):
                calls, planned = calls + 1, planned + len(item.plans)
                windows += [pickle.dumps(window) for window in item.windows()]
                spent += time.perf_counter() - began
    return windows[:TRIAL_WINDOWS], spent / max(1, calls), planned / max(1, calls)


def _recognise_trial(packed: Sequence[bytes], make: Factory) -> dict[int, float]:
    """Seconds per window for each batch size, the first window not counted; a slow model is given fewer windows, and
    no larger batch when its time is up."""
    recognizer = make()
    windows = [pickle.loads(item) for item in packed]
    began = time.perf_counter()
    list(recognizer.recognize(windows[:1]))
    one_s = time.perf_counter() - began
    found: dict[int, float] = {}
    spent = 0.0
    for size in BATCHES:
        if found and spent + size * min(found.values()) > TRIAL_LIMIT_S:
            break
        count = min(len(windows), max(size, round(TRIAL_LIMIT_S / len(BATCHES) / one_s)))
        began = time.perf_counter()
        for start in range(0, count, size):
            list(recognizer.recognize(windows[start : min(count, start + size)]))
        taken = time.perf_counter() - began
        found[size], spent = taken / count, spent + taken
    return found
