"""Announcements of a machine at the beginning of a call."""

import msgspec
import pytest

from qa_speech.call import Acoustics, Role
from qa_speech.language.prompts import set_prompts_apart
from qa_speech.metrics import measure
from qa_speech.testing import make_call

MENU = ("agent@0-4: 欢迎致电，普通话请按一", "agent@5-8: 正在为您转接，请不要挂机")
CALL = ("agent@14-17: 您好，很高兴为您服务", "customer@18-20: 我想查一下话费", "agent@21-23: 好的，查询请按井号键")


def test_the_menu_is_a_sound_and_the_agent_begins_after_it():
    call = set_prompts_apart(make_call(*MENU, *CALL))

    assert [(item.kind, item.start, item.end) for item in call.sounds] == [("ivr", 0.0, 8.0)]
    assert call.utterances[0].text == "您好，很高兴为您服务"
    assert call.speech[Role.AGENT].extent.start == 14.0
    assert measure(call, "response").components["first_word_s"] == pytest.approx(6)


def test_no_word_of_it_is_lost():
    before = make_call(*MENU, *CALL)
    after = set_prompts_apart(before)

    words = [word for item in before.utterances for word in item.words]
    kept = [word for item in after.utterances for word in item.words]
    assert [item.word for item in after.stray] + kept == words
    assert {item.reason for item in after.stray} == {"ivr"}


def test_voice_figures_stay_beside_their_utterances():
    call = make_call(*MENU, *CALL)
    call = msgspec.structs.replace(call, acoustics=tuple(Acoustics(level_db=-20.0 - i) for i in range(5)))

    assert [item.level_db for item in set_prompts_apart(call).acoustics] == [-22.0, -23.0, -24.0]


def test_what_comes_before_a_prompt_on_its_channel_is_the_machine_too():
    call = set_prompts_apart(make_call("agent@0-2: 欢迎致电中国电信", "agent@3-5: 宽带故障请按二", *CALL))

    assert len(call.utterances) == 3


def test_a_number_is_the_machines_only_if_the_agent_greets_after_it():
    announced = make_call("agent@0-3: 工号一零零一为您服务", "agent@4-6: 您好请讲", "customer@7-9: 我想查话费")
    greeted = make_call("agent@0-3: 工号一零零一为您服务", "customer@7-9: 我想查话费")

    assert [item.kind for item in set_prompts_apart(announced).sounds] == ["ivr"]
    assert set_prompts_apart(greeted) is greeted


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(
            make_call("agent@0-4: 您好，我是客服，来电将被录音", "agent@5-8: 请不要挂机", "customer@9-10: 好的"),
            id="an agent who says what machines say",
        ),
        pytest.param(
            make_call("customer@0-1: 喂", "agent@2-4: 正在为您转接", "agent@5-7: 评价请按一"),
            id="after the customer's first word",
        ),
        pytest.param(make_call(), id="an empty call"),
        pytest.param(make_call(agent=[(0, 4)], customer=[(5, 6)]), id="without words"),
        pytest.param(make_call("unknown@0-3: 普通话请按一"), id="without roles"),
        pytest.param(make_call("agent: 普通话请按一", "customer: 我想查话费", times="nominal"), id="without times"),
    ],
)
def test_where_it_is_not_sure_nothing_is_claimed(call):
    assert set_prompts_apart(call) is call


def test_an_announcement_on_the_customers_channel_is_set_apart_there():
    call = set_prompts_apart(make_call("customer@0-4: 您的来电将被录音", *CALL))

    assert [(item.kind, item.role) for item in call.sounds] == [("ivr", Role.CUSTOMER)]
    assert not call.speech[Role.CUSTOMER].covers(2.0)
