"""What an agent must not say: insults, taboo phrases, deflection 推诿, rhetorical questions 反问, impatience, orders.

    跟你说了多少遍了            impatience, major
    我也不清楚，我帮您问一下    no violation: help follows in the same breath
    性价比 · 牛奶 · 滚动        no violation: every rule is a phrase with its context, never a single character

The rules stand in ``language/data/violation_rules.txt``, type by type, in the notation that `language.notation` explains.

Why not a list of words: plain lists fire on 性价比 and 牛奶, miss 跟你说了多少遍, and know nothing of 我不清楚，我帮您问.
Amazon, Alibaba and Huawei let the user list phrases; none publishes one. ConvoKit's Chinese list counts the single
characters 干 and 操.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias, cast, get_args

from qa_speech.language.data import word_list
from qa_speech.language.marked import marked, marked_places
from qa_speech.language.notation import NEAR, RuleHit, rule_set
from qa_speech.language.phrases import fold

ViolationType: TypeAlias = Literal["insult", "taboo", "deflection", "rhetorical", "impatience", "order"]
Severity: TypeAlias = Literal["critical", "major", "minor"]

VIOLATION_TYPES: tuple[ViolationType, ...] = get_args(ViolationType)
"""Gravest first: where two rules of one severity fire on the same words, the type that comes first stands."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Gravest first."""

SEVERITY_OF: dict[ViolationType, Severity] = {
    "insult": "critical", "taboo": "critical", "deflection": "major", "rhetorical": "major", "impatience": "major",
    "order": "minor",
}  # fmt: skip
"""The severity of a type where no rule says otherwise."""

REPORT_WITHIN = 2 * NEAR
"""Spoken characters before words in which 司机说 makes them somebody else's."""

_RULES = "violation_rules"
_APOLOGY = re.compile("抱歉|不好意思|对不起|遗憾|见谅|谅解")
_OTHERS = (
    "他们?|她们?|对方|有人|别人|骗子|客户|师傅|快递员|朋友|家人|司机|骑手|商家|店家|店员|教练|老师|大夫|医生|护士|奶奶|爷爷"
    "|邻居|卖家|买家|乘客|家长|同学|保安"
)
_SAID_BY_OTHERS = f"(?:{_OTHERS}).{{0,4}}[说讲骂喊问嫌回].{{0,4}}"
_QUOTED = "(?:原话|转述|(?:备注|留言|评论)(?:里|上)?[写说是]).{0,8}"
_REPORTED = re.compile(f"{_SAID_BY_OTHERS}$|{_QUOTED}$|[您你]写的.{{0,6}}$")
"""Before words that are somebody else's: 司机说您…, 您备注里写的是…."""
_DENIED = re.compile("(?:(?<!是)不是|没有?|别|请勿|切勿|不要|不会|绝不|不敢|不能)[说在想要让叫嫌怪]?[您你]?$")
"""Before words that are denied: 我不是嫌您烦, 请勿催促."""
_QUOTATION = re.compile('“[^”]*”|「[^」]*」|‘[^’]*’|"[^"]*"')
"""Words that are told, not said: 您说的“你急什么”."""
_PLEASE = "(?:(?:还|烦|敬)?请|麻烦|辛苦|建议|希望|望|[您你](?:还是)?(?:也)?可以)"
_SOFTLY = "[您你]?(?:还是|能|可以|多多?|再|予以|直接)*"
_BEAR_WITH_IT = "(?:谅解|理解|见谅|包涵|体谅|担待|自行|自己|另行|另外|别处|别人|[找问]别)"
_NO_WAY_ON = re.compile(_PLEASE + _SOFTLY + _BEAR_WITH_IT)
"""Courtesies that help nobody: 请您谅解, 建议您自行沟通."""
_SENT_AWAY = re.compile(
    "自行|自己再?(?:想|问|查|找|联系|去|看|跟|和)|问问?别人|别处|[您你]再(?:找|问)|另外(?:找|咨询|联系)|另行"
)


class Violation(NamedTuple):
    """Words that must not be said: ``text[start:end]``, of which type and how grave."""

    start: int
    end: int
    kind: ViolationType
    severity: Severity


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
    if not texts:
        return []
    lines = [marked(text) for text in texts]
    joined = "\n".join(lines)
    rules = rule_set(_RULES).rules
    found: list[list[Violation]] = [[] for _ in texts]
    for hit in _hits(joined):
        line, rule = lines[hit.line], rules[hit.rule]
        before = line[max(0, hit.start - REPORT_WITHIN) : hit.start]
        if _REPORTED.search(before) or _DENIED.search(before):
            continue
        more = following[hit.line] if hit.line < len(following) else ""
        if rule.marked and _excused(fold(line[hit.start :]), line, more):
            continue
        kind, severity = rule.section
        found[hit.line].append(Violation(hit.start, hit.end, cast(ViolationType, kind), cast(Severity, severity)))
    return [_placed(text, hits) if hits else () for text, hits in zip(texts, found, strict=True)]


@lru_cache(maxsize=1)
def _hits(joined: str) -> tuple[RuleHit, ...]:
    """Where rules fire in marked lines; several figures of a call look at the same words, one after the other."""
    return tuple(rule_set(_RULES).hits(joined))


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
    place = marked_places(text)
    there = [hit._replace(start=place[hit.start], end=place[hit.end - 1] + 1) for hit in sorted(kept)]
    told = [quotation.span() for quotation in _QUOTATION.finditer(text)]
    return tuple([hit for hit in there if not any(start < hit.start and hit.end < end for start, end in told)])


def _same_words(one: Violation, other: Violation) -> bool:
    """Rules reach a little beyond the words they mean: a character or two in common is no overlap."""
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common > min(one.end - one.start, other.end - other.start)


def _rank(hit: Violation) -> tuple[int, int, int, int]:
    return SEVERITIES.index(hit.severity), VIOLATION_TYPES.index(hit.kind), hit.start - hit.end, hit.start
