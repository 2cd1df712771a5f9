"""What reaches a terminal: text alone. Characters that would steer it are shown instead (`filenames.visible`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from qa_speech.filenames import visible


class Plain:
    """A text stream that shows control characters instead of sending them; `raw` is the stream itself."""

    def __init__(self, raw: TextIO) -> None:
        self.raw = raw

    def write(self, text: str) -> int:
        """Write a text; every name and message of every command comes through here."""
        self.raw.write(visible(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


@contextmanager
def plain_streams() -> Iterator[None]:
    """Standard output and errors take text alone."""
    before = sys.stdout, sys.stderr
    out: Any = Plain(sys.stdout)
    err: Any = Plain(sys.stderr)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def drawn_on() -> TextIO:
    """Standard error as it is, for a bar that steers the terminal itself; whatever it names must be `visible`."""
    found: TextIO = getattr(sys.stderr, "raw", sys.stderr)
    return found
