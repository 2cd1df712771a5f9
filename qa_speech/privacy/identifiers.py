"""Find what identifies a customer in what was said, written or spoken.

    customer   我的号码是幺三八，      →   我的号码是[电话]，
    agent      嗯                          嗯
    customer   零零一三八零零零            [电话]
    agent      一三八零零一三八零零零对吗  [电话]对吗

Found are telephone numbers, identity cards, bank cards with their expiry dates and security codes, WeChat and QQ accounts,
e-mail and street addresses, and names. Passports, car plates and credit codes are found by option.
Not looked for: agent numbers (工号), hotlines (10010, 400 …), order and ticket numbers, amounts, dates, codes sent by SMS.

How a number is judged: by its own form (check digit, prefix) first; then by its length with the word before it
(手机号, 身份证, 卡号), so that a number with a misheard digit is found too. The nearest such word decides, and one for
an order, ticket or code (订单号, 工单 …) speaks against. Between numbers a customer may own, doubt masks.

`identifiers_of` is the one door for whoever has a call: pages, clips, redaction, scorecards. What it found is kept while
the call is in hand, so a call is searched once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from qa_speech.call import Call, Role, Utterance
from qa_speech.language.remembered import per_call
from qa_speech.privacy import numerals
from qa_speech.privacy.announced import cue_of
from qa_speech.privacy.digits import digit_runs, spans
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.particulars import Particular, particulars_of
from qa_speech.privacy.pieces import CuedRun, joined_pieces, said_again
from qa_speech.privacy.placeholders import Place, Placeholders, put_placeholders
from qa_speech.privacy.verdicts import IdentifyingNumber, identifying_numbers

REASONS = (
    "check_digit", "mobile_prefix", "luhn", "area_code", "id_shape", "issuer", "mobile_shape", "cue", "in_pieces",
    "repeated", "partial", "pattern", "corrected",
)  # fmt: skip
"""Why something is taken for an identifier."""


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

    @property
    def place(self) -> Place:
        """Where it stands in its utterance, and its kind."""
        return Place(self.start, self.end, self.kind)


def identifiers_of(call: Call, also: Collection[Kind] = ()) -> tuple[Found, ...]:
    """What identifies the customer in a call, in order; looked for once however many ask while the call is in hand.

    `also`: kinds that are found by option only (`papers.OPTIONAL_KINDS`); with any of them the call is searched anew.

    >>> from qa_speech.testing import make_call
    >>> [found.kind for found in identifiers_of(make_call("customer: 电话13800138000"))]
    ['phone']
    """
    return find_identifiers(call.utterances, also) if also else _usual(call)


@per_call
def _usual(call: Call) -> tuple[Found, ...]:
    return find_identifiers(call.utterances)


def find_identifiers(utterances: Sequence[Utterance], also: Collection[Kind] = ()) -> tuple[Found, ...]:
    """Everything in a conversation that identifies the customer, in order, without overlaps.

    Parameters
    ----------
    utterances : sequence of Utterance
        All of a call, in order: numbers go on over several, and what was asked tells what an answer is.
    also : kinds that are found by option only: ``passport``, ``plate``, ``credit_code``.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 请问您的手机号", "customer: 幺三八零零", "agent: 嗯", "customer: 一三八零零零")
    >>> [(found.utterance, found.kind, found.reason) for found in find_identifiers(call.utterances)]
    [(1, 'phone', 'mobile_prefix'), (3, 'phone', 'mobile_prefix')]
    """
    numbers: list[IdentifyingNumber] = []
    left: list[CuedRun] = []
    for run in digit_runs(utterances):
        cue = cue_of(run, utterances)
        inside = identifying_numbers(run, cue, utterances)
        numbers += inside
        if not inside and not numerals.is_hotline(run.value):
            left.append(CuedRun(run, cue))
    joined = list(joined_pieces(left))
    in_pieces = {digit for number in joined for digit in number.digits}
    left = [one for one in left if in_pieces.isdisjoint(one.run.digits)]
    numbers += joined
    numbers += said_again(left, numbers, utterances)
    return _in_order(numbers, particulars_of(utterances, also), utterances)


def find_in_text(text: str, also: Collection[Kind] = ()) -> tuple[Found, ...]:
    """The same for a text that stands alone, such as a quote.

    >>> [found.place for found in find_in_text("请联系13800138000")]
    [Place(start=3, end=14, kind='phone')]
    """
    if not text:
        return ()
    return find_identifiers((Utterance(Role.UNKNOWN, 0.0, 1.0, text),), also)


def mask_text(text: str, placeholders: Placeholders, also: Collection[Kind] = ()) -> str:
    """A text that stands alone, with a placeholder for each identifier.

    >>> mask_text("我叫王小明，卡号4111 1111 1111 1111，工号1001", {"name": "[姓名]", "bank_card": "[银行卡号]"})
    '我叫[姓名]，卡号[银行卡号]，工号1001'
    """
    return put_placeholders(text, [found.place for found in find_in_text(text, also)], placeholders)


# ------------------------------------------------------------------------------------------------ in order


def _in_order(
    numbers: Sequence[IdentifyingNumber], particulars: Sequence[Particular], utterances: Sequence[Utterance]
) -> tuple[Found, ...]:
    """All places in order and disjoint; the identifiers numbered as they come."""
    places = []
    for identifier, number in enumerate(numbers):
        kind, reason = number.verdict
        for utterance, start, end in spans(number.digits):
            if (utterances[utterance].text or "")[:start].endswith(("+", "＋")):
                start -= 1
            places.append(Found(utterance, start, end, kind, reason, identifier))
    for identifier, one in enumerate(particulars, start=len(numbers)):
        places.append(Found(one.utterance, one.start, one.end, one.kind, "pattern", identifier))
    merged = _merged(sorted(places))
    met = dict.fromkeys(found.identifier for found in merged)
    numbering = {identifier: number for number, identifier in enumerate(met)}
    return tuple([msgspec.structs.replace(found, identifier=numbering[found.identifier]) for found in merged])


def _merged(places: Iterable[Found]) -> list[Found]:
    """Where two places overlap, one over both: of the first's kind, but an e-mail or street address holds its numbers."""
    merged: list[Found] = []
    for place in places:
        if not merged or not _overlap(merged[-1], place):
            merged.append(place)
            continue
        before = named = merged[-1]
        if place.kind in ("email", "address"):
            named = place
        end = max(before.end, place.end)
        merged[-1] = msgspec.structs.replace(before, end=end, kind=named.kind, reason=named.reason)
    return merged


def _overlap(before: Found, after: Found) -> bool:
    return before.utterance == after.utterance and after.start < before.end
