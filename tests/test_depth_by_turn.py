"""Depth by turn: every turn of an answer by itself, the best of them, less what the customer says of it."""

from __future__ import annotations

import pytest

from qa_speech.call import Call
from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import TextModels, load_text_models
from qa_speech.conduct.exchanges import exchanges
from qa_speech.conduct.passages import exchange_passages
from qa_speech.metrics.answer_depth import depth, rated_exchanges
from qa_speech.testing import make_call

ASKED = "customer: 我的话费怎么多了二十块"
DEEP = "agent: 是因为您超出了套餐流量，每兆两毛九，建议您开一个流量包，您看可以吗"


@pytest.fixture(scope="module")
def models() -> TextModels:
    return load_text_models()


def rated(models: TextModels, *lines: str) -> list[tuple[float, ...]]:
    """The depth of every turn, exchange by exchange, as the shipped models give it."""
    call = annotate(make_call(*lines), models)
    assert all(one.by_model for one in rated_exchanges(call))
    return [tuple(turn.depth for turn in one.turns) for one in rated_exchanges(call)]


def test_an_exchange_is_the_best_of_its_turns(models: TextModels) -> None:
    lines = [ASKED, "agent: 您好，请问您的手机号是多少", "customer: 尾号三三八五", DEEP]
    ((first, second),) = rated(models, *lines)

    assert first < 35 < second
    (one,) = rated_exchanges(annotate(make_call(*lines), models))
    assert one.depth == second
    assert [one.level for one in rated_exchanges(make_call(*lines))] == [4]


def test_it_ends_where_the_customer_says_that_it_did_not_help() -> None:
    call = make_call(
        "customer: 宽带连不上了怎么办",
        "agent: 您把光猫断电半分钟再开，灯变绿就好了",
        "customer: 试过了，还是不行",
        "agent: 那给您派师傅，明天上午到",
    )
    first, second = exchanges(call)

    assert (first.unhelped, second.unhelped) == (True, False)
    assert (second.question, second.answer) == ((2,), (3,))
    assert exchange_passages(call)[1].context == "宽带连不上了怎么办，试过了，还是不行"
    assert depth(call).components["again_count"] == 1
    alone = depth(make_call("customer: 宽带连不上了怎么办", "agent: 您把光猫断电半分钟再开，灯变绿就好了"))
    assert rated_exchanges(call)[0].depth == (alone.value or 0) - 25


def test_before_anything_was_said_nothing_can_have_failed_to_help() -> None:
    (one,) = exchanges(
        make_call("customer: 宽带连不上", "agent: 您好", "customer: 重启过了还是不行", "agent: 派师傅，明天到")
    )

    assert (one.question, one.answer, one.unhelped) == ((0,), (1, 3), False)


@pytest.mark.parametrize(
    "answer",
    [
        "请您提供一下账号、地址、截图",
        "麻烦提供购买凭证、检测单、收货地址",
        "具体以页面为准",
        "您联系一下快递公司呢",
        "您看一下官网",
        "咨询当地教育局",
        "最近有拼团活动，名额有限，您抓紧下单哦",
        "您先别着急，非常理解您的心情，马上帮您核实处理",
    ],
)
def test_lists_of_questions_referrals_and_advertising_earn_what_they_give(models: TextModels, answer: str) -> None:
    (((value,),),) = [rated(models, ASKED, f"agent: {answer}")]

    assert value <= 30


@pytest.mark.parametrize("times", [2, 3, 6])
def test_nothing_is_gained_by_saying_it_again(models: TextModels, times: int) -> None:
    once = "是因为您超出了套餐流量，每兆两毛九"

    def value(*lines: str) -> float:
        call = make_call(ASKED, *lines)
        return max(depth(call).value or 0, depth(annotate(call, models)).value or 0)

    single = value(f"agent: {once}")
    assert value(f"agent: {'，'.join([once] * times)}") <= single
    assert value(*[line for _ in range(times) for line in (f"agent: {once}", "customer: 这样啊")]) <= single


def test_a_call_without_an_answer_has_no_turns() -> None:
    call: Call = make_call("agent: 您好", "customer: 这个套餐多少钱")

    assert rated_exchanges(call)[0].turns == ()
    assert depth(call).components["turn_count"] == 0
