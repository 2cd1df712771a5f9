r"""A pitch lent to speech that has none: whispered, hoarse, robbed of its low notes.

A voice detector knows speech by its harmonics, so it hears nothing of a whisper, however loud. Yet its vowels are
there: the spectrum moves as in any speech. So the noise that carries them is exchanged for the pulses of a voice,
under the same spectrum, which falls as that of a voice does.

    whisper     noise  × /\_/\__   envelope      →    pulses × \  /\_/\__   envelope, 6 dB an octave steeper
                                                       | | | |

What is no speech stays none: a hammer or a fan has no vowels to lend a voice to.
"""

from __future__ import annotations

import numpy as np

from qa_speech.audio.track import ENGINE_RATE, Floats

SIZE, STEP = 512, 256
"""Samples at 16 kHz of a spectrum, 32 ms, and from one to the next."""
SMOOTHED = 3
"""Spectra averaged over, against the chance of noise."""
ENVELOPE_S = 0.0015
"""What repeats within this is the shape of a mouth; what repeats later would be a pitch."""
PITCH_HZ, GLIDE, GLIDE_HZ = 75.0, 0.15, 2.0
"""The pitch lent, by how much of itself it glides, and how often a second: a voice that stays on one note is a machine, and
the lower it is, the closer its harmonics show the shape of the spectrum."""
LOWEST_HZ = 100.0
"""Below this the spectrum falls no steeper."""
PART_STEPS = 2048
"""Steps at once, half a minute: bounds memory."""
FAINTEST = 1e-12


def voiced(samples: Floats) -> Floats:
    """The same sound with the pitch of a voice in place of its own.

    Parameters
    ----------
    samples
        float32, shape (n,), at 16 kHz; left unchanged.

    Returns
    -------
    float32, shape (n,), at the level that it had.

    Examples
    --------
    >>> hiss = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    >>> voiced(hiss).shape, bool(0.05 < np.std(voiced(hiss)) < 0.2), voiced(hiss[:10]).shape
    ((16000,), True, (10,))
    """
    room = np.zeros(SIZE, np.float32)
    heard = np.concatenate((room[STEP:], samples, room))
    steps = (len(heard) - SIZE) // STEP + 1
    pulses = _pulses(len(heard))
    found = np.zeros(len(heard), np.float32)
    window = np.hanning(SIZE + 1)[:SIZE].astype(np.float32)
    for first in range(0, steps, PART_STEPS):
        last = min(steps, first + PART_STEPS)
        part = slice(first * STEP, (last - 1) * STEP + SIZE)
        shape = _envelopes(_stretches(heard[part]) * window)
        spoken = np.fft.irfft(np.fft.rfft(_stretches(pulses[part]) * window, axis=1) * shape, axis=1)
        for half in (0, 1):
            laid = np.ascontiguousarray(spoken[half::2], np.float32).reshape(-1)
            start = (first + half) * STEP
            found[start : start + len(laid)] += laid
    found = found[STEP : STEP + len(samples)]
    return found * np.float32(_rms(samples) / max(_rms(found), FAINTEST))


def _stretches(samples: Floats) -> Floats:
    """Views of `SIZE` samples, `STEP` apart."""
    return np.lib.stride_tricks.sliding_window_view(samples, SIZE)[::STEP]


def _pulses(count: int) -> Floats:
    """`count` samples of the pulses of a gliding pitch."""
    pulses = np.zeros(count, np.float32)
    turned = 0.0
    for start in range(0, count, PART_STEPS * STEP):
        clock = np.arange(start, min(count, start + PART_STEPS * STEP)) / ENGINE_RATE
        pitch = PITCH_HZ * (1 + GLIDE * np.sin(2 * np.pi * GLIDE_HZ * clock))
        cycles = np.cumsum(np.concatenate(([turned], pitch)))
        turned = float(cycles[-1])
        pulses[start : start + len(clock)] = np.diff(np.floor(cycles / ENGINE_RATE))
    return pulses


def _envelopes(frames: Floats) -> Floats:
    """The shape of the spectrum of each frame, made to fall by 6 dB an octave more, shape (frames, bins)."""
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    total = np.cumsum(np.pad(power, ((SMOOTHED // 2 + 1, SMOOTHED // 2), (0, 0)), mode="edge"), axis=0)
    even = (total[SMOOTHED:] - total[:-SMOOTHED]) / SMOOTHED
    cepstra = np.fft.irfft(np.log(np.maximum(even, FAINTEST)), axis=1)
    kept = round(ENVELOPE_S * ENGINE_RATE)
    cepstra[:, kept : SIZE - kept + 1] = 0
    shape = np.exp(np.fft.rfft(cepstra, axis=1).real / 2)
    hertz = np.fft.rfftfreq(SIZE, 1 / ENGINE_RATE)
    return np.asarray(shape * (LOWEST_HZ / np.maximum(hertz, LOWEST_HZ)), np.float32)


def _rms(samples: Floats) -> float:
    """Root of the mean square; 0 of none."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
