"""Which marks count: the newest decided stage of each criterion; appeals and their clocks; a score under marks.

machine   the stored score alone
human     what people marked, and nothing else; too little of it gives no total (the card's `min_coverage`)
final     what people decided where they did, else the machine
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.model import DECIDED, Mark
from qa_speech.scorecard.arithmetic import total_of
from qa_speech.scores import CriterionScore, Outcome, Score

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Criterion, Scorecard

MarksMode: TypeAlias = Literal["machine", "human", "final"]
MODES: tuple[MarksMode, ...] = ("machine", "human", "final")
APPEAL_DAYS = 5
"""Days in which a mark may be appealed, and then in which the appeal has to be decided, unless the card says otherwise."""


LARGEST_DEDUCTION = 1000.0
"""Points, where a deduction for every hit has no limit of its own."""


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
    """Appeals after which nobody of the second or final stage has marked the criterion, the most urgent first.

    `now` in UTC, without offset, like the times of marks.
    """
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

    Marks of criteria that the card no longer has, and of other calls, are left out. In mode ``human`` a criterion without a
    mark is not measured. A call that is not scorable stays so, whatever was marked. `marks` of the result says the mode.
    """
    if mode == "machine":
        return score
    if not score.scorable:
        return replace(score, marks=mode)
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
    return replace(total_of(card, score.call_id, tuple(criteria), score.alarms), marks=mode)


def _marked(held: CriterionScore, criterion: Criterion, mark: Mark) -> CriterionScore:
    """A criterion as a person decided it; what the machine had said stays beside it."""
    detail: dict[str, str | float | None] = {
        **held.detail,
        "marked_by": mark.person,
        "marked_at_stage": mark.stage,
        "mark_reason": mark.reason,
        "machine_outcome": held.outcome,
    }
    points = points_of(criterion, mark.outcome, mark.points, held)
    return replace(held, outcome=mark.outcome, points=points, pending=False, review=(), reason="marked", detail=detail)


def _unmarked(held: CriterionScore) -> CriterionScore:
    return replace(held, outcome="not_measured", points=None, pending=False, review=(), reason="not_marked")


def points_of(
    criterion: Criterion, outcome: Outcome, given: float | None, held: CriterionScore | None = None
) -> float | None:
    """Points of an outcome: as given; as the machine had them where it came to the same outcome (bands, deductions per hit);
    else all for a pass, none for a fail, half for a part, the deduction for a failed deduction item.

    None where the criterion does not apply.
    """
    if outcome == "not_applicable":
        return None
    if given is not None:
        return given
    if held is not None and held.outcome == outcome and held.points is not None:
        return held.points
    if not criterion.scored:
        return 0.0
    if criterion.deduct is not None:
        return -criterion.deduct.points if outcome == "fail" else 0.0
    full = criterion.points or 0.0
    if outcome == "pass":
        return full
    return full / 2 if outcome == "partial" else 0.0


def points_range(criterion: Criterion) -> tuple[float, float]:
    """The least and most points that a person may give.

    >>> from qa_speech.scorecard.model import Criterion
    >>> points_range(Criterion(id="a", title="a", manual=True, deduct={"points": 2, "per": "hit", "limit": 6}))
    (-6.0, 0.0)
    """
    deduct = criterion.deduct
    if not criterion.scored:
        return 0.0, 0.0
    if deduct is None:
        return 0.0, criterion.points or 0.0
    if deduct.limit is not None:
        return -deduct.limit, 0.0
    return (-deduct.points if deduct.per == "once" else -LARGEST_DEDUCTION), 0.0


def appeal_until(marks: Iterable[Mark], call: str, criterion: str, *, days: int = APPEAL_DAYS) -> dt.datetime | None:
    """Until when (UTC) what stands for a criterion may be appealed; None where no person has marked it: always."""
    mark = standing(marks).get((call, criterion))
    if mark is None:
        return None
    return dt.datetime.fromisoformat(mark.at) + dt.timedelta(days=days)


def require_in_time(marks: Iterable[Mark], call: str, criterion: str, at: str, *, days: int = APPEAL_DAYS) -> None:
    """Whether an appeal made `at` (ISO 8601, UTC) still comes in time.

    Raises
    ------
    ConfigError
        It does not.
    """
    until = appeal_until(marks, call, criterion, days=days)
    if until is not None and dt.datetime.fromisoformat(at) > until:
        raise ConfigError(
            f"{call}/{criterion}",
            [problem("could be appealed until {until} UTC ({days} days)", until=f"{until:%Y-%m-%d %H:%M}", days=days)],
        )
