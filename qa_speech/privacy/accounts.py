"""WeChat ids and QQ numbers, and what stands on a bank card beside its number: the expiry date and the security code.

All of these are short and have no form of their own: they count only behind a word that says what they are, or as the
answer to a question for them. An expiry date counts only where the call speaks of a bank card: a coupon has one too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qa_speech.call import Utterance
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.spelled import Spelled, spelled_after, spelled_before

WITHIN = 6
"""Utterances before an answer in which a question, or a word for a bank card, still counts."""
SOON = 2
"""Utterances behind an expiry date in which the word for a bank card, or for its code, still counts."""
CUE_WITHIN = 24
"""Characters before a security code in which the word for it stands."""
SHORTEST_ACCOUNT, SHORTEST_QQ = 4, 5
"""Letters and digits of a WeChat id; digits of a QQ number."""

_D = "[0-9０-９零〇一二三四五六七八九幺两]"
_IS = (
    r"(?:就是|是|叫|为|：|:|你|您|搜|加|记|一下|用的|，|,|\s|的|吧|呗|嘛|呀|啊|这个"
    r"|[推发转]给[你您]|联系我?|改成了?|换成了?|号码|号){0,6}"
)
_WECHAT = re.compile(
    rf"(?:微信|微星|威信|薇信|徽信|微讯|维信|wei信|v信|vx|wx(?!id)|加(?:我|下我|个)的?\s?v|[加我的个]微(?=[号是：:\s]?\s?[A-Za-z]))(?:账号|帐号)?{_IS}",
    re.IGNORECASE,
)
_QQ = re.compile(rf"(?:qq|扣扣|企鹅|(?<![A-Za-z])q我)(?:账号|帐号)?{_IS}", re.IGNORECASE)
_WECHAT_NUMBER = re.compile(
    r"(?:微信|v信)(?!支付|公众|小程序|缴费|群)[^A-Za-z0-9。？?]{0,12}?(?:是|[改换]成了?|[推发转]给[你您]|：|:)[，,\s]?",
    re.IGNORECASE,
)
_QQ_NUMBER = re.compile(
    rf"(?:qq|扣扣|球球|企鹅)(?!音乐|会员|群|浏览)[^A-Za-z0-9。？?]{{0,10}}?(?={_D}{{5}})", re.IGNORECASE
)
_Q_NUMBER = re.compile(rf"(?<![A-Za-z])q(?={_D}{{6}})", re.IGNORECASE)
_UNDERLINED = re.compile(
    r"(?<![A-Za-z0-9_.@/\\\-])[a-z][A-Za-z0-9]*_[A-Za-z0-9_]{2,}(?![A-Za-z0-9@/\\\-]|\.[A-Za-z0-9])"
)
_CHINESE = re.compile("[\u4e00-\u9fff]")
_ADD_THIS = re.compile(r"加(?:我|一下)?(?P<id>[A-Za-z][A-Za-z0-9_\-]{4,19})(?=这个号|那个号|就[行好是])")
_LOGIN = re.compile(
    r"(?:登[录陆](?:用)?的?(?:名|账号|帐号|id)|用户名|昵称账号|[我您你后台]的?(?:登录)?[账帐]号)(?:就?是|叫|为|：|:|，|,|\s)?",
    re.IGNORECASE,
)
_ASKED_LOGIN = re.compile(r"登[录陆](?:用)?的?(?:名|账号|帐号)|用户名")
_WECHAT_BEHIND = re.compile(
    r"[，,\s]{0,2}(?:这|那)?个?(?:就)?是(?:我|俺|咱)?的?(?:微信|v信|vx|qq|扣扣)(?!支付|公众|小程序|群|里|上)",
    re.IGNORECASE,
)
_ASKED_ACCOUNT = re.compile(r"微信|qq|扣扣", re.IGNORECASE)
_ASKED_ELSE = re.compile(r"支付|缴费|交费|公众号|小程序|企业微信|充值|会员|音乐|转账", re.IGNORECASE)
_REFUSES = re.compile(r"没有?[^A-Za-z0-9]{0,4}(?:微信|qq)|没微信|不用|不方便|不加|^没有", re.IGNORECASE)
LONGEST_LEAD = 12
"""Characters of an answer before what is spelled in it."""
_ID = re.compile(r"wxid_[A-Za-z0-9]{4,20}")

_CARD = re.compile(
    r"银行|[招工建农中交]行的?卡|信用咔|信用卡|储蓄卡|借记卡|卡号|卡片|安全码|三位码|cvv|cvc|签名栏|卡的?背面|[这那我]张?卡|尾号|运通|万事达|卡是|卡的有效",
    re.IGNORECASE,
)
_EXPIRY_CUE = re.compile(r"有效期|到期|过期|失效日期|有效日期|截止|有效月|[有]效其|到其")
_YEAR = rf"(?:20|二零|二〇|两零)?(?:[2-5][0-9]|[二三四五]{_D}|[二三四]十{_D}?)"
_TWO_DIGITS = "(?:[0零〇][1-9一二三四五六七八九幺]|[1一幺][012零〇一二幺两])"
_MONTH = rf"(?:{_TWO_DIGITS}|[1-9]|[一1]?十[一二]?|{_D})"
_GAP = "[，,、。\\s的]{0,2}"
_MONTH_YEAR = re.compile(
    rf"(?<!{_D})(?:{_TWO_DIGITS}|[1-9]|十[一二]?|{_D})\s?(?:[/／\-]|斜杠|斜线|横杠|杠|比)\s?{_YEAR}(?!{_D})"
    rf"|(?<!{_D}){_YEAR}年{_GAP}{_MONTH}月(?:份|底|初)?"
    rf"|(?<!{_D}){_MONTH}月(?:份|底|初)?{_GAP}{_YEAR}年?(?![{_D[1:-1]}元块个])"
    rf"|(?<!{_D}){_TWO_DIGITS}{_GAP}{_YEAR}(?!{_D})"
    rf"|(?<!{_D})(?:20|二零|二〇)[2-5二三四五]{_D}{_GAP}{_TWO_DIGITS}(?!{_D})"
)
_SLASHED = re.compile(rf"(?<!{_D})(?:{_TWO_DIGITS}|[1-9]|十[一二]?)\s?(?:[/／]|斜杠|斜线)\s?{_YEAR}(?!{_D})")
_MONTH_THEN_YEAR = re.compile(rf"月份?是?(?P<month>{_MONTH})[，,、\s]{{0,2}}年份?是?(?P<year>{_YEAR})(?!{_D})")
_PART_ASKED = re.compile(r"有效期|到期|月份|年份|几月|哪年|哪一年")
_PART = re.compile(rf"^[嗯呃啊是到，,\s]{{0,4}}(?P<part>{_MONTH}月份?|{_YEAR}年|{_TWO_DIGITS})[的底，,。\s]{{0,2}}$")
_CODE_CUE = re.compile(
    r"安全码|校验码|cvv2?|cvc2?|[末后]三[位码]|后面(?:那)?三(?:位|个)|三位(?:数字?|安全码|码)|三个数字?|背面的?(?:那个)?|签名栏",
    re.IGNORECASE,
)
_CODE_AFTER = re.compile(
    r"[，,\s]?(?:就|这)?是?(?:那个|我的|我)?(?:安全码|校验码|(?:信用卡)?[那后末]三位|cvv|背面)", re.IGNORECASE
)
_THREE = re.compile(
    rf"(?<!{_D})(?:{_D}[，,、\s]{{0,2}}){{2}}{_D}(?![，,、\s]?[{_D[1:-1]}])(?![元块兆个年月日位天GgMm%])"
)
_FOUR = re.compile(rf"四位(?:安全)?码(?:就?是|：|:|，|\s)?(?P<code>(?:{_D}\s?){{3}}{_D})(?!{_D})")
_LONG_NUMBER = re.compile(rf"(?:{_D}[，,、\s]?){{15,19}}")
_TO_EXPIRY = re.compile(r"[底初的份，,。、\s]{0,3}")
_TO_CODE = re.compile(r"[^，。？?0-9]{0,8}[，。？?\s]?[^，。？?0-9]{0,4}")


class Short(NamedTuple):
    """``text[start:end]`` of an utterance is an account or belongs to a card."""

    utterance: int
    start: int
    end: int
    kind: Kind


def short_ones(utterances: Sequence[Utterance]) -> Iterator[Short]:
    """Accounts, expiry dates and security codes of a call.

    >>> from qa_speech.testing import make_call
    >>> lines = ("agent: 信用卡的有效期和背面三位安全码", "customer: 08/27，安全码幺二三", "customer: 微信是lulu_1989")
    >>> call = make_call(*lines)
    >>> [call.utterances[one.utterance].text[one.start : one.end] for one in short_ones(call.utterances)]
    ['08/27', '幺二三', 'lulu_1989']
    """
    texts = [utterance.text or "" for utterance in utterances]
    codes: dict[str, int] = {}
    for index, text in enumerate(texts):
        if not text:
            continue
        asked = _question(utterances, index)
        for start, end in accounts(text, asked):
            yield Short(index, start, end, "account")
        around = "".join(texts[max(0, index - WITHIN) : index + 1 + SOON])
        if not _is_of_a_card(around):
            continue
        for start, end in _expiries(text, asked, around):
            yield Short(index, start, end, "card_expiry")
        for start, end in _codes(text, asked, around, codes, index):
            codes[text[start:end]] = index
            yield Short(index, start, end, "security_code")


def _question(utterances: Sequence[Utterance], index: int) -> str:
    """What the other party said last before an utterance."""
    role = utterances[index].role
    for before in reversed(utterances[max(0, index - WITHIN) : index]):
        if before.role is not role and len(before.text or "") > 2:
            return before.text or ""
    return ""


def accounts(text: str, asked: str = "") -> Iterator[tuple[int, int]]:
    """Spans, in characters, of WeChat ids and QQ numbers; `asked` is the question that the text answers.

    >>> text = "我微信是abc，下划线，五二零，微信支付不成功，QQ 三八二九五零四"
    >>> [text[start:end] for start, end in accounts(text)]
    ['abc，下划线，五二零', '三八二九五零四']
    """
    yield from sorted({*_written(text), *_named(text), *_asked_for(text, asked)})


def _written(text: str) -> Iterator[tuple[int, int]]:
    """What reads like an id by itself: wxid_…, one with an underline, 加 tiger2020 这个号."""
    yield from (match.span() for match in _ID.finditer(text))
    if _CHINESE.search(text):  # in a sentence; not in the name of a file
        yield from (match.span() for match in _UNDERLINED.finditer(text))
    yield from (match.span("id") for match in _ADD_THIS.finditer(text))


def _named(text: str) -> Iterator[tuple[int, int]]:
    """Ids and numbers behind the word for them, or before it."""
    named = (*_WECHAT.finditer(text), *_WECHAT_NUMBER.finditer(text), *_LOGIN.finditer(text))
    for cue in named:
        found = spelled_after(text, cue.end())
        if _is_account(found):
            yield found.start, found.end
    for cue in _WECHAT_BEHIND.finditer(text):
        found = spelled_before(text, cue.start())
        is_qq = _QQ.search(cue.group()) is not None and found.digits >= SHORTEST_QQ
        if _is_account(found) or is_qq:
            yield found.start, found.end
    for cue in (*_QQ.finditer(text), *_QQ_NUMBER.finditer(text), *_Q_NUMBER.finditer(text)):
        found = spelled_after(text, cue.end())
        if found.digits >= SHORTEST_QQ and text[found.end : found.end + 1] not in ("@", "艾"):
            yield found.start, found.end


def _asked_for(text: str, asked: str) -> Iterator[tuple[int, int]]:
    """The answer to a question for an account."""
    is_asked = _ASKED_ACCOUNT.search(asked) or _ASKED_LOGIN.search(asked)
    if is_asked and not _ASKED_ELSE.search(asked) and not _REFUSES.search(text):
        yield from _answers(text)


def _answers(text: str) -> Iterator[tuple[int, int]]:
    """The account in the answer to a question for one."""
    for at in range(min(LONGEST_LEAD, len(text))):
        found = spelled_after(text, at)
        is_number = found.letters == 0 and found.digits >= SHORTEST_QQ
        if _is_account(found) or is_number:
            yield found.start, found.end
            return


def _is_account(found: Spelled) -> bool:
    """A WeChat id holds a letter; numbers behind the word are telephone numbers and found as such."""
    return found.letters > 0 and found.letters + found.digits >= SHORTEST_ACCOUNT


def _is_of_a_card(around: str) -> bool:
    """Whether a bank card is spoken of: by name, by a number as long as its own, or by an expiry date and a code together."""
    if _CARD.search(around) or _LONG_NUMBER.search(around):
        return True
    has_date = _EXPIRY_CUE.search(around) or _MONTH_YEAR.search(around)
    return bool(_CODE_CUE.search(around) and has_date)


def _expiries(text: str, asked: str, around: str) -> Iterator[tuple[int, int]]:
    """Months and years where the end of a card's time is spoken of, behind its number, or with a stroke between."""
    number = _LONG_NUMBER.search(text)
    first = number.end() if number is not None else len(text)
    if _EXPIRY_CUE.search(around) or _CODE_CUE.search(text):
        first = 0
    for match in _MONTH_YEAR.finditer(text, first):
        yield match.span()
    for match in _SLASHED.finditer(text, 0, first):
        yield match.span()
    for match in _MONTH_THEN_YEAR.finditer(text):
        yield match.span("month")
        yield match.span("year")
    part = _PART.match(text) if _PART_ASKED.search(asked) else None
    if part is not None:
        yield part.span("part")


def _codes(text: str, asked: str, around: str, known: dict[str, int], index: int) -> Iterator[tuple[int, int]]:
    """Three digits behind a word for the security code, asked for, or said again."""
    yield from (match.span("code") for match in _FOUR.finditer(text))
    is_asked = _CODE_CUE.search(asked) is not None
    ends_of_dates = [end for _, end in _expiries(text, asked, around)]
    for match in _THREE.finditer(text):
        before = text[max(0, match.start() - CUE_WITHIN) : match.start()]
        cues = list(_CODE_CUE.finditer(before))
        is_named = bool(cues) and _TO_CODE.fullmatch(before, cues[-1].end()) is not None
        is_named = is_named or _CODE_AFTER.match(text, match.end()) is not None
        is_named = is_named or any(_TO_EXPIRY.fullmatch(text, end, match.start()) for end in ends_of_dates)
        is_again = index - known.get(match.group(), -WITHIN - 1) <= WITHIN
        if is_asked or is_named or is_again:
            yield match.span()
