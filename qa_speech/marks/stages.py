"""Which marks count: the newest decided stage of each criterion; appeals and their clocks; a score under marks.

machine   the stored score alone
human     what people marked, and nothing else
final     what people decided where they did, else the machine
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from qa_speech.call import CriterionScore, Outcome, Score
from qa_speech.marks.model import DECIDED, Mark
from qa_speech.scorecard.arithmetic import total_of

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Criterion, Scorecard

MarksMode: TypeAlias = Literal["machine", "human", "final"]
MODES: tuple[MarksMode, ...] = ("machine", "human", "final")
APPEAL_DAYS = 5
"""Days in which an appeal has to be decided unless the card says otherwise."""


class OpenAppeal(NamedTuple):
    """An appeal that nobody has decided: until when, and by how many days it is late (negative: left)."""

    mark: Mark
    due: dt.datetime
    late_days: float


def latest(marks: Iterable[Mark]) -> list[Mark]:
    """Of each person, call, criterion and stage the last mark, in order of time."""
    found: dict[tuple[str, str, str, str], Mark] = {}
    for mark in sorted(marks, key=lambda one: one.at):
        found[mark.call, mark.criterion, mark.stage, mark.person] = mark
    return sorted(found.values(), key=lambda one: one.at)


def standing(marks: Iterable[Mark]) -> dict[tuple[str, str], Mark]:
    """What counts for each (call, criterion): the last mark of its newest decided stage.

    >>> made = [
    ...     Mark(call="a", criterion="x", stage=stage, outcome=outcome, person="甲", role="lead", at=f"2026-11-0{day}T08:00:00")
    ...     for day, (stage, outcome) in enumerate([("final", "pass"), ("first", "fail"), ("calibration", "fail")], 1)
    ... ]
    >>> standing(made)["a", "x"].outcome
    'pass'
    """
    found: dict[tuple[str, str], Mark] = {}
    for mark in latest(marks):
        if mark.stage not in DECIDED:
            continue
        place = mark.call, mark.criterion
        held = found.get(place)
        if held is None or DECIDED.index(mark.stage) >= DECIDED.index(held.stage):
            found[place] = mark
    return found


def open_appeals(marks: Sequence[Mark], now: dt.datetime, *, days: int = APPEAL_DAYS) -> list[OpenAppeal]:
    """Appeals after which nobody of the second or final stage has marked the criterion, the most urgent first."""
    found: list[OpenAppeal] = []
    for mark in latest(marks):
        if mark.stage != "appeal" or _decided_after(mark, marks):
            continue
        due = dt.datetime.fromisoformat(mark.at) + dt.timedelta(days=days)
        found.append(OpenAppeal(mark, due, (now - due).total_seconds() / 86_400))
    return sorted(found, key=lambda one: one.due)


def _decided_after(appeal: Mark, marks: Iterable[Mark]) -> bool:
    return any(
        mark.stage in ("second", "final")
        and (mark.call, mark.criterion) == (appeal.call, appeal.criterion)
        and mark.at > appeal.at
        for mark in marks
    )


def under_marks(score: Score, card: Scorecard, marks: Iterable[Mark], mode: MarksMode) -> Score:
    """A score as people have decided it, by the same arithmetic: marks only change outcomes.

    Criteria that the card no longer has, and marks of other calls, are left out. In mode ``human`` a criterion without a mark
    is not measured.
    """
    if mode == "machine":
        return score
    decided = {criterion: mark for (call, criterion), mark in standing(marks).items() if call == score.call_id}
    by_id = {criterion.id: criterion for criterion in card.criteria}
    criteria: list[CriterionScore] = []
    for held in score.criteria:
        mark = decided.get(held.id)
        if mark is not None and held.id in by_id:
            criteria.append(_marked(held, by_id[held.id], mark))
        elif mode == "human":
            criteria.append(_unmarked(held))
        else:
            criteria.append(held)
    return total_of(card, score.call_id, tuple(criteria))


def _marked(held: CriterionScore, criterion: Criterion, mark: Mark) -> CriterionScore:
    points = points_of(criterion, mark.outcome, mark.points)
    detail: Mapping[str, str | float | None] = {**held.detail, "marked_by": mark.person, "marked_at_stage": mark.stage}
    return replace(held, outcome=mark.outcome, points=points, pending=False, review=(), reason="marked", detail=detail)


def _unmarked(held: CriterionScore) -> CriterionScore:
    return replace(held, outcome="not_measured", points=None, pending=False, review=(), reason="not_marked")


def points_of(criterion: Criterion, outcome: Outcome, given: float | None) -> float | None:
    """Points of an outcome: as given, else all of them for a pass, none for a fail, the deduction for a failed deduction item.

    None where the criterion does not apply.
    """
    if outcome == "not_applicable":
        return None
    if given is not None:
        return given
    if criterion.deduct is not None:
        return -criterion.deduct.points if outcome == "fail" else 0.0
    full = criterion.points or 0.0
    if outcome == "pass":
        return full
    return full / 2 if outcome == "partial" else 0.0
