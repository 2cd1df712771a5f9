"""Whether a text asks something, hands over the floor with a question, or consents to a wait: by its words alone."""

from __future__ import annotations

import re
from functools import lru_cache

from qa_speech.language.phrases import fold

ANNOUNCED_AT_END = 24
"""Spoken characters at the end of an agent's words in which the announcement of a wait (请稍等) counts."""
LONGEST_CONSENT = 8
"""Spoken characters; 好，你快一点 leaves an announced hold what it is."""
TAIL = 16
"""Characters at the end of an utterance in which a question hands over the floor."""

_QUESTION = re.compile(
    "|".join(
        [
            r"[?？]|吗|呢$|么$|没有$|(\w)不\1|有没有|是否|能否|可否|有无",
            "什么|怎么|怎样|为啥|干嘛|咋|啥|多少|多久|多长|多大|几[个号点天月年次块元位时分岁张条]|第几|哪|谁|何时|如何",
            "还是|请问|^[您你]是.*吧$",
        ]
    )
)
_NO_QUESTION = re.compile(r"没有?[^，。,.]{0,4}什么|不[^，。,.]{0,2}什么|[什怎]么都|不怎么|什么的|没什么")
_CALLED = ("先生", "女士", "小姐", "阿姨", "师傅")
_AFTER = "啊呀哈哦呃嗯，。,._ \t\n\r\f\v\u3000\xa0"


@lru_cache(maxsize=8192)
def is_question(text: str) -> bool:
    """Whether a text asks something; works without punctuation.

    >>> [is_question(text) for text in ("您办理的是哪个套餐", "对不对", "我的手机没有信号", "也没有开通什么业务")]
    [True, True, False, False]
    """
    return _QUESTION.search(_NO_QUESTION.sub("", _addressed(text))) is not None


def _addressed(text: str) -> str:
    """A text without the address and the particles behind it: 方便吗，先生。"""
    bare = text.rstrip(_AFTER)
    while bare.endswith(_CALLED):
        bare = bare[:-2].rstrip(_AFTER)
    return bare


def accepts_wait(text: str) -> bool:
    """Whether what follows 请稍等 can be no more than a consent; question marks are a recogniser's guess.

    >>> accepts_wait("好，你快一点？"), accepts_wait("要等多久"), accepts_wait("好的，另外我的流量也不够用了")
    (True, False, False)
    """
    text = text.rstrip("？? ")
    return bool(text) and len(fold(text)) <= LONGEST_CONSENT and not is_question(text)


@lru_cache(maxsize=8192)
def ends_in_question(text: str) -> bool:
    """Whether a text hands over the floor with a question, at its end.

    >>> ends_in_question("那我告诉您设置方式，您现在方便操作吗先生")
    True
    >>> ends_in_question("您问的是哪个套餐对吧这个套餐是八元的它包含五十兆的省内流量")
    False
    """
    return is_question(_addressed(text)[-TAIL:])
