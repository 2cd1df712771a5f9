"""SubRip: numbered cues, ``,`` before the milliseconds."""

from __future__ import annotations

from qa_speech.engines.transcripts.base import Format
from qa_speech.engines.transcripts.cues import read_cues

FORMAT = Format("cues", frozenset((".srt",)), read_cues)
