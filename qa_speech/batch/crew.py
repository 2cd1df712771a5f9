"""The actors of a Ray cluster: who is there, who is asked what, who has gone. Ray itself is handed in by `ray`."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from qa_speech.batch.jobs import Layout
from qa_speech.batch.node import Count, Hello, Node, NodeSetup, Share
from qa_speech.batch.shards import Shard

ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "ORT_DISABLE_TELEMETRY": "1"}
"""Of the driver and of every actor: Ray and onnxruntime tell nobody that they run."""
FAILURES = 3
"""A machine that has failed so often since it last did a shard is left alone."""
TICK_S = 1.0
LOOK_EVERY_S = 2.0
"""How often the cluster is asked for machines that have come."""


class Actor:
    """A `Node` as Ray runs it."""

    def __init__(self, setup: NodeSetup, share: Share) -> None:
        vars(sys.modules["__main__"]).pop("__file__", None)  # Ray's program, which its child processes would load again
        self._node = Node(setup, share)

    def start(self) -> Hello:
        """Bring the processes of its share up."""
        return self._node.start()

    def do(self, line: bytes) -> Count:
        """Do a shard, which is a line of JSON."""
        return self._node.do(msgspec.json.decode(line, type=Shard))


@dataclass(eq=False)
class Member:
    """An actor as the driver sees it: the machine it is on, what it was asked, and the shard if that was one."""

    actor: Any
    node: str
    share: Share
    asked: Any = None
    ready: bool = False
    line: bytes = b""


class Crew:
    """One actor for each share of every machine that is there now (`shares_of`)."""

    def __init__(self, ray: Any, setup: NodeSetup, *, on_gpus: bool) -> None:
        self._ray = ray
        self._setup = setup
        self._on_gpus = on_gpus
        self._failures: Counter[str] = Counter()
        self._layouts: dict[tuple[int, int], Layout | None] = {}
        self._looked = 0.0
        self._nodes: dict[str, list[Share]] = {}
        self.members: list[Member] = []

    @property
    def idle(self) -> list[Member]:
        """Those that wait for a shard."""
        return [member for member in self.members if member.ready and member.asked is None]

    @property
    def busy(self) -> bool:
        """Whether any does a shard."""
        return any(member.line for member in self.members)

    @property
    def hopeless(self) -> bool:
        """Whether there are machines, and every one of them has failed too often."""
        return bool(self._nodes) and all(self._failures[node] >= FAILURES for node in self._nodes)

    def look(self) -> None:
        """Start what is missing on the machines that are there; actors that have gone say so themselves."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        self._nodes = shares_of(self._ray.nodes(), on_gpus=self._on_gpus)
        there = Counter(member.node for member in self.members)
        for node, shares in self._nodes.items():
            if self._failures[node] < FAILURES:
                for share in shares[there[node] :]:
                    self._add(node, share)

    def _add(self, node: str, share: Share) -> None:
        known = msgspec.structs.replace(share, layout=self._layouts.get((share.cpus, share.gpus)))
        here = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        kind = self._ray.remote(Actor).options(
            num_cpus=share.cpus,
            num_gpus=share.gpus,
            max_restarts=0,
            max_task_retries=0,
            runtime_env={"env_vars": ENVIRONMENT},
            scheduling_strategy=here,
        )
        actor = kind.remote(self._setup, known)
        self.members.append(Member(actor, node, share, actor.start.remote()))

    def give(self, member: Member, line: bytes) -> None:
        """Ask one for a shard."""
        member.line = line
        member.asked = member.actor.do.remote(line)

    def started(self, member: Member, hello: Hello) -> None:
        """One is ready; another of its kind need not measure its layout again."""
        member.ready, member.asked = True, None
        self._layouts[(member.share.cpus, member.share.gpus)] = hello.layout

    def done(self, member: Member) -> None:
        """One has done its shard."""
        member.line, member.asked = b"", None
        self._failures[member.node] = 0

    def lost(self, member: Member, *, died: bool) -> bytes:
        """One has died or failed; its processes go with it. Returns the shard that it had, b"" = none."""
        self.members.remove(member)
        if not died or not member.ready:
            self._failures[member.node] += 1
        self._ray.kill(member.actor)
        return member.line

    def wait(self) -> list[Member]:
        """Those that have answered, after a moment at most."""
        asked = {member.asked: member for member in self.members if member.asked is not None}
        if not asked:
            time.sleep(TICK_S)
            return []
        answered, _ = self._ray.wait(list(asked), num_returns=1, timeout=TICK_S)
        return [asked[reference] for reference in answered]

    def end(self) -> None:
        """End all of them."""
        for member in self.members:
            self._ray.kill(member.actor)
        self.members = []


def shares_of(nodes: Iterable[Mapping[str, Any]], *, on_gpus: bool) -> dict[str, list[Share]]:
    """The shares of every machine that is there, by its id; `nodes` as `ray.nodes` tells of them.

    A machine with GPUs has one share for each of them. Where the cluster has GPUs, machines without do nothing: float16 and
    int8 do not hear quite the same.

    >>> told = {"NodeID": "a", "Alive": True, "Resources": {"CPU": 16.0, "GPU": 2.0}}
    >>> shares_of([told], on_gpus=True)
    {'a': [Share(cpus=8, gpus=1, layout=None), Share(cpus=8, gpus=1, layout=None)]}
    >>> shares_of([told], on_gpus=False)
    {'a': [Share(cpus=16, gpus=0, layout=None)]}
    """
    found = {}
    for node in nodes:
        cpus, gpus = int(node["Resources"].get("CPU", 0)), int(node["Resources"].get("GPU", 0))
        if node["Alive"] and cpus:
            found[node["NodeID"]] = (cpus, gpus)
    if on_gpus and any(gpus for _, gpus in found.values()):
        return {node: [Share(max(1, cpus // gpus), 1)] * gpus for node, (cpus, gpus) in found.items() if gpus}
    return {node: [Share(cpus)] for node, (cpus, _) in found.items()}
