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
import numpy.typing as npt

from qa_speech.audio.decode import Audio, RawFormat, decode
from qa_speech.audio.track import Floats, Track, frame_levels
from qa_speech.errors import ChannelError

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


def decode_pair(agent: str | Path, customer: str | Path, *, raw: RawFormat | None = None) -> Audio:
    """Two recordings as one of two channels, the agent's first, as long as the longer of them.

    Parameters
    ----------
    agent, customer
        Recordings that hold one party each: of one channel, or of several that are equal or silent.
    raw
        What both hold where they have no header.

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
    one, two = decode(agent, raw=raw), decode(customer, raw=raw)
    first, second = _channel(one, agent), _channel(two, customer)
    if two.rate != one.rate:
        second = _resampled(second, two.rate, one.rate)
    shift = _shift(first, second, one.rate)
    warnings = [*one.warnings, *two.warnings]
    if abs(shift.lag_s) >= ALIGNED_S:
        warnings.append(f"pair_lag:{shift.lag_s:.2f}")
        first, second = _moved(first, second, round(shift.lag_s * one.rate))
    if shift.drift_ppm:
        warnings.append(f"pair_drift:{shift.drift_ppm:.0f}")
    longer_s = (len(second) - len(first)) / one.rate
    if abs(longer_s) > LENGTHS_S:
        warnings.append(f"pair_lengths:{longer_s:.1f}")
    length = max(len(first), len(second))
    samples = np.zeros((2, length), np.int16)
    samples[0, : len(first)], samples[1, : len(second)] = first, second
    frames = round(length / one.rate * one.source_rate)
    return replace(one, samples=samples, source_frames=frames, warnings=tuple(dict.fromkeys(warnings)))


def _channel(audio: Audio, path: str | Path) -> npt.NDArray[np.int16]:
    """The one channel of a recording; of several that are equal, or of which one carries sound, that one."""
    alive = [channel for channel in audio.samples if channel.any()]
    first: npt.NDArray[np.int16] = alive[0] if alive else audio.samples[0]
    for other in alive[1:]:
        if not np.array_equal(first, other):
            raise ChannelError(
                str(path), f"{len(alive)} channels carry sound; one of two files of a call holds one party"
            )
    return first


def _resampled(samples: npt.NDArray[np.int16], rate: int, wanted: int) -> npt.NDArray[np.int16]:
    import soxr

    found = np.asarray(soxr.resample(samples, rate, wanted, quality="HQ"))
    return found.astype(np.int16)


class _Shift(NamedTuple):
    """By how many seconds the second began later, and by how many millionths its clock is slow; 0 where nothing tells."""

    lag_s: float
    drift_ppm: float


def _shift(first: npt.NDArray[np.int16], second: npt.NDArray[np.int16], rate: int) -> _Shift:
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


def _moved(
    first: npt.NDArray[np.int16], second: npt.NDArray[np.int16], samples: int
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """The recordings from one moment on: the one that began later gets silence before it."""
    silence = np.zeros(abs(samples), np.int16)
    if samples > 0:
        return first, np.concatenate((silence, second))
    return np.concatenate((silence, first)), second
