"""One child process as its driver sees it: what it is busy with, what it holds, how it ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from qa_speech.batch.jobs import Job


@dataclass(eq=False)
class Flight:
    """A job on its way: where it is, its windows (kept until they are answered) and its answers."""

    job: Job
    worker: Child
    alone: bool = False
    strikes: int = 0
    left: int = 0
    windows: dict[int, tuple[float, bytes]] = field(default_factory=dict)
    answers: list[Any] = field(default_factory=list)
    answered: int = 0
    recognise_s: float = 0.0


@dataclass(eq=False)
class Child:
    """A process with its pipe. `busy_with` is the job a worker works on, `batch` the windows a recogniser was given,
    `busy_since` when that began; `flights` are the jobs a worker holds, `queued` how many messages wait for it."""

    kind: str
    index: int
    process: Any
    link: Connection
    flights: dict[int, Flight] = field(default_factory=dict)
    queued: int = 0
    busy_with: int | None = None
    batch: list[tuple[Flight, int]] = field(default_factory=list)
    busy_since: float = 0.0
    done: int = 0
    ready: bool = False
    retiring: bool = False
    killed_for: str = ""


def spawn(kind: str, index: int, target: Callable[..., None], *arguments: object) -> Child:
    """Start a process with a pipe to it; it ends with this one."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments), daemon=True, name=f"qa-speech {kind} {index}")
    process.start()
    theirs.close()
    return Child(kind, index, process, ours)


def ending(code: int | None) -> str:
    """An exit code in words.

    >>> ending(-9), ending(1)
    ('by signal 9 (SIGKILL)', 'with code 1')
    """
    if code is not None and code < 0:
        return f"by signal {-code} ({signal.Signals(-code).name})"
    return f"with code {code}"


def memory_mb(pid: int) -> float:
    """Resident memory of a process; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError, ValueError):
        return 0.0


def free_memory_mb() -> float:
    """Memory that may still be taken; 0 where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith("MemAvailable")), 0.0)
    except OSError:
        return 0.0
