"""Names: what announces them, what is told around them, and what only looks like one."""

from __future__ import annotations

import time

import pytest

from qa_speech.privacy.identifiers import find_identifiers
from qa_speech.testing import make_call


def masked(*lines: str) -> list[str]:
    """Lines as ``A:text`` or ``C:text``, with N for every character of a name."""
    roles = {"A:": "agent", "C:": "customer"}
    said = make_call(*[f"{roles[line[:2]]}: {line[2:]}" for line in lines]).utterances
    texts = [list(utterance.text or "") for utterance in said]
    for found in find_identifiers(said):
        if found.kind == "name":
            texts[found.utterance][found.start : found.end] = "N" * (found.end - found.start)
    return ["".join(text) for text in texts]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("我老公叫邹凯办的卡", "我老公叫NN办的卡"),
        ("昨天刘志刚来过，说线路没问题", "昨天NNN来过，说线路没问题"),
        ("营业厅的柳青跟我说可以退", "营业厅的NN跟我说可以退"),
        ("我是申屠健公司的法人", "我是NNN公司的法人"),
        ("投保人蒋涛，被保人是我闺女蒋梦洁", "投保人NN，被保人是我闺女NNN"),
        ("寄给卓越，建设路8号", "寄给NN，建设路8号"),
        ("用的是佟建业的身份证", "用的是NNN的身份证"),
        ("我叫古丽米热，少数民族", "我叫NNNN，少数民族"),
        ("机主买买提江·吐尔逊，身份证在我这", "机主NNNNNNNN，身份证在我这"),
        ("名字拼音LI XIAOMING", "名字拼音NNNNNNNNNNN"),
        ("我姓金，金在熙", "我姓金，NNN"),
        ("快递写的安然收，那是我", "快递写的NN收，那是我"),
    ],
)
def test_what_announces_a_name_and_what_ends_it(said: str, expected: str) -> None:
    assert masked(f"C:{said}") == [expected]


def test_the_answer_to_a_question_for_a_name_may_be_any_word() -> None:
    assert masked("A:请问您的全名？", "C:高兴。") == ["请问您的全名？", "NN。"]
    assert masked("A:请问您的全名？", "C:不方便说。")[1] == "不方便说。"
    assert masked("C:高兴。") == ["高兴。"]


def test_a_surname_told_in_another_turn_tells_the_name() -> None:
    lines = ("A:您贵姓", "C:姓原", "A:原先生，全名是", "C:原野")

    assert masked(*lines)[3] == "NN"
    assert masked("C:原野上没有信号") == ["原野上没有信号"]


def test_explained_characters_are_masked_with_the_name() -> None:
    assert masked("C:我叫章子航，立早章，儿子的子，航空的航") == ["我叫NNN，NNN，NNNN，NNNN"]
    assert masked("C:我叫章文", "A:立早章吗", "C:文化的文") == ["我叫NN", "NNN吗", "NNNN"]


def test_explanations_alone_answer_the_question_for_a_name() -> None:
    assert masked("A:您的名字是哪几个字", "C:木子李，建设的建")[1] == "NNN，NNNN"
    assert masked("C:办卡的卡，立早章") == ["办卡的卡，立早章"]


@pytest.mark.parametrize(
    "said",
    [
        "高峰期网速为什么慢",
        "我是金卡客户，怎么没有优先",
        "你给安装师傅打个电话，约个方便的时间",
        "我是江苏的号，现在在常州",
        "我要联系装维经理",
        "和包支付里面的钱",
        "我姓什么你们系统没有吗",
        "联系人填我自己",
        "明白了，那明天上午师傅上门",
        "我同事都用的你们家的",
        "左边那个灯不亮",
        "云闪付能交吗",
        "我姓刘你叫我刘姐就行",
    ],
)
def test_words_of_service_are_no_names(said: str) -> None:
    assert masked(f"C:{said}") == [said]


@pytest.mark.parametrize("part", ["王建国的王", "立早章", "叫王伟", "机主姓名"])
def test_a_long_text_takes_no_longer_than_its_length(part: str) -> None:
    begin = time.process_time()

    masked("C:" + part * (10_000 // len(part)))

    assert time.process_time() - begin < 5
