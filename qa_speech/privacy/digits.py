"""Runs of digits in a conversation, as people give numbers on the telephone.

    customer   我的手机号是幺三八 嗯 零零    |   幺三八零零零零
    agent                                 嗯，您说
    one run                    1 3 8   0 0       1 3 8 0 0 0 0

A run goes on over fillers, punctuation, labels (后四位是), corrections (不对，是 …) and over the other party's short
words, from one utterance of a role to the next. It ends at any other word and at quantities (三十八元, 5G, 两个月).
A character that only sounds like a digit (要 for 幺, 期 for 七) or that is no digit at all may stand between digits;
such a digit is not `sure`, and whoever judges the run may leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from qa_speech.call import Role, Utterance
from qa_speech.language.data import word_list
from qa_speech.privacy import numerals
from qa_speech.privacy.cues import nearest_cue

LONGEST_PAUSE_S = 20.0
"""Two groups of one number lie at most this far apart."""
SHORT_ANSWER = 12
"""Letters and characters of what the other party may say between two groups."""

BEFORE_X = 3
"""Digits that an X may follow: it stands only at the end of an identity number, or of its last four characters."""
LONG_CODE = 8
"""Digits of an order number after which its speaker's next utterance is no part of it."""
GROUP_STARTS = (3, 7)
"""Digits of a telephone number after which its next four are sometimes read as a number of their own (二千二百一十九)."""
MOST_UNKNOWN = 2
"""Words between digits that may be misheard digits; more of them (一人二人三人) are words."""


class Digit(NamedTuple):
    """``text[start:end]`` of an utterance stands for the digits `value` (several for 三个八); ``?`` is an unknown digit."""

    value: str
    utterance: int
    start: int
    end: int
    sure: bool
    group: int


class Run(NamedTuple):
    """Digits of one role that belong together; `corrected` holds the groups that a correction comes before."""

    role: Role
    digits: tuple[Digit, ...]
    corrected: tuple[int, ...]
    dotted: bool

    @property
    def value(self) -> str:
        """What is surely said."""
        return "".join([digit.value for digit in self.digits if digit.sure])


_LOOKING = "我看一下啊?|我看一下|我看看|我想一下|我想想|让我看看|让我想想"
_LISTEN = "您?你?稍等一?下?|等一?下?等?|您?你?[再]?记一?下|您?你?听好"
_HUMS = "嗯+|啊|呃+|额+|哦+|噢|唔|诶|哎|唉|欸|哈|嘛|呢|呀|恩"
_NODS = "好的?|是的|对[的吧吗]?|行|喂"
_LINKS = "那个|这个|就是说?|然后(?:呢|是)?|接着是?|完了是?|那么"
_FILLERS = f"{_LOOKING}|{_LISTEN}|{_HUMS}|{_NODS}|{_LINKS}"
_WHICH_PART = "前|后|中间|最后|末尾|接下来|下面|开头|再往后|再后面|剩下"
_HOW_MANY = "(?:[一二两三四五六七八九]|[0-9])?(?:个|位|位数|个数|段)?(?:数字?)?"
_LABELS = (
    f"(?:{_WHICH_PART})(?:面|边|头|的)?{_HOW_MANY}(?:呢|就?是)"
    "|(?:前|后|中间|最后)(?:面|边|头)?(?:[一二两三四五六七八九]|[0-9])位"
    "|前面|后面|中间|最后|接下来|尾号是?|开头是?|第[一二三四五]段是?|空格|逗号|(?:中|短)?横[杠线]|杠|减号?"
)
_SLIPS = "说错了?|讲错了?|报错了?|念错了?|看错了?|记错了?|打错了?|搞错了?|弄错了?|错了"
_AGAIN = "我?重新?[说报念讲]一?[下遍次]?|我?重新?来|(?:我)?再[说报念讲]一?[下遍次]"
_CORRECTIONS = f"不对不对|不对|不是不是|不是|{_SLIPS}|更正(?:一下)?|应该是|{_AGAIN}"
_UNITS = "元块毛角分秒点年月日天周岁个位次遍家条部种张件台份户套层楼兆折倍级名口米度时刻期直下共定般样些起十百千万亿"
_JOINED = "转加"
"""What joins two numbers and is no digit misheard: 6610转802, 12加256."""
_SCALES = "十百千万亿"
_MEASURES = "[元块毛角%％‰度兆积岁折倍个位次条张件台份户套层楼期级名]"
_TIMES = "分(?!机)|秒|年|月|日|天|周|小时|点"
_WRITTEN_UNITS = re.compile(rf"\s?(?:{_MEASURES}|{_TIMES}|万|亿|千|百|[A-WYZa-wyz])")
_MORE = re.compile(r"前面|后面|中间|最后|剩下|接着|继续|再|下面|往后")
_CODE_BEFORE = re.compile(r"[A-Za-z¥￥$_]\s?$|[A-Za-z]/$")
_CHEAP = re.compile(r"[0-9０-９零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖洞拐]")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@cache
def _sounds() -> tuple[dict[str, str], dict[str, str]]:
    """(characters that are digits, characters that sound like one)"""
    sure: dict[str, str] = {}
    like: dict[str, str] = {}
    for line in word_list("digit_sounds"):
        head, _, tail = line.partition("|")
        digit, *chars = head.split()
        sure.update(dict.fromkeys("".join(chars), digit))
        like.update(dict.fromkeys(tail.strip(), digit))
    return sure, like


@cache
def _scanner() -> re.Pattern[str]:
    """Everything a text can hold, by what it means for a number: the first group that fits counts."""
    sure, like = _sounds()
    han = "".join(sure)
    alike = "".join(like)
    # 八期 ends a number unless more digits follow, which may be misheard themselves: 二八期留零 (2 8 7 6 0)
    unit = rf"(?:[{_UNITS}](?![0-9{han}])(?<![期起](?=[{alike}]))|[{_SCALES}])"
    month, day = "(?:0?[1-9]|1[0-2])", "(?:[0-2]?[0-9]|3[01])"
    full_date = rf"(?:19|20)[0-9]{{2}}[-/.年]{month}[-/.月]{day}(?![0-9])"
    groups = (
        rf"(?P<times>(?:[两二三四五六2-6]个|双)(?P<same>[0-9{han}])(?![0-9{_SCALES}]))",
        rf"(?P<wrong>{_CORRECTIONS})",
        rf"(?P<label>{_LABELS})",
        rf"(?P<filler>{_FILLERS})",
        rf"(?P<date>{full_date}|[{han}]{{2,4}}年)",
        r"(?P<decimal>[0-9]+\.[0-9]{1,2}(?![0-9.]))",
        r"(?P<number>[0-9]+)",
        rf"(?P<hundreds>[一幺]百[三四五六七八九]十[一二三四五六七八九]?(?![{_SCALES}{_UNITS}几多]))",
        rf"(?P<thousands>[{han}]千(?:零|[{han}]百)(?:零|[{han}]十)?[{han}]?(?![{_SCALES}{_UNITS}几多]))",
        rf"(?P<measured>[{han}]{unit})",
        rf"(?P<han>[{han}])",
        r"(?P<x>(?:大写(?:的)?)?(?:[Xx]|叉|艾克斯|爱克斯|埃克斯|[插查差岔](?![\u4e00-\u9fff])))",
        rf"(?P<like>[{alike}])",
        r"(?P<mark>[\s,，、。;；…\-－—–_()（）·~～?？!！“”\"]+)",
        r"(?P<dot>\.)",
        r"(?P<other>.)",
    )
    return re.compile("|".join(groups), re.DOTALL)


def digit_runs(utterances: Sequence[Utterance]) -> list[Run]:
    """All runs of two and more digits, by the utterance and place they begin at.

    Parameters
    ----------
    utterances : sequence of Utterance
        In the order of the call; texts may be None.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 号码是幺三八", "agent: 嗯", "customer: 零零 幺三八", "customer: 四个零，话费38元")
    >>> [run.value for run in digit_runs(call.utterances)]
    ['138001380000']
    """
    found: list[Run] = []
    for role in Role:
        mine = [index for index, said in enumerate(utterances) if said.role is role and said.text]
        found += _runs_of(role, utterances, mine)
    return sorted(found, key=lambda run: (run.digits[0].utterance, run.digits[0].start))


class _Open:
    """The run being gathered."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.found: list[Run] = []
        self.reset()

    def reset(self) -> None:
        self.digits: list[Digit] = []
        self.corrected: list[int] = []
        self.group = 0
        self.dotted = False

    def add(self, value: str, utterance: int, start: int, end: int, *, sure: bool = True) -> None:
        self.digits.append(Digit(value, utterance, start, end, sure, self.group))

    def add_group(self, values: str, utterance: int, start: int, end: int) -> None:
        """Digits that one number in words stands for, as a group of their own."""
        self.boundary()
        for value in values:
            self.add(value, utterance, start, end)
        self.boundary()

    def sure_digits(self) -> int:
        return sum(digit.sure for digit in self.digits)

    def close(self) -> None:
        if not self.digits:
            return
        while self.digits and self.digits[-1].value == "?":
            self.digits.pop()
        length = sum(len(digit.value) for digit in self.digits if digit.sure)
        unknown = sum(digit.value == "?" for digit in self.digits)
        if length > 1 and unknown <= MOST_UNKNOWN:
            self.found.append(Run(self.role, tuple(self.digits), tuple(self.corrected), self.dotted))
        self.reset()

    def is_whole(self) -> bool:
        """Whether the digits make a number that needs no more; a card of 16 digits may yet become one of 19."""
        for first in (0, *self.corrected):
            number = "".join([digit.value for digit in self.digits if digit.sure and digit.group >= first])
            found = numerals.certain(number, "") if number else None
            if found is None:
                continue
            if found.kind != "bank_card" or len(number) >= numerals.LONGEST_CARD:
                return True
        return False

    def is_code(self, utterances: Sequence[Utterance]) -> bool:
        """Whether the digits are a long number announced as that of an order, a device …"""
        if self.sure_digits() < LONG_CODE:
            return False
        first = self.digits[0]
        before = (utterances[first.utterance].text or "")[: first.start]
        return nearest_cue(before) == "code"

    def boundary(self) -> None:
        if self.digits and self.digits[-1].group == self.group:
            self.group += 1

    def dot(self) -> None:
        self.boundary()
        if self.digits:
            self.dotted = True

    def wrong(self) -> None:
        self.boundary()
        if self.digits and self.group not in self.corrected:
            self.corrected.append(self.group)


def _runs_of(role: Role, utterances: Sequence[Utterance], mine: Sequence[int]) -> list[Run]:
    run = _Open(role)
    previous = -1
    for index in mine:
        text = utterances[index].text or ""
        if run.digits or _CHEAP.search(text):
            if run.digits and _is_over(run, utterances, previous, index):
                run.close()
            run.boundary()
            _scan(text.translate(_WIDE), index, run)
        previous = index
    run.close()
    return run.found


def _is_over(run: _Open, utterances: Sequence[Utterance], before: int, after: int) -> bool:
    """Whether the speaker's next utterance is no part of the run."""
    return run.is_whole() or run.is_code(utterances) or not _continues(utterances, before, after)


def _continues(utterances: Sequence[Utterance], before: int, after: int) -> bool:
    """Whether what lies between two utterances of a role lets a number go on."""
    if utterances[after].start - utterances[before].end > LONGEST_PAUSE_S:
        return False
    between = [said.text or "" for said in utterances[before + 1 : after]]
    return all(not has_words(text) or _goes_on(text) for text in between)


def _goes_on(text: str) -> bool:
    """Short, and no question for another number."""
    if len(re.sub(r"[\W_]+", "", text)) > SHORT_ANSWER:
        return False
    return not nearest_cue(text) or _MORE.search(text) is not None


def has_words(text: str) -> bool:
    """Whether a text holds anything but digits, fillers and labels.

    >>> has_words("嗯，一三八，后面是零零"), has_words("一三八对吗先生")
    (False, True)
    """
    return any(match.lastgroup in ("other", "decimal", "date") for match in _scanner().finditer(text.translate(_WIDE)))


def _scan(text: str, index: int, run: _Open) -> None:
    """Put the digits of one text into the run, closing it at other words."""
    sure, like = _sounds()
    for match in _scanner().finditer(text):
        kind, said = match.lastgroup, match.group()
        start, end = match.span()
        if kind == "times":
            run.add(_repeated(said[0], match.group("same")), index, start, end)
        elif kind == "number" and not _is_quantity(text, start, end):
            for place, char in enumerate(said, start):
                run.add(char, index, place, place + 1)
        elif kind == "hundreds" or (kind == "thousands" and run.sure_digits() in GROUP_STARTS):
            run.add_group(str(cardinal(said)), index, start, end)
        elif kind == "han":
            run.add(sure[said], index, start, end)
        elif kind == "x" and run.sure_digits() >= BEFORE_X:
            run.add("X", index, start, end)
        elif kind == "wrong":
            run.wrong()
        elif kind in ("label", "filler", "mark"):
            run.boundary()
            # 嗯 is no digit; a filler of one character that sounds like one is both
            if said in like:
                run.add(like[said], index, start, start + 1, sure=False)
        elif kind == "dot":
            run.dot()
        elif kind == "like":
            run.add(like[said], index, start, end, sure=False)
        elif kind == "other" and _between_digits(text, start, end):
            run.add("?", index, start, end, sure=False)
        else:
            run.close()


def _repeated(count: str, digit: str) -> str:
    """The digits that 三个八 or 双八 stands for."""
    sure, _ = _sounds()
    times = 2
    if count != "双":
        times = int(sure.get(count, count))
    return times * sure.get(digit, digit)


_SCALE = {"十": 10, "百": 100, "千": 1000}


def cardinal(text: str) -> int:
    """What a number below ten thousand in words is worth; a zero says nothing.

    >>> cardinal("一百三十八"), cardinal("二千零五"), cardinal("一千二百一十九")
    (138, 2005, 1219)
    """
    sure, _ = _sounds()
    total = digit = 0
    for char in text:
        if char in _SCALE:
            total += max(1, digit) * _SCALE[char]
            digit = 0
        else:
            digit = int(sure[char])
    return total + digit


def in_digits(text: str) -> str:
    """A text with every digit that is surely one as a numeral.

    >>> in_digits("电话幺三八零")
    '电话1380'
    """
    sure, _ = _sounds()
    return "".join([sure.get(char, char) for char in text])


def _is_quantity(text: str, start: int, end: int) -> bool:
    """Whether written digits, from character `start` to `end`, are an amount, a measure or part of a code with letters."""
    if _CODE_BEFORE.search(text[max(0, start - 2) : start]):
        return True
    after = _WRITTEN_UNITS.match(text, end)
    if after is None:
        return False
    # 13800138000天天欠费: as long as a telephone number, a unit behind it is the next word
    return end - start < 11 or after.group().strip() in ("元", "块", "%")


def _between_digits(text: str, start: int, end: int) -> bool:
    """Whether a character that is neither a unit nor a sign stands between two digits: it may be one, misheard."""
    if start == 0 or end == len(text):
        return False
    if text[start] in _UNITS or text[start] in _JOINED or text[start] < "一":
        return False
    sure, _ = _sounds()
    return all(char in sure or char.isdecimal() for char in (text[start - 1], text[end]))


def spans(digits: Sequence[Digit]) -> Iterator[tuple[int, int, int]]:
    """For each utterance its index, and where the first of `digits` starts and the last ends, in characters.

    >>> list(spans([Digit("1", 0, 3, 4, True, 0), Digit("3", 0, 5, 6, True, 0), Digit("8", 2, 0, 1, True, 1)]))
    [(0, 3, 6), (2, 0, 1)]
    """
    for index in dict.fromkeys(digit.utterance for digit in digits):
        here = [digit for digit in digits if digit.utterance == index]
        yield index, min(digit.start for digit in here), max(digit.end for digit in here)
