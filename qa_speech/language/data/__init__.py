"""Word lists of the language layer: UTF-8 text, one entry per line, ``#`` starts a comment."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def word_list(name: str) -> tuple[str, ...]:
    """The entries of ``NAME.txt`` in this folder, in the order of the file.

    Examples
    --------
    >>> "嗯" in word_list("backchannels")
    True
    """
    text = (files(__name__) / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)
