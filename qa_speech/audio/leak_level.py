"""How much louder a leak is than the part of it that keeps its wave.

Codecs that rebuild speech from parameters (AMR, Opus at low rates) bring a leak across, but not its wave: the path that
`leak` finds is then too weak. Under noise nothing of it is heard alone. So power is compared instead: where the source is
active and the target still, each of the target's bands holds its noise and a constant share of the source's power.

    power of the target in a band  ≈  noise of the band + gain · (power of the source, moved by the lag)

`gain` is the weighted least-squares slope over all bands and moments, each weighted by the inverse of its variance, which for
noise and speech goes with the square of the power; moments of the target's own speech and their surroundings are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.track import SILENT_DB, Floats, Track, grown, power_spectra, runs, stretches

Power = npt.NDArray[np.float64]

WINDOW, STEP = 256, 128
"""Samples of a spectrum, and from one to the next."""
BANDS = 8
"""Where a rate far above that of telephony leaves fewer bins than this, the last stands for several."""
BAND_HZ = (250.0, 3600.0)
"""Speech only: mains hum is often the same on both channels."""
ACTIVE_BELOW_DB = 25.0
OWN_ABOVE_DB = 6.0
"""This far above its floor and above the leak, and 0.3 s around, the target has something of its own to say."""
OWN_FRAMES = 30
MOST, FEWEST = 6000, 100
"""Spectra that are looked at, and that it takes."""
SOFT = 3.0
"""A leak follows its source to a few dB only: a moment is no surer than this share of the mean leak."""
OUTLIER = 4.0
SURE = 2.0
"""Standard errors that the gain must lie above 1."""
MOST_DB = 9.0
"""A leak is louder than the part of it that keeps its wave by this much at most."""
FAINTEST = 1e-14
"""Added to powers that are divided by."""
ROUNDS, CONVERGED = 12, 0.01
"""Estimates of the gain at most, and the share by which the last may differ from the one before."""
LEAST_GAIN = 0.05
ALIKE = 20
"""Neighbouring windows err alike: so many count as one."""


class Side(NamedTuple):
    """A channel with its frame levels in dBFS."""

    track: Track
    levels: Floats


class Pair(NamedTuple):
    """Source and target, and by how many seconds the target is later."""

    source: Side
    target: Side
    lag_s: float


def louder_db(pair: Pair, level_db: float) -> float:
    """By how many dB (0…9) the leak is louder than `level_db`, its level relative to the source by its wave alone."""
    leaked, heard = _powers(pair, level_db)
    if len(leaked) < FEWEST:
        return 0.0
    gain, error = _slope(leaked, heard)
    surely_louder = gain - 1 > SURE * error
    if not surely_louder:
        return 0.0
    return float(np.clip(10 * np.log10(gain), 0, MOST_DB))


def moved_levels(pair: Pair) -> Floats:
    """The level of the source in dBFS at each level frame of the target that hears it, −120 where there is none."""
    source, target, lag_s = pair
    found = np.full(len(target.levels), SILENT_DB, np.float32)
    shift = round(lag_s / target.track.frame_s)
    begin = max(0, shift)
    levels = source.levels[max(0, -shift) :]
    count = max(0, min(len(levels), len(found) - begin))
    found[begin : begin + count] = levels[:count]
    return found


def _still(pair: Pair, level_db: float) -> npt.NDArray[np.bool_]:
    """Level frames of the target at which the source is active and the target says nothing of its own."""
    moved = moved_levels(pair)
    levels = pair.target.levels
    active = moved > np.percentile(pair.source.levels, 95) - ACTIVE_BELOW_DB
    if not active.any():
        return active
    floor = np.percentile(levels[active], 20)
    leak = moved + level_db + OWN_ABOVE_DB
    own = levels > np.maximum(floor, leak) + OWN_ABOVE_DB
    return active & ~grown(own, OWN_FRAMES)


class _Powers(NamedTuple):
    """Power of the leak as its wave tells it, and of what is heard, both (spectra, bands)."""

    leaked: Power
    heard: Power


def _powers(pair: Pair, level_db: float) -> _Powers:
    """The powers of up to `MOST` windows in which the target is still, at a guessed level of the leak in dB."""
    source, target = pair.source.track, pair.target.track
    lag, hop = round(pair.lag_s * source.rate), target.hop
    gain = np.float32(10 ** (level_db / 20))
    leaked: list[Power] = [np.zeros((0, BANDS))]
    heard: list[Power] = [np.zeros((0, BANDS))]
    taken = 0
    for first, last in runs(_still(pair, level_db)):
        start = max(0, first * hop, lag)
        stop = min(last * hop, len(source) + lag)
        if stop - start >= WINDOW:
            leaked.append(_bands(source.read(start - lag, stop - lag) * gain, source.rate))
            heard.append(_bands(target.read(start, stop), target.rate))
            taken += len(heard[-1])
        if taken > MOST:
            break
    told, found = np.concatenate(leaked), np.concatenate(heard)
    count = min(len(told), len(found))
    return _Powers(told[:count], found[:count])


def _bands(samples: Floats, rate: int) -> Power:
    """Power of each window in each band, (windows, bands)."""
    power = power_spectra(stretches(samples, WINDOW, STEP))
    hertz = np.arange(power.shape[1]) * rate / WINDOW
    inside = power[:, (hertz >= BAND_HZ[0]) & (hertz <= BAND_HZ[1])]
    count = inside.shape[1]
    steps = np.geomspace(1, count, BANDS + 1)[:-1]
    edges = np.round(steps - 1).astype(int)
    edges = np.clip(edges, np.arange(BANDS), count - 1)
    return np.asarray(np.add.reduceat(inside, edges, axis=1), np.float64)


class _Slope(NamedTuple):
    """Of a line through powers: the gain and its standard error."""

    gain: float
    error: float


def _slope(leaked: Power, heard: Power) -> _Slope:
    """The gain and its standard error; what is heard counts to `OUTLIER` times of what is expected at most."""
    usual = leaked.mean(0)
    noise = np.median(heard, axis=0) + FAINTEST
    gain = 1.0
    for _ in range(ROUNDS):
        expected = noise + gain * (leaked + SOFT * usual)
        weight = 1 / expected**2
        bounded = np.minimum(heard, OUTLIER * expected)
        total = weight.sum(0)
        leaked_mean = (weight * leaked).sum(0) / total
        heard_mean = (weight * bounded).sum(0) / total
        leaked_away = leaked - leaked_mean
        heard_away = bounded - heard_mean
        spread = max(float((weight * leaked_away**2).sum()), 1e-30)
        together = float((weight * leaked_away * heard_away).sum())
        before = gain
        gain = max(LEAST_GAIN, together / spread)
        noise = np.maximum(heard_mean - gain * leaked_mean, 0.05 * heard_mean) + FAINTEST
        if abs(gain - before) < CONVERGED * before:
            break
    unexplained = heard_away - gain * leaked_away
    error = (weight * leaked_away * unexplained).sum(1)
    neighbours = np.add.reduceat(error, np.arange(0, len(error), ALIKE))
    return _Slope(gain, float(np.sqrt(np.sum(neighbours**2))) / spread)
