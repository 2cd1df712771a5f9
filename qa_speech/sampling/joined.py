"""A draw, the calls it was drawn from and what people made of it, put together for `estimates`.

chance      of a call, less where not all calls drawn beside it were finished: the finished ones stand for the others
order       random, by the seed of the draw: bets on a mean must not see one group after the other
machine     its figure of every call; a call it could not judge is foretold by the mean of the others, which the correction
            by people's marks puts right as it does any other foretelling
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from qa_speech.marks.decided import DecidedCall
from qa_speech.sampling.dealing import luck
from qa_speech.sampling.draw import UNKNOWN, Candidate, Drawn, eligible, group_of
from qa_speech.sampling.estimates import Figure, GroupFrame, Observed, Weights
from qa_speech.sampling.plan import Plan, plan_from
from qa_speech.sampling.record import Record
from qa_speech.scores import Score
from qa_speech.stats.survey import EQUAL

CRITERION = "criterion:"
LEAST_JUDGED = 0.5
"""Share of the calls that the machine has to have judged itself before it is listened to."""
WHOLE = ""
"""Key of the frame that holds all calls."""


class Unfinished(NamedTuple):
    """A call that was drawn and does not count: criteria still undecided, or a `reason`: ``gone``, ``no_total``, ``no_marks``."""

    call: str
    group: str
    inspector: str
    reason: str
    undecided: tuple[str, ...] = ()


class Heard(NamedTuple):
    """A call that counts: people's figure and the machine's, the chance of its draw put right, when it was finished.

    `least`: the least chance of the calls that could have been drawn in its place, put right as well.
    """

    drawn: Drawn
    people: float
    machine: float | None
    chance: float
    least: float
    at: str


class Joined(NamedTuple):
    """A draw with what is known of it.

    `covered` are the groups of the plan in which somebody has finished a call; `usual` the machine's figure of a call it could
    not judge (None: it judged too few to be listened to); `changed`: the run no longer holds the calls it was drawn from.
    """

    figure: Figure
    heard: tuple[Heard, ...]
    unfinished: tuple[Unfinished, ...]
    calls: tuple[Candidate, ...]
    covered: frozenset[str]
    plan: Plan
    record: Record
    usual: float | None
    changed: bool

    def observed(self, by: str) -> list[Observed]:
        """The calls that count, with the group each belongs to by a piece of metadata (`WHOLE`: one group)."""
        known = {call.id: call for call in self.calls}
        found: list[Observed] = []
        for one in self.heard:
            group = _key(known.get(one.drawn.id), by)
            found.append(Observed(one.drawn.id, group, one.people, one.machine, one.chance, one.least))
        return found

    def frame(self, by: str, *, with_machine: bool = True) -> dict[str, GroupFrame]:
        """What is known of all calls, by group; calls of groups of the plan in which nobody has finished one are left out."""
        if self.changed:
            return self._frame_of_weights(by)
        held: dict[str, list[Candidate]] = {}
        for call in self.calls:
            if group_of(self.plan, call) in self.covered:
                held.setdefault(_key(call, by), []).append(call)
        usual = self.usual if with_machine else None
        return {group: GroupFrame(len(mine), _mean(self.figure, mine, usual)) for group, mine in held.items()}

    def _frame_of_weights(self, by: str) -> dict[str, GroupFrame]:
        """Without the calls of the draw their number is what the chances say, and the machine says nothing."""
        weights: dict[str, float] = {}
        for one in self.observed(by):
            weights[one.group] = weights.get(one.group, 0.0) + 1 / one.chance
        return {group: GroupFrame(max(1, round(weight)), None) for group, weight in weights.items()}

    def sizes(self, by: str) -> dict[str, int]:
        """All groups of the calls by name, also those in which nobody has finished one, and how many calls each has."""
        counts = Counter(_key(call, by) for call in self.calls)
        return dict(sorted(counts.items()))

    def above(self, by: str, higher: str) -> dict[str, str]:
        """The higher group, e.g. team, that most calls of each group belong to."""
        counts: dict[str, Counter[str]] = {}
        for call in self.calls:
            counts.setdefault(_key(call, by), Counter())[call.text(higher)] += 1
        return {group: max(sorted(found), key=lambda name: found[name]) for group, found in counts.items()}

    def weights(self) -> Weights | None:
        """What each call heard counts for, in the order of `in_time`; None where all were drawn with the same chance."""
        chance = {one.id: one.chance for one in self.record.drawn}
        least = min((_least(one) for one in self.record.drawn), default=0.0)
        if not chance or max(chance.values()) - least <= EQUAL:
            return None
        scale = len(chance) / sum(1 / one for one in chance.values())
        heard = [scale / chance[one.drawn.id] for one in self.in_time()]
        return Weights(heard, scale / least)

    def in_time(self) -> list[Heard]:
        """The calls that count, in the order in which they were finished."""
        return sorted(self.heard, key=lambda one: (one.at, one.drawn.id))


def _least(one: Drawn) -> float:
    """The least chance of the calls that could have been drawn in its place."""
    return one.chance if one.least_chance is None else one.least_chance


def _key(call: Candidate | None, by: str) -> str:
    if by == WHOLE:
        return WHOLE
    return UNKNOWN if call is None else call.text(by) or UNKNOWN


def _usual(figure: Figure, calls: Iterable[Candidate]) -> float | None:
    """The machine's mean over the calls that it judged; None where these are too few."""
    values = [machine_value(figure, call) for call in calls]
    known = [value for value in values if value is not None]
    if not known or len(known) < LEAST_JUDGED * len(values):
        return None
    return sum(known) / len(known)


def _mean(figure: Figure, calls: Sequence[Candidate], usual: float | None) -> float | None:
    if usual is None:
        return None
    return sum(_foretold(figure, call, usual) for call in calls) / len(calls)


def _foretold(figure: Figure, call: Candidate, usual: float) -> float:
    """The machine's figure of a call, or what is foretold where it did not judge it."""
    value = machine_value(figure, call)
    return usual if value is None else value


def machine_value(figure: Figure, call: Candidate) -> float | None:
    """The machine's figure of a call, 0–100; None where it did not judge it.

    >>> from qa_speech.sampling.estimates import violation_rate
    >>> machine_value(violation_rate("taboo"), Candidate("a", {"criterion.taboo": "fail"}))
    100.0
    """
    name = figure.name
    if name.startswith(CRITERION):
        outcome = call.text(f"criterion.{name.removeprefix(CRITERION)}")
        return _violated(outcome) if outcome in ("pass", "partial", "fail", "not_applicable") else None
    value = call.values.get(name)
    if not isinstance(value, int | float):
        return None
    return 100.0 * value if figure.is_share else float(value)


def people_value(figure: Figure, score: Score) -> float | None:
    """The same of a score under people's marks."""
    if figure.name == "total":
        return score.total
    if figure.name == "passed":
        return None if score.passed is None else 100.0 * score.passed
    wanted = figure.name.removeprefix(CRITERION)
    for criterion in score.criteria:
        if criterion.id == wanted:
            return _violated(criterion.outcome)
    return None


def _violated(outcome: str) -> float:
    return 100.0 if outcome == "fail" else 0.0


def joined(figure: Figure, record: Record, frame: Iterable[Candidate], decided: Mapping[str, DecidedCall]) -> Joined:
    """Put a draw, the calls of its run and people's decisions together.

    Parameters
    ----------
    frame
        All calls of the run as they are now.
    decided
        The calls that somebody has marked, by id.
    """
    plan = plan_from(record.plan)
    calls = eligible(plan, frame, record.inspected)
    known = {call.id: call for call in calls}
    counts = Counter(group_of(plan, call) for call in calls)
    changed = dict(counts) != {group: held.calls for group, held in record.groups.items() if held.calls}
    finished: list[tuple[Drawn, DecidedCall, float]] = []
    unfinished: list[Unfinished] = []
    for one in record.drawn:
        found = decided.get(one.id)
        value = None if found is None else people_value(figure, found.score)
        if found is not None and not found.undecided and value is not None and one.id in known:
            finished.append((one, found, value))
        else:
            unfinished.append(_unfinished(one, found, is_gone=one.id not in known))
    chance = _put_right(record.drawn, [one for one, _, _ in finished])
    usual = None if changed else _usual(figure, calls)
    heard: list[Heard] = []
    for one, decision, value in finished:
        machine = None if usual is None else _foretold(figure, known[one.id], usual)
        kept = chance[one.id] / one.chance
        heard.append(Heard(one, value, machine, chance[one.id], _least(one) * kept, decision.at))
    heard.sort(key=lambda one: luck(record.seed, "estimate", one.drawn.id))
    covered = frozenset(one.drawn.group for one in heard)
    return Joined(figure, tuple(heard), tuple(unfinished), tuple(calls), covered, plan, record, usual, changed)


def _unfinished(one: Drawn, found: DecidedCall | None, *, is_gone: bool) -> Unfinished:
    reason, undecided = "undecided", () if found is None else found.undecided
    if is_gone:
        reason = "gone"
    elif found is None:
        reason = "no_marks"
    elif not undecided:
        reason = "no_total"
    return Unfinished(one.id, one.group, one.inspector, reason, undecided)


def _put_right(drawn: Sequence[Drawn], finished: Sequence[Drawn]) -> dict[str, float]:
    """Chances of the finished calls: in each group and stratum they stand for those drawn and not finished.

    Response homogeneity groups, Särndal, Swensson & Wretman 1992, section 15.6.2.
    """
    wanted = Counter((one.group, one.stratum) for one in drawn)
    done = Counter((one.group, one.stratum) for one in finished)
    found: dict[str, float] = {}
    for one in finished:
        cell = one.group, one.stratum
        found[one.id] = one.chance * done[cell] / wanted[cell]
    return found
