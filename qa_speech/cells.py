"""Text in the cells of tables: whatever a spreadsheet would run as a formula is defused."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_BEGINS_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
"""Signs that begin one, also in full width, which some programs turn into the narrow ones."""
_NOTHING = frozenset(("Cf", "Cc", "Zs", "Zl", "Zp"))
"""Categories of characters that are not seen: blanks, byte order marks, zero-width signs, controls."""
_STARTS_CELL = "\t\r\n"


def defused(text: str) -> str:
    """A text with an apostrophe before it if a spreadsheet could take it for a formula; numbers stay numbers.

    >>> defused("=1+1"), defused("\ufeff\uff1d1"), defused("-3.5"), defused("\u5f20")
    ("'=1+1", "'\\ufeff\uff1d1", '-3.5', '\u5f20')
    """
    if _NUMBER.fullmatch(text):
        return text
    starts = text[:1] in _STARTS_CELL and bool(text)
    return f"'{text}" if starts or _first_seen(text) in _BEGINS_FORMULA else text


def _first_seen(text: str) -> str:
    """The first character that is seen; one that begins nothing where there is none."""
    for char in text:
        if unicodedata.category(char) not in _NOTHING:
            return char
    return "."


def width(text: str) -> int:
    """How many columns a text takes, in a terminal or a cell: a Chinese character takes two.

    >>> width("\u5bbd\u5e26 a")
    6
    """
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
