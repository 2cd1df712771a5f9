"""What the runner hands to whoever does the work and gets back, and how that is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from qa_speech.batch.remote import Remote
from qa_speech.engines.base import Recognizer
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings
from qa_speech.store.records import NOTHING_KEPT, Kept, Record

Factory: TypeAlias = Callable[[], Recognizer]
"""Makes a recogniser where it is to run; must pickle."""
MakeFactory: TypeAlias = Callable[[int], Factory]
"""Gives the factory of the recogniser with this index."""


@dataclass(frozen=True)
class Job:
    """One row to do. `card`: sha256 of its scorecard or "". With `stored` (the JSON of its Call) it is only scored again;
    the new row takes `kept` over then."""

    number: int
    row: Row
    card: str = ""
    stored: str = ""
    kept: Kept = NOTHING_KEPT


class Done(NamedTuple):
    """A job and its outcome."""

    job: Job
    record: Record


@dataclass(frozen=True)
class Limits:
    """What a call may take before it is given up, 0 = no limit: `call_s` and `window_s` in seconds, `memory_mb` per
    process in MB. While less than `min_free_memory_mb` is free no further call is taken; a worker is replaced after
    `recycle_after` calls."""

    call_s: float = 600.0
    window_s: float = 120.0
    memory_mb: int = 0
    min_free_memory_mb: int = 300
    recycle_after: int = 1000


@dataclass(frozen=True)
class Layout:
    """How many processes do what. `threads` per recogniser; `batch_size` 0 = what the recogniser says.

    `devices`: one recogniser per GPU when given, by device index; `compute_type` is taken then unless the settings name
    one. `why` and `why_zh` say where the layout comes from; `call_s` is what a call takes with it, in seconds of wall time,
    0 = not known.
    """

    workers: int = 1
    recognizers: int = 1
    threads: int = 0
    batch_size: int = 0
    devices: tuple[int, ...] = ()
    compute_type: str = ""
    why: str = ""
    why_zh: str = ""
    measured: bool = False
    call_s: float = 0.0

    def in_words(self, lang: str) -> str:
        """The layout and its reason as one line, ``zh`` or ``en``."""
        if lang == "zh":
            return self._zh()
        return self._en()

    def _en(self) -> str:
        if not self.recognizers:
            return f"{self.workers} workers; {self.why}"
        batch = f"batch {self.batch_size}" if self.batch_size else "the batch size of the settings"
        place = f"{self.threads or 'all'} threads each"
        if self.devices:
            place = f"on GPU {', '.join(map(str, self.devices))}"
        return f"{self.workers} workers, {self.recognizers} recognisers ({place}, {batch}); {self.why}"

    def _zh(self) -> str:
        if not self.recognizers:
            return f"准备进程 {self.workers} 个；{self.why_zh}"
        batch = f"每批 {self.batch_size} 窗" if self.batch_size else "批量按设置"
        place = f"各 {self.threads or '全部'} 线程"
        if self.devices:
            place = f"显卡 {'、'.join(map(str, self.devices))}"
        return f"准备进程 {self.workers} 个，识别进程 {self.recognizers} 个（{place}，{batch}）；{self.why_zh}"


@dataclass(frozen=True)
class Setup:
    """Everything a pool needs. `run`: folder of the run, where the scorecards are; `make` None = words are not wanted."""

    settings: Settings
    run: Path
    layout: Layout
    limits: Limits = Limits()
    make: MakeFactory | None = None


@dataclass(frozen=True)
class Task:
    """All a worker has to know. `run` is the folder with the scorecards; `remote` None = no words."""

    settings: Settings
    run: Path
    remote: Remote | None = None


class Doer(Protocol):
    """Does jobs: processes, this process, or other machines."""

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """One outcome per job, in whatever order they are ready."""

    def close(self) -> None:
        """End all processes; jobs in flight are left undone."""


StartDoer: TypeAlias = Callable[[Path], Doer]
"""Starts whatever does the work, given the folder of the run."""
