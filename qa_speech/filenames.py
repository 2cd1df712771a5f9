r"""File names as text that can be stored and shown, and back.

A name on disk is bytes, and not always UTF-8: recorders that write GBK leave names that Python holds as lone surrogates,
which neither JSON, nor Parquet, nor a terminal takes. In ids, stored paths and everything that is shown such a byte is
written ``\xNN``; `as_path` gives the file's own name again. A name that holds ``\xNN`` as four characters of its own has
its backslash written ``\x5c``, so that no two names look alike.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_UNDECODED = re.compile(r"[\udc80-\udcff]")
_LOOKS_ESCAPED = re.compile(r"\\(?=x(?:5c|[89a-f][0-9a-f]))")
_ESCAPED = re.compile(r"\\x(5c|[89a-f][0-9a-f])")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and what turns the direction of a line or ends it."""
_FIRST_SURROGATE = 0xDC00
"""Python holds the undecodable byte 0xNN of a name as this plus 0xNN (`os.fsdecode`)."""


def as_text(name: str | os.PathLike[str]) -> str:
    r"""A file name or path as plain text: what is stored, shown and used as an id.

    >>> as_text("录音/a.wav"), as_text(os.fsdecode("张三.wav".encode("gbk")))
    ('录音/a.wav', '\\xd5\\xc5\\xc8\\xfd.wav')
    """
    text = os.fspath(name)
    if text.isascii() and "\\" not in text:
        return text
    return _UNDECODED.sub(_byte, _LOOKS_ESCAPED.sub(r"\\x5c", text))


def as_path(text: str) -> Path:
    r"""The path that `as_text` was given; opens the file by its own bytes.

    >>> os.fsencode(as_path(r"\xd5\xc5\xc8\xfd.wav")).decode("gbk")
    '张三.wav'
    """
    return Path(_ESCAPED.sub(_character, text))


def readable(message: str) -> str:
    r"""A message that may hold raw names, fit to be stored and shown; one that is so already stays as it is.

    >>> readable("no file '\udcd5.wav'")
    "no file '\\xd5.wav'"
    """
    return _SURROGATE.sub(_byte, message)


def visible(text: str) -> str:
    r"""A text that steers no terminal: control characters are shown as ``\uNNNN``, which JSON reads back; tabs and ends of
    lines stay.

    >>> visible("a\x1b[31m.wav")
    'a\\u001b[31m.wav'
    """
    return _STEERING.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _byte(match: re.Match[str]) -> str:
    number = ord(match[0])
    if 0x80 <= number - _FIRST_SURROGATE <= 0xFF:
        return f"\\x{number - _FIRST_SURROGATE:02x}"
    return f"\\u{number:04x}"


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return "\\" if match[1] == "5c" else chr(_FIRST_SURROGATE + number)
