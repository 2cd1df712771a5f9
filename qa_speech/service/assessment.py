"""考核: indicators of three pillars against their targets, unit by unit, and the month's main contradiction.

An indicator earns its weight in full at the target, nothing at `zero`, in between by line. What nobody measured is left out,
its weight is shared by the others, and it is said. The main contradiction is the unit and indicator that lose most *beyond
noise*: by the end of the interval that is kindest to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from qa_speech.service.columns import NATIONAL
from qa_speech.service.document import SMALL_CELL
from qa_speech.service.figures import Figure, Value, values_by
from qa_speech.service.rules import Assessment, Indicator

FULL = 100.0


class Held(NamedTuple):
    """An indicator of one unit: its value, marks earned of `weight` (shared weights included), marks lost, and lost for sure."""

    indicator: Indicator
    value: Value
    weight: float
    earned: float
    lost: float
    lost_surely: float


class Assessed(NamedTuple):
    """A unit: what it earned of 100, indicator by indicator; `missing` were not measured."""

    level: str
    unit: str
    total: float
    held: tuple[Held, ...]
    missing: tuple[Indicator, ...]


class Contradiction(NamedTuple):
    """The unit and indicator that lose most beyond noise."""

    level: str
    unit: str
    held: Held


def reached(value: float, indicator: Indicator) -> float:
    """Which part of an indicator's weight a value earns, 0–1.

    >>> one = Indicator("a", "接通率", "support", "answer_rate", target=95, zero=85, weight=10)
    >>> [reached(value, one) for value in (97, 90, 80)]
    [1.0, 0.5, 0.0]
    """
    part = (value - indicator.zero) / (indicator.target - indicator.zero)
    return min(1.0, max(0.0, part))


def assessed(rules: Assessment, figures: Mapping[str, Figure], level: str) -> list[Assessed]:
    """Every unit of a level, in the order of their names."""
    asked = [one for one in rules.indicators if level in one.levels]
    values = {one.id: values_by(figures[one.figure], level) if one.figure in figures else {} for one in asked}
    units = sorted({unit for held in values.values() for unit in held})
    return [_unit(level, unit, asked, values) for unit in units]


def _unit(
    level: str,
    unit: str,
    asked: Sequence[Indicator],
    values: Mapping[str, Mapping[str, Value]],
) -> Assessed:
    known = [one for one in asked if _is_known(values[one.id].get(unit))]
    whole = sum(one.weight for one in known)
    held = tuple(_held(one, values[one.id][unit], FULL * one.weight / whole) for one in known)
    missing = tuple(one for one in asked if one not in known)
    return Assessed(level, unit, sum(one.earned for one in held), held, missing)


def _is_known(value: Value | None) -> bool:
    return value is not None and value.value is not None and value.n >= SMALL_CELL


def _held(indicator: Indicator, value: Value, weight: float) -> Held:
    assert value.value is not None
    part = reached(value.value, indicator)
    high_is_good = indicator.target > indicator.zero
    kindest = value.high if high_is_good else value.low
    kind = 1.0 if kindest is None else reached(kindest, indicator)
    return Held(
        indicator,
        value,
        weight,
        weight * part,
        weight * (1 - part),
        weight * (1 - kind),
    )


def main_contradiction(units: Sequence[Assessed]) -> Contradiction | None:
    """Which unit loses most, on which indicator, beyond noise; None where nothing is lost for sure."""
    worst: Contradiction | None = None
    for unit in units:
        for held in unit.held:
            if held.lost_surely > (worst.held.lost_surely if worst else 0.0):
                worst = Contradiction(unit.level, unit.unit, held)
    return worst


def levels_with_units(rules: Assessment, figures: Mapping[str, Figure]) -> Iterator[tuple[str, list[Assessed]]]:
    """The levels, the largest first, each with its units; those of a single unit and none beside it are left out but the whole."""
    for level in (NATIONAL, "province", "city", "team", "agent"):
        units = assessed(rules, figures, level)
        if units and (level == NATIONAL or len(units) > 1):
            yield level, units
