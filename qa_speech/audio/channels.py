"""The channel doctor, first pass: what the samples alone tell about the channels of a recording.

    pass 1  samples           this module                  level, dead, clipping, DC, mono, fake stereo
    pass 2  + speech          `leak`, `hearing`, `quality` crosstalk, missing speech, SNR, band, rate, hum, echo, drop-outs
    pass 3  + words           `language.roles`             swapped roles

All findings, of all passes but the third (`call.Finding`; `channel` counts from 1, None = the whole recording):

| code | unit | given | value |
|---|---|---|---|
| mono | | when found | one channel holds both parties; no value |
| fake_stereo | dB | when found | both channels carry one signal: what is left of one without the other, below −30 |
| level | dBFS | always | active level: 95th percentile of the level of 10 ms frames |
| dead_channel | dBFS | when found | active level below −66: nothing was recorded |
| clipping | % | when found | samples cut off at the channel's own peak, of all its samples |
| dc_offset | % | from 1 | mean of the samples, of full scale, with its sign |
| silent_channel | dBFS | above −45 | what is no music and no tone is this loud, and no speech was found in it |
| little_speech | % | below 2 | the party speaks for this share of a call of more than a minute |
| level_disagrees | % | above 50 | of what the detector is sure of, so much is too soft for the level; the detector was believed |
| unvoiced_speech | s | when found | speech, most of the channel's, that was only heard with a pitch lent: whispered or hoarse |
| unexplained_sound | s | from 2.5 | no speech, music or tone: more of it than of speech, or a quarter as much that moves |
| crosstalk | dB | when found | how loud the other channel is heard in this one, relative to its level at home, before any gain |
| crosstalk_lag | ms | with crosstalk | how much later |
| snr | dB | with speech | power of speech over median power of the background |
| low_snr | dB | below 12 | the same: noise disturbs; 0 where noise throughout lets no speech be found |
| sung_sound | s | from 2.5 | music or tones of one pitch at a time, a quarter of the speech or more: a voice may have sung them |
| wada_snr | dB | from 1 s of speech | the same from the amplitudes of the speech alone (Kim and Stern), −20…50 |
| band_limit | Hz | with speech | above this a channel holds nothing |
| narrow_band | Hz | below 2400 | the same: less than a telephone line carries |
| sampling_rate | Hz | when found | the lower rate that the sound was made at; the file claims more |
| hum | dBFS | when found | level of mains hum; the note names its frequency |
| echo | dB | when found | the channel's own voice coming back, relative to it |
| echo_lag | ms | with echo | how much later |
| dropouts | count | when found | holes of at least 60 ms inside speech; the note gives their sum in seconds |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.activity import Mask, active_level, dead
from qa_speech.audio.track import Floats, Track, frame_levels, from_db, to_db
from qa_speech.call import Finding

FAKE_STEREO_DB = -30.0
ALIKE = 0.8
"""Channels whose loud stretch is less alike than this (correlation) are plainly different."""
ALIGN_S, ALIGN_REACH_S = 2.0, 0.1


class Pile(NamedTuple):
    """What makes samples at the very peak of a channel a pile: more than this share (0–1) of all that are heard, and an
    amplitude step this many times as full as one just below."""

    share: float
    times: float

    def holds(self, piled: int, heard: int, fullest: int, usual: float) -> bool:
        """Whether `piled` of `heard` samples, `fullest` of them in one step where a step below holds `usual`, are one."""
        return piled > self.share * heard and fullest > self.times * usual


CLIPPING_EVIDENCE = (Pile(0.0015, 2.5), Pile(0.004, 1.4))
"""Either of these. The coarse top steps of A-law hide a pile: there its size tells."""
CLIPPING_FEWEST = 25
"""Fewer samples at the peak are chance."""
LEAST_PEAK = 0.1
DC_SHARE = 0.01
DC_AROUND_S = 1.0
"""Seconds over which the DC at a frame is taken: it may come with the signal and go with it."""
IDLE_SPAN = 5e-4
"""A frame whose samples span less, 16 steps of 16 bits, holds nothing but the line."""
LEAST_DC = 1e-4
"""−80 dBFS: less disturbs nothing that is measured."""
BINS = 1024
"""Amplitude steps per unit, for finding piles of samples."""


@dataclass(frozen=True, eq=False)
class Survey:
    """What one pass over a channel's samples gives; `levels` per `Track.frame_s`, in dBFS.

    `clipped` is the share of samples cut off at the channel's own peak, 0 when its peaks are rounded as in nature.
    """

    track: Track
    levels: Floats
    mean: float
    clipped: float

    @cached_property
    def level_db(self) -> float:
        """Active level in dBFS."""
        return active_level(self.levels)

    @property
    def dead(self) -> bool:
        """Whether nothing was recorded on it."""
        return dead(self.levels)


def survey(track: Track) -> Survey:
    """Measure one channel; its DC is taken off in the track that comes back, and what stands still becomes zeros."""
    low, high, mean = _frames(track)
    still = low == high
    there = ~still if not still.all() else still
    own_mean = float(np.mean(mean[there])) if len(mean) else 0.0
    idle = high - low <= IDLE_SPAN
    clean = replace(track, offset=_offset(mean, idle, round(DC_AROUND_S / track.frame_s)))
    return Survey(clean, frame_levels(clean), own_mean, _clipped(_counts(track), round(own_mean * BINS)))


class _Frames(NamedTuple):
    """Lowest, highest and mean sample of each level frame, the last of which need not be full."""

    low: Floats
    high: Floats
    mean: Floats


def _frames(track: Track) -> _Frames:
    """The level frames of a channel, one after the other."""
    found = [np.zeros((3, 0), np.float32)]
    for _, block in track.blocks():
        starts = np.arange(0, len(block), track.hop)
        sizes = np.diff(starts, append=len(block))
        mean = np.add.reduceat(block, starts, dtype=np.float64) / sizes
        found.append(np.stack((np.minimum.reduceat(block, starts), np.maximum.reduceat(block, starts), mean)))
    return _Frames(*np.concatenate(found, axis=1, dtype=np.float32))


def _offset(mean: Floats, idle: Mask, around: int) -> Floats | None:
    """What to take off each frame: the DC of the signal around it (`around` frames), or, where the line is `idle`, its own: so
    that digital silence is zeros, and the idle value of a codec no slope beside a voice. None where there is next to nothing to
    take off."""
    reach = around // 2
    sums = np.concatenate(([0.0], np.cumsum(np.where(idle, 0.0, mean))))
    counts = np.concatenate(([0], np.cumsum(~idle)))
    first = np.maximum(np.arange(len(mean)) - reach, 0)
    last = np.minimum(np.arange(len(mean)) + reach + 1, len(mean))
    near = (sums[last] - sums[first]) / np.maximum(counts[last] - counts[first], 1)
    offset = np.where(idle, mean, near).astype(np.float32)
    offset[np.abs(offset) < LEAST_DC] = 0
    return offset if offset.any() else None


def _counts(track: Track) -> npt.NDArray[np.int64]:
    """How many samples lie at each of the amplitude steps from −1 to 1."""
    counts = np.zeros(2 * BINS + 1, np.int64)
    for _, block in track.blocks():
        places = np.clip(np.rint(block * np.float32(BINS)), -BINS, BINS).astype(np.int32) + BINS
        counts += np.bincount(places, minlength=len(counts))
    return counts


def _clipped(counts: npt.NDArray[np.int64], middle: int) -> float:
    """Share (0–1) of the samples in a pile at one of the two ends of the amplitudes, which speech does not make."""
    total = max(1, int(counts.sum()))
    upper, lower = counts[BINS + middle :], counts[BINS + middle :: -1]
    return _piled(upper) / total + _piled(lower) / total


def _piled(side: npt.NDArray[np.int64]) -> int:
    """Samples in a pile at the end of one side's amplitudes; 0 where they end as in nature."""
    if not side.any():
        return 0
    top = int(np.flatnonzero(side)[-1])
    if top < LEAST_PEAK * BINS:
        return 0
    pile = side[round(0.96 * top) :]
    below = side[round(0.86 * top) : round(0.96 * top)]
    piled = int(pile.sum())
    if piled < CLIPPING_FEWEST:
        return 0
    heard = int(side[round(0.05 * top) :].sum())
    usual = float(np.mean(below[below > 0])) if below.any() else 0.0
    is_pile = any(evidence.holds(piled, heard, int(pile.max()), usual) for evidence in CLIPPING_EVIDENCE)
    return piled if is_pile else 0


def sample_findings(number: int, found: Survey) -> list[Finding]:
    """Findings of one channel (`number` counts from 1): level in dBFS, offset and clipping in % of full scale and of samples."""
    level = Finding("level", number, round(found.level_db, 1), "dBFS")
    if found.dead:
        return [Finding("dead_channel", number, round(found.level_db, 1), "dBFS"), level]
    findings = [level]
    if abs(found.mean) >= DC_SHARE:
        findings.append(Finding("dc_offset", number, round(100 * found.mean, 2), "%"))
    if found.clipped > 0:
        findings.append(Finding("clipping", number, round(100 * found.clipped, 3), "%"))
    return findings


def residual_db(one: Survey, two: Survey) -> float:
    """What is left of `two` after `one` is taken from it at its best gain and delay, dB relative to `two`.

    0 when they are plainly different; only when a loud stretch of the two agrees is all of it compared.
    """
    lag, likeness = _alignment(one, two)
    if likeness < ALIKE:
        return 0.0
    together = one_power = two_power = 0.0
    for start, later in two.track.blocks():
        earlier = one.track.read(start - lag, start - lag + len(later))
        later = later[max(0, lag - start) :][: len(earlier)]
        earlier = earlier[: len(later)]
        together += float(np.dot(earlier, later))
        one_power += float(np.dot(earlier, earlier))
        two_power += float(np.dot(later, later))
    explained = together * together / max(one_power * two_power, 1e-20)
    return float(to_db(max(0.0, 1 - explained)))


class _Alignment(NamedTuple):
    """By how many samples a channel is later than another, and how alike they are then (0–1)."""

    lag: int
    likeness: float


def _alignment(one: Survey, two: Survey) -> _Alignment:
    """How late `two` is, over a loud stretch of `one`."""
    rate = one.track.rate
    start = _loudest(one)
    length, reach = round(ALIGN_S * rate), round(ALIGN_REACH_S * rate)
    wanted = one.track.read(start, start + length)
    low = max(0, start - reach)
    among = two.track.read(low, start + length + reach)
    if len(among) < len(wanted) or not len(wanted):
        return _Alignment(0, 0.0)
    size = 1 << (len(wanted) + len(among)).bit_length()
    spectrum = np.conj(np.fft.rfft(wanted, size)) * np.fft.rfft(among, size)
    fit = np.fft.irfft(spectrum, size)[: len(among) - len(wanted) + 1]
    best = int(np.argmax(np.abs(fit)))
    same = among[best : best + len(wanted)]
    scale = float(np.sqrt(np.dot(wanted, wanted) * np.dot(same, same)))
    if scale <= 0:
        return _Alignment(best + low - start, 0.0)
    return _Alignment(best + low - start, float(abs(fit[best]) / scale))


def _loudest(survey: Survey) -> int:
    """First sample of the loudest stretch of `ALIGN_S` seconds."""
    frames = round(ALIGN_S / survey.track.frame_s)
    if len(survey.levels) <= frames:
        return 0
    loudness = np.convolve(from_db(survey.levels), np.ones(frames), mode="valid")
    return int(np.argmax(loudness)) * survey.track.hop
