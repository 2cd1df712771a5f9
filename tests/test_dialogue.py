"""Utterances, backchannels and turns."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Role, Utterance, Word
from qa_speech.language.asking import is_question
from qa_speech.language.dialogue import (
    BACKCHANNEL_S,
    EPS,
    build_utterances,
    is_backchannel,
    join_words,
    only_backchannel_words,
    place_words,
    turns,
)
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline

A, C = Role.AGENT, Role.CUSTOMER


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    edges = sorted(draw(st.lists(st.integers(0, 3000), min_size=2, max_size=24, unique=True)))
    return Timeline((a / 100, b / 100) for a, b in zip(edges[::2], edges[1::2], strict=False))


def shape(items: tuple[Utterance, ...]) -> list[tuple[str, float, float]]:
    return [(item.role.value, item.start, item.end) for item in items]


# ---------------------------------------------------------------------------------------------- backchannels, questions


LISTENING = ("嗯", "嗯嗯", "好的，好的。", "对对对", "哦，这样啊", "OK", "是的 是的")
OTHER_WORDS = ("", "。", "好的请稍等", "不对", "我不知道", "没有", "喂", "嗯我想问一下")


@pytest.mark.parametrize(
    ("text", "listening"), [(text, True) for text in LISTENING] + [(text, False) for text in OTHER_WORDS]
)
def test_listening_words_alone_are_a_backchannel(text, listening):
    assert only_backchannel_words(text) is listening


def test_a_recogniser_that_loops_is_answered_at_once():
    loop = "对" * 20_000

    assert only_backchannel_words(loop)
    assert not only_backchannel_words(loop + "不")
    assert not is_question("啊" * 2_000 + "不")


@pytest.mark.parametrize(("text", "end", "expected"), [
    ("嗯嗯", 3.0, True), ("不要", 0.4, False), (None, 1.0, True), (None, 1.1, False), ("", 0.5, True), ("", 2.0, False),
])  # fmt: skip
def test_without_words_a_backchannel_is_known_by_its_length(text, end, expected):
    assert is_backchannel(Utterance(C, 0.0, end, text)) is expected


ASKING = (
    "请问您是机主本人吗", "您办理的是哪个套餐", "对不对", "可不可以退", "为什么多扣了我十块钱", "还有什么可以帮您",
    "您是张先生吧", "好了没有？",
)  # fmt: skip
STATING = ("我的手机没有信号", "没有开通什么业务", "都没什么问题", "请您稍等", "话费是五十元", "好的", "")


@pytest.mark.parametrize(("text", "asks"), [(text, True) for text in ASKING] + [(text, False) for text in STATING])
def test_questions_are_found_without_punctuation_and_statements_are_none(text, asks):
    assert is_question(text) is asks


# ---------------------------------------------------------------------------------------------- turns


def turns_of(*lines: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(turn.role.value, turn.utterances) for turn in turns(make_call(*lines))]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param(
            ("agent@0-3: 您这个月的话费", "customer@2-2.4: 嗯", "agent@3.9-6: 一共是五十元"),
            [("agent", (0, 2))],
            id="that of the other ends no turn",
        ),
        pytest.param(
            ("agent@0-3: 尾号三三八五对不对", "customer@3.2-3.6: 对", "agent@4-6: 好的我帮您查"),
            [("agent", (0,)), ("customer", (1,)), ("agent", (2,))],
            id="one that answers a question is a turn",
        ),
        pytest.param(
            ("agent@0-3: 尾号三三八五对不对", "customer@2.5-2.9: 嗯", "agent@4-6: 我看到了"),
            [("agent", (0, 2))],
            id="one inside the question is no answer",
        ),
        pytest.param(
            ("customer@0-3: 我要查话费", "agent@3.2-3.6: 好的", "agent@4.6-7: 请报一下号码"),
            [("customer", (0,)), ("agent", (1, 2))],
            id="it opens the turn its speaker goes on with",
        ),
        pytest.param(
            ("customer@0-3: 我要查话费", "agent@2.8-3.2: 好的", "agent@4.2-7: 请报一下号码"),
            [("customer", (0,)), ("agent", (2,))],
            id="one that overlaps opens nothing",
        ),
    ],
)
def test_backchannels_in_turns(lines, found):
    assert turns_of(*lines) == found


def test_turns_without_words_go_by_duration():
    call = make_call(agent=[(0, 3), (4, 6)], customer=[(3.2, 3.8), (7, 9)])

    assert [(turn.role.value, turn.utterances) for turn in turns(call)] == [("agent", (0, 2)), ("customer", (3,))]


def test_a_call_without_speech_has_no_turns():
    assert turns(make_call()) == ()


@given(timelines(), timelines())
def test_turns_alternate_and_hold_each_utterance_at_most_once(agent, customer):
    call = make_call(agent=[(s.start, s.end) for s in agent], customer=[(s.start, s.end) for s in customer])
    found = turns(call)

    assert all(a.role is not b.role for a, b in pairwise(found))
    held = [index for turn in found for index in turn.utterances]
    assert len(held) == len(set(held))
    # 2.47 − 1.47 is 1.0 and a rounding: still a backchannel, see EPS
    assert {i for i, item in enumerate(call.utterances) if item.duration > BACKCHANNEL_S + EPS} <= set(held)


@given(
    st.lists(
        st.tuples(st.sampled_from(["agent", "customer"]), st.sampled_from(["嗯", "好的", "怎么办理", "三十九元", ""])),
        max_size=10,
    )
)
def test_with_words_too_every_utterance_stands_in_at_most_one_turn(lines):
    call = make_call(*(f"{role}: {text}" for role, text in lines))
    found = turns(call)

    held = [index for turn in found for index in turn.utterances]
    assert len(held) == len(set(held))
    assert all(call.utterances[index].role is turn.role for turn in found for index in turn.utterances)
    assert all(a.start <= b.start for a, b in pairwise(found))


def test_a_second_exactly_is_a_backchannel_however_its_decimals_round():
    assert turns(make_call(agent=[(0, 0.01)], customer=[(1.47, 2.47)])) == ()
    assert [turn.utterances for turn in turns(make_call(agent=[(0, 0.01)], customer=[(1.47, 2.471)]))] == [(1,)]


# ---------------------------------------------------------------------------------------------- building utterances


@pytest.mark.parametrize(
    ("speech", "built"),
    [
        pytest.param(
            {A: [(0, 1), (1.75, 2), (2.8, 3)]}, [("agent", 0, 2), ("agent", 2.8, 3)], id="own pauses from 0.8 s on"
        ),
        pytest.param(
            {Role.UNKNOWN: [(0, 1), (1.4, 3), (4, 5)]},
            [("unknown", 0, 3), ("unknown", 4, 5)],
            id="of one voice its own pauses only",
        ),
        pytest.param(
            {A: [(0, 1), (1.4, 3)], C: [(1.1, 2.5)]},
            [("agent", 0, 1), ("customer", 1.1, 2.5), ("agent", 1.4, 3)],
            id="a start of the other inside a pause",
        ),
        pytest.param(
            {A: [(0, 1), (1.15, 3)], C: [(1.05, 2.5)]},
            [("agent", 0, 3), ("customer", 1.05, 2.5)],
            id="not one inside a short pause",
        ),
        pytest.param(
            {A: [(0, 1), (1.4, 3)], C: [(0.9, 2.5)]},
            [("agent", 0, 3), ("customer", 0.9, 2.5)],
            id="not one before the pause",
        ),
    ],
)
def test_what_cuts_speech_into_utterances(speech, built):
    found, _ = build_utterances({role: Timeline(segments) for role, segments in speech.items()})

    assert shape(found) == built


def test_a_backchannel_of_the_other_cuts_nothing_but_the_same_length_with_words_does():
    speech = {A: Timeline([(0, 1), (1.6, 3)]), C: Timeline([(1.1, 1.5)])}
    yes = {A: [Word("您", 0.1, 0.2)], C: [Word("嗯", 1.1, 1.5)]}
    stop = {A: [Word("您", 0.1, 0.2)], C: [Word("不要", 1.1, 1.5)]}

    assert shape(build_utterances(speech, yes)[0])[0] == ("agent", 0, 3)
    assert shape(build_utterances(speech, stop)[0])[0] == ("agent", 0, 1)


def test_a_long_backchannel_cuts_only_while_its_words_are_not_known():
    speech = {A: Timeline([(0, 1), (1.6, 3)]), C: Timeline([(1.1, 2.6)])}
    words = {A: [Word("您", 0.1, 0.2)], C: [Word("嗯嗯", 1.1, 1.8), Word("好的", 1.9, 2.5)]}

    assert len(build_utterances(speech)[0]) == 3
    assert len(build_utterances(speech, words)[0]) == 2


@given(timelines(), timelines())
def test_utterances_cover_the_speech_and_nothing_else_of_their_role(agent, customer):
    speech = {A: agent, C: customer}
    built, _ = build_utterances(speech)

    assert list(built) == sorted(built, key=lambda item: (item.start, item.end))
    for role, line in speech.items():
        mine = [item for item in built if item.role is role]
        assert all(a.end <= b.start for a, b in pairwise(mine))
        starts, ends = {item.start for item in line}, {item.end for item in line}
        assert {item.start for item in mine} <= starts
        assert {item.end for item in mine} <= ends
        assert len(line & Timeline(item.segment for item in mine)) == len(line)
        for segment in mine:
            assert all(gap.duration < 0.8 for gap in line.crop(segment.segment).gaps())


@given(timelines(), st.lists(st.integers(0, 3000), max_size=20))
def test_no_word_is_lost(agent, middles):
    words = [Word(f"w{i}", at / 100, at / 100 + 0.1) for i, at in enumerate(middles)]
    built, stray = build_utterances({A: agent}, {A: words})

    kept = [word for item in built for word in item.words] + [item.word for item in stray]
    assert sorted(word.text for word in kept) == sorted(word.text for word in words)


# ---------------------------------------------------------------------------------------------- words


def test_words_go_by_their_midpoint_else_to_the_nearest_else_they_are_stray():
    items = [Utterance(A, 0.0, 1.0), Utterance(A, 2.0, 3.0)]
    words = [Word("一", 0.8, 1.1), Word("二", 1.2, 1.6), Word("三", 1.7, 1.8), Word("四", 3.5, 3.8)]
    placed, stray = place_words(items, {A: words})

    assert [item.text for item in placed] == ["一二", "三"]
    assert [(item.word.text, item.reason) for item in stray] == [("四", "no_speech_near")]


def test_recognised_without_words_is_empty_and_not_recognised_is_none():
    placed, _ = place_words([Utterance(A, 0.0, 1.0), Utterance(C, 1.0, 2.0)], {A: []})

    assert [item.text for item in placed] == ["", None]


@pytest.mark.parametrize(("parts", "text"), [
    (["您", "好"], "您好"),
    (["hello", "world"], "hello world"),
    ([" hello", " world", "！"], "hello world！"),
    (["i", "Phone", " 15", "Pro"], "iPhone 15Pro"),
    (["办", "VIP", "套餐"], "办VIP套餐"),
    (["138", "0013", "8000"], "13800138000"),
    ([" ", "好", ""], "好"),
])  # fmt: skip
def test_chinese_joins_without_spaces_and_latin_words_stay_apart(parts, text):
    assert join_words([Word(part, 0, 1) for part in parts]) == text
