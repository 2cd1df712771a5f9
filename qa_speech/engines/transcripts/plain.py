"""Plain text, one ``role: text`` a line, ``role@1.5-3.2: text`` where it is timed; ``#`` begins a comment."""

from __future__ import annotations

from collections.abc import Sequence

from qa_speech.engines.transcripts.base import Document, Format, Line, MalformedError, seconds
from qa_speech.engines.transcripts.speakers import is_speaker, speaker_of
from qa_speech.errors import problem
from qa_speech.language.script import read_line


def _read(document: Document) -> Sequence[Line]:
    lines = []
    for number, row in enumerate(document.text.splitlines(), start=1):
        is_comment = row.lstrip().startswith("#")
        if row.strip() and not is_comment:
            lines.append(_line(row, problem("line {number}", number=number)))
    return lines


def _line(row: str, place: str) -> Line:
    read = read_line(row)
    if read is None or not read.text or not is_speaker(read.name):
        name, said = speaker_of(row)
        if name:
            return Line(name, said)
        raise MalformedError(
            problem("{place}: expected 'role: text' with a role such as 坐席, 客户, agent, customer", place=place)
        )
    if read.start is None or read.end is None:
        return Line(read.name, read.text)
    start = seconds(read.start, place)
    end = seconds(read.end, place)
    return Line(read.name, read.text, start, end)


FORMAT = Format("plain", frozenset((".txt",)), _read)
