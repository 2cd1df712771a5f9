"""One call laid out for judging: its words searched once for all phrases of a card, its measurements made once.

All utterances are folded and joined by line breaks, so one run of one automaton over a few hundred characters tells
which of a card's phrases occur at all; only those are then located. Nothing that no criterion asks for is computed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from qa_speech.call import Call, Role
from qa_speech.language.dialogue import turn_utterances
from qa_speech.language.phrases import fold_lines, folded_time, places, word_ends
from qa_speech.language.remembered import once
from qa_speech.metrics.doubt import NEAR_BOUND, UNSURE, UNSURE_SHARE
from qa_speech.metrics.text import is_wordless, unsure_count
from qa_speech.scorecard.cropped import cropped
from qa_speech.scorecard.likeness import pair_codes
from qa_speech.scorecard.search import Book, searcher
from qa_speech.scores import Evidence, Measurement

INFINITY = float("inf")
LAST_TURN = 1 << 30
"""A turn no call has."""
_ROLES = tuple(Role)
_AGENT, _CUSTOMER, _UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN  # a look-up in an enum is slow


class Reach(NamedTuple):
    """Where to look: seconds of the recording ``[start, end)`` and turns ``first … last``, both inclusive."""

    start: float = 0.0
    end: float = INFINITY
    first: int = 0
    last: int = LAST_TURN


EVERYWHERE = Reach()


class Hit(NamedTuple):
    """Something that was said: utterance index and place in its folded text; `name` is how the card calls it."""

    utterance: int
    start: int
    end: int
    name: str


class Place(NamedTuple):
    """``text[start:end]`` of the folded text of an utterance."""

    utterance: int
    start: int
    end: int


class Quoted(NamedTuple):
    """The words of a hit as evidence, and the lowest probability among them, 0–1."""

    evidence: Evidence
    probability: float


class Doubt(NamedTuple):
    """What speaks against a search: many words recognised badly, some not at all."""

    unsure: bool
    missing: bool


class _Encoded(NamedTuple):
    """The joined text in UTF-8, the bytes at which its lines start, and the stretch of bytes of each role."""

    data: bytes
    starts: list[int]
    parts: Mapping[Role | None, tuple[int, int]]


class Limits(NamedTuple):
    """What the machine is trusted with, all 0–1; beyond it a person has to look."""

    min_probability: float = UNSURE
    unsure_share: float = UNSURE_SHARE
    near: float = NEAR_BOUND


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
        self.measured_whole = dict(known or {})
        self.given = given or {}
        self._book = book or Book()
        # worked out when first asked for
        self._measured: dict[tuple[str, Reach], Measurement] = {}
        self._quoted: dict[Hit, Quoted] = {}
        self._word_ends: dict[int, list[int]] = {}
        self._doubt: dict[tuple[Role | None, Reach], Doubt] = {}
        self._doubtful_words: dict[int, int] = {}
        self._places: dict[str, list[Place]] = {}
        self._pairs: dict[Role, dict[int, frozenset[int]]] = {}
        self._matches: dict[tuple[str, Role | None], list[Place]] = {}

    # ------------------------------------------------------------------------------------------------ words

    @once
    def _order(self) -> list[int]:
        """Utterances one role after the other, so that a search for one role reads only its part of `joined`."""
        ordered: list[int] = []
        for role in _ROLES:
            ordered += self._by_role[role]
        return ordered

    @once
    def joined(self) -> str:
        """All folded text, one utterance per line, the agent's first."""
        return fold_lines([self.utterances[index].text or "" for index in self._order])

    @once
    def texts(self) -> list[str]:
        """Folded text of every utterance, "" where there is none."""
        found = [""] * len(self.utterances)
        for index, line in zip(self._order, self.joined.split("\n"), strict=False):
            found[index] = line
        return found

    @once
    def _starts(self) -> list[int]:
        texts = self.texts
        lengths = [len(texts[index]) + 1 for index in self._order]
        return list(accumulate(lengths, initial=0))

    def pairs_of(self, role: Role) -> Mapping[int, frozenset[int]]:
        """The neighbouring characters of what a role says, by utterance, each two as a number."""
        known = self._pairs.get(role)
        if known is not None:
            return known
        found = self._pairs[role] = {}
        mine, texts = self._by_role[role], self.texts
        codes = pair_codes("\n".join([texts[index] for index in mine]))
        start = 0
        for index in mine:
            length = len(texts[index])
            found[index] = frozenset(codes[start : start + max(0, length - 1)])
            start += length + 1
        return found

    @once
    def present(self) -> frozenset[str]:
        """Which of the card's phrases and patterns occur, whoever says them."""
        return searcher(self._book)(self.joined)

    @once
    def worded(self) -> bool:
        """Whether any words were recognised."""
        return any(self.texts)

    @once
    def roles(self) -> tuple[Role, ...]:
        """Who takes part."""
        return self.call.roles

    @once
    def nobody_known(self) -> bool:
        """Whether something was said, and nothing tells what of it was the agent's."""
        return bool(self._by_role[_UNKNOWN]) and not self._by_role[_AGENT]

    def places_of(self, phrase: str) -> list[Place]:
        """Every place of a folded phrase that is `present`, in the order of `joined`."""
        known = self._places.get(phrase)
        if known is not None:
            return known
        found = self._places[phrase] = []
        text, starts, length = self.joined, self._starts, len(phrase)
        at = text.find(phrase)
        while at >= 0:
            line = bisect_right(starts, at) - 1
            first = at - starts[line]
            found.append(Place(self._order[line], first, first + length))
            at = text.find(phrase, at + length)
        return found

    @once
    def _encoded(self) -> _Encoded:
        data = self.joined.encode()
        lengths = [len(line) + 1 for line in data.split(b"\n")]
        starts = list(accumulate(lengths, initial=0))
        parts: dict[Role | None, tuple[int, int]] = {None: (0, max(0, starts[-1] - 1))}
        line = 0
        for role in _ROLES:  # the order of the lines
            count = len(self._by_role[role])
            if count:
                parts[role] = (starts[line], starts[line + count] - 1)
            line += count
        return _Encoded(data, starts, parts)

    def matches_of(self, text: str, pattern: Any, role: Role | None) -> list[Place]:
        """Every match of a google-re2 pattern (its text, and compiled) in what `role` says."""
        known = self._matches.get((text, role))
        if known is not None:
            return known
        found = self._matches[text, role] = []
        data, starts, parts = self._encoded
        if role not in parts:
            return found
        for match in pattern.finditer(data, *parts[role]):
            start, end = match.span()
            line = bisect_right(starts, start) - 1
            if start < end < starts[line + 1]:
                first = len(data[starts[line] : start].decode())
                length = len(data[start:end].decode())
                found.append(Place(self._order[line], first, first + length))
        return found

    def quoted(self, hit: Hit) -> Quoted:
        """The words of a hit, timed."""
        known = self._quoted.get(hit)
        if known is not None:
            return known
        index = hit.utterance
        utterance = self.utterances[index]
        spoken = len(self.texts[index])
        ends = self._word_ends.get(index)
        if ends is None:
            ends = self._word_ends[index] = word_ends(utterance, spoken)
        start, end, probability = folded_time(utterance, hit.start, hit.end, ends, spoken)
        text = utterance.text or ""
        if len(text) == spoken:
            quote = text[hit.start : hit.end]
        else:
            place = places(text)
            quote = text[place[hit.start] : place[hit.end - 1] + 1]
        evidence = Evidence("quote", start, end, utterance.role, quote, hit.name, index)
        found = self._quoted[hit] = Quoted(evidence, probability)
        return found

    def doubt(self, role: Role | None, reach: Reach) -> Doubt:
        """Whether much of what `role` said in reach was recognised badly, and whether some of it not at all."""
        known = self._doubt.get((role, reach))
        if known is not None:
            return known
        doubtful = words = 0
        missing = False
        utterances, counted = self.utterances, self._doubtful_words
        for index in self.within(role, reach):
            utterance = utterances[index]
            doubtful += counted[index] if index in counted else self._doubtful(index)
            words += len(utterance.words)
            if utterance.text is None or is_wordless(utterance):
                missing = True
        unsure = doubtful > self.limits.unsure_share * words
        found = self._doubt[role, reach] = Doubt(unsure, missing)
        return found

    def is_shaky(self, index: int) -> bool:
        """Whether more words of an utterance than allowed are below the limit of confidence."""
        allowed = self.limits.unsure_share * len(self.utterances[index].words)
        return self._doubtful(index) > allowed

    def _doubtful(self, index: int) -> int:
        """How many words of an utterance are below the limit of confidence."""
        known = self._doubtful_words.get(index)
        if known is not None:
            return known
        count = unsure_count(self.utterances[index].words, self.limits.min_probability)
        self._doubtful_words[index] = count
        return count

    # ------------------------------------------------------------------------------------------------ places

    @once
    def extent(self) -> tuple[float, float]:
        """From the first speech to the last; ring-back and tail are outside."""
        starts: list[float] = []
        ends: list[float] = []
        for line in self.call.speech.values():
            extent = line.extent
            if extent is not None:
                starts.append(extent.start)
                ends.append(extent.end)
        if self.utterances:
            # they come in the order of their starts
            starts.append(self.utterances[0].start)
            ends.append(max([utterance.end for utterance in self.utterances]))
        return min(starts, default=0.0), max(ends, default=0.0)

    @once
    def turn_of(self) -> list[int]:
        """The number of the turn each utterance belongs to; a backchannel counts with the turn it accompanies."""
        numbers = [-1] * len(self.utterances)
        for number, held in enumerate(turn_utterances(self.call)):
            for index in held:
                numbers[index] = number
        last = 0
        for index, number in enumerate(numbers):
            if number >= 0:
                last = number
            numbers[index] = last
        return numbers

    @once
    def _by_role(self) -> dict[Role | None, list[int]]:
        found: dict[Role | None, list[int]] = {None: [], _AGENT: [], _CUSTOMER: [], _UNKNOWN: []}
        found[None] = list(range(len(self.utterances)))
        for index, utterance in enumerate(self.utterances):
            found[utterance.role].append(index)
        return found

    def within(self, role: Role | None, reach: Reach) -> list[int]:
        """Indices of the utterances of `role` that begin in reach."""
        mine = self._by_role[role]
        if reach is EVERYWHERE:
            return mine
        start, end = reach.start, reach.end
        utterances = self.utterances
        found = [index for index in mine if start <= utterances[index].start < end]
        if reach.first <= 0 and reach.last >= LAST_TURN:
            return found
        turn_of, first, last = self.turn_of, reach.first, reach.last
        return [index for index in found if first <= turn_of[index] <= last]

    def reached(self, hit: Hit, reach: Reach) -> bool:
        """Whether a hit begins in reach; its time is only worked out where the utterance alone does not tell."""
        utterance = self.utterances[hit.utterance]
        if utterance.end <= reach.start or utterance.start >= reach.end:
            return False
        if reach.start <= utterance.start and utterance.end <= reach.end:
            return self._in(hit.utterance, utterance.start, reach)
        return self._in(hit.utterance, self.quoted(hit).evidence.start, reach)

    def _in(self, index: int, instant: float, reach: Reach) -> bool:
        if not reach.start <= instant < reach.end:
            return False
        if reach.first <= 0 and reach.last >= LAST_TURN:
            return True
        return reach.first <= self.turn_of[index] <= reach.last

    def span(self, reach: Reach) -> tuple[float, float]:
        """The seconds that were searched, for evidence of absence."""
        start, end = self.extent
        if reach.first > 0 or reach.last < LAST_TURN:
            held = [self.utterances[index] for index in self.within(None, reach)]
            start = min([utterance.start for utterance in held], default=start)
            end = max([utterance.end for utterance in held], default=end)
        start = max(start, reach.start)
        end = min(end, reach.end)
        return start, max(start, end)

    # ------------------------------------------------------------------------------------------- measurements

    def measured(
        self, key: str, function: Callable[..., Measurement], params: Mapping[str, Any], reach: Reach
    ) -> Measurement:
        """A metric, measured once per call and parameters; one already known is not measured again."""
        if reach is EVERYWHERE:
            whole = self.measured_whole.get(key)
            if whole is None:
                whole = self.measured_whole[key] = function(self.call, **params)
            return whole
        known = self._measured.get((key, reach))
        if known is None:
            known = self._measured[key, reach] = function(self.within_reach(reach), **params)
        return known

    def within_reach(self, reach: Reach) -> Call:
        """The part of the call that lies in reach; times stay those of the recording."""
        if reach is EVERYWHERE:
            return self.call
        start, end = self.span(reach)
        return cropped(self.call, start, end)
