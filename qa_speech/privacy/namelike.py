"""How much a few characters look like somebody's name, and where a name ends.

A name is a surname and one or two characters. How much likelier each is in a name than in other words is a logarithm in
``data/surnames.txt`` and ``data/given_characters.txt`` (made by ``training/names``); they are added up. Names of peoples
that have no surnames (阿依古丽, 努尔江) are told by the characters they are written with.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from qa_speech.language.data import word_list
from qa_speech.language.tokens import is_common_word, is_word

UNKNOWN = 0.0
"""What a character adds that is met nowhere."""
DOUBLE = 4.0
"""What a surname of two characters adds."""
COMMON, BEGUN_AS_WORD, CALLED_SO = -8.0, -4.0, -2.5
"""What a text adds that is a word (高兴, 安全), one and a character more (安徽人), or in the dictionary as a name (黎明)."""
LONGEST_GIVEN = 2
"""Characters of a given name."""
LONGEST_NAME = 4
DOUBTFUL_LAST, UNLIKELY_LAST = 1.0, -2.0
"""A last character below the first ends the name before it where it begins a word, below the second wherever more follows."""

_NEVER_GIVEN = frozenset(
    "我你您他她它的了是在有不没要想就也都还把被让给跟和与吗呢吧啊呀嘛哦嗯呃这那哪什么怎但会帮查请问说打对行再又很太才已着得号码证"
    "，。,.？?！!；;：:、 "
)
_RANK = re.compile(
    "先生|女士|小姐|师傅|经理|总(?![一-鿿])|老师|工(?![^，。])|主任|阿姨|大[哥姐爷妈]|同志|医生|警官|律师|老板|[姐哥叔婶嫂爷奶姨总工](?=[，,。！!？?就也啊呀吧的]|$)"
)
_END = re.compile(r"[，,。！!？?、\s；;]|$")
_SYLLABLES = (
    "阿艾依古丽努尔江买提麦合木吐逊热孜迪力沙拉汗库班巴图格日勒乌云其娜仁才旺扎西卓玛措次多央金洛桑德吉贡布达娃尼索朗嘎旦增罗顿"
    "珠敏司帕夏克肉赛萨塔衣伊妮莎姆哈斯肯别娅伯纳卜杜不都拜再如祖曼苏米敖登琴高宝音特呼孟牧朝鲁希仓琪爱里孜比根托凯赫地玉素甫"
)
"""Characters that names of the Uyghur, Kazakh, Tibetan and Mongolian languages are written with."""
_FOREIGN = re.compile(rf"[一-鿿]{{2,6}}·[一-鿿]{{2,6}}|[{_SYLLABLES}]{{3,7}}")
_LATIN = re.compile(r"[A-Z][A-Za-z]{1,11}(?:[ ·][A-Z][A-Za-z]{1,11}){0,2}(?![A-Za-z0-9_@.\-])")


def _odds(lines: tuple[str, ...]) -> dict[str, float]:
    values: dict[str, float] = {}
    for line in lines:
        value, _, characters = line.partition(" ")
        values.update(dict.fromkeys(characters, float(value)))
    return values


@cache
def _surnames() -> dict[str, float]:
    double, *single = word_list("surnames")
    return {**dict.fromkeys(double.split(), DOUBLE), **_odds(tuple(single))}


@cache
def _given() -> dict[str, float]:
    return _odds(word_list("given_characters"))


@cache
def _no_names() -> frozenset[str]:
    return frozenset(" ".join(word_list("not_names")).split())


def given_likeness(char: str) -> float:
    """How much likelier a character is in a given name than in other words, as a logarithm.

    >>> given_likeness("琪") > 1, given_likeness("吗") < 0
    (True, True)
    """
    return _given().get(char, UNKNOWN)


def is_no_name(text: str) -> bool:
    """Whether a text is on the list of what looks like a name and is none (谢谢, 云闪付)."""
    return text in _no_names()


def surname_at(text: str, at: int) -> str:
    """The surname that begins at a place, in characters; empty where none does.

    >>> surname_at("我姓欧阳", 2), surname_at("你好", 0)
    ('欧阳', '')
    """
    for length in (2, 1):
        surname = text[at : at + length]
        if len(surname) == length and surname in _surnames():
            return surname
    return ""


def end_of_name(text: str, at: int) -> int:
    """Where, in characters, the name that may begin at `at` ends; `at` itself where there can be none.

    >>> [end_of_name(text, 0) for text in ("王小明，", "欧阳小明", "王伟我想", "你们", "王师傅", "张伟电话")]
    [3, 4, 2, 0, 0, 2]
    """
    surname = surname_at(text, at)
    first = end = at + len(surname)
    if not surname or _RANK.match(text, first):
        return at
    while end < len(text) and end - first < LONGEST_GIVEN and _may_go_on(text, end, is_first=end == first):
        end += 1
    return end if end > first else at


def _may_go_on(text: str, at: int, *, is_first: bool) -> bool:
    """Whether the character at a place belongs to a given name that has begun, or begins it."""
    char = text[at]
    if not "一" <= char <= "鿿" or char in _NEVER_GIVEN or _RANK.match(text, at):
        return False
    if is_first:
        return True
    value = _given().get(char, UNKNOWN)
    if value <= UNLIKELY_LAST:
        return _END.match(text, at + 1) is not None
    word = text[at : at + 2]
    return value >= DOUBTFUL_LAST or len(word) == 1 or not is_common_word(word)


def begins_other(text: str, at: int) -> bool:
    """Whether what begins at a place is another word, not the rest of a name.

    >>> begins_other("王伟电话", 2), begins_other("王伟红", 2)
    (True, False)
    """
    char, word = text[at : at + 1], text[at : at + 2]
    is_doubtful = _given().get(char, UNKNOWN) < DOUBTFUL_LAST
    return is_doubtful and (char in _NEVER_GIVEN or len(word) == 1 or is_common_word(word))


@lru_cache(maxsize=4096)
def likeness(name: str) -> float:
    """How much likelier a text is a name than other words, as a logarithm; a word of the dictionary is hardly ever one.

    >>> likeness("王建国") > 3, likeness("安全") < -3, likeness("高中生") < 0
    (True, True, True)
    """
    surname = surname_at(name, 0)
    given = name[len(surname) :]
    if not surname or not 1 <= len(given) <= LONGEST_GIVEN:
        return COMMON
    total = _surnames()[surname] + sum([_given().get(char, UNKNOWN) for char in given])
    if is_common_word(name) or is_no_name(name):
        return total + COMMON
    if len(name) == 2 and is_word(name):
        return total + CALLED_SO
    if len(surname) == 1 and (is_common_word(name[:2]) or is_no_name(name[:2])):
        return total + BEGUN_AS_WORD
    return total


def is_named_like_word(name: str) -> bool:
    """Whether a text is a word of the dictionary of which each character may well be one of a name: 方圆, 安然, 高兴.

    >>> is_named_like_word("方圆"), is_named_like_word("方便"), is_named_like_word("王伟")
    (True, False, False)
    """
    surname = surname_at(name, 0)
    if not surname or is_no_name(name) or not is_common_word(name):
        return False
    odds = [_surnames()[surname], *[_given().get(char, UNKNOWN) for char in name[len(surname) :]]]
    return min(odds) >= 0


def foreign_end(text: str, at: int) -> int:
    """Where a name that begins at `at` and has no Chinese surname ends: 阿依古丽, 买买提·艾力, Li Ming; `at` where there is none.

    >>> foreign_end("阿依古丽，", 0), foreign_end("阿姨好", 0), foreign_end("Tom Li，", 0)
    (4, 0, 6)
    """
    for pattern in (_FOREIGN, _LATIN):
        match = pattern.match(text, at)
        if match is not None and ("·" in match.group() or not _is_begun(match.group())):
            return match.end()
    return at


def _is_begun(text: str) -> bool:
    """Whether a text begins with a word of the dictionary: 尼泊尔, 阿拉伯数字."""
    return any(is_common_word(text[:length]) or is_no_name(text[:length]) for length in range(3, len(text) + 1))
