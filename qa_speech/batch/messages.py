"""What the driver, its workers and its recognisers say to each other.

    driver ── Prepare ──────────→ worker          decode, speech, windows
    driver ←─ Started, Windows ── worker
    driver ── Recognise ────────→ recogniser
    driver ←─ Heard ───────────── recogniser
    driver ── Answers ──────────→ worker          words → call → figures → score
    driver ←─ Finished ────────── worker

`number` is that of a job. A window stays the bytes that its worker packed until its recogniser opens it.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from qa_speech.batch.remote import Remote
from qa_speech.engines.base import WindowWords
from qa_speech.errors import QaSpeechError
from qa_speech.inputs.rows import Row
from qa_speech.store.records import Kept, Record

# -- to a worker ------------------------------------------------------------------------------------------------


class Prepare(msgspec.Struct, frozen=True):
    """A recording to prepare; `card` is the sha256 of its scorecard, or ""."""

    number: int
    row: Row
    card: str


class ScoreAgain(msgspec.Struct, frozen=True):
    """A stored Call (JSON) to score again; the new row takes `kept` over."""

    number: int
    row: Row
    card: str
    stored: str
    kept: Kept


class SendMore(msgspec.Struct, frozen=True):
    """All windows so far are answered: send the next."""

    number: int


class Answers(msgspec.Struct, frozen=True):
    """What was heard in all windows of a call, in their order."""

    number: int
    words: list[WindowWords]


class Drop(msgspec.Struct, frozen=True):
    """The call is given up."""

    number: int


# -- from a worker ----------------------------------------------------------------------------------------------


class Started(msgspec.Struct, frozen=True):
    """The worker has begun with a message about this call."""

    number: int


class PackedWindow(msgspec.Struct, frozen=True):
    """A window, pickled, and how long it is in seconds."""

    duration_s: float
    packed: bytes


class Windows(msgspec.Struct, frozen=True):
    """The next windows of a call; `left` are still to come."""

    number: int
    windows: list[PackedWindow]
    left: int


class Waits(msgspec.Struct, frozen=True):
    """The worker has done what it can for this call until its words come."""

    number: int


class Finished(msgspec.Struct, frozen=True):
    """The outcome of a call."""

    number: int
    record: Record


# -- to and from a recogniser -----------------------------------------------------------------------------------


class Recognise(msgspec.Struct, frozen=True):
    """A batch of windows, pickled one by one."""

    windows: list[bytes]


class Ready(msgspec.Struct, frozen=True):
    """The recogniser is loaded; `batch_size` is what it takes at once."""

    remote: Remote
    batch_size: int


class Refused(msgspec.Struct, frozen=True):
    """The recogniser does not load."""

    error: QaSpeechError


class Heard(msgspec.Struct, frozen=True):
    """What was heard in a batch, and how many seconds that took."""

    words: list[WindowWords]
    seconds: float


class BatchFailed(msgspec.Struct, frozen=True):
    """A batch could not be recognised: class and message."""

    error: str
    message: str


ToWorker: TypeAlias = Prepare | ScoreAgain | SendMore | Answers | Drop
FromWorker: TypeAlias = Started | Windows | Waits | Finished
FromRecogniser: TypeAlias = Ready | Refused | Heard | BatchFailed
Message: TypeAlias = ToWorker | FromWorker | Recognise | FromRecogniser
