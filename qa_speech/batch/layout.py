"""How many processes do what, found by measuring on this machine with this model and these calls, and explained.

On a GPU: one recogniser per device, and as many workers as there are cores. On a CPU the recogniser and the workers
share the cores, so what counts is the cost of a window in the cheapest of (processes × threads, batch size), and that
calls are prepared no slower than they are recognised.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

from qa_speech.batch.child import end_with_parent
from qa_speech.batch.factory import factory_of
from qa_speech.batch.jobs import Factory, Layout
from qa_speech.batch.trial import BATCHES, PreparedTrial, prepare_trial, recognise_trial
from qa_speech.engines.whisper import cuda_devices
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings

T = TypeVar("T")


class Why(NamedTuple):
    """A reason in both languages."""

    en: str
    zh: str


class GpuBatch(NamedTuple):
    """How many windows a batch has where at least so much GPU memory is free, in MB."""

    least_free_mb: int
    windows: int


WORTH_MEASURING = 100
"""Fewer calls than this are done before a measurement has paid for itself."""
AS_SET = Why("as set", "按设置")
FEW = Why(f"rule of thumb for fewer than {WORTH_MEASURING} calls", f"不足 {WORTH_MEASURING} 通，按经验值")
NOTHING = Why("nothing to measure with: the calls tried hold no speech", "试跑的几通没有语音，按经验值")
NO_RECOGNISER = Why("no recogniser: one worker per core", "不识别文字，每核一个")
NO_RECOGNISER_AS_SET = Why("no recogniser: as set", "不识别文字，按设置")
TRIAL_CALLS = 6
MOST_RECOGNISERS = 4
CLEARLY = 0.97
"""A layout with more processes has to be faster than a simpler one by this factor."""
SHOWN_OTHERS = 3
GPU_BATCHES = (
    GpuBatch(40_000, 64),
    GpuBatch(20_000, 32),
    GpuBatch(10_000, 16),
    GpuBatch(5_000, 8),
    GpuBatch(0, 4),
)
ROOMY_MB = 6_000
"""Below this much free GPU memory weights are int8 instead of float16."""


@dataclass(frozen=True)
class Trial:
    """One layout tried: `window_s` seconds per window with all its recognisers at work."""

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
    settings: Settings,
    model: str | None,
    todo: Sequence[Row],
    tell: Callable[[], None] = lambda: None,
    *,
    cores: int = 0,
) -> Layout:
    """The layout for these rows: what the settings say, a measurement (`tell` is called before it), or a rule of thumb.

    `cores` is how many may be used, 0 = all of this machine.
    """
    cores = cores or len(os.sched_getaffinity(0))
    wanted = settings.batch.workers
    fixed = None if wanted == "auto" else wanted
    if model is None:
        return _without_recogniser(cores, fixed)
    devices = free_gpu_memory() if settings.recognition.device in ("auto", "cuda") else []
    if devices:
        return _on_gpus(devices, cores, fixed, settings)
    if fixed is not None:
        return _by_rule(settings, cores, fixed, AS_SET)
    if len(todo) < WORTH_MEASURING:
        return _by_rule(settings, cores, max(1, cores // 2), FEW)
    tell()
    return measured(lambda layout: factory_of(settings, model, layout), settings, todo, cores)


def _without_recogniser(cores: int, fixed: int | None) -> Layout:
    if fixed is None:
        return Layout(cores, 0, why=NO_RECOGNISER.en, why_zh=NO_RECOGNISER.zh)
    return Layout(fixed, 0, why=NO_RECOGNISER_AS_SET.en, why_zh=NO_RECOGNISER_AS_SET.zh)


def _by_rule(settings: Settings, cores: int, workers: int, why: Why) -> Layout:
    recognizers = max(1, settings.batch.recognizers)
    threads = settings.recognition.threads or max(1, cores // recognizers)
    return Layout(workers, recognizers, threads, why=why.en, why_zh=why.zh)


def _on_gpus(free_mb: list[int], cores: int, fixed: int | None, settings: Settings) -> Layout:
    recognizers = min(settings.batch.recognizers or len(free_mb), len(free_mb))
    least_mb = min(free_mb[:recognizers])
    size = _windows_for(least_mb)
    is_small = 0 < least_mb < ROOMY_MB
    return Layout(
        workers=cores if fixed is None else fixed,
        recognizers=recognizers,
        batch_size=size,
        devices=tuple(range(recognizers)),
        compute_type="int8_float16" if is_small else "",
        why=f"{recognizers} GPU(s) with {least_mb} MB free: batch {size}; one worker per core keeps them fed",
        why_zh=f"{recognizers} 块显卡，空闲显存 {least_mb} MB，每批 {size} 窗；每核一个准备进程供料",
    )


def _windows_for(free_mb: int) -> int:
    """How many windows a batch may have with so much GPU memory free."""
    return next(batch.windows for batch in GPU_BATCHES if free_mb >= batch.least_free_mb)


def free_gpu_memory() -> list[int]:
    """MB free on each CUDA device that CTranslate2 can use; empty without one."""
    count = cuda_devices()
    if not count:
        return []
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        query = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
        found = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout.split()
        return [int(line) for line in found[:count]]
    return [0] * count


# -- measuring --------------------------------------------------------------------------------------------------


def measured(make: Callable[[Layout], Factory], settings: Settings, todo: Sequence[Row], cores: int) -> Layout:
    """Try layouts on windows of some of the calls; the cheapest wins, a simpler one when it is about as cheap."""
    step = max(1, len(todo) // TRIAL_CALLS)
    sample = list(todo[::step])[:TRIAL_CALLS]
    (prepared,) = in_processes(1, prepare_trial, sample, settings, make(Layout()))
    if not prepared.windows:
        return Layout(max(1, cores // 2), 1, cores, why=NOTHING.en, why_zh=NOTHING.zh)
    trials: list[Trial] = []
    for recognizers in _divisors(cores):
        threads = cores // recognizers
        factory = make(Layout(threads=threads, batch_size=max(BATCHES)))
        tried = in_processes(recognizers, recognise_trial, prepared.windows, factory)
        trials += _trials(recognizers, threads, tried)
    return _layout_of(trials, prepared, calls=len(sample), cores=cores)


def _divisors(cores: int) -> list[int]:
    """In how many recognisers the cores can be shared out evenly."""
    most = min(cores, MOST_RECOGNISERS)
    return [number for number in range(1, most + 1) if cores % number == 0]


def _trials(recognizers: int, threads: int, tried: Sequence[dict[int, float]]) -> list[Trial]:
    """Seconds that the recognisers of one layout took, by batch size in windows; only sizes that all have tried."""
    sizes = set.intersection(*(set(seconds) for seconds in tried))
    trials = []
    for size in sorted(sizes):
        slowest_s = max(seconds[size] for seconds in tried)
        trials.append(Trial(recognizers, threads, size, slowest_s / recognizers))
    return trials


def _layout_of(trials: Sequence[Trial], prepared: PreparedTrial, *, calls: int, cores: int) -> Layout:
    best = cheapest(trials)
    recognise_s = prepared.windows_per_call * best.window_s
    workers = math.ceil(prepared.call_s / max(1e-6, recognise_s))
    workers = min(cores, max(1, workers))
    by_cost = sorted(trials, key=lambda trial: trial.window_s)
    others = [trial for trial in by_cost if trial is not best][:SHOWN_OTHERS]
    return Layout(
        workers=workers,
        recognizers=best.recognizers,
        threads=best.threads,
        batch_size=best.batch_size,
        why=(
            f"measured on {calls} calls: preparing a call takes {prepared.call_s:.2f} s of one core, it has "
            f"{prepared.windows_per_call:.1f} windows; {best} is the cheapest of {len(trials)} "
            f"({'; '.join(map(str, others))}); {workers} workers prepare no slower than that"
        ),
        why_zh=(
            f"试跑 {calls} 通：准备一通占一个核 {prepared.call_s:.2f} 秒，平均 {prepared.windows_per_call:.1f} 窗；{best.zh()}，"
            f"是 {len(trials)} 种中最省的（其次 {'；'.join(trial.zh() for trial in others)}）；{workers} 个准备进程足以跟上"
        ),
        measured=True,
        call_s=prepared.call_s / cores + recognise_s,  # both use the same cores
    )


def cheapest(trials: Sequence[Trial]) -> Trial:
    """The fastest trial; fewer processes and smaller batches (less memory) win unless they are clearly slower.

    >>> cheapest([Trial(1, 2, 4, 1.00), Trial(1, 2, 8, 0.99), Trial(2, 1, 4, 0.90)]).recognizers
    2
    >>> cheapest([Trial(1, 2, 4, 1.00), Trial(1, 2, 8, 0.99)]).batch_size
    4
    """
    fastest_s = min(trial.window_s for trial in trials)
    good = [trial for trial in trials if trial.window_s * CLEARLY <= fastest_s]
    return min(good, key=lambda trial: (trial.recognizers, trial.batch_size))


def in_processes(count: int, function: Callable[..., T], *arguments: object) -> list[T]:
    """The same function in `count` fresh processes at once, so that nothing they load stays; the list of their answers.

    They end with this thread.
    """
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        running = [pool.submit(function, *arguments) for _ in range(count)]
        return [one.result() for one in running]
