"""One limit of doubt for metrics, scorecards and pages: what one calls unsure, the others do too."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from qa_speech.call import Finding, Word
from qa_speech.metrics import measure
from qa_speech.metrics.doubt import LOW_SNR_DB, NEAR_BOUND, STRONG_LEAK_DB, UNSURE, UNSURE_SHARE
from qa_speech.report import transcript
from qa_speech.report.page import render_page, write_page
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.context import Limits
from qa_speech.scorecard.model import Review
from qa_speech.scores import CallReport
from qa_speech.testing import make_call

CARD = (
    "id: tiny\nversion: 1\ntitle: t\nsections:\n  - id: s\n    title: s\n    criteria:\n      - id: c\n        title: c\n"
    "        points: 10\n        check: {phrase: {none: [你急什么], role: agent}}\n"
)


def test_cards_doubt_what_metrics_doubt() -> None:
    review = Review()

    assert Limits() == (UNSURE, UNSURE_SHARE, NEAR_BOUND)
    assert (review.min_probability, review.unsure_share, review.near) == Limits()


def test_pages_mark_the_words_that_are_doubted() -> None:
    for function in (render_page, write_page):
        assert inspect.signature(function).parameters["low_probability"].default == UNSURE


@pytest.mark.parametrize(("probability", "doubted"), [(UNSURE - 0.01, True), (UNSURE, False)])
def test_a_word_is_unsure_for_metric_card_and_page_at_the_same_probability(probability: float, doubted: bool) -> None:
    call = make_call("customer: 怎么还没好", "agent: 你急什么")
    words = tuple(Word(char, 2.0 + i / 10, 2.1 + i / 10, probability) for i, char in enumerate("你急什么"))
    said = msgspec.structs.replace(call.utterances[1], start=2.0, end=2.4, words=words)
    call = msgspec.structs.replace(call, utterances=(call.utterances[0], said))
    (criterion,) = score(call, load_scorecard(CARD)).criteria

    assert measure(call, "violations").components["unsure_count"] == doubted
    assert ("unsure_words" in criterion.review) == doubted
    assert any(piece.low for line in transcript.lines(CallReport(call), "zh") for piece in line.pieces) == doubted


@pytest.mark.parametrize(("finding", "reason"), [
    (Finding("snr", 1, LOW_SNR_DB - 0.1, "dB"), "low_snr"), (Finding("snr", 1, LOW_SNR_DB, "dB"), ""),
    (Finding("crosstalk", 1, STRONG_LEAK_DB + 0.1, "dB"), "crosstalk"), (Finding("crosstalk", 1, STRONG_LEAK_DB, "dB"), ""),
])  # fmt: skip
def test_what_makes_a_timing_figure_doubtful_is_a_fault_of_the_recording(finding: Finding, reason: str) -> None:
    call = make_call(agent=[(0, 2)], customer=[(3, 5)])
    call = msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, findings=(finding,)))

    assert measure(call, "silence").reliability_reason == reason
    assert measure(call, "recording").value == bool(reason)
