"""Lists of turns as many systems write them: ``[{"speaker": "agent", "start": 1, "end": 4.3, "text": …}, …]``.

Who speaks stands in `speaker`, `role`, `spk`, `channel` and the like, when in `start`, `begin`, `begin_time` and the like,
what in `text`, `content`, `sentence` and the like; the list may lie in an object (``turns``, ``utterances``, ``sentences`` …).
Seconds or milliseconds: a key that says so is believed (``start_ms``); else the whole file is read in the unit in which people
speak as fast as people do, and where neither is likely that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from statistics import median
from typing import Any

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    MalformedError,
    Number,
    Spoken,
    moment,
    probability,
    seconds,
    speaker,
)
from qa_speech.engines.transcripts.clocks import clock
from qa_speech.errors import problem
from qa_speech.language.reading import syllables

_LISTS = frozenset(
    "turns utterances sentences segments dialogue dialogues dialog dialogs conversation conversations messages transcript"
    " transcripts transcription results result data records paragraphs items list asr content phrases response".split()
)
_TEXT = tuple("text content sentence transcript utterance message words onebest asr asrtext finaltext".split())
_WHO = tuple(
    "role speakerrole participantrole speaker spk speakerid spkid speakerlabel speakername party side participant"
    " user from identity".split()
)
_CHANNEL = tuple("channel channelid channeltag track".split())
_START = tuple("start begin starttime begintime startoffset beginoffset bg startpos from st begintimestamp".split())
_END = tuple("end stop endtime stoptime endoffset ed to endpos et finish endtimestamp".split())
_LENGTH = tuple("duration dur length".split())
_TIMES = frozenset((*_START, *_END, *_LENGTH))
_SURE = tuple("confidence probability conf score".split())
_MS = tuple("ms millis milliseconds msec".split())
_S = tuple("seconds secs sec".split())
_LIKELY = (0.5, 15.0)
"""Syllables a second within which people speak."""
_TELLING = 4
"""Syllables of a turn from which its pace tells in which unit its times are."""
_DEEPEST = 4


@lru_cache(maxsize=1024)
def _plain_key(name: str) -> tuple[str, float | None]:
    """A key in small letters, without ``_`` and ``-``, and how many of its unit make a second where it names one."""
    plain = name.lower().replace("_", "").replace("-", "")
    for units, per_second in ((_MS, 1000.0), (_S, 1.0)):
        for unit in units:
            bare = plain.removesuffix(unit)
            if bare != plain and bare in _TIMES:
                return bare, per_second
    return plain, None


class _Turn:
    """An object of the list by plain keys: small letters, no ``_``, the unit of a time apart."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given: dict[str, Any] = {}
        self.per_second: float | None = None
        for name, value in given.items():
            plain, per_second = _plain_key(name)
            self._given[plain] = value
            self.per_second = per_second or self.per_second

    def first(self, names: Sequence[str]) -> Any:
        """The value of the first of the names that is there and has one."""
        for name in names:
            value = self._given.get(name)
            if value is not None:
                return value
        return None

    @property
    def text(self) -> str | None:
        """What was said; None where no text stands under any usual name."""
        for name in _TEXT:
            if isinstance(self._given.get(name), str):
                return str(self._given[name])
        return None

    @property
    def words(self) -> list[Any]:
        """Its words, where the file lists them."""
        given = self._given.get("words") or self._given.get("wordlist") or self._given.get("items")
        return given if isinstance(given, list) else []

    @property
    def is_one(self) -> bool:
        """Whether it says what was said, and by whom or when."""
        known = self.first(_WHO) is not None or self.first(_CHANNEL) is not None or self.first(_START) is not None
        return self.text is not None and known


def _turns_in(found: Any, place: str = "$") -> list[tuple[str, Any]]:
    """The turns in a document, each with its place; of a list of channels those of each, which are told by it."""
    for _ in range(_DEEPEST):
        if isinstance(found, list):
            return [(f"{place}[{number}]", turn) for number, turn in enumerate(found)]
        if not isinstance(found, dict):
            return []
        inner = [name for name in found if name.lower() in _LISTS and isinstance(found[name], (list, dict))]
        channels = found.get("channels")
        if not inner and isinstance(channels, list) and all(isinstance(channel, dict) for channel in channels):
            return _turns_of(channels, f"{place}.channels")
        if len(inner) != 1:
            return []
        place = f"{place}.{inner[0]}"
        found = found[inner[0]]
    return []


def _turns_of(channels: list[dict[str, Any]], place: str) -> list[tuple[str, Any]]:
    """The turns of each channel, with its number: the one it has, else its place in the list."""
    found: list[tuple[str, Any]] = []
    for number, channel in enumerate(channels):
        own = _Turn(channel).first(_CHANNEL)
        for at, turn in _turns_in(
            {key: value for key, value in channel.items() if key != "channels"}, f"{place}[{number}]"
        ):
            told = {"channel": number if own is None else own, **turn} if isinstance(turn, dict) else turn
            found.append((at, told))
    return found


def _fits(document: Document) -> bool:
    found = _turns_in(document.json)
    return bool(found) and all(isinstance(turn, dict) and _Turn(turn).is_one for _, turn in found)


def _read(document: Document) -> Sequence[Line]:
    found = [(place, _Turn(turn)) for place, turn in _turns_in(document.json)]
    if not found:
        raise MalformedError(problem("$: no list of turns"))
    per_second = _unit(found)
    return _with_channels([_line(turn, place, turn.per_second or per_second) for place, turn in found])


def _with_channels(lines: Sequence[Line]) -> list[Line]:
    """Channels counted from 1, where there are several; a file in which there is a 0 counts from 0."""
    numbers = {line.channel for line in lines}
    if len(numbers) < 2:
        return [replace(line, channel=None) for line in lines]
    first = 1 if 0 in numbers else 0
    return [line if line.channel is None else replace(line, channel=line.channel + first) for line in lines]


def _line(turn: _Turn, place: str, per_second: float) -> Line:
    start, end = _time(turn.first(_START), f"{place}.start", per_second), None
    if turn.first(_END) is not None:
        end = _time(turn.first(_END), f"{place}.end", per_second)
    elif start is not None and turn.first(_LENGTH) is not None:
        length = _time(turn.first(_LENGTH), f"{place}.duration", per_second)
        end = None if length is None else start + length
    who = turn.first(_WHO)
    if who is not None and not isinstance(who, (str, int, float)):
        raise MalformedError(problem("{place}: a speaker that is neither text nor number", place=place))
    sure = probability(_number(turn.first(_SURE)))
    words = tuple(_words(turn, per_second))
    return Line(speaker(who), (turn.text or "").strip(), start, end, words, _channel(turn), sure)


def _number(value: Any) -> Number | None:
    return value if isinstance(value, (int, float, str)) else None


def _channel(turn: _Turn) -> int | None:
    """Its channel, as the file counts."""
    value = turn.first(_CHANNEL)
    if isinstance(value, int) and 0 <= value < 32:
        return value
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) < 3:
        return int(value)
    return None


def _time(value: Any, place: str, per_second: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, str) and ":" in value:
        return seconds(clock(value, place), place)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise MalformedError(problem("{place}: neither a number nor a time such as 00:01:02.500", place=place))
    return seconds(value, place, per_second=per_second)


def _words(turn: _Turn, per_second: float) -> Iterator[Spoken]:
    for given in turn.words:
        if not isinstance(given, dict):
            continue
        word = _Turn(given)
        text = word.first(("word", *_TEXT))
        if isinstance(text, str):
            unit = word.per_second or per_second
            start = moment(_number(word.first(_START)), per_second=unit)
            end = moment(_number(word.first(_END)), per_second=unit)
            yield Spoken(text, start, end, probability(_number(word.first(_SURE))))


def _unit(turns: Sequence[tuple[str, _Turn]]) -> float:
    """How many of the file's units make a second, by how fast people would speak."""
    rates = []
    in_seconds: list[str] = []
    in_ms: list[str] = []
    for place, turn in turns:
        start, end = turn.first(_START), turn.first(_END)
        if not isinstance(start, (int, float)) or not isinstance(end, (int, float)):
            start, end = moment(_number(start)), moment(_number(end))
        if start is None or end is None or not end > start:
            continue
        count = syllables(turn.text or "")
        rate = count / float(end - start)
        rates.append(rate)
        if turn.per_second is None and count >= _TELLING:
            if _is_likely(rate):
                in_seconds.append(place)
            elif _is_likely(rate * 1000):
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
    return 1000.0 if _is_likely(middle * 1000) else 1.0


def _is_likely(rate: float) -> bool:
    """Whether people speak so many syllables a second."""
    return _LIKELY[0] <= rate <= _LIKELY[1]


FORMAT = Format("turns", frozenset((".json",)), _read, _fits)
