"""WeChat ids, QQ numbers and login names.

They are short and have no form of their own: they count only behind a word that says what they are, or as the answer to a
question for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from qa_speech.call import Utterance
from qa_speech.privacy.asked import question_before
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.spelled import Spelled, spelled_after, spelled_before

SHORTEST_ACCOUNT, SHORTEST_QQ = 4, 5
"""Letters and digits of a WeChat id; digits of a QQ number."""
LONGEST_LEAD = 12
"""Characters of an answer before what is spelled in it."""

_D = "[0-9０-９零〇一二三四五六七八九幺两]"
_IS = (
    r"(?:的话|就是|是|叫|为|：|:|你|您|搜|加|记|一下|用的|，|,|\s|的|吧|呗|嘛|呀|啊|这个"
    r"|呢|[推发转]给[你您]|联系我?|改成了?|换成了?|号码|号){0,6}"
)
_WECHAT = re.compile(
    rf"(?:微信|微星|威信|薇信|绿泡泡|wechat|绿色软件|徽信|微讯|维信|wei信|v信|vx|wx(?!id)|加(?:我|下我|个)的?\s?v(?!x)|[加我的个]微(?=[号是：:\s]?\s?[A-Za-z]))(?:账号|帐号)?{_IS}",
    re.IGNORECASE,
)
_QQ = re.compile(rf"(?:qq|扣扣|企鹅|(?<![A-Za-z])q(?:我|号))(?:账号|帐号)?{_IS}", re.IGNORECASE)
_WECHAT_NUMBER = re.compile(
    r"(?:微信|v信)(?!支付|公众|小程序|缴费|群)[^A-Za-z0-9。？?]{0,12}?(?:是|[改换]成了?|[推发转]给[你您]|：|:)[，,\s]?",
    re.IGNORECASE,
)
_QQ_NUMBER = re.compile(
    rf"(?:qq|扣扣|球球|企鹅|q币)(?!音乐|会员|群|浏览)[^A-Za-z0-9。？?]{{0,14}}?(?={_D}{{5}})", re.IGNORECASE
)
_Q_NUMBER = re.compile(rf"(?<![A-Za-z])q(?={_D}{{6}})", re.IGNORECASE)
_WECHAT_FAR = re.compile(
    r"(?:微信|v信)(?!支付|公众|小程序|缴费|群)(?:[^A-Za-z0-9。？?]{0,12}?(?:是|叫|搜|加))?[^A-Za-z0-9。？?]{0,14}(?=[A-Za-z])",
    re.IGNORECASE,
)
_ADD_ME = re.compile(
    r"(?:[加搜找]我|[加搜](?:一下)?(?:嘛|吧|呗)?)[，,\s]{0,2}(?=[A-Za-z])(?!qq|vx|v信|wx|wei)", re.IGNORECASE
)
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
_ASKED_ACCOUNT = re.compile(r"微信|qq(?!\s?[点.．邮])|扣扣", re.IGNORECASE)
_LETTER = re.compile("[A-Za-z]")
_ASKED_EMAIL = re.compile("邮箱|邮件|email", re.IGNORECASE)
_ASKED_ELSE = re.compile(r"支付|缴费|交费|公众号|小程序|企业微信|充值|会员|音乐|转账", re.IGNORECASE)
_REFUSES = re.compile(r"没有?[^A-Za-z0-9]{0,4}(?:微信|qq)|没微信|不用|不方便|不加|^没有", re.IGNORECASE)
_BEGUN = re.compile(r"…|\.{3}|$")
"""An id that is broken off."""
_OR = re.compile(rf"[，,\s]?(?:还是|或者是?|不对是?|应该是|是)(?P<rest>{_D}{{2,}})")
"""The rest of a number in other digits: … 八六还是九七."""
SHORTEST_PIECE = 2
"""Letters and digits that are all of an answer: a piece of an account."""
SHORTEST_AGAIN = 3
"""Letters of an account that are enough where it is said again."""
_LETTERS = re.compile(rf"(?<![A-Za-z])[A-Za-z]{{{SHORTEST_AGAIN},}}")
_ID = re.compile(r"wxid_[A-Za-z0-9]{4,20}")


def account_marks(utterances: Sequence[Utterance]) -> Iterator[tuple[int, int, int, Kind]]:
    """Accounts of a call: the utterance, where each starts and ends in characters, its kind.

    >>> from qa_speech.testing import make_call
    >>> list(account_marks(make_call("agent: 您的微信是？", "customer: lulu_1989").utterances))
    [(1, 0, 9, 'account')]
    """
    known: set[str] = set()
    marks: set[tuple[int, int, int, Kind]] = set()
    for index, utterance in enumerate(utterances):
        if utterance.text:
            for start, end in accounts(utterance.text, question_before(utterances, index)):
                marks.add((index, start, end, "account"))
                known.update(_LETTERS.findall(utterance.text, start, end))
    for index, utterance in enumerate(utterances):
        for start, end in _again(utterance.text or "", known):
            marks.add((index, start, end, "account"))
    yield from sorted(marks)


def _again(text: str, known: Collection[str]) -> Iterator[tuple[int, int]]:
    """Accounts said again, with what is spelled behind them: yan … 对，yan 后面下划线 shu."""
    for match in _LETTERS.finditer(text):
        if match.group() in known:
            yield match.start(), spelled_after(text, match.start()).end


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
        is_begun = found.letters >= SHORTEST_AGAIN and _BEGUN.match(text, found.end) is not None
        if _is_account(found) or is_begun:
            yield found.start, found.end
    for cue in _WECHAT_FAR.finditer(text):
        found = spelled_after(text, cue.end())
        if _is_account(found) and text[found.end : found.end + 1] not in ("@", "艾", "圈"):
            yield found.start, found.end
    for cue in _ADD_ME.finditer(text):
        found = spelled_after(text, cue.end())
        if _is_account(found) and found.digits > 1:
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
            other = _OR.match(text, found.end)
            if other is not None:
                yield other.span("rest")


def _asked_for(text: str, asked: str) -> Iterator[tuple[int, int]]:
    """The answer to a question for an account."""
    is_asked = _ASKED_ACCOUNT.search(asked) or _ASKED_LOGIN.search(asked)
    if is_asked and not _ASKED_ELSE.search(asked) and not _REFUSES.search(text):
        yield from _answers(text)
        piece = spelled_after(text.rstrip("，。,、 "), 0)
        if piece.end == len(text.rstrip("，。,、 ")) and piece.letters + piece.digits >= SHORTEST_PIECE:
            yield piece.start, piece.end
    elif _ASKED_EMAIL.search(asked):
        yield from [(start, end) for start, end in _answers(text) if _LETTER.search(text, start, end)]


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
