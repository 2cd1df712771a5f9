"""All phrases and patterns of a card in one automaton, which tells in one run over a call which of them occur at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from qa_speech.language.phrases import fold

_SEARCH_MEMORY = 1 << 26
"""Bytes an automaton may take."""


class Book(NamedTuple):
    """All phrases of a card, folded, and all its patterns, for one search per call."""

    phrases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def searcher(book: Book) -> Callable[[str], frozenset[str]]:
    """One automaton for all phrases and patterns of a card: joined text → those that occur.

    >>> sorted(searcher(Book(("您好", "再见"), ("工号[一二三]+",)))("您好工号一二三"))
    ['工号[一二三]+', '您好']
    """
    keys = (*book.phrases, *book.patterns)
    if not keys:
        return lambda text: frozenset()
    automaton = _automaton(book)

    def occurring_in(text: str) -> frozenset[str]:
        found = automaton.Match(text) if automaton is not None else None
        if found is None:
            literals = {phrase for phrase in book.phrases if phrase in text}
            return frozenset(literals.union(book.patterns))
        return frozenset([keys[index - 1] for index in found if index])

    return occurring_in


def _automaton(book: Book) -> Any | None:
    """The compiled set; entry 0 is the empty text. None where it does not fit into memory."""
    import re2

    options = _options()
    options.max_mem = _SEARCH_MEMORY
    automaton = re2.Set.SearchSet(options)
    # always found: an answer without it means that the automaton ran out of memory, which it does not say
    automaton.Add("")
    for phrase in book.phrases:
        automaton.Add(re2.escape(phrase))
    for pattern in book.patterns:
        automaton.Add(pattern)
    try:
        automaton.Compile()
    except re2.error:
        return None
    return automaton


def compiled_pattern(pattern: str) -> Any:
    """A google-re2 pattern that never matches across utterances."""
    import re2

    return re2.compile(pattern, options=_options())


def _options() -> Any:
    import re2

    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    return options


@lru_cache(maxsize=8192)
def borders(text: str) -> frozenset[int]:
    """Places in ``fold(text)`` where a word of the dictionary begins or ends (jieba's cut, no guessed words).

    >>> 1 in borders("滚动条"), 1 in borders("滚远点")
    (False, True)
    """
    import rjieba

    at = 0
    found = {0}
    for token in rjieba.cut(text, False):
        at += len(fold(token))
        found.add(at)
    return frozenset(found)
