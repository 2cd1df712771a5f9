"""What a customer's words ask for: without punctuation, several questions in one turn, answers that want nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.conduct.questions import questions_of, wants_answer
from qa_speech.conduct.tagging import tag_text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("月租多少钱", ["amount"]),
        ("什么时候能修好", ["time"]),
        ("怎么又扣钱了", ["reason"]),
        ("怎么取消呢", ["how"]),
        ("能不能退", ["yesno"]),
        ("这是什么意思", ["what"]),
        ("为什么我的话费多了啊你帮我看一下是什么原因吗", ["reason"]),
        ("月租多少钱，能不能改", ["amount", "yesno"]),
        ("这个月怎么多扣了二十块另外宽带什么时候能修好", ["reason", "time"]),
        ("我的手机没有信号", []),
    ],
)
def test_questions_without_punctuation_and_several_in_one_turn(text: str, kinds: list[str]) -> None:
    assert [question.kind for question in questions_of(tag_text(text))] == kinds


def test_a_text_of_several_questions_is_divided_between_them() -> None:
    text = "我想问一下这个月怎么多了二十块另外宽带什么时候能修好"
    assert "".join(question.text for question in questions_of(tag_text(text))) == text


@pytest.mark.parametrize(
    ("text", "before", "wants"),
    [
        ("我要取消彩铃", "", True),
        ("宽带连不上网", "", True),
        ("没有了，谢谢", "请问还有其他可以帮您的吗", False),
        ("我想再问一下流量", "请问还有其他可以帮您的吗", True),
        ("幺三八零零一二", "请问您的手机号是多少", False),
        ("是打不开网页", "请问是什么故障呢", False),
        ("为什么要报手机号", "请问您的手机号是多少", True),
        ("嗯好的好的", "", False),
    ],
)
def test_what_wants_an_answer(text: str, before: str, wants: bool) -> None:
    assert wants_answer(tag_text(text), before) is wants


CLAUSES = ("月租多少钱", "什么时候能修好", "怎么又扣钱了", "能不能退", "我的手机没有信号", "另外", "，", "嗯")


@given(st.lists(st.sampled_from(CLAUSES), max_size=8))
def test_the_questions_of_a_turn_are_its_words_divided(clauses: list[str]) -> None:
    tagged = tag_text("".join(clauses))
    found = questions_of(tagged)

    assert "".join([question.text for question in found]) == (tagged.folded if found else "")
    assert all(question.text for question in found)
