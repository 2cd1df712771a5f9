"""Funnel limits against another program's, dispersion, chances, false discoveries, ratios of clusters, components of variance."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.stats.components import components
from qa_speech.stats.discoveries import q_values
from qa_speech.stats.funnel import binomial_limits, dispersion, mean_beyond, middle, poisson_limits, share_above
from qa_speech.stats.ratio import Clustered, difference, ratio

LIMITS = Path(__file__).with_name("funnel_limits.tsv")
"""Made by clinical-qikit 0.5.0: `qic(y, n, chart="p" or "u", funnel=True)`, seed 5."""


def test_limits_equal_those_of_clinical_qikit() -> None:
    worst = 0.0
    with LIMITS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    for row in rows:
        limits = binomial_limits if row["family"] == "binomial" else poisson_limits
        size = np.array([float(row["size"])])
        for level, name in ((0.998, "998"), (0.95, "95")):
            found = limits(float(row["centre"]), size, level)
            worst = max(
                worst, abs(found.low[0] - float(row[f"low_{name}"])), abs(found.high[0] - float(row[f"high_{name}"]))
            )

    assert len(rows) == 126
    assert worst < 1e-6


@settings(max_examples=30)
@given(st.floats(0.001, 0.999), st.integers(1, 3000))
def test_limits_lie_around_the_share_and_inside_0_and_1(share: float, size: int) -> None:
    found = binomial_limits(share, np.array([float(size)]))

    assert 0 <= found.low[0] <= share + 1e-9
    assert share - 1 / size - 1e-9 <= found.high[0] <= 1 + 1e-9


def test_units_that_differ_widen_the_chances_of_a_far_one() -> None:
    chance = np.random.default_rng(3)
    sizes = np.full(60, 80.0)
    alike = chance.binomial(80, 0.1, 60) / 80
    apart = chance.binomial(80, chance.beta(4, 36, 60)) / 80
    variances = np.full(60, 0.1 * 0.9 / 80)

    calm, spread = (dispersion(one, np.full(60, 0.1), variances) for one in (alike, apart))
    far = np.array([22.0])
    naive = share_above(far, sizes[:1], np.array([0.1]), calm.tau2_high)[0]
    fair = share_above(far, sizes[:1], np.array([0.1]), spread.tau2_high)[0]

    assert calm.tau2 < spread.tau2
    assert naive < 1e-4 < 1e-3 < fair


def test_one_bad_unit_does_not_hide_itself() -> None:
    values = np.full(40, 0.1)
    values[7] = 0.6
    found = dispersion(values + np.linspace(-0.01, 0.01, 40), np.full(40, 0.1), np.full(40, 0.0011))

    assert found.tau2 == 0
    assert middle(80 * values, np.full(40, 80.0)) == pytest.approx(0.1)


def test_the_chance_of_a_mean_is_one_half_where_it_is_expected() -> None:
    assert mean_beyond(np.zeros(5), np.ones(5), 2.0) == pytest.approx(0.5)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_q_is_no_smaller_than_p_and_keeps_its_order(p: list[float]) -> None:
    q = q_values(p)

    assert (q >= np.array(p) - 1e-12).all()
    assert (np.diff(q[np.argsort(p)]) >= -1e-12).all()


def test_false_discoveries_stay_rare() -> None:
    chance = np.random.default_rng(11)
    months = sum((q_values(chance.random(500)) <= 0.05).any() for _ in range(400))

    assert months <= 35  # 20 expected


def test_an_interval_over_clusters_is_wider_than_one_over_rows() -> None:
    chance = np.random.default_rng(2)
    agents = chance.normal(85, 5, 30)
    sums = np.array([chance.normal(mean, 8, 50).sum() for mean in agents])
    found = ratio(Clustered(sums, np.full(30, 50.0)))

    assert found is not None
    assert found.width > 2 * 2 * 1.96 * 8 / np.sqrt(1500)


def test_agents_in_both_months_are_compared_with_themselves() -> None:
    chance = np.random.default_rng(4)
    agents = chance.normal(0, 10, 40)
    before = Clustered(agents + 80 + chance.normal(0, 0.5, 40), np.ones(40))
    after = Clustered(agents + 78 + chance.normal(0, 0.5, 40), np.ones(40))
    found = difference(after, before)

    assert found is not None
    assert -2.6 < found.low < found.value < found.high < -1.4


def test_components_are_found_again() -> None:
    chance = np.random.default_rng(8)
    agent = chance.integers(0, 60, 6000)
    hour = chance.integers(0, 14, 6000)
    values = chance.normal(0, 3, 60)[agent] + chance.normal(0, 2, 14)[hour] + chance.normal(0, 8, 6000)
    found = {one.source: one for one in components(values, {"agent": agent, "hour": hour}, agent)}

    assert found["agent"].variance == pytest.approx(9, rel=0.5)
    assert found["hour"].variance == pytest.approx(4, rel=0.8)
    assert found["rest"].variance == pytest.approx(64, rel=0.06)
    assert found["agent"].low < found["agent"].share < found["agent"].high
