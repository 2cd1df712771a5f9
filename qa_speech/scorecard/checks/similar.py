"""`similar`: an utterance, or a clause or two of it, is like one of the sentences. By likeness, no model."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from qa_speech.language.phrases import fold
from qa_speech.scorecard.checks.anyone import by_anyone
from qa_speech.scorecard.checks.base import Operator, Reason, Share, Text
from qa_speech.scorecard.checks.counted import counted, reasons, wanted_of
from qa_speech.scorecard.checks.window import Counted, windowed
from qa_speech.scorecard.context import Hit
from qa_speech.scorecard.likeness import likeness, pairs
from qa_speech.scorecard.question import Detail, Evaluator, Needs, Question, Result
from qa_speech.scorecard.sounds import sounds

_BETWEEN_CLAUSES = re.compile(r"[，。！？；、,.!?;\s]+")


class Similar(Counted, Operator):
    """A sentence said in other words, by likeness of characters or of sound; no model. Default: at least once."""

    NAME: ClassVar[str] = "similar"
    REASONS: ClassVar[tuple[Reason, ...]] = reasons(
        "similar",
        "to, similarity (limit), best (nearest that was heard)",
        "a sentence of this kind must not be said",
        "it was not said",
    )

    to: Annotated[tuple[Text, ...], Field(min_length=1, max_length=200)] = Field(description="标准话术，可多句")
    by: Literal["characters", "pinyin"] = Field("characters", description="按字或按拼音比较")
    similarity: Share = Field(0.6, gt=0, description="相似度达到多少算说到")

    def always(self) -> bool | None:
        """Only where every count holds."""
        return self.allows_anything()

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it; needs no phrases and no metrics."""
        return by_anyone(self, lambda one: windowed(one, _evaluator(one)), forbids=self.bounds(1, None).low == 0)


def _evaluator(model: Similar) -> Evaluator:
    role = model.speaker
    written: Callable[[str], str] = sounds if model.by == "pinyin" else str
    targets = [pairs(written(fold(sentence))) for sentence in model.to]
    wanted = wanted_of("similar", role, model.bounds(1, None))
    base: Detail = {"operator": "similar", "to": model.to[0], "similarity": model.similarity}
    if role is not None:
        base["role"] = str(role)

    def decide(question: Question) -> Result:
        reason = question.unmeasured(role)
        if reason:
            return Result(None, reason, base)
        context = question.context
        best = 0.0
        found: list[tuple[Hit, ...]] = []
        for index in context.within(role, question.reach):
            text = context.texts[index]
            for stretch in _stretches(context.utterances[index].text or ""):
                mine = pairs(written(text[stretch.start : stretch.end]))
                nearest = max([likeness(mine, target) for target in targets])
                best = max(best, nearest)
                if nearest >= model.similarity:
                    found.append((Hit(index, stretch.start, stretch.end, "similar"),))
                    break
        detail: Detail = {**base, "best": round(best, 4)}
        return counted(question, wanted, found, detail)

    return decide


class _Stretch(NamedTuple):
    """A span in folded text."""

    start: int
    end: int


@lru_cache(maxsize=8192)
def _stretches(text: str) -> tuple[_Stretch, ...]:
    """Stretches of folded text to compare: single clauses, two neighbours, and the whole."""
    edges = [0]
    for clause in _BETWEEN_CLAUSES.split(text):
        length = len(fold(clause))
        if length:
            edges.append(edges[-1] + length)
    if len(edges) == 1:
        return ()
    singles = [_Stretch(start, end) for start, end in pairwise(edges)]
    doubles = [_Stretch(start, end) for start, end in zip(edges, edges[2:], strict=False)]
    return tuple(dict.fromkeys([*singles, *doubles, _Stretch(0, edges[-1])]))
