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

from qa_speech.audio.track import SILENT_DB, Floats, Track, runs

Power = npt.NDArray[np.float64]

WINDOW, STEP = 256, 128
"""Samples of a spectrum, and from one to the next."""
BANDS = 8
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


class Pair(NamedTuple):
    """Source and target with their frame levels in dBFS, and by how many seconds the target is later."""

    source: Track
    target: Track
    source_levels: Floats
    target_levels: Floats
    lag_s: float


def louder_db(pair: Pair, level_db: float) -> float:
    """By how many dB (0…9) the leak is louder than `level_db`, its level relative to the source by its wave alone."""
    leaked, heard = _powers(pair, level_db)
    if len(leaked) < FEWEST:
        return 0.0
    gain, error = _slope(leaked, heard)
    return float(np.clip(10 * np.log10(gain), 0, MOST_DB)) if gain - 1 > SURE * error else 0.0


def moved_levels(pair: Pair) -> Floats:
    """The level of the source at each level frame of the target that hears it, −120 where there is none."""
    found = np.full(len(pair.target_levels), SILENT_DB, np.float32)
    shift = round(pair.lag_s / pair.target.frame_s)
    begin, levels = max(0, shift), pair.source_levels[max(0, -shift) :]
    count = max(0, min(len(levels), len(found) - begin))
    found[begin : begin + count] = levels[:count]
    return found


def _still(pair: Pair, level_db: float) -> npt.NDArray[np.bool_]:
    """Level frames of the target at which the source is active and the target says nothing of its own."""
    moved, levels = moved_levels(pair), pair.target_levels
    active = moved > np.percentile(pair.source_levels, 95) - ACTIVE_BELOW_DB
    if not active.any():
        return active
    floor = np.percentile(levels[active], 20)
    own = levels > np.maximum(floor, moved + level_db + OWN_ABOVE_DB) + OWN_ABOVE_DB
    return active & ~(np.convolve(own, np.ones(2 * OWN_FRAMES + 1), "same") > 0.5)


def _powers(pair: Pair, level_db: float) -> tuple[Power, Power]:
    """Power of the leak as its wave tells it, and of what is heard, both (spectra, bands)."""
    lag, hop, gain = round(pair.lag_s * pair.source.rate), pair.target.hop, np.float32(10 ** (level_db / 20))
    leaked: list[Power] = [np.zeros((0, BANDS))]
    heard: list[Power] = [np.zeros((0, BANDS))]
    for first, last in runs(_still(pair, level_db)):
        start, stop = max(0, first * hop, lag), min(last * hop, len(pair.source) + lag)
        if stop - start >= WINDOW:
            leaked.append(_bands(pair.source.read(start - lag, stop - lag) * gain, pair.source.rate))
            heard.append(_bands(pair.target.read(start, stop), pair.target.rate))
        if sum(map(len, heard)) > MOST:
            break
    count = min(sum(map(len, leaked)), sum(map(len, heard)))
    return np.concatenate(leaked)[:count], np.concatenate(heard)[:count]


def _bands(samples: Floats, rate: int) -> Power:
    """Power of each window in each band, (windows, bands)."""
    pieces = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::STEP]
    spectra = np.fft.rfft(pieces * np.hanning(WINDOW).astype(np.float32), axis=1)
    hertz = np.arange(spectra.shape[1]) * rate / WINDOW
    inside = spectra[:, (hertz >= BAND_HZ[0]) & (hertz <= BAND_HZ[1])]
    edges = np.round(np.geomspace(1, inside.shape[1], BANDS + 1)[:-1] - 1).astype(int)
    edges = np.maximum(edges, np.arange(BANDS))
    return np.asarray(np.add.reduceat(inside.real**2 + inside.imag**2, edges, axis=1), np.float64)


def _slope(leaked: Power, heard: Power) -> tuple[float, float]:
    """The gain and its standard error; what is heard counts to `OUTLIER` times of what is expected at most."""
    mean, noise, gain = leaked.mean(0), np.median(heard, axis=0) + 1e-14, 1.0
    for _ in range(12):
        expected = noise + gain * (leaked + SOFT * mean)
        weight = 1 / expected**2
        cut = np.minimum(heard, OUTLIER * expected)
        total = weight.sum(0)
        x, y = (weight * leaked).sum(0) / total, (weight * cut).sum(0) / total
        spread = float((weight * (leaked - x) ** 2).sum())
        before, gain = gain, max(0.05, float((weight * (leaked - x) * (cut - y)).sum()) / max(spread, 1e-30))
        noise = np.maximum(y - gain * x, 0.05 * y) + 1e-14
        if abs(gain - before) < 0.01 * before:
            break
    left = (weight * (leaked - x) * (cut - y - gain * (leaked - x))).sum(1)
    together = np.add.reduceat(left, np.arange(0, len(left), 20))  # neighbouring windows err alike
    return gain, float(np.sqrt(np.sum(together**2))) / max(spread, 1e-30)
