"""One call laid out for judging: its words searched once for all phrases of a card, its measurements made once.

All utterances are folded and joined by line breaks, so one run of one automaton over a few hundred characters tells
which of a card's phrases occur at all; only those are then located. Nothing that no criterion asks for is computed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from qa_speech.call import Call, Evidence, Measurement, Role
from qa_speech.language.phrases import fold, fold_lines, folded_time, places, word_ends
from qa_speech.metrics.doubt import NEAR_BOUND, UNSURE, UNSURE_SHARE

INFINITY = float("inf")
_ROLES = tuple(Role)
_AGENT, _CUSTOMER, _UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN  # a look-up in an enum is slow
_SEARCH_MEMORY = 1 << 26


class Reach(NamedTuple):
    """Where to look: seconds of the recording ``[start, end)`` and turns ``first … last``, both inclusive."""

    start: float = 0.0
    end: float = INFINITY
    first: int = 0
    last: int = 1 << 30


EVERYWHERE = Reach()


class Hit(NamedTuple):
    """A phrase that was said: utterance index and place in its folded text; `name` is how the card calls it."""

    utterance: int
    start: int
    end: int
    name: str


class Book(NamedTuple):
    """All phrases of a card, folded, and all its patterns, for one search per call."""

    phrases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class Limits(NamedTuple):
    """What the machine is trusted with; beyond it a person has to look."""

    min_probability: float = UNSURE
    unsure_share: float = UNSURE_SHARE
    near: float = NEAR_BOUND


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


class Context:
    """A call under judgement. Made by `score` for one call and one card, and thrown away after."""

    def __init__(
        self,
        call: Call,
        *,
        book: Book | None = None,
        limits: Limits | None = None,
        known: Mapping[str, Measurement] | None = None,
        given: Mapping[str, float] | None = None,
    ) -> None:
        self.call = call
        self.utterances = call.utterances
        self.limits = limits or Limits()
        self.known = known or {}
        self.given = given or {}
        # how much evidence a check gathers: none for a condition, every place for an anchor, else a few
        self.gather: Literal["none", "few", "all"] = "few"
        self._book = book or Book()
        self._measured: dict[object, Measurement] = {}
        self._timed: dict[Hit, tuple[Evidence, float]] = {}
        self._word_ends: dict[int, list[int]] = {}
        self._unsure: dict[object, tuple[bool, bool]] = {}
        self._bad: dict[int, int] = {}
        self._found: dict[object, list[tuple[int, int, int]]] = {}

    # ------------------------------------------------------------------------------------------------ words

    @cached_property
    def _order(self) -> list[int]:
        """Utterances one role after the other, so that a search for one role reads only its part of `joined`."""
        return [index for role in _ROLES for index in self._by_role[role]]

    @cached_property
    def joined(self) -> str:
        """All folded text, one utterance per line, the agent's first."""
        return fold_lines([self.utterances[index].text or "" for index in self._order])

    @cached_property
    def texts(self) -> list[str]:
        """Folded text of every utterance, "" where there is none."""
        found = [""] * len(self.utterances)
        for index, line in zip(self._order, self.joined.split("\n"), strict=False):
            found[index] = line
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate([len(self.texts[index]) + 1 for index in self._order], initial=0))

    @cached_property
    def present(self) -> frozenset[str]:
        """Which of the card's phrases and patterns occur, whoever says them."""
        return _searcher(self._book)(self.joined)

    @cached_property
    def worded(self) -> bool:
        """Whether any words were recognised."""
        return any(self.texts)

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """Who takes part."""
        return self.call.roles

    def found(self, needle: str) -> list[tuple[int, int, int]]:
        """``(utterance, start, end)`` in folded text of every place of a phrase that is `present`."""
        found = self._found.get(needle)
        if found is None:
            text, starts, length = self.joined, self._starts, len(needle)
            found, at = [], text.find(needle)
            while at >= 0:
                line = bisect_right(starts, at) - 1
                first = at - starts[line]
                found.append((self._order[line], first, first + length))
                at = text.find(needle, at + length)
            self._found[needle] = found
        return found

    @cached_property
    def _bytes(self) -> tuple[bytes, list[int], dict[Role | None, tuple[int, int]]]:
        """`joined` in UTF-8, where its lines start, and which part of it each role has."""
        data = self.joined.encode()
        starts = list(accumulate([len(line) + 1 for line in data.split(b"\n")], initial=0))
        parts: dict[Role | None, tuple[int, int]] = {None: (0, max(0, starts[-1] - 1))}
        for line, index in enumerate(self._order):
            role = self.utterances[index].role
            parts[role] = (parts[role][0] if role in parts else starts[line], starts[line + 1] - 1)
        return data, starts, parts

    def matches(self, text: str, pattern: Any, role: Role | None) -> list[tuple[int, int, int]]:
        """``(utterance, start, end)`` of every match in what `role` says of a google-re2 pattern and its compiled form."""
        found = self._found.get((text, role))
        if found is not None:
            return found
        found = self._found[text, role] = []
        data, starts, parts = self._bytes
        for match in pattern.finditer(data, *parts[role]) if role in parts else ():
            start, end = match.span()
            line = bisect_right(starts, start) - 1
            if start < end < starts[line + 1]:
                first = len(data[starts[line] : start].decode())
                found.append((self._order[line], first, first + len(data[start:end].decode())))
        return found

    def timed(self, hit: Hit) -> tuple[Evidence, float]:
        """The words of a hit as evidence, and the lowest probability among them."""
        known = self._timed.get(hit)
        if known is not None:
            return known
        index = hit.utterance
        utterance = self.utterances[index]
        ends = self._word_ends.get(index)
        if ends is None:
            ends = self._word_ends[index] = word_ends(utterance)
        start, end, probability = folded_time(utterance, hit.start, hit.end, ends)
        text = utterance.text or ""
        if len(text) == len(self.texts[index]):
            quote = text[hit.start : hit.end]
        else:
            place = places(text)
            quote = text[place[hit.start] : place[hit.end - 1] + 1]
        evidence = Evidence("quote", start, end, utterance.role, quote, hit.name, index)
        self._timed[hit] = evidence, probability
        return evidence, probability

    def unsure(self, role: Role | None, reach: Reach) -> tuple[bool, bool]:
        """Whether much of what `role` said in reach was recognised badly, and whether some of it not at all."""
        known = self._unsure.get((role, reach))
        if known is None:
            held, limit, known_bad = self.within(role, reach), self.limits.min_probability, self._bad
            bad = count = 0
            for index in held:
                words = self.utterances[index].words
                if index not in known_bad:
                    known_bad[index] = [word.probability < limit for word in words].count(True)
                bad, count = bad + known_bad[index], count + len(words)
            missing = any(self.utterances[index].text is None for index in held)
            known = self._unsure[role, reach] = bad > self.limits.unsure_share * count, missing
        return known

    # ------------------------------------------------------------------------------------------------ places

    @cached_property
    def extent(self) -> tuple[float, float]:
        """From the first speech to the last; ring-back and tail are outside."""
        lines = [line.extent for line in self.call.speech.values() if line]
        starts = [line.start for line in lines if line is not None]
        ends = [line.end for line in lines if line is not None]
        if self.utterances:
            # they come in the order of their starts
            starts.append(self.utterances[0].start)
            ends.append(max([item.end for item in self.utterances]))
        return (min(starts), max(ends)) if starts else (0.0, 0.0)

    @cached_property
    def turn_of(self) -> list[int]:
        """The number of the turn each utterance belongs to; a backchannel counts with the turn it accompanies."""
        from qa_speech.language.dialogue import turns

        numbers = [-1] * len(self.utterances)
        for number, turn in enumerate(turns(self.call)):
            for index in turn.utterances:
                numbers[index] = number
        last = 0
        for index, number in enumerate(numbers):
            last = numbers[index] = number if number >= 0 else last
        return numbers

    @cached_property
    def _by_role(self) -> dict[Role | None, list[int]]:
        roles = [item.role for item in self.utterances]
        found: dict[Role | None, list[int]] = {
            role: [index for index, one in enumerate(roles) if one is role] for role in (_AGENT, _CUSTOMER, _UNKNOWN)
        }
        found[None] = list(range(len(roles)))
        return found

    def within(self, role: Role | None, reach: Reach) -> list[int]:
        """Indices of the utterances of `role` that begin in reach."""
        mine = self._by_role[role]
        if reach is EVERYWHERE:
            return mine
        return [index for index in mine if self._in(index, self.utterances[index].start, reach)]

    def reached(self, hit: Hit, reach: Reach) -> bool:
        """Whether a hit begins in reach; its time is only worked out where the utterance alone does not tell."""
        item = self.utterances[hit.utterance]
        if item.end <= reach.start or item.start >= reach.end:
            return False
        inside = reach.start <= item.start and item.end <= reach.end
        return self._in(hit.utterance, item.start if inside else self.timed(hit)[0].start, reach)

    def _in(self, index: int, instant: float, reach: Reach) -> bool:
        if not reach.start <= instant < reach.end:
            return False
        if reach.first <= 0 and reach.last >= EVERYWHERE.last:
            return True
        return reach.first <= self.turn_of[index] <= reach.last

    def span(self, reach: Reach) -> tuple[float, float]:
        """The seconds that were searched, for evidence of absence."""
        start, end = self.extent
        if reach.first > 0 or reach.last < EVERYWHERE.last:
            held = [self.utterances[index] for index in self.within(None, reach)]
            start = min((item.start for item in held), default=start)
            end = max((item.end for item in held), default=end)
        start, end = max(start, reach.start), min(end, reach.end)
        return (start, end) if start < end else (start, start)

    # ------------------------------------------------------------------------------------------- measurements

    def measured(
        self, key: str, function: Callable[..., Measurement], params: Mapping[str, Any], reach: Reach
    ) -> Measurement:
        """A metric, measured once per call and parameters; one already known is not measured again."""
        if reach is EVERYWHERE and key in self.known:
            return self.known[key]
        place = (key, reach)
        if place not in self._measured:
            call = self.call if reach is EVERYWHERE else cropped(self.call, *self.span(reach))
            self._measured[place] = function(call, **params)
        return self._measured[place]


@lru_cache(maxsize=64)
def _searcher(book: Book) -> Callable[[str], frozenset[str]]:
    """One automaton for all phrases and patterns of a card: joined text → those that occur."""
    keys = (*book.phrases, *book.patterns)
    if not keys:
        return lambda text: frozenset()
    import re2

    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    options.max_mem = _SEARCH_MEMORY
    automaton = re2.Set.SearchSet(options)
    # always found: an answer without it means that the automaton ran out of memory, which it does not say
    automaton.Add("")
    for phrase in book.phrases:
        automaton.Add(re2.escape(phrase))
    for pattern in book.patterns:
        automaton.Add(pattern)
    try:
        automaton.Compile()
    except re2.error:
        automaton = None

    def occurring_in(text: str) -> frozenset[str]:
        found = automaton.Match(text) if automaton is not None else None
        if found is None:
            literals = {phrase for phrase in book.phrases if phrase in text}
            return frozenset(literals.union(book.patterns))
        return frozenset([keys[index - 1] for index in found if index])

    return occurring_in


def cropped(call: Call, start: float, end: float) -> Call:
    """The part of a call in which utterances begin in ``[start, end)``; times stay those of the recording."""
    from msgspec.structs import replace

    from qa_speech.timeline import Segment

    kept = [index for index, item in enumerate(call.utterances) if start <= item.start < end]
    within = Segment(start, end) if start < end else None
    return replace(
        call,
        speech={role: line.crop(within) if within else type(line)() for role, line in call.speech.items()},
        utterances=tuple(call.utterances[index] for index in kept),
        acoustics=tuple(call.acoustics[index] for index in kept) if call.acoustics else (),
        sounds=tuple(item for item in call.sounds if start <= item.start < end),
        annotations={},
    )


@lru_cache(maxsize=8192)
def borders(text: str) -> frozenset[int]:
    """Places in ``fold(text)`` where a word of the dictionary begins or ends (jieba's cut, no guessed words).

    >>> 1 in borders("滚动条"), 1 in borders("滚远点")
    (False, True)
    """
    import rjieba

    at, found = 0, {0}
    for token in rjieba.cut(text, False):
        at += len(fold(token))
        found.add(at)
    return frozenset(found)
