"""`all`, `any`, `not`: checks of checks, in three-valued logic.

What is not measured is neither true nor false: it decides only where nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from qa_speech.scorecard.checks.base import Operator, walk
from qa_speech.scorecard.question import MAX_EVIDENCE, Evaluator, Needs, Question, Result, unique
from qa_speech.scores import Evidence


@dataclass(frozen=True)
class Every(Operator):
    """Every one has to hold: one that does not decides."""

    NAME: ClassVar[str] = "all"
    SHOWS: ClassVar[bool] = False

    parts: tuple[Operator, ...]

    def children(self) -> tuple[Operator, ...]:
        """Its parts."""
        return self.parts

    def always(self) -> bool | None:
        """False where one part never holds, True where all always do."""
        return _always(self.parts, decisive=False)

    def label(self) -> str:
        """Those of its parts."""
        return " + ".join([part.label() for part in self.parts])

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it."""
        return _combined(self.NAME, [part.compiled(needs) for part in self.parts], decisive=False)


@dataclass(frozen=True)
class Either(Operator):
    """One has to hold, and decides."""

    NAME: ClassVar[str] = "any"
    SHOWS: ClassVar[bool] = False

    parts: tuple[Operator, ...]

    def children(self) -> tuple[Operator, ...]:
        """Its parts."""
        return self.parts

    def always(self) -> bool | None:
        """True where one part always holds, False where none ever does."""
        return _always(self.parts, decisive=True)

    def label(self) -> str:
        """Those of its parts."""
        return " | ".join([part.label() for part in self.parts])

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it."""
        return _combined(self.NAME, [part.compiled(needs) for part in self.parts], decisive=True)


@dataclass(frozen=True)
class Negated(Operator):
    """The opposite; what is not measured stays so."""

    NAME: ClassVar[str] = "not"
    SHOWS: ClassVar[bool] = False

    inner: Operator

    def children(self) -> tuple[Operator, ...]:
        """What it turns round."""
        return (self.inner,)

    def always(self) -> bool | None:
        """The opposite of what the inner one always is."""
        inner = self.inner.always()
        return None if inner is None else not inner

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it."""
        inner = self.inner.compiled(needs)
        opposites: dict[str, str] = {}
        for operator in walk(self.inner):
            opposites |= {reason.code: reason.opposite for reason in operator.REASONS if reason.opposite}

        def decide(question: Question) -> Result:
            found = inner(question)
            if found.holds is None:
                return found
            reason = opposites.get(found.reason) or _negated(found.reason)
            return found._replace(holds=not found.holds, reason=reason).telling({"negated": "yes"})

        return decide


def _negated(reason: str) -> str:
    """The code of a negation that has no name of its own."""
    return reason.removeprefix("not_") if reason.startswith("not_") else f"not_{reason}"


def _always(parts: Sequence[Operator], *, decisive: bool) -> bool | None:
    outcomes = [part.always() for part in parts]
    if decisive in outcomes:
        return decisive
    return None if None in outcomes else not decisive


def _combined(name: str, parts: Sequence[Evaluator], *, decisive: bool) -> Evaluator:
    """One part whose answer is `decisive` decides; else one that is not measured; else all together."""

    def decide(question: Question) -> Result:
        results = [part(question) for part in parts]
        results = [result for result in results if result.applies]
        if not results:
            return Result(None, "no_anchor", {"operator": name}, applies=False)
        deciding = [result for result in results if result.holds is decisive]
        if deciding:
            return _decided(name, deciding, len(results))
        for result in results:
            if result.holds is None:
                return result.telling({"combined": name})
        return _joined(name, results, len(results))

    return decide


def _decided(name: str, deciding: list[Result], parts: int) -> Result:
    """One part about which there is no doubt decides; the doubtful ones are shown after it and count for nothing."""
    certain = [result for result in deciding if not result.review]
    if not certain:
        return _joined(name, deciding, parts)
    doubtful = [result for result in deciding if result.review]
    found = _joined(name, [*certain, *doubtful], parts)
    return found._replace(review=(), hits=_hits(name, certain))


def _joined(name: str, shown: list[Result], parts: int) -> Result:
    """The result of the first, with the evidence of all that are shown; `parts` is how many were asked."""
    first = shown[0]
    detail = {**first.detail, "combined": name, "parts": parts, "deciding": len(shown)}
    pieces: list[Evidence] = []
    codes: list[str] = []
    for result in shown:
        pieces += result.evidence
        codes += result.review
    evidence = _apart(pieces)[: 2 * MAX_EVIDENCE]
    return Result(first.holds, first.reason, detail, evidence, unique(codes), _hits(name, shown), first.value)


def _hits(name: str, results: list[Result]) -> int:
    """How many things speak against it: of `all` whatever fails counts, of `any` it is one fault."""
    if name == Either.NAME:
        return results[0].hits
    return sum([result.hits for result in results])


def _apart(pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each place once: two checks that found the same words are one quote, that of the first."""
    kept: list[Evidence] = []
    for piece in pieces:
        if not any(_same_place(piece, other) for other in kept):
            kept.append(piece)
    return tuple(kept)


def _same_place(one: Evidence, other: Evidence) -> bool:
    """Whether two pieces are the same, or quotes that share more than half of the shorter one."""
    if one == other:
        return True
    if not one.quote or not other.quote or one.utterance != other.utterance:
        return False
    common = min(one.end, other.end) - max(one.start, other.start)
    shorter = min(one.end - one.start, other.end - other.start)
    return 2 * common > shorter
