"""Which calls of a run get a page: ``worst:20,pending:500``, ``pending``, ``all``, ``none``.

`qa_speech.settings.PAGES` is the pattern of such a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from qa_speech.errors import ConfigError, problem
from qa_speech.report.index_rows import IndexRow, worst_first
from qa_speech.settings import PAGES
from qa_speech.store.page_list import Why

EVERY = 10**9
"""More calls than there are."""


class Wanted(NamedTuple):
    """How many of the worst calls, and how many of those that wait for a person; or these calls alone."""

    worst: int = 0
    pending: int = 0
    calls: frozenset[str] = frozenset()


class Choice(NamedTuple):
    """The calls that get a page, the worst first, each with why; `left_out` wait for a person and are too many."""

    why: Mapping[str, Why]
    left_out: int


def wanted_pages(text: str, name: str = "--pages") -> Wanted:
    """What such a text asks for.

    Raises
    ------
    ConfigError
        It is none; `name` says whose.

    Examples
    --------
    >>> wanted_pages("worst:20,pending:500")[:2], wanted_pages("pending")[1] == EVERY, wanted_pages("none")
    ((20, 500), True, Wanted(worst=0, pending=0, calls=frozenset()))
    """
    if re.fullmatch(PAGES, text) is None:
        told = problem("{given!r}; expected worst:20, pending, pending:500, joined by a comma, all or none", given=text)
        raise ConfigError(name, [told])
    if text == "none":
        return Wanted()
    if text == "all":
        return Wanted(worst=EVERY)
    found = Wanted()
    for part in text.split(","):
        kind, _, number = part.partition(":")
        count = int(number) if number else EVERY
        if kind == "worst":
            found = found._replace(worst=count)
        else:
            found = found._replace(pending=count)
    return found


def chosen(rows: Iterable[IndexRow], wanted: Wanted) -> Choice:
    """Of these calls those that get a page."""
    ordered = sorted(rows, key=worst_first)
    found: dict[str, Why] = {}
    for row in ordered[: wanted.worst]:
        found[row.id] = "alarm" if row.alarms else "worst"
    waiting = [row.id for row in ordered if row.pending]
    for call in waiting[: wanted.pending]:
        found.setdefault(call, "pending")
    for row in ordered:
        if row.id in wanted.calls:
            found[row.id] = "asked"
    left_out = len(_missing(waiting, found)) if wanted.pending else 0
    return Choice(found, left_out)


def _missing(calls: Sequence[str], found: Mapping[str, Why]) -> list[str]:
    return [call for call in calls if call not in found]
