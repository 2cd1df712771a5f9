"""Equal recordings: they are recognised once, whatever they are called.

A recording whose equal is stored takes over its Call; one whose equal is being worked on waits for it. Equal is byte for
byte, and only files are read whose size another has too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from qa_speech.batch.work import Need, share_key
from qa_speech.filenames import as_path
from qa_speech.files import sha256
from qa_speech.inputs.listing import MISSING
from qa_speech.inputs.rows import Row
from qa_speech.store.base import Known
from qa_speech.store.records import OK, Record


class Taken(NamedTuple):
    """A row that is being worked on, and the share key of its recording ("" where no other has its size)."""

    need: Need
    key: str


class Sharing:
    """Which recordings of a session are equal, and how the first of them came out."""

    def __init__(self, todo: Iterable[Need], known: Mapping[str, Known], options: str) -> None:
        self._options = options
        self._sizes = Counter(need.row.bytes for need in todo)
        self._done: dict[str, str] = {}
        self._failed: dict[str, Record] = {}
        self._waiting: dict[str, list[Need]] = {}
        for stored in known.values():
            if stored.status == OK and stored.share_key:
                self._done[stored.share_key] = stored.id
                self._sizes[stored.bytes or 0] += 1

    def key(self, row: Row) -> str:
        """The share key of a row; "" when nothing else has its size."""
        if row.bytes == MISSING or row.transcript or row.path_customer or self._sizes[row.bytes] < 2:
            return ""
        try:
            return share_key(row, sha256(as_path(row.path)), self._options)
        except OSError:
            return ""

    def waits(self, need: Need, key: str) -> bool:
        """Whether an equal recording is being worked on; the row waits for it then."""
        if key not in self._waiting:
            return False
        self._waiting[key].append(need)
        return True

    def begin(self, key: str) -> None:
        """A recording is being worked on; its equals wait for it."""
        if key:
            self._waiting[key] = []

    def end(self, key: str) -> list[Need]:
        """It is no longer; the rows that have waited for it."""
        return self._waiting.pop(key, [])

    def done(self, key: str, record: Record) -> None:
        """How it came out."""
        if not key:
            return
        if record.ok:
            self._done[key] = record.id
        else:
            self._failed[key] = record

    def stored(self, key: str) -> str:
        """The id of a stored call of an equal recording, or ""."""
        return self._done.get(key, "")

    def failed(self, key: str) -> Record | None:
        """How an equal recording has failed since the run was started."""
        return self._failed.get(key)
