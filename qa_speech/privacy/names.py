"""Names of people: after a word for one, before a title, or as the answer to a question for one.

How a name is judged depends on what stands before it. After 我叫 or 姓名是 whatever begins with a surname is taken for one;
after 我是 or 我老公, before 先生 or 本人, and alone between two commas, its given name must also be made of the characters that
given names are made of, and no word of the trade may be meant (我是包月, 高中生).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from qa_speech.language.data import word_list

_HOLDER = (
    "(?:机主|户主|房主|车主|业主|开户人|登记人|持卡人|收件人|收货人|寄件人|联系人|经办人|代办人|预约人|申请人"
    "|投保人|被保人|投诉人|患者|乘客|旅客)"
)
_KIN = r"(?:他|她|我爱人|我老公|我老婆|我妈妈?|我爸爸?|我父亲|我母亲|我儿子|我女儿)"
_I_AM = r"我的?(?:名字)?叫(?:做)?|我姓[^，。,\s]{1,2}[，,]?叫(?:做)?|本人(?:叫|姓名)"
_WORD_FOR_NAME = r"姓名(?:就?是|叫做?|为|：|:)?\s?|(?:名字|户名)(?:就?是|叫|为|：|:)"
_HOLDER_NAMED = rf"(?:{_HOLDER}|客户)(?:本人)?(?:的)?(?:姓名|名字)(?:就?是|叫|为|：|:)?"
_HOLDER_IS = rf"{_HOLDER}(?:本人)?(?:就?是|叫|为|：|:)"
_NAME_CUE = re.compile(rf"{_I_AM}|{_WORD_FOR_NAME}|{_KIN}(?:的名字)?叫(?:做)?|{_HOLDER_NAMED}|{_HOLDER_IS}")
# nothing says that a name comes: only what ends like one is taken for it
_BARE_CUE = re.compile(
    rf"{_HOLDER}(?:就?写|填|登记(?:成|为)?|留)?\s?|[，,]叫|名字(?:是|叫|写)?|抬头(?:就?写|开)?|收货(?:人|方)?(?:就?写|填|是)?|开户(?:名|人)?|"
    r"免贵姓[^，。,\s]{1,2}[，,]叫?|[实真]名(?:就?是|叫)?"
)
_NAME_ENDS = re.compile(
    r"[，,。！!？?\s]|$|先生|女士|小姐|身份证|电话|手机|就[行好是可]|的(?:身份证|号|电话|手机)|我[想要的]"
)
_FILLER = re.compile(r"(?:嗯|呃|啊|额|那个|是|叫|一个)?[，,\s]?")
_NOT_GIVEN = frozenset(
    "我你您他她它的了是在有不没要想就也都还把被让给跟和与吗呢吧啊呀嘛哦嗯呃这那哪什么怎但可会能帮查请问说打对行再又很太才已着得先号码证"
    "，。,.？?！!；;：:、 "
)
_PEOPLE = "本人|经理|师傅|主任|老板|工程师|工作人员|客服|人工|农"
_SURNAMES_LIKE_WORDS = frozenset("于成党车单时牛全边管关易简和向连幸原")
_WORDS_LIKE_NAMES = (
    "麻烦|查询|查话|查流|查费|原来|原因|蒙古|幸好|谢谢|投诉|时候|时间|于|成|党|车|单位|单子|马上|应该|常用|金额|路上|边上|安装|向|连|时|牛|全|公司|平时|边|楼|成本"
    "|方便|方式|方面|任何|任务|温馨|安全|安排|石头|成功|毛病|金牌|万一|管|关|关于|高兴|高清|全部|全名|余额|易|简|时长|和"
)
_PLACES_LIKE_NAMES = "成都|温州|江苏|江西|云南|贵州|陕西|宁夏|华为"
_NO_NAME = re.compile(rf"{_PEOPLE}|{_WORDS_LIKE_NAMES}|{_PLACES_LIKE_NAMES}")
_TITLE = "先生|女士|小姐"
_TITLED = re.compile(_TITLE)
_CALLED_BY_RANK = re.compile(rf"{_TITLE}|师傅|经理|总|老师|工(?![^，。])|主任")
_GREETINGS = "嗯|啊|哦|呃|你好|您好|好的?"
_BEFORE_NAME = re.compile(rf"(?:{_GREETINGS}|(?:免贵|我)姓[^，,。]{{1,2}}[，,。]|我是|我叫|叫|是|姓|[，,。\s])*")
LONGEST_GIVEN = 2
"""Characters of a given name."""
LONGEST_NAME = 4

_TITLE_AFTER = re.compile(r"先生|女士|小姐|同志|经理|师傅|本人|名下|的(?:家属|爱人|家人|爱人|丈夫|妻子)")
_RELATIVES = (
    "老公|老婆|爱人|丈夫|妻子|媳妇|先生|太太|爸爸?|妈妈?|父亲|母亲|儿子|女儿|孩子|哥哥?|姐姐?|弟弟?|妹妹?|爷爷|奶奶"
    "|闺女|保姆|丈人|对象|男朋友|女朋友|侄子|侄女|外甥女?|姑姑|姑妈|舅舅|叔叔|阿姨|婆婆|公公|岳父|岳母|[堂表][哥姐弟妹]|外公|外婆|姥姥|姥爷|朋友|同事|老板"
)
_SELF = r"(?<![不谁也还就要想说])我(?:是|就是)|(?:我|他|她)姓[^，,。\s]{1,2}[，,]?|我(?=[^，。]{2,4}[啊呀]，)|(?:这里|这边)是"
_ADDRESSED = "(?:寄|转|发|送|交)给|叫我|找(?:一下|下)?|那个叫|您是|请问是|(?:应该|而不|就|不)是"
_WRITTEN_DOWN = (
    "名字(?:应该)?(?:就?写|改成|填|登记|叫|是)?(?:的是)?|宽带是|户主是?|法人(?:代表)?(?:就?是|叫)?|全名(?:就?是|叫)?|我不叫|(?:发票)?抬头(?:就?写|开|是)?"
    "|收货(?:人|方)?(?:就?写|填|是|叫)?|开户(?:名|人)?(?:是|叫)?|户名|署名(?:是|写)?"
    "|[就件]写(?:的是?)?|身份证上?(?:写的)?是|本人|登记在|[实真]名(?:就?是|叫)?|收件(?:就?写)?|(?<!我)联系|保单是|卡是|改成|改为|查一?下"
)
_POSTS = "(?:客服代表|话务员|坐席|座席|工程师|师傅|经理)(?:是|叫)?"
_HINT = re.compile(
    rf"(?:我|他|她|您|咱)(?:的)?(?:{_RELATIVES})(?:是|叫)?[，,]?|{_SELF}|{_ADDRESSED}|{_WRITTEN_DOWN}|{_POSTS}"
)
_HINT_ENDS = re.compile(
    r"[，,。！!？?、\s；;]|$|先生|女士|小姐|本人|名下|就[行好是可]|[办装开登买用填签][的了过]|办|的(?:身份证|号|电话|手机|卡|家属|爱人|名字?|爸|妈|儿子|女儿|老公|老婆)"
    r"|吗|吧|啊|呀|这个|那个|他|她|态度|身份证|电话|手机"
)
_THEN_NUMBER = re.compile(r"[，,\s]{1,2}(?:我的?)?(?:身份证|手机|电话|微信|卡号|证件)")
_CLAUSE = re.compile(r"(?:(?<=[，,。！!？?；;\s])|(?<![^\n]))[\u4e00-\u9fff]{2,4}(?=[，,。！!？?；;\s]|$)")


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
    if surname is None or _CALLED_BY_RANK.match(text, surname.end()):
        return at
    reads_like_a_word = _NO_NAME.match(text, at)
    if reads_like_a_word and not (text[at] in _SURNAMES_LIKE_WORDS and _is_given(text[at + 1 : at + 3])):
        return at
    first = end = surname.end()
    while end < len(text) and end - first < LONGEST_GIVEN and _may_be_given(text[end]):
        if _TITLED.match(text, end):
            break
        end += 1
    return end if end > first else at


def _is_given(characters: str) -> bool:
    """Whether the characters up to the next sign are such as given names are made of."""
    spoken = re.split(r"[，,。！!？?\s]", characters)[0]
    return bool(spoken) and all(char in _given() for char in spoken)


def _may_be_given(char: str) -> bool:
    """Whether a character may stand in a given name."""
    return "一" <= char <= "鿿" and char not in _NOT_GIVEN


def names(text: str, *, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Spans of names, in characters; `asked` = the text answers a question for a name.

    >>> text = "我叫张伟，机主是李小红，机主本人，请问是王建国先生吗"
    >>> [text[start:end] for start, end in names(text)]
    ['张伟', '李小红', '王建国']
    """
    told = {_after(_FILLER, text, match.end()) for match in _NAME_CUE.finditer(text)}
    perhaps = {match.end() for match in _BARE_CUE.finditer(text)}
    if asked:
        perhaps.add(_after(_BEFORE_NAME, text, 0))
    last = 0
    found = []
    for start in sorted(told | perhaps):
        end = name_at(text, start)
        is_sure = start in told or _NAME_ENDS.match(text, end) or _is_likely(text[start:end])
        if end > start and is_sure:
            found.append((start, end))
    found += _before_titles(text)
    found += _behind_hints(text)
    found += _alone(text, asked=asked)
    for start, end in sorted(found):
        if start >= last:
            yield start, end
            last = end


def _before_titles(text: str) -> Iterator[tuple[int, int]]:
    """王建国先生, 王建国本人, 王建国名下; a surname alone (王先生) is no name."""
    for match in _TITLE_AFTER.finditer(text):
        end = match.start()
        for start in range(max(0, end - LONGEST_NAME), end - 1):
            if _is_likely(text[start:end]):
                yield start, end
                break


def _behind_hints(text: str) -> Iterator[tuple[int, int]]:
    """我是王建国, 我老公王建国办的, 寄给王建国: the longest that reads like a name and ends like one."""
    for match in _HINT.finditer(text):
        start = match.end()
        for end in range(min(len(text), start + LONGEST_NAME), start + 1, -1):
            is_whole = end - start > LONGEST_GIVEN or _HINT_ENDS.match(text, end)
            if is_whole and _is_likely(text[start:end]):
                yield start, end
                break


def _alone(text: str, *, asked: bool) -> Iterator[tuple[int, int]]:
    """A name that is all that stands between two signs; one of two characters only where a name was asked for."""
    for match in _CLAUSE.finditer(text):
        said = match.group()
        is_long_enough = asked or len(said) > 2 or _THEN_NUMBER.match(text, match.end()) is not None
        if is_long_enough and _is_likely(said):
            yield match.span()


@cache
def _given() -> frozenset[str]:
    return frozenset("".join(word_list("given_characters")))


@cache
def _other_words() -> frozenset[str]:
    return frozenset(" ".join(word_list("not_names")).split())


def _is_likely(name: str) -> bool:
    """Whether a text is a surname and one or two characters that given names are made of, and no other word.

    >>> [_is_likely(name) for name in ("王建国", "高中生", "刘明", "王小姐", "欧阳明月")]
    [True, False, True, False, True]
    """
    surname = _surname().match(name)
    if surname is None or _NO_NAME.match(name) or name[:2] in _other_words():
        return False
    given = name[surname.end() :]
    return 1 <= len(given) <= LONGEST_GIVEN and all(char in _given() for char in given)


def _after(skipped: re.Pattern[str], text: str, at: int) -> int:
    """The place, in characters, behind what a pattern skips; `at` where it skips nothing."""
    match = skipped.match(text, at)
    return match.end() if match else at
