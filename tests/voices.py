"""Sounds for the tests of `qa_speech.audio`: something like a voice, and a detector that goes by level."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
RATE = 8000
FRAME_S = 0.032


def voice(
    spans: Iterable[tuple[float, float]], length_s: float, *, level_db: float = -20.0, seed: int = 0, rate: int = RATE
) -> Floats:
    """Gliding harmonics and hiss in `spans`, four syllables a second, active level near `level_db`; silence elsewhere."""
    random = np.random.default_rng(seed)
    clock = np.arange(round(length_s * rate)) / rate
    pitch = 160 + 40 * np.sin(2 * np.pi * (0.7 + 0.1 * seed) * clock + seed) + 25 * np.sin(2 * np.pi * 2.3 * clock)
    phase = np.cumsum(pitch) / rate
    sound = sum(np.sin(2 * np.pi * n * phase + n * n) / n**0.7 for n in range(2, 18))
    sound = sound + 0.7 * random.standard_normal(len(clock)) * (np.sin(2 * np.pi * 4 * clock) > 0.8)
    sound = sound * (0.55 + 0.45 * np.cos(2 * np.pi * 4 * clock + seed))
    spoken = np.zeros(len(clock), bool)
    for start, end in spans:
        spoken[round(start * rate) : round(end * rate)] = True
    sound = np.where(spoken, sound / max(1e-9, float(np.std(sound[spoken]))), 0) if spoken.any() else sound * 0
    return (sound * 10 ** ((level_db - 2.5) / 20)).astype(np.float32)


def noise(length_s: float, level_db: float, *, seed: int = 9, rate: int = RATE) -> Floats:
    """White noise of a level in dBFS."""
    random = np.random.default_rng(seed)
    return (random.standard_normal(round(length_s * rate)) * 10 ** (level_db / 20)).astype(np.float32)


def by_level(samples: Floats) -> Floats:
    """Speech probability per 32 ms at 16 kHz: 0.95 above −42 dBFS, else 0.02."""
    size = round(FRAME_S * 16_000)
    padded = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    level = 10 * np.log10(np.mean(padded.astype(np.float64) ** 2, axis=1) + 1e-12)
    return np.where(level > -42, 0.95, 0.02).astype(np.float32)
