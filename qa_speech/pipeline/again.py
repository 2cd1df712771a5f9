"""What came back thin: speech with hardly a word in it is recognised once more, each piece alone.

A recogniser that is given several voices in one window follows one of them and leaves the others out; it says nothing of it.

    speech    |==one==|  |==two==|  |==three==|        one window
    words      一二三四                 五              two: none, three: 0.4 a second
    again                [==two==]  [==three==]        a window each; what has more characters stays

The same for a stretch of a piece: a loop that was cut leaves one behind. Speech that is wordless after that is told (`wordless`):
words missing is not the same as nothing said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from qa_speech.call import Word
from qa_speech.engines.base import Piece
from qa_speech.engines.guards import Guarded
from qa_speech.engines.windows import on_speech, to_call_time
from qa_speech.language.phrases import fold
from qa_speech.pipeline.prepare import Plan, Prepared
from qa_speech.timeline import Segment, Timeline

THIN_PER_S = 1.2
"""Characters a second of speech below which words are taken for missing; slow speech has three."""
LEAST_SPEECH_S = 0.3
"""Shorter speech is not asked for again: a breath, half a syllable."""
SAME_S = 0.3
"""Stretches that differ by less at either end differ in padding alone."""
WORDLESS_S = 1.0
"""Speech without a word that is as long as this is told."""


class Heard(NamedTuple):
    """The answers to the windows of a call, past the guards: to its plans in their order, and to those asked again."""

    first: Sequence[Guarded] = ()
    plans: tuple[Plan, ...] = ()
    again: Sequence[Guarded] = ()


@dataclass(frozen=True)
class Voice:
    """What one voice said: its words in call time in order, and its speech that has none."""

    words: tuple[Word, ...]
    wordless: tuple[Segment, ...]


def thin(prepared: Prepared, first: Sequence[Guarded]) -> tuple[Plan, ...]:
    """Windows to ask for again: each piece of speech that has too few characters for its length, alone; one that was alone in
    its window would be answered the same."""
    plans: list[Plan] = []
    for voice, words in _words(prepared, first).items():
        alone = [plan.pieces[0] for plan in prepared.plans if plan.voice == voice and len(plan.pieces) == 1]
        for piece, stretches in _pieces(prepared, voice):
            for asked in _thin_parts(piece, stretches, words):
                if not any(_same(asked, known) for known in alone):
                    plans.append(Plan(voice, (Piece(asked.start, asked.end, 0.0),)))
    return tuple(plans)


def _same(asked: Segment, known: Piece) -> bool:
    """Whether a stretch is one that a window held, but for the padding."""
    begins = abs(asked.start - known.call_start) <= SAME_S
    ends = abs(asked.end - known.call_end) <= SAME_S
    return begins and ends


def _thin_parts(piece: Segment, stretches: Sequence[Segment], words: Sequence[Word]) -> list[Segment]:
    """A piece with too few characters as a whole; else those of its longer stretches that have, up to the middle of the pauses
    around them, neighbours together."""
    speech_s = sum(stretch.duration for stretch in stretches)
    if speech_s < LEAST_SPEECH_S:
        return []
    if _is_thin(within(words, piece), speech_s):
        return [piece]
    middles = []
    for one, two in pairwise(stretches):
        middles.append((one.end + two.start) / 2)
    borders = [piece.start, *middles, piece.end]
    parts: list[Segment] = []
    for number, stretch in enumerate(stretches):
        said = within(words, stretch)
        if stretch.duration < WORDLESS_S or not _is_thin(said, stretch.duration):
            continue
        start, end = borders[number], borders[number + 1]
        if parts and parts[-1].end == start:
            start = parts.pop().start
        parts.append(Segment(start, end))
    return parts


def _is_thin(words: Iterable[Word], speech_s: float) -> bool:
    return characters(words) < THIN_PER_S * speech_s


def voices(prepared: Prepared, heard: Heard) -> dict[int, Voice]:
    """What each voice said: where a window was asked for again, the answer with more characters stands."""
    words = _words(prepared, heard.first)
    for plan, (answer, _) in zip(heard.plans, heard.again, strict=True):
        piece = Segment(plan.pieces[0].call_start, plan.pieces[-1].call_end)
        found = on_speech(to_call_time(answer.words, plan.pieces), prepared.analysis.speech[plan.voice])
        before = within(words[plan.voice], piece)
        if characters(found) > characters(before):
            kept = [word for word in words[plan.voice] if word not in before]
            words[plan.voice] = sorted([*kept, *found], key=_starts)
    said = {}
    for voice, kept in words.items():
        wordless = _wordless(prepared, voice, kept)
        said[voice] = Voice(tuple(kept), wordless)
    return said


def characters(words: Iterable[Word]) -> int:
    """Spoken characters: letters, digits and Han, punctuation aside."""
    return sum(len(fold(word.text)) for word in words)


def within(words: Iterable[Word], piece: Segment) -> list[Word]:
    """Those words whose middle lies in a stretch."""
    found = []
    for word in words:
        middle = (word.start + word.end) / 2
        if piece.start <= middle <= piece.end:
            found.append(word)
    return found


def _starts(word: Word) -> float:
    return word.start


def _words(prepared: Prepared, first: Sequence[Guarded]) -> dict[int, list[Word]]:
    """The words of the first answers by voice, in call time."""
    found: dict[int, list[Word]] = {voice: [] for voice in range(len(prepared.voices))}
    for plan, (answer, _) in zip(prepared.plans, first, strict=True):
        moved = to_call_time(answer.words, plan.pieces)
        found[plan.voice] += on_speech(moved, prepared.analysis.speech[plan.voice])
    return found


def _pieces(prepared: Prepared, voice: int) -> list[tuple[Segment, list[Segment]]]:
    """Pieces of a voice with padding, and the stretches of speech in each."""
    speech: Timeline = prepared.analysis.speech[voice]
    return [(piece, list(speech & Timeline([piece]))) for piece in prepared.analysis.padded[voice]]


def _wordless(prepared: Prepared, voice: int, words: Sequence[Word]) -> tuple[Segment, ...]:
    """Pieces, or longer stretches of them, in which somebody speaks and no word was heard."""
    found: list[Segment] = []
    for piece, stretches in _pieces(prepared, voice):
        speech_s = sum(stretch.duration for stretch in stretches)
        if not characters(within(words, piece)):
            if speech_s >= WORDLESS_S:
                found.append(piece)
            continue
        for stretch in stretches:
            said = characters(within(words, stretch))
            if stretch.duration >= WORDLESS_S and not said:
                found.append(stretch)
    return tuple(found)
