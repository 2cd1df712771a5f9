"""The chances that a draw writes down are those with which it draws: two thousand draws, counted."""

from __future__ import annotations

from collections import Counter

import pytest
from scipy.stats import chi2

from qa_speech.sampling.conditions import Value
from qa_speech.sampling.draw import Candidate, draw
from qa_speech.sampling.plan import plan_from
from qa_speech.stats.survey import chances, drawn

SEEDS = 2000
PLAN = """
per = ["agent"]
share = 20
minimum = 4
[[strata]]
name = "投诉"
where = ["queue = 投诉"]
number = 2
[[strata]]
name = "资费"
where = ["queue = 资费"]
share = 10
minimum = 1
[risk]
floor = 0.4
[[risk.terms]]
where = ["passed = 0"]
weight = 2
[[risk.terms]]
where = ["silence_longest_s >= 15"]
weight = 1.5
"""


def frame() -> list[Candidate]:
    """Two agents, one with half the calls of the other; several calls began in the same second."""
    calls = []
    for number in range(45):
        values: dict[str, Value] = {
            "agent": "1002" if number % 3 == 0 else "1001",
            "queue": ("投诉", "宽带", "资费", "宽带", "固话")[number % 5],
            "passed": number % 4 > 0,
            "silence_longest_s": float(number % 7) * 4,
            "started_at": f"2026-11-{number // 4 + 1:02}T09:00:00",
        }
        calls.append(Candidate(f"call-{number:02}", values))
    return calls


def counted(extra: str) -> tuple[Counter[str], dict[str, float]]:
    """How often each call was drawn, and the chance that was written down for it."""
    calls = frame()
    times: Counter[str] = Counter()
    written: dict[str, float] = {}
    for seed in range(SEEDS):
        for call in draw(plan_from(f"seed = {seed}\n{extra}{PLAN}"), calls).drawn:
            times[call.id] += 1
            assert written.setdefault(call.id, call.chance) == call.chance, "a chance does not depend on the seed"
    return times, written


def misfit(times: Counter[str], written: dict[str, float], factor: float = 1.0) -> float:
    """Sum of squared deviations from what the chances say, each over its variance; about one for each uncertain call."""
    total = 0.0
    for call, chance in written.items():
        if chance < 1:
            supposed = min(1.0, factor * chance)
            total += (times[call] - SEEDS * supposed) ** 2 / (SEEDS * chance * (1 - chance))
    return total


@pytest.mark.parametrize("extra", ["", "spread = false\n"], ids=["even over the period", "in random order"])
def test_two_thousand_draws_take_each_call_as_often_as_its_chance_says(extra: str) -> None:
    times, written = counted(extra)
    uncertain = sum(chance < 1 for chance in written.values())
    bound = chi2.ppf(0.999, uncertain)

    assert set(written) == {call.id for call in frame()}, "no call is out of reach"
    assert all(times[call] == SEEDS for call, chance in written.items() if chance == 1)
    assert misfit(times, written) < bound
    assert misfit(times, written, 1.08) > bound, "chances that are wrong by 8 % would be noticed"


def test_the_chances_of_a_stratum_add_up_to_its_quota() -> None:
    _, written = counted("")
    sums: Counter[tuple[str, str]] = Counter()
    for call in frame():
        queue = str(call.values["queue"])
        stratum = queue if queue in ("投诉", "资费") else ""
        sums[str(call.values["agent"]), stratum] += written[call.id]

    assert dict(sums) == pytest.approx(
        {("1001", "投诉"): 2, ("1001", "资费"): 1, ("1001", ""): 3,
         ("1002", "投诉"): 2, ("1002", "资费"): 1, ("1002", ""): 1}
    )  # fmt: skip


def test_a_weighted_mean_over_many_draws_is_the_mean_of_all_calls() -> None:
    values = {call.id: 100.0 * bool(call.values["passed"]) for call in frame()}
    calls = frame()
    estimates = []
    for seed in range(SEEDS):
        sample = draw(plan_from(f"seed = {seed}\n{PLAN}"), calls).drawn
        estimates.append(sum(values[call.id] / call.chance for call in sample) / len(calls))

    assert sum(estimates) / SEEDS == pytest.approx(sum(values.values()) / len(values), abs=0.7)


@pytest.mark.parametrize("count", [1, 7, 4_999, 9_999, 10_000])
def test_as_many_are_drawn_as_asked_for_whatever_the_sums_round_to(count: int) -> None:
    sizes = [1 + 0.1 * (number % 13) for number in range(10_000)]
    chance = chances(sizes, count, floor=0.3)

    assert sum(chance) == pytest.approx(count)
    for start in (0.0, 1e-12, 0.5, 1 - 1e-6):
        assert len(drawn(chance, start)) == count
