"""What comes before, after or around what, and what is not, all or any: `order` and the logic."""

import pytest

from tests.operator_kit import holds, judged

HOLD = "anchor: {phrase: {any: [请稍等], role: agent}}"
THANKS = "{phrase: {any: [感谢您的耐心等待], role: agent}}"


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        (f"{HOLD}, after: {THANKS}", "pass"),
        (f"{HOLD}, after: {THANKS}, within_turns: 2", "pass"),
        (f"{HOLD}, after: {THANKS}, within_turns: 1", "fail"),
        (f"{HOLD}, after: {THANKS}, within_s: 20", "pass"),
        (f"{HOLD}, after: {THANKS}, within_s: 10", "fail"),
        (f"{HOLD}, before: {THANKS}", "fail"),
        (f"{HOLD}, around: {THANKS}", "pass"),
        (f"{HOLD}, around: {THANKS}, within_turns: 1", "fail"),
        ("anchor: {phrase: {any: [谢谢]}}, before: {phrase: {any: [请稍等]}}", "pass"),
    ],
)
def test_order_and_proximity(order, outcome):
    lines = ("agent@0-2: 好的，请稍等", "customer@3-4: 那行", "agent@18-21: 感谢您的耐心等待", "customer@22-23: 谢谢")

    assert holds(f"{{order: {{{order}}}}}", *lines) == outcome


def test_order_inside_one_utterance_goes_by_the_words():
    check = "{order: {anchor: {phrase: {any: [抱歉]}}, after: {phrase: {any: [马上]}}}}"

    assert holds(check, "agent: 抱歉，马上为您查") == "pass"
    assert holds(check, "agent: 马上为您查，抱歉") == "fail"


def test_every_anchor_counts_unless_one_is_enough():
    lines = ("agent: 请稍等", "agent: 感谢您的耐心等待", "customer: 好", "agent: 请稍等")
    each = judged(f"{{order: {{{HOLD}, after: {THANKS}}}}}", *lines)

    assert (each.outcome, each.reason, each.detail["broken"], each.detail["places"]) == ("fail", "order_broken", 1, 2)
    assert holds(f"{{order: {{{HOLD}, after: {THANKS}, each: false}}}}", *lines) == "pass"


def test_a_seventh_anchor_counts_as_much_as_the_first():
    lines = ["agent: 请稍等", "agent: 感谢您的耐心等待"] * 6 + ["customer: 好", "agent: 请稍等"]

    assert judged(f"{{order: {{{HOLD}, after: {THANKS}}}}}", *lines).detail["places"] == 7
    assert holds(f"{{order: {{{HOLD}, after: {THANKS}}}}}", *lines) == "fail"


def test_every_wording_of_an_anchor_counts_patterns_too():
    anchor = "anchor: {phrase: {any: [请稍等, {pattern: '等[一两]分钟'}], role: agent}}"
    lines = ("agent: 请稍等", "agent: 感谢您的耐心等待", "customer: 好", "agent: 再等两分钟")

    assert holds(f"{{order: {{{anchor}, after: {THANKS}}}}}", *lines) == "fail"


def test_without_an_anchor_there_is_nothing_to_judge():
    found = judged(f"{{order: {{{HOLD}, after: {THANKS}}}}}", "agent: 您好")

    assert (found.outcome, found.reason) == ("not_applicable", "no_anchor")


def test_an_order_can_be_a_condition():
    more = "when: {order: {anchor: {phrase: {any: [请稍等]}}, after: {phrase: {any: [久等了]}}}}"

    assert judged("{phrase: {any: [再见]}}", "agent: 请稍等", "agent: 久等了", more=more).outcome == "fail"
    assert judged("{phrase: {any: [再见]}}", "agent: 请稍等", more=more).outcome == "not_applicable"


def test_a_silence_can_be_an_anchor():
    check = "{order: {anchor: {metric: silence, at_least: 1}, before: {phrase: {any: [请稍等]}}, within_s: 5}}"

    assert holds(check, "agent@0-2: 请稍等", "agent@9-10: 好了") == "pass"
    assert holds(check, "agent@0-2: 嗯知道了", "agent@9-10: 好了") == "fail"


YES, NO, UNKNOWN = "{phrase: {any: [您好]}}", "{phrase: {any: [再见]}}", "{call: {attribute: queue, is: [宽带]}}"


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        (f"{{all: [{YES}, {YES}]}}", "pass"),
        (f"{{all: [{YES}, {NO}]}}", "fail"),
        (f"{{all: [{YES}, {UNKNOWN}]}}", "not_measured"),
        (f"{{all: [{NO}, {UNKNOWN}]}}", "fail"),
        (f"{{any: [{NO}, {YES}]}}", "pass"),
        (f"{{any: [{NO}, {NO}]}}", "fail"),
        (f"{{any: [{NO}, {UNKNOWN}]}}", "not_measured"),
        (f"{{any: [{YES}, {UNKNOWN}]}}", "pass"),
        (f"{{not: {YES}}}", "fail"),
        (f"{{not: {NO}}}", "pass"),
        (f"{{not: {UNKNOWN}}}", "not_measured"),
        (f"{{not: {{not: {YES}}}}}", "pass"),
    ],
)
def test_what_is_not_known_decides_nothing_by_itself(check, outcome):
    assert holds(check, "agent: 您好") == outcome


def test_the_negation_has_the_reason_of_its_outcome():
    assert judged(f"{{not: {YES}}}", "agent: 您好").reason == "phrase_said"
    assert judged(f"{{not: {NO}}}", "agent: 您好").reason == "phrase_avoided"
    assert judged("{not: {metric: silence, at_most: 3}}", "agent: 您好").reason == "not_metric_met"


def test_without_times_an_order_within_seconds_is_not_measured_and_one_within_turns_is():
    lines = ("agent: 好的，请稍等", "customer: 那行", "agent: 感谢您的耐心等待")

    seconds = judged(f"{{order: {{{HOLD}, after: {THANKS}, within_s: 20}}}}", *lines, times="nominal")

    assert (seconds.outcome, seconds.reason) == ("not_measured", "no_times")
    assert holds(f"{{order: {{{HOLD}, after: {THANKS}, within_turns: 2}}}}", *lines, times="nominal") == "pass"


def test_turns_are_counted_from_where_a_silence_began():
    anchor = "anchor: {metric: silence, at_least: 1}"
    lines = (
        "agent@0-2: 您好请讲",
        "customer@3-5: 我想查话费",
        "agent@13-14: 我看一下账单",
        "customer@14.5-15.5: 那你快一点",
        "agent@16-17: 让您久等了",
    )
    sorry = "{phrase: {any: [久等], role: agent}}"

    assert holds(f"{{order: {{{anchor}, after: {sorry}, within_turns: 1}}}}", *lines) == "fail"
    assert holds(f"{{order: {{{anchor}, after: {sorry}, within_turns: 3}}}}", *lines) == "pass"


def test_what_cannot_be_known_beside_an_anchor_is_not_measured_unless_another_place_settles_it():
    queue = "{all: [{call: {attribute: queue, is: [宽带]}}, {phrase: {any: [感谢您的耐心等待]}}]}"
    once, twice = (
        ("agent: 请稍等", "agent: 感谢您的耐心等待"),
        ("agent: 请稍等", "agent: 感谢您的耐心等待", "agent: 请稍等"),
    )

    assert judged(f"{{order: {{{HOLD}, after: {queue}}}}}", *once).reason == "no_attribute"
    assert holds(f"{{order: {{{HOLD}, after: {queue}}}}}", *twice) == "fail"
