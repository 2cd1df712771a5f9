"""What was spoken, with the borders of its clauses: the ground of rules that know punctuation.

    您联系快递了吗？ 我帮您问。      您联系快递了吗？我帮您问。
    有 1,000.5 元；没有             有10005元。没有

Four marks are left, each for its likes: ， 。 ？ ！ — all other punctuation, and spaces, are spoken by nobody. A recogniser may
write none at all, or guess them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from qa_speech.language.phrases import even

MARKS = "，。？！"
"""The borders of clauses that are kept."""

_LIKE = str.maketrans({",": "，", ";": "。", "；": "。", ".": "。", "…": "。", "?": "？", "!": "！"})
_IN_NUMBERS = re.compile(r"(?<=\d)[.,，](?=\d)")
_UNSPOKEN = re.compile(f"[^\\w{MARKS}]|_")
_GONE = "\0"


@lru_cache(maxsize=16384)
def marked(text: str) -> str:
    """A text as `phrases.fold` leaves it, but with the borders of its clauses.

    >>> marked("您好，ＯＫ; 98.5 元……")
    '您好，ok。985元。。'
    """
    return _one_for_one(text).replace(_GONE, "")


def marked_places(text: str) -> list[int]:
    """For each of the characters of ``marked(text)`` its index in `text`.

    >>> marked_places("您 好，")
    [0, 2, 3]
    """
    return [place for place, character in enumerate(_one_for_one(text)) if character != _GONE]


def _one_for_one(text: str) -> str:
    """As long as the text: what is not spoken and no border is put out."""
    borders = _IN_NUMBERS.sub(_GONE, even(text)).translate(_LIKE)
    return _UNSPOKEN.sub(_GONE, borders)
