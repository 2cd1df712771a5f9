"""Sound that is nobody's speech: hold music, ring-back, key tones, other tones.

    spectrum over time      music  ----  ---- ------        speech  \\ / \\_  /\\          noise  . ' . , '
                                   --- ------  ---                  \\ / \\_  /\\                 , . ' .
                                   peaks stay where they are        peaks glide             no peaks

What keeps a peak at one frequency for a fifth of a second is an instrument or a tone generator: voices glide. The share of
frames with such a peak is above 0.7 in music, also through the narrowest codecs, below 0.2 in speech and near 0 in
noise. Only stretches that are audible and not speech are looked at, and speech that the detector was in doubt about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.activity import AUDIBLE_FRAMES, Mask, active_level
from qa_speech.audio.track import Floats, Track, power_spectra, runs, stretches
from qa_speech.timeline import Segment, Timeline

Hertz = npt.NDArray[np.float64]

FRAME_S, STEP_S = 0.064, 0.032
"""Seconds of a spectrum, and from one to the next."""
BLOCK_STEPS = 1024
"""Spectra at once, half a minute: bounds memory."""
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
DOUBTFUL = 0.7
"""Speech that the detector gives less than this (0–1) on average is looked at too; music is seldom given 0.6, a voice on one
note more."""
ABOVE_QUIET_DB = 10.0
"""dB above the quietest tenth of a channel that make a sound heard."""
LOUD_DB, FAINT_DB, FAINT_BELOW_DB = -45.0, -65.0, 25.0
"""dBFS; a channel this loud throughout may be music from end to end; what is fainter than the second is never looked at, or, on a
channel whose sound is softer, what is so many dB fainter than that."""
LOW_KEYS_HZ = (697, 770, 852, 941)
HIGH_KEYS_HZ = (1209, 1336, 1477, 1633)
"""A telephone key sounds one of each."""
RING_HZ = (390.0, 490.0)
"""Ring-back and busy tones: 450 in China, 425 in Europe, 440 with 480 in North America."""
BESIDE = np.arange(-2, 3)
"""Bins from the summit of a pure tone that hold its power."""
QUIETEST_PERCENT, ALWAYS_PERCENT = 10, 15
"""Percentiles: of the levels of a channel, for its quiet; of the power of a frequency, for what is always there."""


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
    free = audible(levels, track.frame_s) - speech
    tones = _tones(track, free)
    untold = free - Timeline((tone.start, tone.end) for tone in tones)
    longer = untold.bridged(JOIN_S).without_short(MIN_STEADY_S)
    if not longer:
        return tuple(tones)

    always = _always(track)
    steady = [stretch for stretch in longer if _is_steady(track, stretch, always)]
    near_music = _widened(steady, MUSIC_GAP_S)
    mistaken: list[Segment] = []
    for said in speech:
        in_doubt = near_music.crop(said) and _mean(sureness, said, frame_s) < DOUBTFUL
        if in_doubt and _is_steady(track, said, always):
            mistaken.append(said)

    notes = Timeline([*steady, *mistaken])
    lasting = notes.bridged(MUSIC_GAP_S).without_short(MIN_MUSIC_S)
    spoken = speech - Timeline(mistaken)
    music = [Sound("music", stretch.start, stretch.end) for stretch in lasting - spoken]
    return tuple(sorted([*tones, *music], key=lambda sound: sound.start))


def _widened(stretches: list[Segment], by_s: float) -> Timeline:
    """The stretches with `by_s` seconds more on each side."""
    wider = []
    for stretch in stretches:
        start = max(0.0, stretch.start - by_s)
        wider.append((start, stretch.end + by_s))
    return Timeline(wider)


def _mean(values: Floats, stretch: Segment, frame_s: float) -> float:
    """Mean of the frames (one per `frame_s` seconds) in a stretch; 0 where there are none."""
    first = int(stretch.start / frame_s)
    last = int(stretch.end / frame_s)
    inside = values[first : max(first + 1, last)]
    if not len(inside):
        return 0.0
    return float(np.mean(inside))


def audible(levels: Floats, frame_s: float) -> Timeline:
    """Where a channel with these levels (dBFS, one per `frame_s` seconds) is heard at all: speech, music, a passing noise."""
    if not len(levels):
        return Timeline()
    quiet = float(np.percentile(levels, QUIETEST_PERCENT))
    loud = active_level(levels)
    faint = min(FAINT_DB, loud - FAINT_BELOW_DB)
    limit = max(quiet + ABOVE_QUIET_DB, faint)
    throughout = loud - quiet < ABOVE_QUIET_DB and loud > LOUD_DB
    if throughout:
        limit = loud - ABOVE_QUIET_DB
    heard = []
    for first, last in runs(levels > limit):
        if last - first >= AUDIBLE_FRAMES:
            heard.append((first * frame_s, last * frame_s))
    return Timeline(heard)


def _tones(track: Track, free: Timeline) -> list[Sound]:
    """The stretches that are tones, in order."""
    candidates = [tone_in(track, stretch) for stretch in free.without_short(MIN_KEY_S)]
    return [tone for tone in candidates if tone is not None]


def tone_in(track: Track, stretch: Segment) -> Sound | None:
    """A stretch that is one tone, or two at once; None when it is neither."""
    pure_blocks = [_pure(power) for power in _spectra(track, stretch)]
    if not pure_blocks:
        return None
    pure = np.concatenate(pure_blocks)
    if np.mean(pure) < TONE_FRAMES:
        return None
    parts = [_purity(power, own) for power, own in zip(_spectra(track, stretch), pure_blocks, strict=True)]
    hertz = _frequencies(track.rate)
    total = np.sum([part.total for part in parts], axis=0)
    usual = (total / np.float32(np.count_nonzero(pure))).astype(np.float32)
    first, second = _peaks(usual, hertz)
    if _is_key(first, second):
        return Sound("dtmf", stretch.start, stretch.end)
    if stretch.duration < MIN_TONE_S:
        return None
    strongest = np.concatenate([part.strongest for part in parts])
    lasting = pure & _stable(strongest * hertz[1])
    if np.mean(lasting) < TONE_FRAMES:
        return None
    lowest, highest = RING_HZ
    if lowest < first < highest:
        return Sound("ring_back", stretch.start, stretch.end)
    return Sound("tone", stretch.start, stretch.end)


def pure_parts(track: Track, stretch: Segment) -> Timeline:
    """Where in a stretch nearly all power of a channel is in one peak or two, to a spectrum's length (64 ms)."""
    pure = [_pure(power) for power in _spectra(track, stretch)]
    if not pure:
        return Timeline()
    found = []
    for first, last in runs(np.concatenate(pure)):
        start = stretch.start + first * STEP_S
        end = min(stretch.end, stretch.start + (last - 1) * STEP_S + FRAME_S)
        found.append((start, end))
    return Timeline(found)


def _is_key(one_hz: float, other_hz: float) -> bool:
    """Whether two frequencies (Hz) are those of a telephone key: one of the low group, one of the high group."""
    low, high = sorted((one_hz, other_hz))
    return _is_near(low, LOW_KEYS_HZ) and _is_near(high, HIGH_KEYS_HZ)


def _is_near(hertz: float, keys: tuple[int, ...]) -> bool:
    """Whether a frequency (Hz) is that of one of the keys."""
    off = [abs(hertz / key - 1) for key in keys]
    return min(off) < KEY_TOLERANCE


def _is_steady(track: Track, stretch: Segment, always: Floats) -> bool:
    """Whether peaks stay where they are for most of a stretch."""
    hertz = _frequencies(track.rate)
    steady = [_steady(power, hertz, always) for power in _spectra(track, stretch, ahead=STEADY_FRAMES - 1)]
    if not steady:
        return False
    return bool(np.mean(np.concatenate(steady)) >= STEADY_SHARE)


def _always(track: Track) -> Floats:
    """What each frequency of the channel hardly ever falls below, shape (bins,): mains hum is no music."""
    size = round(FRAME_S * track.rate)
    latest = max(0, len(track) - size)
    starts = np.linspace(0, latest, ALWAYS_FRAMES).astype(int)
    whole = []
    for start in starts.tolist():
        piece = track.read(start, start + size)
        if len(piece) == size:
            whole.append(piece)
    if not whole:
        whole.append(np.zeros(size, np.float32))
    power = power_spectra(np.stack(whole))
    hardly_less = np.percentile(power, ALWAYS_PERCENT, axis=0)
    return hardly_less.astype(np.float32)


def _spectra(track: Track, stretch: Segment, *, ahead: int = 0) -> Iterator[Floats]:
    """Power spectra of the stretch, shape (steps, bins), `BLOCK_STEPS` at a time; none when it is shorter than a frame.

    `ahead`: each block goes on for so many steps, which the next begins with again; nothing that short comes alone.
    """
    rate = track.rate
    size = round(FRAME_S * rate)
    step = round(STEP_S * rate)
    first = round(stretch.start * rate)
    last = min(len(track), max(round(stretch.end * rate), first + size))
    steps = (last - first - size) // step + 1
    for begin in range(0, steps - ahead, BLOCK_STEPS):
        end = min(steps, begin + BLOCK_STEPS + ahead)
        samples = track.read(first + begin * step, first + (end - 1) * step + size)
        yield power_spectra(stretches(samples, size, step))


def _frequencies(rate: int) -> Hertz:
    """The frequency of each bin of a spectrum, Hz."""
    bins = round(FRAME_S * rate) // 2 + 1
    highest = 2 * (bins - 1)
    hertz: Hertz = np.arange(bins) * rate / highest
    return hertz


class _Purity(NamedTuple):
    """Of a block of spectra: the sum of the pure ones, and where the strongest peak of each is, in bins."""

    total: Floats
    strongest: Floats


def _purity(power: Floats, pure: Mask) -> _Purity:
    return _Purity(np.sum(power[pure], axis=0), _strongest(power))


def _pure(power: Floats) -> Mask:
    """Frames with nearly all their power in one peak or two."""
    rest = power.copy()
    rows = np.arange(len(rest))[:, None]
    highest = rest.shape[1] - 1
    total = rest.sum(axis=1) + TINY
    for _ in range(2):
        best = np.argmax(rest, axis=1)
        beside = np.clip(best[:, None] + BESIDE, 0, highest)
        rest[rows, beside] = 0
    left = rest.sum(axis=1)
    most_left = (1 - TONE_SHARE) * total
    nearly_none: Mask = left < most_left
    return nearly_none


def _stable(place: Hertz) -> Mask:
    """Frames whose strongest peak, at `place` Hz, is at one of the two frequencies where it mostly is, to a few Hz."""
    from_median = np.abs(place - np.median(place))
    usual = place[np.argmin(from_median)]
    at_usual: Mask = np.abs(place - usual) < STABLE_HZ
    away = place[~at_usual]
    if not len(away):
        return at_usual
    from_other = np.abs(place - np.median(away))
    at_other: Mask = from_other < STABLE_HZ
    return at_usual | at_other


def _strongest(power: Floats) -> Floats:
    """Where the strongest peak of each frame is, in bins and parts of them, by a parabola through its neighbours."""
    rows = np.arange(len(power))
    best = np.argmax(power[:, 1:-1], axis=1) + 1
    left = np.log(power[rows, best - 1] + TINY)
    middle = np.log(power[rows, best] + TINY)
    right = np.log(power[rows, best + 1] + TINY)
    bend = np.minimum(left - 2 * middle + right, FLATTEST)
    shift = 0.5 * (left - right) / bend
    place: Floats = best + np.clip(shift, -0.5, 0.5)
    return place


def _peaks(power: Floats, hertz: Hertz) -> tuple[float, float]:
    """Frequencies of the two strongest peaks in Hz, between the bins."""
    rest = power.astype(np.float64)
    bin_hz = hertz[1]
    last = len(rest) - 1
    found = []
    for _ in range(2):
        strongest = int(np.argmax(rest))
        best = min(max(strongest, 1), last - 1)
        shift = _summit(rest[best - 1 : best + 2])
        found.append(float((best + shift) * bin_hz))
        beside = max(0, best - 3)
        rest[beside : best + 4] = 0
    first, second = found
    return first, second


def _summit(three: npt.NDArray[np.float64]) -> float:
    """How far from the middle of three powers the parabola through their logarithms is highest.

    In parts of the spacing of the three, −0.5…0.5; 0 where the middle is no summit.
    """
    left, middle, right = np.log(three + 1e-20)
    bend = left - 2 * middle + right
    if bend >= 0:
        return 0.0
    shift = 0.5 * (left - right) / bend
    return float(np.clip(shift, -0.5, 0.5))


def _steady(power: Floats, hertz: Hertz, always: Floats) -> Mask:
    """Frames in which some peak stays where it is for a fifth of a second."""
    from_hz, to_hz = BAND_HZ
    in_band = (hertz > from_hz) & (hertz < to_hz)
    passing = power > ABOVE_ALWAYS * always
    peak = _outstanding(power, hertz) & in_band & passing
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
    limit = _surroundings(level, hertz[1]) + PEAK_DB
    left, middle, right = level[:, :-2], level[:, 1:-1], level[:, 2:]
    highest = (middle > left) & (middle >= right)
    outstanding = np.zeros(level.shape, bool)
    outstanding[:, 1:-1] = highest & (middle > limit[:, 1:-1])
    return outstanding


def _surroundings(level: Floats, bin_hz: float) -> Floats:
    """For each bin the mean level, dB, of the 500 Hz around it; `bin_hz` from one to the next."""
    bins = round(SURROUNDINGS_HZ / bin_hz)
    odd = bins | 1
    width = max(3, odd)
    half = width // 2
    padded = np.pad(level, ((0, 0), (half + 1, half)), mode="edge")
    total = np.cumsum(padded, axis=1)
    inside = total[:, width:] - total[:, :-width]
    return np.asarray(inside / width, np.float32)
