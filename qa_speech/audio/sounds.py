"""Sound that is nobody's speech: hold music, ring-back, key tones, other tones.

    spectrum over time      music  ----  ---- ------        speech  \\ / \\_  /\\          noise  . ' . , '
                                   --- ------  ---                  \\ / \\_  /\\                 , . ' .
                                   peaks stay where they are        peaks glide             no peaks

What keeps a peak at one frequency for a fifth of a second is an instrument or a tone generator: voices glide. The share of
frames with such a peak is above 0.7 in music, also through the narrowest codecs, below 0.2 in speech and near 0 in
noise. Only stretches that are audible and not speech are looked at, and speech that the detector was in doubt about.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.activity import AUDIBLE_FRAMES, Mask, active_level
from qa_speech.audio.track import Floats, Track, power_spectra, runs, stretches
from qa_speech.timeline import Segment, Timeline

Hertz = npt.NDArray[np.float64]

FRAME_S, STEP_S = 0.064, 0.032
"""Seconds of a spectrum, and from one to the next."""
STEADY_FRAMES = 6
"""A peak that stays for this many steps (0.19 s) is steady."""
PEAK_DB = 7.0
"""dB; a peak stands out of the mean of its surroundings by this much."""
SURROUNDINGS_HZ = 500
BAND_HZ = (250.0, 3400.0)
"""Peaks are looked for in what a telephone line carries."""
STEADY_SHARE = 0.5
"""A stretch is steady when at least this share of its steps holds a steady peak."""
MUSIC_GAP_S = 1.0
"""Music goes on over gaps shorter than this; doubtful speech this near to it is looked at too."""
MIN_MUSIC_S = 2.0
"""Shorter music is left out."""
MIN_TONE_S, MIN_KEY_S = 0.3, 0.04
"""Shorter tones are left out, unless they are those of a telephone key."""
MIN_STEADY_S = 0.25
JOIN_S = 0.1
"""Notes are joined over gaps shorter than this, and looked at when they last for `MIN_STEADY_S` together."""
ALWAYS_FRAMES = 80
"""Spectra, spread over the channel, that tell what is always there."""
ABOVE_ALWAYS = 4
"""A peak has this many times the power that is always there."""
TONE_FRAMES = 0.7
"""A stretch is a tone when at least this share of its steps is one."""
KEY_TOLERANCE = 0.02
"""Share by which a key may be off its frequency."""
TINY = np.float32(1e-20)
"""Added to powers whose logarithm is taken."""
FAINTEST = np.float32(1e-5)
"""Of the strongest bin of a frame: fainter ones count as if they had this share of its power."""
FLATTEST = np.float32(-1e-6)
"""A peak bends at least this much: what is flat has no summit between its bins."""
STABLE_HZ = 6.0
"""A tone stays within this of its frequency."""
TONE_SHARE = 0.8
"""A tone holds this much of the power in its one or two peaks."""
DOUBTFUL = 0.85
"""Speech that the detector gives less than this (0–1) on average is looked at too."""
ABOVE_QUIET_DB = 10.0
"""dB above the quietest tenth of a channel that make a sound heard."""
LOUD_DB, FAINT_DB = -45.0, -65.0
"""dBFS; a channel this loud throughout may be music from end to end; what is fainter than the other is never looked at."""
LOW_KEYS_HZ = (697, 770, 852, 941)
HIGH_KEYS_HZ = (1209, 1336, 1477, 1633)
"""A telephone key sounds one of each."""
RING_HZ = (390.0, 490.0)
"""Ring-back and busy tones: 450 in China, 425 in Europe, 440 with 480 in North America."""


class Sound(NamedTuple):
    """A stretch of ``music``, ``ring_back``, ``dtmf`` or ``tone``, in seconds."""

    kind: str
    start: float
    end: float


def other_sounds(track: Track, levels: Floats, speech: Timeline, sureness: Floats, frame_s: float) -> tuple[Sound, ...]:
    """What is heard on one channel beside speech, in order.

    Parameters
    ----------
    track, levels
        The channel and its frame levels in dBFS.
    speech
        What was taken for its speech; sounds found in it are to be taken out of it.
    sureness, frame_s
        Speech probability (0–1) per frame, and seconds per frame.
    """
    free = _audible(levels, track.frame_s) - speech
    tones = _tones(track, free)
    untold = free - Timeline((tone.start, tone.end) for tone in tones)
    longer = untold.bridged(JOIN_S).without_short(MIN_STEADY_S)
    always = _always(track) if longer else np.zeros(0, np.float32)
    steady = [stretch for stretch in longer if _is_steady(track, stretch, always)]
    near_music = _widened(steady, MUSIC_GAP_S)
    doubtful = [said for said in speech if near_music.crop(said) and _mean(sureness, said, frame_s) < DOUBTFUL]
    mistaken = [said for said in doubtful if _is_steady(track, said, always)]
    lasting = Timeline([*steady, *mistaken]).bridged(MUSIC_GAP_S).without_short(MIN_MUSIC_S)
    spoken = speech - Timeline(mistaken)
    music = [Sound("music", stretch.start, stretch.end) for stretch in lasting - spoken]
    return tuple(sorted([*tones, *music], key=lambda sound: sound.start))


def _widened(stretches: list[Segment], by_s: float) -> Timeline:
    """The stretches with `by_s` seconds more on each side."""
    return Timeline((max(0.0, stretch.start - by_s), stretch.end + by_s) for stretch in stretches)


def _mean(values: Floats, stretch: Segment, frame_s: float) -> float:
    """Mean of the frames (one per `frame_s` seconds) in a stretch; 0 where there are none."""
    first, last = int(stretch.start / frame_s), int(stretch.end / frame_s)
    inside = values[first : max(first + 1, last)]
    if not len(inside):
        return 0.0
    return float(np.mean(inside))


def _audible(levels: Floats, frame_s: float) -> Timeline:
    """Where a channel is heard at all, be it speech, music or a passing noise."""
    if not len(levels):
        return Timeline()
    quiet, loud = float(np.percentile(levels, 10)), active_level(levels)
    throughout = loud - quiet < ABOVE_QUIET_DB and loud > LOUD_DB
    limit = max(quiet + ABOVE_QUIET_DB, FAINT_DB)
    if throughout:
        limit = loud - ABOVE_QUIET_DB
    heard = [
        (first * frame_s, last * frame_s) for first, last in runs(levels > limit) if last - first >= AUDIBLE_FRAMES
    ]
    return Timeline(heard)


def _tones(track: Track, free: Timeline) -> list[Sound]:
    """The stretches that are tones, in order."""
    candidates = [_tone(track, stretch) for stretch in free.without_short(MIN_KEY_S)]
    return [tone for tone in candidates if tone is not None]


def _tone(track: Track, stretch: Segment) -> Sound | None:
    """A stretch that is one tone, or two at once; None when it is neither."""
    power = _spectra(track, stretch)
    if not len(power):
        return None
    pure = _pure(power)
    if np.mean(pure) < TONE_FRAMES:
        return None
    hertz = _frequencies(power, track.rate)
    usual = np.mean(power[pure], axis=0)
    first, second = _peaks(usual, hertz)
    if _is_key(first, second):
        return Sound("dtmf", stretch.start, stretch.end)
    if stretch.duration < MIN_TONE_S:
        return None
    lasting = pure & _stable(power, hertz)
    if np.mean(lasting) < TONE_FRAMES:
        return None
    if RING_HZ[0] < first < RING_HZ[1]:
        return Sound("ring_back", stretch.start, stretch.end)
    return Sound("tone", stretch.start, stretch.end)


def _is_key(one_hz: float, other_hz: float) -> bool:
    """Whether two frequencies are those of a telephone key: one of the low group, one of the high group."""
    low, high = min(one_hz, other_hz), max(one_hz, other_hz)
    return _is_near(low, LOW_KEYS_HZ) and _is_near(high, HIGH_KEYS_HZ)


def _is_near(hertz: float, keys: tuple[int, ...]) -> bool:
    return min(abs(hertz / key - 1) for key in keys) < KEY_TOLERANCE


def _is_steady(track: Track, stretch: Segment, always: Floats) -> bool:
    """Whether peaks stay where they are for most of a stretch."""
    power = _spectra(track, stretch)
    if len(power) < STEADY_FRAMES:
        return False
    steady = _steady(power, _frequencies(power, track.rate), always)
    return bool(np.mean(steady) >= STEADY_SHARE)


def _always(track: Track) -> Floats:
    """What each frequency of the channel hardly ever falls below, shape (bins,): mains hum is no music."""
    size = round(FRAME_S * track.rate)
    latest = max(0, len(track) - size)
    starts = np.linspace(0, latest, ALWAYS_FRAMES).astype(int)
    pieces = [track.read(int(start), int(start) + size) for start in starts]
    whole = [piece for piece in pieces if len(piece) == size]
    silence = np.zeros(size, np.float32)
    power = power_spectra(np.stack(whole or [silence]))
    return np.percentile(power, 15, axis=0).astype(np.float32)


def _spectra(track: Track, stretch: Segment) -> Floats:
    """Power spectra of the stretch, shape (steps, bins); none when it is shorter than a frame."""
    rate = track.rate
    size, step = round(FRAME_S * rate), round(STEP_S * rate)
    first, last = round(stretch.start * rate), round(stretch.end * rate)
    samples = track.read(first, max(last, first + size))
    if len(samples) < size:
        return np.zeros((0, size // 2 + 1), np.float32)
    return power_spectra(stretches(samples, size, step))


def _frequencies(power: Floats, rate: int) -> Hertz:
    """The frequency of each bin, Hz."""
    bins = power.shape[1]
    highest = 2 * (bins - 1)
    hertz: Hertz = np.arange(bins) * rate / highest
    return hertz


def _pure(power: Floats) -> Mask:
    """Frames with nearly all their power in one peak or two."""
    rest = power.copy()
    rows = np.arange(len(rest))
    highest = rest.shape[1] - 1
    total = rest.sum(axis=1) + TINY
    for _ in range(2):
        best = np.argmax(rest, axis=1)
        for shift in (-2, -1, 0, 1, 2):
            beside = np.clip(best + shift, 0, highest)
            rest[rows, beside] = 0
    left = rest.sum(axis=1)
    nearly_none: Mask = left < (1 - TONE_SHARE) * total
    return nearly_none


def _stable(power: Floats, hertz: Hertz) -> Mask:
    """Frames whose strongest peak is at one of the two frequencies where it mostly is, to a few Hz."""
    place = _strongest(power) * hertz[1]
    from_median = np.abs(place - np.median(place))
    usual = place[np.argmin(from_median)]
    from_usual = np.abs(place - usual)
    away = place[from_usual >= STABLE_HZ]
    other = np.median(away) if len(away) else usual
    from_other = np.abs(place - other)
    near: Mask = (from_usual < STABLE_HZ) | (from_other < STABLE_HZ)
    return near


def _strongest(power: Floats) -> Floats:
    """Where the strongest peak of each frame is, in bins and parts of them, by a parabola through its neighbours."""
    rows = np.arange(len(power))
    best = np.argmax(power[:, 1:-1], axis=1) + 1
    left, middle, right = (np.log(power[rows, best + step] + TINY) for step in (-1, 0, 1))
    bend = np.minimum(left - 2 * middle + right, FLATTEST)
    shift = 0.5 * (left - right) / bend
    place: Floats = best + np.clip(shift, -0.5, 0.5)
    return place


def _peaks(power: Floats, hertz: Hertz) -> tuple[float, float]:
    """Frequencies of the two strongest peaks in Hz, between the bins."""
    rest = power.astype(np.float64)
    bin_hz = hertz[1]
    found = []
    for _ in range(2):
        best = int(np.argmax(rest))
        best = min(max(best, 1), len(rest) - 2)
        shift = _summit(rest[best - 1 : best + 2])
        found.append(float((best + shift) * bin_hz))
        rest[max(0, best - 3) : best + 4] = 0
    first, second = found
    return first, second


def _summit(three: npt.NDArray[np.float64]) -> float:
    """How far from the middle of three powers the parabola through their logarithms is highest, −0.5…0.5 bins."""
    left, middle, right = np.log(three + 1e-20)
    bend = left - 2 * middle + right
    if bend >= 0:
        return 0.0
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))


def _steady(power: Floats, hertz: Hertz, always: Floats) -> Mask:
    """Frames in which some peak stays where it is for a fifth of a second."""
    in_band = (hertz > BAND_HZ[0]) & (hertz < BAND_HZ[1])
    peak = _outstanding(power, hertz) & in_band & (power > ABOVE_ALWAYS * always)
    near = peak.copy()
    near[:, 1:] |= peak[:, :-1]
    near[:, :-1] |= peak[:, 1:]
    count = len(peak) - STEADY_FRAMES + 1
    stays = peak[:count].copy()
    for later in range(1, STEADY_FRAMES):
        stays &= near[later : later + count]
    return np.asarray(stays.any(axis=1))


def _outstanding(power: Floats, hertz: Hertz) -> Mask:
    """Bins that are higher than both neighbours and stand out of the mean of the 500 Hz around them."""
    strongest = power.max(axis=1, keepdims=True)
    bounded = np.maximum(power, strongest * FAINTEST)
    level = 10 * np.log10(bounded + TINY)
    width = max(3, round(SURROUNDINGS_HZ / hertz[1]) | 1)
    half = width // 2
    padded = np.pad(level, ((0, 0), (half + 1, half)), mode="edge")
    total = np.cumsum(padded, axis=1)
    around = (total[:, width:] - total[:, :-width]) / width
    middle = level[:, 1:-1]
    highest = (middle > level[:, :-2]) & (middle >= level[:, 2:])
    outstanding = np.zeros(level.shape, bool)
    outstanding[:, 1:-1] = highest & (middle > around[:, 1:-1] + PEAK_DB)
    return outstanding
