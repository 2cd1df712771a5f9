"""A Ray cluster on this machine whose parts can be killed, and a driver in a process of its own.

Three raylets: the head, which has no cores of its own, and two machines of one core each.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

os.environ.update(
    RAY_raylet_start_wait_time_s="180",
    RAY_USAGE_STATS_ENABLED="0",
    RAY_AUTH_TOKEN="0" * 64,
    RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",
)

from ray.cluster_utils import Cluster

from qa_speech.batch.ray import run_on_ray
from qa_speech.batch.run import run_batch
from qa_speech.batch.shards import Order
from qa_speech.inputs.rows import find_rows
from qa_speech.settings import Settings
from qa_speech.store.parquet import ParquetStore
from tests.batch_kit import NOW, Fake, FakeShare, lines_of, make_calls, pool_doer

ROOT = Path(__file__).parent.parent.parent
OBJECT_STORE_BYTES = 80_000_000
NOT_COMPARED = {"written_at", "sequence", "prepare_s", "recognise_s", "finish_s"}
"""Columns that tell when and how fast."""
SHARD = 16
"""Rows of a shard in these runs."""
WINDOW_S = 0.1
WINDOWS = 1
"""Windows of a call."""
SETTINGS = NOW.model_copy(update={"batch": NOW.batch.model_copy(update={"flush_calls": SHARD})})


@contextlib.contextmanager
def cluster_of(nodes: int) -> Iterator[Machines]:
    """A head without cores and so many machines of one core each, on the loopback."""
    plain = {"object_store_memory": OBJECT_STORE_BYTES, "node_ip_address": "127.0.0.1", "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**plain, "num_cpus": 0})
    machines = Machines(cluster, plain)
    try:
        for _ in range(nodes):
            machines.add()
        yield machines
    finally:
        cluster.shutdown()


@dataclass
class Machines:
    """The machines of a cluster."""

    cluster: Any
    plain: dict[str, Any]
    nodes: list[Any] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the cluster is."""
        return str(self.cluster.address)

    def add(self) -> None:
        """A machine comes."""
        self.nodes.append(self.cluster.add_node(num_cpus=1, **self.plain))

    def kill(self, node: Any) -> None:
        """A machine goes without a word, with all that runs on it."""
        raylet = node.all_processes["raylet"][0].process.pid
        for pid in [raylet, *children(raylet)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.cluster.remove_node(node, allow_graceful=False)
        self.nodes.remove(node)

    def actors(self) -> list[int]:
        """The processes of all actors."""
        found = []
        for node in self.nodes:
            raylet = node.all_processes["raylet"][0].process.pid
            found += [pid for pid in children(raylet) if command_of(pid).startswith("ray::Actor")]
        return found


def children(pid: int) -> list[int]:
    """Processes right below a process, on Linux."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(item) for item in file.read().split()]
    except OSError:
        return []


def command_of(pid: int) -> str:
    """What a process calls itself; "" when it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


# -- runs -------------------------------------------------------------------------------------------------------


def prepare(place: Path, calls: int) -> None:
    """Good recordings, every twelfth of them twice, and some that cannot be read."""
    make_calls(place / "rec", calls)
    for number in range(0, calls, 12):
        whole = (place / "rec" / f"c{number:05d}.wav").read_bytes()
        (place / "rec" / f"again-{number:05d}.wav").write_bytes(whole)
    for number in range(5, calls, 20):
        (place / "rec" / f"c{number:05d}.wav").write_bytes(b"rubbish %d" % number)


def order_of(place: Path, settings: Settings = SETTINGS) -> Order:
    """All recordings of `prepare`, with a scorecard and a recogniser."""
    return Order(place / "run", partial(find_rows, [place / "rec"]), settings, "telecom-hotline", "fake")


def locally(place: Path, out: Path, fake: Fake) -> None:
    """The same with the processes of this machine."""
    from qa_speech.batch.cards import Book

    run_batch(
        find_rows([place / "rec"]), out, doer=pool_doer(fake), settings=SETTINGS, book=Book(default="telecom-hotline"),
        recognizer="fake",
    )  # fmt: skip


def digest_of(run: Path) -> str:
    """The hash of every outcome and every Call of a run, sorted, but for times of the clock."""
    digest = hashlib.sha256()
    store = ParquetStore(run)
    for result in store.results():
        columns = msgspec.structs.asdict(result.row)
        kept = {name: value for name, value in columns.items() if name not in NOT_COMPARED}
        digest.update(msgspec.json.encode([kept, result.position, result.metadata], order="sorted"))
    for stored in sorted(store.calls(), key=lambda one: one.id):
        digest.update(stored.text.encode())
    return digest.hexdigest()


def drive(place: Path, address: str) -> None:
    """One session of the run on a cluster; it ends with whoever started it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    fake = Fake(seconds=WINDOW_S, heard=str(place / "heard"), allowed=str(place / "allowed"))
    run_on_ray(order_of(place), start=lambda sample: FakeShare(fake), address=address, tell=print)


def start_driver(place: Path, address: str) -> subprocess.Popen[bytes]:
    """`drive` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (place / "driver.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, __file__, str(place), address], cwd=ROOT, env=environment, stdout=log, stderr=log
        )


# -- kills ------------------------------------------------------------------------------------------------------


@dataclass
class Killed:
    """What became of a run among kills: how many of which kind, rows lost and stored twice, rows recognised again."""

    kills: Counter[str]
    rows: int
    lost: int
    twice: int
    again: float

    @property
    def again_shards_per_kill(self) -> float:
        """Shards computed again for each kill."""
        return self.again / SHARD / max(1, self.kills.total())


def kill_at_random(machines: Machines, place: Path, kills: int, seed: int, wait_s: tuple[float, float]) -> Killed:
    """Kill drivers, actors and machines at random moments, start again what has gone, until so many are dead and all is done.

    Between two kills at most a share of the work is done, however fast the machine is, so there is work left at the last one.
    """
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    share = len(find_rows([place / "rec"])) * WINDOWS // (2 * kills)
    allow(place, 0)
    driver = start_driver(place, machines.address)
    while done.total() < kills:
        heard = lines_of(place / "heard")
        allow(place, heard + share)
        deadline = time.monotonic() + 300
        while lines_of(place / "heard") == heard and driver.poll() is None:
            time.sleep(0.2)  # until it works again
            assert time.monotonic() < deadline, (place / "driver.log").read_text(encoding="utf-8")[-3000:]
        time.sleep(chance.uniform(*wait_s))
        assert driver.poll() is None, (place / "driver.log").read_text(encoding="utf-8")[-3000:]
        kind = chance.choice(("driver", "actor", "node"))
        if kind == "driver":
            driver.kill()
            driver.wait()
            driver = start_driver(place, machines.address)
        elif kind == "actor":
            found = machines.actors()
            if not found:
                continue
            os.kill(chance.choice(found), signal.SIGKILL)
        else:
            machines.kill(chance.choice(machines.nodes))
            machines.add()
        done[kind] += 1
    allow(place, sys.maxsize)
    ended = driver.wait(timeout=600)
    assert ended == 0, (place / "driver.log").read_text(encoding="utf-8")[-3000:]
    return counted(place, done)


def allow(place: Path, windows: int) -> None:
    """Let the recognisers go on until so many windows are heard in all."""
    whole = place / "allowed.new"
    whole.write_text(str(windows), encoding="ascii")
    whole.replace(place / "allowed")


def counted(place: Path, kills: Counter[str]) -> Killed:
    """Outcomes against rows, and windows that were recognised more than once."""
    rows = find_rows([place / "rec"])
    listed = [values[0] for values in ParquetStore(place / "run").query("SELECT id FROM results").rows]
    lost = sum(row.id not in set(listed) for row in rows)
    heard = Counter((place / "heard").read_text(encoding="utf-8").split())
    usual = Counter(heard.values()).most_common(1)[0][0]  # windows of a call: all calls are alike
    assert usual == WINDOWS
    least = min(heard.values())
    assert least == usual, "most calls were recognised more than once"
    again = (heard.total() - usual * len(heard)) / usual
    return Killed(kills, len(rows), lost, len(listed) - len(set(listed)), again)


if __name__ == "__main__":
    drive(Path(sys.argv[1]), sys.argv[2])
