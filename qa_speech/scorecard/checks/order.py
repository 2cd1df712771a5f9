"""`order`: a check in the neighbourhood of every place where another found something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple, TypeAlias

from msgspec.structs import replace
from pydantic import Field, model_validator

from qa_speech.errors import problem
from qa_speech.scorecard.checks.base import AnyCheck, Operator, Part, Reason, Seconds
from qa_speech.scorecard.context import INFINITY, Context, Reach
from qa_speech.scorecard.question import MAX_EVIDENCE, Detail, Evaluator, Needs, Question, Result, unique
from qa_speech.scores import Evidence

if TYPE_CHECKING:
    Check: TypeAlias = AnyCheck
    """A check holds an order, and an order holds checks: `table` puts the real class in."""

Side = Literal["after", "before", "around"]
_HAIR_S = 1e-6
"""So that what begins where the anchor ends is after it, and the anchor itself is not."""


class Order(Part, Operator):
    """One thing in the neighbourhood of another. Where the anchor never occurs there is nothing to judge."""

    NAME: ClassVar[str] = "order"
    REASONS: ClassVar[tuple[Reason, ...]] = (
        Reason(
            "order_kept",
            True,
            "side (after, before, around), anchor (its words), places, within_s, within_turns, inner (reason code of the "
            "inner check) and the inner check's keys",
        ),
        Reason("order_broken", False, "as order_kept, broken (how many places)"),
    )

    anchor: Check = Field(description="先找到的一处或几处（话术、实体、复述，或会给出时间段的指标）")
    after: Check | None = Field(None, description="其后应当成立")
    before: Check | None = Field(None, description="其前应当成立")
    around: Check | None = Field(None, description="其前后应当成立")
    within_s: Seconds | None = Field(None, gt=0, description="多少秒之内")
    within_turns: Annotated[int, Field(ge=0, le=1000)] | None = Field(None, description="多少个轮次之内；0 = 同一轮次")
    each: bool = Field(True, description="每一处都要成立；false = 有一处成立即可")

    @model_validator(mode="after")
    def _one_side(self) -> Order:
        if len(self._sides) != 1:
            raise ValueError(problem("give exactly one of after, before, around"))
        return self

    @property
    def _sides(self) -> dict[Side, AnyCheck]:
        """The sides that are given: one in a valid card."""
        named: dict[Side, AnyCheck | None] = {"after": self.after, "before": self.before, "around": self.around}
        return {side: check for side, check in named.items() if check is not None}

    @property
    def side(self) -> Side:
        """``after``, ``before`` or ``around``."""
        return next(iter(self._sides))

    @property
    def inner(self) -> AnyCheck:
        """The check that has to hold there."""
        return next(iter(self._sides.values()))

    def children(self) -> tuple[Operator, ...]:
        """The anchor, and what has to hold beside it."""
        return self.anchor.operator, self.inner.operator

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it."""
        return _evaluator(self, needs)


class _Beside(NamedTuple):
    """A place of the anchor, and what the inner check came to beside it."""

    place: Evidence
    result: Result


def _evaluator(model: Order, needs: Needs) -> Evaluator:
    anchor = model.anchor.operator.compiled(needs)
    inner = model.inner.operator.compiled(needs)
    base: Detail = {"operator": "order", "side": model.side}
    if model.within_s is not None:
        base["within_s"] = model.within_s
    if model.within_turns is not None:
        base["within_turns"] = model.within_turns

    def decide(question: Question) -> Result:
        if model.within_s is not None and question.context.call.times == "nominal":
            return Result(None, "no_times", base)
        # the places of the anchor are its evidence, so every piece of it is wanted
        found = anchor(question.gathering("all"))
        if found.holds is None:
            return found.telling(base)
        places = [piece for piece in found.evidence if piece.kind != "absence"]
        if not places:
            return Result(None, "no_anchor", base, applies=False)
        looked: list[_Beside] = []
        for place in places:
            reach = _reach(model, question, place)
            beside = _Beside(place, inner(question.within(reach)))
            if beside.result.holds and not model.each:
                looked = [beside]
                break
            looked.append(beside)
        return _joined(model.each, looked, base | {"places": len(places)}, found.review)

    return decide


def _reach(model: Order, question: Question, place: Evidence) -> Reach:
    """The neighbourhood of a place, within the question's reach."""
    start, end, first, last = question.reach
    seconds = INFINITY if model.within_s is None else model.within_s
    if model.side == "after":
        start = max(start, place.end - _HAIR_S)
    else:
        start = max(start, place.start - seconds)
    if model.side == "before":
        end = min(end, place.start)
    else:
        end = min(end, place.end + seconds)
    if model.within_turns is not None:
        turn = _turn_at(question.context, place)
        if model.side != "after":
            first = max(first, turn - model.within_turns)
        if model.side != "before":
            last = min(last, turn + model.within_turns)
    return Reach(start, end, first, last)


def _turn_at(context: Context, place: Evidence) -> int:
    """The index among the turns of a place: that of its utterance, else of the last utterance that began before it."""
    if place.utterance is not None:
        return context.turn_of[place.utterance]
    turn = 0
    for index, utterance in enumerate(context.utterances):
        if utterance.start <= place.start:
            turn = context.turn_of[index]
    return turn


def _joined(each: bool, looked: Sequence[_Beside], base: Detail, review: tuple[str, ...]) -> Result:
    """All places together: `each` has to hold, or one of them."""
    bad = [beside for beside in looked if beside.result.holds is False]
    good = [beside for beside in looked if beside.result.holds]
    unknown = [beside for beside in looked if beside.result.holds is None and beside.result.applies]
    if not bad and not good and not unknown:
        return looked[0].result.telling(base)
    is_settled = bool(bad) if each else bool(good)
    if unknown and not is_settled:
        return unknown[0].result.telling(base)
    holds = not is_settled if each else is_settled
    chosen = good if holds else bad

    evidence: list[Evidence] = []
    reasons = list(review)
    for place, result in chosen:
        note = "anchor" if place.quote else f"anchor:{place.note}"
        evidence += [replace(place, note=note), *result.evidence]
        reasons += result.review
    place, first = chosen[0]
    detail = {**first.detail, **base}
    detail["anchor"] = place.quote or place.note
    detail["broken"] = len(bad)
    detail["inner"] = first.reason
    reason = "order_kept" if holds else "order_broken"
    shown = tuple(dict.fromkeys(evidence))[: 2 * MAX_EVIDENCE]
    return Result(holds, reason, detail, shown, unique(reasons), max(1, len(bad)))
