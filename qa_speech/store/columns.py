"""Between rows of the store and columns of its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from qa_speech.inputs.rows import Row
from qa_speech.store.folder import PARTITION
from qa_speech.store.records import COLUMNS, Record, ResultRow
from qa_speech.store.sql import META


def call_columns(record: Record, stamp: dt.datetime) -> dict[str, Any]:
    return {"id": record.id, "call_sha256": record.row.call_sha256, "written_at": stamp, "call": record.call}


def result_columns(row: ResultRow) -> dict[str, Any]:
    columns = msgspec.structs.asdict(row)
    columns.update(columns.pop("figures"))
    return columns


def row_reader(names: Sequence[str]) -> Callable[[Sequence[Any]], ResultRow]:
    """What makes a row of the values of these columns: those that every part has, all others are figures."""
    fixed: list[tuple[str, int]] = []
    figures: list[tuple[str, int]] = []
    for place, name in enumerate(names):
        if name in COLUMNS:
            fixed.append((name, place))
        elif name != PARTITION:
            figures.append((name, place))

    def read(values: Sequence[Any]) -> ResultRow:
        row = msgspec.convert({name: values[place] for name, place in fixed}, ResultRow)
        held = {name: values[place] for name, place in figures}
        return msgspec.structs.replace(row, figures=held)

    return read


def manifest_columns(position: int, row: Row) -> dict[str, Any]:
    columns = msgspec.structs.asdict(row)
    metadata = columns.pop("metadata")
    named = {f"{META}{key}": value for key, value in metadata.items()}
    return {"position": position, **columns, **named}


def work_row(columns: Mapping[str, Any]) -> Row:
    """A row of work; a column that an earlier version did not have is empty."""
    metadata = {
        name.removeprefix(META): value
        for name, value in columns.items()
        if name.startswith(META) and value is not None
    }  # fmt: skip
    return Row(
        id=columns["id"],
        path=columns["path"],
        bytes=columns["bytes"],
        mtime_ns=columns["mtime_ns"],
        agent_channel=columns.get("agent_channel"),
        transcript=columns.get("transcript") or "",
        scorecard=columns.get("scorecard") or "",
        metadata=metadata,
        raw=columns.get("raw") or "",
        path_customer=columns.get("path_customer") or "",
    )
