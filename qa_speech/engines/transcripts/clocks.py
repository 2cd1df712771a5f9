"""Times of day of a call as files write them: ``01:02:03,500``, ``02:03.5``."""

from __future__ import annotations

import re

from qa_speech.engines.transcripts.base import MalformedError
from qa_speech.errors import problem

CLOCK = r"(?:\d{1,6}:)?\d{1,6}:\d{1,6}(?:[.,]\d{1,9})?"
DATE = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[T\s]\s?"
"""A date before a time: that is the time of day then, and none of the call."""
_DURATION = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:(\d{1,7}(?:\.\d{1,9})?)S)?")
_CLOCK = re.compile(CLOCK)


def clock(text: str, place: str) -> float:
    """``01:02:03,500`` in seconds.

    Raises
    ------
    MalformedError
        It is none; the message names the `place`, not the text.

    Examples
    --------
    >>> clock("01:02:03,500", "line 1")
    3723.5
    """
    if _CLOCK.fullmatch(text.strip()) is None:
        raise MalformedError(problem("{place}: no time such as 00:01:02.500", place=place))
    clock_s = 0.0
    for part in text.strip().replace(",", ".").split(":"):
        clock_s = clock_s * 60 + float(part)
    return clock_s


def iso_seconds(text: str | None) -> float | None:
    """A duration of ISO 8601 in seconds; None for what is none.

    >>> iso_seconds("PT1M2.5S"), iso_seconds("2 s")
    (62.5, None)
    """
    match = _DURATION.fullmatch(text or "")
    if match is None:
        return None
    hours, minutes, rest = match.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)
