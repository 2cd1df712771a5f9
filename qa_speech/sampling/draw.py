"""Draw a sample: the same calls, chances and inspectors for the same plan and frame, on any machine.

    frame      calls that may be drawn, with what is known of them
    groups     one per agent (team, queue, hour, day …), each with its quota
    strata     parts of a group with quotas of their own, and the rest
    chances    equal, or by risk with a floor: 0 only where strata leave nothing for the rest, and that is said
    draw       systematic along the period (even spread), or in random order

Chance comes from SHA-256 over seed and id, not from a generator: a list can be checked in years.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import ceil
from typing import NamedTuple

import msgspec

from qa_speech.sampling.conditions import Condition, Value, Values, all_hold
from qa_speech.sampling.dealing import dealt, luck
from qa_speech.sampling.plan import Inspector, Plan, Risk, RiskTerm
from qa_speech.stats.survey import chances, drawn

REST = ""
"""Name of the stratum that holds what no other does."""
UNKNOWN = "?"
"""Group of calls whose key is missing."""
PER_CENT = 100
HAIR = 1e-9
"""5 % of 60 calls are 3, also where the machine computes 3.0000000000000004."""
BELOW_ONE = 1 - 1e-6
"""A random start so near to the end would miss the last call by the rounding of sums; no chance changes by more."""


class Candidate(msgspec.Struct, frozen=True):
    """A call that may be drawn. `values` by the names of conditions: figures, metadata, outcomes."""

    id: str
    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """A value as text, "" where it is missing."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> float | None:
        """A value as a number, None where it is none."""
        value = self.values.get(name)
        return float(value) if isinstance(value, int | float) else None


class Drawn(msgspec.Struct, frozen=True):
    """A call of the sample. `chance` of having been drawn, 0–1; `risks` the conditions that made it likelier;
    `least_chance` of all calls of its stratum: what could have been drawn in its place."""

    id: str
    group: str
    stratum: str
    chance: float
    inspector: str = ""
    risks: tuple[str, ...] = ()
    least_chance: float | None = None


class Shortfall(msgspec.Struct, frozen=True):
    """A quota that could not be met, or (`call` names it) a call that nobody may hear: nothing is left out in silence."""

    group: str
    stratum: str
    wanted: int
    found: int
    call: str = ""


class Sample(msgspec.Struct, frozen=True):
    """What was drawn, what the frame was, and where it fell short. `out_of_reach`: calls of a group that no draw by this plan
    can take, because the quotas of strata leave nothing for the others; no sample says anything of these."""

    drawn: tuple[Drawn, ...]
    short: tuple[Shortfall, ...]
    frame_sha256: str
    frame_size: int
    sizes: Mapping[str, int]
    out_of_reach: Mapping[str, int] = {}


def draw(plan: Plan, frame: Iterable[Candidate], *, inspected: Collection[str] = frozenset()) -> Sample:
    """Draw the calls of a plan.

    Parameters
    ----------
    frame
        All calls of the period; those that do not fulfil `plan.where`, or were inspected already, are left out.
    inspected
        Ids of calls that people have marked.

    Examples
    --------
    >>> from qa_speech.sampling.plan import plan_from
    >>> frame = [Candidate(str(number), {"agent": "1001", "total": 80.0}) for number in range(10)]
    >>> sample = draw(plan_from("seed = 7\\nnumber = 2"), frame)
    >>> len(sample.drawn), sample.drawn[0].chance, sample.frame_size
    (2, 0.2, 10)
    """
    candidates = [call for call in frame if all_hold(plan.conditions, call.values)]
    calls = eligible(plan, candidates, inspected)
    groups = _grouped(plan, calls)
    found: list[Drawn] = []
    short = _emptied(plan, candidates, groups)
    out_of_reach: dict[str, int] = {}
    for group, mine in groups.items():
        taken = _of_group(plan, group, mine)
        found += taken.drawn
        short += taken.short
        if taken.out_of_reach:
            out_of_reach[group] = taken.out_of_reach
    teams = {call.id: call.text("team") for call in calls}
    assigned, unassigned = assign(found, plan.inspectors, teams, plan.seed)
    sizes = {group: len(mine) for group, mine in groups.items()}
    return Sample(tuple(assigned), (*short, *unassigned), frame_hash(calls), len(calls), sizes, out_of_reach)


def _grouped(plan: Plan, calls: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for call in calls:
        groups.setdefault(group_of(plan, call), []).append(call)
    return dict(sorted(groups.items()))


def _emptied(plan: Plan, candidates: Iterable[Candidate], groups: Collection[str]) -> list[Shortfall]:
    """Groups of which every call has been inspected already."""
    wanted = max(plan.number or 0, plan.minimum)
    gone = {group_of(plan, call) for call in candidates}.difference(groups)
    return [Shortfall(group, REST, wanted, 0) for group in sorted(gone)]


def eligible(plan: Plan, frame: Iterable[Candidate], inspected: Collection[str] = frozenset()) -> list[Candidate]:
    """The calls that may be drawn, in the order of their ids."""
    kept: list[Candidate] = []
    for call in frame:
        fresh = plan.again or call.id not in inspected
        if fresh and all_hold(plan.conditions, call.values):
            kept.append(call)
    return sorted(kept, key=lambda call: call.id)


def group_of(plan: Plan, call: Candidate) -> str:
    """The group a call belongs to, by the keys of the plan."""
    return " · ".join(call.text(name) or UNKNOWN for name in plan.per)


def frame_hash(frame: Sequence[Candidate]) -> str:
    """SHA-256 over ids and values of a frame in order of ids: another frame is another draw."""
    digest = hashlib.sha256()
    for call in sorted(frame, key=lambda call: call.id):
        digest.update(msgspec.json.encode([call.id, sorted(call.values.items())]) + b"\n")
    return digest.hexdigest()


class _Taken(NamedTuple):
    """What was drawn of a group, which of its quotas were too high, and how many of its calls nothing was left for."""

    drawn: list[Drawn]
    short: list[Shortfall]
    out_of_reach: int


def _of_group(plan: Plan, group: str, calls: list[Candidate]) -> _Taken:
    """The calls of one group: first the strata with quotas, then the rest up to the quota of the group."""
    wanted = _quota(plan.number, plan.share, len(calls), plan.minimum)
    found: list[Drawn] = []
    short: list[Shortfall] = []
    out_of_reach = 0
    left = list(calls)
    for stratum in plan.strata:
        mine = _fulfilling(left, stratum.conditions)
        names = {call.id for call in mine}
        left = [call for call in left if call.id not in names]
        quota = _quota(stratum.number, stratum.share, len(mine), stratum.minimum)
        found += _of_stratum(plan, group, stratum.name, mine, quota)
        if quota > len(mine):
            short.append(Shortfall(group, stratum.name, quota, len(mine)))
        if quota == 0:
            out_of_reach += len(mine)
    rest = max(0, wanted - len(found))
    found += _of_stratum(plan, group, REST, left, rest)
    if rest > len(left):
        short.append(Shortfall(group, REST, wanted, len(found)))
    if rest == 0:
        out_of_reach += len(left)
    return _Taken(found, short, out_of_reach)


def _quota(number: int | None, share: float | None, size: int, minimum: int) -> int:
    """How many of `size` calls are wanted; a share (%) is rounded up."""
    if number is not None:
        return max(number, minimum)
    part = size * (share or 0.0) / PER_CENT
    return max(ceil(part - HAIR), minimum)


def _fulfilling(calls: Iterable[Candidate], conditions: Sequence[Condition]) -> list[Candidate]:
    return [call for call in calls if all_hold(conditions, call.values)]


def _of_stratum(plan: Plan, group: str, stratum: str, calls: Sequence[Candidate], quota: int) -> list[Drawn]:
    count = min(quota, len(calls))
    if not count:
        return []
    sizes = [_size(plan.risk, call.values) for call in calls]
    floor = 1.0
    if plan.risk is not None:
        floor = plan.risk.floor
    chance = chances(sizes, count, floor=floor).tolist()
    order = sorted(range(len(calls)), key=_place(plan, calls))
    start = luck(plan.seed, "start", group, stratum) * BELOW_ONE
    least = min(chance)
    found: list[Drawn] = []
    for index in drawn(chance, start, order):
        call = calls[index]
        risks = _risks(plan.risk, call.values)
        found.append(Drawn(call.id, group, stratum, chance[index], risks=risks, least_chance=least))
    return found


def _place(plan: Plan, calls: Sequence[Candidate]) -> Callable[[int], tuple[str, float]]:
    """Where a call lies in the draw: along the period, or anywhere."""

    def place(index: int) -> tuple[str, float]:
        call = calls[index]
        when = call.text("started_at") if plan.spread else ""
        return when, luck(plan.seed, "order", call.id)

    return place


def _size(risk: Risk | None, values: Values) -> float:
    return 1.0 + sum(term.weight for term in _terms(risk, values))


def _risks(risk: Risk | None, values: Values) -> tuple[str, ...]:
    return tuple(term.title for term in _terms(risk, values))


def _terms(risk: Risk | None, values: Values) -> list[RiskTerm]:
    """The terms of risk that a call fulfils."""
    if risk is None:
        return []
    return [term for term in risk.terms if all_hold(term.conditions, values)]


def assign(
    calls: Sequence[Drawn], inspectors: Sequence[Inspector], teams: Mapping[str, str], seed: int
) -> tuple[list[Drawn], list[Shortfall]]:
    """Give every call to an inspector: by share, nobody a call of his own team; what nobody may hear is listed.

    >>> given, left = assign([Drawn("a", "1001", "", 0.5)], [Inspector(name="甲", team="A")], {"a": "A"}, 1)
    >>> given[0].inspector, left[0].group
    ('', '1001')
    """
    if not inspectors:
        return list(calls), []
    given = dealt([call.id for call in calls], inspectors, teams, seed)
    assigned = []
    left = []
    for call in calls:
        person = given.get(call.id, "")
        assigned.append(msgspec.structs.replace(call, inspector=person))
        if not person:
            left.append(Shortfall(call.group, call.stratum, 1, 0, call.id))
    return assigned, left
