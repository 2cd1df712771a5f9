"""What is said again or in nearly the same words: the operators `repeat` and `similar`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.scorecard.likeness import likeness, pairs
from tests.operator_kit import holds, judged


def test_saying_it_again_is_a_repeat():
    lines = ("customer: 我的话费为什么多了三十块", "agent: 您好请讲", "customer: 我的话费为什么多了三十块啊")
    found = judged("{repeat: {role: customer, of: own}}", *lines)

    assert (found.outcome, found.reason, found.detail["count"]) == ("fail", "repeated", 1)
    assert [item.utterance for item in found.evidence] == [0, 2]
    assert holds("{repeat: {role: agent, of: own}}", *lines) == "pass"
    assert holds("{repeat: {role: customer, of: own, at_most: 1}}", *lines) == "pass"


def test_repeating_the_other_can_be_asked_for():
    lines = ("customer: 上个月的流量费多扣了三十块", "agent: 上个月的流量费多扣了三十块对吗")

    assert judged("{repeat: {role: agent, of: other, at_least: 1}}", *lines).reason == "repeat_found"
    assert judged("{repeat: {role: customer, of: other, at_least: 1}}", *lines).reason == "repeat_missing"


def test_only_questions_and_only_the_last_few_utterances_can_be_looked_at():
    again = "customer: 我的宽带什么时候能修好"
    other = [f"customer: 第{n}件别的事情我也说一下" for n in "一二三四五"]

    assert holds("{repeat: {role: customer, questions: true}}", again, "agent: 嗯", again) == "fail"
    assert holds("{repeat: {role: customer, questions: true}}", *["customer: 我家的宽带又断了三天"] * 2) == "pass"
    assert holds("{repeat: {role: customer, questions: true, within: 3}}", again, *other, again) == "pass"
    assert holds("{repeat: {role: customer, questions: true, within: 6}}", again, *other, again) == "fail"


def test_a_sentence_in_nearly_the_same_words_is_similar():
    check = "{similar: {to: [请问还有什么可以帮您], role: agent, similarity: 0.6}}"
    found = judged(check, "agent: 好的，请问还有什么能帮您，没有就再见")

    assert (found.outcome, found.reason, found.evidence[0].quote) == ("pass", "similar_found", "请问还有什么能帮您")
    assert 0.6 <= found.detail["best"] < 1
    assert judged(check, "agent: 您的话费是三十元").reason == "similar_missing"


def test_by_sound_a_wrongly_written_sentence_is_similar():
    by = "{{similar: {{to: [请问您办理什么业务], by: {}, similarity: 0.8}}}}"

    assert holds(by.format("pinyin"), "agent: 请问您扮李什么页务") == "pass"
    assert holds(by.format("characters"), "agent: 请问您扮李什么页务") == "fail"


texts = st.text(alphabet="您好请讲我想查话费", max_size=12)


@given(texts, texts)
def test_likeness_is_symmetric_and_one_for_the_same(one, two):
    assert likeness(pairs(one), pairs(two)) == likeness(pairs(two), pairs(one))
    assert 0 <= likeness(pairs(one), pairs(two)) <= 1 + 1e-9
    assert likeness(pairs(one), pairs(one)) == (pytest.approx(1) if one else 0)
