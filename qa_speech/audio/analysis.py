"""All that the sound of a call tells without words: layout, findings, speech per channel, other sound.

    samples → doctor, pass 1 → gains → speech probabilities (once per channel) → doctor, pass 2 → Analysis

Channels are numbered as in the file; who is agent and who is customer is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio import activity, channels, hearing, leak, quality, sounds
from qa_speech.audio.activity import Mask
from qa_speech.audio.leak_level import Side
from qa_speech.audio.limits import DEFAULT, SpeechLimits
from qa_speech.audio.masked import masked
from qa_speech.audio.played import own_sounds
from qa_speech.audio.track import SILENT_DB, Floats, Track, frame_levels, frame_mask
from qa_speech.audio.undivided import undivided
from qa_speech.call import Finding, Layout
from qa_speech.errors import ChannelError, problem
from qa_speech.timeline import NOWHERE, Segment, Timeline

LEAST_SHARED_SPEECH_S = 1.0
"""A stretch in which both channels carry one signal matters from so many seconds of speech on."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """What `analyse` found. Tuples hold one entry per voice channel: two for two channels, one for mono.

    `channels` are the numbers of the voice channels in the file, from 1. `speech` is the tight view for timing;
    `padded` the pieces for the recogniser; `sounds` what else is heard; `gains_db` what was added before detection;
    `levels` the frame levels in dBFS (`tracks[i].frame_s` apart). `cut` gives the samples of a piece.

    `masked`: where each was silenced on purpose. `undivided`: where two channels carry one signal; what is said there is
    the speech of a third entry in every tuple but `channels`, which shares the track of the first.
    """

    layout: Layout
    channels: tuple[int, ...]
    findings: tuple[Finding, ...]
    speech: tuple[Timeline, ...]
    padded: tuple[tuple[Segment, ...], ...]
    sounds: tuple[tuple[sounds.Sound, ...], ...]
    gains_db: tuple[float, ...]
    tracks: tuple[Track, ...]
    levels: tuple[Floats, ...]
    masked: tuple[Timeline, ...]
    undivided: Timeline = NOWHERE

    @property
    def masked_whole(self) -> Timeline:
        """Where every channel was silenced on purpose."""
        return _common(self.masked)

    def apart(self, voice: int) -> Timeline:
        """Where voice `voice` (from 0) has neither speech nor background of its own: masked, or said by others on its track."""
        masked = self.masked[voice]
        if not self.undivided:
            return masked
        if voice < len(self.channels):
            return masked | self.undivided
        return masked | self.undivided.gaps(Segment(0, max(self.tracks[voice].duration, self.undivided[-1].end)))

    def cut(self, channel: int, start: float, end: float) -> Floats:
        """``[start, end)`` seconds of voice channel `channel` (from 0): float32, 16 kHz, level-normalised, leak removed."""
        return self.tracks[channel].cut(start, end, gain_db=self.gains_db[channel])


def analyse(
    samples: npt.NDArray[np.int16] | Floats,
    rate: int,
    detect: Callable[[Floats], Floats],
    frame_s: float,
    *,
    limits: SpeechLimits = DEFAULT,
    source: str = "recording",
) -> Analysis:
    """Analyse the sound of one call.

    Parameters
    ----------
    samples
        int16 or float32, shape (channels, n), at `rate` Hz. Not altered and not copied as a whole.
    detect, frame_s
        Speech probability in 0…1 per `frame_s` seconds of float32 audio at 16 kHz (`SpeechDetector.probabilities`).
    limits
        What counts as speech, and how it is cut for the recogniser.
    source
        Name of the recording, for errors.

    Raises
    ------
    ChannelError
        More than two channels carry sound, or there is none at all.

    Examples
    --------
    >>> silence = np.zeros((1, 8000), np.int16)
    >>> found = analyse(silence, 8000, lambda piece: np.zeros(32, np.float32), 0.032)
    >>> found.layout, found.speech, [finding.code for finding in found.findings]
    ('mono', (Timeline([]),), ['mono', 'dead_channel', 'level'])
    """
    if samples.ndim != 2 or not samples.shape[0]:
        raise ChannelError(source, problem("expected samples of shape (channels, n), got {shape}", shape=samples.shape))
    surveys = [channels.survey(Track(row, rate)) for row in samples]
    layout, voices, findings = _layout(surveys, source)
    hidden = masked([surveys[index] for index in voices])
    voice_channels = []
    for index, own in zip(voices, hidden, strict=True):
        voice_channels.append(_blanked(surveys[index], own))
    shared = _undivided(voice_channels, _union(hidden))
    tracks, levels, explained, leaks = _without_leaks(voice_channels, shared | _union(hidden))
    for number, heard_in in leaks:
        findings += _crosstalk(voices[number] + 1, heard_in)
    gains = tuple(activity.normalising_gain(level) for level in levels)
    detector = hearing.Detector(detect, frame_s)
    heard = []
    for number, track in enumerate(tracks):
        channel = hearing.Channel(track, levels[number], gains[number], explained[number], hidden[number])
        found_here = hearing.hear(channel, detector, limits)
        heard.append(found_here)
        is_dead = voice_channels[number].dead
        findings += hearing.findings(voices[number] + 1, channel, found_here, dead=is_dead)
        if not is_dead:
            findings += quality.findings(
                voices[number] + 1, track, levels[number], found_here.speech, hidden[number], found_here.others
            )
    found = Analysis(
        layout=layout,
        channels=tuple(index + 1 for index in voices),
        findings=(*findings, *_masked_findings(hidden)),
        speech=tuple(found.speech for found in heard),
        padded=tuple(found.padded for found in heard),
        sounds=own_sounds([found.sounds for found in heard], levels, tracks[0].frame_s),
        gains_db=gains,
        tracks=tracks,
        levels=levels,
        masked=hidden,
    )
    return _set_apart(found, shared, limits)


def divided(found: Analysis, speakers: Sequence[Timeline], limits: SpeechLimits) -> Analysis:
    """The analysis of one channel as that of two voices that share it.

    What a diarizer calls speech is only speech where the detector finds some; detected speech that it gives to nobody goes
    to the voice that is nearest. Pieces for the recogniser hold nothing that only the other voice says.

    Parameters
    ----------
    found
        Of one voice channel.
    speakers
        One or two timelines, as `Diarizer.diarize` gives them.
    limits
        As for `analyse`.
    """
    whole, track, levels = found.speech[0], found.tracks[0], found.levels[0]
    one, two = (*speakers, Timeline(), Timeline())[:2]
    said = [whole & one, whole & two]
    for unclaimed in whole - (said[0] | said[1]):
        first_is_nearer = _distance(unclaimed, said[0]) <= _distance(unclaimed, said[1])
        near = 0 if first_is_nearer else 1
        said[near] = said[near] | Timeline([unclaimed])
    padded = []
    for own, other in (said, said[::-1]):
        roomy = activity.padded(own, levels, track.frame_s, track.duration, limits=limits)
        padded.append(_without(roomy, other - own))
    return replace(
        found,
        channels=found.channels * 2,
        speech=tuple(said),
        padded=tuple(padded),
        sounds=(*found.sounds, ()),
        gains_db=found.gains_db * 2,
        tracks=(track, track),
        levels=(levels, levels),
        masked=found.masked * 2,
    )


def _without(pieces: Sequence[Segment], taken: Timeline) -> tuple[Segment, ...]:
    """The pieces without what is taken out of each."""
    left: list[Segment] = []
    for piece in pieces:
        left += Timeline([piece]) - taken
    return tuple(left)


def _distance(stretch: Segment, line: Timeline) -> float:
    """Seconds from a stretch to the nearest segment of a timeline; infinite when there is none."""
    gaps = [max(other.start - stretch.end, stretch.start - other.end) for other in line]
    return min(gaps, default=inf)


def _layout(surveys: list[channels.Survey], source: str) -> tuple[Layout, list[int], list[Finding]]:
    """What kind of recording it is, the indices of its voice channels, and what the samples tell."""
    findings: list[Finding] = []
    for number, survey in enumerate(surveys, start=1):
        findings += channels.sample_findings(number, survey)
    if len(surveys) == 1:
        return "mono", [0], [Finding("mono"), *findings]
    alive = [index for index, survey in enumerate(surveys) if not survey.dead]
    dead = [index for index, survey in enumerate(surveys) if survey.dead]
    if len(alive) > 2:
        raise ChannelError(
            source,
            problem(
                "{heard} of {channels} channels carry sound; expected one or two",
                heard=len(alive),
                channels=len(surveys),
            ),
        )
    voices = sorted([*alive, *dead][:2])
    if len(alive) == 2:
        one, two = voices
        left_db = channels.residual_db(surveys[one], surveys[two])
        if left_db < channels.FAKE_STEREO_DB:
            left_db = _unmasked_residual_db(surveys[one], surveys[two])
        if left_db < channels.FAKE_STEREO_DB:
            return "fake_stereo", [one], [Finding("fake_stereo", None, round(left_db, 1), "dB"), *findings]
    return "two_channel", voices, findings


def _unmasked_residual_db(one: channels.Survey, two: channels.Survey) -> float:
    """What is left of the one channel without the other, dB, where neither is masked: a mask is one signal on both."""
    hidden = _union(masked([one, two]))
    return channels.residual_db(_blanked(one, hidden), _blanked(two, hidden))


def _blanked(survey: channels.Survey, hidden: Timeline) -> channels.Survey:
    """A channel that is silent where it was masked, whatever stands there."""
    if not hidden:
        return survey
    track = survey.track.blanked(hidden)
    levels = survey.levels.copy()
    levels[frame_mask(hidden, len(levels), track.frame_s)] = SILENT_DB
    return replace(survey, track=track, levels=levels)


def _undivided(surveys: list[channels.Survey], hidden: Timeline) -> Timeline:
    """Where two channels that both carry sound carry one signal."""
    if len(surveys) != 2 or any(survey.dead for survey in surveys):
        return Timeline()
    one, two = surveys
    return undivided(one, two, hidden)


def _set_apart(found: Analysis, shared: Timeline, limits: SpeechLimits) -> Analysis:
    """The analysis with what is said while both channels carry one signal as the speech of nobody in particular.

    A stretch of one signal in which next to nothing is said (music on both lines) needs no such care.
    """
    both = found.speech[0] | found.speech[-1]
    spoken = Timeline(stretch for stretch in shared if both.crop(stretch).duration >= LEAST_SHARED_SPEECH_S)
    if not spoken:
        return found
    own = [line - spoken for line in found.speech]
    padded = [_without(pieces, spoken) for pieces in found.padded]
    roomy = activity.padded(
        both & spoken, found.levels[0], found.tracks[0].frame_s, found.tracks[0].duration, limits=limits
    )
    return replace(
        found,
        findings=(*found.findings, *_stretch_findings(spoken, "partly_mono")),
        speech=(*(line.without_short(limits.min_speech_s) for line in own), both & spoken),
        padded=(*padded, roomy),
        sounds=(*found.sounds, ()),
        gains_db=(*found.gains_db, found.gains_db[0]),
        tracks=(*found.tracks, found.tracks[0]),
        levels=(*found.levels, found.levels[0]),
        masked=(*found.masked, found.masked[0]),
        undivided=spoken,
    )


def _masked_findings(hidden: Sequence[Timeline]) -> list[Finding]:
    """How many seconds are masked on every channel, and how many more on one of two."""
    whole = _common(hidden)
    findings = _stretch_findings(whole, "masked")
    for number, own in enumerate(hidden, start=1):
        alone = own - whole
        if alone:
            findings.append(Finding("masked", number, round(alone.duration, 1), "s"))
    return findings


def _union(lines: Sequence[Timeline]) -> Timeline:
    found = NOWHERE
    for line in lines:
        found = found | line
    return found


def _common(lines: Sequence[Timeline]) -> Timeline:
    found = lines[0]
    for line in lines[1:]:
        found = found & line
    return found


def _stretch_findings(stretches: Timeline, code: str) -> list[Finding]:
    """How many seconds of the recording are of a kind of their own; nothing where none are."""
    if not stretches:
        return []
    return [Finding(code, None, round(stretches.duration, 1), "s")]


class _Clean(NamedTuple):
    """Tracks with what leaked in taken out, their levels, the frames with nothing else, and what was found."""

    tracks: tuple[Track, ...]
    levels: tuple[Floats, ...]
    explained: list[Mask | None]
    leaks: list[tuple[int, leak.Crosstalk]]


def _without_leaks(surveys: list[channels.Survey], apart: Timeline) -> _Clean:
    """The channels with what leaked from the one into the other taken out; `apart` is where nothing can be told of leaks: both
    carry one signal, or one is masked."""
    tracks = [survey.track for survey in surveys]
    levels = [survey.levels for survey in surveys]
    explained: list[Mask | None] = [None for _ in surveys]
    leaks: list[tuple[int, leak.Crosstalk]] = []
    if len(surveys) == 2 and not any(survey.dead for survey in surveys):
        one, two = (Side(survey.track, survey.levels) for survey in (_blanked(each, apart) for each in surveys))
        leaks = leak.between(one, two)
    for target, found in leaks:
        tracks[target] = replace(tracks[target], leak=found.leak)
        levels[target] = frame_levels(tracks[target])
        explained[target] = found.explained(levels[target])
    return _Clean(tuple(tracks), tuple(levels), explained, leaks)


def _crosstalk(number: int, found: leak.Crosstalk) -> list[Finding]:
    """Findings of a leak into a channel (`number` counts from 1): its level in dB, its lag in ms."""
    return [
        Finding("crosstalk", number, round(found.level_db, 1), "dB"),
        Finding("crosstalk_lag", number, round(found.lag_ms, 1), "ms"),
    ]
