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
    stamped,
    tencent,
    turns,
    vosk,
    vtt,
    whispercpp,
    whisperx,
)
from qa_speech.engines.transcripts.base import Document, Format, MalformedError
from qa_speech.errors import problem

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
    stamped.FORMAT,
    plain.FORMAT,
)
"""The first that has the file's suffix and fits what is in it reads it: the surest first, lists of turns last."""

_ALIKE = (own.FORMAT, funasr.FORMAT, vosk.FORMAT, turns.FORMAT)
_EXACT = tuple([form for form in FORMATS if ".json" in form.suffixes and form not in _ALIKE])
"""Formats of JSON that no other one looks like: a file that fits two of them is two results in one."""
SUFFIXES = frozenset().union(*(form.suffixes for form in FORMATS))
"""Suffixes of files that are transcripts."""
_JSON = ".json"


def format_of(document: Document) -> Format | None:
    """The format of a document; None where no format of its suffix fits.

    JSON is JSON whatever its suffix; of an unknown suffix is plain text.

    Raises
    ------
    MalformedError
        It holds the results of two formats.
    """
    suffix = _JSON if document.json is not None else document.suffix
    if suffix not in SUFFIXES:
        return plain.FORMAT
    fitting = [form for form in FORMATS if suffix in form.suffixes and form.fits(document)]
    sure = [form for form in fitting if form in _EXACT]
    if len(sure) > 1:
        names = ", ".join(form.name for form in sure)
        raise MalformedError(problem("looks like several formats at once ({names}); expected one", names=names))
    return fitting[0] if fitting else None
