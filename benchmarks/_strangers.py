"""Sentences and exchanges with what identifies a customer, by hands that had not read the finder.

`redaction_strangers.jsonl`, one JSON object a line:

    hand    1-3: the finder was developed on them, a half of the third hand's lines (closed) not until its last figures were
            printed; 4: counted whole once (benchmarks/README.md), then its open half developed on
    closed  of the last hand: nobody looks at it, it is counted
    text    turns on lines of their own, behind 坐席： or 客户：
    spans   [first, end, kind] in characters; several for a value given in pieces
    more    holds something besides that the finder does not look for, so it says nothing of false masks
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from qa_speech.privacy.identifiers import find_identifiers
from qa_speech.testing import make_call

FILE = Path(__file__).parent / "redaction_strangers.jsonl"
ROLES = {"坐席：": "agent", "客户：": "customer"}
DEVELOPED_ON = 3
"""The last hand that was developed on."""
SEPARATORS = " ，、,。\n"


class Stranger(msgspec.Struct, frozen=True):
    """One line of the file."""

    hand: int
    closed: bool
    text: str
    spans: tuple[tuple[int, int, str], ...]
    more: bool

    @property
    def is_unread(self) -> bool:
        """Whether the finder was never developed on it."""
        return self.closed and self.hand > DEVELOPED_ON


class Line(msgspec.Struct, frozen=True):
    """A turn: who speaks, what is said, where it begins in the text."""

    role: str
    said: str
    start: int


def strangers() -> list[Stranger]:
    """All of them."""
    decoder = msgspec.json.Decoder(Stranger)
    return [decoder.decode(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def lines_of(text: str) -> Iterator[Line]:
    """The turns of a text; without a word for the role the customer speaks."""
    start = 0
    for line in text.split("\n"):
        sign = line[:3]
        lead = len(sign) if sign in ROLES else 0
        yield Line(ROLES.get(sign, "customer"), line[lead:], start + lead)
        start += len(line) + 1


def masked_places(text: str) -> set[int]:
    """The characters of a text that are masked."""
    lines = list(lines_of(text))
    call = make_call(*[f"{line.role}: {line.said}" for line in lines])
    places: set[int] = set()
    for found in find_identifiers(call.utterances):
        first = lines[found.utterance].start
        places.update(range(first + found.start, first + found.end))
    return places


def whole(one: Stranger) -> list[tuple[str, bool]]:
    """The kind of each span, and whether all of it but gaps is masked."""
    places = masked_places(one.text)
    told = []
    for start, end, kind in one.spans:
        wanted = {place for place in range(start, end) if one.text[place] not in SEPARATORS}
        told.append((kind, wanted <= places))
    return told
