"""Words of Chinese text: jieba with the dictionary of the domain.

The dictionary ``data/domain_words.txt`` holds terms that a general one cuts apart (套餐外, 携号转网, 亲情号), in jieba's own
format, ``word frequency tag``; user dictionaries of that format are named with each call. Segmentation is done by jieba's
Rust port, which cuts alike and starts in no time; it is loaded on first use.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.language.data import word_list


class Token(msgspec.Struct, frozen=True):
    """A word with its half-open place in the text."""

    text: str
    start: int
    end: int


def words(text: str, *, dictionaries: tuple[str, ...] = ()) -> list[str]:
    """The words of a text, punctuation and spaces included: joined they are the text again.

    `dictionaries` are paths of jieba user dictionaries; each set of them is read once per process.

    Raises
    ------
    ConfigError
        A dictionary cannot be read, or a line is not ``word [frequency] [tag]``; all such lines are listed.

    Examples
    --------
    >>> words("我要办理携号转网")
    ['我要', '办理', '携号转网']
    """
    return list(_segmenter(dictionaries).cut(text))


def tokenize(text: str, *, dictionaries: tuple[str, ...] = ()) -> list[Token]:
    """The words of a text with their places.

    >>> tokenize("光猫掉线")
    [Token(text='光猫', start=0, end=2), Token(text='掉线', start=2, end=4)]
    """
    found, at = [], 0
    for word in words(text, dictionaries=dictionaries):
        found.append(Token(word, at, at + len(word)))
        at += len(word)
    return found


def borders(text: str, *, dictionaries: tuple[str, ...] = ()) -> frozenset[int]:
    """The places in a text, in characters, where a word begins or ends, 0 and the length among them.

    A taboo phrase counts only where it begins and ends at such a place: 性价比 holds no insult.

    >>> sorted(borders("光猫掉线了"))
    [0, 2, 4, 5]
    """
    return frozenset((0, *(token.end for token in tokenize(text, dictionaries=dictionaries))))


def is_word(text: str) -> bool:
    """Whether a text is one word of the dictionary, persons' names among them.

    >>> is_word("任盈盈"), is_word("王伟")
    (True, False)
    """
    return bool(_segmenter(()).has_word(text))


def is_common_word(text: str) -> bool:
    """Whether a text is one word of the dictionary and no person's name there.

    >>> [is_common_word(text) for text in ("高兴", "任盈盈", "王伟", "方便")]
    [True, False, False, True]
    """
    if not is_word(text):
        return False
    tagged = _segmenter(()).tag(text, hmm=False)
    return len(tagged) == 1 and not tagged[0][1].startswith("nr")


@lru_cache(maxsize=8)
def _segmenter(dictionaries: tuple[str, ...]) -> Any:
    from rjieba import Jieba

    segmenter = Jieba()
    entries = [_entry(line) for line in word_list("domain_words")]
    for path in dictionaries:
        entries += _read(path)
    for word, frequency, tag in entries:
        segmenter.add_word(word, segmenter.suggest_freq(word) if frequency is None else frequency, tag)
    return segmenter


def _read(path: str) -> list[tuple[str, int | None, str]]:
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(path, [problem("cannot read the dictionary: {reason}", reason=exc)]) from exc
    entries, problems = [], []
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                entries.append(_entry(line))
        except ValueError:
            problems.append(
                problem(
                    "line {number}: expected 'word [frequency] [tag]', got {line!r}", number=number, line=line.strip()
                )
            )
    if problems:
        raise ConfigError(path, problems)
    return entries


def _entry(line: str) -> tuple[str, int | None, str]:
    word, *rest = line.split()
    frequency = int(rest.pop(0)) if rest and rest[0].isdecimal() else None
    if len(rest) > 1:
        raise ValueError(line)
    return word, frequency, rest[0] if rest else "n"
