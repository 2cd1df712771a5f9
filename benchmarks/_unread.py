"""Dialogues that were written before their author had read the finder: `redaction_unread.tsv` and, for what that showed to be
weak, `redaction_fresh.tsv` (scored once, after the finder was mended on others), for `redaction.py`.

One utterance a line: dialogue, role, text. What must be masked stands in braces, as ``{kind:form}`` or ``{kind[from:to]form}``
where the value is drawn (two braces of one dialogue with one kind are parts of one number), or as ``{kind:words}`` where it is
spelled out:

    {m[0:3]s}{m[3:11]s}      a mobile number, three digits and eight, in words with 幺
    {n}                      a name;  {s} its surname alone, which need not be masked
    {a:翡翠华府3-2-1804}       these words are an address

Every third dialogue of the first file is for development; the others are closed and only scored.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from _identifiers import Case, case
from _invented import HAN, bank_card, digits, id_card, mobile, name

from qa_speech.privacy.numerals import credit_code_check

KINDS: Mapping[str, str] = {
    "m": "phone", "o": "phone", "l": "phone", "i": "id_card", "b": "bank_card", "g": "bank_card", "x": "card_expiry",
    "v": "security_code", "e": "email", "f": "email", "w": "account", "q": "account", "n": "name", "k": "name",
    "a": "address", "A": "address", "p": "passport", "P": "passport", "c": "plate", "z": "plate", "u": "credit_code",
    "X": "card_expiry", "V": "security_code",
}  # fmt: skip
"""The letter of a mark and what it is."""
SPELLED_OUT = "efwaAXV"
"""Marks that hold their words themselves."""
OPTIONAL = ("passport", "plate", "credit_code")
DEVELOPED_ON = 3
"""Every dialogue whose number this divides was seen while the finder was developed."""

_MARK = re.compile(r"\{(?P<kind>[A-Za-z])(?:\[(?P<first>\d+):(?P<last>\d+)\])?:?(?P<form>[^{}]*)\}")
_CODE_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Dialogue(NamedTuple):
    """A dialogue with its values drawn; `kinds` runs parallel to the secrets of the case."""

    number: int
    case: Case
    kinds: tuple[str, ...]

    @property
    def is_closed(self) -> bool:
        return self.number % DEVELOPED_ON != 0


def _card(rng: random.Random, length: int) -> str:
    while True:
        number = bank_card(rng)
        if len(number) == length:
            return number


def _name(rng: random.Random) -> str:
    return name(rng)


def _plate(rng: random.Random) -> str:
    return rng.choice("鄂粤京沪川苏浙鲁") + rng.choice("ABCDE") + digits(rng, 5, "0123456789KMT")


def _credit_code(rng: random.Random) -> str:
    first = "91" + digits(rng, 6) + digits(rng, 9, _CODE_CHARS)
    return first + credit_code_check(first)


_DRAW: Mapping[str, Callable[[random.Random], str]] = {
    "m": mobile, "o": mobile, "n": _name, "k": _name, "i": id_card,
    "l": lambda rng: rng.choice(["0571", "0755", "0512", "0574", "0371"]) + rng.choice("2345678") + digits(rng, 7),
    "b": lambda rng: _card(rng, 19),
    "g": lambda rng: _card(rng, 16),
    "x": lambda rng: f"{rng.randint(1, 12):02}{rng.randint(26, 33)}",
    "v": lambda rng: digits(rng, 3),
    "q": lambda rng: rng.choice("123456789") + digits(rng, 8),
    "p": lambda rng: "E" + digits(rng, 8),
    "P": lambda rng: digits(rng, 8),
    "c": _plate,
    "z": lambda rng: "粤B" + rng.choice("DF") + digits(rng, 5),
    "u": _credit_code,
}  # fmt: skip


def _aloud(value: str, one: str) -> str:
    spoken = dict(zip("0123456789", HAN, strict=True)) | {"1": one}
    return "".join([spoken.get(char, char) for char in value])


def _as_quantity(value: str) -> str:
    """138 → 一百三十八, 2219 → 二千二百一十九."""
    text = ""
    for place, digit in enumerate(value):
        unit = ("", "十", "百", "千")[len(value) - 1 - place]
        if digit != "0":
            text += HAN[int(digit)] + unit
        elif not text.endswith("零"):
            text += "零"
    return text.rstrip("零") or "零"


def _put(kind: str, value: str, form: str) -> str:
    if form in ("s", "t"):
        return _aloud(value, "幺" if form == "s" else "一")
    if form in ("q", "q4"):
        return _as_quantity(value)
    if form == "月年":
        return f"{_aloud(value[2:], '一')}年{_as_quantity(value[:2].lstrip('0'))}月"
    if kind == "x" and form == "d" and len(value) > 2:
        return f"{value[:2]}/{value[2:]}"
    return value


def _drawn(rows: list[tuple[str, str]], rng: random.Random) -> tuple[list[tuple[str, str]], list[str]]:
    """The lines of a dialogue with their values, in plain braces, and the kinds of these in order."""
    values: dict[str, str] = {}
    kinds: list[str] = []

    def filled(mark: re.Match[str]) -> str:
        kind, form = mark["kind"], mark["form"]
        if kind == "s":
            return values.setdefault("n", _DRAW["n"](rng))[0]
        kinds.append(KINDS[kind])
        if kind in SPELLED_OUT:
            return "{" + form + "}"
        value = values.setdefault(kind, _DRAW[kind](rng))
        if mark["first"]:
            value = value[int(mark["first"]) : int(mark["last"])]
        return "{" + _put(kind, value, form) + "}"

    lines = [(role, _MARK.sub(filled, text)) for role, text in rows]
    return lines, kinds


@cache
def dialogues(seed: int = 0, file_name: str = "redaction_unread.tsv") -> tuple[Dialogue, ...]:
    """All dialogues of a file, values drawn from a seed."""
    with Path(__file__).with_name(file_name).open(encoding="utf-8", newline="") as file:
        rows = [(int(row["dialogue"]), row["role"], row["text"]) for row in csv.DictReader(file, delimiter="\t")]
    found = []
    for number, group in groupby(rows, key=lambda row: row[0]):
        said = [(role, text) for _, role, text in group]
        lines, kinds = _drawn(said, random.Random(f"{seed}/{number}"))
        found.append(Dialogue(number, case("unread", *lines), tuple(kinds)))
    return tuple(found)
