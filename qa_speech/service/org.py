"""Who belonged where on which day: agent → team → city → province, with the days on which something changed."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from qa_speech.service.columns import (
    AGENT,
    CITY,
    LEVELS,
    PROVINCE,
    TEAM,
    Move,
    Names,
    Times,
    names_of,
)

EVER = dt.date(1970, 1, 1)
"""Since when a line without a day holds."""


class Place(NamedTuple):
    """Where an agent, or a team, belongs from a day on; "" = not told."""

    since: dt.date
    team: str = ""
    city: str = ""
    province: str = ""


class Org(NamedTuple):
    """Places of agents and of teams, each in the order of time; the province of each city."""

    agents: Mapping[str, Sequence[Place]]
    teams: Mapping[str, Sequence[Place]]
    provinces: Mapping[str, str]

    def place(self, agent: str, team: str, day: dt.date) -> Place:
        """Where an agent belonged on a day; what the lines of agents do not say, those of teams do.

        >>> org = org_of([OrgLine(EVER, "1001", "A组", "", ""), OrgLine(EVER, "", "A组", "东江市", "东省")])
        >>> org.place("1001", "", dt.date(2026, 11, 3))[1:]
        ('A组', '东江市', '东省')
        """
        own = _at(self.agents.get(agent, ()), day)
        team = own.team or team
        shared = _at(self.teams.get(team, ()), day)
        city = own.city or shared.city
        return Place(
            own.since,
            team,
            city,
            own.province or shared.province or self.provinces.get(city, ""),
        )


NOBODY = Org({}, {}, {})


class OrgLine(NamedTuple):
    """A line of the list: an agent (or "" = a whole team) and where he belongs from a day on."""

    since: dt.date
    agent: str
    team: str
    city: str
    province: str


def _at(places: Sequence[Place], day: dt.date) -> Place:
    """The last place on or before a day; the first one for days before all of them."""
    found = places[0] if places else Place(EVER)
    for one in places:
        if one.since <= day:
            found = one
    return found


def org_of(lines: Iterable[OrgLine]) -> Org:
    """The organisation that the lines of a list tell of, in any order."""
    agents: dict[str, list[Place]] = {}
    teams: dict[str, list[Place]] = {}
    provinces: dict[str, str] = {}
    for line in sorted(lines, key=lambda one: one.since):
        place = Place(line.since, line.team, line.city, line.province)
        if line.agent:
            agents.setdefault(line.agent, []).append(place)
        elif line.team:
            teams.setdefault(line.team, []).append(place)
        if line.city and line.province:
            provinces[line.city] = line.province
    return Org(agents, teams, provinces)


def units_of(org: Org, when: Times, told: Mapping[str, Sequence[str]]) -> dict[str, Names]:
    """The units of rows: what the organisation says of the agent on that day, else what the row says itself.

    Parameters
    ----------
    told
        For each level the texts of the rows, "" = not told.
    """
    count = len(when)
    blank = [""] * count
    agents, teams = told.get(AGENT, blank), told.get(TEAM, blank)
    cities, provinces = told.get(CITY, blank), told.get(PROVINCE, blank)
    days = when.astype("M8[D]").tolist()
    known: dict[tuple[str, str, dt.date | None], Place] = {}
    columns: tuple[list[str], list[str], list[str]] = ([], [], [])
    for agent, team, city, province, day in zip(agents, teams, cities, provinces, days, strict=True):
        key = (agent, team, day)
        place = known.get(key)
        if place is None:
            place = known[key] = org.place(agent, team, day or EVER)
        own_city = place.city or city
        columns[0].append(place.team or team)
        columns[1].append(own_city)
        columns[2].append(place.province or province or org.provinces.get(own_city, ""))
    found = {AGENT: names_of(agents)}
    found |= {level: names_of(column) for level, column in zip(LEVELS[1:], columns, strict=True)}
    return found


class _Step(NamedTuple):
    """Two places one after the other, the second within the days asked for."""

    name: str
    before: Place
    after: Place


def moves(org: Org, first: dt.date, last: dt.date) -> tuple[Move, ...]:
    """Teams whose city changed between two days, both included, and agents whose team did."""
    found = [*_team_moves(org, first, last)]
    moved = {one.name for one in found}
    for step in _steps(org.agents, first, last):
        before, after = step.before.team, step.after.team
        if before and after != before and after not in moved:
            found.append(Move(AGENT, step.name, before, after, step.after.since))
    return tuple(sorted(found, key=_teams_first))


def _teams_first(one: Move) -> tuple[bool, dt.date, str]:
    return one.level != TEAM, one.day, one.name


def _steps(
    held: Mapping[str, Sequence[Place]],
    first: dt.date,
    last: dt.date,
) -> Iterator[_Step]:
    """Every change of place between two days."""
    for name, places in held.items():
        for before, after in pairwise(places):
            if first <= after.since <= last:
                yield _Step(name, before, after)


def _team_moves(org: Org, first: dt.date, last: dt.date) -> Iterator[Move]:
    """Lines of whole teams, and of agents where most of a team change their city on one day."""
    seen: set[str] = set()
    for step in _steps(org.teams, first, last):
        before, after = step.before.city, step.after.city
        if before and after != before:
            seen.add(step.name)
            yield Move(TEAM, step.name, before, after, step.after.since)
    sizes: dict[str, int] = {}
    for places in org.agents.values():
        team = places[-1].team
        sizes[team] = sizes.get(team, 0) + 1
    counts: dict[Move, int] = {}
    for step in _steps(org.agents, first, last):
        before, after = step.before.city, step.after.city
        same_team = step.before.team == step.after.team
        if same_team and before and after != before:
            move = Move(TEAM, step.after.team, before, after, step.after.since)
            counts[move] = counts.get(move, 0) + 1
    for move, count in counts.items():
        if move.name not in seen and 2 * count > sizes.get(move.name, 0):
            yield move


def days_in(period: str) -> tuple[dt.date, dt.date]:
    """First and last day of a month.

    >>> days_in("2026-11")
    (datetime.date(2026, 11, 1), datetime.date(2026, 11, 30))
    """
    first = dt.date.fromisoformat(f"{period}-01")
    return first, first.replace(day=monthrange(first.year, first.month)[1])
