"""What a text classifier reads of a call: the agent's utterances one by one, and the exchanges.

politeness, violation, strategy    one passage per agent utterance with words:      (index,)
depth                              one passage per exchange that has an answer:     (*question, *answer)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from qa_speech.call import Call, Role, Utterance
from qa_speech.conduct.exchanges import exchanges, tagged_utterances
from qa_speech.conduct.substance import acknowledges
from qa_speech.language.remembered import per_call

Indices: TypeAlias = tuple[int, ...]
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
    """One passage per exchange with an answer; of the answer what tells something, where anything does.

    A 感谢您的来电，再见 after the last answer says nothing of its depth.

    >>> from qa_speech.testing import make_call
    >>> exchange_passages(make_call("customer: 月租多少钱", "agent: 三十九元"))
    (Passage(text='三十九元', context='月租多少钱', utterances=(0, 1)),)
    """
    tagged = tagged_utterances(call)
    found: list[Passage] = []
    for exchange in exchanges(call):
        if not exchange.answer:
            continue
        told = [index for index in exchange.answer if not acknowledges(tagged[index])]
        answer = _joined(call.utterances, told or exchange.answer)
        question = _joined(call.utterances, exchange.question)[-LONGEST_QUESTION:]
        found.append(Passage(answer, question, (*exchange.question, *exchange.answer)))
    return tuple(found)


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
