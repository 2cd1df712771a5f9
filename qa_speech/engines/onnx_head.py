"""What an ONNX file says of itself, read without loading it: metadata, inputs, outputs. Weights are skipped, not read.

    field 14   metadata_props: key, value
    field 7    graph: 11 inputs, 12 outputs (their names), 5 weights …

Only the few fields of the format (protocol buffers, as ONNX documents them) that are needed here are read.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from qa_speech.errors import ModelError, problem

GRAPH, METADATA = 7, 14
INPUT, OUTPUT = 11, 12
NAME, KEY, VALUE = 1, 1, 2
FIXED_BYTES = {1: 8, 5: 4}
"""Bytes of the two kinds of values with a fixed length."""
_VARINT, _BYTES = 0, 2
Stretch: TypeAlias = tuple[int, int]
"""Where a value begins and ends in the file, in bytes."""


class OnnxHead(NamedTuple):
    """Metadata, and the names of inputs and outputs in their order."""

    metadata: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def read_head(path: Path) -> OnnxHead:
    """Metadata and names of an ONNX file.

    Raises
    ------
    ModelError
        It cannot be read, or is not an ONNX file.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            head = _head(data)
    except OSError as exc:
        raise ModelError(
            path.name, problem("{path} cannot be read: {reason}", path=path, reason=exc.strerror or exc)
        ) from exc
    except (IndexError, ValueError) as exc:
        raise ModelError(path.name, problem("{path} is not a whole ONNX file", path=path)) from exc
    if not head.inputs or not head.outputs:
        raise ModelError(path.name, problem("{path} is not an ONNX file: it names no inputs and outputs", path=path))
    return head


def _head(data: mmap.mmap) -> OnnxHead:
    metadata: dict[str, str] = {}
    inputs: list[str] = []
    outputs: list[str] = []
    for field, place in _fields(data, (0, len(data))):
        if field == METADATA:
            entry = dict(_fields(data, place))
            metadata[_text(data, entry.get(KEY))] = _text(data, entry.get(VALUE))
        elif field == GRAPH:
            for inner, value in _fields(data, place):
                if inner in (INPUT, OUTPUT):
                    names = inputs if inner == INPUT else outputs
                    names.append(_text(data, dict(_fields(data, value)).get(NAME)))
    return OnnxHead(metadata, tuple(inputs), tuple(outputs))


def _text(data: mmap.mmap, place: Stretch | None) -> str:
    """A text; "" where there is none."""
    return "" if place is None else data[place[0] : place[1]].decode()


def _fields(data: mmap.mmap, within: Stretch) -> Iterator[tuple[int, Stretch]]:
    """The fields of a message: their numbers, and where their values are.

    Raises
    ------
    ValueError
        It is no message.
    """
    at, end = within
    while at < end:
        tag, at = _varint(data, at)
        kind = tag & 7
        start = at
        if kind == _VARINT:
            _, at = _varint(data, at)
        elif kind == _BYTES:
            length, start = _varint(data, at)
            at = start + length
        elif kind in FIXED_BYTES:
            at += FIXED_BYTES[kind]
        else:
            raise ValueError(f"no field of kind {kind}")
        if at > end or not tag >> 3:
            raise ValueError("cut off")
        yield tag >> 3, (start, at)


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where the next value begins."""
    value = 0
    for shift in range(0, 64, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without end")
