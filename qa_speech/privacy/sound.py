"""The sound of a stored call, for whoever plays it to others: the recording, found again and decoded, or why there is none.

This room stands between two others: `audio` decodes, masks and writes samples and knows no customers; `redact` tells which
stretches identify one. Here is decided whether a recording may be played at all: not where nothing is known of what it
holds, nor where the file is another than the one that was inspected.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from qa_speech.audio.decode import Audio, RawFormat, Told, decode, parse_raw
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


def is_changed(call: Call, source: Path) -> bool:
    """Whether a file is another than the one that was inspected: times and masks of the call do not hold for it."""
    return bool(call.recording.sha256) and sha256(source) != call.recording.sha256


def is_customer_changed(call: Call, source: Path) -> bool:
    """The same of the customer's file of a call that is two."""
    return bool(call.recording.sha256_customer) and sha256(source) != call.recording.sha256_customer


def format_of(call: Call) -> RawFormat | None:
    """What the recording of a call holds where it has no header."""
    return parse_raw(call.recording.raw) if call.recording.raw else None


class Sources(NamedTuple):
    """The files of a call, found to be those that were inspected; `customer` where its channels are two files."""

    path: Path
    customer: Path | None = None


def sources(call: Call, spans: Timeline | None, *, recordings: Path | None, changed: bool = False) -> Sources | str:
    """The files of a call, or the code of why it may not be played; see `recorded`."""
    if call.times == "nominal":
        return "no_times"
    if spans is None:
        return "no_words"
    source = locate(call, recordings)
    if source is None:
        return "audio_missing"
    if (spans or not changed) and is_changed(call, source):
        return "audio_changed"
    if not call.recording.path_customer:
        return Sources(source)
    other = locate_customer(call, recordings)
    if other is None:
        return "audio_missing"
    if (spans or not changed) and is_customer_changed(call, other):
        return "audio_changed"
    return Sources(source, other)


def recorded(
    call: Call, spans: Timeline | None, *, recordings: Path | None, told: Told | None = None, changed: bool = False
) -> Audio | str:
    """The decoded recording of a call, or the code of the problem; nothing is decoded in vain.

    Parameters
    ----------
    call : Call
    spans : Timeline or None
        What must not be heard (`redact.hidden`); empty where nothing is masked, None where it is unknown: no sound then.
    recordings : folder to look in first, by id or file name.
    changed : play it although it is another than the one that was inspected; not where anything has to be masked in it.
    told : is shown the samples as they come (`audio.decode`), none before the file was found to be the one inspected.
    """
    found = sources(call, spans, recordings=recordings, changed=changed)
    if isinstance(found, str):
        return found
    return decoded_sources(call, found, told=told)


def decoded_sources(call: Call, found: Sources, *, told: Told | None = None) -> Audio | str:
    """The decoded files of a call (`told` as in `audio.decode`), or ``audio_unreadable``."""
    try:
        if found.customer is None:
            return decode(found.path, raw=format_of(call), told=told)
        return decode_pair(found.path, found.customer)
    except (AudioError, ValueError):
        return "audio_unreadable"
