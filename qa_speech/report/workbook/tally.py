"""What the calls of a workbook come to: counted while they pass, none of them kept."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from qa_speech.report.workbook.figures import Figure
from qa_speech.scorecard.deductions import is_deduction, points_lost
from qa_speech.scores import CriterionScore
from qa_speech.stats.intervals import Interval, mean_interval, wilson
from qa_speech.store.base import Result
from qa_speech.store.records import FAILED, OK, AlarmRow, CriterionRow, ResultRow
from qa_speech.tables.dates import known

LOWEST, MIDDLE, HIGHEST = 10, 50, 90
"""Percentiles that a figure is told by."""
BIN = 10
"""Points of a column of the histogram; the last one holds the full score too."""
HIGHEST_TOTAL = 100


def criterion_of(row: CriterionRow) -> CriterionScore:
    """A criterion as the store keeps it, without its evidence and what a card says of it."""
    return CriterionScore(
        id=row.id or "",
        title=row.title or "",
        section=row.section or "",
        outcome=row.outcome or "not_measured",  # type: ignore[arg-type]  # a stored code is one of them
        points=row.points,
        possible=row.possible or 0.0,
        pending=bool(row.pending),
        fatal=row.fatal or "",
        severity=row.severity or "",
        reason=row.reason or "",
    )


def wrong_of(row: ResultRow) -> list[CriterionRow]:
    """What cost points or would, gravest first: as `scorecard.deductions` has it, of a stored row."""
    found = [one for one in row.criteria or () if is_deduction(criterion_of(one))]
    return sorted(found, key=lambda one: (not one.fatal, bool(one.pending), -points_lost(criterion_of(one))))


def rang(row: ResultRow) -> list[AlarmRow]:
    """The alarms that rang."""
    return [alarm for alarm in row.alarms or () if alarm.raised]


def is_fatal(row: ResultRow) -> bool:
    """Whether a fatal criterion failed, and no person has yet to say so."""
    return any(one.fatal and not one.pending for one in wrong_of(row))


@dataclass
class Group:
    """The calls of an agent, or all of them."""

    calls: int = 0
    alarms: int = 0
    fatal: int = 0
    to_review: int = 0
    passed: int = 0
    judged: int = 0
    totals: array[float] = field(default_factory=lambda: array("d"))
    lost: Counter[str] = field(default_factory=Counter)
    """Calls in which a criterion cost points, by its title."""

    def add(self, row: ResultRow) -> None:
        """One call more."""
        self.calls += 1
        self.alarms += bool(rang(row))
        self.fatal += is_fatal(row)
        self.to_review += row.to_review or 0
        if row.total is not None:
            self.totals.append(row.total)
        if row.passed is not None:
            self.judged += 1
            self.passed += row.passed
        self.lost.update(one.title or "" for one in wrong_of(row) if not one.pending)

    @property
    def mean(self) -> Interval | None:
        """Mean of the totals, 0–100, with what it may be by chance."""
        return mean_interval(np.asarray(self.totals), low=0.0, high=HIGHEST_TOTAL) if self.totals else None

    @property
    def pass_rate(self) -> Interval | None:
        """Share of the calls passed (0–1), with what it may be by chance."""
        return wilson(self.passed, self.judged)


@dataclass
class Criterion:
    """How one criterion came out; `lost` in points."""

    title: str
    judged: int = 0
    wrong: int = 0
    pending: int = 0
    lost: float = 0.0


@dataclass
class Tally:
    """All calls, by what a workbook tells of them. `figures` are those it shows; one that nobody measured is left out."""

    figures: Mapping[str, Figure]
    all: Group = field(default_factory=Group)
    ok: int = 0
    failed: int = 0
    first_day: str = ""
    last_day: str = ""
    metadata: set[str] = field(default_factory=set)
    agents: dict[tuple[str, str], Group] = field(default_factory=dict)
    criteria: dict[str, Criterion] = field(default_factory=dict)
    alarms: Counter[str] = field(default_factory=Counter)
    bands: dict[str, list[float]] = field(default_factory=dict)
    """Band → how many calls, and the best total in it."""
    no_total: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    cards: Counter[tuple[str, int]] = field(default_factory=Counter)
    histogram: list[int] = field(default_factory=lambda: [0] * (HIGHEST_TOTAL // BIN))
    values: dict[str, array[float]] = field(default_factory=dict)
    unmeasured: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        """One call more."""
        row = result.row
        self.metadata.update(result.metadata)
        self._day(result.metadata.get("started_at", ""))
        self.ok += row.status == OK
        if row.status == FAILED:
            self.failed += 1
            self.errors[row.error or ""] += 1
            return
        self.all.add(row)
        agent = result.metadata.get("agent", ""), result.metadata.get("team", "")
        if agent[0]:
            self.agents.setdefault(agent, Group()).add(row)
        self.alarms.update(alarm.title or "" for alarm in rang(row))
        self._score(row)
        self._figures(row)

    def _day(self, started_at: str) -> None:
        moment = known(started_at) if started_at else None
        if moment is None:
            return
        day = moment.day.isoformat()
        self.first_day = min(self.first_day or day, day)
        self.last_day = max(self.last_day, day)

    def _score(self, row: ResultRow) -> None:
        if row.scorecard is not None:
            self.cards[row.scorecard, row.scorecard_version or 0] += 1
        if row.total is None:
            self.no_total[row.reason or ""] += 1
        else:
            place = min(int(row.total) // BIN, len(self.histogram) - 1)
            self.histogram[place] += 1
            if row.band:
                band = self.bands.setdefault(row.band, [0, row.total])
                band[0] += 1
                band[1] = max(band[1], row.total)
        for one in row.criteria or ():
            self._criterion(one)

    def _criterion(self, one: CriterionRow) -> None:
        counted = self.criteria.setdefault(one.id or "", Criterion(one.title or ""))
        if one.outcome not in ("pass", "partial", "fail"):
            return
        counted.judged += 1
        judged = criterion_of(one)
        if not is_deduction(judged):
            return
        if one.pending:
            counted.pending += 1
        else:
            counted.wrong += 1
            counted.lost += points_lost(judged)

    def _figures(self, row: ResultRow) -> None:
        for name in self.figures:
            value = row.figures.get(name)
            if value is None:
                self.unmeasured[name] += 1
            else:
                self.values.setdefault(name, array("d")).append(value)

    def measured(self) -> list[Figure]:
        """The figures that at least one call has, in their order."""
        return [figure for name, figure in self.figures.items() if name in self.values]

    def worst_criteria(self) -> Iterable[Criterion]:
        """Those that cost anything or may, by the points lost, then by how often."""
        costly = [one for one in self.criteria.values() if one.wrong or one.pending]
        return sorted(costly, key=lambda one: (-one.lost, -one.wrong, -one.pending))

    def percentiles(self, name: str) -> tuple[float, float, float]:
        """The lowest tenth, the middle and the highest tenth of a figure."""
        low, middle, high = np.percentile(np.asarray(self.values[name]), (LOWEST, MIDDLE, HIGHEST))
        return float(low), float(middle), float(high)
