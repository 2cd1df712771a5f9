"""The standard data model: what one tier hands up to the next, and other systems may read or write.

No word that was said, no sound, no customer, no person's name but agents' numbers; times to the hour.

Org      who belongs where, from which day on           Call      a call: who took it, when, how long
Score    what it scored, criterion by criterion         Mark      what a person decided about a criterion
Measure  a row of another list as numbers: call records, survey answers, problems
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

SCHEMA = 1


class Head(msgspec.Struct, frozen=True, tag_field="type", tag="head"):
    """First line of a hand-over: of which unit and period it is, whose outcomes count, and what had to be left out."""

    unit: str
    period: str
    previous: str
    marks: str
    schema: int = SCHEMA
    criteria: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    bad_rows: int = 0


class Org(msgspec.Struct, frozen=True, tag_field="type", tag="org"):
    """A unit that moved: an agent to another team, a team to another city, from a day on (``2026-11-16``)."""

    level: Literal["agent", "team"]
    name: str
    before: str
    after: str
    since: str


class Call(msgspec.Struct, frozen=True, tag_field="type", tag="call"):
    """A call by its number in this hand-over; `started` to the hour (``2026-11-03T09``) or the day, "" = not told."""

    number: int
    started: str = ""
    agent: str = ""
    team: str = ""
    city: str = ""
    province: str = ""
    queue: str = ""
    duration_s: float | None = None


class Judged(msgspec.Struct, frozen=True, array_like=True):
    """One criterion of a score: its id, outcome (pass, partial, fail, pending), points lost and possible."""

    id: str
    outcome: str
    lost: float
    possible: float


class Score(msgspec.Struct, frozen=True, tag_field="type", tag="score"):
    """The score of a call, in points; criteria that do not apply or could not be judged are left out.

    `figures` are named as in runs.
    """

    call: int
    total: float | None = None
    passed: bool | None = None
    band: str = ""
    reliable: bool = True
    to_review: int = 0
    criteria: tuple[Judged, ...] = ()
    figures: Mapping[str, float] = {}


class Mark(msgspec.Struct, frozen=True, tag_field="type", tag="mark"):
    """What a person decided about one criterion of a call, and what the machine had said; no name, no reason."""

    call: int
    criterion: str
    stage: str
    outcome: str
    machine_outcome: str = ""
    points: float | None = None
    at: str = ""


class Measure(msgspec.Struct, frozen=True, tag_field="type", tag="measure"):
    """A row of another list. `values` numbers by name (1 yes, 0 no; seconds, hours), `labels` codes.

    cdr: answered, wait_s, talk_s, handled_s, again. survey: overall, and each theme. tickets: complaint, repeats, handled_h,
    proposed, corrected, and columns of their own; labels list, cause, kind.
    """

    source: Literal["cdr", "survey", "tickets"]
    started: str = ""
    call: int | None = None
    agent: str = ""
    team: str = ""
    city: str = ""
    province: str = ""
    queue: str = ""
    values: Mapping[str, float] = {}
    labels: Mapping[str, str] = {}


Line: TypeAlias = Head | Org | Call | Score | Mark | Measure
TYPES = (Head, Org, Call, Score, Mark, Measure)
