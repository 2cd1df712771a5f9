"""Two scorecards, or two versions of one, over the same stored calls: what would change, and because of what.

Each figure a metric gives is measured once per call and serves both cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from qa_speech.call import Call, CriterionScore, Score
from qa_speech.scorecard.examples import outcome_of
from qa_speech.scorecard.score import measure_for, score

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard

STEP = 10
NO_TOTAL = "-"
"""Name of the band of calls without a total."""


class CriterionChange(msgspec.Struct, frozen=True):
    """One criterion of one call that came out differently; an outcome is "" where the card has no such criterion."""

    id: str
    title: str
    old: str
    new: str
    old_points: float | None
    new_points: float | None


class CallChange(msgspec.Struct, frozen=True):
    """One call under both cards. `criteria` holds only what differs, the largest change of points first."""

    call_id: str
    old_total: float | None
    new_total: float | None
    old_band: str
    new_band: str
    criteria: tuple[CriterionChange, ...]

    @property
    def moved(self) -> bool:
        """Whether the band changed."""
        return self.old_band != self.new_band

    @property
    def difference(self) -> float | None:
        """New total less old total."""
        return None if self.old_total is None or self.new_total is None else self.new_total - self.old_total


class CriterionSummary(msgspec.Struct, frozen=True):
    """One criterion over all calls: outcomes under both cards, and in how many calls it came out differently.

    `bands_moved` counts the calls that changed band and in which this criterion is among the reasons.
    """

    id: str
    title: str
    old: Mapping[str, int]
    new: Mapping[str, int]
    changed: int
    bands_moved: int


class Distribution(msgspec.Struct, frozen=True):
    """Totals of all calls under one card.

    `bands` from the best to the worst, then the calls without a total; `histogram` counts 0–10 … 90–100 (100 in the last).
    """

    n: int
    without_total: int
    mean: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    passed: int
    bands: Mapping[str, int]
    histogram: tuple[int, ...]


class Comparison(msgspec.Struct, frozen=True):
    """What `compare` found. `moves` counts calls by old and new band, unmoved ones included."""

    old: str
    new: str
    calls: tuple[CallChange, ...]
    criteria: tuple[CriterionSummary, ...]
    before: Distribution
    after: Distribution
    moves: Mapping[str, Mapping[str, int]]

    @property
    def moved(self) -> tuple[CallChange, ...]:
        """The calls that change band, the largest change of total first."""
        found = [item for item in self.calls if item.moved]
        return tuple(sorted(found, key=lambda item: (-abs(item.difference or 0.0), item.call_id)))


def compare(old: Scorecard, new: Scorecard, calls: Iterable[Call]) -> Comparison:
    """Score every call by both cards and say what differs.

    Parameters
    ----------
    calls : iterable of Call
        Read once; only the outcomes are kept.

    Examples
    --------
    >>> from qa_speech.scorecard import load_scorecard
    >>> from qa_speech.testing import make_call
    >>> text = '''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... bands: [{from: 60, name: 合格}, {from: 0, name: 不合格}]
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
    ... '''
    >>> stricter = text.replace("[您好]", "[您好您好]").replace("version: 1", "version: 2")
    >>> found = compare(load_scorecard(text), load_scorecard(stricter), [make_call("agent: 您好", "customer: 喂")])
    >>> found.moves, [item.id for item in found.moved[0].criteria]
    ({'合格': {'不合格': 1}}, ['greeting'])
    """
    changes: list[CallChange] = []
    results: tuple[list[_Result], list[_Result]] = ([], [])
    counts: Counter[tuple[int, str, str]] = Counter()
    for call in calls:
        known = measure_for(call, old)
        known |= measure_for(call, new, known=known)
        pair = score(call, old, measurements=known), score(call, new, measurements=known)
        changes.append(_change(*pair))
        for side, found in enumerate(pair):
            results[side].append(_Result(found.total, found.band or NO_TOTAL, found.passed))
            counts.update((side, item.id, outcome_of(item)) for item in found.criteria)
    moves: dict[str, Counter[str]] = {}
    for item in changes:
        moves.setdefault(item.old_band, Counter())[item.new_band] += 1
    return Comparison(
        old=f"{old.id} v{old.version}", new=f"{new.id} v{new.version}", calls=tuple(changes),
        criteria=_summaries(old, new, counts, changes), before=_distribution(old, results[0]),
        after=_distribution(new, results[1]), moves={band: dict(held) for band, held in moves.items()},
    )  # fmt: skip


class _Result(NamedTuple):
    """All that is kept of a score: evidence would fill the memory."""

    total: float | None
    band: str
    passed: bool | None


def _change(old: Score, new: Score) -> CallChange:
    before = {item.id: item for item in old.criteria}
    after = {item.id: item for item in new.criteria}
    found = []
    for name, item in {**before, **after}.items():
        one, two, title = before.get(name), after.get(name), item.title
        if _view(one) != _view(two):
            found.append(CriterionChange(name, title, _view(one)[0], _view(two)[0], _view(one)[1], _view(two)[1]))
    found.sort(key=lambda item: (-abs((item.new_points or 0.0) - (item.old_points or 0.0)), item.id))
    return CallChange(old.call_id, old.total, new.total, old.band or NO_TOTAL, new.band or NO_TOTAL, tuple(found))


def _view(item: CriterionScore | None) -> tuple[str, float | None]:
    return ("", None) if item is None else (outcome_of(item), item.points)


def _summaries(
    old: Scorecard, new: Scorecard, counts: Counter[tuple[int, str, str]], changes: list[CallChange]
) -> tuple[CriterionSummary, ...]:
    titles = {item.id: item.title for card in (old, new) for item in card.criteria}
    changed = Counter(item.id for call in changes for item in call.criteria)
    moved = Counter(item.id for call in changes if call.moved for item in call.criteria)
    held: dict[tuple[int, str], dict[str, int]] = {}
    for (side, name, outcome), count in sorted(counts.items()):
        held.setdefault((side, name), {})[outcome] = count
    return tuple(
        CriterionSummary(name, title, held.get((0, name), {}), held.get((1, name), {}), changed[name], moved[name])
        for name, title in titles.items()
    )


def _distribution(card: Scorecard, results: list[_Result]) -> Distribution:
    totals = sorted([item.total for item in results if item.total is not None])
    held = Counter(item.band for item in results)
    names = [*(band.name for band in card.bands), NO_TOTAL]
    histogram = [0] * (100 // STEP)
    for total in totals:
        histogram[min(int(total // STEP), len(histogram) - 1)] += 1
    return Distribution(
        n=len(results), without_total=len(results) - len(totals),
        mean=sum(totals) / len(totals) if totals else None, p10=_quantile(totals, 0.1), p50=_quantile(totals, 0.5),
        p90=_quantile(totals, 0.9), passed=sum(item.passed is True for item in results),
        bands={name: held[name] for name in names if held[name]}, histogram=tuple(histogram),
    )  # fmt: skip


def _quantile(ordered: list[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not exceed."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None
