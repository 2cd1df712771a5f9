"""How an agent treats the customer, from the words: what must not be said, and what courtesy calls for.

    您先别急，我帮您查一下      softener, honorific, empathy, promise
    跟你说了多少遍了            violation: impatience, major
    我也不清楚，我帮您问一下    no violation: help follows in the same breath
    性价比 · 牛奶 · 滚动        no violation: every rule is a phrase with its context, never a single character

The rules stand in ``data/violation_rules.txt``, type by type, in the notation that `notation` explains; the courteous
phrases in ``data/courtesy_phrases.txt``, by strategy and by their place in a call.

Why not a list of words: plain lists fire on 性价比 and 牛奶, miss 跟你说了多少遍, and know nothing of 我不清楚，我帮您问.
Amazon, Alibaba and Huawei let the user list phrases; none publishes one. ConvoKit's Chinese list has no 您好 and counts
the single characters 干 and 操.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, Literal, NamedTuple, TypeAlias, cast, get_args

from qa_speech.language.data import word_list
from qa_speech.language.notation import NEAR, rule_set
from qa_speech.language.phrases import find, fold, fold_lines, occurring, places

ViolationType: TypeAlias = Literal["insult", "taboo", "deflection", "rhetorical", "impatience", "order"]
Severity: TypeAlias = Literal["critical", "major", "minor"]
Strategy: TypeAlias = Literal["greeting", "thanks", "apology", "softener", "honorific", "empathy", "promise"]
Place: TypeAlias = Literal["opening", "introduction", "identity", "return", "further_help", "closing"]

VIOLATION_TYPES: tuple[ViolationType, ...] = get_args(ViolationType)
"""Gravest first: where two rules of one severity fire on the same words, the type that comes first stands."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Gravest first."""
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

SEVERITY_OF: dict[ViolationType, Severity] = {
    "insult": "critical", "taboo": "critical", "deflection": "major", "rhetorical": "major", "impatience": "major",
    "order": "minor",
}  # fmt: skip
"""The severity of a type where no rule says otherwise."""

_RULES = "violation_rules"
_APOLOGY = re.compile("抱歉|不好意思|对不起|遗憾|见谅|谅解")
_OTHERS = (
    "他们?|她们?|对方|有人|别人|骗子|客户|师傅|快递员|朋友|家人|司机|骑手|商家|店家|店员|教练|老师|大夫|医生|护士|奶奶|爷爷"
    "|邻居|卖家|买家|乘客|家长|同学|保安"
)
_REPORTED = re.compile(
    f"(?:{_OTHERS}).{{0,4}}[说讲骂喊问嫌回].{{0,4}}$|(?:原话|转述|(?:备注|留言|评论)(?:里|上)?[写说是]).{{0,8}}$|[您你]写的.{{0,6}}$"
)
"""Before words that are somebody else's: 司机说您…, 您备注里写的是…."""
_NO_WAY_ON = re.compile(
    "(?:(?:还|烦|敬)?请|麻烦|辛苦|建议|希望|望|[您你](?:还是)?(?:也)?可以)[您你]?(?:还是|能|可以|多多?|再|予以|直接)*"
    "(?:谅解|理解|见谅|包涵|体谅|担待|自行|自己|另行|另外|别处|别人|[找问]别)"
)
"""Courtesies that help nobody: 请您谅解, 建议您自行沟通."""
_SENT_AWAY = re.compile(
    "自行|自己再?(?:想|问|查|找|联系|去|看|跟|和)|问问?别人|别处|[您你]再(?:找|问)|另外(?:找|咨询|联系)|另行"
)
_PLAIN_YOU = re.compile("你(?!们|好)")


class Violation(NamedTuple):
    """Words that must not be said: ``text[start:end]``, of which type and how grave."""

    start: int
    end: int
    kind: ViolationType
    severity: Severity


class Courtesy(NamedTuple):
    """Courteous words: ``text[start:end]`` and the strategy they serve."""

    start: int
    end: int
    strategy: Strategy


@lru_cache(maxsize=1024)
def violations(text: str, following: str = "") -> tuple[Violation, ...]:
    """What must not be said in an agent's utterance, in the order of the text; no two mean the same words.

    Parameters
    ----------
    text : str
        What the agent says, with or without punctuation.
    following : str
        What the agent goes on to say in the same turn: an offer of help there excuses a 我不清楚.

    Examples
    --------
    >>> [(hit.kind, hit.severity) for hit in violations("跟你说了多少遍了")]
    [('impatience', 'major')]
    >>> violations("这款牛奶性价比很高"), violations("这个我不清楚，我帮您问一下")
    ((), ())
    """
    return violations_in([text], [following])[0]


def violations_in(texts: Sequence[str], following: Sequence[str] = ()) -> list[tuple[Violation, ...]]:
    """`violations` of many utterances in one pass; `following` is parallel to `texts`, or empty.

    >>> [len(hits) for hits in violations_in(["您好", "有完没完", "你急什么"])]
    [0, 1, 1]
    """
    found: list[list[Violation]] = [[] for _ in texts]
    if not texts:
        return []
    joined = fold_lines(texts)
    lines = joined.split("\n")
    rules = rule_set(_RULES)
    for hit in rules.found(joined):
        line, rule = lines[hit.line], rules.rules[hit.rule]
        if _REPORTED.search(line[max(0, hit.start - 2 * NEAR) : hit.start]):
            continue
        more = following[hit.line] if hit.line < len(following) else ""
        if rule.marked and _excused(line[hit.start :], line, more):
            continue
        kind, severity = rule.section
        found[hit.line].append(Violation(hit.start, hit.end, cast(ViolationType, kind), cast(Severity, severity)))
    return [_placed(text, hits) if hits else () for text, hits in zip(texts, found, strict=True)]


def excused(text: str, following: str = "") -> bool:
    """Whether an utterance offers help or apologises, or help follows in the same turn: then it pushes nobody away.

    >>> excused("这个我不清楚", "我帮您问一下"), excused("很抱歉，我们没有这种"), excused("我也不清楚")
    (True, True, False)
    """
    line = fold(text)
    return _excused(line, line, following)


def _excused(rest: str, line: str, following: str) -> bool:
    """Whether help is offered in the `rest` of the line or after it, or an apology made that sends nobody away."""
    if _APOLOGY.search(line) and not _SENT_AWAY.search(line):
        return True
    return bool(_help().search(_NO_WAY_ON.sub("\n", f"{rest}\n{fold(following)}")))


@cache
def _help() -> Any:
    import re2

    return re2.compile("|".join(word_list("help_offers")))


def _placed(text: str, found: Iterable[Violation]) -> tuple[Violation, ...]:
    """Of overlapping hits the gravest, then the type that comes first, then the longest; places in the text itself."""
    kept: list[Violation] = []
    for hit in sorted(found, key=_rank):
        if not any(_same_words(hit, other) for other in kept):
            kept.append(hit)
    place = places(text)
    return tuple(hit._replace(start=place[hit.start], end=place[hit.end - 1] + 1) for hit in sorted(kept))


def _same_words(one: Violation, other: Violation) -> bool:
    """Rules reach a little beyond the words they mean: a character or two in common is no overlap."""
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common > min(one.end - one.start, other.end - other.start)


def _rank(hit: Violation) -> tuple[int, int, int, int]:
    return SEVERITIES.index(hit.severity), VIOLATION_TYPES.index(hit.kind), hit.start - hit.end, hit.start


@cache
def phrases_of(name: Strategy | Place) -> tuple[str, ...]:
    """The phrases of a strategy, or of a place in the call.

    >>> "您好" in phrases_of("greeting"), "久等" in phrases_of("return")
    (True, True)
    """
    held: dict[str, list[str]] = {}
    inside: list[str] = []
    for line in word_list("courtesy_phrases"):
        if line.startswith("["):
            inside = held.setdefault(line.strip("[]"), [])
        else:
            inside.append(line)
    return tuple(held[name])


@lru_cache(maxsize=4096)
def courtesies(text: str) -> tuple[Courtesy, ...]:
    """The courteous words of an utterance, in the order of the text; of one strategy no two overlap, the longer stands.

    >>> [item.strategy for item in courtesies("非常抱歉，您稍等")]
    ['apology', 'honorific', 'softener']
    """
    kept: list[Courtesy] = []
    for strategy in STRATEGIES:
        mine: list[Courtesy] = []
        for hit in sorted(find(text, phrases_of(strategy)), key=lambda hit: (hit.start - hit.end, hit.start)):
            if all(hit.end <= other.start or hit.start >= other.end for other in mine):
                mine.append(Courtesy(hit.start, hit.end, strategy))
        kept += mine
    return tuple(sorted(kept))


def strategies_in(texts: Sequence[str]) -> list[frozenset[Strategy]]:
    """The strategies that each of many utterances serves, in one pass over all of them.

    >>> [sorted(held) for held in strategies_in(["非常抱歉，您稍等", "三十九元"])]
    [['apology', 'honorific', 'softener'], []]
    """
    joined = fold_lines(texts)
    starts = list(accumulate([len(line) + 1 for line in joined.split("\n")], initial=0))
    found: list[set[Strategy]] = [set() for _ in texts]
    for strategy in STRATEGIES:
        for _, needle in occurring(phrases_of(strategy))(joined):
            at = joined.find(needle)
            while at >= 0:
                line = bisect_right(starts, at) - 1
                found[line].add(strategy)
                at = joined.find(needle, starts[line + 1])
    return [frozenset(held) for held in found]


def plain_you(text: str) -> int:
    """How often the customer is called 你; 你好 and 你们 do not count.

    >>> plain_you("你好，你先看你的账单，你们家")
    2
    """
    return len(_PLAIN_YOU.findall(text))
