"""What the cells of a manifest mean: where a recording lies, and on which channel the agent speaks."""

from __future__ import annotations

import os
import re
from pathlib import Path

from qa_speech.call import Role
from qa_speech.errors import Problem, problem
from qa_speech.filenames import as_path, as_text
from qa_speech.inputs.calls import AUDIO_SUFFIXES
from qa_speech.language.script import role_named

WINDOWS = "\\"
"""Between folders, in paths that Windows writes."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.\-]+://", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,，、;；/|]+")
_CHANNELS = {"1": 1, "2": 2, "l": 1, "r": 2, "left": 1, "right": 2, "左": 1, "右": 2, "左声道": 1, "右声道": 2}


def place_of(base: Path, given: str) -> str:
    """A path as a manifest gives it, from the manifest's folder.

    Where there is no such file: the one that Windows means by it, or the only recording that has this name and a suffix.

    >>> place_of(Path("."), "samples\\\\gsm.wav"), place_of(Path("samples"), "gsm"), place_of(Path("a"), '"b.wav"')
    ('samples/gsm.wav', 'samples/gsm.wav', 'a/b.wav')
    """
    given = without_quotes(given)
    folder = Path(as_text(base))
    path = str(folder / given)
    if os.path.exists(as_path(path)):
        return path
    found = str(folder / given.replace(WINDOWS, "/"))
    if os.path.exists(as_path(found)):
        return found
    named = [name for name in _with_suffixes(found) if os.path.exists(as_path(name))]
    return named[0] if len(named) == 1 else path


def without_quotes(given: str) -> str:
    """A path without the quotes that Windows puts around one that is copied."""
    is_quoted = len(given) > 2 and given[0] == given[-1] == '"'
    return given[1:-1].strip() if is_quoted else given


def _with_suffixes(path: str) -> list[str]:
    """A path with every suffix of recordings; none where it has one already."""
    if os.path.splitext(path)[1].lower() in AUDIO_SUFFIXES:
        return []
    suffixes = sorted(AUDIO_SUFFIXES)
    return [path + suffix for suffix in suffixes] + [path + suffix.upper() for suffix in suffixes]


def address_problem(given: str) -> Problem | None:
    """What is wrong with a path that is a web address; None for any other."""
    if _ADDRESS.match(given) is None:
        return None
    return problem("path is a web address; download the recording and write its file")


def agent_channel(values: dict[str, str], problems: list[str]) -> int | None:
    """The agent's channel, by its number or side, else by the order of the roles; takes both out of the values.

    >>> agent_channel({"agent_channel": "右声道"}, []), agent_channel({"roles": "客户，坐席"}, []), agent_channel({}, [])
    (2, 2, None)
    """
    roles = values.pop("roles", "").strip()
    channel = values.pop("agent_channel", "").strip()
    by_roles = _by_order(roles)
    if roles and by_roles is None:
        problems.append(problem("roles {roles!r}; expected 'agent,customer' or 'customer,agent'", roles=roles))
    by_channel = _CHANNELS.get(channel.lower().removesuffix(".0"))
    if channel and by_channel is None:
        problems.append(problem("agent_channel {channel!r}; expected 1 or 2", channel=channel))
    return by_channel or by_roles


def _by_order(roles: str) -> int | None:
    told = [role_named(name) for name in _BETWEEN.split(roles)]
    if told == [Role.AGENT, Role.CUSTOMER]:
        return 1
    return 2 if told == [Role.CUSTOMER, Role.AGENT] else None
