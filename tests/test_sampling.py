"""Samples: the same list twice, chances that are true, quotas met or listed, nobody hears his own team."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.errors import ConfigError
from qa_speech.sampling.conditions import Value, condition
from qa_speech.sampling.draw import Candidate, Sample, draw
from qa_speech.sampling.plan import Plan, load_plan, plan_from

AGENTS = ("1001", "1002", "1003")


def frame(size: int = 90) -> list[Candidate]:
    calls = []
    for number in range(size):
        values: dict[str, Value] = {
            "agent": AGENTS[number % 3], "team": "A 组" if number % 3 else "B 组", "queue": "投诉" if number % 10 == 0 else "宽带",
            "started_at": f"2026-11-{number % 28 + 1:02}T09:00:00", "total": float(number % 100), "duration_s": 20.0 + number,
        }  # fmt: skip
        calls.append(Candidate(f"call-{number:03}", values))
    return calls


def plan(text: str) -> Plan:
    return plan_from(f"seed = 20261130\n{text}")


def per_group(sample: Sample) -> Counter[str]:
    return Counter(call.group for call in sample.drawn)


def test_the_same_plan_and_frame_give_the_same_list_whatever_the_order_of_the_frame() -> None:
    wanted = plan("number = 4")

    assert draw(wanted, frame()) == draw(wanted, list(reversed(frame())))
    assert draw(wanted, frame()).drawn != draw(plan_from("seed = 1\nnumber = 4"), frame()).drawn


def test_every_agent_gets_his_number_and_the_chance_is_number_over_calls() -> None:
    sample = draw(plan("number = 4"), frame())

    assert per_group(sample) == dict.fromkeys(AGENTS, 4)
    assert [call.chance for call in sample.drawn] == pytest.approx([4 / 30] * 12)
    assert sample.short == ()


def test_a_share_has_a_minimum_and_what_cannot_be_met_is_listed() -> None:
    calls = [call for call in frame() if call.values["agent"] != "1003" or call.id == "call-002"]
    sample = draw(plan("share = 5\nminimum = 3"), calls)

    assert per_group(sample) == {"1001": 3, "1002": 3, "1003": 1}
    assert [(one.group, one.wanted, one.found) for one in sample.short] == [("1003", 3, 1)]


def test_strata_have_quotas_of_their_own_and_the_rest_fills_up() -> None:
    sample = draw(plan('number = 4\n[[strata]]\nname = "投诉"\nwhere = ["queue = 投诉"]\nnumber = 2'), frame())

    assert per_group(sample) == dict.fromkeys(AGENTS, 4)
    assert Counter(call.stratum for call in sample.drawn) == {"投诉": 6, "": 6}


def test_calls_already_inspected_are_left_out_unless_wanted_again() -> None:
    first = {call.id for call in draw(plan("number = 4"), frame()).drawn}

    second = draw(plan("number = 4"), frame(), inspected=first)
    again = draw(plan("number = 4\nagain = true"), frame(), inspected=first)

    assert first.isdisjoint(call.id for call in second.drawn)
    assert {call.id for call in again.drawn} == first


def test_an_even_spread_takes_no_two_neighbours_of_a_full_month() -> None:
    sample = draw(plan("number = 7\nper = []"), frame(28))
    days = sorted(int(call.id[-3:]) for call in sample.drawn)

    assert all(two - one in (3, 4, 5) for one, two in pairwise(days))


def test_risk_makes_calls_likelier_and_nothing_impossible_and_the_chances_are_true() -> None:
    text = (
        'number = 10\nper = []\nspread = false\n[risk]\nfloor = 0.5\n[[risk.terms]]\nwhere = ["total < 20"]\nweight = 4'
    )
    times: Counter[str] = Counter()
    chances: dict[str, float] = {}
    for seed in range(1500):
        for call in draw(plan_from(f"seed = {seed}\n{text}"), frame(60)).drawn:
            times[call.id] += 1
            chances[call.id] = call.chance

    assert len(times) == 60, "every call can be drawn"
    least = 0.5 * (20 * 5 + 40 * 1) / 60  # the floor lifts sizes of 1 to half of the mean
    assert chances["call-010"] / chances["call-040"] == pytest.approx(5 / least)
    for name, chance in chances.items():
        assert times[name] / 1500 == pytest.approx(chance, abs=0.045)


def test_nobody_hears_his_own_team_and_what_nobody_may_hear_is_listed() -> None:
    people = '[[inspectors]]\nname = "甲"\nteam = "A 组"\n[[inspectors]]\nname = "乙"\nteam = "B 组"\nmost = 2'
    sample = draw(plan(f"number = 4\n{people}"), frame())
    teams = {call.id: call.values["team"] for call in frame()}

    heard = [(call.inspector, teams[call.id]) for call in sample.drawn if call.inspector]
    assert set(heard) <= {("甲", "B 组"), ("乙", "A 组")}
    assert Counter(name for name, _ in heard)["乙"] == 2
    assert sum(one.wanted for one in sample.short) == sum(not call.inspector for call in sample.drawn) == 6


def test_work_is_dealt_out_by_share() -> None:
    people = '[[inspectors]]\nname = "甲"\nshare = 2\n[[inspectors]]\nname = "乙"'
    sample = draw(plan(f"number = 4\n{people}"), frame())

    assert Counter(call.inspector for call in sample.drawn) == {"甲": 8, "乙": 4}


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("duration_s >= 30", {"duration_s": 30.0}, True),
        ("duration_s >= 30", {}, False),
        ("queue in 宽带, 资费", {"queue": "资费"}, True),
        ("queue not in 宽带, 资费", {"queue": "投诉"}, True),
        ("passed = 0", {"passed": 0.0}, True),
        ("started_at < 2026-11-05", {"started_at": "2026-11-04T23:59:00"}, True),
        ("agent = 1001", {"agent": "1001"}, True),
        ("band is missing", {"band": ""}, True),
        ("criterion.taboo = fail", {"criterion.taboo": "fail"}, True),
        ("total > 9", {"total": "10"}, True),
    ],
)
def test_conditions(text: str, values: dict[str, Value], holds: bool) -> None:
    assert condition(text).holds(values) is holds


def test_all_problems_of_a_plan_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('seed = "x"\nnumber = 1\nshare = 2\nodd = 1\nwhere = ["total near 5"]', encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        load_plan(path)

    told = str(refused.value)
    assert all(word in told for word in ("seed", "odd", "is no condition"))
    with pytest.raises(ConfigError, match="either number or share"):
        plan("")
    with pytest.raises(ConfigError, match="cannot read"):
        load_plan(tmp_path / "none.toml")


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(1, 12))
def test_as_many_are_drawn_as_the_quota_and_the_frame_allow(seed: int, size: int, number: int) -> None:
    sample = draw(plan_from(f"seed = {seed}\nnumber = {number}\nper = []"), frame(size))

    assert len(sample.drawn) == min(size, number)
    assert len({call.id for call in sample.drawn}) == len(sample.drawn)
    assert bool(sample.short) == (0 < size < number)
