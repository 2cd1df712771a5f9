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

from qa_speech.audio.activity import AUDIBLE_FRAMES, active_level
from qa_speech.audio.track import Floats, Track, runs
from qa_speech.timeline import Segment, Timeline

FRAME_S, STEP_S = 0.064, 0.032
STEADY_FRAMES = 6
"""A peak that stays for this many steps (0.19 s) is steady."""
PEAK_DB = 7.0
"""A peak stands out of the mean of its 500 Hz by this much."""
BAND_HZ = (250.0, 3400.0)
STEADY_SHARE = 0.5
MUSIC_GAP_S = 1.0
MIN_MUSIC_S = 2.0
MIN_TONE_S = 0.3
MIN_KEY_S = 0.04
MIN_STEADY_S = 0.25
JOIN_S = 0.1
ALWAYS_FRAMES = 80
TONE_FRAMES = 0.7
KEY_TOLERANCE = 0.02
STABLE_HZ = 6.0
TONE_SHARE = 0.8
"""A tone holds this much of the power in its one or two peaks."""
DOUBTFUL = 0.85
"""Speech that the detector gives less than this on average is looked at too."""
ABOVE_QUIET_DB = 10.0
LOUD_DB, FAINT_DB = -45.0, -65.0
"""A channel this loud throughout may be music from end to end; what is fainter than the other is never looked at."""
KEYS_HZ = ((697, 770, 852, 941), (1209, 1336, 1477, 1633))
RING_HZ = (390.0, 490.0)
"""Ring-back and busy tones: 450 in China, 425 in Europe, 440 with 480 in North America."""


class Sound(NamedTuple):
    """A stretch of ``music``, ``ring_back``, ``dtmf`` or ``tone``, in seconds."""

    kind: str
    start: float
    end: float


def find(track: Track, levels: Floats, speech: Timeline, sureness: Floats, frame_s: float) -> tuple[Sound, ...]:
    """Other sounds of one channel, in order.

    Parameters
    ----------
    track, levels
        The channel and its frame levels in dBFS.
    speech
        What was taken for its speech; sounds found in it are to be taken out of it.
    sureness, frame_s
        Speech probability per frame, and seconds per frame.
    """
    free = _audible(levels, track.frame_s) - speech
    tones = [tone for item in free.without_short(MIN_KEY_S) if (tone := _tone(track, item)) is not None]
    rest = free - Timeline((tone.start, tone.end) for tone in tones)
    longer = rest.bridged(JOIN_S).without_short(MIN_STEADY_S)
    always = _always(track) if longer else np.zeros(0, np.float32)
    steady = [item for item in longer if _is_steady(track, item, always)]
    near = Timeline((max(0.0, item.start - MUSIC_GAP_S), item.end + MUSIC_GAP_S) for item in steady)
    taken = [
        item
        for item in speech
        if near.crop(item) and _mean(sureness, item, frame_s) < DOUBTFUL and _is_steady(track, item, always)
    ]
    music = Timeline([*steady, *taken]).bridged(MUSIC_GAP_S).without_short(MIN_MUSIC_S) - (speech - Timeline(taken))
    found = [*tones, *(Sound("music", item.start, item.end) for item in music)]
    return tuple(sorted(found, key=lambda sound: sound.start))


def _mean(values: Floats, item: Segment, frame_s: float) -> float:
    first = int(item.start / frame_s)
    return float(np.mean(values[first : max(first + 1, int(item.end / frame_s))])) if len(values) > first else 0.0


def _audible(levels: Floats, frame_s: float) -> Timeline:
    """Where a channel is heard at all, be it speech, music or a passing noise."""
    if not len(levels):
        return Timeline()
    quiet, loud = float(np.percentile(levels, 10)), active_level(levels)
    throughout = loud - quiet < ABOVE_QUIET_DB and loud > LOUD_DB
    mask = levels > (loud - ABOVE_QUIET_DB if throughout else max(quiet + ABOVE_QUIET_DB, FAINT_DB))
    return Timeline((first * frame_s, last * frame_s) for first, last in runs(mask) if last - first >= AUDIBLE_FRAMES)


def _tone(track: Track, item: Segment) -> Sound | None:
    """A stretch that is one tone, or two at once."""
    power = _spectra(track, item)
    if not len(power):
        return None
    hertz = np.arange(power.shape[1]) * track.rate / (2 * (power.shape[1] - 1))
    pure = _pure(power)
    if np.mean(pure) < TONE_FRAMES:
        return None
    first, second = _peaks(np.mean(power[pure], axis=0), hertz)
    pair = zip(sorted((first, second)), KEYS_HZ, strict=True)
    if all(min(abs(hz / key - 1) for key in keys) < KEY_TOLERANCE for hz, keys in pair):
        return Sound("dtmf", item.start, item.end)
    if item.duration < MIN_TONE_S or np.mean(pure & _stable(power, hertz)) < TONE_FRAMES:
        return None
    return Sound("ring_back" if RING_HZ[0] < first < RING_HZ[1] else "tone", item.start, item.end)


def _is_steady(track: Track, item: Segment, always: Floats) -> bool:
    """Whether peaks stay where they are for most of a stretch."""
    power = _spectra(track, item)
    if len(power) < STEADY_FRAMES:
        return False
    hertz = np.arange(power.shape[1]) * track.rate / (2 * (power.shape[1] - 1))
    return bool(np.mean(_steady(power, hertz, always)) >= STEADY_SHARE)


def _always(track: Track) -> Floats:
    """What each frequency of the channel hardly ever falls below, shape (bins,): mains hum is no music."""
    size = round(FRAME_S * track.rate)
    starts = np.linspace(0, max(0, len(track) - size), ALWAYS_FRAMES).astype(int)
    pieces = [track.read(int(start), int(start) + size) for start in starts]
    stack = np.stack([piece for piece in pieces if len(piece) == size] or [np.zeros(size, np.float32)])
    spectra = np.fft.rfft(stack * np.hanning(size).astype(np.float32), axis=1)
    return np.asarray(np.percentile(spectra.real**2 + spectra.imag**2, 15, axis=0), np.float32)


def _spectra(track: Track, item: Segment) -> Floats:
    """Power spectra of the stretch, shape (steps, bins); none when it is shorter than a frame."""
    size, step = round(FRAME_S * track.rate), round(STEP_S * track.rate)
    first, last = round(item.start * track.rate), round(item.end * track.rate)
    samples = track.read(first, max(last, first + size))
    if len(samples) < size:
        return np.zeros((0, size // 2 + 1), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    spectra = np.fft.rfft(frames * np.hanning(size).astype(np.float32), axis=1)
    return np.asarray(spectra.real**2 + spectra.imag**2, np.float32)


def _pure(power: Floats) -> npt.NDArray[np.bool_]:
    """Frames with nearly all their power in one peak or two."""
    rest, rows = power.copy(), np.arange(len(power))
    total = rest.sum(axis=1) + np.float32(1e-20)
    for _ in range(2):
        best = np.argmax(rest, axis=1)
        for shift in (-2, -1, 0, 1, 2):
            rest[rows, np.clip(best + shift, 0, rest.shape[1] - 1)] = 0
    return np.asarray(rest.sum(axis=1) < (1 - TONE_SHARE) * total)


def _stable(power: Floats, hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Frames whose strongest peak is at one of the two frequencies where it mostly is, to a few Hz."""
    rows = np.arange(len(power))
    best = np.argmax(power[:, 1:-1], axis=1) + 1
    left, middle, right = (np.log(power[rows, best + shift] + np.float32(1e-20)) for shift in (-1, 0, 1))
    bend = np.minimum(left - 2 * middle + right, np.float32(-1e-6))
    place = (best + np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) * hertz[1]
    usual = place[np.argmin(np.abs(place - np.median(place)))]
    away = place[np.abs(place - usual) >= STABLE_HZ]
    other = np.median(away) if len(away) else usual
    return np.asarray((np.abs(place - usual) < STABLE_HZ) | (np.abs(place - other) < STABLE_HZ))


def _peaks(power: Floats, hertz: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Frequencies of the two strongest peaks, between the bins."""
    rest = power.astype(np.float64)
    found = []
    for _ in range(2):
        best = int(np.clip(np.argmax(rest), 1, len(rest) - 2))
        left, middle, right = np.log(rest[best - 1 : best + 2] + 1e-20)
        bend = left - 2 * middle + right
        shift = float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
        found.append(float((best + shift) * hertz[1]))
        rest[max(0, best - 3) : best + 4] = 0
    return found[0], found[1]


def _steady(power: Floats, hertz: npt.NDArray[np.float64], always: Floats) -> npt.NDArray[np.bool_]:
    """Frames in which some peak stays where it is for a fifth of a second."""
    level = 10 * np.log10(np.maximum(power, power.max(axis=1, keepdims=True) * np.float32(1e-5)) + np.float32(1e-20))
    width = max(3, round(500 / hertz[1]) | 1)
    padded = np.pad(level, ((0, 0), (width // 2 + 1, width // 2)), mode="edge")
    total = np.cumsum(padded, axis=1)
    mean = (total[:, width:] - total[:, :-width]) / width
    peak = np.zeros(level.shape, bool)
    middle = level[:, 1:-1]
    peak[:, 1:-1] = (middle > level[:, :-2]) & (middle >= level[:, 2:]) & (middle > mean[:, 1:-1] + PEAK_DB)
    peak &= (hertz > BAND_HZ[0]) & (hertz < BAND_HZ[1]) & (power > 4 * always)
    near = peak.copy()
    near[:, 1:] |= peak[:, :-1]
    near[:, :-1] |= peak[:, 1:]
    count = len(peak) - STEADY_FRAMES + 1
    stays = peak[:count].copy()
    for later in range(1, STEADY_FRAMES):
        stays &= near[later : later + count]
    return np.asarray(stays.any(axis=1))
