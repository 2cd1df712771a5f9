"""Invented numbers, names and sentences: valid by form, and nobody's. What people say stands in `identifiers.tsv`."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from qa_speech.privacy.numerals import id_check_digit, is_mobile, luhn

DIGITS = "0123456789"


@cache
def sentences() -> Mapping[str, Sequence[str]]:
    """The lists of `identifiers.tsv` by name, in the order of the file."""
    found: dict[str, list[str]] = {}
    with Path(__file__).with_name("identifiers.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found.setdefault(row["list"], []).append(row["text"])
    return found


def one_of(name: str, rng: random.Random) -> str:
    """An entry of a list of `identifiers.tsv`."""
    return rng.choice(sentences()[name])


_FIELD = re.compile(r"<([^<>]+)>")
_RANGE = re.compile(r"(\d+)-(\d+)")
_DIGITS = re.compile(r"(spoken )?(\d+)-(\d+) digits")


def filled(sentence: str, rng: random.Random, **values: str) -> str:
    """A sentence with its fields drawn, from left to right.

    ``<1-28>`` a number in a range, ``<4-6 digits>`` so many digits, ``<spoken 4-6 digits>`` the same in words, ``<GD|KF>``
    one of these, ``<mobile>`` a mobile number; any other name is looked up in `values`.

    >>> filled("<2-2>月，工号<4-4 digits>，<money>元", random.Random(1), money="3.50")
    '2月，工号2177，3.50元'
    """
    return _FIELD.sub(lambda field: _drawn(field.group(1), rng, values), sentence)


def _drawn(field: str, rng: random.Random, values: Mapping[str, str]) -> str:
    if field == "mobile":
        return mobile(rng)
    if "|" in field:
        return rng.choice(field.split("|"))
    if bounds := _RANGE.fullmatch(field):
        return str(rng.randint(int(bounds[1]), int(bounds[2])))
    if length := _DIGITS.fullmatch(field):
        number = some_digits(rng, int(length[2]), int(length[3]))
        return aloud(number, rng) if length[1] else number
    return values[field]


# ------------------------------------------------------------------------------------------------ values


def digits(rng: random.Random, count: int, among: str = DIGITS) -> str:
    """So many random digits."""
    return "".join(rng.choice(among) for _ in range(count))


def some_digits(rng: random.Random, low: int, high: int) -> str:
    """A number of `low` to `high` digits that does not begin with zero."""
    first = rng.choice("123456789")
    return first + digits(rng, rng.randint(low, high) - 1)


def mobile(rng: random.Random) -> str:
    """A mobile number with an assigned prefix."""
    while True:
        number = "1" + rng.choice("3456789") + digits(rng, 9)
        if is_mobile(number):
            return number


def landline(rng: random.Random) -> tuple[str, str]:
    """(area code, local number)"""
    return one_of("area code", rng), rng.choice("2345678") + digits(rng, 7)


def id_card(rng: random.Random) -> str:
    """An identity number with a date of birth and its check digit."""
    area = one_of("id area", rng)
    born = f"{rng.randint(1940, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    first = area + born + f"{rng.randint(1, 999):03}"
    return first + id_check_digit(first)


def bank_card(rng: random.Random) -> str:
    """A card number of 16 or 19 digits with its Luhn digit."""
    length = rng.choice([16, 19])
    issuer = one_of("card issuer", rng)
    first = issuer + digits(rng, length - len(issuer) - 1)
    return next(first + last for last in DIGITS if luhn(first + last))


SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国志文玉红春梅海燕晓峰雪梦琪子轩宇航欣怡佳慧俊凯"


def name(rng: random.Random) -> str:
    """A name of two or three characters."""
    surname = rng.choice(SURNAMES)
    return surname + "".join(rng.sample(GIVEN, rng.choice([1, 2, 2])))


HAN = "零一二三四五六七八九"


def aloud(number: str, rng: random.Random) -> str:
    """Digits as they are spoken and written down by a recogniser: 幺 or 一 throughout, 两 never."""
    spoken = dict(zip(DIGITS, HAN, strict=True)) | {"1": rng.choice("一幺"), "X": "X"}
    return "".join(spoken[char] for char in number)


GROUPS: Mapping[int, Sequence[Sequence[int]]] = {
    11: (
        (3, 4, 4), (3, 4, 4), (3, 8), (11,), (4, 4, 3), (3, 3, 5), (7, 4), (3, 2, 2, 2, 2), (5, 6), (3, 4, 2, 2),
    ),
    18: ((18,), (6, 8, 4), (6, 4, 4, 4), (3, 3, 4, 4, 4), (6, 12), (4, 4, 4, 6)),
    16: ((4, 4, 4, 4), (16,), (6, 10), (8, 8)),
    19: ((4, 4, 4, 7), (4, 4, 4, 4, 3), (6, 13), (19,), (4, 15)),
}  # fmt: skip
"""Sizes of the groups that a number of so many digits is said in."""


def groups(number: str, rng: random.Random) -> list[str]:
    """A number in groups as people make them."""
    found, at = [], 0
    for size in rng.choice(GROUPS[len(number)]):
        found.append(number[at : at + size])
        at += size
    return found
