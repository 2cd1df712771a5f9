"""The sound of a stretch that two recognisers heard differently."""

from __future__ import annotations

from pathlib import Path

from qa_speech.audio.sound_files import write_sound
from qa_speech.call import Call
from qa_speech.coaching.sound import render
from qa_speech.privacy.sound import recorded
from qa_speech.privacy.unheard import hidden
from qa_speech.timeline import Segment, Timeline

AROUND_S = 0.5


def write_stretch(calls: tuple[Call, Call], start: float, end: float, path: Path, *, mask: bool = True) -> str:
    """Write the sound of a call from `start` to `end` seconds, with a little around it; the code of the problem, "" without one.

    Parameters
    ----------
    calls
        The call as each of the two heard it: masked is what is an identifier to either.
    path
        A .wav file; its folder is made.
    """
    spans = Timeline()
    if mask:
        found = [hidden(call) for call in calls]
        known = [each for each in found if each is not None]
        if len(known) < len(found):
            return "not_searched"
        spans = Timeline(segment for each in known for segment in each)
    audio = recorded(calls[0], spans, recordings=None)
    if isinstance(audio, str):
        return audio
    held = Segment(max(0.0, start - AROUND_S), min(end + AROUND_S, audio.duration))
    samples, _ = render(audio.samples[:2], audio.rate, held, spans)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sound(samples, audio.rate, path)
    return ""
