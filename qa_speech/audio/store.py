"""The samples of a recording while it is read and after, however long it is.

    few     one array in memory
    many    a temporary file without a name, mapped: gone with the last array that shows it, or with the process

Nothing else holds a whole recording: what is computed from it is computed block by block (`BLOCK_FRAMES`, `Track.blocks`).
"""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

BLOCK_FRAMES = 1 << 17
"""Samples of each channel that are handled at once."""
MEMORY_BYTES = 64 << 20
"""What a recording may take in memory: half an hour of two channels at 8 kHz, or so. What is longer lies in a file."""
SAMPLE_BYTES = 2


class Store:
    """Takes samples block by block and shows all of them as one array.

    Parameters
    ----------
    channels
        How many there are.
    memory_bytes
        From here on they lie in a file in the temporary folder.

    Examples
    --------
    >>> store = Store(2)
    >>> store.add(np.array([[1, -1], [2, -2]], np.int16))
    >>> store.add(np.array([[3, -3]], np.int16))
    >>> store.samples
    array([[ 1,  2,  3],
           [-1, -2, -3]], dtype=int16)
    """

    def __init__(self, channels: int, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self.frames = 0
        self._channels = channels
        self._most = memory_bytes // (SAMPLE_BYTES * channels)
        self._held = np.empty((0, channels), np.int16)
        self._file: IO[bytes] | None = None

    def add(self, block: Samples) -> None:
        """Take the next samples, shape (n, channels).

        Raises
        ------
        OSError
            The temporary folder has no room for them.
        """
        end = self.frames + len(block)
        if self._file is None and end > self._most:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  lives as long as the store
            weakref.finalize(self, self._file.close)
            _write(self._file, self._held[: self.frames])
            self._held = self._held[:0]
        if self._file is not None:
            _write(self._file, block)
        else:
            self._make_room(end)
            self._held[self.frames : end] = block
        self.frames = end

    def _make_room(self, frames: int) -> None:
        if frames <= len(self._held):
            return
        roomy = max(frames, min(2 * len(self._held), self._most), BLOCK_FRAMES)
        larger = np.empty((roomy, self._channels), np.int16)
        larger[: self.frames] = self._held[: self.frames]
        self._held = larger

    @property
    def samples(self) -> Samples:
        """All that was taken so far, shape (channels, n); it does not grow with what is taken later."""
        if self._file is None or not self.frames:
            return self._held[: self.frames].T
        mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, np.int16).reshape(-1, self._channels).T


def blocks(samples: Samples) -> Iterator[Samples]:
    """The samples of shape (channels, n), `BLOCK_FRAMES` of each channel at a time; not to be altered."""
    for start in range(0, samples.shape[1], BLOCK_FRAMES):
        yield samples[:, start : start + BLOCK_FRAMES]
        let_go(samples)


def _write(file: IO[bytes], block: Samples) -> None:
    """All of a block: an unbuffered file may take a part of it."""
    left = memoryview(block.tobytes())
    while left:
        left = left[file.write(left) :]


def let_go(samples: npt.NDArray[np.generic]) -> None:
    """What was read of samples that lie in a file may leave the memory again; of others nothing changes."""
    place: object = samples
    while isinstance(place, np.ndarray):
        place = place.base
    if isinstance(place, memoryview):
        place = place.obj
    if isinstance(place, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        place.madvise(mmap.MADV_DONTNEED)
