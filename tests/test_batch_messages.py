"""What driver and children say to each other, and how a child begins."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from qa_speech.batch.backlog import Backlog
from qa_speech.batch.child import ONE_THREAD
from qa_speech.batch.jobs import Job
from qa_speech.batch.messages import (
    Answers,
    Finished,
    Heard,
    Message,
    PackedWindow,
    Prepare,
    Ready,
    ScoreAgain,
    Windows,
)
from qa_speech.batch.process import Child, Flight, PendingWindow, memory_mb, spawn
from qa_speech.batch.remote import Remote
from qa_speech.call import Role, Word
from qa_speech.engines.base import Piece, Traits, Window, WindowWords
from qa_speech.errors import EngineError
from qa_speech.inputs.rows import Row
from qa_speech.store.records import Kept, failure
from tests.batch_kit import Fake

ROW = Row("a", "/p/a.wav", 7, 9, 2, metadata={"agent": "7"})
WORDS = WindowWords((Word("好", 0.0, 0.2, 0.9),), avg_log_prob=-0.1)


@pytest.mark.parametrize(
    "message",
    [
        Prepare(1, ROW, "sha"),
        ScoreAgain(1, ROW, "", "{}", Kept(prepare_s=0.5)),
        Answers(1, [WORDS]),
        Windows(1, [PackedWindow(2.0, b"samples")], 3),
        Finished(1, failure("a", "/p/a.wav", "DecodeError", "no audio")),
        Ready(Remote({"recognizer": "fake"}, 30.0, Traits(batch_size=4)), 4),
        Heard([WORDS], 0.1),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_arrive_as_they_were_sent(message: Message) -> None:
    assert pickle.loads(pickle.dumps(message)) == message


def test_the_memory_of_a_process_that_has_gone_is_none() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()

    assert memory_mb(gone.pid) == 0
    assert memory_mb(os.getpid()) > 1


def test_a_window_on_its_way_is_hardly_more_than_its_bytes() -> None:
    samples = np.zeros(16_000 * 30, dtype=np.float32)
    packed = pickle.dumps(Window("a", Role.AGENT, samples, (Piece(0.0, 30.0, 0.0),)), protocol=5)

    sent = pickle.dumps(Windows(1, [PackedWindow(30.0, packed)], 0))

    assert len(sent) < samples.nbytes + 1000


def test_a_child_loads_nothing_heavy_before_its_threads_are_limited() -> None:
    code = "import sys, qa_speech.batch.child; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "qa_speech.batch.child" in loaded
    assert not {"numpy", "onnxruntime", "ctranslate2", "msgspec", "pydantic", "duckdb"} & set(loaded)
    assert set(ONE_THREAD.values()) == {"1"}


def test_a_recogniser_says_when_it_is_loaded_and_answers_window_by_window() -> None:
    child = spawn("recogniser", 0, (Fake(), 4), {})
    try:
        ready = child.link.recv()
    finally:
        child.process.kill()
        child.process.join()

    assert isinstance(ready, Ready)
    assert (ready.remote.made_with, ready.batch_size) == ({"recognizer": "fake"}, 4)
    with pytest.raises(EngineError, match="in another process"):
        ready.remote.recognize([])


# -- windows that wait ------------------------------------------------------------------------------------------


def flight(number: int, child: Child, *, alone: bool = False) -> Flight:
    return Flight(Job(number, ROW), child, alone)


def lengths(batch: list[PendingWindow]) -> list[tuple[int, float]]:
    return [(pending.flight.job.number, pending.window.duration_s) for pending in batch]


@pytest.fixture
def child() -> Child:
    return Child("worker", 0, None, None)  # type: ignore[arg-type]


def test_the_oldest_window_goes_first_with_those_most_like_it(child: Child) -> None:
    backlog = Backlog()
    for number, seconds in ((1, 10.0), (2, 30.0), (3, 11.0), (4, 9.5)):
        backlog.add(flight(number, child), [PackedWindow(seconds, b"")])

    assert lengths(backlog.take(3)) == [(1, 10.0), (4, 9.5), (3, 11.0)]
    assert lengths(backlog.take(3)) == [(2, 30.0)]
    assert not backlog


def test_windows_of_a_suspect_call_go_first_and_by_themselves(child: Child) -> None:
    backlog = Backlog()
    fine, suspect = flight(1, child), flight(2, child)
    backlog.add(fine, [PackedWindow(1.0, b"")])
    backlog.add(suspect, [PackedWindow(2.0, b""), PackedWindow(3.0, b"")])
    failed = backlog.take(2)
    suspect.alone = True
    backlog.put_first(suspect, failed)
    backlog.add(fine, [PackedWindow(4.0, b"")])

    assert lengths(backlog.take(8)) == [(2, 2.0), (2, 3.0)]
    assert lengths(backlog.take(8)) == [(1, 4.0)]


def test_nobody_waits_for_the_windows_of_a_call_that_was_given_up(child: Child) -> None:
    backlog = Backlog()
    gone, stays = flight(1, child), flight(2, child)
    backlog.add(gone, [PackedWindow(1.0, b""), PackedWindow(1.0, b"")])
    backlog.add(stays, [PackedWindow(1.0, b"")])

    backlog.drop(gone)

    assert lengths(backlog.take(8)) == [(2, 1.0)]
