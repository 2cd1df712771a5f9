"""The sound of clips and redacted calls: find the recording again, cut, level, mask, mix, fade, write."""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from qa_speech.call import Call, write_bytes
from qa_speech.errors import DecodeError
from qa_speech.privacy.redact import hidden
from qa_speech.timeline import Segment, Timeline

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from qa_speech.audio.decode import Audio

AudioFormat: TypeAlias = Literal["mp3", "wav"]
Replacement: TypeAlias = Literal["tone", "silence"]
PROBLEMS = ("audio_missing", "audio_changed", "audio_unreadable", "no_times", "no_words")
"""Codes of why there is no sound: not found, another file than the one inspected, not decodable, a transcript without
times, not recognised (so nothing could be masked)."""


def locate(call: Call, recordings: Path | None) -> Path | None:
    """The recording of a call: in `recordings` by its id or file name, else where it was when it was inspected."""
    recording = call.recording
    name = Path(recording.path or recording.id).name
    places = [recordings / recording.id, recordings / name] if recordings else []
    places += [Path(recording.path)] if recording.path else []
    return next((place for place in places if place.is_file()), None)


def recorded(call: Call, *, mask: bool, recordings: Path | None) -> tuple[Audio, Timeline] | str:
    """The decoded recording and the spans to mask in it, or the code of the problem; nothing is decoded in vain."""
    if call.times == "nominal":
        return "no_times"
    spans = hidden(call) if mask else Timeline()
    if spans is None:
        return "no_words"
    source = locate(call, recordings)
    if source is None:
        return "audio_missing"
    if call.recording.sha256 and sha256(source) != call.recording.sha256:
        return "audio_changed"
    from qa_speech.audio.decode import decode

    try:
        return decode(source), spans
    except DecodeError:
        return "audio_unreadable"


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def render(
    samples: npt.NDArray[np.int16],
    rate: int,
    held: Segment,
    spans: Timeline,
    *,
    mix: bool = False,
    replacement: Replacement = "tone",
) -> tuple[npt.NDArray[np.int16], int]:
    """The samples of a clip and how many stretches of it are masked.

    Parameters
    ----------
    samples : int16, shape (channels, n), the whole recording
    held : the window; not one sample before or after it is used.
    spans : what to mask, in the recording's time, without padding.

    Returns
    -------
    int16, shape (channels or 1, about held.duration × rate), and a count
        Cut, levelled on what is not masked, masked on every channel, mixed if asked for, faded. Masking comes after
        levelling, so no gain depends on what is hidden.
    """
    from qa_speech.audio.loudness import faded, levelled, mixed
    from qa_speech.audio.mask import mask_ranges, ranges

    first = math.ceil(held.start * rate - 1e-6)
    last = min(math.floor(held.end * rate + 1e-6), samples.shape[1])
    replaced = [
        (max(start, first) - first, min(end, last) - first)
        for start, end in ranges(spans, rate, samples.shape[1])
        if start < last and first < end
    ]
    piece = levelled(samples[:, first:last], rate, leave_out=replaced)
    piece = mask_ranges(piece, rate, replaced, replacement=replacement)
    return faded(mixed(piece) if mix else piece, rate), len(replaced)


def write_sound(samples: npt.NDArray[np.int16], rate: int, path: Path) -> None:
    """Write mp3 or 16-bit wav by the file's ending, whole or not at all."""
    if path.suffix == ".mp3":
        from qa_speech.audio.mp3 import write_mp3

        write_mp3(samples, rate, path, kbps=48)
        return
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples.T, rate, format="WAV", subtype="PCM_16")
    write_bytes(path, buffer.getvalue())
