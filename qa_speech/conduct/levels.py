"""How well an exchange is answered, by rules alone: its level 0–4, its score, what was given and what stays open.

    customer   这个月怎么多了二十块                              a question (reason)
    agent      请稍等帮您查一下                                  level 1: acknowledged
    agent      因为您超了套餐流量，每兆两毛九，建议您开个包         reason, number, option: level 4

Levels: 0 no answer, or pushed away · 1 only acknowledged · 2 a short answer · 3 substance that fits the question · 4 substance
and guidance. Nobody publishes such a measure for Chinese calls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.conduct.exchanges import Exchange, answers_plainly, exchanges, tagged_utterances
from qa_speech.conduct.kept import RuleAnswer
from qa_speech.conduct.kinds import ANSWERED_BY, GUIDANCE, LEVELS, SUBSTANCE, Level, PartKind
from qa_speech.conduct.likeness import asks_the_same, shared
from qa_speech.conduct.questions import YES_NO, Question, questions_of, wants_yes_or_no
from qa_speech.conduct.substance import (
    Part,
    acknowledges,
    count_facts,
    count_substance,
    fillers,
    informs,
    parts_of,
)
from qa_speech.conduct.tagging import OF_AGENT, OF_CUSTOMER, TaggedText, join_tagged, tag_texts
from qa_speech.conduct.violations import Violation, violations_in
from qa_speech.language.asking import ends_in_question

SHORT_ANSWER = 20
"""Spoken characters from which an answer with a single part is more than a short one."""
ENOUGH_SHARED = 0.3
"""Share of the question's character pairs, 0–1, in the answer that counts as full use of its words."""
FITS = 25.0
"""Relevance, 0–100, from which an answer fits although it has no part of the kind asked for."""
ENOUGH_GIVEN = 12
"""Kinds of parts and facts from which an answer is as good as its level can be."""

UNHELPED = 25.0
"""Points that an answer loses where the customer says that it did not help, or asks the same again: one level."""
TOLD = 2
"""Clauses of facts that together are a piece of substance."""
FIGURES: frozenset[PartKind] = frozenset(("number", "time_limit", "steps"))
"""Parts that stand beside a 不归我们管 and still help."""
BARE: frozenset[PartKind] = frozenset(("number", "time_limit"))
"""Parts that alone are a short answer: 三十九元."""
HEARD = frozenset(("promise", "comfort", "asking", "wanting"))
"""Fillers that show no more than that the customer was heard."""

_YES = "(?:是|有|能|可以|会|要|行|对|免费|支持|通过|生效|上班|看|接)[的了]"
_NO = "不(?:行|能|可以|会|用|在|支持|收|对)|不了"
_PLAIN = re.compile(f"{_YES}|{_NO}|^(?:能|可以|行|有|是|对|会|不|没)|已经.{{1,4}}了|(?:出来|睡|通过)了|没问题")
_NUMERAL = re.compile("[0-9一二两三四五六七八九十百千]+[点块元天个分号月日小节公岁]")
_TAKEN_ON = re.compile(
    "登记|反馈|反映|上报|派单|派师傅|安排|转接|转给|提交|申请|加急|催|报修|预约|升级|跟进|核实清楚|后台处理|工单|备案"
)


class TurnGrade(NamedTuple):
    """How well one turn of the agent answers, by the rules: its utterances, level and score (0–100)."""

    utterances: tuple[int, ...]
    level: Level
    score: float


class Grade(NamedTuple):
    """How well an exchange is answered, by the rules.

    `score` 0–100; `relevance` 0–100, None where nothing was said; `open` the questions that nothing answers; `deflected`
    the agent pushed the matter away; `taken_on` it was registered, dispatched or passed on; `again` the customer asks the
    same again afterwards, or says that it did not help; `confirmed` the customer says that it is clear. `turns`: how well each
    turn of the answer does by itself, where there is a call.
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
    turns: tuple[TurnGrade, ...] = ()


class GradedExchange(NamedTuple):
    """An exchange and how well it is answered.

    Level and score are those of the best of the answer's turns, a level less where the customer says that it did not help, or
    asks again; parts and open questions are those of all that is said.
    """

    exchange: Exchange
    grade: Grade


class _Reply(NamedTuple):
    """A question and all that is said to it, as the rules see them.

    `last` is the utterance that ends the question, `said` are all the agent's utterances. `answer` is those of them that are
    no mere acknowledgement as one text, None where there are none; its `kinds` of parts, how many `facts` it tells, and which
    share of the question's words it takes up (`shared`, 0–1).
    """

    question: TaggedText
    last: TaggedText
    wanted: tuple[Question, ...]
    said: Sequence[TaggedText]
    answer: TaggedText | None
    kinds: frozenset[PartKind]
    facts: int
    shared: float


def graded_exchanges(call: Call) -> tuple[GradedExchange, ...]:
    """Every exchange of a call with its level, score, relevance and parts, by rules alone; as kept with it where that is true.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 我的话费怎么多了", "agent: 因为超了套餐流量，超出每兆两毛九，建议您开个流量包",
    ...                  "customer: 那什么时候生效", "agent: 我也不清楚你问营业厅吧")
    >>> [(one.grade.level, sorted({part.kind for part in one.grade.parts})) for one in graded_exchanges(call)]
    [(4, ['number', 'option', 'reason']), (0, [])]
    """
    return GRADED_EXCHANGES(call)


def _graded_by_rules(call: Call) -> tuple[GradedExchange, ...]:
    tagged = tagged_utterances(call)
    found = exchanges(call)
    pushing = _pushing(call, found)
    graded: list[GradedExchange] = []
    matter: tuple[int, ...] = ()
    for exchange, following in zip_longest(found, found[1:]):
        matter += exchange.question
        heard = _is_heard(call, exchange, following)
        again = exchange.unhelped or (following is not None and _is_same(tagged, exchange, following))
        pushed = not pushing.isdisjoint(exchange.answer)
        whole = _grade(tagged, exchange, pushed=pushed, heard=heard, again=again)
        turns = [_turn_grade(tagged, matter, turn, pushing) for turn in exchange.turns]
        graded.append(GradedExchange(exchange, _of_best(whole, turns)))
        if not exchange.unhelped:
            matter = ()
    return tuple(graded)


def _turn_grade(
    tagged: Sequence[TaggedText], matter: tuple[int, ...], turn: tuple[int, ...], pushing: frozenset[int]
) -> TurnGrade:
    """One turn held against all that the customer said of the `matter`."""
    pushed = not pushing.isdisjoint(turn)
    grade = _grade(tagged, Exchange(matter, turn), pushed=pushed, heard=False, again=False)
    return TurnGrade(turn, grade.level, grade.score)


def _of_best(whole: Grade, turns: Sequence[TurnGrade]) -> Grade:
    """The grade of an exchange: level and score of its best turn, a level less where it did not help."""
    best = max(turns, key=lambda turn: (turn.level, turn.score), default=None)
    level, score = (whole.level, whole.score) if best is None else (best.level, best.score)
    if whole.again:
        level = LEVELS[max(0, level - 1)]
        score = max(0.0, score - UNHELPED)
    return whole._replace(level=level, score=score, turns=tuple(turns))


GRADED_EXCHANGES = RuleAnswer("exchanges", tuple[GradedExchange, ...], _graded_by_rules)
"""`graded_exchanges`, as they are stored with a call."""


def grade_answers(questions: Sequence[str], answers: Sequence[str]) -> list[Grade]:
    """Each answer graded as the one thing that is said to the question beside it, by rules alone.

    >>> one, = grade_answers(["怎么多了二十块"], ["因为超了套餐流量，每兆两毛九"])
    >>> one.level, sorted({part.kind for part in one.parts})
    (3, ['number', 'reason'])
    """
    exchange = Exchange((0,), (1,))
    different = list(dict.fromkeys(questions))  # the pieces of a long answer have one question
    asked = dict(zip(different, tag_texts(different, OF_CUSTOMER), strict=True))
    pairs = zip([asked[question] for question in questions], tag_texts(answers, OF_AGENT), strict=True)
    pushed = [_deflects(hits) for hits in violations_in(answers)]
    return [
        _grade(pair, exchange, pushed=push, heard=False, again=False) for pair, push in zip(pairs, pushed, strict=True)
    ]


# ------------------------------------------------------------------------------------------ what the call says of an exchange


def _deflects(hits: Sequence[Violation]) -> bool:
    return any(hit.kind == "deflection" for hit in hits)


def _pushing(call: Call, found: Sequence[Exchange]) -> frozenset[int]:
    """The utterances in which the agent pushes the matter away; what is said next may make up for it."""
    # all of the agent's words, as the metric `violations` looks at them: their rules run once for both
    mine = [index for index, said in enumerate(call.utterances) if said.role is Role.AGENT and said.text]
    texts = [call.utterances[index].text or "" for index in mine]
    following = _following(call, found)
    hits = violations_in(texts, [following.get(index, "") for index in mine])
    deflecting = [index for index, held in zip(mine, hits, strict=True) if _deflects(held)]
    return frozenset(deflecting).intersection(following)


def _following(call: Call, found: Sequence[Exchange]) -> dict[int, str]:
    """For each utterance (by index) of an answer what the agent says next in it, "" after the last."""
    texts: dict[int, str] = {}
    for exchange in found:
        for index in exchange.answer:
            texts[index] = ""
        for index, after in pairwise(exchange.answer):
            texts[index] = call.utterances[after].text or ""
    return texts


def _is_heard(call: Call, exchange: Exchange, following: Exchange | None) -> bool:
    """Whether the agent says no more than a 好的 that counts as no turn."""
    if exchange.answer:
        return False
    end = following.question[0] if following else len(call.utterances)
    meanwhile = call.utterances[exchange.question[-1] + 1 : end]
    return any(said.role is Role.AGENT and said.text for said in meanwhile)


def _is_same(tagged: Sequence[TaggedText], exchange: Exchange, following: Exchange) -> bool:
    """Whether the next exchange asks the same again."""
    first = join_tagged([tagged[index] for index in exchange.question])
    second = join_tagged([tagged[index] for index in following.question])
    return asks_the_same(first.folded, second.folded)


# ------------------------------------------------------------------------------------------------------------ one exchange


def _grade(tagged: Sequence[TaggedText], exchange: Exchange, *, pushed: bool, heard: bool, again: bool) -> Grade:
    substantive = [index for index in exchange.answer if not acknowledges(tagged[index])]
    reply = _reply(tagged, exchange, substantive)
    relevance = None if reply.answer is None else _relevance(reply)
    level: Level = 1 if heard else _level(reply, pushed=pushed, fits=_fits(reply, relevance))
    sent_away = level == 0 and "away" in _filled(reply)
    parts: list[Part] = []
    for index in substantive:
        parts += parts_of(tagged[index], index)
    return Grade(
        level=level,
        score=_score(level, len(reply.kinds), reply.facts),
        relevance=relevance,
        parts=tuple(parts),
        questions=reply.wanted,
        open=_open_questions(reply, level),
        deflected=pushed or sent_away,
        taken_on=reply.answer is not None and _TAKEN_ON.search(reply.answer.folded) is not None,
        again=again,
        confirmed=any("done" in tagged[index].groups for index in exchange.reaction),
    )


def _reply(tagged: Sequence[TaggedText], exchange: Exchange, substantive: Sequence[int]) -> _Reply:
    question = join_tagged([tagged[index] for index in exchange.question])
    last, wanted = tagged[exchange.question[-1]], questions_of(question)
    said = [tagged[index] for index in exchange.answer]
    if not substantive:
        return _Reply(question, last, wanted, said, None, frozenset(), 0, 0.0)
    answer = join_tagged([tagged[index] for index in substantive])
    taken_up = shared(question.folded, answer.folded)
    return _Reply(question, last, wanted, said, answer, answer.kinds, count_facts(answer), taken_up)


def _level(reply: _Reply, *, pushed: bool, fits: bool) -> Level:
    if reply.answer is None:
        return _level_without_words(reply)
    filled = fillers(reply.answer)
    given = count_substance(reply.answer)
    if _gives_nothing(reply, given, filled, pushed=pushed):
        return 0
    told = _told(reply)
    if not told.facts and _asks_back(reply, filled):
        return 1
    if not given and not told.explains:
        return 2 if told.facts or not _is_only_heard(reply, filled) else 1
    if told.facts >= TOLD:
        given += 1
    if not fits or (given < 2 and _is_short(reply, filled)):
        return 2
    return 4 if reply.kinds & GUIDANCE and len(reply.kinds) > 1 else 3


def _level_without_words(reply: _Reply) -> Level:
    """Of an answer that is silence, or no more than acknowledgements; to 可以吗 a bare 可以 is an answer."""
    if not reply.said:
        return 0
    return 2 if answers_plainly(reply.last, reply.said) else 1


def _filled(reply: _Reply) -> frozenset[str]:
    return frozenset() if reply.answer is None else fillers(reply.answer)


class _Told(NamedTuple):
    """How many facts the utterances without filler tell, and whether they are enough to explain something."""

    facts: int
    explains: bool


def _told(reply: _Reply) -> _Told:
    plain = [said for said in reply.said if informs(said) and not fillers(said)]
    facts = sum([count_facts(said) for said in plain])
    characters = sum([len(said.folded) for said in plain])
    return _Told(facts, facts >= TOLD and characters >= SHORT_ANSWER)


def _is_short(reply: _Reply, filled: frozenset[str]) -> bool:
    """Whether an answer with a single piece is short, promises, or is no more than a figure: 三十九元."""
    if reply.answer is None or "promise" in filled:
        return True
    return reply.kinds <= BARE or len(reply.answer.folded) < SHORT_ANSWER


def _gives_nothing(reply: _Reply, given: int, filled: frozenset[str], *, pushed: bool) -> bool:
    """Whether an answer pushes away with nothing to go by, or advertises what nobody asked about.

    `given` is the count of different things that the answer says.
    """
    away = "away" in filled
    if pushed or away:
        return not reply.kinds & FIGURES or (away and given < 2)
    return "market" in filled and reply.shared == 0


def _asks_back(reply: _Reply, filled: frozenset[str]) -> bool:
    """Whether an answer is a question to the customer, or a list of what is wanted, and no offer: 您是在厅里办的还是网上办的呢."""
    if "wanting" in filled and reply.answer is not None:
        return not reply.kinds & (BARE | GUIDANCE)
    if "asking" not in filled or reply.answer is None or reply.kinds & (FIGURES | GUIDANCE):
        return False
    return ends_in_question(reply.answer.text)


def _is_only_heard(reply: _Reply, filled: frozenset[str]) -> bool:
    """Whether an answer without substance comforts, promises or asks back, and holds no plain answer either."""
    if not any(informs(said) for said in reply.said):
        return not answers_plainly(reply.last, reply.said)
    if not filled & HEARD or reply.answer is None:
        return False
    folded = reply.answer.folded
    if wants_yes_or_no(reply.question) and _PLAIN.search(folded):
        return False
    wants_figure = any(question.kind in ("amount", "time") for question in reply.wanted)
    return not (wants_figure and "asking" not in filled and _NUMERAL.search(folded))


def _fits(reply: _Reply, relevance: float | None) -> bool:
    """Whether a part is of a kind that answers one of the questions, or the words are those of the question."""
    needs = [ANSWERED_BY[question.kind] for question in reply.wanted]
    if not needs or any(not need or need & reply.kinds for need in needs):
        return True
    wants_explanation = any(question.kind in ("reason", "how") for question in reply.wanted)
    if wants_explanation and reply.kinds & SUBSTANCE:
        return True  # 前天加了雾化，一次四十 says why without 因为
    return relevance is not None and relevance >= FITS


def _score(level: Level, kinds: int, told: int) -> float:
    """0–100: within a level, more kinds of parts and more facts count for more, but never as much as the next level."""
    if level == 0:
        return 0.0
    fullness = min(1.0, (kinds + told) / ENOUGH_GIVEN)
    lowest = 25 * level - 12
    return round(min(100.0, lowest + 24 * fullness), 1)


def _relevance(reply: _Reply) -> float:
    """0–100: half for parts of the kind asked for, half for the question's own words in the answer."""
    assert reply.answer is not None
    plain = bool(reply.kinds) or YES_NO.search(reply.answer.folded) is not None
    needs = [ANSWERED_BY[question.kind] for question in reply.wanted]
    given = [bool(need & reply.kinds) if need else plain for need in needs]
    if not given:
        given = [bool(reply.kinds)]
    fit = sum(given) / len(given)
    taken_up = min(1.0, reply.shared / ENOUGH_SHARED)
    return round(50 * fit + 50 * taken_up, 1)


def _open_questions(reply: _Reply, level: Level) -> tuple[Question, ...]:
    """The questions that nothing answers: all below level 2, else of several those without a part or words of their own."""
    if level < 2:
        return reply.wanted
    if len(reply.wanted) < 2:
        return ()
    return tuple([question for question in reply.wanted if not _is_met(question, reply)])


def _is_met(question: Question, reply: _Reply) -> bool:
    """Whether a question of several has a part of its kind, or words of its own, in the answer."""
    if reply.answer is None:
        return False
    need = ANSWERED_BY[question.kind]
    if need:
        return bool(need & reply.kinds)
    folded = reply.answer.folded
    return shared(question.text, folded) > 0 or YES_NO.search(folded) is not None
