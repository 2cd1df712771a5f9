"""Stretches that somebody silenced on purpose: numbers and names cut out, a recording paused while a card was read.

    channel 1   ~~~~~~~|________|~~~~~~      digital silence on every channel of a line that is never silent by itself
    channel 2   ~~~~~~~|________|~~~~~~
    channel 1   ~~~~~~~|∿∿∿∿∿∿∿∿|~~~~~~      or one tone on every channel, ours (`audio.mask`) or that of others
    channel 2   ~~~~~~~|∿∿∿∿∿∿∿∿|~~~~~~

Somebody spoke there, and nobody knows who: it is no silence, no wait and no background. A line on which every pause is
digital silence (gated, or made by a program) tells less: there only a stretch that cuts a voice in the middle is found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa_speech.audio import mask
from qa_speech.audio.activity import Mask, active_level
from qa_speech.audio.channels import Survey
from qa_speech.audio.sounds import Sound, tone_in
from qa_speech.audio.track import Floats, Track, runs
from qa_speech.timeline import Segment, Timeline

STILL_SPREAD = 3.5 / 32768
"""Of full scale; in a frame of digital silence no two samples differ by more (a codec may add a step or two)."""
MIN_STILL_S = 0.6
"""Shorter digital silence is a drop-out."""
NATURAL_SHARE = 0.01
"""Where a channel is digitally silent for more of the rest of its time than this (0–1), its silence is no sign."""
CUT_BELOW_DB = 20.0
"""dB below the level of its voice down to which a frame beside the stretch shows that a voice was cut."""
EVEN_DB, EVEN_FRAMES, FAINTEST_DB = 1.5, 20, -60.0
"""A tone's level stays within so many dB for so many frames, and above so many dBFS."""
MIN_TONE_S, JOIN_S = 0.3, 0.05
OWN_HZ, OWN_DB = 8.0, 1.0
"""On a recording of one channel only a tone this near to that of `mask` is a mask: any other may be the line's."""


def masked(channels: Sequence[Survey]) -> Timeline:
    """Where a recording was masked; times in seconds.

    Parameters
    ----------
    channels
        Its voice channels, one or two, with their levels.
    """
    alive = [channel for channel in channels if not channel.dead]
    if not alive:
        return Timeline()
    return _silenced(alive) | _toned(alive)


# -- digital silence --------------------------------------------------------------------------------------------------


def _silenced(channels: Sequence[Survey]) -> Timeline:
    frame_s = channels[0].track.frame_s
    still = [_still(channel.track) for channel in channels]
    together = np.logical_and.reduce(still)
    lasting = [(first, last) for first, last in runs(together) if (last - first) * frame_s >= MIN_STILL_S]
    inside = [(first, last) for first, last in lasting if first > 0 and last < len(together)]
    if not inside:
        return Timeline()
    outside = ~_frames(lasting, len(together))
    natural = [_share(one & outside, outside) > NATURAL_SHARE for one in still]
    if all(natural):
        inside = [run for run in inside if any(_cuts(channel, run) for channel in channels)]
    return Timeline((first * frame_s, last * frame_s) for first, last in inside)


def _still(track: Track) -> Mask:
    """Frames of digital silence; a last one that is not full is none."""
    found = [np.zeros(0, bool)]
    for _, block in track.blocks():
        full = len(block) // track.hop
        frames = block[: full * track.hop].reshape(full, track.hop)
        found.append(np.ptp(frames, axis=1) <= STILL_SPREAD)
        if len(block) > full * track.hop:
            found.append(np.zeros(1, bool))
    return np.concatenate(found)


def _frames(ranges: Sequence[tuple[int, int]], count: int) -> Mask:
    mask_of = np.zeros(count, bool)
    for first, last in ranges:
        mask_of[first:last] = True
    return mask_of


def _share(some: Mask, every: Mask) -> float:
    return float(np.count_nonzero(some)) / max(1, int(np.count_nonzero(every)))


def _cuts(channel: Survey, run: tuple[int, int]) -> bool:
    """Whether a voice is cut at one end of a run of frames: it is loud right beside it."""
    first, last = run
    beside = [*channel.levels[first - 2 : first], *channel.levels[last : last + 2]]
    return max(beside, default=FAINTEST_DB) > channel.level_db - CUT_BELOW_DB


# -- tones ------------------------------------------------------------------------------------------------------------


def _toned(channels: Sequence[Survey]) -> Timeline:
    frame_s = channels[0].track.frame_s
    even = np.logical_and.reduce([_even(channel.levels) for channel in channels])
    likely = Timeline((first * frame_s, last * frame_s) for first, last in runs(even))
    found: list[Segment] = []
    for stretch in likely.bridged(JOIN_S).without_short(MIN_TONE_S):
        tones = [tone_in(channel.track, stretch) for channel in channels]
        if all(_is_tone(tone) for tone in tones) and (len(channels) > 1 or _is_own(channels[0], stretch)):
            found.append(stretch)
    return Timeline(found)


def _even(levels: Floats) -> Mask:
    """Frames in a run of frames of one level: a tone, not a voice."""
    even = np.zeros(len(levels), bool)
    if len(levels) < EVEN_FRAMES:
        return even
    views = np.lib.stride_tricks.sliding_window_view(levels, EVEN_FRAMES)
    flat = (views.max(axis=1) - views.min(axis=1) <= 2 * EVEN_DB) & (views.min(axis=1) > FAINTEST_DB)
    for first, last in runs(flat):
        even[first : last + EVEN_FRAMES - 1] = True
    return even


def _is_tone(tone: Sound | None) -> bool:
    """Ringing and keys are the line's own."""
    return tone is not None and tone.kind == "tone"


def _is_own(channel: Survey, stretch: Segment) -> bool:
    """Whether a tone is the one that `mask` writes."""
    track = channel.track
    samples = track.read(round(stretch.start * track.rate), round(stretch.end * track.rate))
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    loudest_hz = float(np.argmax(spectrum)) * track.rate / len(samples)
    first, last = round(stretch.start / track.frame_s), round(stretch.end / track.frame_s)
    level_db = active_level(channel.levels[first:last])
    return abs(loudest_hz - mask.TONE_HZ) < OWN_HZ and abs(level_db - mask.TONE_DB) < OWN_DB
