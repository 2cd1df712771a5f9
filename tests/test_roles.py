"""Who is the agent, from words."""

from __future__ import annotations

import msgspec
import pytest

from qa_speech.call import Acoustics, OtherSound, Role, StrayWord, Word
from qa_speech.language.roles import find_agent, identify_roles, swap_roles
from qa_speech.testing import make_call

SWAPPED = (
    "customer: 您好工号一零零一很高兴为您服务", "agent: 我想查一下话费", "customer: 您本月五十元", "agent: 知道了",
    "customer: 感谢您的来电祝您生活愉快",
)  # fmt: skip


def test_opening_and_number_and_closing_on_the_customers_side_are_a_certain_swap():
    found = find_agent(make_call(*SWAPPED))

    assert found.agent is Role.CUSTOMER
    assert found.certain
    assert {cue.kind for cue in found.cues} == {"opening", "agent_number", "closing"}


def test_a_certain_swap_is_corrected_everywhere_and_recorded():
    call = make_call(*SWAPPED)
    call = msgspec.structs.replace(
        call,
        sounds=(OtherSound("music", Role.AGENT, 0.0, 1.0),),
        stray=(StrayWord(Role.CUSTOMER, Word("喂", 0, 1), "no_speech_near"),),
        acoustics=tuple(Acoustics(level_db=-20.0 - i) for i in range(5)),
    )
    found = identify_roles(call)

    assert [item.role for item in found.utterances] == [item.role.other for item in call.utterances]
    assert found.speech[Role.AGENT] == call.speech[Role.CUSTOMER]
    assert found.recording.channels == (Role.CUSTOMER, Role.AGENT)
    assert (found.sounds[0].role, found.stray[0].role) == (Role.CUSTOMER, Role.AGENT)
    assert found.acoustics == call.acoustics
    assert found.recording.roles_from == "words"
    assert found.recording.finding("swapped_roles").note == "corrected"


def test_an_opening_alone_is_flagged_and_the_given_roles_are_kept():
    call = make_call("customer: 请问有什么可以帮您", "agent: 我想查话费")
    found = identify_roles(call)

    assert found.utterances == call.utterances
    assert found.recording.finding("swapped_roles").note == "suspected"


def test_signs_on_both_sides_say_nothing():
    call = make_call("customer: 您好工号一零零一很高兴为您服务", "agent: 工号一零零二有什么可以帮您")

    assert find_agent(call).agent is None
    assert identify_roles(call) == call


def test_a_customer_who_asks_for_the_number_gives_no_sign():
    call = make_call("agent: 您好很高兴为您服务工号六六八二", "customer: 你的工号是多少")

    assert [cue.role for cue in find_agent(call).cues] == [Role.AGENT, Role.AGENT]


def test_right_roles_come_back_unchanged():
    call = make_call("agent: 您好工号一零零一很高兴为您服务", "customer: 我想查话费")

    assert find_agent(call).certain
    assert identify_roles(call) is call


@pytest.mark.parametrize(
    "call", [make_call(), make_call(agent=[(0, 1)], customer=[(2, 3)]), make_call("unknown: 您好很高兴为您服务")]
)
def test_calls_without_words_or_without_two_roles_come_back_unchanged(call):
    assert identify_roles(call) is call


def test_the_words_are_asked_once_only():
    call = identify_roles(make_call(*SWAPPED))

    assert identify_roles(call) is call


def test_swapping_twice_gives_the_roles_back():
    call = make_call(*SWAPPED)
    twice = swap_roles(swap_roles(call))

    assert twice.utterances == call.utterances
    assert twice.speech == call.speech
