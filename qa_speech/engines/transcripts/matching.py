"""A text and the words it is made of: the same letters, but spaces and punctuation stand only in one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_UNIT = re.compile(r"(?:[A-Za-z0-9']+|[\u3400-\u9fff\U00020000-\U0003ffff]|[^\W_])[^\w]*")
_SIGNS = re.compile(r"[\W_]+")
_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def letters(text: str) -> str:
    """A text without spaces and signs, in small letters.

    >>> letters("您好， OK！")
    '您好ok'
    """
    return _SIGNS.sub("", text).lower()


def without_gaps(text: str) -> str:
    """A text whose Chinese words stand apart, as recognisers write it, without these spaces.

    >>> without_gaps("您 好 VIP 用户")
    '您好 VIP 用户'
    """
    return _GAP.sub("", text)


def units(text: str) -> list[str]:
    """Characters of Chinese, words of Latin letters and digits; punctuation stays with the unit before it.

    >>> units("您好，VIP用户")
    ['您', '好，', 'VIP', '用', '户']
    """
    return [unit.rstrip() for unit in _UNIT.findall(text)]


def cut_like(text: str, parts: Sequence[str]) -> list[str]:
    """`text` in as many pieces as there are `parts`, cut where these end; the parts themselves if letters differ.

    >>> cut_like("您好，请讲。我想查", ["您好请讲", "我想查"]), cut_like("4G", ["四", "G"])
    (['您好，请讲。', '我想查'], ['四', 'G'])
    """
    if letters(text) != letters("".join(parts)):
        return list(parts)
    pieces = []
    at = 0
    for part in parts:
        end = _end_of(text, at, len(letters(part)))
        pieces.append(text[at:end])
        at = end
    if pieces:
        pieces[-1] += text[at:]
    return pieces


def _end_of(text: str, at: int, wanted: int) -> int:
    """Where `wanted` letters from a place on end, the signs after them included."""
    taken = 0
    while at < len(text):
        size = len(letters(text[at]))
        if size and taken >= wanted:
            break
        taken += size
        at += 1
    return at
