"""`phrase`: words that have to be said, or must not be said, with places, exceptions, borders and sounds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from qa_speech.call import Role
from qa_speech.errors import problem
from qa_speech.language.phrases import fold
from qa_speech.scorecard.checks.anyone import by_anyone
from qa_speech.scorecard.checks.base import Operator, Reason, Text
from qa_speech.scorecard.checks.counted import Wanted, wanted_of
from qa_speech.scorecard.checks.window import Bounds, Counted, windowed
from qa_speech.scorecard.checks.wordings import Sought, Wording, Wordings, matched, said, sought
from qa_speech.scorecard.context import Hit, Quoted
from qa_speech.scorecard.question import MAX_EVIDENCE, Detail, Evaluator, Needs, Question, Result, with_said
from qa_speech.scores import Evidence

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
            "phrase_found",
            True,
            "mode (any, all, some, none), phrases (up to six, joined by 、), phrase_count, count, at_least, "
            "said (the words heard)",
            "phrase_said",
        ),
        Reason(
            "phrase_missing",
            False,
            "as phrase_found; searched_from_s, searched_to_s; missing (mode all: which)",
            "phrase_avoided",
        ),
        Reason("phrase_too_few", False, "as phrase_missing, with what was said", "phrase_avoided"),
        Reason("phrase_said", False, "count, said: unwanted words (taboo)", "phrase_found"),
        Reason("phrase_too_many", False, "count, at_most, said"),
        Reason("phrase_avoided", True, "phrases: none of the unwanted words was said", "phrase_missing"),
    )

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
            names = " and ".join(given) or "none of them"
            raise ValueError(problem("give exactly one of any, all, some, none; got {names}", names=names))
        if given[0] in ("all", "none") and not self.unbounded:
            raise ValueError(problem("at_least and at_most do not go with {given}", given=given[0]))
        if self.some is not None:
            if self.at_least is None or self.at_most is not None:
                raise ValueError(problem("some needs at_least: how many of the phrases"))
            if not 1 <= self.at_least <= len(self.some):
                raise ValueError(
                    problem(
                        "at_least {at_least} of {count} phrases is not possible",
                        at_least=self.at_least,
                        count=len(self.some),
                    )
                )
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
        lost = [self._is_lost(wording) for wording in self.wordings]
        is_hopeless = any(lost) if self.all is not None else all(lost)
        if is_hopeless:
            return self.none is not None
        return self.allows_anything() if self.any is not None else None

    def _is_lost(self, wording: Wording) -> bool:
        """Whether all that counts as a phrase is excused."""
        phrases = {fold(phrase) for phrase in wording.phrases}
        excused = {fold(longer) for longer in (*wording.unless, *self.unless)}
        return bool(phrases) and phrases <= excused

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it."""
        return by_anyone(self, lambda one: windowed(one, _evaluator(one, needs)), forbids=self.wanted.low == 0)


def _evaluator(model: Phrase, needs: Needs) -> Evaluator:
    wordings = [
        sought(wording, model.unless, homophones=model.homophones, borders=model.strict, needs=needs)
        for wording in model.wordings
    ]
    # one look tells which wordings can be there at all
    owners = _owners(wordings)
    role = model.speaker
    mode = model.mode
    bounds = model.wanted
    wanted = wanted_of("phrase", role, bounds)
    # said as it stands settles a phrase that is wanted once; patterns cost more and are then not needed
    once = mode == "any" and bounds == Bounds(1, None)
    names = [wording.name for wording in wordings]
    base: Detail = {"operator": "phrase", "mode": mode}
    base["phrases"] = "、".join(names[:_NAMED])
    base["phrase_count"] = len(names)
    if role is not None:
        base["role"] = str(role)

    def decide(question: Question) -> Result:
        reason = question.unmeasured(role)
        if reason:
            return Result(None, reason, base)
        present = owners.keys() & question.context.present
        chosen: set[int] = set()
        for key in present:
            chosen.update(owners[key])
        groups = {index: said(question, wordings[index], role) for index in sorted(chosen)}
        is_settled = once and question.gather != "all" and any(groups.values())
        if not is_settled:
            _add_matches(question, role, wordings, groups)
        if mode == "any" or mode == "none":
            return _judged(question, wanted, base, _spots(groups))
        firsts = sorted([group[0] for group in groups.values() if group])
        detail = base
        if mode == "all" and len(firsts) < len(names):
            missing = [name for index, name in enumerate(names) if not groups.get(index)]
            detail = {**base, "missing": "、".join(missing)}
        return _judged(question, wanted, detail, firsts)

    return decide


def _add_matches(question: Question, role: Role | None, wordings: list[Sought], groups: dict[int, list[Hit]]) -> None:
    """Look for patterns and sounds: a sound counts only where the phrase is not said as it stands."""
    for index, group in groups.items():
        one = wordings[index]
        if not group and one.patterns:
            groups[index] = matched(question, one, role)


def _owners(wordings: list[Sought]) -> dict[str, list[int]]:
    """For every phrase and pattern the wordings it belongs to, by their place in the list."""
    owners: dict[str, list[int]] = {}
    for index, wording in enumerate(wordings):
        for key in wording.keys:
            owners.setdefault(key, []).append(index)
    return owners


def _spots(groups: Mapping[int, list[Hit]]) -> list[Hit]:
    """All hits in order; where two wordings overlap the one that begins first counts, and of these the longer."""
    ordered = list(chain(*groups.values()))
    if len(ordered) < 2:
        return ordered
    ordered.sort(key=lambda hit: (hit.utterance, hit.start, -hit.end))
    last = ordered[0]
    found = [last]
    for hit in ordered[1:]:
        if hit.utterance != last.utterance or hit.start >= last.end:
            found.append(hit)
            last = hit
    return found


class _Heard(NamedTuple):
    """What was heard of a list of phrases, to be held against how much is wanted."""

    question: Question
    role: Role | None
    hits: list[Hit]
    detail: Detail
    review: list[str]


def _judged(question: Question, wanted: Wanted, base: Detail, hits: list[Hit]) -> Result:
    """The hits held against how many are wanted."""
    _, role, low, high, bounds = wanted
    count = len(hits)
    detail: Detail = {**base, "count": count, **bounds}
    is_enough = count >= low
    if question.gather == "none":
        holds = is_enough and (high is None or count <= high)
        return Result(holds, "", detail)
    review: list[str] = []
    if role is None and question.context.roles == (Role.UNKNOWN,):
        review.append("mono")
    heard = _Heard(question, role, hits, detail, review)
    if high is not None and count > high:
        return _too_many(heard, high)
    if not low:
        return _avoided(heard)
    return _found(heard, low) if is_enough else _missing(heard, low)


def _too_many(heard: _Heard, high: int) -> Result:
    quotes = heard.question.quoted(heard.hits, MAX_EVIDENCE)
    evidence = _evidence(quotes)
    sure = _sure(heard.question, quotes)
    if sure <= high and sure < len(quotes):
        heard.review.append("unsure_words")
    reason = "phrase_too_many" if high else "phrase_said"
    detail = with_said(heard.detail, evidence)
    return Result(False, reason, detail, evidence, tuple(heard.review), len(heard.hits) - high)


def _found(heard: _Heard, low: int) -> Result:
    quotes = heard.question.quoted(heard.hits, max(MAX_FOUND, low))
    evidence = _evidence(quotes)
    if _sure(heard.question, quotes) < low:
        heard.review.append("unsure_words")
    return Result(True, "phrase_found", with_said(heard.detail, evidence), evidence, tuple(heard.review))


def _avoided(heard: _Heard) -> Result:
    question, role, hits, detail, review = heard
    review += question.search_doubts(role)
    evidence = _evidence(question.quoted(hits, MAX_FOUND))
    if not evidence:
        evidence = (question.absence(role, "phrase_avoided"),)
    return Result(True, "phrase_avoided", detail, evidence, tuple(review))


def _missing(heard: _Heard, low: int) -> Result:
    question, role, hits, detail, review = heard
    review += question.search_doubts(role)
    evidence = _evidence(question.quoted(hits, MAX_FOUND))
    absent = question.absence(role, "phrase_missing")
    detail["searched_from_s"] = absent.start
    detail["searched_to_s"] = absent.end
    reason = "phrase_too_few" if hits else "phrase_missing"
    detail = with_said(detail, evidence)
    return Result(False, reason, detail, (*evidence, absent), tuple(review), low - len(hits))


def _sure(question: Question, quotes: list[Quoted]) -> int:
    """How many quotes rest on words that were recognised well."""
    return [question.is_sure(quote) for quote in quotes].count(True)


def _evidence(quotes: list[Quoted]) -> tuple[Evidence, ...]:
    return tuple([quote.evidence for quote in quotes])
