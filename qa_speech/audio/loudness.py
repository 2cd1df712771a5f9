"""The level of speech, evened out for playing: each channel to one loudness, so that both sides are heard alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

TARGET_DB = -20.0
"""Active speech level in dBFS that clips are brought to."""
MOST_GAIN_DB, LEAST_GAIN_DB = 20.0, -20.0
SILENT_DB = -55.0
"""A channel whose loud frames are below this holds no speech; it is left as it is."""
FULL_SCALE = 32768
PEAK = 32000
"""The loudest sample that a gain may make of what was measured."""
FRAME_S = 0.02
LOUD_PERCENTILE = 95
ACTIVE_WITHIN = 100
"""A frame of this fraction of the loud ones' power (20 dB) is active."""
FADE_S = 0.03

Samples = npt.NDArray[np.int16]


def levelled(samples: Samples, rate: int, *, leave_out: Sequence[tuple[int, int]] = ()) -> Samples:
    """Each channel with its active speech at −20 dBFS, as far as ±20 dB and the peak allow; int16, shape (channels, n).

    `leave_out`: ranges of samples that are not measured. The active level is the RMS of the 20 ms frames within 20 dB
    of the loud ones (95th percentile); unlike ITU-R BS.1770 it is not weighted by frequency, telephone speech being of
    one band.
    """
    if not len(samples):
        return samples
    measured = np.ones(samples.shape[1], bool)
    for first, last in leave_out:
        measured[first:last] = False
    return np.stack([_scaled(channel, _gain(channel[measured], rate)) for channel in samples])


def active_level_db(samples: Samples, rate: int) -> float | None:
    """RMS in dBFS of the frames within 20 dB of the loud ones; None where nothing is said. Shape (n,).

    >>> loud = (np.sin(np.arange(8000) * 0.5) * 3276.8).astype(np.int16)
    >>> round(active_level_db(loud, 8000))
    -23
    """
    frame = max(1, round(FRAME_S * rate))
    frames = len(samples) // frame
    if not frames:
        return None
    whole = samples[: frames * frame].astype(np.float64).reshape(-1, frame) / FULL_SCALE
    power = (whole**2).mean(axis=1)
    loud = float(np.percentile(power, LOUD_PERCENTILE))
    if loud <= 10 ** (SILENT_DB / 10):
        return None
    active = power[power >= loud / ACTIVE_WITHIN]
    return float(10 * np.log10(active.mean()))


def _gain(measured: Samples, rate: int) -> float:
    """The factor that brings a channel at `rate` Hz to the target, within the limits and without clipping what was measured."""
    level = active_level_db(measured, rate)
    if level is None:
        return 1.0
    gain_db = min(max(TARGET_DB - level, LEAST_GAIN_DB), MOST_GAIN_DB)
    gain = float(10 ** (gain_db / 20))
    peak = int(np.abs(measured.astype(np.int32)).max())
    return min(gain, PEAK / peak) if peak else gain


def _scaled(channel: Samples, gain: float) -> Samples:
    louder: Samples = np.rint(channel * gain).clip(-32768, 32767).astype(np.int16)
    return louder


def mixed(samples: Samples) -> Samples:
    """One channel, the mean of all: n samples, shape (1, n)."""
    mean = samples.astype(np.float64).mean(axis=0, keepdims=True)
    one: Samples = np.rint(mean).astype(np.int16)
    return one


def faded(samples: Samples, rate: int) -> Samples:
    """The clip without a click at its edges: 30 ms in and out."""
    edge = min(round(FADE_S * rate), samples.shape[1] // 2)
    if not edge:
        return samples
    rise = np.arange(edge) / edge
    curve = np.ones(samples.shape[1])
    curve[:edge] = rise
    curve[samples.shape[1] - edge :] = rise[::-1]
    quieter: Samples = np.rint(samples * curve).astype(np.int16)
    return quieter
