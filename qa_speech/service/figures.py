"""One kind of figure for all: Σ numerators / Σ denominators over rows, times a scale. Rates are never averaged.

接通率 = answered / offered; 平均分 = Σ totals / calls with one; 失分率 = Σ lost / Σ possible; 语速 = Σ syllables / Σ seconds × 60.

Intervals are those of the process behind the month, so that months and units can be compared: agents (for lines of a queue,
days) are what is drawn, not calls (`stats.ratio`); of a single agent his calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from qa_speech.service.columns import (
    AGENT,
    DAY,
    HOUR,
    NATIONAL,
    NOW,
    UNKNOWN,
    Array,
    Codes,
    Flags,
    Names,
    Rows,
    days_of,
    hours_of,
)
from qa_speech.stats.intervals import wilson
from qa_speech.stats.ratio import (
    Clustered,
    Difference,
    difference,
    ratio,
    student,
)

PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of rows. `numerator` and `denominator` one a row, 0 where a row says nothing; `bad` 1 = high is bad, −1 = low is,
    0 = neither; `share` = a row counts for 1 or 0; `cluster` level that is drawn: agent or day; `span` = from best to worst, in
    units of the figure, which effects of different figures are compared by; `estimates` of the month by level and unit, where a
    draw tells more than the rows do."""

    id: str
    title: str
    unit: str
    rows: Rows
    numerator: Array
    denominator: Array
    bad: int = 0
    scale: float = 1.0
    share: bool = False
    cluster: str = AGENT
    span: float = 100.0
    digits: int = 1
    estimates: Mapping[tuple[str, str], Value] = field(default_factory=dict)

    def names(self, level: str) -> Names:
        """The units of a level, one a row."""
        if level == HOUR:
            return hours_of(self.rows)
        if level == DAY:
            return days_of(self.rows)
        return self.rows.unit(level)

    def used(self, period: int = NOW) -> Flags:
        """Rows of a period that say something."""
        return np.asarray((self.rows.period == period) & self.speaking)

    @property
    def speaking(self) -> Flags:
        """Rows that say something: they stand in the denominator, or, where events and what they are held against are rows of
        different lists, in the numerator."""
        return np.asarray((self.denominator > 0) | (self.numerator != 0))


class Value(NamedTuple):
    """A figure of one unit with its 95 % interval in its own unit; `n` rows. `value` None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


NOTHING = Value(None)


def share_figure(
    id: str,
    title: str,
    rows: Rows,
    flags: Array,
    *,
    bad: int = 0,
    cluster: str = AGENT,
) -> Figure:
    """A share in % of flags 1 and 0; nan = the row says nothing."""
    known = ~np.isnan(flags)
    numerator = np.where(known, np.nan_to_num(flags), 0.0)
    return Figure(
        id,
        title,
        "%",
        rows,
        numerator,
        known.astype(float),
        bad,
        PERCENT,
        True,
        cluster,
    )


def mean_figure(
    id: str,
    title: str,
    unit: str,
    rows: Rows,
    values: Array,
    *,
    bad: int = 0,
    cluster: str = AGENT,
    span: float = 100.0,
) -> Figure:
    """A mean of values; nan = the row says nothing."""
    known = ~np.isnan(values)
    return Figure(
        id,
        title,
        unit,
        rows,
        np.where(known, np.nan_to_num(values), 0.0),
        known.astype(float),
        bad,
        1.0,
        False,
        cluster,
        span,
    )


def value_of(figure: Figure, rows: Flags) -> Value:
    """The figure over some rows, with its interval: over clusters, or over rows where there are fewer than two clusters."""
    held = rows & figure.speaking
    n = int((figure.denominator[held] > 0).sum())
    if n == 0:
        return NOTHING
    sums = clustered(figure, held)
    found = ratio(sums)
    if found is None or sums.clusters < 2:
        return _over_rows(figure, held, n)
    low, high = found.low, found.high
    if figure.share:
        low, high = max(0.0, low), min(1.0, high)
        if low == high:  # nothing, or everything: clusters tell no spread
            return _over_rows(figure, held, n)
    return _scaled(figure, found.value, low, high, n)


def _over_rows(figure: Figure, held: Flags, n: int) -> Value:
    numerator, denominator = figure.numerator[held], figure.denominator[held]
    value = float(numerator.sum() / denominator.sum())
    if figure.share:
        found = wilson(float(numerator.sum()), n)
        assert found is not None
        return _scaled(figure, value, found.low, found.high, n)
    if n < 2:
        return Value(figure.scale * value, None, None, n)
    pulls = (numerator - value * denominator) / denominator.sum()
    error = float(np.sqrt((pulls**2).sum() * n / (n - 1)))
    half = student(0.95, n - 1) * error
    return _scaled(figure, value, value - half, value + half, n)


def _scaled(figure: Figure, value: float, low: float, high: float, n: int) -> Value:
    return Value(figure.scale * value, figure.scale * low, figure.scale * high, n)


def clustered(figure: Figure, rows: Flags) -> Clustered:
    """The sums of some rows by the figure's clusters; rows whose cluster is not known are one together."""
    names = figure.names(figure.cluster)
    codes = np.where(names.codes == UNKNOWN, len(names.names), names.codes)[rows]
    width = len(names.names) + 1
    numerator, denominator = figure.numerator[rows], figure.denominator[rows]
    whole = float(denominator.sum())
    of_rows = 0.0
    if whole > 0:
        pulls = numerator - float(numerator.sum()) / whole * denominator
        of_rows = float((pulls**2).sum()) / whole**2
    return Clustered(
        _sums(codes, numerator, width),
        _sums(codes, denominator, width),
        of_rows,
    )


def _sums(codes: Codes, values: Array, width: int) -> Array:
    return np.bincount(codes, weights=values, minlength=width).astype(float)


class ByUnit(NamedTuple):
    """Sums of a figure by unit, arrays of the length of `names`; `rows` that count."""

    names: tuple[str, ...]
    numerators: Array
    denominators: Array
    rows: Array


def by_unit(figure: Figure, level: str, period: int = NOW) -> ByUnit:
    """The sums of each unit of a level in a period; rows of unknown units are left out."""
    names = figure.names(level)
    held = figure.used(period) & (names.codes != UNKNOWN)
    codes, width = names.codes[held], len(names.names)
    numerator = figure.numerator[held]
    return ByUnit(
        names.names,
        _sums(codes, numerator, width),
        _sums(codes, figure.denominator[held], width),
        np.bincount(codes, minlength=width).astype(float),
    )


def values_by(figure: Figure, level: str, period: int = NOW) -> dict[str, Value]:
    """Every unit's value with its interval, in the order of their names; units without a row are left out.

    `level` ``national`` = all rows together.
    """
    if figure.estimates and period == NOW:
        return {unit: value for (held, unit), value in sorted(figure.estimates.items()) if held == level}
    used = figure.used(period)
    if level == NATIONAL:
        return {NATIONAL: value_of(figure, used)}
    names = figure.names(level)
    found: dict[str, Value] = {}
    order = np.argsort(names.codes, kind="stable")
    starts = np.searchsorted(names.codes[order], np.arange(len(names.names) + 1))
    for index, name in enumerate(names.names):
        mine = order[starts[index] : starts[index + 1]]
        mine = mine[used[mine]]
        if len(mine):
            found[name] = value_of(_of_rows(figure, mine), np.ones(len(mine), bool))
    return found


def _of_rows(figure: Figure, rows: Codes) -> Figure:
    """The figure of some rows alone, with the clusters they have."""
    held = figure.rows
    cluster = figure.names(figure.cluster)
    units = {figure.cluster: Names(cluster.names, cluster.codes[rows])}
    if figure.cluster == DAY:
        units = {}
    part = Rows(held.when[rows], held.period[rows], units, (), held.has_hour[rows])
    return Figure(
        figure.id,
        figure.title,
        figure.unit,
        part,
        figure.numerator[rows],
        figure.denominator[rows],
        figure.bad,
        figure.scale,
        figure.share,
        figure.cluster,
        figure.span,
        figure.digits,
    )


def change(figure: Figure, one: Flags, other: Flags) -> Difference | None:
    """The figure over some rows less that over others, scaled, by clusters; None where either has fewer than two."""
    if not one.any() or not other.any():
        return None
    found = difference(clustered(figure, one), clustered(figure, other))
    if found is None:
        return None
    scale = figure.scale
    return Difference(
        scale * found.value,
        scale * found.low,
        scale * found.high,
        found.above,
        found.below,
    )


def whole(figures: Sequence[Figure], period: int = NOW) -> list[Value]:
    """Each figure over all rows of a period."""
    return [value_of(figure, figure.used(period)) for figure in figures]
