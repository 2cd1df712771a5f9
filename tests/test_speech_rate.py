"""Speech rate and articulation rate."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Acoustics, Call, Recording, Role, Utterance
from qa_speech.metrics.speech_rate import speech_rate
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline
from tests.spoken import calls

A, C = Role.AGENT, Role.CUSTOMER


def test_rate_is_syllables_over_the_time_of_utterances_that_hold_words():
    call = make_call(
        "agent@0-3: 您好，请问有什么可以帮您？", "customer@4-7: 我想查一下话费", "agent@8-10: 好的您稍等一下"
    )
    empty = Utterance(A, 20.0, 30.0, "")
    call = msgspec.structs.replace(call, utterances=(*call.utterances, empty))
    found = speech_rate(call, role=A)

    assert found.value == pytest.approx(60 * (11 + 7) / 5)
    assert (found.components["syllables"], found.components["utterance_s"]) == (18, 5)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9)), min_size=1, max_size=6), st.integers(1, 30))
def test_a_pause_inside_an_utterance_never_makes_speech_faster(said, pause):
    def rate(longer):
        lines, clock = [], 0
        for syllables, seconds in said:
            lines.append(f"agent@{clock}-{clock + seconds + longer}: {'好' * syllables}")
            clock += 100
        return speech_rate(make_call(*lines), role=A)

    fluent, halting = rate(0), rate(pause)

    assert halting.value < fluent.value
    assert halting.components["syllables"] == fluent.components["syllables"] == sum(count for count, _ in said)
    assert fluent.value == pytest.approx(60 * sum(count for count, _ in said) / sum(length for _, length in said))


@settings(deadline=None)
@given(calls())
def test_rates_of_utterances_are_ordered_and_phonation_is_inside_them(call):
    for role in (A, C):
        found = speech_rate(call, role=role, min_syllables=1, min_rate=100, max_rate=250)
        parts = found.components
        if parts["syllables"] is None:
            continue
        assert parts["phonation_s"] <= parts["utterance_s"] + 1e-6
        assert parts["fast_count"] + parts["slow_count"] <= parts["judged_count"]
        if parts["judged_count"]:
            assert parts["min_rate"] <= parts["p50_rate"] <= parts["p90_rate"] <= parts["max_rate"]
            if all(said.text is not None for said in call.utterances):
                assert parts["min_rate"] - 1e-6 <= found.value <= parts["max_rate"] + 1e-6


def test_numbers_count_as_they_are_read():
    assert speech_rate(make_call("agent@0-2: 10010"), role=A).components["syllables"] == 5


def test_articulation_rate_leaves_pauses_of_a_quarter_second_out_and_keeps_shorter_ones():
    utterance = Utterance(A, 0.0, 4.0, "您好请问有什么可以帮您的")
    speech = {A: Timeline([(0, 1), (1.2, 2), (2.5, 4)]), C: Timeline()}
    call = Call(make_call().recording, speech, (utterance,), made_with={"recognizer": "by hand"})
    parts = speech_rate(call, role=A).components

    assert parts["phonation_s"] == pytest.approx(3.5)
    assert parts["articulation_rate"] == pytest.approx(12 / 3.5)
    assert speech_rate(call, role=A, pause_s=0.6).components["phonation_s"] == pytest.approx(4.0)


def test_stretches_out_of_limits_are_evidence_and_short_utterances_are_not_judged():
    call = make_call(
        "agent@0-2: 您好请问有什么可以帮您", "agent@5-12: 这个是您的套餐费用", "agent@15-15.2: 好的",
        "customer@20-23: 我想查一下话费",
    )  # fmt: skip
    found = speech_rate(call, role=A, min_rate=120, max_rate=300)

    assert [(item.note, item.utterance) for item in found.evidence] == [("speech_fast", 0), ("speech_slow", 1)]
    parts = found.components
    assert (parts["judged_count"], parts["fast_count"], parts["slow_count"], parts["fast_share"]) == (2, 1, 1, 50)
    assert parts["max_rate"] == pytest.approx(330)
    assert speech_rate(call, role=A, min_rate=120, max_rate=300, min_syllables=1).components["fast_count"] == 2


def test_without_limits_nothing_is_out_of_them():
    found = speech_rate(make_call("agent@0-1: 您好请问有什么可以帮您"), role=A)

    assert (found.evidence, found.components["fast_count"], found.components["slow_count"]) == ((), 0, 0)


def test_ratio_to_the_customer():
    call = make_call("agent@0-2: 您好请问有什么可以帮", "customer@3-5: 我想查话费")

    assert speech_rate(call, role=A).components["ratio_to_other"] == pytest.approx(2.0)
    assert speech_rate(call, role=C).components["ratio_to_other"] == pytest.approx(0.5)


def test_few_syllables_make_a_rate_of_low_reliability():
    assert speech_rate(make_call("agent@0-2: 您好"), role=A).reliability_reason == "too_short"
    assert speech_rate(make_call("agent@0-9: " + "您好" * 15), role=A).reliability == "ok"


@pytest.mark.parametrize(("call", "reason"), [
    (make_call(), "no_speech"),
    (make_call("agent: 您好", times="nominal"), "no_times"),
    (make_call("customer: 您好"), "no_words"),
    (make_call("unknown: 您好"), "mono"),
    (Call(Recording("bare"), {A: Timeline([(0, 1)]), C: Timeline()}, (Utterance(A, 0.0, 1.0),)), "no_recogniser"),
])  # fmt: skip
def test_no_rate_has_a_reason(call, reason):
    assert speech_rate(call, role=A).reason == reason


# ------------------------------------------------------------------------------------------- the estimate without words


def with_nuclei(call: Call, *counts: int | None) -> Call:
    return msgspec.structs.replace(call, acoustics=tuple(Acoustics(nuclei=count) for count in counts))


def test_without_a_recogniser_the_syllable_nuclei_speak():
    call = with_nuclei(make_call(agent=[(0, 10), (20, 25)], customer=[(12, 13)]), 40, 4, 20)
    call = msgspec.structs.replace(call, made_with={})
    found = speech_rate(call, role=A)

    assert found.value == found.components["estimated_rate"] == 240
    assert (found.reliability, found.reliability_reason) == ("low", "no_recogniser")
    assert found.components["syllables"] is None


def test_the_nuclei_cross_check_the_words():
    line = "agent@0-10: " + "您好" * 20
    fitting, missing = with_nuclei(make_call(line), 36), with_nuclei(make_call(line), 80)

    assert speech_rate(fitting, role=A).reliability == "ok"
    assert speech_rate(fitting, role=A).components["estimate_ratio"] == pytest.approx(40 / 36)
    found = speech_rate(missing, role=A)
    assert (found.value, found.reliability, found.reliability_reason) == (240, "low", "rate_disagrees")
