"""Short recordings with real speech, and recognisers that misbehave; what child processes need can be imported from here."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from qa_speech.batch.cards import Book
from qa_speech.batch.inline import Inline
from qa_speech.batch.jobs import Doer, Done, Job, Layout, Limits, Setup, StartDoer
from qa_speech.batch.node import Share
from qa_speech.batch.pool import Pool
from qa_speech.batch.run import run_batch
from qa_speech.engines.base import Window, WindowWords
from qa_speech.errors import EngineError
from qa_speech.inputs.rows import find_rows
from qa_speech.resources import folder
from qa_speech.settings import Settings
from qa_speech.store.base import Store
from qa_speech.store.summary import Session
from qa_speech.testing import FakeRecognizer

NOW = Settings.model_validate({"batch": {"settle_s": 0, "min_free_disk_gb": 0}, "speech": {"pitch": False}})
"""Recordings count as finished at once."""


@cache
def speech(seconds: float) -> tuple[npt.NDArray[np.int16], int]:
    """The start of a stretch of a shipped sample in which both parties speak."""
    path = folder("samples") / "taboo-interruption.wav"
    samples, rate = soundfile.read(path, dtype="int16", start=8000 * 8, frames=round(8000 * seconds))
    return samples, rate


def make_calls(place: Path, count: int, *, prefix: str = "c", seconds: float = 3.0) -> list[Path]:
    """Recordings that differ in one sample each."""
    place.mkdir(parents=True, exist_ok=True)
    samples, rate = speech(seconds)
    paths = []
    for number in range(count):
        different = samples.copy()
        different[0] = number % 2000
        different[1] = number // 2000
        paths.append(place / f"{prefix}{number:05d}.wav")
        soundfile.write(paths[-1], different, rate, subtype="PCM_16")
    return paths


@dataclass(frozen=True)
class Fake:
    """Makes a recogniser that says 嗯, and at the windows of one call does something else."""

    at: str = ""
    does: str = ""
    seconds: float = 0.0
    heard: str = ""
    """A file that gets a line for every window: the id of its call."""
    allowed: str = ""
    """A file with a number: no batch of windows begins before fewer lines than that are in `heard`."""

    def __call__(self) -> FakeRecognizer:
        return _Misbehaving(self)


def lines_of(path: str | Path) -> int:
    """How many lines a file has; 0 where there is none."""
    try:
        return Path(path).read_bytes().count(b"\n")
    except OSError:
        return 0


class _Misbehaving(FakeRecognizer):
    def __init__(self, fake: Fake) -> None:
        super().__init__()
        self.fake = fake

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        batch = list(windows)
        time.sleep(self.fake.seconds * len(batch))
        while self.fake.allowed and lines_of(self.fake.heard) >= int(Path(self.fake.allowed).read_text("ascii")):
            time.sleep(0.05)
        if self.fake.heard:
            with open(self.fake.heard, "a", encoding="utf-8") as file:
                file.write("".join(f"{window.call_id}\n" for window in batch))
        if any(window.call_id == self.fake.at for window in batch):
            if self.fake.does == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.fake.does == "hangs":
                time.sleep(3600)
            if self.fake.does == "fails":
                raise EngineError("fake", "cannot hear this")
            if self.fake.does == "lies":
                yield from (WindowWords(words=(None,)) for _ in batch)  # type: ignore[arg-type]
                return
            if self.fake.does == "bug":
                raise ZeroDivisionError("secret words")
        yield from super().recognize(batch)
        self.seen.clear()


class Watched(Inline):
    """`Inline` that counts how often it was started and what it was given."""

    started: list[str]

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """The same, noted."""

        def noted() -> Iterator[Job]:
            for job in jobs:
                self.started.append(job.row.id)
                yield job

        return super().run(noted())


def go(
    place: Path,
    out: Path | Store,
    *,
    fake: Fake | None = None,
    card: str = "none",
    settings: Settings = NOW,
    events: list[dict[str, Any]] | None = None,
    started: list[str] | None = None,
    **options: Any,
) -> Session:
    """`run_batch` over a folder in this process."""

    def doer(run: Path) -> Doer:
        doing = Watched(Setup(settings, run, Layout(), make=(lambda index: fake) if fake else None))
        doing.started = started if started is not None else []
        doing.start()
        return doing

    book = options.pop("book", None) or Book(default=card)
    rows = options.pop("rows", None) or find_rows([place])
    tell = events.append if events is not None else (lambda event: None)
    return run_batch(
        rows, out, doer=doer, settings=settings, book=book, recognizer="fake" if fake else "", tell=tell, **options
    )


class LetsGo(Pool):
    """Closes its pipes first and waits: its processes have to end by themselves, as when their driver has gone."""

    def close(self) -> None:
        """The same, gently."""
        children = self.children
        for child in children:
            child.link.close()
        for child in children:
            child.process.join(timeout=20)
        left = [child.process.name for child in children if child.process.is_alive()]
        super().close()
        assert left == []


def pool_doer(
    fake: Fake | None, *, layout: Layout | None = None, limits: Limits | None = None, kind: type[Pool] = Pool,
    notes: list[str] | None = None, made: list[Pool] | None = None,
) -> StartDoer:  # fmt: skip
    """What `run_batch` takes as `doer`: real processes."""

    def doer(run: Path) -> Doer:
        setup = Setup(NOW, run, layout or Layout(workers=1), limits or Limits(), (lambda index: fake) if fake else None)
        doing = kind(setup, notes.append if notes is not None else lambda line: None)
        if made is not None:
            made.append(doing)
        doing.start()
        return doing

    return doer


@dataclass(frozen=True)
class FakeShare:
    """Starts the processes of one share of a machine with a fake recogniser, as `node.StartShare`."""

    fake: Fake | None
    workers: int = 1

    def __call__(self, run: Path, share: Share) -> tuple[Doer, Layout | None]:
        """Real processes, as many as are wanted whatever the share."""
        layout = Layout(self.workers, int(self.fake is not None), batch_size=4)
        return pool_doer(self.fake, layout=layout)(run), layout
