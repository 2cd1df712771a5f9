"""The samples of a clip: cut out of the recording, levelled, masked, mixed if asked for, faded."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from qa_speech.audio.loudness import faded, levelled, mixed
from qa_speech.audio.mask import Replacement, mask_ranges, ranges
from qa_speech.timeline import Segment, Timeline

_HAIR = 1e-6
"""Of a sample: an edge that a rounded time puts just beside a sample is on it."""


def render(
    samples: npt.NDArray[np.int16],
    rate: int,
    held: Segment,
    spans: Timeline,
    *,
    mix: bool = False,
    replacement: Replacement = "tone",
) -> tuple[npt.NDArray[np.int16], int]:
    """The samples of a clip and how many stretches of it are masked.

    Parameters
    ----------
    samples : int16, shape (channels, n), the whole recording
    rate : int, Hz
    held : the window, in seconds; not one sample before or after it is used.
    spans : what to mask, in seconds of the recording, without padding.

    Returns
    -------
    int16, shape (channels or 1, about held.duration × rate), and a count
        Cut, levelled on what is not masked, masked on every channel, mixed if asked for, faded. Masking comes after
        levelling, so no gain depends on what is hidden.

    Examples
    --------
    >>> piece, masked = render(np.zeros((2, 8000), np.int16), 1000, Segment(1, 3), Timeline([(2, 2.5)]), mix=True)
    >>> piece.shape, masked
    ((1, 2000), 1)
    """
    first = math.ceil(held.start * rate - _HAIR)
    last = min(math.floor(held.end * rate + _HAIR), samples.shape[1])
    replaced = []
    for start, end in ranges(spans, rate, samples.shape[1]):
        if start < last and first < end:
            replaced.append((max(start, first) - first, min(end, last) - first))
    piece = levelled(samples[:, first:last], rate, leave_out=replaced)
    piece = mask_ranges(piece, rate, replaced, replacement=replacement)
    if mix:
        piece = mixed(piece)
    return faded(piece, rate), len(replaced)
