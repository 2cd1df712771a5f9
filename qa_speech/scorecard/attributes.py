"""What is known of a call itself, from the manifest or from the recording."""

from __future__ import annotations

from qa_speech.call import Call
from qa_speech.tables.dates import known


def attribute_of(call: Call, name: str) -> str | float | None:
    """An attribute by name: metadata first, then what the call itself tells; None when it is not known.

    Besides metadata there are ``duration_s`` (s), ``layout``, ``language``, ``hour`` (0–23, none where only the day is
    known), ``weekday`` (Monday 1) and ``date``.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好", metadata={"queue": "宽带", "started_at": "2026-03-02T09:30:00"})
    >>> [attribute_of(call, name) for name in ("queue", "hour", "weekday", "direction")]
    ['宽带', 9, 1, None]
    """
    given = call.recording.metadata.get(name)
    if given is not None:
        return given
    if name == "duration_s":
        return call.duration
    if name == "layout":
        return call.recording.layout or None
    if name == "language":
        return call.language or None
    if name in ("hour", "weekday", "date"):
        return _of_the_start(call, name)
    return None


def _of_the_start(call: Call, name: str) -> str | float | None:
    started = known(call.recording.metadata.get("started_at", ""))
    if started is None:
        return None
    if name == "hour":
        return started.hour
    return started.day.isoweekday() if name == "weekday" else started.day.isoformat()
