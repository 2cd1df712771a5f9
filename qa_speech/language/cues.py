"""The words around a number that say what it is: 手机号, 身份证, 卡号; or 订单号, 工单, 验证码, which speak against.

The word nearest before the number decides, the longer one where two end at the same place; else what follows it
(… 是我的手机号), else the last thing asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.call import Utterance
from qa_speech.language.digits import Run
from qa_speech.language.numerals import Cue

WINDOW = 40
"""Characters before a number in which a word may say what it is."""
LOOK_BACK = 3
"""Utterances before the number's own that may have asked for it."""

_OWN = r"(?:我|你|您|他|她|咱|家|爸|妈|爱人|老公|老婆|儿子|女儿|孩子|朋友|同事|这个|那个|这|那|新|老|旧|小|大|副|主|另一个|备用)的?"
_PHONE = (
    rf"(?:手机|(?<!工)电话(?!费)|联系|座机|固话|固定电话|来电|主叫|被叫|本机|微信|绑定|预留|呼叫|回拨|传真|移动|联通|电信)[的是]?"
    rf"(?:号码|号|方式|电话|手机)?|号码|机号|{_OWN}号(?![码单])|打给|回电|拨打?|加我|联系我|找我|宽带[账帐]?号"
)
_ID = r"(?:身份证?|居民证|证件|二代证|身份)(?:上)?(?:的)?(?:号码?)?|证号"
_BANK = (
    r"(?:银行|储蓄|信用|借记|工行|工商|建行|建设|农行|农业|中行|招行|招商|交行|邮储|收款|打款|退款)(?:的)?卡?(?:的)?(?:卡?号码?)?|卡号|[账帐][号户](?:号码)?"
)
_CODE_NOUN = (
    r"订单|工单|流水|受理|投诉|报修|快递|物流|运单|发票|合同|协议|批次|案件|交易|凭证|业务|登记|回执|商户|设备|序列|机器|串|工|坐席|座席|客服|员工"
    r"|[账帐]单|派单|凭单|单据|单子|单|编|型|批|票|车牌|门店|网点|申请|查询|预约|取件|取票|充值卡?|缴费卡?|兑换|激活|套餐|产品|商品|活动|服务|验证|校验"
    r"|参考|任务|记录|条形?|二维|追踪|跟踪|处理|反馈|挂号|排队|叫号|房间|楼|航班|车次|学|考|准考证|会员|积分|客户|用户|电表|水表|燃气|户|端口|光猫|机顶盒|路由器?"
)
_CODE = (
    rf"(?:{_CODE_NOUN})(?:的)?(?:编号|号码|单号|密码|卡号|号|码)|编号|编码|代码|条码|单号|工号|流水号?|密码|口令|IMEI|SN|ID"
    r"|订单|工单|运单|发票|合同|凭证|积分|序列"
)
_OTHER_CODE = r"[\u4e00-\u9fff]{2}(?:号码?|码)(?=[是为叫:：，,\s]|$)"
_CUES: tuple[tuple[Cue, re.Pattern[str]], ...] = (
    ("code", re.compile(_CODE, re.IGNORECASE)),
    ("id_card", re.compile(_ID)),
    ("bank_card", re.compile(_BANK)),
    ("phone", re.compile(_PHONE)),
    ("code", re.compile(_OTHER_CODE)),
)
_AFTER = re.compile(
    r"[，,。、\s]*(?:这?就?是|这个就?是|这个|那个|为|的)?(?:我|您|你|他|她|本人|客户)?(?:们|家|家里)?(?:的|这个|那个)?(?P<noun>[^，,。、\s]{1,5})"
)
_PARTIAL_ID = re.compile(r"(?:身份证|证件)(?:上)?(?:的)?(?:号码?)?的?(?:最?后|末尾?|尾)(?:面)?的?[三四五六七八3-8]位")


def cue(run: Run, utterances: Sequence[Utterance]) -> Cue:
    """What the words around a run of digits say it is; empty where they say nothing.

    >>> from qa_speech.testing import make_call
    >>> from qa_speech.language.digits import digit_runs
    >>> call = make_call("agent: 请报一下您的手机号", "customer: 幺三八零零", "agent: 工单编号是八八零一二三")
    >>> [cue(run, call.utterances) for run in digit_runs(call.utterances)]
    ['phone', 'code']
    """
    first, last = run.digits[0], run.digits[-1]
    text = utterances[first.utterance].text or ""
    here = nearest(text[max(0, first.start - WINDOW) : first.start])
    if here:
        return here
    end = utterances[last.utterance].text or ""
    match = _AFTER.match(end, last.end)
    after = nearest(match.group("noun")) if match else ""
    if after:
        return after
    for before in range(first.utterance - 1, max(-1, first.utterance - 1 - LOOK_BACK), -1):
        asked = nearest((utterances[before].text or "")[-WINDOW:])
        if asked:
            return asked
    return ""


def nearest(text: str) -> Cue:
    """The cue that ends last in a text; the longest of those, and of equal ones the first of the table.

    >>> nearest("订单号不记得了，手机号是"), nearest("您的订单号码是"), nearest("您好")
    ('phone', 'code', '')
    """
    best: tuple[int, int] = (-1, 0)
    found: Cue = ""
    for name, pattern in _CUES:
        for match in pattern.finditer(text):
            rank = (match.end(), match.end() - match.start())
            if rank > best:
                best, found = rank, name
    return found


def is_part_of_id(run: Run, utterances: Sequence[Utterance]) -> bool:
    """Whether the last digits of an identity card were asked for or are announced right before the run."""
    first = run.digits[0]
    text = (utterances[first.utterance].text or "")[: first.start]
    if _PARTIAL_ID.search(text[-20:]):
        return True
    asked = utterances[first.utterance - 1].text if first.utterance else None
    return len(text) < 8 and bool(asked) and _PARTIAL_ID.search((asked or "")[-30:]) is not None
