"""The made-up months of `_made_month` as columns, without files: hundreds of them in a minute."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
from _made_month import (
    BAD_AGENT,
    CITIES,
    CITY_OF_TEAM,
    CRITERIA,
    MOVED_ON,
    MOVED_TEAM,
    MOVED_TO,
    PERIOD,
    PREVIOUS,
    PROVINCES,
    QUEUES,
    TEAMS,
    THEMES,
    Array,
    Codes,
    MadeMonth,
    Plan,
    agents_of,
    card_points,
    made,
    team_of,
)

from qa_speech.service.columns import (
    AGENT,
    CITY,
    FAILED,
    NOT_JUDGED,
    PASSED,
    PROVINCE,
    QUEUE,
    TEAM,
    Calls,
    Criterion,
    Month,
    Move,
    Names,
    Records,
    Rows,
    Survey,
    Tickets,
    names_of,
    periods,
)

__all__ = ["BAD_AGENT", "columns_of"]
PASS_MARK = 80.0


def columns_of(plan: Plan) -> Month:
    """The month and the one before as the columns that a report is written from."""
    months = made(plan)
    calls = _calls(plan, months)
    return Month(
        PERIOD,
        PREVIOUS,
        "machine",
        calls,
        _records(plan, months),
        _survey(plan, months),
        _tickets(plan, months),
        _moves(plan),
    )


def _moves(plan: Plan) -> tuple[Move, ...]:
    if not plan.planted:
        return ()
    before = CITIES[CITY_OF_TEAM[TEAMS.index(MOVED_TEAM)]]
    return (Move(TEAM, MOVED_TEAM, before, MOVED_TO, dt.date.fromisoformat(MOVED_ON)),)


def units_of(plan: Plan, agent: Codes, queue: Codes, when: np.ndarray) -> Mapping[str, Names]:
    """Who belonged where; −1 stays unknown."""
    team = np.where(agent < 0, -1, team_of(plan, np.maximum(agent, 0)))
    city = np.where(team < 0, -1, np.array(CITY_OF_TEAM)[np.maximum(team, 0)])
    if plan.planted:
        moved = (team == TEAMS.index(MOVED_TEAM)) & (when >= np.datetime64(MOVED_ON))
        city = np.where(moved, CITIES.index(MOVED_TO), city)
    names = sorted(set(PROVINCES.values()))
    province = np.array([names.index(PROVINCES[one]) for one in CITIES])
    return {
        AGENT: Names(agents_of(plan), agent),
        TEAM: Names(TEAMS, team),
        CITY: Names(CITIES, city),
        PROVINCE: Names(tuple(names), np.where(city < 0, -1, province[np.maximum(city, 0)])),
        QUEUE: Names(QUEUES, queue),
    }


def rows_of(plan: Plan, name: str, second: Codes, agent: Codes, queue: Codes) -> Rows:
    """Rows of one month."""
    when = np.datetime64(f"{name}-01", "s") + second.astype("m8[s]")
    units = units_of(plan, agent, queue, when)
    held = [f"{name}-{number:05}" for number in range(len(second))]
    return Rows(when, periods(when, PERIOD, PREVIOUS), units, held, np.ones(len(second), bool))


def stacked(parts: list[Rows]) -> Rows:
    """Rows of both months as one list."""
    units = {
        level: Names(parts[0].units[level].names, np.concatenate([one.units[level].codes for one in parts]))
        for level in parts[0].units
    }
    return Rows(
        np.concatenate([one.when for one in parts]),
        np.concatenate([one.period for one in parts]),
        units,
        [call for one in parts for call in one.calls],
        np.concatenate([one.has_hour for one in parts]),
    )


def _calls(plan: Plan, months: tuple[MadeMonth, MadeMonth]) -> Calls:
    points, titles = card_points()
    rows = stacked([rows_of(plan, one.name, one.calls.second, one.calls.agent, one.calls.queue) for one in months])
    outcome = np.concatenate([one.calls.outcome for one in months])
    judged = outcome > 0
    possible = judged * points[None, :]
    lost = (outcome == 2) * points[None, :]
    total = np.clip(100 * (1 - lost.sum(axis=1) / possible.sum(axis=1)), 0, 100)
    count = len(total)
    return Calls(
        rows=rows,
        duration_s=np.concatenate([one.calls.duration for one in months]),
        total=total,
        passed=(total >= PASS_MARK).astype(float),
        band=names_of(np.where(total >= 90, "优秀", np.where(total >= 80, "合格", "不合格")).tolist()),
        reliable=np.concatenate([one.calls.reliable for one in months]),
        to_review=np.zeros(count),
        criteria=tuple(Criterion(name, title) for name, title in zip(CRITERIA, titles, strict=True)),
        outcomes=np.array([NOT_JUDGED, PASSED, FAILED], np.int8)[outcome],
        lost=lost.astype(np.float32),
        possible=possible.astype(np.float32),
        place_s=np.full(outcome.shape, np.nan, np.float32),
        figures={},
        sources=names_of([""] * count),
    )


def _records(plan: Plan, months: tuple[MadeMonth, MadeMonth]) -> Records:
    rows, answered, wait, talk, handled, again = [], [], [], [], [], []
    for one in months:
        calls, lost = one.calls, one.lost
        size = len(lost.second)
        rows.append(rows_of(plan, one.name, calls.second, calls.agent, calls.queue))
        rows.append(rows_of(plan, one.name, lost.second, np.full(size, -1, np.intp), lost.queue))
        answered += [np.ones(len(calls.agent)), np.where(lost.ivr, np.nan, 0.0)]
        wait += [calls.wait, lost.wait]
        talk += [calls.duration, np.full(size, np.nan)]
        handled += [calls.duration + calls.hold + calls.wrap, np.full(size, np.nan)]
        _, first, count = np.unique(calls.customer, return_index=True, return_counts=True)
        again.append(np.isin(np.arange(len(calls.agent)), first[count > 1]).astype(float))
        again.append(np.full(size, np.nan))
    joined = [np.concatenate(column) for column in (answered, wait, talk, handled, again)]
    return Records(stacked(rows), *joined)


def _survey(plan: Plan, months: tuple[MadeMonth, MadeMonth]) -> Survey:
    rows, overall = [], []
    themes: list[Array] = []
    for one in months:
        calls, asked = one.calls, one.calls.invited
        rows.append(rows_of(plan, one.name, calls.second[asked], calls.agent[asked], calls.queue[asked]))
        overall.append(calls.satisfied[asked])
        themes.append(calls.themes[:, asked])
    held = np.concatenate(themes, axis=1)
    return Survey(stacked(rows), np.concatenate(overall), dict(zip(THEMES, held, strict=True)))


def _tickets(plan: Plan, months: tuple[MadeMonth, MadeMonth]) -> Tickets:
    rows = []
    for one in months:
        calls, of_call = one.calls, one.tickets.call
        rows.append(rows_of(plan, one.name, calls.second[of_call], calls.agent[of_call], calls.queue[of_call]))
    both = [one.tickets for one in months]
    complaint = np.concatenate([one.complaint for one in both])
    return Tickets(
        rows=stacked(rows),
        is_complaint=complaint,
        kind=names_of(np.where(complaint, "投诉", "报障").tolist()),
        lists=names_of([name for one in both for name in one.lists]),
        causes=names_of([code for one in both for code in one.true_causes]),
        proposed=np.array([code == "" for one in both for code in one.causes]),
        corrected=np.full(len(complaint), np.nan),
        handled_h=np.concatenate([one.hours for one in both]),
        repeats=np.concatenate([one.repeated for one in both]),
        numbers={"移交次数": np.concatenate([one.handovers for one in both]).astype(float)},
        texts=[""] * len(complaint),
    )
