"""Character n-grams of texts, hashed into buckets: what the linear models read.

    text → folded → (in pieces) → n-grams → numbers of buckets

n-grams of a whole block of texts are made at once by a rolling hash over one array of code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[np.int64]

START, END = "\x02", "\x03"
STEP = np.uint64(1_000_003)
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_DROPPED = re.compile(r"[^\w?\x02\x03]+|_+")
_SPACES = re.compile(r"\s+")
_DIGITS = re.compile(r"\d+")
_MARKS = re.compile(r"https?://[!-~]+|\[[^\]\s]{1,24}\]|#E-s|&\w+;")


@lru_cache(maxsize=16384)
def fold_text(text: str, *, marks: bool = False) -> str:
    """What the n-grams are made of: no punctuation but ``?``, small letters, any number = 0, start and end marked.

    Links, masks ([电话]) and signs of chat programs are left out; `marks` keeps them, and the punctuation.

    >>> fold_text("您好，ＯＫ 120元？").strip(START + END)
    '您好ok0元?'
    """
    text = unicodedata.normalize("NFKC", text if marks else _MARKS.sub("", text)).lower()
    text = _SPACES.sub(" ", text).strip() if marks else _DROPPED.sub("", text)
    return f"{START}{_DIGITS.sub('0', text)}{END}".replace("\x00", "")


def pieces(text: str, window: int) -> list[str]:
    """A folded text in overlapping pieces of at most `window` characters; whole where `window` is 0 or it is short.

    >>> pieces("abcdefgh", 4)
    ['abcd', 'cdef', 'efgh']
    """
    if not window or len(text) <= window:
        return [text]
    step = window // 2
    return [text[at : at + window] for at in range(0, len(text) - step, step)]


def ngram_buckets(texts: Sequence[str], *, longest: int, bits: int) -> tuple[Integers, Integers]:
    """The different buckets of each text: one flat array, and where each text starts in it (one more than texts).

    Parameters
    ----------
    texts
        Folded texts; a NUL character in them separates nothing and should not occur.
    longest
        n-grams of 1 to this many characters.
    bits
        There are ``2**bits`` buckets.

    Examples
    --------
    >>> buckets, starts = ngram_buckets(["您好", "您好您好"], longest=1, bits=12)
    >>> starts.tolist(), sorted(buckets[:2]) == sorted(buckets[2:])
    ([0, 2, 4], True)
    """
    codes = np.frombuffer(("\x00".join(texts) + "\x00").encode("utf-32-le"), np.uint32).astype(np.uint64)
    # for each character how many texts ended before it: which text it belongs to
    ended: Integers = np.concatenate((np.zeros(1, np.int64), np.cumsum(codes == 0)))
    text_of = ended[:-1]
    rolling = np.zeros(len(codes), np.uint64)
    keys = []
    for n in range(1, longest + 1):
        count = len(codes) - n + 1
        if count <= 0:
            break
        rolling = rolling[:count] * STEP + codes[n - 1 :]
        within = ended[n : n + count] == ended[:count]
        bucket = ((rolling[within] + np.uint64(n)) * MULTIPLIER) >> np.uint64(64 - bits)
        text = text_of[:count][within].astype(np.uint64)
        keys.append((text << np.uint64(bits)) | bucket)
    found = _different(np.concatenate(keys))
    starts = np.searchsorted(found, np.arange(len(texts) + 1, dtype=np.int64) << np.int64(bits))
    return found & ((1 << bits) - 1), starts


def _different(keys: npt.NDArray[np.uint64]) -> Integers:
    """The keys of n-grams in order, each once, as indices; a sort is faster than `numpy.unique` here."""
    ordered = np.sort(keys)
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    return ordered[first].astype(np.int64)
