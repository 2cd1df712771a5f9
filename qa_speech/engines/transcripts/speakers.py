"""Names of speakers in foreign transcripts: which are names, and which role each stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from qa_speech.engines.transcripts.base import Line
from qa_speech.language.script import machine_named, read_line, role_named

_NUMBERED = re.compile(
    r"(?i)(?:speaker|spk|说话人|說話人|发言人|發言人|讲话人|講話人|声道|聲道|通道|channel|ch)[ _#-]?\w{1,3}"
    r"|[左右]声道|(?:left|right) channel|[a-z甲乙丙丁]|\?"
)
_WHISPER_CPP = re.compile(r"\(speaker (\d|\?)\)\s*(.*)", re.DOTALL)
_NAME = r"(?P<name>[^:：>|\t\]】〕）]{2,24}?)"
_LABELLED = (
    re.compile(rf"{_NAME}\s?[:：>|\t]\s{{0,8}}(?P<text>\S.*)", re.DOTALL),
    re.compile(rf"[\[【〔(（]\s?{_NAME}\s?[\]】〕)）]\s?[:：]?\s{{0,8}}(?P<text>\S.*)", re.DOTALL),
)
"""``Speaker 1: 您好``, ``坐席 1001：您好``, ``坐席<tab>您好``, ``〔客服〕您好``: names that `read_line` does not take for one."""
_OWN_NAME = re.compile(r"(?P<name>[^\s:：,，。.?？!！]{1,8})[:：]\s{0,4}(?P<text>\S.*)", re.DOTALL)
_MOST_NAMES = 6
_NOBODY = "?"


def is_speaker(name: str) -> bool:
    """Whether a name is one that transcripts give a speaker: 坐席, caller, SPEAKER_01, A."""
    return role_named(name) is not None or machine_named(name) or _NUMBERED.fullmatch(name) is not None


def told_apart(lines: Sequence[Line]) -> list[Line]:
    """Lines whose speakers are numbered on each channel anew, as those of several people: 0 on the left is not 0 on the right.

    A channel with one speaker is told by its number, several on one channel by both.

    >>> [line.voice for line in told_apart([Line("0", "您好", channel=1), Line("0", "喂", channel=2)])]
    ['channel 1', 'channel 2']
    """
    channels: dict[str, set[int | None]] = {}
    names: dict[int | None, set[str]] = {}
    for line in lines:
        if line.speaker and role_named(line.speaker) is None:
            channels.setdefault(line.speaker, set()).add(line.channel)
            names.setdefault(line.channel, set()).add(line.speaker)
    found = []
    for line in lines:
        is_shared = line.channel is not None and len(channels.get(line.speaker, ())) > 1
        if is_shared:
            is_alone = len(names[line.channel]) == 1
            line = replace(line, speaker="" if is_alone else f"{line.channel}-{line.speaker}")
        found.append(line)
    return found


def speaker_of(text: str) -> tuple[str, str]:
    """``坐席: 您好`` or ``[agent] 您好`` → speaker and text; a text without a known name has no speaker.

    >>> speaker_of("[agent] 您好"), speaker_of("合计：三元"), speaker_of("(speaker ?) 您好"), speaker_of("坐席 1001：您好")
    (('agent', '您好'), ('', '合计：三元'), ('', '您好'), ('坐席 1001', '您好'))
    """
    match = _WHISPER_CPP.fullmatch(text)
    if match:
        return ("" if match[1] == _NOBODY else match[1]), match[2]
    read = read_line(text)
    if read is None or not read.text or not is_speaker(read.name):
        return _labelled(text)
    return ("" if read.name == _NOBODY else read.name), read.text


def _labelled(text: str) -> tuple[str, str]:
    for pattern in _LABELLED:
        match = pattern.fullmatch(text.strip())
        if match is not None and is_speaker(match["name"].strip()):
            return match["name"].strip(), match["text"]
    return "", text


def spaced_speaker_of(text: str) -> tuple[str, str]:
    """Like `speaker_of`; where there is no sign behind the name, a blank may part it from the words.

    >>> spaced_speaker_of("坐席 您好"), spaced_speaker_of("B 超检查")
    (('坐席', '您好'), ('', 'B 超检查'))
    """
    name, said = speaker_of(text)
    first, _, rest = text.strip().partition(" ")
    if name or len(first) < 2 or not rest.strip() or not is_speaker(first):
        return name, said
    return first, rest.strip()


def with_own_names(lines: Sequence[Line]) -> Sequence[Line]:
    """Lines that all begin with one of a few names (``王：您好``) as those of speakers, where nothing else tells who speaks.

    >>> lines = [Line("", text) for text in ("王：您好", "李：喂", "王：请讲", "李：我想查")]
    >>> [(line.speaker, line.text) for line in with_own_names(lines)][:2]
    [('王', '您好'), ('李', '喂')]
    """
    if any(line.voice or line.words for line in lines):
        return lines
    named = [_OWN_NAME.fullmatch(line.text.strip()) for line in lines]
    names = Counter(match["name"] for match in named if match is not None)
    are_few = 2 <= len(names) <= _MOST_NAMES and min(names.values()) >= 2
    if not are_few or sum(names.values()) < len(lines):
        return lines
    found = []
    for line, match in zip(lines, named, strict=True):
        if match is not None:
            found.append(replace(line, speaker=match["name"], text=match["text"]))
    return found
