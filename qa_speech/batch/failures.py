"""Errors as rows: class and message, never what a caller has said."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from qa_speech.errors import QaSpeechError
from qa_speech.inputs.rows import Row
from qa_speech.store.records import Record, failure

BUG = "bug"
FRAMES_SHOWN = 4
CAUSE_LENGTH = 200
"""Characters of a cause that are compared."""
_SAID = re.compile(r"[^\x00-\x7f]+|'[^']*'|\"[^\"]*\"")


def failed(call_id: str, path: str, exc: Exception) -> Record:
    """An error as a row: ours with its message; a bug by its class and place, without what a caller may have said."""
    if isinstance(exc, QaSpeechError):
        return failure(call_id, path, type(exc).__name__, str(exc))
    frames = traceback.extract_tb(exc.__traceback__)[-FRAMES_SHOWN:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    told = _SAID.sub("…", str(exc))
    return failure(call_id, path, BUG, f"{type(exc).__name__}: {told} ({' < '.join(places)})")


def cause_of(error: str, message: str, row: Row) -> str:
    """A failure without what is particular to its call, so that equal causes look alike.

    >>> cause_of("DecodeError", "/a/1.wav: holds 17 bytes", Row("1.wav", "/a/1.wav"))
    'DecodeError: …: holds # bytes'
    """
    for name in (row.path, row.id):
        message = message.replace(name, "…")
    alike = re.sub(r"[0-9]+", "#", message)
    return f"{error}: {alike}"[:CAUSE_LENGTH]
