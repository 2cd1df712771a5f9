"""Calibration: the total that each person's blind marks give a call, by the arithmetic of its card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from qa_speech.marks.decided import decided_call, scored_criteria
from qa_speech.marks.model import Mark
from qa_speech.marks.stages import latest
from qa_speech.scorecard import Scorecard
from qa_speech.scores import Score


def calibration_totals(
    scored: Mapping[str, tuple[Score, Scorecard]], marks: Iterable[Mark]
) -> dict[str, dict[str, float]]:
    """Totals by call, then person, 0–100; who has not marked every criterion of a call gives none.

    Parameters
    ----------
    scored
        The machine's score of each call, and the card it was made by.
    """
    blind: dict[tuple[str, str], list[Mark]] = {}
    for mark in latest(marks):
        if mark.stage == "calibration":
            # as a first mark it is read by the same arithmetic
            blind.setdefault((mark.call, mark.person), []).append(replace(mark, stage="first"))
    found: dict[str, dict[str, float]] = {}
    for (call, person), mine in blind.items():
        if call not in scored:
            continue
        machine, card = scored[call]
        decided = decided_call(machine, card, mine, "human", scored_criteria(card))
        if not decided.undecided and decided.score.total is not None:
            found.setdefault(call, {})[person] = decided.score.total
    return found
