"""Real processes: what dies, hangs or fails takes no other call with it."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qa_speech.batch.cards import Book
from qa_speech.batch.jobs import Layout, Limits
from qa_speech.batch.messages import Message, Started
from qa_speech.batch.pool import Pool
from qa_speech.batch.process import Child
from qa_speech.batch.run import run_batch
from qa_speech.errors import EngineError, ModelError
from qa_speech.inputs.rows import find_rows
from qa_speech.store.base import calls_of
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.summary import Session
from tests.batch_kit import NOW, Fake, LetsGo, go, make_calls, pool_doer

COUNT = 6


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("recordings")
    make_calls(place, COUNT)
    return place


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def run(place: Path, out: Path, fake: Fake | None, **options: Any) -> Session:
    return run_batch(
        find_rows([place]), out, doer=pool_doer(fake, **options), settings=NOW, recognizer="fake" if fake else ""
    )


def outcomes(out: Path) -> dict[str, tuple[str, str | None]]:
    found = list(ParquetStore(out).query("SELECT id, status, error FROM results").rows)
    assert len(found) == len({row[0] for row in found})
    return {name: (status, error) for name, status, error in found}


def all_but_one(out: Path, poison: str, error: str) -> bool:
    found = outcomes(out)
    fine = {name for name, outcome in found.items() if outcome == ("ok", None)}
    return len(fine) == COUNT - 1 and found[poison] == ("failed", error)


def test_processes_give_what_one_process_gives(place: Path, tmp_path: Path) -> None:
    run(place, tmp_path / "many", Fake(), layout=Layout(workers=2, recognizers=2), kind=LetsGo)
    go(place, tmp_path / "one", fake=Fake())

    one, many = (list(calls_of(ParquetStore(tmp_path / name))) for name in ("one", "many"))
    assert one == many
    assert len(many) == COUNT
    assert all(call.utterances for call in many)


def test_a_call_that_kills_the_recogniser_is_the_only_one_to_fail(place: Path, tmp_path: Path) -> None:
    notes: list[str] = []

    run(place, tmp_path / "run", Fake("c00002.wav", "dies"), notes=notes)

    assert all_but_one(tmp_path / "run", "c00002.wav", "process_died")
    assert any("SIGKILL" in note for note in notes)


@pytest.mark.parametrize(
    ("does", "options", "error"),
    [("hangs", {"limits": Limits(window_s=0.4)}, "time_limit"), ("fails", {}, "EngineError")],
)
def test_a_call_that_the_recogniser_cannot_do_is_the_only_one_to_fail(
    place: Path, tmp_path: Path, does: str, options: dict[str, Any], error: str
) -> None:
    run(place, tmp_path / "run", Fake("c00002.wav", does), kind=LetsGo, **options)

    assert all_but_one(tmp_path / "run", "c00002.wav", error)


def test_a_bug_met_while_a_call_is_finished_is_a_row_of_its_own(place: Path, tmp_path: Path) -> None:
    notes: list[str] = []

    run(place, tmp_path / "run", Fake("c00002.wav", "lies"), notes=notes, layout=Layout(batch_size=1), kind=LetsGo)

    assert all_but_one(tmp_path / "run", "c00002.wav", "bug")
    assert notes == []


class StopsPreparing(Pool):
    """Its worker stands still whenever it begins the third call, as one does that waits for a disk for ever."""

    stops_at = 2

    def _take(self, child: Child, message: Message) -> None:
        super()._take(child, message)
        if isinstance(message, Started) and message.number == self.stops_at:
            os.kill(child.pid, signal.SIGSTOP)


def test_a_recording_that_hangs_its_worker_is_the_only_one_to_fail(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", COUNT - 1)
    (tmp_path / "rec" / "m.csv").write_text(
        "path\n" + "".join(f"c0000{i}.wav\n" for i in range(COUNT - 1)) + "missing.wav\n", encoding="utf-8"
    )

    run_batch(
        find_rows([tmp_path / "rec" / "m.csv"]), tmp_path / "run", settings=NOW,
        doer=pool_doer(None, limits=Limits(call_s=6), kind=StopsPreparing),
    )  # fmt: skip

    found = outcomes(tmp_path / "run")
    assert found["c00002.wav"] == ("failed", "time_limit")
    assert found["missing.wav"] == ("failed", "DecodeError")
    assert sum(outcome == ("ok", None) for outcome in found.values()) == COUNT - 2


def test_another_scorecard_is_put_to_calls_in_processes_too(place: Path, tmp_path: Path) -> None:
    for card in ("quality-only", "complaint"):
        session = run_batch(
            find_rows([place]), tmp_path / "run", settings=NOW, recognizer="fake", book=Book(default=card),
            doer=pool_doer(Fake(), kind=LetsGo),
        )  # fmt: skip

    store = ParquetStore(tmp_path / "run")
    assert (session.todo, session.scores, session.ok) == (0, COUNT, COUNT)
    assert {row[0] for row in store.query("SELECT scorecard FROM results").rows} == {"complaint"}
    assert all(call.utterances for call in calls_of(store))


class DiesPreparing(Pool):
    """Its worker is killed whenever it begins the third call."""

    def _take(self, child: Child, message: Message) -> None:
        super()._take(child, message)
        if isinstance(message, Started) and message.number == 2:
            os.kill(child.pid, signal.SIGKILL)


def test_a_recording_that_kills_its_worker_is_the_only_one_to_fail(place: Path, tmp_path: Path) -> None:
    run(place, tmp_path / "run", Fake(), kind=DiesPreparing)

    assert all_but_one(tmp_path / "run", "c00002.wav", "process_died")


def test_processes_killed_at_random_lose_and_double_nothing(place: Path, tmp_path: Path) -> None:
    pools: list[Pool] = []
    stop = threading.Event()

    def there_is_a_worker() -> bool:
        return bool(pools) and any(child.kind == "worker" for child in pools[0].children)

    def kill() -> None:
        for turn in range(4):
            if stop.wait(1.0):
                return
            while not there_is_a_worker():  # killed while it loads for the first time, it ends the run
                if stop.wait(0.05):
                    return
            children = pools[0].children
            with suppress(ProcessLookupError):  # ended and not replaced yet
                os.kill(children[turn % len(children)].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        session = run(place, tmp_path / "run", Fake(seconds=0.15), made=pools, layout=Layout(workers=2, batch_size=2))
    finally:
        stop.set()
        killer.join()

    # an innocent call that is hit twice, the second time when it is alone in its process, is taken for the killer
    assert session.ok + session.failed == COUNT
    assert session.ok >= COUNT - 2
    assert set(session.errors) <= {"process_died"}
    assert len(outcomes(tmp_path / "run")) == COUNT


def test_workers_are_replaced_after_so_many_calls(place: Path, tmp_path: Path) -> None:
    seen: set[int] = set()

    class Seen(Pool):
        def _take(self, child: Child, message: Message) -> None:
            seen.add(child.pid)
            super()._take(child, message)

    session = run(place, tmp_path / "run", None, kind=Seen, limits=Limits(recycle_after=3))

    assert session.ok == COUNT
    assert len(seen) >= 2


class StopsAtOnce(StopsPreparing):
    """Its worker stands still with the first call, holding what it has."""

    stops_at = 0


def test_a_call_that_takes_too_much_memory_fails_in_the_end(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1)

    run_batch(
        find_rows([tmp_path / "rec"]), tmp_path / "run", settings=NOW,
        doer=pool_doer(None, limits=Limits(memory_mb=20), kind=StopsAtOnce),
    )  # fmt: skip

    assert outcomes(tmp_path / "run") == {"c00000.wav": ("failed", "memory_limit")}


class Refuses:
    """A model that is not there."""

    def __call__(self) -> Any:
        raise ModelError("turbo", "not on this machine")


class DoesNotStart:
    """A recogniser that breaks while it loads."""

    def __call__(self) -> Any:
        raise ZeroDivisionError("no weights")


class EndsAtOnce:
    """A recogniser whose process ends while it loads."""

    def __call__(self) -> Any:
        os._exit(7)


@pytest.mark.parametrize(
    ("factory", "error", "text"),
    [
        (Refuses(), ModelError, "not on"),
        (DoesNotStart(), EngineError, "does not start: ZeroDivisionError: no weights"),
        (EndsAtOnce(), EngineError, "code 7"),
    ],
)
def test_what_is_wrong_for_every_call_is_known_before_the_first(
    place: Path, tmp_path: Path, factory: Any, error: type[Exception], text: str
) -> None:
    pools: list[Pool] = []
    try:
        with pytest.raises(error, match=text):
            run(place, tmp_path / "run", factory, made=pools, kind=LetsGo)
    finally:
        pools[0].close()

    assert ParquetStore(tmp_path / "run").known() == {}


def test_workers_end_when_their_driver_is_killed(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 2)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    driver = context.Process(target=_drive, args=(theirs, tmp_path))
    driver.start()
    pids = ours.recv()
    os.kill(driver.pid or 0, signal.SIGKILL)
    driver.join()

    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in pids if _alive(pid)] == []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _drive(link: Any, place: Path) -> None:
    pools: list[Pool] = []
    doer = pool_doer(Fake(seconds=60), made=pools)(place)
    link.send([child.pid for child in pools[0].children])
    run_batch(find_rows([place / "rec"]), place / "run", doer=lambda cards: doer, settings=NOW, recognizer="fake")
