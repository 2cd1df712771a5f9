"""Many groups, few marks each: every agent's mean from the machine's scores of all calls and people's marks of four.

    machine's mean of an agent's calls     all of them, no sampling error
    + people's corrections                 pooled over all agents, an agent's own ones shrunk towards the pool
    − what four marks cannot exclude       a fault the machine does not see, in so many of his calls
    gate                                   an agent with a grave correction of his own leaves the pool: exact, alone

Pooling is what makes intervals of four marks narrow, and it is wrong about the one agent whose faults the machine cannot
see. Two guards stand against that. A correction beyond the gate takes its agent out of the pool. And where none was seen,
the interval reaches down by what may still be there: with four faultless marks up to 44 % of the calls may hold a fault
(one-sided, 90 %), each worth `unseen` points.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.stats.intervals import bounded_mean, normal_quantile, share_at_most

Array: TypeAlias = npt.NDArray[np.float64]

GATE = 20.0
"""Points by which a person may go below the machine before it is a grave correction."""
UNSEEN = 35.0
"""Points that a fault costs which neither the machine nor four marks have seen."""
SURE = 0.9
"""How sure the bound on its share of the calls is."""
UNUSUAL = 0.02
"""A number of large corrections upwards as rare as this in the pool takes an agent out of it too."""
ADDED = 2.0
"""Corrections beyond the gate that are added in thought."""
LEAST_POOL = 8
"""Agents that a pool needs."""


class Marked(NamedTuple):
    """What is known of one group: the machine's mean of all its calls, how many they are, and the few that a person marked.

    `people` and `machine` are the scores of these few, in points, in the order of the draw.
    """

    name: str
    machine_mean: float
    calls: int
    people: tuple[float, ...]
    machine: tuple[float, ...]

    @property
    def corrections(self) -> tuple[float, ...]:
        """A person's score less the machine's, in points."""
        return tuple(mine - other for mine, other in zip(self.people, self.machine, strict=True))


class GroupMean(NamedTuple):
    """A group's mean with its interval; `method` ``pooled``, ``alone`` (left the pool) or ``exact`` (no pool); `n` marks."""

    name: str
    value: float
    low: float
    high: float
    n: int
    method: str

    @property
    def width(self) -> float:
        """From end to end, in points."""
        return self.high - self.low


class Pool(NamedTuple):
    """What the agents of a pool have in common: corrections cut at the gate, and what lies beyond it."""

    mean: float
    within: float
    between: float
    beyond: float
    beyond_variance: float
    unseen_above: float
    marks: int


def group_means(
    groups: Sequence[Marked],
    *,
    low: float = 0.0,
    high: float = 100.0,
    gate: float = GATE,
    unseen: float = UNSEEN,
    level: float = 0.95,
) -> list[GroupMean]:
    """Every group's mean score with an interval, in the order given.

    One-way random effects of the corrections (Searle, Casella & McCulloch 1992, ch. 3), shrunk means with empirical Bayes
    intervals (Morris 1983), a gate and an allowance for what was not seen (Clopper & Pearson 1934); alone: bets on a bounded
    mean (Waudby-Smith & Ramdas 2024).

    Parameters
    ----------
    low, high
        Bounds of a score, points.
    gate
        Points below the machine from which a correction takes its group out of the pool.
    unseen
        Points per call for which four faultless marks are no proof; 0 = believe the pool.

    Examples
    --------
    >>> same = [Marked(str(name), 90.0, 200, (90, 88, 91, 90), (90, 90, 90, 90)) for name in range(10)]
    >>> found = group_means([*same, Marked("1037", 90.0, 200, (90, 30, 90, 90), (90, 90, 90, 90))])
    >>> found[0].method, round(found[0].width), found[-1].method, round(found[-1].width)
    ('pooled', 21, 'alone', 75)
    """
    marked = [group for group in groups if group.people]
    usual = _without_unusual(marked, gate)
    if len(usual) < LEAST_POOL:
        return [_alone(group, "exact", low, high, level) for group in groups]
    pool = pooled(usual, gate)
    inside = {group.name for group in usual if min(group.corrections) >= -gate}
    found: list[GroupMean] = []
    for group in groups:
        if group.name in inside:
            found.append(_pooled_mean(group, pool, gate, unseen, low, high, level))
        else:
            found.append(_alone(group, "alone", low, high, level))
    return found


def _without_unusual(groups: Sequence[Marked], gate: float) -> list[Marked]:
    """The groups whose large corrections are no more than those of the others explain."""
    marks = sum(len(group.corrections) for group in groups)
    up = sum(_upwards(group, gate) for group in groups)
    down = sum(_downwards(group, gate) for group in groups)
    kept: list[Marked] = []
    for group in groups:
        n = len(group.corrections)
        rare_up = _rare(_upwards(group, gate), n, (up + 1) / (marks + 2))
        rare_down = _rare(_downwards(group, gate), n, (down + 1) / (marks + 2))
        if not rare_up and not rare_down:
            kept.append(group)
    return kept


def _upwards(group: Marked, gate: float) -> int:
    return sum(correction > gate for correction in group.corrections)


def _downwards(group: Marked, gate: float) -> int:
    return sum(correction < -gate for correction in group.corrections)


def _rare(count: int, n: int, usual: float) -> bool:
    """Whether so many of `n` are hardly to be seen where `usual` is the share of all."""
    if not count:
        return False
    from scipy.special import bdtrc

    return float(bdtrc(count - 1, n, min(1.0, usual))) < UNUSUAL


def pooled(groups: Sequence[Marked], gate: float) -> Pool:
    """What these groups have in common. Two corrections beyond the gate are added in thought (Agresti & Coull 1998), so that what
    was seen too rarely is not taken for impossible: to the spread, and to the upper end alone, since the lower has its
    allowance."""
    cut = [np.clip(np.array(group.corrections), -gate, gate) for group in groups]
    beyond = np.concatenate([np.array(group.corrections) - part for group, part in zip(groups, cut, strict=True)])
    sizes = np.array([len(part) for part in cut], float)
    means = np.array([part.mean() for part in cut])
    marks = int(sizes.sum())
    mean = float((sizes * means).sum() / marks)
    squares = sum(float(((part - part.mean()) ** 2).sum()) for part in cut)
    within = squares / max(1, marks - len(cut))
    spread = float((sizes * (means - mean) ** 2).sum()) / max(1, len(cut) - 1)
    typical = (marks - float((sizes**2).sum()) / marks) / max(1, len(cut) - 1)
    between = max(0.0, (spread - within) / typical)
    far = beyond[beyond != 0]
    size = float(np.abs(far).mean()) if len(far) else gate
    variance = (float(((beyond - beyond.mean()) ** 2).sum()) + ADDED * size**2) / (marks + ADDED)
    return Pool(mean, within, between, float(beyond.mean()), variance, ADDED * size / marks, marks)


def _pooled_mean(
    group: Marked, pool: Pool, gate: float, unseen: float, low: float, high: float, level: float
) -> GroupMean:
    n = len(group.corrections)
    own = float(np.clip(np.array(group.corrections), -gate, gate).mean())
    of_sample = pool.within * max(0.0, 1 / n - 1 / group.calls)
    of_calls = (pool.within + pool.beyond_variance) / group.calls
    trust = pool.between / (pool.between + of_sample) if pool.between > 0 else 0.0
    common = (pool.within + pool.beyond_variance) / pool.marks + pool.between / (pool.marks / n)
    variance = trust * of_sample + (1 - trust) ** 2 * common + of_calls
    value = group.machine_mean + pool.mean + trust * (own - pool.mean) + pool.beyond
    half = normal_quantile(level) * sqrt(variance)
    allowance = unseen * share_at_most(0, n, SURE)
    value = min(high, max(low, value))
    lower = max(low, value - hypot(half, allowance))
    upper = min(high, value + half + pool.unseen_above)
    return GroupMean(group.name, value, lower, upper, n, "pooled")


def _alone(group: Marked, method: str, low: float, high: float, level: float) -> GroupMean:
    """A group by its own marks; without any, everything is possible."""
    found = bounded_mean(group.people, low=low, high=high, population=group.calls, level=level)
    if found is None:
        return GroupMean(group.name, group.machine_mean, low, high, 0, method)
    return GroupMean(group.name, found.value, found.low, found.high, len(group.people), method)


def more_marks(found: GroupMean, wanted_width: float, *, most: int = 60) -> int:
    """How many further marks bring the interval to `wanted_width` points, roughly: widths shrink with the root of n.

    >>> more_marks(GroupMean("1037", 80.0, 50.0, 90.0, 4, "alone"), 25.0)
    7
    """
    if found.width <= wanted_width:
        return 0
    needed = max(found.n, 1) * (found.width / wanted_width) ** 2
    return min(most, int(np.ceil(needed)) - found.n)
