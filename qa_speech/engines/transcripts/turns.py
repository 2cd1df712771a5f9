"""Lists of turns as many systems write them: ``[{"speaker": "agent", "start": 1, "end": 4.3, "text": …}, …]``.

Who speaks stands in `speaker`, `role`, `spk`, `channel` and the like, when in `start`, `begin`, `begin_time` and the like,
what in `text`, `content`, `sentence` and the like; the list may lie in an object (``turns``, ``utterances``, ``sentences`` …).
Seconds, milliseconds or ticks of 100 ns: a key that says so is believed (``start_ms``); else the whole file is read in the unit
in which people speak as fast as people do, and where none is likely that is said. Dates, and seconds since 1970, are the time
of day and not that of the call: then the order alone is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    MalformedError,
    Spoken,
    moment,
    probability,
    seconds,
    speaker,
)
from qa_speech.engines.transcripts.clocks import clock
from qa_speech.engines.transcripts.turn import SURE, TEXT, Turn, number, plain_key
from qa_speech.errors import problem
from qa_speech.language.reading import syllables

_LISTS = frozenset(
    "turns utterances sentences segments dialogue dialogues dialog dialogs conversation conversations messages transcript"
    " transcripts transcription results result data records paragraphs items list asr content phrases response"
    " asrresult sentencelist resultlist dialoglist resp".split()
)
_LIKELY = (0.5, 15.0)
"""Syllables a second within which people speak."""
_TELLING = 4
"""Syllables of a turn from which its pace tells in which unit its times are."""
_MS, _TICKS = 1000.0, 10_000_000.0
_EPOCH = 1e9
"""Where all turns begin after this many of whatever unit, they are timed since 1970: a call begins before 100 s."""
_DEEPEST = 4


def _turns_in(found: Any, place: str = "$") -> list[tuple[str, Any]]:
    """The turns in a document, each with its place; of a list of channels those of each, which are told by it."""
    for _ in range(_DEEPEST):
        if isinstance(found, list):
            return [(f"{place}[{count}]", turn) for count, turn in enumerate(found)]
        if not isinstance(found, dict):
            return []
        inner = [name for name in found if plain_key(name)[0] in _LISTS and isinstance(found[name], (list, dict))]
        group = "flash_result" if "flash_result" in found else "channels"
        channels = found.get(group)
        if not inner and isinstance(channels, list) and all(isinstance(channel, dict) for channel in channels):
            return _turns_of(channels, f"{place}.{group}")
        if len(inner) != 1:
            return []
        place = f"{place}.{inner[0]}"
        found = found[inner[0]]
    return []


def _turns_of(channels: list[dict[str, Any]], place: str) -> list[tuple[str, Any]]:
    """The turns of each channel, with its number: the one it has, else its place in the list."""
    found: list[tuple[str, Any]] = []
    for count, channel in enumerate(channels):
        own = Turn(channel).channel
        inner = {key: value for key, value in channel.items() if key != "channels"}
        for at, turn in _turns_in(inner, f"{place}[{count}]"):
            told = {"channel": count if own is None else own, **turn} if isinstance(turn, dict) else turn
            found.append((at, told))
    return found


def _fits(document: Document) -> bool:
    found = _turns_in(document.json)
    return bool(found) and all(isinstance(turn, dict) and Turn(turn).is_one for _, turn in found)


def _read(document: Document) -> Sequence[Line]:
    found = [(place, Turn(turn)) for place, turn in _turns_in(document.json)]
    if not found:
        raise MalformedError(problem("$: no list of turns"))
    turns = [turn for _, turn in found]
    per_second = _unit(found)
    lines = [_line(turn, place, turn.per_second or per_second, timed=not _is_of_day(turns)) for place, turn in found]
    return _with_channels(lines)


def _is_of_day(turns: Sequence[Turn]) -> bool:
    """Whether the turns are timed since 1970."""
    starts = [turn.start for turn in turns if isinstance(turn.start, (int, float))]
    return bool(starts) and min(starts) >= _EPOCH


def _with_channels(lines: Sequence[Line]) -> list[Line]:
    """Channels counted from 1, where there are several; a file in which there is a 0 counts from 0."""
    numbers = {line.channel for line in lines}
    if len(numbers) < 2:
        return [replace(line, channel=None) for line in lines]
    first = 1 if 0 in numbers else 0
    return [line if line.channel is None else replace(line, channel=line.channel + first) for line in lines]


def _line(turn: Turn, place: str, per_second: float, *, timed: bool) -> Line:
    start = end = None
    words: tuple[Spoken, ...] = ()
    if timed:
        start, end = _span(turn, place, per_second)
        words = tuple(_words(turn, per_second))
    who = turn.who
    if who is not None and not isinstance(who, (str, int, float)):
        raise MalformedError(problem("{place}: a speaker that is neither text nor number", place=place))
    sure = probability(number(turn.first(SURE)))
    return Line(speaker(who), (turn.text or "").strip(), start, end, words, turn.channel, sure)


def _span(turn: Turn, place: str, per_second: float) -> tuple[float | None, float | None]:
    """Start and end in seconds, None where the file does not say."""
    start = _time(turn.start, f"{place}.start", per_second)
    if turn.end is not None:
        return start, _time(turn.end, f"{place}.end", per_second)
    length = _time(turn.length, f"{place}.duration", per_second)
    if start is None or length is None:
        return start, None
    return start, start + length


def _time(value: Any, place: str, per_second: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, str) and ":" in value:
        return seconds(clock(value, place), place)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise MalformedError(problem("{place}: neither a number nor a time such as 00:01:02.500", place=place))
    return seconds(value, place, per_second=per_second)


def _words(turn: Turn, per_second: float) -> Iterator[Spoken]:
    for given in turn.words:
        if not isinstance(given, dict):
            continue
        word = Turn(given)
        text = word.first(("word", *TEXT))
        if isinstance(text, str):
            unit = word.per_second or per_second
            start = moment(number(word.start), per_second=unit)
            end = moment(number(word.end), per_second=unit)
            yield Spoken(text, start, end, probability(number(word.first(SURE))))


def _unit(turns: Sequence[tuple[str, Turn]]) -> float:
    """How many of the file's units make a second, by how fast people would speak."""
    rates = []
    in_seconds: list[str] = []
    in_ms: list[str] = []
    for place, turn in turns:
        units = _units(turn)
        if units is None or units <= 0:
            continue
        count = syllables(turn.text or "")
        rate = count / units
        rates.append(rate)
        if turn.per_second is None and count >= _TELLING:
            if _is_likely(rate):
                in_seconds.append(place)
            elif _is_likely(rate * _MS):
                in_ms.append(place)
    if in_seconds and in_ms:
        raise MalformedError(
            problem(
                "times in seconds ({in_seconds}) and in milliseconds ({in_ms}); expected one unit a file",
                in_seconds=in_seconds[0],
                in_ms=in_ms[0],
            )
        )
    middle = median(rates) if rates else 0.0
    for per_second in (_MS, _TICKS):
        if _is_likely(middle * per_second):
            return per_second
    return 1.0


def _units(turn: Turn) -> float | None:
    """How long a turn is, in the file's units."""
    start, end = moment(number(turn.start), per_second=_TICKS), moment(number(turn.end), per_second=_TICKS)
    if start is not None and end is not None:
        return (end - start) * _TICKS
    length = moment(number(turn.length), per_second=_TICKS)
    return None if length is None else length * _TICKS


def _is_likely(rate: float) -> bool:
    """Whether people speak so many syllables a second."""
    return _LIKELY[0] <= rate <= _LIKELY[1]


FORMAT = Format("turns", frozenset((".json",)), _read, _fits)
