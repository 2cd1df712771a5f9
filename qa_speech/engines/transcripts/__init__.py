"""Transcripts made elsewhere: read them, make a Call of them, or lend their words to a recording.

    reading     a file → its format (`formats`, one file each) → lines
    mending     lines whose times hold, and notes of what was mended
    guarded     what a recogniser made up taken out, simplified characters
    roles       who is who, from names and words
    calls       a Call without sound
    placing     the words of a recording: whose they are, where its speech is

Speakers that are only numbered are told apart by their words (`roles`); where these do not tell, they stay unknown and the
call says so. A transcript without times keeps the order and nothing else: its Call says ``times: nominal`` and no timing
figure is taken from it.
"""

from qa_speech.engines.transcripts.base import Line, Spoken, Transcript
from qa_speech.engines.transcripts.calls import call_from_transcript, estimated_in, made_with, roles_of
from qa_speech.engines.transcripts.formats import SUFFIXES
from qa_speech.engines.transcripts.placing import Lent, names_crossed, speakers_in, words_for
from qa_speech.engines.transcripts.reading import read_transcript
from qa_speech.engines.transcripts.sharing import without_sounds
from qa_speech.language.limits import TranscriptLimits

__all__ = [
    "SUFFIXES", "Lent", "Line", "Spoken", "Transcript", "TranscriptLimits", "call_from_transcript", "estimated_in", "made_with",
    "names_crossed", "read_transcript", "roles_of", "speakers_in", "without_sounds", "words_for",
]  # fmt: skip
