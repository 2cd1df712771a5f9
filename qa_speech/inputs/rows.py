"""Rows of work from folders, globs, manifests and file names; the plan of a run as one Parquet file.

A manifest is CSV (UTF-8 or GB18030, as Excel writes it) or JSONL. Columns: `path` (needed), `id`, `roles`
(``agent,customer`` = the agent on channel 1) or `agent_channel`, `transcript`, `scorecard`, `raw` (``alaw:8000:2``: what a
headerless file holds); every other column is metadata (`agent`, `team`, `queue`, `started_at` …). Relative paths start at
the manifest's folder.

Ids: the manifest's column, else the path relative to the folder given; a second one of the same name gets ``~2``.
"""

from __future__ import annotations

import csv
import glob
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.audio.decode import parse_raw
from qa_speech.errors import AudioError, ConfigError
from qa_speech.inputs import AUDIO_SUFFIXES, HEADERLESS_SUFFIXES, TRANSCRIPT_SUFFIXES, CallInput, with_transcripts

MANIFEST_SUFFIXES = frozenset((".csv", ".jsonl", ".ndjson"))
PATH_NAMES = ("path", "file", "audio", "录音", "录音文件")
ROLES = {"agent,customer": 1, "customer,agent": 2}
MISSING = -1
"""`Row.bytes` of a file that is not there."""
_FIELD = re.compile(r"\{(\w+)\}")
_COMPACT_TIME = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T_ -]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?")


class Row(msgspec.Struct, frozen=True):
    """One row of work. `bytes` and `mtime_ns` are those of the file when it was listed; `raw` is ``codec:rate:channels``
    of a headerless file."""

    id: str
    path: str
    bytes: int = MISSING
    mtime_ns: int = 0
    agent_channel: int | None = None
    transcript: str = ""
    scorecard: str = ""
    metadata: Mapping[str, str] = {}
    raw: str = ""

    @property
    def call_input(self) -> CallInput:
        """The same as the pipeline takes it."""
        transcript = Path(self.transcript) if self.transcript else None
        return CallInput(
            path=Path(self.path), id=self.id, agent_channel=self.agent_channel, transcript=transcript, metadata=dict(self.metadata),
            raw=parse_raw(self.raw) if self.raw else None,
        )  # fmt: skip


def find_rows(
    places: Iterable[str | Path], *, name_pattern: str = "", transcripts: str | Path | None = None, raw: str = ""
) -> list[Row]:
    """Rows from folders, globs (``/rec/2026-11-*/*.wav``), recordings and manifests, sorted within each place.

    Parameters
    ----------
    name_pattern
        How file names tell metadata, e.g. ``{started_at}_{agent}_{queue}.wav``; matched against the end of the path.
    transcripts
        Folder of transcripts of the same id or stem.
    raw
        ``codec:rate:channels`` of files whose suffix says that they have no header, or says nothing; a manifest's own
        column wins.

    Raises
    ------
    AudioError
        A place does not exist or holds nothing.
    ConfigError
        A manifest or the pattern is wrong: all problems at once.
    """
    pattern = _compiled(name_pattern) if name_pattern else None
    rows: list[Row] = []
    for place in (Path(os.path.abspath(place)) for place in places):  # a run goes on from any working directory
        if place.is_file() and place.suffix.lower() in MANIFEST_SUFFIXES:
            rows += _from_manifest(place)
        else:
            rows += _listed(place)
    if pattern is not None:
        rows = [_named(row, pattern) for row in rows]
    rows = _with_unique_ids(rows)
    if raw:
        if problem := _wrong_raw(raw):
            raise ConfigError("raw", [problem])
        rows = [msgspec.structs.replace(row, raw=raw) if _headerless(row) else row for row in rows]
    if transcripts is not None:
        found = with_transcripts([row.call_input for row in rows], transcripts)
        rows = [
            row if item.transcript is None else msgspec.structs.replace(row, transcript=str(item.transcript))
            for row, item in zip(rows, found, strict=True)
        ]
    return rows


def _headerless(row: Row) -> bool:
    suffix = os.path.splitext(row.path)[1].lower()
    return not row.raw and (suffix in HEADERLESS_SUFFIXES or suffix not in AUDIO_SUFFIXES | TRANSCRIPT_SUFFIXES)


def _wrong_raw(text: str) -> str:
    """What is wrong with a format of headerless files; "" if nothing is."""
    try:
        parse_raw(text)
    except ValueError as exc:
        return str(exc)
    return ""


def stat_row(row: Row) -> Row:
    """The row with the size and time that its file has now."""
    try:
        found = os.stat(row.path)
    except OSError:
        return msgspec.structs.replace(row, bytes=MISSING, mtime_ns=0)
    if not stat.S_ISREG(found.st_mode):  # opening a pipe could take for ever
        return msgspec.structs.replace(row, bytes=MISSING, mtime_ns=0)
    return msgspec.structs.replace(row, bytes=found.st_size, mtime_ns=found.st_mtime_ns)


def _listed(place: Path) -> list[Row]:
    """A folder, a glob or one recording."""
    if place.is_dir():
        found = sorted(_walk(str(place), AUDIO_SUFFIXES)) or sorted(_walk(str(place), TRANSCRIPT_SUFFIXES))
        if not found:
            raise AudioError(
                str(place), f"no recordings in this folder (looked for {' '.join(sorted(AUDIO_SUFFIXES))})"
            )
        cut = len(str(place).rstrip(os.sep)) + 1 if str(place) != "." else 0
        return [Row(path[cut:].replace(os.sep, "/"), path, size, mtime) for path, size, mtime in found]
    if place.exists():
        return [stat_row(Row(place.name, str(place)))]
    if glob.has_magic(str(place)):
        fixed = Path(*_before_magic(place.parts))
        names = sorted(name for name in glob.glob(str(place), recursive=True) if os.path.isfile(name))
        if names:
            return [stat_row(Row(os.path.relpath(name, fixed).replace(os.sep, "/"), name)) for name in names]
    raise AudioError(str(place), "no such file or folder, and no recording matches")


def _before_magic(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _walk(folder: str, suffixes: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    """(path, size, mtime) of the files below a folder; hidden folders and half-copied dot files are left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, suffixes)
            elif os.path.splitext(entry.name)[1].lower() in suffixes:
                try:
                    found = entry.stat()
                except OSError:  # gone since the folder was read, or a dangling link: its row says so later
                    yield entry.path, MISSING, 0
                else:
                    yield entry.path, found.st_size, found.st_mtime_ns


# -- manifests --------------------------------------------------------------------------------------------------


def _from_manifest(path: Path) -> list[Row]:
    table = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    rows: list[Row] = []
    problems: list[str] = []
    lines: dict[str, int] = {}
    for line, record in table:
        row = _row(record, path.parent, line, problems)
        if row is None:
            continue
        if row.id in lines:
            problems.append(f"line {line}: id {row.id!r} was given on line {lines[row.id]} already")
        lines[row.id] = line
        rows.append(row)
    if not rows and not problems:
        problems.append("no rows")
    if problems:
        raise ConfigError(str(path), problems)
    return [stat_row(row) for row in rows]


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as exc:
            raise ConfigError(str(path), [f"neither UTF-8 nor GB18030: {exc}"]) from exc
    reader = csv.DictReader(io.StringIO(text, newline=""))
    head = [name.strip() for name in reader.fieldnames or ()]
    doubled = sorted({name for name in head if head.count(name) > 1})
    if doubled:
        raise ConfigError(str(path), [f"line 1: two columns named {name!r}" for name in doubled])
    if not any(name in head for name in PATH_NAMES):
        raise ConfigError(str(path), [f"line 1: no column path; columns: {', '.join(head) or 'none'}"])
    for record in reader:
        values = {(key or "").strip(): (value or "").strip() for key, value in record.items() if isinstance(value, str)}
        if any(values.values()):
            yield reader.line_num, values


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    problems = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as exc:
            problems.append(f"line {number}: not a JSON object: {exc}")
            continue
        inner = record.pop("metadata", None) or {}
        roles = record.get("roles")
        if isinstance(roles, list):
            record["roles"] = ",".join(map(str, roles))
        yield number, {key: str(value) for key, value in {**inner, **record}.items() if value is not None}
    if problems:
        raise ConfigError(str(path), problems)


def _row(record: dict[str, str], base: Path, line: int, problems: list[str]) -> Row | None:
    name = next((name for name in PATH_NAMES if record.get(name)), "")
    given = record.pop(name, "")
    if not given:
        problems.append(f"line {line}: no path")
        return None
    roles, channel = record.pop("roles", "").replace(" ", "").lower(), record.pop("agent_channel", "")
    if roles and roles not in ROLES:
        problems.append(f"line {line}: roles {roles!r}; expected 'agent,customer' or 'customer,agent'")
    if channel not in ("", "1", "2"):
        problems.append(f"line {line}: agent_channel {channel!r}; expected 1 or 2")
        channel = ""
    transcript, raw = record.pop("transcript", ""), record.pop("raw", "").replace(" ", "")
    if raw and (problem := _wrong_raw(raw)):
        problems.append(f"line {line}: raw {problem}")
        raw = ""
    return Row(
        id=record.pop("id", "") or given.replace(os.sep, "/"),
        path=str(base / given),
        agent_channel=int(channel) if channel else ROLES.get(roles),
        transcript=str(base / transcript) if transcript else "",
        scorecard=record.pop("scorecard", ""),
        metadata={key: value for key, value in record.items() if key and value},
        raw=raw,
    )


# -- file names -------------------------------------------------------------------------------------------------


def _compiled(template: str) -> re.Pattern[str]:
    """``{date}/{agent}_{queue}.wav`` → a pattern for the end of a path; ``{_}`` is skipped."""
    names = [name for name in _FIELD.findall(template) if name != "_"]
    problems = [f"{{{name}}} stands twice" for name in sorted({name for name in names if names.count(name) > 1})]
    problems += [f"{{{name}}} is no name for a field" for name in names if not name.isidentifier()]
    if not names:
        problems.append("no {field} in it; expected e.g. {started_at}_{agent}_{queue}.wav")
    if problems:
        raise ConfigError(f"name pattern {template}", problems)
    parts = _FIELD.split(template)
    body = "".join(
        re.escape(part) if i % 2 == 0 else ("[^/]+?" if part == "_" else f"(?P<{part}>[^/]+?)")
        for i, part in enumerate(parts)
    )
    ending = "" if Path(template).suffix else r"\.[^./]+"
    return re.compile(rf"(?:^|.*/){body}{ending}$")


def _named(row: Row, pattern: re.Pattern[str]) -> Row:
    """The row with what its file name tells; the manifest's own values win."""
    match = pattern.match(row.path.replace(os.sep, "/"))
    if match is None:
        return row
    told = match.groupdict()
    if "started_at" in told:
        told["started_at"] = iso_time(told["started_at"])
    channel = row.agent_channel
    if told.get("agent_channel") in ("1", "2"):
        channel = channel or int(told.pop("agent_channel"))
    new_id = told.pop("id", row.id)
    return msgspec.structs.replace(row, id=new_id, agent_channel=channel, metadata={**told, **row.metadata})


def iso_time(text: str) -> str:
    """``20261123093000`` and the like as ISO 8601; anything else as it is.

    >>> iso_time("20261123-093000"), iso_time("20261123"), iso_time("今天")
    ('2026-11-23T09:30:00', '2026-11-23', '今天')
    """
    match = _COMPACT_TIME.fullmatch(text)
    if match is None:
        return text
    year, month, day, hour, minute, second = match.groups()
    return f"{year}-{month}-{day}" + (f"T{hour}:{minute}:{second or '00'}" if hour else "")


def _with_unique_ids(rows: list[Row]) -> list[Row]:
    taken = {row.id for row in rows}
    if len(taken) == len(rows):
        return rows
    seen: dict[str, int] = {}
    unique = []
    for row in rows:
        seen[row.id] = count = seen.get(row.id, 0) + 1
        new_id = row.id
        while count > 1 and new_id in taken:
            new_id, count = f"{row.id}~{count}", count + 1
        taken.add(new_id)
        unique.append(row if new_id == row.id else msgspec.structs.replace(row, id=new_id))
    return unique
