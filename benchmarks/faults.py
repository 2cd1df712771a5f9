"""A batch run that is killed again and again, and one that has nothing left to do.

    python benchmarks/faults.py [--quick]        --quick: 5 kills, 10,000 rows

Drivers, workers and recognisers get SIGKILL at random moments, among recordings that cannot be read, one that kills
its recogniser and one whose transcript is none; one session finds the disk full (files may not grow beyond `FULL_BYTES`). The
run is started again until it is done. Then every row must have exactly one outcome.
"""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from _common import ROOT, Figure, Options, figure, run

sys.path.insert(0, str(ROOT))

from store import templates

from qa_speech.batch.jobs import Layout, Limits
from qa_speech.batch.run import run_batch
from qa_speech.batch.work import input_key, options_key
from qa_speech.call import Call
from qa_speech.documents import decode, encode
from qa_speech.inputs.rows import find_rows
from qa_speech.settings import Settings
from qa_speech.store.folder import RESULTS
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.records import Record, Source
from tests.batch_kit import NOW, Fake, make_calls, pool_doer

KILLS, CALLS = 20, 240
POISON, WORDLESS = "c00007.wav", "c00011.wav"
WINDOW_S = 0.1
FULL_BYTES = 65_536
RESTARTS = 5


def measure(options: Options) -> Iterator[Figure]:
    """Kills first, then the resumed run."""
    kills, calls = (5, 60) if options.quick else (KILLS, CALLS)
    with tempfile.TemporaryDirectory() as name:
        yield from killed(Path(name), kills, calls)
    with tempfile.TemporaryDirectory() as name:
        yield resumed(Path(name), 10_000 if options.quick else 100_000)


# -- kills ------------------------------------------------------------------------------------------------------


def killed(place: Path, kills: int, calls: int) -> Iterator[Figure]:
    """Kill at random, start again, count outcomes."""
    chance = random.Random(7)
    prepare(place, calls)
    full = start(place, "--full").wait(timeout=300)
    done = 0
    ended = {"driver": 0, "child": 0}
    while done < kills:
        driver = start(place)
        time.sleep(chance.uniform(1.5, 5))
        target, kind = driver.pid, "driver"
        inside = children(driver.pid)
        if inside and chance.random() < 0.5:
            target, kind = chance.choice(inside), "child"
        if driver.poll() is None:
            try:
                os.kill(target, signal.SIGKILL)
            except ProcessLookupError:
                continue
            done, ended[kind] = done + 1, ended[kind] + 1
        elif driver.returncode == 0:
            break  # everything was done before enough kills: more calls are needed
        if kind == "child" and chance.random() < 0.5:
            time.sleep(chance.uniform(0.5, 2))
        driver.kill()
        driver.wait()
    driver = start(place)
    finished = driver.wait(timeout=900) == 0
    rows = find_rows([place / "rec" / "m.csv"])
    listed = list(ParquetStore(place / "run").query("SELECT id, status FROM results").rows)
    outcomes = dict(listed)
    lost = sum(row.id not in outcomes for row in rows)
    failed = sum(status == "failed" for status in outcomes.values())
    how = f"{ended['driver']} drivers, {ended['child']} children, {calls} calls; {failed} failed rows"
    how += f"; a full disk ended one session with exit {full}"
    if not finished:
        how += "; NOT finished"
    yield figure("kills", done, "SIGKILL", done, how)
    yield figure("lost", lost, "rows", len(rows), "target <= 0")
    yield figure("twice", len(listed) - len(outcomes), "rows", len(rows), "target <= 0")
    yield figure(
        "unfinished_files",
        sum(1 for path in (place / "run").rglob(".*") if path.is_file()),
        "files",
        1,
        "left by kills; no reader sees them",
    )


def prepare(place: Path, calls: int) -> None:
    """Good recordings, unreadable ones, one whose transcript is none."""
    make_calls(place / "rec", calls)
    for number in range(0, calls, 13):
        (place / "rec" / f"c{number:05d}.wav").write_bytes(b"rubbish %d" % number)
    (place / "rec" / "none.json").write_text("{}", encoding="utf-8")
    lines = ["path,transcript"]
    for number in range(calls):
        name = f"c{number:05d}.wav"
        lines.append(f"{name},none.json" if name == WORDLESS else f"{name},")
    (place / "rec" / "m.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def start(place: Path, *more: str) -> subprocess.Popen[bytes]:
    """The driver in a process of its own."""
    return subprocess.Popen(
        [sys.executable, __file__, "--drive", str(place), *more], stderr=subprocess.DEVNULL, start_new_session=True
    )


def drive(place: Path, *, full: bool) -> None:
    """One session of the run; it ends with whoever started it."""
    if full:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, FULL_BYTES))
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    settings = NOW.model_copy(update={"batch": NOW.batch.model_copy(update={"flush_s": 0.5, "flush_calls": 16})})
    doer = pool_doer(
        Fake(POISON, "dies", seconds=WINDOW_S),
        layout=Layout(workers=2, batch_size=4),
        limits=Limits(call_s=3, window_s=20),
    )
    run_batch(find_rows([place / "rec" / "m.csv"]), place / "run", doer=doer, settings=settings, recognizer="fake")


def children(pid: int) -> list[int]:
    """Processes below a process, on Linux."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(item) for item in file.read().split()]
    except OSError:
        return []


# -- resume -----------------------------------------------------------------------------------------------------


def resumed(place: Path, count: int) -> Figure:
    """`qa-speech batch run` over a folder in which everything is done."""
    recordings = place / "rec"
    for folder in range(-(-count // 1000)):
        (recordings / f"{folder:03d}").mkdir(parents=True)
    for number in range(count):
        (recordings / f"{number // 1000:03d}" / f"{number:06d}.wav").write_bytes(b"x")
    rows = find_rows([recordings])
    options = options_key(Settings(model="none"), "")
    out = place / "run"
    store = ParquetStore(out)
    made = templates()
    recording = decode(made[0].call, Call, "sample").recording
    for first in range(0, count, 256):
        part = []
        for number, row in enumerate(rows[first : first + 256], first):
            finished = msgspec.structs.replace(made[number % len(made)].row, id=row.id)
            source = Source(row.path, row.bytes, row.mtime_ns, input_key(row, options), "none")
            heard = Call(recording=msgspec.structs.replace(recording, id=row.id))
            part.append(Record(finished, encode(heard).decode()).of(source))
        store.append(part, position=first)
    store.keep_rows(rows)
    parts = len(list((out / RESULTS).iterdir()))
    as_written, cpu_s = restarted(recordings, out)
    store.compact()
    merged, merged_cpu_s = restarted(recordings, out)
    return figure(
        "resume_100k_s" if count == 100_000 else f"resume_{count}_s",
        as_written,
        "s",
        RESTARTS,
        f"{count} rows in {parts} parts, median wall, {cpu_s:.2f} s of CPU; merged {merged:.2f} s, {merged_cpu_s:.2f} s of CPU; "
        f"target <= 5 for 100,000; load {os.getloadavg()[0]:.1f}",
    )


def restarted(recordings: Path, out: Path) -> tuple[float, float]:
    """Seconds of the whole process, wall and CPU, medians."""
    command = [sys.executable, "-m", "qa_speech", "batch", "run", str(recordings), "-o", str(out), "--json"]
    times, spent = [], []
    for _ in range(RESTARTS):
        began, before = time.perf_counter(), children_cpu_s()
        done = subprocess.run(
            [*command, "--model", "none", "--scorecard", "none"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        times.append(time.perf_counter() - began)
        spent.append(children_cpu_s() - before)
        assert '"todo": 0' in done.stdout, done.stdout
    return statistics.median(times), statistics.median(spent)


def children_cpu_s() -> float:
    """CPU seconds of all processes started from here that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(Path(sys.argv[2]), full="--full" in sys.argv)
    else:
        run(measure)
