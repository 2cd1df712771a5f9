"""`phrase`: words that have to be said, or must not be said, with places, exceptions, borders and sounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from qa_speech.call import Evidence, Role
from qa_speech.language.phrases import fold
from qa_speech.scorecard.checks.base import Operator, Reason, Text
from qa_speech.scorecard.checks.window import Bounds, Counted, windowed
from qa_speech.scorecard.checks.wordings import Sought, Wordings, matched, said, sought
from qa_speech.scorecard.context import Hit, Quoted
from qa_speech.scorecard.question import MAX_EVIDENCE, Detail, Evaluator, Needs, Question, Result, with_said

MAX_FOUND = 3
"""Quotes shown of what had to be said and was."""
_NAMED = 6
"""Phrases of the list that are named in the detail."""

Mode = Literal["any", "all", "some", "none"]


class Phrase(Counted, Operator):
    """Words that have to be said, or must not be said."""

    NAME: ClassVar[str] = "phrase"
    REASONS: ClassVar[tuple[Reason, ...]] = (
        Reason(
            "phrase_found", True,
            "mode (any, all, some, none), phrases (up to six, joined by 、), phrase_count, count, at_least, "
            "said (the words heard)", "phrase_said",
        ),
        Reason(
            "phrase_missing", False,
            "as phrase_found; searched_from_s, searched_to_s; missing (mode all: which)", "phrase_avoided",
        ),
        Reason("phrase_too_few", False, "as phrase_missing, with what was said", "phrase_avoided"),
        Reason("phrase_said", False, "count, said: unwanted words (taboo)", "phrase_found"),
        Reason("phrase_too_many", False, "count, at_most, said"),
        Reason("phrase_avoided", True, "phrases: none of the unwanted words was said", "phrase_missing"),
    )  # fmt: skip

    any: Wordings | None = Field(None, min_length=1, description="说到任何一句即可；at_least / at_most 数次数")
    all: Wordings | None = Field(None, min_length=1, description="每一句都要说到")
    some: Wordings | None = Field(None, min_length=1, description="其中至少 at_least 句不同的话要说到")
    none: Wordings | None = Field(None, min_length=1, description="一句也不许说（忌语）")
    unless: tuple[Text, ...] = Field((), description="被这些更长的说法盖住时不算，对每一句有效")
    homophones: bool = Field(False, description="同音字也算")
    borders: bool | None = Field(
        None, description="命中必须落在词的边界上（“滚”不命中“翻滚”）；none 默认是，其余默认否"
    )

    @model_validator(mode="after")
    def _one_list(self) -> Phrase:
        given = list(self._lists)
        if len(given) != 1:
            raise ValueError(f"give exactly one of any, all, some, none; got {' and '.join(given) or 'none of them'}")
        if given[0] in ("all", "none") and not self.unbounded:
            raise ValueError(f"at_least and at_most do not go with {given[0]}")
        if self.some is not None:
            if self.at_least is None or self.at_most is not None:
                raise ValueError("some needs at_least: how many of the phrases")
            if not 1 <= self.at_least <= len(self.some):
                raise ValueError(f"at_least {self.at_least} of {len(self.some)} phrases is not possible")
        return self

    @property
    def _lists(self) -> dict[Mode, Wordings]:
        """The lists that are given, by mode: one in a valid card."""
        named: dict[Mode, Wordings | None] = {"any": self.any, "all": self.all, "some": self.some, "none": self.none}
        return {mode: wordings for mode, wordings in named.items() if wordings is not None}

    @property
    def mode(self) -> Mode:
        """``any``, ``all``, ``some`` or ``none``."""
        return next(iter(self._lists))

    @property
    def wordings(self) -> Wordings:
        """The phrases, whatever the mode."""
        return next(iter(self._lists.values()))

    @property
    def strict(self) -> bool:
        """Whether a hit has to keep to the borders of words."""
        return self.none is not None if self.borders is None else self.borders

    @property
    def wanted(self) -> Bounds:
        """How many hits (mode some and all: how many of the phrases) are wanted."""
        if self.all is not None:
            return Bounds(len(self.all), None)
        if self.none is not None:
            return Bounds(0, 0)
        return self.bounds(1, None)

    def always(self) -> bool | None:
        """Where every phrase is excused by an exception of its own nothing is ever found."""
        lost = [self._is_lost(wording.phrases, wording.unless) for wording in self.wordings]
        if all(lost) or (any(lost) and self.all is not None):
            return self.none is not None
        return self.allows_anything() if self.any is not None else None

    def _is_lost(self, phrases: Iterable[str], exceptions: Iterable[str]) -> bool:
        excused = {fold(longer) for longer in (*exceptions, *self.unless)}
        folded = {fold(phrase) for phrase in phrases}
        return bool(folded) and folded <= excused

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it."""
        return windowed(self, _evaluator(self, needs))


def _evaluator(model: Phrase, needs: Needs) -> Evaluator:
    wanted = [
        sought(wording, model.unless, homophones=model.homophones, borders=model.strict, needs=needs)
        for wording in model.wordings
    ]
    # one look tells which wordings can be there at all
    owners = _owners(wanted)
    role = model.speaker
    mode = model.mode
    bounds = model.wanted
    # said as it stands settles a phrase that is wanted once; patterns cost more and are then not needed
    once = mode == "any" and bounds == Bounds(1, None)
    names = [one.name for one in wanted]
    base: Detail = {
        "operator": "phrase", "mode": mode, "phrases": "、".join(names[:_NAMED]), "phrase_count": len(names),
    }  # fmt: skip
    if role is not None:
        base["role"] = str(role)

    def decide(question: Question) -> Result:
        reason = question.unmeasured(role)
        if reason:
            return Result(None, reason, base)
        present = owners.keys() & question.context.present
        chosen = {index for key in present for index in owners[key]}
        groups = {index: said(question, wanted[index], role) for index in sorted(chosen)}
        settled = once and question.gather != "all" and any(groups.values())
        if not settled:
            # a sound counts only where the phrase is not said as it stands
            for index, group in groups.items():
                if not group and wanted[index].patterns:
                    groups[index] = matched(question, wanted[index], role)
        if mode == "any" or mode == "none":
            return _judged(question, role, base, _spots(groups), bounds)
        firsts = sorted([group[0] for group in groups.values() if group])
        detail = base
        if mode == "all" and len(firsts) < len(names):
            missing = [name for index, name in enumerate(names) if not groups.get(index)]
            detail = {**base, "missing": "、".join(missing)}
        return _judged(question, role, detail, firsts, Bounds(bounds.low, None))

    return decide


def _owners(wanted: list[Sought]) -> dict[str, list[int]]:
    """For every phrase and pattern the places of the wordings it belongs to."""
    owners: dict[str, list[int]] = {}
    for index, one in enumerate(wanted):
        for key in one.keys:
            owners.setdefault(key, []).append(index)
    return owners


def _spots(groups: Mapping[int, list[Hit]]) -> list[Hit]:
    """All hits in order; where two wordings overlap the one that begins first counts, and of these the longer."""
    ordered = [hit for group in groups.values() for hit in group]
    if len(ordered) < 2:
        return ordered
    ordered.sort(key=lambda hit: (hit.utterance, hit.start, -hit.end))
    found = ordered[:1]
    for hit in ordered[1:]:
        if found[-1].utterance != hit.utterance or hit.start >= found[-1].end:
            found.append(hit)
    return found


def _judged(question: Question, role: Role | None, base: Detail, found: list[Hit], bounds: Bounds) -> Result:
    """The hits held against how many are wanted."""
    low, high = bounds
    count = len(found)
    detail: Detail = {**base, "count": count, **bounds.detail()}
    too_many = high is not None and count > high
    if question.gather == "none":
        return Result(low <= count and not too_many, "", detail)
    review = ["mono"] if role is None and question.context.roles == (Role.UNKNOWN,) else []
    if high is not None and too_many:
        quotes = question.quoted(found, MAX_EVIDENCE)
        sure = _sure(question, quotes)
        if sure <= high and sure < len(quotes):
            review.append("unsure_words")
        evidence = _evidence(quotes)
        reason = "phrase_too_many" if high else "phrase_said"
        return Result(False, reason, with_said(detail, evidence), evidence, tuple(review), count - high)
    if low and count >= low:
        quotes = question.quoted(found, max(MAX_FOUND, low))
        if _sure(question, quotes) < low:
            review.append("unsure_words")
        evidence = _evidence(quotes)
        return Result(True, "phrase_found", with_said(detail, evidence), evidence, tuple(review))
    review += question.search_doubts(role)
    evidence = _evidence(question.quoted(found, MAX_FOUND))
    if not low:
        shown = evidence or (question.absence(role, "phrase_avoided"),)
        return Result(True, "phrase_avoided", detail, shown, tuple(review))
    absent = question.absence(role, "phrase_missing")
    detail = with_said({**detail, "searched_from_s": absent.start, "searched_to_s": absent.end}, evidence)
    reason = "phrase_too_few" if count else "phrase_missing"
    return Result(False, reason, detail, (*evidence, absent), tuple(review), low - count)


def _sure(question: Question, quotes: list[Quoted]) -> int:
    """How many quotes rest on words that were recognised well."""
    limit = question.context.limits.min_probability
    return [quote.probability >= limit for quote in quotes].count(True)


def _evidence(quotes: list[Quoted]) -> tuple[Evidence, ...]:
    return tuple([quote.evidence for quote in quotes])
