"""Words with what the rules find in them: the ground on which questions and answers are judged.

    因为超了套餐流量，建议您开个包      因为 part/reason   建议您开 part/option
    这个月怎么多了二十块              怎么多 ask/reason

The rules stand in ``language/data/substance_rules.txt``, in the notation that `language.notation` explains. Groups of rules
about an agent's words: part, acknowledge, empty (what fills an answer and gives nothing); about a customer's: ask, request,
done, unhelped (it did not help).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, cast

from qa_speech.conduct.kinds import PartKind
from qa_speech.language.notation import rule_set
from qa_speech.language.phrases import fold, fold_lines

RULES = "substance_rules"
OF_AGENT, OF_CUSTOMER = ("part", "acknowledge", "empty"), ("ask", "request", "done", "unhelped")
"""Groups of rules that are about an agent's words, and about a customer's."""

_PUNCTUATION = re.compile(r"[，。？！；,.?!;\s]+")
_NO_PARTS: frozenset[PartKind] = frozenset()


class Tag(NamedTuple):
    """A rule that fires: ``folded[start:end]``, the group of the rule, and its kind within the group."""

    start: int
    end: int
    group: str
    kind: str


class TaggedText(NamedTuple):
    """A text as it is, folded (`phrases.fold`), with its tags by place, their groups, and the kinds of parts among them."""

    text: str
    folded: str
    tags: tuple[Tag, ...]
    groups: frozenset[str]
    kinds: frozenset[PartKind]


def tag_texts(texts: Sequence[str], groups: tuple[str, ...] = ()) -> list[TaggedText]:
    """Tag many texts in one pass; `groups` = look for rules of these groups only.

    >>> [sorted(tagged.groups) for tagged in tag_texts(["月租多少钱", "三十九元"])]
    [['ask'], ['part']]
    """
    if not texts:
        return []
    joined = fold_lines(texts)
    rules = rule_set(RULES, groups)
    tags: list[list[Tag]] = [[] for _ in texts]
    for hit in rules.hits(joined):
        group, kind = rules.rules[hit.rule].section
        tags[hit.line].append(Tag(hit.start, hit.end, group, kind))
    lines = joined.split("\n")
    return [_tagged(text, folded, sorted(held)) for text, folded, held in zip(texts, lines, tags, strict=True)]


@lru_cache(maxsize=1024)
def tag_text(text: str) -> TaggedText:
    """One text, looked at with all rules.

    >>> tag_text("因为").tags
    (Tag(start=0, end=2, group='part', kind='reason'),)
    """
    return tag_texts([text])[0]


def join_tagged(tagged: Sequence[TaggedText]) -> TaggedText:
    """Utterances of one turn as one text, with a comma between them.

    >>> [tag.start for tag in join_tagged(tag_texts(["因为", "因为"])).tags]
    [0, 2]
    """
    if len(tagged) == 1:
        return tagged[0]
    tags: list[Tag] = []
    offset = 0
    for one in tagged:
        tags += [tag._replace(start=tag.start + offset, end=tag.end + offset) for tag in one.tags]
        offset += len(one.folded)
    return _tagged("，".join([one.text for one in tagged]), "".join([one.folded for one in tagged]), tags)


def _tagged(text: str, folded: str, tags: Sequence[Tag]) -> TaggedText:
    groups = frozenset([tag.group for tag in tags])
    kinds = _NO_PARTS
    if "part" in groups:
        kinds = cast(frozenset[PartKind], frozenset([tag.kind for tag in tags if tag.group == "part"]))
    return TaggedText(text, folded, tuple(tags), groups, kinds)


def clause_ends(text: str) -> list[int]:
    """Places in the folded text, in characters, after which punctuation stands.

    >>> clause_ends("您好，请讲。")
    [2, 4]
    """
    return list(accumulate([len(fold(clause)) for clause in _PUNCTUATION.split(text)]))[:-1]
