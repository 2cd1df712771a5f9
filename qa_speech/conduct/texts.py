"""What a text model reads of a call: the agent's utterances one by one, and the exchanges. Which text a figure speaks of.

politeness, violation, strategy    one item per agent utterance with words:        (index,)
depth                              one item per exchange that has an answer:       (*question, *answer)
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple, TypeAlias

from qa_speech.call import Call, Role
from qa_speech.conduct.answers import asked
from qa_speech.conduct.substance import acknowledges, read
from qa_speech.language.remembered import per_call

Indices: TypeAlias = tuple[int, ...]


class Item(NamedTuple):
    """Utterances of a call, and the text a model is given; `context` is the customer's question where there is one."""

    indices: Indices
    text: str
    context: str = ""


def agent_items(call: Call) -> tuple[Item, ...]:
    """One item per utterance of the agent that has words.

    >>> from qa_speech.testing import make_call
    >>> agent_items(make_call("agent: 您好", "customer: 你好"))
    (Item(indices=(0,), text='您好', context=''),)
    """
    return tuple(
        Item((index,), item.text) for index, item in enumerate(call.utterances) if item.role is Role.AGENT and item.text
    )


def exchange_items(call: Call) -> tuple[Item, ...]:
    """One item per exchange with an answer; of the answer what tells something, where anything does.

    A 感谢您的来电，再见 after the last answer says nothing of its depth.

    >>> from qa_speech.testing import make_call
    >>> exchange_items(make_call("customer: 月租多少钱", "agent: 三十九元"))
    (Item(indices=(0, 1), text='三十九元', context='月租多少钱'),)
    """
    texts = [item.text or "" for item in call.utterances]
    said = read(texts)
    found = []
    for one in asked(call):
        told = tuple(index for index in one.answer if not acknowledges(said[index])) or one.answer
        if told:
            found.append(Item((*one.question, *one.answer), _joined(texts, told), _joined(texts, one.question)))
    return tuple(found)


def _joined(texts: list[str], indices: Indices) -> str:
    return "，".join([texts[index].rstrip("，。,.") for index in indices])


@per_call
def text_hash(call: Call) -> str:
    """SHA-256 over who says what, in hex: an annotation made for other words is stale.

    >>> from qa_speech.testing import make_call
    >>> text_hash(make_call("agent: 您好")) == text_hash(make_call("agent: 您好", duration=99))
    True
    >>> text_hash(make_call("agent: 您好")) == text_hash(make_call("customer: 您好"))
    False
    """
    said = "\n".join([f"{item.role}\t{item.text}" for item in call.utterances])
    return hashlib.sha256(said.encode()).hexdigest()
