"""What an agent's words give: parts of an answer, facts, and the filler that gives nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.conduct.kinds import ANSWERED_BY, ASK_KINDS, GUIDANCE, PART_KINDS, SUBSTANCE
from qa_speech.conduct.substance import count_facts, count_substance, fillers, informs, parts_of
from qa_speech.conduct.tagging import RULES, clause_ends, tag_text, tag_texts
from qa_speech.language.notation import read_rules, rule_set
from qa_speech.language.phrases import fold


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("因为您的套餐超出了", ["reason"]),
        ("您先把光猫关掉，然后再打开", ["steps"]),
        ("每个月三十九元", ["number"]),
        ("四十八小时之内给您回复", ["time_limit", "next_step"]),
        ("如果超过一个月就要重新办", ["condition", "time_limit"]),
        ("您也可以选择五十九元的", ["option", "number"]),
        ("我帮您登记，会有师傅联系您", ["next_step"]),
        ("您看这样可以吗", ["check_back"]),
        ("请问还有其他可以帮您的吗", []),
        ("好的，请稍等", []),
        ("满六十岁才能半价", ["reason", "condition", "number"]),
        ("点进去填上税号就行", ["steps"]),
        ("最好提前半小时到，省得排队", ["option", "time_limit"]),
        ("过了八点还没动静您就打给我", ["next_step"]),
        ("一切以页面展示为准", []),
        ("首先感谢您的支持，因此请您谅解", []),
        ("我给您反映到相关部门，请您放心", ["next_step"]),
        ("感谢您的来电，祝您生活愉快", []),
    ],
)
def test_parts_of_an_answer(text: str, kinds: list[str]) -> None:
    assert {part.kind for part in parts_of(tag_text(text))} == set(kinds)


def test_an_acknowledgement_a_look_up_and_a_question_back_tell_nothing() -> None:
    assert [
        informs(tag_text(text)) for text in ("好的", "请您稍等，帮您查询一下", "请问您贵姓", "不客气，祝您生活愉快")
    ] == [False] * 4
    assert informs(tag_text("您的余额还有三十元，您看可以吗"))


def test_comfort_and_repeating_are_no_facts() -> None:
    found = tag_texts(["您别着急，马上给您看一下", "下周一开门，下周一开门", "主管道在换阀门，白天水压会低"])
    assert [count_facts(tagged) for tagged in found] == [0, 1, 2]
    assert [sorted(fillers(tagged)) for tagged in found] == [["comfort", "promise"], [], []]
    assert [count_substance(tagged) for tagged in tag_texts(["四块五哦，四块五", "收三块，超一公里加两块"])] == [1, 3]


@given(st.lists(st.text(max_size=30), max_size=6))
def test_tagging_many_is_tagging_each(texts: list[str]) -> None:
    assert tag_texts(texts) == [tag_text(text) for text in texts]
    for text in texts:
        for part in parts_of(tag_text(text)):
            assert 0 <= part.start < part.end <= len(text)


@given(st.lists(st.text(max_size=12), max_size=5))
def test_clauses_divide_the_spoken_characters_of_a_text(clauses: list[str]) -> None:
    text = "，".join(clauses)
    ends = clause_ends(text)

    assert ends == sorted(ends)
    assert all(0 <= end <= len(fold(text)) for end in ends)


def test_the_kinds_of_the_rule_file_are_those_of_the_code() -> None:
    sections = {rule.section for rule in read_rules(RULES)}

    assert {group for group, _ in sections} == {"part", "empty", "ask", "request", "done", "unhelped", "acknowledge"}
    assert {kind for group, kind in sections if group == "part"} == set(PART_KINDS) == SUBSTANCE | GUIDANCE
    assert {kind for group, kind in sections if group == "ask"} == set(ASK_KINDS) == set(ANSWERED_BY)
    assert len(PART_KINDS) == len(set(PART_KINDS))


def test_a_group_in_round_brackets_has_to_follow_but_is_not_part_of_the_hit() -> None:
    text = "我不管你"
    rules = rule_set("violation_rules")
    taboo = [one for one in rules.hits(text) if rules.rules[one.rule].section[0] == "taboo"]
    found = {text[one.start : one.end] for one in taboo}
    assert found == {"我不管"}
