"""From the outcomes of criteria to the total, step by step. Plain arithmetic: no call, no checks.

Sections are judged from the leaves up. For one reading of the outcomes (with or without the pending fails):

1. base points of its judged criteria, plus the start points if anything in it was judged
2. minus deductions, not below 0
3. plus section bonus, not above what is possible
4. a failed section fatal: 0, and the bonus is gone
5. sections weighted, those with nothing judged left out; where the card keeps the weight of manual items (``manual:
   {keep_weight: true}``) a section weighs only as much as has not to wait for a person
6. plus form bonus, not above 100
7. a failed form fatal: 0
8. a failed cap: at most that
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from qa_speech.scores import AlarmScore, CriterionScore, Score, SectionScore

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Criterion, Scorecard, Section

Alarms: TypeAlias = tuple[AlarmScore, ...] | UnsetType
_JUDGED = ("pass", "partial", "fail")
_HAIR = 1e-9

Kind: TypeAlias = Literal["base", "deduction", "section_bonus", "form_bonus", "shown"]
"""Where the points of a criterion go."""


class Stake(NamedTuple):
    """What a criterion is worth: `weight` in coverage, and where its points go."""

    weight: float
    kind: Kind
    tags: tuple[str, ...]


class Node(NamedTuple):
    """A section: its share among its neighbours, and either children or the places of its criteria."""

    id: str
    title: str
    share: float
    start_points: float
    children: tuple[Node, ...]
    places: tuple[int, ...]


class Frame(NamedTuple):
    """A scorecard without its checks: all that arithmetic needs, worked out once."""

    nodes: tuple[Node, ...]
    stakes: tuple[Stake, ...]
    tags: tuple[str, ...]
    keeps_weight: bool = False


class Tally(NamedTuple):
    """One section under one reading. `judged` and `applicable` are weights for coverage; `kept` is the share of its weight,
    0–1, that does not wait for a person's judgement."""

    points: float
    possible: float
    total: float | None
    judged: float
    applicable: float
    voided_by: str
    kept: float = 1.0


class Reading(NamedTuple):
    """The outcomes of a card's criteria, in its order, read with or without the fails that wait for a person."""

    frame: Frame
    criteria: Sequence[CriterionScore]
    confirm: bool

    def counts(self, found: CriterionScore) -> bool:
        """Whether an outcome counts in this reading."""
        return found.outcome in _JUDGED and (self.confirm or not found.pending)


class Sum(NamedTuple):
    """A weighted mean of sections, 0–100; coverage 0–1 over what applies; `applicable` is the weight of all that applies,
    `waiting` as much of it as a person has yet to judge and the card keeps for him."""

    total: float | None
    coverage: float
    applicable: float
    waiting: float


@lru_cache(maxsize=64)
def frame_of(card: Scorecard) -> Frame:
    """The frame of a scorecard, made once per card."""
    stakes: list[Stake] = []

    def node(section: Section) -> Node:
        children = tuple([node(child) for child in section.sections])
        first = len(stakes)
        for criterion in section.criteria:
            stakes.append(Stake(criterion.weight, _kind(criterion), criterion.tags))
        places = tuple(range(first, len(stakes)))
        return Node(section.id, section.title, section.share, section.start_points, children, places)

    nodes = tuple([node(section) for section in card.sections])
    tags: set[str] = set()
    for stake in stakes:
        tags.update(stake.tags)
    return Frame(nodes, tuple(stakes), tuple(sorted(tags)), card.manual.keep_weight)


def _kind(criterion: Criterion) -> Kind:
    if criterion.bonus is not None:
        return "form_bonus" if criterion.bonus == "form" else "section_bonus"
    if not criterion.scored:
        return "shown"
    return "base" if criterion.deduct is None else "deduction"


def total_of(card: Scorecard, call_id: str, criteria: tuple[CriterionScore, ...], alarms: Alarms = UNSET) -> Score:
    """The Score that these outcomes come to.

    Parameters
    ----------
    criteria : tuple of CriterionScore
        One per criterion of the card, in its order: from `judge`, or as a person corrected them.
    alarms : tuple of AlarmScore, optional
        What was raised beside the points; it changes none.
    """
    frame = frame_of(card)
    rows: list[SectionScore] = []
    summed = _form(Reading(frame, criteria, confirm=False), rows)
    certain = confirmed = summed.total
    coverage = summed.coverage
    if any(found.pending for found in criteria):
        confirmed = _form(Reading(frame, criteria, confirm=True), None).total
    reason = ""
    if not summed.applicable:
        reason = "nothing_applies"
    elif coverage < card.min_coverage - _HAIR:
        reason = "low_coverage"
    elif certain is None:
        reason = "nothing_judged"
    if reason in ("nothing_applies", "low_coverage"):
        certain = confirmed = None
    score = Score(
        call_id=call_id,
        scorecard_id=card.id,
        scorecard_version=card.version,
        scorecard_sha256=card.sha256,
        criteria=criteria,
        sections=tuple(rows),
        total=certain,
        total_if_confirmed=confirmed,
        coverage=round(coverage, 4),
        band=_band(card, certain),
        passed=_passed(card, certain),
        reason=reason,
        tags=_tags(frame, criteria),
        alarms=alarms,
    )
    if not summed.waiting:
        return score
    judged_points = summed.applicable - summed.waiting
    return replace(score, judged_points=round(judged_points, 2), possible_points=round(summed.applicable, 2))


def _band(card: Scorecard, total: float | None) -> str:
    """The name of the band a total lies in, "" for none."""
    if total is None:
        return ""
    for band in card.bands:
        if total >= band.from_:
            return band.name
    return ""


def _passed(card: Scorecard, total: float | None) -> bool | None:
    """Whether a total reaches the pass mark; None where there is no total, or no mark."""
    if total is None or card.pass_mark is None:
        return None
    return total >= card.pass_mark


def _form(reading: Reading, rows: list[SectionScore] | None) -> Sum:
    """The whole form in one reading; the rows of its sections are added to `rows`, where they are wanted."""
    nodes = reading.frame.nodes
    summed = _weighted(nodes, [_section(node, reading, rows) for node in nodes])
    if summed.total is None:
        return summed
    bonus, caps, is_void = 0.0, [100.0], False
    for stake, found in zip(reading.frame.stakes, reading.criteria, strict=True):
        if not found.fatal and stake.kind != "form_bonus":
            continue
        is_bonus = stake.kind == "form_bonus"
        if not reading.counts(found):
            continue
        if is_bonus:
            bonus += found.points or 0.0
        elif found.outcome == "fail" and found.fatal == "form":
            is_void = True
        elif found.outcome == "fail" and found.fatal.startswith("cap:"):
            caps.append(float(found.fatal.removeprefix("cap:")))
    total = 0.0 if is_void else _clip(summed.total + bonus, 100.0)
    return summed._replace(total=round(min(total, *caps), 2))


def _weighted(nodes: Sequence[Node], tallies: Sequence[Tally]) -> Sum:
    """Mean total by weight over what was judged; coverage over what applies."""
    total = judged = covered = applicable = waiting = 0.0
    for node, tally in zip(nodes, tallies, strict=True):
        if node.share <= 0:
            continue
        if tally.total is not None:
            weight = node.share * tally.kept
            total += weight * tally.total
            judged += weight
        if tally.applicable > 0:
            covered += node.share * tally.judged / tally.applicable
            applicable += node.share
            waiting += node.share * (1 - tally.kept)
    return Sum(
        total=total / judged if judged else None,
        coverage=covered / applicable if applicable else 0.0,
        applicable=applicable,
        waiting=waiting,
    )


def _section(node: Node, reading: Reading, rows: list[SectionScore] | None) -> Tally:
    """A section in one reading; its row stands before those of its children."""
    place = 0 if rows is None else len(rows)
    if node.children:
        tally = _joined(node, [_section(child, reading, rows) for child in node.children])
    else:
        tally = _leaf(node, reading)
    if rows is None:
        return tally
    row = SectionScore(
        id=node.id,
        title=node.title,
        weight=node.share,
        points=_rounded(tally.points, 4),
        possible=_rounded(tally.possible, 4),
        total=None if tally.total is None else _rounded(tally.total, 2),
        coverage=_rounded(tally.judged / tally.applicable, 4) if tally.applicable else 1.0,
        voided_by=tally.voided_by,
    )
    rows.insert(place, row)
    return tally


def _rounded(value: float, digits: int) -> float:
    """`round`, which most numbers of a form need not: they are whole."""
    return value if value.is_integer() else round(value, digits)


def _joined(node: Node, tallies: Sequence[Tally]) -> Tally:
    """A section of sections: its coverage is that of its parts, whatever they weigh together."""
    summed = _weighted(node.children, tallies)
    points = sum([tally.points for tally in tallies])
    possible = sum([tally.possible for tally in tallies])
    if not summed.applicable:
        return Tally(points, possible, summed.total, summed.coverage, 0.0, "")
    kept = 1 - summed.waiting / summed.applicable
    return Tally(points, possible, summed.total, summed.coverage, 1.0, "", kept)


def _leaf(node: Node, reading: Reading) -> Tally:
    """A section of criteria."""
    base = possible = deduction = bonus = judged = applicable = waiting = 0.0
    anything, voided_by = False, ""
    stakes, criteria, confirm = reading.frame.stakes, reading.criteria, reading.confirm
    for place in node.places:
        stake, found = stakes[place], criteria[place]
        if found.outcome == "not_applicable":
            continue
        applicable += stake.weight
        if found.outcome == "manual":
            waiting += stake.weight
        if found.outcome not in _JUDGED:
            continue
        anything = True
        judged += stake.weight
        if found.pending and not confirm:
            continue
        points = found.points or 0.0
        if stake.kind == "base":
            base += points
            possible += found.possible
        elif stake.kind == "deduction":
            deduction += points
        elif stake.kind == "section_bonus":
            bonus += points
        if found.fatal == "section" and found.outcome == "fail":
            voided_by = voided_by or found.id
    # start points stand as soon as one deduction could be looked at, even if it waits for a person
    if anything:
        base += node.start_points
        possible += node.start_points
    kept = 1.0
    if waiting and reading.frame.keeps_weight:
        kept -= waiting / applicable
    if possible <= 0:
        return Tally(0.0, 0.0, None, judged, applicable, "", kept)
    points = 0.0
    if not voided_by:
        earned = max(0.0, base + deduction)
        points = _clip(earned + bonus, possible)
    return Tally(points, possible, 100 * points / possible, judged, applicable, voided_by, kept)


def _clip(value: float, top: float) -> float:
    return min(top, max(0.0, value))


def _tags(frame: Frame, criteria: Sequence[CriterionScore]) -> dict[str, float | None]:
    """Per tag the share of points earned, 0–100; None when nothing with the tag was judged for certain."""
    earned = dict.fromkeys(frame.tags, 0.0)
    possible = dict.fromkeys(frame.tags, 0.0)
    for stake, found in zip(frame.stakes, criteria, strict=True):
        if not stake.weight or found.pending or found.points is None:
            continue
        # a deduction is a part of its weight that may be lost
        kept = stake.weight if stake.kind == "deduction" else 0.0
        for tag in stake.tags:
            earned[tag] += kept + found.points
            possible[tag] += stake.weight
    return {tag: _percent(earned[tag], possible[tag]) for tag in frame.tags}


def _percent(earned: float, possible: float) -> float | None:
    if not possible:
        return None
    return round(_clip(100 * earned / possible, 100.0), 2)
