"""Blocks of subtitles: a line ``00:00:01,000 --> 00:00:03,000`` and what was said below it, each line by one speaker.

A block in which two speak is divided; its time is shared out by what each says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa_speech.engines.transcripts.base import Document, Line, seconds
from qa_speech.engines.transcripts.clocks import CLOCK, clock
from qa_speech.engines.transcripts.matching import letters
from qa_speech.engines.transcripts.speakers import speaker_of
from qa_speech.errors import problem
from qa_speech.language.script import machine_named, role_named

_TIMES = re.compile(rf"({CLOCK})\s*-->\s*({CLOCK})")
_VOICE = re.compile(r"<v(?:\.[^ <>]{1,40})?\s+([^<>]{1,80})>")
_TAG = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")
"""Marks of style: ``<i>``, and ``{\\an8}`` as editors of subtitles write them."""
_ROLE = re.compile(r"<([^<>/]{2,20})>\s{0,4}[:：]?")
_DASH = re.compile(r"[-–—]\s{0,4}(?=\S)")
"""Before a row, it says that another speaks."""


def read_cues(document: Document) -> Sequence[Line]:
    """The cues of a file; blocks without times are left out (headers, styles, notes)."""
    lines: list[Line] = []
    for number, block in enumerate(_blocks(document.text), start=1):
        times, below = _head(block)
        if times is None:
            continue
        place = problem("block {number}", number=number)
        start = seconds(clock(times[1], place), place)
        end = seconds(clock(times[2], place), place)
        said = list(_said(below))
        lines += _shared(said, start, end)
    return lines


def _head(block: Sequence[str]) -> tuple[re.Match[str] | None, Sequence[str]]:
    """The times of a block, which stand in one of its first rows, and the rows below them."""
    for place, row in enumerate(block[:3]):
        times = _TIMES.search(row)
        if times is not None:
            return times, block[place + 1 :]
    return None, ()


def _blocks(text: str) -> Iterator[list[str]]:
    """Runs of rows between empty ones, or between times where no row is empty."""
    block: list[str] = []
    for row in text.splitlines():
        if not row.strip():
            if block:
                yield block
            block = []
            continue
        if _begins_another(row, block):
            ends = len(block)
            if block[-1].strip().isdecimal():  # the number of the next one
                ends -= 1
            yield block[:ends]
            block = block[ends:]
        block.append(row)
    if block:
        yield block


def _begins_another(row: str, block: Sequence[str]) -> bool:
    """Whether a row has times, and one above it in the block as well."""
    if _TIMES.search(row) is None:
        return False
    return any(_TIMES.search(above) for above in block)


def _said(rows: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Who says what: ``<v Agent>您好``, ``坐席：您好``, or nobody's words; a row without a name goes on with the last."""
    name, text = "", ""
    for row in rows:
        for voice, said in _voices(row):
            dash = _DASH.match(said)
            other, said = (voice, said) if voice else speaker_of(said[dash.end() :] if dash else said)
            is_other = (dash and not other) or (other and other != name)
            if is_other and text:
                yield name, text
                text = ""
            name = other if is_other else name
            text = f"{text} {said}".strip()
    if text:
        yield name, text


def _voices(row: str) -> Iterator[tuple[str, str]]:
    """A row cut at its ``<v …>``, each piece with the name it begins with, without tags."""
    pieces = _VOICE.split(_ROLE.sub(_as_label, row))
    if _TAG.sub("", pieces[0]).strip():
        yield "", _TAG.sub("", pieces[0]).strip()
    for name, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        yield name.strip(), _TAG.sub("", piece).strip()


def _as_label(match: re.Match[str]) -> str:
    """``<坐席>`` as ``坐席：``; a mark of style as it is."""
    is_role = role_named(match[1]) is not None or machine_named(match[1])
    return f"{match[1]}：" if is_role else match[0]


def _shared(said: Sequence[tuple[str, str]], start: float, end: float) -> list[Line]:
    """The block's time (s) shared out by the letters of each."""
    sizes = [len(letters(text)) for _, text in said]
    step = (end - start) / max(1, sum(sizes))
    lines = []
    at = start
    for (name, text), size in zip(said, sizes, strict=True):
        until = min(end, at + step * size)
        lines.append(Line(name, text, at, until))
        at = until
    if len(lines) == 1:
        return [Line(lines[0].speaker, lines[0].text, start, end)]
    return lines
