"""Every error qa_speech raises on purpose.

* QaSpeechError       base: "this recording, this file, this plug-in", never a bug
  x AudioError        the recording cannot be used (.path, .problem)
    + DecodeError     not audio, empty, truncated beyond use, codec missing
    + ChannelError    the channel layout does not give the roles asked for
  x ConfigError       a scorecard, settings or stored-call file is wrong (.source, .problems: all of them)
  x ModelError        a model is missing or not the one expected (.name, .problem)
  x EngineError       a recogniser, speech detector or diarizer failed on valid audio (.engine, .problem)
  x PluginError       a metric or engine name is unknown, taken, or does not import (.name, .problem)
  x BusyError         as many calls as may are worked on or waiting: try again later (.name, .problem)

A message says what, where, and what was expected. What is wrong is a `Problem`: English text that also carries the template
it was made of and its fields, so that others can say it in another language (`wording.translate`). Arguments are passed on
positionally, so every error pickles and can come back from another process. Bytes of a file name that are not UTF-8 are
escaped in it (`filenames.readable`), so that every message can be stored and printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from qa_speech.filenames import readable

LONGEST_WORD = 80
"""Characters of a word that are compared with those that are known."""
_VALUES = re.compile("'.*'|\".*\"", re.DOTALL)


def without_values(problem: str) -> str:
    """What a foreign reader says is wrong, without the value it quotes: that may be what a customer said.

    >>> without_values("Invalid enum value 'secret' - at `$.role`")
    'Invalid enum value … - at `$.role`'
    """
    return _VALUES.sub("…", problem)


@dataclass(frozen=True, eq=False, repr=False)
class Problem(str):
    """What is wrong, in English; `template` is its code, `fields` are what stands in its gaps. Made by `problem`."""

    template: str
    fields: Mapping[str, object]

    def __new__(cls, template: str, fields: Mapping[str, object]) -> Problem:
        return super().__new__(cls, readable(template.format(**fields)))

    def __getnewargs__(self) -> tuple[str, Mapping[str, object]]:  # type: ignore[override]
        return self.template, self.fields


def problem(template: str, /, **fields: object) -> Problem:
    """A problem: its template, and what stands in the gaps: numbers, texts, other problems; anything else as text.

    >>> found = problem("{count} rows cannot be read", count=3)
    >>> found, found.template, found.fields["count"]
    ('3 rows cannot be read', '{count} rows cannot be read', 3)
    """
    return Problem(template, {name: _plain(value) for name, value in fields.items()})


def with_hint(what: Problem, word: str, known: Iterable[str]) -> Problem:
    """A problem with a word that was written, and the known one that was meant, where one is near.

    >>> with_hint(problem("unknown key {key!r}", key="pads"), "pads", ["threshold", "pad_s"])
    "unknown key 'pads'; did you mean 'pad_s'?"
    """
    close = get_close_matches(word[:LONGEST_WORD], list(known), 1)
    if not close:
        return what
    return problem("{what}; did you mean {close!r}?", what=what, close=close[0])


def together(problems: Sequence[str]) -> str:
    """Several problems as one.

    >>> together([problem("no title"), problem("no id")])
    'no title; no id'
    """
    first, *rest = problems
    if not rest:
        return first
    return problem("{what}; {more}", what=first, more=together(rest))


def said_by(error: BaseException) -> str:
    """What an error says: its problem, where it carries one alone, else its text.

    >>> said_by(ValueError(problem("no title"))).template, said_by(KeyError("title"))
    ('no title', "'title'")
    """
    if len(error.args) == 1 and isinstance(error.args[0], Problem):
        return error.args[0]
    return str(error)


def _plain(value: object) -> str | int | float:
    if isinstance(value, BaseException):
        return said_by(value)
    if isinstance(value, Problem | int | float):
        return value
    return readable(str(value))


def _kept(text: str) -> str:
    """A problem as it is; any other text fit to be stored and shown."""
    if isinstance(text, Problem):
        return text
    return readable(text)


class QaSpeechError(Exception):
    """Base of all errors that qa_speech raises on purpose.

    >>> import qa_speech
    >>> try:
    ...     report = qa_speech.inspect_call("missing.wav")
    ... except qa_speech.QaSpeechError as error:
    ...     print(error)
    missing.wav: no such file
    """


class AudioError(QaSpeechError):
    """The recording cannot be used.

    >>> error = AudioError("call.wav", "no such file")
    >>> error.path, error.problem
    ('call.wav', 'no such file')
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = readable(str(path))
        self.problem = _kept(problem)
        super().__init__(self.path, self.problem)

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class DecodeError(AudioError):
    """Not audio, empty, truncated beyond use, or its codec is missing."""


class ChannelError(AudioError):
    """The channel layout does not give the roles asked for."""


class ConfigError(QaSpeechError):
    """A file written by a person is wrong; `problems` lists everything found, not only the first.

    >>> import qa_speech
    >>> try:
    ...     card = qa_speech.load_scorecard("id: tiny\\nversion: 1\\n")
    ... except ConfigError as error:
    ...     for problem in error.problems:
    ...         print(problem)
    <text>:1: sections: required, but missing
    <text>:1: title: required, but missing
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = readable(str(source))
        self.problems = tuple(_kept(problem) for problem in problems)
        super().__init__(self.source, self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            problem = self.problems[0]
            return f"{problem}" if problem.startswith(f"{self.source}:") else f"{self.source}: {problem}"
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        return f"{self.source}: {len(self.problems)} problems\n{lines}"


class _NamedError(QaSpeechError):
    def __init__(self, name: str, problem: str) -> None:
        self.name = readable(name)
        self.problem = _kept(problem)
        super().__init__(self.name, self.problem)

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}"


class ModelError(_NamedError):
    """A model is missing, or it is not the one expected.

    >>> import qa_speech
    >>> try:
    ...     words = qa_speech.load_recognizer("large-v9")
    ... except ModelError as error:
    ...     print(error.problem.splitlines()[0])
    this model is not on this machine, and nothing is downloaded unasked
    """


class EngineError(_NamedError):
    """A recogniser, speech detector or diarizer failed on valid audio."""


class PluginError(_NamedError):
    """A metric or engine name is unknown, taken, or does not import.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> try:
    ...     found = qa_speech.measure(make_call(agent=[(0, 2)]), "warmth")
    ... except PluginError as error:
    ...     print(error)  # doctest: +ELLIPSIS
    warmth: no metric of this name; there are: talk, turns, silence, ...
    """


class BusyError(_NamedError):
    """As many calls as may are worked on or waiting: try again later.

    >>> print(BusyError("pool", "18 calls are worked on or waiting, as many as may"))
    pool: 18 calls are worked on or waiting, as many as may
    """
