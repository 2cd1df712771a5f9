"""From a month to a hand-over and back: lines of the standard data model, gzipped JSON. What a city gives the province.

    qa-speech report 批次 --period 2026-11 … --hand-over 甲市-2026-11.jsonl.gz
    qa-speech report 甲市-2026-11.jsonl.gz 乙市-2026-11.jsonl.gz --period 2026-11 --level province

Calls are numbered; which call a number is stays in the city (``….calls.csv`` beside the hand-over).
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from qa_speech.errors import ConfigError, problem
from qa_speech.files import whole_file, write_bytes
from qa_speech.marks.model import Mark as StoredMark
from qa_speech.service import model
from qa_speech.service.columns import (
    AGENT,
    CITY,
    FAILED,
    OUTSIDE,
    PART,
    PASSED,
    PENDING,
    PROVINCE,
    QUEUE,
    TEAM,
    Array,
    Calls,
    Month,
    Names,
    Rows,
)

SUFFIX = ".jsonl.gz"
OUTCOMES = {
    PASSED: "pass",
    FAILED: "fail",
    PART: "partial",
    PENDING: "pending",
}
Source: TypeAlias = Literal["cdr", "survey", "tickets"]
LEVELS = (AGENT, TEAM, CITY, PROVINCE, QUEUE)


def is_hand_over(path: Path) -> bool:
    """Whether a path is a hand-over by its name.

    >>> is_hand_over(Path("甲市-2026-11.jsonl.gz")), is_hand_over(Path("批次"))
    (True, False)
    """
    return path.name.endswith(SUFFIX)


def write_hand_over(month: Month, path: str | Path, marks: Iterable[StoredMark] = ()) -> list[Path]:
    """Write the hand-over of a month, and beside it which call each number is; returns both files."""
    path = Path(path)
    if not is_hand_over(path):
        raise ConfigError(str(path), [problem("expected a name that ends in {suffix}", suffix=SUFFIX)])
    numbers = _numbers(month)
    encoder = msgspec.json.Encoder()
    with (
        whole_file(path) as temporary,
        gzip.GzipFile(temporary, "wb", compresslevel=6, mtime=0) as packed,
    ):
        for line in _lines(month, numbers, marks):
            packed.write(encoder.encode(line) + b"\n")
    listed = path.with_name(path.name.removesuffix(SUFFIX) + ".calls.csv")
    rows = [
        "number,call",
        *(f'{number},"{call}"' for call, number in numbers.items()),
    ]
    write_bytes(listed, ("\ufeff" + "\n".join(rows) + "\n").encode("utf-8", "replace"))
    return [path, listed]


def _numbers(month: Month) -> dict[str, int]:
    """A number for each call that has a score or stands in a list."""
    found: dict[str, int] = {}
    for table in (month.calls, month.records, month.survey, month.tickets):
        if table is None:
            continue
        for call, period in zip(table.rows.calls, table.rows.period.tolist(), strict=True):
            if call and period != OUTSIDE:
                found.setdefault(call, len(found) + 1)
    return found


def _lines(month: Month, numbers: Mapping[str, int], marks: Iterable[StoredMark]) -> Iterator[model.Line]:
    calls = month.calls
    criteria = {one.id: one.title for one in calls.criteria} if calls is not None else {}
    unit = _largest_unit(month)
    yield model.Head(
        unit,
        month.period,
        month.previous,
        month.marks,
        criteria=criteria,
        notes=month.notes,
        bad_rows=len(month.bad_rows),
    )
    for move in month.moves:
        kind: Literal["agent", "team"] = "team" if move.level == TEAM else "agent"
        yield model.Org(kind, move.name, move.before, move.after, move.day.isoformat())
    if calls is not None:
        yield from _calls(calls, numbers)
    for mark in marks:
        if mark.call in numbers:
            yield _mark(mark, numbers[mark.call])
    yield from _lists(month, numbers)


def _mark(mark: StoredMark, number: int) -> model.Mark:
    hour = mark.at[: len("2026-11-03T09")]
    return model.Mark(
        number,
        mark.criterion,
        mark.stage,
        mark.outcome,
        mark.machine_outcome,
        mark.points,
        hour,
    )


def _largest_unit(month: Month) -> str:
    """What the hand-over is of: its only city or province, else nothing."""
    rows = month.calls.rows if month.calls is not None else None
    for level in (CITY, PROVINCE):
        if rows is not None and len(rows.unit(level).names) == 1:
            return rows.unit(level).names[0]
    return ""


def _calls(calls: Calls, numbers: Mapping[str, int]) -> Iterator[model.Line]:
    rows, units, stamps = calls.rows, _units(calls.rows), _stamps(calls.rows)
    for row in np.flatnonzero(rows.period != OUTSIDE).tolist():
        number = numbers[rows.calls[row]]
        agent, team, city, province, queue = (column[row] for column in units)
        yield model.Call(
            number,
            stamps[row],
            agent,
            team,
            city,
            province,
            queue,
            _plain(calls.duration_s[row]),
        )
        judged = []
        for place, criterion in enumerate(calls.criteria):
            outcome = OUTCOMES.get(int(calls.outcomes[row, place]))
            if outcome is not None:
                judged.append(
                    model.Judged(
                        criterion.id,
                        outcome,
                        float(calls.lost[row, place]),
                        float(calls.possible[row, place]),
                    )
                )
        figures = {name: float(column[row]) for name, column in calls.figures.items() if column[row] == column[row]}
        passed = _plain(calls.passed[row])
        band = calls.band.codes[row]
        yield model.Score(
            number,
            _plain(calls.total[row]),
            None if passed is None else bool(passed),
            calls.band.names[band] if band >= 0 else "",
            bool(calls.reliable[row]),
            int(calls.to_review[row]),
            tuple(judged),
            figures,
        )


def _lists(month: Month, numbers: Mapping[str, int]) -> Iterator[model.Line]:
    if month.records is not None:
        one = month.records
        columns = {
            "answered": one.answered,
            "wait_s": one.wait_s,
            "talk_s": one.talk_s,
            "handled_s": one.handled_s,
            "again": one.again,
        }
        yield from _measures("cdr", one.rows, numbers, columns, {})
    if month.survey is not None:
        yield from _measures(
            "survey",
            month.survey.rows,
            numbers,
            {"overall": month.survey.overall, **month.survey.themes},
            {},
        )
    if month.tickets is not None:
        held = month.tickets
        columns = {
            "complaint": held.is_complaint.astype(float),
            "repeats": held.repeats.astype(float),
            "handled_h": held.handled_h,
            "proposed": held.proposed.astype(float),
            "corrected": held.corrected,
            **held.numbers,
        }
        labels = {"list": held.lists, "cause": held.causes, "kind": held.kind}
        texts = {name: _texts(column) for name, column in labels.items()}
        yield from _measures("tickets", held.rows, numbers, columns, texts)


def _measures(
    source: Source,
    rows: Rows,
    numbers: Mapping[str, int],
    columns: Mapping[str, Array],
    labels: Mapping[str, Sequence[str]],
) -> Iterator[model.Measure]:
    units, stamps = _units(rows), _stamps(rows)
    for row in np.flatnonzero(rows.period != OUTSIDE).tolist():
        values = {name: float(column[row]) for name, column in columns.items() if column[row] == column[row]}
        agent, team, city, province, queue = (column[row] for column in units)
        said = {name: texts[row] for name, texts in labels.items()}
        yield model.Measure(
            source,
            stamps[row],
            numbers.get(rows.calls[row]),
            agent,
            team,
            city,
            province,
            queue,
            values,
            said,
        )


def _units(rows: Rows) -> list[list[str]]:
    return [_texts(rows.unit(level)) for level in LEVELS]


def _texts(names: Names) -> list[str]:
    return [names.names[code] if code >= 0 else "" for code in names.codes.tolist()]


def _stamps(rows: Rows) -> list[str]:
    """Times to the hour, or to the day where no more is told."""
    hours = np.where(np.isnat(rows.when), "", rows.when.astype("M8[h]").astype(str)).tolist()
    return [stamp if has_hour else stamp[:10] for stamp, has_hour in zip(hours, rows.has_hour.tolist(), strict=True)]


def _plain(value: float) -> float | None:
    return None if value != value else float(value)


def read_hand_over(path: Path, take: Callable[[model.Line], None]) -> None:
    """Give each line of a hand-over to `take`.

    Raises
    ------
    ConfigError
        It cannot be read, or a line is not of the model; the place is told.
    """
    decoder = msgspec.json.Decoder(model.Line)
    number = 0
    try:
        with gzip.open(path, "rb") as packed:
            for line in packed:
                number += 1
                take(decoder.decode(line))
    except (OSError, EOFError) as exc:
        raise ConfigError(
            str(path),
            [problem("cannot be read as a hand-over (gzipped JSON lines): {reason}", reason=exc)],
        ) from exc
    except msgspec.DecodeError as exc:
        raise ConfigError(str(path), [problem("line {number}: {reason}", number=number, reason=exc)]) from exc
