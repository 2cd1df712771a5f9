"""Talk time and turns."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from qa_speech.call import Call, Finding, Recording, Role
from qa_speech.metrics.talk import talk, turns
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline
from tests.spoken import calls, edges, spans

A, C, U = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN


@settings(deadline=None)
@given(edges, edges)
def test_talk_time_is_what_counting_instants_gives(agent, customer):
    call = make_call(agent=spans(agent), customer=spans(customer), duration=400)
    on_grid = {
        role: {second for a, b in spans(points) for second in range(int(a), int(b))}
        for role, points in ((A, agent), (C, customer))
    }
    found = talk(call, role=A)

    if not on_grid[A] | on_grid[C]:
        assert found.reason == "no_speech"
        return
    assert found.value == len(on_grid[A])
    assert found.components["active_s"] == len(on_grid[A] | on_grid[C])
    assert found.components["speech_s"] == len(on_grid[A]) + len(on_grid[C])
    assert found.components["share_of_call"] == pytest.approx(len(on_grid[A]) / 4)


@settings(deadline=None)
@given(edges, edges)
def test_shares_of_all_speech_make_a_hundred_percent(agent, customer):
    call = make_call(agent=spans(agent), customer=spans(customer), duration=400)
    shares = [talk(call, role=role).components["share_of_speech"] for role in (A, C)]

    assert shares == [None, None] or sum(shares) == pytest.approx(100)


@settings(deadline=None)
@given(edges, edges)
def test_closed_talk_is_talk_with_the_pauses_below_a_second_and_tight_talk_stays(agent, customer):
    halves = [second / 2 for second in agent]
    call = make_call(agent=spans(halves), customer=spans(customer), duration=400)
    tight, closed = talk(call, role=A), talk(call, role=A, close_s=1.5)

    assert closed.value == tight.value
    if closed.value is not None:
        assert closed.components["closed_s"] == pytest.approx(Timeline(spans(halves)).bridged(1.5).duration)
        assert tight.components["closed_s"] == pytest.approx(Timeline(spans(halves)).bridged(1.0).duration)


def test_closed_shares_are_of_closed_talk():
    found = talk(make_call(agent=[(0, 2), (2.5, 4)], customer=[(5, 6)], duration=10), role=A).components

    assert (found["talk_s"], found["closed_s"]) == (3.5, 4)
    assert (found["closed_share_of_call"], found["closed_share_of_speech"]) == (40, 80)


@settings(deadline=None)
@given(calls())
def test_the_floor_changes_less_often_than_there_are_turns(call):
    found = turns(call)
    if found.value is None:
        return
    parts = found.components
    assert parts["agent_count"] + parts["customer_count"] == found.value
    assert parts["role_changes"] == max(0, found.value - 1)
    for name in ("agent", "customer"):
        longest, total = parts[f"{name}_longest_s"], parts[f"{name}_total_s"]
        assert (longest is None) == (total is None) == (call.times == "nominal")
        assert longest is None or longest <= total + 1e-9


def test_shares_of_the_call_may_exceed_a_hundred_percent_because_of_overlap():
    call = make_call(agent=[(0, 10)], customer=[(2, 9)], duration=10)
    shares = [talk(call, role=role).components["share_of_call"] for role in (A, C)]

    assert shares == [100.0, 70.0]


def test_a_side_that_says_nothing_talks_for_no_time():
    assert talk(make_call(agent=[(0, 10)]), role=C).value == 0


def test_mono_has_no_roles_but_the_voice_that_holds_all_speech_is_measured_with_low_reliability():
    recording = Recording("mono", sampling_rate=8000, num_samples=80_000, channels=(U,), layout="mono")
    call = Call(recording, {U: Timeline([(0, 4)])})

    assert talk(call, role=A).reason == "mono"
    found = talk(call, role=U)
    assert (found.value, found.reliability, found.reliability_reason) == (4.0, "low", "mono")


def test_times_that_only_keep_the_order_give_no_seconds():
    call = make_call("agent: 您好", "customer: 你好我想查话费", times="nominal")

    assert talk(call, role=A).reason == "no_times"
    found = turns(call)
    assert found.value == 2
    assert found.components["agent_longest_s"] is None
    assert not found.evidence


def test_transcript_times_are_of_low_reliability():
    found = talk(make_call("agent: 您好", times="transcript"), role=A)

    assert (found.reliability, found.reliability_reason) == ("low", "transcript_times")


@pytest.mark.parametrize(("finding", "reason"), [
    (Finding("crosstalk", 1, -12.0, "dB"), "crosstalk"), (Finding("crosstalk", 1, -30.0, "dB"), ""),
    (Finding("snr", 2, 6.0, "dB"), "low_snr"), (Finding("snr", 2, 25.0, "dB"), ""),
    (Finding("dead_channel", 2, -91.0, "dBFS"), "dead_channel"),
])  # fmt: skip
def test_faults_of_the_recording_lower_the_reliability(finding, reason):
    call = make_call(agent=[(0, 1)], customer=[(2, 3)])
    call = msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, findings=(finding,)))
    found = talk(call, role=A)

    assert found.reliability_reason == reason
    assert found.reliability == ("low" if reason else "ok")


def test_turns_count_changes_of_the_floor_and_the_longest_monologue():
    call = make_call(agent=[(0, 2), (5, 12), (12.9, 14)], customer=[(2.5, 4.5), (7, 7.5), (15, 18)], duration=60)
    found = turns(call)

    assert found.value == 4
    assert found.components["role_changes"] == 3
    assert found.components["rallies_per_min"] == 3
    assert found.components["agent_longest_s"] == 9
    assert [(item.start, item.end, item.note) for item in found.evidence] == [(5, 14, "longest_monologue")]


def test_turns_need_two_parties():
    assert turns(make_call("unknown: 您好")).value is None
    assert turns(make_call()).reason == "no_speech"
