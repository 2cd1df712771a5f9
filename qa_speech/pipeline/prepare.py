"""A recording up to the point where words are needed: decoded, examined, its speech found, its windows packed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qa_speech.audio.analysis import Analysis, analyse, divided
from qa_speech.audio.changes import voice_changes
from qa_speech.audio.decode import Audio, decode, raw_text
from qa_speech.audio.limits import DIVIDED_HOURS, RecordingLimits, SpeechLimits
from qa_speech.audio.pairs import decode_pair
from qa_speech.call import MASKED, UNDIVIDED, Call, OtherSound, Recording, Role
from qa_speech.conduct.annotate import with_annotations
from qa_speech.engines.base import LEAST_PAD_S, Diarizer, Piece, SpeechDetector, Window
from qa_speech.engines.diarize import load_diarizer
from qa_speech.engines.transcripts import Transcript, call_from_transcript, read_transcript, speakers_in
from qa_speech.engines.windows import cut_at, pack
from qa_speech.errors import DecodeError, EngineError, problem
from qa_speech.filenames import as_text
from qa_speech.files import sha256
from qa_speech.inputs import CallInput
from qa_speech.language.dialogue import build_utterances
from qa_speech.settings import Settings
from qa_speech.timeline import Segment

DEFAULT_AGENT_CHANNEL = 1
TAKES_OVER = frozenset(("music", "ring_back"))
"""Sounds after which another voice may speak: somebody was put through."""


class Plan(NamedTuple):
    """One window before it is cut: the voice (from 0), and the stretches of the call it holds."""

    voice: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A recording up to the point where words are needed: the call without words, and the windows to recognise."""

    call: Call
    analysis: Analysis
    plans: tuple[Plan, ...]
    voices: tuple[Role, ...]
    transcript: Transcript | None = None

    def windows(self, plans: Iterable[Plan] | None = None) -> Iterator[Window]:
        """The windows of this call, or those of other `plans`, cut from the recording one at a time."""
        for voice, pieces in self.plans if plans is None else plans:
            cut = [self.analysis.cut(voice, piece.call_start, piece.call_end) for piece in pieces]
            yield Window(self.call.id, self.voices[voice], np.concatenate(cut), pieces)


def begin(
    row: CallInput,
    *,
    detector: SpeechDetector,
    settings: Settings,
    window_s: float | None,
    least_pad_s: float = LEAST_PAD_S,
    diarizer: Diarizer | None = None,
) -> Prepared | Call:
    """`prepare`, but a row that is only a transcript is a call already. Windows and their padding are in seconds."""
    if not row.is_transcript:
        return prepare(
            row,
            detector=detector,
            settings=settings,
            window_s=window_s,
            least_pad_s=least_pad_s,
            diarizer=diarizer,
        )
    words = _given(row.path, settings)
    call = call_from_transcript(words, call_id=row.name, metadata=row.metadata)
    return with_annotations(call, settings)


def prepare(
    row: CallInput,
    *,
    detector: SpeechDetector,
    settings: Settings,
    window_s: float | None,
    least_pad_s: float = LEAST_PAD_S,
    diarizer: Diarizer | None = None,
) -> Prepared:
    """Decode a recording, examine its channels, find speech, pack windows.

    Windows are packed here and nowhere else: as few as hold the speech, cut in its longest pauses, its padding squeezed
    where that saves a window.

    Parameters
    ----------
    row
        The recording, and what is known of it.
    window_s : float, seconds
        Longest window that the recogniser takes; None = words are not wanted.
    least_pad_s : float, seconds
        Padding around speech that its windows need at least.
    diarizer
        Divides one channel into two voices; None = the one that the settings name, if they name one.

    Raises
    ------
    AudioError
        The recording cannot be used.
    EngineError
        The speech detector or the diarizer fails.
    """
    given = _given(row.transcript, settings) if row.transcript else None
    audio = _decoded(row, settings.recordings.limits)
    limits = settings.speech.limits
    if window_s is not None:
        limits = replace(limits, max_piece_s=window_s)
    analysis = analyse(
        audio.samples, audio.rate, detector.probabilities, detector.frame_s, limits=limits, source=as_text(row.path)
    )
    splitter = None
    told = None
    if analysis.layout != "two_channel":
        told = speakers_in(given) if given is not None else None
        splitter = None if told else diarizer or load_diarizer(settings)
    if told is not None:
        analysis = divided(analysis, told, limits)
    elif splitter is not None:
        most_hours = DIVIDED_HOURS if settings.diarize is None else settings.diarize.max_hours
        if analysis.tracks[0].duration > 3600 * most_hours:
            raise EngineError(
                "diarize",
                problem(
                    "{path}: longer than {most_hours:g} hours (diarize.max_hours)", path=row.path, most_hours=most_hours
                ),
            )
        analysis = _in_two_voices(analysis, splitter, limits)
    seats = _seats(analysis, row, settings, divided_by="diarizer" if told is None else "transcript")
    made_with = {**_made_with(settings), **_prefixed("detector", detector.made_with)}
    if splitter is not None:
        made_with |= _prefixed("diarizer", splitter.made_with)
    timelines = dict(zip(seats.voices, analysis.speech, strict=True))
    pause_s = settings.speech.utterance_pause_s
    utterances, _ = build_utterances(timelines, None, utterance_pause_s=pause_s)
    call = Call(
        recording=_recording(row, audio, analysis, seats),
        speech=timelines,
        utterances=utterances,
        sounds=_sounds(analysis, seats.voices),
        made_with=made_with,
        warnings=audio.warnings,
    )
    plans: tuple[Plan, ...] = ()
    if window_s is not None and given is None:
        plans = _packed(analysis, window_s, least_pad_s)
    return Prepared(call, analysis, plans, seats.voices, given)


def _decoded(row: CallInput, limits: RecordingLimits) -> Audio:
    """The recording, or both where a call is two."""
    if row.path_customer is None:
        return decode(row.path, raw=row.raw, limits=limits)
    return decode_pair(row.path, row.path_customer, raw=row.raw, limits=limits)


def wants_simplified(settings: Settings) -> bool:
    """Whether words are put into simplified characters."""
    return settings.recognition.simplify and settings.recognition.language == "zh"


def _given(path: Path, settings: Settings) -> Transcript:
    """A transcript as the settings want it."""
    return read_transcript(path, simplify=wants_simplified(settings), limits=settings.transcripts.limits)


def _in_two_voices(analysis: Analysis, splitter: Diarizer, limits: SpeechLimits) -> Analysis:
    """One channel as two voices that share it."""
    whole = analysis.cut(0, 0.0, analysis.tracks[0].duration)
    return divided(analysis, splitter.diarize(whole), limits)


def _packed(analysis: Analysis, window_s: float, least_pad_s: float) -> tuple[Plan, ...]:
    """The windows of a call: for each channel, which stretches of it go into one; never those of two voices, as far as these
    can be told apart."""
    plans: list[Plan] = []
    for voice, (padded, speech) in enumerate(zip(analysis.padded, analysis.speech, strict=True)):
        between = [Segment(sound.start, sound.end) for sound in analysis.sounds[voice] if sound.kind in TAKES_OVER]
        changes = voice_changes(analysis.tracks[voice], speech, between)
        for segments in cut_at(padded, changes):
            windows = pack(segments, window_s=window_s, speech=speech, least_pad_s=least_pad_s)
            plans += [Plan(voice, pieces) for pieces in windows]
    return tuple(plans)


class _Seats(NamedTuple):
    """Who each voice is, and how that is known: ``given``, ``settings``, ``default``, ``layout``, ``diarizer``, ``transcript``."""

    voices: tuple[Role, ...]
    known_from: str


def _seats(analysis: Analysis, row: CallInput, settings: Settings, *, divided_by: str) -> _Seats:
    """Who speaks on which channel: given with the row, in the settings, or channel 1 = agent; one voice = unknown, and so is
    who speaks while both channels carry one signal; of two voices on one channel, told apart by a diarizer, the first to speak
    is taken for the agent until their words are known; a transcript tells both."""
    if len(analysis.speech) == 1:
        return _Seats((Role.UNKNOWN,), "layout")
    if analysis.layout != "two_channel":
        return _Seats((Role.AGENT, Role.CUSTOMER), divided_by)
    both = (Role.UNKNOWN,) if analysis.undivided else ()
    if row.agent_channel is not None:
        channel, known_from = row.agent_channel, "given"
    elif settings.agent_channel is not None:
        channel, known_from = settings.agent_channel, "settings"
    else:
        channel, known_from = DEFAULT_AGENT_CHANNEL, "default"
    if channel == 1:
        return _Seats((Role.AGENT, Role.CUSTOMER, *both), known_from)
    return _Seats((Role.CUSTOMER, Role.AGENT, *both), known_from)


def _hash(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as exc:
        raise DecodeError(str(path), problem("cannot be read any more: {reason}", reason=exc.strerror or exc)) from exc


def _recording(row: CallInput, audio: Audio, analysis: Analysis, seats: _Seats) -> Recording:
    """What is kept of the file; a channel that holds one voice has its role, any other is unknown."""
    named: dict[int, Role] = {}
    if seats.known_from not in ("diarizer", "transcript"):
        named = dict(zip(analysis.channels, seats.voices, strict=False))
    numbers = range(1, len(audio.samples) + 1)
    return Recording(
        id=row.name,
        path=as_text(row.path),
        sha256=_hash(row.path),
        sampling_rate=audio.source_rate,
        num_samples=audio.source_frames,
        channels=tuple(named.get(number, Role.UNKNOWN) for number in numbers),
        layout=analysis.layout,
        roles_from=seats.known_from,
        findings=analysis.findings,
        metadata=dict(row.metadata),
        path_customer="" if row.path_customer is None else as_text(row.path_customer),
        sha256_customer="" if row.path_customer is None else _hash(row.path_customer),
        raw=raw_text(row.raw),
    )


def _sounds(analysis: Analysis, voices: tuple[Role, ...]) -> tuple[OtherSound, ...]:
    """What is heard beside speech, voice by voice; then the stretches of all channels that are of a kind of their own."""
    found: list[OtherSound] = []
    whole = analysis.masked_whole
    for role, sounds, masked in zip(voices, analysis.sounds, analysis.masked, strict=True):
        found += [OtherSound(sound.kind, role, sound.start, sound.end) for sound in sounds]
        found += [OtherSound(MASKED, role, stretch.start, stretch.end) for stretch in masked - whole]
    for kind, stretches in ((MASKED, whole), (UNDIVIDED, analysis.undivided)):
        found += [OtherSound(kind, Role.UNKNOWN, stretch.start, stretch.end) for stretch in stretches]
    return tuple(found)


def _made_with(settings: Settings) -> dict[str, str]:
    """The version and the settings that a call depends on."""
    speech = settings.speech
    return {
        "qa_speech": version("qa-speech"),
        "speech_threshold": f"{speech.threshold:g}",
        "bridge_s": f"{speech.bridge_s:g}",
        "min_speech_s": f"{speech.min_speech_s:g}",
        "utterance_pause_s": f"{speech.utterance_pause_s:g}",
    }


def _prefixed(part: str, made_with: Mapping[str, str]) -> dict[str, str]:
    return {f"{part}_{key}": value for key, value in made_with.items()}
