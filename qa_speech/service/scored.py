"""Scored calls of runs → columns, row by row: nothing of a call stays in memory but its numbers."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.service.catalogue import WANTED
from qa_speech.service.columns import (
    FAILED,
    NOT_JUDGED,
    PART,
    PASSED,
    PENDING,
    QUEUE,
    Calls,
    Criterion,
    Rows,
    names_of,
    periods,
)
from qa_speech.service.org import units_of
from qa_speech.service.records import Window
from qa_speech.store.brief import Brief
from qa_speech.store.records import FORGOTTEN, OK
from qa_speech.tables import dates

CODES = {"pass": PASSED, "partial": PART, "fail": FAILED}
AT_ONCE = 4096
"""Calls whose criteria are turned into numbers together."""
PLAIN = ("duration_s", "total", "passed", "to_review")
TIMING = frozenset(("silence", "talk:agent", "response", "interruption:agent"))
"""Metrics whose low reliability makes that of the score low: they time who speaks when."""


class Judged(NamedTuple):
    """Criteria of some calls of one scorecard, calls × criteria: outcomes as codes, points lost and possible, the second of the
    first proof (nan = none); `calls` are the places of the calls."""

    names: tuple[str, ...]
    calls: tuple[int, ...]
    outcomes: npt.NDArray[np.int8]
    lost: npt.NDArray[np.float32]
    possible: npt.NDArray[np.float32]
    place_s: npt.NDArray[np.float32]


class Scored(NamedTuple):
    """What was read of runs: numbers by call, criteria by scorecard, how many calls of each run failed."""

    ids: list[str]
    metadata: list[Mapping[str, str]]
    sources: list[str]
    numbers: dict[str, array[float]]
    reliable: list[bool]
    bands: list[str]
    criteria: dict[str, str]
    judged: list[Judged]
    failed: dict[str, int]


def read_scored(briefs: Iterable[tuple[str, Brief]]) -> Scored:
    """Read calls of runs, each with the name of its run; what did not work is counted."""
    numbers = {name: array("d") for name in (*PLAIN, *WANTED)}
    found = Scored([], [], [], numbers, [], [], {}, [], {})
    waiting: dict[tuple[str, ...], list[tuple[int, Brief]]] = {}
    for source, brief in briefs:
        if brief.status not in (OK, FORGOTTEN):
            found.failed[source] = found.failed.get(source, 0) + 1
            continue
        found.ids.append(brief.id)
        found.metadata.append(brief.metadata)
        found.sources.append(source)
        found.reliable.append(not TIMING.intersection(brief.low_reliability))
        found.bands.append(brief.band or "")
        _numbers(found, brief)
        held = waiting.setdefault(tuple(brief.titles), [])
        held.append((len(found.ids) - 1, brief))
        if len(held) == AT_ONCE:
            _keep(found, held)
            held.clear()
    for held in waiting.values():
        _keep(found, held)
    return found


def _numbers(found: Scored, brief: Brief) -> None:
    passed = None if brief.total is None or brief.passed is None else float(brief.passed)
    values = (
        brief.duration_s,
        brief.total,
        passed,
        float(brief.to_review or 0),
        *brief.figures,
    )
    for column, value in zip(found.numbers.values(), values, strict=True):
        column.append(np.nan if value is None else value)


def _keep(found: Scored, held: Sequence[tuple[int, Brief]]) -> None:
    """Keep the criteria of calls of one scorecard as numbers."""
    if not held or not held[0][1].titles:
        return
    titles = held[0][1].titles
    for name, title in titles.items():
        found.criteria.setdefault(name, title)
    briefs = [brief for _, brief in held]
    codes = np.array(
        [[CODES.get(outcome or "", NOT_JUDGED) for outcome in one.outcomes] for one in briefs],
        np.int8,
    )
    waits = np.array([one.pending for one in briefs], float) == 1
    codes[waits & (codes != NOT_JUDGED)] = PENDING
    possible = np.nan_to_num(np.array([one.possible for one in briefs], float))
    points = np.array([one.points for one in briefs], float)
    lost = np.maximum(0.0, possible - np.where(np.isnan(points), possible, points))
    judged = codes != NOT_JUDGED
    found.judged.append(
        Judged(
            tuple(titles),
            tuple(number for number, _ in held),
            codes,
            np.where(judged, lost, 0.0).astype(np.float32),
            np.where(judged, possible, 0.0).astype(np.float32),
            np.array([one.starts for one in briefs], float).astype(np.float32),
        )
    )


def calls_of(found: Scored, window: Window) -> Calls:
    """Columns of the calls; what the run does not say of a call is taken from the call records."""
    rows = _rows(found, window)
    shape = len(found.ids), len(found.criteria)
    place = {name: index for index, name in enumerate(found.criteria)}
    outcomes = np.zeros(shape, np.int8)
    lost, possible = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    seconds = np.full(shape, np.nan, np.float32)
    for one in found.judged:
        where = np.ix_(one.calls, [place[name] for name in one.names])
        outcomes[where], lost[where], possible[where], seconds[where] = (
            one.outcomes,
            one.lost,
            one.possible,
            one.place_s,
        )
    numbers = {name: np.array(column, float) for name, column in found.numbers.items()}
    figures = {name: numbers[name].astype(np.float32) for name in WANTED if not np.isnan(numbers[name]).all()}
    return Calls(
        rows=rows,
        duration_s=numbers["duration_s"],
        total=numbers["total"],
        passed=numbers["passed"],
        band=names_of(found.bands),
        reliable=np.array(found.reliable, bool),
        to_review=numbers["to_review"],
        criteria=tuple(Criterion(name, title) for name, title in found.criteria.items()),
        outcomes=outcomes,
        lost=lost,
        possible=possible,
        place_s=seconds,
        figures=figures,
        sources=names_of(found.sources),
    )


def _rows(found: Scored, window: Window) -> Rows:
    told: dict[str, list[str]] = {field: [] for field in ("agent", "team", "city", "province", QUEUE)}
    stamps: list[str] = []
    for call, metadata in zip(found.ids, found.metadata, strict=True):
        known = window.known.get(call, {})
        for field, column in told.items():
            column.append(metadata.get(field, "") or known.get(field, ""))
        stamps.append(known.get("started_at", ""))
    when = np.array([stamp or "NaT" for stamp in stamps], "M8[s]")
    units = units_of(window.org, when, told)
    units[QUEUE] = names_of(told[QUEUE])
    has_hour = np.array(["T" in stamp for stamp in stamps], bool)
    return Rows(
        when,
        periods(when, window.period, window.previous),
        units,
        found.ids,
        has_hour,
    )


def started(text: str) -> str:
    """When a call began, as metadata tell it: ISO 8601 to the second, its day alone where no hour is told, "" where nothing is.

    >>> started("20261103-0915"), started("2026/11/3"), started("")
    ('2026-11-03T09:15:00', '2026-11-03', '')
    """
    moment = dates.known(text) if text else None
    if moment is None:
        return ""
    if moment.clock is None:
        return moment.day.isoformat()
    return f"{moment.day.isoformat()}T{moment.clock.strftime('%H:%M:%S')}"
