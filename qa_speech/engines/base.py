"""What an engine is: an object with one method. Third parties implement these protocols; nothing is inherited.

The seam that batching needs: a recogniser takes windows of any calls and answers in the order given, so one call
and ten thousand use the same code.

    call time     |..agent speech..|        |..agent speech..|
    Window             [piece 1][piece 2]        one role of one call per window, at most `window_s` long
    WindowWords        words in window time; `windows.to_call_time` puts them back, piece by piece
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from qa_speech.call import Role, Word
from qa_speech.timeline import Timeline

Samples: TypeAlias = npt.NDArray[np.float32]
"""Mono audio, float32 in −1…1, shape (n,)."""

ENGINE_RATE = 16_000
"""Hz; the rate of every array an engine is given."""


class Piece(NamedTuple):
    """Where a stretch of a window came from: call time ``[call_start, call_end)`` begins at `window_start` seconds."""

    call_start: float
    call_end: float
    window_start: float

    @property
    def window_end(self) -> float:
        """Where it ends in the window, in seconds."""
        return self.window_start + (self.call_end - self.call_start)


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """Speech of one role of one call, ready for a recogniser: `samples` at 16 kHz, shape (n,)."""

    call_id: str
    role: Role
    samples: Samples
    pieces: tuple[Piece, ...]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / ENGINE_RATE


@dataclass(frozen=True, slots=True)
class WindowWords:
    """What a recogniser heard in one window: words in window time (seconds), and how sure it is of the whole.

    `avg_log_prob` mean natural-log probability per token, `no_speech` probability (0–1) that nobody speaks, `compression_ratio`
    of the text (high = repetition); None where the engine does not say. `notes` names what a guard did.
    """

    words: tuple[Word, ...]
    avg_log_prob: float | None = None
    no_speech: float | None = None
    compression_ratio: float | None = None
    notes: tuple[str, ...] = ()


TIMES_ESTIMATED = "times_estimated"
"""Note of an answer whose words bear times that nobody measured: laid evenly over a stretch."""


class SpeechDetector(Protocol):
    """Finds speech in one channel."""

    @property
    def made_with(self) -> Mapping[str, str]:
        """Name, version and hash, recorded in the Call."""

    def probabilities(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Speech probability (0–1) per frame of `frame_s` seconds, for audio at 16 kHz; `samples` is left unchanged."""

    @property
    def frame_s(self) -> float:
        """Seconds per frame."""


class Recognizer(Protocol):
    """Turns windows into words."""

    @property
    def made_with(self) -> Mapping[str, str]:
        """Name, version, model hash and options, recorded in the Call."""

    @property
    def window_s(self) -> float:
        """Longest window it takes, in seconds."""

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """One answer per window, in the order given; windows may belong to different calls."""


LEAST_PAD_S = 0.1
"""Padding around speech never gives way below this, unless a recogniser says otherwise."""


@dataclass(frozen=True)
class Traits:
    """What else is known of a recogniser; the defaults hold for one that does not say.

    `least_pad_s`: seconds of padding around speech that its windows need at least (`windows.pack`); `batch_size`: windows
    it takes at once, 0 = no matter; `samples_only`: it knows the bundled samples alone, other words of it are worth nothing.
    """

    least_pad_s: float = LEAST_PAD_S
    batch_size: int = 0
    samples_only: bool = False


@runtime_checkable
class Described(Protocol):
    """A recogniser that says more about itself. Optional: see `traits_of`."""

    @property
    def traits(self) -> Traits:
        """What else is known of it."""


def traits_of(recognizer: Recognizer) -> Traits:
    """What a recogniser says of itself, or the defaults."""
    return recognizer.traits if isinstance(recognizer, Described) else Traits()


class Diarizer(Protocol):
    """Splits undivided mono into two speakers."""

    @property
    def made_with(self) -> Mapping[str, str]:
        """Name, version and hashes, recorded in the Call."""

    def diarize(self, samples: Samples) -> Sequence[Timeline]:
        """One timeline per speaker for audio at 16 kHz."""
