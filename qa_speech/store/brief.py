"""The scores of a run in brief: what a month's figures are made of, without evidence, sections and keys. A hundred thousand calls
in seconds, where whole results take minutes.

briefs      of a store, by SQL           brief_of      of one result, e.g. under people's marks
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from qa_speech.store.base import QueryLimits, Result, Store
from qa_speech.store.records import CriterionRow

LISTS = """
    list_transform(criteria, lambda c: c.outcome) AS outcomes,
    list_transform(criteria, lambda c: c.pending) AS pending,
    list_transform(criteria, lambda c: c.points) AS points,
    list_transform(criteria, lambda c: c.possible) AS possible,
    list_transform(criteria, lambda c: c.places[1].start_s) AS starts"""
PLAIN = ("id", "status", "duration_s", "total", "passed", "band", "to_review", "low_reliability")


BULK = QueryLimits(rows=100_000_000, seconds=3600.0, memory_mb=500)
"""A whole run is asked for, not a question of somebody's."""


class Brief(NamedTuple):
    """One outcome. `duration_s` seconds, `total` and `points` points; `titles` names the criteria by id, in the order of the lists:
    `outcomes`, whether they are `pending`, points, possible points, the second of the first proof (None = none)."""

    id: str
    status: str
    duration_s: float | None
    total: float | None
    passed: bool | None
    band: str | None
    to_review: int | None
    low_reliability: Collection[str]
    titles: Mapping[str, str]
    outcomes: Collection[str | None]
    pending: Collection[bool | None]
    points: Collection[float | None]
    possible: Collection[float | None]
    starts: Collection[float | None]
    figures: Collection[float | None]
    metadata: Mapping[str, str]


def briefs(store: Store, figures: Collection[str]) -> Iterator[Brief]:
    """Every id's newest outcome in brief, in the order of the rows of work; `figures` are None where the run has none.

    >>> from qa_speech.pipeline import report
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.testing import FakeStore, make_call
    >>> from pathlib import Path
    >>> store = FakeStore(Path("run"))
    >>> part = store.append([record_of(report(make_call(agent=[(0, 2), (9, 12)], call_id="a")))])
    >>> [(one.id, one.figures) for one in briefs(store, ["silence_longest_s", "mood"])]
    [('a', (7.0, None))]
    """
    none = store.query("SELECT * FROM results LIMIT 0", BULK)
    held, _ = none.names, list(none.rows)
    shown = ", ".join(f'"{name}"' if name in held else "NULL" for name in figures)
    named = _titles(store)
    wanted = f"SELECT {', '.join(PLAIN)}, hash(list_transform(criteria, lambda c: c.id)) AS card, {LISTS}"
    if shown:
        wanted += f", {shown}"
    metadata = {row.id: row.metadata for row in store.rows()}
    plain, lists = len(PLAIN), len(PLAIN) + 1
    for values in store.query(f"{wanted} FROM results ORDER BY position, id", BULK).rows:
        outcomes, pending, points, possible, starts = (column or () for column in values[lists : lists + 5])
        call, status, duration_s, total, passed, band, to_review, low = values[:plain]
        yield Brief(
            call, status, duration_s, total, passed, band, to_review, low or (), named.get(values[plain], {}), outcomes, pending,
            points, possible, starts, values[lists + 5 :], metadata.get(call, {}),
        )  # fmt: skip


def _titles(store: Store) -> dict[int, Mapping[str, str]]:
    """The criteria of each card that was used, by the hash of their ids."""
    found: dict[int, Mapping[str, str]] = {}
    asked = """
        SELECT hash(list_transform(criteria, lambda c: c.id)), list_transform(criteria, lambda c: c.id),
            any_value(list_transform(criteria, lambda c: c.title))
        FROM results WHERE criteria IS NOT NULL GROUP BY ALL"""
    for number, ids, titles in store.query(asked, BULK).rows:
        found[number] = {name or "": title or name or "" for name, title in zip(ids, titles, strict=True)}
    return found


def brief_of(result: Result, figures: Collection[str]) -> Brief:
    """A result in brief."""
    row = result.row
    criteria: tuple[CriterionRow, ...] = row.criteria or ()
    return Brief(
        row.id,
        row.status or "",
        row.duration_s,
        row.total,
        row.passed,
        row.band,
        row.to_review,
        row.low_reliability or (),
        {one.id or "": one.title or one.id or "" for one in criteria},
        [one.outcome for one in criteria],
        [one.pending for one in criteria],
        [one.points for one in criteria],
        [one.possible for one in criteria],
        [one.places[0].start_s if one.places else None for one in criteria],
        tuple(row.figures.get(name) for name in figures),
        result.metadata,
    )
