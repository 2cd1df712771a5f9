"""What a recogniser of pieces gives (tokens with times) → words: Chinese by character, Latin words whole.

    ▁HE LLO 你 好     sentence pieces: ▁ begins a word            HELLO 你 好
    he@@ llo 你 好    @@ = the word goes on                        hello 你 好
    V I P 会 员       neither: letters in a row are a word         VIP 会 员
    <0xE4><0xBD><0xA0>    bytes of one character                   你
    <|zh|> <unk>      said of the text, not said by anybody        -

A token has the time at which it is heard; it ends where the next begins, and after `LONGEST_S` at most.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from qa_speech.call import Word

LONGEST_S = 0.4
"""What a token lasts at most: nothing says when it ends."""
TOGETHER_S = 0.4
"""Letters further apart than this are no word."""
VOCABULARY = 1 << 14
"""Tokens whose kind is remembered; more than a recogniser has."""
BEGINS, GOES_ON = "▁", "@@"
_BYTE = re.compile("<0x([0-9A-Fa-f]{2})>")
_MARK = re.compile("<[^<>]*>")


class Token(NamedTuple):
    """A piece of text, when it begins in seconds, and its probability (0–1)."""

    text: str
    start: float
    probability: float = 1.0


def tokens_of(
    texts: Sequence[str], starts: Sequence[float], log_probs: Sequence[float], duration: float
) -> list[Token]:
    """Tokens of what a recogniser gives, in order and within `duration` seconds; without log-probabilities the probability is 1.

    A space before a token is another way to write ▁.

    Raises
    ------
    ValueError
        Not every token has a time.
    """
    if len(texts) != len(starts):
        raise ValueError(f"{len(texts)} tokens have {len(starts)} times")
    known = [math.exp(min(0.0, value)) for value in log_probs]
    if len(known) != len(texts):
        known = [1.0] * len(texts)
    tokens = []
    before = 0.0
    for text, start, probability in zip(texts, starts, known, strict=True):
        before = min(max(float(start), before), duration)
        piece = f"{BEGINS}{text[1:]}" if text.startswith(" ") else text
        tokens.append(Token(piece, before, probability))
    return tokens


def spread(text: str, start: float, end: float, probability: float = 1.0) -> list[Word]:
    """A text laid evenly over ``[start, end]`` seconds: Chinese by character, Latin words whole, punctuation with the word before.

    Examples
    --------
    >>> [(word.text, word.start, word.end) for word in spread("办WiFi。", 1.0, 2.0)]
    [('办', 1.0, 1.2), ('WiFi。', 1.2, 2.0)]
    """
    parts: list[str] = []
    for run in (run for chunk in text.split() for run in _runs(chunk)):
        if parts and _is_mark(run):
            parts[-1] += run
        elif not _is_mark(run):
            parts.append(run)
    sizes = [sum(map(str.isalnum, part)) for part in parts]
    step = (end - start) / max(1, sum(sizes))
    words, at = [], start
    for part, size in zip(parts, sizes, strict=True):
        words.append(Word(part, at, at + size * step, probability))
        at += size * step
    return words


@dataclass
class _Open:
    """A word that may go on."""

    text: str
    start: float
    heard: float
    probabilities: list[float] = field(default_factory=list)
    goes_on: bool = False


def words_of(tokens: Sequence[Token], duration: float) -> tuple[Word, ...]:
    """Tokens → words within ``[0, duration]`` seconds; punctuation joins the word before it.

    Examples
    --------
    >>> said = [Token("▁HE", 0.1), Token("LLO", 0.3), Token("你", 0.6), Token("好", 0.8), Token("。", 1.0)]
    >>> [(word.text, word.start, word.end) for word in words_of(said, 1.1)]
    [('HELLO', 0.1, 0.6), ('你', 0.6, 0.8), ('好。', 0.8, 1.1)]
    >>> [word.text for word in words_of([Token("v@@", 0), Token("ip", 0.1), Token("user", 0.3)], 1)]
    ['vip', 'user']
    """
    heard = list(_units(_characters(tokens)))
    style = _style(tokens)
    words: list[_Open] = []
    for token in heard:
        if words and _is_mark(token.text):
            words[-1].text += token.text
            words[-1].goes_on = False
        elif words and _joins(words[-1], token, style):
            _add(words[-1], token)
        elif not _is_mark(token.text) and token.text.strip(BEGINS):
            words.append(_begun(token, style))
    return tuple(_closed(words, duration))


def _style(tokens: Sequence[Token]) -> str:
    """How pieces of a word are written here: ▁, @@, or not at all."""
    for style in (BEGINS, GOES_ON):
        if any(style in token.text for token in tokens):
            return style
    return ""


def _characters(tokens: Sequence[Token]) -> Iterator[Token]:
    """Tokens without marks such as <|zh|>, bytes joined to the characters they make."""
    waiting = b""
    first: Token | None = None
    for token in tokens:
        byte = _BYTE.fullmatch(token.text)
        if byte is not None:
            first = first or token
            waiting += bytes([int(byte.group(1), 16)])
            text = _decoded(waiting)
            if text is None:
                continue
            yield Token(text, first.start, first.probability)
        elif not _MARK.fullmatch(token.text):
            yield token
        waiting, first = b"", None


def _decoded(waiting: bytes) -> str | None:
    try:
        return waiting.decode()
    except UnicodeDecodeError:
        return None


def _units(tokens: Iterator[Token]) -> Iterator[Token]:
    """Tokens of several Chinese characters cut into characters, each with its share of the time; others as they are."""
    given = list(tokens)
    for at, token in enumerate(given):
        text = token.text
        whole = text.strip(BEGINS)
        if len(whole) < 2 or not any(map(_alone, whole)):
            yield token
            continue
        following = given[at + 1].start if at + 1 < len(given) else token.start + LONGEST_S
        step = min(following - token.start, LONGEST_S * len(whole)) / len(whole)
        for number, run in enumerate(_runs(whole)):
            yield Token(run, token.start + number * step, token.probability)


def _runs(text: str) -> list[str]:
    """Chinese characters one by one, what is between them whole."""
    runs: list[str] = []
    for char in text:
        if runs and not _alone(char) and not _alone(runs[-1][-1]):
            runs[-1] += char
        else:
            runs.append(char)
    return runs


@lru_cache(VOCABULARY)
def _alone(char: str) -> bool:
    """Whether a character is a word of its own: Han, kana, hangul."""
    return unicodedata.name(char, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))


@lru_cache(VOCABULARY)
def _is_mark(text: str) -> bool:
    """Whether a token is punctuation alone."""
    found = text.strip(BEGINS).removesuffix(GOES_ON)
    return bool(found) and not any(char.isalnum() for char in found)


def _joins(word: _Open, token: Token, style: str) -> bool:
    """Whether a token goes on with a word."""
    bare = token.text.removesuffix(GOES_ON)
    if word.goes_on:
        return True
    if token.text.startswith(BEGINS) or any(map(_alone, bare)) or any(map(_alone, word.text)):
        return False
    if style == BEGINS:
        return True
    letters = len(bare) == 1 and bare.isalpha() and word.text.isalpha()
    return not style and letters and token.start - word.heard <= TOGETHER_S


def _begun(token: Token, style: str) -> _Open:
    text = token.text.lstrip(BEGINS)
    return _Open(
        text.removesuffix(GOES_ON),
        token.start,
        token.start,
        [token.probability],
        goes_on=style == GOES_ON and text.endswith(GOES_ON),
    )


def _add(word: _Open, token: Token) -> None:
    word.goes_on = token.text.endswith(GOES_ON)
    word.text += token.text.removesuffix(GOES_ON)
    word.heard = token.start
    word.probabilities.append(token.probability)


def _closed(words: Sequence[_Open], duration: float) -> Iterator[Word]:
    """Words with their ends: where the next begins, and not long after their last token was heard."""
    for at, word in enumerate(words):
        following = words[at + 1].start if at + 1 < len(words) else duration
        end = max(word.start, min(following, word.heard + LONGEST_S, duration))
        probability = sum(word.probabilities) / len(word.probabilities)
        yield Word(word.text, word.start, end, min(1.0, probability))
