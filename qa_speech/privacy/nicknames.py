"""Names without a surname: what a child is called at home, and a given name alone as the answer to a question for one.

小名好好, 苗苗是我家小孩的小名, 收件人写小荞, 方方妈妈收; agent 您女儿叫？ customer 思琪
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa_speech.language.tokens import is_common_word
from qa_speech.privacy.namelike import given_likeness, is_no_name, surname_at

LEAST_GIVEN, LEAST_OF_EACH = 2.5, 0.5
"""How much a given name alone must look like one, in all and each of its characters."""

_NICK = r"(?P<name>小[一-鿿]|阿[一-鿿]|(?P<twice>[一-鿿])(?P=twice)儿?)"
_CHILD = "女儿|儿子|孩子|小孩|闺女|宝宝|娃|孙子|孙女|外孙女?"
_END = r"(?=[，,。！!？?、\s；;]|$|就|吧|签?收|妈|爸|的|这|啊|呀|她|他)"
_WRITTEN = r"(?:(?:收件|收货|取件|联系)人|名字|就|那就?|名儿?)(?:就?[写填留叫]|改成)"
_CALLED = re.compile(rf"(?:小名|乳名|昵称)(?:就?叫|是|：)?(?!什么|怎么|可以|不用)(?P<name>[一-鿿]{{2}}){_END}")
_PATTERNS = (
    re.compile(rf"(?:{_CHILD})(?:小名)?叫{_NICK}{_END}"),
    re.compile(rf"{_WRITTEN}{_NICK}{_END}"),
    re.compile(rf"{_NICK}(?:妈妈?|爸爸?|奶奶|姥姥)(?:签?收|就[行好])"),
    re.compile(rf"(?<![一-鿿]){_NICK}[，,]?(?:大名|小名|学名)"),
    re.compile(rf"(?:{_CHILD}){_NICK}(?=的|[，,。]|$)"),
    re.compile(
        r"拼音(?:就?是|为|：|:|，|\s)?\s?(?P<name>(?:[A-Za-z]+\s){0,9}[A-Za-z]{2,}|[A-Za-z](?:\s[A-Za-z])+)(?![A-Za-z0-9@])"
    ),
    re.compile(r"(?:姓名|名字|我叫)(?:就?是|叫)?[，,：:\s]*(?P<name>[一-鿿](?:\s[一-鿿]){1,3})(?![一-鿿])"),
    re.compile(r"(?:我|他|她|名字)叫(?P<name>[一-鿿])[，,。…]*$"),
    re.compile(rf"{_NICK}(?:就?是)(?:我|他|她)?家?[^，。]{{0,6}}小名"),
)
_ALONE = re.compile(r"[嗯呃啊哦，,\s]*(?:她?他?就?叫|是)?(?P<name>[一-鿿]{2,3})[，,。！!啊呀吧\s]*")
_NO_NICKS = frozenset(
    (
        "妈妈 爸爸 爷爷 奶奶 哥哥 姐姐 弟弟 妹妹 叔叔 公公 婆婆 太太 谢谢 宝宝 小区 小名 小孩 什么 不是 还是"
        " 好好 多多 慢慢 刚刚 常常 天天 快快 早早 轻轻 明明 偏偏 渐渐 仅仅"
    ).split()
)


def nicknames(text: str, *, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Spans, in characters, of names without a surname; `asked` = the text answers a question for a name.

    >>> text = "苗苗是我家小孩的小名，收件人写小荞就行"
    >>> [text[start:end] for start, end in nicknames(text)]
    ['苗苗', '小荞']
    >>> list(nicknames("思琪", asked=True)), list(nicknames("可以", asked=True))
    ([(0, 2)], [])
    """
    yield from (match.span("name") for match in _CALLED.finditer(text))
    matches = [match for pattern in _PATTERNS for match in pattern.finditer(text)]
    yield from sorted([match.span("name") for match in matches if _is_nickname(match["name"])])
    alone = _ALONE.fullmatch(text)
    if asked and alone is not None and _is_given_name(alone["name"]):
        yield alone.span("name")


def _is_nickname(name: str) -> bool:
    """Whether it is neither a word for somebody (妈妈) nor one that begins as nicknames do (小时)."""
    if len(name) == 1 or name[1] == " ":
        return name[0].isascii() or surname_at(name, 0) != ""
    is_word = name[0] in "小阿" and is_common_word(name)
    return name not in _NO_NICKS and not is_word


def _is_given_name(name: str) -> bool:
    """Whether characters without a surname are much likelier a given name than other words."""
    if is_common_word(name) or is_no_name(name) or surname_at(name, 0) == name:
        return False
    odds = [given_likeness(char) for char in name]
    return min(odds) >= LEAST_OF_EACH and sum(odds) >= LEAST_GIVEN
