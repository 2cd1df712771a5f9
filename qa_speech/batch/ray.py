"""The same run over Ray: actors do shards of rows and write the parts themselves, the driver keeps the plan.

Ray schedules rows (id and path), never audio, and is not trusted for exactly-once output: a shard's part has a name that
follows from its rows, so a shard that is done twice after a lost actor is stored once. Start it as often as needed; only
rows without an outcome are done. Needs the extra ``ray`` and a folder for the run that all machines share.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.batch.cards import Book
from qa_speech.batch.inline import Inline
from qa_speech.batch.jobs import Doer, Factory, Job, Layout, Setup
from qa_speech.batch.plan import plan
from qa_speech.batch.work import Need, needs, options_key
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings
from qa_speech.store.base import Store
from qa_speech.store.parquet import ParquetStore, store_at
from qa_speech.store.summary import Session, write_summary

SHARD = 64


class Count(msgspec.Struct, frozen=True):
    """How a shard came out; no data."""

    ok: int
    failed: int


@dataclass(frozen=True)
class Shards:
    """What an actor is made of; it must pickle."""

    run: Path
    settings: Settings
    options: str
    factory: Factory | None = None

    def start(self) -> Doer:
        """Load the recogniser where the actor lives."""
        factory = self.factory
        make = None if factory is None else lambda index: factory
        doing = Inline(Setup(self.settings, self.run, Layout(workers=0), make=make))
        doing.start()
        return doing

    def do(self, doing: Doer, shard: Sequence[Need]) -> Count:
        """One shard: every row gets its outcome, and all of them become one part."""
        by_number = {need.number: need for need in shard}
        records = []
        for job, record in doing.run(Job(need.number, need.row, need.card) for need in shard):
            need = by_number[job.number]
            named = msgspec.structs.replace(record, row=msgspec.structs.replace(record.row, id=need.row.id))
            records.append(named.of(need.source(self.options)))
        ParquetStore(self.run).append(records, position=shard[0].number)
        ok = sum(record.ok for record in records)
        return Count(ok, len(records) - ok)


def run_on_ray(
    rows: Sequence[Row],
    out: str | Path,
    *,
    settings: Settings,
    book: Book,
    factory: Factory | None = None,
    recognizer: str = "",
    actors: int = 1,
    gpus_per_actor: float = 0.0,
) -> Session:
    """Do every row that is not done yet on the actors of a Ray cluster; returns what was done.

    `actors` is how many there are, `gpus_per_actor` how many devices each holds: 0.5 = two on one.

    Raises
    ------
    ConfigError
        Ray is not installed, or the run is in use.
    """
    try:
        import ray
    except ImportError as exc:
        raise ConfigError("ray", ["not installed; pip install 'qa-speech[ray]'"]) from exc
    store: Store = store_at(out)
    with store.locked():
        merged = plan(store, rows)
        options = options_key(settings, recognizer)
        todo = needs(merged, store.known(), book, options).everything
        book.keep(store.place)
        session = Session(rows=len(merged), todo=len(todo))
        shards = Shards(store.place, settings, options, factory)
        for count in _on_actors(ray, shards, list(cut(todo)), actors, gpus_per_actor):
            session.ok += count.ok
            session.failed += count.failed
        session.left = len(todo) - session.done
        write_summary(store, session)
    return session


def cut(needs: Sequence[Need], size: int = SHARD) -> Iterator[list[Need]]:
    """Shards of rows in order; the same rows make the same shards."""
    for start in range(0, len(needs), size):
        yield list(needs[start : start + size])


def _on_actors(ray: Any, shards: Shards, work: list[list[Need]], actors: int, gpus: float) -> Iterator[Count]:
    """What became of each shard, as a count of calls; a lost actor is started again and its shard done again."""

    class Actor:
        def __init__(self, packed: bytes) -> None:
            self.shards: Shards = pickle.loads(packed)
            self.doing = self.shards.start()

        def do(self, packed: bytes) -> Count:
            shard = msgspec.msgpack.decode(packed, type=list[Need])
            return self.shards.do(self.doing, shard)

    remote = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=3)(Actor)
    pool = ray.util.ActorPool([remote.remote(pickle.dumps(shards)) for _ in range(actors)])
    yield from pool.map_unordered(lambda actor, shard: actor.do.remote(msgspec.msgpack.encode(shard)), work)
