"""Placeholders in the place of what identifies a person: ``[电话]`` for 13800138000.

The words are those of whoever shows the text: one for each kind, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from qa_speech.privacy.numerals import Kind

Placeholders: TypeAlias = Mapping[Kind, str]
"""The word that stands for each kind of identifier."""


class Place(NamedTuple):
    """``text[start:end]`` is an identifier of this kind."""

    start: int
    end: int
    kind: Kind


def put_placeholders(text: str, places: Iterable[Place], placeholders: Placeholders) -> str:
    """A text with each of the places, sorted and disjoint, replaced by the placeholder of its kind.

    >>> put_placeholders("请打13800138000", [Place(2, 13, "phone")], {"phone": "[电话]"})
    '请打[电话]'
    """
    pieces = []
    at = 0
    for place in places:
        pieces.append(text[at : place.start])
        pieces.append(placeholders[place.kind])
        at = place.end
    pieces.append(text[at:])
    return "".join(pieces)
