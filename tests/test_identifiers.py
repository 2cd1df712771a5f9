"""What identifies a customer is found however it is said, and what does not is left alone."""

import sys
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Role, Utterance
from qa_speech.privacy import numerals
from qa_speech.privacy.identifiers import REASONS, find_identifiers, find_in_text, identifiers_of, mask_text
from qa_speech.privacy.papers import OPTIONAL_KINDS
from qa_speech.testing import make_call
from qa_speech.wording.masking import PLACEHOLDERS, placeholders

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
try:
    from _identifiers import Case, cases
finally:
    sys.path.pop(0)

DIGITS = st.text("0123456789", min_size=1, max_size=24)
DIGITS_3 = st.text("0123456789", min_size=3, max_size=3)
LONGEST_LEFT = 7
"""So many digits of a number in a row, or more, are never left when it is masked."""


def dialogue(*lines: str) -> tuple[Utterance, ...]:
    """``A:`` is the agent, ``C:`` the customer."""
    roles = {"A": Role.AGENT, "C": Role.CUSTOMER, "U": Role.UNKNOWN}
    return tuple(Utterance(roles[line[0]], 3.0 * n, 3.0 * n + 2, line[2:]) for n, line in enumerate(lines))


def without_identifiers(text: str) -> str:
    return mask_text(text, placeholders("zh"))


def shown(*lines: str) -> list[str]:
    """The dialogue with what was found between brackets."""
    texts = [line[2:] for line in lines]
    for found in reversed(find_identifiers(dialogue(*lines))):
        text = texts[found.utterance]
        texts[found.utterance] = f"{text[: found.start]}[{found.kind}]{text[found.end :]}"
    return texts


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("手机号13822190045谢谢", "手机号[电话]谢谢"),
        ("138-2219-0045", "[电话]"),
        ("(138) 2219 0045", "([电话]"),
        ("138.2219.0045", "[电话]"),
        ("1 3 8 2 2 1 9 0 0 4 5", "[电话]"),
        ("电话是+8613822190045", "电话是[电话]"),
        ("手机１３８２２１９００４５", "手机[电话]"),
        ("一三八 嗯 二二一九 那个 零零四五", "[电话]"),
        ("幺三八两两一九零零四五", "[电话]"),
        ("幺叁捌贰贰幺玖零零肆伍", "[电话]"),
        ("一三八二二一九四个五", "[电话]"),
        ("一三八双二一九零零四五", "[电话]"),
        ("前三位是138中间四位2219最后四位0045", "前三位是[电话]"),
        ("一三八二二一九零零四五一直没有信号", "[电话]一直没有信号"),
        ("一三八二二一九零零四五我一直用", "[电话]我一直用"),
        ("一三八二二，呃，不是，一三八三三一九零零四五", "[电话]"),
        ("一三八二二一九，哦不对，是一三八二二二九零零四五", "[电话]"),
        ("座机零一零六二三三四四五五", "座机[电话]"),
        ("固话0755-26771234", "固话[电话]"),
        ("家里电话六二三三四四五五", "家里电话[电话]"),
        ("身份证32010619880307241X", "身份证[身份证号]"),
        ("三二零一零六，一九八八，零三零七，二四一叉", "[身份证号]"),
        ("身份证是三二零一零六八八零三零七二四一", "身份证是[身份证号]"),
        ("卡号6222 0210 0111 6245 702", "卡号[银行卡号]"),
        ("邮箱xiao.ming@company.com.cn", "邮箱[邮箱]"),
        ("发到wang二零零八艾特一六三点com", "发到[邮箱]"),
        ("幺五幺五八八，错了错了，幺五幺五六八二三六六九", "[电话]"),
        ("号码幺五幺五八八二三六六八，不对，六六九", "号码[电话]"),
        ("幺五幺五八八二三六六九幺五幺五八八二三六六九", "[电话]"),
        ("给 151 5882 3669 充了五十", "给 [电话] 充了五十"),
        ("尾号是3669对吗，完整的是15158823669", "尾号是[电话]对吗，完整的是[电话]"),
        ("电话转到零二七八七六五四三二一", "电话转到[电话]"),
        ("农行卡六二二八四八零零三零一二三四五六七八九", "农行卡[银行卡号]"),
        ("邮箱是 l i h u a 八八 艾特 qq 点 com", "邮箱是 [邮箱]"),
        ("姓名：赵敏", "姓名：[姓名]"),
        ("帮我查下15158823669的套餐", "帮我查下[电话]的套餐"),
        ("工单编号13960838807，我的手机15158823669", "工单编号13960838807，我的手机[电话]"),
        ("15158823669，这是我的手机号", "[电话]，这是我的手机号"),
        ("登记的是我妈的名字，叫孙桂芳", "登记的是我妈的名字，叫[姓名]"),
        ("送到武汉市江岸区三阳路十八号院二单元五零三", "送到[地址]"),
        ("我叫李国庆，想查话费", "我叫[姓名]，想查话费"),
        ("户名是欧阳修文", "户名是[姓名]"),
        ("机主陈建军", "机主[姓名]"),
        ("我住在幸福路一百二十三号二栋四零二", "我住在[地址]"),
        ("在三单元八零二", "在[地址]"),
        ("上海市浦东新区张杨路500弄12号602室", "[地址]"),
    ],
)
def test_an_identifier_becomes_its_placeholder(said: str, expected: str) -> None:
    assert without_identifiers(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "工号一三八二为您服务",
        "流水为2025110300012345678",
        "发票代码144031909110，发票号码 23456789",
        "月租59元，套外流量5元1G，通话0.15元每分钟",
        "IP地址是192.168.1.1",
        "短号是 61234",
        "国际漫游拨打+8610010",
        "我用了十五年了，从2015年1月5日到2023年6月6日",
        "联系人不是我",
        "二号楼和三号楼都坏了",
        "身份证过期了，卡是去年十二月办的",
        "请拨打10010或者10086，投诉12315",
        "四零零六六六八八九九",
        "订单号是20231105138001380",
        "工单编号13822190045",
        "单号YD13822190045",
        "话费138.22元，余额190.04元",
        "有39、59、79、99、129、159这几种",
        "有158 188 199 59这几档",
        "2025年11月3日15点30分12秒",
        "二零二五年十一月三号下午三点半",
        "您的验证码是8 4 2 1 9 3",
        "设备序列号SN4857544313822190",
        "一共有一人二人三人四人五人六人",
        "我叫你们经理来",
        "机主本人来就可以",
        "机主的身份证和姓名都要提供",
        "我住在南京",
        "请到解放路128号的联通营业厅",
        "5月3号到6月10号",
        "七七八八加起来一百多",
        "见item.example.com/13822190045",
    ],
)
def test_what_identifies_nobody_is_left_alone(said: str) -> None:
    assert find_in_text(said) == ()


def test_a_number_goes_on_over_the_other_sides_nods() -> None:
    lines = ("A:请报一下手机号", "C:一三八", "A:嗯", "C:后面是二二一九", "A:好，您说", "C:零零四五", "A:记下了")

    assert shown(*lines) == ["请报一下手机号", "[phone]", "嗯", "后面是[phone]", "好，您说", "[phone]", "记下了"]
    assert {item.identifier for item in find_identifiers(dialogue(*lines))} == {0}


def test_each_group_that_is_read_back_is_masked_too() -> None:
    lines = ("A:请报一下手机号", "C:一三八", "A:一三八", "C:二二一九", "A:二二一九", "C:零零四五", "A:零零四五，对吗")

    assert shown(*lines) == ["请报一下手机号", *["[phone]"] * 5, "[phone]，对吗"]


def test_a_number_in_pieces_with_other_words_between_is_put_together() -> None:
    lines = (
        "A:请报一下手机号",
        "C:一三八二二",
        "A:麻烦您再说慢一点，我这边没有听清楚后面的",
        "C:我再看看屏幕上写的，一九零零四五",
    )

    found = find_identifiers(dialogue(*lines))

    assert [(item.utterance, item.reason) for item in found] == [(1, "in_pieces"), (3, "in_pieces")]


def test_the_tail_of_a_number_is_masked_only_where_the_number_was_given() -> None:
    assert shown("C:电话13822190045", "A:0045结尾的这个") == ["电话[phone]", "[phone]结尾的这个"]
    assert shown("A:0045结尾的这个") == ["0045结尾的这个"]


def test_addresses_that_overlap_are_masked_to_the_end_of_the_last() -> None:
    said = "住在幸福路12号3栋我叫李国庆" + 3 * "住在幸福路12号3栋"

    assert without_identifiers(said) == "住在[地址]"


def test_what_was_found_in_a_call_is_kept_while_the_call_is_in_hand() -> None:
    call = make_call("customer: 电话13822190045", "agent: 好的")

    assert identifiers_of(call) == find_identifiers(call.utterances)
    assert identifiers_of(call) is identifiers_of(call)


def test_what_was_asked_says_what_the_answer_is() -> None:
    assert shown("A:请提供订单号", "C:13822190045") == ["请提供订单号", "13822190045"]
    assert shown("A:请提供手机号", "C:13822190045") == ["请提供手机号", "[phone]"]
    assert shown("A:请提供手机号", "C:一三八二二一九零零四") == ["请提供手机号", "[phone]"]
    assert shown("C:一三八二二一九零零四") == ["一三八二二一九零零四"]


@pytest.mark.parametrize(
    "heard", ["一三八二二要九零零四五", "一三八二二一就零林四五", "一三八二大一九零零四五", "要三八二二一九零零四五"]
)
def test_a_digit_heard_as_another_word_does_not_hide_a_number(heard: str) -> None:
    assert without_identifiers(f"号码是{heard}") == "号码是[电话]"


def test_a_name_is_masked_wherever_it_is_said_again() -> None:
    assert shown("A:请问您的姓名？", "C:李国庆", "A:李国庆先生您好") == ["请问您的姓名？", "[name]", "[name]先生您好"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ("C:发票代码044002200111，号码12345678",),
            ["发票代码044002200111，号码12345678"],
            id="the second half of a code",
        ),
        pytest.param(
            ("A:请报一下您的手机号", "C:幺三八二二幺九零零四五", "C:三八五六七二"),
            ["请报一下您的手机号", "[phone]", "三八五六七二"],
            id="a question is answered once",
        ),
        pytest.param(
            ("A:请报一下您的手机号", "C:幺三八二二幺九零零四五", "A:幺三八二二九幺零零对吗"),
            ["请报一下您的手机号", "[phone]", "[phone]对吗"],
            id="read back and misheard",
        ),
        pytest.param(
            ("C:我的身份证后四位是3825",), ["我的身份证后四位是[id_card]"], id="the end of an identity card, announced"
        ),
        pytest.param(("C:尾号3825",), ["尾号3825"], id="the end of a number nobody gave"),
    ],
)
def test_what_was_said_before_decides_what_digits_are(lines: tuple[str, ...], expected: list[str]) -> None:
    assert shown(*lines) == expected


def test_the_last_digits_of_an_identity_card_are_masked_when_they_were_asked_for() -> None:
    assert shown("A:请提供身份证后四位", "C:二四一五") == ["请提供身份证后四位", "[id_card]"]
    assert shown("A:请提供验证码", "C:二四一五") == ["请提供验证码", "二四一五"]


@pytest.mark.parametrize("group", ["written", "spoken", "noisy", "negative"])
def test_generated_conversations(group: str) -> None:
    def wrong(case: Case) -> bool:
        found = find_identifiers(
            tuple(Utterance(Role(who), 3.0 * n, 3.0 * n + 2, text) for n, (who, text) in enumerate(case.lines))
        )
        covered = {(item.utterance, place) for item in found for place in range(item.start, item.end)}
        if not case.secrets:
            return bool(found)
        return any(
            case.lines[index][1][place].isalnum() and (index, place) not in covered
            for index, start, end in case.secrets
            for place in range(start, end)
        )

    made = cases(group, range(5000, 5005))

    assert [case for case in made if wrong(case)] == []


@given(st.text(max_size=60))
def test_found_places_are_in_order_disjoint_and_inside(text: str) -> None:
    found = find_in_text(text)

    assert all(0 <= item.start < item.end <= len(text) and item.reason in REASONS for item in found)
    assert all(one.end <= two.start for one, two in pairwise(found))


@given(
    st.integers(13000000000, 19999999999).map(str).filter(numerals.is_mobile), st.integers(0, 10), st.integers(0, 10)
)
@settings(max_examples=60)
def test_a_mobile_number_is_never_shown_however_it_is_grouped(number: str, one: int, two: int) -> None:
    first, second = sorted((one, two))
    said = " ".join(part for part in (number[:first], number[first:second], number[second:]) if part)

    assert without_identifiers(f"我的手机号是{said}") == "我的手机号是[电话]"


GIVEN_NUMBERS = st.one_of(
    st.integers(13000000000, 19999999999).map(str).filter(numerals.is_mobile),
    st.tuples(st.sampled_from(["110105", "320106", "440305"]), st.dates(date(1940, 1, 1), date(2012, 12, 31)), DIGITS_3)
    .map(lambda parts: parts[0] + parts[1].strftime("%Y%m%d") + parts[2])
    .map(lambda first: first + numerals.id_check_digit(first)),
)
SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")


@given(
    number=GIVEN_NUMBERS,
    spoken=st.booleans(),
    joint=st.sampled_from(["", " ", "，", "-", "、"]),
    cuts=st.lists(st.integers(1, 17), max_size=3),
    before=st.sampled_from(["我的手机号是", "身份证号", "好的，号码", "订单号不记得了，电话"]),
    after=st.sampled_from(["", "。", "，谢谢", "对吧", "，我姓王"]),
)
def test_a_masked_number_leaves_no_run_of_its_digits(
    number: str, spoken: bool, joint: str, cuts: list[int], before: str, after: str
) -> None:
    edges = [0, *sorted({cut for cut in cuts if cut < len(number)}), len(number)]
    said = joint.join(number[one:two] for one, two in pairwise(edges))
    written = number
    if spoken:
        said, written = said.translate(SPOKEN), written.translate(SPOKEN)

    shown = without_identifiers(before + said + after)

    left = "".join(char for char in shown if char.isalnum())
    runs = {written[at : at + LONGEST_LEFT] for at in range(len(written) - LONGEST_LEFT + 1)}
    assert not [run for run in runs if run in left]


CLAUSES = st.one_of(
    st.sampled_from(["我叫李国庆", "住在幸福路12号3栋", "邮箱xiao@qq.com", "嗯", "不对", "查话费", "一共38元"]),
    st.tuples(st.sampled_from(["", "电话", "身份证", "就是"]), GIVEN_NUMBERS).map("".join),
    st.tuples(st.sampled_from(["工号", "订单号", "验证码"]), st.text("0123456789", min_size=4, max_size=6)).map(
        "".join
    ),
)


@given(st.lists(CLAUSES, max_size=6).map("，".join))
def test_masking_a_text_twice_is_masking_it_once(text: str) -> None:
    once = without_identifiers(text)

    assert without_identifiers(once) == once


@given(st.text("零一二三四五六七八九幺两", min_size=11, max_size=11))
def test_eleven_spoken_digits_after_the_word_for_a_number_are_masked(said: str) -> None:
    assert "电话" in without_identifiers(f"联系方式：{said}")[5:]


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_check_digit_of_an_identity_card_fits_one_character_only(first: str) -> None:
    fitting = [last for last in "0123456789X" if numerals.id_check_digit(first) == last]

    assert len(fitting) == 1


@given(DIGITS)
def test_one_wrong_digit_breaks_the_luhn_check(number: str) -> None:
    if numerals.luhn(number):
        assert not numerals.luhn(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_every_kind_has_a_placeholder_in_both_languages() -> None:
    assert all(
        len(names) == 2 and all(name[0] == "[" and name[-1] == "]" for name in names) for names in PLACEHOLDERS.values()
    )
    assert mask_text("电话13822190045", placeholders("en")) == "电话[phone]"


# ------------------------------------------------------------------------------------------------ more than numbers


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("请问是赵敏女士吗", "请问是[姓名]女士吗"),
        ("我是赵建军，上次打过电话", "我是[姓名]，上次打过电话"),
        ("我老公赵建军办的卡", "我老公[姓名]办的卡"),
        ("您好，赵建军，密码忘了", "您好，[姓名]，密码忘了"),
        ("您是赵敏本人吗", "您是[姓名]本人吗"),
        ("住在翡翠华府3-2-1804", "住在[地址]"),
        ("我在万和城四期12栋", "我在[地址]"),
        ("寄到龙湖天街公寓2栋1415吧", "寄到[地址]吧"),
        ("门牌号是2203", "门牌号是[地址]"),
        ("我微信是abc，下划线，五二零", "我微信是[账号]"),
        ("你加我微信吧，liming_2019，头像是只猫", "你加我微信吧，[账号]，头像是只猫"),
        ("你加我zhao1990abc，这是微信", "你加我[账号]，这是微信"),
        ("九八七六五四三二，这个是我的QQ", "[账号]，这个是我的QQ"),
        ("加微tiger2020a", "加微[账号]"),
        ("微信推给你，mq20200606，她管钱", "微信推给你，[账号]，她管钱"),
        ("登录名是zhou_lei01，密码我忘了", "登录名是[账号]，密码我忘了"),
        ("Q我，2660417839", "Q我，[账号]"),
        ("lin at h o t m a i l dot com", "[邮箱]"),
        ("s.lu艾特beichen杠logistics点com点cn", "[邮箱]"),
        ("微信号字母d z q 然后数字九五二七", "微信号[账号]"),
        ("加我QQ三八二九五零四幺七", "加我QQ[账号]"),
        ("邮箱是小写的x，l，y，然后九二零三，艾特，gmail，点，com", "邮箱是[邮箱]"),
        ("信用卡有效期08/27，安全码一二五", "信用卡有效期[有效期]，安全码[安全码]"),
        ("我的号是一百三十八，二二一九，零零四五", "我的号是[电话]"),
    ],
)
def test_names_accounts_addresses_and_cards_become_their_placeholders(said: str, expected: str) -> None:
    assert without_identifiers(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "我是高中生，有没有校园卡",
        "请问是王女士吗",
        "我老公常出差，不在家",
        "二单元都没网，不止我一家",
        "隔壁三号楼有信号",
        "微信支付不成功",
        "95588这个是微信银行",
        "我微型企业的，没有VIP",
        "加微信吧，VIP群",
        "优惠券有效期到2026年6月",
        "安全码是什么东西",
        "一百三十八的套餐和一百九十九的有什么区别",
        "国际漫游请拨打+86-10-10000转人工",
        "型号是A12-304，版本4-2-10",
    ],
)
def test_what_only_looks_like_one_of_these_is_left_alone(said: str) -> None:
    assert find_in_text(said) == ()


def test_the_answer_to_a_question_for_a_name_or_an_address_is_masked() -> None:
    assert shown("A:您贵姓", "C:免贵姓赵，赵建军", "A:好的，赵建军先生")[1:] == ["免贵姓赵，[name]", "好的，[name]先生"]
    assert shown("A:请问您在哪个小区", "C:金色家园，十六栋幺零零三") == [
        "请问您在哪个小区",
        "[address]",
    ]


def test_passports_plates_and_credit_codes_are_masked_where_they_are_asked_for() -> None:
    said = "护照E12345678，车牌鄂A8K6M3，信用代码91350100M000100Y43"

    assert mask_text(said, placeholders("zh")) == said
    assert mask_text(said, placeholders("zh"), OPTIONAL_KINDS) == "护照[护照号]，车牌[车牌]，信用代码[信用代码]"


LONG = 10_000


@pytest.mark.parametrize(
    "part",
    ["王", "一", "一百三十", "幸福路1号", "小区3栋", "我是王建国先生", "华府3-2-", "a@", "a", " ", "卡有效期08/27"],
)
def test_a_long_text_takes_no_longer_than_its_length(part: str) -> None:
    begin = time.process_time()

    find_in_text(part * (LONG // len(part)))

    assert time.process_time() - begin < 5
