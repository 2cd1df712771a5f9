"""Rows of work: recordings and transcripts among files, folders and manifests, each with an id of its own.

`calls` holds a row as the pipeline takes it (`CallInput`), `rows` one as a batch run stores it (`Row`); `manifests` reads
lists of recordings, `names` what file names tell.
"""

from qa_speech.inputs.calls import (
    AUDIO_SUFFIXES,
    HEADERLESS_SUFFIXES,
    TRANSCRIPT_SUFFIXES,
    CallInput,
    find_inputs,
    with_raw,
    with_transcripts,
)

__all__ = [
    "AUDIO_SUFFIXES",
    "HEADERLESS_SUFFIXES",
    "TRANSCRIPT_SUFFIXES",
    "CallInput",
    "find_inputs",
    "with_raw",
    "with_transcripts",
]
