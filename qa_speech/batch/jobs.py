"""What the runner hands to a pool and gets back, and how a pool is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from qa_speech.inputs.rows import Row
from qa_speech.store.records import Entry

if TYPE_CHECKING:
    from qa_speech.engines.base import Recognizer
    from qa_speech.settings import Settings

Factory = Callable[[], "Recognizer"]
"""Makes a recogniser where it is to run; must pickle."""


@dataclass(frozen=True)
class Job:
    """One row to do. `card`: sha256 of its scorecard or "". With `stored` (the JSON of its Call) it is only scored again;
    `before` holds the columns that the new row takes over then."""

    number: int
    row: Row
    card: str = ""
    stored: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What a call may take before it is given up; 0 = no limit. `memory_mb` is per process."""

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
        return self._zh() if lang == "zh" else self._en()

    def _en(self) -> str:
        batch = f"batch {self.batch_size}" if self.batch_size else "the batch size of the settings"
        place = (
            f"on GPU {', '.join(map(str, self.devices))}" if self.devices else f"{self.threads or 'all'} threads each"
        )
        recognizers = f", {self.recognizers} recognisers ({place}, {batch})" if self.recognizers else ""
        return f"{self.workers} workers{recognizers}; {self.why}"

    def _zh(self) -> str:
        batch = f"每批 {self.batch_size} 窗" if self.batch_size else "批量按设置"
        place = f"显卡 {'、'.join(map(str, self.devices))}" if self.devices else f"各 {self.threads or '全部'} 线程"
        recognizers = f"，识别进程 {self.recognizers} 个（{place}，{batch}）" if self.recognizers else ""
        return f"准备进程 {self.workers} 个{recognizers}；{self.why_zh}"


@dataclass(frozen=True)
class Setup:
    """Everything a pool needs. `make` gives the factory of the recogniser with this index; None = words are not wanted."""

    settings: Settings
    cards: Path
    layout: Layout
    limits: Limits = Limits()
    make: Callable[[int], Factory] | None = None


class Doer(Protocol):
    """Does jobs: processes, this process, or other machines."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Entry]]:
        """One outcome per job, in whatever order they are ready."""

    def close(self) -> None:
        """End all processes; jobs in flight are left undone."""
