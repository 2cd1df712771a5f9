"""What every transcript format gives (lines, or a stored call) and what it is given (a file's text)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any, TypeAlias, TypeVar

import msgspec

from qa_speech.call import Call, Word

LONGEST_S = 360_000.0
"""100 hours; a time beyond it is no time of a call."""

Number: TypeAlias = float | str
"""A figure as foreign files give it; some write it as text."""
Name: TypeAlias = str | int | None
"""A speaker as foreign files name it: a word, a number, nobody."""
T = TypeVar("T")


class MalformedError(ValueError):
    """What is wrong with a file and at which place in it; never the words it holds."""


@dataclass(frozen=True)
class Line:
    """One thing said. `speaker` is the name in the file; times in seconds, None where the file has none."""

    speaker: str
    text: str
    start: float | None = None
    end: float | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """The lines of one file, in its order. `call` is set when the file is a stored call of ours."""

    source: str
    form: str
    lines: tuple[Line, ...]
    call: Call | None = None

    @property
    def timed(self) -> bool:
        """Whether every line has times."""
        return bool(self.lines) and all(line.start is not None and line.end is not None for line in self.lines)


@dataclass(frozen=True)
class Document:
    """A file as the formats get it. `json`: what a ``.json`` holds, else None."""

    source: str
    suffix: str
    text: str
    json: Any = None


@dataclass(frozen=True)
class Format:
    """One foreign format: a line of the table in `formats`.

    `fits` tells a document of its suffixes from those of other formats with the same suffix; `read` gives the lines, in
    the order of the file, or a call that is stored as one. `read` may raise `MalformedError` and msgspec's
    ``ValidationError``, both of which name the place.
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
        raise MalformedError(f"{root}{place.removesuffix('`')}: {what}") from exc
    except RecursionError as exc:
        raise MalformedError(f"{root}: nested too deeply") from exc


def seconds(value: Number, place: str, *, per_second: float = 1.0) -> float:
    """A time of the file in seconds; `per_second` 1000 where the file counts milliseconds.

    Raises
    ------
    MalformedError
        It is no number from 0 to `LONGEST_S`.
    """
    try:
        time = float(value) / per_second
    except ValueError as exc:
        raise MalformedError(f"{place}: not a number") from exc
    if not isfinite(time) or not 0 <= time < LONGEST_S:
        raise MalformedError(f"{place}: {time:g} s; expected 0 to {LONGEST_S:g} s from the start of the call")
    return time


def probability(value: float) -> float:
    """A recogniser's figure as a probability of 0–1; what is no number counts as 0."""
    if isnan(value):
        return 0.0
    return min(1.0, max(0.0, value))


def speaker(name: Name) -> str:
    """A speaker's name as text; "" where there is none."""
    return "" if name is None else str(name)


def is_object_with(document: object, *keys: str) -> bool:
    """Whether decoded JSON is an object that has these keys."""
    return isinstance(document, dict) and document.keys() >= set(keys)
