"""Names of people: what stands before and after them, what was asked, and how much the characters themselves look like one.

How much is asked of the characters (`namelike.likeness`) depends on what announces them (`name_places`). After 我叫 or 姓名是
whatever begins with a surname is a name; after 我是, 收件人 or 我老公, before 先生 or 名下, it must look like one; after 给, 找 or
叫, or alone between two signs, it must look like one much. A name whose surname was told (我姓明), or one of whose characters
was explained (高兴的高), needs to look like nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from qa_speech.language.tokens import tokenize
from qa_speech.privacy.name_places import ANY, LIKELY, PLAIN, POSSIBLE, places
from qa_speech.privacy.namelike import (
    LONGEST_NAME,
    begins_other,
    end_of_name,
    foreign_end,
    is_named_like_word,
    is_no_name,
    likeness,
    surname_at,
)

CALLED = -4.0
"""What nobody is called as a rule, but is said behind 我叫 and nothing more: more likely a name than this."""
STRONG, STRONGEST = 4.0, 5.5
"""What looks so much like a name need not end like one behind a word that hints at names, and need not be announced
where it is one word of three characters, or the second where of two."""

_OWNS = re.compile("的(?:身份证|名义|卡|账户|户头|号)")
_TITLE_AFTER = re.compile(
    rf"先生|女士|小姐|同志|经理|师傅|本人|的?名下|的(?:家属|爱人|家人|丈夫|妻子|名字?(?!单))|{_OWNS.pattern}"
    r"|签?收(?=[，,。！!？?\s；;到的]|$)|[两三四]个字|这个(?:名字|人|姓名)"
    r"|(?:就?是)(?:我|他|她)的?(?:老公|爱人|老婆|爸爸?|妈妈?|儿子|女儿|孩子|爷爷|奶奶|哥|姐|弟|妹)?的?(?:大名|本名|真名|名字(?!单))"
)
_ENDS = re.compile(
    r"[，,。！!？?、\s；;：:]|$|先生|女士|小姐|本人|名下|就[行好是可两俩]|[办装开登买用填签][的了过]|办|的(?:身份证|号|电话|手机|卡|家属|爱人|名字?|爸|妈|儿子|女儿|老公|老婆)"
    r"|吗|吧|啊|呀|这个|那个|他|她|态度|对[吗吧的]|是[吗吧]|[行好]吗|身份证|电话|手机|微信|地址|住|我[想要的]|你|您|签?收|卡号|姓|的家长|转|\d"
)
_SIGN = re.compile(r"[…，,。！!？?、\s；;：:]|$|先生|女士|小姐|[啊呀吧]")
_TOLD = re.compile("(?:免贵|[我他她您]|真|也|复|都)?姓(?!名|氏)")
_TITLE = re.compile("(?<!谢谢)(?:先生|女士|小姐(?!姐))")
_NUMBER_WORD = re.compile("卡号|电话|手机|身份证|证件")
_RARE = re.compile("(?P<surname>[一-鿿])[，,。](?=(?P=surname)[一-鿿]{1,2}(?:[，,。]|$))")
"""A surname that is on no list, told and said again: 姓隗，隗大鹏."""
_STUTTER = re.compile(r"(?<!姓)(?P<said>[一-鿿])(?:…+|\.{3,}|\s+|[，,、])(?=(?P=said))")
_LISTED = re.compile(r"[、\s]|和|跟|还有")
"""Between two names of a list."""
_SHORT_CLAUSE = re.compile(r"[一-鿿]{2,3}(?=[，,。！!？?；;、\s]|$)")
_THEN_NUMBER = re.compile(
    r"[，,\s]{1,2}(?:我的?)?(?:身份证|手机|电话|微信|卡号|证件|邮箱|QQ|地址|[男女](?![儿的朋士])|[0-9a-zA-Z幺]|[^，,。]{2,8}[省市区县镇村路街])"
)


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
        rare = _RARE.match(text, match.end())
        if rare is not None:
            yield rare["surname"]
    for match in _TITLE.finditer(text):
        for length in (2, 1):
            surname = text[max(0, match.start() - length) : match.start()]
            if len(surname) == length and surname_at(text, match.start() - length) == surname:
                yield surname
                break


_NOTHING = Heard()


def names(text: str, heard: Heard = _NOTHING) -> Iterator[tuple[int, int]]:
    """Spans of names, in characters.

    >>> text = "我叫张伟，机主是李小红，机主本人，请问是王建国先生吗"
    >>> [text[start:end] for start, end in names(text)]
    ['张伟', '李小红', '王建国']
    >>> text = "高兴"
    >>> list(names(text)), list(names(text, Heard(asked=True)))
    ([], [(0, 2)])
    """
    beginnings = places(text, asked=heard.asked)
    found = [*_before_titles(text, beginnings, heard), *_read_as_names(text)]
    for start, least in beginnings.items():
        end = _end(text, start, least, heard)
        if end > start:
            found.append((start, end))
            found += _beside(text, start, end, heard)
    last = 0
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if start >= last:
            yield start, end
            last = end


def _beside(text: str, start: int, end: int, heard: Heard) -> Iterator[tuple[int, int]]:
    """What belongs to a name: its first character said before, 章…章不凡; the next one of a list, 王小明、李大有."""
    for match in _STUTTER.finditer(text, 0, start + 1):
        if match.end() == start:
            yield match.span("said")
    link = _LISTED.match(text, end)
    if link is not None:
        following = _end(text, link.end(), LIKELY, heard)
        if following > link.end():
            yield link.end(), following


class _Candidate(NamedTuple):
    """``text[start:end]`` may be a name if it looks like one as much as `least`."""

    text: str
    start: int
    end: int
    least: float

    @property
    def name(self) -> str:
        return self.text[self.start : self.end]

    @property
    def starts_clause(self) -> bool:
        return self.start == 0 or self.text[self.start - 1] in "，,。！!？?；;：:、 …"

    @property
    def is_alone(self) -> bool:
        """Whether a sign or a title stands behind it."""
        return _SIGN.match(self.text, self.end) is not None

    @property
    def ends_like_name(self) -> bool:
        """Whether a sign, a word that follows names, or the next word stands behind it."""
        return _ENDS.match(self.text, self.end) is not None or begins_other(self.text, self.end)

    @property
    def is_before_number(self) -> bool:
        """Whether a telephone number, an address or the like stands behind it, as in 喻红，电话139…"""
        return _THEN_NUMBER.match(self.text, self.end) is not None


def _end(text: str, start: int, least: float, heard: Heard) -> int:
    """Where the name that begins at a place ends; the place itself where what stands there is too little like one."""
    end = end_of_name(text, start)
    if least <= LIKELY and _foreign(text, start) > end:
        return _foreign(text, start)
    candidate = _Candidate(text, start, end, least)
    surname = surname_at(text, start)
    is_told = (surname or text[start : start + 1]) in heard.surnames
    if candidate.starts_clause and (is_told or surname in heard.explained):
        candidate = candidate._replace(end=max(end, _end_of_clause(text, start)))
    if candidate.name and _is_name(candidate, heard):
        return candidate.end
    return start


def _is_name(one: _Candidate, heard: Heard) -> bool:
    """Whether a candidate is told to be a name, or looks as much like one as what stands around asks for."""
    is_explained = not heard.explained.isdisjoint(one.name)
    if is_no_name(one.name):
        is_called_so = one.least == ANY and one.is_alone and likeness(one.name) > CALLED
        return is_called_so or (one.least <= POSSIBLE and is_explained)
    is_told = surname_at(one.name, 0) in heard.surnames
    if one.ends_like_name and (is_told or (is_explained and (one.least <= LIKELY or one.starts_clause))):
        return True
    if one.least == ANY:
        return one.is_alone or likeness(one.name) > POSSIBLE
    if one.least == POSSIBLE:
        return _answers(one)
    is_place = one.starts_clause or one.least <= LIKELY
    if is_place and one.is_before_number and likeness(one.name) > POSSIBLE:
        return True
    if one.least <= LIKELY:
        return _is_likely(one)
    return _is_plain(one)


def _answers(one: _Candidate) -> bool:
    """Whether it answers the question for a name: all of a clause, or like a name with the end of one."""
    if one.is_alone and one.starts_clause:
        return True
    like = likeness(one.name)
    return like > PLAIN or (like > POSSIBLE and one.ends_like_name)


def _is_likely(one: _Candidate) -> bool:
    """Behind a word that hints at a name: two characters must end like one, a word of the dictionary must stand alone."""
    like = likeness(one.name)
    is_apart = one.is_alone or _NUMBER_WORD.match(one.text, one.end) is not None
    if like > STRONG or (is_apart and is_named_like_word(one.name)):
        return True
    return like >= LIKELY and (len(one.name) > 2 or one.ends_like_name)


def _is_plain(one: _Candidate) -> bool:
    """Behind a word that leaves room for a name, where it must end like one; two characters alone in a clause are none."""
    if likeness(one.name) < PLAIN:
        return False
    if one.starts_clause:
        return len(one.name) > 2 and one.ends_like_name
    return len(one.name) > 2 or one.ends_like_name


def _foreign(text: str, start: int) -> int:
    end = foreign_end(text, start)
    if _ENDS.match(text, end):
        return end
    return start


def _end_of_clause(text: str, start: int) -> int:
    """Where a clause as long as a name ends; the start of a longer one, and of a surname with a title."""
    match = _SHORT_CLAUSE.match(text, start)
    if match is None or _TITLE.search(match.group()):
        return start
    return match.end()


def _before_titles(text: str, beginnings: Mapping[int, float], heard: Heard) -> Iterator[tuple[int, int]]:
    """王建国先生, 王建国名下, 王建国收; a surname alone (王先生) is no name."""
    for match in _TITLE_AFTER.finditer(text):
        end = match.start()
        for start in range(max(0, end - LONGEST_NAME), end - 1):
            is_hinted = beginnings.get(start, PLAIN) <= LIKELY and not _OWNS.match(text, end)
            if end_of_name(text, start) >= end and _is_titled(text[start:end], heard, is_hinted=is_hinted):
                yield start, end
                break


def _is_titled(name: str, heard: Heard, *, is_hinted: bool) -> bool:
    """Whether what stands before a title is a name; with a word that hints at one before it, almost anything is."""
    if is_no_name(name):
        return False
    if surname_at(name, 0) in heard.surnames or likeness(name) > LIKELY:
        return True
    return is_hinted and (likeness(name) > POSSIBLE or is_named_like_word(name))


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
