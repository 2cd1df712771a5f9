r"""Speech probabilities → when somebody speaks: a tight view for timing and a padded one for recognition.

    probability      __/~~~~\__/~~\_______/~~~~~~~\__
    tight              |-------|            |------|        pauses < 0.2 s bridged, speech < 0.1 s dropped
    padded          |-------------|      |------------|     the same speech with room around it, cut at max_piece_s

Both come from one run of the network. A voice detector answers in frames of 32 ms, trails off late and is shy in
noise, so it only says *where* somebody speaks; *when exactly* is said by the channel's own level:

    island      a run of frames that may be speech (a fifth of the threshold), holding some that surely are
    audible     louder than speech less 40 dB, and than the background around it plus 2 dB
    speech      what is audible in an island, 0.35 s before or 0.2 s after it; where the background covers the ends, 50 ms
                more, and what the detector is confident of
    late        what sounds loud, moves as speech does and goes on into an island: the first syllables after a long silence
    in noise    where the pauses are louder than what is heard under the speech, the level cannot tell a noise from the
                ends of speech: nothing is speech there but near what surely is

Thresholds were set on generated calls (`benchmarks/calls.py`, seeds from 1000). Levels are dBFS, times seconds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from qa_speech.audio.limits import DEFAULT, SpeechLimits
from qa_speech.audio.track import SILENT_DB, Floats, grown, runs, to_db
from qa_speech.timeline import Segment, Timeline

Mask = npt.NDArray[np.bool_]

TARGET_LEVEL_DB = -20.0
DEAD_DB = -66.0
"""dBFS; a channel whose active level is below this may carry nothing that was said (idle A-law is at −72) …"""
BRIEF_DB, BRIEF_FRAMES = -56.0, 30
"""… but somebody who spoke for a moment of a long call has that many frames above this."""
QUIET_PERCENT, STANDS_OUT_DB = 10, 10.0
"""What stands out of the quietest tenth of a channel by this much is voice or noise, not the line."""

WITHIN_DB = 40.0
"""Speech reaches down to this far (dB) below the channel's loud speech, unless the background covers it."""
ABOVE_FLOOR_DB = 2.0
SINGLE_BELOW_DB = 3.0
"""A frame alone may be this much below the limit that three together have to reach."""
BEFORE_S, AFTER_S = 0.35, 0.2
"""Sound this near to an island belongs to it: the detector is late to begin, and seldom early to end."""
BEFORE_IN_NOISE_S, AFTER_IN_NOISE_S = 0.2, 0.03
"""The same for what the detector is sure of, where a noise in the pauses would be taken for the ends of speech."""
NOISE_LIKELY, NOISE_PERCENT, NOISE_ABOVE_DB = 0.3, 90, 6.0
"""There, a tenth of what is less likely to be speech than this is that much louder than what is heard under the speech."""
STILL_LIKELY = 0.6
"""Probability (0–1) from which on a sound that stands still may be speech: a long vowel, no horn."""
POSSIBLE_SHARE = 0.2
"""Share of the threshold: from here on a frame may be speech."""
CLEAR_SHARE = 0.3
"""Share of the threshold: enough for a frame that stands well out of the background and is as loud as the rest."""
CLEAR_ABOVE_FLOOR_DB, CLEAR_BELOW_LOUD_DB = 15.0, 20.0
SURE_FRAMES = 4
"""Sure frames (10 ms) that an island needs."""
AUDIBLE_FRAMES = 4
"""Shorter sounds are clicks."""
COVERED_S = 0.05
CONFIDENT, COVERED_DB = 0.8, 28.0
"""Where the background covers a voice, the detector alone is believed from here on; what is so many dB below the loud speech is no
voice of this channel but somebody behind it."""
LATE_ABOVE_FLOOR_DB, LATE_GAP_S, LATE_S = 6.0, 0.1, 0.8
"""Sound so far above the background is loud enough to be the beginning of what the detector was late to hear, over such gaps, and
for so long before it."""

UNLIKELY = 0.1
"""Frames below this probability (0–1) are background."""
FLOOR_STEP_S, FLOOR_REACH_S = 2.0, 8.0
FLOOR_SPREAD_DB, STEADY_SPREAD_DB, SPREADS = 10.0, 2.0, 2.5
"""A background reaches so many dB above its median; a steady one hardly, by the second and so many times what its softest tenth
is below the median."""
UNDER_PERCENT = 20
"""Percentile of the levels of what is surely spoken: a background is not above it."""
FLOOR_FRAMES, FLOOR_FRAMES_OVERALL = 200, 50


def voice_level(levels: Floats) -> float:
    """The level that a voice on this channel may have, dBFS: the 95th percentile of what stands out of its quiet.

    Unlike the active level it is that of the voice also where somebody speaks for a moment of a long call.

    >>> levels = np.repeat(np.array([-60, -20], np.float32), [970, 30])
    >>> active_level(levels), voice_level(levels)
    (-60.0, -20.0)
    """
    sounding = levels[levels > SILENT_DB]
    if not len(sounding):
        return SILENT_DB
    outstanding = sounding[sounding > np.percentile(sounding, QUIET_PERCENT) + STANDS_OUT_DB]
    if len(outstanding) < BRIEF_FRAMES:
        return active_level(levels)
    return active_level(outstanding)


def active_level(levels: Floats) -> float:
    """The level of what is heard on a channel: the 95th percentile of its frame levels, dBFS.

    >>> active_level(np.array([-60.0] * 90 + [-20.0] * 10, np.float32))
    -20.0
    """
    return float(np.percentile(levels, 95)) if len(levels) else SILENT_DB


def dead(levels: Floats) -> bool:
    """Whether nothing was said on a channel: neither its active level nor its loudest moments are those of a voice.

    >>> dead(np.full(1000, -75.0, np.float32)), dead(np.array([-75.0] * 960 + [-40.0] * 40, np.float32))
    (True, False)
    """
    if active_level(levels) >= DEAD_DB:
        return False
    return len(levels) <= BRIEF_FRAMES or float(np.partition(levels, -BRIEF_FRAMES)[-BRIEF_FRAMES]) < BRIEF_DB


def normalising_gain(levels: Floats) -> float:
    """dB that bring a voice on a channel to −20 dBFS: as much as it needs, never less than 0, and 0 on a dead channel.

    Without it a quiet voice is lost: the network was trained on speech of usual level.

    >>> normalising_gain(np.full(100, -35.0, np.float32)), normalising_gain(np.full(100, -58.0, np.float32))
    (15.0, 38.0)
    >>> normalising_gain(np.full(100, -70.0, np.float32))
    0.0
    """
    return 0.0 if dead(levels) else max(0.0, TARGET_LEVEL_DB - voice_level(levels))


def tight(
    probabilities: Floats,
    frame_s: float,
    levels: Floats,
    level_frame_s: float,
    *,
    explained: Mask | None = None,
    still: Mask | None = None,
    held: Mask | None = None,
    moving: Mask | None = None,
    limits: SpeechLimits = DEFAULT,
) -> Timeline:
    """Speech for timing: no padding, ends where the level says.

    Parameters
    ----------
    probabilities, frame_s
        Speech probability in 0…1, shape (frames,), and seconds per frame.
    levels, level_frame_s
        Level of the same channel in dBFS, shape (level frames,), and seconds per level frame.
    explained
        Level frames that hold only what leaked in from the other channel; never speech.
    still
        Level frames whose sound stands still; no speech where the detector does not think so.
    held
        Level frames whose sound holds one pitch; neither speech nor background.
    moving
        Level frames whose sound moves as speech does; where it is loud and goes on into speech, it is speech.
    limits
        From what probability on a frame is speech, which pauses are bridged, what is too short to be speech.

    Examples
    --------
    >>> likely = np.repeat(np.array([0, 0.9, 0], np.float32), [31, 33, 30])          # 32 ms each
    >>> levels = np.repeat(np.array([-70, -20, -70], np.float32), [100, 90, 110])    # 10 ms each
    >>> tight(likely, 0.032, levels, 0.01)
    Timeline([(1, 1.9)])
    """
    if not len(probabilities) or not len(levels):
        return Timeline()
    likely = _per_level_frame(probabilities, frame_s, len(levels), level_frame_s)
    own = np.ones(len(levels), bool) if explained is None else ~explained
    unheld = np.ones(len(levels), bool) if held is None else ~held
    own = own & unheld
    detected = likely >= limits.threshold
    surely_own = detected & own
    if not surely_own.any():
        return Timeline()
    loud = float(np.percentile(levels[surely_own], 95))
    smooth = _smooth(levels)
    under = _under_speech(smooth, likely, own, level_frame_s)
    noisy = _pauses(smooth, likely, own, level_frame_s) > under + NOISE_ABOVE_DB
    floor = _floor(smooth, (likely < UNLIKELY) & unheld, level_frame_s)
    floor = np.where(noisy, np.minimum(floor, under), floor)
    audible = _heard(levels, loud, floor, own)
    if still is not None:
        audible &= ~still | (likely >= STILL_LIKELY)
    clear = levels >= np.maximum(floor + CLEAR_ABOVE_FLOOR_DB, loud - CLEAR_BELOW_LOUD_DB)
    clearly_speech = clear & (likely >= limits.threshold * CLEAR_SHARE) & ~noisy
    sure = audible & (detected | clearly_speech)
    possible = likely >= limits.threshold * POSSIBLE_SHARE
    islands = _islands(possible, sure)
    near_island = grown(islands, round(BEFORE_S / level_frame_s), round(AFTER_S / level_frame_s))
    if moving is not None:
        limit = np.maximum(floor + LATE_ABOVE_FLOOR_DB, loud - CLEAR_BELOW_LOUD_DB)
        late = grown(moving & unheld & (levels >= limit), round(LATE_GAP_S / level_frame_s))
        late &= grown(islands, round(LATE_S / level_frame_s), 0)
        near_island |= _islands(islands | late, islands)
    near_sure = grown(
        islands & detected, round(BEFORE_IN_NOISE_S / level_frame_s), round(AFTER_IN_NOISE_S / level_frame_s)
    )
    active = audible & np.where(noisy, islands & near_sure, near_island)
    # where the background covers the ends of speech, levels tell nothing: the detector is believed there
    covered = islands & own & (floor + ABOVE_FLOOR_DB > loud - WITHIN_DB)
    near = grown(active & islands, round(COVERED_S / level_frame_s))
    active |= covered & near & detected
    active |= covered & (likely >= CONFIDENT) & (floor > loud - COVERED_DB)
    found = Timeline((first * level_frame_s, last * level_frame_s) for first, last in runs(active))
    return found.bridged(limits.bridge_s).without_short(limits.min_speech_s)


def detected(probabilities: Floats, frame_s: float, least: float, limits: SpeechLimits = DEFAULT) -> Timeline:
    """Speech by the detector alone: frames of `frame_s` seconds with at least this probability (0–1).

    >>> detected(np.array([0, 0.9, 0.9, 0.9, 0.9, 0], np.float32), 0.05, 0.8)
    Timeline([(0.05, 0.25)])
    """
    likely = Timeline((first * frame_s, last * frame_s) for first, last in runs(probabilities >= least))
    return likely.bridged(limits.bridge_s).without_short(limits.min_speech_s)


def _per_level_frame(probabilities: Floats, frame_s: float, count: int, level_frame_s: float) -> Floats:
    """The probability (0–1) at the middle of each of `count` level frames."""
    middles = (np.arange(count) + 0.5) * level_frame_s / frame_s
    places = np.minimum(middles.astype(int), len(probabilities) - 1)
    found: Floats = probabilities[places]
    return found


def _heard(levels: Floats, loud: float, floor: Floats, own: Mask) -> Mask:
    """Frames loud enough (dBFS) to be speech, without clicks and without what leaked in."""
    limit = np.maximum(loud - WITHIN_DB, floor + ABOVE_FLOOR_DB)
    loud_together = _smooth(levels) >= limit
    loud_alone = levels >= limit - SINGLE_BELOW_DB
    heard: Mask = own & loud_together & loud_alone
    for first, last in runs(heard):
        if last - first < AUDIBLE_FRAMES:
            heard[first:last] = False
    return heard


def _floor(levels: Floats, quiet: Mask, frame_s: float) -> Floats:
    """The level in dBFS that the background around each frame, the `quiet` ones, seldom exceeds.

    Around, because a background comes and goes: hold music in one minute must not hide a quiet voice in the next.
    Speech that went unseen in it does not raise it far.
    """
    return _around(levels, quiet, frame_s, _background, SILENT_DB)


def _around(
    levels: Floats, chosen: Mask, frame_s: float, summary: Callable[[Floats], float], otherwise: float
) -> Floats:
    """A level in dBFS for each frame: the summary of the chosen frames within `FLOOR_REACH_S`, or of all of them where
    those are too few, or `otherwise` where all are."""
    among = levels[chosen]
    if len(among) < FLOOR_FRAMES_OVERALL:
        return np.full(len(levels), otherwise, np.float32)
    overall = summary(among)
    step = max(1, round(FLOOR_STEP_S / frame_s))
    reach = round(FLOOR_REACH_S / frame_s)
    before = np.concatenate(([0], np.cumsum(chosen)))
    found = []
    for start in range(0, len(levels), step):
        earliest, latest = max(0, start - reach), min(len(levels), start + step + reach)
        near = among[before[earliest] : before[latest]]
        found.append(summary(near) if len(near) >= FLOOR_FRAMES else overall)
    return np.repeat(np.array(found, np.float32), step)[: len(levels)]


def _under_speech(levels: Floats, likely: Floats, own: Mask, frame_s: float) -> Floats:
    """The level in dBFS that the background around each frame cannot exceed: what is there is heard under the speech too.

    A noise in the pauses alone is louder than the quietest moments of the speech, and hides none of it.
    """
    spoken = (likely >= CONFIDENT) & own
    return _around(levels, spoken, frame_s, _quiet_moments, -SILENT_DB)


def _pauses(levels: Floats, likely: Floats, own: Mask, frame_s: float) -> Floats:
    """The level in dBFS of the loud part of what is no speech around each frame."""
    return _around(levels, (likely < NOISE_LIKELY) & own, frame_s, _loud_moments, SILENT_DB)


def _loud_moments(unspoken: Floats) -> float:
    """The level in dBFS above which a tenth of the frames lie."""
    return percentile(unspoken, NOISE_PERCENT)


def _quiet_moments(spoken: Floats) -> float:
    """The level in dBFS below which a fifth of the speech lies."""
    return percentile(spoken, UNDER_PERCENT)


def _background(quiet: Floats) -> float:
    """The level in dBFS that quiet frames seldom exceed; loud ones among them, speech that went unseen, do not raise it far."""
    softest, usual, loudest = (percentile(quiet, percent) for percent in (10, 50, 95))
    spread = STEADY_SPREAD_DB + SPREADS * (usual - softest)
    return min(loudest, usual + min(spread, FLOOR_SPREAD_DB))


def percentile(levels: Floats, percent: float) -> float:
    """The level below which `percent` of these lie, to the nearest frame: many are asked for, and all of them in a hurry."""
    place = round(percent / 100 * (len(levels) - 1))
    return float(np.partition(levels, place)[place])


def _smooth(levels: Floats) -> Floats:
    """Mean power over three frames, as a level."""
    if len(levels) < 3:
        return levels
    power = 10 ** (levels / 10)
    return to_db(np.convolve(power, np.full(3, 1 / 3, np.float32), mode="same"))


def _islands(possible: Mask, sure: Mask) -> Mask:
    """The runs of `possible` frames that hold at least 60 ms of `sure` ones."""
    kept = np.zeros(len(possible), bool)
    count = np.concatenate(([0], np.cumsum(sure)))
    for first, last in runs(possible):
        kept[first:last] = count[last] - count[first] >= SURE_FRAMES
    return kept


def padded(
    speech: Timeline,
    probabilities: Floats,
    frame_s: float,
    duration: float,
    *,
    limits: SpeechLimits = DEFAULT,
) -> tuple[Segment, ...]:
    """Speech for the recogniser: `limits.pad_s` seconds around it, no piece longer than `limits.max_piece_s` seconds.

    Where a piece is too long it is cut at its least likely frame in the second half of what is allowed, so seldom
    inside a word. Pieces may touch; they never overlap.
    """
    pad_s, longest_s = limits.pad_s, limits.max_piece_s
    roomy = Timeline((max(0.0, said.start - pad_s), min(duration, said.end + pad_s)) for said in speech)
    pieces: list[Segment] = []
    for said in roomy:
        start = said.start
        while said.end - start > longest_s:
            cut = _quietest(probabilities, frame_s, start + longest_s / 2, start + longest_s)
            pieces.append(Segment(start, cut))
            start = cut
        pieces.append(Segment(start, said.end))
    return tuple(pieces)


def _quietest(probabilities: Floats, frame_s: float, start: float, end: float) -> float:
    """The instant of the least likely frame in ``[start, end)`` seconds."""
    first, last = int(np.ceil(start / frame_s)), int(end / frame_s)
    among = probabilities[first:last]
    return (first + int(np.argmin(among))) * frame_s if len(among) else end
