"""One child process as its driver sees it: what it is busy with, what it holds, how it ended."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Literal, TypeAlias

from qa_speech.batch.child import enter
from qa_speech.batch.jobs import Job
from qa_speech.batch.messages import Message, PackedWindow
from qa_speech.engines.base import WindowWords
from qa_speech.errors import EngineError, problem

Kind: TypeAlias = Literal["worker", "recogniser"]
"""What a child does; the name of its module."""
MB = 2**20


@dataclass(eq=False)
class Flight:
    """A job on its way: which worker has it, how many windows are `left` to come, and its answers so far (None = not yet).

    `alone`: it is suspect and shares its process with no other; `strikes` counts the deaths it was in flight at.
    """

    job: Job
    worker: Child
    alone: bool = False
    strikes: int = 0
    left: int = 0
    answers: list[WindowWords | None] = field(default_factory=list)
    answered: int = 0
    recognise_s: float = 0.0

    def given(self) -> list[WindowWords]:
        """The answers, all of which are there."""
        return [answer for answer in self.answers if answer is not None]


@dataclass(frozen=True, eq=False)
class PendingWindow:
    """A window of a flight that waits to be recognised, or is being."""

    flight: Flight
    index: int
    window: PackedWindow


@dataclass(eq=False)
class Child:
    """A process with its pipe. `busy_with` is the job a worker works on, `batch` the windows a recogniser was given,
    `busy_since` when that began (s of the monotonic clock); `flights` are the jobs a worker holds, `queued` how many
    messages wait for it, `done` how many calls or batches it has done."""

    kind: Kind
    index: int
    process: SpawnProcess
    link: Connection
    flights: dict[int, Flight] = field(default_factory=dict)
    queued: int = 0
    busy_with: int | None = None
    batch: list[PendingWindow] = field(default_factory=list)
    busy_since: float = 0.0
    done: int = 0
    ready: bool = False
    retiring: bool = False
    killed_for: str = ""

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self.process.pid or 0

    @property
    def busy(self) -> bool:
        """Whether it works on something."""
        return self.busy_with is not None or bool(self.batch)

    def idle_again(self) -> None:
        """A worker has answered a message."""
        self.queued -= 1
        self.busy_with = None

    def taken_back(self) -> list[PendingWindow]:
        """The batch that a recogniser was given; it is idle then."""
        batch, self.batch = self.batch, []
        self.done += 1
        return batch


def spawn(kind: Kind, index: int, arguments: tuple[object, ...], environment: Mapping[str, str]) -> Child:
    """Start a process with a pipe to it; it ends with this one. `index` is its number, from 0, among those of its kind."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=enter,
        args=(theirs, kind, pickle.dumps(arguments), dict(environment)),
        daemon=True,
        name=f"qa-speech {kind} {index}",
    )
    process.start()
    theirs.close()
    return Child(kind, index, process, ours)


def first_words(child: Child) -> Message:
    """What a recogniser says next while it loads.

    Raises
    ------
    EngineError
        Its process has ended.
    """
    try:
        message: Message = child.link.recv()
    except (EOFError, OSError):
        child.process.join()
        what = problem("its process ended {how} while it was loading", how=ending(child.process.exitcode))
        raise EngineError("recogniser", what) from None
    return message


def recogniser_environment(threads: int, device: int | None) -> dict[str, str]:
    """What a recogniser's process is started with: threads (0 = as many as it likes), and the one device it may see."""
    environment: dict[str, str] = {}
    if threads:
        environment["OMP_NUM_THREADS"] = str(threads)
    if device is not None:
        environment["CUDA_VISIBLE_DEVICES"] = visible_device(device, os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    return environment


def visible_device(index: int, visible: str) -> str:
    """How `CUDA_VISIBLE_DEVICES` names a device of those that this process may see; `visible` is what it says here ("" = all).

    >>> visible_device(1, ""), visible_device(1, "2,5"), visible_device(0, "GPU-3f1a")
    ('1', '5', 'GPU-3f1a')
    """
    names = [name.strip() for name in visible.split(",") if name.strip()]
    return names[index] if index < len(names) else str(index)


def ending(code: int | None) -> str:
    """An exit code in words.

    >>> ending(-9), ending(1)
    ('by signal 9 (SIGKILL)', 'with code 1')
    """
    if code is not None and code < 0:
        return f"by signal {-code} ({signal.Signals(-code).name})"
    return f"with code {code}"


def memory_mb(pid: int) -> float:
    """Resident memory of a process in MB; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def free_memory_mb() -> float:
    """Memory that may still be taken, in MB; 0 where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable"):
                    return int(line.split()[1]) / 1024
    except OSError:
        return 0.0
    return 0.0
