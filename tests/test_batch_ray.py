"""Shards without Ray, and with it where it is installed."""

import importlib.util
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from qa_speech.batch.cards import Book
from qa_speech.batch.plan import plan
from qa_speech.batch.ray import Shards, cut, run_on_ray
from qa_speech.batch.work import Need, Needs, needs, options_key
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import find_rows
from qa_speech.store.folder import RESULTS
from qa_speech.store.parquet import store_at
from tests.batch_kit import NOW, Fake, make_calls


def test_a_shard_done_twice_is_stored_once(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 3)
    (tmp_path / "rec" / "x.wav").write_bytes(b"rubbish")
    run = tmp_path / "run"
    store = store_at(run)
    options = options_key(NOW, "fake")
    todo = needs(plan(store, find_rows([tmp_path / "rec"])), {}, Book(), options).everything
    shards = pickle.loads(pickle.dumps(Shards(run, NOW, options, Fake())))
    doing = shards.start()

    counts = [shards.do(doing, shard) for shard in [*cut(todo, 2), *cut(todo, 2)]]

    assert sum(count.ok for count in counts[:2]) == 3
    assert len(list((run / RESULTS).iterdir())) == 2
    assert len(store.known()) == 4
    assert needs(store.rows(), store.known(), Book(), options) == Needs([], [])


def test_rows_travel_as_they_are(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1)
    shard = [Need(0, row, "", "none") for row in find_rows([tmp_path / "rec"])]

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(shard), type=list[Need]) == shard


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed")
def test_without_ray_the_message_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"qa-speech\[ray\]"):
        run_on_ray([], tmp_path / "run", settings=NOW, book=Book())


class StandIn:
    """As much of Ray as a run needs, in this process: actors are asked in turn and answer in any order."""

    class Actor:
        """An actor's handle: ``actor.method.remote(…)``."""

        def __init__(self, actor: Any) -> None:
            self.do = SimpleNamespace(remote=actor.do)

    class ActorPool:
        """Shares out work and gives the answers of the last shard first."""

        def __init__(self, actors: Sequence[Any]) -> None:
            self.actors = actors

        def map_unordered(self, ask: Callable[[Any, Any], Any], work: Sequence[Any]) -> list[Any]:
            answers = [ask(self.actors[place % len(self.actors)], shard) for place, shard in enumerate(work)]
            return answers[::-1]

    util = SimpleNamespace(ActorPool=ActorPool)

    @staticmethod
    def remote(**resources: Any) -> Callable[[type], Any]:
        assert resources["num_cpus"] == 1
        return lambda kind: SimpleNamespace(remote=lambda *given: StandIn.Actor(kind(*given)))


def test_actors_share_the_rows_and_a_second_run_finds_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", StandIn)
    monkeypatch.setattr("qa_speech.batch.ray.cut", lambda todo: cut(todo, 2))
    make_calls(tmp_path / "rec", 3)
    (tmp_path / "rec" / "x.wav").write_bytes(b"rubbish")
    rows = find_rows([tmp_path / "rec"])

    sessions = [
        run_on_ray(rows, tmp_path / "run", settings=NOW, book=Book(), factory=Fake(), recognizer="fake", actors=2)
        for _ in range(2)
    ]

    assert [(session.todo, session.ok, session.failed, session.left) for session in sessions] == [
        (4, 3, 1, 0),
        (0, 0, 0, 0),
    ]
    assert len(store_at(tmp_path / "run").known()) == 4


def test_a_run_over_ray_gives_every_row_one_outcome(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    make_calls(tmp_path / "rec", 3)
    ray.init(num_cpus=1, include_dashboard=False)
    try:
        session = run_on_ray(
            find_rows([tmp_path / "rec"]),
            tmp_path / "run",
            settings=NOW,
            book=Book(),
            factory=Fake(),
            recognizer="fake",
        )
    finally:
        ray.shutdown()

    assert (session.ok, session.failed, session.left) == (3, 0, 0)
