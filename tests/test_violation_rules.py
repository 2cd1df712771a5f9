"""The rules of violations one by one: each catches its example and lets its counter-example pass; clauses, denials, quotations."""

from __future__ import annotations

from importlib.resources import files

import pytest

from qa_speech.conduct.violations import violations
from qa_speech.language.marked import marked
from qa_speech.language.notation import NEAR, Rule, RuleSet, read_rules

RULES = read_rules("violation_rules")
LARGEST = 40_000
"""Bytes of the file; it had 81,000 when rules were written against what is civil, too."""


def fires(rule: Rule, text: str) -> bool:
    """Whether a rule by itself finds anything."""
    one = RuleSet("violation_rules")
    one.rules = (rule,)
    return bool(list(one.hits(marked(text))))


def test_the_file_stays_small() -> None:
    size = len((files("qa_speech.language.data") / "violation_rules.txt").read_bytes())

    assert size < LARGEST
    assert len(RULES) == len({rule.pattern for rule in RULES})


@pytest.mark.parametrize("kind", sorted({rule.section[0] for rule in RULES}))
def test_every_rule_catches_its_example_and_lets_its_counter_example_pass(kind: str) -> None:
    mine = [rule for rule in RULES if rule.section[0] == kind]
    assert mine
    for rule in mine:
        assert rule.example, rule.pattern
        assert rule.counter, rule.pattern
        assert fires(rule, rule.example), (rule.pattern, rule.example)
        assert violations(rule.counter) == (), (rule.pattern, rule.counter)


@pytest.mark.parametrize(
    "text",
    [
        "我帮您去问一下",
        "最快还不好说",
        "您联系快递了吗",
        "您联系快递了吗？我这边也催一下。",
        "您别急，什么时候下的单？",
        "这个不急。什么颜色您先挑",
        "我不是嫌您烦",
        "没有说您活该的意思",
        "请勿闭嘴呼吸",
        "您说的“你急什么”是哪位同事说的",
        "他留言「爱办不办」，我们处理了他",
        "不是让您自己想办法，是我们来想",
        "滚动播放的那条是通知",
        "急用的话，没用过的那台先给您",
    ],
)
def test_borders_of_clauses_denials_and_quotations(text: str) -> None:
    assert violations(text) == ()


@pytest.mark.parametrize("text", ["你急什么？", "你急什么！我在查", "好的。你急什么", "“好的”，你急什么"])
def test_what_is_said_beside_a_border_is_said(text: str) -> None:
    (hit,) = violations(text)

    assert text[hit.start : hit.end] == "你急什么"


def test_a_gap_crosses_no_border_and_an_exclusion_looks_near_by() -> None:
    rule = Rule(("order", "minor"), "甲[^\\n，。？！]{0,8}乙", "", False)

    assert [fires(rule, text) for text in ("甲丙乙", "甲，乙", "甲。丙乙", "甲丙 丙乙")] == [True, False, False, True]
    assert NEAR == 8
