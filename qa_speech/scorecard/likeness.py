"""How alike two texts are: the cosine of the sets of their neighbouring characters (or sounds), 0–1. No model.

It finds the same sentence said again or with small changes; it does not understand. A sentence with the same meaning
in other words is beyond it: give more examples of it, or judge by hand.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt


@lru_cache(maxsize=16384)
def pairs(text: str) -> frozenset[str]:
    """Neighbouring characters of a text; a single character stands for itself.

    >>> sorted(pairs("查话费"))
    ['查话', '话费']
    """
    return frozenset(map(str.__add__, text, text[1:])) or frozenset(text)


def likeness(one: frozenset[str], two: frozenset[str]) -> float:
    """Cosine of two sets, 0–1.

    >>> round(likeness(pairs("我想查话费"), pairs("我要查话费")), 2)
    0.5
    """
    if not one or not two:
        return 0.0
    return len(one & two) / sqrt(len(one) * len(two))


def is_alike(one: frozenset[str], two: frozenset[str], limit_squared: float) -> bool:
    """Whether `likeness` (0–1) reaches the limit, given its square; many pairs are told apart by their sizes alone.

    >>> is_alike(pairs("我想查话费"), pairs("我要查话费"), 0.5**2)
    True
    """
    small, large = sorted((len(one), len(two)))
    # the smaller set over the larger bounds the likeness
    if small < limit_squared * large:
        return False
    return len(one & two) ** 2 >= limit_squared * small * large
