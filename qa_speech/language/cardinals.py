"""Numbers as they are spoken: digit by digit, as quantities, with decimals."""

from __future__ import annotations

LONGEST_QUANTITY = 16
"""Digits that are read as one quantity at most."""
_DIGITS = "零一二三四五六七八九"
_PLACES = ("千", "百", "十", "")
_NUMBER_SIGNS = {"-": "负", "+": "正", "±": "正负", "−": "负"}


def digits(number: str) -> str:
    """Digit by digit; everything else is dropped.

    >>> digits("010-6403")
    '零一零六四零三'
    """
    return "".join([_DIGITS[int(char)] for char in number if char.isdecimal()])


def cardinal(number: str) -> str:
    """A whole number as a quantity; beyond 16 digits nobody reads one, and it is read digit by digit.

    >>> [cardinal(number) for number in ("0", "12", "105", "10011", "1000054", "150006355")]
    ['零', '十二', '一百零五', '一万零一十一', '一百万零五十四', '一亿五千万六千三百五十五']
    """
    number = number.lstrip("0") or "0"
    if number == "0":
        return "零"
    if len(number) > LONGEST_QUANTITY:
        return digits(number)
    spoken = _groups(number)
    return spoken.removeprefix("一") if spoken.startswith("一十") else spoken


def _groups(number: str) -> str:
    """A number without leading zeros, split at 亿, then at 万."""
    for size, name in ((8, "亿"), (4, "万")):
        if len(number) > size:
            high, low = number[:-size], number[-size:]
            rest = low.lstrip("0")
            gap = "零" if 0 < len(rest) < size else ""
            return _groups(high) + name + gap + (_groups(rest) if rest else "")
    return _up_to_thousands(number)


def _up_to_thousands(number: str) -> str:
    """One to four digits; zeros inside are one 零, zeros at the end are nothing."""
    spoken, skipped = "", False
    for digit, name in zip(number, _PLACES[-len(number) :], strict=True):
        if digit == "0":
            skipped = True
            continue
        if skipped and spoken:
            spoken += "零"
        spoken += _DIGITS[int(digit)] + name
        skipped = False
    return spoken


def decimal(number: str) -> str:
    """A number with sign, thousands separators and decimals, as a quantity.

    >>> decimal("-1,234.50")
    '负一千二百三十四点五零'
    """
    sign = _NUMBER_SIGNS.get(number[0], "")
    whole, _, part = number.lstrip("-+±−").replace(",", "").partition(".")
    spoken = sign + cardinal(whole)
    return f"{spoken}点{digits(part)}" if part else spoken
