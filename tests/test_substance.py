"""Questions and parts of answers, exchanges and their levels: without punctuation, several questions, questions back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Role
from qa_speech.conduct.answers import GUIDANCE, asked, judge
from qa_speech.conduct.substance import ASK_KINDS, PART_KINDS, asks, facts, idle, parts, pieces, questions, read, says
from qa_speech.conduct.texts import agent_items, exchange_items, text_hash
from qa_speech.language.notation import read_rules, rule_set
from qa_speech.testing import make_call

LINES = st.lists(
    st.tuples(
        st.sampled_from(["agent", "customer", "unknown"]),
        st.sampled_from(
            [
                "", "嗯", "好的", "请稍等", "月租多少钱", "怎么还没好什么时候能修好", "请问您的手机号是多少", "三十九元",
                "没有了谢谢", "因为超了套餐，建议您开个包", "我也不清楚", "，，。", "abc 12",
            ]
        ),
    ),
    max_size=12,
)  # fmt: skip


def call_of(lines: list[tuple[str, str]]):
    return make_call(*(f"{role}: {text}" for role, text in lines))


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
    assert {part.kind for part in parts(text)} == set(kinds)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("月租多少钱", ["amount"]),
        ("什么时候能修好", ["time"]),
        ("怎么又扣钱了", ["reason"]),
        ("怎么取消呢", ["how"]),
        ("能不能退", ["yesno"]),
        ("这是什么意思", ["what"]),
        ("为什么我的话费多了啊你帮我看一下是什么原因吗", ["reason"]),
        ("月租多少钱，能不能改", ["amount", "yesno"]),
        ("这个月怎么多扣了二十块另外宽带什么时候能修好", ["reason", "time"]),
        ("我的手机没有信号", []),
    ],
)
def test_questions_without_punctuation_and_several_in_one_turn(text: str, kinds: list[str]) -> None:
    assert [item.kind for item in questions(text)] == kinds


def test_a_text_of_several_questions_is_divided_between_them() -> None:
    text = "我想问一下这个月怎么多了二十块另外宽带什么时候能修好"
    assert "".join(item.text for item in questions(text)) == text


@pytest.mark.parametrize(
    ("text", "before", "wants"),
    [
        ("我要取消彩铃", "", True),
        ("宽带连不上网", "", True),
        ("没有了，谢谢", "请问还有其他可以帮您的吗", False),
        ("我想再问一下流量", "请问还有其他可以帮您的吗", True),
        ("幺三八零零一二", "请问您的手机号是多少", False),
        ("是打不开网页", "请问是什么故障呢", False),
        ("为什么要报手机号", "请问您的手机号是多少", True),
        ("嗯好的好的", "", False),
    ],
)
def test_what_wants_an_answer(text: str, before: str, wants: bool) -> None:
    assert asks(text, before) is wants


def test_an_acknowledgement_a_look_up_and_a_question_back_tell_nothing() -> None:
    assert [says(text) for text in ("好的", "请您稍等，帮您查询一下", "请问您贵姓", "不客气，祝您生活愉快")] == [
        False
    ] * 4
    assert says("您的余额还有三十元，您看可以吗")


def test_an_exchange_goes_on_through_what_the_agent_asks_for() -> None:
    call = make_call(
        "agent: 您好，请问有什么可以帮您", "customer: 我的话费怎么多了二十块", "agent: 请问您的手机号", "customer: 尾号三三八五",
        "agent: 请稍等", "customer: 嗯", "agent: 是因为您超出了套餐流量", "customer: 那怎么取消", "agent: 发短信到一零零一零就可以",
        "customer: 好的谢谢", "agent: 不客气",
    )  # fmt: skip
    assert [(one.question, one.answer) for one in asked(call)] == [((1,), (2, 4, 6)), ((7,), (8, 10))]


def test_a_question_repeated_before_any_answer_is_one_question() -> None:
    call = make_call("customer: 什么时候能修好", "agent: 请稍等", "customer: 到底什么时候能修好啊", "agent: 明天上午")
    assert [one.question for one in asked(call)] == [(0, 2)]


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ("我也不清楚，你问营业厅吧", 0),
        ("好的，我知道了", 1),
        ("请您稍等帮您查询", 1),
        ("是套餐外的", 2),
        ("是因为您超出了套餐流量，超出的部分每兆按两毛九收取", 3),
        ("是因为您超出了套餐流量，每兆两毛九，建议您开一个流量包，您看可以吗", 4),
    ],
)
def test_levels(answer: str, level: int) -> None:
    ((_, found),) = judge(make_call("customer: 我的话费怎么多了二十块", f"agent: {answer}"))
    assert found.level == level


ASKED = "年票怎么退，能退多少"


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ("非常抱歉，退票的事情都由票务那边负责，我们这里没有权限，请您自行联系", 0),
        ("这个请您以公告为准，给您带来不便请多多谅解", 0),
        ("最近有拼团活动，名额有限，您抓紧下单哦", 0),
        ("您先别着急，我特别理解您的心情，我这就去帮您问一下", 1),
        ("您是在窗口买的，还是在网上买的呢", 1),
        ("收到，我把情况记录下来了，一定尽快给您答复", 1),
        ("能退的", 2),
        ("不好意思让您久等了，退四十八块，四十八块", 2),
        ("没用过的全额退，用过的按次数扣，每次收五块", 3),
        ("拿着身份证到窗口填张表就能退，当天到账", 3),
        ("没用过的全额退，三天到账，最好月底前来，省得排队，过了三天没到您再打给我", 4),
    ],
)
def test_levels_however_they_are_worded(answer: str, level: int) -> None:
    ((_, found),) = judge(make_call(f"customer: {ASKED}", f"agent: {answer}"))
    assert found.level == level


def test_a_polite_deflection_is_one_and_a_referral_with_its_number_is_none() -> None:
    ((_, sent),) = judge(make_call(f"customer: {ASKED}", "agent: 很抱歉，这个不方便答复，请您自行咨询景区"))
    ((_, told),) = judge(
        make_call(f"customer: {ASKED}", "agent: 这个归景区管，电话六六二三三零零一，工作日上午九点以后打")
    )
    assert (sent.deflected, told.deflected) == (True, False)
    assert (sent.level, told.level > 1) == (0, True)


def test_comfort_and_repeating_are_no_facts() -> None:
    found = read(["您别着急，马上给您看一下", "下周一开门，下周一开门", "主管道在换阀门，白天水压会低"])
    assert [facts(item) for item in found] == [0, 1, 2]
    assert [sorted(idle(item)) for item in found] == [["comfort", "promise"], [], []]
    assert [pieces(item) for item in read(["四块五哦，四块五", "收三块，超一公里加两块"])] == [1, 3]


def test_a_first_word_is_a_matter_although_no_rule_knows_it() -> None:
    assert [
        one.question for one in asked(make_call("agent: 您好请讲", "customer: 我家狗瘸了", "agent: 您先看看脚垫"))
    ] == [(1,)]
    assert asked(make_call("agent: 请问您的尾号是多少", "customer: 三三八五零", "agent: 好的")) == ()


def test_no_answer_is_level_zero_and_a_bare_yes_is_a_short_answer() -> None:
    ((_, silent),) = judge(make_call("agent: 您好", "customer: 这个套餐多少钱"))
    ((_, yes),) = judge(make_call("customer: 这个是全国流量吗", "agent: 对，是的"))
    ((_, noted),) = judge(make_call("customer: 我要取消彩铃", "agent: 好的"))
    assert (silent.level, yes.level, noted.level) == (0, 2, 1)


def test_substance_that_answers_another_question_is_a_short_answer() -> None:
    ((_, found),) = judge(
        make_call("customer: 你们几点下班", "agent: 办理需要携带身份证原件到营业厅，或者线上提交材料")
    )
    assert found.level == 2


def test_asking_the_same_again_lowers_the_level() -> None:
    answer = "agent: 是因为您超出了套餐流量，超出的部分每兆按两毛九收取"
    once = judge(make_call("customer: 这个月的漫游费怎么算的", answer, "customer: 好的谢谢"))
    twice = judge(
        make_call("customer: 这个月的漫游费怎么算的", answer, "customer: 我问的是这个月的漫游费怎么算的", "agent: 嗯")
    )
    assert (once[0][1].again, twice[0][1].again) == (False, True)
    assert twice[0][1].level == once[0][1].level - 1


def test_a_question_left_open_among_several() -> None:
    ((_, found),) = judge(
        make_call("customer: 这个月怎么多了二十块另外宽带什么时候能修好", "agent: 因为您超出了套餐流量，超出了两百兆")
    )
    assert [item.kind for item in found.open] == ["time"]


@given(LINES)
def test_more_parts_never_make_an_answer_poorer(lines: list[tuple[str, str]]) -> None:
    poor = judge(make_call("customer: 怎么多扣了钱", "agent: 因为超了套餐"))[0][1]
    rich = judge(make_call("customer: 怎么多扣了钱", "agent: 因为超了套餐，每兆两毛九，建议您开个包"))[0][1]
    assert rich.score > poor.score
    for _, found in judge(call_of(lines)):
        assert 0 <= found.score <= 100
        assert max(0, 25 * found.level - 13) <= found.score <= 25 * found.level + 13
        assert found.relevance is None or 0 <= found.relevance <= 100


@given(LINES)
def test_exchanges_are_made_of_the_right_roles_and_never_share_an_utterance(lines: list[tuple[str, str]]) -> None:
    call = call_of(lines)
    seen: list[int] = []
    for one in asked(call):
        assert all(call.utterances[index].role is Role.CUSTOMER for index in (*one.question, *one.reaction))
        assert all(call.utterances[index].role is Role.AGENT for index in one.answer)
        seen += [*one.question, *one.answer, *one.reaction]
    assert len(seen) == len(set(seen))


@given(st.lists(st.text(max_size=30), max_size=6))
def test_reading_many_is_reading_each(texts: list[str]) -> None:
    assert read(texts) == [read([text])[0] for text in texts]
    for text in texts:
        for part in parts(text):
            assert 0 <= part.start < part.end <= len(text)


def test_items_of_a_call() -> None:
    call = make_call("agent: 您好", "customer: 月租多少钱。", "agent: 三十九元。", "agent: 含五个G")
    assert [item.indices for item in agent_items(call)] == [(0,), (2,), (3,)]
    (item,) = exchange_items(call)
    assert (item.indices, item.text, item.context) == ((1, 2, 3), "三十九元，含五个G", "月租多少钱")


def test_the_hash_follows_words_and_roles_not_times() -> None:
    assert text_hash(make_call("agent@0-2: 您好")) == text_hash(make_call("agent@5-9: 您好"))
    assert text_hash(make_call("agent: 您好")) != text_hash(make_call("agent: 你好"))


def test_rule_files_name_only_what_the_code_knows() -> None:
    kinds = {"part": set(PART_KINDS), "ask": set(ASK_KINDS)}
    for rule in read_rules("substance_rules"):
        group, kind = rule.section
        assert group in ("part", "empty", "ask", "request", "done", "acknowledge")
        assert group not in kinds or kind in kinds[group]
    assert set(PART_KINDS) > GUIDANCE


def test_a_group_in_round_brackets_has_to_follow_but_is_not_part_of_the_hit() -> None:
    text = "我不管你"
    found = {text[one.start : one.end] for one in rule_set("violation_rules").hits(text)}
    assert found == {"我不管"}
