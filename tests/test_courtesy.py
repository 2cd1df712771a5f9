"""What must not be said and what courtesy calls for: each type in several domains, and the sentences that must not fire."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import NONE, VIOLATIONS, load_text_models
from qa_speech.conduct.courtesy import STRATEGIES, courtesies, phrases_of, plain_you
from qa_speech.conduct.violations import SEVERITIES, SEVERITY_OF, VIOLATION_TYPES, violations, violations_in
from qa_speech.language.notation import read_rules
from qa_speech.metrics.found_violations import found_violations
from qa_speech.testing import make_call

RUDE = {
    "insult": "你这个人是不是脑子有毛病啊|我看你就是个神经病|没见过你这么蠢的客户|滚一边去别来烦我|你们乡下人就是不懂规矩"
    "|少在这儿胡搅蛮缠|你脸皮怎么这么厚|买不起就别看|你算老几敢跟我这么说话|什么素质啊你",
    "taboo": "随便你|爱买不买|要投诉你就去投诉|不关我的事|我就这态度|嫌贵就别买|不行就是不行|没人求你来|自认倒霉吧|想都别想",
    "deflection": "这个不归我们管|我也不清楚你问别人吧|那是快递公司的责任|我只负责接电话别的不知道|谁给你办的你找谁去"
    "|那你自己想办法吧|你找商家我们平台不负责|投诉也没用|超出我们的服务范围了|我没有这个权限",
    "rhetorical": "难道还要我上门教你吗|我刚才不是告诉过你了吗|你急什么急|你问我我问谁|你早干嘛去了|这点小事至于吗|我能有什么办法"
    "|你以为银行是你家开的啊|合同上不是写得清清楚楚吗|凭什么给你退",
    "impatience": "都跟你说了多少遍了|行了行了别说了|有完没完|你怎么这么啰嗦|烦死了|后面还有好多人等着呢|怎么又是你|懒得跟你讲"
    "|浪费我时间|我很忙没时间听你讲这些",
    "order": "闭嘴听我说|你先别说话|说重点|你给我等着|别打断我|把卡号念一遍|按我说的做别问为什么|少废话直接报单号"
    "|听好了我只说一次|安静",
}
CIVIL = (
    """
这款手机性价比很高您可以考虑|纯牛奶和酸奶都在活动范围内|滚筒洗衣机的保修期是三年|垃圾短信可以转发到12321举报|二百五十块钱一个月
这是傻瓜式操作点一下就行|谨防骗子冒充客服|神经内科在三楼|他妈的身份证也需要带上|老人家有病史的话需要如实告知|安装什么套餐您定好了吗
我不太清楚您说的是哪一笔|这个我不清楚我帮您问一下后台|抱歉这个问题我也不清楚|您可以去就近的营业厅办理|建议您联系商家协商
您自己选的套餐是五十九元|我们没有办法马上处理需要三个工作日|您先别挂电话我在查|请不要挂机|您看这样可以吗|您看明白了吗
您听得清楚吗|您是不是开通了国际漫游|请问您还有其他问题吗|您当时是在哪个营业厅办的|麻烦您把身份证号报一下|必须本人到场才能办理
生活愉快您说|您的声音有点小我听不太清楚|好了您的业务已经办好了|这个不是您的问题是系统的问题|您要投诉的话我帮您登记|跟您的账户没有关系
您不用急慢慢说|至少要三个月|国家规定必须实名登记|您不会操作的话我一步一步教您|营业厅五点下班您别跑空了|换个人接听也可以
您叫什么名字|您可以随便选一个|已经反馈给快递公司会有人联系您|您直接跟配送员说放在门口就行|不支持七天无理由|说清楚一点好吗
我再跟您确认一遍|一天打三次卡|先把电源关掉再打开|把光猫的网线拔下来再插上|没关系您慢慢找|您放心我不会骗您|您有什么不明白的可以随时问我
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

MOST = 0.75
"""Share that rules and shipped model find together."""
RUDER = {
    "insult": "就你这记性也来办业务|你是不是没上过小学啊|跟个疯婆子似的|一看你就是乡下来的|您这种没教养的家长",
    "taboo": "再闹我就把你拉黑|你去消协啊去呗|赔不了就是赔不了|不服憋着|丢了就丢了呗|有本事你去找律师|谁来了都一样",
    "rhetorical": "自己填错了倒怪我们|合着全是我的不对|照你这么说大家都别干活了|又不是我让它坏的|连单号都说不出还让我查"
    "|您是真没收到还是装没收到|机票退不了怪谁呢|公告是写给谁看的呀",
    "deflection": "抱歉啊这个答复不了您您再问问别人吧|那您问物业去我们不管这个|您和装修师傅自己协商去吧|门店没有这个权力"
    "|我们平台一概不介入|这是车站那边的事",
    "impatience": "催催催就知道催|一整天就接您一个人的电话了从早上说到现在|就您事儿多|听得我都困了|没闲工夫陪您|又绕回来了真费劲",
    "order": "身份证号报上来|给我站到一边去|不签字别进来|叫你关就关|今天不许再打开听见没有|三十秒之内给我答复|回座位上去",
}
"""No set phrases: what makes them rude is how they are built."""
CIVILLER = (
    """
难道是地址写错了，我看一下物流|你们那边有没有搞错型号，我对一下|谁告诉您不能退的呢，我核实一下|好的，您的话我记住了|稍等，别挂，我给您转过去
最低就是这个价了|一共二百五|给您回话的时间定在明天中午|您家是狗还是猫|小学生也可以用的词典|幼儿园每周都会发菜谱|它是不是眼睛瞎了，带来看看
宝宝今天没吃药吗|五块钱您微信转就行|我没挂断，在给您查|您不会等太久的|疫苗先别打，等烧退了再说|这不是我们的工作人员，谨防上当
您看清楚再签也不迟|不满意可以退|您备注里写的是活该，我看到了|司机说您骂他有病，我想听听您怎么说|按住嘴角再喂药
这个归物业管，电话是六二三三五五零一|我不太懂这块，让主管来给您讲|这我做不了主，我帮您问店长|祝您全家幸福|不舒服就别来上课了，我给您顺延
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("kind", RUDE)
def test_most_of_each_type_is_found_whatever_the_trade(kind: str) -> None:
    texts = f"{RUDE[kind]}|{RUDER[kind]}".split("|")
    models = load_text_models()
    found = [bool(found_violations(annotate(make_call(f"agent: {text}"), models))) for text in texts]
    assert sum(found) >= MOST * len(texts), [text for text, hit in zip(texts, found, strict=True) if not hit]
    for text in texts:
        for hit in violations(text):
            assert text[hit.start : hit.end]


@pytest.mark.parametrize("text", [*CIVIL, *CIVILLER])
def test_what_only_looks_rude_does_not_fire(text: str) -> None:
    assert violations(text) == ()


def test_no_rule_is_a_single_character() -> None:
    for text in {char for lines in (*RUDE.values(), *RUDER.values()) for char in lines}:
        assert violations(text) == (), text


def test_help_in_the_same_breath_or_an_apology_excuses_not_knowing() -> None:
    assert [hit.kind for hit in violations("这个我也不清楚")] == ["deflection"]
    assert violations("这个我也不清楚，我帮您问一下") == ()
    assert violations("这个我也不清楚", "我帮您问一下后台") == ()
    assert violations("非常抱歉，这个我也不清楚") == ()
    assert [hit.kind for hit in violations("我帮您看了，这个我也不清楚")] == ["deflection"]


@pytest.mark.parametrize(
    "text",
    [
        "快递员跟您说随便你是吗",
        "您的原话是活该",
        "您备注里写的是再不来就去死",
        "骑手回您爱吃不吃",
        "邻居骂您神经病是吗",
    ],
)
def test_what_others_said_is_not_the_agents_own(text: str) -> None:
    assert violations(text) == ()


def test_another_place_is_no_deflection_where_its_number_is_given() -> None:
    assert [hit.kind for hit in violations("这个您问车站去")] == ["deflection"]
    assert violations("这个您问车站去，电话是五一二零零三八") == ()


def test_punctuation_and_full_width_letters_change_nothing() -> None:
    plain, marked = violations("跟你说了多少遍了你急什么"), violations("跟你说了多少遍了！你急、什么？")
    assert [hit.kind for hit in plain] == [hit.kind for hit in marked] == ["impatience", "rhetorical"]


def test_the_place_is_that_of_the_words_in_the_text() -> None:
    text = "好的，您好。你问我，我问谁？"
    (hit,) = violations(text)
    assert text[hit.start : hit.end] == "你问我，我问谁"


def test_the_same_words_count_once_and_as_the_graver_kind() -> None:
    (hit,) = violations("关我什么事")
    assert (hit.kind, hit.severity) == ("taboo", "critical")


@given(st.lists(st.sampled_from([*CIVIL, *"|".join(RUDE.values()).split("|"), "", "。"]), max_size=8))
def test_many_at_once_gives_what_each_gives_alone(texts: list[str]) -> None:
    assert violations_in(texts) == [violations(text) for text in texts]


@given(st.text(max_size=40))
def test_any_text_is_read_without_complaint(text: str) -> None:
    for hit in violations(text):
        assert 0 <= hit.start < hit.end <= len(text)
    for item in courtesies(text):
        assert 0 <= item.start < item.end <= len(text)


def test_every_rule_has_a_known_type_and_severity() -> None:
    for rule in read_rules("violation_rules"):
        kind, severity = rule.section
        assert kind in VIOLATION_TYPES
        assert severity == SEVERITY_OF[kind]
        assert severity in SEVERITIES


@pytest.mark.parametrize(
    ("text", "strategies"),
    [
        ("您好，很高兴为您服务", ["greeting", "honorific"]),
        ("非常抱歉给您添麻烦了", ["apology", "honorific"]),
        ("麻烦您报一下手机号好吗", ["softener", "honorific"]),
        ("我非常理解您的心情", ["empathy", "honorific"]),
        ("我马上给您登记，尽快回复", ["promise", "honorific"]),
        ("谢谢，再见", ["thanks"]),
        ("三十九元", []),
    ],
)
def test_strategies(text: str, strategies: list[str]) -> None:
    assert {item.strategy for item in courtesies(text)} == set(strategies)


def test_courteous_words_of_one_strategy_do_not_overlap() -> None:
    found = courtesies("感谢您的耐心等待，谢谢您")
    for strategy in STRATEGIES:
        mine = [item for item in found if item.strategy == strategy]
        assert all(one.end <= two.start for one, two in pairwise(mine))


def test_each_strategy_and_place_has_phrases() -> None:
    for name in (*STRATEGIES, "opening", "introduction", "identity", "return", "further_help", "closing"):
        assert phrases_of(name)


def test_plain_you_leaves_out_greetings_and_plurals() -> None:
    assert plain_you("你好，你们那边你看一下") == 1


@pytest.mark.data
def test_real_agent_turns_raise_next_to_no_false_alarm(data_dir: Path) -> None:
    lines = (data_dir / "jddc_satisfaction" / "valid_dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    turns = [turn["agent"] for line in lines for turn in json.loads(line)["turns"] if turn["agent"].strip()]
    calls = json.loads((data_dir / "mobilecs_example" / "example.json").read_text(encoding="utf-8"))
    turns += [turn["[SPEAKER 1]"] for call in calls for turn in call["content"] if turn.get("[SPEAKER 1]")]
    fired = [text for text, hits in zip(turns, violations_in(turns), strict=True) if hits]
    assert len(turns) > 3000
    assert len(fired) <= 0.002 * len(turns), fired


@pytest.mark.data
def test_a_plain_list_fires_where_the_rules_do_not(data_dir: Path) -> None:
    listed = (data_dir / "profanity_lists_zh" / "ldnoobw_zh.txt").read_text(encoding="utf-8").split()
    harmless = ["性价比很高", "一箱牛奶", "送您一张优惠券，性能更好"]
    assert sum(any(word in text for word in listed) for text in harmless) >= 1
    assert all(violations(text) == () for text in harmless)


def test_the_violation_model_has_a_label_for_each_type_and_one_for_none() -> None:
    assert set(VIOLATIONS) == {NONE, *VIOLATION_TYPES}
