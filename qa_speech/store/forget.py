"""Removing what must not be kept: text, Call and paths are really gone from the run.

A mark that is no name (a keyed hash of the id) stays, so that the recording is not taken in again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError
from qa_speech.files import write_bytes
from qa_speech.inputs.rows import Row
from qa_speech.store.base import Store
from qa_speech.store.folder import FORGOTTEN_MARKS, LOG
from qa_speech.store.summary import write_summary
from qa_speech.tables.dates import known

MARK = "forgotten-"
SHOWN_IDS = 20


class Forgotten(msgspec.Struct):
    """The key of a run and the marks of the calls it has forgotten."""

    key: str
    marks: list[str] = []

    def mark(self, call_id: str) -> str:
        """The mark of a call."""
        text = call_id.encode("utf-8", "surrogatepass")
        return MARK + hmac.new(bytes.fromhex(self.key), text, hashlib.sha256).hexdigest()[:24]


def forgotten(run: Path) -> Callable[[str], bool]:
    """Whether a call of this id was forgotten."""
    if not (run / FORGOTTEN_MARKS).is_file():
        return lambda call_id: False
    state = _read(run)
    marks = frozenset(state.marks)
    return lambda call_id: state.mark(call_id) in marks


def forget(store: Store, *, ids: Iterable[str] = (), before: dt.date | None = None, keep_scores: bool = False) -> int:
    """Remove calls from a run: text, Call, paths, hashes and log lines. Returns how many.

    Parameters
    ----------
    ids
        Ids as the run shows them.
    before
        Calls that started before this day (metadata ``started_at``). Those whose day is not known stay: see `undated`.
    keep_scores
        Keep points and figures under a mark that is no name, with agent, team, queue and day for statistics.

    Raises
    ------
    ConfigError
        The run is in use, or an id is not in it: nothing is removed then.

    Examples
    --------
    >>> from qa_speech.pipeline import report
    >>> from qa_speech.store.parquet import store_at
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.testing import make_call
    >>> store = store_at("run")
    >>> part = store.append([record_of(report(make_call("agent: 您好", call_id="a")))])
    >>> forget(store, ids=["a"])
    1
    >>> list(store.calls())
    []
    """
    with store.locked():
        wanted = _wanted(store, set(ids), before)
        if not wanted:
            return 0
        marks = _remember(store.place, wanted)
        store.forget(marks, keep_scores=keep_scores)
        _forget_lines(store.place / LOG, wanted)
        write_summary(store)
    return len(wanted)


def _wanted(store: Store, ids: set[str], before: dt.date | None) -> set[str]:
    """The ids to forget; those forgotten already are none."""
    rows = store.rows()
    there = {row.id for row in rows} | store.known().keys()
    unknown = sorted(ids - there)
    if unknown:
        raise ConfigError(str(store.place), [f"no call of id {name!r}" for name in unknown[:SHOWN_IDS]])
    old = _older(rows, before) if before is not None else set()
    return {name for name in ids | old if not name.startswith(MARK)}


def undated(store: Store) -> list[str]:
    """Ids of the calls whose day nobody told (metadata ``started_at``): no date makes them old, the file's time is no proof."""
    return [row.id for row in store.rows() if _day(row) is None and not row.id.startswith(MARK)]


def _older(rows: Sequence[Row], day: dt.date) -> set[str]:
    found: set[str] = set()
    for row in rows:
        started = _day(row)
        if started is not None and started < day:
            found.add(row.id)
    return found


def _day(row: Row) -> dt.date | None:
    moment = known(row.metadata.get("started_at", ""))
    return None if moment is None else moment.day


def _read(run: Path) -> Forgotten:
    """The key and marks of a run.

    Raises
    ------
    ConfigError
        They cannot be read: without them what was forgotten would be taken in again.
    """
    path = run / FORGOTTEN_MARKS
    try:
        state = msgspec.json.decode(path.read_bytes(), type=Forgotten)
        bytes.fromhex(state.key)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OSError) as exc:
        harm = "restore it from a backup; without it calls that were forgotten are taken in when they are listed again"
        raise ConfigError(str(path), [f"damaged; {harm}"]) from exc
    return state


def _remember(run: Path, wanted: Iterable[str]) -> dict[str, str]:
    """Add marks; returns id → mark."""
    path = run / FORGOTTEN_MARKS
    state = _read(run) if path.is_file() else Forgotten(secrets.token_hex(32))
    marks = {name: state.mark(name) for name in wanted}
    state.marks = sorted({*state.marks, *marks.values()})
    write_bytes(path, msgspec.json.encode(state) + b"\n")
    return marks


def _forget_lines(log: Path, ids: set[str]) -> None:
    """Drop the lines of these calls from the log, and those that were cut off: nobody can tell whom they name."""
    if not log.is_file():
        return
    left = []
    for line in log.read_bytes().splitlines():
        if _names(line) not in {*ids, None}:
            left.append(line + b"\n")
    write_bytes(log, b"".join(left))


def _names(line: bytes) -> str | None:
    """The id that a line of the log names, "" for none; None where it cannot be read."""
    try:
        return str(msgspec.json.decode(line, type=dict[str, Any]).get("id", ""))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
