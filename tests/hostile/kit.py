"""The frame of the hostile inputs: a case lays out its input, says which command meets it, and what must come of that.

    Case(family, name, attack)            attack(place) lays the input out, gives it to a command and asserts what it came to

Whatever a case asks for besides, of every command holds: no traceback, a known exit code, one error of few lines, no control
character that reaches a terminal. `benchmarks/hostile.py` runs the same cases each in a process of its own and measures
seconds and memory.
"""

from __future__ import annotations

import logging
import signal
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.filenames import visible

EXIT_CODES = (0, 1, 2, 3, 4)
MOST_LINES = 40
"""Lines of an error: nobody reads more."""
HANGS_AFTER_S = 60
"""A case that takes so long hangs; how long it really takes is measured in benchmarks/hostile.py."""
PLAIN = "\n\t"


class Told(NamedTuple):
    """How a command ended: exit code, and what it said to programs and to people."""

    code: int
    out: str
    err: str


class Case(NamedTuple):
    """One hostile input. `attack` raises AssertionError where it is not held."""

    family: str
    name: str
    attack: Callable[[Path], None]

    @property
    def id(self) -> str:
        """Its name in lists."""
        return f"{self.family}: {self.name}"


def said(*arguments: object, codes: Sequence[int] = EXIT_CODES) -> Told:
    """What a command comes to, held to what is true of all commands."""
    with _logged() as log:
        result = CliRunner(env={"QA_SPEECH_UI": "en"}).invoke(app, [str(argument) for argument in arguments])
    told = Told(result.exit_code, result.stdout, result.stderr + visible("".join(log)))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"a traceback: {result.exception!r}") from result.exception
    assert told.code in codes, f"exit code {told.code}: {told.err[-500:]}"
    assert "Traceback" not in told.err
    if told.code:
        assert (told.err + told.out).strip(), "failed without a word"
        assert len(told.err.splitlines()) <= MOST_LINES, f"{len(told.err.splitlines())} lines of error"
    raw = sorted({char for char in told.out + told.err if _is_raw(char)})
    assert raw == [], f"control characters reach the terminal: {raw}"
    return told


@contextmanager
def _logged() -> Iterator[list[str]]:
    """What the library logs: the program shows it on standard error, a test runner keeps it to itself."""
    lines: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(f"{record.getMessage()}\n")  # type: ignore[method-assign]
    logger = logging.getLogger("qa_speech")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)


def refused(*arguments: object, says: str, codes: Sequence[int] = (1, 2, 3)) -> Told:
    """The command refuses, and says this."""
    told = said(*arguments, codes=codes)
    assert says in told.err, f"{says!r} is not said: {told.err}"
    return told


def fine(*arguments: object, says: str = "") -> Told:
    """The command works, and says this to programs or to people."""
    told = said(*arguments, codes=(0,))
    assert says in told.out + told.err, f"{says!r} is not said: {told.out}{told.err}"
    return told


def _is_raw(char: str) -> bool:
    """Whether a character steers a terminal, or turns the direction of a line."""
    return char not in PLAIN and (
        unicodedata.category(char) == "Cc" or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


@contextmanager
def no_hanging(seconds: int = HANGS_AFTER_S) -> Iterator[None]:
    """Ends what hangs."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"hangs: not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
