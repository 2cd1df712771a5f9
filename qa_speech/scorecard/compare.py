"""Two scorecards, or two versions of one, over the same stored calls: what would change, and because of what.

Each figure a metric gives is measured once per call and serves both cards, or is taken from what is kept with the call; so is
the search for phrases, and a criterion that is the same in both cards is judged once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from qa_speech.call import Call
from qa_speech.scorecard.examples import outcome_of
from qa_speech.scorecard.score import Pair
from qa_speech.scores import CriterionScore, Score

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

    @property
    def step(self) -> float:
        """By how many points it changed, up or down; none count as 0."""
        return abs((self.new_points or 0.0) - (self.old_points or 0.0))


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
    """What `compare` found. `moves` counts calls by old and new band, unmoved ones included. `bands` of both cards from the best
    to the worst; `same_card` = two versions of one, by its id."""

    old: str
    new: str
    calls: tuple[CallChange, ...]
    criteria: tuple[CriterionSummary, ...]
    before: Distribution
    after: Distribution
    moves: Mapping[str, Mapping[str, int]]
    bands: tuple[str, ...] = ()
    same_card: bool = True

    @property
    def moved(self) -> tuple[CallChange, ...]:
        """The calls that change band, the largest change of total first."""
        found = [change for change in self.calls if change.moved]
        return tuple(sorted(found, key=lambda change: (-abs(change.difference or 0.0), change.call_id)))


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
    >>> found.moves, [criterion.id for criterion in found.moved[0].criteria]
    ({'合格': {'不合格': 1}}, ['greeting'])
    """
    return comparison(old, new, [compared(Pair(old, new), calls)])


def compared(pair: Pair, calls: Iterable[Call]) -> Block:
    """What is kept of calls judged by both cards, in their order; `comparison` sums up one such block or many."""
    changes: list[CallChange] = []
    before, after = _Side(), _Side()
    for call in calls:
        one, other = pair.scores(call)
        changes.append(_change(one, other))
        before.add(one)
        after.add(other)
    return Block(changes, before, after)


def comparison(old: Scorecard, new: Scorecard, blocks: Iterable[Block]) -> Comparison:
    """The comparison of two cards over the calls of all blocks."""
    changes: list[CallChange] = []
    before, after = _Side(), _Side()
    for block in blocks:
        changes += block.changes
        before.take(block.before)
        after.take(block.after)
    moves: dict[str, Counter[str]] = {}
    for change in changes:
        moves.setdefault(change.old_band, Counter())[change.new_band] += 1
    return Comparison(
        old=f"{old.id} v{old.version}",
        new=f"{new.id} v{new.version}",
        calls=tuple(changes),
        criteria=_summaries({**_titles(old), **_titles(new)}, before, after, changes),
        before=_distribution(old, before.results),
        after=_distribution(new, after.results),
        moves={band: dict(held) for band, held in moves.items()},
        bands=tuple(_bands(old, new)),
        same_card=old.id == new.id,
    )


def _bands(old: Scorecard, new: Scorecard) -> list[str]:
    """The bands of both cards, those first that begin highest on the new one, or on the old one where it has no such band."""
    begins: dict[str, float] = {}
    for card in (old, new):
        for band in card.bands:
            begins[band.name] = band.from_
    return sorted(begins, key=lambda name: -begins[name])


class _Side:
    """What is kept of the scores by one card: outcomes by criterion, and results."""

    def __init__(self) -> None:
        self.results: list[_Result] = []
        self.outcomes: dict[str, Counter[str]] = {}

    def add(self, found: Score) -> None:
        self.results.append(_Result(found.total, found.band or NO_TOTAL, found.passed))
        for criterion in found.criteria:
            self.outcomes.setdefault(criterion.id, Counter())[outcome_of(criterion)] += 1

    def take(self, other: _Side) -> None:
        """Add what is kept of further calls."""
        self.results += other.results
        for criterion, counted in other.outcomes.items():
            self.outcomes.setdefault(criterion, Counter()).update(counted)

    def of(self, criterion: str) -> dict[str, int]:
        """How often a criterion came out how, by the name of the outcome."""
        return dict(sorted(self.outcomes.get(criterion, {}).items()))


class Block(NamedTuple):
    """What is kept of some calls under both cards, in the order of the calls; it travels between processes."""

    changes: list[CallChange]
    before: _Side
    after: _Side


def _titles(card: Scorecard) -> dict[str, str]:
    return {criterion.id: criterion.title for criterion in card.criteria}


class _Result(NamedTuple):
    """All that is kept of a score: evidence would fill the memory."""

    total: float | None
    band: str
    passed: bool | None


class _View(NamedTuple):
    """A criterion of a score as it is compared; an outcome is "" where the card has no such criterion."""

    outcome: str = ""
    points: float | None = None


def _change(old: Score, new: Score) -> CallChange:
    before = {criterion.id: criterion for criterion in old.criteria}
    after = {criterion.id: criterion for criterion in new.criteria}
    found: list[CriterionChange] = []
    for name, criterion in {**before, **after}.items():
        was, now = before.get(name), after.get(name)
        if was is now:
            continue  # judged once for both cards
        one, other = _view(was), _view(now)
        if one != other:
            change = CriterionChange(name, criterion.title, one.outcome, other.outcome, one.points, other.points)
            found.append(change)
    found.sort(key=lambda change: (-change.step, change.id))
    return CallChange(old.call_id, old.total, new.total, old.band or NO_TOTAL, new.band or NO_TOTAL, tuple(found))


def _view(criterion: CriterionScore | None) -> _View:
    if criterion is None:
        return _View()
    return _View(outcome_of(criterion), criterion.points)


def _summaries(
    titles: Mapping[str, str], before: _Side, after: _Side, changes: list[CallChange]
) -> tuple[CriterionSummary, ...]:
    changed: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for call in changes:
        names = [criterion.id for criterion in call.criteria]
        changed.update(names)
        if call.moved:
            moved.update(names)
    return tuple(
        CriterionSummary(name, title, before.of(name), after.of(name), changed[name], moved[name])
        for name, title in titles.items()
    )


def _distribution(card: Scorecard, results: list[_Result]) -> Distribution:
    totals = sorted([result.total for result in results if result.total is not None])
    held = Counter([result.band for result in results])
    names = [*[band.name for band in card.bands], NO_TOTAL]
    histogram = [0] * (100 // STEP)
    for total in totals:
        histogram[min(int(total // STEP), len(histogram) - 1)] += 1
    return Distribution(
        n=len(results),
        without_total=len(results) - len(totals),
        mean=sum(totals) / len(totals) if totals else None,
        p10=_quantile(totals, 0.1),
        p50=_quantile(totals, 0.5),
        p90=_quantile(totals, 0.9),
        passed=[result.passed for result in results].count(True),
        bands={name: held[name] for name in names if held[name]},
        histogram=tuple(histogram),
    )


def _quantile(ordered: list[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not exceed."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None
