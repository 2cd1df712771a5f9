"""The words around a number that say what it is: 手机号, 身份证, 卡号; or 订单号, 工单, 验证码, which speak against.

The word nearest before the number decides, the longer one where two end at the same place; else what follows it
(… 是我的手机号), else the last thing asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qa_speech.call import Role, Utterance
from qa_speech.privacy.numerals import Cue

if TYPE_CHECKING:
    from qa_speech.privacy.digits import Run

WINDOW = 40
"""Characters before a number in which a word may say what it is."""
LOOK_BACK = 6
"""Utterances before the number's own that may have asked for it."""
LAST_WORDS, SHORT_ANSWER, LONGEST_NOUN = 12, 12, 6

_OWN = r"(?:我|你|您|他|她|咱|家|爸|妈|爱人|老公|老婆|儿子|女儿|孩子|朋友|同事|这个|那个|这|那|新|老|旧|小|大|副|主|另一个|备用)的?"
_PHONE = (
    rf"(?:手机|(?<!工)电话(?!费)|联系|座机|固话|固定电话|来电|主叫|被叫|本机|微信|绑定|预留|呼叫|回拨|传真|移动|联通|电信)[的是]?"
    rf"(?:号码|号|方式|电话|手机)?|号码|机号|{_OWN}号(?![码单])|打给|回电|拨打?|加我|联系我|找我|核对(?:一下)?|宽带[账帐]?号"
)
_ID = r"(?:身份证?|居民证|证件|二代证|身份)(?:上)?(?:的)?(?:号码?)?|证号"
_BANKS = "银行 储蓄 信用 借记 工行 工商 建行 建设 农行 农业 中行 招行 招商 交行 邮储 收款 打款 退款".split()
_BANK = rf"(?:{'|'.join(_BANKS)})(?:的)?卡?(?:的)?(?:卡?号码?)?|卡号|[账帐][号户](?:号码)?"
_THINGS = (
    "订单 工单 流水 投诉 报修 快递 物流 运单 发票 合同 协议 批次 案件 交易 凭证 回执 商户 设备 序列 机器 串 工 坐席 座席 客服 员工"
    " 账单 帐单 派单 凭单 单据 单子 单 编 型 批 票 车牌 门店 网点 取件 取票 充值 充值卡 缴费卡 兑换 激活 套餐 产品 商品 活动 参考"
    " 任务 记录 条形 条 二维 追踪 跟踪 挂号 排队 叫号 房间 楼 航班 车次 学 考 准考证 会员 积分 电表 水表 燃气 户 端口 光猫 机顶盒"
    " 路由 路由器 保单 信用代码"
).split()
# 用户号码 and 业务号码 are telephone numbers, 用户编号 is not
_DEALINGS = "受理 登记 查询 申请 办理 预约 处理 反馈 业务 服务 客户 用户 验证 校验".split()
_CODE = (
    rf"(?:{'|'.join(_THINGS)})的?(?:编号|号码|单号|密码|卡号|号|码)"
    rf"|(?:{'|'.join(_DEALINGS)})的?(?:编号|单号|流水号|代码|密码|码|号(?!码))"
    r"|编号|编码|代码|条码|单号|工号|流水号?|密码|口令|IMEI|SN|ID|订单|工单|运单|发票|合同|凭证|序列|话务员|客服代表|坐席|座席"
)
_OTHER_CODE = r"[^\W\da-zA-Z_下个的这那我你您他她是报说尾信]{2}(?:号码?|码)(?=[是为叫:：]|\s*$)"
_UNNAMED = re.compile(_OTHER_CODE)
"""A number of a kind not listed; gives way to every listed word that ends at the same place."""
_CUES: tuple[tuple[Cue, re.Pattern[str]], ...] = (
    ("code", re.compile(_CODE, re.IGNORECASE)),
    ("id_card", re.compile(_ID)),
    ("bank_card", re.compile(_BANK)),
    ("phone", re.compile(_PHONE)),
    ("code", _UNNAMED),
)
# 号 is heard as 好: 卡好, 手机好码
_MISHEARD = re.compile(r"(?<=[卡证单户工机账帐])[好浩](?=码|[是为，,。:：\s]|$)|[好浩](?=码)")
_AFTER = re.compile(
    r"[，,。、\s]*(?:这?就?是|这个就?是|这个|这张|那个|那张|为|的)(?:我|您|你|他|她|本人|客户)?(?:们|家|家里)?(?:的|这个|那个)?(?=[^，,。、\s])"
    r"|[，,]\s?(?=[^，,。、\s]{2,5}就是(?:这个|它|这张))"
)
_NEXT_ANNOUNCED = re.compile(r"[^，,。]{0,8}(?:是|为|：|:)\s?[0-9零一二三四五六七八九幺]")
_LIST_AFTER = re.compile(r"\s?(?:这)?(?:几|两|三|四|五)?(?:个?档|种|款)")
"""After a row of prices: 有59、99、129这几档."""
_TAIL_BEFORE = re.compile(r"(?:尾号|末尾|[后末]四位)(?:就?是|为)?[，,\s]?$")
_NUMBER = re.compile(r"[0-9０-９零〇一二三四五六七八九幺两]{4,}")
_SECOND_HALF = re.compile(r"[，,、\s]*号码(?:是|为)?\s*")
"""发票代码 0440…，号码 1234…: a bare 号码 goes on with what the number before it was."""
_FULL_NUMBER = 11
_ALREADY_GIVEN = re.compile(rf"(?:[0-9０-９零〇一二三四五六七八九幺两][-，,、\s]?){{{_FULL_NUMBER},}}")
_PARTIAL_ID = re.compile(
    r"(?:身份证|证件)(?:上)?(?:的)?(?:号码?)?的?(?:最?后|末尾?|尾)(?:面)?的?(?:[三四五六七八3-8]位|号)"
)


def cue(run: Run, utterances: Sequence[Utterance]) -> Cue:
    """What the words around a run of digits say it is; empty where they say nothing.

    >>> from qa_speech.testing import make_call
    >>> from qa_speech.privacy.digits import digit_runs
    >>> call = make_call("agent: 请报一下您的手机号", "customer: 幺三八零零", "agent: 工单编号是八八零一二三")
    >>> [cue(run, call.utterances) for run in digit_runs(call.utterances)]
    ['phone', 'code']
    """
    first, last = run.digits[0], run.digits[-1]
    text = utterances[first.utterance].text or ""
    # a word that already has its number says nothing of the next one
    *earlier, before = _NUMBER.split(text[max(0, first.start - WINDOW) : first.start])
    here = nearest(before)
    if earlier and here == "phone" and _SECOND_HALF.fullmatch(before) and nearest(earlier[-1]) == "code":
        return "code"
    if here:
        return here
    end = utterances[last.utterance].text or ""
    if _LIST_AFTER.match(end, last.end) and last.group - first.group > 1:
        return "code"
    return _said_after(end, last.end) or (
        "" if _TAIL_BEFORE.search(before) else _asked_for(first.utterance, utterances)
    )


def _said_after(text: str, at: int) -> Cue:
    """… 这是我的手机号, … 这个号码; not what announces the next number."""
    match = _AFTER.match(text, at)
    if match is None:
        return ""
    noun = text[match.end() : match.end() + LONGEST_NOUN].split("，")[0]
    return "" if _NEXT_ANNOUNCED.match(text, match.end()) else nearest(noun)


def _asked_for(index: int, utterances: Sequence[Utterance]) -> Cue:
    """What the other party asked for last, or what the speaker announced at the end of the utterance before.

    A question counts until a whole number is given or the other party says something else twice.
    """
    role, passed = utterances[index].role, 0
    for item in reversed(utterances[max(0, index - LOOK_BACK) : index]):
        text = item.text or ""
        if item.role is role and role is not Role.UNKNOWN:
            announced = nearest(_NUMBER.split(text[-WINDOW:])[-1][-LAST_WORDS:])
            if announced or _ALREADY_GIVEN.search(text):
                return announced
            continue
        asked = nearest(_NUMBER.split(text[-WINDOW:])[-1])
        if _ALREADY_GIVEN.search(text):
            return ""
        if asked:
            return asked
        passed += len(text) > SHORT_ANSWER
        if passed > 1:
            return ""
    return ""


def nearest(text: str) -> Cue:
    """The cue that ends last in a text; the longest of those, and of equal ones the first of the table.

    >>> nearest("订单号不记得了，手机号是"), nearest("您的订单号码是"), nearest("您好")
    ('phone', 'code', '')
    """
    text = _MISHEARD.sub("号", text)
    best: tuple[int, bool, int] = (-1, False, 0)
    found: Cue = ""
    for name, pattern in _CUES:
        for match in pattern.finditer(text):
            rank = (match.end(), pattern is not _UNNAMED, match.end() - match.start())
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
