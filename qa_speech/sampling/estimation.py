"""The whole answer of `qa-speech estimate`: one figure of all calls and of each group, and which calls to hear next.

A group whose own marks say next to nothing is given the interval of the next level (agent → team → site → all), and it is
said that it is not his own. A group that left the pool because a person went far below the machine keeps its own interval,
however wide: a team's would hide it. Groups stand in the order of their names; one is marked above or below only where that is
sure for all groups looked at together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from qa_speech.sampling.draw import Candidate
from qa_speech.sampling.estimates import (
    PASS_RATE,
    SCORE,
    Figure,
    GroupEstimate,
    GroupFrame,
    by_group,
    enough,
    gain,
    overall,
    violation_rate,
)
from qa_speech.sampling.joined import CRITERION, WHOLE, Joined, Unfinished, machine_value
from qa_speech.stats.survey import Estimate

LEVELS = ("agent", "team", "site")
"""Metadata from the smallest group to the largest; the level after the last is all calls."""
ALL = "all"
"""Name of the level that holds all calls."""
SAYS_NOTHING = 2.0
"""Times the width asked for beyond which an interval is not shown as a group's own."""
NOMINAL = 0.95


class Line(msgspec.Struct, frozen=True):
    """A figure of a group, 0–100, with its 95 % interval, `n` marked calls (of a census: calls judged) of `calls`.

    `carried_by` names the level whose interval this is where the group's own marks say too little (`own_low`, `own_high` are
    what they say), `carried_from` the group of that level. `differs` ``above`` or ``below`` the whole for sure, or "".
    `top_up` = so many further calls for the width asked for.
    """

    group: str
    calls: int
    value: float
    low: float
    high: float
    n: int
    method: str
    own_low: float
    own_high: float
    own_n: int
    carried_by: str = ""
    carried_from: str = ""
    differs: str = ""
    top_up: int = 0


class Stopped(msgspec.Struct, frozen=True):
    """What the stop rule says: the mean is known to ± `within`, or not yet; `waiting` names groups nobody has heard yet."""

    within: float
    enough: bool
    value: float
    low: float
    high: float
    n: int
    waiting: tuple[str, ...] = ()


class Missing(msgspec.Struct, frozen=True):
    """A call that was drawn and does not count yet; see `joined.Unfinished`."""

    call: str
    group: str
    inspector: str
    reason: str
    undecided: tuple[str, ...] = ()


class Estimates(msgspec.Struct, frozen=True):
    """The answer. `gain` = how much narrower the machine makes the interval of the whole, 0–1, None where it has no part in it;
    `changed` = the run has other calls now than at the draw, and the machine's scores are left out; `out_of_reach` = how many
    calls no draw by the plan could take, of which the answer says nothing by right."""

    figure: str
    marks: str
    by: str
    wanted_width: float
    drawn: int
    finished: int
    whole: Line | None
    groups: tuple[Line, ...] = ()
    unfinished: tuple[Missing, ...] = ()
    gain: float | None = None
    changed: bool = False
    out_of_reach: int = 0
    stop: Stopped | None = None

    @property
    def top_up(self) -> list[Line]:
        """Groups of which further calls should be heard, by name."""
        return [line for line in self.groups if line.top_up]


def figure_named(text: str) -> Figure | None:
    """``total``, ``passed`` or ``criterion:ID``; None for anything else.

    >>> figure_named("criterion:taboo").is_share, figure_named("mean")
    (True, None)
    """
    if text.startswith(CRITERION) and len(text) > len(CRITERION):
        return violation_rate(text.removeprefix(CRITERION))
    return {SCORE.name: SCORE, PASS_RATE.name: PASS_RATE}.get(text)


def estimated(
    data: Joined, *, marks: str, by: str = "", wanted_width: float = 30.0, within: float | None = None
) -> Estimates:
    """Everything that the marks of a draw say of one figure.

    Parameters
    ----------
    marks
        Which marks count, as it is told: ``human`` or ``final``.
    by
        Metadata that names the groups, e.g. ``agent``; "" = no groups.
    wanted_width
        Width of an interval, in points, above which a group is named for further calls.
    within
        Points to which the stop rule wants the mean known; None = it is not asked.
    """
    whole = overall(data.figure, data.observed(WHOLE), data.frame(WHOLE))
    return Estimates(
        figure=data.figure.name,
        marks=marks,
        by=by,
        wanted_width=wanted_width,
        drawn=len(data.record.drawn),
        finished=len(data.heard),
        whole=None if whole is None else _line_of_whole(data, whole),
        groups=tuple(_groups(data, by, wanted_width, whole)) if by and whole is not None else (),
        unfinished=tuple(_missing(one) for one in data.unfinished),
        gain=gain(data.figure, data.observed(WHOLE), data.frame(WHOLE)),
        changed=data.changed,
        out_of_reach=sum(data.record.out_of_reach.values()),
        stop=None if within is None else _stopped(data, within),
    )


def _missing(one: Unfinished) -> Missing:
    return Missing(one.call, one.group, one.inspector, one.reason, one.undecided)


def _line_of_whole(data: Joined, found: Estimate) -> Line:
    calls = data.frame(WHOLE)[WHOLE].calls
    return Line(ALL, calls, found.value, found.low, found.high, found.n, found.method, found.low, found.high, found.n)


# -- groups


class Level(NamedTuple):
    """Estimates of the groups of one level, and to which of them a group below belongs."""

    name: str
    estimates: Mapping[str, GroupEstimate]
    of_group: Mapping[str, str]


def _groups(data: Joined, by: str, wanted_width: float, whole: Estimate) -> list[Line]:
    frame = data.frame(by)
    own = {one.group: one for one in by_group(data.figure, data.observed(by), frame, wanted_width=wanted_width)}
    levels = _levels(data, by, wanted_width)
    differing = _differing(data, by, frame)
    found: list[Line] = []
    for group, calls in data.sizes(by).items():
        mine = own.get(group) or _nothing_known(data.figure, group, wanted_width)
        line = _line(mine, calls, differing.get(group, ""))
        if _says_nothing(mine.estimate, wanted_width):
            line = _carried(line, levels, whole, wanted_width)
        found.append(line)
    return found


def _nothing_known(figure: Figure, group: str, wanted_width: float) -> GroupEstimate:
    """A group in which nobody has finished a call."""
    (alone,) = by_group(figure, [], {group: GroupFrame(1, None)}, wanted_width=wanted_width)
    return alone


def _line(one: GroupEstimate, calls: int, differs: str) -> Line:
    found = one.estimate
    top_up = min(one.top_up, calls - found.n)
    return Line(
        group=one.group, calls=calls, value=found.value, low=found.low, high=found.high, n=found.n, method=found.method,
        own_low=found.low, own_high=found.high, own_n=found.n, differs=differs, top_up=max(0, top_up),
    )  # fmt: skip


def _says_nothing(found: Estimate, wanted_width: float) -> bool:
    """Whether the next level's interval is shown instead; never of a group with a grave correction of its own."""
    if found.n == 0:
        return True
    return found.method != "alone" and found.high - found.low > SAYS_NOTHING * wanted_width


def _levels(data: Joined, by: str, wanted_width: float) -> list[Level]:
    """The levels above a group, nearest first, as far as the calls tell them."""
    above = LEVELS[LEVELS.index(by) + 1 :] if by in LEVELS else ()
    found: list[Level] = []
    for name in above:
        estimates = by_group(data.figure, data.observed(name), data.frame(name), wanted_width=wanted_width)
        found.append(Level(name, {one.group: one for one in estimates}, data.above(by, name)))
    return found


def _carried(line: Line, levels: Iterable[Level], whole: Estimate, wanted_width: float) -> Line:
    """A group's line with the interval of the first level that says something."""
    for level in levels:
        name = level.of_group.get(line.group, "")
        one = level.estimates.get(name)
        if name and one is not None and not _says_nothing(one.estimate, wanted_width):
            return _with(line, one.estimate, level.name, name)
    return _with(line, whole, ALL, ALL)


def _with(line: Line, found: Estimate, level: str, name: str) -> Line:
    return msgspec.structs.replace(
        line, value=found.value, low=found.low, high=found.high, n=found.n, method=found.method,
        carried_by=level, carried_from=name, differs="",
    )  # fmt: skip


def _differing(data: Joined, by: str, frame: Mapping[str, GroupFrame]) -> dict[str, str]:
    """Groups that lie above or below the whole for sure: their intervals do not meet although all groups are looked at.

    Level 1 − 0.05 / groups (Bonferroni; Dunn 1961), so that with 95 % no group is marked by chance.
    """
    level = 1 - (1 - NOMINAL) / max(1, len(frame))
    whole = overall(data.figure, data.observed(WHOLE), data.frame(WHOLE), level=level)
    if whole is None:
        return {}
    found: dict[str, str] = {}
    for one in by_group(data.figure, data.observed(by), frame, level=level):
        if one.estimate.n and one.estimate.high < whole.low:
            found[one.group] = "below"
        elif one.estimate.n and one.estimate.low > whole.high:
            found[one.group] = "above"
    return found


# -- the stop rule


def _stopped(data: Joined, within: float) -> Stopped | None:
    """Whether enough calls were heard, in the order in which they were finished; None before the first."""
    heard = data.in_time()
    if not heard:
        return None
    people = [one.people for one in heard]
    machine = [one.machine for one in heard if one.machine is not None]
    frame = data.frame(WHOLE)[WHOLE]
    whole_machine = machine if len(machine) == len(people) else None
    found = enough(data.figure, people, whole_machine, frame, within=within, weights=data.weights())
    if found is None:
        return None
    waiting = sorted({one.group for one in data.record.drawn} - data.covered)
    one = found.estimate
    is_enough = found.enough and not waiting
    return Stopped(within, is_enough, one.value, one.low, one.high, one.n, tuple(waiting))


# -- the machine alone


def census(figure: Figure, calls: Iterable[Candidate], by: str) -> Estimates:
    """The machine's figure of all calls: no sampling error; what its agreement with people is stands beside it."""
    held: dict[str, list[float]] = {}
    counts: dict[str, int] = {}
    everything: list[float] = []
    total = 0
    for call in calls:
        total += 1
        group = call.text(by) or "?" if by else ALL
        counts[group] = counts.get(group, 0) + 1
        value = machine_value(figure, call)
        if value is not None:
            held.setdefault(group, []).append(value)
            everything.append(value)
    lines = [_counted(group, counts[group], values) for group, values in sorted(held.items())]
    return Estimates(
        figure=figure.name,
        marks="machine",
        by=by,
        wanted_width=0.0,
        drawn=total,
        finished=len(everything),
        whole=_counted(ALL, total, everything) if everything else None,
        groups=tuple(lines) if by else (),
    )


def _counted(group: str, calls: int, values: list[float]) -> Line:
    mean = sum(values) / len(values)
    return Line(group, calls, mean, mean, mean, len(values), "census", mean, mean, len(values))
