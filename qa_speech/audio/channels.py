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


def residual_db(one: Track, two: Track) -> float:
    """What is left of `two` after `one` is taken from it at its best gain and delay, dB relative to `two`."""
    xy = xx = yy = 0.0
    for (_, x), (_, y) in zip(one.blocks(), two.blocks(), strict=True):
        xy += float(np.dot(x, y))
        xx += float(np.dot(x, x))
        yy += float(np.dot(y, y))
    if xx <= 0 or yy <= 0:
        return 0.0
    return float(to_db(max(0.0, 1 - xy * xy / (xx * yy))))
