"""The lines of a transcript past the guards that recognised words pass, too: loops, made-up credits, simplified characters."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import NamedTuple

from qa_speech.engines.guards import (
    HALLUCINATION,
    NEAR_SILENT_PROBABILITY,
    REPETITION,
    Loop,
    is_credit,
    loops,
    made_up,
)
from qa_speech.engines.transcripts.base import Apart, Line, Spoken
from qa_speech.engines.transcripts.matching import letters
from qa_speech.language.characters import to_simplified

_TAGS = re.compile(r"<\|[^|<>]{0,40}\|>|\[(?:BLANK_AUDIO|SPEAKER_TURN|_[A-Z]{2,5}_)\]")
_SAME_LINES = 5
"""As many lines of one voice with the same words, one behind the other, are a loop; of few letters more."""
_SAME_SHORT_LINES = 9
_SHORT = 4
_NOTES = {
    REPETITION: "transcript_loops",
    HALLUCINATION: "transcript_made_up",
}


class Checked(NamedTuple):
    """Lines past the guards, what was taken out of them, and the notes."""

    lines: tuple[Line, ...]
    apart: tuple[Apart, ...]
    notes: tuple[str, ...]


def guarded(lines: Sequence[Line], *, simplify: bool) -> Checked:
    """Lines without a recogniser's loops and credits, in simplified characters if wanted.

    >>> found = guarded([Line("客户", "好的" * 9), Line("坐席", "请不吝点赞 订阅 转发")], simplify=True)
    >>> [line.text for line in found.lines], [one.reason for one in found.apart], found.notes
    (['好的'], ['repetition', 'hallucination'], ('transcript_loops:1', 'transcript_made_up:1'))
    """
    apart: list[Apart] = []
    said = [_simplified(line) for line in lines] if simplify else lines
    once: list[Line] = []
    for line, found in zip(said, loops([line.text for line in said]), strict=True):
        once.append(_without_loops(line, found, apart) if found else line)
    kept = []
    for line in _without_same_lines(once, apart):
        doubted = line.no_speech is not None and line.no_speech >= NEAR_SILENT_PROBABILITY
        if is_credit(line.text) or (doubted and made_up(line.text)):
            apart.append(Apart(line, HALLUCINATION))
        else:
            kept.append(line)
    counts = Counter([one.reason for one in apart])
    notes = []
    for reason, code in _NOTES.items():
        if counts[reason]:
            notes.append(f"{code}:{counts[reason]}")
    return Checked(tuple(kept), tuple(apart), tuple(notes))


def without_tags(line: Line) -> Line:
    """The line without the tags that recognisers put into texts: ``<|zh|>``, ``[BLANK_AUDIO]``."""
    if "<|" not in line.text and "[" not in line.text:
        return line
    words = []
    for word in line.words:
        bare = _TAGS.sub("", word.text)
        if bare:
            words.append(replace(word, text=bare))
    text = _TAGS.sub("", line.text).strip()
    return replace(line, text=text, words=tuple(words))


def _simplified(line: Line) -> Line:
    """The line in simplified characters; its words are cut from it, so that the context of all decides."""
    text = to_simplified(line.text)
    if text == line.text:
        return line
    if len(text) != len(line.text) or not line.words:
        words = [replace(word, text=to_simplified(word.text)) for word in line.words]
        return replace(line, text=text, words=tuple(words))
    spoken = "".join([word.text for word in line.words])
    whole = to_simplified(spoken)
    words = []
    at = 0
    for word in line.words:
        end = at + len(word.text)
        words.append(replace(word, text=whole[at:end]))
        at = end
    return replace(line, text=text, words=tuple(words))


def _without_loops(line: Line, found: Sequence[Loop], apart: list[Apart]) -> Line:
    """The line with each loop once."""
    text, words = "", list[Spoken]()
    at, word_at = 0, 0
    for loop in found:
        first, last = _words_in(line, loop)
        removed = line.text[loop.start : loop.end]
        apart.append(Apart(replace(line, text=removed, words=line.words[first:last]), REPETITION))
        text += line.text[at : loop.start]
        words += line.words[word_at:first]
        at, word_at = loop.end, last
    return replace(line, text=text + line.text[at:], words=(*words, *line.words[word_at:]))


def _words_in(line: Line, loop: Loop) -> tuple[int, int]:
    """The words that lie wholly in a loop, as the first and the one after the last."""
    before = len(letters(line.text[: loop.start]))
    behind = before + len(letters(line.text[loop.start : loop.end]))
    ends = list(accumulate([len(letters(word.text)) for word in line.words]))
    first = bisect_left(ends, before + 1)
    starts_inside = bisect_left(ends, before)
    if starts_inside < len(ends) and ends[starts_inside] > before:
        first = starts_inside + 1
    last = bisect_right(ends, behind)
    return min(first, last), last


def _without_same_lines(lines: Sequence[Line], apart: list[Apart]) -> list[Line]:
    """Of many lines with the same words, one behind the other, the first."""
    kept: list[Line] = []
    for _, run in groupby(lines, key=lambda line: (line.voice, letters(line.text))):
        same = list(run)
        is_short = len(letters(same[0].text)) < _SHORT
        limit = _SAME_SHORT_LINES if is_short else _SAME_LINES
        if len(same) < limit:
            kept += same
            continue
        kept.append(same[0])
        apart += [Apart(line, REPETITION) for line in same[1:]]
    return kept
