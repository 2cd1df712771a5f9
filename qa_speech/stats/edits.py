"""How far two texts differ, character by character."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Row: TypeAlias = npt.NDArray[np.int32]


class Aligned(NamedTuple):
    """The least number of edits, and the places (in the first text, in the second) of characters that match."""

    edits: int
    matches: list[tuple[int, int]]


def edit_distance(reference: str, heard: str) -> int:
    """Substitutions, deletions and insertions that lead from one text to the other, as few as possible.

    Levenshtein 1966; row by row after Wagner & Fischer 1974.

    >>> edit_distance("您好请讲", "你好请讲吧"), edit_distance("", "您好")
    (2, 2)
    """
    last = np.arange(len(heard) + 1, dtype=np.int32)
    for row in _rows(reference, heard):
        last = row
    return int(last[-1])


def aligned(reference: str, heard: str) -> Aligned:
    """The same, with the characters that match; of several ways one.

    >>> aligned("您好请讲", "你好请讲")
    Aligned(edits=1, matches=[(1, 1), (2, 2), (3, 3)])
    """
    cost = np.stack([np.arange(len(heard) + 1, dtype=np.int32), *_rows(reference, heard)])
    matches: list[tuple[int, int]] = []
    i, j = len(reference), len(heard)
    while i and j:
        is_same = reference[i - 1] == heard[j - 1]
        if cost[i, j] == cost[i - 1, j - 1] + (not is_same):
            if is_same:
                matches.append((i - 1, j - 1))
            i, j = i - 1, j - 1
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return Aligned(int(cost[-1, -1]), matches[::-1])


def _rows(reference: str, heard: str) -> Iterator[Row]:
    """Row by row the edits from each beginning of `reference` to each beginning of `heard`, but for the empty one."""
    letters = np.frombuffer(heard.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    places = np.arange(len(heard) + 1, dtype=np.int32)
    above = places
    for count, letter in enumerate(reference, 1):
        row = np.empty_like(above)
        row[0] = count
        replaced = above[:-1] + (letters != ord(letter))
        row[1:] = np.minimum(replaced, above[1:] + 1)
        # a run of insertions: the least of all places before, and one for each step
        row = np.minimum.accumulate(row - places) + places
        yield row
        above = row
