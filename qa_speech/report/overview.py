"""What the calls of an index come to, to be looked at before any of them: totals, agents, criteria, hours of the day.

Shares of drawings are in %, of the widest or highest of their kind; totals are 0–100 and drawn as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qa_speech.report.charts import percent
from qa_speech.report.index_rows import IndexRow
from qa_speech.stats.intervals import mean_interval
from qa_speech.wording import terms

STEP = 10
"""Points that a bar of the histogram is wide."""
HOURS = 24
LEAST_CALLS = 2
"""Calls with a total that an agent needs to be listed: of one alone nothing can be said."""


class Bar(NamedTuple):
    """How many calls have a total from `low` up to `high` points."""

    low: int
    high: int
    calls: int
    height: float


class AgentRow(NamedTuple):
    """An agent: calls with a total, their mean and how far it may be chance (95 % interval), in points."""

    name: str
    calls: int
    mean: float
    low: float
    high: float
    text: str


class CriterionRow(NamedTuple):
    """A criterion over all calls: the calls in which it cost points, points in all, calls in which it waits for a person."""

    title: str
    calls: int
    points: str
    pending: int
    width: float


class HourRow(NamedTuple):
    """An hour of the day: calls that began in it, and the mean of their totals (None where none has one)."""

    hour: int
    calls: int
    mean: float | None
    text: str
    height: float


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands above the list. Without agents or hours in the metadata, none are shown; agents come in the order of what
    is sure: first whose interval ends lowest. `few` agents have too few calls to be listed."""

    histogram: tuple[Bar, ...]
    agents: tuple[AgentRow, ...]
    few: int
    criteria: tuple[CriterionRow, ...]
    hours: tuple[HourRow, ...]


def overview(rows: Sequence[IndexRow]) -> Overview:
    """What these calls come to."""
    agents = _agents(rows)
    named = {row.agent for row in rows if row.agent}
    return Overview(
        histogram=tuple(_histogram(rows)),
        agents=tuple(agents),
        few=len(named) - len(agents),
        criteria=tuple(_criteria(rows)),
        hours=tuple(_hours(rows)),
    )


def _histogram(rows: Iterable[IndexRow]) -> list[Bar]:
    totals = [row.total for row in rows if row.total is not None]
    if not totals:
        return []
    counts = [0] * (100 // STEP)
    for total in totals:
        counts[min(int(total // STEP), len(counts) - 1)] += 1
    most = max(counts)
    return [Bar(STEP * place, STEP * (place + 1), count, percent(count, most)) for place, count in enumerate(counts)]


def _agents(rows: Iterable[IndexRow]) -> list[AgentRow]:
    totals: dict[str, list[float]] = {}
    for row in rows:
        if row.agent and row.total is not None:
            totals.setdefault(row.agent, []).append(row.total)
    found = [_agent(name, held) for name, held in totals.items() if len(held) >= LEAST_CALLS]
    return sorted(found, key=lambda one: (one.high, one.name))


def _agent(name: str, totals: list[float]) -> AgentRow:
    interval = mean_interval(totals, high=100.0)
    assert interval is not None
    mean, low, high = interval
    text = f"{terms.number(mean)}（{terms.number(low, 0)}–{terms.number(high, 0)}）"
    return AgentRow(name, len(totals), round(mean, 1), round(low, 1), round(high, 1), text)


def _criteria(rows: Iterable[IndexRow]) -> list[CriterionRow]:
    calls: Counter[str] = Counter()
    pending: Counter[str] = Counter()
    points: dict[str, float] = {}
    for row in rows:
        for lost in row.lost:
            calls[lost.title] += 1
            pending[lost.title] += lost.pending
            sure = 0.0 if lost.pending else lost.points
            points[lost.title] = points.get(lost.title, 0.0) + sure
    most = max(points.values(), default=0.0)
    titles = sorted(calls, key=lambda title: (-points[title], -calls[title], title))
    return [
        CriterionRow(title, calls[title], terms.number(points[title]), pending[title], percent(points[title], most))
        for title in titles
    ]


def _hours(rows: Iterable[IndexRow]) -> list[HourRow]:
    calls: Counter[int] = Counter()
    totals: dict[int, list[float]] = {}
    for row in rows:
        if row.hour is None:
            continue
        calls[row.hour] += 1
        if row.total is not None:
            totals.setdefault(row.hour, []).append(row.total)
    if not calls:
        return []
    most = max(calls.values())
    return [_hour(hour, calls[hour], totals.get(hour, []), most) for hour in range(HOURS)]


def _hour(hour: int, calls: int, totals: Sequence[float], most: int) -> HourRow:
    mean = None
    if totals:
        mean = sum(totals) / len(totals)
    return HourRow(hour, calls, mean, terms.optional(mean), percent(calls, most))
