"""WebVTT: ``WEBVTT``, then cues; the speaker stands in ``<v Agent>``."""

from __future__ import annotations

from qa_speech.engines.transcripts.base import Format
from qa_speech.engines.transcripts.cues import read_cues

FORMAT = Format("cues", frozenset((".vtt",)), read_cues)
