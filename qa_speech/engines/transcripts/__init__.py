"""Transcripts made elsewhere: read them, make a Call of them, or lend their words to a recording.

| format | file | told by | roles | times |
|---|---|---|---|---|
| qa_speech Call JSON | `own` | ``"type": "call"`` | yes | as stored |
| SRT, WebVTT | `srt`, `vtt` | ``.srt``, ``.vtt`` | ``坐席: …``, ``[agent] …``, ``<v Agent>`` | per cue |
| WhisperX JSON | `whisperx` | ``segments`` | ``speaker`` | per segment and word |
| FunASR JSON | `funasr` | ``sentence_info`` or ``timestamp`` | ``spk`` | per sentence and character, ms |
| list of turns | `turns` | ``text``, ``start``, ``end`` | ``speaker`` or ``role`` | per turn |
| Vosk JSON | `vosk` | ``result`` | no | per word |
| plain text | `plain` | ``role: text`` lines | yes | none, or ``role@1.5-3.2: text`` |

Each format is one file with its suffixes and the way to tell it; `formats` is the table of them.

Speakers that are only numbered are taken in the order they first speak; who of two is the agent is then settled by
their words (`language.roles`). A transcript without times keeps the order and nothing else: its Call says
``times: nominal`` and no timing figure is taken from it.
"""

from qa_speech.engines.transcripts.base import Line, Transcript
from qa_speech.engines.transcripts.calls import call_from_transcript, estimated_in, roles_of, words_for
from qa_speech.engines.transcripts.formats import SUFFIXES
from qa_speech.engines.transcripts.reading import read_transcript

__all__ = [
    "SUFFIXES", "Line", "Transcript", "call_from_transcript", "estimated_in", "read_transcript", "roles_of", "words_for",
]  # fmt: skip
