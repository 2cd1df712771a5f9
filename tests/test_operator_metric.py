"""What is measured: the operator `metric`, its bounds, bands and windows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Role
from qa_speech.metrics import metrics
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.checks.metric import measurement_key
from qa_speech.scorecard.context import Context, Reach
from qa_speech.scorecard.cropped import cropped
from qa_speech.scorecard.question import near
from qa_speech.scorecard.score import measure_for
from qa_speech.scores import Measurement
from qa_speech.testing import make_call
from tests.operator_kit import HEAD, holds, judged


def test_a_metric_is_held_against_its_bounds():
    lines = ("customer@0-3: 我想查话费", "agent@11-13: 一共三十元")
    found = judged("{metric: response.longest_s, at_most: 5}", *lines)

    assert (found.outcome, found.reason) == ("fail", "metric_above")
    assert (found.detail["value"], found.detail["at_most"], found.detail["unit"]) == (8.0, 5.0, "s")
    assert holds("{metric: response.longest_s, at_least: 9}", *lines) == "fail"
    assert holds("{metric: response.longest_s, at_most: 8}", *lines) == "pass"


def test_params_and_role_reach_the_metric():
    lines = ("customer@0-3: 我想查话费", "agent@7-9: 好的", "customer@9.5-10: 行")

    assert judged("{metric: silence, params: {min_silence_s: 3}, at_most: 0}", *lines).outcome == "fail"
    assert judged("{metric: silence, params: {min_silence_s: 5}, at_most: 0}", *lines).outcome == "pass"
    assert judged("{metric: talk, role: agent, at_most: 2}", *lines).detail["value"] == 2.0
    assert judged("{metric: talk, params: {role: customer}, at_most: 9}", *lines).detail["value"] == 3.5


def test_a_metric_can_be_taken_over_a_window():
    lines = (
        "customer@0-3: 我想查话费",
        "agent@9-11: 一共三十元",
        "customer@12-14: 我知道了谢谢",
        "agent@14.5-16: 再见",
    )

    assert judged("{metric: response.longest_s, at_most: 5}", *lines).outcome == "fail"
    assert judged("{metric: response.longest_s, at_most: 5, last_s: 6}", *lines).outcome == "pass"


def test_a_figure_near_its_bound_asks_for_review_a_count_does_not():
    near_bound = judged("{metric: response.longest_s, at_most: 5}", "customer@0-3: 喂你好", "agent@8.1-9: 请讲")
    count = judged("{metric: silence, at_most: 1}", "customer@0-3: 喂", "agent@8-9: 好")

    assert (near_bound.pending, near_bound.review) == (True, ("near_threshold",))
    assert (count.outcome, count.review) == ("pass", ())


@given(st.integers(0, 50), st.integers(0, 50))
def test_counts_are_never_near(value, bound):
    assert not near(value, [bound], 0.05)


def test_what_a_metric_cannot_measure_is_not_measured_with_its_reason():
    found = judged("{metric: voice.raised_count, role: agent, at_most: 0}", "agent: 您好", "customer: 喂")

    assert (found.outcome, found.points, found.reason) == ("not_measured", None, "not_measured")


def test_bands_are_read_from_the_top_below_does_not_hold_its_edge():
    def points(gap: float) -> tuple[str, float | None]:
        bands = "bands: [{below: 3, points: 10}, {below: 5, points: 4}, {points: 0}]"
        lines = ("customer@0-2: 我想查话费", f"agent@{2 + gap}-{4 + gap}: 三十元")
        found = judged("{metric: response.longest_s}", *lines, more=bands)
        return found.outcome, found.points

    assert points(1) == ("pass", 10)
    assert points(3) == ("partial", 4)
    assert points(5) == ("fail", 0)


@pytest.mark.parametrize(("gap", "review"), [(2.9, True), (3.1, True), (4.9, False), (5.1, False)])
def test_only_near_the_edge_of_full_marks_does_a_band_ask_for_review(gap, review):
    bands = "bands: [{below: 3, points: 10}, {below: 5, points: 4}, {points: 0}]"
    found = judged("{metric: response.longest_s}", "customer@0-2: 我想查话费", f"agent@{2 + gap}-9: 三十元", more=bands)

    assert found.review == (("near_threshold",) if review else ())


def test_a_figure_without_a_place_shows_the_stretch_it_was_taken_over():
    found = judged(
        "{metric: talk.share_of_speech, role: agent, at_most: 10}", "agent@1-5: 您好请讲", "customer@6-7: 喂"
    )

    assert [(item.kind, item.start, item.end, item.role) for item in found.evidence] == [("interval", 1, 7, Role.AGENT)]


def test_bands_say_where_full_marks_lie():
    bands = "bands: [{below: 120, points: 0}, {below: 280, points: 10}, {points: 5}]"
    found = judged("{metric: speech_rate, role: agent}", "agent@0-2: 您好请问有什么可以帮您的吗", more=bands)

    assert (found.reason, found.detail["full_from"], found.detail["full_below"]) == ("band", 120, 280)
    assert found.detail["band_below"] is None


def test_a_metric_is_measured_once_however_many_criteria_ask(monkeypatch):
    seen = []
    line = metrics()["silence"]
    text = HEAD + "        check: {all: [{metric: silence, at_most: 9}, {metric: silence.longest_s, at_most: 9}]}\n"
    card = load_scorecard(text)
    call = make_call("agent: 您好")
    kept = measure_for(call, card)

    def counting(*args: object, **kwargs: object) -> Measurement:
        seen.append(1)
        return line.function(*args, **kwargs)

    context = Context(call)
    for _ in range(2):
        context.measured("silence", counting, {}, Reach())
    assert list(kept) == ["silence"]
    assert len(seen) == 1
    assert score(call, card, measurements=kept) == score(call, card)


def test_kept_measurements_are_used():
    card = load_scorecard(HEAD + "        check: {metric: silence, at_most: 9}\n")
    told = {"silence": Measurement(10, "count", dict.fromkeys(metrics()["silence"].names, 10.0))}

    assert score(make_call("agent: 您好"), card, measurements=told).criteria[0].outcome == "fail"


def test_the_names_of_measurements():
    assert (
        measurement_key("silence", {"owner": "agent", "min_silence_s": 5.0})
        == 'silence{"min_silence_s":5.0,"owner":"agent"}'
    )


def test_a_crop_keeps_times_and_what_belongs_to_it():
    call = make_call("agent@0-2: 您好", "customer@3-5: 喂", "agent@6-8: 请讲")
    part = cropped(call, 2.5, 6.0)

    assert [item.text for item in part.utterances] == ["喂"]
    assert not part.speech[Role.AGENT]
    assert part.id == call.id


def test_the_first_word_is_proved_by_its_own_wait_and_slow_answers_by_theirs() -> None:
    text = """
id: tiny
version: 1
title: 示例
sections:
  - id: pace
    title: 节奏
    criteria:
      - {id: first, title: 开口, points: 5, check: {metric: response.first_word_s, at_most: 2}}
      - {id: slow, title: 应答, points: 5, check: {metric: response.longest_s, at_most: 3}}
"""
    call = make_call(agent=[(4, 5), (12, 14)], customer=[(6, 8.5)])

    first, slow = score(call, load_scorecard(text)).criteria

    assert [(item.start, item.end) for item in first.evidence] == [(0, 4)]
    assert [(item.start, item.end) for item in slow.evidence] == [(8.5, 12)]


EARLY = """
id: a
version: 1
title: A
sections:
  - id: s
    title: S
    criteria:
      - {id: early, title: 开头, points: 1, check: {metric: violations, at_most: 0, role: anyone_if_unknown, first_s: 5}}
"""


def test_of_anyones_words_only_those_in_the_window_count() -> None:
    late = make_call("unknown@0-2: 您好", "unknown@20-22: 你这个傻逼", duration=30)
    early = make_call("unknown@0-2: 你这个傻逼", "unknown@20-22: 您好", duration=30)

    assert [score(one, load_scorecard(EARLY)).criteria[0].outcome for one in (late, early)] == ["pass", "fail"]
