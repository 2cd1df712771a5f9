"""Numbers over several runs of digits: given in pieces with other words between, or said again in part.

customer   一三八二二           agent   麻烦您再说慢一点       customer   屏幕上写的，一九零零四五
           one piece                                                            the other
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from qa_speech.call import Utterance
from qa_speech.privacy import numerals
from qa_speech.privacy.digits import Run, has_words
from qa_speech.privacy.numerals import Cue, Verdict
from qa_speech.privacy.verdicts import IdentifyingNumber

SMALLEST_REPEAT = 4
"""Digits of a number found elsewhere that are masked again."""
SMALLEST_BETWEEN = 2
"""The same for a run that stands alone between the groups of the number."""
SMALLEST_ALIKE, ALIKE = 5, 0.7
"""A read-back with slips: so many digits, so large a share (0–1) of them in the order of the number."""
READ_BACK_WITHIN = 8
"""Utterances after the number in which a read-back with slips is looked for."""
CLOSE_BY = 4
"""Characters from a number to a run after it that is a piece of it."""
BESIDE, SMALLEST_PIECE = 4, 3
"""A run that was asked for, so many utterances from a number of that kind, with so many digits, is a piece of it."""
MOST_PIECES = 8
SHORTEST_IN_PIECES, LONGEST_IN_PIECES = 8, 24
"""Digits of all the pieces together."""
WIDEST_JOIN = 6
"""Utterances from one piece of a number to the next."""


class CuedRun(NamedTuple):
    """A run of digits and what the words around it say it is."""

    run: Run
    cue: Cue

    @property
    def first_utterance(self) -> int:
        return self.run.digits[0].utterance

    @property
    def last_utterance(self) -> int:
        return self.run.digits[-1].utterance


def joined_pieces(left: Sequence[CuedRun]) -> Iterator[IdentifyingNumber]:
    """Numbers given in pieces with other words between, where a word asks for them.

    Parameters
    ----------
    left : the runs that are no number by themselves, in order.

    Yields
    ------
    IdentifyingNumber
        Pieces whose form is certain together; else all of them, if they are as long as most of such a number.
    """
    used: set[int] = set()
    for first, (_, cue) in enumerate(left):
        if cue == "" or cue == "code" or first in used:
            continue
        places, verdict = _pieces(left, first, used)
        number = _value(left, places)
        is_long = len(places) > 1 and SHORTEST_IN_PIECES <= len(number) <= LONGEST_IN_PIECES
        if verdict is None and not is_long:
            continue
        used.update(places)
        digits = tuple([digit for place in places for digit in left[place].run.digits if digit.sure])
        kind = cue if verdict is None else verdict.kind
        yield IdentifyingNumber(Verdict(kind, "in_pieces"), digits, number)


def _value(left: Sequence[CuedRun], places: Sequence[int]) -> str:
    return "".join([left[place].run.value for place in places])


def _pieces(left: Sequence[CuedRun], first: int, used: set[int]) -> tuple[list[int], Verdict | None]:
    """The runs of one role that follow each other closely, up to where they make a number; as indices in `left`."""
    run, cue = left[first]
    places = [first]
    for place in range(first + 1, len(left)):
        after = left[place]
        if after.run.role is not run.role or place in used:
            continue
        is_far = after.first_utterance - left[places[-1]].last_utterance > WIDEST_JOIN
        if is_far or len(places) == MOST_PIECES or after.cue not in ("", cue):
            break
        places.append(place)
        verdict = numerals.certain(_value(left, places), cue)
        if verdict is not None:
            return places, verdict
    return places, None


def said_again(
    left: Sequence[CuedRun], numbers: Sequence[IdentifyingNumber], utterances: Sequence[Utterance]
) -> list[IdentifyingNumber]:
    """Parts of a number found elsewhere that are said again: a tail, or a group the other side reads back."""
    found = []
    holders = {one.first_utterance for one in left}
    wordless = {index for index in holders if not has_words(utterances[index].text or "")}
    for one in left:
        if one.cue == "code":
            continue
        is_alone = one.first_utterance in wordless
        for number in numbers:
            if _repeats(one, number, is_alone=is_alone) or _is_piece_of(one, number):
                digits = tuple([digit for digit in one.run.digits if digit.sure])
                found.append(IdentifyingNumber(Verdict(number.verdict.kind, "repeated"), digits, number.value))
                break
    return found


def _repeats(one: CuedRun, number: IdentifyingNumber, *, is_alone: bool) -> bool:
    """Whether a run says part of a number; two digits are enough where they are all that is said between its groups."""
    value, here = one.run.value, one.first_utterance
    first, last = number.digits[0].utterance, number.digits[-1].utterance
    if value in number.value:
        is_between = is_alone and first <= here <= last + 1
        return len(value) >= (SMALLEST_BETWEEN if is_between else SMALLEST_REPEAT)
    if len(value) < SMALLEST_ALIKE or not first <= here <= last + READ_BACK_WITHIN:
        return False
    # read back and misheard: most digits in the same order
    blocks = SequenceMatcher(None, value, number.value, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= ALIKE * len(value)


def _is_piece_of(one: CuedRun, number: IdentifyingNumber) -> bool:
    """Whether a run is a piece of a number: a few characters after it, or asked for as one of its kind near it."""
    first = one.run.digits[0]
    for digit in number.digits:
        if digit.utterance == first.utterance and 0 <= first.start - digit.end <= CLOSE_BY:
            return True
    ends = (number.digits[0], number.digits[-1])
    nearest = min(abs(first.utterance - digit.utterance) for digit in ends)
    return one.cue == number.verdict.kind and nearest <= BESIDE and len(one.run.value) >= SMALLEST_PIECE
