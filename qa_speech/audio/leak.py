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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.activity import Mask
from qa_speech.audio.leak_level import BAND_HZ, MOST_DB, Pair, Power, Side, louder_db, moved_levels
from qa_speech.audio.track import SILENT_DB, Floats, Leak, Track, from_db, to_db, transforms

Places = npt.NDArray[np.intp]
"""First samples of stretches."""

MEDIAN_OF_DEVIATION = 0.6745
"""Median of the size of normal noise, in its deviations."""
STRETCH = 2048
"""Samples of the source correlated at once."""
STRETCHES = 240
"""Stretches that are looked at: 60 s of speech at 8 kHz."""
FEWEST_STRETCHES = 13
"""Fewer, 3.3 s, tell nothing: where most of a call is masked, a chance likeness of the rest stands out as far as a leak."""
LAG_S = (-0.02, 0.45)
"""How much later than on its own channel a leak is looked for, seconds; below zero it is the other leak seen from behind."""
TAPS_BEFORE, TAPS = 8, 48
"""Samples of the path kept before its peak, and in all."""
LIKELY, SMOOTHED = 1e-3, 9
"""Power of a leak that is looked for, relative to its source, and bins over which spectra are evened out for that."""
OUTSTANDING = 6.0
"""A leak's lag must stand this many deviations out of all lags. Without a leak of any level 5.1 was the most (990 pairs)."""
LOWEST_DB = -45.5
"""Relative to the source; a fainter leak is not claimed."""
MIRROR_MS = 1.5
"""A path with a lag below zero by more than this, and as much above zero the other way, is the other leak seen from behind."""
ACTIVE_BELOW_DB = 15.0
"""dB below its 95th percentile down to which the source is loud."""
MARGIN_DB = 3.0
"""A frame this far above what stays of a leak may still be explained by it."""
LEFT_LEAST_DB, LEFT_MOST_DB = -40.0, 6.0
"""Bounds of what stays of a leak after it was taken out, relative to all of it."""
HEARD_FRAMES = 20
"""Level frames in which a leak is heard alone that its level can be taken from."""
AT_ONCE = 32
"""Stretches looked at at once: bounds memory."""
TINY = 1e-20


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
    alone: Mask

    def left_db(self, cleaned: Floats) -> float:
        """How much of the leak stays in the cleaned target (levels in dBFS), relative to all of it; 0 = everything."""
        if not self.alone.any():
            return 0.0
        left = (cleaned - self.predicted_db)[self.alone]
        return float(np.clip(np.percentile(left, 90), LEFT_LEAST_DB, LEFT_MOST_DB))

    def explained(self, cleaned: Floats, *, margin_db: float = MARGIN_DB) -> Mask:
        """Frames of the cleaned target that hold nothing louder than what stays behind."""
        stays_db = np.float32(self.left_db(cleaned) + margin_db)
        return np.asarray(cleaned < self.predicted_db + stays_db)


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


def between(one: Side, two: Side) -> list[tuple[int, Crosstalk]]:
    """The leaks of two channels: ``(index of the channel that hears the other, 0 or 1, how)``; levels in dB, lags in ms.

    A leak of one into the other looks, the other way round, like one that comes before its source: that is none.
    """
    into_one, into_two = crosstalk(two, one), crosstalk(one, two)
    leaks = []
    if into_one is not None and not _mirrors(into_one, into_two):
        leaks.append((0, into_one))
    if into_two is not None and not _mirrors(into_two, into_one):
        leaks.append((1, into_two))
    return leaks


def _mirrors(found: Crosstalk, other: Crosstalk | None) -> bool:
    """Whether a leak is the other one, seen from behind."""
    if other is None or found.lag_ms >= -MIRROR_MS:
        return False
    return abs(found.lag_ms + other.lag_ms) < MIRROR_MS


def crosstalk(source: Side, target: Side) -> Crosstalk | None:
    """How `source` is heard in `target`, or None when it is not.

    A leak 25 dB below the noise of the target is found in 20 s of speech.
    """
    chosen = _stretches(source, target)
    if len(chosen) < FEWEST_STRETCHES:
        return None
    found = response(source.track, target.track, chosen, LAG_S[0])
    if found.outstanding < OUTSTANDING or found.level_db < LOWEST_DB:
        return None
    pair = Pair(source, target, found.lag / source.track.rate)
    return _measured(pair, Leak(source.track, found.first, found.taps), found.level_db)


def response(source: Track, target: Track, chosen: Places, earliest_s: float) -> Response:
    """The strongest path from `source` to `target` with a lag from `earliest_s` to 0.45 s.

    `chosen` are the first samples of the stretches to look at. A channel may be held against itself: that shows
    its echo.
    """
    spectra = _spectra(source, target, chosen)
    before, after = _reach(source.rate)
    if source is target:
        weight = 1 / (spectra.power + 1e-2 * np.mean(spectra.power) + TINY)
    else:
        weight = _trust(spectra.power, spectra.heard)
    path = np.fft.irfft(spectra.cross * weight, spectra.size)[: before + after]
    earliest = before + round(earliest_s * source.rate)
    among = np.abs(path[earliest:])
    peak = earliest + int(np.argmax(among))
    deviation = float(np.median(among)) / MEDIAN_OF_DEVIATION + 1e-12
    strength = float(abs(path[peak]))
    first = max(0, peak - TAPS_BEFORE)
    taps, level_db = _taps(spectra, first)
    return Response(
        lag=peak - before,
        outstanding=strength / deviation,
        peak_db=float(to_db(strength**2)),
        level_db=level_db,
        first=first - before,
        taps=taps,
    )


def _reach(rate: int) -> tuple[int, int]:
    """Samples before and after the source in which its path is looked for."""
    return round(-LAG_S[0] * rate), round(LAG_S[1] * rate)


def _stretches(source: Side, target: Side) -> Places:
    """First samples of the stretches where the source is loud and the target, compared with it, quiet."""
    count = min(len(source.track), len(target.track)) // STRETCH
    if not count:
        return np.zeros(0, np.intp)
    hop = source.track.hop
    frames = max(1, STRETCH // hop)
    first = (np.arange(count) * STRETCH) // hop
    mine = mean_power(source.levels, first, frames)
    theirs = mean_power(target.levels, first, frames)
    loud = 10 * np.log10(mine + 1e-12)
    sounding = source.levels[source.levels > SILENT_DB]
    if not len(sounding):
        return np.zeros(0, np.intp)
    active = np.flatnonzero(loud > np.percentile(sounding, 95) - ACTIVE_BELOW_DB)
    contrast = theirs[active] / mine[active]
    quietest_first = active[np.argsort(contrast, kind="stable")]
    return np.sort(quietest_first[:STRETCHES]) * STRETCH


def mean_power(levels: Floats, first: Places, frames: int) -> Power:
    """Mean square over `frames` level frames (dBFS) from each of `first` on."""
    total = np.concatenate(([0.0], np.cumsum(from_db(levels))))
    last = np.minimum(first + frames, len(levels))
    inside = total[last] - total[np.minimum(first, last)]
    return np.asarray(inside / np.maximum(1, last - first))


class Spectra(NamedTuple):
    """Weighted cross spectrum source → target and power spectra of the two, outside the speech band zero, and the
    length of the transform in samples."""

    cross: npt.NDArray[np.complex128]
    power: Power
    heard: Power
    size: int


def _spectra(source: Track, target: Track, chosen: Places) -> Spectra:
    """Spectra over the stretches that begin at the samples `chosen`; one where the target is quiet counts for more."""
    before, after = _reach(source.rate)
    size = _fast_size(STRETCH + before + after)
    cross = np.zeros(size // 2 + 1, np.complex128)
    power = np.zeros(size // 2 + 1)
    theirs = np.zeros(size // 2 + 1)
    for first in range(0, len(chosen), AT_ONCE):
        starts = chosen[first : first + AT_ONCE].tolist()
        said = _rows([source.read(start, start + STRETCH) for start in starts], STRETCH)
        missing = [np.zeros(max(0, before - start), np.float32) for start in starts]
        pieces = [target.read(start - before, start + STRETCH + after) for start in starts]
        whole = [np.concatenate(parts) for parts in zip(missing, pieces, strict=True)]
        counts = np.array([max(1, len(row)) for row in whole])
        heard = _rows(whole, before + STRETCH + after)
        weight = (1 / (np.einsum("ij,ij->i", heard, heard) / counts + 1e-9)).astype(np.float32)
        one, two = transforms(said, size), transforms(heard, size)
        cross += np.einsum("ij,ij->j", weight[:, None] * np.conj(one), two)
        power += weight @ (one.real**2 + one.imag**2)
        theirs += weight @ (two.real**2 + two.imag**2)
    hertz = np.fft.rfftfreq(size, 1 / source.rate)
    outside = (hertz < BAND_HZ[0]) | (hertz > BAND_HZ[1])
    for spectrum in (cross, power, theirs):
        spectrum[outside] = 0
    return Spectra(cross, power, theirs, size)


def _rows(pieces: Sequence[Floats], length: int) -> Floats:
    """Pieces of samples as rows of one length, zeros after those that are shorter."""
    rows = np.zeros((len(pieces), length), np.float32)
    for row, piece in zip(rows, pieces, strict=True):
        row[: len(piece)] = piece
    return rows


def _trust(power: Power, heard: Power) -> Power:
    """What makes a path of a cross spectrum: the inverse of the source's power where a leak would be louder than all
    else that is heard, that of what is heard where it would not; scaled so that a mere delay gives its gain."""
    even = np.ones(SMOOTHED) / SMOOTHED
    mine = np.convolve(power, even, mode="same")
    theirs = np.convolve(heard, even, mode="same")
    weight = 1 / (LIKELY * mine + theirs + TINY)
    gain = np.mean(power * weight) + TINY
    return np.asarray(weight / gain)


def _fast_size(least: int) -> int:
    """The next even length, in samples, that a Fourier transform is fast at: 2^a · 3^b."""
    sizes: list[int] = [2**a * 3**b for a in range(1, 18) for b in range(4)]
    return min(size for size in sizes if size >= least)


def _taps(spectra: Spectra, first: int) -> tuple[Floats, float]:
    """The path from lag `first` on, and the level of what goes through it relative to the source, dB."""
    own = np.fft.irfft(spectra.power, spectra.size)
    shared = np.fft.irfft(spectra.cross, spectra.size)[first : first + TAPS]
    count = len(shared)
    if own[0] <= 0:
        return np.zeros(count, np.float32), SILENT_DB
    lags = np.arange(count)
    apart = np.abs(lags[:, None] - lags[None, :])
    matrix = own[apart] + np.eye(count) * own[0] * 1e-3
    taps = np.linalg.solve(matrix, shared)
    through = taps @ matrix @ taps / own[0]
    return taps.astype(np.float32), float(to_db(through))


def _measured(pair: Pair, leak: Leak, coherent_db: float) -> Crosstalk:
    """Compare what the path predicts with what is heard, frame by frame; where noise covers that, band by band.

    `coherent_db` is the level of what keeps its wave, in dB relative to the source.
    """
    levels = pair.target.levels
    predicted = _smeared(moved_levels(pair) + np.float32(coherent_db))
    floor = float(np.percentile(levels, 10))
    expected = (predicted > floor + 6) & (predicted > np.percentile(predicted, 90) - 15)
    alone = expected & (np.abs(levels - predicted - 3) < 6)
    if np.count_nonzero(alone) < HEARD_FRAMES:
        more_db = louder_db(pair, coherent_db)
    else:
        heard = np.mean(from_db(levels[alone])) - 10 ** (floor / 10)
        told = np.mean(from_db(predicted[alone]))
        more_db = float(np.clip(to_db(heard / told), 0, MOST_DB))
    return Crosstalk(
        leak=leak,
        level_db=coherent_db + more_db,
        lag_ms=pair.lag_s * 1000,
        predicted_db=predicted + np.float32(more_db),
        alone=alone,
    )


def _smeared(levels: Floats) -> Floats:
    """Levels in dBFS that fall by 3 dB a frame at most on both sides of a loud one: the path spreads sound in time."""
    louder_neighbour = np.maximum(np.roll(levels, 1), np.roll(levels, -1))
    return np.maximum(levels, louder_neighbour - np.float32(3))
