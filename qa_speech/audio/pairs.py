"""One call as two recordings of one channel each: put together as channels 1 and 2, and what is odd about the two.

    …-out.wav   AAAAAA     AAA            agent: channel 1
    …-in.wav          CCCC     CC         customer: channel 2, moved where its sound in the other shows that it began later

Two recorders begin at moments of their own and keep clocks of their own. Where the one party is heard in the other's recording
(a leak, ringing, an announcement) the rhythm of the levels tells by how much; where nothing is shared nobody can know.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qa_speech.audio.decode import Audio, RawFormat, decode
from qa_speech.audio.limits import UNLIMITED, RecordingLimits
from qa_speech.audio.store import BLOCK_FRAMES, Samples, Store, blocks, let_go
from qa_speech.audio.track import Floats, Track, frame_levels
from qa_speech.errors import ChannelError, problem

LAG_S = 15.0
"""The recordings begin within so many seconds of each other."""
OUTSTANDING = 9.0
"""A lag must stand so many deviations out of all lags to be believed."""
ALIGNED_S = 0.03
"""Less than this is not moved."""
FLOOR_DB = -70.0
"""dBFS; what is fainter tells nothing."""
DRIFT_S, LONGEST_DRIFT_PPM = 0.02, 2000.0
"""Lags of the two halves that differ by more, and up to so many millionths, are clocks that run apart."""
LENGTHS_S = 1.0
"""Lengths that differ by more are said."""
HALVES_S = 120.0
"""Recordings shorter than this are too short to tell a drift."""


def decode_pair(
    agent: str | Path,
    customer: str | Path,
    *,
    raw: RawFormat | None = None,
    limits: RecordingLimits = UNLIMITED,
) -> Audio:
    """Two recordings as one of two channels, the agent's first, as long as the longer of them.

    Parameters
    ----------
    agent, customer
        Recordings that hold one party each: of one channel, or of several that are equal or silent.
    raw
        What both hold where they have no header.
    limits
        What each may be at most.

    Returns
    -------
    Audio
        int16 of shape (2, n) at the rate of the agent's recording in Hz; the customer's is resampled where it has another.

    The warnings are those of both, and ``pair_lag:S`` (the customer's began so many seconds later, below zero earlier, and was
    moved), ``pair_drift:PPM`` (its clock runs so many millionths slow; not mended), ``pair_lengths:S`` (it is so much longer).

    Raises
    ------
    DecodeError
        One of them cannot be decoded.
    ChannelError
        One of them holds two different channels.

    Examples
    --------
    >>> decode_pair("samples/gsm.wav", "samples/gsm.wav").samples.shape[0]
    2
    """
    one, two = decode(agent, raw=raw, limits=limits), decode(customer, raw=raw, limits=limits)
    first, second = _channel(one, agent), _channel(two, customer)
    if two.rate != one.rate:
        second = _resampled(second, two.rate, one.rate)
    shift = _shift(first, second, one.rate)
    warnings = [*one.warnings, *two.warnings]
    moved = 0
    if abs(shift.lag_s) >= ALIGNED_S:
        warnings.append(f"pair_lag:{shift.lag_s:.2f}")
        moved = round(shift.lag_s * one.rate)
    if shift.drift_ppm:
        warnings.append(f"pair_drift:{shift.drift_ppm:.0f}")
    before = (max(0, -moved), max(0, moved))
    lengths = (before[0] + len(first), before[1] + len(second))
    longer_s = (lengths[1] - lengths[0]) / one.rate
    if abs(longer_s) > LENGTHS_S:
        warnings.append(f"pair_lengths:{longer_s:.1f}")
    samples = _side_by_side((first, second), before, max(lengths))
    frames = round(max(lengths) / one.rate * one.source_rate)
    return replace(one, samples=samples, source_frames=frames, warnings=tuple(dict.fromkeys(warnings)))


def _channel(audio: Audio, path: str | Path) -> Samples:
    """The one channel of a recording; of several that are equal, or of which one carries sound, that one."""
    alive = np.zeros(len(audio.samples), bool)
    for block in blocks(audio.samples):
        alive |= block.any(axis=1)
    voices = np.flatnonzero(alive)
    first = int(np.argmax(alive))
    for block in blocks(audio.samples):
        if (block[voices] != block[first]).any():
            raise ChannelError(
                str(path),
                problem("{count} channels carry sound; one of two files of a call holds one party", count=len(voices)),
            )
    channel: Samples = audio.samples[first]
    return channel


def _resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    import soxr

    stream = soxr.ResampleStream(rate, wanted, 1, dtype="int16", quality="HQ")
    found = Store(1)
    for block in blocks(samples[None]):
        found.add(stream.resample_chunk(np.ascontiguousarray(block.T)))
    found.add(stream.resample_chunk(np.zeros((0, 1), np.int16), last=True))
    channel: Samples = found.samples[0]
    return channel


def _side_by_side(channels: tuple[Samples, Samples], before: tuple[int, int], length: int) -> Samples:
    """Two recordings as channels of one of `length` samples, each with so much silence before it; shape (2, length)."""
    found = Store(2)
    for start in range(0, length, BLOCK_FRAMES):
        block = np.zeros((min(BLOCK_FRAMES, length - start), 2), np.int16)
        for number, (samples, silence) in enumerate(zip(channels, before, strict=True)):
            first = max(0, start - silence)
            piece = samples[first : max(0, start - silence + len(block))]
            at = first + silence - start
            block[at : at + len(piece), number] = piece
            let_go(samples)
        found.add(block)
    return found.samples


class _Shift(NamedTuple):
    """By how many seconds the second began later, and by how many millionths its clock is slow; 0 where nothing tells."""

    lag_s: float
    drift_ppm: float


def _shift(first: Samples, second: Samples, rate: int) -> _Shift:
    one, two = (_rhythm(Track(samples, rate)) for samples in (first, second))
    frame_s = Track(first, rate).frame_s
    whole = _lag(one, two, frame_s)
    if whole is None:
        return _Shift(0.0, 0.0)
    middle = min(len(one), len(two)) // 2
    if middle * frame_s * 2 < HALVES_S:
        return _Shift(whole, 0.0)
    early, late = _lag(one[:middle], two[:middle], frame_s), _lag(one[middle:], two[middle:], frame_s)
    if early is None or late is None or abs(late - early) < DRIFT_S:
        return _Shift(whole, 0.0)
    drift_ppm = 1e6 * (late - early) / (middle * frame_s)
    if abs(drift_ppm) > LONGEST_DRIFT_PPM:
        return _Shift(whole, 0.0)
    return _Shift(early, drift_ppm)


def _rhythm(track: Track) -> Floats:
    """How the level rises from frame to frame, dB: onsets, whatever the level is."""
    levels = np.maximum(frame_levels(track), np.float32(FLOOR_DB))
    smooth = np.convolve(levels, np.full(3, 1 / 3, np.float32), mode="same")
    rises: Floats = np.maximum(np.diff(smooth, prepend=smooth[:1]), 0).astype(np.float32)
    return np.asarray(rises - np.mean(rises), np.float32)


def _lag(one: Floats, two: Floats, frame_s: float) -> float | None:
    """By how many seconds the rhythm of the first comes later than that of the second; None where no lag stands out."""
    reach = round(LAG_S / frame_s)
    size = 1 << (len(one) + len(two) + reach).bit_length()
    fit = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(two, size)), size)
    around = np.concatenate((fit[-reach:], fit[: reach + 1]))
    best = int(np.argmax(around))
    deviation = float(np.median(np.abs(around - np.median(around)))) / 0.6745
    if deviation <= 0 or around[best] - np.median(around) < OUTSTANDING * deviation:
        return None
    return (best - reach) * frame_s
