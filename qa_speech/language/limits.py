"""How much a transcript may hold before it is refused as no transcript of a call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TranscriptLimits:
    """Beyond any of these a file is refused in one sentence that names the setting.

    `max_mb` of the file (10⁶ bytes), `max_lines` utterances, `max_characters` of one utterance, `max_call_characters` of all,
    `max_hours` from the start of the call to its last word. People say 15,000 characters and 2,000 utterances an hour.
    """

    max_mb: float = 20.0
    max_lines: int = 5_000
    max_characters: int = 20_000
    max_call_characters: int = 100_000
    max_hours: float = 24.0


DEFAULT = TranscriptLimits()
MOST_NESTING = 64
"""Levels of JSON; no recogniser writes a tenth of it."""
