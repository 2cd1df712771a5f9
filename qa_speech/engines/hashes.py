"""SHA-256 of model files, worked out once for a file and not at every load.

    ~/.cache/qa_speech/hashes.json      {"/models/turbo/model.bin": [size, changed_ns, "sha256"]}

A file of another size or with another time of change is read again. Where the folder cannot be written nothing is kept,
and nothing fails. `qa-speech models verify` never looks here: it reads the files.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec

from qa_speech.files import sha256, write_bytes

FILE = "hashes.json"
SETTLED_NS = 2_000_000_000
"""A file that changed later than this before it was read may change again within one tick of its clock: not kept."""


class Kept(NamedTuple):
    """Size in bytes and time of change in ns of a file when it was read, and its SHA-256 in hex."""

    size: int
    changed_ns: int
    sha256: str


Hashes: TypeAlias = dict[str, Kept]


def cache_folder() -> Path:
    """Where this library keeps what it can do without: under ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qa_speech"


def kept_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex; one that was read before and has not changed since is not read again."""
    path = path.resolve()
    before = path.stat()
    held = _read().get(str(path))
    if held is not None and (held.size, held.changed_ns) == (before.st_size, before.st_mtime_ns):
        return held.sha256
    found = sha256(path)
    unchanged = path.stat().st_mtime_ns == before.st_mtime_ns
    settled = time.time_ns() - before.st_mtime_ns > SETTLED_NS
    if unchanged and settled:
        _keep(str(path), Kept(before.st_size, before.st_mtime_ns, found))
    return found


def _read() -> Hashes:
    """What is kept; nothing where it cannot be read."""
    try:
        return msgspec.json.decode((cache_folder() / FILE).read_bytes(), type=Hashes)
    except (OSError, RuntimeError, msgspec.DecodeError):
        return {}


def _keep(path: str, kept: Kept) -> None:
    """Add one hash; those of files that are gone are dropped."""
    still_there = {name: entry for name, entry in _read().items() if os.path.isfile(name)}
    with contextlib.suppress(OSError, RuntimeError):
        write_bytes(cache_folder() / FILE, msgspec.json.encode({**still_there, path: kept}) + b"\n")
