"""Removing what must not be kept: text, Call and paths are really gone from the run.

Marks that are no names (keyed hashes of the id, and of what the recording held) stay, so that it is not taken in again, under
whatever id.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.filenames import as_path
from qa_speech.files import sha256, write_bytes
from qa_speech.inputs.rows import Row
from qa_speech.store.base import Known, Store
from qa_speech.store.folder import FORGETTING, FORGOTTEN_MARKS, LOG
from qa_speech.store.page_list import remove_pages
from qa_speech.store.summary import write_summary
from qa_speech.tables.dates import known

MARK = "forgotten-"
SHOWN_IDS = 20


class Forgotten(msgspec.Struct):
    """The key of a run, the marks of the calls it has forgotten, and those of what their recordings held.

    All of them are keyed hashes: of an id, of the size of a file, of its SHA-256.
    """

    key: str
    marks: list[str] = []
    recordings: list[str] = []

    def mark(self, call_id: str) -> str:
        """The mark of a call."""
        return MARK + self._hash(call_id)

    def size_mark(self, size: int) -> str:
        """The mark of recordings of a size in bytes: only files of such a size need to be read to tell them."""
        return self._hash(f"\0size {size}")

    def content_mark(self, sha256: str) -> str:
        """The mark of what a recording holds."""
        return self._hash(f"\0content {sha256}")

    def _hash(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return hmac.new(bytes.fromhex(self.key), data, hashlib.sha256).hexdigest()[:24]


class Unfinished(msgspec.Struct):
    """What a `forget` is at: it stays in the run until all is done, so that one that was killed is gone on with."""

    ids: list[str]
    keep_scores: bool = False


class Memory:
    """What a run has forgotten, to tell it when it is listed again."""

    def __init__(self, state: Forgotten | None) -> None:
        self._state = state
        self._marks = frozenset(state.marks if state else ())
        self._recordings = frozenset(state.recordings if state else ())

    def has_id(self, call_id: str) -> bool:
        """Whether a call of this id was forgotten."""
        return self._state is not None and self._state.mark(call_id) in self._marks

    def has(self, row: Row) -> bool:
        """Whether a row is a call that was forgotten, under its id or any other: its recording is read if the size fits."""
        if self.has_id(row.id):
            return True
        if self._state is None or row.bytes <= 0 or self._state.size_mark(row.bytes) not in self._recordings:
            return False
        held = _sha256_of(row)
        return bool(held) and self._state.content_mark(held) in self._recordings


def forgotten(run: Path) -> Memory:
    """What a run has forgotten.

    Raises
    ------
    ConfigError
        Its marks cannot be read.
    """
    return Memory(_read(run) if (run / FORGOTTEN_MARKS).is_file() else None)


def unfinished(run: Path) -> Unfinished | None:
    """The `forget` that was not ended, if there is one.

    Raises
    ------
    ConfigError
        What it was at cannot be read.
    """
    path = run / FORGETTING
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Unfinished)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(str(path), [problem("damaged; remove it and forget these calls again")]) from exc


def require_finished(run: Path) -> None:
    """Nothing: no `forget` was broken off in this run.

    Raises
    ------
    ConfigError
        One was; the message says how it is gone on with.
    """
    if unfinished(run) is not None:
        raise ConfigError(
            str(run),
            [problem("calls were being removed when it broke off; first: qa-speech batch forget {run}", run=run)],
        )


def forget(
    store: Store, *, ids: Iterable[str] = (), before: dt.date | None = None, keep_scores: bool = False,
    elsewhere: Callable[[Mapping[str, str]], None] = lambda marks: None,
) -> int:  # fmt: skip
    """Remove calls from a run: text, Call, paths, hashes, log lines, whatever was set aside as damaged, and all pages that lie
    in it, which can be made again. Returns how many.

    Calls of the same recording under other ids go too. One that was broken off is gone on with first, also without any ids.

    Parameters
    ----------
    ids
        Ids as the run shows them; those forgotten before are looked for again.
    before
        Calls that started before this day (metadata ``started_at``). Those whose day is not known stay: see `undated`.
    keep_scores
        Keep points and figures under a mark that is no name, with agent, team, queue and day for statistics.
    elsewhere
        Removes them from what is kept beside the store, given the mark of each id; done again when it was broken off.

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
        begun = unfinished(store.place)
        rows, known = store.rows(), store.known()
        wanted = _wanted(store.place, rows, known, set(ids), before)
        wanted |= _equals(wanted, known)
        if begun is not None:
            wanted |= set(begun.ids)
            keep_scores = keep_scores or begun.keep_scores
        if not wanted:
            return 0
        work = Unfinished(sorted(wanted), keep_scores)
        write_bytes(store.place / FORGETTING, msgspec.json.encode(work) + b"\n")
        marks = _remember(store.place, wanted, rows, known)
        store.forget(marks, keep_scores=keep_scores)
        elsewhere(marks)
        remove_pages(store.place)
        _forget_lines(store.place / LOG, wanted)
        write_summary(store)
        (store.place / FORGETTING).unlink()
    return len(wanted)


def _wanted(
    run: Path, rows: Sequence[Row], known: Mapping[str, Known], ids: set[str], before: dt.date | None
) -> set[str]:
    """The ids to forget; of marks that stand for calls forgotten already there are none."""
    there = {row.id for row in rows} | known.keys()
    missing = ids - there
    if missing:
        memory = forgotten(run)
        unknown = sorted(name for name in missing if not memory.has_id(name))
        if unknown:
            raise ConfigError(str(run), [problem("no call of id {name!r}", name=name) for name in unknown[:SHOWN_IDS]])
    old = _older(rows, before) if before is not None else set()
    return {name for name in ids | old if not name.startswith(MARK)}


def _equals(wanted: set[str], known: Mapping[str, Known]) -> set[str]:
    """Other ids of the same recordings."""
    held = {known[name].audio_sha256 for name in wanted if name in known}
    held -= {None, ""}
    return {name for name, one in known.items() if one.audio_sha256 in held and not name.startswith(MARK)}


def _sha256_of(row: Row) -> str:
    """What the recording of a row holds; "" where it cannot be read."""
    try:
        return sha256(as_path(row.path))
    except (OSError, ValueError):
        return ""


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
        what = problem(
            "damaged; restore it from a backup: without it calls that were forgotten are taken in when they are listed again"
        )
        raise ConfigError(str(path), [what]) from exc
    return state


def _remember(run: Path, wanted: Iterable[str], rows: Sequence[Row], known: Mapping[str, Known]) -> dict[str, str]:
    """Add the marks of calls and of their recordings; returns id → mark."""
    path = run / FORGOTTEN_MARKS
    state = _read(run) if path.is_file() else Forgotten(secrets.token_hex(32))
    marks = {name: state.mark(name) for name in wanted}
    recordings = set(state.recordings)
    for row in rows:
        if row.id not in marks or row.bytes <= 0:
            continue
        one = known.get(row.id)
        held = one.audio_sha256 if one is not None and one.audio_sha256 else _sha256_of(row)
        if held:
            recordings |= {state.size_mark(row.bytes), state.content_mark(held)}
    state.marks = sorted({*state.marks, *marks.values()})
    state.recordings = sorted(recordings)
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
