"""What is said: the operator `phrase`, its windows, borders, sounds and doubts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from qa_speech.call import Role, Utterance
from qa_speech.scorecard.search import Book, borders, searcher
from qa_speech.scorecard.sounds import readings, sound_pattern
from qa_speech.testing import make_call
from tests.operator_kit import holds, judged


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


@pytest.mark.parametrize(("text", "outcome"), [("VIP客户", "pass"), ("vip刻户", "pass"), ("VAP客户", "fail")])
def test_letters_have_no_homophones(text, outcome):
    assert holds("{phrase: {any: [VIP客户], homophones: true}}", f"agent: {text}") == outcome


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


def test_borders_know_no_guessed_words():
    assert {0, 4} <= borders("我这边先帮您查")


def test_line_breaks_inside_an_utterance_do_not_shift_the_others():
    call = make_call("agent: 您好", "customer: 喂")
    odd = replace(call, utterances=(Utterance(Role.AGENT, 0, 1, "您\n好\n请讲"), *call.utterances[1:]))

    assert judged("{phrase: {any: [喂], role: customer}}", call=odd).evidence[0].utterance == 1
    assert judged("{phrase: {any: [您好请讲], role: agent}}", call=odd).outcome == "pass"
