"""How the characters of a name are explained: 高兴的高, 弓长张, 言午许. They tell a name as much as the name itself does.

customer   我叫章建国，立早章，建设的建          the name, 立早章 and 建设的建
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BY_PARTS = (
    "弓长张 立早章 木子李 十八子李 双木林 言午许 口天吴 古月胡 耳东陈 草头黄 草字头黄 大肚黄 禾呈程 人可何 双口吕 三横王 三划王 木易杨 走肖赵 文刀刘 卯金刀刘 干勾于 干钩于 人则余 未入余"
    " 西早覃 雨田雷 双人徐 三点水江 单人付 美女姜 羊女姜 女良娘 工口石 山石岩 四维罗 四夕罗 水共洪 三水洪 田力男 禾火秋 示申神 十口叶 口十叶 土申坤 日月明 马户驴 两点冯 二马冯 马骏骏 关耳郑"
    " 广龙庞 白水泉 金帛锦 反文旁政 木每梅 木公松 木白柏 王令玲 王久玖 女亭婷 立里童 门三闫 三门闫 三闫闫 言炎谭 言射谢 言身寸谢 身寸谢 白勺的 日京景 士口吉 古文故 方块田 耳火耿 草化花 人韦伟 单人伟 日军晖"
).split()
_OF_PARTS = re.compile("|".join(sorted(_BY_PARTS, key=len, reverse=True)))
_OF_WORD = re.compile("(?<=[一-鿿])的(?:那个)?(?P<char>[一-鿿])")
LONGEST_WORD, SHORTEST_WORD = 4, 2
"""Characters of the word that a character is known from (欣欣向荣的欣)."""


class Explained(NamedTuple):
    """``text[start:end]`` explains the character `char`."""

    start: int
    end: int
    char: str


def explained(text: str) -> list[Explained]:
    """Explanations of characters, in order; in other talk too, where no name is meant (办卡的卡).

    >>> text = "章是立早章，建设的建，客户的姓名，欣欣向荣的欣"
    >>> [text[one.start : one.end] for one in explained(text)]
    ['立早章', '建设的建', '欣欣向荣的欣']
    """
    return sorted([*_of_parts(text), *_of_words(text)])


def _of_parts(text: str) -> Iterator[Explained]:
    for match in _OF_PARTS.finditer(text):
        yield Explained(match.start(), match.end(), match.group()[-1])


def _of_words(text: str) -> Iterator[Explained]:
    """建设的建: the character behind 的 is in the word before it."""
    for match in _OF_WORD.finditer(text):
        first = max(0, match.start() - LONGEST_WORD)
        at = text.find(match["char"], first, match.start())
        if at >= 0:
            start = min(at, max(first, match.start() - SHORTEST_WORD))
            yield Explained(start, match.end(), match["char"])
