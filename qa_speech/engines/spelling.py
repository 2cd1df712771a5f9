"""How the words of a recogniser are written: Latin words whole, marks between Chinese words Chinese.

tokens     您 好 , 我 的 Mic ros oft 账 号 、 Vo L TE
words      您 好，我 的 Microsoft 账 号、 VoLTE
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from qa_speech.call import Word

PUNCTUATION = frozenset("，。？！、；：,.?!;:…—“”‘’\"'（）()《》")
"""Characters that are no word of their own."""
HALF_CHARACTER = "\ufffd"
"""What the bytes of a character become whose last ones were not decoded."""
CHINESE_MARKS = {",": "，", "?": "？", "!": "！", ";": "；", ":": "：", ".": "。"}
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_MARKS_AT_END = re.compile(r"[,?!;:.]+$")
_OPEN_LATIN = re.compile(r"[A-Za-z0-9][-'’]?$")
_GOES_ON = re.compile(r"[-'’]?[A-Za-z]")


def goes_on(before: str, token: str) -> bool:
    """Whether a token, as the recogniser gave it with its spaces, goes on with the Latin word before it.

    >>> goes_on("Mic", "ros"), goes_on("Mic", " ros"), goes_on("4", "G"), goes_on("的", "VIP"), goes_on("Wi-", "Fi")
    (True, False, True, False, True)
    """
    return _OPEN_LATIN.search(before) is not None and _GOES_ON.match(token) is not None


def chinese_marks(words: Sequence[Word]) -> tuple[Word, ...]:
    """Words whose marks are those of the language they stand in.

    >>> said = [Word("您好,", 0, 1), Word("98.", 1, 2), Word("5", 2, 3), Word("OK.", 3, 4), Word("元.", 4, 5)]
    >>> [word.text for word in chinese_marks(said)]
    ['您好，', '98.', '5', 'OK。', '元。']
    """
    written = []
    for at, word in enumerate(words):
        marks = _MARKS_AT_END.search(word.text)
        if marks is None or not _stands_in_chinese(words, at):
            written.append(word)
            continue
        text = word.text[: marks.start()] + _in_chinese(marks.group())
        written.append(Word(text, word.start, word.end, word.probability))
    return tuple(written)


def _stands_in_chinese(words: Sequence[Word], at: int) -> bool:
    """Whether a Chinese word stands before the marks of a word, or behind them."""
    following = words[at + 1].text[:1] if at + 1 < len(words) else ""
    return bool(_HAN.search(words[at].text) or _HAN.match(following))


def _in_chinese(marks: str) -> str:
    """Marks as Chinese text has them; dots in a row are one sign."""
    if len(marks) > 1 and set(marks) == {"."}:
        return "……"
    return "".join(CHINESE_MARKS[mark] for mark in marks)


def timed_words(alignment: Sequence[Mapping[str, Any]], duration: float) -> tuple[Word, ...]:
    """Aligned tokens → words inside ``[0, duration]`` seconds; marks join the word before them, and so do the rest of a Latin
    word's tokens (Mic·ros·oft), which is then as sure as the least of them."""
    words: list[Word] = []
    for token in alignment:
        text = token["word"].replace(HALF_CHARACTER, "").strip()
        if not text:
            continue
        said = any(char.isalnum() for char in text)
        if not said and words:
            last = words[-1]
            words[-1] = Word(last.text + text, last.start, last.end, last.probability)
            continue
        if not said and PUNCTUATION.issuperset(text):
            continue
        start = min(max(float(token["start"]), 0.0), duration)
        end = min(max(float(token["end"]), start), duration)
        probability = min(max(float(token["probability"]), 0.0), 1.0)
        if words and goes_on(words[-1].text, token["word"]):
            last = words.pop()
            text, start = last.text + text, last.start
            probability = min(last.probability, probability)
        words.append(Word(text, start, end, probability))
    return tuple(words)
