"""Where in the recording an identifier of a given transcript is said, when the transcript does not time its words.

    transcript   |----- cue: 我的电话一三八零零一三八零零零 -----|
    recogniser        我 的 电话 一 三 八 零 零 一 三 八 零 零 零
    aligned                      |------ these seconds ------|     the rest of the cue need not be hidden

Only what is heard exactly as it is written counts, and once: a number that the recogniser hears otherwise, or twice, stays
hidden with its whole cue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec

from qa_speech.call import Call, Utterance, Word
from qa_speech.engines.base import Diarizer, Recognizer, SpeechDetector, traits_of
from qa_speech.engines.silero import SileroDetector
from qa_speech.engines.windows import to_call_time
from qa_speech.files import sha256
from qa_speech.inputs import CallInput
from qa_speech.language.phrases import fold
from qa_speech.pipeline.prepare import Prepared, prepare, wants_simplified
from qa_speech.pipeline.recognise import answered
from qa_speech.privacy.digits import in_digits
from qa_speech.privacy.identifiers import Found, identifiers_of
from qa_speech.settings import Settings
from qa_speech.timeline import Segment, Timeline

AROUND_S = 1.0
"""Seconds beside a cue in which its words are looked for too: cues are set by hand."""
GAP_S = 0.5
"""Seconds up to a neighbouring word that count as part of an identifier: words are timed a little short."""

Heard = Sequence[Word]
"""The words heard on one channel, in order."""


def aligned(
    call: Call,
    source: Path,
    recognizer: Recognizer,
    *,
    settings: Settings | None = None,
    detector: SpeechDetector | None = None,
    diarizer: Diarizer | None = None,
) -> Call:
    """The call with the times of its identifiers heard in the recording, where its transcript only has estimates.

    Only the stretches that hold identifiers are recognised. A stretch counts as timed when every identifier in it was
    heard; else it stays as it is, and is hidden whole.

    Parameters
    ----------
    call : Call
        It comes back unchanged where nothing in it is estimated, or the recording is another one.
    source : path of its recording
    recognizer : e.g. from `load_recognizer`

    Raises
    ------
    QaSpeechError
        The recording cannot be used.
    """
    stretches = _worth_hearing(call)
    if not stretches or (call.recording.sha256 and sha256(source) != call.recording.sha256):
        return call
    settings = settings or Settings()
    prepared = prepare(
        CallInput(source),
        detector=detector or SileroDetector(),
        settings=settings,
        window_s=recognizer.window_s,
        least_pad_s=traits_of(recognizer).least_pad_s,
        diarizer=diarizer,
    )
    heard = _heard(prepared, stretches, recognizer, settings)
    measured: dict[Found, Segment] = {}
    for stretch in stretches:
        times = _measured_in(call, stretch, heard)
        if _in_order(times) and not Timeline(times.values()) & (stretches - Timeline([stretch])):
            measured |= times
    return _timed(call, measured)


def _worth_hearing(call: Call) -> Timeline:
    """The stretches without word times that hold an identifier; those that overlap are one."""
    found = []
    for stretch in Timeline(call.estimated or ()):
        if any(_in(call, one, stretch) for one in identifiers_of(call)):
            found.append(stretch)
    return Timeline(found)


def _in(call: Call, found: Found, stretch: Segment) -> bool:
    """Whether an identifier is said somewhere in a stretch without word times."""
    return any(_inside(word, stretch) for word in _words_of(call.utterances[found.utterance], found))


def _inside(word: Word, stretch: Segment) -> bool:
    return word.start < stretch.end and stretch.start < word.end


def _words_of(utterance: Utterance, found: Found) -> Sequence[Word]:
    first, last = _word_indices(utterance, found)
    return utterance.words[first:last]


def _word_indices(utterance: Utterance, found: Found) -> tuple[int, int]:
    """The words, as half-open indices, that hold any character of an identifier."""
    text = utterance.text or ""
    start = len(fold(text[: found.start]))
    end = start + len(fold(text[found.start : found.end]))
    inside, at = [], 0
    for index, word in enumerate(utterance.words):
        size = len(fold(word.text))
        if size and at < end and start < at + size:
            inside.append(index)
        at += size
    return (inside[0], inside[-1] + 1) if inside else (0, len(utterance.words))


# ------------------------------------------------------------------------------------------------ hearing


def _heard(
    prepared: Prepared, stretches: Timeline, recognizer: Recognizer, settings: Settings
) -> Mapping[int, list[Word]]:
    """The words that the recogniser hears around the stretches, by voice, in seconds of the call."""
    wide = Timeline((max(0.0, one.start - AROUND_S), one.end + AROUND_S) for one in stretches)
    wanted = []
    for plan in prepared.plans:
        pieces = Timeline((piece.call_start, piece.call_end) for piece in plan.pieces)
        if pieces & wide:
            wanted.append(plan)
    heard: dict[int, list[Word]] = {}
    answers = answered(recognizer, prepared.windows(wanted), simplify=wants_simplified(settings))
    for plan, (answer, _) in zip(wanted, answers, strict=True):
        heard.setdefault(plan.voice, []).extend(to_call_time(answer.words, plan.pieces))
    for words in heard.values():
        words.sort(key=lambda word: word.start)
    return heard


class _Spoken(NamedTuple):
    """What was heard as one string of characters, digits as numerals, and the word that each comes from."""

    text: str
    word_of: Sequence[int]
    words: Heard


def _spoken(words: Heard) -> _Spoken:
    text, word_of = "", []
    for index, word in enumerate(words):
        said = in_digits(fold(word.text))
        text += said
        word_of += [index] * len(said)
    return _Spoken(text, word_of, words)


def _measured_in(call: Call, stretch: Segment, heard: Mapping[int, Heard]) -> dict[Found, Segment]:
    """When each identifier of a stretch is said; empty unless all of them were heard, each as often as it is written."""
    wanted: dict[str, list[Found]] = {}
    for found in identifiers_of(call):
        if _in(call, found, stretch):
            text = (call.utterances[found.utterance].text or "")[found.start : found.end]
            wanted.setdefault(in_digits(fold(text)), []).append(found)
    near = Segment(max(0.0, stretch.start - AROUND_S), stretch.end + AROUND_S)
    voices = [_spoken([word for word in words if _inside(word, near)]) for words in heard.values()]
    measured: dict[Found, Segment] = {}
    for text, places_of_it in wanted.items():
        times = sorted([time for voice in voices for time in _times_of(text, voice)])
        if not text or len(times) != len(places_of_it):
            return {}
        measured |= dict(zip(places_of_it, times, strict=True))
    return measured


def _in_order(times: Mapping[Found, Segment]) -> bool:
    """Whether the identifiers of every utterance were heard in the order they are written in."""
    ordered = sorted(times)
    for before, after in pairwise(ordered):
        if before.utterance == after.utterance and times[before].end > times[after].start:
            return False
    return True


def _times_of(text: str, voice: _Spoken) -> Iterator[Segment]:
    """When a text is said, each time; up to the words beside it, unless these are far."""
    at = voice.text.find(text)
    while at >= 0:
        first, last = voice.word_of[at], voice.word_of[at + len(text) - 1]
        start, end = voice.words[first].start, voice.words[last].end
        before, after = max(0.0, start - GAP_S), end + GAP_S
        if first > 0:
            before = min(start, max(before, voice.words[first - 1].end))
        if last + 1 < len(voice.words):
            after = max(end, min(after, voice.words[last + 1].start))
        yield Segment(before, after)
        at = voice.text.find(text, at + len(text))


# ------------------------------------------------------------------------------------------------ into the call


def _timed(call: Call, measured: Mapping[Found, Segment]) -> Call:
    """The call with the words of its identifiers where they were heard; the stretches around them stay estimates."""
    if not measured:
        return call
    utterances = list(call.utterances)
    for found, time in measured.items():
        utterances[found.utterance] = _moved(utterances[found.utterance], found, time)
    known = Timeline(measured.values())
    estimated = [part for stretch in call.estimated or () for part in Timeline([stretch]) - known]
    return msgspec.structs.replace(call, utterances=tuple(utterances), estimated=tuple(estimated))


def _moved(utterance: Utterance, found: Found, time: Segment) -> Utterance:
    """An utterance whose identifier is said in `time`; what is said before and after it stays before and after."""
    first, last = _word_indices(utterance, found)
    step = time.duration / (last - first)
    words = []
    for index, word in enumerate(utterance.words):
        start, end = word.start, word.end
        if index < first:
            start, end = min(start, time.start), min(end, time.start)
        elif index >= last:
            start, end = max(start, time.end), max(end, time.end)
        else:
            start = time.start + step * (index - first)
            end = start + step
        words.append(msgspec.structs.replace(word, start=start, end=end))
    return msgspec.structs.replace(utterance, words=tuple(words))
