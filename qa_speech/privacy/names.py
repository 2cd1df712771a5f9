"""Names of people: what stands before and after them, what was asked, and how much the characters themselves look like one.

How much is asked of the characters (`namelike.likeness`) depends on what announces them. After 我叫 or 姓名是 whatever begins with a
surname is a name; after 我是, 收件人 or 我老公, before 先生 or 名下, it must look like one; after 给, 找 or 叫 or alone between two signs it
must look like one much. Whose surname was told (我姓明), or whose characters were explained (高兴的高), needs to look like nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from qa_speech.language.tokens import tokenize
from qa_speech.privacy.namelike import LONGEST_NAME, begins_other, end_of_name, foreign_end, is_named_like_word, is_no_name, likeness, surname_at

ANY, POSSIBLE, LIKELY, PLAIN = -99.0, -2.5, 1.0, 2.5
"""How much a text must look like a name: announced as one; asked for; hinted at; with little said of it."""

_HOLDER = (
    "(?:原|新|老|旧)?(?:机主|户主|房主|房东|车主|业主|租户|租客|开户人|登记人|持卡人|收件人|收货人|收款人|付款人|寄件人|发件人|签收人|取件人|提货人|(?:紧急)?联[系络]人"
    "|经办人|代办人|办理人|报修人|报案人|预约人|申请人|委托人|受托人|代理人|介绍人|推荐人|负责人|监护人|投保人|被保[险人]?人?|受益人|投诉人|反馈人|用户|客户|患者|病人|乘客|旅客|住户|户名|法人(?:代表)?)"
)
_KIN = (
    "老公|老婆|爱人|丈夫|妻子|媳妇|先生|太太|爸爸?|妈妈?|老爸|老妈|父亲|母亲|儿子|女儿|孩子|娃|哥哥?|姐姐?|弟弟?|妹妹?|大哥|二哥|大姐|二姐|爷爷|奶奶|孙子|孙女"
    "|闺女|姑娘|保姆|丈人|对象|男朋友|女朋友|侄子|侄女|外甥女?|姑姑|姑妈|姑父|舅舅|舅妈|叔叔|伯伯|伯父|阿姨|姨妈|婆婆|公公|岳父|岳母|嫂子|姐夫|妹夫|女婿|儿媳妇?"
    "|[堂表][哥姐弟妹]|外公|外婆|姥姥|姥爷|朋友|同事|同学|室友|邻居|老板|老师|徒弟|搭档|合伙人|亲戚|家里人|家人"
)
_PERSON = "我|你|您|他|她|咱|咱们|我们|我家|俺|俺家"
_I_AM = r"(?<![不要])我的?(?:大?名字?)?叫(?:做)?|我姓[^，。,\s]{1,2}[，,]?(?:我?叫|名叫?|单名)(?:做)?|本人(?:叫|姓名)|(?:大名|真名|本名|曾用名|全名|名)叫(?:做)?"
_WORD_FOR_NAME = r"姓名(?:就?是|叫做?|为|写|填|：|:)?\s?|(?:名字|户名|全名|真名|本名|大名)(?:就?是|就?叫|为|：|:)(?:做)?"
_KIN_CALLED = (
    rf"(?:(?:{_PERSON})(?:的)?(?:{_KIN})?|{_KIN})(?:的?名字)?(?:就?叫|名叫)(?:做)?(?!{_PERSON})"
)
_HOLDER_NAMED = rf"{_HOLDER}(?:本人)?(?:的)?(?:姓名|名字)(?:就?是|叫|为|写的?|：|:)?"
_HOLDER_IS = rf"{_HOLDER}(?:本人)?(?:就?是|叫|为|：|:)"
_ANNOUNCED = re.compile(rf"{_I_AM}|{_WORD_FOR_NAME}|{_KIN_CALLED}|{_HOLDER_NAMED}")
_HINTED = re.compile(
    rf"{_HOLDER_IS}|{_HOLDER}(?:就?写|填|登记(?:成|为)?|留|那里写)?\s?"
    rf"|(?:{_KIN})(?:是|叫)?[，,]?|认证的?是?|(?:还是|就是)我[，,]"
    r"|(?<![不谁也还就要想说])我(?:是|就是)|(?:我|他|她|人家)姓[^，,。\s]{1,2}[，,。]?|我(?=[^，。]{2,4}[啊呀]，)|(?:这里|这边)是"
    "|(?:寄|转|发|送|交|汇|打|过户|过|让|租|卖|留|分|派)给|叫我|找(?:一下|下)?|那个叫|(?:您|你|他|她|那|不)是|请问是|(?:应该|而不|就|不)是|是不是"
    r"|拼音(?:是|为)?\s?|全名[？?，,]?|名字(?:应该)?(?:就?写|改成|填|登记|叫|是)?(?:的是?)?|宽带是|[全真]名(?:就?是|叫)?|我不叫|(?:发票)?抬头(?:就?写|开|是)?"
    "|收货(?:人|方)?(?:就?写|填|是|叫)?|开户(?:名|人)?(?:是|叫)?|户名|署名(?:是|写)?|落款(?:是|写)?|签名(?:是|写)?"
    r"|[就件递单票]写(?:的是?)?|写(?:的是?)?|身份证上?(?:写的)?是|本人|登记在|[实真]名(?:就?是|叫)?|收件(?:就?写)?|(?<!我)联系|保单是|卡是|改[成为]|查一?下"
    "|(?:客服代表|话务员|客服|客户经理|坐席|座席|工程师|师傅|经理|主管|班长|主任|店长|站长|村长|书记|校长|医生|护士|房东|邻居|老乡)(?:是|叫)?"
    r"|[，,]叫|免贵姓[^，。,\s]{1,2}[，,]?叫?|单名一个|(?:一个|有个|位|个|人|先生|女士|名|师傅|经理)叫(?:做|什么)?|叫做"
    "|报(?:一下)?|填(?:的是?|我[哥姐爸妈弟妹])?|登记(?:的是?|了)?|用的?是?|户头是?"
)
_SAID_OF = re.compile("叫|的|给|找|是|跟|和|同|由|让|请|派|替|帮|问|告诉|转告|通知|那个|这个|[这那]位|感谢|表扬|投诉|、")
_ASIDE = re.compile(r"(?:嗯|呃|啊|额|那个|就是|是|叫|一个|这个)?[，,\s]?")
_GREETINGS = "嗯|啊|哦|呃|唉|哎|喂|那个|你好|您好|好的?|对|行|可以|全名|名字|姓名"
_BEFORE_ANSWER = re.compile(
    rf"(?:{_GREETINGS}|(?:免贵|我)姓[^，,。]{{1,2}}[，,。]|我是|我叫|就?叫|就是|是|姓|写|填|找|机主|户主|[，,。\s])*"
)
_OWNS = re.compile("的(?:身份证|名义|卡|账户|户头|号)")
_TITLE_AFTER = re.compile(
    rf"先生|女士|小姐|同志|经理|师傅|本人|名下|的(?:家属|爱人|家人|丈夫|妻子|名字?(?!单))|{_OWNS.pattern}"
    r"|签?收(?=[，,。！!？?\s；;到的]|$)|[两三四]个字|这个(?:名字|人|姓名)"
)
_ENDS = re.compile(
    r"[，,。！!？?、\s；;：:]|$|先生|女士|小姐|本人|名下|就[行好是可两俩]|[办装开登买用填签][的了过]|办|的(?:身份证|号|电话|手机|卡|家属|爱人|名字?|爸|妈|儿子|女儿|老公|老婆)"
    r"|吗|吧|啊|呀|这个|那个|他|她|态度|对[吗吧的]|是[吗吧]|[行好]吗|身份证|电话|手机|微信|地址|住|我[想要的]|你|您|签?收|\d"
)
_SIGN = re.compile(r"[，,。！!？?、\s；;：:]|$|先生|女士|小姐|[啊呀吧]")
_TOLD = re.compile("(?:免贵|[我他她您]|真|也|复|都)?姓(?!名|氏)")
_TITLE = re.compile("(?<!谢谢)(?:先生|女士|小姐(?!姐))")
_CLAUSE_START = re.compile(r"(?:^|(?<=[，,。！!？?；;、\s]))(?:嗯|呃|啊|哦|那个)?")
_CLAUSE_END = re.compile(r"[，,。！!？?；;、\s]|$")
_SHORT_CLAUSE = re.compile(r"[一-鿿]{2,3}(?=[，,。！!？?；;、\s]|$)")
_THEN_NUMBER = re.compile(
    r"[，,\s]{1,2}(?:我的?)?(?:身份证|手机|电话|微信|卡号|证件|邮箱|QQ|地址|[男女](?![儿的朋士])|[0-9a-zA-Z幺]|[^，,。]{2,8}[省市区县镇村路街])"
)


STRONG, STRONGEST = 4.0, 5.5
"""What looks so much like a name need not end like one behind a word that hints at names, and need not be announced
where it is one word of three characters, or the second where of two."""


class Heard(NamedTuple):
    """What was said around a text: whether it answers a question for a name; surnames that were told; explained characters."""

    asked: bool = False
    surnames: frozenset[str] = frozenset()
    explained: frozenset[str] = frozenset()


def told_surnames(text: str) -> Iterator[str]:
    """Surnames that are told as such, 我姓明, or said with a title, 明先生.

    >>> list(told_surnames("我姓欧阳，不是王先生"))
    ['欧阳', '王']
    """
    for match in _TOLD.finditer(text):
        surname = surname_at(text, match.end())
        if surname and text[match.end() + len(surname) :][:1] not in ("名", "什"):
            yield surname
    for match in _TITLE.finditer(text):
        for length in (2, 1):
            surname = text[max(0, match.start() - length) : match.start()]
            if len(surname) == length and surname_at(text, match.start() - length) == surname:
                yield surname
                break


def names(text: str, heard: Heard = Heard()) -> Iterator[tuple[int, int]]:
    """Spans of names, in characters.

    >>> text = "我叫张伟，机主是李小红，机主本人，请问是王建国先生吗"
    >>> [text[start:end] for start, end in names(text)]
    ['张伟', '李小红', '王建国']
    >>> text = "高兴"
    >>> list(names(text)), list(names(text, Heard(asked=True)))
    ([], [(0, 2)])
    """
    places = _places(text, heard)
    found = [*_before_titles(text, places, heard), *_read_as_names(text)]
    for start, least in sorted(places.items()):
        end = _end(text, start, least, heard)
        if end > start:
            found.append((start, end))
    last = 0
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if start >= last:
            yield start, end
            last = end


def _places(text: str, heard: Heard) -> dict[int, float]:
    """Where a name may begin, and how much it must look like one there; the strongest word before it decides."""
    places: dict[int, float] = {}
    for match in _SAID_OF.finditer(text):
        places[match.end()] = PLAIN
    for match in _CLAUSE_START.finditer(text):
        places[match.end()] = PLAIN
    for match in _HINTED.finditer(text):
        places[_after(_ASIDE, text, match.end())] = LIKELY
        places[match.end()] = LIKELY
    if heard.asked:
        for match in _CLAUSE_START.finditer(text):
            places[_after(_BEFORE_ANSWER, text, match.end())] = POSSIBLE
    for match in _ANNOUNCED.finditer(text):
        places[_after(_ASIDE, text, match.end())] = ANY
        places[match.end()] = ANY
    return places


def _end(text: str, start: int, least: float, heard: Heard) -> int:
    """Where the name that begins at a place ends; the place itself where what stands there is too little like one."""
    end = end_of_name(text, start)
    name = text[start:end]
    if least <= LIKELY:
        end = max(end, _foreign(text, start))
        if end - start > len(name):
            return end
    if surname_at(text, start) in heard.surnames and _starts_clause(text, start):
        end = max(end, _end_of_clause(text, start))
        name = text[start:end]
    if is_no_name(name) and not (least <= POSSIBLE and _is_explained(name, heard)):
        return start
    if not name:
        return start
    if _is_told(name, heard, is_place=least <= LIKELY or _starts_clause(text, start)) and _ends(text, end):
        return end
    like = likeness(name)
    is_alone = _SIGN.match(text, end) is not None
    if least == ANY:
        return end if like > POSSIBLE or is_alone else start
    if least == POSSIBLE:
        is_clause = is_alone and _starts_clause(text, start)
        return end if is_clause or (like > POSSIBLE and _ends(text, end)) or like > PLAIN else start
    if (_starts_clause(text, start) or least <= LIKELY) and _THEN_NUMBER.match(text, end):
        least = min(least, POSSIBLE)
    if least <= LIKELY and (like > STRONG or (is_alone and is_named_like_word(name))):
        return end
    if like < least:
        return start
    if len(name) > 2:
        is_whole = least < PLAIN or _ends(text, end) or not _starts_clause(text, start)
        return end if is_whole else start
    if least == PLAIN and _starts_clause(text, start):
        return end if _THEN_NUMBER.match(text, end) else start
    return end if _ends(text, end) else start


def _ends(text: str, at: int) -> bool:
    """Whether a name may end at a place: a sign, a word that follows names, or the next word."""
    return _ENDS.match(text, at) is not None or begins_other(text, at)


def _is_told(name: str, heard: Heard, *, is_place: bool) -> bool:
    """Whether the surname was told elsewhere, or, where names are said, one of the characters explained."""
    if is_no_name(name):
        return False
    return surname_at(name, 0) in heard.surnames or (is_place and _is_explained(name, heard))


def _is_explained(name: str, heard: Heard) -> bool:
    return not heard.explained.isdisjoint(name)


def _foreign(text: str, start: int) -> int:
    end = foreign_end(text, start)
    return end if end > start and _ENDS.match(text, end) else start


def _end_of_clause(text: str, start: int) -> int:
    """Where a clause as long as a name ends; the start of a longer one."""
    match = _SHORT_CLAUSE.match(text, start)
    if match is None or end_of_name(text, start) == start and _TITLE.search(match.group()):
        return start
    return match.end()


def _starts_clause(text: str, start: int) -> bool:
    return start == 0 or text[start - 1] in "，,。！!？?；;、 "


def _before_titles(text: str, places: Mapping[int, float], heard: Heard) -> Iterator[tuple[int, int]]:
    """王建国先生, 王建国名下, 王建国收; a surname alone (王先生) is no name."""
    for match in _TITLE_AFTER.finditer(text):
        end = match.start()
        for start in range(max(0, end - LONGEST_NAME), end - 1):
            if end_of_name(text, start) < end:
                continue
            name = text[start:end]
            least = LIKELY
            if places.get(start, PLAIN) <= LIKELY and not _OWNS.match(text, end):
                least = POSSIBLE
            if likeness(name) > least or _is_told(name, heard, is_place=False) or (least < LIKELY and is_named_like_word(name)):
                yield start, end
                break


def _read_as_names(text: str) -> Iterator[tuple[int, int]]:
    """What nothing announces, but is read as one word that is in no dictionary, or as a name there, and looks like one much."""
    for token in tokenize(text):
        if not 1 < len(token.text) < LONGEST_NAME or not surname_at(token.text, 0):
            continue
        least = STRONG
        if len(token.text) == 2:
            least = STRONGEST
        if likeness(token.text) >= least and end_of_name(text, token.start) == token.end:
            yield token.start, token.end


def _after(skipped: re.Pattern[str], text: str, at: int) -> int:
    """The place, in characters, behind what a pattern skips; `at` where it skips nothing."""
    match = skipped.match(text, at)
    return match.end() if match else at
