"""What courtesy says and where it belongs: the courteous words of an agent, by the strategy they serve.

    您先别急，我帮您查一下      softener, honorific, empathy, promise

The phrases stand in ``language/data/courtesy_phrases.txt``, by strategy and by their place in a call. ConvoKit's Chinese
list, made for microblogs, has no 您好.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple, TypeAlias, get_args

from qa_speech.language.data import word_list
from qa_speech.language.phrases import PhraseHit, find_phrases, fold_lines, occurring

Strategy: TypeAlias = Literal["greeting", "thanks", "apology", "softener", "honorific", "empathy", "promise"]
Place: TypeAlias = Literal["opening", "introduction", "identity", "return", "further_help", "closing"]

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

_PLAIN_YOU = re.compile("你(?!们|好)")


class Courtesy(NamedTuple):
    """Courteous words: ``text[start:end]`` and the strategy they serve."""

    start: int
    end: int
    strategy: Strategy


@cache
def phrases_of(name: Strategy | Place) -> tuple[str, ...]:
    """The phrases of a strategy, or of a place in the call.

    >>> "您好" in phrases_of("greeting"), "久等" in phrases_of("return")
    (True, True)
    """
    sections: dict[str, list[str]] = {}
    section: list[str] = []
    for line in word_list("courtesy_phrases"):
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), [])
        else:
            section.append(line)
    return tuple(sections[name])


@lru_cache(maxsize=4096)
def courtesies(text: str) -> tuple[Courtesy, ...]:
    """The courteous words of an utterance, in the order of the text; of one strategy no two overlap, the longer stands.

    >>> [courtesy.strategy for courtesy in courtesies("非常抱歉，您稍等")]
    ['apology', 'honorific', 'softener']
    """
    found: list[Courtesy] = []
    for strategy in STRATEGIES:
        kept: list[PhraseHit] = []
        for hit in sorted(find_phrases(text, phrases_of(strategy)), key=_longest_first):
            if all(hit.end <= other.start or hit.start >= other.end for other in kept):
                kept.append(hit)
        found += [Courtesy(hit.start, hit.end, strategy) for hit in kept]
    return tuple(sorted(found))


def _longest_first(hit: PhraseHit) -> tuple[int, int]:
    return hit.start - hit.end, hit.start


def strategies_in(texts: Sequence[str]) -> list[frozenset[Strategy]]:
    """The strategies that each of many utterances serves, in one pass over all of them.

    >>> [sorted(held) for held in strategies_in(["非常抱歉，您稍等", "三十九元"])]
    [['apology', 'honorific', 'softener'], []]
    """
    joined = fold_lines(texts)
    starts = list(accumulate([len(line) + 1 for line in joined.split("\n")], initial=0))
    served: list[set[Strategy]] = [set() for _ in texts]
    for strategy in STRATEGIES:
        for _, phrase in occurring(phrases_of(strategy))(joined):
            at = joined.find(phrase)
            while at >= 0:
                line = bisect_right(starts, at) - 1
                served[line].add(strategy)
                at = joined.find(phrase, starts[line + 1])
    return [frozenset(strategies) for strategies in served]


def plain_you(text: str) -> int:
    """How often the customer is called 你; 你好 and 你们 do not count.

    >>> plain_you("你好，你先看你的账单，你们家")
    2
    """
    return len(_PLAIN_YOU.findall(text))
