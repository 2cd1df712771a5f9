"""Stretches of a recording by themselves, without decoding what stands before them.

    WAV      head | block block block block …
    read          |           [block block]   as if the file began there

Telephone recordings are WAV of blocks of so many bytes, which hold so many samples each (a block of PCM or A-law is one
sample of every channel). GSM 6.10 carries its state from block to block: a second of it is decoded before, after which the
samples are those of the whole file, bit for bit, but for a last block that is cut short. libsndfile, which decodes either
way, cannot jump in GSM at all.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.decode import KEEP_RATE_MAX, RATES, as_int16
from qa_speech.errors import DecodeError, problem

Samples = npt.NDArray[np.int16]
PCM, FLOAT, A_LAW, MU_LAW = 1, 3, 6, 7
MS_ADPCM, IMA_ADPCM, GSM = 2, 0x11, 0x31
SETTLING_BLOCKS = {GSM: 25}
"""Blocks that are decoded before those that are wanted, by format; none for the others, whose blocks stand for themselves."""
PACKED = (MS_ADPCM, IMA_ADPCM, GSM)
"""Formats whose blocks hold as many samples as their header says."""
GLIMPSE_S = 0.04


class Head(NamedTuple):
    """What the head of a WAV says: its bytes up to the data, and how the data are made."""

    raw: bytes
    code: int
    channels: int
    rate: int
    block_bytes: int
    block_frames: int
    data_at: int
    data_bytes: int


class Blocks:
    """A recording that can be read from anywhere: `rate` in Hz, `channels`, `frames` samples of each."""

    def __init__(self, path: Path, head: Head) -> None:
        self._path = path
        self._head = head
        self.rate = head.rate
        self.channels = head.channels
        self._count = -(-head.data_bytes // head.block_bytes)
        self.frames = self._count * head.block_frames

    def read(self, first: int, last: int) -> Samples:
        """Samples ``[first, last)`` of every channel, int16 of shape (channels, n): zeros beyond the end.

        Raises
        ------
        DecodeError
            libsndfile cannot read it.
        """
        per = self._head.block_frames
        wanted = max(0, first // per)
        begin = max(0, wanted - SETTLING_BLOCKS.get(self._head.code, 0))
        end = min(self._count, -(-last // per))
        found = np.zeros((self.channels, last - first), np.int16)
        if begin < end:
            with self._path.open("rb") as file:
                decoded = self._decoded(self._bytes(file, begin, end - begin))
            skipped = first - begin * per
            piece = decoded[:, max(0, skipped) : last - begin * per]
            at = max(0, -skipped)
            found[:, at : at + piece.shape[1]] = piece
        return found

    def glimpses(self, places: Sequence[int]) -> Samples:
        """A few hundredths of a second from each of these samples on, shape (channels, places, n): enough to see how loud it is,
        not to hear it, since nothing is decoded to settle. Zeros beyond the end."""
        per = self._head.block_frames
        unit = max(1, round(GLIMPSE_S * self.rate / per))
        size = 3 * unit * self._head.block_bytes
        parts: list[bytes] = []
        held: list[int] = []
        with self._path.open("rb") as file:
            for place in places:
                part = b""
                if 0 <= place < self.frames:
                    part = self._bytes(file, max(0, place // per - unit), 3 * unit)
                held.append(len(part) // self._head.block_bytes)
                parts.append(part.ljust(size, b"\x00"))
        decoded = self._decoded(b"".join(parts))
        whole = np.zeros((self.channels, len(places) * 3 * unit * per), np.int16)
        whole[:, : decoded.shape[1]] = decoded[:, : whole.shape[1]]
        found = whole.reshape(self.channels, len(places), 3 * unit * per)
        for number, count in enumerate(held):
            found[:, number, count * per :] = 0  # bytes that are not there are silence in no format but some
        return found[:, :, unit * per :]

    def _bytes(self, file: io.BufferedReader, begin: int, count: int) -> bytes:
        head = self._head
        at = begin * head.block_bytes
        file.seek(head.data_at + at)
        return file.read(max(0, min(count * head.block_bytes, head.data_bytes - at)))

    def _decoded(self, data: bytes) -> Samples:
        import soundfile

        head = self._head
        made = io.BytesIO(head.raw + b"data" + struct.pack("<I", len(data)) + data)
        most = len(data) // head.block_bytes * head.block_frames
        try:
            with soundfile.SoundFile(made) as file:
                return as_int16(file.read(most, dtype="float32", always_2d=True)).T
        except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as exc:
            raise DecodeError(str(self._path), problem("cannot be read in parts: {reason}", reason=exc)) from exc


class Pair:
    """Two recordings of one channel each as one of two; the second begins `lag` samples after the first."""

    def __init__(self, first: Blocks, second: Blocks, lag: int) -> None:
        self._sides = ((first, max(0, -lag)), (second, max(0, lag)))
        self.rate = first.rate
        self.channels = 2
        self.frames = max(one.frames + silence for one, silence in self._sides)

    def read(self, first: int, last: int) -> Samples:
        """See `Blocks.read`."""
        return np.concatenate([one.read(first - silence, last - silence) for one, silence in self._sides])

    def glimpses(self, places: Sequence[int]) -> Samples:
        """See `Blocks.glimpses`."""
        found = [one.glimpses([place - silence for place in places]) for one, silence in self._sides]
        shortest = min(one.shape[2] for one in found)
        return np.concatenate([one[:, :, :shortest] for one in found])


def open_blocks(path: Path) -> Blocks | None:
    """A recording as blocks; None where it is of another kind, is resampled when it is decoded, or says nothing sensible.

    >>> blocks = open_blocks(Path("samples/gsm.wav"))
    >>> blocks.read(160_000, 160_002).shape, open_blocks(Path("samples/deflection.ogg"))
    ((1, 2), None)
    """
    head = _head(path)
    if head is None or not RATES[0] <= head.rate <= KEEP_RATE_MAX or not 1 <= head.channels <= 2:
        return None
    if head.block_bytes < 1 or head.block_frames < 1 or head.data_bytes < head.block_bytes:
        return None
    return Blocks(path, head)


def open_pair(first: Path, second: Path, lag_s: float) -> Pair | None:
    """Two recordings as one; the second began `lag_s` seconds later. None where either cannot be read so."""
    one, two = open_blocks(first), open_blocks(second)
    if one is None or two is None or one.channels != 1 or two.channels != 1 or one.rate != two.rate:
        return None
    return Pair(one, two, round(lag_s * one.rate))


def _head(path: Path) -> Head | None:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        raw = file.read(12)
        if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
            return None
        format = b""
        while len(chunk := file.read(8)) == 8:
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                at = file.tell()
                return _described(raw, format, at, min(length, size - at))
            body = file.read(length + (length & 1))
            if chunk[:4] == b"fmt ":
                format = body
            raw += chunk + body
    return None


def _described(raw: bytes, format: bytes, at: int, data_bytes: int) -> Head | None:
    if len(format) < 16:
        return None
    code, channels, rate, _, block_bytes, _ = struct.unpack("<HHIIHH", format[:16])
    block_frames = 1
    if code in PACKED:
        if len(format) < 20:
            return None
        block_frames = int.from_bytes(format[18:20], "little")
    elif code not in (PCM, FLOAT, A_LAW, MU_LAW):
        return None
    return Head(raw, code, channels, rate, block_bytes, block_frames, at, data_bytes)
