"""Letters, digits and signs as people spell them on the telephone: ``abc，下划线，五二零``, ``字母 d z q 然后数字九五二七``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_SMALL_WORDS = "小写的?|大写的?|全是|英文|字母|数字|然后是?|后面是?|接着是?|再加?|加上?|就是|呃|嗯|[，,、\\s]"
_SIGNS = "下划线|中横线|横杠|减号|杠|点"
_TOKEN = re.compile(
    rf"(?P<unit>[A-Za-z0-9_.\-]|[零〇一二三四五六七八九幺两]|{_SIGNS})|(?P<between>{_SMALL_WORDS})|(?P<other>.)",
    re.DOTALL,
)
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
    ('d z q，然后九五二七', 3, 4)
    """
    units = []
    for match in _TOKEN.finditer(text, at, at + LONGEST):
        if match.lastgroup == "other":
            break
        if match.lastgroup == "unit":
            units.append(match)
    return _spelled(units, at)


def spelled_before(text: str, at: int) -> Spelled:
    """What is spelled up to a place, in characters; empty where nothing is.

    >>> text = "邮箱x，l，y，然后九二零三，艾特"
    >>> found = spelled_before(text, 15)
    >>> text[found.start : found.end]
    'x，l，y，然后九二零三'
    """
    units: list[re.Match[str]] = []
    for match in _TOKEN.finditer(text, max(0, at - LONGEST), at):
        if match.lastgroup == "other":
            units = []
        elif match.lastgroup == "unit":
            units.append(match)
    return _spelled(units, at)


def _spelled(units: Sequence[re.Match[str]], at: int) -> Spelled:
    if not units:
        return Spelled(at, at, 0, 0)
    said = [match.group() for match in units]
    letters = sum(char.isascii() and char.isalpha() for char in said)
    digits = sum(char in "零〇一二三四五六七八九幺两" or char.isdecimal() for char in said)
    return Spelled(units[0].start(), units[-1].end(), letters, digits)
