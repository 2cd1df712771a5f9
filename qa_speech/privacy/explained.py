"""How the characters of a name are explained: 高兴的高, 弓长张, 言午许. They tell a name as much as the name itself does.

customer   我叫章建国，立早章，建设的建          the name, 立早章 and 建设的建
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from qa_speech.language.data import word_list

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


@cache
def _by_parts() -> re.Pattern[str]:
    parts = " ".join(word_list("character_parts")).split()
    return re.compile("|".join(sorted(parts, key=len, reverse=True)))


def _of_parts(text: str) -> Iterator[Explained]:
    for match in _by_parts().finditer(text):
        yield Explained(match.start(), match.end(), match.group()[-1])


def _of_words(text: str) -> Iterator[Explained]:
    """建设的建: the character behind 的 is in the word before it."""
    for match in _OF_WORD.finditer(text):
        first = max(0, match.start() - LONGEST_WORD)
        at = text.find(match["char"], first, match.start())
        if at >= 0:
            start = min(at, max(first, match.start() - SHORTEST_WORD))
            yield Explained(start, match.end(), match["char"])
