"""Which calls people have finished: all criteria that a figure needs are decided, and what the call comes to then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from qa_speech.marks.model import JUDGED, Mark
from qa_speech.marks.stages import MarksMode, standing, under_marks
from qa_speech.scores import CriterionScore, Score

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard


class DecidedCall(NamedTuple):
    """A call under the marks of people: `undecided` names the criteria still missing; `at` when the last one was marked."""

    call: str
    score: Score
    undecided: tuple[str, ...]
    at: str


def marks_by_call(marks: Iterable[Mark]) -> dict[str, list[Mark]]:
    """The marks of each call, in their order."""
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.call, []).append(mark)
    return found


def scored_criteria(card: Scorecard) -> tuple[str, ...]:
    """What has to be decided before a call has a total: every criterion that counts."""
    return tuple(criterion.id for criterion in card.criteria if criterion.scored)


def decided_call(
    machine: Score, card: Scorecard, marks: Sequence[Mark], mode: MarksMode, wanted: Collection[str]
) -> DecidedCall:
    """A call as people decided it, and what of `wanted` they have not.

    Mode ``human``: every wanted criterion needs a mark that counts. Mode ``final``: somebody has marked the call, and what he
    left alone the machine has judged without asking for review.

    Parameters
    ----------
    machine
        The machine's own score of the call.
    marks
        Those of this call.
    """
    mine = {criterion: mark for (call, criterion), mark in standing(marks).items() if call == machine.call_id}
    by_id = {held.id: held for held in machine.criteria}
    undecided = tuple(name for name in wanted if not _is_decided(name, mine, by_id, mode))
    at = max((mark.at for mark in mine.values()), default="")
    return DecidedCall(machine.call_id, under_marks(machine, card, marks, mode), undecided, at)


def _is_decided(
    criterion: str, mine: Mapping[str, Mark], machine: Mapping[str, CriterionScore], mode: MarksMode
) -> bool:
    if criterion in mine:
        return True
    held = machine.get(criterion)
    if mode != "final" or not mine or held is None:
        return False
    return held.outcome in JUDGED and not held.pending
