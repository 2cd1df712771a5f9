"""What every transcript format gives (lines, or a stored call) and what it is given (a file's text).

Formats only read: what is odd about times and words is mended, and said, in one place (`mending`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan
from typing import Any, TypeAlias, TypeVar

import msgspec

from qa_speech.call import Call, Word
from qa_speech.errors import problem, without_values
from qa_speech.language.dialogue import join_words

LONGEST_S = 360_000.0
"""100 hours; a time beyond it is no time of a call."""
SLIP_S = 0.5
"""Seconds before the start of a call that an aligner may slip to; such a time is mended, an earlier one refused."""
LINE_PAUSE_S = 0.8
"""A pause of this many seconds ends a line where a file gives words and no lines."""

Number: TypeAlias = float | str
"""A figure as foreign files give it; some write it as text."""
Name: TypeAlias = str | int | float | None
"""A speaker as foreign files name it: a word, a number, nobody."""
T = TypeVar("T")


class MalformedError(ValueError):
    """What is wrong with a file and at which place in it; never the words it holds."""


@dataclass(frozen=True)
class Spoken:
    """A word as a file gives it: times in seconds, None where it has none; `probability` 0–1; channels count from 1.

    `estimated`: its times are not the file's own, they were fitted between its neighbours.
    """

    text: str
    start: float | None = None
    end: float | None = None
    probability: float = 1.0
    speaker: str = ""
    channel: int | None = None
    estimated: bool = False


@dataclass(frozen=True)
class Line:
    """One thing said. `speaker` is the name in the file; times in seconds, None where the file has none.

    `channel` counts from 1. `probability` (0–1) holds for the words where the file does not list them; `no_speech` is the
    recogniser's probability (0–1) that nobody speaks, None where it does not say.
    """

    speaker: str
    text: str
    start: float | None = None
    end: float | None = None
    words: tuple[Spoken, ...] = ()
    channel: int | None = None
    probability: float = 1.0
    no_speech: float | None = None

    @property
    def voice(self) -> str:
        """Who speaks, as far as the file tells: a name, else a channel, else nobody ("")."""
        if self.speaker or self.channel is None:
            return self.speaker
        return f"channel {self.channel}"


@dataclass(frozen=True)
class Apart:
    """Words of a file that nobody said, with the reason: ``repetition``, ``hallucination``."""

    line: Line
    reason: str


@dataclass(frozen=True)
class Transcript:
    """The lines of one file, in its order. `call` is set when the file is a stored call of ours.

    `notes` are warnings for the call (codes with a count after a colon): what was mended or is doubtful. `apart` was taken
    out of the lines.
    """

    source: str
    form: str
    lines: tuple[Line, ...]
    call: Call | None = None
    notes: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether every line has times."""
        return bool(self.lines) and all(line.start is not None and line.end is not None for line in self.lines)


@dataclass(frozen=True)
class Document:
    """A file as the formats get it. `json`: what it holds if that is JSON, else None. `stem`: its name without suffix."""

    source: str
    suffix: str
    text: str
    json: Any = None
    stem: str = ""


@dataclass(frozen=True)
class Format:
    """One foreign format: a line of the table in `formats`.

    `fits` tells a document of its suffixes from those of other formats with the same suffix; `read` gives the lines, in
    the order of the file, or a call that is stored as one. `read` may raise `MalformedError`, which names the place.
    """

    name: str
    suffixes: frozenset[str]
    read: Callable[[Document], Sequence[Line] | Call]
    fits: Callable[[Document], bool] = lambda document: True


def converted(document: object, kind: type[T], root: str = "$") -> T:
    """Decoded JSON as typed data; what does not fit names its place below `root`."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as exc:
        what, _, place = str(exc).partition(" - at `$")
        raise MalformedError(
            problem("{root}{place}: {reason}", root=root, place=place.removesuffix("`"), reason=without_values(what))
        ) from exc
    except RecursionError as exc:
        raise MalformedError(problem("{root}: nested too deeply", root=root)) from exc
    except UnicodeEncodeError as exc:
        raise MalformedError(
            problem("{root}: half of a character (a lone surrogate) where none can stand", root=root)
        ) from exc


def seconds(value: Number, place: str, *, per_second: float = 1.0) -> float:
    """A time of the file in seconds; `per_second` 1000 where the file counts milliseconds.

    Raises
    ------
    MalformedError
        It is no number from 0 to `LONGEST_S`; a slip of up to `SLIP_S` before 0 passes and is mended.
    """
    try:
        time = float(value) / per_second
    except (ValueError, OverflowError) as exc:
        raise MalformedError(problem("{place}: not a number", place=place)) from exc
    if not isfinite(time) or not -SLIP_S <= time < LONGEST_S:
        raise MalformedError(
            problem(
                "{place}: {time:g} s; expected 0 to {longest_s:g} s from the start of the call",
                place=place,
                time=time,
                longest_s=LONGEST_S,
            )
        )
    return time


def moment(value: Number | None, *, per_second: float = 1.0, after: float = 0.0) -> float | None:
    """The time of a word in seconds, counted from `after`; None for what is no time (it is mended from its neighbours)."""
    if value is None:
        return None
    try:
        time = after + float(value) / per_second
    except (ValueError, OverflowError):
        return None
    return time if isfinite(time) and -SLIP_S <= time < LONGEST_S else None


def probability(value: Number | None, *, per_unit: float = 1.0) -> float:
    """A recogniser's figure as a probability of 0–1; 1 where it does not say, 0 where it says what is no number.

    >>> probability(0.3), probability("87", per_unit=100), probability(None), probability(float("nan"))
    (0.3, 0.87, 1.0, 0.0)
    """
    if value is None:
        return 1.0
    try:
        share = float(value) / per_unit
    except (ValueError, OverflowError):
        return 0.0
    return 0.0 if isnan(share) else min(1.0, max(0.0, share))


def speaker(name: Name) -> str:
    """A speaker's name as text; "" where there is none."""
    return "" if name is None else str(name).strip()


def is_object_with(document: object, *keys: str) -> bool:
    """Whether decoded JSON is an object that has these keys."""
    return isinstance(document, dict) and document.keys() >= set(keys)


def inside(document: object, *keys: str) -> object:
    """What decoded JSON is about, out of the envelopes named by `keys` that it lies in; an envelope may be missing.

    >>> inside({"Response": {"Data": [1]}}, "Response", "Data"), inside([1], "Response", "Data")
    ([1], [1])
    """
    found = document
    for key in keys:
        if isinstance(found, dict) and key in found:
            found = found[key]
    return found


def lines_of(words: Iterable[Spoken], *, pause_s: float = LINE_PAUSE_S) -> list[Line]:
    """Words as lines: one ends where another speaks, and where `pause_s` seconds pass. A word without speaker is the
    last speaker's.

    >>> said = [Spoken("您", 0, 1, speaker="a"), Spoken("好", 1, 2), Spoken("喂", 2, 3, speaker="b")]
    >>> [(line.speaker, line.text, line.start, line.end) for line in lines_of(said)]
    [('a', '您好', 0, 2), ('b', '喂', 2, 3)]
    """
    lines: list[list[Spoken]] = []
    for word in attributed(list(words)):
        before = lines[-1][-1] if lines else None
        if before is None or _is_other(before, word) or _is_later(before, word, pause_s):
            lines.append([])
        lines[-1].append(word)
    return [line_of(said) for said in lines]


def attributed(words: Sequence[Spoken]) -> list[Spoken]:
    """The words, those without speaker given to the speaker before them, at the beginning to the first that is named."""
    last = next((word for word in words if word.speaker), Spoken(""))
    found = []
    for word in words:
        if word.speaker:
            last = word
        elif last.speaker and word.channel == last.channel:
            word = replace(word, speaker=last.speaker)
        found.append(word)
    return found


def line_of(words: Sequence[Spoken]) -> Line:
    """One line of words that one speaker said."""
    text = join_words([Word(word.text, 0.0, 0.0) for word in words])
    first = words[0]
    starts = [word.start for word in words if word.start is not None]
    ends = [word.end for word in words if word.end is not None]
    start, end = (starts[0], ends[-1]) if starts and ends else (None, None)
    return Line(first.speaker, text, start, end, tuple(words), first.channel)


def _is_other(before: Spoken, word: Spoken) -> bool:
    return (before.speaker, before.channel) != (word.speaker, word.channel)


def _is_later(before: Spoken, word: Spoken, pause_s: float) -> bool:
    if before.end is None or word.start is None:
        return False
    return word.start - before.end >= pause_s
