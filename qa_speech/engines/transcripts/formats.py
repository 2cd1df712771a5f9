"""The table of formats. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Sequence

from qa_speech.engines.transcripts import funasr, own, plain, srt, turns, vosk, vtt, whisperx
from qa_speech.engines.transcripts.base import Document, Format

FORMATS: Sequence[Format] = (
    own.FORMAT,
    whisperx.FORMAT,
    turns.FORMAT,
    vosk.FORMAT,
    funasr.FORMAT,
    srt.FORMAT,
    vtt.FORMAT,
    plain.FORMAT,
)
"""The first that has the file's suffix and fits what is in it reads it."""

SUFFIXES = frozenset().union(*(form.suffixes for form in FORMATS))
"""Suffixes of files that are transcripts."""


def format_of(document: Document) -> Format | None:
    """The format of a document; None where no format of its suffix fits. An unknown suffix is plain text."""
    if document.suffix not in SUFFIXES:
        return plain.FORMAT
    for form in FORMATS:
        if document.suffix in form.suffixes and form.fits(document):
            return form
    return None
