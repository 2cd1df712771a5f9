"""Silence of both sides: kinds, owners, announcements, exceptions."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Call, OtherSound, Recording, Role
from qa_speech.errors import ConfigError
from qa_speech.metrics.common import all_spans
from qa_speech.metrics.gaps import silences
from qa_speech.metrics.silence import silence
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline
from tests.spoken import calls, edges, spans

A, C, U = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN


@settings(deadline=None)
@given(calls(), st.integers(1, 8))
def test_silences_fill_no_more_than_the_call_leaves_and_each_has_one_owner_and_kind(call, shortest):
    found = silence(call, min_silence_s=shortest)
    if found.value is None:
        return
    parts = found.components
    active = sum(end - start for start, end in all_spans(call))
    assert parts["total_s"] + parts["lead_s"] + parts["tail_s"] <= call.duration - active + 1e-6
    assert silence(call, min_silence_s=shortest + 1).value <= found.value
    assert (found.value == 0) or parts["min_s"] >= shortest - 1e-6
    if call.recognised and parts["agent_count"] is not None:
        assert parts["agent_count"] + parts["customer_count"] <= found.value
        assert parts["pause_count"] + parts["gap_count"] + parts["hold_count"] <= found.value


@settings(deadline=None)
@given(edges, edges, st.integers(1, 20))
def test_silences_are_what_counting_instants_gives(agent, customer, shortest):
    call = make_call(agent=spans(agent), customer=spans(customer), duration=300)
    speaking = {second for a, b in spans(agent) + spans(customer) for second in range(int(a), int(b))}
    lengths, run = [], 0
    for second in range(min(speaking, default=0), max(speaking, default=0) + 1):
        if second in speaking:
            lengths.append(run)
            run = 0
        else:
            run += 1
    expected = [length for length in lengths if length >= shortest]
    found = silence(call, min_silence_s=shortest)

    if not speaking:
        assert found.reason == "no_speech"
        return
    parts = found.components
    assert (found.value, parts["total_s"]) == (len(expected), sum(expected))
    assert parts["longest_s"] == max(expected, default=0)
    assert parts["pause_count"] + parts["gap_count"] + parts["hold_count"] == len(expected)
    assert parts["agent_total_s"] + parts["customer_total_s"] == sum(expected)
    assert parts["lead_s"] == min(speaking)
    assert parts["tail_s"] == 299 - max(speaking)


def test_ring_back_and_tail_are_no_silence():
    found = silence(make_call(agent=[(10, 12)], duration=60))

    assert found.value == 0
    assert (found.components["lead_s"], found.components["tail_s"]) == (10, 48)
    assert found.components["mean_s"] is None


def test_exactly_the_limit_counts():
    assert silence(make_call(agent=[(0.3, 2.1), (5.1, 6)])).value == 1


def test_distribution():
    call = make_call(agent=[(0, 1), (4, 5), (9, 10), (15, 16)], duration=20)
    parts = silence(call).components

    assert (parts["min_s"], parts["mean_s"], parts["p50_s"], parts["longest_s"]) == (3, 4, 4, 5)
    assert parts["p90_s"] == pytest.approx(4.8)
    assert parts["share"] == 60


# ------------------------------------------------------------------------------------------- kind and owner


@pytest.mark.parametrize(("lines", "kind", "owner", "announced"), [
    (("customer@0-2: 我的话费多了", "agent@7-9: 您好"), "gap", A, False),
    (("customer@0-2: 我的话费多了", "customer@7-9: 怎么回事"), "pause", A, False),
    (("agent@0-2: 请问您的号码是多少", "customer@7-9: 我找到了"), "gap", C, False),
    (("agent@0-2: 请问您的号码是多少", "agent@7-9: 您还在吗"), "pause", C, False),
    (("agent@0-2: 请您稍等", "agent@9-11: 感谢等待"), "hold", A, True),
    (("agent@0-2: 我帮您查一下", "customer@2.1-2.5: 好的", "agent@9-11: 查到了"), "hold", A, True),
    (("agent@0-2: 这边帮您查询", "customer@9-11: 喂"), "hold", A, True),
    (("agent@0-2: 您的套餐是五十九元", "agent@7-9: 含流量"), "pause", A, False),
    (("agent@0-2: 您的套餐是五十九元", "customer@7-9: 那我改一个"), "gap", C, False),
    (("agent@0-2: 您的套餐是五十九元", "customer@7-9: 喂在吗"), "gap", A, False),
    (("agent@0-2: 您的套餐是五十九元", "customer@2.1-2.4: 嗯", "agent@7-9: 含流量"), "gap", A, False),
    (("agent@0-2: 是您本人吗", "customer@2.2-2.5: 对", "agent@7-9: 好的"), "gap", A, False),
    (("customer@0-2: 你等一下啊", "customer@9-11: 找到了"), "hold", C, True),
    (("customer@0-2: 你等一下", "agent@2.1-2.5: 好的", "customer@9-11: 找到了"), "hold", C, True),
    (("customer@0-2: 你帮我看一下", "agent@9-11: 看到了"), "gap", A, False),
    (("customer@0-4: 我看一下你们昨天给我发的那条短信是说我欠费了", "agent@9-11: 是的"), "gap", A, False),
    (("customer@0-2: 我要投诉", "agent@2.1-2.4: 嗯", "agent@9-11: 您说"), "pause", A, False),
])  # fmt: skip
def test_kind_owner_and_announcement(lines, kind, owner, announced):
    (found,) = silences(make_call(*lines))

    assert (found.kind, found.owner, found.announced) == (kind, owner, announced)


def test_music_makes_a_hold_that_was_not_announced():
    call = make_call("customer@0-2: 我的话费多了", "agent@20-22: 查到了")
    call = msgspec.structs.replace(call, sounds=(OtherSound("music", A, 3, 19),))
    (found,) = silences(call)

    assert (found.kind, found.announced) == ("hold", False)


def test_without_words_owner_goes_by_role_and_announcement_is_not_known():
    call = make_call(agent=[(0, 2)], customer=[(2.5, 4), (9, 11)])
    call = msgspec.structs.replace(call, made_with={})
    (found,) = silences(call)
    parts = silence(call).components

    assert (found.kind, found.owner, found.announced) == ("pause", A, None)
    assert parts["announced_count"] is None
    assert parts["agent_count"] == 1


def test_one_voice_has_silences_without_kind_or_owner():
    recording = Recording("mono", sampling_rate=8000, num_samples=160_000, channels=(U,), layout="mono")
    call = Call(recording, {U: Timeline([(0, 4), (9, 12)])})
    found = silence(call)

    assert (found.value, found.components["total_s"], found.components["agent_count"]) == (1, 5, None)
    assert (found.reliability, found.evidence[0].note) == ("low", "silence")


# ------------------------------------------------------------------------------------------- filters and exceptions

MIXED = (
    "customer@0-2: 我的话费多了", "agent@6-8: 请您稍等", "agent@18-20: 请问您的号码是多少",
    "customer@25-27: 一三八零零一三八零零零",
    "agent@31-33: 好的谢谢",
)  # fmt: skip


@pytest.mark.parametrize(("params", "lengths"), [
    ({}, [4, 10, 5, 4]),
    ({"owner": "agent"}, [4, 10, 4]),
    ({"owner": "customer"}, [5]),
    ({"kind": "hold"}, [10]),
    ({"announced": "no"}, [4, 5, 4]),
    ({"owner": "agent", "announced": "no"}, [4, 4]),
    ({"min_silence_s": 5}, [10, 5]),
    ({"announcements": ("号码",)}, [4, 10, 5, 4]),
])  # fmt: skip
def test_only_what_is_asked_for_is_counted(params, lengths):
    found = silence(make_call(*MIXED), **params)

    assert [item.end - item.start for item in found.evidence] == lengths
    assert found.components["total_s"] == sum(lengths)
    assert found.components["longest_s"] == max(lengths)


def test_other_phrases_can_announce():
    notes = [item.note for item in silence(make_call(*MIXED), announcements=["号码"]).evidence]

    assert notes == ["dead_air", "dead_air", "hold", "dead_air"]


def test_phrases_before_or_after_excuse_a_silence_and_it_is_counted_apart():
    found = silence(make_call(*MIXED), excused_by_customer=("一三八",), excused_by_agent=["稍等"])

    assert (found.value, found.components["excused_count"], found.components["excused_total_s"]) == (0, 4, 23)
    assert found.components["agent_total_s"] == 0
    assert not found.evidence


def test_evidence_says_whose_silence_it_was():
    found = silence(make_call(*MIXED))

    assert [(item.note, item.role) for item in found.evidence] == [
        ("dead_air", A), ("hold", A), ("customer_silence", C), ("dead_air", A),
    ]  # fmt: skip


@pytest.mark.parametrize("params", [{"kind": "rest"}, {"owner": "all"}, {"announced": True}])
def test_unknown_choices_are_refused_with_those_there_are(params):
    with pytest.raises(ConfigError, match="expected one of any"):
        silence(make_call(*MIXED), **params)


def test_no_times_no_silence():
    assert silence(make_call("agent: 您好", times="nominal")).reason == "no_times"


def test_a_short_consent_leaves_an_announced_hold_what_it_is():
    lines = ("agent@0-2: 请稍等我联系工程师", "customer@2.3-3.5: {}", "agent@12-14: 问清楚了")
    consent, question, long = ("好你快一点", "要多久呢", "可是我已经等了三天了昨天也是这么说")

    assert silences(make_call(lines[0], lines[1].format(consent), lines[2]))[0].announced
    assert silences(make_call(lines[0], lines[1].format(f"{consent}？"), lines[2]))[0].announced
    assert not silences(make_call(lines[0], lines[1].format(question), lines[2]))[0].announced
    assert not silences(make_call(lines[0], lines[1].format(long), lines[2]))[0].announced


def test_an_announcement_early_in_a_long_utterance_is_kept_already():
    early = "好您稍等您这张卡呢现在话费还有十三块九毛钱上个月的套餐已经扣过了"
    (found,) = silences(make_call(f"agent@0-8: {early}", "agent@14-16: 积分有一千三"))

    assert (found.kind, found.announced) == ("pause", False)


def test_a_question_early_in_a_long_utterance_leaves_the_floor_with_the_agent():
    early = "您问的是哪个套餐对吧这个套餐是八元的它包含五十兆的省内流量"
    (found,) = silences(make_call(f"agent@0-8: {early}", "agent@14-16: 还有三十分钟通话"))

    assert found.owner is A
