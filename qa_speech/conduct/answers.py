"""How the customer's questions are answered: exchanges, and their level 0–4 by rules alone.

    customer   这个月怎么多了二十块                                a question (reason)
    agent      请问您的手机号是多少                                asks back: the exchange goes on
    customer   尾号三三八五
    agent      因为您超了套餐流量，超出的每兆两毛九，建议您开个包     reason, number, option → level 4

An **exchange** is a customer's question, request or problem and all the agent says to it until the customer's next one.
Backchannels, thanks, and what a customer supplies because the agent asked for it do not end it: else every 请问您的手机号
would count as a poor answer. A question repeated before anything was said to it is one question.

Levels: 0 no answer, or pushed away · 1 only acknowledged · 2 a short answer · 3 substance that fits the question · 4 substance
and guidance. Nobody publishes such a measure for Chinese calls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, cast

from qa_speech.call import Call, Role
from qa_speech.conduct.courtesy import violations_in
from qa_speech.conduct.substance import (
    APART,
    GUIDANCE,
    OF_AGENT,
    OF_CUSTOMER,
    OPEN,
    SUBSTANCE,
    YES_NO,
    AskKind,
    Part,
    PartKind,
    Question,
    Said,
    acknowledges,
    asks_of,
    facts,
    idle,
    joined,
    parts_of,
    pieces,
    questions_of,
    read,
    says_of,
    wants_yes_or_no,
)
from qa_speech.language.dialogue import Turn, ends_in_question, turns
from qa_speech.language.phrases import fold
from qa_speech.language.remembered import per_call

Level: TypeAlias = Literal[0, 1, 2, 3, 4]

ANSWERED_BY: dict[AskKind, frozenset[PartKind]] = {
    "amount": frozenset(("number",)),
    "time": frozenset(("time_limit",)),
    "reason": frozenset(("reason", "condition")),
    "how": frozenset(("steps", "next_step", "option", "condition")),
    "yesno": frozenset(),
    "what": frozenset(),
}
"""Which parts answer which kind of question; 吗 and 什么 are answered by words of the question itself, or yes and no."""

BRIEF = 5
"""Spoken characters from which a customer's first words are a matter of their own."""
SHORT_ANSWER = 20
"""Spoken characters from which an answer with a single part is more than a short one."""
SAME_QUESTION = 0.5
"""Share of character pairs from which a customer asks the same again."""
ENOUGH_SHARED = 0.3
"""Share of the question's character pairs in the answer that counts as full use of its words."""
FITS = 25.0
"""Relevance from which an answer fits although it has no part of the kind asked for."""

TOLD = 2
"""Clauses of facts that together are a piece of substance."""
FIGURES: frozenset[PartKind] = frozenset(("number", "time_limit", "steps"))
"""Parts that stand beside a 不归我们管 and still help."""
HEARD = frozenset(("promise", "comfort", "asking"))

_PLAIN = re.compile(
    "(?:是|有|能|可以|会|要|行|对|免费|支持|通过|生效|上班|看|接)[的了]|不(?:行|能|可以|会|用|在|支持|收|对)|不了"
    "|^(?:能|可以|行|有|是|对|会|不|没)|已经.{1,4}了|(?:出来|睡|通过)了|没问题"
)
_NUMERAL = re.compile("[0-9一二两三四五六七八九十百千]+[点块元天个分号月日小节公岁]")
_TAKEN_ON = re.compile(
    "登记|反馈|反映|上报|派单|派师傅|安排|转接|转给|提交|申请|加急|催|报修|预约|升级|跟进|核实清楚|后台处理|工单|备案"
)
_STOPS = re.compile(
    "请问|麻烦|一下|我想|想问|咨询|你好|您好|那个|这个|就是|然后|一个|什么|怎么|为什么|多少|时候|是不是|能不能|可以|有没有|我们|你们|他们"
    "|现在|因为|知道|没有|如果|还是|多久"
)


class Asked(NamedTuple):
    """An exchange, as indices into ``call.utterances``.

    `question` what wants an answer; `answer` all the agent says to it; `reaction` what else the customer says meanwhile.
    """

    question: tuple[int, ...]
    answer: tuple[int, ...]
    reaction: tuple[int, ...] = ()


class Judged(NamedTuple):
    """An exchange by the rules.

    `score` 0–100; `relevance` 0–100, None where nothing was said; `open` the questions that nothing answers; `deflected`
    the agent pushed the matter away; `taken_on` it was registered, dispatched or passed on; `again` the customer asks the
    same again afterwards; `confirmed` the customer says that it is clear.
    """

    level: Level
    score: float
    relevance: float | None
    parts: tuple[Part, ...]
    questions: tuple[Question, ...]
    open: tuple[Question, ...]
    deflected: bool
    taken_on: bool
    again: bool
    confirmed: bool


def asked(call: Call) -> tuple[Asked, ...]:
    """The exchanges of a call, in order; none without words or without two roles.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好请讲", "customer: 我的话费怎么多了", "agent: 请问您的手机号", "customer: 尾号三三八五",
    ...                  "agent: 是套餐外流量", "customer: 明白了谢谢", "agent: 不客气")
    >>> asked(call)
    (Asked(question=(1,), answer=(2, 4, 6), reaction=(3, 5)),)
    """
    return _asked(turns(call), _read(call))


@per_call
def _read(call: Call) -> list[Said]:
    """Every utterance read for what is asked of its role."""
    said: dict[int, Said] = {}
    for role, groups in ((Role.AGENT, OF_AGENT), (Role.CUSTOMER, OF_CUSTOMER), (Role.UNKNOWN, OF_CUSTOMER)):
        mine = [(index, item.text or "") for index, item in enumerate(call.utterances) if item.role is role]
        if mine:
            found = read([text for _, text in mine], groups)
            said.update(zip([index for index, _ in mine], found, strict=True))
    return [said[index] for index in range(len(call.utterances))]


def _asked(every: Sequence[Turn], said: Sequence[Said]) -> tuple[Asked, ...]:
    held: list[tuple[list[int], list[int], list[int]]] = []
    before = ""
    for turn in every:
        spoken = [index for index in turn.utterances if said[index].text]
        if not spoken:
            continue
        words = joined([said[index] for index in spoken])
        if turn.role is Role.AGENT:
            if held:
                held[-1][1].extend(spoken)
            before = words.text
        elif turn.role is Role.CUSTOMER:
            wants = asks_of(words, before) or (not held and _opens(words, before))
            if wants and held and not _answered_at_all(said, held[-1][0], held[-1][1]):
                held[-1][0].extend(spoken)
            elif wants:
                held.append((spoken, [], []))
            elif held:
                held[-1][2].extend(spoken)
    return tuple(Asked(tuple(question), tuple(answer), tuple(reaction)) for question, answer, reaction in held)


def _opens(words: Said, before: str) -> bool:
    """Whether the customer's first words tell a matter although no rule knows them: 我狗刚被车撞了."""
    answering = bool(before) and ends_in_question(before) and not OPEN.search(fold(before))
    return len(words.folded) >= (APART if answering or "done" in words.groups else BRIEF)


def _answered_at_all(said: Sequence[Said], question: Sequence[int], answer: Sequence[int]) -> bool:
    return any(says_of(said[index]) for index in answer) or _plainly(said, question, answer)


def _plainly(said: Sequence[Said], question: Sequence[int], answer: Sequence[int]) -> bool:
    """Whether a bare 对 or 没有 answers a question that wants no more."""
    return wants_yes_or_no(said[question[-1]]) and any(YES_NO.search(said[index].folded) for index in answer)


def judge(call: Call) -> tuple[tuple[Asked, Judged], ...]:
    """Every exchange of a call with its level, score, relevance and parts, by rules alone.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 我的话费怎么多了", "agent: 因为超了套餐流量，超出每兆两毛九，建议您开个流量包",
    ...                  "customer: 那什么时候生效", "agent: 我也不清楚你问营业厅吧")
    >>> [(one.level, sorted({part.kind for part in one.parts})) for _, one in judge(call)]
    [(4, ['number', 'option', 'reason']), (0, [])]
    """
    said = _read(call)
    found = _asked(turns(call), said)
    pushed, heard = _pushed(call, found), _heard(call, found)
    following = [*found[1:], None]
    return tuple(
        (one, _judged(said, one, then, pushed, heard=one in heard)) for one, then in zip(found, following, strict=False)
    )


def judge_texts(questions: Sequence[str], answers: Sequence[str]) -> list[Judged]:
    """Each answer judged as the one thing that is said to the question beside it, by rules alone.

    >>> one, = judge_texts(["怎么多了二十块"], ["因为超了套餐流量，每兆两毛九"])
    >>> one.level, sorted({part.kind for part in one.parts})
    (3, ['number', 'reason'])
    """
    pair = Asked((0,), (1,))
    said = zip(read(questions, OF_CUSTOMER), read(answers, OF_AGENT), violations_in(answers), strict=True)
    return [
        _judged((question, answer), pair, None, frozenset([1 for hit in hits if hit.kind == "deflection"]), heard=False)
        for question, answer, hits in said
    ]


def _heard(call: Call, found: Sequence[Asked]) -> frozenset[Asked]:
    """The exchanges to which the agent says no more than a 好的 that counts as no turn."""
    ends = [*[one.question[0] for one in found], len(call.utterances)][1:]
    return frozenset(
        one
        for one, end in zip(found, ends, strict=True)
        if not one.answer
        and any(item.role is Role.AGENT and item.text for item in call.utterances[one.question[-1] + 1 : end])
    )


def _pushed(call: Call, found: Sequence[Asked]) -> frozenset[int]:
    """The utterances in which the agent pushes the matter away; what is said next may make up for it."""
    answers = {index for one in found for index in one.answer}
    then = {index: after for one in found for index, after in zip(one.answer, one.answer[1:], strict=False)}
    # all of the agent's words, as `violations` looks at them: their rules run once for both
    mine = [(index, item.text) for index, item in enumerate(call.utterances) if item.role is Role.AGENT and item.text]
    following = [call.utterances[then[index]].text or "" if index in then else "" for index, _ in mine]
    hits = violations_in([text for _, text in mine], following)
    return frozenset(
        index
        for (index, _), held in zip(mine, hits, strict=True)
        if index in answers and any(hit.kind == "deflection" for hit in held)
    )


def _judged(
    said: Sequence[Said], one: Asked, following: Asked | None, pushed: frozenset[int], *, heard: bool
) -> Judged:
    question = joined([said[index] for index in one.question])
    held = [index for index in one.answer if not acknowledges(said[index])]
    answer = joined([said[index] for index in held]) if held else None
    kinds = cast(frozenset[PartKind], answer.kinds if answer else frozenset())
    wanted = questions_of(question)
    relevance = _relevance(question, wanted, answer, kinds) if answer else None
    deflected = not pushed.isdisjoint(one.answer)
    again = following is not None and _alike(question, joined([said[index] for index in following.question]))
    level = _level(said, one, question, answer, deflected=deflected, fits=_fits(wanted, kinds, relevance))
    level = 1 if heard else level
    deflected = deflected or (level == 0 and answer is not None and "away" in idle(answer))
    if again and level > 2:
        level = cast(Level, level - 1)
    unsaid = [item for item in wanted if not _answered(item, answer, kinds)] if level > 1 and len(wanted) > 1 else []
    return Judged(
        level=level,
        score=_score(level, len(kinds), facts(answer) if answer else 0),
        relevance=relevance,
        parts=tuple([part for index in held for part in parts_of(said[index], index)]),
        questions=wanted,
        open=tuple(unsaid) if level > 1 else wanted,
        deflected=deflected,
        taken_on=answer is not None and _TAKEN_ON.search(answer.folded) is not None,
        again=again,
        confirmed=any("done" in said[index].groups for index in one.reaction),
    )


def _level(
    said: Sequence[Said], one: Asked, question: Said, answer: Said | None, *, deflected: bool, fits: bool
) -> Level:
    if not one.answer:
        return 0
    if answer is None:
        return 2 if _plainly(said, one.question, one.answer) else 1
    given, fill = pieces(answer), idle(answer)
    if _gives_nothing(question, answer, given, deflected=deflected):
        return 0
    plain = [said[index] for index in one.answer if says_of(said[index]) and not idle(said[index])]
    told = sum([facts(item) for item in plain])
    explained = told >= TOLD and sum([len(item.folded) for item in plain]) >= SHORT_ANSWER
    if not told and _asks_back(answer):
        return 1
    if not (given or explained):
        return 1 if _only_heard(said, one, question, answer) and not told else 2
    kinds = cast(frozenset[PartKind], answer.kinds)
    given += told >= TOLD
    single = not kinds - {"number", "time_limit"} or len(answer.folded) < SHORT_ANSWER
    if (given < 2 and (single or "promise" in fill)) or not fits:
        return 2
    return 4 if kinds & GUIDANCE and len(kinds) > 1 else 3


def _gives_nothing(question: Said, answer: Said, given: int, *, deflected: bool) -> bool:
    """Whether an answer pushes away with nothing to go by, or advertises what nobody asked about."""
    fill = idle(answer)
    if deflected or "away" in fill:
        return not answer.kinds & FIGURES or (given < 2 and "away" in fill)
    return "market" in fill and _shared(question.folded, answer.folded) == 0


def _asks_back(answer: Said) -> bool:
    """Whether an answer is a question to the customer, and no offer: 您是在厅里办的还是网上办的呢."""
    return "asking" in idle(answer) and ends_in_question(answer.text) and not answer.kinds & (FIGURES | GUIDANCE)


def _only_heard(said: Sequence[Said], one: Asked, question: Said, answer: Said) -> bool:
    """Whether an answer without substance comforts, promises or asks back, and holds no plain answer either."""
    if not any(says_of(said[index]) for index in one.answer):
        return not _plainly(said, one.question, one.answer)
    if not idle(answer) & HEARD:
        return False
    if wants_yes_or_no(question) and _PLAIN.search(answer.folded):
        return False
    wanted = {item.kind for item in questions_of(question)}
    return not (wanted & {"amount", "time"} and _NUMERAL.search(answer.folded) and "asking" not in idle(answer))


def _fits(wanted: Sequence[Question], kinds: frozenset[PartKind], relevance: float | None) -> bool:
    """Whether a part is of a kind that answers one of the questions, or the words are those of the question."""
    needs = [ANSWERED_BY[item.kind] for item in wanted]
    if not needs or any(not need or need & kinds for need in needs):
        return True
    if kinds & SUBSTANCE and any(item.kind in ("reason", "how") for item in wanted):
        return True  # 前天加了雾化，一次四十 says why without 因为
    return relevance is not None and relevance >= FITS


def _score(level: Level, kinds: int, told: int) -> float:
    """Within a level, more kinds of parts and more facts count for more, but never as much as the next level."""
    if level == 0:
        return 0.0
    return round(min(100.0, 25 * level - 12 + 24 * min(1.0, (kinds + told) / 12)), 1)


def _relevance(question: Said, wanted: Sequence[Question], answer: Said, kinds: frozenset[PartKind]) -> float:
    """Half for parts of the kind asked for, half for the question's own words in the answer."""
    plain = YES_NO.search(answer.folded) is not None or bool(kinds)
    needs = [ANSWERED_BY[item.kind] for item in wanted]
    given = [bool(need & kinds) if need else plain for need in needs]
    fit = sum(given) / len(given) if given else float(bool(kinds))
    return round(50 * fit + 50 * min(1.0, _shared(question.folded, answer.folded) / ENOUGH_SHARED), 1)


def _answered(item: Question, answer: Said | None, kinds: frozenset[PartKind]) -> bool:
    """Whether a question of several has a part of its kind, or words of its own, in the answer."""
    if answer is None:
        return False
    need = ANSWERED_BY[item.kind]
    if need:
        return bool(need & kinds)
    return _shared(item.text, answer.folded) > 0 or YES_NO.search(answer.folded) is not None


def _shared(question: str, answer: str) -> float:
    """Share of the question's character pairs, without those of asking itself, that the answer holds."""
    pairs = _pairs(question)
    return len([pair for pair in pairs if pair in answer]) / len(pairs) if pairs else 0.0


def _alike(one: Said, other: Said) -> bool:
    first, second = _pairs(one.folded), _pairs(other.folded)
    shorter = min(len(first), len(second))
    return shorter >= 3 and len(first & second) / shorter >= SAME_QUESTION


@lru_cache(maxsize=1024)
def _pairs(folded: str) -> frozenset[str]:
    held = _STOPS.sub(" ", folded)
    return frozenset([held[i : i + 2] for i in range(len(held) - 1) if " " not in held[i : i + 2]])
