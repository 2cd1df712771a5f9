"""The channel doctor, first pass: what the samples alone tell about the channels of a recording.

Findings (`call.Finding`); `channel` counts from 1, None speaks of the whole recording.

| code | unit | when | value |
|---|---|---|---|
| mono | | fault | one channel holds both parties |
| fake_stereo | dB | fault | both channels carry the same signal: what is left of one after taking the other from it |
| dead_channel | dBFS | fault | nothing was recorded on this channel: its active level |
| level | dBFS | always | active level: 95th percentile of the level of 10 ms frames |
| clipping | % | fault | samples cut off at the channel's own peak |
| dc_offset | % | fault | mean of the samples, of full scale |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qa_speech.audio.activity import DEAD_DB, active_level
from qa_speech.audio.track import Floats, Track, frame_levels, to_db
from qa_speech.call import Finding

FAKE_STEREO_DB = -30.0
ALIKE = 0.8
ALIGN_S, ALIGN_REACH_S = 2.0, 0.1
CLIPPING_SHARE = 0.001
DC_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class Survey:
    """What one pass over a channel's samples gives; `levels` per `Track.frame_s`, in dBFS."""

    track: Track
    levels: Floats
    mean: float
    peak: float

    @property
    def level_db(self) -> float:
        """Active level in dBFS."""
        return active_level(self.levels)

    @property
    def dead(self) -> bool:
        """Whether nothing was recorded on it."""
        return self.level_db < DEAD_DB


def survey(track: Track) -> Survey:
    """Measure one channel; its DC is taken off in the track that comes back."""
    total, peak = 0.0, 0.0
    for _, block in track.blocks():
        total += float(np.sum(block, dtype=np.float64))
        peak = max(peak, float(np.max(np.abs(block))))
    mean = total / max(1, len(track))
    clean = Track(track.samples, track.rate, mean, track.leak)
    return Survey(clean, frame_levels(clean), mean, peak)


def sample_findings(number: int, found: Survey) -> list[Finding]:
    """Findings of one channel (`number` counts from 1)."""
    if found.dead:
        return [Finding("dead_channel", number, found.level_db, "dBFS")]
    findings = [Finding("level", number, round(found.level_db, 1), "dBFS")]
    if abs(found.mean) >= DC_SHARE:
        findings.append(Finding("dc_offset", number, round(100 * found.mean, 2), "%"))
    return findings


def residual_db(one: Survey, two: Survey) -> float:
    """What is left of `two` after `one` is taken from it at its best gain and delay, dB relative to `two`.

    0 when they are plainly different; only when a loud stretch of the two agrees is all of it compared.
    """
    lag, likeness = _alignment(one, two)
    if likeness < ALIKE:
        return 0.0
    xy = xx = yy = 0.0
    for start, y in two.track.blocks():
        x = one.track.read(start - lag, start - lag + len(y))
        y = y[max(0, lag - start) :][: len(x)]
        xy += float(np.dot(x[: len(y)], y))
        xx += float(np.dot(x[: len(y)], x[: len(y)]))
        yy += float(np.dot(y, y))
    return float(to_db(max(0.0, 1 - xy * xy / max(xx * yy, 1e-20))))


def _alignment(one: Survey, two: Survey) -> tuple[int, float]:
    """By how many samples `two` is later than `one`, and how alike they are then (0…1), over a loud stretch."""
    track = one.track
    frames = round(ALIGN_S / track.frame_s)
    power = 10.0 ** (one.levels.astype(np.float64) / 10)
    loudest = int(np.argmax(np.convolve(power, np.ones(frames), mode="valid"))) if len(power) > frames else 0
    start, length, reach = loudest * track.hop, round(ALIGN_S * track.rate), round(ALIGN_REACH_S * track.rate)
    x = track.read(start, start + length)
    low = max(0, start - reach)
    y = two.track.read(low, start + length + reach)
    if len(y) < len(x) or not len(x):
        return 0, 0.0
    size = 1 << (len(x) + len(y)).bit_length()
    fit = np.fft.irfft(np.conj(np.fft.rfft(x, size)) * np.fft.rfft(y, size), size)[: len(y) - len(x) + 1]
    best = int(np.argmax(np.abs(fit)))
    same = y[best : best + len(x)]
    scale = float(np.sqrt(np.dot(x, x) * np.dot(same, same)))
    return best + low - start, float(abs(fit[best]) / scale) if scale > 0 else 0.0
