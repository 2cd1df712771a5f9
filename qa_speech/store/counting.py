"""What scores come to, counted row by row: for stores in memory, and for rows under people's marks, which no table holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import mean

import msgspec

from qa_speech.store.base import SHOWN_CRITERIA, CriterionCount, Figures
from qa_speech.store.records import CriterionRow, ResultRow

JUDGED = ("pass", "partial", "fail")


def with_scores(figures: Figures, rows: Sequence[ResultRow]) -> Figures:
    """The figures with all that is about scores counted from these rows."""
    totals = [row.total for row in rows if row.total is not None]
    judged = [row.passed for row in rows if row.passed is not None]
    return msgspec.structs.replace(
        figures,
        scored=len(totals),
        mean_total=mean(totals) if totals else None,
        min_total=min(totals, default=None),
        passed=sum(judged),
        judged=len(judged),
        to_review=sum(row.to_review or 0 for row in rows),
        bands=_bands(rows),
        no_total=_without_total(rows),
        criteria=_criteria(rows),
        alarms=_alarms(rows),
    )


def _alarms(rows: Sequence[ResultRow]) -> dict[str, int]:
    """In how many calls each alarm rang, the most frequent first."""
    counts: Counter[str] = Counter()
    for row in rows:
        for alarm in row.alarms or ():
            if alarm.raised:
                counts[alarm.title or ""] += 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _bands(rows: Sequence[ResultRow]) -> dict[str, int]:
    """How many calls are in each band, the best band first."""
    counts: Counter[str] = Counter()
    best: dict[str, float] = {}
    for row in rows:
        if row.band:
            counts[row.band] += 1
            best[row.band] = max(best.get(row.band, 0.0), row.total or 0.0)
    best_first = sorted(best, key=best.__getitem__, reverse=True)
    return {band: counts[band] for band in best_first}


def _without_total(rows: Sequence[ResultRow]) -> dict[str, int]:
    """Why calls have no total, the most frequent reason first."""
    reasons: Counter[str] = Counter()
    for row in rows:
        if row.total is None and row.reason:
            reasons[row.reason] += 1
    return dict(reasons.most_common())


def _costs(criterion: CriterionRow) -> bool:
    """Whether a fail takes anything away: a bonus that was not earned does not."""
    if criterion.fatal:
        return True
    points = criterion.points or 0.0
    possible = criterion.possible or 0.0
    return possible > points


def _criteria(rows: Sequence[ResultRow]) -> list[CriterionCount]:
    titles: dict[str, str] = {}
    failed: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for row in rows:
        for criterion in row.criteria or ():
            name = criterion.id or ""
            titles[name] = criterion.title or ""
            if criterion.outcome in JUDGED:
                judged[name] += 1
            if criterion.outcome == "fail" and _costs(criterion):
                failed[name] += 1
    found = [CriterionCount(titles[name], count, judged[name]) for name, count in failed.items()]
    found.sort(key=lambda one: (-one.failed, one.criterion))
    return found[:SHOWN_CRITERIA]
