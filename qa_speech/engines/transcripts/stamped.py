"""Text with the time of each line before its words, or between name and words.

    [00:00:01] 坐席：您好                          exports of quality systems
    [00:00.500 --> 00:03.900]  您好               what Whisper and whisper.cpp print
    [0:1.000,0:3.000,0]  您好                     the field ``Result`` of Tencent, saved as text
    坐席（00:01）：您好     坐席 00:01 您好      [坐席 00:01] 您好
    1.0<tab>3.0<tab>您好                         labels of an editor of sound

Where only starts are given, ends are worked out, and that is said. A date, or a first line after more than an hour, tells the
time of day and not the time of the call: then the order alone is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa_speech.engines.transcripts.base import Document, Format, Line, MalformedError, seconds
from qa_speech.engines.transcripts.clocks import CLOCK, DATE, clock
from qa_speech.engines.transcripts.speakers import is_speaker, spaced_speaker_of
from qa_speech.errors import problem

LATEST_S = 3600.0
"""A call whose first line begins later than this (s) is timed by the clock on the wall."""
_UNTIL = rf"(?:\s{{0,4}}(?:-->|[-–~,至])\s{{0,4}}(?P<end>{CLOCK}))?"
_SPAN = rf"(?P<date>{DATE})?(?P<start>{CLOCK}){_UNTIL}(?:,(?P<who>\w{{1,8}}))?"
_BARE = _SPAN.replace("P<", "P<bare_")
_IN_BRACKETS = rf"[\[(（【]\s?{_SPAN}\s?[\])）】]"
_BEFORE = re.compile(rf"(?:{_IN_BRACKETS}|{_BARE})\s{{0,8}}(?P<said>\S.*)")
_NAME = r"(?P<name>[^:：\[(（【]{1,20}?)"
_AFTER = (
    re.compile(rf"{_NAME}\s{{0,4}}{_IN_BRACKETS}\s{{0,4}}[:：]?\s{{0,8}}(?P<said>\S.*)"),
    re.compile(rf"[\[(（【]\s?{_NAME}\s{{1,4}}{_SPAN}\s?[\])）】]\s{{0,4}}[:：]?\s{{0,8}}(?P<said>\S.*)"),
    re.compile(rf"{_NAME}\s{{1,4}}{_SPAN}\s{{1,8}}(?P<said>\S.*)"),
)
"""``坐席（00:01）：您好``, ``[坐席 00:01] 您好``, ``坐席 00:01 您好``."""
_COLUMNS = re.compile(r"(?P<start>\d{1,6}(?:\.\d{1,9})?)\t(?P<end>\d{1,6}(?:\.\d{1,9})?)\t\s{0,8}(?P<said>\S.*)")
"""Seconds and words parted by tabs, as editors of sound write labels."""
_TURN = re.compile(r"\s*\[SPEAKER_TURN\]\s*$")
"""What whisper.cpp prints where it hears that another begins."""


def _fits(document: Document) -> bool:
    first = next((row for row in _rows(document.text) if row), "")
    return _line(first, "") is not None


def _rows(text: str) -> list[str]:
    """The rows of a text, comments as empty ones."""
    rows = []
    for row in text.splitlines():
        bare = row.strip()
        rows.append("" if bare.startswith("#") else bare)
    return rows


def _read(document: Document) -> Sequence[Line]:
    lines: list[Line] = []
    for number, row in enumerate(_rows(document.text), start=1):
        if not row:
            continue
        line = _line(row, problem("line {number}", number=number))
        if line is None:
            raise MalformedError(
                problem("line {number}: no time before its words; expected e.g. [00:00:01] 坐席：您好", number=number)
            )
        lines.append(line)
    return without_time_of_day(lines)


def without_time_of_day(lines: Sequence[Line]) -> list[Line]:
    """The lines; without times where these are those of a day.

    >>> [line.start for line in without_time_of_day([Line("", "您好", 34_201.0), Line("", "喂", 34_205.0)])]
    [None, None]
    """
    first = min((line.start for line in lines if line.start is not None), default=0.0)
    if first < LATEST_S:
        return list(lines)
    return [replace(line, start=None, end=None) for line in lines]


def _line(row: str, place: str) -> Line | None:
    before = _BEFORE.fullmatch(row)
    if before is not None:
        name, said = spaced_speaker_of(_TURN.sub("", before["said"]))
        return _timed(before, name, said, place)
    for pattern in _AFTER:
        after = pattern.fullmatch(row)
        if after is not None and is_speaker(after["name"].strip()):
            return _timed(after, after["name"].strip(), after["said"], place)
    columns = _COLUMNS.fullmatch(row)
    if columns is None:
        return None
    name, said = spaced_speaker_of(columns["said"])
    return Line(name, said, seconds(columns["start"], place), seconds(columns["end"], place))


def _timed(match: re.Match[str], name: str, said: str, place: str) -> Line:
    told = {key.removeprefix("bare_"): value for key, value in match.groupdict().items() if value is not None}
    name = name or told.get("who", "")
    if "date" in told:
        return Line(name, said)
    start = seconds(clock(told["start"], place), place)
    if "end" not in told:
        return Line(name, said, start)
    return Line(name, said, start, seconds(clock(told["end"], place), place))


FORMAT = Format("stamped", frozenset((".txt",)), _read, _fits)
