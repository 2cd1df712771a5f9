"""One run of digits judged: which of its digits are an identifier, of what kind, and why.

In the order of trust: the whole run by its form; a correction in it (不对，是一三九…); the whole run by its length and
the words around it; a number among its groups; anything long enough that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qa_speech.call import Utterance
from qa_speech.privacy import numerals
from qa_speech.privacy.cues import is_part_of_id
from qa_speech.privacy.digits import Digit, Run
from qa_speech.privacy.numerals import Cue, Verdict

_SPOKEN_TAIL = 2
"""Digits too many at the end of a spoken number: they begin the next word (… 一直没有信号)."""
_USUAL_GROUPS = frozenset(
    ((3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (3, 3, 5), (4, 3, 4), (5, 6), (6, 5), (3, 5, 3), (4, 7))
)

_EXPECTED: dict[str, int] = {"phone": 11, "id_card": 18, "bank_card": 16}
"""Digits of a whole number; where fewer are heard, words at its ends that sound like digits are taken for some."""


class Judged(NamedTuple):
    """Digits taken for an identifier, and the number they make."""

    verdict: Verdict
    digits: tuple[Digit, ...]
    value: str


def judge(run: Run, cue: Cue, utterances: Sequence[Utterance]) -> list[Judged]:
    """What in a run of digits is an identifier: all of it, or some of its groups; nothing for most runs.

    >>> from qa_speech.privacy.digits import digit_runs
    >>> from qa_speech.testing import make_call
    >>> said = make_call("customer: 打幺三八零零，不对，是幺三九零零一三八零零零").utterances
    >>> [(one.verdict.reason, one.digits[0].start, one.digits[-1].end) for one in judge(digit_runs(said)[0], "", said)]
    [('corrected', 1, 22)]
    """
    inner, outer = _trimmed(run.digits)
    whole = _by_form(run, inner, outer, cue, utterances)
    if whole is None and run.corrected and cue != "code":
        verdict = _corrected(inner, run.corrected, cue)
        whole = Judged(verdict, inner, _value(inner)) if verdict else None
    if whole is not None:
        return [whole]
    # a number with slips in it comes before a shorter one that its digits happen to hold
    asked = cue not in ("", "code")
    whole = _by_length(run, inner, outer if asked else inner, cue, utterances)
    if whole is not None:
        return [whole]
    windows = _windows(inner, cue, utterances)
    if windows:
        return windows
    whole = _by_length(run, inner, outer, cue, utterances) or _asked_for(run, inner, cue, utterances)
    return [whole] if whole is not None else []


def _by_form(
    run: Run, inner: tuple[Digit, ...], outer: tuple[Digit, ...], cue: Cue, utterances: Sequence[Utterance]
) -> Judged | None:
    """The whole run as a number with the right check digit or prefix."""
    if run.dotted and cue in ("", "code") and _group_sizes(inner) not in _USUAL_GROUPS:
        return None
    for held, number in _candidates(inner, outer):
        found = numerals.certain(number, cue)
        if found and (cue or _plausible_groups(held, found, utterances)):
            return Judged(found, held, number)
    return None


def _by_length(
    run: Run, inner: tuple[Digit, ...], outer: tuple[Digit, ...], cue: Cue, utterances: Sequence[Utterance]
) -> Judged | None:
    """The whole run as a number with slips; where digits are missing, with the words at its ends that sound like some."""
    if run.dotted and cue in ("", "code"):
        return None
    if cue not in ("", "code") and len(_value(inner)) < _EXPECTED[cue]:
        shape = numerals.likely(_value(inner), cue)
        inner = inner if shape and shape.reason != "cue" else outer
    for held, number in _candidates(inner, outer):
        found = numerals.likely(number, cue)
        if found and (cue or _plausible_groups(held, found, utterances)):
            return Judged(found, held, number)
    return None


def _asked_for(run: Run, inner: tuple[Digit, ...], cue: Cue, utterances: Sequence[Utterance]) -> Judged | None:
    """A run too long for its kind but announced as one, or the last digits of an identity card."""
    number = _value(inner)
    if cue == "" or cue == "code":
        return None
    if len(number) > _EXPECTED["phone"] + 1:
        return Judged(Verdict(cue, "cue"), inner, number)
    if 3 <= len(number) <= 8 and is_part_of_id(run, utterances):
        return Judged(Verdict("id_card", "partial"), inner, number)
    return None


def _candidates(inner: tuple[Digit, ...], outer: tuple[Digit, ...]) -> Iterator[tuple[tuple[Digit, ...], str]]:
    """The numbers a run may stand for, the surest reading first, with the digits they are made of."""
    for held in dict.fromkeys((inner, outer)):
        for number in _variants(held):
            yield held, number


def _trimmed(digits: Sequence[Digit]) -> tuple[tuple[Digit, ...], tuple[Digit, ...]]:
    """From the first sure digit to the last; and with the doubtful ones that touch these (要三八 for 幺三八)."""
    sure = [place for place, digit in enumerate(digits) if digit.sure]
    first, last = sure[0], sure[-1]
    inner = tuple(digits[first : last + 1])
    if first and digits[first - 1].value != "?" and _touch(digits[first - 1], digits[first]):
        first -= 1
    while last + 1 < len(digits) and digits[last + 1].value != "?" and _touch(digits[last], digits[last + 1]):
        last += 1
    return inner, tuple(digits[first : last + 1])


def _touch(one: Digit, two: Digit) -> bool:
    return one.utterance == two.utterance and one.end == two.start


def _variants(digits: Sequence[Digit]) -> list[str]:
    sure, optional = "", []
    for digit in digits:
        if digit.sure:
            sure += digit.value
        else:
            optional.append((len(sure), digit.value))
    return numerals.variants(sure, tuple(optional[:8]))


def _groups(digits: Sequence[Digit]) -> list[list[Digit]]:
    found: list[list[Digit]] = []
    for digit in digits:
        if found and found[-1][-1].group == digit.group:
            found[-1].append(digit)
        else:
            found.append([digit])
    return found


def _value(digits: Sequence[Digit]) -> str:
    return "".join([digit.value for digit in digits if digit.sure])


def _group_sizes(digits: Sequence[Digit]) -> tuple[int, ...]:
    return tuple(len(_value(group)) for group in _groups(digits))


def _written(digits: Sequence[Digit], utterances: Sequence[Utterance]) -> bool:
    text = utterances[digits[0].utterance].text or ""
    return text[digits[0].start].isdecimal()


def _plausible_groups(digits: Sequence[Digit], found: Verdict, utterances: Sequence[Utterance]) -> bool:
    """Prices in a row (158 188 199 59) may make up a number: written telephone numbers come in usual groups."""
    if found.kind != "phone" or not _written(digits, utterances):
        return True
    sizes = _group_sizes(digits)
    return (
        len(sizes) == 1
        or max(sizes) == 1
        or min(sizes) >= 3
        or sizes in _USUAL_GROUPS
        or len({d.utterance for d in digits}) > 1
    )


def _corrected(digits: Sequence[Digit], corrected: Sequence[int], cue: Cue) -> Verdict | None:
    """A number with a correction in it: what comes after replaces the end, or all, of what came before."""
    for place in reversed(corrected):
        before = _value([digit for digit in digits if digit.group < place])
        after = _value([digit for digit in digits if digit.group >= place])
        for kept in range(len(before) + 1):
            found = numerals.certain(before[:kept] + after, cue)
            if found:
                return Verdict(found.kind, "corrected")
        found = numerals.likely(after, cue) or numerals.likely(before, cue) or numerals.certain(before, cue)
        if found:
            return Verdict(found.kind, "corrected")
    return None


def _windows(digits: Sequence[Digit], cue: Cue, utterances: Sequence[Utterance]) -> list[Judged]:
    """Numbers among the groups of a longer run; the groups beside them too where they repeat part of the number."""
    groups = _groups([digit for digit in digits if digit.sure])
    found: list[Judged] = []
    first = 0
    while first < len(groups):
        last, verdict = _window_at(groups, first, cue, utterances)
        if verdict is None:
            spoken = _spoken_head(groups[first], cue, utterances)
            if spoken is not None:
                found.append(spoken)
            first += 1
            continue
        held = tuple(digit for group in groups[first : last + 1] for digit in group)
        found.append(Judged(verdict, held, _value(held)))
        first = last + 1
    if not found:
        return []
    held_groups = {digit.group for one in found for digit in one.digits}
    verdict, number = Verdict(found[0].verdict.kind, "repeated"), found[0].value
    for group in groups:
        # nothing but fillers lies between: it is said again, or misheard
        value = _value(group)
        public = numerals.is_hotline(value) and value not in number
        if group[0].group not in held_groups and len(value) > 1 and not public:
            found.append(Judged(verdict, tuple(group), number))
    return found


def _window_at(
    groups: Sequence[Sequence[Digit]], first: int, cue: Cue, utterances: Sequence[Utterance]
) -> tuple[int, Verdict | None]:
    """The longest number that begins with this group: (its last group, what it is)."""
    best: tuple[int, Verdict | None] = (first, None)
    length = 0
    for last in range(first, len(groups)):
        length += len(_value(groups[last]))
        if length > 21:
            break
        held = [digit for group in groups[first : last + 1] for digit in group]
        verdict = numerals.certain(_value(held), cue)
        if verdict and (cue or _plausible_groups(held, verdict, utterances)):
            best = (last, verdict)
    return best


def _spoken_head(group: Sequence[Digit], cue: Cue, utterances: Sequence[Utterance]) -> Judged | None:
    """A number spoken without pause whose tail is the next word, or said twice in a row."""
    if _written(group, utterances) or not 11 < len(_value(group)) <= 44:
        return None
    for length in (18, 11, 19, 16):
        head, rest = group[:length], group[length:]
        verdict = numerals.certain(_value(head), cue) if len(head) == length else None
        if verdict and (
            len(rest) <= _SPOKEN_TAIL or _value(head).startswith(_value(rest)[:length]) or cue == verdict.kind
        ):
            held = tuple(group) if len(rest) > _SPOKEN_TAIL else tuple(head)
            return Judged(verdict, held, _value(head))
    return None
