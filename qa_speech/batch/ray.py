"""The same run over the machines of a Ray cluster: an actor for every share of a machine does shards and stores them itself.

Ray schedules shards of rows (id and path), never sound, and is not trusted for exactly-once output: what is done is what is
in the store, a shard that is done twice has one outcome per row, and whoever dies has its shard done again elsewhere. The
driver holds counts alone: rows are listed and laid out, and parts put together, in processes of their own. Started again
after anything at all it does what has no outcome yet.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from qa_speech.batch.crew import ENVIRONMENT, TICK_S, Crew, Member, shares_of
from qa_speech.batch.journal import Journal, Tell
from qa_speech.batch.layout import in_processes
from qa_speech.batch.node import Count, Hello, NodeSetup, StartShare
from qa_speech.batch.shards import LaidOut, Order, lay_out, put_together
from qa_speech.errors import ConfigError, EngineError, QaSpeechError, problem
from qa_speech.files import code_sha256
from qa_speech.inputs.rows import Row
from qa_speech.store.bucket import read_link
from qa_speech.store.parquet import store_at
from qa_speech.store.summary import Session

OBJECT_STORE_BYTES = 100 << 20
"""Of a cluster that is started here: nothing but counts and lists of rows passes through it."""
AUTHENTICATION = {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}
"""How else the token of a cluster is told; without any of these Ray would keep one in the home folder."""
LOOPBACK = ("127.0.0.1", "localhost")
ATTEMPTS = 6
"""A shard whose actor dies or fails so often is left for the next session."""
NOBODY_S = 300.0
"""So long no actor may be there before the session ends."""
MakeStart: TypeAlias = Callable[[list[Row]], StartShare]
"""Gives what starts the processes of a share, from rows to measure with."""


def run_on_ray(
    order: Order,
    *,
    start: MakeStart,
    address: str = "",
    until: dt.datetime | None = None,
    tell: Tell = lambda event: None,
) -> Session:
    """Do every row that is not done yet on a Ray cluster; returns what was done.

    Parameters
    ----------
    order
        What is to be done, and in which folder: all machines see it under this path.
    start
        Gives what starts the processes of a share; that is `node.WithModel`.
    address
        ``host:port`` of the cluster, ``auto`` = the one this machine belongs to, "" = one is started here and ended with
        the run.
    until, tell
        As in `run.run_batch`.

    Raises
    ------
    ConfigError
        Ray is not installed, the cluster is not there, the run is in use, or a scorecard is wrong.
    ModelError, EngineError
        No machine can work: the cause of the last; or no cluster starts here.
    OSError
        Results cannot be stored on any machine; what was stored stays valid.
    """
    store = store_at(order.out)
    session = Session()
    place = tempfile.TemporaryDirectory(prefix="qa-", ignore_cleanup_errors=True)  # Ray may still be writing its logs
    with store.locked(), place as name, _cluster(address, name) as ray:
        _Run(ray, order, start, until, session, Journal(store.place, session, tell), Path(name) / "shards").go()
    return session


@contextmanager
def _cluster(address: str, place: str) -> Iterator[Any]:
    """Ray, connected to a cluster; one that is started here keeps its files in `place` and listens on this machine alone, to
    programs that know its token."""
    os.environ.update(ENVIRONMENT)
    if not address and not AUTHENTICATION & os.environ.keys():
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    if address.rpartition(":")[0] in LOOPBACK:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = (
            "0"  # else Ray would look for it at another address of this machine
        )
    try:
        ray: Any = import_module("ray")
    except ImportError as exc:
        raise ConfigError("ray", [problem("not installed; pip install 'qa-speech[ray]'")]) from exc
    quiet = {"include_dashboard": False, "log_to_driver": False, "configure_logging": False}
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            ray.init(object_store_memory=OBJECT_STORE_BYTES, _node_ip_address="127.0.0.1", _temp_dir=place, **quiet)
    except Exception as exc:  # Ray raises whatever it has, bare exceptions among them
        told = str(exc).partition("\n")[0]
        if address:
            what = problem(
                "{address}: no Ray cluster answers ({told}); expected host:port or auto", address=address, told=told
            )
            raise ConfigError("--address", [what]) from exc
        raise EngineError("ray", problem("no cluster starts on this machine: {told}", told=told)) from exc
    try:
        yield ray
    finally:
        ray.shutdown()


class _Run:
    """One session on a cluster."""

    def __init__(
        self,
        ray: Any,
        order: Order,
        start: MakeStart,
        until: dt.datetime | None,
        session: Session,
        journal: Journal,
        file: Path,
    ) -> None:
        self._ray = ray
        self._order = order
        self._start = start
        self._until = until
        self._session = session
        self._journal = journal
        self._file = file
        self._again: deque[bytes] = deque()
        self._attempts: Counter[bytes] = Counter()
        self._growing = 0
        self._error: Exception | None = None
        self._last_cause: Exception | None = None
        self._on_gpus = bool(order.recognizer) and order.settings.recognition.device != "cpu"

    def go(self) -> None:
        """Lay out, work, look again at what was still growing, put together."""
        session, batch = self._session, self._order.settings.batch
        laid = self._lay_out()
        session.rows, session.todo, session.scores = laid.rows, laid.todo, laid.scored.scores
        session.ok, session.failed = laid.scored.ok, laid.scored.failed
        done = laid.rows - laid.todo - session.scores
        self._journal.say("plan", rows=laid.rows, todo=laid.todo, scores=session.scores, done=done)
        began = time.monotonic()
        while laid.todo:
            self._growing = 0
            self._work(laid)
            waited_s = time.monotonic() - began
            if not self._growing or self._error or self._late() or waited_s > batch.settle_limit_s:
                break
            time.sleep(min(TICK_S, batch.settle_s))
            laid = self._lay_out()
        session.left = session.todo + session.scores - session.done
        if session.todo or session.scores:
            self._journal.progress()
        in_processes(1, put_together, self._order.out, session)
        self._journal.end()
        if self._error is not None:
            raise self._error

    def _lay_out(self) -> LaidOut:
        shares = shares_of(self._ray.nodes(), on_gpus=self._on_gpus)
        (laid,) = in_processes(1, lay_out, self._order, self._file, sum(map(len, shares.values())))
        return laid

    def _late(self) -> bool:
        """Whether no further shard is begun."""
        session, until = self._session, self._until
        if not session.stopped and until is not None and dt.datetime.now(until.tzinfo) >= until:
            session.stopped = "until"
        return bool(session.stopped)

    def _work(self, laid: LaidOut) -> None:
        """Give every shard to whoever is idle, until all are done or left."""
        order, start = self._order, self._start(laid.sample)
        run, bucket = Path(os.path.abspath(order.out)), read_link(order.out).url
        setup = NodeSetup(run, order.settings, order.options, laid.sequence, start, code_sha256(), self._until, bucket)
        crew = Crew(self._ray, setup, on_gpus=self._on_gpus)
        somebody = time.monotonic()
        more = True
        try:
            with self._file.open("rb") as lines:
                while more or self._again or crew.busy:
                    crew.look()
                    more = self._give(crew, lines) and more
                    for member in crew.wait():
                        self._take(crew, member)
                    self._journal.progress_now_and_then()
                    if crew.idle or crew.busy:
                        somebody = time.monotonic()
                    elif self._late():
                        return
                    self._require_somebody(crew, somebody)
        except (QaSpeechError, OSError) as exc:
            self._error = exc
        finally:
            crew.end()

    def _give(self, crew: Crew, lines: BinaryIO) -> bool:
        """A shard for everybody who waits for one; False when there are no more lines."""
        if self._late():
            self._again.clear()
            return False
        for member in crew.idle:
            line = self._again.popleft() if self._again else lines.readline()
            if not line:
                return False
            crew.give(member, line)
        return True

    def _take(self, crew: Crew, member: Member) -> None:
        """What one has answered, or that it has gone."""
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(member.asked)
        except errors.RayTaskError as exc:
            self._lost(crew, member, exc.cause, died=False)
        except errors.RayError as exc:
            self._lost(crew, member, exc, died=True)
        else:
            if isinstance(answer, Hello):
                crew.started(member, answer)
                self._tell_layout(answer)
            else:
                crew.done(member)
                self._count(answer)

    def _tell_layout(self, hello: Hello) -> None:
        if hello.layout is not None:
            en, zh = hello.layout.in_words("en"), hello.layout.in_words("zh")
            self._journal.say("layout", text=f"{hello.host}: {en}", text_zh=f"{hello.host} {zh}")

    def _count(self, count: Count) -> None:
        session = self._session
        session.ok += count.ok
        session.failed += count.failed
        session.audio_s += count.audio_s
        session.errors = dict(Counter(session.errors) + Counter(count.errors))
        self._growing += count.growing
        if count.stopped and not session.stopped:
            session.stopped = count.stopped
            self._journal.say("note", text=session.stopped)

    def _lost(self, crew: Crew, member: Member, cause: Exception, *, died: bool) -> None:
        """An actor has died or failed: its shard is done again by whoever is next."""
        line = crew.lost(member, died=died)
        told = f"{type(cause).__name__}: {cause}".partition("\n")[0]
        self._journal.say("note", text=f"{member.node[:8]}: {told}")
        self._last_cause = cause
        if not line:
            return
        key = hashlib.sha256(line).digest()
        self._attempts[key] += 1
        if self._attempts[key] < ATTEMPTS:
            self._again.append(line)
        else:
            self._journal.say(
                "note", text=f"a shard was given up after {ATTEMPTS} attempts; the next run does it again"
            )

    def _require_somebody(self, crew: Crew, somebody: float) -> None:
        """Raises where no machine can work any more; `somebody` is when one last did (s of the monotonic clock)."""
        if crew.hopeless and not crew.members:
            cause = self._last_cause
            if isinstance(cause, QaSpeechError | OSError):
                raise cause
            raise EngineError(
                "ray", problem("every machine has failed; the last cause was {kind}", kind=type(cause).__name__)
            )
        if time.monotonic() - somebody > NOBODY_S:
            raise EngineError(
                "ray", problem("no machine of the cluster was there to work for {nobody_s:.0f} s", nobody_s=NOBODY_S)
            )
