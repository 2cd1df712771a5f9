"""Samples: the same list twice, chances that are true, quotas met or listed, nobody hears his own team."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from qa_speech.errors import ConfigError
from qa_speech.sampling.conditions import Value, condition
from qa_speech.sampling.draw import Candidate, Drawn, Sample, Shortfall, assign, draw
from qa_speech.sampling.plan import Inspector, Plan, load_plan, plan_from
from qa_speech.sampling.record import made, read_record, verify, write_record

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


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["A", "B", "C", ""]), max_size=12),
    st.lists(st.tuples(st.sampled_from(["A", "B", "C", ""]), st.integers(0, 4)), min_size=1, max_size=4),
)
def test_no_call_is_left_over_that_any_dealing_out_could_place(teams: list[str], people: list[tuple[str, int]]) -> None:
    inspectors = [Inspector(name=f"质检{number}", team=team, most=most) for number, (team, most) in enumerate(people)]
    calls = [Drawn(str(number), "", "", 1.0) for number in range(len(teams))]
    team_of = {str(number): team for number, team in enumerate(teams)}

    given_out, left = assign(calls, inspectors, team_of, 7)

    seats = [one for one in inspectors for _ in range(one.most or 0)]
    may = [[not team or seat.team != team for seat in seats] for team in teams]
    most = 0
    if teams and seats:
        most = int((maximum_bipartite_matching(csr_matrix(np.array(may, int)), perm_type="column") >= 0).sum())
    assert sum(bool(call.inspector) for call in given_out) == most == len(teams) - len(left)
    load = Counter(call.inspector for call in given_out if call.inspector)
    for person in inspectors:
        assert load[person.name] <= (person.most or 0)
    own = {person.name: person.team for person in inspectors}
    assert all(not team_of[call.id] or own.get(call.inspector) != team_of[call.id] for call in given_out)


def test_an_inspector_without_a_team_hears_everybody_and_a_call_without_one_anybody() -> None:
    people = [Inspector(name="甲", team="A"), Inspector(name="乙")]
    given_out, left = assign([Drawn("a", "", "", 1.0), Drawn("?", "", "", 1.0)], people, {"a": "A", "?": ""}, 1)

    assert left == []
    assert [call.inspector for call in given_out] == ["乙", "甲"]


def test_a_call_that_nobody_may_hear_is_named() -> None:
    _, left = assign([Drawn("a", "1001", "投诉", 0.5)], [Inspector(name="甲", team="A")], {"a": "A"}, 1)

    assert left == [Shortfall("1001", "投诉", 1, 0, "a")]


@pytest.mark.parametrize(("share", "size", "number"), [(0.1, 3, 1), (5, 60, 3), (5, 61, 4), (100, 7, 7), (33.3, 3, 1)])
def test_a_share_is_rounded_up_and_never_by_a_hair(share: float, size: int, number: int) -> None:
    sample = draw(plan(f"share = {share}\nper = []"), frame(size))

    assert len(sample.drawn) == number
    assert [call.chance for call in sample.drawn] == pytest.approx([number / size] * number)


def test_calls_whose_agent_is_unknown_are_a_group_of_their_own() -> None:
    calls = [*frame(6), Candidate("x", {}), Candidate("y", {"agent": ""})]
    sample = draw(plan("number = 1"), calls)

    assert sample.sizes == {"1001": 2, "1002": 2, "1003": 2, "?": 2}
    assert per_group(sample)["?"] == 1


def test_calls_that_began_at_once_are_drawn_all_alike() -> None:
    calls = [Candidate(f"c{number}", {"started_at": "2026-11-30T09:00:00"}) for number in range(10)]
    times = Counter(
        call.id for seed in range(600) for call in draw(plan_from(f"seed = {seed}\nnumber = 2\nper = []"), calls).drawn
    )

    assert len(times) == 10
    assert all(80 < count < 165 for count in times.values()), "120 ± 4 standard deviations"


def test_a_group_of_which_every_call_is_inspected_is_listed() -> None:
    inspected = {call.id for call in frame() if call.values["agent"] == "1002"}
    sample = draw(plan("number = 4"), frame(), inspected=inspected)

    assert Shortfall("1002", "", 4, 0) in sample.short
    assert "1002" not in sample.sizes


def test_a_group_that_the_plan_does_not_speak_of_is_not() -> None:
    assert draw(plan('number = 4\nwhere = ["agent = 1001"]'), frame()).short == ()


def test_calls_that_strata_leave_nothing_for_are_counted() -> None:
    text = 'number = 2\n[[strata]]\nname = "投诉"\nwhere = ["queue = 投诉"]\nnumber = 2'
    sample = draw(plan(text), frame())

    assert sample.out_of_reach == dict.fromkeys(AGENTS, 27)
    assert draw(plan(text.replace("= 2", "= 3", 1)), frame()).out_of_reach == {}
    assert draw(plan(text.replace("number = 2", "number = 5", 1).replace("number = 2", "number = 0")), frame()).out_of_reach == (
        dict.fromkeys(AGENTS, 3)
    )  # fmt: skip


def test_a_stratum_has_a_share_with_a_minimum_too() -> None:
    text = 'number = 4\n[[strata]]\nname = "投诉"\nwhere = ["queue = 投诉"]\nshare = 10\nminimum = 2'

    assert Counter(call.stratum for call in draw(plan(text), frame()).drawn) == {"投诉": 6, "": 6}


def test_a_term_of_risk_is_called_by_its_name_or_by_its_conditions() -> None:
    terms = '[[risk.terms]]\nname = "低分"\nwhere = ["total < 90"]\nweight = 1\n'
    terms += '[[risk.terms]]\nwhere = ["duration_s >= 0", "total >= 0"]\nweight = 1'
    sample = draw(plan(f"number = 1\nper = []\n[risk]\n{terms}"), frame(10))

    assert sample.drawn[0].risks == ("低分", "duration_s >= 0 & total >= 0")


def test_a_hundred_thousand_calls_are_drawn_in_seconds() -> None:
    values: list[dict[str, Value]] = []
    for number in range(100_000):
        values.append({"agent": str(number % 800), "passed": number % 3, "started_at": f"2026-11-{number % 28 + 1:02}"})
    calls = [Candidate(str(number), one) for number, one in enumerate(values)]
    risk = '[risk]\n[[risk.terms]]\nwhere = ["passed = 0"]\nweight = 3'
    seconds = []
    for per in ("agent", ""):
        began = time.process_time()
        sample = draw(plan(f"share = 2\nper = {[per] if per else []}\n{risk}".replace("'", '"')), calls)
        seconds.append(time.process_time() - began)
        assert len(sample.drawn) >= 2000

    assert max(seconds) < 20, "one second on an idle machine"


def test_what_was_drawn_again_on_purpose_is_not_kept_as_left_out() -> None:
    calls = frame()
    inspected = {call.id for call in calls[:5]}
    _, record = made("seed = 1\nnumber = 4\nagain = true", calls, inspected, "2026-12-01")
    _, fresh = made("seed = 1\nnumber = 4", calls, inspected, "2026-12-01")

    assert record.inspected == ()
    assert set(fresh.inspected) == inspected
    assert verify(record, calls).holds
    assert verify(fresh, reversed(calls)).holds


def test_a_chance_that_differs_in_its_last_digit_is_the_same(tmp_path: Path) -> None:
    _, record = made("seed = 1\nnumber = 4", frame(), (), "2026-12-01")
    drawn = tuple(msgspec.structs.replace(call, chance=call.chance * (1 + 1e-15)) for call in record.drawn)

    assert verify(msgspec.structs.replace(record, drawn=drawn), frame()).holds
    assert write_record(record, tmp_path).name == "sample.json"
    assert read_record(tmp_path) == record


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "cannot read"), ("{", "not the record"), ('{"form": 1}', "not the record"), (None, "newer qa_speech")],
)
def test_a_damaged_record_is_refused(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "sample.json"
    if text is None:
        _, record = made("seed = 1\nnumber = 4", frame(), (), "")
        write_record(msgspec.structs.replace(record, form=2), tmp_path)
    elif text:
        path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=told):
        read_record(tmp_path)


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
        ("total < 9", {"total": "nan"}, False),
        ("total >= 9", {"total": float("nan")}, False),
        ("day <= 2026-11-30", {"day": "2026-11-30"}, True),
        ("agent != 1001", {}, False),
        ("hour in 9, 10", {"hour": 9}, True),
        ("备注 = 已 回访", {"备注": "已 回访"}, True),
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
