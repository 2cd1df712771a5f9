"""Words that say what a number is: 手机号, 身份证, 卡号; or 订单号, 工单, 验证码, which speak against.

The word that ends last in a text decides, the longer one where two end at the same place.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qa_speech.privacy.numerals import Cue

_OWNERS = "我|你|您|他|她|咱|家|爸|妈|爱人|老公|老婆|儿子|女儿|孩子|朋友|同事"
_WHICH = "这个|那个|这|那|新|老|旧|小|大|副|主|另一个|备用"
_OWN = rf"(?:{_OWNERS}|{_WHICH})的?"
_LINES = (
    "手机|(?<!工)电话(?!费)|联系|座机|宅电|家电话|固话|固定电话|来电|主叫|被叫|本机|微信|绑定|预留|呼叫|回拨|传真"
    "|移动|联通|电信"
)
_CALLING = (
    r"打给|打(?:我|他|她)(?:的|们)?(?:办公室|单位|家里|公司)?|区号|前面加|回电|拨打?|加我|联系我|找我|核对(?:一下)?"
)
_PHONE = (
    rf"(?:{_LINES})[的是]?(?:号码|号|方式|电话|手机)?"
    rf"|号码|机号|{_OWN}号(?![码单])|{_CALLING}|宽带[账帐]?号"
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
_BARE_CODES = (
    "编号|编码|代码|条码|单号|工号|流水号?|密码|口令|IMEI|SN|ID|订单|工单|运单|发票|合同|凭证|序列"
    "|话务员|客服代表|坐席|座席"
)
_CODE = (
    rf"(?:{'|'.join(_THINGS)})的?(?:编号|号码|单号|密码|卡号|号|码)"
    rf"|(?:{'|'.join(_DEALINGS)})的?(?:编号|单号|流水号|代码|密码|码|号(?!码))"
    rf"|{_BARE_CODES}"
)
_NO_NOUN = "下个的这那我你您他她是报说尾信"
_OTHER_CODE = rf"[^\W\da-zA-Z_{_NO_NOUN}]{{2}}(?:号码?|码)(?=[是为叫:：]|\s*$)"


class _Words(NamedTuple):
    """Words that say one thing; those not `listed` give way to every listed word that ends at the same place."""

    cue: Cue
    pattern: re.Pattern[str]
    listed: bool


_CUES = (
    _Words("code", re.compile(_CODE, re.IGNORECASE), listed=True),
    _Words("id_card", re.compile(_ID), listed=True),
    _Words("bank_card", re.compile(_BANK), listed=True),
    _Words("phone", re.compile(_PHONE), listed=True),
    # a number of a kind that nobody thought of
    _Words("code", re.compile(_OTHER_CODE), listed=False),
)
# 号 is heard as 好: 卡好, 手机好码
_MISHEARD = re.compile(r"(?<=[卡证单户工机账帐])[好浩](?=码|[是为，,。:：\s]|$)|[好浩](?=码)")


def nearest_cue(text: str) -> Cue:
    """The cue that ends last in a text; the longest of those, and of equal ones the first of the table.

    >>> nearest_cue("订单号不记得了，手机号是"), nearest_cue("您的订单号码是"), nearest_cue("您好")
    ('phone', 'code', '')
    """
    text = _MISHEARD.sub("号", text)
    best: tuple[int, bool, int] = (-1, False, 0)
    nearest: Cue = ""
    for words in _CUES:
        for match in words.pattern.finditer(text):
            start, end = match.span()
            rank = (end, words.listed, end - start)
            if rank > best:
                best, nearest = rank, words.cue
    return nearest
