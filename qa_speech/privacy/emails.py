"""E-mail addresses, written or spoken: ``zhang_3@163.com``, lisi艾特qq点com, z h a n g 下划线 三 at 126 点 com."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa_speech.privacy.spelled import spelled_before

_SIGN = re.compile(
    r"(?:@|＠|[(（]at[)）]|艾特儿?|爱特|埃特|(?<![A-Za-z])a\s?t(?![A-Za-z])|圈{1,2}\s?[aAａ]|花\s?a|小老鼠)(?:这?个?符号?)?",
    re.IGNORECASE,
)
_GAP = r"(?:[，,、\s]|然后是?|后面是?){0,2}"
_DOT = r"(?:\.|．|点儿?|[(（]dot[)）]|dot)"
_LETTER = r"(?!dot(?![A-Za-z]))[A-Za-z0-9\-]\s?"
_HOST = rf"(?:{_LETTER}|[一二三六幺两九八]\s?|[横中短]?杠|中划线|减号|网易|新浪|搜狐|谷歌|雅虎|腾讯|阿里云){{1,40}}+"
_TOP = r"(?:com|cn|net|org|edu|gov|vip|cc|io|co|me|c\s?o\s?m|康姆|抗母|西欧爱慕|恩一踢)"
_DOMAIN = re.compile(rf"{_GAP}(?:{_HOST}{_GAP}{_DOT}{_GAP}){{1,3}}{_TOP}(?![A-Za-z]{{2}}|[0-9])", re.IGNORECASE)
_CHINESE_DOMAIN = re.compile(rf"{_GAP}[一-鿿]{{1,8}}\s?{_DOT}\s?(?:中国|公司|网络|网址|{_TOP})")
_HOST_ALONE = re.compile(rf"{_GAP}{_HOST}", re.IGNORECASE)
_ANNOUNCED = re.compile(r"(?:邮箱|邮件)[^，。,]{0,6}(?:是|为|：|:)\s?$")
_TOGETHER = re.compile(r"(?<![A-Za-z0-9._%+\-])(?<![A-Za-z0-9]\s)(?<![杠线点])[A-Za-z0-9._%+\-*]{4,64}$")
_GOES_ON = re.compile(r"(?:加上?|然后是?|后面是?|再|跟着?|全拼|拼音|[qQ]{2}号|数字|字母|大写|小写)的?[，,、\s]?$")
LONGEST_LEAD = 10
LONGEST_NAME = 64
"""Characters before the sign (RFC 5321)."""


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Spans of e-mail addresses, in characters, written, spoken or spelled letter by letter.

    >>> text = "邮箱是zhang_3@163.com，或者李四 lisi艾特qq点com"
    >>> [text[start:end] for start, end in emails(text)]
    ['zhang_3@163.com', 'lisi艾特qq点com']
    """
    last = 0
    for sign in _SIGN.finditer(text):
        start = _begins(text, sign.start(), last)
        if start == sign.start():
            continue
        end = _ends(text, start, sign.end())
        if end:
            yield start, end
            last = end


def _begins(text: str, at: int, last: int) -> int:
    """Where what stands before the sign begins, not before `last`; `at` where nothing does."""
    before = text[max(last, at - LONGEST_NAME - 2) : at]
    together = _TOGETHER.search(before)
    if together is not None and not _GOES_ON.search(before[: together.start()]):
        return at - len(before) + together.start()
    return max(last, spelled_before(text, at).start)


def rest_of_email(text: str) -> tuple[int, int] | None:
    """Where an utterance goes on with an address that was begun in one before: the sign and the domain, in characters.

    >>> text = "然后艾特qq点com"
    >>> rest_of_email(text), rest_of_email("艾特我")
    ((2, 10), None)
    """
    sign = _SIGN.search(text, 0, LONGEST_LEAD)
    if sign is None or spelled_before(text, sign.start()).start < sign.start():
        return None
    domain = _DOMAIN.match(text, sign.end())
    return None if domain is None else (sign.start(), domain.end())


def _ends(text: str, start: int, at: int) -> int:
    """Where the domain behind the sign ends; 0 where there is none, or half a one that nothing announced."""
    domain = _DOMAIN.match(text, at) or _CHINESE_DOMAIN.match(text, at)
    if domain is not None:
        return domain.end()
    host = _HOST_ALONE.match(text, at)
    if host is not None and _ANNOUNCED.search(text[max(0, start - 16) : start]):
        return host.end()
    return 0
