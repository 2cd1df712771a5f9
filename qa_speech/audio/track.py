"""One channel of a recording, read in pieces: what all measurements of sound stand on.

A two-hour call is never held as float32 at 16 kHz (920 MB): a `Track` keeps the decoded samples at their own rate,
int16 or float32, not copied, and gives float32 pieces on demand. What was found to have leaked in from the other
channel is taken out of each piece as it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qa_speech.audio.store import let_go
from qa_speech.timeline import Segment

Floats = npt.NDArray[np.float32]

ENGINE_RATE = 16_000
"""Hz; the rate that speech detectors and recognisers are given."""
FRAME_S = 0.01
"""Seconds per level frame, as near as whole samples allow: see `Track.hop`."""
SILENT_DB = -120.0
"""dBFS; the level given to digital silence."""
BLOCK_S = 64
_CONTEXT_S = 0.02
"""Resampled with each piece, so that its ends sound as they do in the middle of the call."""


@dataclass(frozen=True, eq=False)
class Leak:
    """How another channel is heard in this one: ``own = samples - taps * other``, the first tap at `lag` samples."""

    other: Track
    lag: int
    taps: Floats

    def heard(self, start: int, stop: int) -> Floats:
        """The leaked part of samples ``[start, stop)``."""
        first, last = start - self.lag - len(self.taps) + 1, stop - self.lag
        source = np.zeros(max(0, last - first), np.float32)
        begin, end = max(0, first), min(len(self.other), last)
        if end > begin:
            source[begin - first : end - first] = self.other.read(begin, end)
        return np.convolve(source, self.taps, mode="valid").astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class Track:
    """One channel: `samples` int16 or float32 of shape (n,), not copied, at `rate` Hz.

    `offset` holds one value per level frame, of full scale, which is taken off when the track is read; `leak` is taken
    out too. `blank` holds ranges of samples that read as silence: what somebody put there is not to be measured. Float
    samples beyond −1…1 are cut off there, and what is no number is silence.

    Examples
    --------
    >>> track = Track(np.full(8000, 16384, np.int16), 8000)
    >>> track.duration, track.read(0, 2)
    (1.0, array([0.5, 0.5], dtype=float32))
    """

    samples: npt.NDArray[np.int16] | Floats
    rate: int
    offset: Floats | None = None
    leak: Leak | None = None
    blank: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate

    @property
    def hop(self) -> int:
        """Samples per level frame."""
        return max(1, round(self.rate * FRAME_S))

    @property
    def frame_s(self) -> float:
        """Seconds per level frame: 0.01 but for odd rates."""
        return self.hop / self.rate

    def read(self, start: int, stop: int) -> Floats:
        """Samples ``[start, stop)`` at the track's own rate, float32 in −1…1; what lies outside is left out."""
        start, stop = max(0, start), min(len(self.samples), stop)
        if start >= stop:
            return np.zeros(0, np.float32)
        piece = self.samples[start:stop].astype(np.float32)
        let_go(self.samples)
        if self.samples.dtype == np.int16:
            piece *= np.float32(1 / 32768)
        else:
            np.nan_to_num(piece, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
            np.clip(piece, -1, 1, out=piece)
        if self.offset is not None:
            first = start // self.hop
            around = np.repeat(self.offset[first : -(-stop // self.hop)], self.hop)
            piece -= around[start - first * self.hop :][: len(piece)]
        if self.leak is not None:
            piece -= self.leak.heard(start, stop)
        for first, last in self.blank:
            piece[max(0, first - start) : max(0, last - start)] = 0
        return piece

    def blanked(self, spans: Iterable[Segment]) -> Track:
        """The track that is silent in these stretches (seconds) too.

        >>> Track(np.full(10, 0.5, np.float32), 10).blanked([Segment(0.1, 0.3)]).read(0, 4)
        array([0.5, 0. , 0. , 0.5], dtype=float32)
        """
        ranges = [(round(span.start * self.rate), round(span.end * self.rate)) for span in spans]
        return replace(self, blank=(*self.blank, *ranges))

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[tuple[int, Floats]]:
        """``(first sample, samples)`` one after the other; every block but the last holds whole level frames."""
        step = max(1, round(block_s / self.frame_s)) * self.hop
        for start in range(0, len(self.samples), step):
            yield start, self.read(start, start + step)

    def cut(self, start: float, end: float, *, gain_db: float = 0.0) -> Floats:
        """``[start, end)`` seconds at 16 kHz, louder by `gain_db` and held in −1…1, shape (round((end − start) · 16000),)."""
        wanted = max(0, round(end * ENGINE_RATE) - round(start * ENGINE_RATE))
        if self.rate == ENGINE_RATE:
            first = round(start * ENGINE_RATE)
            piece = self.read(first, first + wanted)
        else:
            piece = self._resampled(round(start * ENGINE_RATE), wanted)
        if gain_db:
            piece = piece * np.float32(10 ** (gain_db / 20))
        np.clip(piece, -1, 1, out=piece)
        if len(piece) < wanted:
            piece = np.pad(piece, (0, wanted - len(piece)))
        return piece

    def _resampled(self, first: int, wanted: int) -> Floats:
        """Samples `first` and on at 16 kHz; the piece begins where both rates have a sample, for exact times."""
        import soxr

        step = ENGINE_RATE // int(np.gcd(self.rate, ENGINE_RATE))
        context = round(_CONTEXT_S * ENGINE_RATE)
        begin = max(0, first - context) // step * step
        own_begin = begin * self.rate // ENGINE_RATE
        own_end = -(-(first + wanted + context) * self.rate // ENGINE_RATE)
        piece = soxr.resample(self.read(own_begin, own_end), self.rate, ENGINE_RATE, quality="HQ")
        return np.array(piece[first - begin : first - begin + wanted], np.float32)


def frame_levels(track: Track) -> Floats:
    """Level of each frame in dBFS (RMS; a full-scale square wave is 0), shape (frames,), −120 for silence.

    A last frame that is not full is measured over the samples it has.

    Examples
    --------
    >>> frame_levels(Track(np.full(160, 0.1, np.float32), 8000)).round(3)
    array([-20., -20.], dtype=float32)
    """
    found = [np.zeros(0, np.float32)]
    for _, block in track.blocks():
        full = len(block) // track.hop
        frames = block[: full * track.hop].reshape(full, track.hop)
        found.append(np.einsum("ij,ij->i", frames, frames) / np.float32(track.hop))
        rest = block[full * track.hop :]
        if len(rest):
            found.append(np.mean(rest * rest, keepdims=True, dtype=np.float32))
    return to_db(np.concatenate(found))


def stretches(samples: Floats, size: int, step: int) -> Floats:
    """Views of `size` samples, one beginning `step` samples after the other, shape (stretches, size).

    >>> stretches(np.arange(5, dtype=np.float32), 3, 2).astype(int).tolist()
    [[0, 1, 2], [2, 3, 4]]
    """
    found: Floats = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    return found


def power_spectra(frames: Floats) -> Floats:
    """Power spectrum of each frame under a Hann window, shape (frames, bins)."""
    window = np.hanning(frames.shape[1]).astype(np.float32)
    found = transforms(frames * window)
    return np.asarray(found.real**2 + found.imag**2, np.float32)


def transforms(rows: Floats, size: int | None = None) -> npt.NDArray[np.complex64]:
    """Fourier transform of each row, shape (rows, size // 2 + 1), as if zeros made it `size` samples long.

    By scipy: for many rows at once it takes a third of the time that numpy does.

    >>> transforms(np.array([[1, 0], [1, 1]], np.float32), 4).real.astype(int).tolist()
    [[1, 1, 1], [2, 1, 0]]
    """
    from scipy.fft import rfft

    return np.asarray(rfft(rows, size, axis=1), np.complex64)


def to_db(power: npt.ArrayLike) -> Floats:
    """10 · log10 of a mean square, in dB, never below −120."""
    bounded = np.maximum(np.asarray(power, np.float32), np.float32(1e-12))
    return np.float32(10) * np.log10(bounded)


def from_db(levels: Floats) -> npt.NDArray[np.float64]:
    """Mean squares of levels in dBFS.

    >>> from_db(np.array([-20.0, 0.0], np.float32)).tolist()
    [0.01, 1.0]
    """
    return np.asarray(10.0 ** (levels.astype(np.float64) / 10))


def runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The true runs of a mask as half-open ranges of indices, in frames or samples as the mask has them.

    >>> runs(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    framed = np.concatenate(([False], mask, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(framed))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def grown(mask: npt.NDArray[np.bool_], before: int, after: int | None = None) -> npt.NDArray[np.bool_]:
    """The mask, and so many frames more before and after each true run (`after` None = as many as before); as long as the mask.

    >>> grown(np.array([False, False, True, False, False, False]), 1, 2).astype(int).tolist()
    [0, 1, 1, 1, 1, 0]
    """
    change = np.zeros(len(mask) + 1, np.int32)
    later = before if after is None else after
    for first, last in runs(mask):
        change[max(0, first - before)] += 1
        change[min(len(mask), last + later)] -= 1
    return np.asarray(np.cumsum(change[:-1]) > 0)


def frame_mask(spans: Iterable[Segment], count: int, frame_s: float) -> npt.NDArray[np.bool_]:
    """Which of `count` frames of `frame_s` seconds lie in the spans.

    >>> frame_mask([Segment(0.01, 0.03)], 5, 0.01)
    array([False,  True,  True, False, False])
    """
    mask = np.zeros(count, bool)
    for span in spans:
        mask[round(span.start / frame_s) : round(span.end / frame_s)] = True
    return mask
