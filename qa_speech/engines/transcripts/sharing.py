"""Speech of a recording that is neither party's alone, given out by the lines of its transcript.

    customer's channel   |==客户==|  |==她母亲==|       what a third speaker or a machine says is a sound on the channel
    both channels        |==坐席==|==客户==|            one signal: each line's speech is its speaker's

Where a recogniser was given each channel by itself, it wrote what both carry twice, once for each party: then its roles tell
nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import NamedTuple

from qa_speech.call import THIRD, OtherSound, Role
from qa_speech.engines.transcripts.base import Line
from qa_speech.engines.transcripts.calls import span_of
from qa_speech.engines.transcripts.found_speech import FoundSpeech, at_pace
from qa_speech.engines.transcripts.matching import letters, units
from qa_speech.language.prompts import IVR
from qa_speech.timeline import Timeline

NEAR_S = 0.5
"""Seconds; what is so near to the speech of one party alone is his."""
PARTIES = (Role.AGENT, Role.CUSTOMER)
ALIKE, NEIGHBOURS = 0.6, 4
"""Two lines at one time with so much in common (0–1) are one; each is held against so many that begin after it."""
OTHERS = (THIRD, IVR)
"""Why a line is of neither party: it is heard, and it is known whose it is."""


class OnBoth(NamedTuple):
    """Places of lines said while both channels carry one signal, of which only the channel tells whose they are: so nobody knows.
    `repeats` are those of them that say once more what stands in the line of the other channel."""

    nobodys: frozenset[int] = frozenset()
    repeats: frozenset[int] = frozenset()


def on_both(lines: Sequence[Line], speech: Mapping[Role, FoundSpeech]) -> OnBoth:
    """The lines of a transcript that was made channel by channel, where both channels carry one signal."""
    shared = speech.get(Role.UNKNOWN)
    if shared is None or not set(PARTIES) <= set(speech):
        return OnBoth()
    inside = []
    for place, line in enumerate(lines):
        if line.start is None:
            continue
        start, end = span_of(line)
        own_s = sum([speech[role].shared_s(start, end) for role in PARTIES])
        if shared.shared_s(start, end) > own_s:
            inside.append(place)
    inside.sort(key=lambda place: span_of(lines[place]))

    nobodys: set[int] = set()
    repeats: set[int] = set()
    for first, second in _said_twice(lines, inside):
        nobodys.update((first, second))
        repeats.add(second)
    if repeats and 2 * len(nobodys) >= len(inside):
        nobodys.update(inside)
    for place in inside:
        line = lines[place]
        if not line.speaker and line.channel is not None:
            nobodys.add(place)
    return OnBoth(frozenset(nobodys), frozenset(repeats))


def _said_twice(lines: Sequence[Line], inside: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of lines of two voices that say nearly the same at the same time; `inside` are places in order of time."""
    for at, place in enumerate(inside):
        next_ones = at + 1
        for other in inside[next_ones : next_ones + NEIGHBOURS]:
            if _is_said_again(lines[place], lines[other]):
                yield place, other
                break


def _is_said_again(line: Line, later: Line) -> bool:
    """Whether another voice says nearly the same in a line that begins no sooner, for at least half of the shorter one."""
    if line.voice == later.voice:
        return False
    start, end = span_of(line)
    later_start, later_end = span_of(later)
    common_s = min(end, later_end) - later_start
    shorter_s = min(end - start, later_end - later_start)
    if common_s < shorter_s / 2:
        return False
    alike = SequenceMatcher(None, letters(line.text), letters(later.text))
    return alike.ratio() >= ALIKE


def without_sounds(speech: Mapping[Role, Timeline], sounds: Sequence[OtherSound]) -> dict[Role, Timeline]:
    """The speech of each role without the sounds of its channel.

    >>> without_sounds({Role.AGENT: Timeline([(0, 5)])}, [OtherSound("ivr", Role.AGENT, 0, 2)])
    {<Role.AGENT: 'agent'>: Timeline([(2, 5)])}
    """
    left = {}
    for role, line in speech.items():
        own = [(sound.start, sound.end) for sound in sounds if sound.role is role]
        left[role] = line - Timeline(own)
    return left


def _stretches(lines: Sequence[Line]) -> Timeline:
    """When the lines are said, as far as they have times."""
    return Timeline([span_of(line) for line in lines if line.start is not None])


def others_speech(
    others: Sequence[tuple[Line, str]], found: Mapping[Role, FoundSpeech], given: Mapping[Role, Sequence[Line]]
) -> tuple[OtherSound, ...]:
    """What is heard of third speakers and machines, on the channel whose speech their lines fit best, beside its own lines."""
    own = {role: _stretches(lines) for role, lines in given.items()}
    sounds = []
    for line, kind in others:
        if line.start is None:
            continue
        start, end = span_of(line)
        fits = {role: speech.fit(start, end) for role, speech in found.items()}
        role = max(fits, key=lambda one: fits[one])
        heard = Timeline(found[role].within(start, end))
        for piece in heard - own[role]:
            sounds.append(OtherSound(kind, role, piece.start, piece.end))
    return tuple(sounds)


def in_turn(
    lines: Sequence[Line], given: Mapping[Role, Sequence[Line]], speech: Mapping[Role, Timeline]
) -> Mapping[Role, Sequence[Line]]:
    """The lines given to each role; where the file has no times, with those of a talk in the order of its `lines`, at an even pace
    over all that is said, whoever says it.

    >>> lines = (Line("agent", "您好"), Line("customer", "你好"))
    >>> given = {Role.AGENT: lines[:1], Role.CUSTOMER: lines[1:]}
    >>> [line.start for line in in_turn(lines, given, {Role.UNKNOWN: Timeline([(1, 5)])})[Role.CUSTOMER]]
    [3.0]
    """
    if any(line.start is not None for line in lines):
        return given
    said = Timeline()
    for own in speech.values():
        said = said | own
    counts = [len(units(line.text)) for line in lines]
    paced = at_pace(list(said), sum(counts))
    timed: dict[int, Line] = {}
    for line, count in zip(lines, counts, strict=True):
        its, paced = paced[:count], paced[count:]
        if its:
            first, last = its[0], its[-1]
            timed[id(line)] = replace(line, start=first[0], end=last[1])
    found = {}
    for role, mine in given.items():
        found[role] = [timed.get(id(line), line) for line in mine]
    return found


def shared_out(speech: Mapping[Role, Timeline], given: Mapping[Role, Sequence[Line]]) -> Mapping[Role, Timeline]:
    """The speech, what is said on both channels at once given to the parties that say it by their lines.

    Lines are never exact: what little is left beside one of them is of whose it is nearest.
    """
    shared = speech.get(Role.UNKNOWN)
    if not shared or not set(PARTIES) <= set(speech):
        return speech
    under = {role: _stretches(lines) for role, lines in given.items()}
    told = {role: shared & under[role] for role in PARTIES}
    mine = shared & under[Role.UNKNOWN]
    left = shared - told[Role.AGENT] - told[Role.CUSTOMER] - mine
    for piece in left:
        alone = Timeline([piece])
        middle = (piece.start + piece.end) / 2
        distances = {role: FoundSpeech(told[role]).distance_s(middle) for role in PARTIES}
        nearest = min(distances, key=lambda one: distances[one])
        if distances[nearest] <= NEAR_S:
            told[nearest] = told[nearest] | alone
        else:
            mine = mine | alone
    found = {role: speech[role] | told[role] for role in PARTIES}
    found[Role.UNKNOWN] = mine
    return found
