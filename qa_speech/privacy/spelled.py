"""Letters, digits and signs as people spell them on the telephone: ``abc，下划线，五二零``, ``字母 d z q 然后数字九五二七``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_DESCRIBING = (
    "(?:全是|都是|一?个)?(?:小写|大写)的?(?:字母)?|英文字?母?的?|字母|数字|"
    "(?:我|他|她)?的?(?:名字|姓名|姓)?的?(?:全拼|拼音)的?|[qQ]{2}号"
)
"""Words that say what kind of characters follow: they belong to what is spelled."""
_BETWEEN = (
    "全是|然后(?:呢|再)?是?|后面(?:再)?(?:是|跟着?|加上?)?|前面是?|接着是?|跟着?|跟上|开头的?|结尾的?|再一个|再来一?个?|再加?上?|加上?一?个?|就是|符号|"
    "呃|嗯|啊|[，,、\\s]"
)
_SIGNS = "下划线|下横线|中划线|中横线|短横线?|横线|横杠|减号|杠|点儿?"
_TOKEN = re.compile(
    rf"(?P<times>[两二三四]个(?=\s?[A-Za-z0-9零〇一二三四五六七八九幺]))"
    rf"|(?P<unit>[A-Za-z0-9_.\-]|[零〇一二三四五六七八九幺两]|{_SIGNS})"
    rf"|(?P<describing>{_DESCRIBING})|(?P<between>{_BETWEEN})|(?P<other>.)",
    re.DOTALL,
)
_TIMES = {"两个": 1, "二个": 1, "三个": 2, "四个": 3}
"""How many characters more than one are said."""
LONGEST = 80
"""Characters of a text that are looked at before or behind a place."""


class Spelled(NamedTuple):
    """``text[start:end]`` is spelled; `letters` of the Latin alphabet and `digits`, written or spoken, are in it."""

    start: int
    end: int
    letters: int
    digits: int


def spelled_after(text: str, at: int) -> Spelled:
    """What is spelled from a place on, in characters; empty where nothing is.

    >>> text = "微信号字母d z q，然后九五二七，谢谢"
    >>> found = spelled_after(text, 3)
    >>> text[found.start : found.end], found.letters, found.digits
    ('字母d z q，然后九五二七', 3, 4)
    """
    tokens = []
    for match in _TOKEN.finditer(text, at, at + LONGEST):
        if match.lastgroup == "other":
            break
        tokens.append(match)
    return _spelled(tokens, at)


def spelled_before(text: str, at: int) -> Spelled:
    """What is spelled up to a place, in characters; empty where nothing is.

    >>> text = "邮箱x，l，y，然后九二零三，艾特"
    >>> found = spelled_before(text, 15)
    >>> text[found.start : found.end]
    'x，l，y，然后九二零三'
    """
    tokens: list[re.Match[str]] = []
    for match in _TOKEN.finditer(text, max(0, at - LONGEST), at):
        if match.lastgroup == "other":
            tokens = []
        else:
            tokens.append(match)
    return _spelled(tokens, at)


def _spelled(tokens: Sequence[re.Match[str]], at: int) -> Spelled:
    """From the first word that says what is spelled, or the first character, to the last character."""
    units = [match.group() for match in tokens if match.lastgroup == "unit"]
    if not units:
        return Spelled(at, at, 0, 0)
    first = next(match for match in tokens if match.lastgroup != "between")
    last = next(match for match in reversed(tokens) if match.lastgroup == "unit")
    letters = sum(char.isascii() and char.isalpha() for char in units)
    digits = sum(char in "零〇一二三四五六七八九幺两" or char.isdecimal() for char in units)
    again = sum(_TIMES[match.group()] for match in tokens if match.lastgroup == "times")
    return Spelled(first.start(), last.end(), letters, digits + again)
