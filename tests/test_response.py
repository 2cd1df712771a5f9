"""Response latency and holds."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import OtherSound, Role
from qa_speech.metrics.response import hold, response
from qa_speech.testing import make_call
from tests.spoken import calls, edges, spans

A, C = Role.AGENT, Role.CUSTOMER


def test_one_latency_at_each_change_from_customer_to_agent():
    call = make_call(agent=[(0, 2), (4.5, 6), (13, 15), (18.5, 20)], customer=[(2.5, 4), (7, 9), (16, 19)])
    found = response(call)
    parts = found.components

    assert (parts["count"], parts["slow_count"], parts["overlapped_count"]) == (3, 1, 1)
    assert (parts["min_s"], parts["p50_s"], parts["longest_s"]) == (-0.5, 0.5, 4)
    assert parts["total_s"] == 4
    assert parts["slow_share"] == pytest.approx(100 / 3)
    assert [(item.start, item.end, item.note, item.role, item.utterance) for item in found.evidence] == [
        (9, 13, "slow_response", A, 4),
    ]  # fmt: skip


@settings(deadline=None)
@given(edges, edges, st.integers(1, 40))
def test_latencies_are_one_a_change_of_the_floor_and_ordered(agent, customer, limit):
    call = make_call(agent=spans(agent), customer=spans(customer), duration=300)
    found = response(call, slow_s=limit)
    parts = found.components
    if parts["count"] is None:
        return
    assert parts["count"] + parts["held_count"] <= len(call.utterances)
    assert parts["slow_count"] + parts["overlapped_count"] <= parts["count"]
    assert response(call, slow_s=limit + 1).components["slow_count"] <= parts["slow_count"]
    if found.value is not None:
        assert parts["min_s"] <= parts["p50_s"] <= parts["p90_s"] <= parts["longest_s"]
        assert parts["total_s"] == pytest.approx(parts["mean_s"] * parts["count"])
        assert (parts["slow_count"] > 0) == (parts["longest_s"] > limit + 1e-6)
        assert (parts["overlapped_count"] > 0) == (parts["min_s"] < 0)


@settings(deadline=None)
@given(st.lists(st.integers(4, 30), min_size=1, max_size=6))
def test_answering_later_never_makes_the_wait_look_shorter(waits):
    def call(extra):
        lines, clock = [], 0
        for wait in waits:
            lines += [
                f"customer@{clock}-{clock + 3}: 我的宽带坏了",
                f"agent@{clock + 3 + wait + extra}-{clock + 80}: 是这样的",
            ]
            clock += 100
        return make_call(*lines)

    soon, late = response(call(0)), response(call(5))

    assert soon.components["count"] == late.components["count"] == len(waits)
    assert late.value == pytest.approx(soon.value + 5)


@settings(deadline=None)
@given(calls(), st.integers(1, 6), st.integers(0, 60))
def test_holds_are_announced_or_not_thanked_for_or_not_and_fill_no_more_than_the_call(call, shortest, music):
    call = msgspec.structs.replace(call, sounds=(OtherSound("music", Role.AGENT, 0.0, music + 1.0),))
    found = hold(call, min_hold_s=shortest)
    parts = found.components
    if found.value is None:
        return
    assert parts["total_s"] <= call.duration
    assert parts["longest_s"] * found.value >= parts["total_s"] - 1e-6
    assert hold(call, min_hold_s=shortest + 1).value <= found.value
    if call.recognised:
        assert parts["announced_count"] + parts["unannounced_count"] == found.value
        assert parts["thanked_count"] + parts["unthanked_count"] == found.value


def test_exactly_the_limit_is_not_slow():
    assert response(make_call(agent=[(5.1, 7)], customer=[(0, 2.1)])).components["slow_count"] == 0


def test_a_backchannel_is_no_answer_to_a_statement():
    found = response(make_call("customer@0-3: 我的宽带坏了", "agent@2.5-2.9: 嗯", "agent@8-10: 我帮您报修"))

    assert found.value == 5


def test_a_turn_inside_the_customers_takes_no_floor():
    found = response(make_call(customer=[(0, 10)], agent=[(4, 6)]))

    assert (found.value, found.reason) == (None, "no_event")


def test_the_answer_after_a_failed_interruption_counts_from_its_own_onset():
    found = response(make_call("customer@0-10: 我的宽带坏了三天了", "agent@4-6: 您先听我说", "agent@11-13: 我给您报修"))

    assert (found.value, found.components["count"]) == (1, 1)


def test_first_word_counts_from_the_end_of_ring_back():
    call = make_call("agent@9-11: 您好", "customer@12-14: 喂")
    ringing = msgspec.structs.replace(call, sounds=(OtherSound("ring_back", C, 0, 7.5),))

    assert response(call).components["first_word_s"] == 9
    assert response(ringing).components["first_word_s"] == 1.5


def test_speech_without_words_is_not_the_first_word_where_words_were_looked_for():
    call = make_call("agent@3-5: 您好", "customer@6-8: 喂")
    noise = msgspec.structs.replace(call.utterances[0], start=0.0, end=0.5, text="", words=())
    call = msgspec.structs.replace(call, utterances=(noise, *call.utterances))

    assert response(call).components["first_word_s"] == 3


@pytest.mark.parametrize(("call", "reason"), [
    (make_call(), "no_speech"),
    (make_call("unknown: 您好"), "mono"),
    (make_call("agent: 您好", times="nominal"), "no_times"),
    (make_call("agent: 您好"), "no_event"),
])  # fmt: skip
def test_no_latency_has_a_reason(call, reason):
    assert response(call).reason == reason


# ------------------------------------------------------------------------------------------- hold


def test_a_hold_is_announced_and_thanked_for():
    call = make_call(
        "customer@0-3: 我想查话费", "agent@4-6: 请您稍等", "agent@20-23: 感谢您的耐心等待", "agent@24-26: 我再帮您确认一下",
        "agent@31-33: 您的话费是五十元", duration=100,
    )  # fmt: skip
    found = hold(call)
    parts = found.components

    assert (found.value, parts["total_s"], parts["longest_s"], parts["share"]) == (2, 19, 14, 19)
    assert (parts["announced_count"], parts["thanked_count"], parts["unthanked_count"]) == (2, 1, 1)
    assert [item.note for item in found.evidence] == ["hold", "hold_unthanked"]


def test_music_without_a_word_before_is_an_unannounced_hold():
    call = make_call("customer@0-3: 我想查话费", "agent@20-23: 让您久等了")
    call = msgspec.structs.replace(call, sounds=(OtherSound("music", A, 4, 19),))
    found = hold(call)

    assert (found.value, found.components["unannounced_count"], found.components["longest_unannounced_s"]) == (1, 1, 17)
    assert [item.note for item in found.evidence] == ["hold_unannounced"]


def test_thanks_must_come_soon():
    lines = ("agent@0-2: 请稍等", "agent@10-11: 喂您好", "agent@24-26: 感谢您的耐心等待")

    assert hold(make_call(*lines)).components["thanked_count"] == 0
    assert hold(make_call(*lines), thanks_within_s=15).components["thanked_count"] == 1


def test_a_wait_at_the_customers_wish_is_no_hold():
    assert hold(make_call("customer@0-2: 你等一下", "customer@12-14: 找到了")).value == 0


def test_without_words_only_music_is_known_and_thanks_are_not():
    call = make_call(agent=[(0, 2), (20, 22)], customer=[(3, 4)])
    call = msgspec.structs.replace(call, sounds=(OtherSound("music", A, 5, 19),), made_with={})
    found = hold(call)

    assert (found.value, found.components["announced_count"], found.components["thanked_count"]) == (1, None, None)
    assert [item.note for item in found.evidence] == ["hold"]


def test_own_phrases_replace_the_shipped_ones():
    call = make_call("agent@0-2: 我去后台一趟", "agent@10-12: 回来了")

    assert hold(call).value == 0
    found = hold(call, announcements=["去后台"], thanks=["回来了"])
    assert (found.value, found.components["thanked_count"]) == (1, 1)


def test_an_announced_hold_is_no_latency():
    lines = (
        "agent@0-2: 请稍等我联系工程师",
        "customer@2.3-3.5: 好你快一点",
        "agent@12-14: 问清楚了",
        "customer@15-17: 什么原因",
    )
    found = response(make_call(*lines, "agent@17.5-19: 是线路老化"))

    assert (found.value, found.components["held_count"], found.components["slow_count"]) == (0.5, 1, 0)
    assert response(make_call(*lines[:3])).reason == "no_event"
    assert response(make_call(*lines[:3]), announcements=()).components["slow_count"] == 1


def test_the_wait_for_the_first_word_has_evidence_of_its_own():
    found = response(make_call(customer=[(1, 2)], agent=[(4, 6)]))

    assert [(item.start, item.end, item.note) for item in found.evidence] == [(0, 4, "first_word")]
