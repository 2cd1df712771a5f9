"""Overlap, its five classes, and interruption."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from qa_speech.call import Call, Role, Utterance
from qa_speech.metrics.overlap import CLASSES, common_speech, events, interruption, overlap
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline
from tests.spoken import calls, edges, spans

A, C = Role.AGENT, Role.CUSTOMER


@settings(deadline=None)
@given(edges, edges)
def test_overlap_is_what_counting_instants_gives(agent, customer):
    call = make_call(agent=spans(agent), customer=spans(customer), duration=300)
    on_grid = [{second for a, b in spans(points) for second in range(int(a), int(b))} for points in (agent, customer)]
    found = overlap(call)

    if not on_grid[0] | on_grid[1]:
        assert found.reason == "no_speech"
        return
    parts = found.components
    assert found.value == len(on_grid[0] & on_grid[1])
    assert parts["active_s"] == len(on_grid[0] | on_grid[1])
    assert parts["count"] == sum(parts[f"{name}_count"] for name in CLASSES)
    assert sum(item.overlap_s for item in events(call, min_event_s=0)) == found.value


@settings(deadline=None)
@given(edges, edges)
def test_nobody_speaks_over_the_other_for_longer_than_either_speaks(agent, customer):
    here = make_call(agent=spans(agent), customer=spans(customer), duration=300)
    there = make_call(agent=spans(customer), customer=spans(agent), duration=300)
    found = overlap(here)
    if found.value is None:
        return
    assert found.value == overlap(there).value
    assert found.value <= min(sum(b - a for a, b in spans(one)) for one in (agent, customer))


@settings(deadline=None)
@given(calls())
def test_interruptions_succeed_or_fail_and_no_more_turns_interrupt_than_there_are(call):
    for role in (A, C):
        parts = interruption(call, role=role).components
        if parts["count"] is None:
            continue
        assert parts["success_count"] + parts["attempt_count"] == parts["count"]
        assert parts["interrupting_turns"] <= min(parts["count"], parts["turns"])
        assert parts["total_s"] <= overlap(call).value + 1e-9


@settings(deadline=None)
@given(edges, edges)
def test_common_speech_equals_the_intersection_of_timelines(one, two):
    assert Timeline(common_speech(spans(one), spans(two))) == Timeline(spans(one)) & Timeline(spans(two))


@settings(deadline=None)
@given(edges, edges)
def test_swapping_the_roles_swaps_the_initiators(agent, customer):
    here = make_call(agent=spans(agent), customer=spans(customer), duration=300)
    there = make_call(agent=spans(customer), customer=spans(agent), duration=300)
    # equal starts have no side that started later
    if {a for a, _ in spans(agent)} & {a for a, _ in spans(customer)}:
        return
    for role in (A, C):
        assert interruption(here, role=role).components == interruption(there, role=role.other).components


@pytest.mark.parametrize(("lines", "kind", "initiator"), [
    # the other had spoken for 3 s, stops 1 s later, the initiator goes on
    (("customer@0-4: 我的宽带坏了三天了", "agent@3-6: 您先听我说"), "interruption", A),
    # … the other goes on to its own end
    (("customer@0-9: 我的宽带坏了三天了你们到底管不管", "agent@3-6: 您先听我说"), "interruption_attempt", A),
    # … stops, but only 2 s later
    (("customer@0-5: 我的宽带坏了三天了", "agent@3-8: 您先听我说"), "interruption_attempt", A),
    (("customer@0-5: 我的宽带坏了三天了", "agent@3-4.2: 嗯嗯好的"), "backchannel", A),
    (("agent@0-5: 您这个月的话费一共是", "customer@3-3.4: 对"), "backchannel", C),
    (("agent@0-5: 您这个月的话费一共是", "customer@0.2-3: 喂喂喂"), "simultaneous_start", C),
    (("agent@0-5: 您这个月的话费一共是", "customer@0.7-3: 不是不是"), "brief", C),
    (("agent@0-5: 您这个月的话费一共是", "customer@4.6-7: 不是不是"), "brief", C),
    (("agent@0-5: 您这个月的话费一共是", "customer@4.5-7: 不是不是"), "interruption", C),
])  # fmt: skip
def test_classes(lines, kind, initiator):
    (found,) = events(make_call(*lines))

    assert (found.kind, found.initiator) == (kind, initiator)


def test_without_words_a_short_utterance_is_a_backchannel():
    kinds = [item.kind for item in events(make_call(agent=[(0, 5), (8, 14)], customer=[(2, 2.9), (10, 15)]))]

    assert kinds == ["backchannel", "interruption_attempt"]


def test_every_threshold_moves():
    call = make_call("customer@0-4: 我的宽带坏了三天了", "agent@3-6: 您先听我说")

    assert events(call, delay_s=3.5)[0].kind == "brief"
    assert events(call, min_overlap_s=1.2)[0].kind == "brief"
    assert events(call, yield_s=0.8)[0].kind == "interruption_attempt"
    assert events(call, simultaneous_s=3.0)[0].kind == "simultaneous_start"
    assert events(call, min_event_s=1.1) == []
    bare = make_call(agent=[(3, 6)], customer=[(0, 4)])
    assert events(bare, backchannel_s=3.0)[0].kind == "backchannel"


def test_a_breath_does_not_make_two_events_of_one_overlap():
    utterances = (Utterance(C, 0, 6, "我的宽带坏了三天了"), Utterance(A, 2, 5, "您先听我说"))
    speech = {C: Timeline([(0, 3), (3.4, 6)]), A: Timeline([(2, 5)])}
    (found,) = events(Call(make_call().recording, speech, utterances))

    assert (found.start, found.end, round(found.overlap_s, 6)) == (2, 5, 2.6)


def test_counts_per_initiator_and_minute():
    call = make_call(
        "customer@0-5: 我的宽带坏了三天了", "agent@1.5-6: 您先听我说完好吧", "customer@7-9: 那你说吧", "agent@8-8.3: 嗯",
        "agent@12-15: 这个是线路问题", "customer@14-19: 可是昨天就说修了", duration=120,
    )  # fmt: skip
    found = overlap(call)
    parts = found.components

    assert (found.value, parts["count"], parts["per_min"]) == (pytest.approx(4.8), 3, 1.5)
    assert (parts["agent_interruption_attempt_count"], parts["customer_interruption_count"]) == (1, 1)
    assert (parts["agent_backchannel_count"], parts["customer_backchannel_count"]) == (1, 0)
    assert parts["longest_s"] == 3.5
    assert [(item.note, item.role) for item in found.evidence] == [
        ("interruption_attempt", A), ("backchannel", A), ("interruption", C),
    ]  # fmt: skip


def test_overtalk_is_the_share_of_turns_that_interrupted():
    call = make_call(
        "agent@0-2: 您好请讲", "customer@2.5-6: 我的宽带坏了三天了", "agent@5-8: 您先听我说", "customer@9-11: 那你说",
        "agent@11.5-14: 这个是线路问题", duration=60,
    )  # fmt: skip
    parts = interruption(call, role=A).components

    assert (parts["count"], parts["success_count"], parts["turns"], parts["interrupting_turns"]) == (1, 1, 3, 1)
    assert parts["overtalk_share"] == pytest.approx(100 / 3)
    assert (parts["total_s"], parts["per_min"]) == (1, 1)
    assert interruption(call, role=C).value == 0


def test_roles_may_be_given_by_name():
    call = make_call("customer@0-4: 我的宽带坏了三天了", "agent@3-6: 您先听我说")

    assert interruption(call, role="agent") == interruption(call, role=A)


def test_one_channel_holds_no_overlap_unless_the_diarizer_models_it():
    call = make_call(agent=[(0, 5)], customer=[(2, 4)])
    mono = msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, layout="mono"))
    modelled = msgspec.structs.replace(mono, made_with={"diarizer_overlap": "modelled"})

    assert overlap(mono).reason == interruption(mono, role=A).reason == "mono"
    found = overlap(modelled)
    assert (found.value, found.reliability) == (2, "low")


def test_nominal_times_give_no_overlap():
    assert overlap(make_call("agent: 您好", "customer: 喂", times="nominal")).reason == "no_times"
