"""Which bytes a browser asks for: one range, or nothing (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import NamedTuple

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Span(NamedTuple):
    """Bytes ``[start, end)``."""

    start: int
    end: int


def wanted(header: str | None, size: int) -> Span | None:
    """What a header asks of `size` bytes: everything where there is none; None = what it asks for cannot be given.

    Several ranges at once are refused: no player asks for them.

    >>> wanted("bytes=10-19", 100), wanted("bytes=-5", 100), wanted(None, 100)
    (Span(start=10, end=20), Span(start=95, end=100), Span(start=0, end=100))
    >>> wanted("bytes=100-", 100), wanted("bytes=0-1,3-4", 100)
    (None, None)
    """
    if header is None:
        return Span(0, size)
    found = _ONE_RANGE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start = int(found[1])
        end = min(size, int(found[2]) + 1) if found[2] else size
    if start >= end:
        return None
    return Span(start, end)
