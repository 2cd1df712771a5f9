"""Which moments of many calls are worth hearing: by criterion, the worst and the best. A criterion is heard once per call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappush, heappushpop
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from qa_speech.call import Call
from qa_speech.errors import ConfigError, problem
from qa_speech.scorecard.deductions import points_lost
from qa_speech.scores import CallReport, CriterionScore, Evidence

Side: TypeAlias = Literal["worst", "best"]
SIDES: tuple[Side, ...] = ("worst", "best")
AGENT_KEYS = ("agent", "agent_id", "agent_no", "agent_number", "agent_name")
"""Metadata that names the agent."""
LONGEST_ABSENCE_S = 20.0
"""A stretch in which something was not said is played only up to this length; a longer one is listed without sound."""
MIDDLING_TOTAL = 50.0
"""Points that a call without a total is ranked with."""
MOST_NAMED = 40
"""Names listed in an error."""


class Wish(msgspec.Struct, frozen=True):
    """Which moments: of these criteria (none = all), so many of the worst and best each, of these agents (none = all)."""

    criteria: tuple[str, ...] = ()
    worst: int = 5
    best: int = 0
    agents: tuple[str, ...] = ()

    def most(self, side: Side) -> int:
        """How many moments of one side of each criterion."""
        return {"worst": self.worst, "best": self.best}[side]

    def wants(self, criterion: str, agent: str) -> bool:
        """Whether a criterion of an agent's call may be chosen."""
        is_wanted = not self.criteria or criterion in self.criteria
        return is_wanted and (not self.agents or agent in self.agents)


class Moment(NamedTuple):
    """A call and the criterion for whose evidence it is heard."""

    side: Side
    report: CallReport
    criterion: CriterionScore


class _Ranked(NamedTuple):
    """A moment with its rank; of equal ranks the call that came first is the higher, so moments are never compared."""

    rank: tuple[float, ...]
    earlier: int
    moment: Moment


class _Top:
    """The highest-ranked moments, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.heap: list[_Ranked] = []

    def offer(self, ranked: _Ranked) -> None:
        """Keep it if it is among the highest."""
        if len(self.heap) < self.limit:
            heappush(self.heap, ranked)
        elif self.limit:
            heappushpop(self.heap, ranked)

    def moments(self) -> list[Moment]:
        """The highest first."""
        ranked = sorted(self.heap, key=lambda one: one[:2], reverse=True)
        return [one.moment for one in ranked]


def choose(reports: Iterable[CallReport], wish: Wish) -> list[Moment]:
    """The calls and criteria to hear: criteria that were fatal first, then in the scorecard's order; of each the worst, then
    the best.

    Worst: fatal, then the larger share of points lost, then the longer evidence, then the lower total. Best: criteria
    passed with evidence to hear, by points, then by the call's total. Only `wish.worst` + `wish.best` reports per
    criterion are held at a time.

    Raises
    ------
    ConfigError
        A criterion or an agent that no call has (the message names those there are), or calls without scores.
    """
    tops: dict[tuple[str, Side], _Top] = {}
    criteria: dict[str, None] = {}
    agents: dict[str, None] = {}
    for number, report in enumerate(reports):
        agent = agent_of(report.call)
        agents[agent] = None
        if report.score is None:
            continue
        for criterion in report.score.criteria:
            criteria[criterion.id] = None
            if not wish.wants(criterion.id, agent):
                continue
            for side in SIDES:
                rank = RANKS[side](report, criterion)
                if rank is not None:
                    top = tops.setdefault((criterion.id, side), _Top(wish.most(side)))
                    top.offer(_Ranked(rank, -number, Moment(side, report, criterion)))
    if agents and not criteria:
        raise ConfigError("--scorecard", [problem("no call here has a score; name a scorecard to score them with")])
    _check_known("criterion", wish.criteria, criteria)
    _check_known("agent", wish.agents, agents)
    chosen: list[Moment] = []
    for name in sorted(criteria, key=lambda name: not _was_fatal(tops.get((name, "worst")))):
        for side in SIDES:
            if (name, side) in tops:
                chosen += tops[name, side].moments()
    return chosen


def _was_fatal(top: _Top | None) -> bool:
    """Whether one of the worst moments of a criterion was fatal."""
    return top is not None and any(moment.criterion.fatal for moment in top.moments())


def _check_known(what: str, wanted: Sequence[str], there: Iterable[str]) -> None:
    names = [name for name in there if name]
    missing = [name for name in wanted if name not in names]
    if missing:
        shown = ", ".join(names[:MOST_NAMED]) or "none"
        raise ConfigError(
            f"--{what}", [problem("no call has {missing}; there are: {shown}", missing=", ".join(missing), shown=shown)]
        )


def agent_of(call: Call) -> str:
    """The agent by the call's metadata; empty where it does not say.

    >>> from qa_speech.testing import make_call
    >>> agent_of(make_call("agent: 您好", metadata={"agent_id": "1001"}))
    '1001'
    """
    for key in AGENT_KEYS:
        named = call.recording.metadata.get(key)
        if named:
            return named
    return ""


def _badness(report: CallReport, criterion: CriterionScore) -> tuple[float, ...] | None:
    """The rank among the worst: fatal or not, share of the points lost (0–1), seconds, total (0–100, negated).

    None where nothing went wrong or there is no evidence.
    """
    evidence = evidence_to_hear(criterion)
    if criterion.outcome not in ("fail", "partial") or evidence is None:
        return None
    share = 1.0
    if criterion.possible:
        share = points_lost(criterion) / criterion.possible
    extent = _length(evidence)
    if nothing_to_hear(evidence):
        extent = -1.0
    return (float(bool(criterion.fatal)), share, extent, -_total(report))


def _goodness(report: CallReport, criterion: CriterionScore) -> tuple[float, ...] | None:
    """The rank among the best, by points and total (0–100); None where it was not passed or there is nothing to hear."""
    evidence = evidence_to_hear(criterion)
    if criterion.outcome != "pass" or evidence is None or evidence.kind == "absence":
        return None
    return (criterion.points or 0.0, _total(report))


RANKS: Mapping[Side, Callable[[CallReport, CriterionScore], tuple[float, ...] | None]] = {
    "worst": _badness,
    "best": _goodness,
}


def _total(report: CallReport) -> float:
    if report.score is None or report.score.total is None:
        return MIDDLING_TOTAL
    return report.score.total


def _length(evidence: Evidence) -> float:
    return evidence.end - evidence.start


def evidence_to_hear(criterion: CriterionScore) -> Evidence | None:
    """The longest interval, else the first quote, else the shortest stretch searched in vain; None without evidence."""
    heard = [evidence for evidence in criterion.evidence if evidence.end > evidence.start]
    intervals = [evidence for evidence in heard if evidence.kind == "interval"]
    if intervals:
        return max(intervals, key=_length)
    quotes = [evidence for evidence in heard if evidence.kind == "quote"]
    if quotes:
        return quotes[0]
    absences = [evidence for evidence in heard if evidence.kind == "absence"]
    return min(absences, key=_length, default=None)


def nothing_to_hear(evidence: Evidence) -> bool:
    """Whether the evidence is that something was not said, in a stretch too long to play.

    >>> nothing_to_hear(Evidence("absence", 0.0, 15.0)), nothing_to_hear(Evidence("absence", 0.0, 90.0))
    (False, True)
    """
    return evidence.kind == "absence" and _length(evidence) > LONGEST_ABSENCE_S
