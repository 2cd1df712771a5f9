"""Words into a prepared call: cut into utterances again, roles settled, voices measured, texts annotated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import msgspec

from qa_speech.audio.voice import acoustics
from qa_speech.call import Acoustics, Call, Finding, Role, StrayWord, Word
from qa_speech.conduct.annotate import with_annotations
from qa_speech.engines.base import TIMES_ESTIMATED, Recognizer, traits_of
from qa_speech.engines.transcripts import Transcript, estimated_in, made_with, names_crossed, without_sounds, words_for
from qa_speech.engines.windows import to_call_time
from qa_speech.language.dialogue import build_utterances
from qa_speech.language.prompts import set_prompts_apart
from qa_speech.language.roles import identify_roles, swap_roles
from qa_speech.pipeline.again import Heard, Voice, voices
from qa_speech.pipeline.prepare import Prepared
from qa_speech.resources import folder
from qa_speech.settings import Settings
from qa_speech.timeline import Segment, Timeline

LONGER_S = 5.0
LONGER_SHARE = 0.05
"""A transcript that ends so many seconds, and such a share of the call, after the recording belongs to another one."""

MISPLACED_SHARE = 0.3
"""Share of the words of a transcript without speech near them from which it does not fit the recording."""


def finish(prepared: Prepared, heard: Heard, recognizer: Recognizer | None, settings: Settings) -> Call:
    """Put the words into the call, settle who is the agent, measure the voices.

    Parameters
    ----------
    heard
        The answers to the windows of the call, and to those that were asked again.
    recognizer
        What they come from; None = no words were asked for. A transcript of the row goes before both.
    """
    call = prepared.call
    if prepared.transcript is not None:
        call = _with_transcript(call, prepared.transcript, settings)
    elif recognizer is not None:
        call = _with_answers(call, prepared, heard, recognizer, settings)
    voices = _acoustics(call, prepared, pitch=settings.speech.pitch)
    call = msgspec.structs.replace(call, acoustics=voices)
    call = _with_roles(call, prepared)
    return with_annotations(call, settings)


def _with_transcript(call: Call, transcript: Transcript, settings: Settings) -> Call:
    """The call with the words of its transcript; where that has no times, they are laid over the speech."""
    channels = call.recording.channels if call.recording.layout == "two_channel" else ()
    lent = words_for(transcript, call.speech, channels=channels)
    call = msgspec.structs.replace(
        call, speech=without_sounds(call.speech, lent.sounds), sounds=(*call.sounds, *lent.sounds)
    )
    call = _worded(call, lent.speech, lent.words, made_with(transcript, lent.settled), settings)
    warnings = [*call.warnings, *transcript.notes, *lent.warnings]
    if not transcript.timed and transcript.call is None:
        warnings.append("transcript_times_estimated")
    if _is_longer(transcript, call.duration):
        warnings.append("transcript_longer_than_recording")
    words = sum([len(said) for said in lent.words.values()])
    if transcript.timed and len(call.stray) > MISPLACED_SHARE * words:
        warnings.append("transcript_does_not_fit")
    return msgspec.structs.replace(
        call,
        stray=(*call.stray, *lent.stray),
        warnings=tuple(warnings),
        estimated=estimated_in(transcript, call.duration),
    )


def _with_roles(call: Call, prepared: Prepared) -> Call:
    """The call with its roles checked by words, and by the names of its transcript.

    Where these are the other way round than the channels and nobody said whose channel is whose, the transcript says it;
    where somebody did, a person has to look.
    """
    crossed = prepared.transcript is not None and names_crossed(prepared.transcript, prepared.call.speech)
    if call.recording.layout != "two_channel" or not crossed:
        return set_prompts_apart(identify_roles(call))
    is_default = call.recording.roles_from == "default"
    if is_default:
        call = _recorded(swap_roles(call), roles_from="transcript")
    call = set_prompts_apart(identify_roles(call))
    if is_default or call.recording.finding("swapped_roles"):
        return call
    doubt = Finding("swapped_roles", note="suspected")
    return _recorded(call, findings=(*call.recording.findings, doubt))


def _recorded(call: Call, **changes: object) -> Call:
    recording = msgspec.structs.replace(call.recording, **changes)
    return msgspec.structs.replace(call, recording=recording)


def _is_longer(transcript: Transcript, duration_s: float) -> bool:
    """Whether a transcript goes on well after the recording has ended."""
    last = max([line.end or 0.0 for line in transcript.lines], default=0.0)
    return last > duration_s + max(LONGER_S, LONGER_SHARE * duration_s)


def _with_answers(call: Call, prepared: Prepared, heard: Heard, recognizer: Recognizer, settings: Settings) -> Call:
    """The call with what was heard in its windows; what was made up is kept apart, with the reason."""
    found = voices(prepared, heard)
    words = {prepared.voices[voice]: said.words for voice, said in found.items()}
    taken: list[StrayWord] = []
    noted: set[str] = set()
    untimed: list[Segment] = []
    answered = [*zip(prepared.plans, heard.first, strict=True), *zip(heard.plans, heard.again, strict=True)]
    for plan, (answer, removed) in answered:
        role = prepared.voices[plan.voice]
        moved = to_call_time([one.word for one in removed], plan.pieces)
        taken += [StrayWord(role, word, one.reason) for word, one in zip(moved, removed, strict=True)]
        noted.update(answer.notes)
        if TIMES_ESTIMATED in answer.notes:
            untimed += [Segment(piece.call_start, piece.call_end) for piece in plan.pieces]
    recorded = dict(recognizer.made_with)
    if heard.plans:
        recorded["windows_again"] = f"{len(heard.plans)} of {len(prepared.plans)}"
    call = _worded(call, call.speech, words, recorded, settings)
    notes = [f"recogniser:{note}" for note in sorted(noted)]
    return msgspec.structs.replace(
        call,
        stray=(*call.stray, *taken),
        estimated=tuple(sorted(set(untimed))),
        warnings=(*call.warnings, *notes, *_wordless(found), *_foreign(call, recognizer)),
    )


def _wordless(found: Mapping[int, Voice]) -> tuple[str, ...]:
    """Speech in which no word was heard, although it was asked for twice: how often, and for how long in all."""
    pieces = [piece for said in found.values() for piece in said.wordless]
    if not pieces:
        return ()
    seconds = sum(piece.duration for piece in pieces)
    return (f"words_missing:{len(pieces)} × {seconds:.0f} s",)


def _worded(
    call: Call,
    speech: Mapping[Role, Timeline],
    words: Mapping[Role, Sequence[Word]],
    from_words: Mapping[str, str],
    settings: Settings,
) -> Call:
    """The call cut into utterances again, now that its words are known, and in whose speech they lie."""
    pause_s = settings.speech.utterance_pause_s
    utterances, stray = build_utterances(speech, words, utterance_pause_s=pause_s)
    warnings = call.warnings
    if stray:
        warnings = (*warnings, f"words_without_speech:{len(stray)}")
    return msgspec.structs.replace(
        call,
        utterances=utterances,
        stray=stray,
        language=settings.recognition.language,
        made_with={**call.made_with, **from_words},
        warnings=warnings,
    )


def _acoustics(call: Call, prepared: Prepared, *, pitch: bool) -> tuple[Acoustics, ...]:
    """Voice figures in the order of the utterances, each measured on the channel of its role."""
    found: dict[Role, Iterator[Acoustics]] = {}
    analysis = prepared.analysis
    for voice, role in enumerate(prepared.voices):
        spans = [utterance.segment for utterance in call.utterances_of(role)]
        track, levels, speech = analysis.tracks[voice], analysis.levels[voice], analysis.speech[voice]
        found[role] = iter(acoustics(track, levels, speech, spans, apart=analysis.apart(voice), pitch=pitch))
    return tuple(next(found[utterance.role]) for utterance in call.utterances)


def _foreign(call: Call, recognizer: Recognizer) -> tuple[str, ...]:
    """The demo model knows only the shipped samples; its words about any other recording are worth nothing."""
    if traits_of(recognizer).samples_only and call.recording.sha256 not in _sample_hashes():
        return ("demo_model",)
    return ()


@cache
def _sample_hashes() -> frozenset[str]:
    """SHA-256 of the shipped samples, in hex."""
    lines = (folder("samples") / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines if line.strip())
