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
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from qa_speech.call import Call, Role, Utterance
from qa_speech.language.remembered import per_call
from qa_speech.privacy import numerals, particulars
from qa_speech.privacy.cues import cue as cue_of
from qa_speech.privacy.digits import Run, digit_runs, has_words, spans
from qa_speech.privacy.numerals import Cue, Kind, Verdict
from qa_speech.privacy.verdicts import Judged, judge

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
SMALLEST_ALIKE, ALIKE = 5, 0.7
"""A read-back with slips: so many digits, so large a share of them in the order of the number."""
READ_BACK_WITHIN = 8
"""Utterances after the number in which a read-back with slips is looked for."""
CLOSE_BY = 4
BESIDE, SMALLEST_PIECE = 4, 3
"""A run that was asked for, so many utterances from a number of that kind, with so many digits, is a piece of it."""
MOST_PIECES = 8
SHORTEST_IN_PIECES, LONGEST_IN_PIECES = 8, 24
WIDEST_JOIN = 6
"""Utterances from one piece of a number to the next."""


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
    judged: list[Judged] = []
    left: list[tuple[Run, Cue]] = []
    for run, cue in zip(runs, cues, strict=True):
        one = judge(run, cue, utterances)
        judged += one
        if not one and not numerals.is_hotline(run.value):
            left.append((run, cue))
    for pieces in _joined(left):
        judged.append(pieces)
        left = [(run, cue) for run, cue in left if not set(run.digits) & set(pieces.digits)]
    judged += _repeated(left, judged, utterances)
    return _numbered(judged, particulars.find(utterances))


@per_call
def identifiers_of(call: Call) -> tuple[Found, ...]:
    """`find_identifiers` over a call; looked for once however many ask while the call is in hand.

    >>> from qa_speech.testing import make_call
    >>> [item.kind for item in identifiers_of(make_call("customer: 电话13800138000"))]
    ['phone']
    """
    return find_identifiers(call.utterances)


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


# ------------------------------------------------------------------------------------------------ over several runs


def _joined(left: Sequence[tuple[Run, Cue]]) -> Iterator[Judged]:
    """Numbers given in pieces with other words between, where a word asks for them.

    Pieces whose form is certain together; else all of them, if they are as long as most of such a number.
    """
    used: set[int] = set()
    for first, (_, cue) in enumerate(left):
        if cue == "" or cue == "code" or first in used:
            continue
        pieces, verdict = _pieces(left, first, used)
        number = "".join(left[piece][0].value for piece in pieces)
        if verdict is None and (len(pieces) < 2 or not SHORTEST_IN_PIECES <= len(number) <= LONGEST_IN_PIECES):
            continue
        digits = tuple(digit for piece in pieces for digit in left[piece][0].digits if digit.sure)
        used.update(pieces)
        yield Judged(Verdict(verdict.kind if verdict else cue, "in_pieces"), digits, number)


def _pieces(left: Sequence[tuple[Run, Cue]], first: int, used: set[int]) -> tuple[list[int], Verdict | None]:
    """The runs of one role that follow each other closely, up to where they make a number."""
    run, cue = left[first]
    pieces = [first]
    for place in range(first + 1, len(left)):
        after, its_cue = left[place]
        if after.role is not run.role or place in used:
            continue
        far = after.digits[0].utterance - left[pieces[-1]][0].digits[-1].utterance > WIDEST_JOIN
        if far or len(pieces) == MOST_PIECES or its_cue not in ("", cue):
            break
        pieces.append(place)
        verdict = numerals.certain("".join(left[piece][0].value for piece in pieces), cue)
        if verdict is not None:
            return pieces, verdict
    return pieces, None


def _repeated(
    left: Sequence[tuple[Run, Cue]], judged: Sequence[Judged], utterances: Sequence[Utterance]
) -> list[Judged]:
    """Parts of a number found elsewhere that are said again: a tail, or a group the other side reads back."""
    found = []
    for run, cue in left:
        if cue == "code":
            continue
        alone = not has_words(utterances[run.digits[0].utterance].text or "")
        known = next((one for one in judged if _repeats(run, one, alone) or _belongs(run, cue, one)), None)
        if known is not None:
            digits = tuple(digit for digit in run.digits if digit.sure)
            found.append(Judged(Verdict(known.verdict.kind, "repeated"), digits, known.value))
    return found


def _repeats(run: Run, known: Judged, alone: bool) -> bool:
    """Whether a run says part of a number; two digits are enough where they are all that is said between its groups."""
    value, first, last = run.value, known.digits[0].utterance, known.digits[-1].utterance
    here = run.digits[0].utterance
    if value in known.value:
        return len(value) >= (2 if alone and first <= here <= last + 1 else SMALLEST_REPEAT)
    if len(value) < SMALLEST_ALIKE or not first <= here <= last + READ_BACK_WITHIN:
        return False
    # read back and misheard: most digits in the same order
    same = sum(block.size for block in SequenceMatcher(None, value, known.value, autojunk=False).get_matching_blocks())
    return same >= ALIKE * len(value)


def _belongs(run: Run, cue: Cue, known: Judged) -> bool:
    """Whether a run is a piece of a number: a few characters after it, or asked for as one of its kind near it."""
    first = run.digits[0]
    if any(digit.utterance == first.utterance and 0 <= first.start - digit.end <= CLOSE_BY for digit in known.digits):
        return True
    near = min(abs(first.utterance - digit.utterance) for digit in (known.digits[0], known.digits[-1]))
    return cue == known.verdict.kind and near <= BESIDE and len(run.value) >= SMALLEST_PIECE


def _numbered(judged: Sequence[Judged], others: Sequence[tuple[int, int, int, Kind]]) -> tuple[Found, ...]:
    """All places in order; where two overlap, one place of the first's kind over both."""
    places = [
        Found(index, start, end, one.verdict.kind, one.verdict.reason, number)
        for number, one in enumerate(judged)
        for index, start, end in spans(one.digits)
    ]
    places += [
        Found(index, start, end, kind, "pattern", len(judged) + n) for n, (index, start, end, kind) in enumerate(others)
    ]
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
