"""Find what identifies a customer in what was said, written or spoken, and put a typed placeholder in its place.

    customer   我的号码是幺三八，      →   我的号码是[电话]，
    agent      嗯                          嗯
    customer   零零一三八零零零            [电话]
    agent      一三八零零一三八零零零对吗  [电话]对吗

Found are telephone numbers, identity cards, bank cards, e-mail and street addresses, and names after 我叫, 姓名是, 机主.
Not looked for: agent numbers (工号), hotlines (10010, 400 …), order and ticket numbers, amounts, dates, codes sent by SMS.

How a number is judged: its own form (check digit, prefix) first; then its length with the word before it (手机号,
身份证, 卡号), so that a number with a misheard digit is found too. The nearest such word decides, and one for an
order, ticket or code (订单号, 工单 …) speaks against. What is not certain is masked rather than shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from qa_speech.call import Role, Utterance
from qa_speech.language import numbers, particulars
from qa_speech.language.digits import Digit, Run, digit_runs, spans
from qa_speech.language.numbers import Cue, Kind, Verdict

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
    "repeated", "pattern", "partial",
)  # fmt: skip
CUE_WINDOW = 40
"""Characters before a number in which a word may say what it is."""
SMALLEST_REPEAT = 4
JOIN_OVER = 3
"""Utterances of one role that a number in pieces may stretch over beside digits."""

_PHONE = (
    r"(?:手机|电话(?!费)|联系|座机|固话|固定电话|来电|主叫|被叫|本机|微信|绑定|预留|呼叫|回拨|传真)[的是号]?(?:号码|号|方式|电话|手机)?"
    r"|号码|(?:这个|那个|我的?|他的?|她的?|新|老|小|副|主|靓|您的?|你的?)号(?![码单])|机号|打给我|打给|回电|拨打|加我|联系我|宽带[账帐]?号|卡的?号是"
)
_ID = r"(?:身份证?|居民证|证件|二代证)(?:的)?(?:号码?)?|证号|身份号码?"
_BANK = r"(?:银行|储蓄|信用|借记|工行|建行|农行|中行|招行|交行|邮储)(?:的)?卡?(?:的)?(?:卡?号码?)?|卡号|[账帐][号户](?:号码)?"
_CODE = (
    r"(?:订单|工单|流水|受理|投诉|报修|快递|物流|运单|发票|合同|批次|案件|交易|凭证|业务|登记|回执|商户|设备|序列|串|工|坐席|客服|员工"
    r"|[账帐]单|单|编|型|批|票|车牌|门店|网点|申请|查询|预约|取件|取票|充值卡?|兑换|激活|套餐|产品|活动|服务|验证|校验|参考|任务|记录|派单|凭单|条|条形|二维|追踪|跟踪|办理|宽带受理"
    r"|[A-Za-z]{2,})(?:[的 ])?(?:编号|号码|单号|密码|卡号|号|码)"
    r"|编号|编码|代码|条码|单号|工号|流水|验证码|密码|口令|IMEI|imei|积分|SN码?|编号|序列号|尾号"
)
_CUES: tuple[tuple[Cue, re.Pattern[str]], ...] = (
    ("code", re.compile(_CODE)),
    ("id_card", re.compile(_ID)),
    ("bank_card", re.compile(_BANK)),
    ("phone", re.compile(_PHONE)),
)
_AFTER = re.compile(r"[，,。、\s]*(?:这?就?是|这个是|这个|的)(?:我|您|你|他|她|本人|客户)?(?:的|家|家里|这个)?(?P<noun>.{1,6})")
_PARTIAL_ID = re.compile(r"(?:身份证|证件)(?:号码?)?的?(?:最?后|末尾?|尾号)的?(?:[三四五六七八3-8]位(?:数字?)?|号)?")


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
    pieces: list[tuple[tuple[int, int, int], Verdict, int]] = []
    runs = digit_runs(utterances)
    cues = [_cue(run, utterances) for run in runs]
    values: set[str] = set()
    left: list[int] = []
    for place, (run, cue) in enumerate(zip(runs, cues, strict=True)):
        judged = _judge(run, cue, utterances)
        if judged is None:
            left.append(place)
            continue
        verdict, digits, value = judged
        values.add(value)
        pieces += [(span, verdict, len(pieces)) for span in spans(digits)] if False else _pieces(digits, verdict, place)
    for group in _joined(runs, cues, left):
        digits = [digit for place in group for digit in runs[place].digits]
        verdict = numbers.certain("".join(runs[place].value for place in group), cues[group[0]])
        if verdict is not None:
            values.add("".join(runs[place].value for place in group))
            pieces += _pieces(digits, Verdict(verdict.kind, "in_pieces"), group[0])
            left = [place for place in left if place not in group]
    for place in left:
        kind = _repeats(runs[place], values, cues[place])
        if kind:
            pieces += _pieces(runs[place].digits, Verdict(kind, "repeated"), place)
    return _numbered(pieces, particulars.find(utterances))
