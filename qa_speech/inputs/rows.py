"""Rows of work of a batch run: from folders, globs, recordings and manifests, each with an id of its own.

Columns of a manifest, under any of their names (`manifests.NAMES`): `path` (needed), `path_customer` (the customer's side of a
call that is two files), `id`, `roles` (``agent,customer`` = the agent on channel 1) or `agent_channel`, `transcript`,
`scorecard`, `raw` (``alaw:8000:2``: what a headerless file holds); every other column is metadata (`agent`, `team`, `queue`,
`started_at` …). Relative paths start at the manifest's folder; bytes that are not UTF-8 may be written as `filenames.as_text`
shows them.

Ids: the manifest's column, else the path relative to the folder given; a second one of the same name gets ``~2``.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from qa_speech.audio.decode import parse_raw
from qa_speech.errors import AudioError, ConfigError, problem, said_by
from qa_speech.filenames import as_path, as_text
from qa_speech.inputs import manifests
from qa_speech.inputs.calls import (
    AUDIO_SUFFIXES,
    HEADERLESS_SUFFIXES,
    TRANSCRIPT_SUFFIXES,
    CallInput,
    find_inputs,
    nothing_in,
    with_transcripts,
)
from qa_speech.inputs.fields import address_problem, agent_channel, place_of, without_quotes
from qa_speech.inputs.listing import MISSING, listed
from qa_speech.inputs.names import NamePattern, unique
from qa_speech.inputs.pairs import pairs_in, parse_pairs
from qa_speech.settings import Tables
from qa_speech.tables import dates
from qa_speech.tables.dates import DateError
from qa_speech.tables.reading import Line


class Row(msgspec.Struct, frozen=True):
    """One row of work. `path` and `transcript` are text that can be stored (`filenames.as_path` opens them); `bytes` and
    `mtime_ns` are those of the file when it was listed; `raw` is ``codec:rate:channels`` of a headerless file."""

    id: str
    path: str
    bytes: int = MISSING
    mtime_ns: int = 0
    agent_channel: int | None = None
    transcript: str = ""
    scorecard: str = ""
    metadata: Mapping[str, str] = {}
    raw: str = ""
    path_customer: str = ""

    @property
    def call_input(self) -> CallInput:
        """The same as the pipeline takes it."""
        return CallInput(
            path=as_path(self.path),
            id=self.id,
            agent_channel=self.agent_channel,
            transcript=as_path(self.transcript) if self.transcript else None,
            metadata=dict(self.metadata),
            raw=parse_raw(self.raw) if self.raw else None,
            path_customer=as_path(self.path_customer) if self.path_customer else None,
        )


def find_rows(
    places: Iterable[str | Path],
    *,
    name_pattern: str = "",
    transcripts: str | Path | None = None,
    raw: str = "",
    tables: Tables | None = None,
    pairs: str = "",
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
    tables
        Names of columns and the order of day and month, of the settings.
    pairs
        How the two files of one call end, e.g. ``in,out`` (the agent's, the customer's), or ``auto``.

    Raises
    ------
    AudioError
        A place does not exist or holds nothing.
    ConfigError
        A manifest or the pattern is wrong, or a date cannot be read: all problems at once.
    """
    tables = tables or Tables()
    pattern = NamePattern.of(name_pattern) if name_pattern else None
    endings = parse_pairs(pairs)
    rows: list[Row] = []
    for given in places:
        place = Path(os.path.abspath(given))  # a run goes on from any working directory
        if place.is_file() and place.suffix.lower() in manifests.SUFFIXES:
            rows += _from_manifest(place, tables)
        else:
            rows += _paired(_listed(place), endings)
    if pattern is not None:
        rows = _all_named(rows, pattern, tables)
    rows = _with_unique_ids(rows)
    _check_columns(rows)
    if raw:
        rows = _with_raw(rows, raw)
    return rows if transcripts is None else _with_transcripts(rows, transcripts)


def inputs_in(places: Iterable[str | Path], *, tables: Tables | None = None, pairs: str = "") -> list[CallInput]:
    """What `find_inputs` finds, and the rows of manifests among the places: a few calls, looked at without a batch run.

    Raises
    ------
    AudioError
        A place does not exist or holds nothing.
    ConfigError
        A manifest is wrong, or names scorecards, by which only a batch run goes.

    Examples
    --------
    >>> [row.id for row in inputs_in(["samples/gsm.wav"])]
    ['gsm.wav']
    """
    others: list[Path] = []
    listed_rows: list[CallInput] = []
    for place in map(Path, places):
        if not (place.is_file() and place.suffix.lower() in manifests.SUFFIXES):
            others.append(place)
            continue
        rows = _from_manifest(place, tables or Tables())
        if any(row.scorecard for row in rows):
            raise ConfigError(str(place), [problem("column scorecard: only batch run chooses scorecards by row")])
        listed_rows += [row.call_input for row in rows]
    found = [*find_inputs(others, pairs=pairs), *listed_rows]
    ids = unique([row.name for row in found])
    return [replace(row, id=name) for row, name in zip(found, ids, strict=True)]


def _paired(rows: list[Row], endings: Sequence[tuple[str, str]]) -> list[Row]:
    """The rows, the two files of one call as one."""
    if not endings:
        return rows
    by_path = {row.path: row for row in rows}
    pairs = {pair.agent: pair for pair in pairs_in(by_path, endings)}
    joined = {pair.customer for pair in pairs.values()}
    found: list[Row] = []
    for path, row in by_path.items():
        if path in pairs:
            pair = pairs[path]
            name = os.path.join(os.path.dirname(row.id), os.path.basename(pair.call))
            side = 1 if pair.told else None
            found.append(msgspec.structs.replace(row, id=name, path_customer=pair.customer, agent_channel=side))
        elif path not in joined:
            found.append(row)
    return found


def stat_row(row: Row) -> Row:
    """The row with the size (bytes) and time (ns) that its file has now."""
    size, mtime_ns = MISSING, 0
    try:
        found = os.stat(as_path(row.path))
    except (OSError, ValueError):  # ValueError: no file can have such a name
        pass
    else:
        if stat.S_ISREG(found.st_mode):  # opening a pipe could take for ever
            size, mtime_ns = found.st_size, found.st_mtime_ns
    return msgspec.structs.replace(row, bytes=size, mtime_ns=mtime_ns)


# -- folders and globs ------------------------------------------------------------------------------------------


def _listed(place: Path) -> list[Row]:
    """A folder, a glob or one recording."""
    if place.is_dir():
        return _in_folder(place)
    if place.exists():
        return [stat_row(Row(as_text(place.name), as_text(place)))]
    if glob.has_magic(str(place)):
        fixed = Path(*_before_magic(place.parts))
        names = sorted(name for name in glob.glob(str(place), recursive=True) if os.path.isfile(name))
        if names:
            return [stat_row(Row(_id_of(os.path.relpath(name, fixed)), as_text(name))) for name in names]
    raise AudioError(str(place), problem("no such file or folder, and no recording matches"))


def _in_folder(place: Path) -> list[Row]:
    folder = str(place)
    try:
        found = listed(folder, AUDIO_SUFFIXES) or listed(folder, TRANSCRIPT_SUFFIXES)
    except OSError as exc:
        raise AudioError(folder, problem("this folder cannot be read: {reason}", reason=exc.strerror or exc)) from exc
    if not found:
        raise nothing_in(place)
    cut = len(folder.rstrip(os.sep)) + 1
    return [Row(_id_of(path[cut:]), as_text(path), size, mtime_ns) for path, size, mtime_ns in found]


def _id_of(path: str) -> str:
    return as_text(path.replace(os.sep, "/"))


def _before_magic(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


# -- manifests --------------------------------------------------------------------------------------------------


def _from_manifest(path: Path, tables: Tables) -> list[Row]:
    table = manifests.read_manifest(path, tables)
    rows: list[Row] = []
    problems: list[str] = []
    numbers: dict[str, int] = {}
    for line in table.lines:
        row, wrong = _row(line, path.parent)
        problems += [table.at(line, what) for what in wrong]
        if row is None:
            continue
        if row.id in numbers:
            problems.append(
                table.at(line, problem("id {id!r} was given on line {line} already", id=row.id, line=numbers[row.id]))
            )
        numbers[row.id] = line.number
        rows.append(row)
    if not rows and not problems and not table.problems:
        problems.append(problem("{name}: no rows", name=path.name))
    table.refuse(problems)
    return [stat_row(row) for row in rows]


def _row(line: Line, base: Path) -> tuple[Row | None, list[str]]:
    """The row of one line of a manifest, None where it has no path; and what is wrong with it."""
    values = dict(line.values)
    if any("\0" in value for value in values.values()):
        return None, [problem("holds a NUL character")]
    path = values.pop("path", "")
    if not path:
        return None, [problem("no path")]
    is_address = address_problem(path)
    if is_address:
        return None, [is_address]
    problems: list[str] = []
    transcript = values.pop("transcript", "")
    customer = values.pop("path_customer", "")
    channel = agent_channel(values, problems)
    raw = values.pop("raw", "").replace(" ", "")
    wrong = _wrong_raw(raw) if raw else ""
    if wrong:
        problems.append(problem("raw {wrong}", wrong=wrong))
    row = Row(
        id=values.pop("id", "") or without_quotes(path).replace(os.sep, "/"),
        path=place_of(base, path),
        agent_channel=channel,
        transcript=place_of(base, transcript) if transcript else "",
        scorecard=values.pop("scorecard", ""),
        metadata={key: value for key, value in values.items() if key and value},
        raw="" if wrong else raw,
        path_customer=place_of(base, customer) if customer else "",
    )
    if customer and channel == 2:
        problems.append(problem("path is the agent's file where path_customer is given"))
    if customer:
        row = msgspec.structs.replace(row, agent_channel=1)
    return row, problems


# -- what is given for all rows ---------------------------------------------------------------------------------


def _all_named(rows: list[Row], pattern: NamePattern, tables: Tables) -> list[Row]:
    """The rows with what their file names tell; a date that cannot be read is a problem of that name."""
    named: list[Row] = []
    problems: list[str] = []
    for row in rows:
        try:
            named.append(_named(row, pattern, tables))
        except DateError as exc:
            problems.append(
                problem("{path}: started_at: {reason}", path=as_text(os.path.basename(row.path)), reason=exc)
            )
    if problems:
        raise ConfigError("name pattern", problems)
    return named


def _named(row: Row, pattern: NamePattern, tables: Tables) -> Row:
    """The row with what its file name tells; the manifest's own values win."""
    told = pattern.told(row.path.replace(os.sep, "/"))
    if "started_at" in told and "started_at" not in row.metadata:
        told["started_at"] = dates.parse(told["started_at"], order=tables.date_order).iso
    channel = row.agent_channel
    if told.get("agent_channel") in ("1", "2"):
        channel = channel or int(told.pop("agent_channel"))
    new_id = told.pop("id", row.id)
    return msgspec.structs.replace(row, id=new_id, agent_channel=channel, metadata={**told, **row.metadata})


def _check_columns(rows: list[Row]) -> None:
    """Metadata become columns of tables, whose names differ by more than upper and lower case."""
    names = sorted({name for row in rows for name in row.metadata})
    taken: dict[str, str] = {}
    problems = []
    for name in names:
        other = taken.setdefault(name.lower(), name)
        if other != name:
            problems.append(
                problem("columns {other!r} and {name!r} differ only in upper and lower case", other=other, name=name)
            )
    if problems:
        raise ConfigError("metadata", problems)


def _with_unique_ids(rows: list[Row]) -> list[Row]:
    ids = unique([row.id for row in rows])
    own = []
    for row, name in zip(rows, ids, strict=True):
        own.append(row if row.id == name else msgspec.structs.replace(row, id=name))
    return own


def _with_raw(rows: list[Row], raw: str) -> list[Row]:
    problem = _wrong_raw(raw)
    if problem:
        raise ConfigError("raw", [problem])
    return [msgspec.structs.replace(row, raw=raw) if _headerless(row) else row for row in rows]


def _headerless(row: Row) -> bool:
    suffix = os.path.splitext(row.path)[1].lower()
    known = AUDIO_SUFFIXES | TRANSCRIPT_SUFFIXES
    return not row.raw and (suffix in HEADERLESS_SUFFIXES or suffix not in known)


def _wrong_raw(text: str) -> str:
    """What is wrong with a format of headerless files; "" if nothing is."""
    try:
        parse_raw(text)
    except ValueError as exc:
        return said_by(exc)
    return ""


def _with_transcripts(rows: list[Row], place: str | Path) -> list[Row]:
    lent = []
    for row, found in zip(rows, with_transcripts([row.call_input for row in rows], place), strict=True):
        if found.transcript is not None:
            row = msgspec.structs.replace(row, transcript=as_text(found.transcript))
        lent.append(row)
    return lent
