"""Agreement between machine and people, drift, trust, and bounds that would have agreed better."""

from __future__ import annotations

import numpy as np
import pytest

from qa_speech.marks.agreement import (
    Pair,
    agreement_of,
    by_criterion,
    drift,
    expert_pairs,
    machine_pairs,
    people_pairs,
    suggested_bound,
    totals_agreement,
    trusted,
)
from qa_speech.marks.model import Mark, MarkRole, Stage


def mark(
    call: str, outcome: str, *, criterion: str = "thanks", stage: Stage = "first", person: str = "甲", role: MarkRole = "inspector",
    machine: str = "pass", day: int = 1,
) -> Mark:  # fmt: skip
    return Mark(
        call=call, criterion=criterion, stage=stage, outcome=outcome, person=person, role=role,  # type: ignore[arg-type]
        at=f"2026-11-{day:02}T08:00:00", machine_outcome=machine,
    )  # fmt: skip


def pairs(same: int, differing: int, *, criterion: str = "thanks", person: str = "甲", start: int = 0) -> list[Pair]:
    outcomes = ["pass"] * same + ["fail"] * differing
    return [
        Pair(f"call-{number}", criterion, "pass", outcome, person, f"2026-11-01T08:{start + number:06}")
        for number, outcome in enumerate(outcomes)
    ]


def test_the_machine_is_held_against_the_mark_that_counts() -> None:
    marks = [
        mark("a", "fail"),
        mark("a", "pass", stage="second", person="乙", day=2),
        mark("b", "fail", machine="manual"),
    ]

    assert [(pair.first, pair.second, pair.person) for pair in machine_pairs(marks)] == [("pass", "pass", "乙")]


def test_people_are_held_against_each_other_by_stage_and_in_calibration() -> None:
    marks = [
        mark("a", "fail"), mark("a", "pass", stage="second", person="乙", day=2), mark("a", "pass", stage="second", day=3),
        mark("b", "pass", stage="calibration"), mark("b", "fail", stage="calibration", person="乙"),
        mark("b", "pass", stage="calibration", person="师", role="expert"),
    ]  # fmt: skip

    assert len(people_pairs(marks)) == 1 + 3
    assert [(pair.first, pair.second, pair.person) for pair in expert_pairs(marks)] == [
        ("pass", "pass", "甲"), ("pass", "fail", "乙"),
    ]  # fmt: skip


def test_the_worst_criterion_comes_first_and_those_with_few_pairs_last() -> None:
    mixed = [*pairs(18, 2, criterion="good"), *pairs(10, 10, criterion="bad"), *pairs(0, 2, criterion="few")]

    found = by_criterion(mixed)

    assert [one.criterion for one in found] == ["bad", "good", "few"]
    assert found[0].share is not None
    assert (found[0].n, found[0].share.value) == (20, 0.5)
    assert found[0].confusion == {("pass", "fail"): 10, ("pass", "pass"): 10}


def test_trust_needs_enough_marks_and_a_lower_bound_not_a_lucky_share() -> None:
    assert trusted(agreement_of("x", pairs(60, 2)), min_agreement=0.8, marks=25)
    assert not trusted(agreement_of("x", pairs(24, 0)), min_agreement=0.8, marks=25)
    assert not trusted(agreement_of("x", pairs(26, 4)), min_agreement=0.8, marks=25)


def test_drift_is_called_where_the_last_marks_fall_and_named_by_person() -> None:
    steady = [*pairs(60, 5, person="乙")]
    falling = [*pairs(60, 3), *pairs(10, 15, start=1000)]

    (first, second) = drift([*steady, *falling], by="person")

    assert (first.name, first.alarm, first.n_recent) == ("甲", True, 25)
    assert (second.name, second.alarm) == ("乙", False) or second.p > first.p


def test_a_steady_judge_is_seldom_called_drifting() -> None:
    draw = np.random.default_rng(3)
    alarms = 0
    for _ in range(400):
        right = draw.random(100) < 0.85
        made = [
            Pair(str(number), "x", "pass", "pass" if good else "fail", "甲", f"{number:06}")
            for number, good in enumerate(right)
        ]
        alarms += drift(made, by="person")[0].alarm

    assert alarms / 400 <= 0.025, "known rate of false alarms: 1 % a look, exact tests stay below"


def test_totals_of_people_who_heard_the_same_calls() -> None:
    found = totals_agreement({"a": {"甲": 60, "乙": 80}, "b": {"甲": 90, "乙": 70}, "c": {"甲": 75}})

    assert found.n == 2
    assert found.value is not None
    assert found.value < 0.2


def test_a_better_bound_is_suggested_and_the_present_one_kept_where_it_is_as_good() -> None:
    values = [1.0, 2.0, 3.5, 4.0, 6.0]
    passed = [True, True, True, False, False]

    better = suggested_bound(values, passed, 3.0, side="at_most")
    same = suggested_bound(values, passed, 3.6, side="at_most")

    assert better is not None
    assert same is not None
    assert (better.bound, better.agree.value, better.agree_now.value) == (3.75, 1.0, 0.8)
    assert same.bound == 3.6
    assert suggested_bound([], [], 3.0, side="at_least") is None


def test_outcomes_alike_by_chance_alone_give_no_kappa() -> None:
    assert agreement_of("x", pairs(20, 0)).kappa.value is None
    assert agreement_of("x", pairs(20, 0)).share == pytest.approx((1.0, 0.8389, 1.0), abs=1e-3)
