"""How the characters of a name are explained: 高兴的高, 弓长张, 言午许. They tell a name as much as the name itself does.

customer   我叫章建国，立早章，建设的建          the name, 立早章 and 建设的建
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from qa_speech.language.data import word_list

_OF_WORD = re.compile("(?<=[一-鿿])(?:的那个|的|那个)(?P<char>[一-鿿])")
_SIDES = "(?:[草竹宝雨穴]字?头|三点水|两点水|提手旁|单人旁|双人旁|绞丝旁|走之底?|[一-鿿]字?旁|[一-鿿]字底)"
_OF_SIDE = re.compile(
    rf"(?:一个)?(?:上面|左边|右边)?{_SIDES}(?:的|加上?|右边|下面)?(?:一?个)?[一-鿿](?:[字的]{{1,2}}[一-鿿])?"
)
"""木字旁一个辛的梓; without the character itself too."""
_OF_SAME = re.compile("[两三四]个[一-鿿]的[一-鿿]")
"""三个水的淼."""
_CLAUSE_BEFORE = re.compile("(?:(?<=[，,。、])|(?<![^\n]))[一-鿿]{2,4}$")
LONGEST_WORD, SHORTEST_WORD = 4, 2
"""Characters of the word that a character is known from (欣欣向荣的欣)."""


LONGEST_SIGN = 1
"""Characters between two explanations of one name."""


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
    return sorted([*_of_parts(text), *_of_words(text), *_of_sides(text)])


def chains(explanations: Sequence[Explained]) -> list[list[Explained]]:
    """Explanations that follow each other with nothing but a sign between: those of one name.

    >>> [[one.char for one in chain] for chain in chains(explained("草头范，云朵的云，办不了，客户的户"))]
    [['范', '云'], ['户']]
    """
    found: list[list[Explained]] = []
    for one in explanations:
        if found and 0 <= one.start - found[-1][-1].end <= LONGEST_SIGN:
            found[-1].append(one)
        else:
            found.append([one])
    return found


@cache
def _by_parts() -> re.Pattern[str]:
    parts = " ".join(word_list("character_parts")).split()
    return re.compile("|".join(sorted(parts, key=len, reverse=True)))


def _of_parts(text: str) -> Iterator[Explained]:
    for match in _by_parts().finditer(text):
        yield Explained(match.start(), match.end(), match.group()[-1])


def _of_sides(text: str) -> Iterator[Explained]:
    """木字旁一个辛的梓, 山字旁一个争, 三个水的淼."""
    for pattern in (_OF_SIDE, _OF_SAME):
        for match in pattern.finditer(text):
            yield Explained(match.start(), match.end(), match.group()[-1])


def _of_words(text: str) -> Iterator[Explained]:
    """建设的建: the character behind 的 is in the word before it."""
    for match in _OF_WORD.finditer(text):
        first = max(0, match.start() - LONGEST_WORD)
        at = text.find(match["char"], first, match.start())
        if at >= 0:
            start = min(at, max(first, match.start() - SHORTEST_WORD))
            clause = _CLAUSE_BEFORE.search(text, first, match.start())
            if clause is not None:
                start = min(start, clause.start())
            yield Explained(start, match.end(), match["char"])
