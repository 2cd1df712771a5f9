"""Stretches that somebody silenced on purpose: numbers and names cut out, a recording paused while a card was read.

    channel 1   ~~~~~~~|________|~~~~~~      digital silence on every channel, or on one, of a line that has another
    channel 2   ~~~~~~~|________|~~~~~~      background, or another digital silence, in its own pauses
    channel 1   ~~~~~~~|∿∿∿∿∿∿∿∿|~~~~~~      or one tone on every channel, ours (`audio.mask`) or that of others
    channel 2   ~~~~~~~|∿∿∿∿∿∿∿∿|~~~~~~

Somebody spoke there, and nobody knows who: it is no silence, no wait and no background. Where the pauses of a line are digital
silence of the same kind (gated, or made by a program), digital silence tells nothing, and only tones are found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qa_speech.audio import mask
from qa_speech.audio.activity import Mask, active_level
from qa_speech.audio.channels import Survey
from qa_speech.audio.sounds import Sound, pure_parts, tone_in
from qa_speech.audio.track import Floats, Track, runs
from qa_speech.timeline import Segment, Timeline

STILL_SPREAD, IDLE_SPREAD = 3.5 / 32768, 16.5 / 32768
"""Of full scale; in a frame of digital silence no two samples differ by more (a codec may add a step or two), or, in A-law, all
are one of two values, one step apart."""
MIN_STILL_S = 0.6
"""Shorter digital silence is a drop-out."""
ANY = math.inf
MOST_VALUES = 3
"""So many values of digital silence are looked at, those that a channel stands at the longest: a line has one, a mask one."""
NATURAL_SHARE = 0.01
"""Where a channel is digitally silent for more of the rest of its time than this (0–1), its silence is no sign."""
MOST_MASKS = 5
"""A recording is masked or paused so many times; a line that falls silent more often does so in its pauses."""
FAINT_PERCENT, FAINT_DB = 10, 6.0
"""The background of a channel reaches so many dB above the softest tenth of what is no digital silence."""
EVEN_DB, EVEN_FRAMES, FAINTEST_DB = 4.0, 20, -60.0
"""A tone's level stays within so many dB for so many frames, also through a narrow codec, and above so many dBFS."""
MIN_TONE_S, JOIN_S = 0.3, 0.05
MIN_OTHER_S, SAME_DB, SOFTEST_DB = 0.6, 3.0, 6.0
"""A tone that is not ours lasts so long, is no further from being as loud on the one channel as on the other, and by so much louder
than the softest tenth of the call: what is always heard is the hum of the mains, or a whine."""
OWN_HZ, OWN_DB, OWN_LONGEST_S = 8.0, 2.0, 60.0
"""On one channel alone only a tone this near, over so many seconds, to that of `mask` is a mask: any other may be the line's."""


def masked(channels: Sequence[Survey]) -> tuple[Timeline, ...]:
    """Where each channel of a recording was masked; times in seconds.

    Parameters
    ----------
    channels
        Its voice channels, one or two, with their levels in dBFS; dead ones tell nothing, and count as masked with the others.

    Examples
    --------
    >>> from qa_speech.audio.channels import survey
    >>> line = np.random.default_rng(1).normal(0, 40, (2, 80_000)).astype(np.int16)
    >>> line[:, 8000:24_000] *= 50
    >>> hidden = mask.mask_ranges(line, 8000, [(30_000, 50_000)], replacement="silence")
    >>> masked([survey(Track(channel, 8000)) for channel in hidden])
    (Timeline([(3.75, 6.25)]), Timeline([(3.75, 6.25)]))
    >>> masked([survey(Track(channel, 8000)) for channel in (line[0], hidden[1])])
    (Timeline([]), Timeline([(3.75, 6.25)]))
    """
    alive = [channel for channel in channels if not channel.dead]
    if not alive:
        return tuple(Timeline() for _ in channels)
    stills = [_stills(channel) for channel in alive]
    even = [_even(channel) for channel in alive]
    together = _silenced(stills) | _toned(alive, even)
    alone = {}
    for channel, still, flat in zip(alive, stills, even, strict=True):
        alone[id(channel)] = _silenced([still]) | _toned([channel], [flat])
    found = []
    for channel in channels:
        found.append(together | alone.get(id(channel), Timeline()))
    return tuple(found)


# -- digital silence --------------------------------------------------------------------------------------------------


class _Stills(NamedTuple):
    """The frames of a channel that are digital silence, by kind: `ANY` whatever its steps, and of one value throughout.

    `background` are the frames in which the line itself is heard, and nothing else; `frame_s` the seconds of one.
    """

    kinds: Mapping[float, Mask]
    background: int
    frame_s: float


def _silenced(channels: Sequence[_Stills]) -> Timeline:
    """Where all these channels are digitally silent at once, in the same way, and one of them at least not by nature."""
    found = Timeline()
    for kind in channels[0].kinds:
        if all(kind in channel.kinds for channel in channels):
            found = found | _lasting(channels, [channel.kinds[kind] for channel in channels])
    return found


def _lasting(channels: Sequence[_Stills], kinds: Sequence[Mask]) -> Timeline:
    """The same for one kind of digital silence on each channel; what reaches an end of the recording is left out."""
    frame_s = channels[0].frame_s
    together = np.logical_and.reduce(kinds)
    lasting = [(first, last) for first, last in runs(together) if (last - first) * frame_s >= MIN_STILL_S]
    inside = [(first, last) for first, last in lasting if first > 0 and last < len(together)]
    if not inside:
        return Timeline()
    taken = _frames(lasting, len(together))
    often = len(inside) > MOST_MASKS
    is_natural = [_is_natural(channel, kind, taken, often=often) for channel, kind in zip(channels, kinds, strict=True)]
    if all(is_natural):
        return Timeline()
    return Timeline((first * frame_s, last * frame_s) for first, last in inside)


def _is_natural(channel: _Stills, kind: Mask, taken: Mask, *, often: bool) -> bool:
    """Whether a channel is so silent by itself: elsewhere too, or often, and for longer than its background is heard."""
    outside = ~taken
    elsewhere = _share(kind & outside, outside)
    silent = int(np.count_nonzero(taken))
    is_usual = often and silent > channel.background
    return elsewhere > NATURAL_SHARE or is_usual


def _stills(channel: Survey) -> _Stills:
    track = channel.track
    idle, value = _read(track)
    background = _background(channel.levels[~idle])
    kinds: dict[float, Mask] = {ANY: idle}
    constant, counts = np.unique(value[~np.isnan(value)], return_counts=True)
    most_first = np.argsort(-counts)[:MOST_VALUES]
    for place in most_first:
        if counts[place] * track.frame_s >= MIN_STILL_S:
            kinds[float(constant[place])] = value == constant[place]
    return _Stills(kinds, background, track.frame_s)


def _background(levels: Floats) -> int:
    """How many frames of these levels, dBFS, are about as soft as the softest."""
    if not len(levels):
        return 0
    softest = np.percentile(levels, FAINT_PERCENT)
    return int(np.count_nonzero(levels < softest + FAINT_DB))


def _read(track: Track) -> tuple[Mask, Floats]:
    """Which frames are digital silence, and the one value that a frame holds, of full scale; no number where it holds several.

    A last frame that is not full is neither.
    """
    as_recorded = replace(track, offset=None)
    idle, value = [np.zeros(0, bool)], [np.zeros(0, np.float32)]
    for _, block in as_recorded.blocks():
        full = len(block) // track.hop
        frames = block[: full * track.hop].reshape(full, track.hop)
        lowest, highest = frames.min(axis=1, keepdims=True), frames.max(axis=1, keepdims=True)
        spread = (highest - lowest)[:, 0]
        narrow = spread <= IDLE_SPREAD
        two_steps = ((frames[narrow] == lowest[narrow]) | (frames[narrow] == highest[narrow])).all(axis=1)
        still = spread <= STILL_SPREAD
        still[narrow] |= two_steps
        idle.append(still)
        value.append(np.where(spread == 0, lowest[:, 0], np.float32(np.nan)).astype(np.float32))
        if len(block) > full * track.hop:
            idle.append(np.zeros(1, bool))
            value.append(np.full(1, np.nan, np.float32))
    return np.concatenate(idle), np.concatenate(value)


def _frames(ranges: Sequence[tuple[int, int]], count: int) -> Mask:
    mask_of = np.zeros(count, bool)
    for first, last in ranges:
        mask_of[first:last] = True
    return mask_of


def _share(some: Mask, every: Mask) -> float:
    return float(np.count_nonzero(some)) / max(1, int(np.count_nonzero(every)))


# -- tones ------------------------------------------------------------------------------------------------------------


def _toned(channels: Sequence[Survey], even: Sequence[Mask]) -> Timeline:
    """Where all these channels hold a redactor's tone at once; `even` are the frames of each that keep their level."""
    frame_s = channels[0].track.frame_s
    together = np.logical_and.reduce(even)
    likely = Timeline((first * frame_s, last * frame_s) for first, last in runs(together))
    found: list[Segment] = []
    for even_stretch in likely.bridged(JOIN_S).without_short(MIN_TONE_S):
        for stretch in _pure(channels, even_stretch):
            tones = [tone_in(channel.track, stretch) for channel in channels]
            if all(_is_tone(tone) for tone in tones) and _is_mask(channels, stretch):
                found.append(stretch)
    return Timeline(found)


def _is_mask(channels: Sequence[Survey], stretch: Segment) -> bool:
    """Whether tones were put there: ours, or one tone as loud on both channels, and longer than a note of music that leaks."""
    if all(_is_own(channel, stretch) for channel in channels):
        return True
    if len(channels) == 1 or stretch.duration < MIN_OTHER_S:
        return False
    first, last = (round(moment / channels[0].track.frame_s) for moment in (stretch.start, stretch.end))
    tones_db = [float(np.median(channel.levels[first:last])) for channel in channels]
    softest_db = [float(np.percentile(channel.levels, FAINT_PERCENT)) for channel in channels]
    one_db, two_db = tones_db
    is_always_heard = any(tone - softest < SOFTEST_DB for tone, softest in zip(tones_db, softest_db, strict=True))
    return abs(one_db - two_db) <= SAME_DB and not is_always_heard


def _pure(channels: Sequence[Survey], stretch: Segment) -> Timeline:
    """The parts of a stretch in which every channel has nearly all its power at one pitch: an even noise is left out."""
    together = Timeline([stretch])
    for channel in channels:
        together = together & pure_parts(channel.track, stretch)
    return together.bridged(JOIN_S).without_short(MIN_TONE_S)


def _even(channel: Survey) -> Mask:
    """Frames in a run of frames of one level: a tone, not a voice. Two levels that follow each other, a hum and a tone, are kept
    apart by more than what is joined."""
    levels = channel.levels
    apart = math.ceil(JOIN_S / channel.track.frame_s) + 1
    even = np.zeros(len(levels), bool)
    if len(levels) < EVEN_FRAMES:
        return even
    views = np.lib.stride_tricks.sliding_window_view(levels, EVEN_FRAMES)
    lowest = views.min(axis=1)
    flat = (views.max(axis=1) - lowest <= EVEN_DB) & (lowest > FAINTEST_DB)
    for first, last in runs(flat):
        even[max(0, first - apart) : first] = False
        even[first : last + EVEN_FRAMES - 1] = True
    return even


def _is_tone(tone: Sound | None) -> bool:
    """Ringing and keys are the line's own."""
    return tone is not None and tone.kind == "tone"


def _is_own(channel: Survey, stretch: Segment) -> bool:
    """Whether a tone is the one that `mask` writes."""
    frame_s = channel.track.frame_s
    first, last = round(stretch.start / frame_s), round(stretch.end / frame_s)
    level_db = active_level(channel.levels[first:last])
    off_hz = abs(_loudest_hz(channel, stretch) - mask.TONE_HZ)
    return off_hz < OWN_HZ and abs(level_db - mask.TONE_DB) < OWN_DB


def _loudest_hz(channel: Survey, stretch: Segment) -> float:
    """The strongest frequency of a stretch, Hz; of a long one that of its beginning."""
    track = channel.track
    end = min(stretch.end, stretch.start + OWN_LONGEST_S)
    samples = track.read(round(stretch.start * track.rate), round(end * track.rate))
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * track.rate / len(samples)
