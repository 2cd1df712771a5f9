"""Criteria on what text models and text rules say of a call: politeness, violations, answers; and where they are missing."""

import pytest
from msgspec.structs import replace

from qa_speech.call import Annotation, Call
from qa_speech.conduct.passages import text_hash, utterance_passages
from qa_speech.errors import ConfigError
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.score import judged
from qa_speech.scores import CriterionScore
from qa_speech.testing import make_call
from qa_speech.wording.lang import Lang
from qa_speech.wording.sentences import sentence

HEAD = """\
id: tiny
version: 1
title: 示例
min_coverage: 0
sections:
  - id: part
    title: 部分
    criteria:
"""
TYPES = ("none", "insult", "order", "rhetorical", "deflection", "impatience", "taboo")


def criteria(call: Call, *checks: str) -> tuple[CriterionScore, ...]:
    """The outcomes of checks, each a criterion of 10 points."""
    lines = [f"      - {{id: c{n}, title: 第 {n} 项, points: 10, {check}}}\n" for n, check in enumerate(checks)]
    return score(call, load_scorecard(HEAD + "".join(lines))).criteria


def one(call: Call, check: str) -> CriterionScore:
    return criteria(call, check)[0]


def heard(call: Call, **found: str) -> Call:
    """The call with a violation model that finds `found`: words of an agent's utterance → type."""
    rows = []
    for item in utterance_passages(call):
        kind = next((kind for words, kind in found.items() if words in item.text), "none")
        rows.append(tuple(0.97 if name == kind else 0.005 for name in TYPES))
    items = tuple(passage.utterances for passage in utterance_passages(call))
    note = Annotation("violation", "0" * 64, text_hash(call), TYPES, items, tuple(rows))
    return replace(call, annotations={"violation": note})


# ---------------------------------------------------------------------------------------------- without models


def test_politeness_without_a_text_model_is_not_measured_and_costs_coverage_only() -> None:
    call = make_call("agent: 您好，请讲", "customer: 查话费")
    text = HEAD + (
        "      - {id: a, title: 甲, points: 10, check: {phrase: {any: [您好]}}}\n"
        "      - {id: b, title: 乙, points: 10, check: {metric: politeness, at_least: 60}}\n"
    )
    found = score(call, load_scorecard(text))

    assert [item.outcome for item in found.criteria] == ["pass", "not_measured"]
    assert (found.criteria[1].reason, found.total, found.coverage) == ("not_annotated", 100.0, 0.5)


def test_where_nothing_was_asked_answers_are_not_applicable() -> None:
    call = make_call("agent: 您好，感谢您的来电", "customer: 嗯")

    assert [(item.outcome, item.reason) for item in criteria(
        call, "check: {metric: depth, at_least: 60}", "check: {metric: depth.low_count, at_most: 0}"
    )] == [("not_applicable", "no_event")] * 2  # fmt: skip


def test_a_mono_call_is_not_measured() -> None:
    call = make_call("unknown: 您好，我的话费怎么多了")

    assert {
        one(call, f"check: {{metric: {name}, at_most: 1}}").reason for name in ("politeness", "violations", "depth")
    } == {"mono"}


def test_words_that_changed_after_the_model_read_them_are_not_measured() -> None:
    call = heard(make_call("agent: 您好", "customer: 喂"))
    edited = replace(call, utterances=(replace(call.utterances[0], text="您好呀"), *call.utterances[1:]))

    assert one(edited, "check: {metric: violations, at_most: 0}").reason == "stale_annotation"


def test_a_type_of_violation_that_does_not_exist_is_refused_with_its_line() -> None:
    check = "check: {metric: violations, params: {types: [insolence]}, at_most: 0}"

    with pytest.raises(ConfigError, match=r":9: .*unknown type 'insolence'; there are: insult"):
        load_scorecard(HEAD + f"      - {{id: it, title: 它, points: 10, {check}}}\n")


# -------------------------------------------------------------------------------------------------- violations

RUDE = make_call("customer: 那我怎么办", "agent: 你急什么", "customer: 你说什么", "agent: 这事到别处说")
DEDUCT = "deduct: {points: 2, per: hit}, check: {metric: violations, at_most: 0}"


def test_what_only_the_model_hears_is_pending() -> None:
    found = one(heard(make_call("customer: 那我怎么办", "agent: 这事到别处说"), 到别处="deflection"), f"check: {CHECK}")

    assert (found.outcome, found.pending, found.review) == ("fail", True, ("low_reliability",))


CHECK = "{metric: violations, at_most: 0}"


def test_a_rule_that_fires_is_certain_whatever_else_the_model_hears() -> None:
    text = HEAD + f"      - {{id: it, title: 它, {DEDUCT}}}\n      - {{id: x, title: 别的, points: 10, manual: true}}\n"
    found = score(heard(RUDE, 到别处="deflection"), load_scorecard(text)).criteria[0]

    # two are shown, and only the one without doubt is deducted
    assert (found.outcome, found.pending, found.points) == ("fail", False, -2.0)
    assert [item.quote for item in found.evidence] == ["你急什么", "这事到别处说"]
    assert sentence(found, lang="zh").endswith("标准：不得出现；其中 1 处把握不大，没有计入")


def test_a_list_of_the_house_and_the_rules_together_quote_each_place_once() -> None:
    check = "check: {all: [{phrase: {none: [你急什么], role: agent}}, {metric: violations, at_most: 0}]}"
    found = one(RUDE, check)

    assert (found.outcome, found.pending) == ("fail", False)
    assert [item.quote for item in found.evidence].count("你急什么") == 1


def test_one_part_without_doubt_decides_over_a_doubtful_one() -> None:
    check = "check: {all: [{metric: violations, at_most: 0}, {phrase: {any: [再见], role: agent}}]}"
    call = heard(make_call("customer: 那我怎么办", "agent: 这事到别处说"), 到别处="deflection")
    found = one(call, check)

    assert (found.reason, found.pending, found.review) == ("phrase_missing", False, ())


def test_either_way_of_doing_it_needs_one_without_doubt() -> None:
    call = make_call("agent: 您好，请讲", "customer: 喂")
    sure = replace(call.utterances[0], words=tuple(replace(word, probability=0.2) for word in call.utterances[0].words))
    doubtful = replace(call, utterances=(sure, call.utterances[1]))
    found = one(doubtful, "check: {any: [{phrase: {any: [您好]}}, {phrase: {any: [喂]}}]}")

    assert (found.outcome, found.review) == ("pass", ())
    assert [item.quote for item in found.evidence] == ["喂", "您好"]


# --------------------------------------------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("check", "zh", "en"),
    [
        (
            CHECK,
            "坐席用语不当 1 处：反问“你急什么”（00:01），标准：不得出现",
            'the agent’s words were improper in 1 place: rhetorical question "你急什么" (00:01); limit 0',
        ),
        (
            "{metric: violations, params: {types: [insult]}, at_most: 0}",
            "坐席没有这类不当用语",
            "the agent said nothing of the kind",
        ),
        (
            "{metric: depth.low_count, at_most: 0}",
            "客户有 1 个问题没有得到答复：“那什么时候能修好”（00:00），标准：全部答复",
            '1 question of the customer went without an answer: "那什么时候能修好" (00:00); limit 0',
        ),
    ],
)
def test_figures_about_words_are_said_with_the_words(check: str, zh: str, en: str) -> None:
    call = make_call("customer@0-1.5: 那什么时候能修好", "agent@1.5-2.5: 你急什么")
    found = one(call, f"check: {check}")

    assert (sentence(found, lang="zh", call=call), sentence(found, lang="en", call=call)) == (zh, en)


def test_where_the_agent_pushed_the_question_away_the_answer_is_quoted() -> None:
    call = make_call("customer@0-1.5: 那什么时候能修好", "agent@2-3: 我也不清楚")
    found = one(call, "check: {metric: depth.low_count, at_most: 0}")

    assert sentence(found, lang="zh") == "客户有 1 个问题没有得到答复：坐席答“我也不清楚”（00:02），标准：全部答复"
    assert 'answered "我也不清楚" (00:02)' in sentence(found, lang="en")


def test_given_outcomes_stand_in_for_those_of_a_model() -> None:
    card = load_scorecard(HEAD + "      - {id: it, title: 它, points: 10, check: {metric: politeness, at_least: 60}}\n")
    call = make_call("agent: 您好", "customer: 喂")
    said = [judged(call, card, given={"politeness": value}).criteria[0] for value in (72, 31)]

    assert [item.outcome for item in said] == ["pass", "fail"]
    assert sentence(said[1], lang="zh") == "坐席用语礼貌程度 31 分，标准 ≥ 60 分"


@pytest.mark.parametrize("name", ["telecom-hotline", "complaint", "broadband-fault", "outbound-sales"])
def test_the_cards_for_words_ask_for_politeness_violations_and_answers(name: str) -> None:
    text = (folder("scorecards") / f"{name}.yaml").read_text(encoding="utf-8")

    assert all(f"metric: {metric}" in text for metric in ("politeness", "violations", "depth"))


# ------------------------------------------------------------------------------------------------------- order


def test_an_order_whose_inner_check_never_applies_is_not_applicable() -> None:
    check = (
        "check: {order: {anchor: {phrase: {any: [您好]}}, "
        "after: {order: {anchor: {phrase: {any: [转接]}}, after: {phrase: {any: [久等]}}}}}}"
    )
    found = one(make_call("agent: 您好，请讲", "customer: 喂"), check)

    assert (found.outcome, found.reason) == ("not_applicable", "no_anchor")


def test_other_anchors_are_no_words_of_the_one_who_was_to_speak() -> None:
    call = make_call("customer@0-1: 我要投诉", "agent@2-3: 说吧", "customer@4-5: 我要投诉", "agent@6-7: 嗯")
    check = "{order: {anchor: {phrase: {any: [投诉]}}, after: {phrase: {any: [抱歉], role: agent}}, within_turns: 1}}"
    found = one(call, f"check: {check}")

    assert sentence(found, lang="zh") == "“投诉”（00:00）之后 1 个轮次内：坐席没有说到“抱歉”；2 处中有 2 处不符合"
    assert sentence(found, lang="en").endswith('agent did not say "抱歉"; so in 2 of 2 places')


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_order_inside_an_order_has_a_sentence_that_ends(lang: Lang) -> None:
    check = (
        "check: {order: {anchor: {phrase: {any: [您好]}}, "
        "after: {order: {anchor: {phrase: {any: [转接]}}, after: {phrase: {any: [久等]}}}}}}"
    )
    call = make_call("agent@0-1: 您好，请讲", "customer@2-3: 喂", "agent@4-5: 转接", "agent@6-7: 好了")
    found = one(call, check)

    assert (found.outcome, found.reason, found.detail["inner"]) == ("fail", "order_broken", "order_broken")
    assert "您好" in sentence(found, lang=lang)
    assert "00:00" in sentence(found, lang=lang)
