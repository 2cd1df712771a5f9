"""CTM, time-marked words of NIST scoring (sctk): ``file channel start duration word [confidence]``, ``;;`` begins a comment.

Channels are ``A`` and ``B`` or ``1`` and ``2``. Of several files in one, that of the file's own name counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    MalformedError,
    Spoken,
    lines_of,
    probability,
    seconds,
)
from qa_speech.errors import problem

_CHANNELS = {"A": 1, "B": 2, "1": 1, "2": 2}


def _read(document: Document) -> Sequence[Line]:
    rows = []
    for number, row in enumerate(document.text.splitlines(), start=1):
        cells = row.split()
        if not cells or row.lstrip().startswith(";;"):
            continue
        if not 5 <= len(cells) <= 8:
            raise MalformedError(
                problem(
                    "line {number}: {count} fields; expected file channel start duration word",
                    number=number,
                    count=len(cells),
                )
            )
        rows.append((number, cells))
    names = {cells[0] for _, cells in rows}
    if len(names) > 1:
        rows = [(number, cells) for number, cells in rows if cells[0] == document.stem]
        if not rows:
            raise MalformedError(problem("words of several files, none of them of the name of this file"))
    several = len({cells[1] for _, cells in rows}) > 1
    words: dict[int | None, list[Spoken]] = {}
    for number, cells in rows:
        word = _word(cells, problem("line {number}", number=number), several)
        words.setdefault(word.channel, []).append(word)
    lines: list[Line] = []
    for said in words.values():
        lines += lines_of(said)
    return lines


def _word(cells: Sequence[str], place: str, several: bool) -> Spoken:
    start = seconds(cells[2], problem("{place}, start", place=place))
    end = start + seconds(cells[3], problem("{place}, duration", place=place))
    channel = _CHANNELS.get(cells[1].upper())
    if several and channel is None:
        raise MalformedError(problem("{place}: channel; expected A, B, 1 or 2", place=place))
    sure = probability(cells[5]) if len(cells) > 5 and cells[5] != "NA" else 1.0
    return Spoken(cells[4], start, end, sure, channel=channel if several else None)


FORMAT = Format("ctm", frozenset((".ctm",)), _read)
