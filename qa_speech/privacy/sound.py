"""The sound of a stored call, for whoever plays it to others: the recording, found again and decoded, or why there is none.

This room stands between two others: `audio` decodes, masks and writes samples and knows no customers; `redact` tells which
stretches identify one. Here is decided whether a recording may be played at all: not where nothing is known of what it
holds, nor where the file is another than the one that was inspected.
"""

from __future__ import annotations

from pathlib import Path

from qa_speech.audio.decode import Audio, Told, decode
from qa_speech.audio.pairs import decode_pair
from qa_speech.call import Call
from qa_speech.errors import AudioError
from qa_speech.filenames import as_path
from qa_speech.files import sha256
from qa_speech.timeline import Timeline

PROBLEMS = ("audio_missing", "audio_changed", "audio_unreadable", "no_times", "no_words")
"""Codes of why there is no sound: not found, another file than the one inspected, not decodable, a transcript without
times, not recognised (so nothing could be masked)."""


def locate(call: Call, recordings: Path | None) -> Path | None:
    """The recording of a call: in `recordings` by its id or file name, else where it was when it was inspected."""
    recording = call.recording
    places = []
    if recordings is not None:
        name = as_path(recording.path or recording.id).name
        places += [recordings / as_path(recording.id), recordings / name]
    if recording.path:
        places.append(as_path(recording.path))
    return next((place for place in places if place.is_file()), None)


def locate_customer(call: Call, recordings: Path | None) -> Path | None:
    """The customer's side of a call that is two files: in `recordings` by its name, else where it was."""
    path = as_path(call.recording.path_customer)
    places = [path] if recordings is None else [recordings / path.name, path]
    return next((place for place in places if place.is_file()), None)


def recorded(call: Call, spans: Timeline | None, *, recordings: Path | None, told: Told | None = None) -> Audio | str:
    """The decoded recording of a call, or the code of the problem; nothing is decoded in vain.

    Parameters
    ----------
    call : Call
    spans : Timeline or None
        What must not be heard (`redact.hidden`); empty where nothing is masked, None where it is unknown: no sound then.
    recordings : folder to look in first, by id or file name.
    told : is shown the samples as they come (`audio.decode`), none before the file was found to be the one inspected.
    """
    if call.times == "nominal":
        return "no_times"
    if spans is None:
        return "no_words"
    source = locate(call, recordings)
    if source is None:
        return "audio_missing"
    if call.recording.sha256 and sha256(source) != call.recording.sha256:
        return "audio_changed"
    try:
        if not call.recording.path_customer:
            return decode(source, told=told)
        other = locate_customer(call, recordings)
        if other is None:
            return "audio_missing"
        if call.recording.sha256_customer and sha256(other) != call.recording.sha256_customer:
            return "audio_changed"
        return decode_pair(source, other)
    except AudioError:
        return "audio_unreadable"
