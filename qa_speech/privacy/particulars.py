"""Names, e-mail and street addresses in what was said, by the words and signs around them.

* a name: after 我叫, 姓名是, 机主 …, or as the answer to 请问您的姓名; it begins with a common surname. Said again, it is
  found again;
* an e-mail address: written, or spoken (艾特, 点 com);
* a street address: a named street, village or estate with a number, or two parts of a building (3栋2单元, 三号楼五零一),
  or what follows 地址是 and 家住. A city or district alone is nobody's address, nor is the way to a shop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from qa_speech.call import Utterance
from qa_speech.language.data import word_list
from qa_speech.privacy.numerals import Kind


class Particular(NamedTuple):
    """``text[start:end]`` of an utterance is a name, an e-mail or a street address."""

    utterance: int
    start: int
    end: int
    kind: Kind


# ------------------------------------------------------------------------------------------------ e-mail

_AT = r"(?:@|＠|艾特|爱特|埃特|[Aa][Tt](?![A-Za-z])|圈[aAｅ]|花a|小老鼠)"
_DOT = r"(?:\.|．|点|dot)"
_LOCAL_WORDS = "下划线|中横线|横杠|杠|点|小写的?|大写的?"
_COMPACT = rf"(?:[A-Za-z0-9._%+\-零〇一二三四五六七八九幺两]|{_LOCAL_WORDS})"
_SPELLED = r"(?:(?<![A-Za-z0-9])[A-Za-z0-9][ ]){2,}"
_LOCAL = rf"(?:{_SPELLED}{_COMPACT}*|{_COMPACT}+)"
_DOMAIN = r"(?:[A-Za-z0-9\-]|[一二三六幺两九八]|网易|新浪|搜狐|谷歌)+"
_TOP = r"(?:com|cn|net|org|edu|gov|vip|cc|io|co|me|c\s?o\s?m|康姆|抗母|西欧爱慕|恩一踢)"
_EMAIL = re.compile(rf"{_LOCAL}\s?{_AT}\s?(?:{_DOMAIN}\s?{_DOT}\s?){{1,3}}{_TOP}(?![A-Za-z0-9])", re.IGNORECASE)
_EMAIL_OPEN = re.compile(
    rf"(?:邮箱|邮件)[^，。,]{{0,6}}?(?:是|为|：|:)\s?({_LOCAL}\s?{_AT}\s?{_DOMAIN})", re.IGNORECASE
)


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Spans of e-mail addresses, in characters, written or spoken.

    >>> text = "邮箱是zhang_3@163.com，或者李四 lisi艾特qq点com"
    >>> [text[start:end] for start, end in emails(text)]
    ['zhang_3@163.com', 'lisi艾特qq点com']
    """
    last = -1
    for match in _EMAIL.finditer(text):
        last = match.end()
        yield match.span()
    if last < 0:
        for match in _EMAIL_OPEN.finditer(text):
            yield match.span(1)


# ------------------------------------------------------------------------------------------------ street address

_NUM = r"(?:[0-9０-９]+|[零〇一二三四五六七八九十百两幺]+|[甲乙丙丁东西南北A-Za-z](?=[座栋幢区单]))"
_NUMBER = rf"(?:[A-Za-z甲乙丙丁东西南北]?{_NUM}(?:[-－—之杠]{_NUM})*)"
_NO = r"[^\W\d_A-Za-z在住是到址的了我你您他她它这那哪去给帮嗯啊呢吧吗就说叫没跟把被让请]"
_ADMIN = (
    rf"(?:{_NO}{{2,7}}?(?:省|自治区|特别行政区))?(?:{_NO}{{1,6}}?(?:市|自治州|地区|盟))?"
    rf"(?:{_NO}{{1,6}}?(?:区|县|旗|市))?(?:{_NO}{{1,6}}?(?:街道办?|镇|乡))?"
)
_ROAD = (
    rf"{_NO}{{1,7}}?(?:(?<![线电网思一半走修马])路|大街|(?<!逛)街|大道|巷子?|胡同|弄堂|(?:东|西|南|北|中|支)路)"
    rf"(?:{_NUM}(?:巷|弄|条|里))?(?:[东西南北中][段路街侧]?)?"
)
_ESTATES = "小区|新村|花园|家园|嘉园|公寓|佳苑|苑|社区|庄园|华府|名府|雅居|新城|家属院|大院|宿舍|大厦|村|屯|庄"
_ESTATE = rf"{_NO}{{1,8}}?(?:{_ESTATES})(?:[东西南北一二三四五六七八九1-9][区期苑])?"
_PART_UNITS = "号楼|栋|幢|座|单元|门洞|号院|号房|室|户|弄|组|队|层|楼"
_PART = rf"(?:{_NUMBER}(?:{_PART_UNITS})|{_NUMBER}号(?!线|[码段文店机卡])|{_NUMBER}#)"
_FIRM_PART = rf"(?:{_NUMBER}(?:号楼|栋|幢|座|单元|门洞|室|弄|组|队|号院|号房))"
_ROOM = "[零〇一二三四五六七八九两幺0-9]"
_REST = rf"(?:\s?(?:的|附|第)?{_PART})*(?:\s?{_ROOM}{{3,4}}(?!{_ROOM}))?(?:室|号|房)?"
_NUMBERED_PART = re.compile(
    "[0-9０-９零〇一二三四五六七八九十百两幺甲乙丙丁东西南北A-Za-z][号栋幢座单门室户弄组队层楼#]"
)
"""In every text that one of the following is found in; tells most others quickly."""
_STREET = re.compile(rf"{_ADMIN}{_ROAD}\s?(?:的|附)?{_NUMBER}[号弄]{_REST}")
_HOUSE = re.compile(rf"{_ADMIN}(?:{_ROAD})?{_ESTATE}\s?(?:的|第)?{_PART}{_REST}")
_PARTS = re.compile(rf"{_PART}\s?的?{_PART}{_REST}|{_FIRM_PART}\s?的?{_ROOM}{{3,4}}(?:室|房)?")
_WORD_FOR_ADDRESS = r"(?:地址|住址|家庭住址|位置)(?:就是|是在|是|在|为|：|:)\s?"
_LIVES_AT = "(?:家住在?|我住在?|我家住?在|住在|家在)"
_ANNOUNCED = re.compile(
    rf"{_WORD_FOR_ADDRESS}(?P<one>[^，。,？?！!；;]{{3,40}})|{_LIVES_AT}(?P<two>[^，。,？?！!；;]{{3,40}})"
)
_ADDRESS_SIGN = re.compile(r"[省市区县镇乡村路街巷号楼栋幢弄屯庄苑组]|小区|单元|大道|花园|家园|公寓|大厦")
_NO_ADDRESS = re.compile(rf"{_NUM}[楼层]|同一|不同|这个|那个|哪|其他|别的|什么|多少|附近|营业厅|外地|里面")
_ADDRESS_END = re.compile(
    r"(?:这里|这边|那边|附近|那里|的|吗|呢|啊|对吧|对吗|没错|没有信号|信号|上不了|网络?|宽带|要|想|一直).*$"
)
_ASKED_ADDRESS = re.compile(r"(?:地址|住址|住在|哪里|哪个小区|什么位置|几栋|哪一?栋)[^，。]{0,8}[？?]?$")
_PUBLIC = re.compile(r"[^，。]{0,4}(?:营业厅|门店|网点|服务厅|专卖店|客服中心|合作厅|旗舰店)")
_DATE_BEFORE = re.compile(r"月\s?$")
_NUMERAL = re.compile(_NUM)
_CLAUSE = re.compile(r"[^，。,？?！!；;]{4,40}")


def addresses(text: str, *, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Spans, in characters, of street addresses and parts of them; `asked` = the text answers a question for an address.

    >>> text = "我住在朝阳区建国路八十八号三号楼二单元五零一，5月3号装的，路过中山路5号营业厅"
    >>> [text[start:end] for start, end in addresses(text)]
    ['朝阳区建国路八十八号三号楼二单元五零一']
    """
    found = [*_formed_addresses(text), *_announced_addresses(text)]
    if asked:
        clause = _CLAUSE.match(text)
        if clause and len(_ADDRESS_SIGN.findall(clause.group())) > 1:
            found.append(clause.span())
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            first, last = merged[-1]
            merged[-1] = (first, max(last, end))
        else:
            merged.append((start, end))
    yield from merged


def _formed_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Spans, in characters, that have the form of an address: a street or an estate with a number, two parts of a building."""
    if not _NUMBERED_PART.search(text):
        return
    for pattern in (_STREET, _HOUSE, _PARTS):
        for match in pattern.finditer(text):
            start, end = match.span()
            if not _PUBLIC.match(text, end) and not _DATE_BEFORE.search(text[:start]):
                yield start, end


def _announced_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what follows 地址是 or 家住, where it holds the words of an address."""
    for match in _ANNOUNCED.finditer(text):
        group = "one" if match.group("one") else "two"
        said = _ADDRESS_END.sub("", match.group(group))
        signs = _ADDRESS_SIGN.findall(said)
        if _NO_ADDRESS.match(said):
            continue
        if len(signs) > 1 or (signs and _NUMERAL.search(said)):
            start = match.start(group)
            yield start, start + len(said)


# ------------------------------------------------------------------------------------------------ names

_HOLDER = r"(?:机主|户主|开户人|登记人|持卡人|收件人|联系人|经办人)"
_KIN = r"(?:他|她|我爱人|我老公|我老婆|我妈妈?|我爸爸?|我父亲|我母亲|我儿子|我女儿)"
_I_AM = r"我的?(?:名字)?叫(?:做)?|我姓[^，。,\s]{1,2}[，,]?叫(?:做)?|本人(?:叫|姓名)"
_WORD_FOR_NAME = r"姓名(?:就?是|叫做?|为|：|:)?\s?|(?:名字|户名)(?:就?是|叫|为|：|:)"
_HOLDER_NAMED = rf"(?:{_HOLDER}|客户)(?:本人)?(?:的)?(?:姓名|名字)(?:就?是|叫|为|：|:)?"
_HOLDER_IS = rf"{_HOLDER}(?:本人)?(?:就?是|叫|为|：|:)"
_NAME_CUE = re.compile(rf"{_I_AM}|{_WORD_FOR_NAME}|{_KIN}(?:的名字)?叫(?:做)?|{_HOLDER_NAMED}|{_HOLDER_IS}")
# nothing says that a name comes: only what ends like one is taken for it
_BARE_CUE = re.compile(rf"{_HOLDER}(?:就?写|填|登记(?:成|为)?|留)?\s?|[，,]叫")
_NAME_ENDS = re.compile(
    r"[，,。！!？?\s]|$|先生|女士|小姐|身份证|电话|手机|就[行好是可]|的(?:身份证|号|电话|手机)|我[想要的]"
)
_FILLER = re.compile(r"(?:嗯|呃|啊|额|那个|是|叫|一个)?[，,\s]?")
_NOT_GIVEN = frozenset(
    "我你您他她它的了是在有不没要想就也都还把被让给跟和与吗呢吧啊呀嘛哦嗯呃这那哪什么怎但可会能帮查请问说打对行再又很太才已着得先号码证"
    "，。,.？?！!；;：:、 "
)
_PEOPLE = "本人|经理|师傅|主任|老板|工程师|工作人员|客服|人工|农"
_WORDS_LIKE_NAMES = (
    "谢谢|投诉|时候|时间|于|成|党|车|单位|单子|马上|应该|常用|金额|路上|边上|安装|向|连|时|牛|全|公司|平时|边|楼|成本"
    "|方便|方式|方面|任何|任务|温馨|安全|安排|石头|成功|毛病|金牌|万一|管|关|关于|高兴|高清|全部|全名|余额|易|简|时长|和"
)
_PLACES_LIKE_NAMES = "成都|温州|江苏|江西|云南|贵州|陕西|宁夏|华为"
_NO_NAME = re.compile(rf"{_PEOPLE}|{_WORDS_LIKE_NAMES}|{_PLACES_LIKE_NAMES}")
_ASKED_NAME = re.compile(r"(?:姓名|名字|怎么称呼|贵姓|机主是谁|叫什么|全名)[^，。]{0,8}[？?]?$")
_TITLE = "先生|女士|小姐"
_TITLED = re.compile(_TITLE)
_CALLED_BY_RANK = re.compile(rf"{_TITLE}|师傅|经理|总|老师|工(?![^，。])|主任")
_GREETINGS = "嗯|啊|哦|呃|你好|您好|好的?"
_BEFORE_NAME = re.compile(rf"(?:{_GREETINGS}|(?:免贵|我)姓[^，,。]{{1,2}}[，,。]|我是|我叫|叫|是|姓|[，,。\s])*")
LONGEST_ANSWER = 24
"""Characters of an utterance that may be the answer to a question for a name."""
LONGEST_GIVEN = 2
"""Characters of a given name."""


@cache
def _surname() -> re.Pattern[str]:
    lines = word_list("surnames")
    double = lines[0].split()
    single = "".join(dict.fromkeys("".join(lines[1:])))
    return re.compile("|".join([*double, f"[{single}]"]))


def name_at(text: str, at: int) -> int:
    """Where, in characters, a name that begins at `at` ends; `at` itself when there is none.

    >>> [name_at(text, 0) for text in ("王小明，", "欧阳小明", "王伟我想", "你们", "王师傅")]
    [3, 4, 2, 0, 0]
    """
    surname = _surname().match(text, at)
    if surname is None or _NO_NAME.match(text, at) or _CALLED_BY_RANK.match(text, surname.end()):
        return at
    first = end = surname.end()
    while end < len(text) and end - first < LONGEST_GIVEN and _may_be_given(text[end]):
        if _TITLED.match(text, end):
            break
        end += 1
    return end if end > first else at


def _may_be_given(char: str) -> bool:
    """Whether a character may stand in a given name."""
    return "一" <= char <= "鿿" and char not in _NOT_GIVEN


def names(text: str, *, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Spans of names, in characters; `asked` = the text answers a question for a name.

    >>> text = "我叫张伟，机主是李小红，机主本人"
    >>> [text[start:end] for start, end in names(text)]
    ['张伟', '李小红']
    """
    told = {_after(_FILLER, text, match.end()) for match in _NAME_CUE.finditer(text)}
    perhaps = {match.end() for match in _BARE_CUE.finditer(text)}
    if asked:
        perhaps.add(_after(_BEFORE_NAME, text, 0))
    for start in sorted(told | perhaps):
        end = name_at(text, start)
        if end > start and (start in told or _NAME_ENDS.match(text, end)):
            yield start, end


def _after(skipped: re.Pattern[str], text: str, at: int) -> int:
    """The place, in characters, behind what a pattern skips; `at` where it skips nothing."""
    match = skipped.match(text, at)
    return match.end() if match else at


# ------------------------------------------------------------------------------------------------ a whole call


def particulars_of(utterances: Sequence[Utterance]) -> list[Particular]:
    """Names, e-mail and street addresses of a call; a full name found once is found wherever it is said again.

    >>> from qa_speech.testing import make_call
    >>> said = make_call("agent: 请问您的姓名？", "customer: 王小明", "agent: 王小明先生您好").utterances
    >>> [(one.utterance, one.start, one.end, one.kind) for one in particulars_of(said)]
    [(1, 0, 3, 'name'), (2, 0, 3, 'name')]
    """
    found: list[Particular] = []
    known: set[str] = set()
    question = ""
    for index, utterance in enumerate(utterances):
        text = utterance.text or ""
        if not text:
            continue
        for start, end in emails(text):
            found.append(Particular(index, start, end, "email"))
        for start, end in addresses(text, asked=_ASKED_ADDRESS.search(question) is not None):
            found.append(Particular(index, start, end, "address"))
        is_answer = len(text) <= LONGEST_ANSWER and _ASKED_NAME.search(question) is not None
        for start, end in names(text, asked=is_answer):
            found.append(Particular(index, start, end, "name"))
            known.add(text[start:end])
        if len(text) > 2:
            question = text.rstrip("。，？?！! ")
    return sorted({*found, *_again(utterances, known)})


def _again(utterances: Sequence[Utterance], known: set[str]) -> Iterator[Particular]:
    """Names said again: whole ones anywhere, those of two characters before a title."""
    wanted = []
    for name in sorted(known):
        if len(name) > 2:
            wanted.append(re.escape(name))
    for name in sorted(known):
        if len(name) == 2:
            wanted.append(rf"{re.escape(name)}(?={_TITLE})")
    if not wanted:
        return
    pattern = re.compile("|".join(wanted))
    for index, utterance in enumerate(utterances):
        for match in pattern.finditer(utterance.text or ""):
            yield Particular(index, match.start(), match.end(), "name")
