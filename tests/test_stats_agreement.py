"""Agreement figures are those of the references and of the papers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qa_speech.stats.agreement import (
    alpha_interval,
    cohen_kappa,
    crossed,
    fleiss_kappa,
    icc21,
    krippendorff_alpha,
)

DATA = Path(os.environ.get("QA_SPEECH_DATA", "../shared/data")) / "scoring_references" / "expected.json"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    if not DATA.is_file():
        pytest.skip("needs the external data folder (QA_SPEECH_DATA)")
    found: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return found


@pytest.mark.data
def test_alpha_is_that_of_the_reference(expected: dict[str, Any]) -> None:
    reference = expected["krippendorff"]
    rows = [[np.nan if cell == "*" else float(cell) for cell in line.split()] for line in reference["data"]]
    ratings = np.array(rows)

    for scale in ("nominal", "ordinal", "interval"):
        assert krippendorff_alpha(ratings, scale) == pytest.approx(reference[scale], abs=1e-12)


@pytest.mark.data
def test_kappa_is_that_of_sas_with_its_interval(expected: dict[str, Any]) -> None:
    reference = expected["cohen_kappa_sas"]
    plain = cohen_kappa(np.array(reference["table"]))
    weighted = cohen_kappa(np.array(reference["table"]), "linear")

    assert plain.value == pytest.approx(reference["kappa"], abs=5e-5)
    assert (plain.low, plain.high) == pytest.approx(tuple(reference["ci95"]), abs=5e-5)
    assert weighted.value == pytest.approx(reference["weighted_kappa_linear"], abs=5e-5)
    assert weighted.high is not None
    assert weighted.value is not None
    assert (weighted.high - weighted.value) / 1.96 == pytest.approx(reference["weighted_ase"], abs=5e-5)


@pytest.mark.data
def test_kappa_is_that_of_r(expected: dict[str, Any]) -> None:
    reference = expected["cohen_kappa_R_irr"]
    data = np.array(reference["data_20_subjects_x_3_raters_column_major"]).reshape(3, 20)
    used = sorted({int(value) for value in data[1:].ravel()})  # R takes the categories that occur
    table = crossed(list(data[1]), list(data[2]), used)

    assert cohen_kappa(table).value == pytest.approx(reference["unweighted"], abs=1e-6)
    assert cohen_kappa(table, "linear").value == pytest.approx(reference["linear"], abs=1e-6)
    assert cohen_kappa(table, "quadratic").value == pytest.approx(reference["quadratic"], abs=1e-6)


@pytest.mark.data
def test_fleiss_kappa_is_that_of_r(expected: dict[str, Any]) -> None:
    reference = expected["fleiss_kappa"]
    ratings = np.array(reference["ratings_30x6"])
    counts = np.stack([(ratings == category).sum(axis=1) for category in range(1, 6)], axis=1)

    assert fleiss_kappa(counts) == pytest.approx(reference["kappa"], abs=1e-6)


def test_one_category_only_gives_no_kappa_instead_of_a_division() -> None:
    assert cohen_kappa(np.array([[5, 0], [0, 0]])).value is None
    assert krippendorff_alpha(np.ones((2, 5))) is None
    assert cohen_kappa(np.zeros((2, 2))).n == 0


@settings(deadline=None, max_examples=60)
@given(arrays(np.int64, (3, 3), elements=st.integers(0, 30)))
def test_kappa_does_not_depend_on_who_is_called_first(table: np.ndarray) -> None:
    one, other = cohen_kappa(table), cohen_kappa(table.T)

    assert one.n == other.n
    assert one.value == pytest.approx(other.value) if one.value is not None else other.value is None


@settings(deadline=None, max_examples=40)
@given(arrays(np.float64, (2, 8), elements=st.sampled_from([0.0, 1.0, 2.0])))
def test_alpha_of_judges_who_say_the_same_is_one_and_never_above(ratings: np.ndarray) -> None:
    found = krippendorff_alpha(ratings)
    same = krippendorff_alpha(np.stack([ratings[0], ratings[0]]))

    assert found is None or found <= 1 + 1e-12
    assert same is None or same == pytest.approx(1.0)


def test_the_bootstrap_interval_holds_the_value_and_narrows_with_more_things() -> None:
    draw = np.random.default_rng(1)
    truth = draw.integers(0, 2, 400).astype(float)
    flipped = np.where(draw.random(400) < 0.1, 1 - truth, truth)
    few = alpha_interval(np.stack([truth, flipped])[:, :40], draws=300)
    many = alpha_interval(np.stack([truth, flipped]), draws=300)

    for found in (few, many):
        assert found.low is not None
        assert found.high is not None
        assert found.value is not None
        assert found.low <= found.value <= found.high
    assert many.high - many.low < few.high - few.low


def test_judges_who_differ_by_a_constant_agree_less_in_absolute_terms() -> None:
    scores = np.array([[60.0, 60], [70, 70], [80, 80], [90, 90]])

    assert icc21(scores).value == pytest.approx(1.0)
    shifted = icc21(scores + np.array([0, 10])).value
    assert shifted is not None
    assert 0.5 < shifted < 1.0
