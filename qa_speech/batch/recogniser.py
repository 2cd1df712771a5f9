"""What runs in a recogniser's process: it loads its model and answers batches of windows."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from qa_speech.batch.failures import failed
from qa_speech.batch.inbox import inbox_of
from qa_speech.batch.jobs import Factory
from qa_speech.batch.messages import BatchFailed, FromRecogniser, Heard, Ready, Recognise, Refused
from qa_speech.batch.remote import Remote
from qa_speech.engines.base import Recognizer
from qa_speech.errors import EngineError, QaSpeechError, problem


def main(link: Connection, make: Factory, batch_size: int) -> None:
    """Load a recogniser, answer batches of windows, `batch_size` at once unless it says otherwise. Runs until it is ended."""
    inbox = inbox_of(link)
    try:
        recognizer = make()
        remote = Remote.of(recognizer)
    except QaSpeechError as exc:
        link.send(Refused(exc))
        return
    except Exception as exc:
        link.send(
            Refused(
                EngineError(
                    "recogniser", problem("does not start: {kind}: {reason}", kind=type(exc).__name__, reason=exc)
                )
            )
        )
        return
    link.send(Ready(remote, remote.traits.batch_size or batch_size))
    while True:
        message: Recognise = inbox.get()
        link.send(_answer(recognizer, message.windows))


def _answer(recognizer: Recognizer, packed: Sequence[bytes]) -> FromRecogniser:
    began = time.perf_counter()
    try:
        words = list(recognizer.recognize([pickle.loads(window) for window in packed]))
        if len(words) != len(packed):
            raise EngineError(
                "recogniser", problem("{windows} windows, {answers} answers", windows=len(packed), answers=len(words))
            )
    except Exception as exc:
        row = failed("", "", exc).row
        return BatchFailed(row.error or "", row.message or "")
    return Heard(words, time.perf_counter() - began)
