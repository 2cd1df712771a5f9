"""Made-up months of a hotline for `report.py`, `training/month` and tests: whoever took a call, when, what it scored, who answered
the survey, what was complained of. Nobody and nothing in them is real.

60 agents in 6 teams, 3 cities of 2 provinces, the month and the month before. Clean: agents, hours and months alike.
`spread`: agents differ, and are as they are in both months. Planted, in the month alone:

agent 1037            fails every criterion about three times as often
hour 20               twice as often, whoever works then
其它                  14 % of the records of the service list (6 % else), many of them about one thing
告知办理进度或时限    failed in 26 % of calls instead of 11 %
E组                   belongs to another city from the sixteenth on
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard

Array: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.intp]

PERIOD, PREVIOUS = "2026-11", "2026-10"
TEAMS = ("A组", "B组", "C组", "D组", "E组", "F组")
CITIES = ("北河市", "东江市", "南湖市")
PROVINCES = {"北河市": "北省", "东江市": "东省", "南湖市": "东省"}
CITY_OF_TEAM = (0, 0, 1, 1, 2, 2)
MOVED_TEAM, MOVED_TO, MOVED_ON = "E组", "东江市", f"{PERIOD}-16"
BAD_AGENT, BAD_HOUR = "1037", 20
FALLING, FALLING_TO = "progress", 0.26
QUEUES = ("宽带故障", "话费账单", "业务办理", "投诉")
HOURS = np.arange(8, 22)
HOUR_WEIGHTS = np.array([4, 8, 10, 9, 6, 6, 8, 9, 9, 8, 7, 7, 6, 3], float)
BASE = {
    "greeting": (1.0, 0.04), "agent-number": (1.0, 0.07), "first-word": (1.0, 0.05), "identity-check": (0.45, 0.08),
    "hold-announced": (0.5, 0.1), "hold-thanked": (0.45, 0.14), "empathy": (0.3, 0.12), "courtesy": (1.0, 0.08),
    "further-help": (1.0, 0.13), "closing": (1.0, 0.06), "survey": (1.0, 0.15), "response-time": (1.0, 0.07),
    "dead-air": (1.0, 0.11), "interruption": (1.0, 0.05), "make-repeat": (1.0, 0.03), "answered": (0.95, 0.06),
    "depth": (0.95, 0.16), "speech-rate": (1.0, 0.06), "progress": (0.6, 0.11), "rough-words": (1.0, 0.03),
    "curt": (1.0, 0.03), "insult": (1.0, 0.001), "taboo": (1.0, 0.004), "deflection": (1.0, 0.015),
}  # fmt: skip
"""Of each criterion of the hotline card the share of calls that it applies to, and the share of these that fail."""
THEMES = ("响应速度", "服务态度", "解决能力")
CAUSES = {
    "service": (("slow", 9), ("attitude", 8), ("solving", 14), ("accuracy", 11), ("progress", 15), ("billing", 19),
                ("handling", 10), ("overdue", 8), ("other", 6)),
    "communication": (("weak-signal", 34), ("sound", 16), ("slow-data", 28), ("dropped", 17), ("other", 5)),
    "broadband-fault": (("terminal", 26), ("wifi", 20), ("platform", 9), ("power", 16), ("speed-normal", 10),
                        ("recovered", 8), ("outside", 6), ("other", 5)),
}  # fmt: skip
OTHER_PLANTED = 14.0


@dataclass(frozen=True)
class Plan:
    """What a month is made with. `calls`, `tickets` a month; `spread` standard deviation of agents on the logit scale."""

    seed: int
    calls: int = 5000
    agents: int = 60
    tickets: int = 600
    spread: float = 0.0
    hour_spread: float = 0.0
    planted: bool = False


class MadeCalls(NamedTuple):
    """Answered calls of one month; `outcome` calls × criteria: 0 not applicable, 1 pass, 2 fail."""

    agent: Codes
    second: Codes
    queue: Codes
    duration: Array
    outcome: npt.NDArray[np.int8]
    reliable: npt.NDArray[np.bool_]
    wait: Array
    hold: Array
    wrap: Array
    customer: Codes
    satisfied: Array
    themes: Array
    invited: npt.NDArray[np.bool_]


class MadeTickets(NamedTuple):
    """Records of one month: the call each came from, list, cause (its code, "" = left empty), hours until done."""

    call: Codes
    lists: tuple[str, ...]
    causes: tuple[str, ...]
    true_causes: tuple[str, ...]
    hours: Array
    complaint: npt.NDArray[np.bool_]
    repeated: npt.NDArray[np.bool_]
    handovers: Codes


class Lost(NamedTuple):
    """Lines that nobody answered: second of the month, whether it ended in the IVR, seconds waited."""

    second: Codes
    ivr: npt.NDArray[np.bool_]
    wait: Array
    queue: Codes


class MadeMonth(NamedTuple):
    """One calendar month."""

    name: str
    calls: MadeCalls
    tickets: MadeTickets
    lost: Lost


CRITERIA = tuple(BASE)


def agents_of(plan: Plan) -> tuple[str, ...]:
    """Numbers of the agents; ten to a team, in order."""
    return tuple(str(1001 + index) for index in range(plan.agents))


def team_of(plan: Plan, agent: Codes) -> Codes:
    """The team that each agent belongs to."""
    return (agent * len(TEAMS)) // plan.agents


def made(plan: Plan) -> tuple[MadeMonth, MadeMonth]:
    """The month and the month before."""
    chance = np.random.default_rng(plan.seed)
    usual = chance.normal(0, plan.spread, plan.agents) if plan.spread else np.zeros(plan.agents)
    hourly = chance.normal(0, plan.hour_spread, 24) if plan.hour_spread else np.zeros(24)
    now = _month(plan, chance, PERIOD, usual, hourly, plan.planted)
    return now, _month(plan, chance, PREVIOUS, usual, hourly, False)


def _month(plan: Plan, chance: np.random.Generator, name: str, usual: Array, hourly: Array, planted: bool) -> MadeMonth:
    calls = _calls(plan, chance, name, usual, hourly, planted)
    tickets = _tickets(plan, chance, len(calls.agent), planted)
    lost = round(0.055 * plan.calls)
    return MadeMonth(
        name,
        calls,
        tickets,
        Lost(
            _seconds(chance, name, lost),
            chance.random(lost) < 0.4,
            np.round(chance.gamma(2.0, 14.0, lost)),
            chance.integers(0, len(QUEUES), lost),
        ),
    )


def _days(name: str) -> int:
    return 30 if name == PERIOD else 31


def _seconds(chance: np.random.Generator, name: str, count: int) -> Codes:
    hours = chance.choice(HOURS, count, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    day = chance.integers(0, _days(name), count)
    return np.sort(day * 86_400 + hours * 3600 + chance.integers(0, 3600, count)).astype(np.intp)


def _calls(plan: Plan, chance: np.random.Generator, name: str, usual: Array, hourly: Array, planted: bool) -> MadeCalls:
    count = plan.calls
    agent = chance.integers(0, plan.agents, count)
    second = _seconds(chance, name, count)
    hour = (second % 86_400) // 3600
    shift = usual[agent] + hourly[hour]
    if planted:
        shift = shift + 1.5 * (agent == int(BAD_AGENT) - 1001) + 0.9 * (hour == BAD_HOUR)
    applies = np.array([one[0] for one in BASE.values()])
    fails = np.array([one[1] for one in BASE.values()])
    if planted:
        fails[CRITERIA.index(FALLING)] = FALLING_TO
    logit = np.log(fails / (1 - fails))[None, :] + shift[:, None]
    failed = chance.random((count, len(fails))) < 1 / (1 + np.exp(-logit))
    outcome = np.where(failed, 2, 1).astype(np.int8)
    outcome[chance.random((count, len(fails))) >= applies[None, :]] = 0
    good = 2.0 - 0.45 * failed.sum(axis=1)
    satisfied = (chance.random(count) < 1 / (1 + np.exp(-good - 0.6))).astype(float)
    themes = np.stack([(chance.random(count) < 1 / (1 + np.exp(-good - extra))) for extra in (0.3, 0.9, 0.1)]).astype(
        float
    )
    invited = chance.random(count) < 0.6
    answers = invited & (chance.random(count) < 0.45)
    satisfied[~answers] = np.nan
    themes[:, ~answers] = np.nan
    customers = chance.integers(0, max(10, count * 6), count)
    again = chance.random(count) < 0.07
    customers[again] = customers[np.maximum(0, np.flatnonzero(again) - chance.integers(1, 400, int(again.sum())))]
    return MadeCalls(
        agent, second, chance.integers(0, len(QUEUES), count), np.round(chance.gamma(4.0, 48.0, count) + 25),
        outcome, chance.random(count) >= 0.06, np.round(chance.gamma(1.4, 4.6, count)),
        np.round(np.where(chance.random(count) < 0.4, chance.gamma(2, 15, count), 0)), np.round(chance.gamma(3, 9, count)),
        customers, satisfied, themes, invited,
    )  # fmt: skip


def _tickets(plan: Plan, chance: np.random.Generator, calls: int, planted: bool) -> MadeTickets:
    count = plan.tickets
    names = list(CAUSES)
    lists = [names[index] for index in chance.choice(len(names), count, p=[0.55, 0.25, 0.2])]
    causes = [_cause(chance, one) for one in lists]
    if planted:
        causes = _with_other(chance, lists, causes)
    left_empty = chance.random(count) < 0.12
    given = tuple("" if empty else cause for empty, cause in zip(left_empty, causes, strict=True))
    return MadeTickets(
        np.sort(chance.integers(0, calls, count)), tuple(lists), given, tuple(causes), np.round(chance.gamma(2, 14, count), 1),
        chance.random(count) < 0.35, chance.random(count) < 0.06, chance.poisson(0.5, count),
    )  # fmt: skip


def _cause(chance: np.random.Generator, name: str) -> str:
    codes = [code for code, _ in CAUSES[name]]
    weights = np.array([float(weight) for _, weight in CAUSES[name]])
    return codes[int(chance.choice(len(codes), p=weights / weights.sum()))]


def _with_other(chance: np.random.Generator, lists: list[str], causes: list[str]) -> list[str]:
    """The same, with exactly the planted share of 其它 in the service list."""
    mine = [row for row, name in enumerate(lists) if name == "service"]
    wanted = set(chance.permutation(mine)[: round(OTHER_PLANTED / 100 * len(mine))].tolist())
    found = list(causes)
    for row in mine:
        if row in wanted:
            found[row] = "other"
        elif found[row] == "other":
            found[row] = "billing"
    return found


def card_points() -> tuple[Array, tuple[str, ...]]:
    """Points and titles of the criteria, of the shipped hotline card; deductions and red lines as points."""
    card = load_scorecard(folder("scorecards") / "telecom-hotline.yaml")
    held = {criterion.id: criterion for criterion in card.criteria}
    points = np.array([held[name].points or 3.0 for name in CRITERIA], float)
    return points, tuple(held[name].title for name in CRITERIA)
