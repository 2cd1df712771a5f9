"""What a customer's words ask for: the questions of a turn, with or without punctuation, and whether it wants an answer.

customer   这个月怎么多了二十块另外什么时候能退       questions: reason, time
customer   我要取消彩铃                             no question, but it wants an answer
customer   尾号三三八五                             said because the agent asked: it wants none
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, cast

from qa_speech.conduct.kinds import ASK_KINDS, AskKind
from qa_speech.conduct.tagging import TaggedText, clause_ends
from qa_speech.language.asking import ANNOUNCED_AT_END, accepts_wait, ends_in_question, is_question
from qa_speech.language.data import word_list
from qa_speech.language.phrases import fold

APART = 10
"""Spoken characters between two question words from which they belong to two questions."""

OPEN = re.compile(
    "什么.{0,2}(?:可以|能|需要|需|要).{0,2}帮|还有什么|其他|其它|别的|请讲|请说|什么(?:问题|需要|业务|情况)"
)
"""A question of the agent that leaves open what the customer wants."""
YES_NO = re.compile(
    "可以|不行|不能|能的?|是的|不是|对的?|没有|有的?|支持|需要|不用|会的?|不会|已经|还没|要的?|不要|行的?|正常|成功|没问题|属于|包括|包含"
)
"""Words that answer 吗, 能不能, 有没有."""

_WAITS = re.compile("|".join([re.escape(phrase) for phrase in word_list("hold_announcements")]))
_ANOTHER = re.compile(r"(?:还有|另外|再问|顺便|第二个|还想问|再就是)[^，。]{0,3}$")
_DONE = re.compile(
    "没有?(?:了|问题|事|别的|其他|$)|不用了|那?就?算了|那?我?不问了|那?先这样|好的?谢谢|谢谢|再见|(?:嗯|好|的|行)+$"
)


class Question(NamedTuple):
    """One question of a customer's turn, in spoken characters, and what it asks for."""

    text: str
    kind: AskKind


class _Cue(NamedTuple):
    """Question words: ``folded[start:end]``, and what they ask for."""

    start: int
    end: int
    kind: AskKind


def questions_of(tagged: TaggedText) -> tuple[Question, ...]:
    """The questions in a customer's words; together they are all of the words.

    >>> from qa_speech.conduct.tagging import tag_text
    >>> found = questions_of(tag_text("我想问一下这个月怎么多了二十块另外宽带什么时候能修好"))
    >>> [(question.kind, question.text) for question in found]
    [('reason', '我想问一下这个月怎么多了二十块'), ('time', '另外宽带什么时候能修好')]
    >>> [question.kind for question in questions_of(tag_text("月租多少钱，能不能改"))]
    ['amount', 'yesno']
    """
    folded = tagged.folded
    asked = [_Cue(tag.start, tag.end, cast(AskKind, tag.kind)) for tag in tagged.tags if tag.group == "ask"]
    if not asked:
        return (Question(folded, "what"),) if is_question(tagged.text) else ()
    marks = clause_ends(tagged.text)
    cues, starts = [asked[0]], [0]
    for cue in asked[1:]:
        border = _border(folded, marks, cues[-1], cue)
        if border is None:
            cues[-1] = _as_one(cues[-1], cue)
        else:
            cues.append(cue)
            starts.append(border)
    ends = [*starts[1:], len(folded)]
    return tuple([Question(folded[start:end], cue.kind) for cue, start, end in zip(cues, starts, ends, strict=True)])


def _as_one(first: _Cue, second: _Cue) -> _Cue:
    """为什么 … 吗 is one question, and 吗 says least about it."""
    return _Cue(first.start, max(first.end, second.end), min(first.kind, second.kind, key=ASK_KINDS.index))


def _border(folded: str, marks: Sequence[int], before: _Cue, cue: _Cue) -> int | None:
    """Where a new question begins between two question words; None = they belong to one question."""
    between = folded[before.end : cue.start]
    another = _ANOTHER.search(between)
    if another:
        return before.end + another.start()
    same_kind = cue.kind == before.kind
    last = bisect_right(marks, cue.start) - 1
    is_marked = last >= 0 and marks[last] >= before.end
    if is_marked and (not same_kind or len(between) >= APART):
        return marks[last]
    # 为什么多了你帮我看看是什么原因: the same asked twice in one breath
    far_apart = 2 * APART if same_kind else APART
    return before.end if len(between) >= far_apart else None


def wants_answer(tagged: TaggedText, before: str = "") -> bool:
    """Whether a customer's turn wants something: a question, a request, a problem told.

    `before` is what the agent said last: what merely answers a question of the agent wants nothing new.

    >>> from qa_speech.conduct.tagging import tag_text
    >>> [wants_answer(tag_text(text)) for text in ("我要取消彩铃", "打不开网页", "好的谢谢")]
    [True, True, False]
    >>> wants_answer(tag_text("尾号三三八五"), "请问您的手机号是多少")
    False
    """
    if before and accepts_wait(tagged.text) and _WAITS.search(fold(before)[-ANNOUNCED_AT_END:]):
        return False
    asking = "ask" in tagged.groups or tagged.text.rstrip().endswith(("?", "？"))
    if before and answers_a_question(before):
        return asking and not YES_NO.match(tagged.folded)
    if _DONE.match(tagged.folded):
        return any(tag.group == "ask" and tag.kind != "yesno" for tag in tagged.tags)
    return asking or "request" in tagged.groups


def answers_a_question(before: str) -> bool:
    """Whether what follows these words of the agent answers a question, and not one that leaves the matter open.

    >>> answers_a_question("请问您的手机号是多少"), answers_a_question("请问有什么可以帮您")
    (True, False)
    """
    return ends_in_question(before) and not OPEN.search(fold(before))


def wants_yes_or_no(tagged: TaggedText) -> bool:
    """Whether a customer's words can be answered with 对 or 没有."""
    yes_or_no = any(tag.group == "ask" and tag.kind == "yesno" for tag in tagged.tags)
    return yes_or_no or ends_in_question(tagged.text)
