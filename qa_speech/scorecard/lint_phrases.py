"""What `lint` has to say about the phrases of a check: too short, said twice, excused for ever, wanted and forbidden."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from qa_speech.language.phrases import fold
from qa_speech.scorecard.checks.base import Operator, walk
from qa_speech.scorecard.checks.logic import Every
from qa_speech.scorecard.checks.phrase import Phrase
from qa_speech.scorecard.checks.wordings import Wording
from qa_speech.scorecard.finding import LintFinding

_SYNTAX = re.compile(r"\(\?[^:)]{0,12}:|\{\d*,?\d*\}|\[\^[^]]*\]|\\[A-Za-rt-z]")
"""Signs of a regular expression that stand for no character."""
_SPOKEN_NEVER = re.compile(r"[，。！？、；：,!;“”\"' ]|\\s(?![*?])|\\[.!?,-]")


def phrase_findings(where: str, operator: Operator) -> Iterator[LintFinding]:
    """Everything about the phrases of a check and of the checks inside it."""
    for inner in walk(operator):
        if isinstance(inner, Phrase):
            yield from _phrase(where, inner)


def _phrase(where: str, model: Phrase) -> Iterator[LintFinding]:
    if model.role is None:
        yield LintFinding(where, "no_role")
    seen: dict[str, str] = {}
    for wording in model.wordings:
        yield from _pattern(where, wording.pattern or "")
        for said in wording.phrases:
            folded = fold(said)
            if folded in seen:
                yield LintFinding(where, "said_twice", {"phrase": said})
            seen[folded] = said
            yield from _said(where, model, wording, said)
        yield from _useless(where, wording.unless, wording.phrases)
    if all(wording.say is not None for wording in model.wordings):
        yield from _useless(where, model.unless, seen.values())
    if _one_is_enough(model):
        yield from _redundant(where, seen)


def _pattern(where: str, pattern: str) -> Iterator[LintFinding]:
    """A pattern that asks for signs nobody speaks."""
    literal = _SYNTAX.sub("", pattern)
    if _SPOKEN_NEVER.search(literal):
        yield LintFinding(where, "pattern_punctuation", {"pattern": pattern})


def _said(where: str, model: Phrase, wording: Wording, said: str) -> Iterator[LintFinding]:
    """One way of saying a phrase: one character, or excused for ever."""
    folded = fold(said)
    if len(folded) == 1:
        if not model.strict:
            yield LintFinding(where, "one_character", {"phrase": said})
        by_sound = model.homophones if wording.homophones is None else wording.homophones
        if by_sound:
            yield LintFinding(where, "short_homophone", {"phrase": said})
    for unless in (*wording.unless, *model.unless):
        if fold(unless) == folded:
            yield LintFinding(where, "shadowed", {"phrase": said, "unless": unless})


def _useless(where: str, exceptions: Iterable[str], phrases: Iterable[str]) -> Iterator[LintFinding]:
    """Exceptions that hold none of the phrases."""
    sought = _Folded([fold(phrase) for phrase in phrases])
    if not sought.phrases:
        return
    for unless in exceptions:
        if next(sought.inside(fold(unless)), None) is None:
            yield LintFinding(where, "useless_unless", {"unless": unless})


class _Folded:
    """Folded phrases, asked which of them stand in a text; the time goes with the text, not with their number."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self.phrases = frozenset(phrases)
        self._sizes = sorted({len(phrase) for phrase in self.phrases})

    def inside(self, text: str) -> Iterator[str]:
        """Each of the phrases that stands in a text, once."""
        for size in self._sizes:
            places = range(len(text) - size + 1)
            parts = dict.fromkeys([text[at : at + size] for at in places])
            for part in parts:
                if part in self.phrases:
                    yield part


def _one_is_enough(model: Phrase) -> bool:
    """Whether one hit decides, so that a longer phrase adds nothing to a shorter one in it."""
    if model.none is not None:
        return not model.strict
    low, high = model.wanted
    return model.any is not None and low <= 1 and high is None


def _redundant(where: str, seen: dict[str, str]) -> Iterator[LintFinding]:
    """Phrases that hold a shorter one."""
    known = _Folded(seen)
    pairs = []
    for long in seen:
        for short in known.inside(long):
            if short != long:
                pairs.append((short, long))
    pairs.sort(key=_sizes_of)
    for short, long in pairs:
        yield LintFinding(where, "redundant", {"short": seen[short], "long": seen[long]})


def _sizes_of(pair: tuple[str, str]) -> tuple[int, int]:
    short, long = pair
    return len(short), len(long)


def contradictions(where: str, operator: Operator) -> Iterator[LintFinding]:
    """Inside one `all`: a phrase that has to be said and must not be, by the same role in the same window."""
    for inner in walk(operator):
        if not isinstance(inner, Every):
            continue
        phrases = [part for part in inner.parts if isinstance(part, Phrase)]
        wanted = [phrase for phrase in phrases if phrase.none is None]
        unwanted = [phrase for phrase in phrases if phrase.none is not None]
        for one, other in product(wanted, unwanted):
            same_place = one.role == other.role and one.place == other.place
            if same_place:
                yield from _contradicted(where, one, other)


def _contradicted(where: str, wanted: Phrase, unwanted: Phrase) -> Iterator[LintFinding]:
    has_to_be_said = {fold(wording.say) for wording in wanted.wordings if wording.say}
    if wanted.all is None and len(has_to_be_said) != 1:
        return
    for wording in unwanted.wordings:
        if wording.say and fold(wording.say) in has_to_be_said:
            yield LintFinding(where, "contradiction", {"phrase": wording.say})
