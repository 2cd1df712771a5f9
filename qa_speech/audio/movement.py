r"""How much the shape of a sound changes: speech moves from sound to sound, a machine stays as it is.

    shape of the spectrum, 12 bands     speech  /\_ → _/\ → \_/        noise, horn, hammer  /\_ → /\_ → /\_

No pitch is asked for, so a whisper and a hoarse voice move as any other does; and loudness does not count, so blows and
a horn that come and go stand still. In telephone calls half of all speech moves by more than 3 dB and nine tenths by
more than 2; steady noises of all colours, hammers and horns seldom by 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.activity import Mask
from qa_speech.audio.track import Floats, Track, grown, power_spectra, stretches

SIZE_S, STEP_S = 0.064, 0.032
"""Seconds of a spectrum, and from one to the next."""
BANDS = np.linspace(250, 3400, 13)
"""Edges in Hz: what a telephone line carries."""
DEPTH = np.float32(1e-3)
"""Of the power of a frame: a band with less counts as if it had this share."""
REACH_STEPS = 6
"""Spectra before and after, 0.2 s, among which the change is measured."""
STILL_DB, STILL_SHARE, LEAST_STILL_DB, MOST_STILL_DB = 1.5, 0.5, 1.2, 2.0
"""Sound that changes less stands still; where speech is known, what changes by less than this share of its usual change, within
bounds: a codec makes noise and speech move more, hoarseness makes speech move less."""
KNOWN_FRAMES = 100
"""Level frames, 1 s, of known speech that its usual change is taken from."""
PART_STEPS = 2048
"""Spectra at once, a minute: bounds memory."""
TINY = np.float32(1e-12)


class Shapes(NamedTuple):
    """A spectrum every `STEP_S` seconds of a channel, as far as it sounds.

    Level of each band in dB, less their mean, shape (spectra, bands); the frequency of the strongest peak in Hz; whether it
    sounds. Where it does not, the others are 0.
    """

    bands: Floats
    peak_hz: Floats
    sounding: Mask


def movement(found: Shapes, heard: Mask, frame_s: float) -> Floats:
    """How much the spectrum changes around each level frame, dB.

    Parameters
    ----------
    found
        Of one channel.
    heard, frame_s
        Its level frames of `frame_s` seconds that hold sound; the others are left out, and are 0.

    Returns
    -------
    float32, one per frame of `heard`
        Standard deviation of the bands' levels, each less the mean of its spectrum, over 0.4 s; mean of the bands.

    Examples
    --------
    >>> hiss = Track(np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32), 8000)
    >>> heard = np.ones(100, bool)
    >>> bool(movement(shapes(hiss, heard), heard, 0.01).max() < 2)
    True
    """
    if not found.sounding.any():
        return np.zeros(len(heard), np.float32)
    spread = _spread(found.bands, found.sounding)
    clock = (np.arange(len(heard)) + 0.5) * frame_s
    nearest = np.rint((clock - SIZE_S / 2) / STEP_S).astype(int)
    around = spread[np.clip(nearest, 0, len(spread) - 1)]
    return np.where(heard, around, np.float32(0))


def standing_still(moves: Floats, heard: Mask, frame_s: float, *, beside: Floats) -> Mask:
    """Level frames of sound that belong to a stretch of 0.4 s which hardly moves; `beside` is how known speech moves, dB.

    Whatever borders on it: the end of a word before a horn moves, the whole of the horn does not. What is shorter, as a hum that
    says yes, is not told from the words around it.
    """
    if not heard.any():
        return heard
    reach = round(STEP_S * REACH_STEPS / frame_s)
    throughout = ~grown(~heard, reach)
    told = grown(throughout & (moves < _still_db(beside)), reach)
    still: Mask = heard & told
    return still


def _still_db(beside: Floats) -> float:
    """By how many dB a sound moves at most that stands still."""
    if len(beside) < KNOWN_FRAMES:
        return STILL_DB
    return float(np.clip(STILL_SHARE * np.median(beside), LEAST_STILL_DB, MOST_STILL_DB))


def _spectra(track: Track) -> int:
    """How many spectra a track has; none where they would not hold the bands."""
    size, step = round(SIZE_S * track.rate), round(STEP_S * track.rate)
    too_narrow = step < 1 or BANDS[-1] > track.rate / 2
    if too_narrow or len(track) < size:
        return 0
    return (len(track) - size) // step + 1


def shapes(track: Track, heard: Mask) -> Shapes:
    """The spectra of a channel where its level frames are `heard`."""
    count = _spectra(track)
    middles = (np.arange(count) * STEP_S + SIZE_S / 2) / track.frame_s
    sounding = np.zeros(count, bool)
    if len(heard):
        sounding = heard[np.minimum(middles.astype(int), len(heard) - 1)]
    bands = np.zeros((count, len(BANDS) - 1), np.float32)
    peak_hz = np.zeros(count, np.float32)
    size, step = round(SIZE_S * track.rate), round(STEP_S * track.rate)
    for first in range(0, count, PART_STEPS):
        part = sounding[first : first + PART_STEPS]
        if not part.any():
            continue
        piece = track.read(first * step, (first + len(part) - 1) * step + size)
        power = power_spectra(stretches(piece, size, step)[part])
        bands[first : first + len(part)][part] = _bands(power, track.rate / size)
        peak_hz[first : first + len(part)][part] = _peak_hz(power, track.rate / size)
    return Shapes(bands, peak_hz, sounding)


def _bands(power: Floats, bin_hz: float) -> Floats:
    """Level of each band of the spectra in dB, less their mean, shape (spectra, bands)."""
    edges = np.round(BANDS / bin_hz).astype(int)
    mean = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1) / np.diff(edges).astype(np.float32)
    floor = DEPTH * mean.sum(axis=1, keepdims=True)
    levels = 10 * np.log10(mean + floor + TINY)
    return np.asarray(levels - levels.mean(axis=1, keepdims=True), np.float32)


def _peak_hz(power: Floats, bin_hz: float) -> Floats:
    """Where between the bands' edges each spectrum is strongest, Hz, by a parabola through three logarithms."""
    lowest, highest = (round(edge / bin_hz) for edge in (BANDS[0], BANDS[-1]))
    rows = np.arange(len(power))
    best = lowest + np.argmax(power[:, lowest:highest], axis=1)
    left, middle, right = (np.log(power[rows, best + beside] + TINY) for beside in (-1, 0, 1))
    bend = np.minimum(left - 2 * middle + right, -TINY)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    return np.asarray((best + shift) * bin_hz, np.float32)


def _spread(shapes: Floats, sounding: Mask) -> Floats:
    """Standard deviation of the shapes of sounding frames around each, mean of the bands."""
    found = [np.zeros(0, np.float32)]
    for first in range(0, len(shapes), PART_STEPS):
        last = min(len(shapes), first + PART_STEPS)
        before, after = max(0, first - REACH_STEPS), last + REACH_STEPS
        weight = sounding[before:after, None].astype(np.float64)
        part = shapes[before:after].astype(np.float64)
        count = np.maximum(_around(weight), 1)
        mean = _around(part * weight) / count
        square = _around(part**2 * weight) / count
        deviation = np.sqrt(np.maximum(square - mean**2, 0)).mean(axis=1)
        found.append(deviation[first - before :][: last - first].astype(np.float32))
    return np.concatenate(found)


def _around(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum over each row and its neighbours within `REACH_STEPS`."""
    total = np.cumsum(np.pad(values, ((REACH_STEPS + 1, REACH_STEPS), (0, 0))), axis=0)
    width = 2 * REACH_STEPS + 1
    inside: npt.NDArray[np.float64] = total[width:] - total[:-width]
    return inside
