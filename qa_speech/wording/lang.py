"""The two languages of pages and messages: declared once, and how a text is chosen between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

Lang: TypeAlias = Literal["zh", "en"]
Words: TypeAlias = Mapping[str, tuple[str, str]]
"""Code → what it is called in Chinese and in English."""


def pick(lang: Lang, zh: str, en: str) -> str:
    """The text of the language asked for.

    >>> pick("zh", "坐席", "agent"), pick("en", "坐席", "agent")
    ('坐席', 'agent')
    """
    if lang == "zh":
        return zh
    return en


def say(lang: Lang, words: tuple[str, str], **parts: object) -> str:
    """A sentence in the language asked for, its gaps filled.

    >>> say("zh", ("共抽 {n} 通", "{n} calls drawn"), n=12)
    '共抽 12 通'
    """
    return pick(lang, *words).format(**parts)


def listed(texts: Iterable[str], lang: Lang) -> str:
    """Texts side by side: 甲、乙 in Chinese, a, b in English.

    >>> listed(["00:11", "00:20"], "zh"), listed(["00:11", "00:20"], "en")
    ('00:11、00:20', '00:11, 00:20')
    """
    return pick(lang, "、", ", ").join(texts)


def clauses(texts: Iterable[str], lang: Lang) -> str:
    """Clauses one after the other, a semicolon between.

    >>> clauses(["静音", "抢话"], "zh")
    '静音；抢话'
    """
    return pick(lang, "；", "; ").join(texts)


def labelled(label: str, text: str, lang: Lang) -> str:
    """A text with what it is about before a colon.

    >>> labelled("不适用", "单声道", "zh"), labelled("agent", "hello", "en")
    ('不适用：单声道', 'agent: hello')
    """
    return pick(lang, f"{label}：{text}", f"{label}: {text}")


def plural(count: str) -> str:
    """The ending of an English word after a count: 1 turn, 2 turns.

    >>> plural("1"), plural("2")
    ('', 's')
    """
    if count == "1":
        return ""
    return "s"
