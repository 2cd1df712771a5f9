"""Calls stored by this program: ``"type": "call"``."""

from __future__ import annotations

from itertools import pairwise

from qa_speech.call import Call
from qa_speech.documents import decode
from qa_speech.engines.transcripts.base import Document, Format, MalformedError
from qa_speech.errors import problem


def _fits(document: Document) -> bool:
    return isinstance(document.json, dict) and document.json.get("type") == "call"


def _read(document: Document) -> Call:
    call = decode(document.text, Call, document.source)
    for number, (before, utterance) in enumerate(pairwise(call.utterances), start=1):
        if utterance.start < before.start:
            raise MalformedError(
                problem("$.utterances[{number}]: starts before the one that stands before it", number=number)
            )
    return call


FORMAT = Format("qa_speech", frozenset((".json",)), _read, _fits)
