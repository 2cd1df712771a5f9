"""Bytes of a text file → text, in the encodings that Chinese offices write: UTF-8, UTF-16 with its mark, GB18030."""

from __future__ import annotations

import codecs
import unicodedata

from qa_speech.errors import problem

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_CHARACTER = frozenset(("Cn", "Cs"))
"""Unassigned and half characters: a text that holds one was written in another encoding."""
_PRIVATE = "Co"
_MOST_PRIVATE = 0.02
"""Share of the characters beyond ASCII that may be private ones (rare names); Big5 read as GB18030 has far more."""


def decoded(content: bytes) -> str:
    """The text of a file.

    Raises
    ------
    UnicodeError
        It is in none of the encodings; the message says so in a few words and quotes nothing.

    Examples
    --------
    >>> decoded("坐席".encode("gb18030")), decoded("坐席".encode("utf-16")), decoded("坐席".encode("utf-8-sig"))
    ('坐席', '坐席', '坐席')
    """
    if content.startswith(_UTF_16_MARKS):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as exc:
            raise UnicodeError(problem("begins as UTF-16 and is not (byte {start})", start=exc.start)) from exc
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        first_wrong = exc.start
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as exc:
        raise UnicodeError(
            problem(
                "neither UTF-8 (byte {first_wrong}) nor GB18030 (byte {start}) text",
                first_wrong=first_wrong,
                start=exc.start,
            )
        ) from exc
    if _is_foreign(text):
        raise UnicodeError(problem("neither UTF-8 (byte {first_wrong}) nor GB18030 text", first_wrong=first_wrong))
    return text


def _is_foreign(text: str) -> bool:
    """Whether a text holds what no GB18030 text does: NUL, characters that are none, private ones by the dozen."""
    kinds = {char: unicodedata.category(char) for char in set(text)}
    if "\0" in kinds or not _NO_CHARACTER.isdisjoint(kinds.values()):
        return True
    beyond_ascii = sum(char > "\x7f" for char in text)
    private = sum(kinds[char] == _PRIVATE for char in text)
    return private > _MOST_PRIVATE * beyond_ascii
