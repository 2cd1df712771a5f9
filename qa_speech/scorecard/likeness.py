"""How alike two texts are: the cosine of the sets of their neighbouring characters (or sounds), 0–1. No model.

It finds the same sentence said again or with small changes; it does not understand. A sentence with the same meaning
in other words is beyond it: give more examples of it, or judge by hand.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import TypeVar

T = TypeVar("T")


_UNIT, _PAIR = 4, 8
"""Bytes of a character in UTF-32, and of two."""


@lru_cache(maxsize=16384)
def pairs(text: str) -> frozenset[str]:
    """Neighbouring characters of a text; a single character stands for itself.

    >>> sorted(pairs("查话费"))
    ['查话', '话费']
    """
    return frozenset(map(str.__add__, text, text[1:])) or frozenset(text)


def pair_codes(text: str) -> list[int]:
    """The neighbouring characters of a text in order, each two as one number: `pairs` of many texts in one go.

    >>> codes = pair_codes("对不对不对")
    >>> len(codes), len(set(codes)), len(pairs("对不对不对"))
    (4, 2, 2)
    """
    codes = [0] * max(0, len(text) - 1)
    units = memoryview(text.encode("utf-32-le"))  # four bytes a character, so a pair is one number of eight
    in_pairs = _PAIR * (len(text) // 2)
    shifted = _UNIT + _PAIR * (len(codes) // 2)
    codes[0::2] = units[:in_pairs].cast("Q").tolist()
    codes[1::2] = units[_UNIT:shifted].cast("Q").tolist()
    return codes


def likeness(one: frozenset[str], two: frozenset[str]) -> float:
    """Cosine of two sets, 0–1.

    >>> round(likeness(pairs("我想查话费"), pairs("我要查话费")), 2)
    0.5
    """
    if not one or not two:
        return 0.0
    return len(one & two) / sqrt(len(one) * len(two))


def is_alike(one: frozenset[T], two: frozenset[T], limit_squared: float) -> bool:
    """Whether `likeness` (0–1) reaches the limit, given its square; many pairs are told apart by their sizes alone.

    >>> is_alike(pairs("我想查话费"), pairs("我要查话费"), 0.5**2)
    True
    """
    small, large = len(one), len(two)
    if small > large:
        small, large = large, small
    # the smaller set over the larger bounds the likeness
    if small < limit_squared * large:
        return False
    return len(one & two) ** 2 >= limit_squared * small * large
