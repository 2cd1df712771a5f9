"""Dates and times as people and systems write them → a day and, where it is told, a time of day. The one function for all.

    2026-01-05 09:30:00   2026-01-05T09:30:00+08:00   2026/1/5 9:30   2026.1.5   20260105093000   20260105-0930
    2026年1月5日 9时30分   2026年1月5日 下午2:30   2026-1-5 周一 9:30   5 Jan 2026   46027.395833 (a spreadsheet's number)
    13/1/2026 can be read in one way only; 1/5/2026 in two, and is refused unless the order of day and month is given

Hours are those that were written: a zone is kept and never converted. What is in doubt is refused, not guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from qa_speech.errors import problem

DayOrder: TypeAlias = Literal["month-first", "day-first"]
"""How 1/5/2026 is meant: 5 January, or 1 May."""
Epoch: TypeAlias = Literal[1900, 1904]
"""What day a spreadsheet counts from; a workbook says which (old ones of the Macintosh 1904)."""

EXPECTED = problem("expected e.g. 2026-01-05 09:30:00")
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
"""Years a call can be of; digits that give another are no date but some number."""
_DAY_ZERO = {1900: dt.datetime(1899, 12, 30), 1904: dt.datetime(1904, 1, 1)}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_AFTERNOON = frozenset(("下午", "晚上", "傍晚", "pm"))
_MORNING = frozenset(("上午", "凌晨", "早上", "清晨", "am"))
_NOON = "中午"
_HALF = "上午|下午|中午|晚上|傍晚|凌晨|早上|清晨"

_WEEKDAY = r"[,\s]*\(?(?:星期|周)[一二三四五六日天]\)?"
_DATES = (
    re.compile(rf"(?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}})(?:{_WEEKDAY})?"),
    re.compile(rf"(?P<y>\d{{4}})\s*年\s*(?P<m>\d{{1,2}})\s*月\s*(?P<d>\d{{1,2}})\s*[日号](?:{_WEEKDAY})?"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
    re.compile(r"(?P<one>\d{1,2})(?P<sep>[-/.])(?P<two>\d{1,2})(?P=sep)(?P<y>\d{4})"),
    re.compile(r"(?P<d>\d{1,2})[- ](?P<name>[a-z]{3})[a-z]*[- ,]\s*(?P<y>\d{4})"),
    re.compile(r"(?P<name>[a-z]{3})[a-z]*\.? (?P<d>\d{1,2}),? (?P<y>\d{4})"),
)
_ZONE = r"\s*(?P<zone>z|utc|gmt|[+-]\d\d(?::?\d\d)?)?"
_TIMES = (
    re.compile(
        rf"(?:(?P<half>{_HALF})\s*)?(?P<h>\d{{1,2}})\s*[:：]\s*(?P<min>\d\d?)"
        rf"(?:\s*:\s*(?P<s>\d\d?)(?:[.,](?P<f>\d{{1,9}}))?)?\s*(?P<after>am|pm)?{_ZONE}"
    ),
    re.compile(rf"(?:(?P<half>{_HALF})\s*)?(?P<h>\d{{1,2}})[时点](?:(?P<min>\d\d?)分?)?(?:(?P<s>\d\d?)秒)?{_ZONE}"),
    re.compile(rf"(?P<h>\d\d)(?P<min>\d\d)(?:(?P<s>\d\d)(?:\.?(?P<f>\d{{3,6}}))?)?{_ZONE}"),
    re.compile(r"(?P<h>\d\d)(?P<sep>[-._])(?P<min>\d\d)(?:(?P=sep)(?P<s>\d\d))?"),  # a file name has no colons
    re.compile(rf"(?P<h>\d\d){_ZONE}"),
)
_BETWEEN = re.compile(r"[t_,\s-]?\s*")
_LONGEST = 64
"""Characters of a date and time in words; what is longer is none."""
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_FRACTION = re.compile(r"0(?:\.\d+)?")
"""A time of day as a workbook counts it: a part of the day."""


class DateError(ValueError):
    """A text is no date, or one that can be read in two ways; the message does not quote it."""


class Moment(NamedTuple):
    """A day, and the time of day where it is told (with its zone where that is told)."""

    day: dt.date
    clock: dt.time | None = None

    @property
    def iso(self) -> str:
        """As ISO 8601: what is stored. A day alone has no time."""
        if self.clock is None:
            return self.day.isoformat()
        return f"{self.day.isoformat()}T{self.clock.isoformat()}"

    @property
    def hour(self) -> int | None:
        """0–23, as it was written; None for a day alone."""
        return None if self.clock is None else self.clock.hour


def parse(text: str, *, order: DayOrder | None = None, epoch: Epoch | None = None) -> Moment:
    """The moment that a text tells.

    Parameters
    ----------
    order
        How ``1/5/2026`` is meant; None = it is refused.
    epoch
        Numbers such as 46027.4 are days since this epoch, as a spreadsheet counts; None = they are no dates.

    Raises
    ------
    DateError
        It tells none, an impossible one, or could be two.

    Examples
    --------
    >>> [parse(text).iso for text in ("2026/1/5 9:30", "20260105093000", "2026年1月5日", "2026-01-05T09:30:00Z")]
    ['2026-01-05T09:30:00', '2026-01-05T09:30:00', '2026-01-05', '2026-01-05T09:30:00+00:00']
    >>> parse("1/5/2026", order="month-first").iso, parse("46027.395833", epoch=1900).iso
    ('2026-01-05', '2026-01-05T09:30:00')
    """
    plain = _plain(text)
    if epoch is not None and _SERIAL.fullmatch(plain):
        return _from_serial(float(plain), epoch)
    for pattern in _DATES:
        match = pattern.match(plain)
        if match is None:
            continue
        rest = plain[match.end() :]
        clock = _clock_after(rest)
        if clock is not None or not rest:
            return Moment(_day(match.groupdict(), order), clock)
    raise DateError(problem("no date or time; {expected}", expected=EXPECTED))


def joined(day: Moment, text: str, *, order: DayOrder | None = None, epoch: Epoch | None = None) -> Moment:
    """A day of one column and what the column of the time says: a time of day, nothing, or the whole again.

    Raises
    ------
    DateError
        It is no time, or one of another day.

    Examples
    --------
    >>> joined(parse("2026/1/5"), "9:30").iso, joined(parse("2026/1/5"), "").iso
    ('2026-01-05T09:30:00', '2026-01-05')
    """
    if not text:
        return day
    plain = _plain(text)
    clock = _clock(plain)
    if epoch is not None and _FRACTION.fullmatch(plain):
        clock = (_DAY_ZERO[epoch] + dt.timedelta(seconds=round(86_400 * float(plain)))).time()
    if clock is not None:
        return Moment(day.day, clock)
    whole = parse(text, order=order, epoch=epoch)
    if whole.day != day.day:
        raise DateError(problem("the columns of date and time tell two days"))
    return whole


@lru_cache(maxsize=65_536)
def known(text: str) -> Moment | None:
    """The moment that metadata tell (``started_at`` as it is stored); None where they tell none surely.

    >>> known("2026-01-05T09:30:00").hour, known("2026-01-05").hour, known("昨天"), known("1/5/2026")
    (9, None, None, None)
    """
    try:
        return parse(text)
    except DateError:
        return None


def day_of(text: str) -> str:
    """The day of what metadata tell, ``2026-01-05``; "" where they tell none surely.

    >>> day_of("20260105093000"), day_of("")
    ('2026-01-05', '')
    """
    moment = known(text)
    return "" if moment is None else moment.day.isoformat()


def _plain(text: str) -> str:
    """Full-width digits and signs as plain ones, in lower case."""
    if len(text) > _LONGEST:
        raise DateError(problem("no date or time; {expected}", expected=EXPECTED))
    return unicodedata.normalize("NFKC", text).strip().lower()


def _from_serial(days: float, epoch: Epoch) -> Moment:
    """A whole number is a day, a fraction the time of day, to the second."""
    exact = _DAY_ZERO[epoch] + dt.timedelta(days=days)
    found = (exact + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise DateError(problem("this number is no date; {expected}", expected=EXPECTED))
    return Moment(found.date(), None if days.is_integer() else found.time())


def _day(parts: dict[str, str | None], order: DayOrder | None) -> dt.date:
    year = int(parts["y"] or 0)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise DateError(
            problem(
                "the year has to lie between {first_year} and {last_year}; {expected}",
                first_year=_FIRST_YEAR,
                last_year=_LAST_YEAR,
                expected=EXPECTED,
            )
        )
    if parts.get("one") is not None:
        return _either_way(year, int(parts["one"] or 0), int(parts["two"] or 0), order)
    day = int(parts["d"] or 0)
    name = parts.get("name")
    if name is None:
        return _date(year, int(parts["m"] or 0), day)
    if name not in _MONTHS:
        raise DateError(problem("no name of a month; {expected}", expected=EXPECTED))
    return _date(year, _MONTHS.index(name) + 1, day)


def _either_way(year: int, one: int, two: int, order: DayOrder | None) -> dt.date:
    """``1/5/2026``: as the order says, else as the only way that gives a date."""
    if order == "month-first":
        return _date(year, one, two)
    if order == "day-first":
        return _date(year, two, one)
    most_months = len(_MONTHS)
    if one <= most_months and two <= most_months and one != two:
        raise DateError(
            problem(
                "day and month could be either way; write 2026-01-05, or say which in the settings: "
                '[tables] date_order = "month-first" or "day-first"'
            )
        )
    return _date(year, two, one) if one > most_months else _date(year, one, two)


def _date(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError as exc:
        raise DateError(problem("there is no such day; {expected}", expected=EXPECTED)) from exc


def _clock_after(rest: str) -> dt.time | None:
    """The time that follows a date."""
    between = _BETWEEN.match(rest)
    start = 0 if between is None else between.end()
    return _clock(rest[start:]) if rest else None


def _clock(text: str) -> dt.time | None:
    for pattern in _TIMES:
        match = pattern.fullmatch(text)
        if match is not None:
            return _time(match.groupdict())
    return None


def _time(parts: dict[str, str | None]) -> dt.time:
    hour = _hour(int(parts["h"] or 0), parts.get("half") or parts.get("after"))
    fraction = (parts.get("f") or "")[:6].ljust(6, "0")
    minute = int(parts.get("min") or 0)
    second = int(parts.get("s") or 0)
    try:
        return dt.time(hour, minute, second, int(fraction), tzinfo=_zone(parts.get("zone")))
    except ValueError as exc:
        raise DateError(problem("there is no such time of day; {expected}", expected=EXPECTED)) from exc


def _hour(hour: int, half: str | None) -> int:
    """The hour of 24, from one of 12 and the half of the day; `下午14:30` says it twice."""
    if half in _MORNING:
        if hour > 12:
            raise DateError(problem("no such time in the morning; {expected}", expected=EXPECTED))
        return hour % 12
    if half in _AFTERNOON and hour < 12:
        return hour + 12
    if half == _NOON and hour < 3:
        return hour + 12
    return hour


def _zone(text: str | None) -> dt.tzinfo | None:
    if not text:
        return None
    if text in ("z", "utc", "gmt"):
        return dt.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(-ahead if text[0] == "-" else ahead)
