"""The words of a transcript for a recording that was examined: whose they are, and where in its speech they lie.

    agent's channel   |==您好，请讲==|                  |==请稍等==|
    customer's                        |==我想查==|
    transcript        |--- one line without a speaker: 您好请讲我想查 ---|   each word to whom its time finds speaking

A role in the file goes before its channel, a channel before what the sound tells of a voice, that before what its words tell.
What cannot be placed is kept as stray, with the reason, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from qa_speech.call import THIRD, Call, OtherSound, Role, StrayWord, Word
from qa_speech.engines.guards import HALLUCINATION, made_up
from qa_speech.engines.transcripts.base import Line, Spoken, Transcript
from qa_speech.engines.transcripts.calls import STRETCHED_S, span_of, strays_of, words_of
from qa_speech.engines.transcripts.found_speech import FoundSpeech, at_pace
from qa_speech.engines.transcripts.matching import cut_like, letters, units
from qa_speech.engines.transcripts.roles import Settled, settle
from qa_speech.engines.transcripts.sharing import (
    NEAR_S,
    OTHERS,
    PARTIES,
    in_turn,
    on_both,
    others_speech,
    shared_out,
    without_sounds,
)
from qa_speech.language.prompts import IVR
from qa_speech.language.script import CHARACTER_S, role_named
from qa_speech.timeline import Segment, Timeline

CLEAR = 2.0
"""Times as well as the other's the speech of one party fits a line (`FoundSpeech.fit`), from which it is surely his."""
POOR_FIT = 0.3
"""A line that fits the best speech no better lies in the middle of something longer: perhaps a short word of the other."""
LEAST_S = 1.0
"""Seconds of speech under all lines of a voice from which they tell whose it is."""
GUESSED = 0.45
"""Probability, at most, of a word whose speaker is no more than likely: a person has to listen to what rests on it."""
NO_ROLE = "no_role"
NO_SPEECH = "no_speech_near"
TWICE = "said_on_both_channels"
_WARNINGS = {
    "placed_by_sound": "placed_by_sound",
    "placed_likely": "placed_likely",
    NO_ROLE: "lines_without_role",
    THIRD: THIRD,
    NO_SPEECH: "lines_without_speech",
    TWICE: TWICE,
}


class Lent(NamedTuple):
    """Words by role; a role of which nothing could be placed is missing. Strays and warnings for the call.

    `speech`: the speech that holds the words of each role: what was found, without `sounds`, which are what a third speaker
    or a machine says on their channels; and of what is said while both channels carry one signal, what the file gives them.
    `settled` is what the file itself tells of its voices.
    """

    words: Mapping[Role, Sequence[Word]]
    speech: Mapping[Role, Timeline]
    sounds: tuple[OtherSound, ...]
    stray: tuple[StrayWord, ...]
    warnings: tuple[str, ...]
    settled: Settled


def words_for(transcript: Transcript, speech: Mapping[Role, Timeline], *, channels: Sequence[Role] = ()) -> Lent:
    """The words of a transcript for a recording: times of the file where it has them, else spread over the speech.

    Parameters
    ----------
    speech
        Found in the sound, by role; where it does not tell roles apart, its one role takes all words. Beside both parties,
        what is said while both channels carry one signal is `unknown`'s.
    channels
        Role of each channel of the recording, where each party has one.

    Notes
    -----
    Without times the text of a role is laid over that role's own speech in order, at an even pace: good enough to find
    which utterance holds a word, not to time it. Of what is said while both channels carry one signal a role has what its lines
    come to when all are said in their order at an even pace.

    Examples
    --------
    >>> lines = (Line("agent", "您好"), Line("agent", "请讲"))
    >>> lent = words_for(Transcript("t", "plain", lines), {Role.AGENT: Timeline([(1, 2), (5, 6)])})
    >>> [(word.text, word.start) for word in lent.words[Role.AGENT]]
    [('您', 1.0), ('好', 1.5), ('请', 5.0), ('讲', 5.5)]
    """
    lines = transcript.lines if transcript.call is None else _lines_of(transcript.call)
    settled = settle(lines)
    found = {role: FoundSpeech(timeline) for role, timeline in speech.items()}
    parties = {role: own for role, own in found.items() if role in PARTIES} or found
    crossed = bool(channels) and names_crossed(transcript, speech)
    placing = _Placing(found, settled, channels, _by_sound(lines, parties), Counter(), crossed)
    given: dict[Role, list[Line]] = {role: [] for role in speech}
    stray = strays_of(transcript.apart)
    others: list[tuple[Line, str]] = []
    both = on_both(lines, found)
    for place, line in enumerate(lines):
        if place in both.repeats:
            stray += [StrayWord(Role.UNKNOWN, word, TWICE) for word in _loose_words(line)]
            placing.counts[TWICE] += 1
            continue
        if place in both.nobodys:
            given[Role.UNKNOWN].append(line)
            continue
        for part, role, reason in placing.parts(line):
            if reason in OTHERS:
                others.append((part, reason))
            if role is None:
                stray += [StrayWord(Role.UNKNOWN, word, reason) for word in _loose_words(part)]
                placing.counts[reason] += 1
            else:
                given[role].append(part)
    lost = placing.counts[NO_ROLE] > 0
    sounds = others_speech(others, found, given)
    told = shared_out(without_sounds(speech, sounds), in_turn(lines, given, speech))
    words = {}
    for role, mine in given.items():
        if mine or not lost:
            words[role] = _timed_words(mine, FoundSpeech(told[role]), told[role])
    return Lent(words, told, sounds, tuple(stray), tuple(_warnings(placing.counts)), settled)


def names_crossed(transcript: Transcript, speech: Mapping[Role, Timeline]) -> bool:
    """Whether the two parties that a file names clearly speak on each other's channels: one of the two has them the wrong way.

    >>> lines = (Line("坐席", "您好请讲", 0.0, 2.0), Line("客户", "我想查话费", 3.0, 5.0))
    >>> speech = {Role.AGENT: Timeline([(3, 5)]), Role.CUSTOMER: Timeline([(0, 2)])}
    >>> names_crossed(Transcript("t", "cues", lines), speech)
    True
    """
    if transcript.call is not None or not transcript.timed:
        return False
    parties = {role: FoundSpeech(speech[role]) for role in PARTIES if role in speech}
    if len(parties) < len(PARTIES):
        return False
    crossed = set()
    for voice, role in _by_sound(transcript.lines, parties).items():
        named = role_named(voice)
        if named is role:
            return False
        crossed.add(named)
    return set(PARTIES) <= crossed


def speakers_in(transcript: Transcript) -> Sequence[Timeline] | None:
    """When agent and customer speak by a transcript; None where it does not tell both, or not when.

    >>> lines = (Line("坐席", "您好", 0.0, 1.0), Line("客户", "喂", 2.0, 2.5))
    >>> speakers_in(Transcript("t", "cues", lines))
    (Timeline([(0, 1)]), Timeline([(2, 2.5)]))
    """
    if transcript.call is not None or not transcript.timed:
        return None
    settled = settle(transcript.lines)
    if settled.open:
        return None
    spans: dict[Role, list[tuple[float, float]]] = {role: [] for role in PARTIES}
    for line in transcript.lines:
        role = settled.roles[line.voice]
        if role in spans and line.voice not in settled.machines:
            spans[role].append(span_of(line))
    return tuple([Timeline(spans[role]) for role in PARTIES])


def _warnings(counts: Counter[str]) -> Iterator[str]:
    """What was placed by the sound, what could not be placed, whose words are kept apart: lines, but for the words that
    are no more than likely."""
    for code, warning in _WARNINGS.items():
        if counts[code]:
            yield f"{warning}:{counts[code]}"


def _lines_of(call: Call) -> tuple[Line, ...]:
    lines = []
    for said in call.utterances:
        words = [Spoken(word.text, word.start, word.end, word.probability) for word in said.words]
        lines.append(Line(said.role.value, said.text or "", said.start, said.end, tuple(words)))
    return tuple(lines)


def _by_sound(lines: Iterable[Line], speech: Mapping[Role, FoundSpeech]) -> dict[str, Role]:
    """Role of each voice under whose lines clearly one party speaks."""
    shared: dict[str, dict[Role, float]] = {}
    for line in lines:
        if line.voice and line.start is not None:
            start, end = span_of(line)
            seconds = shared.setdefault(line.voice, dict.fromkeys(speech, 0.0))
            for role in speech:
                seconds[role] += (end - start) * speech[role].fit(start, end)
    found = {}
    for voice, seconds in shared.items():
        clear = _clearly(seconds)
        if clear is not None:
            found[voice] = clear
    return found


def _clearly(seconds: Mapping[Role, float]) -> Role | None:
    """The party whose speech fits at least `CLEAR` times as well as the other's, over `LEAST_S`."""
    ordered = sorted(seconds, key=lambda role: seconds[role], reverse=True)
    if not ordered or seconds[ordered[0]] < LEAST_S:
        return None
    if len(ordered) > 1 and seconds[ordered[0]] < CLEAR * seconds[ordered[1]]:
        return None
    return ordered[0]


class _Placing(NamedTuple):
    """Gives each line, or each word of it, to a party; counts what rests on the sound alone, and what is lost."""

    speech: Mapping[Role, FoundSpeech]
    settled: Settled
    channels: Sequence[Role]
    by_sound: Mapping[str, Role]
    counts: Counter[str]
    crossed: bool = False

    def parts(self, line: Line) -> Iterator[tuple[Line, Role | None, str]]:
        """The line in parts of one party each; a part of nobody has the reason."""
        if line.voice in self.settled.machines:
            yield line, None, IVR
        elif self._is_invented(line):
            yield line, None, HALLUCINATION
        elif len(self.speech) == 1:
            yield line, next(iter(self.speech)), ""
        elif line.voice in self.settled.third:
            yield line, None, THIRD
        else:
            role = self._named(line)
            if role is not None:
                yield line, role, ""
            else:
                yield from self._by_time(line)

    def _is_invented(self, line: Line) -> bool:
        """What recognisers make up, where nobody speaks."""
        if line.start is None or not made_up(line.text):
            return False
        return not any(speech.shared_s(*span_of(line)) for speech in self.speech.values())

    def _named(self, line: Line) -> Role | None:
        """By its role in the file, its channel, the sound under all lines of its voice, the words of its voice."""
        named = role_named(line.speaker) if line.speaker else None
        if named is not None and self.crossed:
            named = named.other
        if named is not None and named in self.speech:
            return named
        if line.channel is not None and line.channel <= len(self.channels):
            on_channel = self.channels[line.channel - 1]
            if on_channel in self.speech:
                return on_channel
        if not line.voice:
            return None
        told = self.by_sound.get(line.voice) or self.settled.roles[line.voice]
        return told if told in self.speech else None

    def _by_time(self, line: Line) -> Iterator[tuple[Line, Role | None, str]]:
        if line.start is None:
            yield line, None, NO_ROLE
            return
        if not line.words:
            role = self._most(line)
            if role is None:
                yield line, None, NO_SPEECH
            else:
                self.counts["placed_by_sound"] += 1
                yield self._doubted(line, role), role, ""
            return
        placed = self._words(line)
        self.counts["placed_by_sound"] += placed[0][1] is not None
        runs = [tuple(run) for _, run in groupby(placed, key=lambda pair: pair[1])]
        texts = cut_like(line.text, ["".join(word.text for word, _ in run) for run in runs])
        for run, text in zip(runs, texts, strict=True):
            words = tuple([word for word, _ in run])
            part = replace(line, text=text.strip(), words=words, start=words[0].start, end=words[-1].end)
            yield part, run[0][1], NO_SPEECH

    def _most(self, line: Line) -> Role | None:
        """Whose speech a line fits best; who is the nearest, where nobody speaks."""
        fits = {role: speech.fit(*span_of(line)) for role, speech in self.speech.items()}
        role = max(fits, key=lambda one: fits[one])
        if fits[role] > 0:
            return role
        start, end = span_of(line)
        return self._nearest((start + end) / 2)

    def _nearest(self, moment: float) -> Role | None:
        distances = {role: speech.distance_s(moment) for role, speech in self.speech.items()}
        role = min(distances, key=lambda one: distances[one])
        return role if distances[role] <= NEAR_S else None

    def _doubted(self, line: Line, role: Role) -> Line:
        """The line; where it fits the other's speech nearly as well, or none, its words are no more than likely his."""
        fits = {one: speech.fit(*span_of(line)) for one, speech in self.speech.items()}
        others = sum([fit for one, fit in fits.items() if one is not role])
        if fits[role] >= max(POOR_FIT, CLEAR * others):
            return line
        self.counts["placed_likely"] += len(units(line.text))
        return replace(line, probability=min(line.probability, GUESSED))

    def _words(self, line: Line) -> list[tuple[Spoken, Role | None]]:
        """Each word with its party; one that the sound does not tell goes with the words before it, or else after it."""
        told = [self._told(word) for word in line.words]
        first = next((role for role in told if role is not None), None) or self._most(line)
        placed: list[tuple[Spoken, Role | None]] = []
        last = first
        for word, role in zip(line.words, told, strict=True):
            if role is None:
                self.counts["placed_likely"] += 1
                word = replace(word, probability=min(word.probability, GUESSED))
            last = role or last
            placed.append((word, last))
        return placed

    def _told(self, word: Spoken) -> Role | None:
        """The one party that speaks at the middle of a word, or alone nearby."""
        moment = ((word.start or 0.0) + (word.end or 0.0)) / 2
        distances = {role: speech.distance_s(moment) for role, speech in self.speech.items()}
        speaking = [role for role, distance in distances.items() if distance == 0]
        near = speaking or [role for role, distance in distances.items() if distance <= NEAR_S]
        return near[0] if len(near) == 1 else None


# --------------------------------------------------------------------------------------------------------------- times


def _loose_words(line: Line) -> tuple[Word, ...]:
    """The words of a line that nobody gets; without times it is one."""
    if line.start is None:
        return (Word(line.text, 0.0, 0.0, line.probability),)
    return words_of(line)


def _timed_words(lines: Sequence[Line], speech: FoundSpeech, timeline: Timeline) -> list[Word]:
    """The words of one role with times: the file's, else where the role speaks in their line, else where it speaks at all."""
    if any(line.start is None for line in lines):
        segments = list(timeline)
        return _laid_over([unit for line in lines for unit in units(line.text)], segments, 1.0) if segments else []
    words: list[Word] = []
    for line in lines:
        start, end = span_of(line)
        pieces = speech.within(start, end)
        if line.words:
            words += [_kept_in_speech(word, speech) for word in words_of(line)]
        elif pieces:
            words += _laid_over(units(line.text), pieces, line.probability)
        else:
            words += words_of(line)
    return words


def _kept_in_speech(word: Word, speech: FoundSpeech) -> Word:
    """A word that is stretched over silence, from the beginning to the end of the speech in it; one character where most is."""
    size = max(1, len(letters(word.text)))
    if word.end - word.start <= STRETCHED_S * size:
        return word
    pieces = speech.within(word.start, word.end)
    if not pieces:
        return word
    if size > 1:
        return Word(word.text, pieces[0].start, pieces[-1].end, word.probability)
    longest = max(pieces, key=lambda piece: piece.duration)
    return Word(word.text, longest.start, longest.end, word.probability)


def _laid_over(said: Sequence[str], pieces: Sequence[Segment], sure: float) -> list[Word]:
    """Units of text at an even pace over speech."""
    words = []
    for unit, (start, end) in zip(said, at_pace(pieces, len(said)), strict=True):
        words.append(Word(unit, start, min(end, start + CHARACTER_S), sure))
    return words
