"""Levels of exchanges, by the rules: deflected, acknowledged, short, with substance, with guidance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Call
from qa_speech.conduct.levels import grade_answers, graded_exchanges
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
SUBSTANTIVE = (
    "因为您超了套餐流量",
    "每兆按两毛九收取",
    "四十八小时之内到账",
    "您带身份证到营业厅办理",
    "建议您开一个流量包",
)


def call_of(lines: list[tuple[str, str]]) -> Call:
    return make_call(*(f"{role}: {text}" for role, text in lines))


ASKED = "年票怎么退，能退多少"
BILLED = "我的话费怎么多了二十块"


@pytest.mark.parametrize(
    ("asked", "answer", "level"),
    [
        (BILLED, "我也不清楚，你问营业厅吧", 0),
        (BILLED, "好的，我知道了", 1),
        (BILLED, "请您稍等帮您查询", 1),
        (BILLED, "是套餐外的", 2),
        (BILLED, "是因为您超出了套餐流量，超出的部分每兆按两毛九收取", 3),
        (BILLED, "是因为您超出了套餐流量，每兆两毛九，建议您开一个流量包，您看可以吗", 4),
        (ASKED, "非常抱歉，退票的事情都由票务那边负责，我们这里没有权限，请您自行联系", 0),
        (ASKED, "这个请您以公告为准，给您带来不便请多多谅解", 0),
        (ASKED, "最近有拼团活动，名额有限，您抓紧下单哦", 0),
        (ASKED, "您先别着急，我特别理解您的心情，我这就去帮您问一下", 1),
        (ASKED, "您是在窗口买的，还是在网上买的呢", 1),
        (ASKED, "收到，我把情况记录下来了，一定尽快给您答复", 1),
        (ASKED, "能退的", 2),
        (ASKED, "不好意思让您久等了，退四十八块，四十八块", 2),
        (ASKED, "没用过的全额退，用过的按次数扣，每次收五块", 3),
        (ASKED, "拿着身份证到窗口填张表就能退，当天到账", 3),
        (ASKED, "没用过的全额退，三天到账，最好月底前来，省得排队，过了三天没到您再打给我", 4),
    ],
)
def test_the_level_of_an_answer_however_it_is_worded(asked: str, answer: str, level: int) -> None:
    ((_, found),) = graded_exchanges(make_call(f"customer: {asked}", f"agent: {answer}"))
    assert found.level == level


def test_a_polite_deflection_is_one_and_a_referral_with_its_number_is_none() -> None:
    ((_, sent),) = graded_exchanges(make_call(f"customer: {ASKED}", "agent: 很抱歉，这个不方便答复，请您自行咨询景区"))
    ((_, told),) = graded_exchanges(
        make_call(f"customer: {ASKED}", "agent: 这个归景区管，电话六六二三三零零一，工作日上午九点以后打")
    )
    assert (sent.deflected, told.deflected) == (True, False)
    assert (sent.level, told.level > 1) == (0, True)


def test_no_answer_is_level_zero_and_a_bare_yes_is_a_short_answer() -> None:
    ((_, silent),) = graded_exchanges(make_call("agent: 您好", "customer: 这个套餐多少钱"))
    ((_, yes),) = graded_exchanges(make_call("customer: 这个是全国流量吗", "agent: 对，是的"))
    ((_, noted),) = graded_exchanges(make_call("customer: 我要取消彩铃", "agent: 好的"))
    assert (silent.level, yes.level, noted.level) == (0, 2, 1)


def test_substance_that_answers_another_question_is_a_short_answer() -> None:
    ((_, found),) = graded_exchanges(
        make_call("customer: 你们几点下班", "agent: 办理需要携带身份证原件到营业厅，或者线上提交材料")
    )
    assert found.level == 2


def test_asking_the_same_again_lowers_the_level() -> None:
    answer = "agent: 是因为您超出了套餐流量，超出的部分每兆按两毛九收取"
    once = graded_exchanges(make_call("customer: 这个月的漫游费怎么算的", answer, "customer: 好的谢谢"))
    twice = graded_exchanges(
        make_call("customer: 这个月的漫游费怎么算的", answer, "customer: 我问的是这个月的漫游费怎么算的", "agent: 嗯")
    )
    assert (once[0][1].again, twice[0][1].again) == (False, True)
    assert twice[0][1].level == once[0][1].level - 1


def test_a_question_left_open_among_several() -> None:
    ((_, found),) = graded_exchanges(
        make_call("customer: 这个月怎么多了二十块另外宽带什么时候能修好", "agent: 因为您超出了套餐流量，超出了两百兆")
    )
    assert [item.kind for item in found.open] == ["time"]


@given(LINES)
def test_more_parts_never_make_an_answer_poorer(lines: list[tuple[str, str]]) -> None:
    poor = graded_exchanges(make_call("customer: 怎么多扣了钱", "agent: 因为超了套餐"))[0][1]
    rich = graded_exchanges(make_call("customer: 怎么多扣了钱", "agent: 因为超了套餐，每兆两毛九，建议您开个包"))[0][1]
    assert rich.score > poor.score
    for _, found in graded_exchanges(call_of(lines)):
        assert 0 <= found.score <= 100
        assert max(0, 25 * found.level - 13) <= found.score <= 25 * found.level + 13
        assert found.relevance is None or 0 <= found.relevance <= 100


ANSWERS = st.lists(
    st.sampled_from(["好的", "请稍等", "能退的", "三十九元", "您别着急", "我也不清楚", "请以公告为准", *SUBSTANTIVE]),
    max_size=4,
)


@given(ANSWERS, st.sampled_from(SUBSTANTIVE))
def test_a_sentence_of_substance_never_makes_an_answer_none(said: list[str], more: str) -> None:
    before, after = grade_answers([ASKED, ASKED], ["，".join(said), "，".join([*said, more])])

    assert after.level > 0 or before.level == 0
    assert {part.kind for part in before.parts} <= {part.kind for part in after.parts}


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=40)), max_size=4))
def test_answers_are_graded_alike_in_any_company(pairs: list[tuple[str, str]]) -> None:
    together = grade_answers([question for question, _ in pairs], [answer for _, answer in pairs])

    assert together == [grade_answers([question], [answer])[0] for question, answer in pairs]
