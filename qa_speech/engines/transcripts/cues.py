"""Blocks of subtitles: a line ``00:00:01,000 --> 00:00:03,000`` and what was said below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.engines.transcripts.base import Document, Line, seconds
from qa_speech.engines.transcripts.speakers import speaker_of

_BLANK_LINES = re.compile(r"\n\s*\n")
_CLOCK = r"((?:\d{1,6}:)?\d{1,6}:\d{1,6}[.,]\d{1,9})"
_TIMES = re.compile(rf"{_CLOCK}\s*-->\s*{_CLOCK}")
_VOICE = re.compile(r"<v(?:\.[^ <>]*)?\s+([^<>]+)>")
_TAG = re.compile(r"<[^<>]*>")


def read_cues(document: Document) -> Sequence[Line]:
    """The cues of a file; blocks without times are left out (headers, styles, notes)."""
    lines = []
    text = document.text.replace("\r\n", "\n")
    for number, block in enumerate(_BLANK_LINES.split(text), start=1):
        times = _TIMES.search(block)
        if times is None:
            continue
        start = seconds(_clock(times[1]), f"block {number}")
        end = seconds(_clock(times[2]), f"block {number}")
        _, _, below = block[times.end() :].partition("\n")
        speaker, said = _said(below)
        lines.append(Line(speaker, said, start, end))
    return lines


def _said(text: str) -> tuple[str, str]:
    """Who says what: ``<v Agent>您好``, ``坐席：您好``, or nobody's words."""
    text = text.replace("\n", " ").strip()
    voice = _VOICE.search(text)
    text = _TAG.sub("", text).strip()
    return (voice[1], text) if voice else speaker_of(text)


def _clock(text: str) -> float:
    """``01:02:03,500`` in seconds."""
    clock_s = 0.0
    for part in text.replace(",", ".").split(":"):
        clock_s = clock_s * 60 + float(part)
    return clock_s
