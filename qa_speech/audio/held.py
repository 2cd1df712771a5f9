r"""Sound that holds one pitch: a horn, a beep, the whine of a machine, a note that is sung. A voice that speaks glides.

    strongest peak, Hz     speech  /\__/‾\_ ‾\/\        horn  ‾‾‾‾‾‾‾‾    ‾‾‾‾‾‾‾‾

A voice detector takes a horn for a vowel: it has the harmonics of one. In telephone calls the strongest peak of a horn stays
where it is for as long as it is blown, that of speech for a third of a second in 6 of 10,000 spectra.
"""

from __future__ import annotations

import numpy as np

from qa_speech.audio.activity import Mask
from qa_speech.audio.movement import SIZE_S, STEP_S, Shapes
from qa_speech.audio.track import runs

LEAST_STEPS = 12
"""Spectra, 0.42 s from the first to the end of the last, through which a pitch is held: a spoken 嗯 is shorter."""
LEAST_SHARE, LEAST_HZ = 0.015, 2.0
"""It strays by no more than this share of it, or so many Hz: what a codec does to a tone."""


def held(found: Shapes, heard: Mask, frame_s: float) -> Mask:
    """Level frames of sound that holds its pitch for longer than a spoken 嗯.

    Parameters
    ----------
    found
        The spectra of one channel.
    heard, frame_s
        Its level frames of `frame_s` seconds that hold sound.

    Examples
    --------
    >>> from qa_speech.audio.movement import shapes
    >>> from qa_speech.audio.track import Track
    >>> clock = np.arange(8000) / 8000
    >>> pitch = np.where(clock < 0.5, 440 * clock, 440 * clock + 150 * (clock - 0.5) ** 2)      # from 0.5 s on it glides
    >>> sound = Track(np.sin(2 * np.pi * pitch).astype(np.float32), 8000)
    >>> heard = np.ones(100, bool)
    >>> runs(held(shapes(sound, heard), heard, 0.01))
    [(0, 54)]
    """
    mask = np.zeros(len(heard), bool)
    for first, last in runs(_held_spectra(found)):
        start, end = first * STEP_S, (last - 1) * STEP_S + SIZE_S
        mask[round(start / frame_s) : round(end / frame_s)] = True
    return mask & heard


def _held_spectra(found: Shapes) -> Mask:
    """The spectra whose strongest peak is held."""
    within = np.zeros(len(found.peak_hz), bool)
    if len(within) < LEAST_STEPS:
        return within
    windows = np.lib.stride_tricks.sliding_window_view(found.peak_hz, LEAST_STEPS)
    lowest, highest = windows.min(axis=1), windows.max(axis=1)
    most = np.maximum(LEAST_HZ, LEAST_SHARE * lowest)
    stays = (lowest > 0) & (highest - lowest <= most)
    for later in range(LEAST_STEPS):
        within[later : later + len(stays)] |= stays
    return within
