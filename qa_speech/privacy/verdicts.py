"""The verdict on one run of digits: which of them are an identifier, of what kind, and why.

In the order of trust: the whole run by its form; a correction in it (不对，是一三九…); the whole run by its length and
the words around it; a number among its groups; anything long enough that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from qa_speech.call import Utterance
from qa_speech.privacy import numerals
from qa_speech.privacy.announced import is_part_of_id
from qa_speech.privacy.digits import Digit, Run
from qa_speech.privacy.numerals import Cue, Verdict

Digits: TypeAlias = tuple[Digit, ...]

_SPOKEN_TAIL = 2
"""Digits too many at the end of a spoken number: they begin the next word (… 一直没有信号)."""
_USUAL_GROUPS = frozenset(
    ((3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (3, 3, 5), (4, 3, 4), (5, 6), (6, 5), (3, 5, 3), (4, 7))
)
"""Sizes of the groups that telephone numbers are written in."""
_CARD_GROUPS = frozenset(((4, 4, 4, 4), (4, 4, 4, 4, 3)))
"""Sizes of the groups that card numbers are written and said in."""
_CARD_WITHIN = 20
"""Characters before so many digits in which the word for a card counts."""
_EXPECTED: dict[str, int] = {
    "phone": 11,
    "id_card": 18,
    "bank_card": 16,
}
"""Digits of a whole number; where fewer are heard, words at its ends that sound like digits are taken for some."""
_SPOKEN_LENGTHS = (18, 11, 19, 16)
"""Digits of whole numbers in the order they are looked for at the beginning of a long group."""
_LONGEST_SPOKEN = 44
"""Digits of the longest group that may be one number spoken twice or thrice without a pause."""
_LONGEST = 21
"""Digits of the longest number looked for among the groups of a run."""
_MOST_DOUBTFUL = 8
"""Doubtful digits of a run that are tried in and out."""


class IdentifyingNumber(NamedTuple):
    """Digits taken for an identifier: what they are and why, and the number they make."""

    verdict: Verdict
    digits: Digits
    value: str


class _Heard(NamedTuple):
    """A run with what the words around it say it is.

    `inner`: from the first sure digit to the last; `outer`: with the doubtful ones that touch these (要三八 for 幺三八).
    """

    run: Run
    cue: Cue
    utterances: Sequence[Utterance]
    inner: Digits
    outer: Digits

    @property
    def is_named(self) -> bool:
        """Whether the words around say that it is a telephone, identity or card number."""
        return self.cue not in ("", "code")


def identifying_numbers(run: Run, cue: Cue, utterances: Sequence[Utterance]) -> list[IdentifyingNumber]:
    """What in a run of digits is an identifier: all of it, or some of its groups; nothing for most runs.

    >>> from qa_speech.privacy.digits import digit_runs
    >>> from qa_speech.testing import make_call
    >>> said = make_call("customer: 打幺三八零零，不对，是幺三九零零一三八零零零").utterances
    >>> found = identifying_numbers(digit_runs(said)[0], "", said)
    >>> [(number.verdict.reason, number.digits[0].start, number.digits[-1].end) for number in found]
    [('corrected', 1, 22)]
    """
    inner, outer = _trimmed(run.digits)
    heard = _Heard(run, cue, utterances, inner, outer)
    whole = _by_form(heard) or _by_correction(heard) or _by_card_groups(heard)
    if whole is None:
        # a number with slips in it comes before a shorter one that its digits happen to hold
        whole = _by_length(heard, outer if heard.is_named else inner)
    if whole is not None:
        return [whole]
    among = _among_groups(heard)
    if among:
        return among
    whole = _by_length(heard, outer) or _by_name(heard)
    return [whole] if whole is not None else []


# ------------------------------------------------------------------------------------------------ the whole run


def _by_form(heard: _Heard) -> IdentifyingNumber | None:
    """The whole run as a number with the right check digit or prefix."""
    if heard.run.dotted and not heard.is_named and _group_sizes(heard.inner) not in _USUAL_GROUPS:
        return None
    for digits, number in _candidates(heard.inner, heard.outer):
        verdict = numerals.certain(number, heard.cue)
        if verdict is not None and _is_plausible(heard, digits, verdict):
            return IdentifyingNumber(verdict, digits, number)
    return None


def _by_card_groups(heard: _Heard) -> IdentifyingNumber | None:
    """Four groups of four, or as many digits behind the word for a card, begun as card numbers are; no check digit."""
    number = _value(heard.inner)
    first = heard.inner[0]
    before = (heard.utterances[first.utterance].text or "")[: first.start][-_CARD_WITHIN:]
    is_grouped = _group_sizes(heard.inner) in _CARD_GROUPS or ("卡" in before and len(number) == _EXPECTED["bank_card"])
    if heard.cue != "" or not is_grouped or number[0] not in "3456":
        return None
    return IdentifyingNumber(Verdict("bank_card", "issuer"), heard.inner, number)


def _by_correction(heard: _Heard) -> IdentifyingNumber | None:
    """A number with a correction in it: what comes after replaces the end, or all, of what came before."""
    if heard.cue == "code":
        return None
    for place in reversed(heard.run.corrected):
        before = _value([digit for digit in heard.inner if digit.group < place])
        after = _value([digit for digit in heard.inner if digit.group >= place])
        verdict = _corrected(before, after, heard.cue)
        if verdict is not None:
            corrected = Verdict(verdict.kind, "corrected")
            return IdentifyingNumber(corrected, heard.inner, _value(heard.inner))
    return None


def _corrected(before: str, after: str, cue: Cue) -> Verdict | None:
    """What the number before a correction and that after it are together, or one of them alone."""
    for kept in range(len(before) + 1):
        number = before[:kept] + after
        verdict = numerals.certain(number, cue)
        if verdict is not None:
            return verdict
    return numerals.likely(after, cue) or numerals.likely(before, cue) or numerals.certain(before, cue)


def _by_length(heard: _Heard, widest: Digits) -> IdentifyingNumber | None:
    """The whole run as a number with slips; where digits are missing, with the words at its ends that sound like some."""
    if heard.run.dotted and not heard.is_named:
        return None
    narrowest = heard.inner
    said = _value(heard.inner)
    if heard.is_named and len(said) < _EXPECTED[heard.cue]:
        verdict = numerals.likely(said, heard.cue)
        if verdict is None or verdict.reason == "cue":
            narrowest = widest
    for digits, number in _candidates(narrowest, widest):
        verdict = numerals.likely(number, heard.cue)
        if verdict is not None and _is_plausible(heard, digits, verdict):
            return IdentifyingNumber(verdict, digits, number)
    return None


def _by_name(heard: _Heard) -> IdentifyingNumber | None:
    """A run too long for its kind but announced as one, or the last digits of an identity card."""
    cue = heard.cue
    number = _value(heard.inner)
    if cue == "" or cue == "code":
        return None
    if len(number) > _EXPECTED["phone"] + 1:
        return IdentifyingNumber(Verdict(cue, "cue"), heard.inner, number)
    if 3 <= len(number) <= 8 and is_part_of_id(heard.run, heard.utterances):
        return IdentifyingNumber(Verdict("id_card", "partial"), heard.inner, number)
    return None


def _candidates(inner: Digits, outer: Digits) -> Iterator[tuple[Digits, str]]:
    """The numbers a run may stand for, the surest reading first, with the digits they are made of."""
    readings = (inner,) if inner == outer else (inner, outer)
    for digits in readings:
        for number in _variants(digits):
            yield digits, number


def _variants(digits: Digits) -> list[str]:
    """The number without its doubtful digits, then with one, two … of them."""
    sure = ""
    doubtful: list[tuple[int, str]] = []
    for digit in digits:
        if digit.sure:
            sure += digit.value
        else:
            doubtful.append((len(sure), digit.value))
    return numerals.variants(sure, tuple(doubtful[:_MOST_DOUBTFUL]))


def _trimmed(digits: Digits) -> tuple[Digits, Digits]:
    """From the first sure digit to the last; and with the doubtful ones that touch these."""
    sure = [place for place, digit in enumerate(digits) if digit.sure]
    first = sure[0]
    end = sure[-1] + 1
    inner = digits[first:end]
    before = digits[:first]
    if before and _touches(before[-1], digits[first]):
        first -= 1
    for after in digits[end:]:
        if not _touches(after, digits[end - 1]):
            break
        end += 1
    return inner, digits[first:end]


def _touches(doubtful: Digit, digit: Digit) -> bool:
    """Whether a character that sounds like a digit stands right beside one."""
    if doubtful.value == "?" or doubtful.utterance != digit.utterance:
        return False
    return doubtful.end == digit.start or digit.end == doubtful.start


# ------------------------------------------------------------------------------------------------ groups


def _groups(digits: Sequence[Digit]) -> list[Digits]:
    """The digits by the group they were said in."""
    found: list[list[Digit]] = []
    for digit in digits:
        if found and found[-1][-1].group == digit.group:
            found[-1].append(digit)
        else:
            found.append([digit])
    return [tuple(group) for group in found]


def _value(digits: Sequence[Digit]) -> str:
    return "".join([digit.value for digit in digits if digit.sure])


def _group_sizes(digits: Sequence[Digit]) -> tuple[int, ...]:
    return tuple([len(_value(group)) for group in _groups(digits)])


def _is_written(digits: Sequence[Digit], utterances: Sequence[Utterance]) -> bool:
    """Whether the first of the digits is a numeral, not a word."""
    text = utterances[digits[0].utterance].text or ""
    return text[digits[0].start].isdecimal()


def _is_plausible(heard: _Heard, digits: Sequence[Digit], verdict: Verdict) -> bool:
    """Prices in a row (158 188 199 59) may make up a number: written telephone numbers come in usual groups."""
    if heard.cue or verdict.kind != "phone" or not _is_written(digits, heard.utterances):
        return True
    if digits[0].utterance != digits[-1].utterance:
        return True
    sizes = _group_sizes(digits)
    return len(sizes) == 1 or max(sizes) == 1 or min(sizes) >= 3 or sizes in _USUAL_GROUPS


def _among_groups(heard: _Heard) -> list[IdentifyingNumber]:
    """Numbers among the groups of a longer run; the groups beside them too where they repeat part of the number."""
    groups = _groups([digit for digit in heard.inner if digit.sure])
    found: list[IdentifyingNumber] = []
    first = 0
    while first < len(groups):
        number = _from_group(heard, groups, first)
        if number is not None:
            found.append(number)
            first += len(_groups(number.digits))
            continue
        spoken = _spoken_head(heard, groups[first])
        if spoken is not None:
            found.append(spoken)
        first += 1
    return found + _beside(groups, found)


def _from_group(heard: _Heard, groups: Sequence[Digits], first: int) -> IdentifyingNumber | None:
    """The longest number, in characters, that begins with the group at index `first` and ends with one."""
    longest: IdentifyingNumber | None = None
    digits: Digits = ()
    number = ""
    for group in groups[first:]:
        digits += group
        number += _value(group)
        if len(number) > _LONGEST:
            break
        verdict = numerals.certain(number, heard.cue)
        if verdict is not None and _is_plausible(heard, digits, verdict):
            longest = IdentifyingNumber(verdict, digits, number)
    return longest


def _spoken_head(heard: _Heard, group: Digits) -> IdentifyingNumber | None:
    """A number spoken without pause whose tail is the next word, or said twice in a row."""
    if _is_written(group, heard.utterances):
        return None
    if not _EXPECTED["phone"] < len(_value(group)) <= _LONGEST_SPOKEN:
        return None
    for length in _SPOKEN_LENGTHS:
        if len(group) < length:
            continue
        head, rest = group[:length], group[length:]
        number = _value(head)
        verdict = numerals.certain(number, heard.cue)
        if verdict is None:
            continue
        if len(rest) <= _SPOKEN_TAIL:
            return IdentifyingNumber(verdict, head, number)
        again = _value(rest)[:length]
        if number.startswith(again) or heard.cue == verdict.kind:
            return IdentifyingNumber(verdict, group, number)
    return None


def _beside(groups: Sequence[Digits], found: Sequence[IdentifyingNumber]) -> list[IdentifyingNumber]:
    """The groups beside numbers: nothing but fillers lies between, so they say the number again, or were misheard."""
    if not found:
        return []
    first = found[0]
    repeated = Verdict(first.verdict.kind, "repeated")
    taken = set()
    for number in found:
        taken.update([digit.group for digit in number.digits])
    beside: list[IdentifyingNumber] = []
    for group in groups:
        value = _value(group)
        if group[0].group in taken or len(value) < 2:
            continue
        if not numerals.is_hotline(value) or value in first.value:
            beside.append(IdentifyingNumber(repeated, group, first.value))
    return beside
