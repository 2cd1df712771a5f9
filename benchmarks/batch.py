"""Many calls in one run against the loop over faster-whisper's batched pipeline; memory, overhead, scaling.

    python benchmarks/batch.py [--quick] [bundled] [full] [cost] [windows] [small] [runner]     parts; all of them by default

The peer decodes each file, splits its channels and transcribes each with `BatchedInferencePipeline` (its own VAD, word
times, the same beam, chunk length and token limit), at its best batch size of {1, 4, 8, 16}, with as many threads in all.
Blocks of calls take turns (A-B-A-B …); ratios are over the sums, with the smallest and largest of a block. A part ends
when its time is up and says how many calls it has done.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from _common import ROOT, Figure, Options, figure, run_parts

sys.path.insert(0, str(ROOT))

import _random_whisper
from _cost import compare
from _duel import PEER_BATCHES, Duel, Keep, Loader, make_call, windows_of, windows_of_peer

from qa_speech.batch.cards import Book
from qa_speech.batch.jobs import Layout
from qa_speech.batch.pool import Pool
from qa_speech.batch.process import memory_mb
from qa_speech.batch.run import run_batch
from qa_speech.engines.models import Model, find
from qa_speech.engines.whisper import DecodeOptions
from qa_speech.inputs.rows import find_rows
from qa_speech.store.parquet import ParquetStore
from tests.batch_kit import NOW, Fake, make_calls, pool_doer

LENGTHS_S = (30.0, 360.0)
BUDGET_S = float(os.environ.get("BENCH_BUDGET_S", 1500))
"""Seconds a part may take; the environment can change it."""
TOKENS_SMALL = 40


# -- against faster-whisper -------------------------------------------------------------------------------------


def bundled(options: Options) -> Iterator[Figure]:
    """The bundled model on calls it can understand: speed, windows, errors."""
    loader = Loader(find("demo"), bundled_options())
    count, budget = (6, 20.0) if options.quick else (200, BUDGET_S)
    with tempfile.TemporaryDirectory() as name:
        found = Duel(Path(name), loader, budget, block=10).fight(count, (30.0, 60.0) if options.quick else LENGTHS_S)
    how = f"{loader.options.window} windows, {loader.options.window_s:g} s at most; target 1.3"
    yield from found.figures("speedup_over_faster_whisper", how)
    errors = [found.errors[side] / max(1, found.characters) for side in ("ours", "peer")]
    yield figure(
        "cer_delta",
        errors[0] - errors[1],
        "CER",
        found.characters,
        f"ours {errors[0]:.4f}, faster-whisper {errors[1]:.4f}; target ≤ 0",
    )


def bundled_options() -> DecodeOptions:
    """As the manifest of the bundled model says."""
    known = {name: value for name, value in find("demo").decode.items() if name in DecodeOptions.__dataclass_fields__}
    return DecodeOptions(**known)


def cost(options: Options) -> Iterator[Figure]:
    """The bundled model in CPU seconds on one thread, which other load on the machine changes little."""
    count, budget, lengths = (2, 20.0, (30.0, 40.0)) if options.quick else (40, BUDGET_S, LENGTHS_S)
    for window in ("tight",) if options.quick else ("tight", "full"):
        loader = Loader(find("demo"), replace(bundled_options(), window=window))  # type: ignore[arg-type]
        with tempfile.TemporaryDirectory() as name:
            found = compare(Path(name), loader, count=count, lengths=lengths, budget=budget, batch=8)
        yield found.figure(f"cpu_peer_over_ours_{window}", 8)


def windows(options: Options) -> Iterator[Figure]:
    """How many 30 s windows the speech of a call takes; nothing is recognised."""
    count, lengths = (6, (30.0, 60.0)) if options.quick else (200, LENGTHS_S)
    ours = ideal = peer = calls = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        for seed in range(count):
            made = make_call(Path(name), seed, lengths)
            found = windows_of(made.path)
            ours, ideal, peer = ours + found[0], ideal + found[1], peer + windows_of_peer(made.path)
            calls += 1
            if time.monotonic() - began > (20.0 if options.quick else BUDGET_S):
                break
    against = f"{ours} windows over Σ⌈speech / 30 s⌉ = {ideal}, per role and call; target 1.12"
    yield figure("windows_over_ideal", ours / ideal, "ratio", calls, against)
    against = f"{peer} of its own VAD and padding; target above 1"
    yield figure("windows_peer_over_ours", peer / ours, "ratio", calls, against)


def full(options: Options) -> Iterator[Figure]:
    """The bundled model with every window filled up to 30 s, on fewer calls."""
    loader = Loader(find("demo"), replace(bundled_options(), window="full"))
    count, lengths = (2, (30.0, 40.0)) if options.quick else (40, LENGTHS_S)
    with tempfile.TemporaryDirectory() as name:
        found = Duel(Path(name), loader, BUDGET_S).fight(count, lengths)
    yield from list(found.figures("speedup_full_windows", "every window filled up to 30 s on both sides"))[:1]


def small(options: Options) -> Iterator[Figure]:
    """Whisper-small with random weights: what it costs, not what it hears."""
    count, budget = (1, 20.0) if options.quick else (20, BUDGET_S)
    with tempfile.TemporaryDirectory() as name:
        folder = _random_whisper.write(Path(name) / "small", _random_whisper.SMALL)
        chosen = DecodeOptions(temperatures=())
        loader = Loader(Model("small-random", folder), chosen, TOKENS_SMALL)
        found = Duel(Path(name), loader, budget, peer_batches=(1, 4) if options.quick else PEER_BATCHES).fight(
            count, (30.0, 40.0) if options.quick else LENGTHS_S
        )
    yield from found.figures(
        "speedup_small_random", f"target 1.3; {TOKENS_SMALL} tokens at most on both sides, no second decoding"
    )


# -- the runner itself ------------------------------------------------------------------------------------------


def runner(options: Options) -> Iterator[Figure]:
    """Short calls and a recogniser that costs nothing: what is left is the runner."""
    count = 400 if options.quick else int(os.environ.get("BENCH_CALLS", 10_000))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        make_calls(place / "rec", count, seconds=1.0)
        yield from _memory_and_overhead(place, count)
        yield _scaling(place, 60 if options.quick else 400)


def _memory_and_overhead(place: Path, count: int) -> Iterator[Figure]:
    pools: list[Pool] = []
    seen: list[tuple[int, float]] = []

    def tell(event: dict[str, Any]) -> None:
        if event["event"] == "progress" and pools:
            used_mb = memory_mb(os.getpid()) + sum(memory_mb(child.pid) for child in pools[0].children)
            seen.append((event["done"], used_mb))

    used = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    doer = pool_doer(Fake(), made=pools, layout=Layout(workers=2))
    session = run_batch(
        find_rows([place / "rec"]),
        place / "run",
        doer=doer,
        settings=NOW,
        book=Book(default="telecom-hotline"),
        recognizer="fake",
        tell=tell,
    )
    elapsed = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert session.ok == count
    driver_ms = 1000 * (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime) / count
    question = "SELECT 1000 * median(finish_s), 1000 * median(prepare_s) FROM results"
    ((finish_ms, prepare_ms),) = ParquetStore(place / "run").query(question).rows
    tenths = [
        [memory for done, memory in seen if share * count <= done <= (share + 0.1) * count] for share in (0.1, 0.9)
    ]
    growth = statistics.mean(tenths[1]) / statistics.mean(tenths[0]) - 1 if all(tenths) else None
    sizes = "–".join(f"{statistics.mean(item):.0f}" for item in tenths if item)
    yield figure(
        "memory_growth", growth, "ratio", count, f"all processes, last tenth over the second, {sizes} MB; target 0.05"
    )
    why = (
        f"driver {driver_ms:.2f} ms CPU + figures and score {finish_ms:.2f} ms (median); "
        f"decode and VAD {prepare_ms:.1f} ms apart; target 5"
    )
    yield figure("overhead_ms_per_call", driver_ms + finish_ms, "ms", count, why)
    yield figure("short_calls_per_s", count / elapsed, "calls/s", count, f"2 workers, load {os.getloadavg()[0]:.1f}")


def _scaling(place: Path, count: int) -> Figure:
    rows = find_rows([place / "rec"])[:count]
    times: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(4):
        workers = 1 + turn % 2
        doing = pool_doer(None, layout=Layout(workers=workers, recognizers=0))(place / "run")
        keep = Keep(doing)  # type: ignore[arg-type]
        run_batch(rows[: 4 * workers], place / f"warm-{turn}", doer=lambda run, keep=keep: keep, settings=NOW)  # type: ignore[misc]
        began = time.perf_counter()
        run_batch(rows, place / f"run-{turn}", doer=lambda run, keep=keep: keep, settings=NOW)  # type: ignore[misc]
        times[workers].append(time.perf_counter() - began)
        doing.close()
    ratios = [one / two for one, two in zip(times[1], times[2], strict=True)]
    spread = f"A-B-A-B, {min(ratios):.2f}–{max(ratios):.2f}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; target 1.6"
    return figure("scaling_2_workers", sum(times[1]) / sum(times[2]), "ratio", count, spread)


PARTS: dict[str, Callable[[Options], Iterator[Figure]]] = {
    "bundled": bundled, "full": full, "cost": cost, "windows": windows, "small": small, "runner": runner,
}  # fmt: skip


if __name__ == "__main__":
    run_parts(PARTS)
