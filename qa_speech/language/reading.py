"""How text is read aloud: numbers, amounts, dates, times, codes and Latin letters as spoken, and its syllables.

    written   您的话费是98.5元，尾号3385          syllables
    spoken    您的话费是九十八点五元 尾号三三八五    11 + 6

Recognisers write numbers as digits, so characters of the text are no measure of what was said: 10010 is five
syllables and 98.5% is eight. A number is read as a quantity or digit by digit; what stands before and after it
decides:

* digit by digit: phone and identity numbers, service numbers (10010), leading zeros, years (2023年), what follows
  尾号, 工号, 验证码, 拨打 …, four and more digits before 号, and five and more digits without a unit;
* as a quantity: everything with a unit or a classifier behind it, round numbers, and up to four digits.

One syllable per Han character: 儿 counts where it is written. 二 and 两, 一 and 幺 count the same. Huawei counts
punctuation and spaces as characters of its 语速; Alibaba publishes no rule; both miss what digits stand for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

from qa_speech.language.cardinals import cardinal, decimal, digits
from qa_speech.language.data import word_list

_HAN = re.compile(r"[〇々㐀-䶿一-鿿豈-﫿ぁ-ゖァ-ヺ가-힣\U00020000-\U0003ffff]+")
"""And kana and Hangul: what is one syllable a character."""
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ']+")
_NEEDS_READING = re.compile(r"[0-9A-Za-zÀ-ÿ％０-９Ａ-Ｚａ-ｚ%]")
# wide forms of what belongs to numbers; ，stays, it is no thousands separator
_WIDE = str.maketrans("０１２３４５６７８９％：．－／＋＝＜＞＄￥～〜　", "0123456789%:.-/+=<>$¥~~ ") | {
    code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
LONGEST_SPELLED = 4
"""Capital letters that are read by name at most."""


@lru_cache(maxsize=16384)
def syllables(text: str) -> int:
    """Spoken syllables of a text; punctuation and spaces have none.

    >>> [syllables(text) for text in ("您好，请讲。", "10010", "98.5%", "尾号3385", "办个VIP", "5G套餐")]
    [4, 5, 8, 6, 5, 4]
    """
    if _NEEDS_READING.search(text) is None:
        return _han_characters(text)
    spoken = read_aloud(text)
    return _han_characters(spoken) + sum([latin_syllables(word) for word in _LATIN.findall(spoken)])


def _han_characters(text: str) -> int:
    return sum([len(run) for run in _HAN.findall(text)])


def read_aloud(text: str) -> str:
    """The text with its numbers and signs written as they are spoken; Latin letters stay.

    >>> read_aloud("2023年5月1日14:30扣费1,234.5元")
    '二零二三年五月一日十四点三十分扣费一千二百三十四点五元'
    >>> read_aloud("请拨打10010，验证码是402817，流量30GB")
    '请拨打一零零一零，验证码是四零二八一七，流量三十GB'
    """
    return _PATTERN.sub(_spoken, text.translate(_WIDE))


def _spoken(match: re.Match[str]) -> str:
    kind = match.lastgroup
    assert kind is not None
    return _RULES[kind].read(match)


@lru_cache(maxsize=4096)
def latin_syllables(word: str) -> int:
    """Syllables of a Latin word: from the list, else capitals by letter name (W has three), else by its vowels.

    >>> [latin_syllables(word) for word in ("WiFi", "VIP", "IPTV", "W", "roaming", "code", "table")]
    [2, 3, 4, 3, 2, 1, 2]
    """
    lower = word.lower().strip("'")
    listed = _listed().get(lower)
    if listed is not None:
        return listed
    abbreviated = word.isupper() and len(word) <= LONGEST_SPELLED
    if len(word) == 1 or abbreviated or not _VOWEL.search(lower):
        letters = [letter for letter in lower if letter.isalpha()]
        return len(letters) + 2 * letters.count("w")
    return max(1, len(_VOWEL.findall(_SILENT.sub("", lower))))


@cache
def _listed() -> dict[str, int]:
    found: dict[str, int] = {}
    for line in word_list("english_syllables"):
        word, count = line.split()
        found[word] = int(count)
    return found


_VOWEL = re.compile(r"[aeiouyà-öø-ÿ]+")
# a final e is mute (code), and so is that of -es and -ed, but for -le after a consonant (table), -ted, -ses …
_SILENT = re.compile(r"(?<=[^aeiouy])(?<![^aeiouy]l)e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouyscxzhg])es$")


# ------------------------------------------------------------------------------------------------ signs and units

_MONEY = {
    "¥": "元", "$": "美元", "US$": "美元", "A$": "澳元", "HK$": "港元", "€": "欧元", "£": "英镑", "₽": "卢布",
    "CNY": "人民币", "RMB": "人民币", "USD": "美元", "HKD": "港元", "EUR": "欧元", "GBP": "英镑", "TWD": "新台币",
    "JPY": "日元", "AUD": "澳元",
}  # fmt: skip
_UNITS = {
    "km/h": "千米每小时", "kwh": "千瓦时", "kw": "千瓦", "kg": "千克", "km": "千米", "cm": "厘米", "mm": "毫米",
    "mg": "毫克", "ml": "毫升", "m²": "平方米", "km²": "平方千米", "cm²": "平方厘米", "㎡": "平方米",
    "m³": "立方米", "ms": "毫秒", "min": "分钟",
    "mbps": "兆", "mb": "兆", "mhz": "兆赫", "ghz": "吉赫", "°c": "摄氏度", "℃": "摄氏度", "°": "度",
    "mol": "摩尔", "m": "兆", "w": "万", "s": "秒", "h": "小时", "l": "升",
}  # fmt: skip
_SIGNS = {
    "+": "加", "×": "乘", "*": "乘", "÷": "除以", "=": "等于", "≤": "小于等于", "<=": "小于等于", "≥": "大于等于",
    ">=": "大于等于", "<": "小于", ">": "大于", "≈": "约等于", "≠": "不等于", "#": "井", "@": "艾特",
}  # fmt: skip

_NUM = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_FIND_NUM = re.compile(_NUM)
_UNIT = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))
_CURRENCY = r"(?:(?:US|HK|A)\$|[¥$€£₽]|(?:CNY|RMB|USD|HKD|EUR|GBP|TWD|JPY|AUD)(?=\s?\d))"
_MEASURE_WORDS = (
    "[元块毛角钱人个名位次条只件张台部份套户家天日月年周秒兆度米里斤克吨升倍折岁项种类级层楼页遍段道门场双对包盒"
    "箱瓶杯碗笔款根支间座辆架艘本册篇字成股亩平万亿千百多余几点时刻公立毫厘]"
)
# a classifier or measure right behind a number makes it a quantity
_CLASSIFIER = re.compile(rf"\s?(?:{_MEASURE_WORDS}|分(?!机)|小时|左右|以[上下内外]|之[前后间])")
_CODE_NAMES = "[尾工账帐卡单编代区]号|号码?|验证码|密码|编码|代码|邮编|身份证|订单|分机|手机|电话|座机|固话"
_CODE_VERBS = "拨打?|致电|热线|回复|发送|输入|[后前][一二两三四五六七八]位"
_CODE_BEFORE = re.compile(rf"(?:{_CODE_NAMES}|{_CODE_VERBS})(?:就?是|为|叫|[:,\s])*$")
_CALL_AFTER = re.compile(r"(?:是|的)?(?:报警|急救|火警|客服|热线|电话|号码)")
_EMERGENCY = frozenset(("110", "112", "114", "119", "120", "122", "911", "999"))


def _is_code(number: str, before: str, after: str) -> bool:
    """Whether a whole number is read digit by digit."""
    if number[0] == "0" and len(number) > 1:
        return True
    if _CLASSIFIER.match(after):
        return False
    if after.startswith("号"):
        return len(number) > 3
    if _CODE_BEFORE.search(before):
        return True
    if number in _EMERGENCY:
        alone = not before.strip() and not after.strip()
        return alone or _CALL_AFTER.match(after) is not None
    return len(number) > 4 and not number.endswith("000")


# ------------------------------------------------------------------------------------------------ one rule per kind


def _digits_of(match: re.Match[str]) -> str:
    number = match.group()
    return digits(number) + ("X" if number[-1] in "Xx" else "")


def _numbers_in(match: re.Match[str]) -> list[str]:
    return re.findall(r"\d+", match.group())


def _date(match: re.Match[str]) -> str:
    parts = _numbers_in(match)
    if len(parts[0]) < 4:
        parts.reverse()
    year, *rest = parts
    spoken = f"{digits(year)}年"
    for part, name in zip(rest, ("月", "日"), strict=False):
        spoken += cardinal(part) + name
    return spoken


def _day(match: re.Match[str]) -> str:
    month, day = _numbers_in(match)
    return f"{cardinal(month)}月{cardinal(day)}日"


def _year(match: re.Match[str]) -> str:
    return digits(match.group())


def _clock(match: re.Match[str]) -> str:
    hour, minute, *second = _numbers_in(match)
    half = re.search("[ap]", match.group().lower())
    before = match.string[max(0, match.start() - 4) : match.start()]
    if not half and not second and _is_result(hour, minute, before):
        return f"{cardinal(hour)}比{cardinal(minute)}"
    spoken = _HALF_OF_DAY[half.group()] if half else ""
    spoken += f"{cardinal(hour)}点"
    if int(minute) or second:
        spoken += _minutes(minute)
    if second:
        spoken += f"{cardinal(second[0])}秒"
    return spoken


_HALF_OF_DAY = {"a": "上午", "p": "下午"}


def _is_result(first: str, second: str, before: str) -> bool:
    """Whether 3:2 is the result of a match and no time of day."""
    no_time = int(first) > 24 or int(second) > 59
    return no_time or re.search("比分|[胜负平冷]$", before) is not None


def _minutes(minute: str) -> str:
    gap = "零" if minute[0] == "0" and int(minute) else ""
    return f"{gap}{cardinal(minute)}分"


def _score(match: re.Match[str]) -> str:
    return "比".join([cardinal(number) for number in _numbers_in(match)])


def _percent(match: re.Match[str]) -> str:
    text = match.group()
    sign = "负" if text[0] in "-−" else ""
    of = "千分之" if "‰" in text else "百分之"
    numbers = [decimal(number) for number in _FIND_NUM.findall(text)]
    spoken = sign + of + "到".join(numbers)
    if spoken == "百分之一百":
        return "百分之百"
    return spoken


def _money(match: re.Match[str]) -> str:
    text = match.group()
    amounts = list(_FIND_NUM.finditer(text))
    written, after = text[: amounts[0].start()], text[amounts[-1].end() :]
    scale = "".join([char for char in after if char in "万亿"])
    spoken = "到".join([decimal(amount.group()) for amount in amounts])
    return spoken + scale + _MONEY[written.strip()]


def _measure(match: re.Match[str]) -> str:
    text = match.group()
    amount = _FIND_NUM.match(text)
    assert amount is not None
    unit = text[amount.end() :].strip().lower()
    return decimal(amount.group()) + _UNITS[unit]


def _fraction(match: re.Match[str]) -> str:
    top, low = _numbers_in(match)
    return f"{cardinal(low)}分之{cardinal(top)}"


def _dotted(match: re.Match[str]) -> str:
    return "点".join([digits(part) for part in match.group().split(".")])


def _sign(match: re.Match[str]) -> str:
    return _SIGNS[match.group().strip()]


def _star(match: re.Match[str]) -> str:
    return "星"


def _between(match: re.Match[str]) -> str:
    return "到"


def _minus(match: re.Match[str]) -> str:
    return "正负" if match.group() == "±" else "负"


def _number(match: re.Match[str]) -> str:
    number = match.group()
    before, after = _around(match)
    if not number.isdecimal():
        return decimal(number)
    follows_letter = before[-1:].isascii() and before[-1:].isalpha()
    if follows_letter:
        is_code = number[0] == "0" or len(number) > 2  # MH370, but A12
    else:
        is_code = _is_code(number, before, after)
    if is_code:
        return digits(number)
    if not follows_letter and _continues(number, before):
        return f"零{cardinal(number)}"
    return cardinal(number)


def _around(match: re.Match[str]) -> tuple[str, str]:
    """What stands before and after a number, as far as it decides how the number is read."""
    text = match.string
    start, end = match.span()
    return text[max(0, start - 12) : start], text[end : end + 6]


def _continues(number: str, before: str) -> bool:
    """Whether a number goes on after 亿 or 万 with places left out: 1亿2300 is 一亿零两千三百."""
    places = _DIGITS_AFTER.get(before[-1:], 0)
    return before[-2:-1].isdecimal() and 1 < len(number) < places


_DIGITS_AFTER = {"亿": 8, "万": 4}


class _Rule(NamedTuple):
    """What is read in a way of its own: how it is written, and how it is spoken."""

    pattern: str
    read: Callable[[re.Match[str]], str]


_Y, _M, _D = r"(?:19|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_MM, _DD = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_ALONE = r"(?<![\d.:/-])"
_END = r"(?![-/.:]?\d|[元块%])"
_MONTH_BETWEEN = rf"(?:-{_M}-|/{_M}/|\.{_M}\.)"
_FULL_DATE = rf"{_Y}{_MONTH_BETWEEN}{_D}|{_D}{_MONTH_BETWEEN}{_Y}"
_YEAR_AND_MONTH = rf"{_Y}[-/.]{_MM}|{_MM}[-/.]{_Y}"
_MOBILE = r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
_LANDLINE, _SERVICE, _IDENTITY = r"0\d{2,3}[- ]\d{7,8}", r"[48]00[- ]?\d{3,4}[- ]?\d{3,4}", r"\d{17}[\dXx]"
_COMPARED = r"(?<=[\d)])\s?(?:<=|>=|[+×*÷=≤≥<>≈≠])\s?(?=[\d(−-])"
_RULES: dict[str, _Rule] = {
    "phone": _Rule(rf"(?<!\d)(?:{_MOBILE}|{_LANDLINE}|{_SERVICE}|{_IDENTITY})(?![\d.])", _digits_of),
    "date": _Rule(rf"{_ALONE}(?:{_FULL_DATE}|{_YEAR_AND_MONTH}){_END}", _date),
    "day": _Rule(rf"{_ALONE}(?:0[1-9][-/.]{_DD}|1[0-2][-/]0[1-9]){_END}", _day),
    "year": _Rule(r"(?<!\d)(?:[12]\d{3}(?=\s?年)|\d\d(?=年\d{1,2}月)|[5-9]0(?=后))", _year),
    "clock": _Rule(r"(?<![\d.:])\d{1,2}:\d\d(?::\d\d)?(?:\s?[aApP]\.?[mM]\b\.?)?(?![\d:])", _clock),
    "score": _Rule(r"(?<![\d.:])\d{1,3}:\d{1,3}(?![\d:])", _score),
    "percent": _Rule(rf"(?:(?<!\d)[-−])?(?:{_NUM}%?\s?[-~至到]\s?)?{_NUM}\s?[%‰]", _percent),
    "money": _Rule(rf"{_CURRENCY}\s?{_NUM}(?:\s?[-~至到]\s?{_NUM})?[万亿]?元?", _money),
    "measure": _Rule(rf"(?<![A-Za-z]){_NUM}\s?(?i:{_UNIT})(?![A-Za-z0-9²³])", _measure),
    "dotted": _Rule(r"\d+(?:\.\d+){2,}", _dotted),
    "fraction": _Rule(r"(?<![\d/.])\d+\s?/\s?\d+(?![\d/.])", _fraction),
    "number": _Rule(_NUM, _number),
    "minus": _Rule(r"(?:(?<![A-Za-z0-9)%\s-])|(?<=[=≤≥<>]\s))[-−](?=\d)|±(?=\d)", _minus),
    "key": _Rule(r"\*(?=号?键)", _star),
    "sign": _Rule(rf"#(?=[号键])|(?<=\w)@(?=\w)|{_COMPARED}|[≥≤](?=\d)", _sign),
    "between": _Rule(r"(?<=[\d%])\s?[-~]\s?(?=\d)", _between),
}
_NAMED = [f"(?P<{name}>{rule.pattern})" for name, rule in _RULES.items()]
_PATTERN = re.compile("|".join(_NAMED))
