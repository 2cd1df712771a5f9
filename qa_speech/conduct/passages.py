"""What a text classifier reads of a call: the agent's utterances one by one, the exchanges, the customer's turns.

politeness, violation, strategy    one passage per agent utterance with words:      (index,)
depth                              one passage per agent turn of an exchange:       (*question, *turn)
mood                               one passage per turn of the customer:            (*turn,)
resolution                         one passage per call, the customer's last words: (*turns,)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from qa_speech.call import Call, Role, Utterance
from qa_speech.conduct.exchanges import Exchange, exchanges, tagged_utterances
from qa_speech.conduct.substance import acknowledges
from qa_speech.language.dialogue import turns
from qa_speech.language.phrases import fold
from qa_speech.language.remembered import per_call

Indices: TypeAlias = tuple[int, ...]
REPEATED = 4
"""Spoken characters from which a clause said again says nothing new."""
_CLAUSE = re.compile(r"[^，。；！？,;!?]*[，。；！？,;!?]*")
LAST_TURNS = 3
"""Turns of the customer at the end of a call that tell how it ended."""
LONGEST_QUESTION = 1000
"""Characters of a question that a classifier reads, its last: each piece of an answer is held against all of them."""


class Passage(NamedTuple):
    """A text for a classifier; `context` is the customer's question where the text is an answer.

    `utterances` are the indices into ``call.utterances`` of all that it speaks of; empty for a text of no call.
    """

    text: str
    context: str = ""
    utterances: Indices = ()


def utterance_passages(call: Call) -> tuple[Passage, ...]:
    """One passage per utterance of the agent that has words.

    >>> from qa_speech.testing import make_call
    >>> utterance_passages(make_call("agent: 您好", "customer: 你好"))
    (Passage(text='您好', context='', utterances=(0,)),)
    """
    return tuple(
        [
            Passage(said.text, utterances=(index,))
            for index, said in enumerate(call.utterances)
            if said.role is Role.AGENT and said.text
        ]
    )


def exchange_passages(call: Call) -> tuple[Passage, ...]:
    """One passage per agent turn of each exchange; of a turn what tells something, where anything does, and that once.

    A 感谢您的来电，再见 after the last answer says nothing of its depth, and what is said twice is said once. The question of an
    answer after one that did not help is the first question too.

    >>> from qa_speech.testing import make_call
    >>> exchange_passages(make_call("customer: 月租多少钱", "agent: 三十九元"))
    (Passage(text='三十九元', context='月租多少钱', utterances=(0, 1)),)
    """
    tagged = tagged_utterances(call)
    found: list[Passage] = []
    said: set[str] = set()
    asked = ""
    before: Exchange | None = None
    for exchange in exchanges(call):
        if before is None or not before.unhelped:
            asked, said = "", set()
        before = exchange
        asked = "，".join([part for part in (asked, _joined(call.utterances, exchange.question)) if part])
        for turn in exchange.turns:
            told = [index for index in turn if not acknowledges(tagged[index])]
            answer = _said_once(_joined(call.utterances, told or turn), said)
            found.append(Passage(answer, asked[-LONGEST_QUESTION:], (*exchange.question, *turn)))
    return tuple(found)


def customer_turns(call: Call) -> tuple[Indices, ...]:
    """The customer's turns that have words, by their utterances.

    >>> from qa_speech.testing import make_call
    >>> customer_turns(make_call("agent: 您好", "customer: 你好", "customer: 查话费"))
    ((1, 2),)
    """
    found: list[Indices] = []
    for turn in turns(call):
        worded = [index for index in turn.utterances if call.utterances[index].text]
        if turn.role is Role.CUSTOMER and worded:
            found.append(tuple(worded))
    return tuple(found)


def mood_passages(call: Call) -> tuple[Passage, ...]:
    """One passage per turn of the customer.

    >>> from qa_speech.testing import make_call
    >>> mood_passages(make_call("agent: 您好", "customer: 急死我了"))
    (Passage(text='急死我了', context='', utterances=(1,)),)
    """
    return tuple([Passage(_joined(call.utterances, turn), utterances=turn) for turn in customer_turns(call)])


def ending_passages(call: Call) -> tuple[Passage, ...]:
    """The customer's last turns as one passage, where there are any after the first words of the agent.

    >>> from qa_speech.testing import make_call
    >>> ending_passages(make_call("customer: 月租多少钱", "agent: 三十九元", "customer: 好的", "customer: 谢谢"))
    (Passage(text='好的，谢谢', context='', utterances=(2, 3)),)
    """
    spoken = [index for index, said in enumerate(call.utterances) if said.role is Role.AGENT and said.text]
    last: list[int] = []
    for turn in customer_turns(call)[-LAST_TURNS:]:
        if spoken and turn[0] > spoken[0]:
            last += turn
    return (Passage(_joined(call.utterances, last), utterances=tuple(last)),) if last else ()


def _said_once(text: str, said: set[str]) -> str:
    """A text without the clauses that were `said` before; its own are added to them."""
    kept: list[str] = []
    for clause in _CLAUSE.findall(text):
        words = fold(clause)
        if len(words) < REPEATED or words not in said:
            kept.append(clause)
            said.add(words)
    return "".join(kept)


def _joined(utterances: Sequence[Utterance], indices: Sequence[int]) -> str:
    return "，".join([(utterances[index].text or "").rstrip("，。,.") for index in indices])


@per_call
def text_hash(call: Call) -> str:
    """SHA-256 over who says what, in hex: an annotation made for other words is stale.

    >>> from qa_speech.testing import make_call
    >>> text_hash(make_call("agent: 您好")) == text_hash(make_call("agent: 您好", duration=99))
    True
    >>> text_hash(make_call("agent: 您好")) == text_hash(make_call("customer: 您好"))
    False
    """
    lines = [f"{utterance.role}\t{utterance.text}" for utterance in call.utterances]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
