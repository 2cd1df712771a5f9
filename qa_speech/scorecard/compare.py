"""Two scorecards, or two versions of one, over the same stored calls: what would change, and because of what.

Each figure a metric gives is measured once per call and serves both cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from qa_speech.call import Call, CriterionScore, Score
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
    """Totals of all calls under one card. `histogram` counts 0–10, 10–20 … 90–100 (100 in the last)."""

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
    outcomes: tuple[list[Score], list[Score]] = ([], [])
    for call in calls:
        known = measure_for(call, old)
        known |= measure_for(call, new, known=known)
        pair = score(call, old, measurements=known), score(call, new, measurements=known)
        changes.append(_change(*pair))
        for kept, found in zip(outcomes, pair, strict=True):
            # evidence is not needed for counting, and would fill the memory
            kept.append(found)
    moves: dict[str, Counter[str]] = {}
    for item in changes:
        moves.setdefault(item.old_band, Counter())[item.new_band] += 1
    return Comparison(
        old=f"{old.id} v{old.version}", new=f"{new.id} v{new.version}", calls=tuple(changes),
        criteria=tuple(_summaries(old, new, outcomes, changes)), before=_distribution(outcomes[0]),
        after=_distribution(outcomes[1]), moves={band: dict(counts) for band, counts in moves.items()},
    )  # fmt: skip
