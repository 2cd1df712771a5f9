"""The same run on a Ray cluster: among kills, against the local engine, and a million rows.

    python benchmarks/cluster.py [--quick] [kills] [ratio] [million]      parts; all of them by default

Needs the extra ``ray``. `kills`: drivers, actors and machines of a cluster of two get SIGKILL at random moments
(`tests/cluster/cluster_kit.py`). `ratio`: one machine, the same processes under either engine, whole wall time with the start
of the cluster. `million`: rows without recordings, outcomes from `qa_speech.testing.FakeDoer`; the driver is a process of its
own whose memory is looked at every second. `BENCH_CALLS` (ratio) and `BENCH_ROWS` (million) change how much is done.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from _common import ROOT, Figure, Options, figure, run_parts

sys.path.insert(0, str(ROOT))

from qa_speech.batch.cards import Book
from qa_speech.batch.jobs import Doer, Layout
from qa_speech.batch.node import Share
from qa_speech.batch.process import memory_mb
from qa_speech.batch.ray import run_on_ray
from qa_speech.batch.run import run_batch
from qa_speech.batch.shards import Order
from qa_speech.inputs.rows import Row, find_rows
from qa_speech.settings import Settings
from qa_speech.store.parquet import ParquetStore
from qa_speech.testing import FakeDoer
from tests.batch_kit import NOW, Fake, FakeShare, make_calls, pool_doer

KILLS, CALLS = 20, 1000
WAIT_S = (0.5, 6.0)
WORKERS = 2
SHARD_ROWS = 1000
NO_RAY = "ray is not installed; run it where it is: pip install 'qa-speech[ray]'"


def kills(options: Options) -> Iterator[Figure]:
    """Kill, start again, count outcomes."""
    if find_spec("ray") is None:
        for name in ("kills", "lost", "twice", "again_shards_per_kill", "same_as_local"):
            yield figure(name, None, "", 0, NO_RAY)
        return
    from tests.cluster.cluster_kit import SHARD, cluster_of, digest_of, kill_at_random, locally, prepare

    wanted, calls = (2, 48) if options.quick else (KILLS, CALLS)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        prepare(place, calls)
        with cluster_of(2) as machines:
            found = kill_at_random(machines, place, wanted, seed=7, wait_s=WAIT_S)
        locally(place, place / "local", Fake())
        same = digest_of(place / "run") == digest_of(place / "local")
    told = ", ".join(f"{count} {kind}s" for kind, count in sorted(found.kills.items()))
    yield figure(
        "kills",
        found.kills.total(),
        "SIGKILL",
        found.kills.total(),
        f"{told}; two machines of one core, shards of {SHARD}",
    )
    yield figure("lost", found.lost, "rows", found.rows, "target <= 0")
    yield figure("twice", found.twice, "rows", found.rows, "target <= 0")
    yield figure(
        "again_shards_per_kill", found.again_shards_per_kill, "shards", found.kills.total(),
        "calls recognised more than once over the rows of a shard; target <= 1",
    )  # fmt: skip
    yield figure(
        "same_as_local", int(same), "yes = 1", found.rows, "outcomes and Calls, sorted, but for times; target >= 1"
    )


def ratio(options: Options) -> Iterator[Figure]:
    """The same rows and processes under both engines."""
    if find_spec("ray") is None:
        yield figure("ray_over_local_wall", None, "ratio", 0, NO_RAY)
        return
    count = 60 if options.quick else int(os.environ.get("BENCH_CALLS", 3000))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        make_calls(place / "rec", count)
        layout = Layout(WORKERS, 1, batch_size=4)
        began = time.perf_counter()
        done = run_batch(
            find_rows([place / "rec"]), place / "local", doer=pool_doer(Fake(), layout=layout), settings=NOW,
            book=Book(default="telecom-hotline"), recognizer="fake",
        )  # fmt: skip
        local_s = time.perf_counter() - began
        order = Order(place / "ray", partial(find_rows, [place / "rec"]), NOW, "telecom-hotline", "fake")
        began = time.perf_counter()
        on_ray = run_on_ray(order, start=lambda sample: FakeShare(Fake(), WORKERS))
        ray_s = time.perf_counter() - began
    assert done.ok == on_ray.ok == count
    how = f"{ray_s:.0f} s over {local_s:.0f} s, {WORKERS} workers, a recogniser that costs nothing; start of the cluster included"
    yield figure(
        "ray_over_local_wall", ray_s / local_s, "ratio", count, f"{how}; target <= 1.15; load {os.getloadavg()[0]:.1f}"
    )


# -- a million rows ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """Starts a `FakeDoer`, as `node.StartShare`."""

    def __call__(self, run: Path, share: Share) -> tuple[Doer, Layout | None]:
        """Nothing is loaded."""
        return FakeDoer(), None


def million(options: Options) -> Iterator[Figure]:
    """Rows of work without recordings through the scheduler."""
    count = 5_000 if options.quick else int(os.environ.get("BENCH_ROWS", 1_000_000))
    if find_spec("ray") is None:
        for name in ("rows", "driver_mib_1m", "simulated_rows_per_s"):
            yield figure(name, None, "", 0, NO_RAY)
        return
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "run").mkdir()
        rows = [Row(f"call-{number:07d}", f"/recordings/{number:07d}.wav") for number in range(count)]
        ParquetStore(place / "run").keep_rows(rows)
        del rows
        driver = subprocess.Popen([sys.executable, __file__, "--drive", str(place)], stdout=subprocess.PIPE, text=True)
        seen = list(_watched(driver, place))
        told = dict(line.split("=") for line in (driver.stdout or ()) if "=" in line)
        stored = ParquetStore(place / "run").figures().stored
    ok, work_s = int(told["ok"]), float(told["work_s"])
    yield figure("rows", ok, "rows", count, f"{stored} outcomes stored, {count - stored} lost; target >= {count}")
    half = seen[len(seen) // 2 :]
    how = f"resident, at its highest; {min(half):.0f}–{max(half):.0f} MiB in the second half of the run"
    yield figure("driver_mib_1m", max(seen), "MiB", count, f"{how}; target <= 300")
    whole = f"shards of {SHARD_ROWS}; laid out, done, put together in {work_s:.0f} s; load {os.getloadavg()[0]:.1f}"
    yield figure("simulated_rows_per_s", count / work_s, "rows/s", count, whole)


def _watched(driver: subprocess.Popen[str], place: Path) -> Iterator[float]:
    """The memory of a process in MiB, every second as long as it works."""
    while driver.poll() is None:
        used = memory_mb(driver.pid)
        if used:
            yield used
        with suppress(subprocess.TimeoutExpired):
            driver.wait(1.0)


def drive(place: Path) -> None:
    """A session whose rows are listed already; it says what came of it."""
    batch = NOW.batch.model_copy(update={"flush_calls": SHARD_ROWS, "flush_s": 600.0})
    settings = Settings(model="none", batch=batch)
    order = Order(place / "run", partial(stored_rows, place / "run"), settings)
    session = run_on_ray(order, start=lambda sample: Made())
    print(f"ok={session.ok}")
    print(f"work_s={session.elapsed_s}")


def stored_rows(run: Path) -> list[Row]:
    """The rows of work that a run has."""
    return ParquetStore(run).rows()


PARTS: dict[str, Callable[[Options], Iterator[Figure]]] = {"kills": kills, "ratio": ratio, "million": million}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(Path(sys.argv[2]))
    else:
        run_parts(PARTS)
