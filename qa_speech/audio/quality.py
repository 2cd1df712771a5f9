"""Sound quality of one channel, given where its speech is: noise, band, hum, holes, echo.

Every figure is taken from a bounded number of stretches spread over the call, so a two-hour call costs little more
than a short one. Levels are dBFS, frequencies Hz.
"""

from __future__ import annotations

from math import log2
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio import leak
from qa_speech.audio.activity import Mask, active_level
from qa_speech.audio.track import Floats, Track, frame_mask, from_db, grown, runs, to_db
from qa_speech.call import Finding
from qa_speech.timeline import NOWHERE, Timeline

STRETCHES = 200
COVERED_SHARE = 0.999
FEWEST = 8
"""Fewer stretches than this say nothing."""
WADA_FIRST_DB, WADA_STEP_DB = -20, 2
WADA_RATIOS = (
    0.4094, 0.4095, 0.4096, 0.41, 0.4107, 0.4121, 0.415, 0.4201, 0.4287, 0.4421, 0.4618, 0.4888, 0.5234, 0.5654,
    0.6139, 0.6673, 0.7242, 0.7828, 0.8417, 0.8997, 0.9558, 1.0095, 1.0604, 1.1081, 1.1527, 1.1941, 1.2323, 1.2676,
    1.3001, 1.3299, 1.3573, 1.3823, 1.4052, 1.4262, 1.4453, 1.4628,
)  # fmt: skip
"""E[log mean|x| − mean log|x|] of speech (gamma amplitudes, shape 0.4) in white noise from −20 dB in steps of 2 dB."""
WADA_SECONDS, WADA_LONGEST_S = 60.0, 600.0
LOW_SNR_DB = 12.0
NOISE_DB, NOISE_SPREAD_DB, NOISE_FRAMES = -50.0, 20.0, 500
NARROW_HZ = 2400.0
MAINS_HZ = (50.0, 60.0)
HUM_BELOW_DB, HUM_FEWEST = 45.0, 3
HUM_HEARD_DB = -76.0
"""dBFS; hum below this is heard by nobody, however still the line."""
ECHO_QUIETEST_DB = -25.0
BAND_DB = 40.0
UNHEARD_DB = 55.0
RATE_SHARE, RATE_EDGE_HZ = 0.4, 100.0
"""What was made at a rate reaches at least this share of it, and at most this far beyond its half."""
USUAL_RATES = (8000, 11025, 16000, 22050, 24000, 32000)
ECHO_EARLIEST_S = 0.06
ECHO_ACTIVE_DB = 12.0
ECHO_SPREAD_DB = 12.0
ECHO_FEWEST, ECHO_STRETCHES = 20, 200
HOLE_S = (0.06, 0.6)
HOLE_BELOW_DB = 9.0
GONE_DB, BACKGROUND_THERE = 18.0, 0.8
"""A background that is this far below its median for more than a fifth of the time comes and goes by itself."""
HOLE_MOST_DC = 0.005
"""With more DC than this, a companding codec makes a constant of any quiet sound."""
STILL_FRAMES = 6000
"""Frames of a quiet stretch that are looked at together: bounds memory."""
STILL_SHARE = 0.08
"""Where the background stands still for more of its time, standing still is no sign of a hole."""
ALIVE_DB = -95.0
"""dBFS; a background below this is digital silence."""


class Evidence(NamedTuple):
    """What makes an echo: how far its delay stands out of all others (deviations), and how strong it is (dB)."""

    outstanding: float
    peak_db: float

    def holds(self, found: leak.Response) -> bool:
        """Whether a delay is both."""
        return found.outstanding > self.outstanding and found.peak_db > self.peak_db


ECHO_EVIDENCE = (Evidence(9.0, -31.0), Evidence(12.0, -34.0))
"""Either of these is enough."""


class Peak(NamedTuple):
    """Something found at a place: its level in dB, and where (Hz or seconds)."""

    level_db: float
    at: float


def findings(
    number: int,
    track: Track,
    levels: Floats,
    speech: Timeline,
    apart: Timeline = NOWHERE,
    others: Timeline = NOWHERE,
) -> list[Finding]:
    """What the sound of one channel is like (`number` counts from 1), each figure with its unit; `levels` are in dBFS.

    What is `apart` is neither speech nor background; `others`, where music or tones sound, is no background of the speech.
    The codes stand in `audio.channels`.
    """
    mask = frame_mask(speech, len(levels), track.frame_s)
    outside = frame_mask(apart, len(levels), track.frame_s)
    told = outside | frame_mask(others - speech, len(levels), track.frame_s)
    return [
        *_noise_findings(number, track, levels[~told], mask[~told], speech),
        *_band_findings(number, track, mask),
        *_hum_findings(number, hum(track, mask | outside), active_level(levels)),
        *_echo_findings(number, echo(track, levels)),
        *_hole_findings(number, holes(track, levels, speech | apart)),
    ]


def _noise_findings(number: int, track: Track, levels: Floats, mask: Mask, speech: Timeline) -> list[Finding]:
    """Speech against background, dB; `mask` marks the speech among the `levels` that tell of either."""
    found = []
    ratio = snr_db(levels, mask)
    if ratio is not None:
        found.append(Finding("snr", number, round(ratio, 1), "dB"))
        if ratio < LOW_SNR_DB:
            found.append(Finding("low_snr", number, round(ratio, 1), "dB"))
    wada = wada_snr_db(track, speech)
    if wada is not None:
        found.append(Finding("wada_snr", number, round(wada, 1), "dB"))
    return found


def _band_findings(number: int, track: Track, speech: Mask) -> list[Finding]:
    """How far up a channel reaches, and the rate it was made at, Hz."""
    found = []
    limit = band_limit_hz(track, speech)
    if limit is not None:
        found.append(Finding("band_limit", number, round(limit), "Hz"))
        if limit < NARROW_HZ:
            found.append(Finding("narrow_band", number, round(limit), "Hz"))
    rate = true_rate(track, speech)
    if rate is not None:
        found.append(Finding("sampling_rate", number, rate, "Hz"))
    return found


def _hum_findings(number: int, mains: Peak | None, active_db: float) -> list[Finding]:
    """Hum that is heard beside an active level in dBFS."""
    if mains is None or mains.level_db <= max(HUM_HEARD_DB, active_db - HUM_BELOW_DB):
        return []
    return [Finding("hum", number, round(mains.level_db, 1), "dBFS", f"{mains.at:g} Hz")]


def _echo_findings(number: int, returned: Peak | None) -> list[Finding]:
    """How loud the echo is, and how late in ms."""
    if returned is None:
        return []
    return [
        Finding("echo", number, round(returned.level_db, 1), "dB"),
        Finding("echo_lag", number, round(returned.at * 1000), "ms"),
    ]


def _hole_findings(number: int, gone: Timeline | None) -> list[Finding]:
    """How many drop-outs there are; the note says how many seconds in all."""
    if not gone:
        return []
    return [Finding("dropouts", number, float(len(gone)), "count", f"{gone.duration:.2f} s")]


def noise_throughout(levels: Floats) -> bool:
    """Whether a channel without speech holds an even sound that could bury a voice. `levels` of what is no music or tone.

    >>> noise_throughout(np.full(500, -30, np.float32)), noise_throughout(np.full(500, -60, np.float32))
    (True, False)
    """
    if len(levels) < NOISE_FRAMES:
        return False
    quiet, loud = (float(value) for value in np.percentile(levels, (10, 95)))
    return loud > NOISE_DB and loud - quiet < NOISE_SPREAD_DB


def snr_db(levels: Floats, speech: Mask) -> float | None:
    """Speech over background in dB, from the mean power inside and outside the speech; None without both.

    >>> levels = np.array([-60.0] * 100 + [-20.0] * 100, np.float32)
    >>> round(snr_db(levels, levels > -40), 1)
    40.0
    """
    background = levels[~grown(speech, 10)]
    if not speech.any() or len(background) < 20:
        return None
    noise = float(np.median(from_db(background)))
    voice = max(float(np.mean(from_db(levels[speech]))) - noise, 1e-12)
    ratio = voice / max(noise, 1e-12)
    return float(np.clip(10 * np.log10(ratio), -20, 100))


def wada_snr_db(track: Track, speech: Timeline) -> float | None:
    """Speech over noise from the distribution of the amplitudes alone (Kim and Stern 2008), −20…50 dB.

    Needs no background to compare with: it sees noise that is only there while somebody speaks.
    """
    pieces = [np.zeros(0, np.float32)]
    taken_s = 0.0
    for said in speech:
        end = min(said.end, said.start + WADA_LONGEST_S)
        pieces.append(track.read(round(said.start * track.rate), round(end * track.rate)))
        taken_s += said.duration
        if taken_s >= WADA_SECONDS:
            break
    heard = np.abs(np.concatenate(pieces))
    if len(heard) < track.rate:
        return None
    heard = np.maximum(heard, np.float32(2**-17))
    log_of_mean = np.log(np.mean(heard, dtype=np.float64))
    mean_of_log = np.mean(np.log(heard), dtype=np.float64)
    ratio = float(log_of_mean - mean_of_log)
    steps = WADA_FIRST_DB + WADA_STEP_DB * np.arange(len(WADA_RATIOS))
    return float(np.interp(ratio, WADA_RATIOS, steps))


def band_limit_hz(track: Track, speech: Mask) -> float | None:
    """The frequency above which a channel holds nothing, neither speech nor noise; None with too little speech.

    Taken from the loudest 3 % of the speech at each frequency, so that a voice without hiss is not mistaken for a
    narrow line: there is always some noise, and an `s` now and then.
    """
    size = _power_of_two(0.032 * track.rate)
    spectra = _spectra(track, speech, size)
    if spectra is None:
        return None
    loudest = np.percentile(spectra, 97, axis=0)
    high = np.convolve(loudest, np.ones(3) / 3, mode="same")
    least = np.max(high) * 10 ** (-BAND_DB / 10)
    heard = np.flatnonzero(high > least)
    if not len(heard):
        return None
    return float(heard[-1] * track.rate / size)


def true_rate(track: Track, speech: Mask) -> int | None:
    """The lower rate that a recording was made at before it was brought to its own rate, in Hz, or None.

    Sound above 4 kHz, however faint, is there in any recording at 16 kHz; what was recorded at 8 kHz has none. The band of
    a codec that ends elsewhere, 5.7 kHz say, is no sign of a lower rate.
    """
    lower = [rate for rate in USUAL_RATES if rate < track.rate * 0.8]
    if not lower:
        return None
    size = _power_of_two(0.032 * track.rate)
    spectra = _spectra(track, speech, size)
    if spectra is None:
        return None
    high = np.percentile(spectra, 97, axis=0)
    faint = np.max(high) * 10 ** (-UNHEARD_DB / 10)
    hertz = np.arange(len(high)) * track.rate / size
    top = float(hertz[np.flatnonzero(high >= faint)[-1]])
    for rate in lower:
        if RATE_SHARE * rate < top < rate / 2 + RATE_EDGE_HZ:
            return rate
    return None


def hum(track: Track, speech: Mask) -> Peak | None:
    """Mains hum between the words: level of its harmonics in dBFS and its frequency, or None."""
    size = _power_of_two(0.5 * track.rate)
    spectra = _spectra(track, ~grown(speech, 10), size, most=40, fewest=HUM_FEWEST)
    if spectra is None:
        return None
    power = np.mean(spectra, axis=0)
    hertz = np.arange(len(power)) * track.rate / size
    found = [_harmonics(power, hertz, mains) for mains in MAINS_HZ]
    heard = [peak for peak in found if peak is not None]
    return max(heard, key=lambda peak: peak.level_db, default=None)


def _harmonics(power: npt.NDArray[np.float32], hertz: npt.NDArray[np.float64], mains: float) -> Peak | None:
    """Level in dBFS of the harmonics of `mains` Hz that stand out of the power around them; None for fewer than two."""
    total, count = 0.0, 0
    for number in range(1, 9):
        away = np.abs(hertz - mains * number)
        near = power[away <= 2.5]
        around = power[(away <= 20) & (away > 6)]
        if float(np.max(near)) > 10 * float(np.median(around)):
            count += 1
            total += float(np.sum(near))
    if count < 2:
        return None
    return Peak(float(to_db(total)), mains)


def echo(track: Track, levels: Floats) -> Peak | None:
    """The channel's own voice coming back: level relative to it in dB and delay in seconds, or None.

    The channel is held against itself as one channel is against another to find a leak. Echoes sooner than 60 ms are not
    told apart from the pitch of the voice, those below about −25 dB not from the rhythm of speech.
    """
    count = len(track) // leak.STRETCH
    first = (np.arange(count) * leak.STRETCH) // track.hop
    frames = max(1, leak.STRETCH // track.hop)
    loud = to_db(leak.mean_power(levels, first, frames))
    active = np.flatnonzero(loud > active_level(levels) - ECHO_ACTIVE_DB)
    if len(active) < ECHO_FEWEST:
        return None
    chosen = _spread(active, ECHO_STRETCHES) * leak.STRETCH
    found = leak.response(track, track, chosen, ECHO_EARLIEST_S)
    if not any(evidence.holds(found) for evidence in ECHO_EVIDENCE):
        return None
    level_db = min(found.level_db, found.peak_db + ECHO_SPREAD_DB)
    if level_db < ECHO_QUIETEST_DB:
        return None
    return Peak(level_db, found.lag / track.rate)


def _spread(places: leak.Places, most: int) -> leak.Places:
    """Up to `most` of the places (indices of samples), evenly spread."""
    chosen = np.linspace(0, len(places) - 1, min(most, len(places))).astype(int)
    return np.asarray(places[chosen])


def holes(track: Track, levels: Floats, speech: Timeline) -> Timeline | None:
    """Drop-outs: stretches of at least 60 ms inside speech where even the background is gone.

    Gone is well below the background, or one constant value. None when the channel has no background: digital
    silence between words is then no different from a hole.
    """
    inside = frame_mask(speech.bridged(HOLE_S[1]), len(levels), track.frame_s)
    between = ~grown(inside, 10)
    background = levels[between]
    if len(background) < 100:
        return None
    middle = float(np.median(background))
    there = background[background > middle - GONE_DB]
    if middle < ALIVE_DB or len(there) < BACKGROUND_THERE * len(background):
        return None
    low = float(np.percentile(there, 5))
    least, most = round(HOLE_S[0] / track.frame_s) - 1, round(HOLE_S[1] / track.frame_s)
    gone = inside & (levels < low - HOLE_BELOW_DB)
    if track.offset is None or float(np.median(np.abs(track.offset))) < HOLE_MOST_DC:
        still = _still(track, levels < max(low, middle - HOLE_BELOW_DB), least)
        background_still = np.count_nonzero(still & between)
        if background_still <= STILL_SHARE * len(background):
            gone |= inside & still
    return Timeline(
        (first * track.frame_s, last * track.frame_s) for first, last in runs(gone) if least <= last - first <= most
    )


def _still(track: Track, quiet: Mask, least: int) -> Mask:
    """Frames of which at least `least` in a row are one constant value, among quiet ones."""
    still = np.zeros(len(quiet), bool)
    for first, last in runs(quiet):
        if last - first < least:
            continue
        for start in range(first, last, STILL_FRAMES):
            piece = track.read(start * track.hop, min(last, start + STILL_FRAMES) * track.hop)
            full = len(piece) // track.hop
            frames = piece[: full * track.hop].reshape(full, track.hop)
            still[start : start + len(frames)] = np.ptp(frames, axis=1) == 0
    for first, last in runs(still):
        still[first:last] = last - first >= least
    return still


def _power_of_two(samples: float) -> int:
    return 1 << max(1, round(log2(samples)))


def _spectra(
    track: Track, mask: Mask, size: int, *, most: int = STRETCHES, fewest: int = FEWEST
) -> npt.NDArray[np.float32] | None:
    """Power spectra of up to `most` stretches of `size` samples that the mask covers; mean square per bin.

    None with fewer than `fewest` such stretches.
    """
    frames = -(-size // track.hop)
    if len(mask) < frames:
        return None
    covered = np.convolve(mask, np.ones(frames), mode="valid") >= COVERED_SHARE * frames
    starts = _apart(np.flatnonzero(covered), frames)
    if len(starts) < fewest:
        return None
    pieces = []
    for start in _spread(starts, most):
        first = int(start) * track.hop
        pieces.append(track.read(first, first + size))
    window = np.hanning(size).astype(np.float32)
    stack = np.stack([piece for piece in pieces if len(piece) == size]) * window
    spectra = np.fft.rfft(stack, axis=1)
    power = spectra.real**2 + spectra.imag**2
    scale = 2 / (size * float(np.sum(window**2)))
    return np.asarray(power * np.float32(scale), np.float32)


def _apart(starts: leak.Places, frames: int) -> leak.Places:
    """A choice of the starts (frame indices) with which stretches of as many frames do not overlap."""
    kept, free = [], -1
    for start in starts:
        if start >= free:
            kept.append(start)
            free = start + frames
    return np.array(kept, np.intp)
