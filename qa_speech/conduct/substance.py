"""What an agent's words give the customer: the parts of an answer, and how much beside them is filler.

    agent      因为超了套餐流量，每兆两毛九，建议您开个包   parts: reason, number, option
    agent      您别着急，我这就帮您问一下                 comfort and promise: filler

What the parts come to as an answer to a question is the matter of `levels`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

from qa_speech.conduct.kinds import SUBSTANCE, PartKind
from qa_speech.conduct.tagging import TaggedText, clause_ends
from qa_speech.language.asking import ends_in_question
from qa_speech.language.dialogue import only_backchannel_words
from qa_speech.language.phrases import places

CLAUSE = 4
"""Spoken characters from which a clause can tell something."""
MOST = 100
"""Different things of one kind, and clauses, that are counted: more say no more, and each is held against those before it."""

_FIGURE = re.compile("[0-9一二两三四五六七八九十百千万零半]+")


class Part(NamedTuple):
    """Words that give the customer something: ``text[start:end]`` of an utterance, and what they give."""

    utterance: int
    start: int
    end: int
    kind: PartKind


def parts_of(tagged: TaggedText, utterance: int = 0) -> tuple[Part, ...]:
    """The parts of an answer in an utterance, in the order of the text; of one kind no two overlap.

    `utterance` is its index in the call.

    >>> from qa_speech.conduct.tagging import tag_text
    >>> text = "因为超了流量，每兆两毛九，建议您开个包"
    >>> [(part.kind, text[part.start : part.end]) for part in parts_of(tag_text(text))]
    [('reason', '因为'), ('number', '每兆两毛九'), ('option', '建议您开')]
    """
    if "part" not in tagged.groups:
        return ()
    place = places(tagged.text)
    kept: list[Part] = []
    last: dict[str, int] = {}
    for tag in tagged.tags:
        if tag.group == "part" and tag.start >= last.get(tag.kind, 0):
            last[tag.kind] = tag.end
            kept.append(Part(utterance, place[tag.start], place[tag.end - 1] + 1, cast(PartKind, tag.kind)))
    return tuple(kept)


def acknowledges(tagged: TaggedText) -> bool:
    """Whether an utterance is no more than 好的, 请稍等, 不客气 or the phrases of a closing."""
    acknowledged = "acknowledge" in tagged.groups and "part" not in tagged.groups
    return acknowledged or only_backchannel_words(tagged.text)


def informs(tagged: TaggedText) -> bool:
    """Whether an agent's utterance tells something: more than an acknowledgement, an announced look-up, a question back.

    >>> from qa_speech.conduct.tagging import tag_texts
    >>> [informs(tagged) for tagged in tag_texts(["好的请稍等", "请问您的手机号是多少", "是套餐外的流量"])]
    [False, False, True]
    """
    return not acknowledges(tagged) and (not ends_in_question(tagged.text) or "part" in tagged.groups)


def count_substance(tagged: TaggedText) -> int:
    """How many different things an answer says: 四块五，四块五 is one, 三天到账，收两成 is two.

    >>> from qa_speech.conduct.tagging import tag_texts
    >>> [count_substance(tagged) for tagged in tag_texts(["好的", "是四块五哦，四块五", "三天到账，收百分之十"])]
    [0, 1, 2]
    """
    said: dict[str, list[str]] = {}
    for tag in tagged.tags:
        if tag.group != "part" or tag.kind not in SUBSTANCE:
            continue
        words = tagged.folded[tag.start : tag.end]
        figure = _FIGURE.search(words)
        thing = figure.group() if figure else words
        known = said.setdefault(tag.kind, [])
        if len(known) < MOST and not any(thing in other or other in thing for other in known):
            known.append(thing)
    return sum([len(known) for known in said.values()])


def fillers(tagged: TaggedText) -> frozenset[str]:
    """What an answer is filled with that gives nothing: away, promise, comfort, asking, wanting, market.

    >>> from qa_speech.conduct.tagging import tag_texts
    >>> [sorted(fillers(tagged)) for tagged in tag_texts(["您别着急", "一切以页面为准", "三十九元"])]
    [['comfort'], ['away'], []]
    """
    return frozenset([tag.kind for tag in tagged.tags if tag.group == "empty"])


def count_facts(tagged: TaggedText) -> int:
    """How many clauses tell something of their own: no courtesy, no promise, not what was said before.

    >>> from qa_speech.conduct.tagging import tag_texts
    >>> texts = ["您别着急，马上给您看一下", "预售期没到，每天早上八点放票", "能办的，能办"]
    >>> [count_facts(tagged) for tagged in tag_texts(texts)]
    [0, 2, 0]
    """
    borders = [0, *clause_ends(tagged.text), len(tagged.folded)]
    filled = _Filled([(tag.start, tag.end) for tag in tagged.tags if tag.group in ("empty", "acknowledge")])
    told: list[frozenset[str]] = []
    for start, end in pairwise(borders):
        clause = tagged.folded[start:end]
        if len(clause) < CLAUSE or filled.touches(start, end):
            continue
        if len(told) == MOST:
            break
        pairs = frozenset([clause[at : at + 2] for at in range(len(clause) - 1)])
        if all(2 * len(pairs & other) <= len(pairs) for other in told):
            told.append(pairs)
    return len(told)


class _Filled:
    """Stretches of a text that give nothing, asked by place; both their starts and their ends rise."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._starts = sorted([start for start, _ in spans])
        self._ends = sorted([end for _, end in spans])

    def touches(self, start: int, end: int) -> bool:
        """Whether one of them shares a character with ``[start, end)``: as many begin before its end as end after its start."""
        begun = bisect_left(self._starts, end)
        over = bisect_right(self._ends, start)
        return begun > over
