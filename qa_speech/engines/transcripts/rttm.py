"""RTTM, who speaks when (NIST rich transcription), beside a transcript that does not tell: ``call.rttm`` beside ``call.srt``.

``SPEAKER file channel start duration <NA> <NA> name <NA> <NA>``; other kinds of rows are left alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from qa_speech.engines.transcripts.base import Line, MalformedError, Spoken, line_of, seconds
from qa_speech.engines.transcripts.matching import cut_like
from qa_speech.errors import problem

SUFFIX = ".rttm"
_NEAR_S = 0.5
"""A word this many seconds from any turn still belongs to the nearest."""


class Diarization:
    """Turns of speakers, sorted by start; times in seconds."""

    def __init__(self, turns: Sequence[tuple[float, float, str]]) -> None:
        self._turns = sorted(turns)
        self._starts = [start for start, _, _ in self._turns]
        self._longest = max([end - start for start, end, _ in self._turns], default=0.0)

    def speaker_at(self, start: float, end: float) -> str:
        """Who speaks most of a stretch of seconds; "" where nobody does within `_NEAR_S`."""
        best, most = "", -_NEAR_S
        place = bisect_right(self._starts, end + _NEAR_S)
        while place:
            place -= 1
            first, last, name = self._turns[place]
            if first < start - _NEAR_S - self._longest:
                break
            shared = min(last, end) - max(first, start)
            if shared > most:
                best, most = name, shared
        return best


def read_rttm(text: str) -> Diarization:
    """The turns of a file.

    Raises
    ------
    MalformedError
        A row is not as expected, or there is none.
    """
    turns = []
    for number, row in enumerate(text.splitlines(), start=1):
        cells = row.split()
        if not cells or cells[0] != "SPEAKER":
            continue
        if len(cells) < 8:
            raise MalformedError(
                problem(
                    "line {number}: {count} fields; expected SPEAKER file channel start duration … name",
                    number=number,
                    count=len(cells),
                )
            )
        start = seconds(cells[3], problem("line {number}, start", number=number))
        end = start + seconds(cells[4], problem("line {number}, duration", number=number))
        turns.append((start, end, cells[7]))
    if not turns:
        raise MalformedError(problem("no row that begins with SPEAKER"))
    return Diarization(turns)


def with_speakers(lines: Sequence[Line], found: Diarization) -> list[Line]:
    """The lines that have no speaker with the one who speaks then; a line of two is divided where its words have times."""
    told: list[Line] = []
    for line in lines:
        told += [line] if line.speaker else _told(line, found)
    return told


def _told(line: Line, found: Diarization) -> list[Line]:
    words = [_word(word, found) for word in line.words]
    if not any(word.speaker for word in words):
        if line.start is None or line.end is None:
            return [line]
        return [replace(line, speaker=found.speaker_at(line.start, line.end))]
    runs = [tuple(run) for _, run in groupby(words, key=lambda word: word.speaker)]
    if len(runs) == 1:
        return [replace(line, speaker=words[0].speaker, words=tuple(words))]
    texts = cut_like(line.text, ["".join(word.text for word in run) for run in runs])
    parts = []
    for run, text in zip(runs, texts, strict=True):
        parts.append(replace(line_of(run), text=text.strip(), channel=line.channel))
    return parts


def _word(word: Spoken, found: Diarization) -> Spoken:
    if word.start is None or word.end is None:
        return word
    return replace(word, speaker=found.speaker_at(word.start, word.end))
