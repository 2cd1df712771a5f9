"""What runs in the child processes: one function that prepares calls, one that recognises windows.

    driver   ("job", n, row, card) ─────────────→  worker   decode, speech, windows
    driver   ←─────── ("windows", n, [(seconds, window)], left) worker
    driver   ("batch", b, [window]) → recogniser → ("words", b, [answer], seconds)
    driver   ("words", n, [answer]) ────────────→  worker   words → call → figures → score
    driver   ←────────────────── ("done", n, entry) worker

A child reads its pipe in a thread, so the driver is never kept waiting, and a child whose driver has gone ends at once
whatever it is busy with. Nothing heavy is imported at the top: threads are limited before numpy is loaded.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import queue
import re
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa_speech.errors import EngineError, QaSpeechError

if TYPE_CHECKING:
    from qa_speech.call import Call
    from qa_speech.engines.base import Recognizer, Traits, Window, WindowWords
    from qa_speech.inputs.rows import Row
    from qa_speech.pipeline import Prepared
    from qa_speech.scorecard import Scorecard
    from qa_speech.settings import Settings
    from qa_speech.store.records import Entry

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
WINDOWS_AT_ONCE = 32
"""A call sends at most this many windows before it is asked for more: two hours of speech are 900 MB of windows."""
BUG = "bug"
PR_SET_PDEATHSIG = 1
_SAID = re.compile(r"[^\x00-\x7f]+|'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True)
class Remote:
    """A recogniser that lives in another process: what a call records of it."""

    made_with: Mapping[str, str]
    window_s: float
    traits: Traits

    @classmethod
    def of(cls, recognizer: Recognizer) -> Remote:
        """What is to be known of a recogniser elsewhere."""
        from qa_speech.engines.base import traits_of

        return cls(dict(recognizer.made_with), recognizer.window_s, traits_of(recognizer))

    def recognize(self, windows: Any) -> Any:
        """It cannot be asked here."""
        raise EngineError("remote", "windows are recognised in another process")


@dataclass(frozen=True)
class Task:
    """All a preparing process has to know. `cards` is the folder of scorecards by hash; `remote` None = no words."""

    settings: Settings
    cards: Path
    remote: Remote | None = None


@dataclass(eq=False)
class _Open:
    """A call that waits for its words."""

    row: Row
    card: str
    prepared: Any
    windows: Any
    sent: list[Window] = field(default_factory=list)
    prepare_s: float = 0.0


def prepare_main(link: Connection, task: Task) -> None:
    """Prepare calls, hand out their windows, finish them when their words come. Runs until told to stop."""
    inbox = _begin(link)
    cards: dict[str, Scorecard | None] = {"": None}
    calls: dict[int, _Open] = {}
    while True:
        message = inbox.get()
        kind = message[0]
        if kind == "stop":
            return
        number = message[1]
        if kind == "drop":
            calls.pop(number, None)
        elif kind == "more":
            _send_windows(link, number, calls[number])
        else:
            link.send(("start", number))
            try:
                found = _step(link, kind, message, calls, cards, task)
            except Exception as exc:
                row = calls[number].row if kind == "words" else message[2]
                found = failed(row.id, row.path, exc)
            if found is not None:
                calls.pop(number, None)
            link.send(("done", number, found) if found is not None else ("waits", number))


def _step(
    link: Connection, kind: str, message: Any, calls: dict[int, _Open], cards: dict[str, Scorecard | None], task: Task
) -> Entry | None:
    """One message; None while words are still to come."""
    from qa_speech.call import Call, decode
    from qa_speech.pipeline import Prepared, report
    from qa_speech.store.records import again

    began = time.perf_counter()
    number = message[1]
    if kind == "words":
        return finished(calls[number], message[2], task, cards)
    _, _, row, card, *rest = message
    if kind == "score":
        from qa_speech.store.parquet import with_row

        text, before = rest
        call = with_row(decode(text, Call, row.id), row)
        return again(report(call, scorecard_of(card, cards, task.cards)), before)
    item = begun(row, task.settings, task.remote)
    spent = time.perf_counter() - began
    if isinstance(item, Prepared) and item.plans:
        opened = calls[number] = _Open(row, card, item, item.windows(), prepare_s=spent)
        _send_windows(link, number, opened)
        return None
    return finished(_Open(row, card, item, iter(()), prepare_s=spent), [], task, cards)


def begun(row: Row, settings: Settings, recognizer: Remote | None) -> Prepared | Call:
    """A row up to the point where words are needed."""
    from qa_speech.engines.silero import SileroDetector
    from qa_speech.pipeline import begin

    detector = SileroDetector()
    if recognizer is None:
        return begin(row.call_input, detector=detector, settings=settings, window_s=None)
    least = recognizer.traits.least_pad_s
    return begin(row.call_input, detector=detector, settings=settings, window_s=recognizer.window_s, least_pad_s=least)


def finished(opened: _Open, answers: list[WindowWords], task: Task, cards: dict[str, Scorecard | None]) -> Entry:
    """Words into the call, figures, score: what the store keeps."""
    import msgspec

    from qa_speech.engines.guards import guard
    from qa_speech.pipeline import Prepared, finish, report, wants_simplified
    from qa_speech.store.records import entry

    began = time.perf_counter()
    call: Call | Prepared = opened.prepared
    if isinstance(call, Prepared):
        simplify = wants_simplified(task.settings)
        guarded = [
            guard(window, answer, simplify=simplify) for window, answer in zip(opened.sent, answers, strict=True)
        ]
        call = finish(call, guarded, task.remote, task.settings)
    found = entry(report(call, scorecard_of(opened.card, cards, task.cards)))
    spent = {"prepare_s": opened.prepare_s, "finish_s": time.perf_counter() - began}
    return msgspec.structs.replace(found, row={**found.row, **spent})


def scorecard_of(card: str, cards: dict[str, Scorecard | None], place: Path) -> Scorecard | None:
    """The scorecard of this hash, read once per process."""
    if card not in cards:
        from qa_speech.scorecard import load_scorecard

        cards[card] = load_scorecard(place / f"{card}.yaml")
    return cards[card]


def failed(call_id: str, path: str, exc: Exception) -> Entry:
    """An error as a row: ours with its message; a bug by its class and place, without what a caller may have said."""
    from qa_speech.store.records import failure

    if isinstance(exc, QaSpeechError):
        return failure(call_id, path, type(exc).__name__, str(exc))
    frames = traceback.extract_tb(exc.__traceback__)
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames[-4:]))
    return failure(call_id, path, BUG, f"{type(exc).__name__}: {_SAID.sub('…', str(exc))} ({places})")


def _send_windows(link: Connection, number: int, opened: _Open) -> None:
    """The next windows, packed once here so that the driver only passes them on."""
    total = len(opened.prepared.plans)
    packed = []
    for window in opened.windows:
        opened.sent.append(window)
        packed.append((window.duration, pickle.dumps(window, protocol=5)))
        if len(packed) == WINDOWS_AT_ONCE:
            break
    link.send(("windows", number, packed, total - len(opened.sent)))


# -- the recogniser's process -----------------------------------------------------------------------------------


def recognise_main(
    link: Connection, make: Callable[[], Recognizer], batch_size: int, environment: Mapping[str, str]
) -> None:
    """Load a recogniser, answer batches of windows. Runs until told to stop."""
    inbox = _begin(link, environment)
    try:
        recognizer = make()
        remote = Remote.of(recognizer)
    except QaSpeechError as exc:
        link.send(("refused", exc))
        return
    except Exception as exc:
        link.send(("refused", EngineError("recogniser", f"does not start: {type(exc).__name__}: {exc}")))
        return
    link.send(("ready", remote, remote.traits.batch_size or batch_size))
    while True:
        message = inbox.get()
        if message[0] == "stop":
            return
        _, number, packed = message
        began = time.perf_counter()
        try:
            answers = list(recognizer.recognize([pickle.loads(item) for item in packed]))
            if len(answers) != len(packed):
                raise EngineError("recogniser", f"{len(packed)} windows, {len(answers)} answers")
        except Exception as exc:
            entry = failed("", "", exc)
            link.send(("error", number, entry.row["error"], entry.row["message"]))
        else:
            link.send(("words", number, answers, time.perf_counter() - began))


# -- both -------------------------------------------------------------------------------------------------------


def _begin(link: Connection, environment: Mapping[str, str] | None = None) -> queue.SimpleQueue[Any]:
    """Threads limited, signals left to the driver, the pipe read by a thread."""
    with suppress(OSError, AttributeError):  # Linux: end with the driver even in the middle of foreign code
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.update(environment if environment is not None else dict.fromkeys(THREAD_LIMITS, "1"))
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def read() -> None:
        while True:
            try:
                inbox.put(link.recv())
            except (EOFError, OSError):
                os._exit(0)  # the driver has gone: nobody would take the answer

    threading.Thread(target=read, daemon=True).start()
    return inbox
