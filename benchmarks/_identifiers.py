"""Generated conversations with and without identifiers, for `redaction.py`: seeded, invented, valid by form.

A `Case` is a short dialogue and what in it must be masked. Numbers are drawn at random (valid prefixes, check digits);
names and streets are put together from parts and belong to nobody. Seeds from 1000 on are for development, those below
are reported.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa_speech.privacy.numerals import id_check_digit, is_mobile, luhn

Line = tuple[str, str]
"""(role, text); ``{…}`` in a text marks what must be masked."""


@dataclass(frozen=True)
class Case:
    """A dialogue; `secrets` are (utterance, start, end), none in a negative."""

    pattern: str
    lines: tuple[Line, ...]
    secrets: tuple[tuple[int, int, int], ...]


def case(pattern: str, marked: Sequence[Line]) -> Case:
    """Take the marks ``{…}`` out of the lines and note where they were.

    >>> case("x", [("customer", "我是{王一}")]).secrets
    ((0, 2, 4),)
    """
    lines, secrets = [], []
    for index, (role, text) in enumerate(marked):
        plain, start = "", 0
        for char in text:
            if char == "{":
                start = len(plain)
            elif char == "}":
                secrets.append((index, start, len(plain)))
            else:
                plain += char
        lines.append((role, plain))
    return Case(pattern, tuple(lines), tuple(secrets))


# ------------------------------------------------------------------------------------------------ values


def mobile(rng: random.Random) -> str:
    """A mobile number with an assigned prefix."""
    while True:
        number = "1" + rng.choice("3456789") + "".join(rng.choice("0123456789") for _ in range(9))
        if is_mobile(number):
            return number


def landline(rng: random.Random) -> tuple[str, str]:
    """(area code, local number)"""
    area = rng.choice(["010", "021", "022", "025", "0512", "0571", "0755", "0731", "0871", "0991"])
    return area, rng.choice("2345678") + "".join(rng.choice("0123456789") for _ in range(7))


def id_card(rng: random.Random) -> str:
    """An identity number with a date of birth and its check digit."""
    area = rng.choice(
        ["110105", "310115", "320106", "330102", "440305", "510104", "610103", "130102", "420106", "650102"]
    )
    born = f"{rng.randint(1940, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    first = area + born + f"{rng.randint(1, 999):03}"
    return first + id_check_digit(first)


def bank_card(rng: random.Random) -> str:
    """A card number of 16 or 19 digits with its Luhn digit."""
    length = rng.choice([16, 19])
    head = rng.choice(["622848", "622202", "621700", "621661", "625955", "623058"])
    first = head + "".join(rng.choice("0123456789") for _ in range(length - len(head) - 1))
    return next(first + digit for digit in "0123456789" if luhn(first + digit))


SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国志文玉红春梅海燕晓峰雪梦琪子轩宇航欣怡佳慧俊凯"


def name(rng: random.Random) -> str:
    """A name of two or three characters."""
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice([1, 2, 2])))


HAN = "零一二三四五六七八九"


def aloud(number: str, rng: random.Random) -> str:
    """Digits as they are spoken and written down by a recogniser: 幺 or 一 throughout, 两 never."""
    one = rng.choice("一幺")
    return "".join(one if char == "1" else "X" if char == "X" else HAN[int(char)] for char in number)


MOBILE_GROUPS = (
    (3, 4, 4),
    (3, 4, 4),
    (3, 8),
    (11,),
    (4, 4, 3),
    (3, 3, 5),
    (7, 4),
    (3, 2, 2, 2, 2),
    (5, 6),
    (3, 4, 2, 2),
)
ID_GROUPS = ((18,), (6, 8, 4), (6, 4, 4, 4), (3, 3, 4, 4, 4), (6, 12), (4, 4, 4, 6))
CARD_GROUPS = ((4, 4, 4, 7), (4, 4, 4, 4, 3), (6, 13), (19,), (4, 15))
CARD_GROUPS_16 = ((4, 4, 4, 4), (16,), (6, 10), (8, 8))


def groups(number: str, rng: random.Random) -> list[str]:
    """A number in groups as people make them."""
    sizes: Sequence[int]
    if len(number) == 11:
        sizes = rng.choice(MOBILE_GROUPS)
    elif len(number) == 18:
        sizes = rng.choice(ID_GROUPS)
    else:
        sizes = rng.choice(CARD_GROUPS_16 if len(number) == 16 else CARD_GROUPS)
    found, at = [], 0
    for size in sizes:
        found.append(number[at : at + size])
        at += size
    return found


KINDS: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...], tuple[str, ...], str]] = {
    # value, sentences that announce it, questions for it, what it is called
    "phone": (
        mobile,
        (
            "我的手机号是{}", "电话{}", "您打我这个号码{}", "我留个电话{}吧", "联系电话就是{}", "号码是{}，麻烦您记一下",
            "{}，这是我的手机号", "机主的号码{}", "我现在用的是{}这个号",
        ),
        ("请问您的手机号码是多少", "请您提供一下联系电话", "您方便留个电话吗", "您要查询的号码是", "请报一下号码"),
        "手机号",
    ),
    "id_card": (
        id_card,
        ("我的身份证号是{}", "身份证{}", "身份证号码{}，您核对一下", "证件号码是{}", "{}，身份证就是这个"),
        ("请提供一下机主的身份证号码", "请问您的身份证号是", "麻烦报一下证件号码"),
        "身份证号",
    ),
    "bank_card": (
        bank_card,
        ("银行卡号是{}", "我的卡号{}", "扣的是{}这张银行卡", "退到这张卡，卡号{}", "储蓄卡{}"),
        ("请问您的银行卡号是多少", "请提供一下卡号", "您绑定的是哪张卡，卡号是"),
        "银行卡号",
    ),
}  # fmt: skip
OPENINGS = ("", "嗯，", "好的，", "你好，", "那个，", "喂，")
CLOSINGS = ("", "。", "，谢谢", "，您记一下", "，对吧", "，麻烦您了")
NODS = ("嗯", "嗯嗯", "好", "好的", "对", "您说", "嗯，您继续", "是的", "请讲")


# ------------------------------------------------------------------------------------------------ patterns


def written(rng: random.Random, kind: str) -> Iterator[Case]:
    """Numbers as recognisers with digits write them."""
    value, told, asked, called = KINDS[kind]
    for label, joint in (
        ("plain", ""),
        ("spaces", " "),
        ("hyphens", "-"),
        ("commas", ","),
        ("wide commas", "，"),
        ("enumeration", "、"),
    ):
        number = value(rng)
        text = number if label == "plain" else joint.join(groups(number, rng))
        sentence = rng.choice(told).replace("{}", "{" + text + "}")
        yield case(f"{kind}: {label}", [("customer", rng.choice(OPENINGS) + sentence + rng.choice(CLOSINGS))])
    number = value(rng)
    yield case(
        f"{kind}: answer, digits",
        [("agent", rng.choice(asked)), ("customer", rng.choice(OPENINGS) + "{" + number + "}" + rng.choice(CLOSINGS))],
    )
    number = value(rng)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in number)
    yield case(f"{kind}: full-width", [("customer", f"{called}是{{{wide}}}")])
    number = value(rng)
    yield case(
        f"{kind}: read back, digits",
        [
            ("customer", f"{called}{{{number}}}"),
            ("agent", f"跟您核对一下，{{{' '.join(groups(number, rng))}}}，对吗"),
            ("customer", "对的"),
        ],
    )


def written_more(rng: random.Random) -> Iterator[Case]:
    """What is written otherwise: country code, fixed lines, e-mail, names, addresses."""
    number = mobile(rng)
    yield case("phone: country code", [("customer", rng.choice(["电话是+86 {", "号码{86"]) + number + "}")])
    area, local = landline(rng)
    joint = rng.choice(["-", " ", ""])
    yield case(
        "phone: fixed line", [("customer", rng.choice(["家里座机{", "固话是{", "电话{"]) + area + joint + local + "}")]
    )
    yield case("phone: local fixed line", [("customer", rng.choice(["家里座机{", "固定电话是{"]) + local + "}")])
    box = rng.choice(["zhang", "liwei", "abc", "service", "xiao.ming", "h_r"]) + str(rng.randint(1, 9999))
    host = rng.choice(["qq.com", "163.com", "126.com", "gmail.com", "sina.com.cn", "outlook.com"])
    yield case(
        "email: written",
        [
            (
                "customer",
                rng.choice(["邮箱是{", "发到{", "我的邮箱{"]) + f"{box}@{host}" + "}" + rng.choice(["", "，谢谢"]),
            )
        ],
    )
    who = name(rng)
    cue = rng.choice(["我叫{", "姓名是{", "机主是{", "机主姓名{", "我的名字叫{", "户主叫{", "登记的姓名是{", "机主叫{"])
    yield case(
        "name: announced",
        [("customer", cue + who + "}" + rng.choice(["", "。", "，我想查一下话费", "，身份证在手边"]))],
    )
    yield case(
        "name: answer",
        [("agent", rng.choice(["请问您的姓名", "请问机主的名字是", "请问怎么称呼"])), ("customer", "{" + who + "}")],
    )
    street = (
        rng.choice("建人解和文长光青东西")
        + rng.choice("设民放平化江明年山湖")
        + rng.choice(["路", "大街", "东路", "街", "西路"])
    )
    city = rng.choice(["", "海淀区", "杭州市西湖区", "南山区", "江苏省南京市鼓楼区", "武侯区"])
    yield case(
        "address: street",
        [
            (
                "customer",
                rng.choice(["我住在{", "地址是{", "家在{", "送到{"])
                + f"{city}{street}{rng.randint(1, 300)}号{rng.randint(1, 20)}栋{rng.randint(101, 2804)}室"
                + "}",
            )
        ],
    )
    estate = rng.choice(["阳光", "金色", "翠湖", "天通", "望京", "城南"]) + rng.choice(
        ["花园", "小区", "家园", "新村", "公寓"]
    )
    yield case(
        "address: estate",
        [
            (
                "customer",
                rng.choice(["我家是{", "在{", "就是{"])
                + f"{estate}{rng.randint(1, 30)}号楼{rng.randint(1, 6)}单元{rng.randint(101, 2804)}"
                + "}",
            )
        ],
    )


def spoken(rng: random.Random, kind: str) -> Iterator[Case]:
    """Numbers as words, digit by digit."""
    value, told, asked, called = KINDS[kind]
    for label, joint in (("run on", ""), ("spaces", " "), ("commas", "，"), ("stops", "。"), ("enumeration", "、")):
        number = value(rng)
        spelled = [aloud(part, random.Random(rng.random())) for part in groups(number, rng)]
        sentence = rng.choice(told).replace("{}", "{" + joint.join(spelled) + "}")
        yield case(f"{kind}: spoken, {label}", [("customer", rng.choice(OPENINGS) + sentence + rng.choice(CLOSINGS))])
    number = value(rng)
    parts = [aloud(part, rng) for part in groups(number, rng)]
    yield case(
        f"{kind}: spoken answer",
        [
            ("agent", rng.choice(asked)),
            ("customer", rng.choice(OPENINGS) + "{" + "，".join(parts) + "}" + rng.choice(CLOSINGS)),
        ],
    )
    number = value(rng)
    parts = groups(number, rng)
    lines: list[Line] = [("agent", rng.choice(asked))]
    for part in parts:
        lines += [("customer", "{" + aloud(part, rng) + "}"), ("agent", rng.choice(NODS))]
    yield case(f"{kind}: over several utterances", lines)
    number = value(rng)
    lines = [("agent", rng.choice(asked))]
    for part in groups(number, rng):
        lines += [
            ("customer", "{" + aloud(part, rng) + "}"),
            ("agent", "{" + aloud(part, rng) + "}" if len(part) > 1 else "嗯"),
        ]
    yield case(f"{kind}: each group read back", lines)
    number = value(rng)
    spelled = [aloud(part, rng) for part in groups(number, rng)]
    yield case(
        f"{kind}: read back whole",
        [
            ("customer", f"{called}是{{{''.join(spelled)}}}"),
            ("agent", "好的，我重复一下，{" + "，".join(spelled) + "}，对吗"),
            ("customer", "对"),
        ],
    )
    number = value(rng)
    half = groups(number, rng)
    mixed = [part if rng.random() < 0.5 else aloud(part, rng) for part in half]
    yield case(f"{kind}: digits and words mixed", [("customer", f"{called}是{{{' '.join(mixed)}}}")])


def spoken_more(rng: random.Random) -> Iterator[Case]:
    """What is spoken otherwise."""
    number = (
        "1"
        + rng.choice("35789")
        + rng.choice("0123456789")
        + rng.choice("23456789")
        + "000"
        + "".join(rng.choice("123456789") for _ in range(4))
    )
    tripled = aloud(number[:4], rng) + "三个零" + aloud(number[7:], rng)
    if is_mobile(number):
        yield case("phone: spoken, 三个零", [("customer", "号码是{" + tripled + "}")])
    area, local = landline(rng)
    yield case(
        "phone: spoken fixed line",
        [
            (
                "customer",
                rng.choice(["座机是{", "家里电话{"])
                + aloud(area, rng)
                + rng.choice(["", "，", " "])
                + aloud(local, rng)
                + "}",
            )
        ],
    )
    spelled = aloud(id_card(rng)[:17], rng)
    yield case("id_card: spoken, 叉", [("customer", "身份证号是{" + spelled[:17] + "叉}")])
    box = rng.choice(["zhang", "liwei", "abc", "wangxm"]) + aloud(str(rng.randint(10, 9999)), rng)
    host = rng.choice(["qq点com", "一六三点com", "126点com", "gmail点com"])
    yield case(
        "email: spoken",
        [("customer", rng.choice(["邮箱是{", "我的邮箱{"]) + box + rng.choice(["艾特", "圈a", "at "]) + host + "}")],
    )
    who = name(rng)
    yield case(
        "name: spoken and read back",
        [("customer", "我叫{" + who + "}"), ("agent", "{" + who + "}先生您好" if len(who) > 2 else "好的")],
    )
    street = (
        rng.choice("建人解和文长光青东西") + rng.choice("设民放平化江明年山湖") + rng.choice(["路", "大街", "东路"])
    )
    house = aloud(str(rng.randint(11, 288)), rng)
    yield case(
        "address: spoken",
        [
            (
                "customer",
                rng.choice(["我住在{", "地址是{", "装在{"])
                + f"{street}{house}号{HAN[rng.randint(1, 9)]}栋{HAN[rng.randint(1, 6)]}单元{aloud(str(rng.randint(101, 999)), rng)}"
                + "}",
            )
        ],
    )


# ------------------------------------------------------------------------------------------------ noise

ALIKE = {
    "一": "要",
    "幺": "要",
    "七": "期",
    "九": "就",
    "四": "是",
    "八": "吧",
    "零": "林",
    "六": "留",
    "五": "无",
    "二": "而",
}
FILLERS = ("嗯", "啊", "呃", "那个", "就是", "嗯，", "，呃，", "然后", "，然后是", "，后面是", "对")


def noisy(rng: random.Random, kind: str) -> Iterator[Case]:
    """What recognisers and people do to a number: fillers, restarts, homophones, a digit misheard."""
    value, told, asked, called = KINDS[kind]
    number = value(rng)
    parts = [aloud(part, rng) for part in groups(number, rng)]
    with_fillers = parts[0] + "".join(rng.choice(FILLERS) + part for part in parts[1:])
    yield case(f"{kind}: fillers", [("customer", rng.choice(told).replace("{}", "{" + with_fillers + "}"))])
    number = value(rng)
    parts = groups(number, rng)
    lines: list[Line] = [("agent", rng.choice(asked))]
    for part in parts:
        lines.append(
            (
                "customer",
                rng.choice(["", "嗯", "然后", "后面是"])
                + "{"
                + aloud(part, rng)
                + "}"
                + rng.choice(["", "啊", "，嗯"]),
            )
        )
        lines += [("agent", rng.choice(NODS))] if rng.random() < 0.8 else []
    yield case(f"{kind}: back-channels between groups", lines)
    number = value(rng)
    wrong = aloud(number[:2] + rng.choice("0123456789") + number[3 : rng.randint(4, 8)], rng)
    restart = rng.choice(["，不对，是", "，不对不对，", "，错了，", "，说错了，是", "，哦不是，", "，我重新说，"])
    yield case(
        f"{kind}: restart from the beginning", [("customer", f"{called}是{{{wrong}{restart}{aloud(number, rng)}}}")]
    )
    number = value(rng)
    parts = [aloud(part, rng) for part in groups(number, rng)]
    slip = len(parts) - 1
    spoiled = "".join(rng.choice(HAN) for _ in parts[slip])
    yield case(
        f"{kind}: last group corrected",
        [("customer", f"{called}是{{{''.join(parts[:slip])}{spoiled}，不对，{parts[slip]}}}")],
    )
    number = value(rng)
    spelled = aloud(number, rng)
    places = [place for place, char in enumerate(spelled) if char in ALIKE and 0 < place < len(spelled) - 1]
    heard = list(spelled)
    for place in rng.sample(places, min(len(places), rng.choice([1, 1, 2]))):
        heard[place] = ALIKE[heard[place]]
    yield case(f"{kind}: homophone", [("agent", rng.choice(asked)), ("customer", "{" + "".join(heard) + "}")])
    number = value(rng)
    place = rng.randrange(3, len(number) - 1)
    misheard = (
        number[:place] + rng.choice([digit for digit in "0123456789" if digit != number[place]]) + number[place + 1 :]
    )
    spelled = misheard if rng.random() < 0.5 else aloud(misheard, rng)
    yield case(f"{kind}: one digit misheard", [("customer", rng.choice(told).replace("{}", "{" + spelled + "}"))])
    number = value(rng)
    parts = [aloud(part, rng) for part in groups(number, rng)]
    yield case(
        f"{kind}: first group said twice", [("customer", f"{called}是{{{parts[0]}，{parts[0]}{''.join(parts[1:])}}}")]
    )
    number = value(rng)
    spelled = aloud(number, rng)
    place = rng.randrange(3, len(spelled) - 1)
    yield case(
        f"{kind}: one digit missing",
        [("agent", rng.choice(asked)), ("customer", "{" + spelled[:place] + spelled[place + 1 :] + "}")],
    )


# ------------------------------------------------------------------------------------------------ negatives


def _digits(rng: random.Random, low: int, high: int) -> str:
    return rng.choice("123456789") + "".join(rng.choice("0123456789") for _ in range(rng.randint(low, high) - 1))


def negatives(rng: random.Random) -> Iterator[Case]:
    """What holds digits or looks like it, and identifies nobody."""
    code = _digits(rng, 8, 20)
    stamp = f"20{rng.randint(20, 26)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    money = f"{rng.randint(1, 999)}.{rng.randint(0, 99):02}"
    texts = {
        "order number": rng.choice(
            [
                "您的订单号是{}",
                "订单编号{}",
                "工单号{}，请您记好",
                "流水号是{}",
                "受理编号{}",
                "快递单号{}",
                "发票号码{}",
            ]
        ).replace("{}", rng.choice([code, stamp + code[:8], aloud(code, rng)])),
        "order number with letters": f"工单号是{rng.choice(['WX', 'GD', 'KF', 'A'])}{code}",
        "order number like a mobile": f"{rng.choice(['订单号', '工单编号', '投诉单号'])}是{mobile(rng)}",
        "amount": rng.choice(
            [
                f"这个月话费{money}元",
                f"一共扣了您{money}块，其中套餐{rng.randint(9, 299)}元",
                f"余额还有{rng.randint(1, 90000)}元",
                "一共是一百二十八块五毛",
                "退您三十六块八",
            ]
        ),
        "date": rng.choice(
            [
                f"20{rng.randint(20, 26)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日办理的",
                f"有效期到{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}",
                f"{rng.randint(1, 12)}月{rng.randint(1, 28)}号下午{rng.randint(1, 12)}点{rng.randint(10, 59)}分",
                "二零二五年十一月三号生效",
            ]
        ),
        "plan": rng.choice(
            [
                f"{rng.randint(19, 299)}元套餐含{rng.randint(5, 100)}GB流量和{rng.randint(100, 2000)}分钟通话",
                "畅享129元5G套餐",
                "全家享199",
                f"有59、99、129、199、{rng.randint(200, 599)}几档",
                "宽带一千兆一年一千两百块",
            ]
        ),
        "bill": f"国内通话{rng.randint(1, 900)}分钟，短信{rng.randint(1, 90)}条，"
        f"流量{rng.randint(1, 90)}.{rng.randint(1, 99)}GB，合计{money}元",
        "hotline": rng.choice(
            [
                "请拨打10010或者一零零一零",
                "您可以打12300投诉",
                "拨10086转人工",
                "请拨打95588",
                "全国统一热线四零零八幺零八零八零",
                "发短信到10010",
                "投诉电话12315",
            ]
        ),
        "agent number": rng.choice(
            [
                f"工号{rng.randint(1000, 99999)}为您服务",
                f"您好，工号{aloud(_digits(rng, 4, 6), rng)}，很高兴为您服务",
                f"我的工号是{_digits(rng, 4, 8)}",
                f"话务员{aloud(_digits(rng, 4, 4), rng)}",
            ]
        ),
        "verification code": rng.choice(
            [f"验证码是{_digits(rng, 6, 6)}", f"您收到的验证码{aloud(_digits(rng, 6, 6), rng)}请不要告诉别人"]
        ),
        "points": f"您有{rng.randint(100, 99999)}积分，可以换{rng.randint(10, 99)}元话费",
        "tail": rng.choice([f"尾号{_digits(rng, 4, 4)}的这个号", f"尾号是{aloud(_digits(rng, 4, 4), rng)}吗"]),
        "prose": rng.choice(
            [
                "我叫你们经理来听电话",
                "机主本人来办就可以",
                "我叫不到人修",
                "这个机主是谁都可以吗",
                "您是机主本人吗",
                "机主需要带身份证原件",
                "我一个月就用两三个G",
                "七七八八加起来一百多",
                "等一下，我看一下",
                "我说了三四遍了",
                "他叫什么名字我不知道",
            ]
        ),
        "place": rng.choice(
            [
                "您可以去中山路营业厅办理",
                "南京市的用户都可以",
                "海淀区那边的营业厅",
                "我在外地出差",
                "小区里面没有信号",
                "5号线地铁上",
                "十号之前到账",
            ]
        ),
        "time and speed": rng.choice(
            [
                f"下载只有{rng.randint(1, 90)}.{rng.randint(1, 9)}兆每秒",
                f"等了{rng.randint(2, 59)}分钟{rng.randint(2, 59)}秒",
                "二十四小时之内给您回复",
                "七十二小时内处理完",
            ]
        ),
        "device": rng.choice(
            [f"光猫序列号{_digits(rng, 10, 16)}", f"设备编号是{code}", f"IMEI是{_digits(rng, 15, 15)}", f"合同号{code}"]
        ),
    }
    for pattern, text in texts.items():
        role = rng.choice(["agent", "customer"])
        lines: list[Line] = [(role, rng.choice(OPENINGS) + text + rng.choice(CLOSINGS))]
        if rng.random() < 0.3:
            lines.insert(
                0,
                (
                    "agent" if role == "customer" else "customer",
                    rng.choice(["请问有什么可以帮您", "我想问一下", "好的，稍等", "帮我查一下"]),
                ),
            )
        yield case(f"none: {pattern}", lines)
    yield case(
        "none: asked for an order",
        [
            ("agent", rng.choice(["请提供一下订单号", "请问您的工单编号是多少", "麻烦您报一下流水号"])),
            ("customer", rng.choice([code, aloud(code, rng), f"嗯，{code}"])),
        ],
    )


def cases(group: str, seeds: Sequence[int]) -> list[Case]:
    """All cases of a group (``written``, ``spoken``, ``noisy``, ``negative``) for these seeds; each seed gives every pattern."""
    found: list[Case] = []
    for seed in seeds:
        rng = random.Random(f"{group} {seed}")
        if group == "written":
            found += [one for kind in KINDS for one in written(rng, kind)] + list(written_more(rng))
        elif group == "spoken":
            found += [one for kind in KINDS for one in spoken(rng, kind)] + list(spoken_more(rng))
        elif group == "noisy":
            found += [one for kind in KINDS for one in noisy(rng, kind)]
        else:
            found += list(negatives(rng))
    return found
