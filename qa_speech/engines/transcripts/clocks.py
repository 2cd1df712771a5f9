"""Times of day of a call as files write them: ``01:02:03,500``, ``02:03.5``."""

from __future__ import annotations

import re

from qa_speech.engines.transcripts.base import MalformedError
from qa_speech.errors import problem

CLOCK = r"(?:\d{1,6}:)?\d{1,6}:\d{1,6}(?:[.,]\d{1,9})?"
DATE = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[T\s]\s?"
"""A date before a time: that is the time of day then, and none of the call."""
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
