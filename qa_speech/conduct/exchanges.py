"""Exchanges: a customer's question, request or problem, and all the agent says to it until the customer's next one.

    customer   这个月怎么多了二十块                  question
    agent      请问您的手机号是多少                  answer: asks back, the exchange goes on
    customer   尾号三三八五                         reaction
    agent      因为您超了套餐流量                    answer
    customer   那怎么取消                           question of the next exchange

Backchannels, thanks, and what a customer supplies because the agent asked for it do not end an exchange: else every
请问您的手机号 would count as a poor answer. A question repeated before anything was said to it is one question. An exchange ends
where the customer says that it did not help (还是不行, 试过了): that opens the next one, about the same matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.conduct.questions import APART, YES_NO, answers_a_question, wants_answer, wants_yes_or_no
from qa_speech.conduct.substance import informs
from qa_speech.conduct.tagging import OF_AGENT, OF_CUSTOMER, TaggedText, join_tagged, tag_texts
from qa_speech.language.dialogue import turns
from qa_speech.language.remembered import per_call

BRIEF = 5
"""Spoken characters from which a customer's first words are a matter of their own."""


class Exchange(NamedTuple):
    """An exchange, as indices into ``call.utterances``.

    `question` what wants an answer; `answer` all the agent says to it, empty where that is nothing; `reaction` what else the
    customer says meanwhile. `unhelped`: the customer says that the answer did not help, and the next exchange goes on with it.
    """

    question: tuple[int, ...]
    answer: tuple[int, ...]
    reaction: tuple[int, ...] = ()
    unhelped: bool = False

    @property
    def turns(self) -> tuple[tuple[int, ...], ...]:
        """The answer turn by turn: what the agent says until the customer says something.

        >>> Exchange((0,), (1, 2, 4), (3,)).turns
        ((1, 2), (4,))
        """
        found: list[list[int]] = []
        for index in self.answer:
            if not found or any(found[-1][-1] < said < index for said in self.reaction):
                found.append([])
            found[-1].append(index)
        return tuple([tuple(turn) for turn in found])


@dataclass
class _Growing:
    """An exchange that may go on; `informed` and `plain` say of all its answer whether it tells anything, and a bare 对."""

    question: list[int]
    answer: list[int] = field(default_factory=list)
    reaction: list[int] = field(default_factory=list)
    informed: bool = False
    plain: bool = False
    unhelped: bool = False

    def ended(self) -> Exchange:
        return Exchange(tuple(self.question), tuple(self.answer), tuple(self.reaction), self.unhelped)

    def hears(self, tagged: Sequence[TaggedText], spoken: Sequence[int]) -> None:
        """The agent goes on."""
        self.answer += spoken
        said = [tagged[index] for index in spoken]
        self.informed = self.informed or any(informs(one) for one in said)
        self.plain = self.plain or any(YES_NO.search(one.folded) for one in said)


def exchanges(call: Call) -> tuple[Exchange, ...]:
    """The exchanges of a call, in order; none without words or without two roles.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好请讲", "customer: 我的话费怎么多了", "agent: 请问您的手机号", "customer: 尾号三三八五",
    ...                  "agent: 是套餐外流量", "customer: 明白了谢谢", "agent: 不客气")
    >>> exchanges(call)
    (Exchange(question=(1,), answer=(2, 4, 6), reaction=(3, 5), unhelped=False),)
    """
    tagged = tagged_utterances(call)
    found: list[_Growing] = []
    before = ""  # what the agent said last
    for turn in turns(call):
        spoken = [index for index in turn.utterances if tagged[index].text]
        if not spoken:
            continue
        words = join_tagged([tagged[index] for index in spoken])
        last = found[-1] if found else None
        if turn.role is Role.AGENT:
            before = words.text
            if last:
                last.hears(tagged, spoken)
        elif turn.role is Role.CUSTOMER:
            if last is None:
                if wants_answer(words, before) or _is_a_matter(words, before):
                    found.append(_Growing(spoken))
            elif last.informed and "unhelped" in words.groups:
                last.unhelped = True
                found.append(_Growing(spoken))
            elif not wants_answer(words, before):
                last.reaction += spoken
            elif _is_answered(tagged, last):
                found.append(_Growing(spoken))
            else:
                last.question += spoken
    return tuple([growing.ended() for growing in found])


@per_call
def tagged_utterances(call: Call) -> list[TaggedText]:
    """Every utterance with what the rules for its role find in it."""
    found: dict[int, TaggedText] = {}
    for role in Role:
        groups = OF_AGENT if role is Role.AGENT else OF_CUSTOMER
        mine = [index for index, utterance in enumerate(call.utterances) if utterance.role is role]
        texts = [call.utterances[index].text or "" for index in mine]
        found.update(zip(mine, tag_texts(texts, groups), strict=True))
    return [found[index] for index in range(len(call.utterances))]


def _is_a_matter(words: TaggedText, before: str) -> bool:
    """Whether the customer's first words tell a matter although no rule knows them: 我狗刚被车撞了."""
    replying = bool(before) and answers_a_question(before)
    enough = APART if replying or "done" in words.groups else BRIEF
    return len(words.folded) >= enough


def _is_answered(tagged: Sequence[TaggedText], exchange: _Growing) -> bool:
    """Whether anything was said to the question of an exchange."""
    return exchange.informed or (exchange.plain and wants_yes_or_no(tagged[exchange.question[-1]]))


def answers_plainly(question: TaggedText, answer: Iterable[TaggedText]) -> bool:
    """Whether a bare 对 or 没有 answers a question that wants no more.

    >>> question, yes = tag_texts(["这个能退吗", "可以"])
    >>> answers_plainly(question, [yes])
    True
    """
    return wants_yes_or_no(question) and any(YES_NO.search(said.folded) for said in answer)
