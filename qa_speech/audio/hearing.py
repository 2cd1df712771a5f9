"""What is said on one channel: the detector's word, held against the level, and what to do where one of them is in doubt.

    samples, gain ──→ detector ──→ gate by level ──→ other sounds taken out ──→ speech
                         │              ├ music was there: what follows is heard again without the memory of it
                         │              └ takes away most of what the detector is sure of: the detector is believed
                         ├ what holds one pitch (`held`) is no speech; what may be hummed is said (`sung`)
                         └ more is heard that moves as speech does (`movement`) than it can tell: heard again with a
                           pitch lent (`voicing`); what moves is believed

Every doubt is a finding, and so is a party of whom next to nothing was found: nobody is silent without a word about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qa_speech.audio import activity, quality, sounds
from qa_speech.audio.activity import Mask
from qa_speech.audio.held import held
from qa_speech.audio.limits import SpeechLimits
from qa_speech.audio.movement import movement, shapes, standing_still
from qa_speech.audio.sung import sung
from qa_speech.audio.track import Floats, Track, frame_mask, grown, runs
from qa_speech.audio.voicing import voiced
from qa_speech.call import Finding
from qa_speech.timeline import NOWHERE, Segment, Timeline

DETECT_S = 600.0
"""Seconds given to the detector at once: bounds memory in long calls."""
RUN_IN_S = 15.0
"""Given again before each further part: the network remembers about ten seconds."""
DITHER_DB, DITHER_FRAME = -80.0, 160
"""dBFS of the noise that the detector gets for digital silence, which it has never met; shortest such, samples at 16 kHz."""
MOST = 0.5
"""Share; a voice of which less than this is found is a voice lost."""
UNTOLD_S, UNTOLD_SHARE = 1.0, 0.125
"""Seconds of sound that moves as speech does and that nothing explains, and its share of the speech, from which on a channel
is heard again."""
MOVES_DB, MOVES_ALONE_DB = 2.0, 1.7
"""Sound moves as speech does when its spectrum changes by this much, see `movement`; the same where there is more of it than of
speech, so that a whole voice may be lost."""
MOVING_GAP_S, LEAST_MOVING_S = 0.1, 0.2
"""Moving sound goes on over gaps as short as this; shorter sounds tell nothing."""
LONGEST_VOWEL_S = 1.0
"""What stands still for so long is no part of what moves around it."""
MOVING_LIKELY = 0.6
"""How likely to be speech (0–1) moving sound is that nothing explains."""
LOST_S, LOST_SHARE = 2.5, 0.25
"""Seconds of sound that nothing explains, and that does not stand still, in which a party may be lost, and its share of the speech;
or any sound that nothing explains, if there is more of it than of speech."""
SUNG_SHARE = 0.25
"""What may be sung matters from this share of the speech on."""
LEAK_REACH_S = 0.35
"""Seconds around what leaked in where the detector may still hear it."""
MEMORY_S = 20.0
"""Seconds after music for which the detector is hard of hearing: it listens to them again as if they were the first."""
LENT_TIMES = 2
"""The detector is half as sure of a voice that was lent its pitch."""
LIVE_DB = -45.0
"""dBFS; a channel this loud carries something that somebody wanted recorded."""
LITTLE, LONG_S = 0.02, 60.0
"""A party that speaks for less than this share of a call of more than so many seconds is not believed to be that silent."""


@dataclass(frozen=True, eq=False)
class Detector:
    """`probabilities` gives one value in 0…1 per `frame_s` seconds of float32 audio at 16 kHz."""

    probabilities: Callable[[Floats], Floats]
    frame_s: float


class Channel(NamedTuple):
    """A voice channel with its frame levels in dBFS and the gain in dB for the detector.

    `explained` marks the level frames that hold only what leaked in from the other channel; `masked` is where the recording
    was silenced on purpose.
    """

    track: Track
    levels: Floats
    gain_db: float
    explained: Mask | None
    masked: Timeline = NOWHERE


class Shape(NamedTuple):
    """Where a channel is heard at all; per level frame the same, by how many dB it moves, whether it stands still, and whether it
    holds a pitch."""

    audible: Timeline
    heard: Mask
    moves: Floats
    still: Mask
    held: Mask


class Heard(NamedTuple):
    """What was found on a channel; each doubt about it is a finding by code, value and unit."""

    speech: Timeline
    padded: tuple[Segment, ...]
    sounds: tuple[sounds.Sound, ...]
    doubts: tuple[tuple[str, float, str], ...] = ()

    @property
    def others(self) -> Timeline:
        """Where music or tones sound."""
        return Timeline((sound.start, sound.end) for sound in self.sounds)


def hear(channel: Channel, detector: Detector, limits: SpeechLimits) -> Heard:
    """Speech and other sounds of one channel."""
    probabilities = _detected(channel, detector, lent=False)
    shape = _shape(channel, probabilities >= limits.threshold, detector.frame_s)
    heard = _gated(channel, shape, probabilities, detector.frame_s, limits)
    if heard.others:
        probabilities = _without_memory(channel, probabilities, heard, detector)
        heard = _gated(channel, shape, probabilities, detector.frame_s, limits)
    again = heard
    if _untold(channel, shape, heard).duration >= UNTOLD_S:
        again = _heard_again(channel, shape, heard, probabilities, detector, limits)
    if again is heard:
        again = _with_beginnings(channel, shape, heard, probabilities, detector.frame_s, limits)
    heard = again
    doubts = list(heard.doubts)
    untold_s = _untold(channel, shape, heard).duration
    restless_s = _restless(channel, shape, heard).duration
    more_than_speech = untold_s >= max(LOST_S, heard.speech.duration)
    if more_than_speech or restless_s >= max(LOST_S, LOST_SHARE * heard.speech.duration):
        doubts.append(("unexplained_sound", round(untold_s, 1), "s"))
    sung_s = sung(channel.track, heard.sounds).duration
    if sung_s >= max(LOST_S, SUNG_SHARE * heard.speech.duration):
        doubts.append(("sung_sound", round(sung_s, 1), "s"))
    return heard._replace(doubts=tuple(doubts))


def _with_beginnings(
    channel: Channel, shape: Shape, heard: Heard, probabilities: Floats, frame_s: float, limits: SpeechLimits
) -> Heard:
    """What was heard, with the first syllables after a long silence, to which the detector is late."""
    if heard.doubts:
        return heard
    taken = _tight(channel, shape, probabilities, frame_s, limits, moving=shape.moves >= MOVES_DB)
    speech = (taken - heard.others).without_short(limits.min_speech_s)
    padded = activity.padded(speech, probabilities, frame_s, channel.track.duration, limits=limits)
    return heard._replace(speech=speech, padded=padded)


def _tight(
    channel: Channel,
    shape: Shape,
    probabilities: Floats,
    frame_s: float,
    limits: SpeechLimits,
    moving: Mask | None = None,
) -> Timeline:
    """The gate by level, over a channel."""
    return activity.tight(
        probabilities, frame_s, channel.levels, channel.track.frame_s,
        explained=channel.explained, still=shape.still, held=shape.held, moving=moving, limits=limits,
    )  # fmt: skip


def _without_memory(channel: Channel, probabilities: Floats, heard: Heard, detector: Detector) -> Floats:
    """The probabilities where music and tones are neither speech nor background, and what follows them is heard anew."""
    frame_s = detector.frame_s
    found = _aside(probabilities.copy(), heard.others, frame_s)
    remembered = heard.others.without_short(UNTOLD_S)
    after = [free for free in remembered.gaps(Segment(0, channel.track.duration)) if free.start > 0]
    for free in after:
        first = round(free.start / frame_s)
        last = min(round(free.end / frame_s), first + round(MEMORY_S / frame_s), len(found))
        if last - first < round(UNTOLD_S / frame_s):
            continue
        piece = channel.track.cut(first * frame_s, last * frame_s, gain_db=channel.gain_db)
        anew = detector.probabilities(_dithered(piece))[: last - first]
        found[first:last] = np.maximum(found[first:last], anew)
    return found


def _heard_again(
    channel: Channel, shape: Shape, heard: Heard, probabilities: Floats, detector: Detector, limits: SpeechLimits
) -> Heard:
    """The channel as it is heard when what moves is believed to be speech; as it was, where that shows little more."""
    least_s = max(UNTOLD_S, UNTOLD_SHARE * heard.speech.duration)
    alone = _untold(channel, shape, heard).duration > heard.speech.duration
    least_db = MOVES_ALONE_DB if alone else MOVES_DB
    moving = _moving(channel, heard, shape, least_db)
    if moving.duration < least_s:
        return heard
    lent = _detected(channel, detector, lent=True)
    moves = shape.heard & (shape.moves >= least_db)
    lent[~frame_mask(_timeline(moves, channel.track.frame_s), len(lent), detector.frame_s)] = 0
    likely = np.maximum(probabilities, np.minimum(LENT_TIMES * lent, 1))
    believed = frame_mask(moving, len(likely), detector.frame_s)
    likely[believed] = np.maximum(likely[believed], max(MOVING_LIKELY, limits.threshold))
    again = _gated(channel, shape, likely, detector.frame_s, limits)
    only_again_s = again.speech.duration - heard.speech.duration
    if only_again_s < UNTOLD_S:
        return heard
    return again._replace(doubts=(*again.doubts, ("unvoiced_speech", round(only_again_s, 1), "s")))


def _moving(channel: Channel, heard: Heard, shape: Shape, least_db: float) -> Timeline:
    """Sound that nothing explains and that moves as speech does, by `least_db` on average."""
    frame_s = channel.track.frame_s
    restless = _restless(channel, shape, heard)
    found = []
    for stretch in restless.bridged(MOVING_GAP_S).without_short(LEAST_MOVING_S):
        frames = slice(round(stretch.start / frame_s), round(stretch.end / frame_s))
        inside = shape.moves[frames][shape.heard[frames]]
        if len(inside) and np.mean(inside) >= least_db:
            found.append(stretch)
    return Timeline(found)


def _shape(channel: Channel, likely: Mask, likely_s: float) -> Shape:
    """How the sound of a channel moves, and what of it stands still beside what is `likely` to be speech on it, by the detector's
    frames of `likely_s` seconds."""
    frame_s = channel.track.frame_s
    audible = sounds.audible(channel.levels, frame_s)
    heard = frame_mask(audible, len(channel.levels), frame_s)
    found = shapes(channel.track, heard)
    pitched = held(found, heard, frame_s)
    moves = movement(found, heard, frame_s)
    spoken = frame_mask(_timeline(likely, likely_s), len(moves), frame_s)
    still = standing_still(moves, heard, frame_s, beside=moves[spoken & heard])
    return Shape(audible, heard, moves, still, pitched)


def findings(number: int, channel: Channel, heard: Heard, *, dead: bool) -> list[Finding]:
    """What is to be said of a channel (`number` counts from 1) beside how it sounds: doubts, and a party that is missing."""
    found = [Finding(code, number, value, unit) for code, value, unit in heard.doubts]
    if dead:
        return found
    track = channel.track
    share = heard.speech.duration / max(track.duration, track.frame_s)
    level_db = activity.active_level(_unnamed(channel, heard))
    if not heard.speech and level_db > LIVE_DB:
        found.append(Finding("silent_channel", number, round(level_db, 1), "dBFS"))
    elif share < LITTLE and track.duration > LONG_S:
        found.append(Finding("little_speech", number, round(100 * share, 1), "%"))
    if not heard.speech and quality.noise_throughout(_unnamed(channel, heard)):
        found.append(Finding("low_snr", number, 0.0, "dB"))
    return found


def _gated(channel: Channel, shape: Shape, probabilities: Floats, frame_s: float, limits: SpeechLimits) -> Heard:
    """Speech by detector and level, and other sounds; what turned out to be music or a tone is no speech."""
    track, levels = channel.track, channel.levels
    taken = _tight(channel, shape, probabilities, frame_s, limits)
    held_pitch = _timeline(shape.held, track.frame_s)
    sure = (
        activity.detected(probabilities, frame_s, activity.CONFIDENT, limits)
        - held_pitch
        - _explained(channel, LEAK_REACH_S)
    )
    left_out = (sure - taken).duration
    doubts: tuple[tuple[str, float, str], ...] = ()
    if left_out > max(UNTOLD_S, MOST * sure.duration):
        likely = activity.detected(probabilities, frame_s, limits.threshold, limits)
        taken = likely - held_pitch - _explained(channel)
        doubts = (("level_disagrees", round(100 * left_out / sure.duration), "%"),)
    others = sounds.other_sounds(track, levels, taken, probabilities, frame_s)
    nobody = Timeline((sound.start, sound.end) for sound in others)
    speech = (taken - nobody).without_short(limits.min_speech_s)
    padded = activity.padded(speech, probabilities, frame_s, track.duration, limits=limits)
    return Heard(speech, padded, others, doubts)


def _explained(channel: Channel, around_s: float = 0.0) -> Timeline:
    """Where only the other channel is heard, and so many seconds around it."""
    if channel.explained is None:
        return Timeline()
    frame_s = channel.track.frame_s
    return _timeline(grown(channel.explained, round(around_s / frame_s)), frame_s)


def _timeline(mask: Mask, frame_s: float) -> Timeline:
    """Where frames of `frame_s` seconds are marked."""
    return Timeline((first * frame_s, last * frame_s) for first, last in runs(mask))


def _untold(channel: Channel, shape: Shape, heard: Heard) -> Timeline:
    """Where a channel is heard and nothing says what it is."""
    held_pitch = _timeline(shape.held, channel.track.frame_s)
    return shape.audible - heard.speech - heard.others - held_pitch - _explained(channel)


def _restless(channel: Channel, shape: Shape, heard: Heard) -> Timeline:
    """The same without what stands still for longer than a vowel."""
    still = _timeline(shape.still, channel.track.frame_s).without_short(LONGEST_VOWEL_S)
    return _untold(channel, shape, heard) - still


def _unnamed(channel: Channel, heard: Heard) -> Floats:
    """The levels, dBFS, of all that is no music or tone."""
    named = frame_mask(heard.others, len(channel.levels), channel.track.frame_s)
    return np.asarray(channel.levels[~named])


def _detected(channel: Channel, detector: Detector, *, lent: bool) -> Floats:
    """Speech probabilities (0–1) of a whole channel, part by part; `lent`: with a pitch lent to it."""
    track, frame_s = channel.track, detector.frame_s
    part_s = max(1, round(DETECT_S / frame_s)) * frame_s
    run_in = round(RUN_IN_S / frame_s)
    found = [np.zeros(0, np.float32)]
    start = 0.0
    while start < track.duration:
        end = min(track.duration, start + part_s)
        before = min(run_in, round(start / frame_s))
        piece = track.cut(start - before * frame_s, end, gain_db=channel.gain_db)
        if lent:
            piece = voiced(piece)
        found.append(detector.probabilities(_dithered(piece))[before:])
        start += part_s
    return _aside(np.concatenate(found), channel.masked, frame_s)


def _aside(probabilities: Floats, masked: Timeline, frame_s: float) -> Floats:
    """The probabilities (one per `frame_s` seconds) with those of masked stretches at the border: no speech, no background."""
    probabilities[frame_mask(masked, len(probabilities), frame_s)] = activity.UNLIKELY
    return probabilities


def _dithered(piece: Floats) -> Floats:
    """The piece with noise of `DITHER_DB`, the same each time, in place of digital silence.

    Nowhere else: in the empty upper half of telephone sound even this little noise takes words away from the detector.
    """
    count = len(piece) // DITHER_FRAME
    frames = piece[: count * DITHER_FRAME].reshape(count, DITHER_FRAME)
    silent = ~frames.any(axis=1)
    if silent.any():
        second = np.random.default_rng(0).normal(0, 10 ** (DITHER_DB / 20), (100, DITHER_FRAME))
        frames[silent] = second[np.flatnonzero(silent) % len(second)]
    return piece
