"""Each operator of the condition language: what holds, what it says, and what it shows for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from qa_speech.call import Call, Measurement, Role, Utterance
from qa_speech.metrics import metrics
from qa_speech.privacy.identifiers import identifiers_of
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.attributes import attribute_of
from qa_speech.scorecard.checks.entity import entities
from qa_speech.scorecard.checks.metric import measurement_key
from qa_speech.scorecard.context import Context, Reach, cropped
from qa_speech.scorecard.likeness import likeness, pairs
from qa_speech.scorecard.question import near
from qa_speech.scorecard.score import measure_for
from qa_speech.scorecard.search import Book, borders, searcher
from qa_speech.scorecard.sounds import readings, sound_pattern
from qa_speech.testing import make_call

HEAD = """\
id: tiny
version: 1
title: 示例
min_coverage: 0
sections:
  - id: part
    title: 部分
    criteria:
      - id: it
        title: 一项
        points: 10
"""


def judged(check: str, *lines: str, more: str = "", call: Call | None = None, **options: object):
    """The outcome of one check on a dialogue."""
    text = f"{HEAD}        check: {check}\n" + "".join(f"        {line}\n" for line in more.splitlines())
    card = load_scorecard(text)
    return score(call if call is not None else make_call(*lines, **options), card).criteria[0]


def holds(check: str, *lines: str, **options: object) -> str:
    return judged(check, *lines, **options).outcome


# ---------------------------------------------------------------------------------------------------------- phrase


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        ("{phrase: {any: [您好]}}", "pass"),
        ("{phrase: {any: [再见]}}", "fail"),
        ("{phrase: {any: [您好], role: customer}}", "fail"),
        ("{phrase: {any: [工号], at_least: 2}}", "pass"),
        ("{phrase: {any: [工号], at_least: 3}}", "fail"),
        ("{phrase: {any: [工号], at_most: 1}}", "fail"),
        ("{phrase: {any: [工号], at_most: 2}}", "pass"),
        ("{phrase: {all: [您好, 工号]}}", "pass"),
        ("{phrase: {all: [您好, 再见]}}", "fail"),
        ("{phrase: {some: [您好, 再见, 请讲], at_least: 2}}", "pass"),
        ("{phrase: {some: [您好, 再见, 晚安], at_least: 2}}", "fail"),
        ("{phrase: {none: [再见]}}", "pass"),
        ("{phrase: {none: [工号]}}", "fail"),
        ("{phrase: {any: [{say: 再见, variants: [拜拜, 请讲]}]}}", "pass"),
        ("{phrase: {any: [{pattern: '工号[零一二三]{4}'}]}}", "pass"),
        ("{phrase: {any: [{pattern: '^请讲$'}]}}", "fail"),
        ("{phrase: {any: [{pattern: '请讲$'}]}}", "pass"),
        ("{phrase: {any: [{pattern: '工号.*话费'}]}}", "fail"),
        ("{phrase: {any: [{pattern: 'vip'}]}}", "pass"),
        ("{phrase: {any: [vip]}}", "pass"),
        ("{phrase: {any: [{say: 工号, unless: [工号是多少]}]}}", "pass"),
        ("{phrase: {any: [工号], unless: [工号一零, 工号是多少]}}", "fail"),
    ],
)
def test_a_phrase_is_found_as_it_was_asked_for(check, outcome):
    lines = ("agent: 您好，工号一零零一，请讲。", "customer: 我的ＶＩＰ话费，你工号是多少")

    assert holds(check, *lines) == outcome


def test_a_pattern_never_joins_two_utterances():
    assert holds("{phrase: {any: [{pattern: '请讲[^a]*我想'}]}}", "agent: 请讲", "customer: 我想查") == "fail"
    assert holds("{phrase: {any: [{pattern: '请讲\\s*我想'}]}}", "agent: 请讲", "agent: 我想查") == "fail"


def test_a_catastrophic_pattern_is_answered_in_linear_time():
    check = "{phrase: {any: [{pattern: '(a+)+b'}]}}"

    assert holds(check, "agent: " + "a" * 5000) == "fail"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("你滚远点", "fail"), ("屏幕可以翻滚", "pass"), ("滚动新闻", "pass"), ("这个性价比很高", "pass"), ("滚", "fail")],
)
def test_taboo_words_keep_to_the_borders_of_words(text, outcome):
    assert holds("{phrase: {none: [滚, 性价]}}", f"agent: {text}") == outcome


def test_borders_can_be_asked_for_and_done_without():
    assert holds("{phrase: {any: [滚], borders: true}}", "agent: 翻滚") == "fail"
    assert holds("{phrase: {none: [滚], borders: false}}", "agent: 翻滚") == "fail"


@pytest.mark.parametrize(("text", "outcome"), [("公号一零零一", "pass"), ("功好", "pass"), ("账号", "fail")])
def test_homophones_count_where_asked_for(text, outcome):
    assert holds("{phrase: {any: [工号], homophones: true}}", f"agent: {text}") == outcome
    assert holds("{phrase: {any: [工号]}}", f"agent: {text}") == "fail"


@pytest.mark.parametrize("heard", ["换款", "环款", "还款"])
def test_a_character_of_several_readings_is_sought_by_all_of_them(heard):
    assert holds("{phrase: {any: [还款], homophones: true}}", f"agent: {heard}") == "pass"


def test_sounds_that_are_merged_on_the_telephone_are_one():
    assert readings("是")[0] == readings("四")[0] == "si"
    assert readings("蓝")[0] == readings("南")[0]
    assert "[" in sound_pattern("工号")


def test_the_quote_is_what_was_said_at_the_second_it_was_said():
    found = judged("{phrase: {any: [您好请讲], role: agent}}", "customer@0-1: 喂", "agent@2-4: 嗯，您好，请 讲。")
    (quote,) = found.evidence

    assert (quote.quote, quote.utterance, quote.role) == ("您好，请 讲", 1, Role.AGENT)
    assert (quote.start, quote.end) == pytest.approx((2.4, 4.0))


def test_absence_carries_the_span_that_was_searched():
    found = judged("{phrase: {any: [再见], role: agent, last_s: 3}}", "agent@0-2: 您好", "customer@5-9: 好")

    assert [(item.kind, item.start, item.end) for item in found.evidence] == [("absence", 6.0, 9.0)]
    assert (found.detail["searched_from_s"], found.detail["searched_to_s"]) == (6.0, 9.0)


@pytest.mark.parametrize(
    ("window", "outcome"),
    [
        ("first_s: 3", "pass"),
        ("first_s: 1", "fail"),
        ("last_s: 3", "fail"),
        ("last_s: 99", "pass"),
        ("between_s: [1, 4]", "pass"),
        ("between_s: [3, 9]", "fail"),
        ("turns: [1, 1]", "fail"),
        ("turns: [2, 3]", "pass"),
        ("turns: [-1, -1]", "fail"),
        ("turns: [-2, -1]", "pass"),
    ],
)
def test_windows_count_from_the_first_speech_of_the_call(window, outcome):
    lines = ("customer@10-11: 喂", "agent@12-13: 您好", "customer@14-20: 我想查话费")

    assert holds(f"{{phrase: {{any: [您好], {window}}}}}", *lines) == outcome


def test_without_times_windows_in_seconds_are_not_measured_but_turns_are():
    lines = ("agent: 您好", "customer: 我想查话费")
    found = judged("{phrase: {any: [您好], first_s: 5}}", *lines, times="nominal")

    assert (found.outcome, found.reason) == ("not_measured", "no_times")
    assert holds("{phrase: {any: [您好], turns: [1, 1]}}", *lines, times="nominal") == "pass"


def test_times_of_a_transcript_ask_for_review():
    found = judged("{phrase: {any: [再见], last_s: 5}}", "agent: 您好", "customer: 喂", times="transcript")

    assert (found.outcome, found.pending, found.review) == ("fail", True, ("transcript_times",))


def test_words_that_were_not_looked_for_are_not_measured():
    found = judged("{phrase: {any: [您好]}}", call=replace(make_call(agent=[(0, 2)], customer=[(3, 4)]), made_with={}))

    assert (found.outcome, found.reason) == ("not_measured", "no_recogniser")


def test_mono_cannot_say_who_spoke_but_what_was_said():
    call = make_call("unknown: 您好，请讲")
    mono = replace(call, speech={Role.UNKNOWN: call.speech[Role.UNKNOWN]})

    assert judged("{phrase: {any: [您好], role: agent}}", call=mono).reason == "mono"
    anybody = judged("{phrase: {any: [您好]}}", call=mono)
    assert (anybody.outcome, anybody.review) == ("pass", ("mono",))


def test_a_deduction_on_unsure_words_waits_for_a_person():
    sure = judged("{phrase: {none: [随便你]}}", "agent: 随便你")
    unsure = judged("{phrase: {none: [随便你]}}", "agent: 随便你", probability=0.3)

    assert (sure.outcome, sure.pending, sure.review) == ("fail", False, ())
    assert (unsure.outcome, unsure.pending, unsure.review) == ("fail", True, ("unsure_words",))


def test_what_was_missed_in_badly_recognised_words_waits_for_a_person():
    found = judged("{phrase: {any: [再见]}}", "agent: 在线", probability=0.3)

    assert (found.pending, found.review) == (True, ("unsure_search",))


def test_one_sure_hit_is_enough_however_unsure_the_others():
    call = make_call("agent: 您好", "agent: 您好", probability=0.9)
    first = call.utterances[0]
    bad = replace(first, words=tuple(replace(word, probability=0.1) for word in first.words))

    assert judged("{phrase: {any: [您好]}}", call=replace(call, utterances=(bad, call.utterances[1]))).review == ()


def test_a_part_that_was_not_transcribed_is_said():
    call = make_call("agent: 您好", agent=[(5, 9)])

    assert judged("{phrase: {any: [再见], role: agent}}", call=call).review == ("words_missing",)


def test_overlapping_wordings_are_one_hit():
    found = judged("{phrase: {none: [你急什么, 急什么]}}", "agent: 你急什么")

    assert (found.detail["count"], found.detail["said"]) == (1, "你急什么")


words = st.text(alphabet="您好请讲再见a，。", min_size=1, max_size=8)


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=6), words.filter(lambda text: any(char.isalnum() for char in text)))
def test_a_phrase_is_found_exactly_where_the_folded_text_holds_it(texts, phrase):
    call = make_call(*[f"agent: {text}" for text in texts])
    plain = ["".join(char for char in text if char.isalnum()) for text in (*texts, phrase)]
    if any(plain[:-1]):
        expected = "pass" if any(plain[-1] in text for text in plain[:-1]) else "fail"
        assert judged(f"{{phrase: {{any: ['{phrase}']}}}}", call=call).outcome == expected


def test_an_automaton_that_does_not_fit_into_memory_loses_nothing(monkeypatch):
    check = "{phrase: {some: [再见, {pattern: '工号[一二三四]{4}'}, {say: 请讲, homophones: true}], at_least: 2}}"
    lines = ("agent: 您好，工号一二三四", "customer: 再见")
    roomy = judged(check, *lines)
    monkeypatch.setattr("qa_speech.scorecard.search._SEARCH_MEMORY", 1000)
    searcher.cache_clear()

    assert "工号[一二三四]{4}" in searcher(Book(("再见",), ("工号[一二三四]{4}",)))("再见")
    assert judged(check, *lines) == roomy
    assert roomy.outcome == "pass"
    searcher.cache_clear()


# ---------------------------------------------------------------------------------------------------------- metric


def test_a_metric_is_held_against_its_bounds():
    lines = ("customer@0-3: 我想查话费", "agent@11-13: 一共三十元")
    found = judged("{metric: response.longest_s, at_most: 5}", *lines)

    assert (found.outcome, found.reason) == ("fail", "metric_above")
    assert (found.detail["value"], found.detail["at_most"], found.detail["unit"]) == (8.0, 5.0, "s")
    assert holds("{metric: response.longest_s, at_least: 9}", *lines) == "fail"
    assert holds("{metric: response.longest_s, at_most: 8}", *lines) == "pass"


def test_params_and_role_reach_the_metric():
    lines = ("customer@0-3: 我想查话费", "agent@7-9: 好的", "customer@9.5-10: 行")

    assert judged("{metric: silence, params: {min_silence_s: 3}, at_most: 0}", *lines).outcome == "fail"
    assert judged("{metric: silence, params: {min_silence_s: 5}, at_most: 0}", *lines).outcome == "pass"
    assert judged("{metric: talk, role: agent, at_most: 2}", *lines).detail["value"] == 2.0
    assert judged("{metric: talk, params: {role: customer}, at_most: 9}", *lines).detail["value"] == 3.5


def test_a_metric_can_be_taken_over_a_window():
    lines = (
        "customer@0-3: 我想查话费",
        "agent@9-11: 一共三十元",
        "customer@12-14: 我知道了谢谢",
        "agent@14.5-16: 再见",
    )

    assert judged("{metric: response.longest_s, at_most: 5}", *lines).outcome == "fail"
    assert judged("{metric: response.longest_s, at_most: 5, last_s: 6}", *lines).outcome == "pass"


def test_a_figure_near_its_bound_asks_for_review_a_count_does_not():
    near_bound = judged("{metric: response.longest_s, at_most: 5}", "customer@0-3: 喂你好", "agent@8.1-9: 请讲")
    count = judged("{metric: silence, at_most: 1}", "customer@0-3: 喂", "agent@8-9: 好")

    assert (near_bound.pending, near_bound.review) == (True, ("near_threshold",))
    assert (count.outcome, count.review) == ("pass", ())


@given(st.integers(0, 50), st.integers(0, 50))
def test_counts_are_never_near(value, bound):
    assert not near(value, [bound], 0.05)


def test_what_a_metric_cannot_measure_is_not_measured_with_its_reason():
    found = judged("{metric: voice.raised_count, role: agent, at_most: 0}", "agent: 您好", "customer: 喂")

    assert (found.outcome, found.points, found.reason) == ("not_measured", None, "not_measured")


def test_bands_are_read_from_the_top_below_does_not_hold_its_edge():
    def points(gap: float) -> tuple[str, float | None]:
        bands = "bands: [{below: 3, points: 10}, {below: 5, points: 4}, {points: 0}]"
        lines = ("customer@0-2: 我想查话费", f"agent@{2 + gap}-{4 + gap}: 三十元")
        found = judged("{metric: response.longest_s}", *lines, more=bands)
        return found.outcome, found.points

    assert points(1) == ("pass", 10)
    assert points(3) == ("partial", 4)
    assert points(5) == ("fail", 0)


@pytest.mark.parametrize(("gap", "review"), [(2.9, True), (3.1, True), (4.9, False), (5.1, False)])
def test_only_near_the_edge_of_full_marks_does_a_band_ask_for_review(gap, review):
    bands = "bands: [{below: 3, points: 10}, {below: 5, points: 4}, {points: 0}]"
    found = judged("{metric: response.longest_s}", "customer@0-2: 我想查话费", f"agent@{2 + gap}-9: 三十元", more=bands)

    assert found.review == (("near_threshold",) if review else ())


def test_a_figure_without_a_place_shows_the_stretch_it_was_taken_over():
    found = judged(
        "{metric: talk.share_of_speech, role: agent, at_most: 10}", "agent@1-5: 您好请讲", "customer@6-7: 喂"
    )

    assert [(item.kind, item.start, item.end, item.role) for item in found.evidence] == [("interval", 1, 7, Role.AGENT)]


def test_bands_say_where_full_marks_lie():
    bands = "bands: [{below: 120, points: 0}, {below: 280, points: 10}, {points: 5}]"
    found = judged("{metric: speech_rate, role: agent}", "agent@0-2: 您好请问有什么可以帮您的吗", more=bands)

    assert (found.reason, found.detail["full_from"], found.detail["full_below"]) == ("band", 120, 280)
    assert found.detail["band_below"] is None


def test_a_metric_is_measured_once_however_many_criteria_ask(monkeypatch):
    seen = []
    line = metrics()["silence"]
    text = HEAD + "        check: {all: [{metric: silence, at_most: 9}, {metric: silence.longest_s, at_most: 9}]}\n"
    card = load_scorecard(text)
    call = make_call("agent: 您好")
    kept = measure_for(call, card)

    def counting(*args: object, **kwargs: object) -> Measurement:
        seen.append(1)
        return line.function(*args, **kwargs)

    context = Context(call)
    for _ in range(2):
        context.measured("silence", counting, {}, Reach())
    assert list(kept) == ["silence"]
    assert len(seen) == 1
    assert score(call, card, measurements=kept) == score(call, card)


def test_kept_measurements_are_used():
    card = load_scorecard(HEAD + "        check: {metric: silence, at_most: 9}\n")
    told = {"silence": Measurement(10, "count", dict.fromkeys(metrics()["silence"].names, 10.0))}

    assert score(make_call("agent: 您好"), card, measurements=told).criteria[0].outcome == "fail"


def test_the_names_of_measurements():
    assert (
        measurement_key("silence", {"owner": "agent", "min_silence_s": 5.0})
        == 'silence{"min_silence_s":5.0,"owner":"agent"}'
    )


# ------------------------------------------------------------------------------------------------- order and logic

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


# ------------------------------------------------------------------------------------------- repeat, entity, similar


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


# ------------------------------------------------------------------------------------------------------ attributes


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        ("{attribute: queue, is: [宽带, 固话]}", "pass"),
        ("{attribute: queue, is_not: [宽带]}", "fail"),
        ("{attribute: priority, at_least: 2}", "pass"),
        ("{attribute: queue, at_least: 2}", "not_measured"),
        ("{attribute: duration_s, at_most: 60}", "pass"),
        ("{attribute: hour, at_least: 9, at_most: 18}", "pass"),
        ("{attribute: weekday, at_least: 6}", "fail"),
        ("{attribute: layout, is: [two_channel]}", "pass"),
        ("{attribute: direction, is: [outbound]}", "not_measured"),
    ],
)
def test_attributes_of_the_call(check, outcome):
    metadata = {"queue": "宽带", "priority": "3", "started_at": "2026-03-02T09:30:00+08:00"}

    assert holds(f"{{call: {check}}}", "agent: 您好", metadata=metadata) == outcome


def test_an_unreadable_date_has_no_hour():
    assert attribute_of(make_call("agent: 您好", metadata={"started_at": "昨天"}), "hour") is None


# ------------------------------------------------------------------------------------------------------------ parts


def test_borders_know_no_guessed_words():
    assert {0, 4} <= borders("我这边先帮您查")


def test_a_crop_keeps_times_and_what_belongs_to_it():
    call = make_call("agent@0-2: 您好", "customer@3-5: 喂", "agent@6-8: 请讲")
    part = cropped(call, 2.5, 6.0)

    assert [item.text for item in part.utterances] == ["喂"]
    assert not part.speech[Role.AGENT]
    assert part.id == call.id


def test_line_breaks_inside_an_utterance_do_not_shift_the_others():
    call = make_call("agent: 您好", "customer: 喂")
    odd = replace(call, utterances=(Utterance(Role.AGENT, 0, 1, "您\n好\n请讲"), *call.utterances[1:]))

    assert judged("{phrase: {any: [喂], role: customer}}", call=odd).evidence[0].utterance == 1
    assert judged("{phrase: {any: [您好请讲], role: agent}}", call=odd).outcome == "pass"


def test_the_first_word_is_proved_by_its_own_wait_and_slow_answers_by_theirs() -> None:
    text = """
id: tiny
version: 1
title: 示例
sections:
  - id: pace
    title: 节奏
    criteria:
      - {id: first, title: 开口, points: 5, check: {metric: response.first_word_s, at_most: 2}}
      - {id: slow, title: 应答, points: 5, check: {metric: response.longest_s, at_most: 3}}
"""
    call = make_call(agent=[(4, 5), (12, 14)], customer=[(6, 8.5)])

    first, slow = score(call, load_scorecard(text)).criteria

    assert [(item.start, item.end) for item in first.evidence] == [(0, 4)]
    assert [(item.start, item.end) for item in slow.evidence] == [(8.5, 12)]
