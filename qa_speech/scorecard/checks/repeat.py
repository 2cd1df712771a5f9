"""`repeat`: the role says something again that it (or the other party) said shortly before."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from qa_speech.call import Role
from qa_speech.errors import problem
from qa_speech.language.asking import is_question
from qa_speech.scorecard.checks.base import ANYONE, Operator, Reason, Share
from qa_speech.scorecard.checks.window import Counted, windowed
from qa_speech.scorecard.context import Context
from qa_speech.scorecard.likeness import is_alike
from qa_speech.scorecard.question import MAX_EVIDENCE, Detail, Evaluator, Needs, Question, Result
from qa_speech.scores import Evidence


class Repeat(Counted, Operator):
    """The same thing said again. Without at_least and at_most: it must not happen."""

    NAME: ClassVar[str] = "repeat"
    REASONS: ClassVar[tuple[Reason, ...]] = (
        Reason("not_repeated", True, "of (own, other), count, at_most", "repeat_missing"),
        Reason("repeated", False, "as not_repeated; evidence: pairs of earlier and later words", "repeat_found"),
        Reason("repeat_found", True, "at_least: a repetition was wanted and there is one"),
        Reason("repeat_missing", False, "at_least, count"),
    )

    of: Literal["own", "other"] = Field("own", description="own 重复自己说过的话；other 重复对方说过的话")
    questions: bool = Field(False, description="只看问句（客户重复追问）")
    similarity: Share = Field(0.75, gt=0, description="相似度达到多少算重复（字对余弦）")
    min_chars: Annotated[int, Field(ge=2, le=200)] = Field(6, description="少于几个字的话不看")
    within: Annotated[int, Field(ge=1, le=100)] = Field(4, description="与之前的几句话比较")

    @model_validator(mode="after")
    def _whose(self) -> Repeat:
        if self.role is None:
            raise ValueError(problem("repeat needs role: whose repeating is looked for"))
        if self.role == ANYONE:
            raise ValueError(
                problem("repeat needs to know who speaks; role: {anyone} has no meaning here", anyone=ANYONE)
            )
        return self

    def always(self) -> bool | None:
        """Only where every count holds."""
        return self.allows_anything()

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it; needs no phrases and no metrics."""
        return windowed(self, _evaluator(self))


class _Repetition(NamedTuple):
    """Two utterances: the one that was said before, and the one that says it again."""

    earlier: int
    later: int


def _evaluator(model: Repeat) -> Evaluator:
    role = model.speaker or Role.AGENT
    bounds = model.bounds(0, 0)
    low, high = bounds
    base: Detail = {"operator": "repeat", "of": model.of, "role": str(role)}
    if model.questions:
        base["questions"] = "yes"

    def decide(question: Question) -> Result:
        reason = question.unmeasured(role)
        if reason:
            return Result(None, reason, base)
        context = question.context
        found = _repetitions(model, question, role)
        count = len(found)
        detail: Detail = {**base, "count": count, **bounds.detail()}
        if count < low:
            return Result(False, "repeat_missing", detail, (question.absence(role, "repeat_missing"),))
        shown = found if question.gather == "all" else found[: MAX_EVIDENCE // 2]
        evidence = tuple([_whole(context, index) for index in chain(*shown)])
        is_shaky = any(context.is_shaky(index) for index in chain(*found))
        review: tuple[str, ...] = ("unsure_words",) if is_shaky else ()
        if high is not None and count > high:
            return Result(False, "repeated", detail, evidence, review, count - high)
        return Result(True, "repeat_found" if low else "not_repeated", detail, evidence, review)

    return decide


def _repetitions(model: Repeat, question: Question, role: Role) -> list[_Repetition]:
    """What was said again, in order; each utterance repeats at most one, the nearest."""
    context = question.context
    source = role if model.of == "own" else role.other
    looked_at = set(context.within(role, question.reach))
    limit = model.similarity**2
    recent = deque[tuple[int, frozenset[int]]](maxlen=model.within)
    found: list[_Repetition] = []
    pairs = dict(context.pairs_of(role))
    if source is not role:
        pairs |= context.pairs_of(source)
    for index in sorted(pairs):
        if len(context.texts[index]) < model.min_chars:
            continue
        utterance = context.utterances[index]
        mine = pairs[index]
        if utterance.role is role and index in looked_at and _is_asked(model, utterance.text or ""):
            size = len(mine)
            low, high = limit * size, size / limit + 1
            for earlier, theirs in reversed(recent):
                # a hair wider than the sizes that can be alike
                if low <= len(theirs) <= high and is_alike(mine, theirs, limit):
                    found.append(_Repetition(earlier, index))
                    break
        if utterance.role is source:
            recent.append((index, mine))
    return found


def _is_asked(model: Repeat, text: str) -> bool:
    """Whether an utterance is one of those that the card wants looked at."""
    return not model.questions or is_question(text)


def _whole(context: Context, index: int) -> Evidence:
    said = context.utterances[index]
    return Evidence("quote", said.start, said.end, said.role, said.text or "", "repeat", index)
