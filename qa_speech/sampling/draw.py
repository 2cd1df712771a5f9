"""Draw a sample: the same calls, chances and inspectors for the same plan and frame, on any machine.

    frame      calls that may be drawn, with what is known of them
    groups     one per agent (team, queue, hour, day …), each with its quota
    strata     parts of a group with quotas of their own, and the rest
    chances    equal, or by risk with a floor: never 0
    draw       systematic along the period (even spread), or in random order

Chance comes from SHA-256 over seed and id, not from a generator: a list can be checked in years.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import ceil

import msgspec

from qa_speech.sampling.conditions import Condition, Value, Values, all_hold
from qa_speech.sampling.plan import Inspector, Plan, Risk
from qa_speech.stats.survey import chances, drawn

REST = ""
"""Name of the stratum that holds what no other does."""
UNKNOWN = "?"
"""Group of calls whose key is missing."""


class Candidate(msgspec.Struct, frozen=True):
    """A call that may be drawn. `values` by the names of conditions: figures, metadata, outcomes."""

    id: str
    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """A value as text, "" where it is missing."""
        value = self.values.get(name)
        return "" if value is None else str(value)


class Drawn(msgspec.Struct, frozen=True):
    """A call of the sample. `chance` of having been drawn, 0–1; `risks` the conditions that made it likelier."""

    id: str
    group: str
    stratum: str
    chance: float
    inspector: str = ""
    risks: tuple[str, ...] = ()


class Shortfall(msgspec.Struct, frozen=True):
    """A quota that could not be met, or a call that nobody may hear: nothing is left out in silence."""

    group: str
    stratum: str
    wanted: int
    found: int


class Sample(msgspec.Struct, frozen=True):
    """What was drawn, what the frame was, and where it fell short."""

    drawn: tuple[Drawn, ...]
    short: tuple[Shortfall, ...]
    frame_sha256: str
    frame_size: int
    sizes: Mapping[str, int]


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
    calls = eligible(plan, frame, inspected)
    groups: dict[str, list[Candidate]] = {}
    for call in calls:
        groups.setdefault(group_of(plan, call), []).append(call)
    found: list[Drawn] = []
    short: list[Shortfall] = []
    for group, mine in sorted(groups.items()):
        taken, missing = _of_group(plan, group, mine)
        found += taken
        short += missing
    teams = {call.id: call.text("team") for call in calls}
    assigned, unassigned = assign(found, plan.inspectors, teams, plan.seed)
    sizes = {group: len(mine) for group, mine in sorted(groups.items())}
    return Sample(tuple(assigned), (*short, *unassigned), frame_hash(calls), len(calls), sizes)


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


def luck(seed: int, *parts: str) -> float:
    """A number in 0–1 that seed and parts alone decide.

    >>> luck(1, "a") == luck(1, "a"), 0 <= luck(1, "a") < 1, luck(1, "a") == luck(2, "a")
    (True, True, False)
    """
    text = "\x1f".join([str(seed), *parts])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6], "big") / 2**48


def _of_group(plan: Plan, group: str, calls: list[Candidate]) -> tuple[list[Drawn], list[Shortfall]]:
    """The calls of one group: first the strata with quotas, then the rest up to the quota of the group."""
    wanted = _quota(plan.number, plan.share, len(calls), plan.minimum)
    found: list[Drawn] = []
    short: list[Shortfall] = []
    left = list(calls)
    for stratum in plan.strata:
        mine = _fulfilling(left, stratum.conditions)
        names = {call.id for call in mine}
        left = [call for call in left if call.id not in names]
        quota = _quota(stratum.number, stratum.share, len(mine), 0)
        found += _of_stratum(plan, group, stratum.name, mine, quota)
        if quota > len(mine):
            short.append(Shortfall(group, stratum.name, quota, len(mine)))
    rest = max(0, wanted - len(found))
    found += _of_stratum(plan, group, REST, left, rest)
    if rest > len(left):
        short.append(Shortfall(group, REST, wanted, len(found)))
    return found, short


def _quota(number: int | None, share: float | None, size: int, minimum: int) -> int:
    wanted = number if number is not None else ceil(size * (share or 0.0) / 100 - 1e-9)
    return max(wanted, minimum)


def _fulfilling(calls: Iterable[Candidate], conditions: Sequence[Condition]) -> list[Candidate]:
    return [call for call in calls if all_hold(conditions, call.values)]


def _of_stratum(plan: Plan, group: str, stratum: str, calls: Sequence[Candidate], quota: int) -> list[Drawn]:
    count = min(quota, len(calls))
    if not count:
        return []
    sizes = [_size(plan.risk, call.values) for call in calls]
    floor = plan.risk.floor if plan.risk is not None else 1.0
    chance = chances(sizes, count, floor=floor)
    order = sorted(range(len(calls)), key=_place(plan, calls))
    start = luck(plan.seed, "start", group, stratum) * (1 - 1e-6)
    taken = drawn([float(chance[index]) for index in order], start)
    found: list[Drawn] = []
    for place in taken:
        index = order[place]
        call = calls[index]
        found.append(Drawn(call.id, group, stratum, float(chance[index]), risks=_risks(plan.risk, call.values)))
    return found


def _place(plan: Plan, calls: Sequence[Candidate]) -> Callable[[int], tuple[str, float]]:
    """Where a call lies in the draw: along the period, or anywhere."""

    def place(index: int) -> tuple[str, float]:
        call = calls[index]
        when = call.text("started_at") if plan.spread else ""
        return when, luck(plan.seed, "order", call.id)

    return place


def _size(risk: Risk | None, values: Values) -> float:
    if risk is None:
        return 1.0
    return 1.0 + sum(term.weight for term in risk.terms if all_hold(term.conditions, values))


def _risks(risk: Risk | None, values: Values) -> tuple[str, ...]:
    if risk is None:
        return ()
    return tuple(" & ".join(term.where) for term in risk.terms if all_hold(term.conditions, values))


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
    load = {person.name: 0 for person in inspectors}
    given: dict[str, str] = {}
    left: list[Shortfall] = []
    for call in sorted(calls, key=lambda one: (_choices(one, inspectors, teams), luck(seed, "assign", one.id))):
        free = [person for person in inspectors if _may(person, teams.get(call.id, ""), load)]
        if not free:
            left.append(Shortfall(call.group, call.stratum, 1, 0))
            continue
        person = min(free, key=lambda one: ((load[one.name] + 1) / one.share, luck(seed, one.name, call.id)))
        load[person.name] += 1
        given[call.id] = person.name
    assigned = [msgspec.structs.replace(call, inspector=given.get(call.id, "")) for call in calls]
    return assigned, left


def _choices(call: Drawn, inspectors: Sequence[Inspector], teams: Mapping[str, str]) -> int:
    """How many inspectors may hear a call: those with few choices are given away first."""
    team = teams.get(call.id, "")
    return sum(1 for person in inspectors if not team or person.team != team)


def _may(person: Inspector, team: str, load: Mapping[str, int]) -> bool:
    own = bool(team) and person.team == team
    full = person.most is not None and load[person.name] >= person.most
    return not own and not full
