"""A part of a call, for figures of a window."""

from __future__ import annotations

from msgspec.structs import replace

from qa_speech.call import Call
from qa_speech.timeline import Segment, Timeline


def cropped(call: Call, start: float, end: float) -> Call:
    """The part of a call in which utterances begin in ``[start, end)``; times stay those of the recording."""
    kept = [index for index, utterance in enumerate(call.utterances) if start <= utterance.start < end]
    speech = {role: Timeline() for role in call.speech}
    if start < end:
        speech = {role: line.crop(Segment(start, end)) for role, line in call.speech.items()}
    return replace(
        call,
        speech=speech,
        utterances=tuple([call.utterances[index] for index in kept]),
        acoustics=tuple([call.acoustics[index] for index in kept]) if call.acoustics else (),
        sounds=tuple([sound for sound in call.sounds if sound.start < end and start < sound.end]),
        annotations={},
        derived={},
    )
