"""The rows of work of a run, and what they will take before any is done."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import count

import msgspec

from qa_speech.filenames import as_path
from qa_speech.files import sha256
from qa_speech.inputs.listing import MISSING
from qa_speech.inputs.rows import Row
from qa_speech.store.base import Known, Store
from qa_speech.store.forget import forgotten, require_finished
from qa_speech.store.summary import in_hours

BYTES_PER_CALL = 40_000
"""Disk a stored call takes, generously."""
COUNTED = re.compile(r"~[0-9]+$")
"""What is added to an id that was taken."""
PROBED = 200
"""Recordings whose headers are read."""
GB = 1e9
S_PER_H = 3600


def plan(store: Store, rows: Sequence[Row]) -> list[Row]:
    """Add rows to those of a run: known ids are replaced in their place, new ones come after them.

    Another recording of the same name in another folder is another call: it gets an id of its own, and keeps it. What the run
    has forgotten is left out, whatever it is called now.

    Raises
    ------
    ConfigError
        Its marks cannot be read, or calls were being removed when that broke off.
    """
    require_finished(store.place)
    old = store.rows()
    memory = forgotten(store.place)
    wanted = [row for row in rows if not memory.has(row)]
    fresh = {row.id: row for row in _with_own_ids(wanted, old, store)}
    merged = [fresh.pop(row.id, row) for row in old]
    merged += fresh.values()
    if merged != old:
        store.keep_rows(merged)
    return merged


def _with_own_ids(rows: Sequence[Row], old: Sequence[Row], store: Store) -> list[Row]:
    """The rows, those that are named after their files with the id of their path in the run, or one that is free."""
    ids = {row.path: row.id for row in old if row.path}
    before = {row.id: row for row in old if row.path}
    taken = {row.id for row in (*old, *rows)}
    known = cache(store.known)  # read once, and only where a name comes again
    found = []
    for row in rows:
        name = row.id
        other = before.get(name)
        if _is_named_after_file(row) and row.path in ids:
            name = ids[row.path]
        elif other is not None and _is_named_after_file(row) and _is_another(row, other, known):
            name = _free(name, taken)
        taken.add(name)
        found.append(row if name == row.id else msgspec.structs.replace(row, id=name))
    return found


def _is_named_after_file(row: Row) -> bool:
    """Whether an id comes from a path, and not from a list."""
    return row.path.replace(os.sep, "/").endswith(f"/{COUNTED.sub('', row.id)}")


def _is_another(row: Row, other: Row, known: Callable[[], Mapping[str, Known]]) -> bool:
    """Whether two rows of one name are two recordings: not where it was moved or copied with its folder."""
    if row.path == other.path or not _is_named_after_file(other):
        return False
    if (row.bytes, row.mtime_ns) == (other.bytes, other.mtime_ns):
        return False
    if row.bytes != other.bytes:
        return True
    done = known().get(other.id)
    try:
        return done is None or done.audio_sha256 != sha256(as_path(row.path))
    except OSError:
        return True


def _free(name: str, taken: Collection[str]) -> str:
    """An id that no row has yet."""
    for number in count(2):
        own = f"{name}~{number}"
        if own not in taken:
            return own
    raise AssertionError


class Forecast(msgspec.Struct, frozen=True):
    """What rows will take: hours of recordings (None = not known), disk in GB wanted for those not done and free."""

    rows: int
    todo: int
    missing: int
    hours: float | None
    wanted_gb: float
    free_gb: float

    def in_words(self, lang: str) -> str:
        """As one line, ``zh`` or ``en``."""
        if lang == "zh":
            return self._zh()
        return self._en()

    def _zh(self) -> str:
        length = "时长未知"
        if self.hours is not None:
            length = f"约 {in_hours(self.hours, 'zh')}"
        rows = f"登记 {self.rows:,} 通（{length}），未处理 {self.todo:,} 通"
        text = f"{rows}；结果约需 {self.wanted_gb:.2f} GB，可用 {self.free_gb:.0f} GB"
        if self.missing:
            text += f"；{self.missing:,} 个文件不存在"
        return text

    def _en(self) -> str:
        length = "length unknown"
        if self.hours is not None:
            length = f"about {self.hours:,.1f} h"
        rows = f"{self.rows:,} rows ({length}), {self.todo:,} not done"
        text = f"{rows}; results take about {self.wanted_gb:.2f} GB, {self.free_gb:.0f} GB are free"
        if self.missing:
            text += f"; {self.missing:,} files are missing"
        return text


def foreseen(store: Store, rows: Sequence[Row]) -> Forecast:
    """What the rows will take; the hours are told from the headers of some of the recordings."""
    known = store.known()
    todo = sum(row.id not in known for row in rows)
    there = [row for row in rows if row.bytes != MISSING]
    return Forecast(
        rows=len(rows),
        todo=todo,
        missing=len(rows) - len(there),
        hours=_hours(there),
        wanted_gb=todo * BYTES_PER_CALL / GB,
        free_gb=shutil.disk_usage(store.place).free / GB,
    )


def _hours(rows: Sequence[Row]) -> float | None:
    """How long recordings are: as many seconds a byte as those that are looked into."""
    import soundfile

    step = max(1, len(rows) // PROBED)
    seconds, probed_bytes = 0.0, 0
    for row in rows[::step][:PROBED]:
        with suppress(soundfile.LibsndfileError, OSError, RuntimeError, TypeError):  # TypeError: headerless
            seconds += soundfile.info(os.fsencode(as_path(row.path))).duration
            probed_bytes += row.bytes
    if not probed_bytes:
        return None
    all_bytes = sum(row.bytes for row in rows)
    return all_bytes * seconds / probed_bytes / S_PER_H
