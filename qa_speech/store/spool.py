"""Structs that wait in a temporary file until all of them are known: to be read again in their order, or one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Generic, TypeVar

import msgspec

LENGTH_BYTES = 8
Kept = TypeVar("Kept")


class Spool(Generic[Kept]):
    """What was added, in a file that goes away with the process; memory holds none of it."""

    def __init__(self, file: IO[bytes], kind: type[Kept]) -> None:
        self._file = file
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(kind)

    def add(self, item: Kept) -> int:
        """Write it down; returns its place, which `at` takes."""
        packed = self._encoder.encode(item)
        place = self._file.seek(0, 2)
        self._file.write(len(packed).to_bytes(LENGTH_BYTES, "big") + packed)
        return place

    def at(self, place: int) -> Kept:
        """What was added at a place."""
        self._file.seek(place)
        length = int.from_bytes(self._file.read(LENGTH_BYTES), "big")
        return self._decoder.decode(self._file.read(length))

    def __iter__(self) -> Iterator[Kept]:
        self._file.seek(0)
        while length := self._file.read(LENGTH_BYTES):
            yield self._decoder.decode(self._file.read(int.from_bytes(length, "big")))


@contextmanager
def spooled(kind: type[Kept], *, beside: Path) -> Iterator[Spool[Kept]]:
    """A spool on the disk of `beside`, gone afterwards.

    >>> with spooled(str, beside=Path("x.csv")) as spool:
    ...     places = [spool.add(text) for text in ("a", "b")]
    ...     list(spool), spool.at(places[1])
    (['a', 'b'], 'b')
    """
    with TemporaryFile(dir=beside.parent) as file:
        yield Spool(file, kind)
