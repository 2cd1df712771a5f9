"""Answer depth: whether the customer's questions are answered, and with what. 回答深度.

    customer   这个月怎么多了二十块            question (reason)
    agent      请稍等帮您查一下                announced look-up: nothing said yet
    agent      因为超了套餐流量，每兆两毛九     reason, number              → level 3
    agent      建议您开个包，您看可以吗         option, check-back          → level 4
    customer   那什么时候能到账                question (time)
    agent      这个我也不清楚，你问营业厅吧     deflection                  → level 0

An exchange is a customer's question, request or problem and all the agent says to it until the next one; what the customer
supplies because the agent asked for it does not end it, a 还是不行 does. Every turn of the answer has a level, and the exchange
that of the best of them, one less where the customer says that it did not help: nothing is gained by saying more of the same.
Level: 0 no answer or deflection · 1 only acknowledged ·
2 short answer · 3 answer with substance that fits the question · 4 substance plus guidance.

Who else: no vendor publishes such a figure for Chinese calls; Alibaba's model and Amazon's generative evaluation answer
questions about a call without saying how. Length alone, the obvious measure, agrees with people at Spearman 0.49 on a
public helpdesk set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.conduct.exchanges import Exchange, tagged_utterances
from qa_speech.conduct.kinds import GUIDANCE, LEVELS, PART_KINDS, Level
from qa_speech.conduct.levels import UNHELPED, Grade, GradedExchange, TurnGrade, graded_exchanges
from qa_speech.conduct.substance import Part, count_facts
from qa_speech.conduct.tagging import TaggedText
from qa_speech.conduct.violations import violations
from qa_speech.language.phrases import span_time
from qa_speech.metrics.base import COUNT, Component, Metric
from qa_speech.metrics.common import missing, ratio
from qa_speech.metrics.text import mean_labels, no_text, words_reliability
from qa_speech.scores import Evidence, Measurement

DEPTH = (
    COUNT,
    Component("answered_count", "count", "已回答", "answered", counted="个"),
    Component("unanswered_count", "count", "未回答", "unanswered", counted="个"),
    Component("level_mean", "", "平均等级", "mean level"),
    Component("level0_count", "count", "等级 0：未答或推诿", "level 0", counted="个"),
    Component("level1_count", "count", "等级 1：只应承", "level 1", counted="个"),
    Component("level2_count", "count", "等级 2：简短", "level 2", counted="个"),
    Component("level3_count", "count", "等级 3：有内容", "level 3", counted="个"),
    Component("level4_count", "count", "等级 4：有内容有指引", "level 4", counted="个"),
    Component("low_count", "count", "偏低次数", "low ones", counted="个"),
    Component("low_share", "%", "偏低占比", "share of low ones"),
    Component("depth_total", "points", "深度得分合计", "total of depth points"),
    Component("lowest", "points", "最低一次", "lowest"),
    Component("turn_count", "count", "答复轮次", "answering turns", counted="个"),
    Component("turn_depth_total", "points", "各轮深度合计", "total of the turns' depth"),
    Component("relevance", "points", "与问题的相关度", "relevance to the question"),
    Component("deflected_count", "count", "推诿的问题", "deflected questions", counted="个"),
    Component("deflected_share", "%", "推诿占比", "share deflected"),
    Component("question_count", "count", "客户提问数", "questions asked", counted="个"),
    Component("multi_count", "count", "一次问多个问题", "several questions in one turn"),
    Component("again_count", "count", "客户重问", "asked again"),
    Component("confirmed_count", "count", "客户确认", "confirmed by the customer"),
    Component("reason_count", "count", "说明原因", "with a reason"),
    Component("steps_count", "count", "说明步骤", "with steps"),
    Component("number_count", "count", "给出数字", "with figures"),
    Component("time_limit_count", "count", "给出时限", "with a time limit"),
    Component("condition_count", "count", "说明条件", "with a condition"),
    Component("option_count", "count", "给出选择", "with an option"),
    Component("next_step_count", "count", "说明下一步", "with a next step"),
    Component("check_back_count", "count", "确认是否听懂", "checked back"),
    Component("substance_share", "%", "有内容占比", "share with substance"),
    Component("guidance_share", "%", "有指引占比", "share with guidance"),
    Component("taken_on_count", "count", "承接处理次数", "problems taken on"),
    Component("informed_count", "count", "告知进度次数", "informed of progress"),
    Component("transparency_share", "%", "处理透明度", "transparency of handling"),
    Component("modelled_count", "count", "由模型判定", "judged by the model", counted="个"),
)

POOR: Mapping[Level, str] = {
    0: "no_answer", 1: "acknowledged_only", 2: "short_answer", 3: "no_guidance", 4: "deep_answer"
}  # fmt: skip
"""What the evidence of an exchange below the limit is called, by its level."""


MOST_BY_RULES: Mapping[Level, float] = {0: 25.0, 1: 30.0, 2: 100.0, 3: 100.0, 4: 100.0}
"""Depth, 0–100, that a model may give a turn at most, by the level that the rules give it: what the rules know for a
deflection, a list of questions or a mere 请稍等 is none the deeper for its words."""
BESIDE_FACTS = 60.0
"""… and the most of one that asks back, but tells a fact first: 已经锁了，谁也刷不了。您是什么时候发现的？"""
SURE_OF = 60
"""Characters up to which the rules know what a turn is: in a longer one a 以公告为准 stands beside much else …"""
LONG_TURN = 0.3
"""… and there they take away only this share, 0–1, of what is above."""


class RatedTurn(NamedTuple):
    """A turn of the agent in an exchange, by its utterances, with its depth 0–100 and the level that stands for."""

    utterances: tuple[int, ...]
    depth: float
    level: Level
    by_model: bool


class RatedExchange(NamedTuple):
    """An exchange with its depth: 0–100 and the level it stands for, by the model where one has read it, else by rules.

    The depth is that of the best of its `turns`, a level less where the customer says that it did not help.
    """

    exchange: Exchange
    grade: Grade
    depth: float
    level: Level
    by_model: bool
    turns: tuple[RatedTurn, ...] = ()


def rated_exchanges(call: Call) -> tuple[RatedExchange, ...]:
    """Every exchange of a call with its depth, level and parts.

    >>> from qa_speech.testing import make_call
    >>> one, = rated_exchanges(make_call("customer: 月租多少钱", "agent: 三十九元"))
    >>> one.level, [part.kind for part in one.grade.parts], one.by_model
    (2, ['number'], False)
    """
    levels = mean_labels(call, "depth")
    tagged = tagged_utterances(call)
    return tuple([_rated(call, graded, levels, tagged) for graded in graded_exchanges(call)])


def _rated(
    call: Call, graded: GradedExchange, levels: Mapping[tuple[int, ...], float], tagged: Sequence[TaggedText]
) -> RatedExchange:
    exchange, grade = graded
    turns: list[RatedTurn] = []
    for turn in grade.turns:
        read = levels.get((*exchange.question, *turn.utterances))
        size = sum([len(call.utterances[index].text or "") for index in turn.utterances])
        facts = sum([count_facts(tagged[index]) for index in turn.utterances])
        turns.append(_rated_turn(turn, read, size, facts))
    if not turns or not all(turn.by_model for turn in turns):
        return _read_whole(graded, tuple(turns), levels.get((*exchange.question, *exchange.answer)))
    depth = max([turn.depth for turn in turns])
    if grade.again:
        depth = max(0.0, depth - UNHELPED)
    return RatedExchange(exchange, grade, depth, _level(depth), True, tuple(turns))


def _read_whole(graded: GradedExchange, turns: tuple[RatedTurn, ...], level: float | None) -> RatedExchange:
    """An exchange that no model has read turn by turn: by the rules, or by the `level` of a model that read all its answer at
    once, as those of earlier versions did."""
    exchange, grade = graded
    if level is None or not exchange.answer:
        return RatedExchange(exchange, grade, grade.score, grade.level, False, turns)
    return RatedExchange(exchange, grade, 25 * level, _level(25 * level), True, turns)


def _rated_turn(turn: TurnGrade, level: float | None, size: int, facts: int) -> RatedTurn:
    """A turn of `size` characters and so many `facts` by the `level` that the model gives it on average, within what the rules
    leave; without a model by the rules."""
    if level is None:
        return RatedTurn(turn.utterances, turn.score, turn.level, by_model=False)
    depth = 25 * level
    most = MOST_BY_RULES[turn.level]
    if turn.level == 1 and facts:
        most = BESIDE_FACTS
    above = max(0.0, depth - most)
    depth -= above if size <= SURE_OF else LONG_TURN * above
    return RatedTurn(turn.utterances, depth, _level(depth), by_model=True)


def _level(depth: float) -> Level:
    """The level nearest to a depth of 0–100; halfway counts as the higher."""
    return LEVELS[min(4, int(depth / 25 + 0.5))]


def depth(call: Call, *, low_below: int = 2, short_parts: bool = False) -> Measurement:
    """How deeply the agent answers, 0–100: the mean over the customer's questions, requests and problems.

    Parameters
    ----------
    call : Call
        Needs words and both roles. Depth annotations (`qa-speech annotate`) refine the rules where they are there.
    low_below : int, level 0–4
        Exchanges below this level are evidence and make ``low_count``.
    short_parts : bool
        Also give the words of every part found as evidence, not only the poor answers.

    Returns
    -------
    Measurement, unit ``points``
        ``count`` exchanges, ``level0_count`` … ``level4_count``, ``level_mean``, ``depth_total`` (sum of depths; the value is
        depth_total / count), ``lowest``; ``turn_count`` turns of the agent in them and ``turn_depth_total`` the sum of their
        depths; ``answered_count`` (level 2 and above), ``unanswered_count`` (exchanges of level 0 or 1, and questions of one turn
        that nothing answers), ``question_count``, ``multi_count`` turns with several questions; ``low_count`` and ``low_share``;
        ``relevance`` mean 0–100; ``deflected_count`` and ``deflected_share`` (%); ``again_count`` the customer says that it did
        not help, or asks the same again, ``confirmed_count`` the customer says it is clear; exchanges that hold each part:
        ``reason_count``, ``steps_count``, ``number_count``, ``time_limit_count``, ``condition_count``, ``option_count``,
        ``next_step_count``, ``check_back_count``; ``substance_share``, ``guidance_share`` (%);
        ``taken_on_count`` matters registered or passed on, ``informed_count`` of them with a time limit or the next step, and
        ``transparency_share`` (%, 处理透明度; empty when nothing was taken on); ``modelled_count`` rated by a model.
        Evidence: the question of each poor exchange
        (``no_answer``, ``deflected``, ``acknowledged_only``, ``short_answer``, ``no_guidance``), the
        words that took a matter on without saying what happens next (``not_informed``), with `short_parts` every part.
        Value None: ``no_recogniser``, ``no_words``, ``mono``, ``no_role``, ``no_event`` (nothing asked), ``stale_annotation``.

    Notes
    -----
    Politeness has no part in it: on 390 public helpdesk dialogues courtesy words speak against a solved case.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 我的话费怎么多了", "agent: 因为超了套餐流量，每兆两毛九，建议您开个流量包",
    ...                  "customer: 那什么时候生效", "agent: 我也不清楚，你问营业厅吧")
    >>> found = depth(call)
    >>> found.components["level4_count"], found.components["level0_count"], found.evidence[0].note
    (1, 1, 'deflected')
    """
    if reason := no_text(call, "depth"):
        return missing("points", DEPTH, reason)
    every = rated_exchanges(call)
    if not every:
        return missing("points", DEPTH, "no_event")
    total = sum([rated.depth for rated in every])
    spoken: set[int] = set()
    for rated in every:
        spoken.update(rated.exchange.question, rated.exchange.answer)
    trust, why = words_reliability(call, spoken)
    figures: dict[str, float | None] = {
        "depth_total": total,
        "lowest": min([rated.depth for rated in every]),
        "turn_count": sum([len(rated.turns) for rated in every]),
        "turn_depth_total": sum([turn.depth for rated in every for turn in rated.turns]),
        "modelled_count": sum([rated.by_model for rated in every]),
        **_by_level(every, low_below),
        **_by_grade(every),
        **_by_part(every),
        **_transparency(every),
    }
    return Measurement(
        value=total / len(every),
        unit="points",
        components={one.name: figures[one.name] for one in DEPTH},
        evidence=tuple(_evidence(call, every, low_below, short_parts)),
        reliability=trust,
        reliability_reason=why,
    )


def _by_level(every: Sequence[RatedExchange], low_below: int) -> dict[str, float | None]:
    count = len(every)
    levels = [rated.level for rated in every]
    low = sum([level < low_below for level in levels])
    deep = sum([level >= 3 for level in levels])
    return {
        "count": count,
        "answered_count": sum([level >= 2 for level in levels]),
        "unanswered_count": sum([_unanswered(rated) for rated in every]),
        "level_mean": sum(levels) / count,
        **{f"level{level}_count": levels.count(level) for level in LEVELS},
        "low_count": low,
        "low_share": ratio(low, count),
        "substance_share": ratio(deep, count),
    }


def _unanswered(rated: RatedExchange) -> int:
    """A count: 1 for an exchange without an answer, else the questions left open."""
    return 1 if rated.level < 2 else len(rated.grade.open)


def _by_grade(every: Sequence[RatedExchange]) -> dict[str, float | None]:
    grades = [rated.grade for rated in every]
    relevances = [grade.relevance for grade in grades if grade.relevance is not None]
    deflected = sum([grade.deflected for grade in grades])
    return {
        "relevance": ratio(sum(relevances), len(relevances), 1.0),
        "deflected_count": deflected,
        "deflected_share": ratio(deflected, len(grades)),
        "question_count": sum([len(grade.questions) for grade in grades]),
        "multi_count": sum([len(grade.questions) > 1 for grade in grades]),
        "again_count": sum([grade.again for grade in grades]),
        "confirmed_count": sum([grade.confirmed for grade in grades]),
    }


def _by_part(every: Sequence[RatedExchange]) -> dict[str, float | None]:
    """How many exchanges hold each kind of part."""
    kinds = [{part.kind for part in rated.grade.parts} for rated in every]
    guided = sum([not GUIDANCE.isdisjoint(held) for held in kinds])
    counts = {f"{kind}_count": sum([kind in held for held in kinds]) for kind in PART_KINDS}
    return {**counts, "guidance_share": ratio(guided, len(every))}


def _transparency(every: Sequence[RatedExchange]) -> dict[str, float | None]:
    taken_on = [rated for rated in every if rated.grade.taken_on]
    informed = sum([_informed(rated) for rated in taken_on])
    return {
        "taken_on_count": len(taken_on),
        "informed_count": informed,
        "transparency_share": ratio(informed, len(taken_on)),
    }


def _informed(rated: RatedExchange) -> bool:
    """Whether a matter taken on comes with a time limit or with what happens next beyond the taking on."""
    return any(part.kind in ("time_limit", "next_step") for part in rated.grade.parts)


def _evidence(call: Call, every: Sequence[RatedExchange], low_below: int, short_parts: bool) -> list[Evidence]:
    found: list[Evidence] = []
    for rated in every:
        if rated.level < low_below:
            found.append(_poor(call, rated))
        if rated.grade.taken_on and not _informed(rated):
            found.append(_quote(call, rated.exchange.answer[-1], "not_informed"))
        if short_parts:
            found += [_quote_part(call, part) for part in rated.grade.parts]
    return sorted(found, key=lambda evidence: (evidence.start, evidence.end))


def _poor(call: Call, rated: RatedExchange) -> Evidence:
    """The words that push the matter away, else the question that has no answer."""
    if rated.level < 2 and rated.grade.deflected:
        return _quote(call, _deflecting(call, rated.exchange.answer), "deflected")
    return _quote(call, rated.exchange.question[0], POOR[rated.level])


def _deflecting(call: Call, answer: Sequence[int]) -> int:
    """The first utterance that pushes the matter away; the last with words where no rule says which."""
    said = [index for index in answer if call.utterances[index].text]
    for index in said:
        if any(hit.kind == "deflection" for hit in violations(call.utterances[index].text or "")):
            return index
    return said[-1]


def _quote(call: Call, index: int, note: str) -> Evidence:
    said = call.utterances[index]
    return Evidence("quote", said.start, said.end, said.role, said.text or "", note, index)


def _quote_part(call: Call, part: Part) -> Evidence:
    said = call.utterances[part.utterance]
    start, end, _ = span_time(said, part.start, part.end)
    words = (said.text or "")[part.start : part.end]
    return Evidence("quote", start, end, Role.AGENT, words, f"part_{part.kind}", part.utterance)


METRICS = (Metric("depth", depth, "points", ("words",), DEPTH, "回答深度", "answer depth"),)
