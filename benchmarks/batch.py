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
from typing import Any, NamedTuple

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
from qa_speech.engines.models import Model, find_model
from qa_speech.engines.whisper import DecodeOptions
from qa_speech.inputs.rows import find_rows
from qa_speech.store.parquet import ParquetStore
from tests.batch_kit import NOW, Fake, make_calls, pool_doer


class Size(NamedTuple):
    """How much a part does: calls at most, their shortest and longest in seconds, seconds it may take."""

    calls: int
    lengths_s: tuple[float, float]
    budget_s: float


def sized(options: Options, quick: Size, whole: Size) -> Size:
    """How much is done this time."""
    return quick if options.quick else whole


LENGTHS_S = (30.0, 360.0)
QUICK_S = 20.0
BUDGET_S = float(os.environ.get("BENCH_BUDGET_S", 1500))
"""Seconds a part may take; the environment can change it."""
TOKENS_SMALL = 40


# -- against faster-whisper -------------------------------------------------------------------------------------


def bundled(options: Options) -> Iterator[Figure]:
    """The bundled model on calls it can understand: speed, windows, errors."""
    loader = Loader(find_model("demo"), bundled_options())
    size = sized(options, Size(6, (30.0, 60.0), QUICK_S), Size(200, LENGTHS_S, BUDGET_S))
    with tempfile.TemporaryDirectory() as name:
        found = Duel(Path(name), loader, size.budget_s, block=10).fight(size.calls, size.lengths_s)
    how = f"{loader.options.window} windows, {loader.options.window_s:g} s at most; target >= 1.3"
    yield from found.figures("speedup_over_faster_whisper", how)
    characters = max(1, found.characters)
    ours, peer = found.errors["ours"] / characters, found.errors["peer"] / characters
    how = f"ours {ours:.4f}, faster-whisper {peer:.4f}; target <= 0"
    yield figure("cer_delta", ours - peer, "CER", found.characters, how)


def bundled_options() -> DecodeOptions:
    """As the manifest of the bundled model says."""
    known = {
        name: value for name, value in find_model("demo").decode.items() if name in DecodeOptions.__dataclass_fields__
    }
    return DecodeOptions(**known)


def cost(options: Options) -> Iterator[Figure]:
    """The bundled model in CPU seconds on one thread, which other load on the machine changes little."""
    size = sized(options, Size(2, (30.0, 40.0), QUICK_S), Size(40, LENGTHS_S, BUDGET_S))
    kinds = ("tight",) if options.quick else ("tight", "full")
    for window in kinds:
        loader = Loader(find_model("demo"), replace(bundled_options(), window=window))  # type: ignore[arg-type]
        with tempfile.TemporaryDirectory() as name:
            found = compare(Path(name), loader, count=size.calls, lengths=size.lengths_s, budget=size.budget_s, batch=8)
        yield found.figure(f"cpu_peer_over_ours_{window}", 8)


def windows(options: Options) -> Iterator[Figure]:
    """How many 30 s windows the speech of a call takes; nothing is recognised."""
    size = sized(options, Size(6, (30.0, 60.0), QUICK_S), Size(200, LENGTHS_S, BUDGET_S))
    ours = ideal = peer = calls = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        for seed in range(size.calls):
            made = make_call(Path(name), seed, size.lengths_s)
            found = windows_of(made.path)
            ours += found.packed
            ideal += found.ideal
            peer += windows_of_peer(made.path)
            calls += 1
            if time.monotonic() - began > size.budget_s:
                break
    against = f"{ours} windows over Σ⌈speech / 30 s⌉ = {ideal}, per role and call; target <= 1.12"
    yield figure("windows_over_ideal", ours / ideal, "ratio", calls, against)
    against = f"{peer} of its own VAD and padding; target > 1"
    yield figure("windows_peer_over_ours", peer / ours, "ratio", calls, against)


def full(options: Options) -> Iterator[Figure]:
    """The bundled model with every window filled up to 30 s, on fewer calls."""
    loader = Loader(find_model("demo"), replace(bundled_options(), window="full"))
    size = sized(options, Size(2, (30.0, 40.0), BUDGET_S), Size(40, LENGTHS_S, BUDGET_S))
    with tempfile.TemporaryDirectory() as name:
        found = Duel(Path(name), loader, size.budget_s).fight(size.calls, size.lengths_s)
    yield next(found.figures("speedup_full_windows", "every window filled up to 30 s on both sides"))


def small(options: Options) -> Iterator[Figure]:
    """Whisper-small with random weights: what it costs, not what it hears."""
    size = sized(options, Size(1, (30.0, 40.0), QUICK_S), Size(20, LENGTHS_S, BUDGET_S))
    peer_batches = (1, 4) if options.quick else PEER_BATCHES
    with tempfile.TemporaryDirectory() as name:
        folder = _random_whisper.write(Path(name) / "small", _random_whisper.SMALL)
        chosen = DecodeOptions(temperatures=())
        loader = Loader(Model("small-random", folder), chosen, TOKENS_SMALL)
        duel = Duel(Path(name), loader, size.budget_s, peer_batches=peer_batches)
        found = duel.fight(size.calls, size.lengths_s)
    yield from found.figures(
        "speedup_small_random", f"target >= 1.3; {TOKENS_SMALL} tokens at most on both sides, no second decoding"
    )


# -- the runner itself ------------------------------------------------------------------------------------------


def runner(options: Options) -> Iterator[Figure]:
    """Short calls and a recogniser that costs nothing: what is left is the runner."""
    count, scaled = int(os.environ.get("BENCH_CALLS", 10_000)), 400
    if options.quick:
        count, scaled = 400, 60
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        make_calls(place / "rec", count, seconds=1.0)
        yield from _memory_and_overhead(place, count)
        yield _scaling(place, scaled)


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
    driver_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    driver_ms = 1000 * driver_s / count
    question = "SELECT 1000 * median(finish_s), 1000 * median(prepare_s) FROM results"
    ((finish_ms, prepare_ms),) = ParquetStore(place / "run").query(question).rows
    yield _memory_growth(seen, count)
    why = (
        f"driver {driver_ms:.2f} ms CPU + figures and score {finish_ms:.2f} ms (median); "
        f"decode and VAD {prepare_ms:.1f} ms apart; target <= 5"
    )
    yield figure("overhead_ms_per_call", driver_ms + finish_ms, "ms", count, why)
    yield figure("short_calls_per_s", count / elapsed, "calls/s", count, f"2 workers, load {os.getloadavg()[0]:.1f}")


def _memory_growth(seen: list[tuple[int, float]], count: int) -> Figure:
    """Memory in the last tenth of the calls over that in the second."""
    early_mb = _mean_mb(seen, 0.1 * count, 0.2 * count)
    late_mb = _mean_mb(seen, 0.9 * count, count)
    if early_mb is None or late_mb is None:
        return figure("memory_growth", None, "ratio", count, "too quick to be looked at")
    how = f"all processes, last tenth over the second, {early_mb:.0f}–{late_mb:.0f} MB; target <= 0.05"
    return figure("memory_growth", late_mb / early_mb - 1, "ratio", count, how)


def _mean_mb(seen: list[tuple[int, float]], first: float, last: float) -> float | None:
    """Memory of all processes, in MB, while so many calls were done; None where nobody looked."""
    found = [memory_mb for done, memory_mb in seen if first <= done <= last]
    return statistics.mean(found) if found else None


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
    spread = f"A-B-A-B, {min(ratios):.2f}–{max(ratios):.2f}"
    how = f"{spread}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; target >= 1.6"
    return figure("scaling_2_workers", sum(times[1]) / sum(times[2]), "ratio", count, how)


PARTS: dict[str, Callable[[Options], Iterator[Figure]]] = {
    "bundled": bundled, "full": full, "cost": cost, "windows": windows, "small": small, "runner": runner,
}  # fmt: skip


if __name__ == "__main__":
    run_parts(PARTS)
