"""Street addresses and parts of them, by their form, by the words before them, or as the answer to a question.

* a named street, village or estate with a number, or two parts of a building (3栋2单元, 三号楼五零一);
* an estate and its numbers alone (翡翠华府3-2-1804), a building with the name before it (龙湖天街2栋);
* what follows 地址是, 家住, 小区叫, 门牌号是.

A city or district alone is nobody's address, nor is the way to a shop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUM = r"(?:[0-9０-９]{1,8}|[零〇一二三四五六七八九十百两幺]{1,10}|[甲乙丙丁东西南北A-Za-z](?=[座栋幢区单]))"
_NUMBER = rf"(?:[A-Za-z甲乙丙丁东西南北]?{_NUM}(?:[-－—之杠]{_NUM}){{0,4}})"
_NO = r"[^\W\d_A-Za-z在住是到址的了我你您他她它这那哪去给帮嗯啊呢吧吗就说叫没跟把被让请]"
_ADMIN = (
    rf"(?:{_NO}{{2,7}}?(?:省|自治区|特别行政区))?(?:{_NO}{{1,6}}?(?:市|自治州|地区|盟))?"
    rf"(?:{_NO}{{1,6}}?(?:区|县|旗|市))?(?:{_NO}{{1,6}}?(?:街道办?|镇|乡))?"
)
_ROAD = (
    rf"{_NO}{{1,7}}?(?:(?<![线电网思一半走修马])路|大街|(?<!逛)街|大道|巷子?|胡同|弄堂|弄(?=[0-9零〇一二三四五六七八九十])|(?:东|西|南|北|中|支)路)"
    rf"(?:{_NUM}(?:巷|弄|条|里))?(?:[东西南北中][段路街侧头]?)?(?:第?{_NUM}排)?"
)
_ESTATES = "小区|新村|花园|家园|嘉园|公寓|佳苑|苑|社区|庄园|华府|名府|雅居|新城|家属院|大院|宿舍|大厦|村|屯|庄"
_MORE_ESTATES = (
    "名邸|豪庭|华庭|国际|广场|山庄|公馆|府邸|府|湾|郡|城|坊|居|轩|阁|墅|小镇|世家|豪园|天街|壹号|一号|时代|公园|春天"
    "|中心|大楼"
)
_ESTATE = rf"{_NO}{{1,8}}?(?:{_ESTATES})(?:[东西南北一二三四五六七八九1-9][区期苑])?"
_PART_UNITS = (
    "号楼|号车间|栋|幢|座|单元|门洞|号院|号房|室|户|弄|组|队|社|排|层|楼|区|车间|宿舍|房|仓库?|铺|摊位?|档口?|车位"
)
_PART = rf"(?:{_NUMBER}(?:{_PART_UNITS})|{_NUMBER}号(?!线|[码段文店机卡])|{_NUMBER}#)"
_FIRM_PART = rf"(?:{_NUMBER}(?:号楼|栋|幢|座|单元|门洞|室|弄|组|队|号院|号房))"
_ROOM = "[零〇一二三四五六七八九两幺0-9]"
_SMALL_PART = (
    rf"{_NUMBER}门|之{_NUM}|[A-Za-z]室|[东西南北左右中][户门手]|别墅|附{_NUM}|[前后东西]院|平房|后门"
    "|[A-H](?![A-Za-z0-9])|底商|亭子间|后楼|前楼|阁楼|地下室"
)
_NUMBERS_BEHIND = r"(?:\s?[0-9]{1,2}(?:[-－—–][0-9]{1,4}){1,3}(?![0-9\-]))?"
_ROOM_SAID = rf"(?:{_ROOM}{{3,5}}|[二三四五六七八九]?十[一二三四五六七八九]?零[一二三四五六七八九])(?!{_ROOM})"
_REST = (
    rf"(?:\s?(?:的|第)?(?:{_PART}|{_SMALL_PART})){{0,8}}+{_NUMBERS_BEHIND}(?:(?:\s|[，,](?:呃|嗯|啊)[，,]?)?{_ROOM_SAID})?(?:室|号|房)?"
    r"(?:[东西南北左右中][户门手])?(?:[前后]?院)?(?:平房)?"
)
_NUMBERED_PART = re.compile(
    "[0-9０-９零〇一二三四五六七八九十百两幺甲乙丙丁东西南北A-Za-z][号栋幢座单门室户弄组队社层楼房区#]"
)
"""In every text that one of the following is found in; tells most others quickly."""
_HOUSE_ON_STREET = rf"(?:{_NO}{{2,8}}?{_PART}{_REST})?"
_STREET = re.compile(
    rf"{_ADMIN}{_ROAD}\s?(?:的|附)?(?:{_NUM}[甲乙丙丁])?(?:{_NUM}附)?{_NUMBER}[号弄](?!线|[码段文店机卡])院?{_REST}{_HOUSE_ON_STREET}"
)
_HOUSE = re.compile(rf"{_ADMIN}(?:{_ROAD})?{_ESTATE}\s?(?:的|第)?{_PART}{_REST}")
_PARTS = re.compile(rf"{_PART}\s?的?{_PART}{_REST}|{_FIRM_PART}\s?的?{_ROOM}{{3,4}}(?:室|房)?")
_CROSSING = rf"(?:{_NO}{{1,5}}路[和与]{_NO}{{1,5}}路(?:交叉口|交汇处|路口)?)?"
_STAGE = "(?:[东西南北一二三四五六七八九十A-Za-z0-9]{1,2}[期区苑])"
_BUILDING = re.compile(
    rf"{_CROSSING}(?P<name>{_NO}{{2,10}}?){_STAGE}?\s?第?[A-Za-z甲乙丙丁]?{_NUM}(?:号楼|栋|幢|座)(?:{_REST})"
)
"""A building with a name before it; whether that is a name is judged by `_is_name`."""
_THREE_NUMBERS = re.compile(
    rf"{_NO}{{2,10}}?{_STAGE}?\s?[A-Za-z]?(?:[0-9]{{1,2}}[-－—–]){{2}}[0-9]{{3,4}}(?![0-9\-])"
    rf"|{_NO}{{2,10}}?{_STAGE}?(?:{_ROOM}{{1,2}}杠){{2}}{_ROOM}{{3,4}}(?!{_ROOM})"
    rf"|{_NO}{{1,8}}?(?:{_ESTATES}|{_MORE_ESTATES}){_STAGE}?\s?[A-Za-z]?[0-9]{{1,2}}[-－—–][0-9]{{3,4}}(?![0-9\-])"
)
"""An estate, and building, unit and room as numbers."""
_BUILDING_SIGN = re.compile("[栋幢座楼号杠－—–-]|小区")
"""In every text that one of these is found in; tells most others quickly."""
_BESIDE = re.compile(
    rf"{_NO}{{1,8}}(?:[后旁对隔][面边壁]|门口)(?:那个|的)?{_NO}{{2,8}}?(?:家属楼|{_ESTATES}){_PART}{_REST}"
    rf"|{_NO}{{1,8}}(?:村|镇|乡|街|学校|市场|委会)(?:后面|旁边|对面|门口|隔壁)\s?{_NUMBER}号(?!线|[码段文店机卡楼])"
)
_AT_CROSSING = re.compile(
    rf"{_ADMIN}{_ROAD}[和与]{_ROAD}(?:交叉口|交汇处|交口|路口)\s?(?:往[东南西北]走?)?(?:那个)?(?:{_NO}{{2,8}}\s?(?:{_NUMBER}\s?(?:{_PART_UNITS})){{1,4}})"
)
_VILLAGE = re.compile(
    rf"(?:{_NO}{{1,4}}[县市区旗])?{_NO}{{1,4}}[镇乡]{_NO}{{1,5}}(?:村|屯|庄|寨)(?![镇乡])(?:委会)?(?:第?{_NUM}(?:村民)?小?[组队])?"
)
_ESTATE_BEFORE = re.compile(rf"(?P<name>{_NO}{{1,6}}(?:{_ESTATES}|{_MORE_ESTATES}))(?:的|那边|里面)?[，,\s]?$")
_GENERIC = re.compile(
    ".*(?:号楼|单元|栋|幢|故障|断网|没网|信号)"
    "|.*(?:隔壁|旁边|对面|附近|整个|楼下|楼上|前面|后面|门口|施工|们|边|(?<!名)都|营业厅|通知|所有|其中|小区)$"
)
"""What stands before a building's number and names no place."""
_ENDS_LIKE_ESTATE = re.compile(rf".+(?:{_ESTATES}|{_MORE_ESTATES})$")
_NAMED_PART = re.compile(
    rf"(?:(?:房号|房间号|楼栋号?|单元号?)(?:就?是|：|:)|门牌号?(?:就?是|：|:)?)\s?(?P<number>{_NUMBER})"
    rf"|小区(?P<named>{_NO}{{1,6}}(?:{_ESTATES}|{_MORE_ESTATES}))(?=[，,。！!？?；;\s]|$)"
    rf"|小区(?:名字?)?(?:就?是|叫|：|:)\s?(?P<estate>{_NO}{{2,8}})(?=[，,。！!？?；;\s]|$)"
)
_WORD_FOR_ADDRESS = r"(?:地址|住址|家庭住址|位置)(?:[改换填写]成?(?:为|到)?|就是|是在|是|在|为|：|:)\s?"
_BROUGHT = "(?:[寄送发快改移装搬]|取件|上门|安装)(?:递)?(?:到|往|在|至)"
_LIVES_AT = rf"(?:{_BROUGHT}|家住在?|我住在?|我家住?在|住在|家在|(?<=[，,。])住(?![院宿户址的了]))"
_ESTATE_ALONE = re.compile(rf"{_NO}{{2,8}}(?:{_ESTATES})")
_STREET_ALONE = re.compile(
    rf"(?![整全每各本城郊]){_NO}{{2,6}}(?:路|街|大道|巷|胡同|村|屯|庄|镇|乡|区|县)(?:[东西南北]头)?"
)
_AT_PLACE = re.compile(rf"{_NO}{{1,4}}[镇乡村街]{_NO}{{2,6}}(?:对面|旁边|隔壁|后面|门口)")
_LARGER = re.compile(
    rf"(?:(?:内蒙古|广西|宁夏|新疆|西藏|北京|上海|天津|重庆)?(?:{_NO}{{1,6}}?(?:省|自治区|市|州|盟|区|县|旗|镇|乡|街道|大道|路|街))*"
    rf"(?:[和与跟]{_NO}{{1,5}}[路巷街])?(?:交叉口|交汇处|交口|路口)?(?:那个叫|那边|那个|往[东南西北](?:那个)?|的)?)$"
)
"""What an address found in part begins with: larger places, and the way from one to it."""
_GOES_ON = (
    rf"(?:[，,](?:[^，。,？?！!；;]{{0,8}}(?:[路街号楼栋幢室院苑园村区巷弄组]|单元|院里)|{_ROOM}{{3,4}})(?=[，,。]|$))*"
)
"""Parts of an address behind pauses."""
_ANNOUNCED = re.compile(
    rf"{_WORD_FOR_ADDRESS}(?P<one>[^，。,？?！!；;]{{3,40}}{_GOES_ON})|{_LIVES_AT}(?P<two>[^，。,？?！!；;]{{3,40}}{_GOES_ON})"
)
_ADDRESS_SIGN = re.compile(r"[省市区县镇乡村路街巷号楼栋幢弄屯庄苑组]|小区|单元|大道|花园|家园|公寓|大厦")
_NO_ADDRESS = re.compile(rf"{_NUM}[楼层]|同一|不同|这个|那个|哪|其他|别的|什么|多少|附近|营业厅|外地|里面")
_ADDRESS_END = re.compile(
    r"(?:这里|这边|那边|附近|那里|的|吗|呢|啊|对吧|对吗|没错|没有信号|信号|上不了|网络?|宽带|要|想|一直).*$|吧$"
)
_PUBLIC = re.compile(r"[^，。]{0,4}(?:营业厅|门店|网点|服务厅|专卖店|客服中心|合作厅|旗舰店)")
_NUMBERS_ALONE = re.compile(
    rf"{_NUM}(?:号|栋|幢|号楼|单元|室)|(?:{_NUM}[-－—杠]){{1,3}}{_NUM}|(?:{_NUM}楼)?{_ROOM}{{3,4}}"
)
"""What answers a question for a place and is nothing but its numbers."""
_DATE_BEFORE = re.compile(r"月\s?$")
_NUMERAL = re.compile(_NUM)
_CLAUSE = re.compile(r"[^，。,？?！!；;]{2,40}")
_LEAD = re.compile(
    r"(?:嗯|呃|哦|啊|那个|就是?|是在|是|在|住在?|[寄移送改转]到|寄|装在|改[成为]|[你您]?记一?下|从|我家|我们?家?|我|他|家)*"
)
_NAME_ALONE = re.compile(rf"[嗯呃啊哦就是在，,]*(?P<name>{_NO}{{3,6}})[，。,.!！的啊吧呀]*")
_UNTOLD = re.compile("不|没|吗|怎么|知道|稍等|等一|可以|谢谢|小区|你|方便|为啥|干嘛")
_ASKS = re.compile("[您请吗]|如果|提供|多少|地址")
LONGEST_ESTATE = 12
"""Characters of the name of an estate and what may stand between it and a building's number."""
_LARGER_SIGN = re.compile("[省市州盟区县旗镇乡路街]|大道|内蒙古")
LONGEST_LARGER = 30
"""Characters of the larger places before an address."""
SHORTEST_ANSWER = 3
"""Characters of an address at least."""


def addresses(text: str, *, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Spans, in characters, of street addresses and parts of them; `asked` = the text answers a question for an address.

    >>> text = "我住在朝阳区建国路八十八号三号楼二单元五零一，5月3号装的，路过中山路5号营业厅"
    >>> [text[start:end] for start, end in addresses(text)]
    ['朝阳区建国路八十八号三号楼二单元五零一']
    >>> text = "我家在翡翠华府3-2-1804，二单元都没网"
    >>> [text[start:end] for start, end in addresses(text)]
    ['翡翠华府3-2-1804']
    """
    found = [*_places(text), *_formed_addresses(text), *_named_buildings(text), *_announced_addresses(text)]
    if asked:
        found += _answers(text)
    merged: list[tuple[int, int]] = []
    for start, end in sorted([(_from_larger(text, start), end) for start, end in found]):
        if merged and start < merged[-1][1]:
            first, last = merged[-1]
            merged[-1] = (first, max(last, end))
        else:
            merged.append((start, end))
    yield from merged


def _from_larger(text: str, start: int) -> int:
    """Where the larger places begin, in characters, that stand right before an address."""
    match = _LARGER.search(text, max(0, start - LONGEST_LARGER), start)
    if match is None or not _LARGER_SIGN.search(match.group()):
        return start
    return match.start()


def _named_buildings(text: str) -> Iterator[tuple[int, int]]:
    """龙湖天街2栋, 翡翠华府3-2-1804, 小区叫湖畔春天, 门牌号是2203."""
    if not _BUILDING_SIGN.search(text):
        return
    for match in _THREE_NUMBERS.finditer(text):
        yield match.span()
    for match in _BUILDING.finditer(text):
        if _is_name(match["name"], followed=match.end() > match.end("name") + SHORT_PART):
            yield match.span()
    for match in _BESIDE.finditer(text):
        yield match.span()
    for match in _NAMED_PART.finditer(text):
        yield from [match.span(group) for group in ("number", "named", "estate") if match[group]]


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Places that need no number: 人民大道与站前路交叉口 天禾大厦 1809 室, 安口镇西沟村."""
    for pattern in (_AT_CROSSING, _VILLAGE):
        for match in pattern.finditer(text):
            yield match.span()


SHORT_PART = 4
"""Characters of a building's number alone (二十六栋); what is longer goes on with a unit or a room."""


def _is_name(name: str, *, followed: bool) -> bool:
    """Whether what stands before a building's number names the place: it ends like an estate, or is long and more follows."""
    if _GENERIC.match(name):
        return False
    return _ENDS_LIKE_ESTATE.match(name) is not None or len(name) > 2 or followed


def _answers(text: str) -> Iterator[tuple[int, int]]:
    """The clauses of an answer that hold the words of an address and a number, or the name of an estate."""
    for clause in _CLAUSE.finditer(text):
        said = clause.group()
        lead = _LEAD.match(said)
        first = lead.end() if lead else 0
        said = _ADDRESS_END.sub("", said[first:])
        if _NUMBERS_ALONE.fullmatch(said):
            yield clause.start() + first, clause.start() + first + len(said)
        if len(said) < SHORTEST_ANSWER or _NO_ADDRESS.match(said) or _ASKS.search(said):
            continue
        signs = len(_ADDRESS_SIGN.findall(said))
        is_estate = _ENDS_LIKE_ESTATE.match(said) is not None
        has_number = _NUMERAL.search(said) is not None
        is_street = _STREET_ALONE.fullmatch(said) is not None
        if signs > 1 or (signs and has_number) or is_estate or is_street:
            start = clause.start() + first
            yield start, start + len(said)


def _formed_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Spans, in characters, that have the form of an address: a street or an estate with a number, two parts of a building."""
    if not _NUMBERED_PART.search(text):
        return
    for pattern in (_STREET, _HOUSE, _PARTS):
        for match in pattern.finditer(text):
            start, end = match.span()
            estate = _ESTATE_BEFORE.search(text[max(0, start - LONGEST_ESTATE) : start])
            if pattern is _PARTS and estate is not None:
                start -= len(estate.group())
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
        is_place = _AT_PLACE.fullmatch(said) or _ESTATE_ALONE.fullmatch(said)
        if len(signs) > 1 or (signs and _NUMERAL.search(said)) or is_place:
            start = match.start(group)
            yield start, start + len(said)


def estate_alone(text: str) -> Iterator[tuple[int, int]]:
    """The answer to a question for an estate that is nothing but its name.

    >>> list(estate_alone("碧水云天。")), list(estate_alone("不知道"))
    ([(0, 4)], [])
    """
    match = _NAME_ALONE.fullmatch(text)
    if match is not None and _UNTOLD.search(text) is None and _NO_ADDRESS.search(text) is None:
        yield match.span("name")
