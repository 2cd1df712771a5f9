"""What a customer's words ask for and what an agent's words give: questions and parts of an answer, by rules.

    customer   这个月怎么多了二十块另外什么时候能退       questions: reason, time
    agent      因为超了套餐流量，每兆两毛九，建议您开个包   parts: reason, number, option

Parts of substance: reason, steps, number, time_limit, condition, option. Parts of guidance: option (advice), next_step,
check_back. The patterns stand in ``data/substance_rules.txt``, in the notation that `notation` explains. Questions are found
without punctuation, several in one turn. What they come to over a call is the matter of `answers`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from qa_speech.language.data import word_list
from qa_speech.language.dialogue import (
    ANNOUNCED_AT_END,
    accepts_wait,
    ends_in_question,
    is_question,
    only_backchannel_words,
)
from qa_speech.language.notation import rule_set
from qa_speech.language.phrases import fold, fold_lines, places

PartKind: TypeAlias = Literal[
    "reason", "steps", "number", "time_limit", "condition", "option", "next_step", "check_back"
]
AskKind: TypeAlias = Literal["amount", "time", "reason", "how", "yesno", "what"]

PART_KINDS: tuple[PartKind, ...] = get_args(PartKind)
SUBSTANCE: frozenset[PartKind] = frozenset(("reason", "steps", "number", "time_limit", "condition", "option"))
GUIDANCE: frozenset[PartKind] = frozenset(("option", "next_step", "check_back"))
ASK_KINDS: tuple[AskKind, ...] = get_args(AskKind)
"""Those that say most about the answer wanted first."""

APART = 10
"""Spoken characters between two question words from which they belong to two questions."""

CLAUSE = 4
"""Spoken characters from which a clause can tell something."""

_WAITS = re.compile("|".join(re.escape(word) for word in word_list("hold_announcements")))

_RULES = "substance_rules"
OF_AGENT, OF_CUSTOMER = ("part", "acknowledge", "empty"), ("ask", "request", "done")
"""Groups of rules that are about an agent's words, and about a customer's."""
_MORE = re.compile(r"(?:还有|另外|再问|顺便|第二个|还想问|再就是)[^，。]{0,3}$")
_CLAUSE = re.compile(r"[，。？！；,.?!;\s]+")
OPEN = re.compile(
    "什么.{0,2}(?:可以|能|需要|需|要).{0,2}帮|还有什么|其他|其它|别的|请讲|请说|什么(?:问题|需要|业务|情况)"
)
_DONE = re.compile(
    "没有?(?:了|问题|事|别的|其他|$)|不用了|那?就?算了|那?我?不问了|那?先这样|好的?谢谢|谢谢|再见|(?:嗯|好|的|行)+$"
)
YES_NO = re.compile(
    "可以|不行|不能|能的?|是的|不是|对的?|没有|有的?|支持|需要|不用|会的?|不会|已经|还没|要的?|不要|行的?|正常|成功|没问题|属于|包括|包含"
)
"""Words that answer 吗, 能不能, 有没有."""


_FIGURE = re.compile("[0-9一二两三四五六七八九十百千万零半]+")


class Part(NamedTuple):
    """Words that give the customer something: ``text[start:end]`` of an utterance, and what they give."""

    utterance: int
    start: int
    end: int
    kind: PartKind


class Question(NamedTuple):
    """One question of a customer's turn, in spoken characters, and what it asks for."""

    text: str
    kind: AskKind


class Finding(NamedTuple):
    """A rule that fires: ``folded[start:end]``. Groups: part, empty, ask, request, done, acknowledge."""

    start: int
    end: int
    group: str
    kind: str


class Said(NamedTuple):
    """A text read once: as it is, folded, what the rules find in it, their groups, and the kinds of parts among them."""

    text: str
    folded: str
    found: tuple[Finding, ...]
    groups: frozenset[str]
    kinds: frozenset[str]


def _said(text: str, folded: str, found: tuple[Finding, ...]) -> Said:
    groups = frozenset([item.group for item in found])
    kinds = frozenset([item.kind for item in found if item.group == "part"]) if "part" in groups else _NONE
    return Said(text, folded, found, groups, kinds)


_NONE: frozenset[str] = frozenset()


def read(texts: Sequence[str], groups: tuple[str, ...] = ()) -> list[Said]:
    """Read many texts in one pass; `groups` = look for rules of these groups only.

    >>> [sorted(item.groups) for item in read(["月租多少钱", "三十九元"])]
    [['ask'], ['part']]
    """
    if not texts:
        return []
    joined = fold_lines(texts)
    rules = rule_set(_RULES, groups)
    held: list[list[Finding]] = [[] for _ in texts]
    for hit in rules.hits(joined):
        group, kind = rules.rules[hit.rule].section
        held[hit.line].append(Finding(hit.start, hit.end, group, kind))
    return [
        _said(text, folded, tuple(sorted(items)))
        for text, folded, items in zip(texts, joined.split("\n"), held, strict=True)
    ]


@lru_cache(maxsize=1024)
def _read_one(text: str) -> Said:
    return read([text])[0]


def joined(said: Sequence[Said]) -> Said:
    """Utterances of one turn as one text, with a comma between them."""
    if len(said) == 1:
        return said[0]
    offsets = accumulate([len(item.folded) for item in said], initial=0)
    found = [
        one._replace(start=one.start + offset, end=one.end + offset)
        for item, offset in zip(said, offsets, strict=False)
        for one in item.found
    ]
    return _said("，".join([item.text for item in said]), "".join([item.folded for item in said]), tuple(found))


def parts(text: str) -> tuple[Part, ...]:
    """The parts of an answer found in an utterance, in the order of the text; of one kind no two overlap.

    >>> text = "因为超了流量，每兆两毛九，建议您开个包"
    >>> [(part.kind, text[part.start : part.end]) for part in parts(text)]
    [('reason', '因为'), ('number', '每兆两毛九'), ('option', '建议您开')]
    """
    return parts_of(_read_one(text), 0)


def parts_of(said: Said, utterance: int) -> tuple[Part, ...]:
    """`parts` of a text that was read already; `utterance` is its index in the call."""
    kept: list[Part] = []
    last: dict[str, int] = {}
    place = places(said.text) if "part" in said.groups else []
    for item in said.found:
        if item.group == "part" and item.start >= last.get(item.kind, 0):
            last[item.kind] = item.end
            kept.append(Part(utterance, place[item.start], place[item.end - 1] + 1, cast(PartKind, item.kind)))
    return tuple(kept)


def questions(text: str) -> tuple[Question, ...]:
    """The questions in a customer's words, with or without punctuation.

    >>> [(item.kind, item.text) for item in questions("我想问一下这个月怎么多了二十块另外宽带什么时候能修好")]
    [('reason', '我想问一下这个月怎么多了二十块'), ('time', '另外宽带什么时候能修好')]
    >>> [item.kind for item in questions("月租多少钱，能不能改")]
    ['amount', 'yesno']
    """
    return questions_of(_read_one(text))


def questions_of(said: Said) -> tuple[Question, ...]:
    """`questions` of a text that was read already."""
    ends = _clause_ends(said.text)
    cues: list[tuple[int, int, AskKind]] = []
    borders = [0]
    for item in said.found:
        if item.group != "ask":
            continue
        kind = cast(AskKind, item.kind)
        border = _border(said.folded, ends, cues[-1], item) if cues else None
        if cues and border is None:
            start, end, known = cues[-1]  # 为什么 … 吗 is one question, and 吗 says least about it
            cues[-1] = start, max(end, item.end), min(known, kind, key=ASK_KINDS.index)
            continue
        if border is not None:
            borders.append(border)
        cues.append((item.start, item.end, kind))
    if not cues:
        return (Question(said.folded, "what"),) if is_question(said.text) else ()
    return tuple(
        Question(said.folded[start:end], cue[2])
        for cue, start, end in zip(cues, borders, [*borders[1:], len(said.folded)], strict=True)
    )


def _border(folded: str, ends: Sequence[int], before: tuple[int, int, AskKind], item: Finding) -> int | None:
    """Where a new question begins between two question words; None = they belong to one question."""
    between = folded[before[1] : item.start]
    more = _MORE.search(between)
    if more:
        return before[1] + more.start()
    marks = [end for end in ends if before[1] <= end <= item.start]
    if marks and (item.kind != before[2] or len(between) >= APART):
        return marks[-1]
    # 为什么多了你帮我看看是什么原因: the same asked twice in one breath
    return before[1] if len(between) >= (APART if item.kind != before[2] else 2 * APART) else None


def _clause_ends(text: str) -> list[int]:
    """Places in the folded text after which punctuation stands."""
    return list(accumulate([len(fold(clause)) for clause in _CLAUSE.split(text)]))[:-1]


def asks(text: str, before: str = "") -> bool:
    """Whether a customer's turn wants something: a question, a request, a problem told.

    `before` is what the agent said last: what merely answers a question of the agent wants nothing new.

    >>> asks("我要取消彩铃"), asks("打不开网页"), asks("好的谢谢"), asks("尾号三三八五", "请问您的手机号是多少")
    (True, True, False, False)
    """
    return asks_of(_read_one(text), before)


def asks_of(said: Said, before: str) -> bool:
    """`asks` of a text that was read already."""
    groups = said.groups
    if before and accepts_wait(said.text) and _WAITS.search(fold(before)[-ANNOUNCED_AT_END:]):
        return False
    asking = "ask" in groups or said.text.rstrip().endswith(("?", "？"))
    if before and ends_in_question(before) and not OPEN.search(fold(before)):
        return asking and not YES_NO.match(said.folded)
    if _DONE.match(said.folded):
        return any(item.group == "ask" and item.kind != "yesno" for item in said.found)
    return asking or "request" in groups


def says(text: str) -> bool:
    """Whether an agent's utterance tells something: more than an acknowledgement, an announced look-up, a question back.

    >>> says("好的请稍等"), says("请问您的手机号是多少"), says("是套餐外的流量")
    (False, False, True)
    """
    return says_of(_read_one(text))


def says_of(said: Said) -> bool:
    """`says` of a text that was read already."""
    return not acknowledges(said) and (not ends_in_question(said.text) or "part" in said.groups)


def acknowledges(said: Said) -> bool:
    """Whether an utterance is no more than 好的, 请稍等, 不客气 or the phrases of a closing."""
    groups = said.groups
    return ("acknowledge" in groups and "part" not in groups) or only_backchannel_words(said.text)


def pieces(said: Said) -> int:
    """How many different things an answer says: 四块五，四块五 is one, 三天到账，收两成 is two.

    >>> [pieces(item) for item in read(["好的", "是四块五哦，四块五", "三天到账，收百分之十"])]
    [0, 1, 2]
    """
    held: list[tuple[str, str]] = []
    for item in said.found:
        if item.group != "part" or item.kind not in SUBSTANCE:
            continue
        words = said.folded[item.start : item.end]
        figure = _FIGURE.search(words)
        key = figure.group() if figure else words
        if not any(kind == item.kind and (key in known or known in key) for kind, known in held):
            held.append((item.kind, key))
    return len(held)


def idle(said: Said) -> frozenset[str]:
    """What an answer is filled with that gives nothing: away, promise, comfort, asking, market.

    >>> [sorted(idle(item)) for item in read(["您别着急", "一切以页面为准", "三十九元"])]
    [['comfort'], ['away'], []]
    """
    return frozenset([item.kind for item in said.found if item.group == "empty"])


def facts(said: Said) -> int:
    """How many clauses tell something of their own: no courtesy, no promise, not what was said before.

    >>> [facts(item) for item in read(["您别着急，马上给您看一下", "预售期没到，每天早上八点放票", "能办的，能办"])]
    [0, 2, 0]
    """
    borders = [0, *_clause_ends(said.text), len(said.folded)]
    idle_at = [(item.start, item.end) for item in said.found if item.group in ("empty", "acknowledge")]
    told: list[frozenset[str]] = []
    for start, end in pairwise(borders):
        clause = said.folded[start:end]
        if len(clause) < CLAUSE or any(first < end and last > start for first, last in idle_at):
            continue
        pairs = frozenset([clause[at : at + 2] for at in range(len(clause) - 1)])
        if all(2 * len(pairs & other) <= len(pairs) for other in told):
            told.append(pairs)
    return len(told)


def wants_yes_or_no(said: Said) -> bool:
    """Whether a customer's words can be answered with 对 or 没有."""
    return any(item.group == "ask" and item.kind == "yesno" for item in said.found) or ends_in_question(said.text)
