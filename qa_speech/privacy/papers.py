"""Passports, car plates and unified social credit codes: masked only where somebody asks for it.

A company's credit code is public, a plate is seen by everybody, and a passport number looks like many other codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from qa_speech.call import Utterance
from qa_speech.privacy.digits import in_digits
from qa_speech.privacy.numerals import Kind, credit_code_check

OPTIONAL_KINDS: tuple[Kind, ...] = ("passport", "plate", "credit_code")
"""Kinds that are masked by option."""

_D = "[0-9零〇一二三四五六七八九幺两]"
_PASSPORT_WORD = "护照"
_PASSPORT = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z]{{1,2}}[，,、\s]{{0,2}}(?:后面是?|数字)?[，,、\s]{{0,2}}(?:{_D}[，,\s]?){{6,8}}{_D}(?!{_D})"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(rf"[{_PROVINCES}]\s?[A-Za-z][·，,\s]{{0,2}}(?:(?:[A-Za-z]|{_D})\s?){{4,5}}(?:[A-Za-z]|{_D})")
_CODE_CHARACTER = "(?:[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]|[零〇一二三四五六七八九幺两])"
_CODE = re.compile(rf"(?<![0-9A-Za-z])(?:{_CODE_CHARACTER}[，,\s]?){{17}}{_CODE_CHARACTER}(?![0-9A-Za-z])")
_CODE_WORD = re.compile("信用代码|税号|纳税人识别号")
_APART = re.compile(r"[，,\s]")


class Paper(NamedTuple):
    """``text[start:end]`` of an utterance is the number of a passport, a car or a company."""

    utterance: int
    start: int
    end: int
    kind: Kind


def papers(utterances: Sequence[Utterance], also: Collection[Kind]) -> Iterator[Paper]:
    """The numbers of the kinds in `also` in a call.

    >>> from qa_speech.testing import make_call
    >>> said = make_call("customer: 护照是E12345678，车牌鄂A八K六M三").utterances
    >>> [said[0].text[one.start : one.end] for one in papers(said, OPTIONAL_KINDS)]
    ['E12345678', '鄂A八K六M三']
    """
    asked = ""
    for index, utterance in enumerate(utterances):
        text = utterance.text or ""
        for kind in also:
            finder = _FINDERS.get(kind)
            if finder is None:
                continue
            for start, end in finder(text, asked):
                yield Paper(index, start, end, kind)
        if len(text) > 2:
            asked = text


def _passports(text: str, asked: str) -> Iterator[tuple[int, int]]:
    if _PASSPORT_WORD in text or _PASSPORT_WORD in asked:
        for match in _PASSPORT.finditer(text):
            yield match.span()


def _plates(text: str, asked: str) -> Iterator[tuple[int, int]]:
    for match in _PLATE.finditer(text):
        yield match.span()


def _credit_codes(text: str, asked: str) -> Iterator[tuple[int, int]]:
    """Eighteen characters with the right check character, or announced."""
    is_announced = _CODE_WORD.search(text) is not None or _CODE_WORD.search(asked) is not None
    for match in _CODE.finditer(text):
        code = in_digits(_APART.sub("", match.group())).upper()
        if is_announced or credit_code_check(code[:17]) == code[17]:
            yield match.span()


_FINDERS: Mapping[str, Callable[[str, str], Iterator[tuple[int, int]]]] = {
    "passport": _passports,
    "plate": _plates,
    "credit_code": _credit_codes,
}
