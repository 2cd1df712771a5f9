"""What a recording may be at most; what counts as speech on a channel, and what a recogniser gets of it.

Settings (`[recordings]` and `[speech]` in `qa_speech.toml`), the decoder, the analysis and the diarizer take them from here.
Nothing is imported, so that settings stay cheap to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class RecordingLimits:
    """What a recording may be at most; one beyond is refused by name.

    Parameters
    ----------
    max_hours : hours
        Its length.
    min_rate, max_rate : Hz
        Its sampling rate.
    """

    max_hours: float = 24.0
    min_rate: int = 1_000
    max_rate: int = 384_000


RECORDINGS = RecordingLimits()
"""What is inspected unless the settings say otherwise."""
DIVIDED_HOURS = 1.0
"""Longest call of one channel that is told apart into two voices: what does that takes all of it at once."""
UNLIMITED = RecordingLimits(max_hours=inf)
"""For what was inspected before and is only played."""


@dataclass(frozen=True)
class SpeechLimits:
    """From what on speech is speech, and how it is cut for a recogniser.

    Parameters
    ----------
    threshold : 0–1
        Speech probability from which a frame is surely speech.
    bridge_s, min_speech_s : seconds
        Pauses shorter than the one are bridged; after that, speech shorter than the other is dropped.
    pad_s : seconds
        Room on each side of speech in the pieces for the recogniser.
    max_piece_s : seconds
        Longest piece for the recogniser.
    """

    threshold: float = 0.5
    bridge_s: float = 0.2
    min_speech_s: float = 0.1
    pad_s: float = 0.3
    max_piece_s: float = 30.0


DEFAULT = SpeechLimits()
