"""What file names tell about a call, and ids that no two rows share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa_speech.errors import ConfigError, problem

SKIPPED = "_"
"""``{_}`` stands for a part of the name that is of no interest."""
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class NamePattern:
    """How names tell metadata, e.g. ``{started_at}_{agent}_{queue}.wav``; matched against the end of a path."""

    expression: re.Pattern[str]

    @classmethod
    def of(cls, template: str) -> NamePattern:
        """The pattern that a person wrote.

        Raises
        ------
        ConfigError
            It names no field, one twice, or one that can be none: all problems at once.
        """
        problems = _problems(template)
        if problems:
            raise ConfigError(f"name pattern {template}", problems)
        parts = []
        for number, part in enumerate(_FIELD.split(template)):  # text, field, text, field … text
            parts.append(_field(part) if number % 2 else re.escape(part))
        ending = "" if Path(template).suffix else r"\.[^./]+"
        return cls(re.compile(rf"(?:^|.*/){''.join(parts)}{ending}$"))

    def told(self, path: str) -> dict[str, str]:
        """The fields of a path as they are written there; none where it does not fit.

        >>> NamePattern.of("{queue}/{started_at}_{agent}.wav").told("/rec/宽带/20261123093000_7.wav")
        {'queue': '宽带', 'started_at': '20261123093000', 'agent': '7'}
        """
        match = self.expression.match(path)
        return {} if match is None else match.groupdict()


def _field(name: str) -> str:
    if name == SKIPPED:
        return "[^/]+?"
    return f"(?P<{name}>[^/]+?)"


def _problems(template: str) -> list[str]:
    names = [name for name in _FIELD.findall(template) if name != SKIPPED]
    if not names:
        return [problem("no {{field}} in it; expected e.g. {{started_at}}_{{agent}}_{{queue}}.wav")]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems: list[str] = [problem("{{{name}}} stands twice", name=name) for name in twice]
    problems += [problem("{{{name}}} is no name for a field", name=name) for name in names if not name.isidentifier()]
    return problems


def unique(ids: Sequence[str]) -> list[str]:
    """The ids, in order; of several that are equal the second gets ``~2``, and so on.

    >>> unique(["1.wav", "1.wav", "1.wav~2"])
    ['1.wav', '1.wav~3', '1.wav~2']
    """
    taken = set(ids)
    if len(taken) == len(ids):
        return list(ids)
    seen: dict[str, int] = {}
    found = []
    for name in ids:
        seen[name] = count = seen.get(name, 0) + 1
        own = name
        while count > 1 and own in taken:
            own = f"{name}~{count}"
            count += 1
        taken.add(own)
        found.append(own)
    return found
