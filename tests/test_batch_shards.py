"""Shards, and what a machine makes of them, without Ray; the tests with Ray are in tests/cluster (`make test-ray`)."""

from __future__ import annotations

import errno
import fcntl
import os
import pickle
import shutil
from functools import partial
from pathlib import Path

import msgspec
import pytest

from qa_speech.batch import ray as driver
from qa_speech.batch.crew import shares_of
from qa_speech.batch.inline import Inline
from qa_speech.batch.jobs import Doer, Layout, Setup
from qa_speech.batch.node import Node, NodeSetup, Share, WithModel
from qa_speech.batch.ray import run_on_ray
from qa_speech.batch.shards import Order, Shard, lay_out, shards_of, together
from qa_speech.batch.work import Need
from qa_speech.errors import ConfigError, ModelError
from qa_speech.files import code_sha256
from qa_speech.inputs.rows import Row, find_rows
from qa_speech.store.base import Known
from qa_speech.store.parquet import ParquetStore
from tests.batch_kit import NOW, Fake, go, make_calls


class Here:
    """The work of a share in this process, as `StartShare`."""

    def __call__(self, run: Path, share: Share) -> tuple[Doer, Layout | None]:
        doing = Inline(Setup(NOW, run, Layout(), make=lambda index: Fake()))
        doing.start()
        return doing, None


def need_of(number: int, size: int, path: str = "") -> Need:
    return Need(number, Row(f"{number}", path or f"/r/{number}.wav", bytes=size), "", "none")


def setup_of(order: Order, sequence: int, code: str = "") -> NodeSetup:
    return NodeSetup(order.out, order.settings, order.options, sequence, Here(), code or code_sha256())


def shards_in(file: Path) -> list[Shard]:
    return [msgspec.json.decode(line, type=Shard) for line in file.read_bytes().splitlines()]


def outcomes(run: Path) -> list[tuple[object, ...]]:
    columns = "id, status, error, copied_from, audio_sha256, call_sha256, share_key, input_key, total"
    return list(ParquetStore(run).query(f"SELECT {columns} FROM results ORDER BY id").rows)


# -- cutting ----------------------------------------------------------------------------------------------------


def test_recordings_of_one_size_lie_in_one_shard(tmp_path: Path) -> None:
    todo = [need_of(0, 10), need_of(1, 20), need_of(2, 30), need_of(3, 10), need_of(4, 40)]

    shards = list(shards_of(todo, {}, 2))

    assert [[need.number for need in shard.needs] for shard in shards] == [[0, 3], [1, 2], [4]]


def test_more_of_one_size_than_a_shard_takes_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    contents = [b"a" * 9000, b"b" * 9000, b"a" * 9000, b"a" * 8999 + b"z", b"b" * 9000, b"a" * 9000]
    todo = []
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}"
        path.write_bytes(content)
        todo.append(need_of(number, 9000, str(path)))

    groups = [[need.number for need in group] for group in together(todo, 2)]

    # 3 is like 0 in the middle, where a first look is taken, and is found to be another
    assert groups == [[0, 2, 5], [3], [1, 4]]


def test_what_is_missing_or_brings_its_own_words_is_like_nothing_else() -> None:
    todo = [
        need_of(0, -1),
        need_of(1, -1),
        Need(2, Row("2", "/2", bytes=5, transcript="/t"), "", "none"),
        need_of(3, 5),
    ]

    assert [len(group) for group in together(todo, 8)] == [1, 1, 1, 1]


def test_a_shard_knows_the_stored_calls_of_its_sizes() -> None:
    stored = Known("old", "ok", None, 10, "i", "s", "c", "a", "h")
    other = msgspec.structs.replace(stored, id="other", bytes=11)

    (first, second) = shards_of([need_of(0, 10), need_of(1, 12)], {"old": stored, "other": other}, 1)

    assert (first.equals, second.equals) == ([stored], [])


def test_a_machine_with_gpus_has_a_share_for_each_and_others_rest() -> None:
    def node(name: str, cpus: float, gpus: float = 0.0, alive: bool = True) -> dict[str, object]:
        return {"NodeID": name, "Alive": alive, "Resources": {"CPU": cpus, "GPU": gpus}}

    nodes = [node("a", 32, 4), node("b", 8), node("gone", 8, alive=False), node("head", 0)]

    assert shares_of(nodes, on_gpus=True) == {"a": [Share(8, 1)] * 4}
    assert shares_of(nodes, on_gpus=False) == {"a": [Share(32)], "b": [Share(8)]}
    assert shares_of([node("b", 8)], on_gpus=True) == {"b": [Share(8)]}


# -- one machine ------------------------------------------------------------------------------------------------


@pytest.fixture
def order(tmp_path: Path) -> Order:
    make_calls(tmp_path / "rec", 4, seconds=1.0)
    shutil.copy(tmp_path / "rec" / "c00001.wav", tmp_path / "rec" / "copy.wav")
    (tmp_path / "rec" / "x.wav").write_bytes(b"rubbish")
    return Order(tmp_path / "run", partial(find_rows, [tmp_path / "rec"]), NOW, "quality-only", "fake")


def test_shards_give_the_outcomes_of_the_local_engine_and_twice_the_same(order: Order, tmp_path: Path) -> None:
    go(tmp_path / "rec", tmp_path / "local", fake=Fake(), card="quality-only")
    laid = lay_out(order, tmp_path / "shards", 1)
    node = Node(pickle.loads(pickle.dumps(setup_of(order, laid.sequence))), Share(1))
    node.start()

    counts = [node.do(shard) for shard in shards_in(tmp_path / "shards") * 2]

    assert (laid.rows, laid.todo) == (6, 6)
    assert counts[0] == counts[1]
    assert (counts[0].ok, counts[0].failed, counts[0].errors) == (5, 1, {"DecodeError": 1})
    assert outcomes(order.out) == outcomes(tmp_path / "local")
    assert lay_out(order, tmp_path / "shards", 1).todo == 0


def test_a_recording_whose_equal_is_stored_takes_over_its_call(order: Order, tmp_path: Path) -> None:
    go(tmp_path / "rec", order.out, fake=Fake(), card="quality-only")
    shutil.copy(tmp_path / "rec" / "c00002.wav", tmp_path / "rec" / "later.wav")
    laid = lay_out(order, tmp_path / "shards", 1)
    node = Node(setup_of(order, laid.sequence), Share(1))
    node.start()

    counts = [node.do(shard) for shard in shards_in(tmp_path / "shards")]

    assert [count.ok for count in counts] == [1]
    found = {row[0]: row[3] for row in outcomes(order.out)}
    assert found["later.wav"] == "c00002.wav"


def test_another_scorecard_is_put_to_stored_calls_where_the_rows_are_laid_out(order: Order, tmp_path: Path) -> None:
    go(tmp_path / "rec", order.out, fake=Fake(), card="quality-only")
    other = Order(order.out, order.rows, NOW, "complaint", "fake")

    laid = lay_out(other, tmp_path / "shards", 1)

    assert (laid.todo, laid.scored.ok, (tmp_path / "shards").read_bytes()) == (0, 5, b"")
    cards = ParquetStore(order.out).query("SELECT DISTINCT scorecard FROM results WHERE status = 'ok'").rows
    assert [card for (card,) in cards] == ["complaint"]


def test_a_machine_that_is_not_like_the_first_says_so(order: Order, tmp_path: Path) -> None:
    laid = lay_out(order, tmp_path / "shards", 1)
    with pytest.raises(ConfigError, match="another qa_speech"):
        Node(setup_of(order, laid.sequence, code="other"), Share(1)).start()
    with pytest.raises(ModelError, match="another model"):
        WithModel(NOW, "demo", "0" * 64)(order.out, Share(1))
    elsewhere = Order(tmp_path / "elsewhere", order.rows, NOW)
    with pytest.raises(ConfigError, match="does not see this folder"):
        Node(setup_of(elsewhere, 1), Share(1))


def test_without_a_recogniser_chosen_nothing_is_laid_out(order: Order, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no recogniser chosen"):
        lay_out(Order(order.out, order.rows, NOW), tmp_path / "shards", 1)


def test_without_ray_the_message_names_the_extra(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(driver, "import_module", nothing)
    monkeypatch.setenv("RAY_AUTH_TOKEN", "x")
    for name in ("RAY_USAGE_STATS_ENABLED", "ORT_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    with pytest.raises(ConfigError, match=r"qa-speech\[ray\]"):
        run_on_ray(order, start=lambda sample: Here())


# -- no locks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told_and_worked_on(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none(handle: object, how: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", none)
    make_calls(tmp_path / "rec", 1, seconds=1.0)

    session = go(tmp_path / "rec", tmp_path / "run", fake=Fake())

    assert (session.ok, session.left) == (1, 0)
    assert "no locks on this file system" in caplog.text
