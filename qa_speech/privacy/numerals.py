"""What a string of digits is: mobile and fixed-line numbers, identity cards, bank cards.

Definitions: identity card GB 11643-1999 (18 characters, check digit after ISO 7064 MOD 11-2); bank card ISO/IEC 7812
(12–19 digits, check digit after Luhn); mobile prefixes from `data/mobile_prefixes.txt`. An unknown digit, ``?``, fits
everywhere but satisfies no check digit.
"""

from __future__ import annotations

import datetime
import re
from functools import cache
from itertools import combinations
from typing import Literal, NamedTuple, TypeAlias

from qa_speech.language.data import word_list

Kind: TypeAlias = Literal[
    "phone", "id_card", "bank_card", "card_expiry", "security_code", "account", "email", "address", "name", "passport",
    "plate", "credit_code",
]  # fmt: skip
Cue: TypeAlias = Literal["phone", "id_card", "bank_card", "code", ""]

ID_LENGTH, OLD_ID_LENGTH = 18, 15
LONGEST_CARD = 19
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_COUNTRY = re.compile(r"(?:00)?86(?=1[3-9]\d{9}$)")
_HOTLINE = re.compile(
    r"(?:(?:00)?86|(?:(?:00)?86|0)(?:10|2\d|[3-9]\d\d)(?=100(?:0[01]|1[0156]|86|99)$|123(?:00|15|45)$))?"
    r"(?:[48]00\d{7}|9[56]\d{3,6}|1(?:1[0-9]|2[0-2])|1[02]\d{3}|11[468]\d{3})"
)
_AREA = re.compile(r"(?:010|02\d|0[3-9]\d\d)(?=[2-8?][\d?]{6,7}$)")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_ISSUER = re.compile(r"62|4|5[1-5]|2[2-7]|3[567]|9[0-9]5|60")


class Verdict(NamedTuple):
    """What a number is and the reason code: why it is taken for it."""

    kind: Kind
    reason: str


@cache
def _mobile_prefixes() -> frozenset[str]:
    found: set[str] = set()
    for line in word_list("mobile_prefixes"):
        first, _, last = line.partition("-")
        found.update(str(number) for number in range(int(first), int(last or first) + 1))
    return frozenset(found)


def is_mobile(number: str) -> bool:
    """Eleven digits whose first ones are assigned to mobile telephones in mainland China.

    >>> is_mobile("13800138000"), is_mobile("14200138000"), is_mobile("1380013800")
    (True, False, False)
    """
    return len(number) == 11 and (number[:3] in _mobile_prefixes() or number[:4] in _mobile_prefixes())


def id_check_digit(first17: str) -> str:
    """The 18th character of an identity number.

    >>> id_check_digit("11010519491231002")
    'X'
    """
    return "10X98765432"[sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, first17, strict=True)) % 11]


def looks_like_id(number: str) -> bool:
    """18 characters with a province, a date of birth and one X at most, at the end; the check digit is not looked at."""
    if len(number) != ID_LENGTH or not number[:17].isdecimal() or number[:2] not in PROVINCES:
        return False
    if not 1880 <= int(number[6:10]) <= datetime.date.today().year:
        return False
    try:
        datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return True


def looks_like_old_id(number: str) -> bool:
    """15 digits of before 1999: a province and a date of birth in two-digit form.

    >>> looks_like_old_id("320106880307241"), looks_like_old_id("320106881307241")
    (True, False)
    """
    if len(number) != OLD_ID_LENGTH or not number.isdecimal():
        return False
    return looks_like_id(number[:6] + "19" + number[6:] + "0")


def is_id_card(number: str) -> bool:
    """An identity number whose check digit fits.

    >>> is_id_card("11010519491231002X"), is_id_card("110105194912310021")
    (True, False)
    """
    return looks_like_id(number) and number[17] == id_check_digit(number[:17])


def luhn(number: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    if not number.isdecimal():
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def is_bank_card(number: str) -> bool:
    """15 to 19 digits with the first digits of a card issuer and a Luhn check digit that fits.

    >>> is_bank_card("6222021234567894"), is_bank_card("1222021234567894")
    (True, False)
    """
    return 15 <= len(number) <= LONGEST_CARD and _ISSUER.match(number) is not None and luhn(number)


def is_hotline(number: str) -> bool:
    """Short numbers and 400/800 lines, also behind the codes of a country and a city: known to everybody, nobody's own.

    >>> is_hotline("10010"), is_hotline("4008108080"), is_hotline("861010000"), is_hotline("13800138000")
    (True, True, True, False)
    """
    return _HOTLINE.fullmatch(number) is not None


def without_country(number: str) -> str:
    """A mobile number without 86 before it.

    >>> without_country("8613800138000")
    '13800138000'
    """
    return _COUNTRY.sub("", number, count=1)


def certain(number: str, cue: Cue) -> Verdict | None:
    """What a number is by its own form: check digit, assigned prefix, area code.

    After the word for an order, ticket, code (`cue` ``code``) only an identity number is believed.

    >>> certain("13800138000", ""), certain("13800138000", "code")
    (Verdict(kind='phone', reason='mobile_prefix'), None)
    """
    if is_id_card(number):
        return Verdict("id_card", "check_digit")
    if cue == "code" or is_hotline(number):
        return None
    if is_mobile(without_country(number)):
        return Verdict("phone", "mobile_prefix")
    if is_bank_card(number):
        return Verdict("bank_card", "luhn")
    if _AREA.match(number) and not _too_even(number):
        return Verdict("phone", "area_code")
    return None


def _too_even(number: str) -> bool:
    return len(set(number)) < 3


def likely(number: str, cue: Cue) -> Verdict | None:
    """What a number is by its length and the words around it: digits may be misheard, missing or too many.

    After the word for one, nine digits are enough: recognisers drop some of a telephone number and half a card's.

    >>> likely("138001380?0", "phone"), likely("20231105", "phone"), likely("68001234", "phone")
    (Verdict(kind='phone', reason='mobile_shape'), None, Verdict(kind='phone', reason='cue'))
    """
    length = len(number)
    if cue == "code" or is_hotline(number):
        return None
    if looks_like_id(number) or looks_like_old_id(number):
        return Verdict("id_card", "id_shape")
    if cue == "id_card" and 9 <= length <= 20:
        return Verdict("id_card", "cue")
    if cue == "bank_card" and 9 <= length <= 21:
        return Verdict("bank_card", "cue")
    if number.startswith("62") and 16 <= length <= 19:
        return Verdict("bank_card", "issuer")
    if length == 11 and re.match(r"1[3-9?]", number):
        return Verdict("phone", "mobile_shape")
    if cue == "phone" and (9 <= length <= 13 or (length in (7, 8) and not _DATE.fullmatch(number))):
        return Verdict("phone", "cue")
    return None


def variants(sure: str, optional: tuple[tuple[int, str], ...], most: int = 3) -> list[str]:
    """The number without its optional digits, then with one, two … of them; `optional` holds (place in `sure`, digit).

    At most `most` of the optional digits are put in: how many are missing from a number is never more.

    >>> variants("1380", ((2, "5"), (4, "?")))
    ['1380', '13580', '1380?', '13580?']
    """
    found = []
    for count in range(min(most, len(optional)) + 1):
        for chosen in combinations(optional, count):
            number, shift = sure, 0
            for place, digit in chosen:
                number = number[: place + shift] + digit + number[place + shift :]
                shift += len(digit)
            found.append(number)
    return found


_CREDIT_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code_check(first: str) -> str:
    """The last character of a unified social credit code (GB 32100-2015) from its first 17.

    >>> credit_code_check("91350100M000100Y4")
    '3'
    """
    total = sum(weight * _CREDIT_CHARS.index(char) for weight, char in zip(_CREDIT_WEIGHTS, first, strict=True))
    return _CREDIT_CHARS[-total % 31]
