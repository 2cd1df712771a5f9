"""From the outcomes of criteria to the total, step by step. Plain arithmetic: no call, no checks.

Sections are judged from the leaves up. For one reading of the outcomes (with or without the pending fails):

1. base points of its judged criteria, plus the start points if anything in it was judged
2. minus deductions, not below 0
3. plus section bonus, not above what is possible
4. a failed section fatal: 0, and the bonus is gone
5. sections weighted, those with nothing judged left out
6. plus form bonus, not above 100
7. a failed form fatal: 0
8. a failed cap: at most that
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from qa_speech.call import CriterionScore, Score, SectionScore

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard, Section

_JUDGED = ("pass", "partial", "fail")


class Item(NamedTuple):
    """What a criterion is worth: `weight` in coverage, and where its points go."""

    weight: float
    kind: Literal["base", "deduction", "section_bonus", "form_bonus", "shown"]
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
    items: tuple[Item, ...]
    tags: tuple[str, ...]


class Tally(NamedTuple):
    """One section under one reading. `judged` and `applicable` are weights for coverage."""

    points: float
    possible: float
    total: float | None
    judged: float
    applicable: float
    voided_by: str


@lru_cache(maxsize=64)
def frame_of(card: Scorecard) -> Frame:
    """The frame of a scorecard, made once per card."""
    items: list[Item] = []

    def node(section: Section) -> Node:
        children = tuple([node(item) for item in section.sections])
        first = len(items)
        for item in section.criteria:
            bonus: Literal["section_bonus", "form_bonus"] = "form_bonus" if item.bonus == "form" else "section_bonus"
            kind: Literal["base", "deduction", "shown"] = (
                "shown" if not item.scored else "deduction" if item.deduct else "base"
            )
            items.append(Item(item.weight, bonus if item.bonus else kind, item.tags))
        places = tuple(range(first, len(items))) if section.criteria else ()
        return Node(section.id, section.title, section.share, section.start_points, children, places)

    nodes = tuple([node(section) for section in card.sections])
    return Frame(nodes, tuple(items), tuple(sorted({tag for item in items for tag in item.tags})))


def total_of(card: Scorecard, call_id: str, criteria: tuple[CriterionScore, ...]) -> Score:
    """The Score that these outcomes come to.

    Parameters
    ----------
    criteria : tuple of CriterionScore
        One per criterion of the card, in its order: from `judge`, or as a person corrected them.
    """
    frame = frame_of(card)
    rows: list[SectionScore] = []
    certain, coverage, applies = _form(frame, criteria, False, rows)
    pending = any(item.pending for item in criteria)
    confirmed = _form(frame, criteria, True, [])[0] if pending else certain
    reason = ""
    if not applies:
        reason = "nothing_applies"
    elif coverage < card.min_coverage - 1e-9:
        reason = "low_coverage"
    elif certain is None:
        reason = "nothing_judged"
    if reason in ("nothing_applies", "low_coverage"):
        certain = confirmed = None
    band = ""
    if certain is not None:
        band = next((item.name for item in card.bands if certain >= item.from_), "")
    return Score(
        call_id=call_id, scorecard_id=card.id, scorecard_version=card.version, scorecard_sha256=card.sha256,
        criteria=criteria, sections=tuple(rows), total=certain, total_if_confirmed=confirmed,
        coverage=round(coverage, 4), band=band,
        passed=None if certain is None or card.pass_mark is None else certain >= card.pass_mark,
        reason=reason, tags=_tags(frame, criteria),
    )  # fmt: skip


def _form(
    frame: Frame, criteria: Sequence[CriterionScore], confirm: bool, rows: list[SectionScore]
) -> tuple[float | None, float, bool]:
    tallies = [_section(node, frame.items, criteria, confirm, rows) for node in frame.nodes]
    total, coverage, applies = _weighted(frame.nodes, tallies)
    if total is None:
        return None, coverage, applies
    bonus, caps, void = 0.0, [100.0], False
    for item, found in zip(frame.items, criteria, strict=True):
        if item.kind == "form_bonus" and _counts(found, confirm):
            bonus += found.points or 0.0
        elif found.fatal and found.outcome == "fail" and _counts(found, confirm):
            void = void or found.fatal == "form"
            if found.fatal.startswith("cap:"):
                caps.append(float(found.fatal[4:]))
    total = 0.0 if void else _clip(total + bonus, 100.0)
    return round(min(total, *caps), 2), coverage, applies


def _weighted(nodes: Sequence[Node], tallies: Sequence[Tally]) -> tuple[float | None, float, bool]:
    """Mean total by weight over what was judged; coverage over what applies; whether anything applies."""
    total = weight = covered = whole = 0.0
    for node, item in zip(nodes, tallies, strict=True):
        if node.share > 0:
            if item.total is not None:
                total, weight = total + node.share * item.total, weight + node.share
            if item.applicable > 0:
                covered, whole = covered + node.share * item.judged / item.applicable, whole + node.share
    return (total / weight if weight else None), (covered / whole if whole else 0.0), whole > 0


def _section(
    node: Node, items: Sequence[Item], criteria: Sequence[CriterionScore], confirm: bool, rows: list[SectionScore]
) -> Tally:
    place = len(rows)
    if node.children:
        tallies = [_section(child, items, criteria, confirm, rows) for child in node.children]
        total, coverage, applies = _weighted(node.children, tallies)
        points, possible = sum([item.points for item in tallies]), sum([item.possible for item in tallies])
        tally = Tally(points, possible, total, coverage, 1.0 if applies else 0.0, "")
    else:
        tally = _leaf(node, items, criteria, confirm)
    row = SectionScore(
        id=node.id, title=node.title, weight=node.share, points=round(tally.points, 4),
        possible=round(tally.possible, 4), total=None if tally.total is None else round(tally.total, 2),
        coverage=round(tally.judged / tally.applicable, 4) if tally.applicable else 1.0, voided_by=tally.voided_by,
    )  # fmt: skip
    rows.insert(place, row)
    return tally


def _leaf(node: Node, items: Sequence[Item], criteria: Sequence[CriterionScore], confirm: bool) -> Tally:
    base = possible = deduction = bonus = judged = applicable = 0.0
    anything, voided_by = False, ""
    for place in node.places:
        item, found = items[place], criteria[place]
        if found.outcome == "not_applicable":
            continue
        applicable += item.weight
        if found.outcome not in _JUDGED:
            continue
        anything, judged = True, judged + item.weight
        if found.pending and not confirm:
            continue
        points = found.points or 0.0
        if item.kind == "base":
            base, possible = base + points, possible + found.possible
        elif item.kind == "deduction":
            deduction += points
        elif item.kind == "section_bonus":
            bonus += points
        if found.fatal == "section" and found.outcome == "fail":
            voided_by = voided_by or found.id
    # start points stand as soon as one deduction could be looked at, even if it waits for a person
    if anything:
        base, possible = base + node.start_points, possible + node.start_points
    if possible <= 0:
        return Tally(0.0, 0.0, None, judged, applicable, "")
    points = 0.0 if voided_by else _clip(max(0.0, base + deduction) + bonus, possible)
    return Tally(points, possible, 100 * points / possible, judged, applicable, voided_by)


def _counts(found: CriterionScore, confirm: bool) -> bool:
    return found.outcome in _JUDGED and (confirm or not found.pending)


def _clip(value: float, top: float) -> float:
    return min(top, max(0.0, value))


def _tags(frame: Frame, criteria: Sequence[CriterionScore]) -> dict[str, float | None]:
    """Per tag the share of points earned, 0–100; None when nothing with the tag was judged for certain."""
    earned = dict.fromkeys(frame.tags, 0.0)
    possible = dict.fromkeys(frame.tags, 0.0)
    for item, found in zip(frame.items, criteria, strict=True):
        if item.weight and not found.pending and found.points is not None:
            kept = item.weight if item.kind == "deduction" else 0.0
            for tag in item.tags:
                earned[tag] += kept + found.points
                possible[tag] += item.weight
    return {
        tag: round(_clip(100 * earned[tag] / possible[tag], 100.0), 2) if possible[tag] else None for tag in frame.tags
    }
