"""Make spans of a recording unhearable: a tone or silence in their place, on every channel.

    samples   ~~~~~~~~~~~~~~~~~~~~~
    spans          |----|              word times of what must not be heard
    padded       |--------|            `padding_s` on both sides: word times are never exact
    result    ~~~________~~~~~~~~~~    nothing of the recording is left inside; outside every sample is as it was

Every channel is replaced, since telephone lines leak the other party's voice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.audio.store import Store, blocks
from qa_speech.timeline import Segment, Timeline

Replacement: TypeAlias = Literal["tone", "silence"]
"""What is heard in the place of a masked stretch."""
PADDING_S = 0.2
"""Seconds hidden on both sides of a span."""
TONE_HZ = 1000.0
TONE_DB = -26.0
"""RMS of the tone in dBFS: heard clearly, below the level of speech."""
FADE_S = 0.01


def mask(
    samples: npt.NDArray[np.int16],
    rate: int,
    spans: Iterable[Segment],
    *,
    replacement: Replacement = "tone",
    padding_s: float = PADDING_S,
) -> npt.NDArray[np.int16]:
    """A copy of a recording with its spans replaced on every channel.

    Parameters
    ----------
    samples : int16, shape (channels, n)
    rate : int, Hz
    spans : segments in seconds from the first sample; in any order, they may overlap or reach beyond the end.
    replacement : ``tone`` or ``silence``
        What is heard instead: a sine of 1 kHz at −26 dBFS, or zeros.
    padding_s : float, seconds, ≥ 0
        Hidden on both sides of each span.

    Returns
    -------
    int16, shape (channels, n)
        Inside the padded spans the values depend on the span alone, not on the recording.

    Raises
    ------
    ValueError
        Negative padding, or samples of another shape or type.

    Examples
    --------
    >>> loud = np.full((2, 8000), 999, np.int16)
    >>> masked = mask(loud, 8000, [Segment(0.5, 0.6)], replacement="silence", padding_s=0.1)
    >>> [(masked == 0).sum(axis=1).tolist(), int(masked[0, 3199]), int(masked[1, 3200])]
    [[2400, 2400], 999, 0]
    """
    if samples.ndim != 2 or samples.dtype != np.int16:
        raise ValueError(f"need int16 samples of shape (channels, n), got {samples.dtype} {samples.shape}")
    replaced = ranges(spans, rate, samples.shape[1], padding_s=padding_s)
    return mask_ranges(samples, rate, replaced, replacement=replacement)


def mask_ranges(
    samples: npt.NDArray[np.int16], rate: int, replaced: Iterable[tuple[int, int]], *, replacement: Replacement = "tone"
) -> npt.NDArray[np.int16]:
    """The same for half-open ranges of samples, taken as they are.

    >>> mask_ranges(np.full((1, 5), 7, np.int16), 8000, [(1, 3)], replacement="silence").tolist()
    [[7, 0, 0, 7, 7]]
    """
    hidden = list(replaced)
    masked = Store(len(samples))
    for block in blocks(samples):
        copied = block.copy()
        hide(copied, masked.frames, hidden, rate, replacement)
        masked.add(copied.T)
    return masked.samples


def hide(
    block: npt.NDArray[np.int16], start: int, hidden: Iterable[tuple[int, int]], rate: int, replacement: Replacement
) -> None:
    """Replace in a block, shape (channels, n), that begins at sample `start` what lies in the `hidden` ranges of samples.

    >>> block = np.full((1, 4), 7, np.int16)
    >>> hide(block, 10, [(0, 12)], 8000, "silence")
    >>> block.tolist()
    [[0, 0, 7, 7]]
    """
    stop = start + block.shape[1]
    for begin, end in hidden:
        first, last = max(begin, start), min(end, stop)
        if first >= last:
            continue
        heard: npt.NDArray[np.int16] | int = 0
        if replacement == "tone":
            heard = tone(end - begin, rate, part=(first - begin, last - begin))
        block[:, first - start : last - start] = heard


def ranges(spans: Iterable[Segment], rate: int, length: int, *, padding_s: float = PADDING_S) -> list[tuple[int, int]]:
    """The samples that `mask` replaces, as sorted, disjoint, half-open ranges; edges are rounded outward.

    >>> ranges([Segment(1.0, 1.5), Segment(1.4, 2.0), Segment(9, 11)], 100, 1000, padding_s=0.1)
    [(90, 210), (890, 1000)]
    """
    if padding_s < 0:
        raise ValueError(f"padding_s must be 0 or more, got {padding_s}")
    padded = Timeline((max(0.0, span.start - padding_s), span.end + padding_s) for span in spans)
    found = []
    for span in padded:
        first = int(np.floor(span.start * rate))
        last = min(int(np.ceil(span.end * rate)), length)
        if first < last:
            found.append((first, last))
    return found


def tone(length: int, rate: int, *, part: tuple[int, int] | None = None) -> npt.NDArray[np.int16]:
    """`length` samples of the tone, faded in and out within 10 ms; `part` = only those from one to before another.

    >>> tone(8000, 8000).shape, int(abs(tone(8000, 8000)).max()) < 2400, int(tone(8000, 8000)[0])
    ((8000,), True, 0)
    """
    first, last = part or (0, length)
    places = np.arange(first, last)
    seconds = places / rate
    rms = 10 ** (TONE_DB / 20)
    wave = np.sin(2 * np.pi * TONE_HZ * seconds) * rms * np.sqrt(2)
    edge = min(round(FADE_S * rate), length // 2)
    if edge:
        from_edge = np.minimum(places, length - 1 - places)
        wave *= np.minimum(from_edge / edge, 1)
    samples: npt.NDArray[np.int16] = np.rint(wave * 32767).astype(np.int16)
    return samples
