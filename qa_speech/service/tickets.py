"""Records of problems and complaints: the list → columns. A cause is that which was given, else one proposed from the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qa_speech.errors import problem
from qa_speech.service.columns import Array, Tickets, names_of
from qa_speech.service.lists import (
    Gathered,
    RowError,
    filled,
    gathered,
    moment_of,
    number_of,
    other_columns,
)
from qa_speech.service.records import Window, rows_of
from qa_speech.service.rules import CauseList, Rules
from qa_speech.settings import Tables
from qa_speech.tables.reading import Line

COMPLAINT = ("投诉", "申诉", "complaint")
"""A kind that holds one of these is a complaint."""
LARGEST = 100_000.0
"""Numbers from here on are numbers of something, not a count or a length."""
S_PER_H = 3600.0


class Caused(NamedTuple):
    """Where a record belongs; `proposed` = from its words."""

    held: str
    cause: str
    proposed: bool


class Causes:
    """The cause lists as they are looked up: by code or name, and by words."""

    def __init__(self, lists: Sequence[CauseList]) -> None:
        self.lists = lists
        self._by_name: dict[str, list[tuple[CauseList, str]]] = {}
        for held in lists:
            for cause in held.causes:
                for name in {cause.code.casefold(), cause.name.casefold()}:
                    self._by_name.setdefault(name, []).append((held, cause.code))

    def given(self, held: str, cause: str, text: str) -> Caused:
        """Where a record with a cause belongs.

        Raises
        ------
        RowError
            The list or the cause is not among those of the rules.
        """
        wanted = self._list(held)
        found = self._by_name.get(cause.strip().casefold(), [])
        if wanted is not None:
            found = [pair for pair in found if pair[0].id == wanted.id]
        if not found:
            raise RowError(problem("no cause of the lists; add it to causes-*.toml, or correct it"))
        if len(found) > 1:  # 其它 stands in every list
            near = self._nearest(text)
            found = [pair for pair in found if pair[0].id == near.id] or found
        return Caused(found[0][0].id, found[0][1], False)

    def proposed(self, held: str, text: str) -> Caused:
        """Where a record without a cause seems to belong, by the words in its text; 其它 where none tells."""
        wanted = self._list(held) or self._nearest(text)
        counts = [(sum(word in text for word in cause.words), cause.code) for cause in wanted.causes]
        most, code = max(counts, key=lambda pair: pair[0])
        return Caused(wanted.id, code if most else wanted.other, True)

    def _list(self, name: str) -> CauseList | None:
        if not name.strip():
            return None
        found = next(
            (one for one in self.lists if name.strip() in (one.id, one.title)),
            None,
        )
        if found is None:
            known = "、".join(one.title for one in self.lists)
            raise RowError(problem("no cause list of this name; there are: {known}", known=known))
        return found

    def _nearest(self, text: str) -> CauseList:
        """The list whose words the text holds most of; 服务 where none does."""
        service = next((one for one in self.lists if one.id == "service"), self.lists[0])
        return max(
            (service, *self.lists),
            key=lambda one: sum(word in text for word in _every_word(one)),
        )


def _every_word(held: CauseList) -> list[str]:
    return [
        *held.words,
        *(word for cause in held.causes for word in cause.words),
    ]


def read_tickets(path: Path, settings: Tables, rules: Rules) -> Gathered:
    """The lines of a list of problems that can be used.

    Raises
    ------
    ConfigError
        The file cannot be read or lacks a column.
    """
    causes = Causes(rules.causes)

    def check(line: Line) -> None:
        caused(line.values, causes)
        hours = line.values.get("handled_h", "")
        if hours and number_of(hours) is None:
            raise RowError(problem("hours of handling: not a number"))

    return gathered("tickets", path, settings, check)


def caused(values: Mapping[str, str], causes: Causes) -> Caused:
    """Where a line belongs.

    Raises
    ------
    RowError
        It names a list or a cause that there is not.
    """
    held, cause, text = (
        values.get("list", ""),
        values.get("cause", ""),
        values.get("text", ""),
    )
    if cause.strip():
        return causes.given(held, cause, text)
    return causes.proposed(held, text)


def tickets_of(found: Gathered, window: Window, rules: Rules, settings: Tables) -> Tickets:
    """Records of problems as columns."""
    calls = found.texts("call")
    causes = Causes(rules.causes)
    placed = [caused(line.values, causes) for line in found.lines]
    kinds = found.texts("kind")
    numbers: dict[str, Array] = {}
    for column in other_columns(found, "tickets"):
        held = filled(found, column)
        read = [number_of(text) for text in found.texts(column)]
        if held and sum(one is not None and abs(one) < LARGEST for one in read) == len(held):
            numbers[column] = np.array([np.nan if one is None else one for one in read], float)
    return Tickets(
        rows=rows_of(found, window, calls),
        is_complaint=np.array(
            [any(word in kind.lower() for word in COMPLAINT) for kind in kinds],
            bool,
        ),
        kind=names_of(kinds),
        lists=names_of([one.held for one in placed]),
        causes=names_of([one.cause for one in placed]),
        proposed=np.array([one.proposed for one in placed], bool),
        corrected=np.array(
            [_corrected(line, one, causes) for line, one in zip(found.lines, placed, strict=True)],
            float,
        ),
        handled_h=_handled(found, settings),
        repeats=np.array([bool(text) for text in found.texts("repeats")], bool),
        numbers=numbers,
        texts=found.texts("text"),
    )


def _corrected(line: Line, placed: Caused, causes: Causes) -> float:
    """1 where what the words propose is not what a person gave, 0 where it is, nan where either is missing."""
    text = line.values.get("text", "")
    if placed.proposed or not text:
        return np.nan
    return float(causes.proposed(placed.held, text).cause != placed.cause)


def _handled(found: Gathered, settings: Tables) -> Array:
    """Hours from the record to its end: as given, or of its two times; nan where it cannot be told."""
    hours: list[float] = []
    for line, when in zip(found.lines, found.when, strict=True):
        given = number_of(line.values.get("handled_h", ""))
        if given is not None:
            hours.append(given)
            continue
        hours.append(_between(line, when, found, settings))
    return np.array(hours, float)


def _between(line: Line, when: np.datetime64, found: Gathered, settings: Tables) -> float:
    try:
        moment = moment_of(line, found.table, settings, field="done_at", needed=False)
    except RowError:
        return np.nan
    if moment is None or moment.clock is None:
        return np.nan
    done = np.datetime64(f"{moment.day.isoformat()}T{moment.clock.strftime('%H:%M:%S')}")
    spent = float((done - when) / np.timedelta64(1, "s")) / S_PER_H
    return spent if spent >= 0 else np.nan
