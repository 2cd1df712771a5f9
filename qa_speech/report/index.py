"""The index of a run: every input once, the worst first; above it what they come to; failures with their cause.

The page carries its rows as JSON, and its script draws those that come into view: ten thousand are no more work than fifty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from qa_speech.files import write_bytes
from qa_speech.report.html import as_data, render
from qa_speech.report.index_rows import FailedRow, IndexRow, Row, index_row, worst_first
from qa_speech.report.labels import INDEX
from qa_speech.report.overview import Overview, overview
from qa_speech.scores import CallFailure, CallReport
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang

NOTHING_YET: float = -1
"""Sorts a band of which no call was seen below zero."""


class BandCount(NamedTuple):
    """How many calls are in a band."""

    name: str
    calls: int


@dataclass(frozen=True, slots=True)
class RunView:
    """All of a run. `mean` speaks of the calls that have a total; `bands` counts them, the best first; `rows` the worst first,
    of which `pages` have a page."""

    rows: tuple[IndexRow, ...]
    failures: tuple[FailedRow, ...]
    scored: int
    mean: str
    unscored: int
    pending: int
    bands: tuple[BandCount, ...]
    alarms: int
    pages: int
    overview: Overview


def write_index(
    reports: Sequence[CallReport | CallFailure],
    path: str | Path,
    *,
    lang: Lang,
    link: Callable[[str], str] | None = None,
) -> None:
    """Write the index of a run: every input once, the worst first, failures with their cause.

    `link` gives the address of a call's page from its id; default ``pages/<page_name(id)>``.
    """
    write_index_rows([index_row(report, lang, link) for report in reports], path, lang=lang)


def write_index_rows(rows: Sequence[Row], path: str | Path, *, lang: Lang, title: str = "") -> None:
    """Write the index from its rows, for runs that keep nothing else of their calls. `title` names the run."""
    view = run_view(rows)
    words = {key: terms.term(INDEX, key, lang) for key in INDEX}
    made = render("index", lang, run=view, title=title, rows=as_data(packed(view.rows)), words=as_data(words))
    write_bytes(Path(path), made.encode("utf-8", "replace"))


def run_view(rows: Sequence[Row]) -> RunView:
    """What the index says of these inputs."""
    calls = tuple(sorted([row for row in rows if isinstance(row, IndexRow)], key=worst_first))
    totals = [row.total for row in calls if row.total is not None]
    mean = None
    if totals:
        mean = sum(totals) / len(totals)
    return RunView(
        rows=calls,
        failures=tuple(row for row in rows if isinstance(row, FailedRow)),
        scored=len(totals),
        mean=terms.optional(mean),
        unscored=len(calls) - len(totals),
        pending=sum(row.pending > 0 for row in calls),
        bands=tuple(_bands(calls)),
        alarms=sum(bool(row.alarms) for row in calls),
        pages=sum(bool(row.link) for row in calls),
        overview=overview(calls),
    )


def _bands(calls: Sequence[IndexRow]) -> list[BandCount]:
    """How many calls are in each band, the band of the best call first."""
    counts = Counter(row.band for row in calls if row.band)
    best: dict[str, float] = {}
    for row in calls:
        if row.total is not None:
            best[row.band] = max(row.total, best.get(row.band, NOTHING_YET))
    return [BandCount(name, counts[name]) for name in sorted(counts, key=lambda name: -best.get(name, NOTHING_YET))]


# ------------------------------------------------------------------------------------------------ rows as JSON

FIELDS = (
    "id", "link", "agent", "team", "queue", "started", "hour", "seconds", "total", "confirmed", "covered", "band", "passed",
    "why", "pending", "lost", "sentence", "warnings", "alarms", "judged",
)  # fmt: skip
"""What an entry of a row is, by its place."""


class Texts:
    """Texts that many rows share, each once; a row names its place.

    >>> texts = Texts()
    >>> texts.place("宽带"), texts.place("移动"), texts.place("宽带"), texts.held
    (0, 1, 0, ['宽带', '移动'])
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """Where a text stands."""
        return self._places.setdefault(text, len(self._places))

    @property
    def held(self) -> list[str]:
        """All texts, by their places."""
        return list(self._places)


def packed(rows: Sequence[IndexRow]) -> dict[str, Any]:
    """The rows as the script reads them: lists in the order of `FIELDS`, texts that are shared by their place in ``texts``;
    ``lost`` are places of titles, those that wait for a person as ``-1 - place``."""
    texts = Texts()
    return {"fields": FIELDS, "rows": [_packed(row, texts) for row in rows], "texts": texts.held}


def _packed(row: IndexRow, texts: Texts) -> list[Any]:
    covered = None
    if row.coverage is not None:
        covered = round(100 * row.coverage)
    return [
        row.id,
        row.link,
        texts.place(row.agent),
        texts.place(row.team),
        texts.place(row.queue),
        row.started,
        row.hour,
        None if row.seconds is None else int(row.seconds),
        None if row.total is None else float(terms.number(row.total)),
        row.confirmed,
        covered,
        texts.place(row.band),
        row.passed,
        texts.place(row.why),
        row.pending,
        [_packed_place(texts.place(lost.title), lost.pending) for lost in row.lost],
        row.sentence,
        [texts.place(text) for text in row.warnings],
        [texts.place(text) for text in row.alarms],
        texts.place(row.judged),
    ]


def _packed_place(place: int, is_pending: bool) -> int:
    if is_pending:
        return -1 - place
    return place
