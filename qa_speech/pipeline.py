"""Recordings → Calls → Scores.

    prepare      decode, channel doctor, speech, other sound: CPU, one recording, may run in a process of its own
    recognise    prepared recordings → Calls, windows of several calls in one recogniser batch
    inspect_many inputs → one CallReport or CallFailure each, in the order given; inspect_call is the same for one

Errors of a recording become its outcome; a bug propagates.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import numpy as np

from qa_speech.audio.analysis import Analysis, analyse, divided
from qa_speech.audio.decode import decode
from qa_speech.audio.voice import acoustics
from qa_speech.call import Acoustics, Call, CallFailure, CallReport, OtherSound, Recording, Role, StrayWord, Word
from qa_speech.conduct.annotate import with_annotations
from qa_speech.engines import transcripts as transcript
from qa_speech.engines.base import (
    LEAST_PAD_S,
    Diarizer,
    Piece,
    Recognizer,
    SpeechDetector,
    Window,
    WindowWords,
    traits_of,
)
from qa_speech.engines.diarize import load_diarizer
from qa_speech.engines.guards import HALLUCINATION, guard
from qa_speech.engines.silero import SileroDetector
from qa_speech.engines.transcripts import Transcript
from qa_speech.engines.windows import pack, to_call_time
from qa_speech.errors import AudioError, EngineError, QaSpeechError
from qa_speech.inputs import CallInput
from qa_speech.language.dialogue import build_utterances
from qa_speech.language.prompts import set_prompts_apart
from qa_speech.language.roles import identify_roles
from qa_speech.metrics import measure_all
from qa_speech.resources import folder
from qa_speech.settings import Settings

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard
    from qa_speech.scorecard.choice import Chooser

DEFAULT_AGENT_CHANNEL = 1


Plan: TypeAlias = tuple[int, tuple[Piece, ...]]
"""One window before it is cut: the voice, and the stretches of the call it holds."""

Guarded: TypeAlias = tuple[WindowWords, tuple[Word, ...]]
"""An answer past the guards, and the words they took out."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A recording up to the point where words are needed: the call without words, and the windows to recognise."""

    call: Call
    analysis: Analysis
    plans: tuple[Plan, ...]
    voices: tuple[Role, ...]
    transcript: Transcript | None = None

    def windows(self) -> Iterator[Window]:
        """The windows of this call, cut from the recording one at a time."""
        for voice, pieces in self.plans:
            cut = [self.analysis.cut(voice, piece.call_start, piece.call_end) for piece in pieces]
            yield Window(self.call.id, self.voices[voice], np.concatenate(cut), pieces)


Waiting: TypeAlias = tuple[Prepared | Call | CallFailure, list[Guarded]]
"""What is in flight: a prepared call and its answers so far, or an outcome that only waits for its place."""


def prepare(
    item: CallInput,
    *,
    detector: SpeechDetector,
    settings: Settings,
    window_s: float | None,
    least_pad_s: float = LEAST_PAD_S,
    diarizer: Diarizer | None = None,
) -> Prepared:
    """Decode a recording, examine its channels, find speech. `window_s` None = words are not wanted.

    Windows are packed here and nowhere else: as few as hold the speech, cut in its longest pauses, its padding squeezed
    to `least_pad_s` seconds where that saves a window.

    One channel is divided into two voices where a diarizer is given, or else the settings name one.

    Raises
    ------
    AudioError
        The recording cannot be used.
    EngineError
        The speech detector fails.
    """
    audio = decode(item.path, raw=item.raw)
    speech = settings.speech
    analysis = analyse(
        audio.samples, audio.rate, detector.probabilities, detector.frame_s,
        source=str(item.path), threshold=speech.threshold, bridge_s=speech.bridge_s, min_speech_s=speech.min_speech_s,
        pad_s=speech.pad_s, max_piece_s=window_s or 30.0,
    )  # fmt: skip
    splitter = None if analysis.layout == "two_channel" else diarizer or load_diarizer(settings)
    if splitter is not None:
        speakers = splitter.diarize(analysis.cut(0, 0.0, analysis.tracks[0].duration))
        analysis = divided(analysis, speakers, pad_s=speech.pad_s, max_piece_s=window_s or 30.0)
    voices, roles_from = _roles(analysis, item, settings)
    named = dict(zip(analysis.channels, voices, strict=True)) if splitter is None else {}
    recording = Recording(
        id=item.name,
        path=str(item.path),
        sha256=_sha256(item.path),
        sampling_rate=audio.source_rate,
        num_samples=audio.source_frames,
        channels=tuple(named.get(number, Role.UNKNOWN) for number in range(1, len(audio.samples) + 1)),
        layout=analysis.layout,
        roles_from=roles_from,
        findings=analysis.findings,
        metadata=dict(item.metadata),
    )
    timelines = dict(zip(voices, analysis.speech, strict=True))
    utterances, _ = build_utterances(timelines, None, utterance_pause_s=speech.utterance_pause_s)
    call = Call(
        recording=recording,
        speech=timelines,
        utterances=utterances,
        sounds=tuple(
            OtherSound(kind, role, start, end)
            for role, sounds in zip(voices, analysis.sounds, strict=True)
            for kind, start, end in sounds
        ),
        made_with={
            **_made_with(settings),
            **{f"detector_{key}": value for key, value in detector.made_with.items()},
            **({f"diarizer_{key}": value for key, value in splitter.made_with.items()} if splitter else {}),
        },
        warnings=audio.warnings,
    )
    given = transcript.read_transcript(item.transcript) if item.transcript else None
    plans: tuple[Plan, ...] = ()
    if window_s is not None and given is None:
        plans = _packed(analysis, window_s, least_pad_s)
    return Prepared(call, analysis, plans, voices, given)


def _packed(analysis: Analysis, window_s: float, least_pad_s: float) -> tuple[Plan, ...]:
    """The windows of a call: for each voice, which stretches of it go into one."""
    plans: list[Plan] = []
    for voice, (padded, speech) in enumerate(zip(analysis.padded, analysis.speech, strict=True)):
        windows = pack(padded, window_s=window_s, speech=speech, least_pad_s=least_pad_s)
        plans += [(voice, pieces) for pieces in windows]
    return tuple(plans)


def begin(
    item: CallInput,
    *,
    detector: SpeechDetector,
    settings: Settings,
    window_s: float | None,
    least_pad_s: float = LEAST_PAD_S,
    diarizer: Diarizer | None = None,
) -> Prepared | Call:
    """`prepare`, but a row that is only a transcript is a call already."""
    if not item.is_transcript:
        return prepare(
            item, detector=detector, settings=settings, window_s=window_s, least_pad_s=least_pad_s, diarizer=diarizer
        )
    words = transcript.read_transcript(item.path)
    call = transcript.call_from_transcript(words, call_id=item.name, metadata=item.metadata)
    return with_annotations(call, settings)


def _roles(analysis: Analysis, item: CallInput, settings: Settings) -> tuple[tuple[Role, ...], str]:
    """Who speaks on which channel: given with the row, in the settings, or channel 1 = agent; one voice = unknown; of
    two voices on one channel the first to speak is taken for the agent until their words are known."""
    if len(analysis.speech) == 1:
        return (Role.UNKNOWN,), "layout"
    if analysis.layout != "two_channel":
        return (Role.AGENT, Role.CUSTOMER), "diarizer"
    sources = (
        (item.agent_channel, "given"),
        (settings.agent_channel, "settings"),
        (DEFAULT_AGENT_CHANNEL, "default"),
    )
    channel, source = next((channel, source) for channel, source in sources if channel is not None)
    return ((Role.AGENT, Role.CUSTOMER) if channel == 1 else (Role.CUSTOMER, Role.AGENT)), source


def _made_with(settings: Settings) -> dict[str, str]:
    speech = settings.speech
    return {
        "qa_speech": version("qa-speech"),
        "speech_threshold": f"{speech.threshold:g}",
        "bridge_s": f"{speech.bridge_s:g}",
        "min_speech_s": f"{speech.min_speech_s:g}",
        "utterance_pause_s": f"{speech.utterance_pause_s:g}",
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def recognise(
    prepared: Iterable[Prepared | Call | CallFailure], recognizer: Recognizer | None, *, settings: Settings
) -> Iterator[Call | CallFailure]:
    """Prepared recordings → Calls with words, in order; finished calls and failures pass through in their place.

    Only as many calls are in flight as the recogniser reads ahead. When a batch fails, its calls are tried again one
    by one, so that only the call that cannot be recognised fails.
    """
    if recognizer is None:
        for item in prepared:
            yield finish(item, [], None, settings) if isinstance(item, Prepared) else item
        return
    source = iter(prepared)
    simplify = wants_simplified(settings)
    waiting: deque[Waiting] = deque()

    sent: deque[Window] = deque()

    def feed() -> Iterator[Window]:
        for item in source:
            waiting.append((item, []))
            if isinstance(item, Prepared):
                for window in item.windows():
                    sent.append(window)
                    yield window

    def ready() -> Iterator[Call | CallFailure]:
        while waiting and _complete(*waiting[0]):
            item, answers = waiting.popleft()
            yield finish(item, answers, recognizer, settings) if isinstance(item, Prepared) else item

    while True:
        try:
            for answer in recognizer.recognize(feed()):
                _first_open(waiting)[1].append(guard(sent.popleft(), answer, simplify=simplify))
                yield from ready()
            yield from ready()
            return
        except EngineError:
            if not waiting:
                raise
            sent.clear()
            while waiting:
                item, _ = waiting.popleft()
                yield _alone(item, recognizer, settings) if isinstance(item, Prepared) else item


def wants_simplified(settings: Settings) -> bool:
    """Whether words are put into simplified characters."""
    return settings.recognition.simplify and settings.recognition.language == "zh"


def _complete(item: Prepared | Call | CallFailure, answers: list[Guarded]) -> bool:
    return not isinstance(item, Prepared) or len(answers) == len(item.plans)


def _first_open(waiting: deque[Waiting]) -> Waiting:
    return next(
        (item, answers) for item, answers in waiting if isinstance(item, Prepared) and len(answers) < len(item.plans)
    )


def _alone(item: Prepared, recognizer: Recognizer, settings: Settings) -> Call | CallFailure:
    try:
        windows, simplify = list(item.windows()), wants_simplified(settings)
        answers = zip(windows, recognizer.recognize(windows), strict=True)
        guarded = [guard(window, answer, simplify=simplify) for window, answer in answers]
        return finish(item, guarded, recognizer, settings)
    except EngineError as exc:
        return _failure(item.call.recording.id, item.call.recording.path, exc)


def finish(item: Prepared, answers: list[Guarded], recognizer: Recognizer | None, settings: Settings) -> Call:
    """Put the words into the call, settle who is the agent, measure the voices. `answers`: one per window, guarded."""
    call = item.call
    if item.transcript is not None:
        given = transcript.words_for(item.transcript, call.speech)
        call = _worded(call, given, {"recognizer": f"transcript ({item.transcript.form})"}, settings)
        if not item.transcript.timed and item.transcript.call is None:
            call = msgspec.structs.replace(call, warnings=(*call.warnings, "transcript_times_estimated"))
    elif recognizer is not None:
        heard: dict[Role, list[Word]] = {role: [] for role in call.speech}
        made_up: list[StrayWord] = []
        for (voice, pieces), (answer, removed) in zip(item.plans, answers, strict=True):
            role = item.voices[voice]
            heard[role] += to_call_time(answer.words, pieces)
            made_up += [StrayWord(role, word, HALLUCINATION) for word in to_call_time(removed, pieces)]
        notes = sorted({note for answer, _ in answers for note in answer.notes})
        call = _worded(call, heard, recognizer.made_with, settings)
        warnings = (*call.warnings, *(f"recogniser:{note}" for note in notes), *_foreign(call, recognizer))
        call = msgspec.structs.replace(call, stray=(*call.stray, *made_up), warnings=warnings)
    measured = _acoustics(call, item, pitch=settings.speech.pitch)
    call = set_prompts_apart(identify_roles(msgspec.structs.replace(call, acoustics=measured)))
    return with_annotations(call, settings)


def _worded(call: Call, words: Mapping[Role, Sequence[Word]], made_with: Mapping[str, str], settings: Settings) -> Call:
    """The call cut into utterances again, now that its words are known."""
    utterances, stray = build_utterances(call.speech, words, utterance_pause_s=settings.speech.utterance_pause_s)
    return msgspec.structs.replace(
        call, utterances=utterances, stray=stray, language=settings.recognition.language,
        made_with={**call.made_with, **made_with},
    )  # fmt: skip


def _acoustics(call: Call, item: Prepared, *, pitch: bool) -> tuple[Acoustics, ...]:
    """Voice figures in the order of the utterances, each measured on the channel of its role."""
    found: dict[Role, Iterator[Acoustics]] = {}
    analysis = item.analysis
    for voice, role in enumerate(item.voices):
        spans = [utterance.segment for utterance in call.utterances_of(role)]
        track, levels = analysis.tracks[voice], analysis.levels[voice]
        found[role] = iter(acoustics(track, levels, analysis.speech[voice], spans, pitch=pitch))
    return tuple(next(found[utterance.role]) for utterance in call.utterances)


def _foreign(call: Call, recognizer: Recognizer) -> tuple[str, ...]:
    """The demo model knows only the shipped samples; its words about any other recording are worth nothing."""
    if traits_of(recognizer).samples_only and call.recording.sha256 not in _sample_hashes():
        return ("demo_model",)
    return ()


@cache
def _sample_hashes() -> frozenset[str]:
    lines = (folder("samples") / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines if line.strip())


def inspect_many(
    inputs: Iterable[CallInput],
    *,
    scorecard: Scorecard | Chooser | None = None,
    recognizer: Recognizer | None = None,
    detector: SpeechDetector | None = None,
    diarizer: Diarizer | None = None,
    settings: Settings | None = None,
) -> Iterator[CallReport | CallFailure]:
    """Inspect recordings: exactly one outcome per input, in the order given.

    Parameters
    ----------
    inputs
        Rows of work, e.g. from `find_inputs`.
    scorecard
        From `load_scorecard`, or a function that chooses one for a call (a `Shelf`); None = measure only.
    recognizer
        E.g. from `load_recognizer`; None = everything but words.

    Yields
    ------
    CallReport or CallFailure
        A `QaSpeechError` of a recording becomes its CallFailure; any other exception is a bug and propagates.
    """
    settings = settings or Settings()
    found, splitter = detector or SileroDetector(), diarizer or load_diarizer(settings)
    window_s = recognizer.window_s if recognizer else None
    least_pad_s = traits_of(recognizer).least_pad_s if recognizer else LEAST_PAD_S

    def prepared() -> Iterator[Prepared | Call | CallFailure]:
        for item in inputs:
            try:
                yield begin(
                    item,
                    detector=found,
                    settings=settings,
                    window_s=window_s,
                    least_pad_s=least_pad_s,
                    diarizer=splitter,
                )
            except QaSpeechError as exc:
                yield _failure(item.name, str(item.path), exc)

    for call in recognise(prepared(), recognizer, settings=settings):
        yield call if isinstance(call, CallFailure) else report(call, scorecard)


def inspect_call(
    path: str | Path,
    *,
    scorecard: Scorecard | None = None,
    recognizer: Recognizer | None = None,
    settings: Settings | None = None,
) -> CallReport:
    """Inspect one recording.

    Raises
    ------
    QaSpeechError
        The recording cannot be used.
    """
    outcome = next(inspect_many([CallInput(Path(path))], scorecard=scorecard, recognizer=recognizer, settings=settings))
    if isinstance(outcome, CallFailure):
        raise AudioError(outcome.path, outcome.message.removeprefix(f"{outcome.path}: "))
    return outcome


def report(call: Call, scorecard: Scorecard | Chooser | None = None) -> CallReport:
    """Measure a call and score it by a scorecard, or by the one that is chosen for it: no audio, no models."""
    measured = measure_all(call)
    card = scorecard(call) if callable(scorecard) else scorecard
    if card is None:
        return CallReport(call, measured)
    from qa_speech.scorecard import score

    return CallReport(call, measured, score(call, card, measurements=measured))


def _failure(call_id: str, path: str, exc: QaSpeechError) -> CallFailure:
    return CallFailure(call_id, path, type(exc).__name__, str(exc))
