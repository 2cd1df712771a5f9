"""Every error qa_speech raises on purpose.

* QaSpeechError       base: "this recording, this file, this plug-in", never a bug
  x AudioError        the recording cannot be used (.path, .problem)
    + DecodeError     not audio, empty, truncated beyond use, codec missing
    + ChannelError    the channel layout does not give the roles asked for
  x ConfigError       a scorecard, settings or stored-call file is wrong (.source, .problems: all of them)
  x ModelError        a model is missing or not the one expected (.name, .problem)
  x EngineError       a recogniser, speech detector or diarizer failed on valid audio (.engine, .problem)
  x PluginError       a metric or engine name is unknown, taken, or does not import (.name, .problem)

A message says what, where, and what was expected. Arguments are passed on positionally, so every error
pickles and can come back from another process. Bytes of a file name that are not UTF-8 are escaped in it
(`filenames.readable`), so that every message can be stored and printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.filenames import readable

_VALUES = re.compile("'.*'|\".*\"", re.DOTALL)


def without_values(problem: str) -> str:
    """What a foreign reader says is wrong, without the value it quotes: that may be what a customer said.

    >>> without_values("Invalid enum value 'secret' - at `$.role`")
    'Invalid enum value … - at `$.role`'
    """
    return _VALUES.sub("…", problem)


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
        self.problem = readable(problem)
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
        self.problems = tuple(readable(problem) for problem in problems)
        super().__init__(self.source, self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            problem = self.problems[0]
            return problem if problem.startswith(f"{self.source}:") else f"{self.source}: {problem}"
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        return f"{self.source}: {len(self.problems)} problems\n{lines}"


class _NamedError(QaSpeechError):
    def __init__(self, name: str, problem: str) -> None:
        self.name = readable(name)
        self.problem = readable(problem)
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
    ...     mood = qa_speech.measure(make_call(agent=[(0, 2)]), "mood")
    ... except PluginError as error:
    ...     print(error)  # doctest: +ELLIPSIS
    mood: no metric of this name; there are: talk, turns, silence, ...
    """
