"""Sound for people to hear: mp3 that every browser plays and seeks in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa_speech.audio.store import let_go
from qa_speech.errors import AudioError, problem
from qa_speech.files import whole_file

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BLOCK_S = 10
HIGHEST_RATE = 16_000
"""Hz; telephone speech holds nothing above, and 32 kbit/s are better spent below."""
MP3_RATES = (8_000, 11_025, 12_000, 16_000)
"""Hz."""
HIGHEST_RATE_MPEG_25 = 12_000
"""Hz; what is sampled higher is MPEG-2."""
LOWEST_KBPS, HIGHEST_KBPS_MPEG_25, HIGHEST_KBPS_MPEG_2 = 8, 64, 160


def write_mp3(
    samples: npt.NDArray[np.float32] | npt.NDArray[np.int16], rate: int, path: str | Path, *, kbps: int = 32
) -> None:
    """Write sound as constant-bit-rate mp3, one or two channels, whole or not at all.

    Parameters
    ----------
    samples : float32 in −1…1, or int16; shape (channels, n) or (n,)
        More than two channels are refused. What exceeds ±1 is clipped.
    rate : int, Hz
        Kept when mp3 has it and it is at most 16 kHz, else the sound is resampled to the next rate below (or 8 kHz).
    path : where to write.
    kbps : int
        Bit rate of all channels together; the nearest that mp3 has at this rate is used (8 … 64 at 8 kHz).

    Raises
    ------
    AudioError
        No samples, more than two channels, or the encoder fails.

    Examples
    --------
    >>> import numpy as np, tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "call.mp3"
    >>> write_mp3(np.zeros((2, 8000 * 3), np.float32), 8000, file)
    >>> abs(file.stat().st_size * 8 / 3 / 1000 - 32) < 3
    True
    """
    import soundfile

    channels = samples
    if samples.ndim == 1:
        channels = samples[None, :]
    if channels.ndim != 2 or channels.shape[0] not in (1, 2) or channels.shape[1] == 0:
        raise AudioError(
            str(path), problem("cannot write mp3 from shape {shape}; expected (1 or 2, n > 0)", shape=samples.shape)
        )
    target = mp3_rate(rate)
    try:
        with whole_file(Path(path)) as temporary, soundfile.SoundFile(
            os.fsencode(temporary), "w", target, channels.shape[0], format="MP3", subtype="MPEG_LAYER_III",
            bitrate_mode="CONSTANT", compression_level=_compression(target, kbps),
        ) as file:  # fmt: skip
            for block in _blocks(channels, rate, target):
                file.write(block)
    except soundfile.SoundFileError as exc:
        raise AudioError(str(path), problem("cannot write mp3 ({reason})", reason=exc)) from exc


def mp3_rate(rate: int) -> int:
    """The sampling rate, in Hz, that `write_mp3` uses for sound of `rate` Hz.

    >>> mp3_rate(8000), mp3_rate(44100), mp3_rate(6000)
    (8000, 16000, 8000)
    """
    highest = min(rate, HIGHEST_RATE)
    return max((known for known in MP3_RATES if known <= highest), default=MP3_RATES[0])


def _compression(rate: int, kbps: int) -> float:
    """libsndfile maps 0…1 linearly from the highest to the lowest bit rate of the MPEG version."""
    highest = HIGHEST_KBPS_MPEG_25 if rate <= HIGHEST_RATE_MPEG_25 else HIGHEST_KBPS_MPEG_2
    wanted = min(max(kbps, LOWEST_KBPS + 1), highest)
    return 1 - (wanted - LOWEST_KBPS) / (highest - LOWEST_KBPS)


def _blocks(
    channels: npt.NDArray[np.float32] | npt.NDArray[np.int16], rate: int, target: int
) -> Iterator[npt.NDArray[np.float32]]:  # (frames, channels), a few seconds each: two hours never lie here twice
    import numpy as np
    import soxr

    step = rate * BLOCK_S
    stream: Any = None
    if rate != target:
        stream = soxr.ResampleStream(rate, target, channels.shape[0], dtype="float32")
    scale = np.float32(1)
    if channels.dtype == np.int16:
        scale = np.float32(1 / 32768)
    for start in range(0, channels.shape[1], step):
        piece = channels[:, start : start + step].T.astype(np.float32) * scale
        let_go(channels)
        block = np.ascontiguousarray(np.clip(piece, -1, 1))
        if stream is not None:
            last = start + step >= channels.shape[1]
            block = np.clip(stream.resample_chunk(block, last=last), -1, 1)
        yield block
