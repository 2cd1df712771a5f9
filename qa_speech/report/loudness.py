"""How loud a recording is, stretch by stretch, for the lanes of its page."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from qa_speech.audio.store import let_go
from qa_speech.report.charts import LOUDEST, Levels

MOST = 2400
"""Stretches of a call: an hour in steps of a second and a half."""
SHORTEST_S = 0.05
FULL_SCALE = 32768.0


def levels_of(samples: npt.NDArray[np.int16], rate: int) -> Levels:
    """The level of each stretch of each channel, 0 (−60 dBFS or less) to 60 (0 dBFS).

    Parameters
    ----------
    samples : int16, shape (channels, n)
    rate : Hz

    Examples
    --------
    >>> loud = np.full((1, 8000), 32767, np.int16)
    >>> loud[:, :4000] = 33
    >>> levels = levels_of(loud, 8000)[0]
    >>> len(levels), levels[0], levels[-1]
    (20, 0, 60)
    """
    length = samples.shape[1]
    if not length:
        return []
    count = max(1, min(MOST, round(length / rate / SHORTEST_S)))
    borders = [length * place // count for place in range(count + 1)]
    return [_levels(channel, borders) for channel in samples]


def _levels(channel: npt.NDArray[np.int16], borders: list[int]) -> list[int]:
    found = []
    for start, end in pairwise(borders):
        heard = channel[start:end].astype(np.float32) / FULL_SCALE
        power = float(np.mean(heard * heard)) if len(heard) else 0.0
        level_db = 10 * np.log10(power + 1e-12)
        found.append(int(min(LOUDEST, max(0.0, round(LOUDEST + level_db)))))
        let_go(channel)
    return found
