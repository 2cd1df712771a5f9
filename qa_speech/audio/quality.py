"""Sound quality of one channel, given where its speech is: noise, band, hum, holes, echo.

Every figure is taken from a bounded number of stretches spread over the call, so a two-hour call costs little more
than a short one. Levels are dBFS, frequencies Hz.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.track import SILENT_DB, Floats, Track, to_db
from qa_speech.timeline import Timeline

Mask = npt.NDArray[np.bool_]

STRETCHES = 200
FEWEST = 8
"""Fewer stretches than this say nothing."""
WADA_FIRST_DB, WADA_STEP_DB = -20, 2
WADA_RATIOS = (
    0.4094, 0.4095, 0.4096, 0.41, 0.4107, 0.4121, 0.415, 0.4201, 0.4287, 0.4421, 0.4618, 0.4888, 0.5234, 0.5654,
    0.6139, 0.6673, 0.7242, 0.7828, 0.8417, 0.8997, 0.9558, 1.0095, 1.0604, 1.1081, 1.1527, 1.1941, 1.2323, 1.2676,
    1.3001, 1.3299, 1.3573, 1.3823, 1.4052, 1.4262, 1.4453, 1.4628,
)  # fmt: skip
"""E[log mean|x| − mean log|x|] of speech (gamma amplitudes, shape 0.4) in white noise from −20 dB in steps of 2 dB."""
WADA_SECONDS = 60.0


class Peak(NamedTuple):
    """Something found at a place: its level in dB, and where (Hz or seconds)."""

    level_db: float
    at: float


def speech_mask(speech: Timeline, count: int, frame_s: float) -> Mask:
    """Which of `count` level frames lie in the speech."""
    mask = np.zeros(count, bool)
    for item in speech:
        mask[round(item.start / frame_s) : round(item.end / frame_s)] = True
    return mask


def snr_db(levels: Floats, speech: Mask) -> float | None:
    """Speech over background, from the mean power inside and outside the speech; None without both.

    >>> levels = np.array([-60.0] * 100 + [-20.0] * 100, np.float32)
    >>> round(snr_db(levels, levels > -40), 1)
    40.0
    """
    background = levels[~_grown(speech, 10)]
    if not speech.any() or len(background) < 20:
        return None
    power = 10 ** (levels.astype(np.float64) / 10)
    noise = float(np.median(10 ** (background.astype(np.float64) / 10)))
    voice = max(float(np.mean(power[speech])) - noise, 1e-12)
    return float(np.clip(10 * np.log10(voice / max(noise, 1e-12)), -20, 100))


def wada_snr_db(track: Track, speech: Timeline) -> float | None:
    """Speech over noise from the distribution of the amplitudes alone (Kim and Stern 2008), −20…50 dB.

    Needs no background to compare with: it sees noise that is only there while somebody speaks.
    """
    pieces, taken = [], 0.0
    for item in speech:
        pieces.append(track.read(round(item.start * track.rate), round(item.end * track.rate)))
        taken += item.duration
        if taken >= WADA_SECONDS:
            break
    heard = np.abs(np.concatenate(pieces)) if pieces else np.zeros(0, np.float32)
    if len(heard) < track.rate:
        return None
    heard = np.maximum(heard, np.float32(2**-17))
    ratio = float(np.log(np.mean(heard, dtype=np.float64)) - np.mean(np.log(heard), dtype=np.float64))
    steps = WADA_FIRST_DB + WADA_STEP_DB * np.arange(len(WADA_RATIOS))
    return float(np.interp(ratio, WADA_RATIOS, steps))


def band_limit_hz(track: Track, speech: Mask) -> float | None:
    """The highest frequency at which speech stands out of the background; None with too little speech."""
    size = _power_of_two(0.032 * track.rate)
    loud = _spectra(track, speech, size)
    quiet = _spectra(track, ~_grown(speech, 10), size)
    if loud is None:
        return None
    high = np.percentile(loud, 97, axis=0)
    low = np.percentile(quiet, 97, axis=0) if quiet is not None else np.zeros_like(high)
    out = (high > 4 * low) & (high > np.max(high) * 1e-6)
    return float(np.flatnonzero(out)[-1] * track.rate / size) if out.any() else None


def content_limit_hz(track: Track, speech: Mask) -> float | None:
    """The highest frequency that holds any sound at all, speech or noise."""
    size = _power_of_two(0.032 * track.rate)
    spectra = _spectra(track, np.ones_like(speech), size)
    if spectra is None:
        return None
    high = np.percentile(spectra, 97, axis=0)
    return float(np.flatnonzero(high > np.max(high) * 1e-7)[-1] * track.rate / size)


def hum(track: Track, speech: Mask) -> Peak | None:
    """Mains hum between the words: level of its harmonics in dBFS and its frequency, or None."""
    size = _power_of_two(0.5 * track.rate)
    spectra = _spectra(track, ~_grown(speech, 10), size, most=40)
    if spectra is None:
        return None
    power = np.mean(spectra, axis=0)
    hertz = np.arange(len(power)) * track.rate / size
    best: Peak | None = None
    for mains in (50.0, 60.0):
        total, count = 0.0, 0
        for number in range(1, 9):
            near = np.abs(hertz - mains * number) <= 2.5
            around = (np.abs(hertz - mains * number) <= 20) & ~(np.abs(hertz - mains * number) <= 6)
            peak, base = float(np.max(power[near])), float(np.median(power[around]))
            if peak > 10 * base:
                count += 1
                total += float(np.sum(power[near]))
        if count >= 2 and (best is None or to_db(total) > best.level_db):
            best = Peak(float(to_db(total)), mains)
    return best


def echo(track: Track, speech: Mask) -> Peak | None:
    """The channel's own voice coming back: level relative to it in dB and delay in seconds, or None.

    An echo ripples the spectrum evenly; averaged over the call, the ripple is a peak of the cepstrum at its delay.
    """
    size = _power_of_two(1.0 * track.rate)
    spectra = _spectra(track, speech, size, most=120, full=0.5)
    if spectra is None:
        return None
    hertz = np.arange(spectra.shape[1]) * track.rate / size
    inside = (hertz > 250) & (hertz < 3600)
    log = np.mean(np.log(spectra + 1e-14), axis=0)
    log = np.where(inside, log - np.mean(log[inside]), 0)
    cepstrum = np.fft.irfft(log) / np.mean(inside)
    first, last = round(0.04 * track.rate), round(0.48 * track.rate)
    among = np.abs(cepstrum[first:last])
    peak = int(np.argmax(among))
    spread = float(np.median(among)) / 0.6745
    if among[peak] < 8 * spread:
        return None
    return Peak(float(20 * np.log10(among[peak])), (first + peak) / track.rate)


def holes(track: Track, levels: Floats, speech: Timeline) -> Timeline:
    """Drop-outs: stretches of 60 to 500 ms inside speech where the sound is cut off and comes back at once."""
    found = []
    loud = float(np.percentile(levels, 95))
    for item in speech.bridged(0.5):
        first, last = round(item.start / track.frame_s), min(len(levels), round(item.end / track.frame_s))
        piece = levels[first:last]
        low = piece < loud - 35
        edges = np.flatnonzero(np.diff(np.concatenate(([False], low, [False])).astype(np.int8))).reshape(-1, 2)
        for a, b in edges:
            if not 5 <= b - a <= 50 or a < 2 or b > len(piece) - 2:
                continue
            before, after = piece[a - 2 : a].max(), piece[b : b + 2].max()
            if min(before, after) - np.max(piece[a + 1 : b - 1]) > 30 and min(before, after) > loud - 20:
                found.append(((first + a) * track.frame_s, (first + b) * track.frame_s))
    return Timeline(found)


def _grown(mask: Mask, frames: int) -> Mask:
    """The mask with `frames` more on both sides of each run."""
    return np.asarray(np.convolve(mask, np.ones(2 * frames + 1), mode="same") > 0.5)


def _power_of_two(samples: float) -> int:
    return 1 << max(1, round(np.log2(samples)))


def _spectra(
    track: Track, mask: Mask, size: int, *, most: int = STRETCHES, full: float = 0.999
) -> npt.NDArray[np.float32] | None:
    """Power spectra of up to `most` stretches of `size` samples that the mask covers to `full`; mean square per bin."""
    frames = -(-size // track.hop)
    if len(mask) < frames:
        return None
    covered = np.convolve(mask, np.ones(frames), mode="valid") >= full * frames
    starts = _apart(np.flatnonzero(covered), frames)
    if len(starts) < FEWEST:
        return None
    chosen = starts[np.linspace(0, len(starts) - 1, min(most, len(starts))).astype(int)]
    window = np.hanning(size).astype(np.float32)
    pieces = [track.read(int(start) * track.hop, int(start) * track.hop + size) for start in chosen]
    stack = np.stack([piece for piece in pieces if len(piece) == size]) * window
    spectra = np.fft.rfft(stack, axis=1)
    scale = 2 / (size * float(np.sum(window**2)))
    return np.asarray((spectra.real**2 + spectra.imag**2) * np.float32(scale), np.float32)


def _apart(starts: npt.NDArray[np.intp], frames: int) -> npt.NDArray[np.intp]:
    """A choice of the starts in which stretches do not overlap."""
    kept, free = [], -1
    for start in starts:
        if start >= free:
            kept.append(start)
            free = start + frames
    return np.array(kept, np.intp)
