"""Exchanges: what a customer wants, and all the agent says to it until the next such thing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Call, Role
from qa_speech.conduct.exchanges import exchanges
from qa_speech.conduct.passages import exchange_passages, text_hash, utterance_passages
from qa_speech.language.dialogue import turns
from qa_speech.testing import make_call

LINES = st.lists(
    st.tuples(
        st.sampled_from(["agent", "customer", "unknown"]),
        st.sampled_from(
            [
                "", "嗯", "好的", "请稍等", "月租多少钱", "怎么还没好什么时候能修好", "请问您的手机号是多少", "三十九元",
                "没有了谢谢", "因为超了套餐，建议您开个包", "我也不清楚", "，，。", "abc 12",
            ]
        ),
    ),
    max_size=12,
)  # fmt: skip


def call_of(lines: list[tuple[str, str]]) -> Call:
    return make_call(*(f"{role}: {text}" for role, text in lines))


def test_an_exchange_goes_on_through_what_the_agent_asks_for() -> None:
    call = make_call(
        "agent: 您好，请问有什么可以帮您", "customer: 我的话费怎么多了二十块", "agent: 请问您的手机号", "customer: 尾号三三八五",
        "agent: 请稍等", "customer: 嗯", "agent: 是因为您超出了套餐流量", "customer: 那怎么取消", "agent: 发短信到一零零一零就可以",
        "customer: 好的谢谢", "agent: 不客气",
    )  # fmt: skip
    assert [(one.question, one.answer) for one in exchanges(call)] == [((1,), (2, 4, 6)), ((7,), (8, 10))]


def test_a_question_repeated_before_any_answer_is_one_question() -> None:
    call = make_call("customer: 什么时候能修好", "agent: 请稍等", "customer: 到底什么时候能修好啊", "agent: 明天上午")
    assert [one.question for one in exchanges(call)] == [(0, 2)]


def test_a_first_word_is_a_matter_although_no_rule_knows_it() -> None:
    assert [
        one.question for one in exchanges(make_call("agent: 您好请讲", "customer: 我家狗瘸了", "agent: 您先看看脚垫"))
    ] == [(1,)]
    assert exchanges(make_call("agent: 请问您的尾号是多少", "customer: 三三八五零", "agent: 好的")) == ()


@given(LINES)
def test_exchanges_are_made_of_the_right_roles_and_never_share_an_utterance(lines: list[tuple[str, str]]) -> None:
    call = call_of(lines)
    seen: list[int] = []
    for one in exchanges(call):
        assert all(call.utterances[index].role is Role.CUSTOMER for index in (*one.question, *one.reaction))
        assert all(call.utterances[index].role is Role.AGENT for index in one.answer)
        seen += [*one.question, *one.answer, *one.reaction]
    assert len(seen) == len(set(seen))


@given(LINES)
def test_every_utterance_of_an_exchange_is_one_of_a_turn(lines: list[tuple[str, str]]) -> None:
    call = call_of(lines)
    in_turns = {index for turn in turns(call) for index in turn.utterances}

    for one in exchanges(call):
        assert {*one.question, *one.answer, *one.reaction} <= in_turns


def test_listening_words_and_what_the_agent_asked_for_end_no_exchange() -> None:
    call = make_call(
        "agent: 您好", "customer: 我的宽带坏了", "agent: 好的请问您的号码", "customer: 嗯嗯", "agent: 是哪里亮红灯",
        "customer: 光猫上的", "agent: 我给您报修",
    )  # fmt: skip

    assert [(one.question, one.answer, one.reaction) for one in exchanges(call)] == [((1,), (2, 4, 6), (3, 5))]


def test_a_last_question_without_an_answer_is_an_exchange_with_an_empty_answer() -> None:
    found = exchanges(make_call("agent: 您好", "customer: 什么时候能修好"))

    assert [(one.question, one.answer) for one in found] == [((1,), ())]


def test_passages_of_a_call() -> None:
    call = make_call("agent: 您好", "customer: 月租多少钱。", "agent: 三十九元。", "agent: 含五个G")
    assert [passage.utterances for passage in utterance_passages(call)] == [(0,), (2,), (3,)]
    (passage,) = exchange_passages(call)
    assert (passage.utterances, passage.text, passage.context) == ((1, 2, 3), "三十九元，含五个G", "月租多少钱")


def test_the_hash_follows_words_and_roles_not_times() -> None:
    assert text_hash(make_call("agent@0-2: 您好")) == text_hash(make_call("agent@5-9: 您好"))
    assert text_hash(make_call("agent: 您好")) != text_hash(make_call("agent: 你好"))
