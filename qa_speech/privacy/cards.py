"""What stands on a bank card beside its number: the expiry date and the security code.

Both are short and have no form of their own: they count only behind a word that says what they are, beside each other, or as the
answer to a question for them, and only where the call speaks of a bank card: a coupon has an end too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from qa_speech.call import Utterance
from qa_speech.privacy.asked import WITHIN, question_before
from qa_speech.privacy.digits import in_digits
from qa_speech.privacy.numerals import Kind

SOON = 2
"""Utterances behind an expiry date in which the word for a bank card, or for its code, still counts."""
CUE_WITHIN = 24
"""Characters before a security code in which the word for it stands."""

_PARTS = {
    "D": "[0-9０-９零〇一二三四五六七八九幺两]",
    "YEAR": "(?:20|二零|二〇|两零)?(?:2[4-9]|3[0-9]|4[0-3]|[二两][四五六七八九]|三{D}|四[零〇一幺二三]|[二三]十{D}?)",
    "TWO": "(?:[0零〇][1-9一二三四五六七八九幺]|[1一幺][012零〇一二幺两])",
    "MONTH": "(?:{TWO}|[1-9]|[一1]?十[一二]?|{D})",
    "GAP": "(?:[，,、。…/／\\s的底]|呃|嗯|额|啊|那个|然后){0,6}",
    "ENGLISH": r"(?<![a-z])(?:exp(?![a-z])|expir[a-z]+|(?:valid|good)\s?thru|month\s?[/／]?\s?year)",
    "HUNDREDS": "{D}百(?:{D}十)?{D}?",
    "THRICE": "(?:[一两]个{D}[，,、\\s]?(?:[一两]个)?{D}|(?:三个|3个){D}(?:[，,、\\s]?(?:{D}){3})?)",
}
"""What stands in the patterns below in braces: a digit, the year and month of an expiry date, what may lie between two
parts of one, codes as 七百一十六 and as 三个九."""


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern with its parts put in, blind to case."""
    for name in reversed(_PARTS):
        text = text.replace(f"{{{name}}}", _PARTS[name])
    return re.compile(text, re.IGNORECASE)


_CARD = _pattern(
    "银行|刷卡|卡的?验证|visa|master|银联|签名|新卡|旧卡|换卡|补卡|卡[到在上后背反正]|卡的?[背反正]|信用码|安全[马吗嘛]|[招工建农中交]行的?卡|信用咔|信用卡|储蓄卡|借记卡|卡号|卡片|安全码|三位码|cvv|cvc|签名栏|卡的?背面|[这那我]张?卡|尾号|运通|万事达|卡是|卡的有效"
)
_BANK_CARD = _pattern("信用卡|银行卡|储蓄卡|visa|master|银联|卡[上面]")
_OTHER_TERM = _pattern(
    "优惠|券|套餐|流量|活动|合约|会员|权益|发票|身份证|证件|驾照|护照|居住证|保修|质保|保质期|积分|充值|话费|宽带|协议|合同|红包|礼品|账单|订单|密码|验证码"
)
"""What else has an end: then a date is no bank card's."""
_OWN_TERM = _pattern(
    r"(?:^|[，,。？?\s的和、]|卡|[供核报说看请填]|对|一下|前|后)(?:上面?)?有效期|到期(?:日|时间)|上面写|卡[^，。手流]{0,4}[到过]期"
    "|{ENGLISH}"
)
_EXPIRY_CUE = _pattern(
    "有效期|到期|{ENGLISH}|过[期其]|没过|有效到|有效至|四位|小字|月年|年月|失效日期|有效日期|截止|有效月|[有]效其|到其"
)
_MONTH_YEAR = _pattern(
    r"(?<!{D})(?<![0-9][-/.])(?:{TWO}|[1-9]|十[一二]?|{D})\s?(?:[/／\-]|斜杠|斜线|横杠|杠|比)\s?{YEAR}(?!{D})"
    "|(?<!{D}){YEAR}年{GAP}{MONTH}月(?:份|底|初)?"
    "|(?<!{D}){MONTH}月(?:份|底|初)?{GAP}{YEAR}年?(?![0-9０-９零〇一二三四五六七八九幺两元块个])"
    "|(?<!{D}){TWO}{GAP}{YEAR}(?!{D})"
    "|(?<!{D})十[一二]?{GAP}{YEAR}(?!{D})"
    "|(?<!{D})(?:20|二零|二〇)[2-5二三四五]{D}(?:{GAP}|[-/.])(?:年{GAP})?{TWO}(?!{D})(?![-/.月][0-9])"
    r"|(?<!{D})(?:[0零〇]\s[1-9一二三四五六七八九]|[1一幺]\s[012零一二两])\s[2-5二三四五]\s{D}(?!{D})"
)
_SLASHED = _pattern(r"(?<!{D})(?:{TWO}|[1-9]|十[一二]?)\s?(?:[/／]|斜杠|斜线)\s?{YEAR}(?!{D})")
_MONTH_THEN_YEAR = _pattern(r"月份?是?(?P<month>{MONTH}月?)[，,、\s]{0,2}(?:到期)?年份?是?(?P<year>{YEAR})(?!{D})")
_YEAR_THEN_MONTH = _pattern(r"年份?是?(?P<year>{YEAR})[，,、\s]{0,2}(?:到期)?月份?是?(?P<month>{MONTH}月?)(?!{D})")
_MONTH_SAID = _pattern(r"^[嗯呃啊是，,\s]{0,4}(?P<month>{MONTH}月)[，,、\s]{0,2}年份?是?(?P<year>{YEAR})(?!{D})")
_FIRST_HALF = _pattern(
    r"(?:有效期|到期|过期)[^，。0-9零〇一二三四五六七八九幺两]{0,4}[，,\s]?(?P<part>{TWO}|{MONTH}月)[，,。…嗯呃\s]*$"
)
_SECOND_HALF = _pattern(r"[嗯呃啊然后，,。…\s]*(?P<part>{YEAR}年?|{MONTH}月)[，,。…啊吧的\s]*")
_PART_ASKED = _pattern("有效期|到期|月份|年份|几月|哪年|哪一年")
_PART_DENIED = _pattern(r"^[嗯呃啊是，,\s]{0,4}(?P<part>{D}{2}年|{MONTH}月)(?:不对|错了|不是)")
_READ_BACK = _pattern("(?P<year>{YEAR})年{GAP}(?P<month>{MONTH})月")
_BARE_DATE = _pattern(r"[嗯呃啊是，,\s]{0,4}(?P<date>(?P<month>{TWO})\s?(?P<year>{YEAR}))[，,。啊吧\s]*")
_PART = _pattern(r"^[嗯呃啊是到，,\s]{0,4}(?P<part>{MONTH}月份?|{YEAR}年|{TWO})[的底…，,。\s]{0,2}$")
_CODE_CUE = _pattern(
    "安全[码马吗嘛]|校验码|信用码|(?<![a-z])code|(?:cvv|cvc|cvn|cid)2?|[末后]三[位码]|[后背]面(?:那)?三(?:位|个)|[那这]三(?:个|位)|三位(?:数字?|安全码|码)|三个数字?|三位验证码|验证码三位|卡(?:的)?验证码"
    "|(?:背面|背后|反面|卡后面|卡背)的?(?:那个)?|签名[栏条]"
)
_REST_OF_CODE = _pattern(r"(?P<code>{D}[，,、\s]?{D}?)[，,。\s]*(?:还[有差]|然后呢|最后一)")
"""What was given of a code is read back and the rest asked for: 三八，还有一位呢."""
_CODE_AFTER = _pattern(
    r"[，,\s]?(?:卡的)?有效期|[，,\s]?(?:就|这)?是?(?:那个|我的|我)?(?:安全码|校验码|(?:信用卡)?(?:末尾|最后|后面)?[那后末]三位|cvv|背面)"
)
_THREE = _pattern(
    r"(?<!{D})(?:{D}[，,、\s]{0,2}){2}{D}(?![，,、\s]?[0-9０-９零〇一二三四五六七八九幺两])(?![元块兆个年月日位天GgMm%])"
)
_CLAUSE_OF_DIGITS = _pattern(
    r"(?:(?<=[，,。！!？?：:\s])|(?<![^\n]))(?:就?是|嗯|呃|啊)?(?P<code>(?:{D}[，,、\s]?){2}{D}|{HUNDREDS}|{THRICE})(?=[，,。！!？?；;]|$|[吧啊呀哈嘛])"
)
_CLAUSE_OF_FOUR = _pattern(
    r"(?:(?<=[，,。：:\s])|(?<![^\n]))(?:就?是|嗯|呃)?(?P<code>(?:{D}\s?){3}{D})(?=[，,。！!？?；;]|$)"
)
_NAMED_FULLY = _pattern(r"(?:安全[码马吗嘛]|校验码|cvv2?|cvc2?)(?:就?是|：|:|，|,|\s)*(?P<code>{THRICE}|{HUNDREDS})")
_AMEX = _pattern("运通|amex|四位(?:的)?(?:安全码|码)")
_PIECE = _pattern(r"[嗯呃额啊哦那个是，,、。…\s]*(?P<piece>{D}(?:[，,、…\s]{0,2}{D}){0,3})[，,。、…\s啊吧嗯]*")
_FOUR = _pattern(r"四位(?:安全)?码(?:就?是|：|:|，|\s)?(?P<code>(?:{D}\s?){3}{D})(?!{D})")
_LONG_NUMBER = _pattern(r"(?:{D}[，,、\s]?){15,19}")
_TO_EXPIRY = _pattern(r"[底初的份，,。、\s]{0,3}")
_TO_CODE = _pattern(r"[^，。？?0-9]{0,8}[，。？?\s]?[^，。？?0-9]{0,4}")


def card_marks(utterances: Sequence[Utterance]) -> Iterator[tuple[int, int, int, Kind]]:
    """Expiry dates and security codes of a call: the utterance, where each starts and ends in characters, its kind.

    >>> from qa_speech.testing import make_call
    >>> said = make_call("agent: 信用卡的有效期和背面三位安全码", "customer: 08/27，安全码幺二三").utterances
    >>> [(said[index].text[start:end], kind) for index, start, end, kind in card_marks(said)]
    [('08/27', 'card_expiry'), ('幺二三', 'security_code')]
    """
    texts = [utterance.text or "" for utterance in utterances]
    codes: dict[str, int] = {}
    for index, text in enumerate(texts):
        around = "".join(texts[max(0, index - WITHIN) : index + 1 + SOON])
        asked = question_before(utterances, index)
        for place, start, end in _bare_dates(texts, index, asked):
            yield place, start, end, "card_expiry"
        if not text or not _is_of_a_card(text, asked, around):
            continue
        for start, end in _expiries(text, asked, around):
            yield index, start, end, "card_expiry"
        for start, end in _codes(text, asked, around, codes, index):
            codes[in_digits(text[start:end])] = index
            yield index, start, end, "security_code"
    yield from _said_before(texts, codes)
    yield from _in_halves(utterances)


def _in_halves(utterances: Sequence[Utterance]) -> Iterator[tuple[int, int, int, Kind]]:
    """An expiry date over two utterances of the same party: 有效期是零六 … 三一."""
    for index, utterance in enumerate(utterances):
        first = _FIRST_HALF.search(utterance.text or "")
        if first is None:
            continue
        for place in range(index + 1, min(len(utterances), index + 1 + SOON)):
            second = _SECOND_HALF.fullmatch(utterances[place].text or "")
            if second is not None and utterances[place].role is utterance.role:
                yield index, *first.span("part"), "card_expiry"
                yield place, *second.span("part"), "card_expiry"


def _said_before(texts: Sequence[str], codes: Mapping[str, int]) -> Iterator[tuple[int, int, int, Kind]]:
    """Codes that are all of an utterance, and are known for codes only by what is said soon after."""
    for index, text in enumerate(texts):
        piece = _PIECE.fullmatch(text)
        if piece is None:
            continue
        start, end = piece.span("piece")
        said = "".join([char for char in in_digits(text[start:end]) if char.isdecimal()])
        if 0 < codes.get(said, -1) - index <= SOON:
            yield index, start, end, "security_code"


def _bare_dates(texts: Sequence[str], index: int, asked: str) -> Iterator[tuple[int, int, int]]:
    """Four digits alone, asked for or read back as a year and a month, and these too: 幺零三幺 … 是三幺年十月吗."""
    date = _BARE_DATE.fullmatch(texts[index])
    if date is None:
        return
    if _PART_ASKED.search(asked):
        yield index, *date.span("date")
    for place in range(index + 1, min(len(texts), index + 1 + SOON)):
        back = _READ_BACK.search(texts[place])
        if back is not None and in_digits(back["year"]).endswith(in_digits(date["year"])):
            yield index, *date.span("date")
            yield place, *back.span()


def _is_of_a_card(text: str, asked: str, around: str) -> bool:
    """Whether a bank card is spoken of: by name, by a number as long as its own, or by an expiry date and a code together."""
    if _CARD.search(around) or _LONG_NUMBER.search(around):
        return True
    has_date = _EXPIRY_CUE.search(around) or _MONTH_YEAR.search(around)
    if _CODE_CUE.search(around) and has_date:
        return True
    if _OTHER_TERM.search(around):
        return False
    is_part = (_PART.search(text) or _MONTH_SAID.search(text)) is not None and _PART_ASKED.search(asked) is not None
    is_dated = _OWN_TERM.search(around) is not None and (is_part or _MONTH_YEAR.search(around) is not None)
    return is_dated or _MONTH_THEN_YEAR.search(text) is not None


def _expiries(text: str, asked: str, around: str) -> Iterator[tuple[int, int]]:
    """Months and years where the end of a card's time is spoken of, behind its number, or with a stroke between."""
    number = _LONG_NUMBER.search(text)
    first = number.end() if number is not None else len(text)
    is_named = _BANK_CARD.search(text) is not None and _OTHER_TERM.search(text) is None
    if is_named or _EXPIRY_CUE.search(around) or _CODE_CUE.search(text):
        first = 0
    for match in _MONTH_YEAR.finditer(text, first):
        yield match.span()
    for match in _SLASHED.finditer(text, 0, first):
        yield match.span()
    for pattern in (_MONTH_THEN_YEAR, _YEAR_THEN_MONTH):
        for match in pattern.finditer(text):
            yield match.span("month")
            yield match.span("year")
    if _PART_ASKED.search(asked):
        said = _MONTH_SAID.match(text)
        if said is not None:
            yield from (said.span("month"), said.span("year"))
        part = _PART.match(text) or _PART_DENIED.match(text)
        if part is not None:
            yield part.span("part")


def _codes(text: str, asked: str, around: str, known: dict[str, int], index: int) -> Iterator[tuple[int, int]]:
    """Three digits behind a word for the security code, asked for, or said again; four of a card that has four."""
    for pattern in (_FOUR, _NAMED_FULLY):
        yield from (match.span("code") for match in pattern.finditer(text))
    is_asked = _CODE_CUE.search(asked) is not None or _REST_OF_CODE.match(asked) is not None
    read_back = _REST_OF_CODE.match(text)
    if read_back is not None and _CODE_CUE.search(around):
        yield read_back.span("code")
    yield from _codes_apart(text, around, is_asked=is_asked)
    ends_of_dates = [end for _, end in _expiries(text, asked, around)]
    for match in _THREE.finditer(text):
        before = text[max(0, match.start() - CUE_WITHIN) : match.start()]
        cues = list(_CODE_CUE.finditer(before))
        is_named = bool(cues) and _TO_CODE.fullmatch(before, cues[-1].end()) is not None
        is_named = is_named or _CODE_AFTER.match(text, match.end()) is not None
        is_named = is_named or any(_TO_EXPIRY.fullmatch(text, end, match.start()) for end in ends_of_dates)
        is_again = index - known.get(in_digits(match.group()), -WITHIN - 1) <= WITHIN
        if is_asked or is_named or is_again:
            yield match.span()


def _codes_apart(text: str, around: str, *, is_asked: bool) -> Iterator[tuple[int, int]]:
    """Digits that are all that is said between two signs, or all that is said, where the code is spoken of."""
    cue = _CODE_CUE.search(text)
    for match in _CLAUSE_OF_DIGITS.finditer(text):
        if is_asked or (cue is not None and cue.end() <= match.start()):
            yield match.span("code")
    if _AMEX.search(around):
        yield from (match.span("code") for match in _CLAUSE_OF_FOUR.finditer(text))
    piece = _PIECE.fullmatch(text)
    if is_asked and piece is not None:
        yield piece.span("piece")
