"""Names, addresses, e-mail, accounts and what is on a card, in a whole call; a name is found again wherever it is said again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from qa_speech.call import Utterance
from qa_speech.privacy.accounts import account_marks
from qa_speech.privacy.cards import card_marks
from qa_speech.privacy.emails import emails, rest_of_email
from qa_speech.privacy.explained import chains, explained
from qa_speech.privacy.namelike import surname_at
from qa_speech.privacy.names import Heard, names, told_surnames
from qa_speech.privacy.nicknames import nicknames
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.papers import papers
from qa_speech.privacy.spelled import spelled_before
from qa_speech.privacy.street import addresses, estate_alone

_ASKED_ADDRESS = re.compile(
    r"(?:地址|住址|住在|哪里|哪个小区|什么位置|位置|几栋|几号楼|几单元|几楼|几室|哪个单元|哪个房间|哪个村|哪条路|哪一?栋|门牌号?|几号[院楼房]|房号|房间号|移到哪|装在哪|上门到|详细一点)[^。]{0,8}[？?]?$"
)
_ASKED_ESTATE = re.compile(r"(?:哪个|什么|哪一个)小区|小区(?:名|叫)[^，。]{0,8}[？?]?$")
_ASKED_NAME = re.compile(
    r"(?:姓名|名字|大名|姓啥|姓什么|名叫|怎么?称呼|如何称呼|称呼您|贵姓|尊姓|(?:机主|户主|房主|车主)(?:是谁|叫|呢)|叫什么|叫啥|全名|全称呼|哪位|是谁|寄给谁|写谁|填谁|留谁|找谁|给谁|收件人|联系人|经办人|代办人|户主|开户人|持卡人|收货人|报修人"
    r"|(?:女儿|儿子|孩子|小孩|老公|老婆|爱人|爸|妈|他|她|您)叫|哪[两三几]个字|怎么写)[^，。]{0,10}[？?]?$|(?:姓名|名字|全名|怎么称呼|贵姓)[^。]{0,14}[？?]?$"
)
_LETTERS = re.compile(r"(?<![A-Za-z])[A-Za-z](?:[，,、\s][A-Za-z]){2,}(?![A-Za-z])")
"""Letters spelled among other words."""
_CALLED = re.compile("名字?(?:就?是|叫)$|[我他她]叫$")
_TITLE = "先生|女士|小姐"
WITHIN = 3
"""Utterances before the domain of an e-mail address in which its name may lie."""
LONGEST_PIECE = 8
"""Characters of a part of an address, after which the question for it still stands."""
LONGEST_NOD = 2
"""Characters of what is no question, but for 姓名 and 地址."""
SHORTEST_NAME = 3
LONGEST_ANSWER = 40
"""Characters of an utterance that may be the answer to a question for a name."""
AROUND = 3
"""Utterances before and behind one in which a surname is told, or a character explained, of a name in it."""


class Particular(NamedTuple):
    """``text[start:end]`` of an utterance is no number of digits and yet somebody's own."""

    utterance: int
    start: int
    end: int
    kind: Kind


def particulars_of(utterances: Sequence[Utterance], also: Collection[Kind] = ()) -> list[Particular]:
    """What a call holds of these; of the kinds that are masked by option only those in `also`.

    >>> from qa_speech.testing import make_call
    >>> said = make_call("agent: 请问您的姓名？", "customer: 王小明", "agent: 王小明先生您好").utterances
    >>> [(one.utterance, one.start, one.end, one.kind) for one in particulars_of(said)]
    [(1, 0, 3, 'name'), (2, 0, 3, 'name')]
    """
    found: list[Particular] = []
    known: set[str] = set()
    question = ""
    told = [_told(utterance) for utterance in utterances]
    for index, utterance in enumerate(utterances):
        text = utterance.text or ""
        if not text:
            continue
        for start, end in emails(text):
            found.append(Particular(index, start, end, "email"))
        found += _email_in_two(utterances, index)
        places = list(addresses(text, asked=_ASKED_ADDRESS.search(question) is not None))
        for start, end in places:
            found.append(Particular(index, start, end, "address"))
        if _ASKED_ESTATE.search(question):
            found += [Particular(index, start, end, "address") for start, end in estate_alone(text)]
        is_answer = len(text) <= LONGEST_ANSWER and _ASKED_NAME.search(question) is not None
        for start, end in (*names(text, _heard(told, index, asked=is_answer)), *nicknames(text, asked=is_answer)):
            found.append(Particular(index, start, end, "name"))
            known.add(text[start:end])
        if is_answer:
            found += _spelled_out(index, text)
        is_piece = bool(places) and len(text) <= LONGEST_PIECE and not text.endswith(("？", "?"))
        if is_piece:
            continue
        if len(text) > LONGEST_NOD or _ASKED_ADDRESS.search(text) or _ASKED_NAME.search(text):
            question = text.rstrip("。，？?！! ")
    found += [Particular(*one) for one in account_marks(utterances)]
    found += [Particular(*one) for one in card_marks(utterances)]
    found += [Particular(*one) for one in papers(utterances, also)]
    return sorted({*found, *_again(utterances, known), *_explained(utterances, found)})


class _Told(NamedTuple):
    """What one utterance tells of names: surnames, and explained characters."""

    surnames: frozenset[str]
    characters: frozenset[str]


def _told(utterance: Utterance) -> _Told:
    text = utterance.text or ""
    return _Told(frozenset(told_surnames(text)), frozenset([one.char for one in explained(text)]))


def _heard(told: Sequence[_Told], index: int, *, asked: bool) -> Heard:
    """What is said around an utterance of the name that may be in it."""
    around = told[max(0, index - AROUND) : index + 1 + AROUND]
    surnames = frozenset().union(*[one.surnames for one in around])
    return Heard(asked, surnames, frozenset().union(*[one.characters for one in around]))


def _spelled_out(index: int, text: str) -> Iterator[Particular]:
    """The answer to a question for a name that is nothing but explanations: 立早章，建设的建."""
    explanations = explained(text)
    if len(explanations) > 1:
        for one in explanations:
            yield Particular(index, one.start, one.end, "name")


def _explained(utterances: Sequence[Utterance], found: Sequence[Particular]) -> Iterator[Particular]:
    """Explanations of the characters of a name that is said in an utterance close by."""
    for index, utterance in enumerate(utterances):
        explanations = explained(utterance.text or "")
        if not explanations:
            continue
        near = [one for one in found if one.kind == "name" and abs(one.utterance - index) <= AROUND]
        said = [(utterances[one.utterance].text or "")[one.start : one.end] for one in near]
        characters = frozenset("".join(said))
        for chain in chains(explanations):
            is_called_so = _CALLED.search((utterances[index].text or "")[: chain[0].start]) is not None
            is_whole_name = is_called_so or (len(chain) > 1 and surname_at(chain[0].char, 0) != "" and not near)
            if is_whole_name or any(one.char in characters for one in chain):
                yield from [Particular(index, one.start, one.end, "name") for one in chain]


def _email_in_two(utterances: Sequence[Utterance], index: int) -> Iterator[Particular]:
    """An address whose name is spelled in the last utterance of the same party, before the sign and the domain in this one."""
    rest = rest_of_email(utterances[index].text or "")
    if rest is None:
        return
    yield Particular(index, *rest, "email")
    for before in reversed(range(max(0, index - WITHIN), index)):
        if utterances[before].role is utterances[index].role:
            text = (utterances[before].text or "").rstrip("，。,、 ")
            name = spelled_before(text, len(text))
            if name.letters + name.digits >= SHORTEST_NAME:
                yield Particular(before, name.start, name.end, "email")
            else:
                yield from [Particular(before, *match.span(), "email") for match in _LETTERS.finditer(text)]
            return


def _again(utterances: Sequence[Utterance], known: set[str]) -> Iterator[Particular]:
    """Names said again: whole ones anywhere, those of two characters before a title or where the clause ends."""
    wanted = []
    for name in sorted(known):
        if len(name) > 2:
            wanted.append(re.escape(name))
    for name in sorted(known):
        if len(name) == 2:
            wanted.append(rf"{re.escape(name)}(?={_TITLE}|名下|本人|[，,。！!？?\s]|对吗|吗|$)")
    if not wanted:
        return
    pattern = re.compile("|".join(wanted))
    for index, utterance in enumerate(utterances):
        for match in pattern.finditer(utterance.text or ""):
            yield Particular(index, match.start(), match.end(), "name")
