"""Names of speakers in foreign transcripts: which are names, and which role each stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.engines.transcripts.base import Line
from qa_speech.language.script import read_line, role_named

_NUMBERED = re.compile(r"(?i)(speaker|spk|说话人)[ _]?\w{1,3}")


def is_speaker(name: str) -> bool:
    """Whether a name is one that transcripts give a speaker: 坐席, caller, SPEAKER_01."""
    return role_named(name) is not None or _NUMBERED.fullmatch(name) is not None


def speaker_of(text: str) -> tuple[str, str]:
    """``坐席: 您好`` or ``[agent] 您好`` → speaker and text; a text without a known name has no speaker.

    >>> speaker_of("[agent] 您好"), speaker_of("合计：三元")
    (('agent', '您好'), ('', '合计：三元'))
    """
    read = read_line(text)
    if read is None or not read.text or not is_speaker(read.name):
        return "", text
    return read.name, read.text


def numbered(lines: Sequence[Line]) -> bool:
    """Whether a speaker has a name that tells no role."""
    return any(line.speaker and role_named(line.speaker) is None for line in lines)
