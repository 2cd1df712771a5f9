"""The same run over Ray: actors do shards of rows and write the parts themselves, the driver keeps the plan.

Ray schedules rows (id and path), never audio, and is not trusted for exactly-once output: a shard's part has a name that
follows from its rows, so a shard that is done twice after a lost actor is stored once. Start it as often as needed; only
rows without an outcome are done. Needs the extra ``ray`` and a folder for the run that all machines share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.batch import work
from qa_speech.batch.cards import Book
from qa_speech.batch.jobs import Factory, Job, Layout, Setup
from qa_speech.batch.run import Session, locked, plan
from qa_speech.batch.work import Need
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings
from qa_speech.store import parquet as store
from qa_speech.store.records import OK, Entry
from qa_speech.store.summary import write_summary

SHARD = 64


@dataclass(frozen=True)
class Shards:
    """What an actor is made of; it must pickle."""

    run: Path
    settings: Settings
    cards: Path
    options: str
    factory: Factory | None = None

    def start(self) -> Any:
        """Load the recogniser where the actor lives."""
        from qa_speech.batch.inline import Inline

        factory = self.factory
        make = None if factory is None else lambda index: factory
        doing = Inline(Setup(self.settings, self.cards, Layout(workers=0), make=make))
        doing.start()
        return doing

    def do(self, doing: Any, needs: Sequence[Need]) -> dict[str, int]:
        """One shard: every row gets its outcome, and all of them become one part. Returns counts, no data."""
        by_number = {need.number: need for need in needs}
        entries = []
        for job, entry in doing.run(Job(need.number, need.row, need.card) for need in needs):
            need = by_number[job.number]
            known = {
                "id": need.row.id, "path": need.row.path, "bytes": need.row.bytes, "mtime_ns": need.row.mtime_ns,
                "input_key": work.input_key(need.row, self.options), "score_key": need.score_key,
            }  # fmt: skip
            entries.append(Entry({**entry.row, **known}, entry.call))
        store.write_part(self.run, entries, position=needs[0].number)
        ok = sum(entry.row["status"] == OK for entry in entries)
        return {"ok": ok, "failed": len(entries) - ok}


def run_on_ray(
    rows: Sequence[Row], out: str | Path, *, settings: Settings, book: Book, factory: Factory | None = None,
    recognizer: str = "", actors: int = 1, gpus_per_actor: float = 0.0,
) -> Session:  # fmt: skip
    """Do every row that is not done yet on the actors of a Ray cluster; returns what was done.

    Raises
    ------
    ConfigError
        Ray is not installed, or the run is in use.
    """
    try:
        import ray
    except ImportError as exc:
        raise ConfigError("ray", ["not installed; pip install 'qa-speech[ray]'"]) from exc
    run = Path(out)
    run.mkdir(parents=True, exist_ok=True)
    with locked(run):
        merged = plan(run, rows)
        options = work.options_key(settings, recognizer)
        todo, _ = work.needs(merged, store.known(run), book, options)
        session = Session(rows=len(merged), todo=len(todo))
        shards = Shards(run, settings, book.keep(run), options, factory)
        for done in _on_actors(ray, shards, list(cut(todo)), actors, gpus_per_actor):
            session.ok += done["ok"]
            session.failed += done["failed"]
        session.left = len(todo) - session.ok - session.failed
        write_summary(run, session)
    return session


def cut(needs: Sequence[Need], size: int = SHARD) -> Iterator[list[Need]]:
    """Shards of rows in order; the same rows make the same shards."""
    for start in range(0, len(needs), size):
        yield list(needs[start : start + size])


def _on_actors(
    ray: Any, shards: Shards, work_list: list[list[Need]], actors: int, gpus: float
) -> Iterator[dict[str, int]]:
    """Counts of each shard; a lost actor is started again and its shard done again."""

    class Actor:
        def __init__(self, packed: bytes) -> None:
            import pickle

            self.shards = pickle.loads(packed)
            self.doing = self.shards.start()

        def do(self, needs: bytes) -> dict[str, int]:
            found: dict[str, int] = self.shards.do(self.doing, msgspec.msgpack.decode(needs, type=list[Need]))
            return found

    import pickle

    remote = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=3)(Actor)
    pool = ray.util.ActorPool([remote.remote(pickle.dumps(shards)) for _ in range(actors)])
    yield from pool.map_unordered(lambda actor, needs: actor.do.remote(msgspec.msgpack.encode(needs)), work_list)
