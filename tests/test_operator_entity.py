"""Numbers, amounts and dates that are said: the operator `entity`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.privacy.identifiers import identifiers_of
from qa_speech.scorecard.checks.entity import entities
from qa_speech.scorecard.context import Context
from qa_speech.testing import make_call
from tests.operator_kit import judged


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("phone", "我的号码是13800138000", ["13800138000"]),
        ("phone", "一三八零零一三八零零零", ["一三八零零一三八零零零"]),
        ("phone", "幺三八零零幺三八零零零", ["幺三八零零幺三八零零零"]),
        ("phone", "固话零二八八五五五六六六六", ["零二八八五五五六六六六"]),
        ("phone", "请打10010", ["10010"]),
        ("phone", "投诉打幺零零幺零，报修打9 5 5 9 8", ["幺零零幺零", "95598"]),
        ("phone", "四零零八幺零八零八零", ["四零零八幺零八零八零"]),
        ("phone", "尾号一二三四", []),
        ("phone", "一共一百二，要一二零元", []),
        ("phone", "工号13001", []),
        ("phone", "卡号是123456789012345678", []),
        ("amount", "多扣了三十块钱和5.5元", ["三十块", "55元"]),
        ("amount", "一百二十八元的套餐", ["一百二十八元"]),
        ("amount", "几块也行", []),
        ("date", "十月三十号到期，明天上门", ["十月三十号", "明天"]),
        ("date", "星期三下午两点半", ["星期三", "两点半"]),
        ("date", "八号线", []),
        ("date", "你快一点，一点钟之前", ["一点钟"]),
        ("id", "身份证11010519491231002X", ["11010519491231002x"]),
        ("id", "一三八零零一三八零零零", []),
        ("id", "卡号6222021234567894", []),
    ],
)
def test_entities_are_found_in_digits_and_in_characters(kind, text, found):
    context = Context(make_call(f"customer: {text}"))
    (folded,) = context.texts

    assert [[folded[hit.start : hit.end] for hit in pieces] for pieces in entities(context, kind)] == [
        [said] for said in found
    ]


def test_a_number_is_found_with_what_people_say_in_between():
    found = judged("{entity: {kind: phone}}", "customer: 号码138嗯0013嗯8000")

    assert (found.outcome, found.detail["count"], found.detail["said"]) == ("pass", 1, "138嗯0013嗯8000")


def test_what_pages_hide_as_a_telephone_number_is_one_for_a_card():
    lines = (
        "customer: 我的号码是幺三八",
        "agent: 嗯",
        "customer: 零零一三八零零零",
        "agent: 一三八零零一三八零零零对吗",
    )
    call = make_call(*lines)
    hidden = {(found.utterance, found.identifier) for found in identifiers_of(call) if found.kind == "phone"}

    pieces = entities(Context(call), "phone")

    assert [[hit.utterance for hit in number] for number in pieces] == [[0, 2], [3]]
    assert {hit.utterance for number in pieces for hit in number} == {utterance for utterance, _ in hidden}


def test_a_number_over_several_utterances_is_one_hit_shown_in_all_its_pieces():
    lines = ("customer: 我的号码是幺三八", "agent: 嗯", "customer: 零零一三八零零零")
    found = judged("{entity: {kind: phone, role: customer, at_most: 1}}", *lines)

    assert (found.outcome, found.detail["count"]) == ("pass", 1)
    assert [(quote.utterance, quote.quote) for quote in found.evidence] == [(0, "幺三八"), (2, "零零一三八零零零")]


def test_a_part_of_a_number_is_none():
    lines = ("customer: 号码13800138000", "agent: 尾号8000对吗", "customer: 对")

    assert judged("{entity: {kind: phone, role: agent}}", *lines).reason == "entity_missing"
    assert judged("{entity: {kind: phone}}", *lines).detail["count"] == 1


@pytest.mark.parametrize("text", ["请拨打10010", "请拨打4008108080", "请拨打九五五八八"])
def test_a_hotline_is_a_telephone_number_though_it_identifies_nobody(text):
    call = make_call(f"agent: {text}")

    assert identifiers_of(call) == ()
    assert judged("{entity: {kind: phone, role: agent}}", call=call).outcome == "pass"


spacing = st.sampled_from(["", " ", "，", "-", "嗯"])
digits = st.sampled_from(["0123456789", "零一二三四五六七八九", "〇幺二三四五六七八九"])


@settings(deadline=None)
@given(st.lists(spacing, min_size=11, max_size=11), digits)
def test_a_number_is_found_in_any_spacing_and_in_any_writing(marks, written):
    said = "".join(mark + written[int(digit)] for mark, digit in zip(marks, "13800138000", strict=True))

    assert judged("{entity: {kind: phone}}", f"customer: 我的手机号是{said}").detail["count"] == 1


def test_an_entity_can_be_wanted_or_forbidden():
    lines = ("agent: 您的号码是一三八零零一三八零零零", "customer: 对")

    assert judged("{entity: {kind: phone, role: agent}}", *lines).detail["said"] == "一三八零零一三八零零零"
    assert judged("{entity: {kind: phone, role: customer}}", *lines).reason == "entity_missing"
    assert judged("{entity: {kind: phone, at_most: 0}}", *lines).reason == "entity_said"
    assert judged("{not: {entity: {kind: amount}}}", *lines).reason == "entity_avoided"


def test_a_forbidden_particular_in_unsure_words_waits_for_a_person():
    found = judged("{entity: {kind: amount, at_most: 0}}", "agent: 一共三十块", probability=0.3)

    assert (found.outcome, found.pending, found.review) == ("fail", True, ("unsure_words",))
