"""Estimates: intervals that hold, the machine put right, agents pooled and let out of the pool, the rule that stops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.sampling.estimates import (
    PASS_RATE,
    SCORE,
    GroupFrame,
    Observed,
    Weights,
    by_group,
    enough,
    gain,
    overall,
    violation_rate,
)
from qa_speech.stats.intervals import believes_normal, bounded_mean, exact_share, mean_interval, wilson
from qa_speech.stats.survey import chances, drawn, whole_mean

scores = st.lists(st.floats(0, 100), min_size=1, max_size=30)


@settings(deadline=None, max_examples=60)
@given(scores, st.integers(0, 300))
def test_an_exact_interval_holds_its_mean_and_what_is_possible(values: list[float], more: int) -> None:
    population = len(values) + more
    found = bounded_mean(values, high=100, population=population)

    assert found is not None
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value <= found.high + 1e-9 <= 100 + 1e-6
    assert found.low >= sum(values) / population - 1e-6
    assert found.high <= (sum(values) + 100 * more) / population + 1e-6


def test_a_whole_population_has_no_error() -> None:
    assert bounded_mean([80, 90], high=100, population=2) == pytest.approx((85.0, 85.0, 85.0))
    assert bounded_mean([], high=100) is None


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(0, 4, 0.0, 0.602), (5, 10, 0.187, 0.813), (10, 10, 0.692, 1.0)]
)
def test_exact_shares_are_those_of_the_tables(successes: int, n: int, low: float, high: float) -> None:
    found = exact_share(successes, n)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)
    assert wilson(successes, n) is not None


def test_small_samples_cover_where_a_fatal_call_is_rare_and_the_naive_interval_does_not() -> None:
    draw = np.random.default_rng(5)
    ours = naive = 0
    for _ in range(300):
        people = np.where(draw.random(500) < 0.1, 0.0, 100 - draw.gamma(1.5, 4, 500).clip(0, 50))
        seen = draw.choice(people, 10, replace=False)
        found = mean_interval(seen, high=100, population=500)
        assert found is not None
        ours += found.low <= people.mean() <= found.high
        half = 2.262 * seen.std(ddof=1) / 10**0.5
        naive += abs(seen.mean() - people.mean()) <= half

    assert ours / 300 >= 0.93
    assert naive / 300 < 0.9


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=40), st.integers(1, 40), st.floats(0, 0.999))
def test_chances_add_up_to_the_number_drawn(sizes: list[float], count: int, start: float) -> None:
    found = chances(sizes, count, floor=0.2)

    assert found.sum() == pytest.approx(min(count, len(sizes)))
    assert (found > 0).all()
    assert (found <= 1 + 1e-12).all()
    assert len(drawn(found, start)) == min(count, len(sizes))


def test_weights_undo_a_draw_by_risk() -> None:
    draw = np.random.default_rng(9)
    people = np.where(draw.random(400) < 0.2, 20.0, 95.0)
    chance = chances(np.where(people < 50, 5.0, 1.0), 60, floor=0.3)
    weighted, plain = [], []
    for _ in range(200):
        taken = drawn(chance, float(draw.random()), list(draw.permutation(400)))
        found = whole_mean(people[taken], chance[taken], 400, low=0, high=100, usual=100)
        assert found is not None
        weighted.append(found.value)
        plain.append(people[taken].mean())

    assert np.mean(weighted) == pytest.approx(people.mean(), abs=1.0)
    assert np.mean(plain) < people.mean() - 15


def test_risky_calls_alone_are_no_sample_with_equal_chances() -> None:
    """Four of the risky calls, all worth 0, of a month whose other calls, never risky, are worth 100 and make up 40 %."""
    bounds = {"low": 0.0, "high": 100.0, "usual": 100.0}
    equal = whole_mean([0.0] * 4, [0.003] * 4, 2000, **bounds)
    risky = whole_mean([0.0] * 4, [0.003] * 4, 2000, **bounds, least=[0.001] * 4)

    assert equal is not None
    assert risky is not None
    assert (equal.method, risky.method) == ("exact", "exact, weighted")
    assert risky.high == 100 > equal.high
    seen = [Observed(str(one), "A", 0.0, 0.0, 0.003, 0.001) for one in range(4)]
    (alone,) = by_group(SCORE, seen, {"A": GroupFrame(2000, 40.0)})
    assert alone.estimate.method == "exact, weighted"


def test_a_few_values_that_lie_much_farther_than_the_others_are_as_good_as_unseen() -> None:
    even = [100.0] * 380 + [40.0] * 20
    uneven = [100.0] * 380 + [40.0] * 18 + [-180.0] * 2

    assert believes_normal(np.array(even))
    assert not believes_normal(np.array(uneven))


def test_the_machine_that_agrees_makes_the_interval_narrower_and_its_bias_is_put_right() -> None:
    draw = np.random.default_rng(2)
    people = np.where(draw.random(1000) < 0.1, 0.0, 100 - draw.gamma(1.5, 5, 1000).clip(0, 50))
    machine = (people + 4 + draw.normal(0, 2, 1000)).clip(0, 100)
    taken = draw.choice(1000, 150, replace=False)
    seen = [Observed(str(one), "A", float(people[one]), float(machine[one]), 0.15) for one in taken]
    frame = {"A": GroupFrame(1000, float(machine.mean()))}

    found = overall(SCORE, seen, frame)

    assert found is not None
    assert found.low <= people.mean() <= found.high
    assert found.value < machine.mean() - 2
    saved = gain(SCORE, seen, frame)
    assert saved is not None
    assert saved > 0.25


def month_of_agents(planted: bool) -> tuple[list[Observed], dict[str, GroupFrame]]:
    draw = np.random.default_rng(4)
    seen: list[Observed] = []
    frame: dict[str, GroupFrame] = {}
    for number in range(20):
        name = f"10{number:02}"
        frame[name] = GroupFrame(200, 90.0)
        for call in range(4):
            people = 90.0 + float(draw.normal(-1, 3))
            if planted and number == 7 and call % 2 == 0:
                people -= 40
            seen.append(Observed(f"{name}-{call}", name, people, 90.0, 4 / 200))
    return seen, frame


def test_agents_share_what_they_have_in_common_and_one_with_a_grave_correction_stands_alone_and_is_named() -> None:
    seen, frame = month_of_agents(planted=True)
    found = {one.group: one for one in by_group(SCORE, seen, frame, wanted_width=35)}

    alone = found["1007"]
    assert alone.estimate.method == "alone"
    assert alone.top_up > 0
    others = [one for name, one in found.items() if name != "1007"]
    assert {one.estimate.method for one in others} == {"pooled"}
    assert all(one.top_up == 0 for one in others)
    assert all(one.estimate.high - one.estimate.low < 30 for one in others)
    assert alone.estimate.high - alone.estimate.low > 40


def test_an_agent_without_marks_is_not_given_a_figure_he_has_not_earned() -> None:
    seen, frame = month_of_agents(planted=False)
    frame["9999"] = GroupFrame(150, 88.0)
    (missing,) = [one for one in by_group(SCORE, seen, frame) if one.group == "9999"]

    assert (missing.estimate.n, missing.estimate.low, missing.estimate.high) == (0, 0.0, 100.0)
    assert missing.top_up > 0


def test_pass_rates_are_means_of_calls_that_pass_or_not() -> None:
    seen = [Observed(str(number), "A", 100.0 if number else 0.0, None, 0.05) for number in range(10)]
    found = overall(PASS_RATE, seen, {"A": GroupFrame(200, None)})

    assert found is not None
    assert found.value == 90.0
    assert found.low < 80 < found.high
    assert overall(PASS_RATE, [], {"A": GroupFrame(200, None)}) is None


def test_the_stop_rule_is_wider_than_a_single_look_and_stops_when_it_is_narrow() -> None:
    draw = np.random.default_rng(8)
    machine = list(100 - draw.gamma(1.5, 5, 300).clip(0, 50))
    people = [score - 1 for score in machine]
    frame = GroupFrame(3000, float(np.mean(machine)))

    early = enough(SCORE, people[:20], machine[:20], frame, within=5)
    late = enough(SCORE, people, machine, frame, within=5)

    assert early is not None
    assert late is not None
    assert not early.enough
    assert late.enough
    once = bounded_mean(np.subtract(people, machine), low=-100, high=100, population=3000)
    assert once is not None
    assert late.estimate.high - late.estimate.low >= once.width
    assert early.estimate.high - early.estimate.low > 10
    assert enough(SCORE, [], None, frame, within=5) is None


def test_few_marks_stand_alone_and_many_put_the_machine_right_whatever_they_say() -> None:
    frame = {"A": GroupFrame(1000, 90.0)}

    def method(count: int, correction: float) -> str:
        seen = [Observed(str(one), "A", 90.0 + correction, 90.0, count / 1000) for one in range(count)]
        found = overall(SCORE, seen, frame)
        assert found is not None
        return found.method

    assert {method(59, 0.0), method(59, -20.0)} == {"exact"}
    assert {method(60, 0.0), method(60, -20.0)} == {"machine, corrected (exact)"}


def test_a_share_of_few_calls_is_exact_and_groups_of_shares_stand_alone() -> None:
    seen = [
        Observed(f"{group}{one}", group, 100.0 * (one > 0), 100.0, 0.02) for group in "ABCDEFGHIJ" for one in range(4)
    ]
    frame = {group: GroupFrame(200, 100.0) for group in "ABCDEFGHIJ"}

    whole = overall(violation_rate("x"), seen, frame)
    groups = by_group(PASS_RATE, seen, frame)

    exact = exact_share(30, 40)
    assert whole is not None
    assert exact is not None
    assert (whole.low, whole.high) == pytest.approx((100 * exact.low, 100 * exact.high))
    assert {one.estimate.method for one in groups} == {"exact"}
    own = exact_share(3, 4)
    assert own is not None
    assert groups[0].estimate.low == pytest.approx(100 * own.low)


def test_the_stop_rule_of_a_draw_by_risk_seldom_stops_wrongly() -> None:
    draw = np.random.default_rng(12)
    stopped = wrong = 0
    for _ in range(60):
        people = np.where(draw.random(600) < 0.1, 20.0, 95.0)
        chance = chances(np.where(people < 50, 3.0, 1.0), 300, floor=0.3)
        order = draw.permutation(drawn(chance, float(draw.random()), list(draw.permutation(600))))
        weights = (len(order) / 600) / chance[order]
        for count in range(20, len(order) + 1, 20):
            part = Weights(list(weights[:count]), float(weights.max()))
            found = enough(SCORE, list(people[order[:count]]), None, GroupFrame(600, None), within=6, weights=part)
            assert found is not None
            if found.enough:
                stopped += 1
                wrong += not found.estimate.low <= people.mean() <= found.estimate.high
                break

    assert stopped > 30
    assert wrong <= 3
