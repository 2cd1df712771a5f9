"""The table of formats. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Sequence

from qa_speech.engines.transcripts import (
    aliyun,
    amazon,
    azure,
    ctm,
    funasr,
    google,
    headed,
    iflytek,
    own,
    plain,
    srt,
    tencent,
    turns,
    vosk,
    vtt,
    whispercpp,
    whisperx,
)
from qa_speech.engines.transcripts.base import Document, Format

FORMATS: Sequence[Format] = (
    own.FORMAT,
    whisperx.FORMAT,
    whispercpp.FORMAT,
    amazon.JOB,
    amazon.CONTACT,
    azure.FORMAT,
    aliyun.FILETRANS,
    aliyun.PARAFORMER,
    aliyun.TINGWU,
    tencent.FORMAT,
    iflytek.FIRST,
    iflytek.SECOND,
    google.FORMAT,
    vosk.FORMAT,
    funasr.FORMAT,
    turns.FORMAT,
    srt.FORMAT,
    vtt.FORMAT,
    ctm.FORMAT,
    headed.FORMAT,
    plain.FORMAT,
)
"""The first that has the file's suffix and fits what is in it reads it: the surest first, lists of turns last."""

SUFFIXES = frozenset().union(*(form.suffixes for form in FORMATS))
"""Suffixes of files that are transcripts."""
_JSON = ".json"


def format_of(document: Document) -> Format | None:
    """The format of a document; None where no format of its suffix fits.

    JSON is JSON whatever its suffix; of an unknown suffix is plain text.
    """
    suffix = _JSON if document.json is not None else document.suffix
    if suffix not in SUFFIXES:
        return plain.FORMAT
    for form in FORMATS:
        if suffix in form.suffixes and form.fits(document):
            return form
    return None
