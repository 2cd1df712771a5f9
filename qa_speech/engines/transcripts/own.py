"""Calls stored by this program: ``"type": "call"``."""

from __future__ import annotations

from qa_speech.call import Call, decode
from qa_speech.engines.transcripts.base import Document, Format


def _fits(document: Document) -> bool:
    return isinstance(document.json, dict) and document.json.get("type") == "call"


def _read(document: Document) -> Call:
    return decode(document.text, Call, document.source)


FORMAT = Format("qa_speech", frozenset((".json",)), _read, _fits)
