"""Words of texts: how many texts of one heap a word stands in, against another heap. 热词 and what 其它 speaks of.

A word counts once a text. What differs beyond chance is found by the log-likelihood ratio (Dunning 1993; Rayson & Garside 2000)
over all words at once, q ≤ 0.05. Words in fewer than four texts are not shown, nor digits, names with 先生 or 女士, function words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from qa_speech.language.tokens import words
from qa_speech.service.columns import Array, Words
from qa_speech.service.document import SMALL_CELL
from qa_speech.stats.discoveries import q_values

FALSE_SHARE = 0.05
_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z]{2,}")
_PERSON = re.compile(r"先生|女士|小姐$|老师$|师傅$")
STOP = frozenset(
    "我们 你们 他们 这个 那个 一个 没有 什么 怎么 可以 现在 已经 还是 就是 不是 但是 因为 所以 如果 这样 那么 然后 时候 知道 "
    "觉得 需要 应该 可能 自己 一下 一直 多次 客户 用户 您好 你好 谢谢 再见 请问 麻烦 工单 反映 来电 表示 要求 希望 处理 问题 "
    "进行 情况 这里 那边 这边 好的 不好意思 帮您 为您 一点 还有 或者 以及 不能 不会 不要 这种 哪个 多少".split()
)


def words_of(text: str) -> set[str]:
    """The words of a text that may be shown.

    >>> sorted(words_of("李先生反映10010收不到发票，发票"))
    ['发票', '收不到']
    """
    found: set[str] = set()
    for word in words(text):
        if _WORD.fullmatch(word) and word not in STOP and not _PERSON.search(word):
            found.add(word.lower())
    return found


def counted(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each word stands."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text))
    return counts


def keywords(texts: Sequence[str], others: Sequence[str]) -> list[Words]:
    """Words that stand in more of `texts` than of `others` beyond chance, the most telling first."""
    return compared(counted(texts), counted(others), len(texts), len(others))


def compared(now: Counter[str], before: Counter[str], texts: int, others: int) -> list[Words]:
    """The same from counts; without other texts the most frequent words.

    >>> found = compared(Counter(发票=30, 信号=10), Counter(发票=5, 信号=40), 100, 400)
    >>> [word.word for word in found]
    ['发票']
    """
    shown = sorted(word for word, count in now.items() if count >= SMALL_CELL)
    if not shown:
        return []
    if not others:
        ranked = sorted(shown, key=lambda word: (-now[word], word))
        return [Words(word, now[word], 0) for word in ranked]
    mine = np.array([now[word] for word in shown], float)
    theirs = np.array([before[word] for word in shown], float)
    ratio = log_likelihood(mine, theirs, texts, others)
    q = q_values(_chance(ratio))
    found: list[tuple[float, Words]] = []
    for index, word in enumerate(shown):
        if q[index] <= FALSE_SHARE and mine[index] / texts > theirs[index] / others:
            found.append((float(ratio[index]), Words(word, now[word], before[word])))
    found.sort(key=lambda pair: (-pair[0], pair[1].word))
    return [word for _, word in found]


def log_likelihood(mine: Array, theirs: Array, texts: int, others: int) -> Array:
    """2 log λ that a word is as frequent in both heaps; mine of `texts`, theirs of `others` hold it."""
    rate = (mine + theirs) / (texts + others)
    found = np.zeros(len(mine))
    for held, size in ((mine, texts), (theirs, others)):
        expected, missing = size * rate, size - held
        found += _part(held, expected) + _part(missing, size - expected)
    return np.asarray(2 * found)


def _part(held: Array, expected: Array) -> Array:
    safe = np.maximum(held, 1e-300) / np.maximum(expected, 1e-300)
    return np.where(held > 0, held * np.log(safe), 0.0)


def _chance(ratio: Array) -> Array:
    from scipy.special import chdtrc

    return np.asarray(chdtrc(1, np.maximum(ratio, 0.0)))
