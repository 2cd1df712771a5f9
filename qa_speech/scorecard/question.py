"""What a check is asked, and what it answers: the two values that pass between `score` and the operators.

A card is compiled once: every check becomes an `Evaluator`, a function from a `Question` to a `Result`. Three-valued
logic: what cannot be measured is neither true nor false, and it decides `all` and `any` only where nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from qa_speech.call import MASKED, UNDIVIDED, Role
from qa_speech.scorecard.context import EVERYWHERE, Context, Hit, Quoted, Reach
from qa_speech.scorecard.search import Book
from qa_speech.scores import Evidence, Measurement

MAX_EVIDENCE = 10
"""Pieces of evidence that are shown of one check."""

WHO = "who_said_it"
"""Review reason: the words are there, and nobody knows whose they are."""

Detail: TypeAlias = dict[str, str | float | None]
Gather: TypeAlias = Literal["none", "few", "all"]
"""How much evidence is wanted: none of a condition, every place of an anchor, else a few."""


class Question(NamedTuple):
    """What a check is asked: of which call, where in it, and with how much evidence."""

    context: Context
    reach: Reach = EVERYWHERE
    gather: Gather = "few"

    def within(self, reach: Reach) -> Question:
        """The same question of another part of the call."""
        return Question(self.context, reach, self.gather)

    def gathering(self, gather: Gather) -> Question:
        """The same question with more or less evidence."""
        return Question(self.context, self.reach, gather)

    def unmeasured(self, role: Role | None) -> str:
        """Why words of a role cannot be looked for, or ""."""
        context = self.context
        if not context.worded:
            return "no_words" if context.call.recognised else "no_recogniser"
        if role is not None and role not in context.roles:
            return "mono" if Role.UNKNOWN in context.roles else "no_role"
        return ""

    def quoted(self, hits: Sequence[Hit], most: int) -> list[Quoted]:
        """The words of the first `most` hits, or of all where every place is wanted."""
        shown = hits if self.gather == "all" else hits[:most]
        return [self.context.quoted(hit) for hit in shown]

    def is_sure(self, quoted: Quoted) -> bool:
        """Whether the words of a quote were recognised well enough."""
        return quoted.probability >= self.context.limits.min_probability

    def search_doubts(self, role: Role | None) -> list[str]:
        """Review reasons for something not heard: then the words that were searched have to be good."""
        doubt = self.context.doubt(role, self.reach)
        reasons = []
        if doubt.unsure:
            reasons.append("unsure_search")
        if doubt.missing:
            reasons.append("words_missing")
        return reasons + self._unheard(role)

    def _unheard(self, role: Role | None) -> list[str]:
        """Review reasons where part of the reach is masked, or of nobody in particular: it may have been said there."""
        call = self.context.call
        kinds = {sound.kind for sound in call.sounds}
        reasons = []
        if UNDIVIDED in kinds and role is not None and self.context.within(Role.UNKNOWN, self.reach):
            reasons.append("undivided")
        if MASKED in kinds:
            start, end = self.context.span(self.reach)
            sides = set(Role)
            if role is not None:
                sides = {role, Role.UNKNOWN}
            masked = [sound for sound in call.sounds if sound.kind == MASKED and sound.role in sides]
            if any(sound.start < end and start < sound.end for sound in masked):
                reasons.append("masked")
        return reasons

    def absence(self, role: Role | None, reason: str) -> Evidence:
        """Evidence of something not heard: the span that was searched."""
        start, end = self.context.span(self.reach)
        return Evidence("absence", start, end, role, note=reason)

    def stretch(self, role: Role | None, name: str) -> Evidence:
        """Where to listen when a figure has no place of its own (a mean, a share): the stretch it was taken over."""
        start, end = self.context.span(self.reach)
        return Evidence("interval", start, end, role, note=name)


class Result(NamedTuple):
    """What a check came to.

    `holds` None = not measured, with the reason. `applies` False = there was nothing to judge. `hits` counts what
    speaks against it, for deductions per hit. `value` is a metric's figure, for bands.
    """

    holds: bool | None
    reason: str
    detail: Mapping[str, str | float | None] = {}
    evidence: tuple[Evidence, ...] = ()
    review: tuple[str, ...] = ()
    hits: int = 1
    value: float | None = None
    applies: bool = True

    def telling(self, more: Mapping[str, str | float | None]) -> Result:
        """The same, with more in its detail: words, and figures in the units of what was asked."""
        holds, reason, detail, evidence, review, hits, value, applies = self
        return Result(holds, reason, {**detail, **more}, evidence, review, hits, value, applies)


Evaluator: TypeAlias = Callable[[Question], Result]


class Measure(NamedTuple):
    """A metric's function and the parameters a card gives it."""

    function: Callable[..., Measurement]
    params: Mapping[str, Any]


@dataclass
class Needs:
    """What a card asks of a call, collected while it is compiled: phrases for one search, metrics to be measured once."""

    phrases: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    metrics: dict[str, Measure] = field(default_factory=dict)

    def book(self) -> Book:
        """The phrases, in an order that does not depend on the process."""
        return Book(tuple(sorted(self.phrases)), tuple(sorted(self.patterns)))


def with_said(detail: Detail, evidence: Iterable[Evidence]) -> Detail:
    """The detail of a result, with the words that were heard, each once."""
    heard = dict.fromkeys([piece.quote for piece in evidence])
    return {**detail, "said": "、".join(heard)} if heard else detail


def near(value: float, bounds: Iterable[float], share: float) -> bool:
    """Whether a figure is so close to a bound that an error of measurement could decide. A count never is.

    `share` is the error, 0–1 of the bound.

    >>> near(5.1, [5.0], 0.05), near(5.0, [5.0], 0.05), near(6.0, [5.0], 0.05)
    (True, False, False)
    """
    close = [bound for bound in bounds if abs(value - bound) <= share * abs(bound)]
    if not close:
        return False
    counted = value == int(value) and all(bound == int(bound) for bound in close)
    return not counted


def weightiest(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """At most ten pieces, the longest ones, in order of time."""
    if len(evidence) <= MAX_EVIDENCE:
        return evidence
    longest_first = sorted(evidence, key=lambda piece: (piece.start - piece.end, piece.start))
    shown = longest_first[:MAX_EVIDENCE]
    return tuple(sorted(shown, key=lambda piece: (piece.start, piece.end)))


def unique(codes: Iterable[str]) -> tuple[str, ...]:
    """Each code once, in order."""
    return tuple(dict.fromkeys(codes))
