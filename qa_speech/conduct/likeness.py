"""What two texts have in common, by their character pairs without those of asking itself (请问, 什么, 能不能)."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

SAME_QUESTION = 0.5
"""Share of character pairs, 0–1, from which a customer asks the same again."""
FEWEST_PAIRS = 3
"""Character pairs below which nothing is the same question."""

_STOPS = re.compile(
    "请问|麻烦|一下|我想|想问|咨询|你好|您好|那个|这个|就是|然后|一个|什么|怎么|为什么|多少|时候|是不是|能不能|可以|有没有|我们|你们|他们"
    "|现在|因为|知道|没有|如果|还是|多久"
)


def asks_the_same(first: str, second: str) -> bool:
    """Whether two questions (folded) are the same in other words.

    >>> asks_the_same("我的话费怎么多了二十块", "话费为什么多了二十块"), asks_the_same("我的话费怎么多了", "怎么销户呢")
    (True, False)
    """
    one, other = _pairs(first), _pairs(second)
    shorter = min(len(one), len(other))
    return shorter >= FEWEST_PAIRS and len(one & other) / shorter >= SAME_QUESTION


def shared(question: str, answer: str) -> float:
    """Share of the question's character pairs, 0–1, without those of asking itself, that the answer holds (both folded).

    >>> shared("请问套餐多少钱", "这个套餐三十九元"), shared("请问", "套餐三十九元")
    (1.0, 0.0)
    """
    pairs = _pairs(question)
    if not pairs:
        return 0.0
    return len(pairs & _neighbours(answer)) / len(pairs)


@lru_cache(maxsize=64)
def _neighbours(folded: str) -> frozenset[str]:
    """Every two characters that stand side by side."""
    return frozenset([first + second for first, second in pairwise(folded)])


@lru_cache(maxsize=1024)
def _pairs(folded: str) -> frozenset[str]:
    kept = _STOPS.sub(" ", folded)
    pairs = [first + second for first, second in pairwise(kept)]
    return frozenset([pair for pair in pairs if " " not in pair])
