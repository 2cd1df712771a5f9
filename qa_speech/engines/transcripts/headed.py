"""Text as meeting programs and 讯飞听见 export it: who and when on one line, what he said below.

    发言人1 00:03
    您好，请问有什么可以帮您？

    说话人 2  00:00:07
    我想查一下话费。

Only starts are given: a line ends where the next begins, at most, and that its end is an estimate is said.
Dates (``客服 2026-01-05 09:30:01``) tell the time of day and not that of the call: the order alone is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.engines.transcripts.base import Document, Format, Line, MalformedError, seconds
from qa_speech.engines.transcripts.clocks import DATE, clock
from qa_speech.engines.transcripts.speakers import is_speaker
from qa_speech.engines.transcripts.stamped import without_time_of_day
from qa_speech.errors import problem

_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
_HEAD = re.compile(rf"(?P<name>[^:：]{{0,20}}?)\s{{0,4}}[(（\[]?(?P<date>{DATE})?(?P<clock>{_CLOCK})[)）\]]?")


def _fits(document: Document) -> bool:
    first = next((row.strip() for row in document.text.splitlines() if row.strip()), "")
    return _head(first) is not None


def _head(row: str) -> re.Match[str] | None:
    match = _HEAD.fullmatch(row) if len(row) < 60 else None
    if match is None or not is_speaker((match["name"] or "").strip()):
        return None
    return match


def _read(document: Document) -> Sequence[Line]:
    lines: list[Line] = []
    name, start, said = "", None, list[str]()
    for number, row in enumerate(document.text.splitlines(), start=1):
        head = _head(row.strip())
        if head is not None:
            if said:
                lines.append(Line(name, "".join(said), start))
            name, start, said = head["name"].strip(), _start(head, problem("line {number}", number=number)), []
        elif row.strip():
            said.append(row.strip())
    if said:
        lines.append(Line(name, "".join(said), start))
    if not lines:
        raise MalformedError(problem("names and times, and nothing said below them"))
    return without_time_of_day(lines)


def _start(head: re.Match[str], place: str) -> float | None:
    """When a line begins (s); None where the head tells the time of day."""
    if head["date"]:
        return None
    return seconds(clock(head["clock"], place), place)


FORMAT = Format("headed", frozenset((".txt",)), _read, _fits)
