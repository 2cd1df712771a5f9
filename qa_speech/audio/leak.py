"""Crosstalk (串音): how loud and how late one channel is heard in the other, and taking it out again.

Where the source speaks and the target is quiet, the target is the source through a short path. The path is the
Wiener estimate over the loudest such stretches, each weighted by the inverse of the target's power, so that the
target's own speech hardly counts; each frequency counts as far as a leak of −30 dB would come out of what else the
target holds there, so that leaks far below the noise are found where the source is loudest. A leak is claimed when
one lag stands far out of all others.

Codecs that rebuild speech from parameters (AMR, Opus at low rates) keep the sound but not the wave: what can be
subtracted is then less than what is heard. `Crosstalk.left_db` says how much stays behind; `Crosstalk.explained`
marks the frames that hold nothing above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.leak_level import BAND_HZ, Pair, louder_db, moved_levels
from qa_speech.audio.track import SILENT_DB, Floats, Leak, Track, to_db

STRETCH = 2048
"""Samples of the source correlated at once."""
STRETCHES = 240
LAG_S = (-0.02, 0.45)
TAPS_BEFORE, TAPS = 8, 48
LIKELY, SMOOTHED = 1e-3, 9
"""Power of a leak that is looked for, relative to its source, and bins over which spectra are evened out for that."""
OUTSTANDING = 6.0
"""A leak's lag must stand this many deviations out of all lags. Without a leak of any level 5.1 was the most (990 pairs)."""
LOWEST_DB = -45.5
MIRROR_MS = 1.5
"""A path with a lag below zero by more than this, and as much above zero the other way, is the other leak seen from behind."""
ACTIVE_BELOW_DB = 15.0
MARGIN_DB = 3.0
LEFT_MOST_DB = 6.0


@dataclass(frozen=True, eq=False)
class Crosstalk:
    """One direction of a leak. `level_db` is relative to the source on its own channel, before any gain.

    `predicted_db` is the level of the leaked part per level frame of the target; `alone` marks the frames where it is
    all that is heard.
    """

    leak: Leak
    level_db: float
    lag_ms: float
    predicted_db: Floats
    alone: npt.NDArray[np.bool_]

    def left_db(self, cleaned: Floats) -> float:
        """How much of the leak stays in the cleaned target (levels in dBFS), relative to all of it; 0 = everything."""
        if not self.alone.any():
            return 0.0
        return float(np.clip(np.percentile((cleaned - self.predicted_db)[self.alone], 90), -40, LEFT_MOST_DB))

    def explained(self, cleaned: Floats, *, margin_db: float = MARGIN_DB) -> npt.NDArray[np.bool_]:
        """Frames of the cleaned target that hold nothing louder than what stays behind."""
        return np.asarray(cleaned < self.predicted_db + np.float32(self.left_db(cleaned) + margin_db))


class Response(NamedTuple):
    """Where and how strongly one channel follows another: lag in samples, how far that lag stands out of all others
    (in deviations), its own strength in dB, the level of all that follows relative to the source in dB, and the path from
    `first` samples on."""

    lag: int
    outstanding: float
    peak_db: float
    level_db: float
    first: int
    taps: Floats


def between(one: tuple[Track, Floats], two: tuple[Track, Floats]) -> list[tuple[int, Crosstalk]]:
    """The leaks of two channels, each with its frame levels: ``(0 or 1 that hears the other, how)``.

    A leak of one into the other looks, the other way round, like one that comes before its source: that is none.
    """
    heard = (find(two[0], one[0], two[1], one[1]), find(one[0], two[0], one[1], two[1]))
    return [
        (target, item)
        for target, item in enumerate(heard)
        if item is not None and not _mirrors(item, heard[1 - target])
    ]


def _mirrors(item: Crosstalk, other: Crosstalk | None) -> bool:
    return other is not None and item.lag_ms < -MIRROR_MS and abs(item.lag_ms + other.lag_ms) < MIRROR_MS


def find(source: Track, target: Track, source_levels: Floats, target_levels: Floats) -> Crosstalk | None:
    """How `source` is heard in `target`, or None when it is not.

    Levels are the frame levels of the two, dBFS. A leak 25 dB below the noise of the target is found in 20 s of speech.
    """
    chosen = _stretches(source, target, source_levels, target_levels)
    if not len(chosen):
        return None
    found = response(source, target, chosen, LAG_S[0])
    if found.outstanding < OUTSTANDING or found.level_db < LOWEST_DB:
        return None
    pair = Pair(source, target, source_levels, target_levels, found.lag / source.rate)
    return _measured(pair, Leak(source, found.first, found.taps), found.level_db)


def response(source: Track, target: Track, chosen: npt.NDArray[np.intp], earliest_s: float) -> Response:
    """The strongest path from `source` to `target` with a lag from `earliest_s` to 0.45 s.

    `chosen` are the first samples of the stretches to look at. A channel may be held against itself: that shows
    its echo.
    """
    cross, power, heard, size = _spectra(source, target, chosen)
    rate = source.rate
    before, after = round(-LAG_S[0] * rate), round(LAG_S[1] * rate)
    weight = 1 / (power + 1e-2 * np.mean(power) + 1e-20) if source is target else _trust(power, heard)
    path = np.fft.irfft(cross * weight, size)[: before + after]
    earliest = before + round(earliest_s * rate)
    among = np.abs(path[earliest:])
    peak = earliest + int(np.argmax(among))
    spread = float(np.median(among)) / 0.6745 + 1e-12
    first = max(0, peak - TAPS_BEFORE)
    taps, level_db = _taps(cross, power, size, first)
    strength = float(abs(path[peak]))
    return Response(peak - before, strength / spread, float(to_db(strength**2)), level_db, first - before, taps)


def _stretches(source: Track, target: Track, source_levels: Floats, target_levels: Floats) -> npt.NDArray[np.intp]:
    """First samples of the stretches where the source is loud and the target, compared with it, quiet."""
    count = min(len(source), len(target)) // STRETCH
    frames = max(1, STRETCH // source.hop)
    first = (np.arange(count) * STRETCH) // source.hop
    mine, theirs = (mean_power(item, first, frames) for item in (source_levels, target_levels))
    loud = 10 * np.log10(mine + 1e-12)
    active = np.flatnonzero(loud > np.percentile(source_levels, 95) - ACTIVE_BELOW_DB) if count else np.zeros(0, int)
    by_contrast = active[np.argsort(theirs[active] / mine[active], kind="stable")]
    return np.sort(by_contrast[:STRETCHES]) * STRETCH


def mean_power(levels: Floats, first: npt.NDArray[np.intp], frames: int) -> npt.NDArray[np.float64]:
    """Mean square over `frames` level frames from each of `first` on."""
    total = np.concatenate(([0.0], np.cumsum(10.0 ** (levels.astype(np.float64) / 10))))
    last = np.minimum(first + frames, len(levels))
    return np.asarray((total[last] - total[np.minimum(first, last)]) / np.maximum(1, last - first))


def _spectra(
    source: Track, target: Track, chosen: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.float64], npt.NDArray[np.float64], int]:
    """Weighted cross spectrum source → target and power spectra of the two, outside the speech band zero, and the
    length of the transform."""
    rate = source.rate
    before, after = round(-LAG_S[0] * rate), round(LAG_S[1] * rate)
    size = _fast_size(STRETCH + before + after)
    cross = np.zeros(size // 2 + 1, np.complex128)
    power, theirs = np.zeros(size // 2 + 1), np.zeros(size // 2 + 1)
    for start in chosen:
        heard = target.read(start - before, start + STRETCH + after)
        heard = np.concatenate((np.zeros(max(0, before - start), np.float32), heard))
        weight = 1 / (float(np.dot(heard, heard)) / max(1, len(heard)) + 1e-9)
        one, two = np.fft.rfft(source.read(start, start + STRETCH), size), np.fft.rfft(heard, size)
        cross += weight * np.conj(one) * two
        power += weight * (one.real**2 + one.imag**2)
        theirs += weight * (two.real**2 + two.imag**2)
    hertz = np.fft.rfftfreq(size, 1 / rate)
    outside = (hertz < BAND_HZ[0]) | (hertz > BAND_HZ[1])
    for spectrum in (cross, power, theirs):
        spectrum[outside] = 0
    return cross, power, theirs, size


def _trust(power: npt.NDArray[np.float64], heard: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What makes a path of a cross spectrum: the inverse of the source's power where a leak would be louder than all
    else that is heard, that of what is heard where it would not; scaled so that a mere delay gives its gain."""
    even = np.ones(SMOOTHED) / SMOOTHED
    mine, theirs = (np.convolve(spectrum, even, mode="same") for spectrum in (power, heard))
    weight = 1 / (LIKELY * mine + theirs + 1e-20)
    return np.asarray(weight / (np.mean(power * weight) + 1e-20))


def _fast_size(least: int) -> int:
    """The next even length that a Fourier transform is fast at: 2^a · 3^b."""
    sizes: list[int] = [2**a * 3**b for a in range(1, 18) for b in range(4)]
    return min(size for size in sizes if size >= least)


def _taps(
    cross: npt.NDArray[np.complex128], power: npt.NDArray[np.float64], size: int, first: int
) -> tuple[Floats, float]:
    """The path from lag `first` on, and the level of what goes through it relative to the source, dB."""
    own = np.fft.irfft(power, size)
    shared = np.fft.irfft(cross, size)[first : first + TAPS]
    lags = np.arange(len(shared))
    if own[0] <= 0:
        return np.zeros(len(shared), np.float32), SILENT_DB
    matrix = own[np.abs(lags[:, None] - lags[None, :])] + np.eye(len(shared)) * own[0] * 1e-3
    taps = np.linalg.solve(matrix, shared)
    return taps.astype(np.float32), float(to_db(taps @ matrix @ taps / own[0]))


def _measured(pair: Pair, leak: Leak, coherent_db: float) -> Crosstalk:
    """Compare what the path predicts with what is heard, frame by frame; where noise covers that, band by band."""
    levels = pair.target_levels
    predicted = moved_levels(pair) + np.float32(coherent_db)
    predicted = np.maximum(predicted, np.maximum(np.roll(predicted, 1), np.roll(predicted, -1)) - np.float32(3))
    floor = float(np.percentile(levels, 10))
    alone = (predicted > floor + 6) & (predicted > np.percentile(predicted, 90) - 15)
    alone &= np.abs(levels - predicted - 3) < 6
    if np.count_nonzero(alone) < 20:
        more_db = louder_db(pair, coherent_db)
    else:
        heard, told = (10.0 ** (item[alone].astype(np.float64) / 10) for item in (levels, predicted))
        more_db = float(np.clip(to_db((np.mean(heard) - 10 ** (floor / 10)) / np.mean(told)), 0, 9))
    return Crosstalk(leak, coherent_db + more_db, pair.lag_s * 1000, predicted + np.float32(more_db), alone)
