"""The words with which customers threaten to go further: regulators, the press, the courts. One list for cards and metrics.

It stands in ``data/threats.txt``. A card names it (``{list: threats}``), the metric `resolution` counts it.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from qa_speech.language.data import word_list
from qa_speech.language.phrases import find_phrases, fold, places

_EXCUSE = "!! "


class ThreatWords(NamedTuple):
    """google-re2 patterns over folded words, and longer phrases that cover a hit and mean none."""

    patterns: tuple[str, ...]
    unless: tuple[str, ...]


@cache
def threat_words() -> ThreatWords:
    """The list.

    >>> "不用起诉" in threat_words().unless
    True
    """
    lines = word_list("threats")
    excuses = [line.removeprefix(_EXCUSE) for line in lines if line.startswith(_EXCUSE)]
    patterns = [line for line in lines if not line.startswith(_EXCUSE)]
    return ThreatWords(tuple(patterns), tuple(excuses))


@cache
def _pattern() -> Any:
    import re2

    return re2.compile("|".join(threat_words().patterns))


def threats(text: str) -> list[tuple[int, int]]:
    """Where a customer's words threaten, as half-open places in the text.

    >>> text = "不给我办，我打12315！"
    >>> [text[start:end] for start, end in threats(text)], threats("起诉书收到了")
    (['12315'], [])
    """
    found = [match.span() for match in _pattern().finditer(fold(text))]
    if not found:
        return []
    place = places(text)
    there = [(place[start], place[end - 1] + 1) for start, end in found]
    covers = find_phrases(text, threat_words().unless)
    return [hit for hit in there if not any(one.start <= hit[0] and hit[1] <= one.end for one in covers)]
