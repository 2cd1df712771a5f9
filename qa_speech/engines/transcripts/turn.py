"""One turn of a list that some other system wrote: what it says by the usual names of its keys.

Names are compared in small letters without ``_`` and ``-``; a unit at the end of a time's name is believed (``start_ms``).
What lies in an object of the turn (``additions``, ``result`` …) counts as its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from qa_speech.engines.transcripts.base import Number
from qa_speech.engines.transcripts.clocks import iso_seconds

TEXT = tuple(
    "text content sentence transcript utterance message msg words onebest asr asrtext finaltext 内容 文本 文字".split()
)
SURE = tuple("confidence probability conf score".split())
_WHO = tuple(
    "role speakerrole participantrole speaker spk speakerid spkid speakerlabel speakername rolename roletype 角色 说话人"
    " party side participant user from identity".split()
)
_CHANNEL = tuple("channel channelid channeltag track 声道".split())
_START = tuple(
    "start begin starttime begintime startoffset beginoffset bg startpos from st begintimestamp offset timestamp"
    " 开始时间 起始时间 开始".split()
)
_END = tuple("end stop endtime stoptime endoffset ed endpos to et finish endtimestamp 结束时间 结束".split())
_LENGTH = tuple("duration dur length".split())
_TIMES = frozenset((*_START, *_END, *_LENGTH))
_EITHER = frozenset(("from", "to"))
"""Who speaks to whom, or from when to when."""
_INNER = frozenset("additions result analysisinfo extra attributes".split())
_UNITS = (
    *((unit, 1000.0) for unit in ("inms", "inmillis", "ms", "millis", "milliseconds", "msec")),
    *((unit, 10_000_000.0) for unit in ("inticks", "ticks")),
    *((unit, 1.0) for unit in ("inseconds", "seconds", "secs", "sec")),
)
_SIDES = {"l": 1, "left": 1, "左": 1, "左声道": 1, "r": 2, "right": 2, "右": 2, "右声道": 2}
_NUMBERED = re.compile(r"(?:channel|ch|声道|通道)?[ _#-]?(\d{1,2})")
_WITH_UNIT = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s?(m)?s", re.IGNORECASE)
_DATE = re.compile(r"\d{4}(?:[-/.年]\d{1,2}[-/.月]\d|\d{10}$)")


@lru_cache(maxsize=1024)
def plain_key(name: str) -> tuple[str, float | None]:
    """A key in small letters, without ``_`` and ``-``, and how many of its unit make a second where it names one.

    >>> plain_key("Start_MS"), plain_key("offsetInTicks"), plain_key("text")
    (('start', 1000.0), ('offset', 10000000.0), ('text', None))
    """
    plain = name.lower().replace("_", "").replace("-", "")
    for unit, per_second in _UNITS:
        bare = plain.removesuffix(unit)
        if bare != plain and bare in _TIMES:
            return bare, per_second
    return plain, None


class Turn:
    """An object of a list by plain keys; `per_second`: how many of the unit that its keys name make a second, if they do."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given: dict[str, Any] = {}
        self.per_second: float | None = None
        self._take(given)

    def _take(self, given: Mapping[str, Any]) -> None:
        inner = []
        for name, value in given.items():
            plain, per_second = plain_key(name)
            if plain in _INNER and isinstance(value, dict):
                inner.append(value)
                continue
            if plain in _TIMES and isinstance(value, str):
                value, per_second = _measured(value, per_second)
            self._given.setdefault(plain, value)
            self.per_second = self.per_second or per_second
        for value in inner:
            self._take(value)

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
        for name in TEXT:
            if isinstance(self._given.get(name), str):
                return str(self._given[name])
        return None

    @property
    def words(self) -> list[Any]:
        """Its words, where the file lists them."""
        given = self._given.get("words") or self._given.get("wordlist") or self._given.get("items")
        return given if isinstance(given, list) else []

    @property
    def who(self) -> Any:
        """Who speaks, by name or number, else by the name of his channel (``agent``); None where it does not say.

        >>> Turn({"from": "agent", "to": "customer"}).who, Turn({"from": 1.5, "channel": "caller"}).who
        ('agent', 'caller')
        """
        for name in _WHO:
            value = self._given.get(name)
            if isinstance(value, dict):
                value = _inner_name(value)
            if value is not None and not (name in _EITHER and not _is_name(value)):
                return value
        channel = self.first(_CHANNEL)
        return channel if isinstance(channel, str) and self.channel is None and channel.strip() else None

    @property
    def channel(self) -> int | None:
        """Its channel, as the file counts; left is 1, right 2."""
        value = self.first(_CHANNEL)
        if isinstance(value, int) and 0 <= value < 32:
            return value
        if not isinstance(value, str):
            return None
        plain = value.strip().lower()
        numbered = _NUMBERED.fullmatch(plain)
        return int(numbered[1]) if numbered else _SIDES.get(plain)

    @property
    def start(self) -> Any:
        """When it begins, as the file writes it; None where it does not say, or tells the time of day.

        >>> Turn({"beginTime": "2026-01-05 09:30:00", "offset": 500}).start, Turn({"from": "agent"}).start
        (500, None)
        """
        return self._time(_START)

    @property
    def end(self) -> Any:
        """When it ends, as the file writes it; None as with `start`."""
        return self._time(_END)

    @property
    def length(self) -> Any:
        """How long it is, as the file writes it."""
        return self._time(_LENGTH)

    def _time(self, names: Sequence[str]) -> Any:
        for name in names:
            value = self._given.get(name)
            if value is None or (name in _EITHER and _is_name(value)) or _is_date(value):
                continue
            return value
        return None

    @property
    def is_one(self) -> bool:
        """Whether it says what was said, and by whom or when."""
        has_time = self.first(_START) is not None
        known = self.who is not None or self.first(_CHANNEL) is not None or has_time
        return self.text is not None and known


def number(value: Any) -> Number | None:
    """A value that may be a figure; None for anything else."""
    return value if isinstance(value, (int, float, str)) else None


def _measured(text: str, per_second: float | None) -> tuple[Any, float | None]:
    """A time whose unit stands behind it, as a number and how many make a second; any other as it is.

    >>> _measured("1.5s", None), _measured("PT1M2.5S", None), _measured("1.5", 1000.0)
    ((1.5, 1.0), (62.5, 1.0), ('1.5', 1000.0))
    """
    figure = _WITH_UNIT.fullmatch(text.strip())
    if figure is not None:
        return float(figure[1]), 1000.0 if figure[2] else 1.0
    length = iso_seconds(text.strip())
    return (text, per_second) if length is None else (length, 1.0)


def _inner_name(given: Mapping[str, Any]) -> Any:
    """Who an object stands for: by its role, else its name, else its number."""
    known = Turn(given)
    return known.who if known.who is not None else known.first(("name", "id"))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()[:1].isdecimal()


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and _DATE.match(value.strip()) is not None
