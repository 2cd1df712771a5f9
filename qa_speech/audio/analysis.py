"""All that the sound of a call tells without words: layout, findings, speech per channel, other sound.

    samples → doctor, pass 1 → gains → speech probabilities (once per channel) → doctor, pass 2 → Analysis

Channels are numbered as in the file; who is agent and who is customer is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qa_speech.audio import activity, channels, leak, quality, sounds
from qa_speech.audio.track import Floats, Track, frame_levels, frame_mask
from qa_speech.call import Finding, Layout
from qa_speech.errors import ChannelError
from qa_speech.timeline import Segment, Timeline

DETECT_S = 600.0
"""Seconds given to the detector at once: bounds memory in long calls."""
RUN_IN_S = 15.0
"""Given again before each further part: the network remembers about ten seconds."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """What `analyse` found. Tuples hold one item per voice channel: two for two channels, one for mono.

    `channels` are the numbers of the voice channels in the file, from 1. `speech` is the tight view for timing;
    `padded` the pieces for the recogniser; `sounds` what else is heard; `gains_db` what was added before detection;
    `levels` the frame levels in dBFS (`tracks[i].frame_s` apart). `cut` gives the samples of a piece.
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

    def cut(self, channel: int, start: float, end: float) -> Floats:
        """``[start, end)`` seconds of voice channel `channel` (from 0): float32, 16 kHz, level-normalised, leak removed."""
        return self.tracks[channel].cut(start, end, gain_db=self.gains_db[channel])


def analyse(
    samples: npt.NDArray[np.int16] | Floats,
    rate: int,
    detect: Callable[[Floats], Floats],
    frame_s: float,
    *,
    threshold: float = activity.THRESHOLD,
    bridge_s: float = activity.BRIDGE_S,
    min_speech_s: float = activity.MIN_SPEECH_S,
    pad_s: float = activity.PAD_S,
    max_piece_s: float = activity.MAX_PIECE_S,
    source: str = "recording",
) -> Analysis:
    """Analyse the sound of one call.

    Parameters
    ----------
    samples
        int16 or float32, shape (channels, n), at `rate` Hz. Not altered and not copied as a whole.
    detect, frame_s
        Speech probability in 0…1 per `frame_s` seconds of float32 audio at 16 kHz (`SpeechDetector.probabilities`).
    threshold, bridge_s, min_speech_s, pad_s, max_piece_s
        Speech begins at this probability; pauses shorter than `bridge_s` are bridged and speech shorter than
        `min_speech_s` dropped; pieces for the recogniser get `pad_s` on each side and are cut at `max_piece_s`.
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
    >>> found.layout, found.speech, [item.code for item in found.findings]
    ('mono', (Timeline([]),), ['mono', 'dead_channel', 'level'])
    """
    if samples.ndim != 2 or not samples.shape[0]:
        raise ChannelError(source, f"expected samples of shape (channels, n), got {samples.shape}")
    surveys = [channels.survey(Track(row, rate)) for row in samples]
    layout, voices, findings = _layout(surveys, source)
    tracks, levels, explained, leaks = _without_leaks([surveys[i] for i in voices])
    findings += [item for number, found in leaks for item in _crosstalk(voices[number] + 1, found)]
    gains = tuple(activity.normalising_gain(item) for item in levels)
    speech, padded, others = [], [], []
    for number, (track, level, gain, leaked) in enumerate(zip(tracks, levels, gains, explained, strict=True)):
        probabilities = _detect(track, gain, detect, frame_s)
        found = activity.tight(
            probabilities, frame_s, level, track.frame_s, explained=leaked,
            threshold=threshold, bridge_s=bridge_s, min_speech_s=min_speech_s,
        )  # fmt: skip
        other = sounds.find(track, level, found, probabilities, frame_s)
        found = (found - Timeline((item.start, item.end) for item in other)).without_short(min_speech_s)
        speech.append(found)
        others.append(other)
        padded.append(
            activity.padded(found, probabilities, frame_s, track.duration, pad_s=pad_s, max_piece_s=max_piece_s)
        )
        if not surveys[voices[number]].dead:
            unnamed = ~frame_mask((Segment(item.start, item.end) for item in other), len(level), track.frame_s)
            if not found and quality.noise_throughout(level[unnamed]):
                findings.append(Finding("low_snr", voices[number] + 1, 0.0, "dB"))
            findings += quality.findings(voices[number] + 1, track, level, found)
    return Analysis(
        layout=layout, channels=tuple(i + 1 for i in voices), findings=tuple(findings), speech=tuple(speech),
        padded=tuple(padded), sounds=tuple(others), gains_db=gains, tracks=tracks, levels=levels,
    )  # fmt: skip


def divided(found: Analysis, speakers: Sequence[Timeline], *, pad_s: float, max_piece_s: float) -> Analysis:
    """The analysis of one channel as that of two voices that share it.

    What a diarizer calls speech is only speech where the detector finds some; detected speech that it gives to nobody goes
    to the voice that is nearest. Pieces for the recogniser hold nothing that only the other voice says.

    Parameters
    ----------
    found
        Of one voice channel.
    speakers
        One or two timelines, as `Diarizer.diarize` gives them.
    pad_s, max_piece_s
        As for `analyse`.
    """
    whole, track, levels = found.speech[0], found.tracks[0], found.levels[0]
    said = [whole & line for line in (*speakers, Timeline(), Timeline())[:2]]
    for item in whole - (said[0] | said[1]):
        near = min((0, 1), key=lambda voice: _distance(item, said[voice]))
        said[near] = said[near] | Timeline([item])
    padded = []
    for own, other in (said, said[::-1]):
        roomy = activity.padded(own, levels, track.frame_s, track.duration, pad_s=pad_s, max_piece_s=max_piece_s)
        padded.append(tuple(part for piece in roomy for part in Timeline([piece]) - (other - own)))
    return replace(
        found, channels=found.channels * 2, speech=tuple(said), padded=tuple(padded), sounds=(*found.sounds, ()),
        gains_db=found.gains_db * 2, tracks=(track, track), levels=(levels, levels),
    )  # fmt: skip


def _distance(item: Segment, line: Timeline) -> float:
    return min((max(other.start - item.end, item.start - other.end) for other in line), default=float("inf"))


def _layout(surveys: list[channels.Survey], source: str) -> tuple[Layout, list[int], list[Finding]]:
    """What kind of recording it is, the indices of its voice channels, and what the samples tell."""
    findings = [item for i, found in enumerate(surveys, 1) for item in channels.sample_findings(i, found)]
    if len(surveys) == 1:
        return "mono", [0], [Finding("mono"), *findings]
    alive = [i for i, found in enumerate(surveys) if not found.dead]
    if len(alive) > 2:
        raise ChannelError(source, f"{len(alive)} of {len(surveys)} channels carry sound; expected one or two")
    dead = [i for i, found in enumerate(surveys) if found.dead]
    voices = sorted([*alive, *dead][:2])
    left = channels.residual_db(surveys[voices[0]], surveys[voices[1]]) if len(alive) == 2 else 0.0
    if left < channels.FAKE_STEREO_DB:
        return "fake_stereo", voices[:1], [Finding("fake_stereo", None, round(left, 1), "dB"), *findings]
    return "two_channel", voices, findings


def _without_leaks(
    surveys: list[channels.Survey],
) -> tuple[tuple[Track, ...], tuple[Floats, ...], list[npt.NDArray[np.bool_] | None], list[tuple[int, leak.Crosstalk]]]:
    """Tracks with what leaked in taken out, their levels, the frames with nothing else, and what was found."""
    tracks, levels = [item.track for item in surveys], [item.levels for item in surveys]
    explained: list[npt.NDArray[np.bool_] | None] = [None for _ in surveys]
    leaks: list[tuple[int, leak.Crosstalk]] = []
    if len(surveys) == 2 and not any(item.dead for item in surveys):
        for target, found in leak.between(*[(item.track, item.levels) for item in surveys]):
            tracks[target] = replace(tracks[target], leak=found.leak)
            levels[target] = frame_levels(tracks[target])
            explained[target] = found.explained(levels[target])
            leaks.append((target, found))
    return tuple(tracks), tuple(levels), explained, leaks


def _crosstalk(number: int, found: leak.Crosstalk) -> list[Finding]:
    return [
        Finding("crosstalk", number, round(found.level_db, 1), "dB"),
        Finding("crosstalk_lag", number, round(found.lag_ms, 1), "ms"),
    ]


def _detect(track: Track, gain_db: float, detect: Callable[[Floats], Floats], frame_s: float) -> Floats:
    """Probabilities of a whole channel, part by part."""
    part = max(1, round(DETECT_S / frame_s)) * frame_s
    run_in = round(RUN_IN_S / frame_s)
    found = [np.zeros(0, np.float32)]
    start = 0.0
    while start < track.duration:
        before = min(run_in, round(start / frame_s))
        end = min(track.duration, start + part)
        found.append(detect(track.cut(start - before * frame_s, end, gain_db=gain_db))[before:])
        start += part
    return np.concatenate(found)
