"""Find what identifies a customer in what was said, written or spoken, and put a typed placeholder in its place.

    customer   我的号码是幺三八，      →   我的号码是[电话]，
    agent      嗯                          嗯
    customer   零零一三八零零零            [电话]
    agent      一三八零零一三八零零零对吗  [电话]对吗

Found are telephone numbers, identity cards, bank cards, e-mail and street addresses, and names after 我叫, 姓名是, 机主.
Not looked for: agent numbers (工号), hotlines (10010, 400 …), order and ticket numbers, amounts, dates, codes sent by SMS.

How a number is judged: by its own form (check digit, prefix) first; then by its length with the word before it
(手机号, 身份证, 卡号), so that a number with a misheard digit is found too. The nearest such word decides, and one for
an order, ticket or code (订单号, 工单 …) speaks against. Between numbers a customer may own, doubt masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from qa_speech.call import Role, Utterance
from qa_speech.language import numerals, particulars
from qa_speech.language.cues import cue as cue_of
from qa_speech.language.cues import is_part_of_id
from qa_speech.language.digits import Digit, Run, digit_runs, spans
from qa_speech.language.numerals import Cue, Kind, Verdict

PLACEHOLDERS: dict[Kind, tuple[str, str]] = {
    "phone": ("[电话]", "[phone]"),
    "id_card": ("[身份证号]", "[ID number]"),
    "bank_card": ("[银行卡号]", "[card number]"),
    "email": ("[邮箱]", "[e-mail]"),
    "address": ("[地址]", "[address]"),
    "name": ("[姓名]", "[name]"),
}
REASONS = (
    "check_digit", "mobile_prefix", "luhn", "area_code", "id_shape", "issuer", "mobile_shape", "cue", "in_pieces",
    "repeated", "partial", "pattern", "corrected",
)  # fmt: skip
SMALLEST_REPEAT = 4
"""Digits of a number found elsewhere that are masked again; between the groups of a number, two are enough."""
MOST_PIECES = 5
WIDEST_JOIN = 6
"""Utterances from one piece of a number to the next."""
_SPOKEN_TAIL = 2
"""Digits too many at the end of a spoken number: they begin the next word (… 一直没有信号)."""
_USUAL_GROUPS = frozenset(((3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (3, 3, 5), (4, 3, 4), (5, 6), (6, 5), (3, 5, 3), (4, 7)))


class Found(msgspec.Struct, frozen=True, order=True):
    """``text[start:end]`` of an utterance identifies the customer.

    `reason` is a code out of `REASONS`; `identifier` numbers the identifiers of a call: the pieces of one number that
    goes over several utterances share it.
    """

    utterance: int
    start: int
    end: int
    kind: Kind
    reason: str
    identifier: int = 0


class _Judged(NamedTuple):
    """Digits taken for an identifier, and the number they make."""

    verdict: Verdict
    digits: tuple[Digit, ...]
    value: str


def find_identifiers(utterances: Sequence[Utterance]) -> tuple[Found, ...]:
    """Everything in a call that identifies the customer, in order, without overlaps.

    Parameters
    ----------
    utterances : sequence of Utterance
        All of a call, in order: numbers go on over several, and what was asked tells what an answer is.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 请问您的手机号", "customer: 幺三八零零", "agent: 嗯", "customer: 一三八零零零")
    >>> [(item.utterance, item.kind, item.reason) for item in find_identifiers(call.utterances)]
    [(1, 'phone', 'mobile_prefix'), (3, 'phone', 'mobile_prefix')]
    """
    runs = digit_runs(utterances)
    cues = [cue_of(run, utterances) for run in runs]
    judged: list[_Judged] = []
    left: list[tuple[Run, Cue]] = []
    for run, cue in zip(runs, cues, strict=True):
        one = _judge(run, cue, utterances)
        judged += one
        if not one:
            left.append((run, cue))
    for pieces in _joined(left):
        judged.append(pieces)
        left = [(run, cue) for run, cue in left if not set(run.digits) & set(pieces.digits)]
    judged += _repeated(left, judged)
    return _numbered(judged, particulars.find(utterances))


def find_in_text(text: str) -> tuple[Found, ...]:
    """The same for a text that stands alone, such as a quote.

    >>> [(item.start, item.end, item.kind) for item in find_in_text("请联系13800138000")]
    [(3, 14, 'phone')]
    """
    return find_identifiers((Utterance(Role.UNKNOWN, 0.0, 1.0, text),)) if text else ()


def mask_text(text: str, lang: Literal["zh", "en"] = "zh") -> str:
    """A text with a placeholder for each identifier.

    >>> mask_text("我叫王小明，卡号4111 1111 1111 1111，工号1001")
    '我叫[姓名]，卡号[银行卡号]，工号1001'
    """
    return put_placeholders(text, [(item.start, item.end, item.kind) for item in find_in_text(text)], lang)


def put_placeholders(text: str, places: Sequence[tuple[int, int, Kind]], lang: Literal["zh", "en"] = "zh") -> str:
    """A text with each of the places, sorted and disjoint, replaced by the placeholder of its kind."""
    out, at = [], 0
    for start, end, kind in places:
        out += [text[at:start], PLACEHOLDERS[kind][0 if lang == "zh" else 1]]
        at = end
    return "".join([*out, text[at:]])


# ------------------------------------------------------------------------------------------------ judging a run


def _judge(run: Run, cue: Cue, utterances: Sequence[Utterance]) -> list[_Judged]:
    """What in a run of digits is an identifier: all of it, or some of its groups."""
    digits = _trimmed(run.digits)
    candidates = _variants(digits)
    plain = candidates[0]
    if not run.dotted or cue not in ("", "code") or _group_sizes(digits) in _USUAL_GROUPS:
        for number in candidates:
            found = numerals.certain(number, cue)
            if found and (cue or _plausible_groups(digits, found, utterances)):
                return [_Judged(found, digits, number)]
    if cue != "code" and run.corrected:
        found = _corrected(digits, run.corrected, cue)
        if found:
            return [_Judged(found, digits, plain)]
    windows = _windows(digits, cue, utterances)
    if windows:
        return windows
    if run.dotted and cue in ("", "code"):
        return []
    for number in candidates:
        found = numerals.likely(number, cue)
        if found and (cue or _plausible_groups(digits, found, utterances)):
            return [_Judged(found, digits, number)]
    if cue not in ("", "code") and len(plain) > 12:
        return [_Judged(Verdict(cue, "cue"), digits, plain)]
    if 3 <= len(plain) <= 8 and cue != "code" and is_part_of_id(run, utterances):
        return [_Judged(Verdict("id_card", "partial"), digits, plain)]
    return []


def _trimmed(digits: Sequence[Digit]) -> tuple[Digit, ...]:
    """Without the doubtful digits at both ends, but for one that touches a sure one."""
    sure = [place for place, digit in enumerate(digits) if digit.sure]
    first, last = sure[0], sure[-1]
    if first and digits[first - 1].value != "?" and _touch(digits[first - 1], digits[first]):
        first -= 1
    if last + 1 < len(digits) and digits[last + 1].value != "?" and _touch(digits[last], digits[last + 1]):
        last += 1
    return tuple(digits[first : last + 1])


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
    return len(sizes) == 1 or min(sizes) >= 3 or sizes in _USUAL_GROUPS or len({d.utterance for d in digits}) > 1


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


def _windows(digits: Sequence[Digit], cue: Cue, utterances: Sequence[Utterance]) -> list[_Judged]:
    """Numbers among the groups of a longer run; the groups beside them too where they repeat part of the number."""
    groups = _groups([digit for digit in digits if digit.sure])
    found: list[_Judged] = []
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
        found.append(_Judged(verdict, held, _value(held)))
        first = last + 1
    if not found:
        return []
    held_groups = {digit.group for one in found for digit in one.digits}
    known = [one.value for one in found]
    for group in groups:
        value = _value(group)
        beside = group[0].group not in held_groups and len(value) > 1
        if beside and (cue not in ("", "code") or any(value in number for number in known)):
            found.append(_Judged(Verdict(found[0].verdict.kind, "repeated"), tuple(group), known[0]))
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


def _spoken_head(group: Sequence[Digit], cue: Cue, utterances: Sequence[Utterance]) -> _Judged | None:
    """A number spoken without pause whose tail is the next word, or said twice in a row."""
    if _written(group, utterances) or not 11 < len(_value(group)) <= 44:
        return None
    for length in (18, 11, 19, 16):
        head, rest = group[:length], group[length:]
        verdict = numerals.certain(_value(head), cue) if len(head) == length else None
        if verdict and (len(rest) <= _SPOKEN_TAIL or _value(head).startswith(_value(rest)[:length]) or cue == verdict.kind):
            held = tuple(group) if len(rest) > _SPOKEN_TAIL else tuple(head)
            return _Judged(verdict, held, _value(head))
    return None


# ------------------------------------------------------------------------------------------------ over several runs


def _joined(left: Sequence[tuple[Run, Cue]]) -> Iterator[_Judged]:
    """Numbers given in pieces with other words between: only where a word asks for them and their form is certain."""
    used: set[int] = set()
    for first, (run, cue) in enumerate(left):
        if cue in ("", "code") or first in used:
            continue
        pieces = [first]
        for place in range(first + 1, len(left)):
            after = left[place][0]
            if after.role is not run.role or place in used:
                continue
            near = after.digits[0].utterance - left[pieces[-1]][0].digits[-1].utterance <= WIDEST_JOIN
            if not near or len(pieces) == MOST_PIECES or left[place][1] == "code":
                break
            pieces.append(place)
            number = "".join(left[piece][0].value for piece in pieces)
            verdict = numerals.certain(number, cue)
            if verdict is not None:
                digits = tuple(digit for piece in pieces for digit in left[piece][0].digits if digit.sure)
                used.update(pieces)
                yield _Judged(Verdict(verdict.kind, "in_pieces"), digits, number)
                break


def _repeated(left: Sequence[tuple[Run, Cue]], judged: Sequence[_Judged]) -> list[_Judged]:
    """Parts of a number found elsewhere that are said again: a tail, or a group the other side reads back."""
    found = []
    for run, cue in left:
        value = run.value
        if cue == "code" or numerals.is_hotline(value):
            continue
        for one in judged:
            among = one.digits[0].utterance <= run.digits[0].utterance <= one.digits[-1].utterance + 1
            if value in one.value and len(value) >= (2 if among else SMALLEST_REPEAT):
                found.append(_Judged(Verdict(one.verdict.kind, "repeated"), tuple(d for d in run.digits if d.sure), one.value))
                break
    return found


def _numbered(judged: Sequence[_Judged], others: Sequence[tuple[int, int, int, Kind]]) -> tuple[Found, ...]:
    """All places in order; where two overlap, one place of the first's kind over both."""
    places = [
        Found(index, start, end, one.verdict.kind, one.verdict.reason, number)
        for number, one in enumerate(judged)
        for index, start, end in spans(one.digits)
    ]
    places += [Found(index, start, end, kind, "pattern", len(judged) + n) for n, (index, start, end, kind) in enumerate(others)]
    merged: list[Found] = []
    for place in sorted(places):
        if merged and merged[-1].utterance == place.utterance and place.start < merged[-1].end:
            kind, reason = merged[-1].kind, merged[-1].reason
            if place.kind in ("email", "address"):
                kind, reason = place.kind, place.reason
            end = max(merged[-1].end, place.end)
            merged[-1] = msgspec.structs.replace(merged[-1], end=end, kind=kind, reason=reason)
        else:
            merged.append(place)
    order = {number: n for n, number in enumerate(dict.fromkeys(place.identifier for place in merged))}
    return tuple(msgspec.structs.replace(place, identifier=order[place.identifier]) for place in merged)
