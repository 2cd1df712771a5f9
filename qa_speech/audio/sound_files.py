"""Sound for people to hear, as a file: mp3 or 16-bit wav, by the ending of its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from qa_speech.audio.mp3 import write_mp3
from qa_speech.audio.store import blocks
from qa_speech.files import whole_file

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

AudioFormat: TypeAlias = Literal["mp3", "wav"]
KBPS = 48
"""Bit rate of mp3, in kbit/s."""


def write_sound(samples: npt.NDArray[np.int16], rate: int, path: Path) -> None:
    """Write sound as mp3 or wav by the file's ending, whole or not at all.

    Parameters
    ----------
    samples : int16, shape (channels, n); one or two channels.
    rate : int, Hz
        Kept in wav; mp3 has rates of its own (`write_mp3`).
    path : ending in ``.mp3``, or anything else for wav.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> file = Path(tempfile.mkdtemp()) / "clip.wav"
    >>> write_sound(np.zeros((2, 800), np.int16), 8000, file)
    >>> file.read_bytes()[:4], file.stat().st_size
    (b'RIFF', 3244)
    """
    if path.suffix == ".mp3":
        write_mp3(samples, rate, path, kbps=KBPS)
        return
    import soundfile

    with (
        whole_file(path) as temporary,
        soundfile.SoundFile(os.fsencode(temporary), "w", rate, len(samples), format="WAV", subtype="PCM_16") as file,
    ):
        for block in blocks(samples):
            file.write(block.T)
