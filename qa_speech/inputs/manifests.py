"""Manifests as people write them, CSV or JSONL → records of text by column; what the columns mean is for `rows`.

CSV is UTF-8 or GB18030, as Excel writes it; JSONL has an object a line, `metadata` in it may be nested.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError
from qa_speech.language.encodings import decoded

SUFFIXES = frozenset((".csv", ".jsonl", ".ndjson"))
PATH_NAMES = ("path", "file", "audio", "录音", "录音文件")


@dataclass(frozen=True)
class Record:
    """One line of a manifest: its number in the file (the first is 1) and its values by column."""

    line: int
    values: dict[str, str]

    def pop(self, column: str) -> str:
        """Take a value out; "" where there is none."""
        return self.values.pop(column, "")


def read_manifest(path: Path) -> list[Record]:
    """The lines of a manifest that hold anything.

    Raises
    ------
    ConfigError
        It cannot be read, or lines of it are no records: all of them at once.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot read: {exc.strerror or exc}"]) from exc
    problems: list[str] = []
    read = _csv_records if path.suffix.lower() == ".csv" else _json_records
    records = list(read(content, problems))
    if problems:
        raise ConfigError(str(path), problems)
    return records


def _csv_records(content: bytes, problems: list[str]) -> Iterator[Record]:
    try:
        text = decoded(content)
    except UnicodeError as exc:
        problems.append(str(exc))
        return
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        head = [name.strip() for name in reader.fieldnames or ()]
        problems += _head_problems(head)
        if problems:
            return
        for record in reader:
            values = _texts(record)
            if any(values.values()):
                yield Record(reader.line_num, values)
    except csv.Error as exc:
        problems.append(f"line {reader.line_num}: {exc}")


def _head_problems(head: list[str]) -> list[str]:
    doubled = sorted({name for name in head if head.count(name) > 1})
    if doubled:
        return [f"line 1: two columns named {name!r}" for name in doubled]
    if not any(name in head for name in PATH_NAMES):
        return [f"line 1: no column path; columns: {', '.join(head) or 'none'}"]
    return []


def _texts(record: dict[str | None, Any]) -> dict[str, str]:
    """The cells of a line; those beyond the head have no name and are left out, those that are missing are empty."""
    values = {}
    for name, cell in record.items():
        if isinstance(cell, str):
            values[(name or "").strip()] = cell.strip()
    return values


def _json_records(content: bytes, problems: list[str]) -> Iterator[Record]:
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=dict[str, Any])
            inner = msgspec.convert(record.pop("metadata", None) or {}, dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            problems.append(f"line {number}: not a JSON object: {exc}")
            continue
        except RecursionError:
            problems.append(f"line {number}: not a JSON object: nested too deeply")
            continue
        roles = record.get("roles")
        if isinstance(roles, list):
            record["roles"] = ",".join(map(str, roles))
        merged = {**inner, **record}
        yield Record(number, {key: str(value) for key, value in merged.items() if value is not None})
