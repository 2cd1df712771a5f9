"""Where the sound lies in a RIFF file (WAV), and whether all that its header declares is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

UNKNOWN_SIZE = 0xFFFFFFFF
"""What a header declares that was written before the sound."""


class DataChunk(NamedTuple):
    """Bytes that the data chunk of a RIFF file declares, and that are there."""

    declared: int
    present: int

    @property
    def unknown(self) -> bool:
        """Whether the header says that it does not know."""
        return self.declared == UNKNOWN_SIZE

    @property
    def truncated(self) -> bool:
        """Whether more is declared than there is; a chunk of odd length may lack its last, empty byte."""
        return self.declared not in (0, UNKNOWN_SIZE) and self.declared > self.present + 1


def data_chunk(path: Path) -> DataChunk | None:
    """The data chunk, or None when the file is not RIFF or has none."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return None
        size = os.fstat(file.fileno()).st_size
        at = 12
        while at + 8 <= size:
            file.seek(at)
            chunk = file.read(8)
            length = int.from_bytes(chunk[4:8], "little")
            if chunk[:4] == b"data":
                return DataChunk(length, size - at - 8)
            at += 8 + length + (length & 1)
    return None
