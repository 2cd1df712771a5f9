"""The text of the demo recogniser: one Chinese telecom hotline.

Three sources, all written for this project:

* *sentences*: the templates of ``templates.txt`` with their slots filled (numbers, names, plans ...);
* *phrase salad*: words and short phrases of the templates in random order, so that the recogniser has to
  listen instead of completing sentences it knows;
* *dialogues*: sentences in the order of a call, for the evaluation.

Run it to see the figures of the corpus::

    python corpus.py
"""

from __future__ import annotations

import functools
import logging
import random
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

__all__ = [
    "CHARACTERS",
    "EXTRA_TEMPLATES",
    "SLOTS",
    "TEMPLATES",
    "TOPICS",
    "TRAINING_TEMPLATES",
    "Role",
    "Sentence",
    "Template",
    "dialogue",
    "fill",
    "fill_sentence",
    "salad",
    "without_punctuation",
]

Role = Literal["agent", "customer"]

HERE = Path(__file__).parent
SLOT = re.compile(r"\{(\w+)\}")


class Template(NamedTuple):
    """One line of ``templates.txt``."""

    role: Role
    topic: str
    text: str
    held_out: bool = False


class Sentence(NamedTuple):
    """A filled template, or phrase salad (topic ``salad``)."""

    role: Role
    topic: str
    text: str


def _read_templates(path: Path) -> list[Template]:
    templates: list[Template] = []
    role: Role = "agent"
    topic = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            name, topic = line.strip("[]").split()
            role = "agent" if name == "agent" else "customer"
            continue
        templates.append(Template(role, topic, line.removeprefix("*"), line.startswith("*")))
    return templates


TEMPLATES = _read_templates(HERE / "templates.txt")
"""The sentences of the first training; the evaluation sets are drawn from them."""

TRAINING_TEMPLATES = [template for template in TEMPLATES if not template.held_out]

EXTRA_TEMPLATES = _read_templates(HERE / "templates_more.txt")
"""More sentences, for training only: they add variety without changing the evaluation sets."""

CHARACTERS = (HERE / "characters.txt").read_text(encoding="utf-8").strip()
"""Every character the recogniser can write.  The order is its vocabulary: a trained model depends on it."""

# -- slots ------------------------------------------------------------------------------------------------------

DIGITS = "零一二三四五六七八九"
COMPANIES = "联通 移动 电信 广电".split()
PLANS = "畅享 冰激凌 大王卡 家庭融合 五G畅爽 青春 沃家 智慧生活 商务 校园 孝心 全球通 动感地带 星卡".split()
PLACES = (
    "北京 上海 广州 深圳 成都 重庆 西安 武汉 南京 杭州 沈阳 济南 郑州 长沙 哈尔滨 昆明 福州 合肥 天津 青岛 大连 苏州"
).split()
DISTRICTS = "东城 西城 南山 和平 高新 江北 城关 新华 朝阳 滨海".split()
COUNTRIES = "日本 韩国 泰国 新加坡 美国 英国 法国 德国 澳大利亚 加拿大 马来西亚 香港".split()
SERVICES = "彩铃 来电提醒 视频会员 手机阅读 音乐包 天气预报 国际长途 呼叫转移 云盘 游戏加速".split()
SURNAMES = "张 王 李 赵 刘 陈 杨 黄 周 吴 徐 孙 马 朱 胡 林 郭 何 高 罗".split()
GIVEN_NAMES = ("伟 芳 娜 敏 静 强 磊 军 洋 勇 艳 杰 涛 明 超 丽华 建国 晓红 志强 文斌 雪梅 海燕 春兰 小龙").split()
COLOURS = "红色 绿色 黄色 蓝色".split()
RELATIVES = "妈妈 爸爸 爱人 老公 老婆 儿子 女儿 朋友 同事 奶奶".split()
DATES = "今天 明天 后天 星期一 星期二 星期三 星期四 星期五 周末 今天下午 明天上午".split()
PROBLEMS = "宽带网速慢 手机没有信号 话费多扣 流量超出 上不了网 收不到短信 充值没有到账 违约金太高".split()
WISHES = "更换套餐 取消业务 查询账单 办理转网 开通漫游 申请退费 停机保号 补办手机卡".split()
BANDWIDTHS = "一百 二百 三百 五百 一千 五十 二十 十几 八十".split()


def chinese_number(number: int) -> str:
    """Write a number below 10 000 as it is read aloud.

    >>> chinese_number(15), chinese_number(208), chinese_number(3060)
    ('十五', '二百零八', '三千零六十')
    """
    if number < 10:
        return DIGITS[number]
    if number < 20:
        return "十" + (DIGITS[number - 10] if number > 10 else "")
    for unit, name in ((1000, "千"), (100, "百"), (10, "十")):
        if number >= unit:
            head, rest = divmod(number, unit)
            zero = "零" if rest and rest < unit // 10 else ""
            tail = "" if not rest else _after_zero(rest)
            return DIGITS[head] + name + zero + tail
    raise AssertionError


def _after_zero(number: int) -> str:
    """A number inside a larger one: 十 keeps its 一 there (一百一十)."""
    if 10 <= number < 20:
        return "一十" + (DIGITS[number - 10] if number > 10 else "")
    return chinese_number(number)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(DIGITS) for _ in range(count))


def _money(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.6:
        return chinese_number(rng.randint(3, 199))
    if draw < 0.9:
        return chinese_number(rng.randint(200, 999))
    return chinese_number(rng.randint(1000, 3999))


def _telephone(rng: random.Random) -> str:
    return "幺" + rng.choice("三五七八九") + "".join(rng.choice("零幺二三四五六七八九") for _ in range(9))


def _one_of(values: Sequence[str]) -> Callable[[random.Random], str]:
    return lambda rng: rng.choice(values)


def _number(low: int, high: int) -> Callable[[random.Random], str]:
    return lambda rng: chinese_number(rng.randint(low, high))


SLOTS: dict[str, Callable[[random.Random], str]] = {
    "co": _one_of(COMPANIES),
    "plan": _one_of(PLANS),
    "place": _one_of(PLACES),
    "district": _one_of(DISTRICTS),
    "abroad": _one_of(COUNTRIES),
    "biz": _one_of(SERVICES),
    "money": _money,
    "mao": lambda rng: DIGITS[rng.randint(1, 9)],
    "jiao": lambda rng: DIGITS[rng.randint(1, 9)],
    "month": _number(1, 12),
    "day": _number(1, 31),
    "h": _number(2, 48),
    "n": _number(2, 36),
    "g": _number(1, 120),
    "min": _number(20, 999),
    "pct": _number(50, 95),
    "hour": _number(1, 12),
    "year": lambda rng: "二零二" + rng.choice(DIGITS),
    "zhe": _one_of("五六七八九"),
    "n4": lambda rng: _digits(rng, 4),
    "n6": lambda rng: _digits(rng, 6),
    "n8": lambda rng: _digits(rng, 8),
    "n3d": _one_of(["八六", "幺零", "零零", "八八"]),
    "tel": _telephone,
    "acct": lambda rng: _digits(rng, rng.randint(6, 9)),
    "name": lambda rng: rng.choice(SURNAMES) + rng.choice(["先生", "女士"]),
    "surname": _one_of(SURNAMES),
    "fullname": lambda rng: rng.choice(SURNAMES) + rng.choice(GIVEN_NAMES),
    "kin": _one_of(RELATIVES),
    "color": _one_of(COLOURS),
    "date": _one_of(DATES),
    "prob": _one_of(PROBLEMS),
    "want": _one_of(WISHES),
    "mb": _one_of(BANDWIDTHS),
}

# -- sentences, salad, dialogues --------------------------------------------------------------------------------


def without_punctuation(text: str) -> str:
    """Only what is spoken: the text without ``，。？、！；：`` and spaces."""
    return re.sub(r"[，。？、！；：…—\s]", "", text)


def fill(text: str, rng: random.Random) -> str:
    """Fill every ``{slot}`` of a template text."""
    return SLOT.sub(lambda match: SLOTS[match[1]](rng), text)


def fill_sentence(rng: random.Random, templates: Sequence[Template] = TRAINING_TEMPLATES) -> Sentence:
    """Draw one template and fill it."""
    template = rng.choice(templates)
    return Sentence(template.role, template.topic, fill(template.text, rng))


@functools.cache
def _clauses(extra: bool) -> list[list[str]]:
    """The clauses of the training templates, cut into words by jieba."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    return [
        list(jieba.cut(piece))
        for template in TRAINING_TEMPLATES + (EXTRA_TEMPLATES if extra else [])
        for clause in re.split("[，。？]", SLOT.sub(" ", template.text))
        for piece in clause.split()
    ]


def _phrase(rng: random.Random, extra: bool) -> str:
    """One to three neighbouring words of a template."""
    words = rng.choice(_clauses(extra))
    length = min(len(words), rng.choice([1, 1, 2, 2, 3]))
    first = rng.randint(0, len(words) - length)
    return "".join(words[first : first + length])


_SALAD_SLOTS = (
    "name fullname fullname fullname plan plan place place district district abroad biz kin color date want prob"
).split()
_UNITS = "元 块 兆 分钟 小时 个月".split()


def salad(rng: random.Random, *, extra: bool = False) -> str:
    """One to six unrelated phrases, numbers and names; `extra` draws from `EXTRA_TEMPLATES` too."""
    parts: list[str] = []
    count = rng.randint(1, 6)
    for index in range(count):
        draw = rng.random()
        if draw < 0.70:
            parts.append(_phrase(rng, extra))
        elif draw < 0.78:
            parts.append(_digits(rng, rng.randint(1, 6)))
        elif draw < 0.82:
            parts.append(_telephone(rng)[: rng.randint(3, 11)])
        elif draw < 0.87:
            parts.append(_money(rng) + rng.choice(_UNITS))
        else:
            parts.append(SLOTS[rng.choice(_SALAD_SLOTS)](rng))
        if index < count - 1 and rng.random() < 0.15:
            parts.append("，")
    return "".join(parts) + rng.choice("。。？")


class Topic(NamedTuple):
    """Which template sections a dialogue about one problem draws from."""

    opening: tuple[str, ...]
    answer: tuple[str, ...]
    follow_up: tuple[str, ...]


TOPICS = {
    "bill": Topic(("bill",), ("bill", "deep"), ("bill", "react")),
    "flow": Topic(("flow",), ("flow", "deep"), ("flow", "react")),
    "broad": Topic(("broad",), ("broad",), ("broad", "react")),
    "signal": Topic(("signal",), ("broad", "deep"), ("signal", "react")),
    "complaint": Topic(("complaint",), ("complaint", "deep"), ("complaint", "react")),
    "plan": Topic(("plan",), ("plan", "deep"), ("plan", "react")),
    "roam": Topic(("roam",), ("roam", "deep"), ("roam", "react")),
    "port": Topic(("port",), ("port", "contract"), ("port", "react")),
    "contract": Topic(("contract",), ("contract",), ("contract", "react")),
}

Manner = Literal["good", "deflect", "rude"]


def dialogue(rng: random.Random, topic: str, manner: Manner) -> list[Sentence]:
    """The sentences of one call, in order."""
    opening, answer, follow_up = TOPICS[topic]
    turns: list[Sentence] = []
    used: set[str] = set()

    def say(role: Role, topics: Iterable[str]) -> None:
        wanted = [t for name in topics for t in TEMPLATES if t.role == role and t.topic == name]
        template = rng.choice([t for t in wanted if t.text not in used] or wanted)
        used.add(template.text)
        turns.append(Sentence(role, template.topic, fill(template.text, rng)))

    say("agent", ["greet"])
    say("customer", ["greet"])
    say("agent", ["bc"])
    say("customer", opening)
    if rng.random() < 0.8:
        for _ in range(rng.randint(1, 2)):
            say("agent", ["ident"])
            say("customer", ["ident", "bc"])
    draw = rng.random()
    if manner == "rude" and draw < 0.5:
        say("agent", ["taboo"])
    elif draw < 0.7:
        say("agent", ["hold"])
        say("customer", ["bc"])
        say("agent", ["back"])
    for _ in range(rng.randint(2, 4)):
        helpful = manner == "good" or rng.random() < 0.5
        say("agent", answer if helpful else ["shallow"] if manner == "deflect" else ["taboo", "shallow"])
        if rng.random() < 0.3:
            say("customer", ["bc"])
            say("agent", answer)
        say("customer", follow_up if manner == "good" else [*follow_up, "complaint"])
    if rng.random() < 0.4:
        say("agent", ["phone"])
        say("customer", ["bc"])
    say("agent", ["close"])
    say("customer", ["close"])
    if rng.random() < 0.6:
        say("agent", ["close"])
    return turns


def main() -> None:
    """Print the figures of the corpus."""
    agent = sum(template.role == "agent" for template in TEMPLATES)
    held_out = len(TEMPLATES) - len(TRAINING_TEMPLATES)
    print(f"{len(TEMPLATES)} templates: {agent} agent, {len(TEMPLATES) - agent} customer, {held_out} held out")
    rng = random.Random(0)
    sentences = [fill_sentence(rng).text for _ in range(8000)]
    salads = [salad(rng) for _ in range(8000)]
    print(f"{len(CHARACTERS)} characters; used by sentences {len(set(''.join(sentences)))}")
    for name, texts in (("sentences", sentences), ("salad", salads)):
        print(f"{name}: {sum(map(len, texts)) / len(texts):.1f} characters each, as {', '.join(texts[:3])}")


if __name__ == "__main__":
    main()
