"""What holds of every operator, whatever is said: one law each."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Call
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.checks.table import REASONS
from qa_speech.scorecard.model import Scorecard
from qa_speech.scores import CriterionScore
from qa_speech.testing import make_call

CARD = """\
id: tiny
version: 1
title: 示例
min_coverage: 0
sections:
  - id: part
    title: 部分
    criteria:
      - {{id: it, title: 一项, points: 10, check: {check}}}
"""
FLIPPED = {"pass": "fail", "fail": "pass"}
some = settings(deadline=None, max_examples=40)

sentences = st.sampled_from(
    [
        "您好",
        "请稍等",
        "感谢您的耐心等待",
        "随便你",
        "我想查话费",
        "我的话费为什么多了三十块",
        "一共三十九元",
        "嗯",
        "再见",
    ]
)
roles = st.sampled_from(["agent", "customer"])
lines = st.lists(st.builds("{}: {}".format, roles, sentences), min_size=1, max_size=8)
checks = st.sampled_from(
    [
        "{phrase: {any: [您好]}}",
        "{phrase: {none: [随便你], role: agent}}",
        "{phrase: {any: [再见], last_s: 3}}",
        "{metric: silence, at_most: 0}",
        "{entity: {kind: amount}}",
        "{similar: {to: [感谢您耐心等待]}}",
        "{repeat: {role: customer}}",
        "{call: {attribute: duration_s, at_least: 3}}",
        "{call: {attribute: queue, is: [宽带]}}",
        "{order: {anchor: {phrase: {any: [请稍等]}}, after: {phrase: {any: [感谢您的耐心等待]}}}}",
    ]
)


@cache
def card(check: str) -> Scorecard:
    return load_scorecard(CARD.format(check=check))


def judged(check: str, call: Call) -> CriterionScore:
    return score(call, card(check)).criteria[0]


def holds(check: str, call: Call) -> str:
    return judged(check, call).outcome


@some
@given(checks, lines)
def test_twice_not_is_nothing(check, said):
    call = make_call(*said)

    assert holds(f"{{not: {{not: {check}}}}}", call) == holds(check, call)


@some
@given(checks, lines)
def test_not_turns_a_judgement_round_and_leaves_what_is_none(check, said):
    call = make_call(*said)
    plain = holds(check, call)

    assert holds(f"{{not: {check}}}", call) == FLIPPED.get(plain, plain)


@some
@given(checks, lines)
def test_every_judgement_gives_a_reason_that_its_operator_declares(check, said):
    call = make_call(*said)

    for asked in (check, f"{{not: {check}}}"):
        found = judged(asked, call)
        if found.outcome in FLIPPED:
            assert found.reason in REASONS or found.reason.removeprefix("not_") in REASONS
            declared = REASONS.get(found.reason)
            assert declared is None or declared.holds == (found.outcome == "pass")


@some
@given(checks, checks, lines)
def test_not_all_is_any_not(one, other, said):
    call = make_call(*said)

    assert holds(f"{{not: {{all: [{one}, {other}]}}}}", call) == holds(
        f"{{any: [{{not: {one}}}, {{not: {other}}}]}}", call
    )


@some
@given(checks, checks, lines)
def test_all_and_any_do_not_depend_on_the_order(one, other, said):
    call = make_call(*said)

    for name in ("all", "any"):
        assert holds(f"{{{name}: [{one}, {other}]}}", call) == holds(f"{{{name}: [{other}, {one}]}}", call)


@some
@given(lines, st.integers(0, 8))
def test_one_more_unwanted_word_never_turns_a_fail_into_a_pass(said, place):
    check = "{phrase: {none: [随便你, 你急什么], role: agent}}"
    more = [*said[:place], "agent: 随便你", *said[place:]]
    before, after = judged(check, make_call(*said)), judged(check, make_call(*more))

    assert after.outcome == "fail"
    assert after.detail["count"] == before.detail.get("count", 0) + 1


@some
@given(lines, st.sampled_from([1, 2, 4, 8, 16]), st.sampled_from(["first_s", "last_s"]))
def test_a_wider_window_never_loses_a_hit(said, seconds, window):
    call = make_call(*said)
    counts = [
        judged(f"{{phrase: {{any: [您好], at_most: 0, {window}: {wide}}}}}", call).detail.get("count", 0)
        for wide in (seconds, 2 * seconds, 1000)
    ]

    assert counts == sorted(counts)
    assert counts[-1] == judged("{phrase: {any: [您好], at_most: 0}}", call).detail.get("count", 0)


@some
@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), st.integers(0, 4))
def test_a_higher_limit_never_turns_a_pass_of_a_metric_into_a_fail(gaps, limit):
    said, clock = [], 0
    for gap in gaps:
        said += [f"customer@{clock}-{clock + 1}: 我想查话费", f"agent@{clock + 1 + gap}-{clock + 2 + gap}: 三十元"]
        clock += gap + 3
    call = make_call(*said)
    low, high = (judged(f"{{metric: silence, at_most: {limit + more}}}", call) for more in (0, 1))

    assert low.detail["value"] == high.detail["value"]
    assert (low.outcome, high.outcome) in {("pass", "pass"), ("fail", "pass"), ("fail", "fail")}


@some
@given(lines)
def test_what_holds_at_each_place_holds_at_one(said):
    order = (
        "{{order: {{anchor: {{phrase: {{any: [请稍等]}}}}, after: {{phrase: {{any: [感谢您的耐心等待]}}}}, each: {}}}}}"
    )
    call = make_call(*said)
    each, one = holds(order.format("true"), call), holds(order.format("false"), call)

    assert (each, one) in {
        ("pass", "pass"), ("fail", "pass"), ("fail", "fail"), ("not_applicable", "not_applicable"),
        ("not_measured", "not_measured"),
    }  # fmt: skip


@some
@given(
    lines,
    st.sampled_from(["repeat: {{role: customer, similarity: {}}}", "similar: {{to: [我的话费多了], similarity: {}}}"]),
)
def test_who_asks_for_more_likeness_finds_no_more(said, check):
    call = make_call(*said)
    counts = [judged(f"{{{check.format(limit)}}}", call).detail.get("count", 0) for limit in (0.2, 0.5, 0.75, 1.0)]

    assert counts == sorted(counts, reverse=True)


@some
@given(sentences, st.sampled_from(["characters", "pinyin"]))
def test_a_sentence_is_similar_to_itself(said, by):
    assert holds(f"{{similar: {{to: [{said}], by: {by}, similarity: 0.99}}}}", make_call(f"agent: {said}")) == "pass"


@some
@given(lines, lines)
def test_entities_of_two_calls_together_are_those_of_both(one, other):
    check = "{entity: {kind: amount, at_most: 0}}"
    counts = [judged(check, make_call(*said)).detail["count"] for said in (one, other, [*one, *other])]

    assert counts[2] == counts[0] + counts[1]


@some
@given(st.sampled_from(["宽带", "固话", "", "3"]), st.sampled_from(["宽带", "固话", "3"]))
def test_is_and_is_not_are_opposites(value, wanted):
    call = make_call("agent: 您好", metadata={"queue": value})
    check = "{{call: {{attribute: queue, {}: ['{}']}}}}"

    assert holds(check.format("is", wanted), call) == FLIPPED[holds(check.format("is_not", wanted), call)]
