"""A month as columns. Every list of the department, and the scored calls themselves, are rows with a time and with units.

units      agent, team, city, province, queue … of each row, as codes into a tuple of names
period     NOW the month reported, BEFORE the one it is compared with, OUTSIDE every other row (counted, never used)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.intp]
Flags: TypeAlias = npt.NDArray[np.bool_]
Times: TypeAlias = npt.NDArray[np.datetime64]

NOW, BEFORE, OUTSIDE = 0, 1, 2
AGENT, TEAM, CITY, PROVINCE, QUEUE, HOUR, DAY = "agent", "team", "city", "province", "queue", "hour", "day"
LEVELS = (AGENT, TEAM, CITY, PROVINCE)
"""From the smallest unit of an organisation to the largest."""
NATIONAL = "national"
UNKNOWN = -1
"""Code of a row whose unit is not known."""


class Names(NamedTuple):
    """A column of names: `codes` into `names`, −1 where a row has none."""

    names: tuple[str, ...]
    codes: Codes

    def taken(self, rows: Codes | Flags) -> Names:
        """The same for some of the rows."""
        return Names(self.names, self.codes[rows])


def names_of(values: Iterable[str]) -> Names:
    """A column from texts, in the order of the texts as sorted; "" is not known.

    >>> found = names_of(["1037", "", "1001", "1037"])
    >>> found.names, found.codes.tolist()
    (('1001', '1037'), [1, -1, 0, 1])
    """
    given = list(values)
    names = sorted(set(given) - {""})
    place = {name: index for index, name in enumerate(names)}
    codes = np.fromiter((place.get(name, UNKNOWN) for name in given), np.intp, len(given))
    return Names(tuple(names), codes)


@dataclass(frozen=True, slots=True)
class Rows:
    """What every list has: `when` (to the second, NaT where not told), `period`, `units` by level, `calls` = call ids ("" = none),
    `has_hour` False where a row tells its day alone."""

    when: Times
    period: Codes
    units: Mapping[str, Names]
    calls: Sequence[str]
    has_hour: Flags

    def __len__(self) -> int:
        return len(self.when)

    def unit(self, level: str) -> Names:
        """The column of a level; all unknown where the rows have none."""
        return self.units.get(level) or Names((), np.full(len(self), UNKNOWN, np.intp))

    def count(self, period: int) -> int:
        """How many rows lie in a period."""
        return int((self.period == period).sum())


class Criterion(NamedTuple):
    """A criterion of the scorecard."""

    id: str
    title: str


NOT_JUDGED, PASSED, FAILED, PART, PENDING = 0, 1, 2, 3, 4
"""Codes of outcomes: a fail that waits for a person is neither passed nor failed."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Scored calls.

    `total` points, nan = none; `passed` 1, 0, nan; `reliable` False = timing measured with low reliability; `outcomes`,
    `lost`, `possible` (points) and `place_s` (second of the first proof, nan = none) are calls × criteria; `figures` columns of
    the run by name, nan = not measured; `sources` the run that each call comes from.
    """

    rows: Rows
    duration_s: Array
    total: Array
    passed: Array
    band: Names
    reliable: Flags
    to_review: Array
    criteria: tuple[Criterion, ...]
    outcomes: npt.NDArray[np.int8]
    lost: npt.NDArray[np.float32]
    possible: npt.NDArray[np.float32]
    place_s: npt.NDArray[np.float32]
    figures: Mapping[str, npt.NDArray[np.float32]]
    sources: Names


@dataclass(frozen=True, slots=True)
class Records:
    """Call records (话单): `answered` 1, 0, nan = given up in the IVR; seconds, nan = not told;
    `again` 1 = the same customer called again on the same cause within the days of the rules, nan = cannot be told."""

    rows: Rows
    answered: Array
    wait_s: Array
    talk_s: Array
    handled_s: Array
    again: Array


@dataclass(frozen=True, slots=True)
class Survey:
    """Answers: 1 satisfied, 0 not, nan = no valid answer; `invited` rows without an answer count for the response rate."""

    rows: Rows
    overall: Array
    themes: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Tickets:
    """Problem and complaint records. `kind` as written; `lists` and `causes` name the cause list and the cause's code;
    `proposed` = the cause was proposed from the text; `corrected` 1, 0, nan where both are known; `handled_h` hours;
    `repeats` 1 = a repeated complaint; `numbers` columns of their own, e.g. hand-overs; `texts` stay on this machine."""

    rows: Rows
    is_complaint: Flags
    kind: Names
    lists: Names
    causes: Names
    proposed: Flags
    corrected: Array
    handled_h: Array
    repeats: Flags
    numbers: Mapping[str, Array]
    texts: Sequence[str]


class Move(NamedTuple):
    """A team that belongs to another city, or an agent to another team, from a day on."""

    level: str
    name: str
    before: str
    after: str
    day: dt.date


class Words(NamedTuple):
    """A word, and in how many texts of each period it stands."""

    word: str
    now: int
    before: int
    calls: tuple[str, ...] = ()


class Source(NamedTuple):
    """A file or run that was read: rows used, outside both periods, and not readable; how many could be joined to what."""

    kind: str
    name: str
    now: int
    before: int
    outside: int
    bad: int
    joined: int | None = None
    joined_to: str = ""


class BadRow(NamedTuple):
    """A row that could not be read."""

    file: str
    row: int
    what: str


@dataclass(frozen=True, slots=True)
class Month:
    """All that a report is written from. `period` and `previous` ``2026-11`` ("" = none); `marks` says whose outcomes count;
    `text_counts` how many texts the words were counted in, now and before."""

    period: str
    previous: str
    marks: str
    calls: Calls | None = None
    records: Records | None = None
    survey: Survey | None = None
    tickets: Tickets | None = None
    moves: tuple[Move, ...] = ()
    words: tuple[Words, ...] = ()
    text_counts: tuple[int, int] = (0, 0)
    sources: tuple[Source, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()


def periods(when: Times, period: str, previous: str) -> Codes:
    """Which period each time lies in.

    >>> periods(np.array(["2026-11-30T23:59:59", "2026-10-01", "2026-12-01", "NaT"], "M8[s]"), "2026-11", "2026-10").tolist()
    [0, 1, 2, 2]
    """
    months = when.astype("M8[M]")
    found = np.full(len(when), OUTSIDE, np.intp)
    if previous:
        found[months == np.datetime64(previous)] = BEFORE
    found[months == np.datetime64(period)] = NOW
    return found


def month_before(period: str) -> str:
    """The month before.

    >>> month_before("2026-01")
    '2025-12'
    """
    return str(np.datetime64(period) - 1)


def hours_of(rows: Rows) -> Names:
    """The hour of each row, ``09``; unknown where only its day is told."""
    hour = (rows.when - rows.when.astype("M8[D]")).astype("m8[h]").astype(float)
    known = rows.has_hour & ~np.isnat(rows.when)
    codes = np.where(known, np.nan_to_num(hour), UNKNOWN).astype(np.intp)
    return Names(tuple(f"{number:02}" for number in range(24)), codes)


def days_of(rows: Rows) -> Names:
    """The day of each row, ``2026-11-03``."""
    days, codes = np.unique(rows.when.astype("M8[D]"), return_inverse=True)
    held = np.where(np.isnat(rows.when), UNKNOWN, codes)
    return Names(tuple(str(day) for day in days), held.astype(np.intp))


def weekdays_of(rows: Rows) -> Codes:
    """0 Monday … 6 Sunday; −1 without a time."""
    days = rows.when.astype("M8[D]").astype(np.int64)
    return np.where(np.isnat(rows.when), UNKNOWN, (days + 3) % 7).astype(np.intp)
