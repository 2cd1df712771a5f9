"""What one machine of a cluster does: its share of the processes of `pool`, and shard after shard given to them.

Recordings are opened, prepared and recognised on one machine: their sound goes through pipes between its processes and
nowhere else. What comes back of a shard are counts; outcomes go into the store from here.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from qa_speech.batch.jobs import Doer, Layout
from qa_speech.batch.journal import Journal
from qa_speech.batch.layout import choose
from qa_speech.batch.run import Runner
from qa_speech.batch.shards import Shard
from qa_speech.batch.sharing import Sharing
from qa_speech.batch.start import started
from qa_speech.batch.state import State, model_hash
from qa_speech.errors import ConfigError, ModelError, problem
from qa_speech.files import code_sha256
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings
from qa_speech.store.parquet import node_store
from qa_speech.store.summary import Session


class Share(msgspec.Struct, frozen=True):
    """What of a machine is used: cores and GPUs (whole ones); `layout` where it is known already."""

    cpus: int
    gpus: int = 0
    layout: Layout | None = None


class Hello(msgspec.Struct, frozen=True):
    """Who has started: name of the machine, and how its processes are set up."""

    host: str
    layout: Layout | None


class Count(msgspec.Struct, frozen=True):
    """How a shard came out, no data: `growing` rows are for later, `audio_s` in seconds, `stopped` as in `Session`."""

    ok: int = 0
    failed: int = 0
    growing: int = 0
    audio_s: float = 0.0
    stopped: str = ""
    errors: dict[str, int] = {}


StartShare: TypeAlias = Callable[[Path, Share], tuple[Doer, Layout | None]]
"""Starts what does the work of one share, given the folder with the scorecards; it pickles."""


@dataclass(frozen=True)
class WithModel:
    """The processes of this machine with the model of a run (None = no words), as `StartShare`.

    `sha256` is the hash of the model: the file of the same name on this machine has to be the same.
    """

    settings: Settings
    model: str | None
    sha256: str
    sample: Sequence[Row] = ()

    def __call__(self, run: Path, share: Share) -> tuple[Doer, Layout | None]:
        """Raises ModelError where the model is missing here or is another, EngineError where it does not load."""
        if self.model is not None and model_hash(self.model, self.settings, State()).sha256 != self.sha256:
            raise ModelError(
                self.model, problem("another model than on the machine that began the run; copy the same files")
            )
        layout = share.layout or choose(self.settings, self.model, self.sample, cores=share.cpus)
        return started(self.settings, self.model, layout, run), layout


@dataclass(frozen=True)
class NodeSetup:
    """All that a machine has to know; it pickles. `code` is the hash of the program that began the run, `bucket` the URL of the
    bucket that the run lies in, "" = in a folder that all machines share."""

    run: Path
    settings: Settings
    options: str
    sequence: int
    start: StartShare
    code: str
    until: dt.datetime | None = None
    bucket: str = ""


class Node:
    """One share of a machine at work."""

    def __init__(self, setup: NodeSetup, share: Share) -> None:
        self._setup = setup
        self._share = share
        self._doing: Doer | None = None
        self._store = node_store(setup.run, setup.bucket, setup.sequence)

    def start(self) -> Hello:
        """Start the processes.

        Raises
        ------
        ConfigError
            This machine does not see the folder of the run, or has another version of the program.
        ModelError, EngineError
            The recogniser is missing or does not load.
        """
        host = socket.gethostname()
        if code_sha256() != self._setup.code:
            raise ConfigError(
                host, [problem("another qa_speech than where the run began; install the same on every machine")]
            )
        self._doing, layout = self._setup.start(self._store.place, self._share)
        return Hello(host, layout)

    def do(self, shard: Shard) -> Count:
        """One shard: every row gets its outcome, but those that may still be growing.

        Raises
        ------
        OSError
            Outcomes cannot be stored.
        """
        setup, session = self._setup, Session()
        known = {one.id: one for one in shard.equals}
        sharing = Sharing(shard.needs, known, setup.options)
        journal = Journal(None, session, lambda event: None)
        assert self._doing is not None
        runner = Runner(self._store, session, sharing, setup.options, setup.settings.batch, setup.until, journal)
        runner.shard(self._doing, shard.needs)
        stopped = "" if session.stopped == "until" else session.stopped
        return Count(session.ok, session.failed, len(runner.postponed), session.audio_s, stopped, session.errors)
