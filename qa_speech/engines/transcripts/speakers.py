"""Names of speakers in foreign transcripts: which are names, and which role each stands for."""

from __future__ import annotations

import re

from qa_speech.language.script import machine_named, read_line, role_named

_NUMBERED = re.compile(
    r"(?i)(?:speaker|spk|说话人|說話人|发言人|發言人|讲话人|講話人|声道|聲道|通道|channel|ch)[ _#-]?\w{1,3}|[a-z甲乙丙丁]|\?"
)
_WHISPER_CPP = re.compile(r"\(speaker (\d|\?)\)\s*(.*)", re.DOTALL)
_NOBODY = "?"


def is_speaker(name: str) -> bool:
    """Whether a name is one that transcripts give a speaker: 坐席, caller, SPEAKER_01, A."""
    return role_named(name) is not None or machine_named(name) or _NUMBERED.fullmatch(name) is not None


def speaker_of(text: str) -> tuple[str, str]:
    """``坐席: 您好`` or ``[agent] 您好`` → speaker and text; a text without a known name has no speaker.

    >>> speaker_of("[agent] 您好"), speaker_of("合计：三元"), speaker_of("(speaker ?) 您好")
    (('agent', '您好'), ('', '合计：三元'), ('', '您好'))
    """
    match = _WHISPER_CPP.fullmatch(text)
    if match:
        return ("" if match[1] == _NOBODY else match[1]), match[2]
    read = read_line(text)
    if read is None or not read.text or not is_speaker(read.name):
        return "", text
    return ("" if read.name == _NOBODY else read.name), read.text
