"""How the words of a recogniser are written: Latin words whole, marks between Chinese words Chinese.

tokens     您 好 , 我 的 Mic ros oft 账 号 、 Vo L TE
words      您 好，我 的 Microsoft 账 号、 VoLTE
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.call import Word

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
