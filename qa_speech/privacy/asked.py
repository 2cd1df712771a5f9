"""What was asked: the question that an utterance answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.call import Utterance

WITHIN = 6
"""Utterances before an answer in which a question still counts."""
_NOUNS = re.compile("微信|QQ|邮箱|卡号|扣扣|Q号", re.IGNORECASE)
"""What is a question however short."""
LONGEST_NOD = 2
"""Characters of what is no question."""
LONGEST_BARE = 7
"""Characters of a question that does not say for what: 号码是？"""
SPOKEN_OF = 2
"""Utterances before such a question that say it."""


def question_before(utterances: Sequence[Utterance], index: int) -> str:
    """What the other party said last before an utterance; with what was spoken of before, where it does not say what it asks for.

    >>> from qa_speech.testing import make_call
    >>> said = make_call("agent: 您的微信是？", "customer: 拼音", "agent: 嗯", "customer: shanshui").utterances
    >>> question_before(said, 3)
    '您的微信是？'
    """
    role = utterances[index].role
    for place in reversed(range(max(0, index - WITHIN), index)):
        text = utterances[place].text or ""
        is_nod = len(text) <= LONGEST_NOD and _NOUNS.fullmatch(text) is None
        if utterances[place].role is role or is_nod:
            continue
        if len(text) > LONGEST_BARE:
            return text
        # 号码是？ asks for what was spoken of before
        before = [said.text or "" for said in utterances[max(0, place - SPOKEN_OF) : place]]
        return "".join([*before, text])
    return ""
